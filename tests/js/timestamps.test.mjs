/** Timestamps of an authority, as a pack's page checks them: what holds, and everything that is wrong in one place. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import {
  verifyCertificateSignature,
  digestNameOf,
  parseCertificate,
  parsePemCertificates,
} from '#app/crypto/certificates.js';
import { readChildren, integerOf, oidOf, readValues, readValue, timeOf } from '#app/crypto/der.js';
import { verifyTimestamp } from '#app/ledger/timestamps.js';
import {
  OIDS,
  answer,
  bits,
  certificate,
  der,
  hash,
  holder,
  integer,
  nameOf,
  octets,
  oid,
  pem,
  sequence,
  set,
  time,
} from './phone/der.mjs';

const POLICY = '1.2.3.4.1';
const AT = Date.UTC(2026, 10, 24, 12);
const note = new TextEncoder().encode('kept.example\n42\nroot\n');
const nonce = Uint8Array.from([0x81, 2, 3, 4]);
const [root, middle, leaf, other] = ['root', 'middle', 'leaf', 'other'].map((name) => holder(name));
const rootPem = certificate(root, root);
const middleDer = certificate(middle, root);
const leafDer = certificate(leaf, middle);
const about = { note, nonce, leaf: leafDer, signer: leaf };
const chain = pem(leafDer, middleDer, rootPem);

/** How a check ends: the time, or the code of its failure. */
const check = (tsr, pins = {}, what = note) =>
  verifyTimestamp(tsr, what, { chain, policy: POLICY, nonce, roots: [], ...pins }).catch(({ code }) => code);
const bad = ['bad_signature', 'bad_request'];
const refused = async (tsr, pins = {}, what = note) => assert.ok(bad.includes(await check(tsr, pins, what)));

test('a valid answer gives its time, under the chain’s own root or a trusted one', async () => {
  assert.equal(await check(answer(about)), AT);
  assert.equal(await check(answer(about), { roots: [pem(rootPem)] }), AT);
  assert.equal(await check(answer(about), { roots: [pem(certificate(other, other)), pem(rootPem)] }), AT);
  assert.equal(await check(answer(about, { at: '20261124120000.25Z' })), AT + 250);
  assert.equal(await check(answer(about, { status: [1] })), AT, 'granted with changes is granted');
  assert.equal(await check(answer(about, { enclosed: [middleDer, leafDer] })), AT);
  assert.equal(await check(answer(about, { accuracy: [sequence(integer([1]))] })), AT);
  assert.equal(await check(answer(about, { named: OIDS.signingCertificate })), AT, 'named by SHA-1, the older way');
  const named = sequence(sequence(oid(OIDS.sha384)), octets(hash('sha384', leafDer)));
  assert.equal(await check(answer(about, { certId: named })), AT);
});

for (const [what, bent] of [
  ['a status that is no grant', { status: [2] }],
  ['another kind of content', { kind: OIDS.tstInfo }],
  ['no timestamp inside', { what: OIDS.signedData }],
  ['nothing inside', { noContent: true }],
  ['nobody who signed', { signers: () => [] }],
  ['two who signed', { signers: (who) => [who, who] }],
  ['another policy', { policy: '1.2.3.4.2' }],
  ['another nonce', { nonceValue: [integer([5])] }],
  ['no nonce', { nonceValue: [] }],
  ['another digest', { digest: octets(hash('sha256', Buffer.from('x'))) }],
  ['a digest of another kind', { digestOid: OIDS.sha512 }],
  ['a digest that is no octets', { digest: der(12, hash('sha256', note)) }],
  ['a time that is none', { at: '20261124120000' }],
  ['a time before the certificates', { at: '20191231235959Z' }],
  ['a time after the certificates', { at: '20400101000001Z' }],
  ['certificates without the pinned one', { enclosed: [middleDer] }],
  ['attributes that are not where they belong', { attributesTag: 0xa1 }],
  ['another content in what is signed', { contentType: OIDS.signedData }],
  ['a digest of other content in what is signed', { messageDigest: hash('sha256', Buffer.from('x')) }],
  ['no digest in what is signed', { messageDigest: null }],
  ['no certificate named', { unnamed: true }],
  ['another certificate named', { certId: sequence(octets(hash('sha256', middleDer))) }],
  ['a certificate named without a digest', { certId: sequence(integer([1])) }],
  ['a signature by another key', { signer: other }],
  ['a signature that is no octets', { signature: (bytes) => bits(bytes) }],
  ['a signature cut short', { signature: (bytes) => octets(bytes.subarray(0, -1)) }],
  ['a weaker digest than is taken', { signHash: 'sha1', signHashOid: OIDS.sha1 }],
  ['an algorithm nobody knows', { algorithm: '1.2.3' }],
  ['an algorithm of another kind of key', { algorithm: OIDS.rsa256 }],
]) {
  test(`refused: ${what}`, () => refused(answer(about, bent)));
}

