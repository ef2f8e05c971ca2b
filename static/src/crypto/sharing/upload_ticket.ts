/**
 * Upload tickets for one file, made while the diary is open: docs/formats.md, section 6. Python twin:
 * diary/crypto/upload_ticket.py.
 */
import { b64, concat, unb64 } from '../../core/bytes.js';
import { parseId } from '../../core/ids.js';
import { hkdf } from '../digests.js';

/** Ids as text, `until` in ms, `size` in bytes, `digest` b64 */
type Ticket = {
  session: string;
  diary: string;
  blob: string;
  until: number;
  parts: number;
  size: number;
  digest: string;
};

/**
 * Return a ticket as it is sent.
 * @param key b64, the session's
 */
export async function signTicket(
  key: string,
  { session, diary, blob, until, parts, size, digest }: Ticket,
): Promise<string> {
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

/**
 * Encode a number as 8 bytes, big-endian.
 * @param value an integer below 2^53
 */
function wide(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
