/**
 * Seal to a person: HPKE of a fresh key, then Cobblestone under it (docs/formats.md, section 3, suite 2). The library
 * is loaded on first use and runs on WebCrypto alone.
 */
import { concat, random, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import { SUITE_PERSON, agreed, prefix } from './envelope.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { Kind } from './envelope.js';

const ENC_BYTES = 65;
const SEALED_KEY_BYTES = 48;
const INFO = utf8('kept/seal\0');

/**
 * Seal to the holder of a P-256 key.
 * @param pub 65 bytes
 */
export async function sealTo(pub: Bytes, kind: Kind, header: JsonObject, plaintext: Bytes): Promise<Bytes> {
  const before = prefix(SUITE_PERSON, kind, header);
  const suite = await cipherSuite();
  const recipientPublicKey = await suite.kem.importKey('raw', buffer(pub), true);
  const key = random(32);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: buffer(concat(INFO, before)) }, buffer(key));
  const pieces = concat(before, new Uint8Array(enc), new Uint8Array(ct));
  const sealed = await cobblestone.seal(await cobblestone.importKey(key), before, plaintext, { before: pieces });
  key.fill(0);
  return sealed;
}

/**
 * Open what was sealed to the holder of `scalar`. Throws `not_opened` for every cause alike.
 * @param scalar 32 bytes
 * @param expectedHeader compared exactly
 */
export async function openFrom(scalar: Bytes, envelope: Uint8Array, kind: Kind, expect: JsonObject): Promise<Bytes> {
  const before = agreed(SUITE_PERSON, envelope, kind, expect);
  const encEnd = before.length + ENC_BYTES;
  const keyEnd = encEnd + SEALED_KEY_BYTES;
  let key;
  try {
    const suite = await cipherSuite();
    const recipientKey = await suite.kem.importKey('raw', buffer(scalar), false);
    const params = {
      recipientKey,
      enc: buffer(envelope.slice(before.length, encEnd)),
      info: buffer(concat(INFO, before)),
    };
    key = await suite.open(params, buffer(envelope.slice(encEnd, keyEnd)));
  } catch {
    throw new KeptError('not_opened');
  }
  return cobblestone.open(await cobblestone.importKey(new Uint8Array(key)), before, envelope.subarray(keyEnd));
}

async function cipherSuite() {
  const { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } = await import('../../vendor/hpke-core/mod.js');
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** The library takes ArrayBuffers, and a view may be part of a larger buffer, so copy. */
function buffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}
