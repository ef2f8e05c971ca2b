/** The properties of Outlook's messages ([MS-OXPROPS]), whichever file they are in, and what a message is made of. */
import type { Bytes } from '../../core/bytes.js';

/** A time is in ms UTC */
export type PropertyValue = string | number | Bytes;
/** by the number of the property */
export type Properties = Map<number, PropertyValue>;
/** `message`: an embedded message; its size is that of the file's data where the file gives it */
export type OutlookFile = { name: string; type: string; size: number; message: OutlookMessage | null };
/**
 * What the file says. `submitted` and `delivered`: ms UTC; `localDate`: without a zone, as text.
 * `rtf`: compressed. `isPartUnread`: bytes of it are missing or damaged
 */
export type OutlookMessage = {
  transportHeaders: string;
  sender: { name: string; address: string };
  recipients: { name: string; address: string }[];
  subject: string;
  submitted: number | null;
  delivered: number | null;
  localDate: string;
  isUnsent: boolean;
  plain: string;
  html: string;
  rtf: Bytes | null;
  files: OutlookFile[];
  isPartUnread: boolean;
  isTooDeep: boolean;
};

export const MAX_PROPERTIES = 20_000;
export const MAX_FILES = 2_000;
/** Messages inside messages */
export const MAX_MESSAGE_DEPTH = 4;
export const EMBEDDED_METHOD = 5;

/** Types of property values. */
export const TYPE = {
  short: 0x0002,
  long: 0x0003,
  boolean: 0x000b,
  object: 0x000d,
  text8: 0x001e,
  text: 0x001f,
  time: 0x0040,
  bytes: 0x0102,
} as const;

export const PROPERTY = {
  subject: 0x0037,
  submitted: 0x0039,
  sentForName: 0x0042,
  sentForAddress: 0x0065,
  transportHeaders: 0x007d,
  recipientType: 0x0c15,
  senderName: 0x0c1a,
  senderAddress: 0x0c1f,
  delivered: 0x0e06,
  messageFlags: 0x0e07,
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  displayName: 0x3001,
  address: 0x3003,
  data: 0x3701,
  shortFileName: 0x3704,
  attachMethod: 0x3705,
  longFileName: 0x3707,
  mimeType: 0x370e,
  smtpAddress: 0x39fe,
  internetCodePage: 0x3fde,
  messageCodePage: 0x3ffd,
  senderSmtp: 0x5d01,
  sentForSmtp: 0x5d02,
} as const;

const UNSENT_FLAG = 8;
const FILETIME_UNIX_MS = 11_644_473_600_000;
const CODE_PAGES: Record<number, string> = {
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  20866: 'koi8-r',
  21866: 'koi8-u',
  50220: 'iso-2022-jp',
  51932: 'euc-jp',
  51949: 'euc-kr',
  54936: 'gb18030',
  65001: 'utf-8',
};
const UTF16 = new TextDecoder('utf-16le');

export const textOf = (properties: Properties, id: number): string => {
  const value = properties.get(id);
  return typeof value === 'string' ? value : '';
};
export const numberOf = (properties: Properties, id: number): number | null => {
  const value = properties.get(id);
  return typeof value === 'number' ? value : null;
};
export const bytesOf = (properties: Properties, id: number): Bytes | null => {
  const value = properties.get(id);
  return value instanceof Uint8Array ? value : null;
};

/** Return a decoder for a Windows code page. An unknown one is read as Western European, as Outlook's default. */
export function decoderOf(codePage: number | null): TextDecoder {
  const page = codePage ?? 1252;
  const label =
    CODE_PAGES[page] ??
    ((page >= 1250 && page <= 1258 ? `windows-${page}` : '') ||
      (page >= 28591 && page <= 28605 && page !== 28602 ? `iso-8859-${page - 28590}` : ''));
  try {
    return new TextDecoder(label || 'windows-1252');
  } catch {
    return new TextDecoder('windows-1252');
  }
}

/** Decode UTF-16 up to its first zero. */
export const unicodeText = (bytes: Uint8Array): string => untilZero(UTF16.decode(bytes));
export const untilZero = (text: string): string => {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
};

/** Return ms UTC of a FILETIME (100 ns since 1601), or null for none. */
export function fileTime(view: DataView, at: number): number | null {
  const ticks = view.getBigUint64(at, true);
  const ms = Number(ticks / 10_000n) - FILETIME_UNIX_MS;
  return ticks && ms > -FILETIME_UNIX_MS && ms < 4_102_444_800_000 ? ms : null;
}

/** Return the person of a name and the first of the addresses that is one of the internet, else the first. */
export function personOf(name: string, addresses: readonly string[]): { name: string; address: string } {
  const known = addresses.filter(Boolean);
  return { name, address: known.find((address) => address.includes('@')) ?? known[0] ?? '' };
}

/** Return a message of its properties, those of its recipients, and its files. */
export function messageOf(
  properties: Properties,
  recipients: readonly Properties[],
  files: OutlookFile[],
): OutlookMessage {
  const text = (id: number) => textOf(properties, id);
  const sender = personOf(text(PROPERTY.senderName), [text(PROPERTY.senderSmtp), text(PROPERTY.senderAddress)]);
  const sentFor = personOf(text(PROPERTY.sentForName), [text(PROPERTY.sentForSmtp), text(PROPERTY.sentForAddress)]);
  const html = properties.get(PROPERTY.html);
  return {
    transportHeaders: text(PROPERTY.transportHeaders),
    sender: sentFor.name || sentFor.address ? sentFor : sender,
    recipients: recipients.map((recipient) =>
      personOf(textOf(recipient, PROPERTY.displayName), [
        textOf(recipient, PROPERTY.smtpAddress),
        textOf(recipient, PROPERTY.address),
      ]),
    ),
    subject: text(PROPERTY.subject),
    submitted: numberOf(properties, PROPERTY.submitted),
    delivered: numberOf(properties, PROPERTY.delivered),
    localDate: '',
    isUnsent: ((numberOf(properties, PROPERTY.messageFlags) ?? 0) & UNSENT_FLAG) !== 0,
    plain: text(PROPERTY.body),
    html: html instanceof Uint8Array ? htmlText(html, properties) : typeof html === 'string' ? html : '',
    rtf: bytesOf(properties, PROPERTY.rtf),
    files,
    isPartUnread: false,
    isTooDeep: false,
  };
}

function htmlText(bytes: Bytes, properties: Properties): string {
  const codePage = numberOf(properties, PROPERTY.internetCodePage);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decoderOf(codePage).decode(bytes);
  }
}

/** Return the properties of a file, without its data, as it is listed. */
export function fileOf(
  properties: Properties,
  { size, message = null }: { size: number; message?: OutlookMessage | null },
): OutlookFile {
  const name =
    textOf(properties, PROPERTY.longFileName) ||
    textOf(properties, PROPERTY.shortFileName) ||
    textOf(properties, PROPERTY.displayName);
  return { name, type: textOf(properties, PROPERTY.mimeType) || 'application/octet-stream', size, message };
}
