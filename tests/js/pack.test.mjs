/**
 * The front part is accepted only if it matches what the phone knows, and the pack is finished only if all of it is
 * valid.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { splitIntoParts } from '#app/features/share/pack_choice.js';
import { b64, utf8 } from '#app/core/bytes.js';
import { canonicalBytes, parseCanonicalObject } from '#app/core/encoding.js';
import { openNames } from '#app/crypto/commitment.js';
import { readPackStatement, signPackStatement } from '#app/crypto/pack_statement.js';
import { assemble, receivedName } from '#app/pack/assemble.js';
import { encodeCapsule, makeCapsule } from '#app/pack/capsule.js';
import { checkFront } from '#app/pack/front.js';
import { PORTAL_FILES_LIMIT } from '#app/core/constants.js';
import { chronologyCopies } from '#app/pack/chronology/short_table.js';
import { buildPortalSet } from '#app/pack/portal.js';
import { keysFile, fieldNamesOf, encodeProof, proofNames, rowsOf } from '#app/pack/proofs.js';
import { packFingerprint } from '#app/pack/signature.js';
import { recordFile, sidecar, sidecarName } from '#app/pack/record_json.js';
import { custodyLines, entryLine, exhibitLine, readCapsule } from '#app/pack/chronology/table_cells.js';
import { crc32, readZip, ZipWriter } from '#app/pack/zip.js';

const AT = Date.UTC(2026, 10, 3, 20, 41, 9);
const PICTURE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);
const sha = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) =>
  createHash(name).update(bytes).digest('hex');

const SIGNER = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const signer = { key: SIGNER.privateKey, by: 'key', diary: 'diary' };
/** @type {import('#app/pack/signature.js').SignPack} */
const sign = (facts) => signPackStatement(signer, facts);
/**
 * @param {import('#app/crypto/pack_statement.js').StatementType} type
 * @param {Uint8Array|undefined} raw
 */
const readStatement = (type, raw) =>
  readPackStatement(type, raw ?? new Uint8Array(0), new Map([['key', SIGNER.publicKey]]));

/** @param {string} letter @returns {string} an id */
const id = (letter) => letter.repeat(21) + 'A';

/** @param {Partial<import('#app/pack/diary_version.js').DiaryVersion>} fields */
function version(fields) {
  return /** @type {import('#app/pack/diary_version.js').DiaryVersion} */ ({
    schema: 1,
    seq: 1,
    c: b64(new Uint8Array(32)),
    sig: b64(new Uint8Array(64)),
    parents: [],
    env: null,
    receipt: null,
    restricted: null,
    ...fields,
  });
}

/** Return an open part. @param {object} fields @param {number} at */
function open(fields, at) {
  return {
    fields: { _clock: { offset_ms: null, tz: 'Europe/London', utc: at }, ...fields },
    seed: new Uint8Array(32).fill(3),
    keys: [],
  };
}

function diary() {
  const attached = {
    sha256: sha('sha256', PICTURE),
    sha512: sha('sha512', PICTURE),
    size_bytes: PICTURE.length,
    media_type: 'image/png',
    incident_ids: [id('i')],
    added_at: AT,
    looked_at: AT,
    renditions: [{ purpose: 'print', size_bytes: 5000, width: 900, height: 1948 }],
  };
  return [
    version({
      record: id('i'),
      version: id('v'),
      kind: 'incident',
      seq: 1,
      open: open({ narrative: 'He was outside again.', occurred_start: AT, precision: 'minute' }, AT),
      restricted: { fields: { place_detail: '4 Acacia Road' }, seed: new Uint8Array(32).fill(4), keys: [] },
    }),
    version({
      record: id('a'),
      version: id('w'),
      kind: 'attachment',
      seq: 2,
      open: { ...open(attached, AT), keys: [[id('b'), new Uint8Array(32).fill(5)]] },
    }),
    version({
      record: id('n'),
      version: id('x'),
      kind: 'note',
      seq: 3,
      open: open({ of_id: id('i'), text: 'SECRET NOTE' }, AT),
    }),
    version({
      record: id('j'),
      version: id('y'),
      kind: 'incident',
      seq: 4,
      open: open({ narrative: 'Not chosen.' }, AT),
    }),
    version({
      record: id('i'),
      version: id('z'),
      kind: 'incident',
      seq: 5,
      parents: [id('v')],
      open: open(
        {
          narrative: 'He was outside again. With a friend.',
          occurred_start: AT,
          precision: 'minute',
          _parents: [id('v')],
        },
        AT + 3_600_000,
      ),
      restricted: { fields: { place_detail: '4 Acacia Road' }, seed: new Uint8Array(32).fill(6), keys: [] },
    }),
  ];
}

