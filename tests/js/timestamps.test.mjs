/**
 * Timestamps of an authority, as a pack's page checks them: the valid ones pass, and one with a single fault is
 * refused.
 */
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
  parseChain,
  parsePemCertificates,
} from '#app/crypto/certificates.js';
import { readChildren, integerOf, oidOf, readValues, readValue, timeOf } from '#app/crypto/der.js';
import { verifyTimestamp, verifyToken } from '#app/ledger/timestamps.js';
import {
  OIDS,
  timestampResponse,
  authorityOf,
  bits,
  certificate,
  der,
  extension,
  hash,
  namedKeyPair,
  integer,
  keyUsage,
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
const [root, middle, leaf, other] = ['root', 'middle', 'leaf', 'other'].map((name) => namedKeyPair(name));
const rootPem = certificate(root, root);
const middleDer = certificate(middle, root);
const leafDer = certificate(leaf, middle);
const answerFor = { note, nonce, leaf: leafDer, signer: leaf };
const chain = pem(leafDer, middleDer, rootPem);

/** The result of a check: the time, or the code of its failure. */
const checkTimestamp = (tsr, pins = {}, text = note) =>
  verifyTimestamp(tsr, text, { chain, policy: POLICY, nonce, roots: [], ...pins }).catch(({ code }) => code);
const failures = ['bad_signature', 'bad_request'];
const assertRefused = async (tsr, pins = {}, text = note) =>
  assert.ok(failures.includes(await checkTimestamp(tsr, pins, text)));

test('a valid response gives its time, under the chain’s own root or a trusted one', async () => {
  assert.equal(await checkTimestamp(timestampResponse(answerFor)), AT);
  assert.equal(await checkTimestamp(timestampResponse(answerFor), { roots: [pem(rootPem)] }), AT);
  assert.equal(
    await checkTimestamp(timestampResponse(answerFor), { roots: [pem(certificate(other, other)), pem(rootPem)] }),
    AT,
  );
  assert.equal(await checkTimestamp(timestampResponse(answerFor, { at: '20261124120000.75Z' })), AT, 'whole seconds');
  assert.equal(
    await checkTimestamp(timestampResponse(answerFor, { status: [1] })),
    AT,
    '"granted with modifications" counts as granted',
  );
  assert.equal(await checkTimestamp(timestampResponse(answerFor, { enclosed: [middleDer, leafDer] })), AT);
  assert.equal(await checkTimestamp(timestampResponse(answerFor, { accuracy: [sequence(integer([1]))] })), AT);
  assert.equal(
    await checkTimestamp(timestampResponse(answerFor, { named: OIDS.signingCertificate })),
    AT,
    'a certificate named by SHA-1, as in the older attribute',
  );
  const named = sequence(sequence(oid(OIDS.sha384)), octets(hash('sha384', leafDer)));
  assert.equal(await checkTimestamp(timestampResponse(answerFor, { certId: named })), AT);
});

for (const [description, fault] of /** @type {[string, Parameters<typeof timestampResponse>[1]][]} */ ([
  ['a status that is not granted', { status: [2] }],
  ['another kind of content', { kind: OIDS.tstInfo }],
  ['no timestamp inside', { what: OIDS.signedData }],
  ['nothing inside', { noContent: true }],
  ['no signer', { signers: () => [] }],
  ['two signers', { signers: (signer) => [signer, signer] }],
  ['another policy', { policy: '1.2.3.4.2' }],
  ['another nonce', { nonceValue: [integer([5])] }],
  ['no nonce', { nonceValue: [] }],
  ['another digest', { digest: octets(hash('sha256', Buffer.from('x'))) }],
  ['a digest of another kind', { digestOid: OIDS.sha512 }],
  ['a digest that is not an octet string', { digest: der(12, hash('sha256', note)) }],
  ['an invalid time', { at: '20261124120000' }],
  ['a time before the certificates', { at: '20191231235959Z' }],
  ['a time after the certificates', { at: '20400101000001Z' }],
  ['certificates without the pinned one', { enclosed: [middleDer] }],
  ['certificates that are not sorted', { unsorted: [middleDer, leafDer].sort(Buffer.compare).reverse() }],
  ['attributes in the wrong place', { attributesTag: 0xa1 }],
  ['another content type in the signed attributes', { contentType: OIDS.signedData }],
  ['a digest of other content in the signed attributes', { messageDigest: hash('sha256', Buffer.from('x')) }],
  ['no digest in the signed attributes', { messageDigest: null }],
  ['a signer with another serial number', { sid: sequence(nameOf('middle'), integer([8])) }],
  ['a signer with another issuer', { sid: sequence(nameOf('root'), integer([7])) }],
  ['a signer named in another way', { sid: der(0x80, [1]) }],
  ['no certificate named', { unnamed: true }],
  ['another certificate named', { certId: sequence(octets(hash('sha256', middleDer))) }],
  ['a certificate named without a digest', { certId: sequence(integer([1])) }],
  ['a signature by another key', { signer: other }],
  ['a signature that is not an octet string', { signature: (bytes) => bits(bytes) }],
  ['a signature cut short', { signature: (bytes) => octets(bytes.subarray(0, -1)) }],
  ['a digest that is too weak', { signHash: 'sha1', signHashOid: OIDS.sha1 }],
  ['an unknown algorithm', { algorithm: '1.2.3' }],
  ['an algorithm of another kind of key', { algorithm: OIDS.rsa256 }],
])) {
  test(`refused: ${description}`, () => assertRefused(timestampResponse(answerFor, fault)));
}

test('a response for another text, nonce or policy, with a chain of one or with none, is refused', async () => {
  await assertRefused(timestampResponse(answerFor), {}, new TextEncoder().encode('other'));
  await assertRefused(timestampResponse(answerFor), { nonce: Uint8Array.from([0x81, 2, 3, 5]) });
  await assertRefused(timestampResponse(answerFor), { policy: '1.2.3' });
  await assertRefused(timestampResponse(answerFor), { chain: pem(leafDer) });
  await assertRefused(timestampResponse(answerFor), { chain: '' });
});

test('a response that is not strict DER is refused, as by the other verifier', async () => {
  const tsr = Buffer.from(timestampResponse(answerFor));
  assert.deepEqual([...tsr.subarray(0, 2), ...tsr.subarray(4, 9)], [0x30, 0x82, 0x30, 3, 2, 1, 0]);
  const [size, status, rest] = [tsr.subarray(2, 4), [0x30, 3, 2, 1, 0], tsr.subarray(9)];
  assert.equal(
    await checkTimestamp(
      new Uint8Array(Buffer.concat([Uint8Array.of(0x30, 0x82), size, Uint8Array.from(status), rest])),
    ),
    AT,
  );
  await assertRefused(
    new Uint8Array(Buffer.concat([Uint8Array.of(0x30, 0x83, 0), size, Uint8Array.from(status), rest])),
  );
  await assertRefused(new Uint8Array(sequence([0x30, 4, 2, 2, 0, 0], rest)));
});

test('a response is at most 64 KiB long', async () => {
  // RSA signatures all have the same length.
  const rsaLeaf = namedKeyPair('leaf', { type: 'rsa', options: { modulusLength: 2048 } });
  const ownDer = certificate(rsaLeaf, middle);
  const request = { ...answerFor, leaf: ownDer, signer: rsaLeaf };
  const paddedAnswer = (size) =>
    timestampResponse(request, { algorithm: OIDS.rsa256, enclosed: [ownDer, octets(new Uint8Array(size))] });
  const maxPadding = 60_000 + 65_536 - paddedAnswer(60_000).length;
  const pins = { chain: pem(ownDer, middleDer, rootPem) };
  assert.deepEqual(
    [paddedAnswer(maxPadding).length, await checkTimestamp(paddedAnswer(maxPadding), pins)],
    [65_536, AT],
  );
  await assertRefused(paddedAnswer(maxPadding + 1), pins);
});

/** Check a response under a leaf, one certificate between and a root, each the valid one or another. */
const checkPath = async ({ leafCert = leafDer, middleCert = middleDer, rootCert = rootPem } = {}) =>
  checkTimestamp(timestampResponse({ ...answerFor, leaf: leafCert }), { chain: pem(leafCert, middleCert, rootCert) });
const issuerWith = (...constraints) => ({ middleCert: certificate(middle, root, { constraints }) });
const leafWith = (...others) => ({ leafCert: certificate(leaf, middle, { others }) });
const rootWith = (fields) => ({ rootCert: certificate(root, root, fields) });
const unknown = (isCritical) => extension('1.2.3.4.5', der(5), isCritical);
const permittedName = sequence(der(0xa0, sequence(der(0xa4, nameOf('leaf')))));
const issuerFor = (purpose) => issuerWith(authorityOf(), extension(OIDS.purposes, sequence(oid(purpose)), false));
const purposeOnly = extension(OIDS.purposes, sequence(oid(OIDS.timeStamping)), false);

for (const [description, certificates] of /** @type {[string, Parameters<typeof checkPath>[0]][]} */ ([
  ['an issuer that is no authority', issuerWith()],
  ['an issuer whose certificate says that it is not an issuer', issuerWith(extension(OIDS.constraints, sequence()))],
  ['an issuer that is no authority, for signing certificates', issuerWith(keyUsage(0b100))],
  ['an issuer that may not sign certificates', issuerWith(authorityOf(), keyUsage(0b1000_0000))],
  [
    'an issuer with a malformed path length',
    issuerWith(extension(OIDS.constraints, sequence(der(1, [255]), der(2, [128])))),
  ],
  ['an issuer for programs only', issuerFor(OIDS.codeSigning)],
  ['three constraints', issuerWith(extension(OIDS.constraints, sequence(der(1, [255]), integer([5]), integer([5]))))],
  ['a length without authority', issuerWith(extension(OIDS.constraints, sequence(integer([5]))))],
  ['malformed constraints of the signing certificate', leafWith(extension(OIDS.constraints, sequence(der(1, [0]))))],
  ['unused bits that are used', leafWith(extension(OIDS.keyUsage, der(3, [7, 0b1100_0000])))],
  ['more unused bits than a byte has', leafWith(extension(OIDS.keyUsage, der(3, [8, 0])))],
  ['unused bits of nothing', leafWith(extension(OIDS.keyUsage, der(3, [1])))],
  ['no bits at all', leafWith(extension(OIDS.keyUsage, der(3)))],
  ['a root with a path that is too long', rootWith({ constraints: [authorityOf(0)] })],
  ['a root that is no authority', rootWith({ constraints: [] })],
  ['a root that may not sign certificates', rootWith({ constraints: [authorityOf(), keyUsage(0b10)] })],
  ['a root that another one issued', { rootCert: certificate(root, other) }],
  ['a root that has ended', rootWith({ until: '261124115959Z' })],
  ['an unknown critical extension of the signing certificate', leafWith(unknown(true))],
  ['an unknown critical extension of an issuer', issuerWith(authorityOf(), unknown(true))],
  ['an unknown critical extension of the root', rootWith({ others: [unknown(true)] })],
  ['names that an issuer may sign for', issuerWith(authorityOf(), extension(OIDS.nameConstraints, permittedName))],
  ['such names in passing', issuerWith(authorityOf(), extension(OIDS.nameConstraints, permittedName, false))],
  ['a key that is for other things', leafWith(keyUsage(0b10_0000))],
  ['a key that is for other things too', leafWith(keyUsage(0b1010_0000))],
  ['a key that is for nothing', leafWith(keyUsage(0))],
  ['a purpose in passing', { leafCert: certificate(leaf, middle, { purposes: [], others: [purposeOnly] }) }],
  ['one extension twice', leafWith(unknown(false), unknown(false))],
  ['a mark that is not the one of DER', leafWith(sequence(oid('1.2.3.4.5'), der(1, [0]), octets(der(5))))],
])) {
  test(`refused: ${description}`, async () => {
    const result = await checkPath(certificates);
    assert.ok(failures.includes(result), `${result}`);
  });
}

for (const [description, certificates] of /** @type {[string, Parameters<typeof checkPath>[0]][]} */ ([
  ['an issuer that may issue no other issuer', issuerWith(authorityOf(0), keyUsage(0b110))],
  ['an issuer for timestamps', issuerFor(OIDS.timeStamping)],
  ['an issuer for every purpose', issuerFor('2.5.29.37.0')],
  ['a root with a path that is long enough', rootWith({ constraints: [authorityOf(1)] })],
  ['a root of the first version', rootWith({ constraints: [], version: false })],
  ['a root that only says that it signs certificates', rootWith({ constraints: [keyUsage(0b100)] })],
  ['an unknown extension', leafWith(unknown(false))],
  ['a known critical extension', leafWith(extension(OIDS.subjectAltName, sequence(der(0x82, Buffer.from('x')))))],
  ['a signing certificate that is no authority', leafWith(extension(OIDS.constraints, sequence()))],
  ['unused bits', leafWith(extension(OIDS.keyUsage, der(3, [6, 0b1100_0000])))],
  ['a key for signatures', leafWith(keyUsage(0b1100_0000))],
])) {
  test(`valid: ${description}`, async () => assert.equal(await checkPath(certificates), AT));
}

test('a response beside a pack needs no nonce, and its path is the one to the given root', async () => {
  const digest = new Uint8Array(hash('sha256', note));
  const check = (overrides, roots) =>
    verifyToken(timestampResponse(answerFor, overrides), digest, [pem(...roots)]).catch(({ code }) => code);
  const [otherRoot, crossed] = [certificate(other, other), certificate(middle, other)];
  const enclosed = [leafDer, middleDer, crossed];
  assert.equal(await check({ enclosed, nonceValue: [] }, [rootPem]), AT);
  assert.equal(await check({ enclosed }, [otherRoot]), AT);
  const strange = namedKeyPair('strange');
  assert.equal(await check({ enclosed }, [certificate(strange, strange)]), 'bad_signature');
  const twins = (count) => Array.from({ length: count }, (_, i) => certificate(namedKeyPair(`${i}`), strange));
  assert.equal(await check({ enclosed: [...twins(14), leafDer, middleDer] }, [rootPem]), AT);
  assert.equal(await check({ enclosed: [...twins(15), leafDer, middleDer] }, [rootPem]), 'bad_signature');
  const issuers = [certificate(middle, root, { purposes: [OIDS.timeStamping] }), leafDer];
  assert.equal(await check({ enclosed: issuers }, [rootPem]), AT, 'the signer is the one that is named');
  assert.equal(await check({ enclosed: [...enclosed, leafDer] }, [rootPem]), AT, 'a certificate enclosed twice');
  const twin = certificate(namedKeyPair('leaf'), middle);
  assert.equal(await check({ enclosed: [...enclosed, twin] }, [rootPem]), 'bad_signature', 'two of that number');
  assert.equal(await check({ enclosed: [middleDer] }, [rootPem]), 'bad_signature');
  const selfSigned = certificate(leaf, leaf);
  const forged = timestampResponse({ ...answerFor, leaf: selfSigned }, { enclosed: [selfSigned] });
  await assert.rejects(verifyToken(forged, digest, [pem(rootPem)]), { code: 'bad_signature' });
});

test('each certificate is signed by the next, the last by a trusted root, and all are valid at that time', async () => {
  await assertRefused(timestampResponse(answerFor), { roots: [pem(certificate(other, other))] });
  await assertRefused(timestampResponse(answerFor), { roots: [pem(certificate({ ...other, name: 'root' }, other))] });
  for (const [description, leafCertificate, middleCertificate] of /** @type {[string, Buffer, Buffer][]} */ ([
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
  ])) {
    const result = await checkTimestamp(timestampResponse({ ...answerFor, leaf: leafCertificate }), {
      chain: pem(leafCertificate, middleCertificate, rootPem),
    });
    assert.ok(failures.includes(result), `${description}: ${result}`);
  }
  const edge = certificate(leaf, middle, { from: '261124120000Z', until: '261124120000Z' });
  assert.equal(
    await checkTimestamp(timestampResponse({ ...answerFor, leaf: edge }), { chain: pem(edge, middleDer, rootPem) }),
    AT,
    'valid at both ends of its period',
  );
  const short = certificate(leaf, root);
  assert.equal(
    await checkTimestamp(timestampResponse({ ...answerFor, leaf: short }), { chain: pem(short, rootPem) }),
    AT,
    'with no certificate in between',
  );
});

for (const [
  description,
  keyOptions,
  algorithm,
  digest,
] of /** @type {[string, Parameters<typeof namedKeyPair>[1], string, 'sha256'|'sha384'|'sha512'][]} */ ([
  ['P-384', { options: { namedCurve: 'P-384' } }, OIDS.ecdsa384, 'sha384'],
  ['P-521', { options: { namedCurve: 'P-521' } }, OIDS.ecdsa512, 'sha512'],
  ['P-256 with SHA-384', {}, OIDS.ecdsa384, 'sha384'],
  ['RSA', { type: 'rsa', options: { modulusLength: 2048 } }, OIDS.rsa256, 'sha256'],
  ['RSA with SHA-384', { type: 'rsa', options: { modulusLength: 2048 } }, OIDS.rsa384, 'sha384'],
  ['RSA with SHA-512', { type: 'rsa', options: { modulusLength: 2048 } }, OIDS.rsa512, 'sha512'],
])) {
  test(`keys and signatures: ${description}`, async () => {
    const [top, leafHolder] = [namedKeyPair('root', keyOptions), namedKeyPair('leaf', keyOptions)];
    const signs = { algorithm, digest };
    const [topDer, ownDer] = [certificate(top, top, signs), certificate(leafHolder, top, signs)];
    const pins = { chain: pem(ownDer, topDer) };
    const oids = { sha256: OIDS.sha256, sha384: OIDS.sha384, sha512: OIDS.sha512 };
    const signedWith = { algorithm, signHash: digest, signHashOid: oids[digest] };
    assert.equal(
      await checkTimestamp(timestampResponse({ ...answerFor, leaf: ownDer, signer: leafHolder }, signedWith), pins),
      AT,
    );
    await assertRefused(
      timestampResponse(
        { ...answerFor, leaf: ownDer, signer: leafHolder },
        { ...signedWith, signer: namedKeyPair('x', keyOptions) },
      ),
      pins,
    );
    const plain = { ...signedWith, algorithm: OIDS.rsa };
    const result = await checkTimestamp(
      timestampResponse({ ...answerFor, leaf: ownDer, signer: leafHolder }, plain),
      pins,
    );
    assert.equal(result, 'type' in keyOptions ? AT : 'bad_signature', 'plain RSA, with the digest named separately');
  });
}

test('a DER signature is two integers of the right size', async () => {
  const signerCert = parseCertificate(new Uint8Array(leafDer));
  const integerOne = integer(Buffer.alloc(32, 1));
  for (const bytes of [
    sequence(integerOne, integerOne, integerOne),
    sequence(integer(Buffer.alloc(33, 1)), integerOne),
    sequence(integerOne),
    sequence(der(2, [255]), integerOne),
    octets(integerOne),
  ]) {
    await assert.rejects(
      verifyCertificateSignature(signerCert, OIDS.ecdsa256, note, new Uint8Array(bytes)),
      ({ code }) => failures.includes(code),
    );
  }
  const unknownCurve = certificate(
    { ...leaf, spki: sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.3')), bits([4])) },
    root,
  );
  await assert.rejects(
    verifyCertificateSignature(
      parseCertificate(new Uint8Array(unknownCurve)),
      OIDS.ecdsa256,
      note,
      new Uint8Array(sequence(integerOne, integerOne)),
    ),
    { code: 'bad_signature' },
  );
});

test('a certificate is read in full: subject, issuer, validity and purposes', async () => {
  const others = [sequence(oid('2.5.29.15'), octets(bits([1])))];
  for (const encoded of [
    certificate(leaf, middle, { others }),
    certificate(leaf, middle, { others, version: false }),
  ]) {
    const found = parseCertificate(new Uint8Array(encoded));
    assert.deepEqual(found.purposes, [OIDS.timeStamping]);
    assert.deepEqual([found.from, found.until], [Date.UTC(2020, 0, 1), Date.UTC(2040, 0, 1)]);
    assert.deepEqual([Buffer.from(found.subject), Buffer.from(found.issuer)], [nameOf('leaf'), nameOf('middle')]);
    assert.deepEqual(
      [Buffer.from(found.key), found.algorithm, Buffer.from(found.der)],
      [leaf.spki, OIDS.ecdsa256, encoded],
    );
  }
  assert.deepEqual(parseCertificate(new Uint8Array(certificate(leaf, middle, { others, purposes: [] }))).purposes, []);
  assert.deepEqual(
    parsePemCertificates(chain).map(({ der: bytes }) => Buffer.from(bytes)),
    [leafDer, middleDer, rootPem],
  );
  assert.deepEqual(parsePemCertificates('no certificate'), []);
  assert.equal(parseChain(`about them\n${chain}`).length, 3);
  const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  for (const strange of [
    key + chain,
    `${chain}-----BEGIN CERTIFICATE-----\n`,
    chain.replace('-----END', '==\n-----END'),
  ])
    assert.throws(() => parseChain(strange), { code: 'bad_request' });
  await assertRefused(timestampResponse(answerFor), { chain: `${'é'.repeat(70_000)}\n${chain}` });
  assert.equal(await checkTimestamp(timestampResponse(answerFor), { chain: `${'é'.repeat(60_000)}\n${chain}` }), AT);
  const parts = readValues(readValue(new Uint8Array(leafDer)).content).map(({ encoded: whole }) => whole);
  const signedFields = readValues(readValue(new Uint8Array(parts[0])).content).map(({ encoded: whole }) => whole);
  for (const tampered of [
    sequence(parts[0], parts[1], octets(parts[2])),
    sequence(parts[0], parts[1], der(3, [1], [5])),
    sequence(...parts.slice(0, 2)),
    sequence(sequence(), ...parts.slice(1)),
    // The number of a certificate is an integer: with text in its place, and with no number at all.
    sequence(sequence(signedFields[0], octets(Buffer.of(1)), ...signedFields.slice(2)), ...parts.slice(1)),
    sequence(sequence(signedFields[0], ...signedFields.slice(2)), ...parts.slice(1)),
  ]) {
    assert.throws(() => parseCertificate(new Uint8Array(tampered)), { code: 'bad_request' });
  }
  assert.deepEqual([OIDS.sha256, OIDS.sha384, OIDS.sha512].map(digestNameOf), ['SHA-256', 'SHA-384', 'SHA-512']);
  assert.throws(() => digestNameOf(OIDS.sha1), { code: 'bad_signature' });
});

const bytesOf = (...values) => Uint8Array.from(values);
for (const [description, bytes] of /** @type {[string, Uint8Array<ArrayBuffer>][]} */ ([
  ['nothing', bytesOf()],
  ['a tag alone', bytesOf(4)],
  ['a tag of many bytes', bytesOf(0x1f, 1, 0)],
  ['an indefinite length', bytesOf(4, 0x80, 0, 0)],
  ['a length of five bytes', bytesOf(4, 0x85, 0, 0, 0, 0, 200, ...new Uint8Array(200))],
  ['a long form for a short length', bytesOf(4, 0x81, 127, ...new Uint8Array(127))],
  ['a length with a zero byte before it', bytesOf(4, 0x82, 0, 128, ...new Uint8Array(128))],
  ['a length with three zero bytes before it', bytesOf(4, 0x84, 0, 0, 0, 200, ...new Uint8Array(200))],
  ['less content than it says', bytesOf(4, 2, 0)],
  ['a length that is cut off', bytesOf(4, 0x82, 1)],
  ['more after it', bytesOf(4, 1, 0, 0)],
  ['another tag', bytesOf(2, 1, 0)],
])) {
  test(`not a DER value: ${description}`, () => assert.throws(() => readValue(bytes, 4), { code: 'bad_request' }));
}

test('a tag of many bytes is refused, also where any tag is expected', () => {
  for (const tag of [0x1f, 0x3f, 0x5f, 0xbf])
    assert.throws(() => readValue(bytesOf(tag, 1, 0)), { code: 'bad_request' }, String(tag));
});

test('DER values: one, many, nested, with every form of length', () => {
  for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const { tag, content, encoded } = readValue(new Uint8Array(octets(new Uint8Array(size).fill(7))), 4);
    assert.deepEqual(
      [tag, content.length, content.every((byte) => byte === 7), encoded.length > size],
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
  const parse = (bytes) => readValue(new Uint8Array(bytes));
  for (const dotted of ['0.0', '0.39', '1.2.840.113549.1.9.16.2.47', '2.5.29.37', '2.47.1', '1.3.128.16384'])
    assert.equal(oidOf(parse(oid(dotted))), dotted);
  assert.deepEqual(
    [
      integerOf(parse(integer([0]))),
      integerOf(parse(integer([127]))),
      integerOf(parse(integer([128]))),
      integerOf(parse(integer([1, 0, 0]))),
    ],
    [0n, 127n, 128n, 65_536n],
  );
  for (const invalid of [undefined, parse(octets([1])), parse(der(2)), parse(der(2, [128])), parse(der(2, [0, 127]))])
    assert.throws(() => integerOf(invalid), { code: 'bad_request' });
  for (const invalid of [
    undefined,
    parse(octets([42])),
    parse(der(6)),
    parse(der(6, [42, 0x86])), // the last number is cut off
    parse(der(6, [42, 0x80, 3])), // a number with a zero before it
    parse(der(6, [0x80, 42])),
  ])
    assert.throws(() => oidOf(invalid), { code: 'bad_request' });
  for (const [text, at] of /** @type {[string, number][]} */ ([
    ['491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['500101000000Z', Date.UTC(1950, 0, 1)],
    ['20261124120001Z', Date.UTC(2026, 10, 24, 12, 0, 1)],
    ['20261124120001.5Z', Date.UTC(2026, 10, 24, 12, 0, 1, 500)],
    ['20261124120001.123456Z', Date.UTC(2026, 10, 24, 12, 0, 1, 123)],
  ]))
    assert.equal(timeOf(parse(time(text))), at, text);
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
    assert.throws(() => timeOf(parse(der(24, Buffer.from(text)))), { code: 'bad_request' }, text);
  assert.throws(() => timeOf(parse(der(12, Buffer.from('20261124120001Z')))), { code: 'bad_request' });
  assert.throws(() => timeOf(undefined), { code: 'bad_request' });
});

test('OpenSSL’s own response is valid, and with another nonce it is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const keys = { leaf: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  writeFileSync(join(folder, 'key.pem'), keys.leaf);
  const leafCert = certificate(leaf, root);
  writeFileSync(join(folder, 'leaf.pem'), pem(leafCert));
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
  const openssl = (...args) =>
    execFileSync('openssl', ['ts', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  openssl('-query', '-data', 'note', '-sha256', '-cert', '-out', 'asked');
  openssl('-reply', '-config', 'openssl.cnf', '-section', 'tsa', '-queryfile', 'asked', '-out', 'answered');
  const query = new Uint8Array(readFileSync(join(folder, 'asked')));
  const number = readChildren(readValue(query)).findLast(({ tag }) => tag === 2);
  const pins = { chain: pem(leafCert, rootPem), nonce: number.content };
  const tsr = new Uint8Array(readFileSync(join(folder, 'answered')));
  assert.equal(typeof (await checkTimestamp(tsr, pins)), 'number');
  await assertRefused(tsr, { ...pins, nonce: Uint8Array.from([...number.content, 0]) });
});
