/** Make Argon2 wrong by one bit, as a wasm build on some phones was. Import this first. */
import '/static/vendor/hash-wasm/argon2.umd.min.js';

const original = self.hashwasm.argon2id;
self.hashwasm.argon2id = async (options) => {
  const digest = await original(options);
  digest[0] ^= 1;
  return digest;
};
