/**
 * The lists of a WACZ 1.1.1 (specs.webrecorder.net): a zip with `datapackage.json`, which has the digest of every part,
 * and `pages/*.jsonl`, which name the pages. Both are what the program wrote that saved the pages, and anyone can edit
 * them.
 */
import { concatAll } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { toWellFormed } from '../../core/text.js';
import { membersOf, allElementsOf, parseSpan, valueIn, wholeFile } from '../conversations/json_spans.js';
import type { Bytes } from '../../core/bytes.js';
import type { ZipEntry } from '../unzip.js';
import type { Pause } from '../whatsapp.js';

/** `sha256`: in hexadecimal; '' if the list has none. `size`: null if the list has none */
type ListedPart = { path: string; sha256: string; size: number | null };
/** A line of a list of pages. `at`: as it is written; `text`: the words that the program found on the page */
export type ListedPage = { address: string; title: string; at: string; text: string };
/**
 * How the parts compare with the list of digests. `changed`: other bytes than listed; `absent`: listed, not there;
 * `unlisted`: there, in no list. `hasDigests`: false if no digest is listed
 */
export type PartsCheck = { changed: string[]; absent: string[]; unlisted: string[]; hasDigests: boolean };

export const MANIFEST = 'datapackage.json';
export const MANIFEST_DIGEST = 'datapackage-digest.json';
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** All parts of a file together, unpacked. */
export const MAX_PARTS_BYTES = 1024 * 1024 * 1024;
export const MAX_PAGES = 20_000;
const MAX_PAGE_LINE_BYTES = 2 * 1024 * 1024;
const MAX_PATH_CHARACTERS = 1_000;
const LOCAL_HEADER_BYTES = 30;
const PAGE_LISTS = ['pages/pages.jsonl', 'pages/extraPages.jsonl'];
export const WARC_PATH = /^archive\/[^/]+\.warc(?:\.gz)?$/i;
/** Leads out of the folder that a program unpacks into, or has another meaning on another system. */
const UNSAFE_PATH = /^\/|\\|^[a-z]:|(?:^|\/)\.{0,2}(?:\/|$)|\p{Cc}/iu;
const FIRST_PATH =
  /^(?:archive\/[^/]+\.warc|indexes\/index\.|pages\/(?:extraP|p)ages\.jsonl|datapackage(?:-digest)?\.json)/;
const SHA256 = /^sha256:([\da-f]{64})$/i;

/** Tell whether a zip is a WACZ, by the names of its parts. */
export function isWacz(entries: readonly ZipEntry[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  return names.has(MANIFEST) && entries.some(({ name }) => WARC_PATH.test(name) || PAGE_LISTS.includes(name));
}

/** Whether a zip begins like a WACZ. Its list of parts may be missing. */
export function startsLikeWacz(firstBytes: Uint8Array): boolean {
  const name = String.fromCharCode(...firstBytes.subarray(LOCAL_HEADER_BYTES, LOCAL_HEADER_BYTES + 60));
  return FIRST_PATH.test(name);
}

/**
 * Check that every part has one safe name and bytes of its own.
 * @throws archive_damaged, archive_large
 */
export function checkParts(entries: readonly ZipEntry[]) {
  const names: Set<string> = new Set();
  let [end, size] = [0, 0];
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    const name = entry.name.normalize('NFC').toLowerCase();
    const isUnsafe = UNSAFE_PATH.test(entry.name) || entry.name.length > MAX_PATH_CHARACTERS;
    if (isUnsafe || names.has(name) || entry.offset < end) throw new KeptError('archive_damaged');
    names.add(name);
    end = entry.offset + LOCAL_HEADER_BYTES + entry.packed;
    size += entry.size;
  }
  if (size > MAX_PARTS_BYTES) throw new KeptError('archive_large');
}

/**
 * Read `datapackage.json`.
 * @throws archive_damaged, also for a part that is listed twice; archive_list for a list of other archives
 */
