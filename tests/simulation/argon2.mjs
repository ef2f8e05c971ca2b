/**
 * Argon2id for browsers without WebAssembly, since compiling WebAssembly takes time outside the simulation. Results
 * are cached, since a sealed copy is made and opened at the full cost.
 */
import { argon2id as noble } from '../../static/vendor/noble-hashes/argon2.js';

/** @type {Map<string, Uint8Array>} */
const derived = new Map();

/** @type {import('#app/crypto/argon2.js').Argon2id} */
export const argon2 = async (password, salt, { m, t }) => {
  const name = `${Buffer.from(password).toString('hex')} ${Buffer.from(salt).toString('hex')} ${m} ${t}`;
  const key = derived.get(name) ?? noble(password, salt, { m, t, p: 1, dkLen: 32 });
  derived.set(name, key);
  return key.slice(); // the caller overwrites it
};
