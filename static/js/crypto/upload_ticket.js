/** Tickets for one file, made while the diary is open: docs/formats.md, section 6, and diary/crypto/upload_ticket.py. */
import { b64, concat, unb64 } from '../core/bytes.js';
import { parseId } from '../core/ids.js';
import { hkdf } from './digests.js';

/** @typedef {{session: string, diary: string, blob: string, until: number, parts: number, size: number, digest: string}} Ticket ids as text, `until` in ms, `size` in bytes, `digest` b64 */

/** @param {string} key b64, the session's @param {Ticket} ticket @returns {Promise<string>} as it is sent */
export async function signTicket(key, { session, diary, blob, until, parts, size, digest }) {
  const told = concat(
    parseId(session),
    parseId(diary),
    parseId(blob),
    wide(until),
    wide(parts),
    wide(size),
    unb64(digest),
  );
  return b64(concat(told, await hkdf(unb64(key), 'kept/upload\0', told)));
}

/** @param {number} value a whole number below 2^53 @returns {Uint8Array} 8 bytes, the largest first */
function wide(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
