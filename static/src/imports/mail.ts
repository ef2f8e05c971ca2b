/**
 * A saved email (.eml, or Outlook's .msg and winmail.dat): its headers raw and decoded, its text, its files and the
 * messages inside it.
 *
 * Nothing in it is rendered: an HTML part is converted to text, and no address in it is ever requested. Defects that
 * a mail program would repair silently are listed in `odd`, so that the screen can show them.
 */
import PostalMime, { addressParser, decodeWords } from '../../vendor/postal-mime/postal-mime.js';
import { htmlToText } from '../../vendor/postal-mime/text-format.js';
import { KeptError } from '../core/errors.js';
import { toWellFormed } from '../core/text.js';
import { looksLikeCompoundFile } from './outlook/compound_file.js';
import { readMsg } from './outlook/msg.js';
import { wordsOfRtf } from './outlook/rtf.js';
import { looksLikeTnef, readTnef } from './outlook/tnef.js';
import type { Bytes } from '../core/bytes.js';
import type { OutlookMessage } from './outlook/properties.js';
import type { Email } from '../../vendor/postal-mime/types.js';

/** `raw` with its folded lines; `read` with encoded words decoded */
export type Header = { name: string; raw: string; read: string };
type MailFile = { name: string; type: string; size: number };
type SentTime = { at: number | null; raw: string; offset_min: number | null };
type Defect =
  | 'no_date'
  | 'bad_date'
  | 'no_from'
  | 'no_words'
  | 'words_from_html'
  | 'no_end_of_headers'
  | 'half'
  | 'too_deep'
  | 'part_unread'
  | 'outlook_time'
  | 'times_differ'
  | 'senders_differ'
  | 'words_from_rtf'
  | 'unsent';
export type Mail = {
  headers: Header[];
  raw_headers: string;
  from: string;
  to: string[];
  subject: string;
  sent: SentTime;
  text: string;
  files: MailFile[];
  /** messages forwarded as files */
  inside: Mail[];
  odd: Defect[];
};

/** `named`: as shown, with the name; `address`: in lower case. A name that looks like an address is not one */
export type MailPerson = { named: string; address: string };
/** What the headers say about who a message is from and for; `deliveredTo`: the mailboxes that it was put into */
export type MailHead = { from: MailPerson | null; to: MailPerson[]; deliveredTo: MailPerson[]; isDraft: boolean };

export const MAX_MAIL_BYTES = 40 * 1024 * 1024;
const MAX_DEPTH = 4;
const MAX_PEOPLE = 500;
const MAX_HEADER_BYTES = 256 * 1024;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY = String.raw`(\d{1,2})[ -]+([A-Za-z]{3,9})\.?[ -]+(\d{2,4})`;
const TIME = String.raw`(\d{1,2}):(\d{2})(?::(\d{2}))?`;
const ZONE = String.raw`(?:\s*([+-]\d{4}|[A-Za-z]{1,4}))?`;
const DATE_HEADER = new RegExp(`(?:^|[ ,])${DAY}[ ,]+${TIME}${ZONE}`);
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
const MAIL_HEADERS =
  /^(?:from|to|date|subject|received|message-id|return-path|delivered-to|mime-version|reply-to|cc|sender)$/i;
const RECEIVER_HEADERS = ['to', 'cc', 'bcc'];
const WINDOWS_1252 = new TextDecoder('windows-1252');
/** The headers' time and the one that Outlook kept may differ by this: headers have no parts of a second. */
const SAME_TIME_MS = 60_000;

/** Tell whether the first bytes are those of a file that Outlook may have saved. A .doc begins like a .msg. */
export function looksLikeOutlook(firstBytes: Uint8Array) {
  return looksLikeCompoundFile(firstBytes) || looksLikeTnef(firstBytes);
}

/** Tell whether the first bytes are an email's headers: at least two that only mail has, before any other text. */
export function looksLikeMail(firstBytes: Uint8Array) {
  const { headers } = parseHeaders(firstBytes.subarray(0, 32_768));
  return headers.filter(({ name }) => MAIL_HEADERS.test(name)).length >= 2;
}

