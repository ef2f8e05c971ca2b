/** Signed objects: fields and `sig`. The signature covers the canonical JSON without `sig`. */
import { unb64 } from '../core/bytes.js';
import { canonicalBytes, isObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { verifyNotarySignature } from '../crypto/signing.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

/**
 * Verify that the object has type `expectedType`, exactly `fieldNames` and `sig`, and a valid signature of the
 * notary's key. Returns the object. Throws `bad_signature`, or `unavailable` where the browser has no Ed25519.
 * @param notaryPub 32 bytes
 */
export async function verifySignedObject(
  signedObject: unknown,
  notaryPub: Bytes,
  expectedType: string,
  fieldNames: readonly string[],
): Promise<JsonObject> {
  if (
    !isObject(signedObject) ||
    signedObject.t !== expectedType ||
    Object.keys(signedObject).sort().join() !== [...fieldNames, 'sig'].sort().join()
  ) {
    throw new KeptError('bad_signature', 'That is not what it should be.');
  }
  const { sig, ...fields } = signedObject;
  await verifyNotarySignature(notaryPub, canonicalBytesOf(fields), decodeSignature(sig));
  return signedObject;
}

function canonicalBytesOf(fields: JsonObject): Bytes {
  try {
    return canonicalBytes(fields);
  } catch {
    throw new KeptError('bad_signature');
  }
}

function decodeSignature(sig: unknown): Bytes {
  try {
    return unb64(sig as string);
  } catch {
    throw new KeptError('bad_signature');
  }
}
