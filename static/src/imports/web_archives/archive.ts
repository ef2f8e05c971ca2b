/**
 * A web archive: a WARC (.warc, .warc.gz), or a WACZ (.wacz), which is a zip with WARCs and lists of pages. What it
 * says of addresses and times is what the program wrote that saved the pages, and anyone can edit it. Nothing in it is
 * run, rendered or fetched.
 *
 * [Note: read twice] An archive has hundreds of megabytes of pictures and scripts. So it is read from front to back to
 * list its pages, and again up to the one that is chosen. Its memory is that of the list and of one page.
 */
import { hex } from '../../core/bytes.js';
import { KeptError, toKeptError } from '../../core/errors.js';
import { cutText, toWellFormed } from '../../core/text.js';
import { incrementalDigest } from '../../crypto/digests.js';
import { MAX_TEXT_CHARACTERS, readHtml } from '../saved_pages/html_text.js';
import { MAX_PAGE_BYTES, decodeHtml, pageOf } from '../saved_pages/saved_page.js';
import { entrySource } from '../unzip_stream.js';
import { gunzipped, inPieces, looksLikeGzip, piecesIn } from './gunzip.js';
import { MAX_ANSWER_HEAD_BYTES, bodyOf, charsetOf, isHtmlAnswer, readAnswerHead } from './http_answer.js';
import { hasDigest } from './record_digest.js';
import {
  MANIFEST,
  MANIFEST_DIGEST,
  MAX_MANIFEST_BYTES,
  MAX_PAGES,
  MAX_PARTS_BYTES,
  WARC_PATH,
  checkParts,
  compareParts,
  pageLists,
  readManifest,
  readManifestDigest,
  readPageList,
  wholePart,
} from './wacz.js';
import { WarcReader, looksLikePlainWarc } from './warc.js';
import type { HtmlPage } from '../saved_pages/html_text.js';
import type { PageDefect, SavedPage } from '../saved_pages/saved_page.js';
import type { ByteSource, ZipEntry } from '../unzip.js';
import type { Pause } from '../whatsapp.js';
import type { Pieces } from './gunzip.js';
import type { ListedPage, PartsCheck } from './wacz.js';
import type { WarcRecord } from './warc.js';

/** A page as a WARC has it. `entry`: the part of the zip, null for a WARC by itself; `place`: of the record, from 0 */
type Capture = { address: string; date: string; status: number; entry: ZipEntry | null; place: number };
/** `unread`: lines of its lists that are no page; `parts`: null for a WARC by itself, which has no list of parts */
export type WebArchive = {
  pages: ListedPage[];
  captures: Capture[];
  unread: number;
  parts: PartsCheck | null;
};

const MAX_LIST_BYTES = 64 * 1024 * 1024;
const READ_AHEAD_BYTES = 1 << 20;
const FIRST_HEAD_BYTES = 4 * 1024;
/** A page may take minutes to load, and its list gives one time for all of it. */
const NEAR_MS = 10 * 60_000;
/** W3C's profile of ISO 8601, as precise as it is known. In WARC 1.1 it is in UTC; lists of pages may have a zone. */
const DATE = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?)?)?$/;

/** Tell whether a file begins like a WARC, packed or not. */
export async function looksLikeWarc(firstBytes: Uint8Array): Promise<boolean> {
  if (!looksLikeGzip(firstBytes)) return looksLikePlainWarc(firstBytes);
  try {
    for await (const piece of gunzipped(inPieces(firstBytes))) if (piece.length >= 8) return looksLikePlainWarc(piece);
  } catch {
    // The first bytes end in the middle of it.
  }
  return false;
}

/**
 * List the pages of a WARC.
 * @throws archive_half, archive_damaged, archive_large, archive_no_pages
 */
export function readWarc(file: ByteSource, pause: Pause): Promise<WebArchive> {
  return inWords(async () => {
    const captures: Capture[] = [];
    await listCaptures(piecesOfFile(file, pause), { entry: null, captures, unpacked: { size: 0 } });
    return withPages({ pages: [], captures, unread: 0, parts: null });
  });
}

/**
 * List the pages of a WACZ, and compare its parts with their digests.
 * @param entries of the zip
 * @throws archive_half, archive_damaged, archive_large, archive_no_pages, archive_list
 */
