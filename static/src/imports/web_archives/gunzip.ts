/**
 * A gzip file (RFC 1952) read from front to back, in pieces. A WARC has one member for each record, or one for all.
 *
 * [Note: bombs] The unpacked bytes are counted against the packed ones that were read. The library does not compare the
 * checksums, so each member's are compared here.
 */
import { Gunzip } from '../../../vendor/fflate/browser.js';
import { concat } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { MAX_RATIO, crc32 } from '../unzip.js';

/** Bytes from front to back */
export type Pieces = AsyncIterable<Uint8Array>;

/** The library calls itself for each member of a piece, so a piece has room for some hundred members only. */
const PIECE_BYTES = 16 * 1024;
/** Of a short file that packs very well. */
const SLACK_BYTES = 1 << 20;
const FOOTER_BYTES = 8;
const END_OF_FILE = 0;

/** Whether a file begins like gzip. */
export const looksLikeGzip = (firstBytes: Uint8Array) =>
  firstBytes[0] === 0x1f && firstBytes[1] === 0x8b && firstBytes[2] === 8;

/** Cut bytes into pieces that are short enough to be unpacked. */
export function* piecesIn(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** As `piecesIn`, for what takes pieces that arrive. */
export async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* piecesIn(bytes);
}

/**
 * Unpack a gzip file.
 * @param pieces as from `piecesIn`
 * @throws archive_half, archive_damaged, archive_large
 */
export async function* gunzipped(pieces: Pieces): AsyncGenerator<Uint8Array> {
  let unpacked: Uint8Array[] = [];
  let [read, written] = [0, 0];
  let [crc, length] = [0, 0];
  // The last two pieces: the checksum of a member stands right before the next member.
  let [before, last] = [new Uint8Array(0), new Uint8Array(0)];
  const checkMember = (end: number) => {
    const tail = concat(before, last);
    const at = end - (read - tail.length) - FOOTER_BYTES;
    if (at < 0) throw new KeptError('archive_damaged');
    const footer = new DataView(tail.buffer, tail.byteOffset + at, FOOTER_BYTES);
    if (footer.getUint32(0, true) !== crc || footer.getUint32(4, true) !== length >>> 0)
      throw new KeptError('archive_damaged');
    [crc, length] = [0, 0];
  };
  const gunzip = new Gunzip((piece) => {
    written += piece.length;
    if (written > read * MAX_RATIO + SLACK_BYTES) throw new KeptError('archive_large');
    crc = crc32(piece, crc);
    length += piece.length;
    if (piece.length) unpacked.push(piece);
  });
  gunzip.onmember = checkMember;
  const push = (piece: Uint8Array, isLast: boolean) => {
    read += piece.length;
    if (piece.length) [before, last] = [last, piece as typeof last];
    try {
      gunzip.push(piece, isLast);
    } catch (error) {
      if (error instanceof KeptError) throw error;
      const isEnd = (error as { code?: unknown }).code === END_OF_FILE;
      throw new KeptError(isEnd ? 'archive_half' : 'archive_damaged');
    }
    const done = unpacked;
    unpacked = [];
    return done;
  };
  for await (const piece of pieces) yield* push(piece, false);
  yield* push(new Uint8Array(0), true);
  checkMember(read);
}
