/** Signed objects: fields and `sig`. The signature covers the canonical JSON without `sig`. */
import { unb64 } from '../core/bytes.js';
import { canon, isObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { verifyNotary } from '../crypto/signing.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

/**
 * Verify that the object has type `expectedType`, exactly `fieldNames` and `sig`, and a valid signature of the
 * notary's key. Returns the object. Throws `bad_signature`, or `unavailable` where the browser has no Ed25519.
 * @param notaryPub 32 bytes
 */
export async function checkSigned(
  signed: unknown,
  notaryPub: Bytes,
  kind: string,
  names: readonly string[],
): Promise<JsonObject> {
  if (!isObject(signed) || signed.t !== kind || Object.keys(signed).sort().join() !== [...names, 'sig'].sort().join()) {
    throw new KeptError('bad_signature', 'That is not what it should be.');
  }
  const { sig, ...fields } = signed;
  await verifyNotary(notaryPub, bytesOf(fields), signatureOf(sig));
  return signed;
}

function bytesOf(fields: JsonObject): Bytes {
  try {
    return canon(fields);
  } catch {
    throw new KeptError('bad_signature');
  }
}

function signatureOf(sig: unknown): Bytes {
  try {
    return unb64(sig as string);
  } catch {
    throw new KeptError('bad_signature');
  }
}
