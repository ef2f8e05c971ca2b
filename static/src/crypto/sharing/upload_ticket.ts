/**
 * Upload tickets for one file, made while the diary is open: docs/formats.md, section 6. Python twin:
 * diary/crypto/upload_ticket.py.
 */
import { b64, concat, unb64 } from '../../core/bytes.js';
import { parseId } from '../../core/ids.js';
import { hkdf } from '../digests.js';

/** Ids as text, `until` in ms, `size` in bytes, `digest` b64 */
type UploadTicket = {
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
export async function makeUploadTicket(
  key: string,
  { session, diary, blob, until, parts, size, digest }: UploadTicket,
): Promise<string> {
  const payload = concat(
    parseId(session),
    parseId(diary),
    parseId(blob),
    uint64(until),
    uint64(parts),
    uint64(size),
    unb64(digest),
  );
  return b64(concat(payload, await hkdf(unb64(key), 'kept/upload\0', payload)));
}

/**
 * Encode a number as 8 bytes, big-endian.
 * @param value an integer below 2^53
 */
function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
