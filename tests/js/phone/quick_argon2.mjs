/**
 * Argon2id for the phones and pages of Node's tests, with the product's default cost replaced by the cheapest.
 *
 * A code, a sealed copy and a hand-over are always made at the default cost, which takes half a second of processor
 * time. Everything that opens one in these tests uses this function too, so the keys agree.
 * tests/js/crypto_engine.test.mjs
 * and the vectors test that the product uses the default cost.
 */
import { argon2id } from '#app/crypto/argon2.js';
import { DEFAULT_COST } from '#app/crypto/kdf.js';

export const CHEAP = Object.freeze({ m: 8, t: 1 });

/** @type {import('#app/crypto/argon2.js').Argon2id} */
export const quickArgon2 = (password, salt, cost, onProgress) => {
  const isUsual = cost.m === DEFAULT_COST.m && cost.t === DEFAULT_COST.t;
  return argon2id(password, salt, isUsual ? CHEAP : cost, onProgress);
};