const WISH = {
  packId: id('p'),
  no: 1,
  madeAt: AT,
  tz: 'Europe/London',
  chosen: [id('i')],
  release: '0123456789ab',
  origin: 'https://app.localhost',
  consentAt: AT,
};
const KEYS = { account: id('c'), ecdsa_pub: 'e', log: 'l', notary: 'n' };
const capsule = () => makeCapsule(diary(), WISH, KEYS);

/** The members that an honest server sends back. @returns {Promise<Map<string, Uint8Array>>} */
async function honestFront(capsuleSent) {
  /** @type {Map<string, Uint8Array>} */ const members = new Map();
  for (const name of [
    '00_READ-FIRST.txt',
    '15_VERIFY.txt',
    'servable/01_chronology.pdf',
    'servable/02_chronology.csv',
    'servable/03_exhibits-index.csv',
    'servable/04_exhibits.pdf',
    'restricted/06_RESTRICTED_officer-sheet.pdf',
    'restricted/10_RESTRICTED_how-this-record-was-made.pdf',
    'restricted/11_custody-log.csv',
  ])
    members.set(`data/${name}`, utf8(`typeset ${name}`));
  for (const [name, row] of proofNames(capsuleSent, 'servable')) {
    const { restricted } = fieldNamesOf(String(row['kind']), 1);
    members.set(`data/servable/${name}`, encodeProof(row, new Set(restricted)));
    members.set(`data/restricted/${name}`, encodeProof(row, new Set()));
  }
  const fullCapsule = readCapsule(capsuleSent);
  members.set(
    'data/servable/02_chronology.csv',
    table(fullCapsule.incidents.map((incident) => entryLine(fullCapsule, incident))),
  );
  await setCopies(members);
  members.set(
    'data/servable/03_exhibits-index.csv',
    table(fullCapsule.exhibits.map((exhibit, place) => exhibitLine(fullCapsule, exhibit, place))),
  );
  members.set('data/restricted/11_custody-log.csv', table(custodyLines(fullCapsule)));
  for (const part of ['servable', 'restricted']) members.set(`data/${part}/proof/keys.json`, keysFile(capsuleSent));
  members.set('data/restricted/12_record.json', recordFile(capsuleSent));
  for (const exhibit of capsuleSent.exhibits)
    members.set(`data/${sidecarName(exhibit)}`, sidecar(capsuleSent, exhibit));
  return members;
}

/** Make again what follows from 02. @param {Map<string, Uint8Array>} members */
async function setCopies(members) {
  const copies = await chronologyCopies(/** @type {Uint8Array} */ (members.get('data/servable/02_chronology.csv')));
  for (const [name, bytes] of copies ?? []) members.set(name, bytes);
}

/**
 * Write a table as the typesetter does, with a word of the account held back.
 * @param {import('#app/pack/chronology/table_cells.js').TableLine[]} lines
 * @param {(text: string) => string} [change]
 */
function table(lines, change = (text) => text) {
  const cell = (/** @type {string|null} */ text) =>
    `"${(text ?? '').replace('outside', '[held back, see 06]').replaceAll('"', '""')}"`;
  const rows = [Object.keys(lines[0]), ...lines.map((line) => Object.values(line))];
  return utf8(change(`\ufeff${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`));
}

