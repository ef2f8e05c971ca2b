/** Seal one item of every kind with the phone's engine and print it, for tests/test_phone_to_python.py to open. */
import { b64, unb64 } from '#app/core/bytes.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { COST_CEILING } from '#app/crypto/kdf.js';
import { hpkeSeal } from '#app/crypto/hpke.js';

const CHEAP = { m: 8, t: 1 };
const WORDS = ' cage candy\u00a0arch gather drum buyer';
const LOGIN = 'calm-river-7f3k';
const NAMES = { open: ['narrative', 'occurred_start'], restricted: ['place_detail'] };
const SIZE = 1_500_000;

const engine = createEngine({ origin: 'https://notes.example', policy: { floor: CHEAP, ceiling: COST_CEILING } });
const identity = await engine.newIdentity();
const pins = { notary: null, log: null, kdf_high: 8 };
const door = await engine.setSlot(await engine.newDoor(CHEAP), WORDS, 'diary', {
  account: identity.account,
  login: LOGIN,
  pins,
});
const { body, code } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: CHEAP, withCode: true });
const { file, ...blob } = await engine.fileStart({ size: SIZE });
const parts = await engine.filePart(
  file,
  Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + 3) & 255),
);
const { parts: last, digest, sha256 } = await engine.fileEnd(file);
const version = await engine.sealVersion({
  kind: 'incident',
  schema: 1,
  names: NAMES,
  open: { narrative: 'میرا پیچھا 😢 cafe\u0301', occurred_start: 1 },
  restricted: { place_detail: 'by the bins' },
  restrictedKeys: [[blob.blob, blob.key]],
  line: { n: 1, prev: null },
  clock: { offset_ms: -5, tz: 'Europe/London', utc: 2 },
});
const id = crypto.getRandomValues(new Uint8Array(16));
const header = { at: 1, install: b64(door.install), t: 'capture' };
const output = {
  words: WORDS,
  login: LOGIN,
  identity,
  body,
  code,
  names: NAMES,
  version: { record: version.record, version: version.version, env: version.env, push: b64(version.push) },
  door: {
    ...door,
    install: b64(door.install),
    salt: b64(door.salt),
    slots: door.slots.map(b64),
    capture_pub: b64(door.capture_pub),
  },
  record: { id: b64(id), sealed: b64(await engine.boxSeal(id, { k: 'x', n: 1 }, Uint8Array.of(1, 2, 3))) },
  root_id: b64(await engine.rootId()),
  file: { ...blob, size: SIZE, digest, sha256, sealed: [...parts, ...last].map(({ sealed }) => b64(sealed)) },
  capture: { header, sealed: b64(await hpkeSeal(unb64(identity.hpke_pub), 'capture', header, Uint8Array.of(9))) },
};
process.stdout.write(JSON.stringify(output));
