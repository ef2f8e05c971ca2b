/** What a phone makes, printed for test_from_javascript.py to open: the engine of the crypto worker, run in Node. */
import { readFile } from 'node:fs/promises';
import { b64, unb64 } from '#app/core/bytes.js';
import { argon2id } from '#app/crypto/argon2.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { COST_CEILING } from '#app/crypto/kdf.js';
import { hpkeSeal } from '#app/crypto/hpke.js';

const CHEAP = { m: 8, t: 1 };
const { words, pub, header, size } = JSON.parse(process.argv[2]);
const schemas = JSON.parse(await readFile(new URL('../../diary/record/schemas.json', import.meta.url), 'utf8'));
const engine = createEngine({
  origin: 'https://notes.example',
  argon2: argon2id,
  policy: { floor: CHEAP, ceiling: COST_CEILING },
});
await engine.setSchemas(schemas);
const fresh = await engine.newDoor(CHEAP);
const { account, diary, device } = await engine.newIdentity();
const pins = { notary: null, log: null, kdf_high: 0 };
const door = await engine.setSlot(fresh, words, 'diary', { account, login: '', pins });
const { body, code } = await engine.enrolment({ login: 'calm-river-7f3k', words, cost: CHEAP, withCode: true });

const { file, blob, key } = await engine.fileStart({ size });
const content = Uint8Array.from({ length: size }, (_, i) => (i * 7 + 3) & 255);
const parts = [...(await engine.filePart(file, content))];
const ended = await engine.fileEnd(file);
parts.push(...ended.parts);

const version = await engine.sealVersion({
  kind: 'note',
  schema: 1,
  open: { text: 'وہ 😢 cafe\u0301' },
  openKeys: [[blob, key]],
  line: { n: 1, prev: null },
  clock: { offset_ms: -5, tz: 'Europe/London', utc: 1_790_000_000_000 },
});
const record = crypto.getRandomValues(new Uint8Array(16));
const kept = await engine.boxSeal(record, { k: 'part', i: 1 }, content.subarray(0, 5000));
const person = await hpkeSeal(unb64(pub), 'capture', header, content.subarray(0, 20_000));

console.log(
  JSON.stringify({
    account,
    diary,
    device,
    body,
    code,
    door: {
      ...door,
      install: b64(door.install),
      salt: b64(door.salt),
      slots: door.slots.map(b64),
      capture_pub: b64(door.capture_pub),
    },
    version: {
      place: { diary, record: version.record, version: version.version },
      push: b64(version.push),
      commitment: version.commitment,
    },
    file: { blob, parts: parts.map(({ sealed }) => b64(sealed)), digest: ended.digest, sha256: ended.sha256 },
    store: { record: b64(record), sealed: b64(kept) },
    person: b64(person),
  }),
);
