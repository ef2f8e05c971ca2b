/** The same diary gives the same capsule in both languages. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { b64, unb64 } from '#app/core/bytes.js';
import { encodeCapsule, makeCapsule } from '#app/pack/capsule.js';
import { versionFieldNames, keysFile, encodeProof, proofNames } from '#app/pack/proofs.js';
import { logFiles } from '#app/pack/log_files.js';
import { recordFile } from '#app/pack/record_json.js';

const vector = JSON.parse(readFileSync(new URL('../vectors/capsule.json', import.meta.url), 'utf8'));

/** @param {any} part */
const part = (part) =>
  part && {
    ...part,
    seed: unb64(part.seed),
    keys: part.keys.map((/** @type {any} */ [blob, key]) => [blob, unb64(key)]),
  };

const versions = vector.versions.map((/** @type {any} */ row) => ({
  ...row,
  open: part(row.open),
  restricted: part(row.restricted),
}));

/** @param {any} wish */
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
  absent: wish.absent,
  ...(wish.items ? { items: wish.items } : {}),
  ...(wish.start_with === null ? {} : { startWith: wish.start_with }),
});

test('the capsules match the shared vector byte for byte', () => {
  for (const expected of [vector, vector.later.supplement, vector.later.items, vector.later.gone]) {
    // Of an entry that was erased nothing is left but its number.
    const gone = new Set((expected.wish.absent ?? []).map((/** @type {any} */ one) => one.record));
    const made = makeCapsule(
      versions.filter((/** @type {any} */ row) => !gone.has(row.record)),
      wishOf(expected.wish),
      vector.keys,
    );
    assert.deepEqual(made, JSON.parse(expected.capsule));
    assert.equal(new TextDecoder().decode(encodeCapsule(made)), expected.capsule);
    assert.equal(new TextDecoder().decode(recordFile(made)), expected.record);
  }
});

test('a diary that was never on a server is numbered in its own order', () => {
  const local = versions.map((/** @type {any} */ row) => ({ ...row, seq: null, receipt: null }));
  const made = makeCapsule(local, { ...wishOf(vector.wish), log: null }, { ...vector.keys, log: '', notary: '' });
  assert.equal(createHash('sha256').update(encodeCapsule(made)).digest('hex'), vector.local_sha256);
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
  const given = JSON.parse(new TextDecoder().decode(keysFile(capsule)));
  assert.deepEqual(given, { ...capsule.keys, t: 'keys/v1' });
  for (const part of /** @type {const} */ (['servable', 'restricted'])) {
    const shown = proofNames(capsule, part);
    const kinds = new Set([...shown.values()].map(({ kind }) => kind));
    assert.deepEqual(
      [...kinds].every((kind) => ['incident', 'attachment'].includes(String(kind))),
      part === 'servable',
    );
    assert.equal(new Set(shown.keys()).size, shown.size);
    for (const [name, row] of shown) {
      assert.match(name, new RegExp(`^proof/[A-Za-z0-9-]+-${String(row.version).slice(0, 8)}\\.json$`));
      const { open, restricted } = versionFieldNames(row);
      const read = (/** @type {Set<string>} */ withheld) =>
        JSON.parse(new TextDecoder().decode(encodeProof(row, withheld)));
      const whole = read(new Set());
      const { c, kind, receipt, record, seq_no, sig, version } = row;
      const { fields, ...said } = whole;
      assert.deepEqual(said, {
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
      const values = { .../** @type {any} */ (row).open.fields, .../** @type {any} */ (row).restricted.fields };
      for (const [field, { v }] of Object.entries(fields)) assert.deepEqual(v, values[field] ?? null, field);
      assert.equal(
        new Set(Object.values(fields).map(({ s }) => s)).size,
        Object.keys(fields).length,
        'a salt for each name',
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
  const [exhibit] = /** @type {any[]} */ (capsule.exhibits);
  const base = versions.at(-1);
  const line = {
    action: 'copied',
    actor: 'me',
    at: 1_777_000_000_000,
    attachment: exhibit.record,
    detail: 'to a disc',
  };
  /** @param {string} version @param {number} more @param {any} fields */
  const noted = (version, more, fields) => ({
    ...base,
    kind: 'custody',
    record: 'A'.repeat(22),
    version: version.repeat(22),
    seq: base.seq + more,
    restricted: null,
    open: { ...base.open, keys: [], fields: { _clock: base.open.fields._clock, _parents: [], lines: [], ...fields } },
  });
  const kept = noted('B', 1, { lines: [line] });
  const out = noted('C', 2, { _parents: [kept.version], taken_out: 1_777_100_000_000, lines: null });
  const custody = (/** @type {any[]} */ more) =>
    makeCapsule([...versions, ...more], wishOf(vector.wish), vector.keys).custody;
  const { attachment: _attachment, ...told } = line;
  assert.deepEqual(
    /** @type {any[]} */ (custody([kept])).filter(({ action }) => action === 'copied'),
    [{ ...told, item: exhibit.item }],
  );
  assert.deepEqual(custody([kept, out]), capsule.custody);
});

test('an item that is in no earlier pack is refused', () => {
  const wish = { ...wishOf(vector.later.items.wish), items: ['KB/77'] };
  assert.throws(() => makeCapsule(versions, wish, vector.keys), { code: 'bad_request' });
});
