/**
 * A saved email (.eml): its headers raw and decoded, its text, its files and the messages inside it.
 *
 * Nothing in it is rendered: an HTML part is converted to text, and no address in it is ever requested. Defects that
 * a mail program would repair silently are listed in `odd`, so that the screen can show them.
 */
import PostalMime, { addressParser, decodeWords } from '../../vendor/postal-mime/postal-mime.js';
import { htmlToText } from '../../vendor/postal-mime/text-format.js';
import { KeptError } from '../core/errors.js';
import type { Email } from '../../vendor/postal-mime/types.js';

/** `raw` with its folded lines; `read` with encoded words decoded */
type Header = { name: string; raw: string; read: string };
type MailFile = { name: string; type: string; size: number };
type Stamp = { at: number | null; raw: string; offset_min: number | null };
type Odd =
  | 'no_date'
  | 'bad_date'
  | 'no_from'
  | 'no_words'
  | 'words_from_html'
  | 'no_end_of_headers'
  | 'half'
  | 'too_deep';
export type Mail = {
  headers: Header[];
  raw_headers: string;
  from: string;
  to: string[];
  subject: string;
  sent: Stamp;
  text: string;
  files: MailFile[];
  /** messages forwarded as files */
  inside: Mail[];
  odd: Odd[];
};

export const MOST_MAIL = 40 * 1024 * 1024;
const MOST_DEPTH = 4;
const MOST_HEADERS = 256 * 1024;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DATE =
  /(?:^|[ ,])(\d{1,2})[ -]+([A-Za-z]{3,9})\.?[ -]+(\d{2,4})[ ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([+-]\d{4}|[A-Za-z]{1,4}))?/;
const ZONES = new Map(
  Object.entries({
    ut: 0,
    utc: 0,
    gmt: 0,
    z: 0,
    bst: 60,
    cet: 60,
    cest: 120,
    est: -300,
    edt: -240,
    cst: -360,
    cdt: -300,
    mst: -420,
    mdt: -360,
    pst: -480,
    pdt: -420,
  }),
);
/** Headers that no other text file begins with. */
const TELLING =
  /^(?:from|to|date|subject|received|message-id|return-path|delivered-to|mime-version|reply-to|cc|sender)$/i;
const LATIN = new TextDecoder('windows-1252');

/** Tell whether the first bytes are an email's headers: at least two that only mail has, before any other text. */
export function looksLikeMail(first: Uint8Array) {
  const { headers } = headersIn(first.subarray(0, 32_768));
  return headers.filter(({ name }) => TELLING.test(name)).length >= 2;
}

/** @throws import_not_mail, too_large */
export async function readMail(bytes: Uint8Array, depth: number = 0): Promise<Mail> {
  if (bytes.length > MOST_MAIL) throw new KeptError('too_large');
  const { headers, raw, ended } = headersIn(bytes);
  if (depth === 0 && !looksLikeMail(bytes)) throw new KeptError('import_not_mail');
  const parsed = await PostalMime.parse(bytes, {
    forceRfc822Attachments: true,
    maxNestingDepth: 32,
  }).catch(() => {
    throw new KeptError('mail_damaged');
  });
  const sent = stampOf(headerValue(headers, 'date'));
  const from = addressesOf(headerValue(headers, 'from'))[0] ?? '';
  const odd: Odd[] = [];
  if (!sent.raw) odd.push('no_date');
  else if (sent.at === null) odd.push('bad_date');
  if (!from) odd.push('no_from');
  if (!ended) odd.push('no_end_of_headers');
  if (isHalf(headers, bytes)) odd.push('half');
  const { text, isFromHtml } = wordsOf(parsed);
  if (!text.trim()) odd.push('no_words');
  else if (isFromHtml) odd.push('words_from_html');
  const { files, inside, deep } = await partsOf(parsed, depth);
  if (deep) odd.push('too_deep');
  return {
    headers,
    raw_headers: raw,
    from,
    to: ['to', 'cc', 'bcc'].flatMap((name) => addressesOf(headerValue(headers, name))),
    subject: wellFormed(readable(headerValue(headers, 'subject'))),
    sent,
    text,
    files,
    inside,
    odd,
  };
}

