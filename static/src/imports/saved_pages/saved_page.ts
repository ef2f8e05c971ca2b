/**
 * A web page that a browser or an add-on saved: MHTML (RFC 2557, as Chrome, Edge and older browsers write it), one HTML
 * file (SingleFile's comment, or the browser's), or any other HTML file. Address, title and time are what the file
 * says, and anyone can edit it.
 */
import { decodeWords } from '../../../vendor/postal-mime/postal-mime.js';
import { KeptError } from '../../core/errors.js';
import { cutText, toWellFormed } from '../../core/text.js';
import { headerValue, parseDateHeader, parseHeaders } from '../mail.js';
import { readHtml } from './html_text.js';
import type { Header } from '../mail.js';
import type { HtmlPage } from './html_text.js';

export type PageDefect =
  | 'no_address'
  | 'addresses_differ'
  | 'odd_address'
  | 'no_time'
  | 'bad_time'
  | 'future'
  | 'no_words'
  | 'hidden'
  | 'cut'
  | 'half'
  | 'frames'
  // Of a web archive only.
  | 'parts_differ'
  | 'digest_wrong'
  | 'no_record'
  | 'times_differ'
  | 'sent_on'
  | 'answer_error'
  | 'packed'
  | 'noted_words';
/** `by`: the part of the file that says it */
type Claim = { by: 'saver' | 'part' | 'base' | 'canonical'; address: string };
/** `address`: as the program says that saved it, else as the page says; `at`: ms UTC */
export type SavedPage = {
  form: 'mhtml' | 'single_file' | 'html' | 'web_archive';
  address: string;
  claims: Claim[];
  title: string;
  saved: { at: number | null; raw: string };
  text: string;
  odd: PageDefect[];
};

export const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_ADDRESS_CHARACTERS = 2_000;
const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** How a script prints a date: `Tue Nov 24 2026 21:10:00 GMT+0000 (…)` */
const SCRIPT_DATE = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT([+-])(\d{2})(\d{2})/;
const HTML_START =
  /^\ufeff?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^]{0,4000}?-->\s*)*<(?:!doctype\s+html|html|head)[\s>]/i;
const WINDOWS_1252 = new TextDecoder('windows-1252');
/** Marks that turn or hide letters of an address. */
const ODD_LETTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]/gu;

/** Tell whether a file begins like a saved page. An email with pictures does not. */
export function looksLikeSavedPage(firstBytes: Uint8Array): boolean {
  return (
    isMhtml(parseHeaders(firstBytes).headers) || HTML_START.test(WINDOWS_1252.decode(firstBytes.subarray(0, 8_192)))
  );
}

/** Browsers name themselves as the sender, or name the page. Mail has a receiver or a way that it came. */
function isMhtml(headers: Header[]): boolean {
  const names = new Set(headers.map(({ name }) => name.toLowerCase()));
  return (
    !names.has('received') &&
    !names.has('to') &&
    /^multipart\/related/i.test(headerValue(headers, 'content-type')) &&
    (names.has('snapshot-content-location') || /^<?Saved by /i.test(headerValue(headers, 'from').replaceAll('"', '')))
  );
}

/**
 * Read a saved page.
 * @param now ms UTC; a time after it is reported
 * @throws import_wrong, page_large
 */
export function readSavedPage(bytes: Uint8Array, now: number): SavedPage {
  if (bytes.length > MAX_PAGE_BYTES) throw new KeptError('page_large');
  if (!looksLikeSavedPage(bytes.subarray(0, 65_536))) throw new KeptError('import_wrong');
  const { headers } = parseHeaders(bytes);
  return isMhtml(headers) ? readMhtml(bytes, headers, now) : readHtmlFile(bytes, now);
}

