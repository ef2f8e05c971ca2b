/**
 * Where the values of a JSON file are in its bytes, so that each message can be parsed by itself and saved byte for
 * byte. A value is parsed with JSON.parse only when it is wanted.
 */
import { KeptError } from '../../core/errors.js';
import { concatAll, utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { Pause } from '../whatsapp.js';

/** The bytes of a value, from `start` up to `end`. `isWhole`: false if the file ends inside it */
export type Span = { start: number; end: number; isWhole: boolean };

/** Nothing that people export is nested deeper. */
const MAX_DEPTH = 64;
/** Bytes that are scanned before the screen may redraw. */
const BYTES_PER_PAUSE = 1 << 19;
const [QUOTE, COMMA, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
] as const;
/** What ends a number, true, false or null, besides a space. */
const ENDS: ReadonlySet<number | undefined> = new Set([COMMA, CLOSE_LIST, CLOSE_OBJECT]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Return the span of the one value of a file. */
export function wholeFile(bytes: Uint8Array): Span {
  const start = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0;
  return { start, end: bytes.length, isWhole: true };
}

export const isObject = (bytes: Uint8Array, { start, end }: Span) =>
  bytes[skipSpace(bytes, start, end)] === OPEN_OBJECT;

export const isList = (bytes: Uint8Array, { start, end }: Span) => bytes[skipSpace(bytes, start, end)] === OPEN_LIST;

/**
 * Parse a value.
 * @throws import_wrong
 */
export function parseSpan(bytes: Uint8Array, { start, end }: Span): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end)));
  } catch {
    throw new KeptError('import_wrong');
  }
}

/**
 * Return the members of an object. The last one may lack its end, and then those after it are missing.
 * @throws import_wrong for another value, and for two members with one name: readers differ on which one counts
 */
export async function membersOf(bytes: Uint8Array, span: Span, pause: Pause): Promise<Map<string, Span>> {
  const members: Map<string, Span> = new Map();
  let at = skipSpace(bytes, span.start, span.end);
  if (bytes[at++] !== OPEN_OBJECT) throw new KeptError('import_wrong');
  for (;;) {
    at = skipSpace(bytes, at, span.end);
    if (at >= span.end || bytes[at] === CLOSE_OBJECT) return members;
    if (members.size && bytes[at] === COMMA) at = skipSpace(bytes, at + 1, span.end);
    if (at >= span.end) return members;
    if (bytes[at] !== QUOTE) throw new KeptError('import_wrong');
    const nameEnd = endOfText(bytes, at, span.end);
    if (nameEnd < 0) return members;
    const name = parseSpan(bytes, { start: at, end: nameEnd, isWhole: true }) as string;
    at = skipSpace(bytes, nameEnd, span.end);
    if (at >= span.end) return members;
    if (bytes[at] !== COLON || members.has(name)) throw new KeptError('import_wrong');
    const member = await spanOfValue(bytes, skipSpace(bytes, at + 1, span.end), span.end, pause);
    members.set(name, member);
    if (!member.isWhole) return members;
    at = member.end;
  }
}

/** Parse a value that may not be there; null without one that is whole. */
export const valueIn = (bytes: Uint8Array, span: Span | undefined): unknown =>
  span?.isWhole ? parseSpan(bytes, span) : null;

/**
 * Return the elements of a list; one that has no end is left out.
 * @throws import_wrong for another value
 */
export const elementsOf = async (bytes: Uint8Array, span: Span, pause: Pause): Promise<Span[]> =>
  (await allElementsOf(bytes, span, pause)).filter(({ isWhole }) => isWhole);

/**
 * Return the elements of a list; the last may lack its end.
 * @throws import_wrong for another value
 */
export async function allElementsOf(bytes: Uint8Array, span: Span, pause: Pause): Promise<Span[]> {
  const elements: Span[] = [];
  let at = skipSpace(bytes, span.start, span.end);
  if (bytes[at++] !== OPEN_LIST) throw new KeptError('import_wrong');
  for (;;) {
    at = skipSpace(bytes, at, span.end);
    if (elements.length && bytes[at] === COMMA) at = skipSpace(bytes, at + 1, span.end);
    if (at >= span.end || bytes[at] === CLOSE_LIST) return elements;
    const element = await spanOfValue(bytes, at, span.end, pause);
    elements.push(element);
    if (!element.isWhole) return elements;
    at = element.end;
  }
}

/**
 * Return what stands before and after elements of a list in a file of their own: some members of an object, byte for
 * byte, and then the list.
 * @param names of the members, as far as they are there and whole
 * @param list the name of the list
 */
export function frameWith(bytes: Bytes, members: Map<string, Span>, names: readonly string[], list: string) {
  const before = names.flatMap((name) => {
    const span = members.get(name);
    return span?.isWhole ? [utf8(`${JSON.stringify(name)}:`), bytes.subarray(span.start, span.end), utf8(',\n')] : [];
  });
  return {
    before: concatAll([utf8('{'), ...before, utf8(`${JSON.stringify(list)}:[\n`)]),
    between: utf8(',\n'),
    after: utf8('\n]}\n'),
  };
}

/** Tell whether a file ends like an object that is whole. */
export const endsWithBracket = (bytes: Uint8Array) => /\}\s*$/.test(new TextDecoder().decode(bytes.subarray(-64)));

async function spanOfValue(bytes: Uint8Array, start: number, limit: number, pause: Pause): Promise<Span> {
  const end = await endOfValue(bytes, start, limit, pause);
  return { start, end: end < 0 ? limit : end, isWhole: end >= 0 };
}

/** Return where the value that begins at `start` ends, or -1 if it has no end. Brackets inside are only counted. */
async function endOfValue(bytes: Uint8Array, start: number, limit: number, pause: Pause): Promise<number> {
  const first = bytes[start];
  if (first === QUOTE) return endOfText(bytes, start, limit);
  if (first !== OPEN_LIST && first !== OPEN_OBJECT) return endOfWord(bytes, start, limit);
  let depth = 0;
  let nextPause = start + BYTES_PER_PAUSE;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = endOfText(bytes, at, limit);
      if (end < 0) return -1;
      at = end - 1;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) throw new KeptError('import_wrong');
    } else if ((byte === CLOSE_LIST || byte === CLOSE_OBJECT) && --depth === 0) return at + 1;
    if (at >= nextPause) {
      await pause(at, bytes.length);
      nextPause = at + BYTES_PER_PAUSE;
    }
  }
  return -1;
}

/** Return where a number, true, false or null ends: before the next comma, bracket or space. */
function endOfWord(bytes: Uint8Array, start: number, limit: number): number {
  let at = start;
  while (at < limit && !isSpace(bytes[at]) && !ENDS.has(bytes[at])) at++;
  if (at >= limit) return -1;
  if (at === start) throw new KeptError('import_wrong');
  return at;
}

/**
 * Return where the text that begins at `start` ends, or -1. A quotation mark after an odd number of backslashes is part
 * of it.
 */
function endOfText(bytes: Uint8Array, start: number, limit: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0 && at < limit; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return -1;
}

function skipSpace(bytes: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit && isSpace(bytes[at])) at++;
  return at;
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