test('refused: another text, another nonce or policy, a chain of one, no chain', async () => {
  await refused(answer(about), {}, new TextEncoder().encode('other'));
  await refused(answer(about), { nonce: Uint8Array.from([0x81, 2, 3, 5]) });
  await refused(answer(about), { policy: '1.2.3' });
  await refused(answer(about), { chain: pem(leafDer) });
  await refused(answer(about), { chain: '' });
});

test('an answer is at most 64 KiB long', async () => {
  // Signatures of RSA are all of one length.
  const own = holder('leaf', { type: 'rsa', options: { modulusLength: 2048 } });
  const ownDer = certificate(own, middle);
  const of = { ...about, leaf: ownDer, signer: own };
  const padded = (size) => answer(of, { algorithm: OIDS.rsa256, enclosed: [ownDer, octets(new Uint8Array(size))] });
  const most = 60_000 + 65_536 - padded(60_000).length;
  const pins = { chain: pem(ownDer, middleDer, rootPem) };
  assert.deepEqual([padded(most).length, await check(padded(most), pins)], [65_536, AT]);
  await refused(padded(most + 1), pins);
});

test('the chain: each is signed by the next, the last by a trusted root, and all are valid at that time', async () => {
  await refused(answer(about), { roots: [pem(certificate(other, other))] });
  await refused(answer(about), { roots: [pem(certificate({ ...other, name: 'root' }, other))] });
  for (const [what, leafCertificate, middleCertificate] of [
    ['a leaf signed by somebody else', certificate(leaf, other, { issuer: 'middle' }), middleDer],
    ['a leaf that names another issuer', certificate(leaf, middle, { issuer: 'x' }), middleDer],
    ['one between that is signed by somebody else', leafDer, certificate(middle, other, { issuer: 'root' })],
    ['a leaf for another purpose', certificate(leaf, middle, { purposes: [OIDS.codeSigning] }), middleDer],
    [
      'a leaf for more than one purpose',
      certificate(leaf, middle, { purposes: [OIDS.timeStamping, OIDS.codeSigning] }),
      middleDer,
    ],
    ['a leaf for no purpose', certificate(leaf, middle, { purposes: [] }), middleDer],
    ['a leaf that has ended', certificate(leaf, middle, { until: '261124115959Z' }), middleDer],
    ['a leaf that has not begun', certificate(leaf, middle, { from: '261124120001Z' }), middleDer],
    ['one between that has ended', leafDer, certificate(middle, root, { until: '261124115959Z' })],
  ]) {
    const end = await check(answer({ ...about, leaf: leafCertificate }), {
      chain: pem(leafCertificate, middleCertificate, rootPem),
    });
    assert.ok(bad.includes(end), `${what}: ${end}`);
  }
  const edge = certificate(leaf, middle, { from: '261124120000Z', until: '261124120000Z' });
  assert.equal(
    await check(answer({ ...about, leaf: edge }), { chain: pem(edge, middleDer, rootPem) }),
    AT,
    'valid at both its ends',
  );
  const short = certificate(leaf, root);
  assert.equal(await check(answer({ ...about, leaf: short }), { chain: pem(short, rootPem) }), AT, 'with none between');
});

for (const [what, how, algorithm, digest] of [
  ['P-384', { options: { namedCurve: 'P-384' } }, OIDS.ecdsa384, 'sha384'],
  ['P-521', { options: { namedCurve: 'P-521' } }, OIDS.ecdsa512, 'sha512'],
  ['P-256 with SHA-384', {}, OIDS.ecdsa384, 'sha384'],
  ['RSA', { type: 'rsa', options: { modulusLength: 2048 } }, OIDS.rsa256, 'sha256'],
  ['RSA with SHA-384', { type: 'rsa', options: { modulusLength: 2048 } }, OIDS.rsa384, 'sha384'],
  ['RSA with SHA-512', { type: 'rsa', options: { modulusLength: 2048 } }, OIDS.rsa512, 'sha512'],
]) {
  test(`keys and signatures: ${what}`, async () => {
    const [top, own] = [holder('root', how), holder('leaf', how)];
    const signs = { algorithm, digest };
    const [topDer, ownDer] = [certificate(top, top, signs), certificate(own, top, signs)];
    const with_ = { chain: pem(ownDer, topDer) };
    const oids = { sha256: OIDS.sha256, sha384: OIDS.sha384, sha512: OIDS.sha512 };
    const bent = { algorithm, signHash: digest, signHashOid: oids[digest] };
    assert.equal(await check(answer({ ...about, leaf: ownDer, signer: own }, bent), with_), AT);
    await refused(answer({ ...about, leaf: ownDer, signer: own }, { ...bent, signer: holder('x', how) }), with_);
    const plain = { ...bent, algorithm: OIDS.rsa };
    const end = await check(answer({ ...about, leaf: ownDer, signer: own }, plain), with_);
    assert.equal(end, 'type' in how ? AT : 'bad_signature', 'RSA alone, where the digest stands beside it');
  });
}