function readMhtml(bytes: Uint8Array, headers: Header[], now: number): SavedPage {
  const parts = partsOf(bytes, boundaryOf(headerValue(headers, 'content-type')));
  const pages = parts.list.filter((part) => /^(?:text\/html|application\/xhtml\+xml)/i.test(partType(part.headers)));
  const [root] = pages;
  const html = readHtml(root ? decodePart(root) : '');
  const date = parseDateHeader(headerValue(headers, 'date'));
  return pageOf('mhtml', html, {
    claims: [
      { by: 'saver', address: headerValue(headers, 'snapshot-content-location') },
      { by: 'part', address: root ? headerValue(root.headers, 'content-location') : '' },
    ],
    title: toWellFormed(decodedWords(headerValue(headers, 'subject'))),
    saved: { at: date.at, raw: date.raw },
    now,
    odd: [...(parts.isWhole ? [] : ['half' as const]), ...(pages.length > 1 ? ['frames' as const] : [])],
  });
}

function readHtmlFile(bytes: Uint8Array, now: number): SavedPage {
  const html = readHtml(decodeHtml(bytes, ''));
  const comment = html.comments.find((one) => /^\s*Page saved with SingleFile\b/.test(one));
  if (comment === undefined) {
    const saved = /^\s*saved from url=\(\d{4}\)(\S+)/.exec(html.comments[0] ?? '')?.[1] ?? '';
    return pageOf('html', html, {
      claims: [{ by: 'saver', address: saved }],
      title: '',
      saved: { at: null, raw: '' },
      now,
    });
  }
  const field = (name: string) => new RegExp(`^[ \\t]*${name}:[ \\t]*(.*)$`, 'm').exec(comment)?.[1]?.trim() ?? '';
  const raw = field('saved date');
  return pageOf('single_file', html, {
    claims: [{ by: 'saver', address: field('url') }],
    title: '',
    saved: { at: scriptDate(raw), raw: toWellFormed(cutText(raw, 200)) },
    now,
  });
}

/**
 * Return what is known of a page.
 * @param input what the file says beside the page; `title`: '' for the page's own
 */
export function pageOf(
  form: SavedPage['form'],
  html: HtmlPage,
  input: Pick<SavedPage, 'claims' | 'title' | 'saved'> & { now: number; odd?: PageDefect[] },
): SavedPage {
  const { title, saved, now, odd = [] } = input;
  const all: Claim[] = [
    ...input.claims,
    { by: 'base', address: html.base },
    { by: 'canonical', address: html.canonical },
  ];
  // A relative address and one inside the file name no page.
  const named = all.filter(({ address, by }) => (by === 'saver' ? address : /^(?:https?|file|ftp):/i.test(address)));
  const claims = named.map(({ by, address }) => ({ by, address: shownAddress(address) }));
  const hosts = new Set(claims.map(({ address }) => hostOf(address)));
  if (!claims.length) odd.push('no_address');
  if (hosts.size > 1) odd.push('addresses_differ');
  if (named.some(({ address }) => address.trim().search(ODD_LETTERS) >= 0)) odd.push('odd_address');
  if (!saved.raw) odd.push('no_time');
  else if (saved.at === null) odd.push('bad_time');
  else if (saved.at > now + DAY_MS) odd.push('future');
  if (!html.text) odd.push('no_words');
  if (html.isHiding) odd.push('hidden');
  if (html.isCut) odd.push('cut');
  return { form, address: claims[0]?.address ?? '', claims, title: title || html.title, saved, text: html.text, odd };
}

