/** Signed objects: fields and `sig`; what is signed is the canonical JSON without `sig`. */
import { unb64 } from '../core/bytes.js';
import { canon, isObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { verifyNotary } from '../crypto/signing.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */

/**
 * The object, when it has type `kind`, exactly `names` besides `sig`, and holds under the notary's key. Throws
 * `bad_signature`, or `unavailable` where the browser has no Ed25519.
 * @param {unknown} signed
 * @param {Bytes} notaryPub 32 bytes
 * @param {string} kind
 * @param {readonly string[]} names
 * @returns {Promise<JsonObject>}
 */
export async function checkSigned(signed, notaryPub, kind, names) {
  if (!isObject(signed) || signed.t !== kind || Object.keys(signed).sort().join() !== [...names, 'sig'].sort().join()) {
    throw new KeptError('bad_signature', 'That is not what it should be.');
  }
  const { sig, ...fields } = signed;
  await verifyNotary(notaryPub, bytesOf(fields), signatureOf(sig));
  return signed;
}

/**
 * @param {JsonObject} fields
 * @returns {Bytes}
 */
function bytesOf(fields) {
  try {
    return canon(fields);
  } catch {
    throw new KeptError('bad_signature');
  }
}

/**
 * @param {unknown} sig
 * @returns {Bytes}
 */
function signatureOf(sig) {
  try {
    return unb64(/** @type {string} */ (sig));
  } catch {
    throw new KeptError('bad_signature');
  }
}
