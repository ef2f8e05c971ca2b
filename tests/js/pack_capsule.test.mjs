/** The same diary gives the same capsule in Python and in JavaScript. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { b64, unb64 } from '#app/core/bytes.js';
import { encodeCapsule, makeCapsule } from '#app/pack/capsule.js';
import { exhibitsOf } from '#app/pack/exhibits.js';
import { versionFieldNames, keysFile, encodeProof, proofNames, rowsOf } from '#app/pack/proofs.js';
import { logFiles } from '#app/pack/log_files.js';
import { recordFile } from '#app/pack/record_json.js';
import { objectOf } from '#app/record/reading.js';

const vector = JSON.parse(readFileSync(new URL('../vectors/capsule.json', import.meta.url), 'utf8'));

const part = (part) =>
  part && {
    ...part,
    seed: unb64(part.seed),
    keys: part.keys.map(([blob, key]) => [blob, unb64(key)]),
  };

const versions = vector.versions.map((row) => ({
  ...row,
  open: part(row.open),
  restricted: part(row.restricted),
}));

const wishOf = (wish) => ({
  packId: wish.pack_id,
  no: wish.no,
  madeAt: wish.made_at,
  tz: wish.tz,
  chosen: wish.chosen,
  release: wish.release,
  origin: wish.origin,
  consentAt: wish.consent_at,
  coversFrom: wish.covers_from,
  coversTo: wish.covers_to,
  profile: wish.profile,
  lang: wish.lang,
  intimate: wish.intimate,
  log: wish.log,
  feed: wish.feed,
  kind: wish.kind,
  training: wish.training,
  recipientRef: wish.recipient_ref,
  review: wish.review,
  holdWords: wish.hold_words,
  identity: wish.identity ?? {},
  listLeftOut: wish.list_left_out ?? false,
  filesLater: wish.files_later ?? false,
  restrictedAsked: wish.restricted_asked ?? false,
  absent: wish.absent,
  ...(wish.items ? { items: wish.items } : {}),
  ...(wish.start_with === null ? {} : { startWith: wish.start_with }),
});

test('the capsules match the shared vector byte for byte', () => {
  for (const expected of [vector, ...Object.values(vector.later)]) {
    // Only the number is left of an erased entry.
    const erased = new Set((expected.wish.absent ?? []).map((row) => row.record));
    const built = makeCapsule(
      versions.filter((row) => !erased.has(row.record)),
      wishOf(expected.wish),
      vector.keys,
    );
    assert.deepEqual(built, JSON.parse(expected.capsule));
    assert.equal(new TextDecoder().decode(encodeCapsule(built)), expected.capsule);
    assert.equal(new TextDecoder().decode(recordFile(built)), expected.record);
  }
});

test('a diary that was never on a server is numbered in its own order', () => {
  const local = versions.map((row) => ({ ...row, seq: null, receipt: null }));
  const built = makeCapsule(local, { ...wishOf(vector.wish), log: null }, { ...vector.keys, log: '', notary: '' });
  assert.equal(createHash('sha256').update(encodeCapsule(built)).digest('hex'), vector.local_sha256);
});

test('the files of the log match the shared vector', () => {
  const files = [...logFiles(JSON.parse(vector.capsule))].map(([path, bytes]) => [
    path.replace('data/', ''),
    b64(bytes()),
  ]);
  assert.deepEqual(Object.fromEntries(files), vector.log_files);
});

test('a proof has every field of its version once: shown with its salt, or withheld as a digest', () => {
  const capsule = JSON.parse(vector.capsule);
  const keys = JSON.parse(new TextDecoder().decode(keysFile(capsule)));
  assert.deepEqual(keys, { ...capsule.keys, t: 'keys/v1' });
  for (const part of /** @type {const} */ (['servable', 'restricted'])) {
    const proofs = proofNames(capsule, part);
    const kinds = new Set([...proofs.values()].map(({ kind }) => kind));
    assert.deepEqual(
      [...kinds].every((kind) => ['incident', 'attachment'].includes(String(kind))),
      part === 'servable',
    );
    assert.equal(new Set(proofs.keys()).size, proofs.size);
    for (const [name, row] of proofs) {
      assert.match(name, new RegExp(`^proof/[A-Za-z0-9-]+-${String(row.version).slice(0, 8)}\\.json$`));
      const { open, restricted } = versionFieldNames(row);
      const read = (/** @type {Set<string>} */ withheld) =>
        JSON.parse(new TextDecoder().decode(encodeProof(row, withheld)));
      const full = read(new Set());
      const { c, kind, receipt, record, seq_no, sig, version } = row;
      const { fields, ...metadata } = full;
      assert.deepEqual(metadata, {
        c,
        kind,
        receipt,
        record,
        seq_no: seq_no ?? null,
        sig,
        t: 'proof/v1',
        version,
        withheld: {},
      });
      assert.deepEqual(Object.keys(fields).sort(), [...open, ...restricted].sort());
      const { open: openPart, restricted: restrictedPart } = /** @type {Record<string, {fields: object}>} */ (row);
      const values = { ...openPart.fields, ...restrictedPart.fields };
      for (const [field, { v }] of Object.entries(fields)) assert.deepEqual(v, values[field] ?? null, field);
      assert.equal(
        new Set(Object.values(fields).map(({ s }) => s)).size,
        Object.keys(fields).length,
        'one salt for each name',
      );
      const part = read(new Set(restricted));
      assert.deepEqual(
        [Object.keys(part.fields).sort(), Object.keys(part.withheld).sort()],
        [[...open].sort(), [...restricted].sort()],
      );
    }
  }
});

