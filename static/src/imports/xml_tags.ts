/**
 * The tags of an XML file, found in pieces, and their attributes. Nothing in the file is resolved: an entity that the
 * file defines itself stays as it is written.
 */
import { concat } from '../core/bytes.js';
import { toWellFormed } from '../core/text.js';
import type { ByteSource } from './unzip.js';
import type { Pause } from './whatsapp.js';

/** `start` and `end`: of the value, in the bytes of the tag */
export type Attribute = { start: number; end: number };
/** `name` of an end tag begins with `/`; a comment, a declaration and an instruction have the name ''. */
export type Tag = { name: string; bytes: Uint8Array; start: number; end: number };

const PIECE_BYTES = 4 << 20;
/** A picture in a message is one attribute. */
const MAX_TAG_BYTES = 64 << 20;
const TAGS_PER_PAUSE = 50;
const MAX_NAME_LENGTH = 60;
const [SPACE, BANG, QUOTE, APOSTROPHE, SLASH, LESS, EQUALS, GREATER, QUESTION] = [
  32, 33, 34, 39, 47, 60, 61, 62, 63,
] as const;
/** How what begins with `<!--` and `<![CDATA[` ends. Tags inside are none. */
const SECTIONS = [
  { begins: codesOf('<!--'), ends: codesOf('-->') },
  { begins: codesOf('<![CDATA['), ends: codesOf(']]>') },
];
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Give each tag of a file to `onTag`, in order, with its place in the file. A tag without an end, and one longer than
 * 64 MiB, is not given.
 * @param onPiece gets each piece of the file once, in order
 */
export async function readTags(
  source: ByteSource,
  onTag: (tag: Tag) => void,
  pause: Pause,
  onPiece: (piece: Uint8Array) => void = () => undefined,
) {
  let rest = new Uint8Array(0);
  let skipped: { quote: number } | null = null;
  let count = 0;
  for (let from = 0; from < source.size; from += PIECE_BYTES) {
    const piece = await source.read(from, Math.min(source.size, from + PIECE_BYTES));
    onPiece(piece);
    let bytes = rest.length ? concat(rest, piece) : piece;
    let offset = from - rest.length;
    rest = new Uint8Array(0);
    if (skipped) {
      const { end, quote } = scanTag(bytes, 0, skipped.quote);
      skipped = end < 0 ? { quote } : null;
      if (skipped) continue;
      bytes = bytes.subarray(end);
      offset += end;
    }
    let at = 0;
    for (const tag of tagsIn(bytes)) {
      onTag({ ...tag, start: offset + tag.start, end: offset + tag.end });
      at = tag.end;
      if (++count % TAGS_PER_PAUSE === 0) await pause(offset + at, source.size);
    }
    const open = bytes.indexOf(LESS, at);
    if (open >= 0 && bytes.length - open > MAX_TAG_BYTES) skipped = scanTag(bytes, open + 1, 0);
    else if (open >= 0) rest = bytes.slice(open);
    await pause(from + piece.length, source.size);
  }
}

/** Return the tags that are whole in these bytes. */
export function* tagsIn(bytes: Uint8Array): Generator<Tag> {
  for (let open = bytes.indexOf(LESS); open >= 0; ) {
    const end = endOfTag(bytes, open);
    if (end < 0) return;
    yield { name: nameOf(bytes, open), bytes: bytes.subarray(open, end), start: open, end };
    open = bytes.indexOf(LESS, end);
  }
}

/** Return where a tag ends, or -1 if it does not end here. */
function endOfTag(bytes: Uint8Array, open: number): number {
  for (const { begins, ends } of SECTIONS) {
    if (!startsWith(bytes, open, begins)) continue;
    const at = find(bytes, ends, open + begins.length);
    return at < 0 ? -1 : at + ends.length;
  }
  if (bytes[open + 1] === QUESTION) {
    const at = find(bytes, [QUESTION, GREATER], open + 2);
    return at < 0 ? -1 : at + 2;
  }
  return scanTag(bytes, open + 1, 0).end;
}

/**
 * Look for the end of a tag.
 * @param quote the character that ends the value at `from`; 0 outside a value
 * @returns `end` -1 if it is not in these bytes; then `quote` as at their end
 */
function scanTag(bytes: Uint8Array, from: number, quote: number): { end: number; quote: number } {
  let open = quote;
  for (let at = from; at < bytes.length; at++) {
    if (open) {
      at = bytes.indexOf(open, at);
      if (at < 0) return { end: -1, quote: open };
      open = 0;
      continue;
    }
    const code = bytes[at] as number;
    if (code === GREATER) return { end: at + 1, quote: 0 };
    if (code === QUOTE || code === APOSTROPHE) open = code;
  }
  return { end: -1, quote: open };
}

function nameOf(bytes: Uint8Array, open: number): string {
  if (bytes[open + 1] === BANG || bytes[open + 1] === QUESTION) return '';
  let end = open + 1;
  while (end < bytes.length && end - open <= MAX_NAME_LENGTH && !endsName(bytes[end] as number, end === open + 1))
    end++;
  return textOf(bytes, open + 1, end);
}

const endsName = (code: number, isFirst: boolean) =>
  code <= SPACE || code === GREATER || code === EQUALS || (code === SLASH && !isFirst);

/** Return the attributes of a tag by name. Of two with one name the first counts. */
export function attributesOf(tag: Uint8Array): Map<string, Attribute> {
  const found: Map<string, Attribute> = new Map();
  let at = 1;
  while (at < tag.length && !endsName(tag[at] as number, at === 1)) at++;
  while (at < tag.length) {
    while (at < tag.length && ((tag[at] as number) <= SPACE || tag[at] === SLASH || tag[at] === GREATER)) at++;
    const equals = tag.indexOf(EQUALS, at);
    if (equals < 0) break;
    let open = equals + 1;
    while (open < tag.length && (tag[open] as number) <= SPACE) open++;
    const quote = tag[open];
    const end = quote === QUOTE || quote === APOSTROPHE ? tag.indexOf(quote, open + 1) : -1;
    if (end < 0) break;
    const name = textOf(tag, at, equals).trim();
    if (!found.has(name)) found.set(name, { start: open + 1, end });
    at = end + 1;
  }
  return found;
}

/** Return the value of an attribute with its references read; '' if the tag has none of this name. */
export function attributeText(tag: Uint8Array, attribute: Attribute | undefined): string {
  return attribute ? withoutReferences(textOf(tag, attribute.start, attribute.end)) : '';
}

/**
 * Read `&lt;` and its like, and `&#128512;`. Some programs write an emoji as its two halves, `&#55357;&#56832;`; read
 * one after the other they are the emoji again. Half of one becomes U+FFFD, as does what is no character.
 */
function withoutReferences(text: string): string {
  const read = text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g,
    (whole, decimal, hexadecimal, name) => {
      if (name) return ENTITIES[name] ?? whole;
      const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      if (code > 0x10ffff || code === 0) return '\ufffd';
      return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
    },
  );
  return toWellFormed(read);
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(from, to));
}

function startsWith(bytes: Uint8Array, at: number, codes: readonly number[]): boolean {
  return codes.every((code, i) => bytes[at + i] === code);
}

function find(bytes: Uint8Array, codes: readonly number[], from: number): number {
  const [first] = codes as [number];
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if (startsWith(bytes, at, codes)) return at;
  return -1;
}

function codesOf(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}