/** Marks that would turn or hide a part of the address are written out. */
function shownAddress(address: string): string {
  const plain = toWellFormed(address.trim().slice(0, MAX_ADDRESS_CHARACTERS));
  return plain.replace(
    ODD_LETTERS,
    (letter) => `[U+${(letter.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

function hostOf(address: string): string {
  try {
    return new URL(address).host.replace(/^www\./, '');
  } catch {
    return address;
  }
}

function scriptDate(raw: string): number | null {
  const match = SCRIPT_DATE.exec(raw);
  if (!match) return null;
  const [, month = '', day, year, hour, minute, second, sign, hours, minutes] = match;
  const monthIndex = MONTHS.indexOf(month);
  const utc = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  const isValid = monthIndex >= 0 && new Date(utc).getUTCDate() === Number(day) && Number(hour) < 24;
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return isValid && Math.abs(offset) <= 14 * 60 ? utc - offset * 60_000 : null;
}

type Part = { headers: Header[]; body: Uint8Array };

function boundaryOf(contentType: string): string {
  return /boundary="?([^";\r\n]{1,100})"?/i.exec(contentType)?.[1]?.trim() ?? '';
}

const MAX_PARTS = 10_000;

/** Return the parts between the boundaries. `isWhole`: the last boundary is there. Parts inside parts stay closed. */
function partsOf(bytes: Uint8Array, boundary: string): { list: Part[]; isWhole: boolean } {
  const list: Part[] = [];
  if (!boundary) return { list, isWhole: false };
  const text = WINDOWS_1252.decode(bytes);
  const mark = `\n--${boundary}`;
  let at = text.indexOf(mark);
  while (at >= 0 && list.length < MAX_PARTS) {
    const start = text.indexOf('\n', at + mark.length) + 1;
    if (text.startsWith('--', at + mark.length)) return { list, isWhole: true };
    const next = start ? text.indexOf(mark, start - 1) : -1;
    if (!start) break;
    const piece = bytes.subarray(start, next < 0 ? bytes.length : next);
    const { headers } = parseHeaders(piece.subarray(0, 16_384));
    const gap = /\r?\n\r?\n/.exec(text.slice(start, start + 16_384));
    list.push({ headers, body: gap ? piece.subarray(gap.index + gap[0].length) : new Uint8Array(0) });
    at = next;
  }
  return { list, isWhole: false };
}

const partType = (headers: Header[]) => headerValue(headers, 'content-type').trim();

function decodePart({ headers, body }: Part): string {
  const encoding = headerValue(headers, 'content-transfer-encoding').trim().toLowerCase();
  const charset = /charset="?([\w-]{1,40})/i.exec(partType(headers))?.[1] ?? '';
  if (encoding === 'base64') return decodeHtml(fromBase64(body), charset);
  return decodeHtml(encoding === 'quoted-printable' ? fromQuotedPrintable(body) : body, charset);
}

function fromBase64(body: Uint8Array): Uint8Array {
  const letters = WINDOWS_1252.decode(body).replace(/[^A-Za-z0-9+/]/g, '');
  const binary = atob(letters.slice(0, letters.length - (letters.length % 4 === 1 ? 1 : 0)));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function fromQuotedPrintable(body: Uint8Array): Uint8Array {
  const output = new Uint8Array(body.length);
  let length = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (byte !== 0x3d) {
      output[length++] = byte;
      continue;
    }
    const [first, second] = [body[at + 1], body[at + 2]];
    if (first === 10) at += 1;
    else if (first === 13 && second === 10) at += 2;
    else {
      const code = Number.parseInt(String.fromCharCode(first ?? 32, second ?? 32), 16);
      const isCode = isHex(first) && isHex(second);
      output[length++] = isCode ? code : byte;
      if (isCode) at += 2;
    }
  }
  return output.subarray(0, length);
}

const isHex = (byte: number | undefined) =>
  byte !== undefined && ((byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102));

/** Decode with the charset that is named outside, else by its mark, else by its own tag, else as UTF-8. */
export function decodeHtml(bytes: Uint8Array, charset: string): string {
  const own = /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(
    WINDOWS_1252.decode(bytes.subarray(0, 4_096)),
  )?.[1];
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : '';
  for (const label of [mark, charset, own, 'utf-8']) {
    if (!label) continue;
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      // An unknown name, or bytes that it does not have: the next one is tried.
    }
  }
  return WINDOWS_1252.decode(bytes);
}

function decodedWords(value: string): string {
  try {
    return decodeWords(value);
  } catch {
    return value;
  }
}