export function readWacz(file: ByteSource, entries: readonly ZipEntry[], pause: Pause): Promise<WebArchive> {
  return inWords(async () => {
    checkParts(entries);
    const manifest = entries.find(({ name }) => name === MANIFEST) as ZipEntry;
    const small = async (entry: ZipEntry, limit: number) => {
      if (entry.size > limit) throw new KeptError('archive_large');
      return wholePart(piecesOfEntry(file, entry, pause));
    };
    const listed = await readManifest(await small(manifest, MAX_MANIFEST_BYTES), pause);
    const captures: Capture[] = [];
    const found: Map<string, { size: number; sha256: string }> = new Map();
    const unpacked = { size: 0 };
    for (const entry of entries) {
      const digest = incrementalDigest('SHA-256');
      const pieces = digested(piecesOfEntry(file, entry, pause), digest);
      if (WARC_PATH.test(entry.name)) await listCaptures(pieces, { entry, captures, unpacked });
      for await (const _rest of pieces);
      found.set(entry.name, { size: entry.size, sha256: hex(digest.digest()) });
    }
    const itsDigest = entries.find(({ name }) => name === MANIFEST_DIGEST);
    const manifestDigest = itsDigest ? await readManifestDigest(await small(itsDigest, MAX_MANIFEST_BYTES), pause) : '';
    const pages: ListedPage[] = [];
    let unread = 0;
    for (const entry of pageLists(entries)) {
      const list = await readPageList(await small(entry, MAX_LIST_BYTES), pause);
      pages.push(...list.pages);
      unread += list.unread;
    }
    return withPages({ pages, captures, unread, parts: compareParts(listed, found, manifestDigest) });
  });
}

/** Without a list, each page that the site itself answered with is one. */
function withPages(archive: WebArchive): WebArchive {
  const pages = archive.pages.length
    ? archive.pages
    : archive.captures
        .filter(({ status }) => status < 300 || status > 399)
        .map(({ address, date }) => ({ address, title: '', at: date, text: '' }));
  if (!pages.length) throw new KeptError('archive_no_pages');
  if (pages.length > MAX_PAGES) throw new KeptError('archive_large');
  return { ...archive, pages };
}

/**
 * Read one page of an archive.
 * @param place of the page, from 0
 * @param now ms UTC; a time after it is reported
 * @throws not_found, page_large, and as readWarc
 */
export function readArchivedPage(
  file: ByteSource,
  archive: WebArchive,
  { place, now }: { place: number; now: number },
  pause: Pause,
): Promise<SavedPage> {
  return inWords(async () => {
    const page = archive.pages[place];
    if (!page) throw new KeptError('not_found');
    const capture = captureOf(page, archive.captures);
    const { html, odd } = capture
      ? await readCapture(file, capture, pause)
      : { html: readHtml(''), odd: ['no_record' as const] };
    if (isUnlike(archive.parts)) odd.push('parts_differ');
    const [listedAt, savedAt] = [timeOf(page.at), timeOf(capture?.date ?? page.at)];
    if (listedAt !== null && savedAt !== null && Math.abs(listedAt - savedAt) > NEAR_MS) odd.push('times_differ');
    const raw = capture?.date ?? page.at;
    const text = page.text.trim();
    if (text) odd.push('noted_words');
    const words = text
      ? { ...html, text: cutText(text, MAX_TEXT_CHARACTERS), isCut: text.length > MAX_TEXT_CHARACTERS, isHiding: false }
      : html;
    return pageOf('web_archive', words, {
      claims: [
        { by: 'saver', address: capture?.address ?? page.address },
        ...(capture && capture.address !== page.address ? [{ by: 'part' as const, address: page.address }] : []),
      ],
      title: cutText(page.title, 500),
      saved: { at: savedAt, raw: savedAt === null ? toWellFormed(cutText(raw, 200)) : shownTime(raw) },
      now,
      odd,
    });
  });
}

/** Whether the parts are not as the list of digests says. */
export const isUnlike = (parts: PartsCheck | null) =>
  parts !== null && parts.changed.length + parts.absent.length + parts.unlisted.length > 0;

/** Return the capture of a listed page with the nearest time; undefined if its address has none. */
function captureOf(page: ListedPage, captures: readonly Capture[]): Capture | undefined {
  const [address, at] = [comparable(page.address), timeOf(page.at)];
  const distance = ({ date }: Capture) => Math.abs((timeOf(date) ?? 0) - (at ?? 0));
  return captures
    .filter((capture) => comparable(capture.address) === address)
    .reduce<Capture | undefined>((near, one) => (near && distance(near) <= distance(one) ? near : one), undefined);
}

/** Return an address without its fragment, which browsers do not send to a server. */
function comparable(address: string): string {
  try {
    const url = new URL(address);
    url.hash = '';
    return url.href;
  } catch {
    return address;
  }
}

