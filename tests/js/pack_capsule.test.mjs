/** The same diary gives the same capsule in both languages. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { b64, unb64 } from '../../static/js/core/bytes.js';
import { encodeCapsule, makeCapsule } from '../../static/js/pack/capsule.js';
import { logFiles } from '../../static/js/pack/log_files.js';
import { recordFile } from '../../static/js/pack/record_json.js';

const vector = JSON.parse(readFileSync(new URL('../vectors/capsule.json', import.meta.url), 'utf8'));

/** @param {any} part */
const part = (part) => part && { ...part, seed: unb64(part.seed), keys: part.keys.map((/** @type {any} */ [blob, key]) => [blob, unb64(key)]) };

const versions = vector.versions.map((/** @type {any} */ row) => ({ ...row, open: part(row.open), restricted: part(row.restricted) }));

/** @param {any} wish */
const wishOf = (wish) => ({
  packId: wish.pack_id, no: wish.no, madeAt: wish.made_at, tz: wish.tz, chosen: wish.chosen, release: wish.release, origin: wish.origin, consentAt: wish.consent_at,
  coversFrom: wish.covers_from, coversTo: wish.covers_to, profile: wish.profile, lang: wish.lang, intimate: wish.intimate, log: wish.log, feed: wish.feed,
  kind: wish.kind, training: wish.training, recipientRef: wish.recipient_ref, review: wish.review, holdWords: wish.hold_words, absent: wish.absent,
  ...(wish.items ? { items: wish.items } : {}), ...(wish.start_with === null ? {} : { startWith: wish.start_with }),
});

test('the capsules of the shared vector, byte for byte', () => {
  for (const expected of [vector, vector.later.supplement, vector.later.items, vector.later.gone]) {
    // Of an entry that was erased nothing is left but its number.
    const gone = new Set((expected.wish.absent ?? []).map((/** @type {any} */ one) => one.record));
    const made = makeCapsule(versions.filter((/** @type {any} */ row) => !gone.has(row.record)), wishOf(expected.wish), vector.keys);
    assert.deepEqual(made, JSON.parse(expected.capsule));
    assert.equal(new TextDecoder().decode(encodeCapsule(made)), expected.capsule);
    assert.equal(new TextDecoder().decode(recordFile(made)), expected.record);
  }
});

test('a diary no server ever had is numbered in its own order', () => {
  const local = versions.map((/** @type {any} */ row) => ({ ...row, seq: null, receipt: null }));
  const made = makeCapsule(local, { ...wishOf(vector.wish), log: null }, { ...vector.keys, log: '', notary: '' });
  assert.equal(createHash('sha256').update(encodeCapsule(made)).digest('hex'), vector.local_sha256);
});

test("the log's files of the shared vector", () => {
  const files = [...logFiles(JSON.parse(vector.capsule))].map(([path, bytes]) => [path.replace('data/', ''), b64(bytes())]);
  assert.deepEqual(Object.fromEntries(files), vector.log_files);
});

test('an item that no earlier pack holds is refused', () => {
  const wish = { ...wishOf(vector.later.items.wish), items: ['KB/77'] };
  assert.throws(() => makeCapsule(versions, wish, vector.keys), { code: 'bad_request' });
});
