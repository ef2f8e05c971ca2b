/**
 * Argon2id with the engine that this browser can run: WebAssembly, or JavaScript where there is none (iOS Lockdown
 * Mode). Both are loaded on first use; the first start of the app needs neither.
 *
 * A WebAssembly build has returned wrong output on some phones. Keys made from that would open nothing on any other
 * device, so a known-answer test runs before the first use, and a wrong answer blocks the engine.
 */
import { hex, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import type { Bytes } from '../core/bytes.js';

/** `m` KiB of memory, `t` passes, one lane */
export type KdfCost = { m: number; t: number };
/** `fraction` from 0 to 1 */
export type OnProgress = (fraction: number) => void;
export type Argon2id = (password: Bytes, salt: Bytes, cost: KdfCost, onProgress?: OnProgress) => Promise<Bytes>;

const OUTPUT_BYTES = 32;
// hash-wasm is published as a script that sets a global variable, so nothing can be imported from it.
const WASM_SCRIPT = new URL('../../vendor/hash-wasm/argon2.umd.min.js', import.meta.url).href;

const KNOWN_ANSWER = Object.freeze({
  password: 'kept known answer',
  salt: Uint8Array.from({ length: 16 }, (_, i) => i),
  cost: { m: 64, t: 2 },
  answer: 'f1d624c0afb248107c0bfc6c7fdebc9d6eca7cf30104daf05fed62e2f4b98761',
});

/** Return the engine that this browser uses. */
export function engineName(): 'wasm' | 'noble' {
  return typeof WebAssembly === 'object' ? 'wasm' : 'noble';
}

/** Compute Argon2id v1.3 with one lane and 32 bytes of output. */
export function argon2id(password: Bytes, salt: Bytes, cost: KdfCost, onProgress?: OnProgress): Promise<Bytes> {
  return engineName() === 'wasm' ? hashWithWasm(password, salt, cost) : hashWithNoble(password, salt, cost, onProgress);
}

/** Run the known-answer test. Throws `kdf_broken` when `argon2` gives another answer, or fails. */
export async function runKnownAnswerTest(argon2: Argon2id = argon2id) {
  const output = await argon2(utf8(KNOWN_ANSWER.password), KNOWN_ANSWER.salt, KNOWN_ANSWER.cost).catch(() => null);
  if (!output || hex(output) !== KNOWN_ANSWER.answer) throw new KeptError('kdf_broken');
}

async function hashWithWasm(password: Bytes, salt: Bytes, { m, t }: KdfCost): Promise<Bytes> {
  await import(WASM_SCRIPT);
  const { hashwasm } = globalThis as typeof globalThis & { hashwasm: { argon2id(options: object): Promise<Bytes> } };
  return hashwasm.argon2id({
    password,
    salt,
    memorySize: m,
    iterations: t,
    parallelism: 1,
    hashLength: OUTPUT_BYTES,
    outputType: 'binary',
  });
}

async function hashWithNoble(password: Bytes, salt: Bytes, { m, t }: KdfCost, onProgress?: OnProgress): Promise<Bytes> {
  const { argon2id: nobleArgon2id } = await import('../../vendor/noble-hashes/argon2.js');
  return nobleArgon2id(password, salt, { m, t, p: 1, dkLen: OUTPUT_BYTES, onProgress }) as Bytes;
}
