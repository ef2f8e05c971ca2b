/**
 * Seal to a person: HPKE of a fresh key, then Cobblestone under it (docs/formats.md, section 3, suite 2). The library
 * is loaded on first use and runs on WebCrypto alone.
 */
import { concat, randomBytes, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import { SUITE_PERSON, checkPrefix, makePrefix } from './envelope.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { EnvelopeKind } from './envelope.js';

const ENC_BYTES = 65;
const SEALED_KEY_BYTES = 48;
const INFO_LABEL = utf8('kept/seal\0');

/**
 * Seal to the holder of a P-256 key.
 * @param pub 65 bytes
 */
export async function hpkeSeal(pub: Bytes, kind: EnvelopeKind, header: JsonObject, plaintext: Bytes): Promise<Bytes> {
  const prefixBytes = makePrefix(SUITE_PERSON, kind, header);
  const suite = await cipherSuite();
  const recipientPublicKey = await suite.kem.importKey('raw', toArrayBuffer(pub), true);
  const key = randomBytes(32);
  const { enc, ct } = await suite.seal(
    { recipientPublicKey, info: toArrayBuffer(concat(INFO_LABEL, prefixBytes)) },
    toArrayBuffer(key),
  );
  const prefixWithKey = concat(prefixBytes, new Uint8Array(enc), new Uint8Array(ct));
  const sealed = await cobblestone.seal(await cobblestone.importKey(key), prefixBytes, plaintext, {
    prefix: prefixWithKey,
  });
  key.fill(0);
  return sealed;
}

/**
 * Open what was sealed to the holder of `scalar`. Throws `not_opened` for every cause alike.
 * @param scalar 32 bytes
 * @param expectedHeader compared exactly
 */
export async function hpkeOpen(
  scalar: Bytes,
  envelope: Uint8Array,
  kind: EnvelopeKind,
  expectedHeader: JsonObject,
): Promise<Bytes> {
  const prefixBytes = checkPrefix(SUITE_PERSON, envelope, kind, expectedHeader);
  const encEnd = prefixBytes.length + ENC_BYTES;
  const keyEnd = encEnd + SEALED_KEY_BYTES;
  let key;
  try {
    const suite = await cipherSuite();
    const recipientKey = await suite.kem.importKey('raw', toArrayBuffer(scalar), false);
    const params = {
      recipientKey,
      enc: toArrayBuffer(envelope.slice(prefixBytes.length, encEnd)),
      info: toArrayBuffer(concat(INFO_LABEL, prefixBytes)),
    };
    key = await suite.open(params, toArrayBuffer(envelope.slice(encEnd, keyEnd)));
  } catch {
    throw new KeptError('not_opened');
  }
  return cobblestone.open(await cobblestone.importKey(new Uint8Array(key)), prefixBytes, envelope.subarray(keyEnd));
}

async function cipherSuite() {
  const { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } = await import('../../vendor/hpke-core/mod.js');
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** The library takes ArrayBuffers, and a view may be part of a larger buffer, so copy. */
function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}