/** @param firstBytes at least its headers */
export function readMailHead(firstBytes: Uint8Array): MailHead {
  const { headers } = parseHeaders(firstBytes);
  const people = (names: string[]) =>
    names.flatMap((name) => peopleIn(headerValue(headers, name))).filter(({ address }) => address.includes('@'));
  return {
    from: people(['from'])[0] ?? null,
    to: people(RECEIVER_HEADERS),
    deliveredTo: people(['delivered-to', 'x-original-to', 'envelope-to']),
    // Google and Thunderbird mark drafts like this. Google does so in the language of the account.
    isDraft: /\bdrafts?\b/i.test(headerValue(headers, 'x-gmail-labels')) || hasHeader(headers, 'x-mozilla-draft-info'),
  };
}

const hasHeader = (headers: Header[], name: string) => headers.some((one) => one.name.toLowerCase() === name);

/** @throws import_not_mail, import_wrong for a compound file of another program, mail_damaged, too_large */
export async function readMail(bytes: Uint8Array, depth: number = 0): Promise<Mail> {
  if (bytes.length > MAX_MAIL_BYTES) throw new KeptError('too_large');
  if (looksLikeOutlook(bytes)) return mailOfOutlook(readOutlook(bytes as Bytes));
  const { headers, raw: rawHeaders, hasEnd } = parseHeaders(bytes);
  if (depth === 0 && !looksLikeMail(bytes)) throw new KeptError('import_not_mail');
  const parsed = await PostalMime.parse(bytes, {
    forceRfc822Attachments: true,
    maxNestingDepth: 32,
  }).catch(() => {
    throw new KeptError('mail_damaged');
  });
  const sent = parseDateHeader(headerValue(headers, 'date'));
  const from = namesIn(headers, 'from')[0] ?? '';
  const defects: Defect[] = [];
  if (!sent.raw) defects.push('no_date');
  else if (sent.at === null) defects.push('bad_date');
  if (!from) defects.push('no_from');
  if (!hasEnd) defects.push('no_end_of_headers');
  if (isCutOff(headers, bytes)) defects.push('half');
  const { files, inside: nested, deep: isTooDeep, packed, unread: isUnread } = await readParts(parsed, depth);
  const own = mailText(parsed);
  // Outlook may pack the words with the files, and send nothing else.
  const { text, defect } = own.text.trim() || !packed ? own : outlookText(packed);
  if (!text.trim()) defects.push('no_words');
  else if (defect) defects.push(defect);
  if (isTooDeep) defects.push('too_deep');
  if (isUnread) defects.push('part_unread');
  return {
    headers,
    raw_headers: rawHeaders,
    from,
    to: RECEIVER_HEADERS.flatMap((name) => namesIn(headers, name)),
    subject: toWellFormed(decodeEncodedWords(headerValue(headers, 'subject'))),
    sent,
    text,
    files,
    inside: nested,
    odd: defects,
  };
}

/** `packed`: the message in the first winmail.dat; `unread`: a file of Outlook's that could not be read whole */
async function readParts(parsed: Email, depth: number) {
  const files: MailFile[] = [];
  const nested: Mail[] = [];
  let packed: OutlookMessage | null = null;
  let [isTooDeep, isUnread] = [false, false];
  for (const { filename, mimeType, content } of parsed.attachments) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
    if (mimeType === 'message/rfc822' && depth < MAX_DEPTH) {
      nested.push(await readMail(bytes, depth + 1));
      continue;
    }
    isTooDeep ||= mimeType === 'message/rfc822';
    files.push({ name: toWellFormed(filename ?? ''), type: toWellFormed(mimeType), size: bytes.length });
    if (!looksLikeTnef(bytes)) continue;
    try {
      const message = readTnef(bytes, depth + 1);
      const read = outlookParts(message);
      files.push(...read.files);
      nested.push(...read.inside);
      isTooDeep ||= message.isTooDeep;
      isUnread ||= message.isPartUnread;
      packed ??= message;
    } catch (error) {
      // One file that is damaged does not stop the email. It is listed all the same.
      if (!(error instanceof KeptError)) throw error;
      isUnread = true;
    }
  }
  return { files, inside: nested, deep: isTooDeep, packed, unread: isUnread };
}

