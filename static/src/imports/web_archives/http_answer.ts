/** The answer of a web server as a WARC keeps it: a status line, headers, and the body as it was sent. */
import { concatAll } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { headerValue, parseHeaders } from '../mail.js';
import { gunzipped, inPieces } from './gunzip.js';
import type { Header } from '../mail.js';

/** `bodyAt`: where the body begins */
export type AnswerHead = { status: number; headers: Header[]; bodyAt: number };

export const MAX_ANSWER_HEAD_BYTES = 64 * 1024;
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})(?: [^\r\n]*)?\r?\n/;
const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;
const MAX_CHUNKS = 100_000;
const LATIN = new TextDecoder('windows-1252');

/** Read the head of an answer; null for bytes that are none. */
export function readAnswerHead(bytes: Uint8Array): AnswerHead | null {
  const text = LATIN.decode(bytes.subarray(0, MAX_ANSWER_HEAD_BYTES));
  const line = STATUS_LINE.exec(text);
  if (!line) return null;
  const end = /\r?\n\r?\n/.exec(text.slice(line[0].length - 1));
  if (!end) return null;
  const { headers } = parseHeaders(bytes.subarray(line[0].length, line[0].length - 1 + end.index + end[0].length));
  return { status: Number(line[1]), headers, bodyAt: line[0].length - 1 + end.index + end[0].length };
}

export const isHtmlAnswer = ({ headers }: AnswerHead) => HTML_TYPE.test(headerValue(headers, 'content-type').trim());

/** Return the letters that the headers name for the page, or ''. */
export const charsetOf = ({ headers }: AnswerHead) =>
  /charset\s*=\s*"?([\w-]{1,40})/i.exec(headerValue(headers, 'content-type'))?.[1] ?? '';

/**
 * Return the body as the page's own bytes; null if it is packed in a way that is not read here.
 * @param limit bytes of a page
 * @throws page_large, and archive_large for a body that unpacks to far more
 */
export async function bodyOf({ headers }: AnswerHead, sent: Uint8Array, limit: number): Promise<Uint8Array | null> {
  const isChunked = /\bchunked\b/i.test(headerValue(headers, 'transfer-encoding'));
  // Some programs join the chunks and leave the header as it was.
  const body = (isChunked && joinedChunks(sent)) || sent;
  const coding = headerValue(headers, 'content-encoding').trim().toLowerCase();
  if (!coding || coding === 'identity') return body;
  if (coding !== 'gzip' && coding !== 'x-gzip') return null;
  const unpacked: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of gunzipped(inPieces(body))) {
      size += piece.length;
      if (size > limit) throw new KeptError('page_large');
      unpacked.push(piece);
    }
  } catch (error) {
    if (error instanceof KeptError && /_large$/.test(error.code)) throw error;
    return null;
  }
  return concatAll(unpacked);
}

/** Join the chunks of a body (RFC 9112, 7.1), up to where it is cut off; null for one without chunks. */
export function joinedChunks(sent: Uint8Array): Uint8Array | null {
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < sent.length && chunks.length < MAX_CHUNKS) {
    const line = /^([\da-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n/i.exec(LATIN.decode(sent.subarray(at, at + 200)));
    if (!line) return null;
    const size = Number.parseInt(line[1] as string, 16);
    const start = at + line[0].length;
    if (size === 0) return concatAll(chunks);
    chunks.push(sent.subarray(start, start + size));
    if (start + size > sent.length) return concatAll(chunks);
    at = start + size;
    at += sent[at] === 13 && sent[at + 1] === 10 ? 2 : sent[at] === 10 ? 1 : 0;
  }
  return null;
}