async function readCapture(
  file: ByteSource,
  { entry, place }: Capture,
  pause: Pause,
): Promise<{ html: HtmlPage; odd: PageDefect[] }> {
  const reader = new WarcReader(await unpacked(entry ? piecesOfEntry(file, entry, pause) : piecesOfFile(file, pause)));
  let record: WarcRecord | null = null;
  for (let at = 0; at <= place; at++) record = await reader.next();
  if (!record) throw new KeptError('archive_damaged');
  const block = await reader.block(MAX_PAGE_BYTES + MAX_ANSWER_HEAD_BYTES);
  const head = readAnswerHead(block);
  if (!head) throw new KeptError('archive_damaged');
  const sent = block.subarray(head.bodyAt);
  const body = await bodyOf(head, sent, MAX_PAGE_BYTES);
  const odd: PageDefect[] = [];
  if (!(await hasOwnDigests(record, block, sent, body))) odd.push('digest_wrong');
  if (head.status >= 300 && head.status < 400) odd.push('sent_on');
  if (head.status >= 400) odd.push('answer_error');
  if (record.fields.has('warc-truncated') || record.fields.has('warc-segment-number')) odd.push('half');
  if (!body) odd.push('packed');
  return { html: readHtml(body ? decodeHtml(body, charsetOf(head)) : ''), odd };
}

/** Programs differ on whether the payload is the body with or without its chunks and packing. */
async function hasOwnDigests(record: WarcRecord, block: Uint8Array, sent: Uint8Array, body: Uint8Array | null) {
  const ofBlock = await hasDigest(record.fields.get('warc-block-digest') ?? '', [block]);
  const payload = record.fields.get('warc-payload-digest') ?? '';
  const ofPayload = await hasDigest(payload, body ? [sent, body] : [sent]);
  // A page that was saved only in part has the digest of the whole one.
  return ofBlock !== false && (ofPayload !== false || record.fields.has('warc-truncated'));
}

/** Note the pages of a WARC: the answers of sites that are HTML. */
async function listCaptures(
  pieces: Pieces,
  { entry, captures, unpacked: count }: { entry: ZipEntry | null; captures: Capture[]; unpacked: { size: number } },
) {
  const reader = new WarcReader(counted(await unpacked(pieces), count));
  for (let place = 0; ; place++) {
    const record = await reader.next();
    if (!record) return;
    // A part of a record has no head of its own.
    if (record.type !== 'response' || (record.fields.get('warc-segment-number') ?? '1') !== '1') continue;
    if (!/^application\/http\b/i.test(record.fields.get('content-type') ?? '')) continue;
    if (!record.uri) throw new KeptError('archive_damaged');
    const head =
      readAnswerHead(await reader.start(FIRST_HEAD_BYTES)) ?? readAnswerHead(await reader.start(MAX_ANSWER_HEAD_BYTES));
    if (!head || !isHtmlAnswer(head)) continue;
    captures.push({ address: record.uri, date: record.date, status: head.status, entry, place });
    if (captures.length > MAX_PAGES) throw new KeptError('archive_large');
  }
}

/** Return the pieces of a WARC as they are without gzip. */
async function unpacked(pieces: Pieces): Promise<Pieces> {
  const rest = pieces[Symbol.asyncIterator]();
  const first = await rest.next();
  const all = (async function* () {
    if (!first.done) yield first.value;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  })();
  return !first.done && looksLikeGzip(first.value) ? gunzipped(all) : all;
}

async function* counted(pieces: Pieces, count: { size: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    count.size += piece.length;
    if (count.size > MAX_PARTS_BYTES) throw new KeptError('archive_large');
    yield piece;
  }
}

async function* digested(
  pieces: Pieces,
  digest: { update(piece: Uint8Array): void },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    digest.update(piece);
    yield piece;
  }
}

async function* piecesOfFile(file: ByteSource, pause: Pause): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += READ_AHEAD_BYTES) {
    for (const piece of piecesIn(await file.read(at, Math.min(file.size, at + READ_AHEAD_BYTES)))) {
      yield piece;
      await pause(at, file.size);
    }
  }
}

async function* piecesOfEntry(file: ByteSource, entry: ZipEntry, pause: Pause): AsyncGenerator<Uint8Array> {
  const part = await entrySource(file, entry);
  yield* piecesOfFile(part, pause);
  await part.check();
}

/** Return ms UTC of the beginning of a time, null for one that cannot be. */
function timeOf(date: string): number | null {
  if (!DATE.test(date)) return null;
  const [at, day] = [Date.parse(date.replace(/(\.\d{3})\d+/, '$1')), Date.parse(date.slice(0, 10))];
  // Some browsers take 30 February for 2 March.
  return Number.isNaN(at) || !new Date(day).toISOString().startsWith(date.slice(0, 10)) ? null : at;
}

/** `2026-11-24T21:10:00Z` → `2026-11-24 21:10:00 UTC` */
export const shownTime = (date: string) => date.replace(/^([\d-]{10})T([\d:.]+)(?:Z|[+-]00:00)$/, '$1 $2 UTC');

/** What a zip lacks is said in words about web archives. */
async function inWords<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code } = toKeptError(error);
    if (code === 'zip_half') throw new KeptError('archive_half');
    if (code === 'zip_too_much') throw new KeptError('archive_large');
    if (code === 'import_wrong' || /^zip_/.test(code)) throw new KeptError('archive_damaged');
    throw error;
  }
}