/** A zip of the members, with the servable folder's own manifest. @param {Map<string, Uint8Array>} members */
async function zipped(members) {
  const manifestName = 'data/servable/manifest-sha256.txt';
  if (!members.has(manifestName)) {
    const lines = [...members.keys()]
      .filter((name) => name.startsWith('data/servable/'))
      .sort()
      .map(
        (name) =>
          `${sha('sha256', /** @type {Uint8Array} */ (members.get(name)))}  ${name.slice('data/servable/'.length)}\n`,
      );
    members.set(manifestName, utf8(lines.join('')));
  }
  const writer = new ZipWriter();
  for (const name of [...members.keys()].sort())
    await writer.add(name, [/** @type {Uint8Array} */ (members.get(name))]);
  return new Uint8Array(await /** @type {Blob} */ (await writer.finish()).arrayBuffer());
}

test('a zip that its plain numbers cannot say is refused before it is written', async () => {
  // Bytes that say how long they are without being there: the checksum asks first, then the writer.
  const claimed = (/** @type {number} */ length) => {
    let asked = 0;
    return new Proxy(new Uint8Array(0), {
      get: (bytes, name) => (name === 'length' ? (asked++ ? length : 0) : Reflect.get(bytes, name)),
    });
  };
  const nowhere = /** @type {import('#app/pack/targets.js').Target} */ ({
    reserve: async () => undefined,
    write: async () => undefined,
    fill: async () => undefined,
    finish: async () => null,
    drop: async () => undefined,
  });
  const head = 30 + 'a'.length;
  for (const [size, isWritten] of /** @type {[number, boolean][]} */ ([
    [2 ** 31 + 1, true],
    [2 ** 32 - 2 - head, true],
    [2 ** 32 - 1 - head, false],
    [2 ** 32, false],
  ])) {
    const added = new ZipWriter(nowhere).add('a', [claimed(size)]);
    if (isWritten) await added;
    else await assert.rejects(added, { code: 'too_large' });
  }
});

test('a zip is read back as it was written, and every change to it is noticed', async () => {
  const writer = new ZipWriter();
  await writer.add('a.txt', [utf8('one '), utf8('two')]);
  await writer.add('b/empty.txt', []);
  const bytes = new Uint8Array(await /** @type {Blob} */ (await writer.finish()).arrayBuffer());
  assert.deepEqual(
    [...readZip(bytes)].map(([name, body]) => [name, body.length]),
    [
      ['a.txt', 7],
      ['b/empty.txt', 0],
    ],
  );
  assert.equal(crc32(utf8('123456789')), 0xcbf43926);
  // Fields of the local header that repeat the central one are never read.
  const unusedBytes = new Set(Array.from({ length: 18 }, (_, i) => i + 4));
  let noticed = 0;
  for (let i = 0; i < 42; i++) {
    const changed = bytes.slice();
    changed[i] = /** @type {number} */ (changed[i]) ^ 0x20;
    try {
      readZip(changed);
    } catch {
      noticed++;
      continue;
    }
    assert.ok(unusedBytes.has(i), `byte ${i} was changed unseen`);
  }
  assert.ok(noticed > 20);
  for (const length of [0, 21, 40, bytes.length - 1])
    assert.throws(() => readZip(bytes.subarray(0, length)), { code: 'pack_failed' });
});

test('a capsule has every version of the chosen entries, and never a note or a key of the received bytes', () => {
  const packCapsule = capsule();
  assert.deepEqual(
    rowsOf(packCapsule, 'versions').map((row) => row.version),
    [id('v'), id('w'), id('z')],
  );
  assert.deepEqual(packCapsule.counts, {
    added_to: 1,
    amended: 0,
    included: 1,
    late: 0,
    removed: 0,
    total: 2,
    withheld: 1,
  });
  assert.equal(packCapsule.exhibits[0].file, 'AA-1.png');
  assert.equal(packCapsule.exhibits[0].received, null);
  assert.ok(!new TextDecoder().decode(encodeCapsule(packCapsule)).includes('SECRET NOTE'));
  assert.throws(() => makeCapsule(diary(), { ...WISH, chosen: [] }, KEYS), { code: 'bad_request' });
});