/** Return the text, preferring the plain part. `defect`: where it comes from, if that is not the plain part */
function mailText({ text, html }: { text?: string; html?: string }): { text: string; defect: Defect | null } {
  const isFromHtml = !text && Boolean(html);
  const content = isFromHtml ? htmlToText(html as string) : (text ?? '');
  return {
    text: toWellFormed(content.replaceAll('\r\n', '\n').replace(/\n+$/, '')),
    defect: isFromHtml ? 'words_from_html' : null,
  };
}

const readOutlook = (bytes: Bytes): OutlookMessage => (looksLikeTnef(bytes) ? readTnef(bytes) : readMsg(bytes));

/** Return the text of Outlook's message: the plain one, else of its HTML, else of its RTF. */
function outlookText({ plain, html, rtf }: OutlookMessage): { text: string; defect: Defect | null } {
  if (plain.trim() || html.trim() || !rtf) return mailText({ text: plain.trim() ? plain : '', html });
  const words = wordsOfRtf(rtf);
  if (!words) return { text: '', defect: 'part_unread' };
  const { text, defect } = mailText(words.isHtml ? { html: words.text } : { text: words.text });
  return { text, defect: words.isWhole ? (defect ?? 'words_from_rtf') : 'part_unread' };
}

function outlookParts({ files }: OutlookMessage): { files: MailFile[]; inside: Mail[] } {
  return {
    files: files
      .filter(({ message }) => !message)
      .map(({ name, type, size }) => ({ name: toWellFormed(name), type: toWellFormed(type), size })),
    inside: files.flatMap(({ message }) => (message ? [mailOfOutlook(message)] : [])),
  };
}

/** Return the email that Outlook kept. Headers as they were sent come before what Outlook made of them. */
function mailOfOutlook(message: OutlookMessage): Mail {
  const { headers, raw } = parseHeaders(new TextEncoder().encode(message.transportHeaders.trimStart()));
  const written = parseDateHeader(headerValue(headers, 'date'));
  const at = message.submitted ?? message.delivered;
  const kept = {
    at,
    raw: at === null ? message.localDate : new Date(at).toISOString().replace(/\.000Z$/, 'Z'),
    offset_min: null,
  };
  const sent = written.raw ? written : kept;
  const ownSender = outlookName(message.sender);
  const [writer] = peopleIn(headerValue(headers, 'from'));
  const { text, defect } = outlookText(message);
  const odd: Defect[] = [];
  if (!sent.raw) odd.push('no_date');
  else if (sent.at === null) odd.push('bad_date');
  if (!written.raw && at !== null) odd.push('outlook_time');
  if (written.at !== null && at !== null && Math.abs(written.at - at) > SAME_TIME_MS) odd.push('times_differ');
  if (!writer && !ownSender) odd.push('no_from');
  const address = message.sender.address.toLowerCase();
  if (writer && address.includes('@') && writer.address !== address) odd.push('senders_differ');
  if (message.isUnsent) odd.push('unsent');
  if (!text.trim()) odd.push('no_words');
  if (defect) odd.push(defect);
  if (message.isTooDeep) odd.push('too_deep');
  if (message.isPartUnread && defect !== 'part_unread') odd.push('part_unread');
  const named = RECEIVER_HEADERS.flatMap((name) => namesIn(headers, name));
  const subject = headerValue(headers, 'subject');
  return {
    headers,
    raw_headers: raw,
    from: writer?.named ?? ownSender,
    to: named.length ? named : message.recipients.map(outlookName).filter(Boolean).slice(0, MAX_PEOPLE),
    subject: toWellFormed(subject ? decodeEncodedWords(subject) : message.subject),
    sent,
    text,
    ...outlookParts(message),
    odd,
  };
}

function outlookName({ name, address }: OutlookMessage['sender']): string {
  return toWellFormed(name && address && name !== address ? `${name} <${address}>` : address || name);
}