test('the custody notes of a file are included, unless their record was taken out', () => {
  const capsule = makeCapsule(versions, wishOf(vector.wish), vector.keys);
  const [exhibit] = rowsOf(capsule, 'exhibits');
  const base = versions.at(-1);
  const line = {
    action: 'copied',
    actor: 'me',
    at: 1_777_000_000_000,
    attachment: exhibit.record,
    detail: 'to a disc',
  };
  /** @param {string} version @param {number} seqOffset */
  const custodyVersion = (version, seqOffset, fields) => ({
    ...base,
    kind: 'custody',
    record: 'A'.repeat(22),
    version: version.repeat(22),
    seq: base.seq + seqOffset,
    restricted: null,
    open: { ...base.open, keys: [], fields: { _clock: base.open.fields._clock, _parents: [], lines: [], ...fields } },
  });
  const added = custodyVersion('B', 1, { lines: [line] });
  const takenOut = custodyVersion('C', 2, { _parents: [added.version], taken_out: 1_777_100_000_000, lines: null });
  const custody = (extraVersions) =>
    rowsOf(makeCapsule([...versions, ...extraVersions], wishOf(vector.wish), vector.keys), 'custody');
  const { attachment: _attachment, ...expectedLine } = line;
  assert.deepEqual(
    custody([added]).filter(({ action }) => action === 'copied'),
    [{ ...expectedLine, item: exhibit.item }],
  );
  assert.deepEqual(custody([added, takenOut]), capsule.custody);
});

test('an item that is in no earlier pack is refused', () => {
  const badWish = { ...wishOf(vector.later.items.wish), items: ['KB/77'] };
  assert.throws(() => makeCapsule(versions, badWish, vector.keys), { code: 'bad_request' });
});

test('without what is kept apart of a file, only a masked copy of it is printed', () => {
  const copy = (purpose) => ({ purpose, size_bytes: 9, width: 3, height: 3, media_type: 'image/jpeg' });
  const fields = { media_type: 'image/png', looked_at: 1, renditions: [copy('print'), copy('masked')] };
  const rowOf = (/** @type {object} */ change, /** @type {Record<string, string> | null} */ apart) => {
    const version = {
      record: 'r',
      version: 'v',
      kind: 'attachment',
      schema: 1,
      seq: 1,
      c: '',
      sig: '',
      parents: [],
      env: null,
      receipt: null,
      apart,
      open: {
        fields: { ...fields, ...change },
        seed: new Uint8Array(32),
        keys: ['a', 'b'].map((id) => /** @type {const} */ ([id, new Uint8Array(32)])),
      },
      restricted: null,
    };
    const newest = { ...version, fields: version.open.fields, restricted: {} };
    const told = { record: 'r', kind: 'attachment', newest, first: newest, revisions: [], taken_out: null };
    const [row] = exhibitsOf([version], [{ no: 1, told }], 'PK');
    return [row.hold_picture, objectOf(row, 'print').blob ?? null];
  };
  const apart = { shows_where_i_live: '' };
  assert.deepEqual(rowOf({}, null), [false, 'a']);
  assert.deepEqual(rowOf({}, apart), [true, null]);
  assert.deepEqual(rowOf({ print_copy: 'masked' }, apart), [false, 'b']);
  assert.deepEqual(rowOf({ print_copy: 'masked', sensitivity: 'distressing' }, apart), [true, null]);
  assert.deepEqual(rowOf({ media_type: 'audio/mpeg', renditions: [] }, apart), [false, null]);
});

test('a file in a pack has the extension that docs/record.md lists for its type and name', () => {
  const extensionOf = (mediaType, filename) => {
    const fields = { media_type: mediaType };
    const version = { ...versions[0], open: { fields, keys: [], seed: new Uint8Array(16) }, restricted: null };
    const newest = { ...version, fields, restricted: { received_as: { filename } } };
    const told = { record: 'r', kind: 'attachment', newest, first: newest, revisions: [], taken_out: null };
    return String(exhibitsOf([version], [{ no: 1, told }], 'PK')[0].file).slice('PK-1.'.length);
  };
  const page = readFileSync(new URL('../../docs/record.md', import.meta.url), 'utf8');
  const [, table] = page.split('| `media_type` | extension |\n');
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(1, -1);
  assert.ok(rows.length > 20);
  const wordsOf = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
  for (const row of rows) {
    const [types, extensions] = row.split('|').slice(1, 3);
    const words = wordsOf(extensions);
    const usual = extensions.includes('else `bin`') ? 'bin' : words[0];
    for (const type of wordsOf(types)) {
      assert.equal(extensionOf(type, 'run.exe'), usual, type);
      for (const word of words.filter((word) => word !== usual))
        assert.equal(extensionOf(type, `A.${word.toUpperCase()}`), word, type);
    }
  }
  for (const type of ['text/html', 'constructor', '']) assert.equal(extensionOf(type, 'page.docx'), 'bin', type);
});