test('a correct front part is accepted, also if it withholds an open field that repeats a restricted one', async () => {
  const packCapsule = capsule();
  const members = await honestFront(packCapsule);
  await checkFront(await zipped(new Map(members)), packCapsule);
  const [name, row] = [...proofNames(packCapsule, 'servable')][0];
  members.set(
    `data/servable/${name}`,
    encodeProof(row, new Set([...fieldNamesOf('incident', 1).restricted, 'narrative'])),
  );
  await checkFront(await zipped(members), packCapsule);
});

/** @param {Map<string, Uint8Array>} members @param {string} name @param {string} oldText @param {string} newText */
function changedIn(members, name, oldText, newText) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(members.get(`data/${name}`));
  assert.ok(text.includes(oldText), `${name} has no ${oldText}`);
  return utf8(text.replace(oldText, newText));
}

/** The file with its last line twice. @param {Map<string, Uint8Array>} members @param {string} name */
function twiceIn(members, name) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(members.get(`data/${name}`));
  return utf8(text + text.split('\r\n').at(-2) + '\r\n');
}

test('a changed, added, missing, renamed or revealed file is refused and named', async () => {
  const packCapsule = capsule();
  const [name, row] = [...proofNames(packCapsule, 'servable')][0];
  /** @type {[string, (members: Map<string, Uint8Array>) => void, RegExp][]} */
  const frauds = [
    [
      'record',
      (m) =>
        m.set(
          'data/restricted/12_record.json',
          utf8(new TextDecoder().decode(m.get('data/restricted/12_record.json')).replace('outside', 'inside ')),
        ),
      /12_record\.json/,
    ],
    [
      'proof',
      (m) =>
        m.set(
          `data/restricted/${name}`,
          canonicalBytes({
            ...parseCanonicalObject(/** @type {Uint8Array} */ (m.get(`data/restricted/${name}`))),
            seq_no: 9,
          }),
        ),
      /restricted\/proof/,
    ],
    ['opened', (m) => m.set(`data/servable/${name}`, encodeProof(row, new Set())), /servable\/proof/],
    [
      'dropped',
      (m) =>
        m.set(
          `data/servable/${name}`,
          canonicalBytes({
            ...parseCanonicalObject(/** @type {Uint8Array} */ (m.get(`data/servable/${name}`))),
            withheld: {},
          }),
        ),
      /servable\/proof/,
    ],
    ['no json', (m) => m.set(`data/servable/${name}`, utf8('<html>')), /servable\/proof/],
    [
      'keys',
      (m) => m.set('data/servable/proof/keys.json', canonicalBytes({ ...KEYS, notary: 'forged', t: 'keys/v1' })),
      /keys\.json/,
    ],
    ['sidecar', (m) => m.set('data/restricted/14_sidecars/AA-1.json', utf8('{}')), /14_sidecars/],
    ['manifest', (m) => m.set('data/servable/manifest-sha256.txt', utf8('')), /manifest-sha256/],
    [
      'words in the table',
      (m) => m.set('data/servable/02_chronology.csv', changedIn(m, 'servable/02_chronology.csv', 'He was', 'She was')),
      /02_chronology\.csv/,
    ],
    [
      'a row too many',
      (m) => m.set('data/servable/02_chronology.csv', twiceIn(m, 'servable/02_chronology.csv')),
      /02_chronology\.csv/,
    ],
    [
      'a time in the table',
      (m) =>
        m.set(
          'data/servable/02_chronology.csv',
          changedIn(m, 'servable/02_chronology.csv', '2026-11-03T20', '2026-11-03T21'),
        ),
      /02_chronology\.csv/,
    ],
    [
      'a step of custody',
      (m) =>
        m.set('data/restricted/11_custody-log.csv', changedIn(m, 'restricted/11_custody-log.csv', 'keeper', 'nobody')),
      /11_custody-log\.csv/,
    ],
    ['no table', (m) => m.set('data/servable/02_chronology.csv', utf8('<html>"')), /02_chronology\.csv/],
    [
      'a digest in the list',
      (m) =>
        m.set(
          'data/servable/03_exhibits-index.csv',
          changedIn(m, 'servable/03_exhibits-index.csv', '300000', '300001'),
        ),
      /03_exhibits-index\.csv/,
    ],
    [
      'a word in the short table',
      (m) =>
        m.set(
          'data/servable/02_chronology_short.csv',
          changedIn(m, 'servable/02_chronology_short.csv', 'He was', 'She was'),
        ),
      /02_chronology_short\.csv/,
    ],
    [
      'a cell of the spreadsheet',
      (m) => {
        const bytes = /** @type {Uint8Array} */ (m.get('data/servable/02_chronology.xlsx')).slice();
        const at = Buffer.from(bytes).indexOf('He was');
        assert.ok(at > 0);
        bytes[at] = 0x53;
        m.set('data/servable/02_chronology.xlsx', bytes);
      },
      /02_chronology\.xlsx/,
    ],
    ['no spreadsheet', (m) => m.delete('data/servable/02_chronology.xlsx'), /02_chronology\.xlsx/],
    [
      'a formula in a column that the phone does not know',
      (m) => {
        const lines = new TextDecoder('utf-8', { ignoreBOM: true })
          .decode(m.get('data/servable/02_chronology.csv'))
          .split('\r\n');
        const added = lines.map((line, i) => (line ? `${line},${i ? '=1+1' : 'told'}` : line));
        m.set('data/servable/02_chronology.csv', utf8(added.join('\r\n')));
      },
      /02_chronology\.csv/,
    ],
    ['added', (m) => m.set('data/servable/99_more.txt', utf8('x')), /99_more/],
    ['missing', (m) => m.delete('data/15_VERIFY.txt'), /15_VERIFY/],
    ['upwards', (m) => m.set('../data/x', utf8('x')), /\.\.\/data\/x/],
  ];
  for (const [description, tamper, named] of frauds) {
    const members = await honestFront(packCapsule);
    tamper(members);
    await assert.rejects(
      async () => checkFront(await zipped(members), packCapsule),
      { code: 'pack_failed', message: named },
      description,
    );
  }
});

