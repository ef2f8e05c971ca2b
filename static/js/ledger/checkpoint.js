/** Checkpoints: the notary's signed note that the log had so many leaves and this root. docs/formats.md, section 5. */
import { b64, concat, unb64, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import { verifyNotary } from '../crypto/signing.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {{origin: string, size: number, root: Bytes}} Checkpoint */

const NOTE = /^(([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n— ([A-Za-z0-9_-]{43}) ([A-Za-z0-9+/]{91}=)\n$/;

/**
 * What a note by this notary says. Throws `bad_signature`, or `unavailable` where the browser has no Ed25519
 * (everything but the signature has been checked then).
 * @param {unknown} note text
 * @param {Bytes} notaryPub 32 bytes
 * @returns {Promise<Checkpoint>}
 */
export async function verifyNote(note, notaryPub) {
  const { said, text, signature } = take(note);
  const log = b64(sha256Now(notaryPub));
  const key = sha256Now(concat(utf8(`${log}\n`), Uint8Array.of(1), notaryPub)).slice(0, 4);
  if (said.origin !== log || signature.slice(0, 4).some((byte, i) => byte !== key[i])) throw wrong();
  await verifyNotary(notaryPub, utf8(text), signature.slice(4));
  return said;
}

/**
 * What a note says, whoever signed it. Throws `bad_signature`.
 * @param {unknown} note text
 * @returns {Checkpoint}
 */
export function readNote(note) {
  return take(note).said;
}

/** @param {unknown} note */
function take(note) {
  const found = typeof note === 'string' ? NOTE.exec(note) : null;
  if (!found) throw wrong();
  const [, text = '', origin = '', size = '', root = '', name, signature = ''] = found;
  if (name !== origin) throw wrong();
  return { said: { origin, size: Number(size), root: plain(root) }, text, signature: plain(signature) };
}

/** Ordinary base64, in its one spelling. @param {string} text @returns {Bytes} */
function plain(text) {
  try {
    return unb64(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
  } catch {
    throw wrong();
  }
}

function wrong() {
  return new KeptError('bad_signature', 'The checkpoint does not hold.');
}