async function partsOf(parsed: Email, depth: number) {
  const files: MailFile[] = [];
  const inside: Mail[] = [];
  let deep = false;
  for (const { filename, mimeType, content } of parsed.attachments) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
    if (mimeType === 'message/rfc822' && depth < MOST_DEPTH) inside.push(await readMail(bytes, depth + 1));
    else {
      deep ||= mimeType === 'message/rfc822';
      files.push({ name: wellFormed(filename ?? ''), type: wellFormed(mimeType), size: bytes.length });
    }
  }
  return { files, inside, deep };
}

/** Return the text, preferring the plain part. */
function wordsOf({ text, html }: Email) {
  const isFromHtml = !text && Boolean(html);
  const words = isFromHtml ? htmlToText(html as string) : (text ?? '');
  return { text: wellFormed(words.replaceAll('\r\n', '\n').replace(/\n+$/, '')), isFromHtml };
}

/** Tell whether the message was cut off: a multipart message without its closing boundary. */
function isHalf(headers: Header[], bytes: Uint8Array) {
  const boundary = /boundary="?([^";\r\n]{1,100})"?/i.exec(headerValue(headers, 'content-type'))?.[1];
  if (!boundary || !/^multipart\//i.test(headerValue(headers, 'content-type').trim())) return false;
  return !LATIN.decode(bytes.subarray(Math.max(0, bytes.length - 100_000))).includes(`--${boundary.trim()}--`);
}

function headersIn(bytes: Uint8Array): { headers: Header[]; raw: string; ended: boolean } {
  const text = headText(bytes.subarray(0, MOST_HEADERS));
  const end = /\r?\n\r?\n/.exec(text);
  const raw = text.slice(0, end ? end.index : text.length);
  const headers: Header[] = [];
  for (const line of raw.split(/\r?\n(?![ \t])/)) {
    const found = /^([!-9;-~]{1,80}):([^]*)$/.exec(line);
    if (found)
      headers.push({
        name: found[1] as string,
        raw: line,
        read: wellFormed(readable(unfolded(found[2] as string))),
      });
    else if (!headers.length && !/^(?:From |>From )/.test(line)) break; // the first line is not a header: not an email
  }
  return { headers, raw, ended: end !== null || bytes.length < MOST_HEADERS };
}

/** Raw headers are ASCII, or UTF-8 in newer mail; older mail may use any encoding. */
function headText(bytes: Uint8Array) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return LATIN.decode(bytes);
  }
}

const unfolded = (value: string) => value.replace(/\r?\n[ \t]+/g, ' ').trim();

/** @returns the first header of that name, unfolded, with encoded words as they are */
function headerValue(headers: Header[], name: string): string {
  const found = headers.find((one) => one.name.toLowerCase() === name);
  return found ? unfolded(found.raw.slice(found.name.length + 1)) : '';
}

function readable(value: string) {
  try {
    return decodeWords(value);
  } catch {
    return value;
  }
}

/** Return addresses with their names, in readable form. */
function addressesOf(value: string): string[] {
  if (!value) return [];
  try {
    return addressParser(value, { flatten: true })
      .map(({ name, address }) => wellFormed(name && address ? `${name} <${address}>` : address || name))
      .filter(Boolean)
      .slice(0, 500);
  } catch {
    return [wellFormed(value)];
  }
}

/** Parse a Date header. Without a zone there is no instant. */
export function stampOf(raw: string): Stamp {
  const found = DATE.exec(raw);
  const none = { at: null, raw: wellFormed(raw), offset_min: null };
  if (!found) return none;
  const [, day, month = '', year, hour, minute, second, zone = ''] = found;
  const m = MONTHS.indexOf(month.slice(0, 3).toLowerCase());
  const y = Number(year) < 50 ? 2000 + Number(year) : Number(year) < 100 ? 1900 + Number(year) : Number(year);
  const utc = Date.UTC(y, m, Number(day), Number(hour), Number(minute), Number(second ?? 0));
  const offset = /^[+-]/.test(zone)
    ? (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)))
    : ZONES.get(zone.toLowerCase());
  const isDate = m >= 0 && new Date(utc).getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60;
  if (!isDate || offset === undefined || Math.abs(offset) > 14 * 60) return none;
  return { at: utc - offset * 60_000, raw: wellFormed(raw), offset_min: offset };
}

/** Return text with a canonical form: a lone surrogate becomes a replacement character. */
function wellFormed(text: string) {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