test('the finished pack has every file once, with correct manifests', async () => {
  const packCapsule = capsule();
  const front = await checkFront(await zipped(await honestFront(packCapsule)), packCapsule);
  /** @type {number[]} */ const progress = [];
  async function* openReceived() {
    yield PICTURE.subarray(0, 100_000);
    yield PICTURE.subarray(100_000);
  }
  const { file: zip, manifest } = await assemble(packCapsule, front, {
    openReceived,
    onProgress: (done, total) => progress.push(done / total),
    sign,
  });
  const members = readZip(new Uint8Array(await /** @type {Blob} */ (zip).arrayBuffer()));
  const names = [...members.keys()];
  assert.deepEqual(names, [...names].sort());
  const folder = 'PACK_AA_1_20261103/';
  assert.deepEqual(members.get(`${folder}${receivedName(packCapsule.exhibits[0])}`), PICTURE);
  for (const algorithm of ['sha256', 'sha512']) {
    const lines = new TextDecoder()
      .decode(members.get(`${folder}manifest-${algorithm}.txt`))
      .trimEnd()
      .split('\n');
    assert.equal(lines.length, front.size + 2); // the file as received, and the servable folder's signature
    for (const line of lines) {
      const [digest, name] = /** @type {[string, string]} */ (line.split('  '));
      assert.equal(digest, sha(algorithm, /** @type {Uint8Array} */ (members.get(folder + name))));
    }
  }
  assert.equal(progress.at(-1), 1);
  const manifestBytes = /** @type {Uint8Array} */ (members.get(`${folder}manifest-sha256.txt`));
  assert.equal(manifest, sha('sha256', manifestBytes));
  const {
    id: packId,
    no,
    folder: name,
    made_at,
  } = /** @type {import('#app/crypto/pack_statement.js').PackFacts & {id: string}} */ (packCapsule.pack);
  const facts = { pack: packId, no, folder: name, made_at, by: 'key', diary: 'diary' };
  assert.deepEqual(await readStatement('pack/v1', members.get(`${folder}pack-statement.json`)), {
    ...facts,
    t: 'pack/v1',
    manifest,
    manifest512: sha('sha512', /** @type {Uint8Array} */ (members.get(`${folder}manifest-sha512.txt`))),
    parts: ['restricted', 'servable'],
  });
  const servable = /** @type {Uint8Array} */ (members.get(`${folder}data/servable/manifest-sha256.txt`));
  assert.deepEqual(await readStatement('servable/v1', members.get(`${folder}data/servable/servable-statement.json`)), {
    ...facts,
    t: 'servable/v1',
    manifest: sha('sha256', servable),
  });
});

