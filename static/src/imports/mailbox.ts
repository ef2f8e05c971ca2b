/**
 * A mailbox file (.mbox), as Google Takeout, Thunderbird and Apple Mail write it: which bytes are one message.
 *
 * Each message follows a line that begins with `From `. The same words can begin a line of a message: programs put `>`
 * before them, but not all do. So a line counts only if headers follow it, and if it ends in a date as these lines do,
 * is the first of the file, or follows an empty line and has nothing else or two headers of an email after it. A
 * message stays as its bytes are in the file; readMail reads each by itself (RFC 4155).
 */
import { KeptError } from '../core/errors.js';
import { incrementalDigest } from '../crypto/digests.js';
import { hex } from '../core/bytes.js';
import { looksLikeMail, readMailHead } from './mail.js';
import type { MailHead } from './mail.js';
import type { ByteSource } from './unzip.js';
import type { Pause } from './whatsapp.js';

/** `start` and `end`: its bytes in the file, without the line that begins with `From ` and the empty line at the end */
export type MailboxMessage = MailHead & { start: number; end: number };
export type Mailbox = { messages: MailboxMessage[]; sha256: string };

/** Largest mailbox file. It is read in pieces and not kept. */
export const MAX_MAILBOX_BYTES = 4 * 1024 ** 3;
const MAX_MESSAGES = 50_000;
const PIECE_BYTES = 1 << 20;
/** Read before a piece, to see whether its first line follows an empty one. */
const BEFORE_BYTES = 4;
/** Read past a piece, so that the headers of a message that begins in it are there. */
const HEADER_BYTES = 262_144;
const LINE_BYTES = 200;
const [NEWLINE, RETURN] = [10, 13];
const FROM = [...'From '].map((letter) => letter.charCodeAt(0));
const HEADER_LINE = /^[!-9;-~]{1,80}:/;
/** `Tue Nov 24 21:10:00 2026`, maybe with a zone before or after the year */
const ENDS_IN_DATE = /[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d(?::\d\d)?(?: \S+)? \d{4}(?: \S+)?\s*$/;

/** Tell whether the first bytes are those of a mailbox file. */
export function looksLikeMailbox(firstBytes: Uint8Array): boolean {
  return startsMessage(firstBytes, 0);
}

/**
 * Find the messages of a mailbox file, in its order, and its digest. One piece of the file is in memory at a time.
 * @throws import_wrong for a file with none, import_too_many for one with more than 50,000
 */
export async function readMailbox(source: ByteSource, pause: Pause): Promise<Mailbox> {
  const digest = incrementalDigest('SHA-256');
  const messages: MailboxMessage[] = [];
  for (let from = 0; from < source.size; from += PIECE_BYTES) {
    const end = Math.min(source.size, from + PIECE_BYTES);
    const offset = Math.max(0, from - BEFORE_BYTES);
    const piece = await source.read(offset, Math.min(source.size, end + HEADER_BYTES));
    digest.update(piece.subarray(from - offset, end - offset));
    const lines = [...separatorsIn(piece, from - offset)];
    for (const [i, line] of lines.entries()) {
      if (offset + line >= end) break; // found again in the next piece
      const previous = messages.at(-1);
      if (previous) previous.end = offset + line - emptyLineBefore(piece, line);
      const start = piece.indexOf(NEWLINE, line) + 1;
      const head = piece.subarray(start, Math.min(start + HEADER_BYTES, lines[i + 1] ?? piece.length));
      messages.push({ start: offset + start, end: source.size, ...readMailHead(head) });
      if (messages.length > MAX_MESSAGES) throw new KeptError('import_too_many');
      await pause(offset + start, source.size);
    }
    await pause(end, source.size);
  }
  const last = messages.at(-1);
  if (!last) throw new KeptError('import_wrong');
  const tail = await source.read(Math.max(last.start, source.size - BEFORE_BYTES), source.size);
  last.end -= emptyLineBefore(tail, tail.length);
  return { messages, sha256: hex(digest.digest()) };
}

/** Return the places of the lines that begin a message, from `first` on. */
function* separatorsIn(piece: Uint8Array, first: number) {
  const [letter] = FROM as [number];
  for (let at = piece.indexOf(letter, first); at >= 0; at = piece.indexOf(letter, at + 1))
    if ((at === 0 || piece[at - 1] === NEWLINE) && startsMessage(piece, at)) yield at;
}

/** See the top of this file. @param at the beginning of a line; 0 is the beginning of the file */
function startsMessage(bytes: Uint8Array, at: number): boolean {
  if (FROM.some((code, i) => bytes[at + i] !== code)) return false;
  const next = bytes.indexOf(NEWLINE, at) + 1;
  if (!next) return false;
  const after = textAt(bytes, next, next + LINE_BYTES);
  if (!HEADER_LINE.test(after) && !after.startsWith('>From ')) return false;
  const line = textAt(bytes, Math.max(at, next - LINE_BYTES), next);
  if (at === 0 || ENDS_IN_DATE.test(line)) return true;
  return emptyLineBefore(bytes, at) > 0 && (line.trim() === 'From' || looksLikeMail(bytes.subarray(next)));
}

function textAt(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder('windows-1252').decode(bytes.subarray(from, to));
}

/** Return the length in bytes of the empty line that ends before `at`, or 0 if there is none. */
function emptyLineBefore(bytes: Uint8Array, at: number): number {
  if (bytes[at - 1] !== NEWLINE) return 0;
  const length = bytes[at - 2] === RETURN ? 2 : 1;
  return bytes[at - length - 1] === NEWLINE ? length : 0;
}
