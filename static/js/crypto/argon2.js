/**
 * Argon2id by whichever engine this browser can run: WebAssembly, or JavaScript where there is none (iOS
 * Lockdown Mode). Both are loaded when first needed; the first start of the app needs neither.
 *
 * A WebAssembly build has been seen to return wrong output on some phones. Keys made from that would open
 * nothing on any other device, so a known answer is asked for before the first use, and a wrong one blocks.
 */
import { hex, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {{m: number, t: number}} Cost `m` KiB of memory, `t` passes, one lane */
/** @typedef {(done: number) => void} OnProgress `done` from 0 to 1 */
/** @typedef {(password: Bytes, salt: Bytes, cost: Cost, onProgress?: OnProgress) => Promise<Bytes>} Argon2id */

const OUT_BYTES = 32;
// hash-wasm is published as a script that hangs itself on the global object, so there is nothing to import from it.
const WASM_SCRIPT = new URL('../../vendor/hash-wasm/argon2.umd.min.js', import.meta.url).href;

const KNOWN = Object.freeze({
  password: 'kept known answer',
  salt: Uint8Array.from({ length: 16 }, (_, i) => i),
  cost: { m: 64, t: 2 },
  answer: 'f1d624c0afb248107c0bfc6c7fdebc9d6eca7cf30104daf05fed62e2f4b98761',
});

/**
 * Which engine this browser gets.
 * @returns {'wasm' | 'noble'}
 */
export function engineName() {
  return typeof WebAssembly === 'object' ? 'wasm' : 'noble';
}

/**
 * Argon2id v1.3, one lane, 32 bytes out.
 * @type {Argon2id}
 */
export function argon2id(password, salt, cost, onProgress) {
  return engineName() === 'wasm' ? byWasm(password, salt, cost) : byNoble(password, salt, cost, onProgress);
}

/**
 * Asks `argon2` for the known answer. Throws `kdf_broken` when it gives another one, or fails.
 * @param {Argon2id} [argon2]
 */
export async function knownAnswerTest(argon2 = argon2id) {
  const found = await argon2(utf8(KNOWN.password), KNOWN.salt, KNOWN.cost).catch(() => null);
  if (!found || hex(found) !== KNOWN.answer) throw new KeptError('kdf_broken');
}

/** @type {Argon2id} */
async function byWasm(password, salt, { m, t }) {
  await import(WASM_SCRIPT);
  const { hashwasm } = /** @type {{hashwasm: {argon2id(options: object): Promise<Bytes>}}} */ (
    /** @type {unknown} */ (globalThis)
  );
  return hashwasm.argon2id({
    password,
    salt,
    memorySize: m,
    iterations: t,
    parallelism: 1,
    hashLength: OUT_BYTES,
    outputType: 'binary',
  });
}

/** @type {Argon2id} */
async function byNoble(password, salt, { m, t }, onProgress) {
  const { argon2id: noble } = await import('../../vendor/noble-hashes/argon2.js');
  return /** @type {Bytes} */ (noble(password, salt, { m, t, p: 1, dkLen: OUT_BYTES, onProgress }));
}
