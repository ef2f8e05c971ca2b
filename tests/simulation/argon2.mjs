/**
 * Argon2id for the simulation, with the product's default cost replaced by the cheapest, as in all of Node's tests
 * (../js/phone/quick_argon2.mjs). It is the engine for browsers without WebAssembly, since compiling WebAssembly takes
 * time outside the simulation.
 */
import { DEFAULT_COST } from '#app/crypto/kdf.js';
import { argon2id as noble } from '../../static/vendor/noble-hashes/argon2.js';
import { CHEAP } from '../js/phone/quick_argon2.mjs';

/** @type {import('#app/crypto/argon2.js').Argon2id} */
export const argon2 = async (password, salt, cost) => {
  const isDefault = cost.m === DEFAULT_COST.m && cost.t === DEFAULT_COST.t;
  const { m, t } = isDefault ? CHEAP : cost;
  return noble(password, salt, { m, t, p: 1, dkLen: 32 });
};