test('a pack without the restricted part says so in its signature', async () => {
  const packCapsule = capsule();
  const front = await checkFront(await zipped(await honestFront(packCapsule)), packCapsule);
  const { file } = await assemble(packCapsule, front, { openReceived: () => [], restricted: false, sign });
  const members = readZip(new Uint8Array(await /** @type {Blob} */ (file).arrayBuffer()));
  const statement = await readStatement('pack/v1', members.get('PACK_AA_1_20261103/pack-statement.json'));
  assert.deepEqual(statement?.parts, ['servable']);
});

test('nothing is handed out when the pack cannot be signed', async () => {
  const packCapsule = capsule();
  const front = await checkFront(await zipped(await honestFront(packCapsule)), packCapsule);
  const locked = async () => {
    throw new Error('locked');
  };
  await assert.rejects(assemble(packCapsule, front, { openReceived: () => [PICTURE], sign: locked }), /locked/);
});

test('the fingerprint of a pack is the same as in Python', () => {
  assert.equal(packFingerprint(sha('sha256', utf8('abc'))), '73807 03137 88322 66979 05876 85760');
  for (const hostile of ['', 'x'.repeat(64), 'a'.repeat(63)]) assert.equal(packFingerprint(hostile), '');
});

test('a statement counts only in its own form, by a key that may sign', async () => {
  /** @type {import('#app/crypto/pack_statement.js').PackFacts} */
  const facts = { t: 'servable/v1', pack: 'p', no: 1, folder: 'PACK_AA_1_20261103', made_at: AT, manifest: 'aa' };
  const raw = await sign(facts);
  const value = JSON.parse(new TextDecoder().decode(raw));
  assert.deepEqual(await readStatement('servable/v1', raw), { ...facts, by: 'key', diary: 'diary' });
  assert.equal(await readPackStatement('servable/v1', raw, new Map()), null);
  await assert.rejects(readStatement('portal/v1', raw), { code: 'bad_signature' });
  await assert.rejects(readStatement('servable/v1', utf8(` ${new TextDecoder().decode(raw)}`)), {
    code: 'bad_signature',
  });
  for (const change of [{ no: 2 }, { diary: 'other' }, { extra: 1 }, { sig: 'AA' }, { made_at: 'now' }, { parts: [] }])
    await assert.rejects(readStatement('servable/v1', canonicalBytes({ ...value, ...change })), {
      code: 'bad_signature',
    });
  await assert.rejects(sign({ ...facts, t: 'pack/v1' }), { code: 'bad_request' });
});

