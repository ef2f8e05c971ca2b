/**
 * Opens what a phone's store holds, by the app's own cryptography: `{origin, words, door, rows}` of JSON on standard
 * input, bytes as `{"bytes": base64}`. Writes how many records the words open, and how many of these hold a proof.
 */
import { argon2id } from '#app/crypto/argon2.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { DEFAULT_POLICY } from '#app/crypto/kdf.js';

let text = '';
for await (const part of process.stdin) text += part;
const { origin, words, door, rows } = JSON.parse(text, (_, value) =>
  typeof value?.bytes === 'string' ? new Uint8Array(Buffer.from(value.bytes, 'base64')) : value,
);
const engine = createEngine({ origin, argon2: argon2id, policy: DEFAULT_POLICY });
await engine.unlock(words, door);
const opened = (await Promise.all(rows.map(([key, value]) => engine.boxOpen(key, value).catch(() => null)))).filter(
  Boolean,
);
console.log(JSON.stringify([opened.length, opened.filter(({ desc }) => desc.proof).length]));
