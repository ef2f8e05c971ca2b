/** Imported first, it makes Argon2 wrong by one bit, as a wasm build on some phones was. */
import '/static/vendor/hash-wasm/argon2.umd.min.js';

const right = self.hashwasm.argon2id;
self.hashwasm.argon2id = async (options) => {
  const out = await right(options);
  out[0] ^= 1;
  return out;
};