test('a received file that is not the one added ends the pack, and so does cancelling', async () => {
  const packCapsule = capsule();
  const front = await checkFront(await zipped(await honestFront(packCapsule)), packCapsule);
  await assert.rejects(assemble(packCapsule, front, { openReceived: () => [PICTURE.subarray(1)], sign }), {
    code: 'pack_failed',
    message: /AA-1\.png/,
  });
  await assert.rejects(
    assemble(packCapsule, front, { openReceived: () => [PICTURE], sign, signal: AbortSignal.abort() }),
    {
      code: 'cancelled',
    },
  );
});

test('each proof has a value or a digest for every field of its kind', () => {
  const packCapsule = capsule();
  for (const row of proofNames(packCapsule, 'servable').values()) {
    const names = fieldNamesOf(String(row['kind']), 1);
    const read = parseCanonicalObject(encodeProof(row, new Set(names.restricted)));
    assert.deepEqual(
      [...Object.keys(read.fields), ...Object.keys(read.withheld)].sort(),
      [...new Set([...openNames(names), ...names.restricted])].sort(),
    );
  }
});

/** @param {Blob} file */
const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

test('a portal set has at most sixteen plain files with correct digests, and mail in a zip of its own', async () => {
  const [exhibit] = rowsOf(capsule(), 'exhibits');
  const packCapsule = { ...capsule(), exhibits: [exhibit, { ...exhibit, item: 'AA/2', file: 'AA-2.eml' }] };
  const front = await honestFront(capsule());
  const { files, manifest } = await buildPortalSet(packCapsule, front, { openReceived: () => [PICTURE], sign });
  const names = files.map(({ name }) => name);
  assert.ok(
    names.length <= PORTAL_FILES_LIMIT && names.every((name) => /^[\w.-]+\.(?:txt|csv|pdf|json|zip)$/.test(name)),
    names.join(' '),
  );
  assert.deepEqual(
    names.filter((name) => name.endsWith('.zip')),
    ['13_part1.zip', '13_part2.zip'],
  );
  const zips = await Promise.all(
    files.filter(({ name }) => name.endsWith('.zip')).map(async ({ file }) => readZip(await bytesOf(file))),
  );
  assert.deepEqual([...zips[1].keys()], ['restricted/13_mail/AA-2.eml']);
  assert.ok(
    zips[0].has('restricted/13_exhibits-as-received/AA-1.png') &&
      [...zips[0].keys()].some((name) => name.startsWith('servable/proof/')),
  );
  const byName = new Map(
    await Promise.all(files.map(async ({ name, file }) => /** @type {const} */ ([name, await bytesOf(file)]))),
  );
  const list = /** @type {Uint8Array} */ (byName.get('manifest-sha256.txt'));
  assert.equal(sha('sha256', list), manifest);
  const lines = new TextDecoder()
    .decode(list)
    .trimEnd()
    .split('\n')
    .map((line) => line.split('  '));
  assert.deepEqual(
    lines.map(([, name]) => name),
    names.filter((name) => name !== 'manifest-sha256.txt' && name !== 'pack-statement.json').sort(),
  );
  const statement = await readStatement('portal/v1', byName.get('pack-statement.json'));
  assert.equal(statement?.manifest, manifest);
  for (const [digest, name] of lines)
    assert.equal(digest, sha('sha256', /** @type {Uint8Array} */ (byName.get(String(name)))));
  await assert.rejects(buildPortalSet(packCapsule, front, { openReceived: () => [PICTURE.subarray(1)], sign }), {
    code: 'pack_failed',
  });
  await assert.rejects(buildPortalSet(packCapsule, front, { openReceived: () => [PICTURE], sign, atMost: 1000 }), {
    code: 'too_large',
  });
});