export async function readManifest(bytes: Bytes, pause: Pause): Promise<ListedPart[]> {
  try {
    const members = await membersOf(bytes, wholeFile(bytes), pause);
    parseSpan(bytes, wholeFile(bytes)); // all of it is JSON, up to its end
    if (valueIn(bytes, members.get('profile')) === 'multi-wacz-package') throw new KeptError('archive_list');
    const resources = members.get('resources');
    if (!resources?.isWhole) throw new KeptError('archive_damaged');
    const parts: Map<string, ListedPart> = new Map();
    for (const element of await allElementsOf(bytes, resources, pause)) {
      const fields = await membersOf(bytes, element, pause);
      const [path, hash, size] = ['path', 'hash', 'bytes'].map((name) => valueIn(bytes, fields.get(name)));
      if (typeof path !== 'string' || parts.has(path)) throw new KeptError('archive_damaged');
      parts.set(path, { path, sha256: sha256In(hash), size: typeof size === 'number' ? size : null });
    }
    return [...parts.values()];
  } catch (error) {
    throw error instanceof KeptError && error.code !== 'import_wrong' ? error : new KeptError('archive_damaged');
  }
}

/** Return the digest of `datapackage.json` that its own file has, or ''. */
export async function readManifestDigest(bytes: Bytes, pause: Pause): Promise<string> {
  try {
    return sha256In(valueIn(bytes, (await membersOf(bytes, wholeFile(bytes), pause)).get('hash')));
  } catch {
    return '';
  }
}

const sha256In = (value: unknown): string =>
  typeof value === 'string' ? (SHA256.exec(value)?.[1]?.toLowerCase() ?? '') : '';

/**
 * Compare the parts of a file with its list of digests.
 * @param found the size and the digest of each part that is there
 * @param manifestDigest what another part says of the list itself, or ''
 */
export function compareParts(
  listed: readonly ListedPart[],
  found: ReadonlyMap<string, { size: number; sha256: string }>,
  manifestDigest: string,
): PartsCheck {
  const paths = new Set([MANIFEST, MANIFEST_DIGEST, ...listed.map(({ path }) => path)]);
  const isChanged = ({ path, sha256, size }: ListedPart) => {
    const part = found.get(path);
    return part && ((sha256 && sha256 !== part.sha256) || (size !== null && size !== part.size));
  };
  const manifest = { path: MANIFEST, sha256: manifestDigest, size: null };
  return {
    changed: [...listed, manifest].filter(isChanged).map(({ path }) => path),
    absent: listed.filter(({ path }) => !found.has(path)).map(({ path }) => path),
    unlisted: [...found.keys()].filter((path) => !paths.has(path)),
    hasDigests: listed.some(({ sha256 }) => sha256),
  };
}

/** Return the lists of pages of a WACZ, the main one first. */
export const pageLists = (entries: readonly ZipEntry[]): ZipEntry[] =>
  PAGE_LISTS.flatMap((name) => entries.find((entry) => entry.name === name) ?? []);

/**
 * Read a list of pages: a line of JSON for each, and one about the list itself.
 * @returns `unread`: lines that are no page and not about the list
 * @throws archive_large
 */
export async function readPageList(bytes: Bytes, pause: Pause): Promise<{ pages: ListedPage[]; unread: number }> {
  const pages: ListedPage[] = [];
  let unread = 0;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(at, end);
    at = end + 1;
    await pause(Math.min(at, bytes.length), bytes.length);
    if (!line.some((byte) => byte > 32)) continue;
    const page = line.length > MAX_PAGE_LINE_BYTES ? null : await pageIn(line, pause);
    if (page) pages.push(page);
    else if (page === null) unread++;
    if (pages.length + unread > MAX_PAGES) throw new KeptError('archive_large');
  }
  return { pages, unread };
}

/** @returns undefined for the line about the list itself, null for one that cannot be read */
async function pageIn(line: Bytes, pause: Pause): Promise<ListedPage | null | undefined> {
  try {
    const span = wholeFile(line);
    const members = await membersOf(line, span, pause);
    parseSpan(line, span); // all of it is JSON, also what is not used
    const textOf = (name: string) => {
      const value = valueIn(line, members.get(name));
      return typeof value === 'string' ? toWellFormed(value) : '';
    };
    if (textOf('url'))
      return { address: textOf('url'), title: textOf('title'), at: textOf('ts'), text: textOf('text') };
    return textOf('format').startsWith('json-pages-') ? undefined : null;
  } catch (error) {
    if (error instanceof KeptError && error.code !== 'import_wrong') throw error;
    return null;
  }
}

/** Return all of a part. */
export async function wholePart(pieces: AsyncIterable<Uint8Array>): Promise<Bytes> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return concatAll(read);
}