test('a signature in DER is two integers that fit', async () => {
  const by = parseCertificate(new Uint8Array(leafDer));
  const one = integer(Buffer.alloc(32, 1));
  for (const bytes of [
    sequence(one, one, one),
    sequence(integer(Buffer.alloc(33, 1)), one),
    sequence(one),
    sequence(der(2, [255]), one),
    octets(one),
  ]) {
    await assert.rejects(verifyCertificateSignature(by, OIDS.ecdsa256, note, new Uint8Array(bytes)), ({ code }) =>
      bad.includes(code),
    );
  }
  const odd = certificate(
    { ...leaf, spki: sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.3')), bits([4])) },
    root,
  );
  await assert.rejects(
    verifyCertificateSignature(
      parseCertificate(new Uint8Array(odd)),
      OIDS.ecdsa256,
      note,
      new Uint8Array(sequence(one, one)),
    ),
    { code: 'bad_signature' },
  );
});

test('a certificate is read in full: subject, issuer, validity and purposes', () => {
  const others = [sequence(oid('2.5.29.15'), octets(bits([1])))];
  for (const made of [certificate(leaf, middle, { others }), certificate(leaf, middle, { others, version: false })]) {
    const found = parseCertificate(new Uint8Array(made));
    assert.deepEqual(found.purposes, [OIDS.timeStamping]);
    assert.deepEqual([found.from, found.until], [Date.UTC(2020, 0, 1), Date.UTC(2040, 0, 1)]);
    assert.deepEqual([Buffer.from(found.subject), Buffer.from(found.issuer)], [nameOf('leaf'), nameOf('middle')]);
    assert.deepEqual(
      [Buffer.from(found.key), found.algorithm, Buffer.from(found.der)],
      [leaf.spki, OIDS.ecdsa256, made],
    );
  }
  assert.deepEqual(parseCertificate(new Uint8Array(certificate(leaf, middle, { others, purposes: [] }))).purposes, []);
  assert.deepEqual(
    parsePemCertificates(chain).map(({ der: bytes }) => Buffer.from(bytes)),
    [leafDer, middleDer, rootPem],
  );
  assert.deepEqual(parsePemCertificates('no certificate'), []);
  const parts = readValues(readValue(new Uint8Array(leafDer)).content).map(({ encoded: whole }) => whole);
  for (const bent of [
    sequence(parts[0], parts[1], octets(parts[2])),
    sequence(parts[0], parts[1], der(3, [1], [5])),
    sequence(...parts.slice(0, 2)),
    sequence(sequence(), ...parts.slice(1)),
  ]) {
    assert.throws(() => parseCertificate(new Uint8Array(bent)), { code: 'bad_request' });
  }
  assert.deepEqual([OIDS.sha256, OIDS.sha384, OIDS.sha512].map(digestNameOf), ['SHA-256', 'SHA-384', 'SHA-512']);
  assert.throws(() => digestNameOf(OIDS.sha1), { code: 'bad_signature' });
});

const bytesOf = (...values) => Uint8Array.from(values);
for (const [what, bytes] of [
  ['nothing', bytesOf()],
  ['a tag alone', bytesOf(4)],
  ['a tag of many bytes', bytesOf(0x1f, 1, 0)],
  ['a length without an end', bytesOf(4, 0x80, 0, 0)],
  ['a length of five bytes', bytesOf(4, 0x85, 0, 0, 0, 0, 200, ...new Uint8Array(200))],
  ['a long form for a short length', bytesOf(4, 0x81, 127, ...new Uint8Array(127))],
  ['less than it says', bytesOf(4, 2, 0)],
  ['a length that is cut off', bytesOf(4, 0x82, 1)],
  ['more after it', bytesOf(4, 1, 0, 0)],
  ['another tag', bytesOf(2, 1, 0)],
]) {
  test(`not a DER value: ${what}`, () => assert.throws(() => readValue(bytes, 4), { code: 'bad_request' }));
}

test('DER values: one, many, nested, with every form of length', () => {
  for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const { tag, content, encoded: whole } = readValue(new Uint8Array(octets(new Uint8Array(size).fill(7))), 4);
    assert.deepEqual(
      [tag, content.length, content.every((byte) => byte === 7), whole.length > size],
      [4, size, true, true],
    );
  }
  assert.equal(readValue(bytesOf(2, 0)).tag, 2);
  assert.deepEqual(
    readValues(bytesOf(2, 1, 5, 4, 0)).map(({ tag, content }) => [tag, ...content]),
    [[2, 5], [4]],
  );
  assert.deepEqual(readValues(bytesOf()), []);
  assert.deepEqual(
    readChildren(readValue(new Uint8Array(set(integer([1]))))).map(({ tag }) => tag),
    [2],
  );
  assert.throws(() => readChildren(undefined), { code: 'bad_request' });
  assert.throws(() => readChildren(readValue(bytesOf(4, 0)), 0x30), { code: 'bad_request' });
});