test('a pack for a landlord, a school or an employer holds nothing restricted unless it is asked for', async () => {
  for (const profile of ['housing', 'school', 'employer', 'police', 'solicitor']) {
    const packCapsule = { ...capsule(), pack: Object.assign({}, capsule().pack, { profile }) };
    const front = await honestFront(packCapsule);
    const options = { openReceived: () => [PICTURE], sign };
    const isWhole = ['police', 'solicitor'].includes(profile);
    for (const [asked, expected] of /** @type {const} */ ([
      [undefined, isWhole],
      [true, true],
      [false, false],
    ])) {
      const wish = asked === undefined ? options : { ...options, restricted: asked };
      const { file } = await assemble(packCapsule, front, wish);
      const packed = [...readZip(await bytesOf(/** @type {Blob} */ (file))).keys()];
      assert.equal(
        packed.some((name) => name.includes('/data/restricted/')),
        expected,
        `${profile} ${asked}`,
      );
      const { files } = await buildPortalSet(packCapsule, front, wish);
      const inZips = await Promise.all(
        files
          .filter(({ name }) => name.endsWith('.zip'))
          .map(async ({ file }) => [...readZip(await bytesOf(file)).keys()]),
      );
      const names = [...files.map(({ name }) => name), ...inZips.flat()];
      assert.equal(
        names.some((name) => /RESTRICTED|12_record|^restricted\//.test(name)),
        expected,
        `set: ${profile} ${asked}`,
      );
    }
  }
});

test('a portal set at its maximum has every document as a file, and the spreadsheet in a zip', async () => {
  const [exhibit] = rowsOf(capsule(), 'exhibits');
  const packCapsule = { ...capsule(), exhibits: [exhibit, { ...exhibit, item: 'AA/2', file: 'AA-2.eml' }] };
  const front = await honestFront(capsule());
  const documents = ['05_message-schedules.csv', '07_statements.csv', '08_impact.pdf'];
  const volumes = Array.from({ length: 12 }, (_, i) => `04_exhibits-${i + 2}.pdf`);
  for (const name of [...documents, ...volumes]) front.set(`data/servable/${name}`, utf8(name));
  const { files } = await buildPortalSet(packCapsule, front, {
    openReceived: () => [PICTURE],
    sign,
    recordExport: async () => utf8('proof'),
  });
  const names = files.map(({ name }) => name);
  assert.equal(names.length, PORTAL_FILES_LIMIT);
  assert.deepEqual(names.filter((name) => !/^13_|^manifest|statement\.json$|export\.json$/.test(name)).sort(), [
    '00_READ-FIRST.txt',
    '01_chronology.pdf',
    '02_chronology.csv',
    '03_exhibits-index.csv',
    '04_exhibits.pdf',
    '05_message-schedules.csv',
    '06_RESTRICTED_officer-sheet.pdf',
    '07_statements.csv',
    '08_impact.pdf',
    '10_RESTRICTED_how-this-record-was-made.pdf',
    '12_record.json',
  ]);
  const part = readZip(await bytesOf(/** @type {Blob} */ (files.find(({ name }) => name === '13_part1.zip')?.file)));
  for (const name of ['02_chronology.xlsx', '02_chronology_short.csv', '04_exhibits-13.pdf'])
    assert.ok(part.has(`servable/${name}`), name);
});

test('a diary too large for one pack is split between entries, in order, and nothing is left out', () => {
  /** @typedef {import('#app/record/record_history.js').RecordHistory & {size: number}} SizedHistory */
  const entry = (/** @type {string} */ record) => /** @type {SizedHistory} */ ({ record, newest: { fields: {} } });
  const fileOf = (/** @type {string} */ record, /** @type {number} */ size) => ({
    record: `${record}-${size}`,
    size,
    newest: { fields: { incident_ids: [record] } },
  });
  const sizeOf = (attachment) => attachment.size * 1_000_000;
  const split = (files) => splitIntoParts(['a', 'b', 'c', 'd'].map(entry), files, sizeOf);
  assert.deepEqual(split([fileOf('a', 10)]), [['a', 'b', 'c', 'd']]);
  assert.deepEqual(split([fileOf('a', 150), fileOf('b', 40), fileOf('c', 20), fileOf('d', 300)]), [
    ['a', 'b'],
    ['c'],
    ['d'],
  ]);
});
