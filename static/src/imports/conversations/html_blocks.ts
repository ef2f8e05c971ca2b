/**
 * Where the messages of an HTML page are in its bytes, and what one of them has in it. Nothing is run, rendered or
 * fetched, and no page is made of the file. What people wrote is escaped in it, so it has no tags.
 *
 * [Note: one pass] A file comes from anybody and may be megabytes of one tag. It is read once from front to back. A
 * tag, comment or script without an end takes the rest of the file with it.
 */
import { KeptError } from '../../core/errors.js';
import { toWellFormed } from '../../core/text.js';
import { decodeEntities, endOfTag } from '../saved_pages/html_text.js';
import type { Span } from './json_spans.js';
import type { Pause } from '../whatsapp.js';

/** A `div` of the page. `kind`: as `kindOf` named it; `isWhole`: false if its end is missing, or comes too late */
export type Block = Span & { kind: string };
/** An element with what is in it. `tag`: its first tag as written */
export type HtmlNode = { name: string; tag: string; children: (HtmlNode | string)[] };

/** Nothing that people export is nested deeper. */
const MAX_DEPTH = 64;
/** One message with its frame. A longer one is not read. */
const MAX_BLOCK_BYTES = 1 << 20;
const MAX_TAG_BYTES = 4_000;
const TAGS_PER_PAUSE = 500;
const [BANG, QUOTE, DASH, SLASH, LESS, EQUALS, GREATER, QUESTION] = [
  0x21, 0x22, 0x2d, 0x2f, 0x3c, 0x3d, 0x3e, 0x3f,
] as const;
const APOSTROPHE = 0x27;
/** Their content is no text, up to their end tag. */
const UNREAD = new Set(['script', 'style']);
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

/** Tell whether the beginning of a file is an HTML page. */
export const looksLikeHtml = (text: string) => /^\ufeff?\s*<(?:!doctype\s+html|html|head|meta)\b/i.test(text);

/**
 * Find the blocks of a page that `kindOf` names, in order. A block inside a block of another kind is part of it.
 * @param kindOf gets the classes of a `div`; returns '' for one that is not wanted
 * @param canNest kinds that can stand inside themselves. Of other kinds, the next block ends the one before it, which
 * then has no end of its own
 * @returns `isWhole`: false if the page ends inside a tag or a block
 * @throws import_wrong for a page that is nested too deep
 */
export async function blocksIn(
  bytes: Uint8Array,
  kindOf: (classes: string[], tag: string) => string,
  pause: Pause,
  canNest: readonly string[] = [],
): Promise<{ blocks: Block[]; isWhole: boolean }> {
  const blocks: Block[] = [];
  let open: { kind: string; start: number; depth: number } | null = null;
  let depth = 0;
  let count = 0;
  for (let at = bytes.indexOf(LESS); at >= 0; ) {
    if (++count % TAGS_PER_PAUSE === 0) await pause(at, bytes.length);
    const end = endOfTagBytes(bytes, at);
    if (end < 0) return { blocks, isWhole: false };
    const name = nameAt(bytes, at);
    let next = end;
    if (UNREAD.has(name)) next = endOfUnread(bytes, name, end);
    if (name === 'div') {
      const tag = tagText(bytes, at, end);
      const kind = kindOf(classesOf(tag), tag);
      if (open && kind === open.kind && !canNest.includes(kind)) {
        blocks.push({ kind, start: open.start, end: at, isWhole: false });
        depth = open.depth;
        open = null;
      }
      if (++depth > MAX_DEPTH) throw new KeptError('import_wrong');
      if (!open && kind) open = { kind, start: at, depth: depth - 1 };
    } else if (name === '/div' && depth > 0) {
      depth--;
      if (open && depth === open.depth) {
        blocks.push({ kind: open.kind, start: open.start, end, isWhole: true });
        open = null;
      }
    }
    if (next < 0) return { blocks, isWhole: false };
    at = bytes.indexOf(LESS, next);
  }
  return { blocks, isWhole: !open };
}

