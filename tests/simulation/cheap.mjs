/** The engine for browsers without WebAssembly: compiling that would take its time from outside the simulation. */
import { argon2id as noble } from '../../static/vendor/noble-hashes/argon2.js';

/** @param {Uint8Array} password @param {Uint8Array} salt @param {{m: number, t: number}} cost */
export const argon2 = async (password, salt, { m, t }) => noble(password, salt, { m, t, p: 1, dkLen: 32 });