test('DER numbers, names and times', () => {
  const one = (bytes) => readValue(new Uint8Array(bytes));
  for (const dotted of ['0.0', '0.39', '1.2.840.113549.1.9.16.2.47', '2.5.29.37', '2.47.1', '1.3.128.16384'])
    assert.equal(oidOf(one(oid(dotted))), dotted);
  assert.deepEqual(
    [
      integerOf(one(integer([0]))),
      integerOf(one(integer([127]))),
      integerOf(one(integer([128]))),
      integerOf(one(integer([1, 0, 0]))),
    ],
    [0n, 127n, 128n, 65_536n],
  );
  for (const bent of [undefined, one(octets([1])), one(der(2)), one(der(2, [128]))])
    assert.throws(() => integerOf(bent), { code: 'bad_request' });
  for (const bent of [undefined, one(octets([42]))]) assert.throws(() => oidOf(bent), { code: 'bad_request' });
  for (const [text, at] of [
    ['491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['500101000000Z', Date.UTC(1950, 0, 1)],
    ['20261124120001Z', Date.UTC(2026, 10, 24, 12, 0, 1)],
    ['20261124120001.5Z', Date.UTC(2026, 10, 24, 12, 0, 1, 500)],
    ['20261124120001.123456Z', Date.UTC(2026, 10, 24, 12, 0, 1, 123)],
  ])
    assert.equal(timeOf(one(time(text))), at, text);
  for (const text of [
    '',
    '20261124120001',
    '20261124120001z',
    'x20261124120001Z',
    '20261124120001Zx',
    '20261124120001.1234567Z',
    '20261124120001.Z',
    '202611241200Z0',
    '2026112412000Z',
  ])
    assert.throws(() => timeOf(one(der(24, Buffer.from(text)))), { code: 'bad_request' }, text);
  assert.throws(() => timeOf(one(der(12, Buffer.from('20261124120001Z')))), { code: 'bad_request' });
  assert.throws(() => timeOf(undefined), { code: 'bad_request' });
});

test('OpenSSL’s own answer is valid, and with another nonce it is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const keys = { leaf: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  writeFileSync(join(folder, 'key.pem'), keys.leaf);
  const own = certificate(leaf, root);
  writeFileSync(join(folder, 'leaf.pem'), pem(own));
  writeFileSync(join(folder, 'serial'), '01\n');
  writeFileSync(join(folder, 'note'), note);
  writeFileSync(
    join(folder, 'openssl.cnf'),
    [
      '[tsa]',
      'serial = serial',
      'signer_cert = leaf.pem',
      'signer_key = key.pem',
      `default_policy = ${POLICY}`,
      'digests = sha256',
      'signer_digest = sha256',
      '',
    ].join('\n'),
  );
  const openssl = (...given) =>
    execFileSync('openssl', ['ts', ...given], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  openssl('-query', '-data', 'note', '-sha256', '-cert', '-out', 'asked');
  openssl('-reply', '-config', 'openssl.cnf', '-section', 'tsa', '-queryfile', 'asked', '-out', 'answered');
  const asked = new Uint8Array(readFileSync(join(folder, 'asked')));
  const number = readChildren(readValue(asked)).findLast(({ tag }) => tag === 2);
  const pins = { chain: pem(own, rootPem), nonce: number.content };
  const tsr = new Uint8Array(readFileSync(join(folder, 'answered')));
  assert.equal(typeof (await check(tsr, pins)), 'number');
  await refused(tsr, { ...pins, nonce: Uint8Array.from([...number.content, 0]) });
});