/** Return the place behind a tag or comment, -1 if it has no end. A `>` in quotes does not end a tag. */
function endOfTagBytes(bytes: Uint8Array, open: number): number {
  const first = bytes[open + 1];
  if (first === BANG && bytes[open + 2] === DASH && bytes[open + 3] === DASH) {
    for (let at = bytes.indexOf(GREATER, open + 4); at >= 0; at = bytes.indexOf(GREATER, at + 1))
      if (bytes[at - 1] === DASH && bytes[at - 2] === DASH) return at + 1;
    return -1;
  }
  if (!isLetter(first) && first !== SLASH && first !== BANG && first !== QUESTION) return open + 1;
  for (let at = open + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === GREATER) return at + 1;
    if ((byte === QUOTE || byte === APOSTROPHE) && bytes[at - 1] === EQUALS) {
      at = bytes.indexOf(byte, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
}

const isLetter = (byte: number | undefined) => byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/** Return the name of a tag in small letters, up to 8 of them; an end tag begins with `/`. */
function nameAt(bytes: Uint8Array, open: number): string {
  let name = bytes[open + 1] === SLASH ? '/' : '';
  for (let at = open + 1 + name.length; isLetter(bytes[at]) && name.length < 8; at++)
    name += String.fromCharCode((bytes[at] as number) | 0x20);
  return name;
}

function endOfUnread(bytes: Uint8Array, name: string, from: number): number {
  for (let at = bytes.indexOf(LESS, from); at >= 0; at = bytes.indexOf(LESS, at + 1))
    if (nameAt(bytes, at) === `/${name}`) return at;
  return -1;
}

const tagText = (bytes: Uint8Array, from: number, to: number) =>
  new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + MAX_TAG_BYTES)));

const ATTRIBUTE = /([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** Return the value of an attribute of a tag, '' without it. Of two with one name the first counts. */
export function attributeOf(tag: string, name: string): string {
  // What stands in quotes belongs to the attribute before it, so a value cannot look like another attribute.
  for (const [, found = '', ...values] of tag.slice(1).matchAll(ATTRIBUTE))
    if (found.toLowerCase() === name)
      return toWellFormed(decodeEntities(values.find((value) => value !== undefined) ?? '')).trim();
  return '';
}

export const classesOf = (tag: string): string[] => attributeOf(tag, 'class').split(/\s+/).filter(Boolean);

/** Return the element at a span; null for one without an end, and for one that is too long or nested too deep. */
export function nodeAt(bytes: Uint8Array, { start, end, isWhole }: Span): HtmlNode | null {
  if (!isWhole || end - start > MAX_BLOCK_BYTES) return null;
  return nodeOf(new TextDecoder().decode(bytes.subarray(start, end)));
}

/** Return the first element of a text; null if it is nested too deep. An end tag without its beginning is left out. */
export function nodeOf(html: string): HtmlNode | null {
  const root: HtmlNode = { name: '', tag: '', children: [] };
  const open = [root];
  for (let at = 0; at < html.length; ) {
    const inner = open.at(-1) as HtmlNode;
    const name = html[at] === '<' ? (/^<(\/?[a-z][a-z0-9]*)/i.exec(html.slice(at, at + 20))?.[1] ?? '') : '';
    if (html.startsWith('<!--', at)) {
      const close = html.indexOf('-->', at + 4);
      at = close < 0 ? html.length : close + 3;
    } else if (name) {
      const end = endOfTag(html, at);
      const tag = html.slice(at, end);
      at = end;
      if (name.startsWith('/')) {
        const place = open.map((node) => node.name).lastIndexOf(name.slice(1).toLowerCase());
        if (place > 0) open.length = place;
        continue;
      }
      const node: HtmlNode = { name: name.toLowerCase(), tag, children: [] };
      inner.children.push(node);
      if (!VOID.has(node.name) && !tag.endsWith('/>')) open.push(node);
      if (open.length > MAX_DEPTH) return null;
    } else {
      const next = html.indexOf('<', at + 1);
      const end = next < 0 ? html.length : next;
      inner.children.push(decodeEntities(html.slice(at, end)));
      at = end;
    }
  }
  return elementsIn(root)[0] ?? null;
}

/** Return the elements right inside another. */
export const elementsIn = (node: HtmlNode): HtmlNode[] =>
  node.children.filter((child): child is HtmlNode => typeof child !== 'string');

export const hasClass = (node: HtmlNode, name: string) => classesOf(node.tag).includes(name);

/** Return the first element right inside another with a class. */
export const childWith = (node: HtmlNode | undefined, name: string): HtmlNode | undefined =>
  node && elementsIn(node).find((child) => hasClass(child, name));

/**
 * Return the elements inside another that `isWanted` names, at any depth and in order. What is inside one of them, or
 * inside one that `isSkipped` names, is not looked at.
 */
export function elementsWith(
  node: HtmlNode,
  isWanted: (node: HtmlNode) => boolean,
  isSkipped: (node: HtmlNode) => boolean = () => false,
): HtmlNode[] {
  return elementsIn(node).flatMap((child) =>
    isSkipped(child) ? [] : isWanted(child) ? [child] : elementsWith(child, isWanted, isSkipped),
  );
}

/** Return the words in an element, '' without one. A line break of the page is one of the words. */
export function wordsIn(node: HtmlNode | undefined): string {
  return toWellFormed(node ? allWords(node) : '').trim();
}

const allWords = (node: HtmlNode): string =>
  node.name === 'br'
    ? '\n'
    : UNREAD.has(node.name)
      ? ''
      : node.children.map((child) => (typeof child === 'string' ? child : allWords(child))).join('');
