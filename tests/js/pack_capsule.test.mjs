/** The same diary gives the same capsule in both languages. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { b64, unb64 } from '../../static/js/core/bytes.js';
import { encodeCapsule, makeCapsule } from '../../static/js/pack/capsule.js';
import { logFiles } from '../../static/js/pack/log_files.js';
import { recordFile } from '../../static/js/pack/record_json.js';

const vector = JSON.parse(readFileSync(new URL('../vectors/capsule.json', import.meta.url), 'utf8'));

/** @param {any} part */
const part = (part) => part && { ...part, seed: unb64(part.seed), keys: part.keys.map((/** @type {any} */ [blob, key]) => [blob, unb64(key)]) };

test('the capsule of the shared vector, byte for byte', () => {
  const { wish } = vector;
  const versions = vector.versions.map((/** @type {any} */ row) => ({ ...row, open: part(row.open), restricted: part(row.restricted) }));
  const made = makeCapsule(versions, {
    packId: wish.pack_id, no: wish.no, madeAt: wish.made_at, tz: wish.tz, chosen: wish.chosen, release: wish.release, origin: wish.origin, consentAt: wish.consent_at,
    coversFrom: wish.covers_from, coversTo: wish.covers_to, profile: wish.profile, lang: wish.lang, intimate: wish.intimate, log: wish.log,
    ...(wish.start_with === null ? {} : { startWith: wish.start_with }),
  }, vector.keys);
  assert.deepEqual(made, JSON.parse(vector.capsule));
  assert.equal(new TextDecoder().decode(encodeCapsule(made)), vector.capsule);
  assert.equal(new TextDecoder().decode(recordFile(made)), vector.record);
  const files = [...logFiles(made)].map(([path, bytes]) => [path.replace('data/', ''), b64(bytes())]);
  assert.deepEqual(Object.fromEntries(files), vector.log_files);
});