/** Tell whether the message was cut off: a multipart message without its closing boundary. */
function isCutOff(headers: Header[], bytes: Uint8Array) {
  const boundary = /boundary="?([^";\r\n]{1,100})"?/i.exec(headerValue(headers, 'content-type'))?.[1];
  if (!boundary || !/^multipart\//i.test(headerValue(headers, 'content-type').trim())) return false;
  return !WINDOWS_1252.decode(bytes.subarray(Math.max(0, bytes.length - 100_000))).includes(`--${boundary.trim()}--`);
}

/** Return the headers at the beginning of a message or of a part of one. */
export function parseHeaders(bytes: Uint8Array): { headers: Header[]; raw: string; hasEnd: boolean } {
  const text = decodeHeaders(bytes.subarray(0, MAX_HEADER_BYTES));
  const end = /\r?\n\r?\n/.exec(text);
  const raw = text.slice(0, end ? end.index : text.length);
  const headers: Header[] = [];
  for (const line of raw.split(/\r?\n(?![ \t])/)) {
    const match = /^([!-9;-~]{1,80}):([^]*)$/.exec(line);
    if (match)
      headers.push({
        name: match[1] as string,
        raw: line,
        read: toWellFormed(decodeEncodedWords(unfold(match[2] as string))),
      });
    else if (!headers.length && !/^(?:From |>From )/.test(line)) break; // the first line is not a header: not an email
  }
  return { headers, raw, hasEnd: end !== null || bytes.length < MAX_HEADER_BYTES };
}

/** Raw headers are ASCII, or UTF-8 in newer mail; older mail may use any encoding. */
function decodeHeaders(bytes: Uint8Array) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return WINDOWS_1252.decode(bytes);
  }
}

const unfold = (value: string) => value.replace(/\r?\n[ \t]+/g, ' ').trim();

/** @returns the first header of that name, unfolded, with encoded words as they are */
export function headerValue(headers: Header[], name: string): string {
  const header = headers.find((candidate) => candidate.name.toLowerCase() === name);
  return header ? unfold(header.raw.slice(header.name.length + 1)) : '';
}

function decodeEncodedWords(value: string) {
  try {
    return decodeWords(value);
  } catch {
    return value;
  }
}

/** Return the people of a header, at most 500. One without an address has '' there. */
function peopleIn(value: string): MailPerson[] {
  if (!value) return [];
  try {
    return addressParser(value, { flatten: true })
      .map(({ name, address = '' }) => ({
        named: toWellFormed(name && address ? `${name} <${address}>` : address || name),
        address: toWellFormed(address.trim().toLowerCase()),
      }))
      .filter(({ named }) => named)
      .slice(0, MAX_PEOPLE);
  } catch {
    return [{ named: toWellFormed(value), address: '' }];
  }
}

/** Return the people of a header as they are shown. */
const namesIn = (headers: Header[], name: string) => peopleIn(headerValue(headers, name)).map(({ named }) => named);

/** Parse a Date header. Without a zone there is no instant. */
export function parseDateHeader(raw: string): SentTime {
  const match = DATE_HEADER.exec(raw);
  const invalid = { at: null, raw: toWellFormed(raw), offset_min: null };
  if (!match) return invalid;
  const [, day, month = '', year, hour, minute, second, zone = ''] = match;
  const monthIndex = MONTHS.indexOf(month.slice(0, 3).toLowerCase());
  const fullYear = Number(year) < 50 ? 2000 + Number(year) : Number(year) < 100 ? 1900 + Number(year) : Number(year);
  const utc = Date.UTC(fullYear, monthIndex, Number(day), Number(hour), Number(minute), Number(second ?? 0));
  const offset = /^[+-]/.test(zone)
    ? (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)))
    : ZONES.get(zone.toLowerCase());
  const isValid =
    monthIndex >= 0 && new Date(utc).getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60;
  if (!isValid || offset === undefined || Math.abs(offset) > 14 * 60) return invalid;
  return { at: utc - offset * 60_000, raw: toWellFormed(raw), offset_min: offset };
}
