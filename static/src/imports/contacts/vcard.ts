/**
 * Contacts (.vcf): vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as phones and mail programs write them. Only names,
 * numbers, addresses and handles are read. Pictures, notes, birthdays and home addresses are passed over.
 *
 * [Note: where a card ends] A card that has no end is named and left out: its numbers could be those of the next one. A
 * card inside of a card (AGENT, in 2.1) is somebody else's, so nothing in it counts for the outer one.
 */
import { KeptError } from '../../core/errors.js';
import { cutText, toWellFormed } from '../../core/text.js';
import type { Bytes } from '../../core/bytes.js';
import type { Pause } from '../whatsapp.js';

export type ContactKind = 'number' | 'email' | 'handle' | 'url';
/** `service`: the app or site as the file names it, '' if it does not */
export type ContactValue = { kind: ContactKind; value: string; service: string };
/** `line`: where the card begins; `name`: '' if it has none */
export type Contact = { line: number; name: string; values: ContactValue[] };
/** `damaged`: lines where cards begin that have no end; `tooLong`: values that were left out */
export type Contacts = { contacts: Contact[]; damaged: number[]; tooLong: number };
type Property = { name: string; parameters: Map<string, string[]>; value: string };

export const MAX_CONTACTS_BYTES = 64 << 20;
const MAX_CONTACTS = 20_000;
const MAX_VALUES = 200;
const MAX_VALUE_LENGTH = 300;
const MAX_NAME_LENGTH = 200;
/** Characters of a property that is read. The rest of a longer one is a picture or a note. */
const MAX_LINE_LENGTH = 10_000;
const LINES_PER_PAUSE = 500;
const PROPERTY = /^(?:[\w-]{1,60}\.)?([\w-]{1,60})((?:;[^:";]{0,500}(?:"[^"]{0,500}"[^:";]{0,500}){0,20}){0,30}):/;
const READ = /^(?:BEGIN|END|FN|N|ORG|TEL|EMAIL|IMPP|URL|AGENT|SOCIALPROFILE|X-[\w-]+)$/;
/** Properties of older programs that hold the name somebody has in a service. */
const HANDLES: ReadonlyMap<string, string> = new Map(
  'AIM ICQ JABBER MSN YAHOO SKYPE SKYPE-USERNAME GOOGLE-TALK QQ TWITTER FACEBOOK INSTAGRAM SNAPCHAT TELEGRAM DISCORD'
    .split(' ')
    .map((name) => [`X-${name}`, name.replace('-USERNAME', '').toLowerCase()]),
);
const SOCIAL = new Set(['SOCIALPROFILE', 'X-SOCIALPROFILE']);
const FORMAT_MARKS = /[\p{Cc}\u200e\u200f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Tell whether the first bytes are those of a contact. */
export function looksLikeContacts(firstBytes: Uint8Array): boolean {
  const text = decode(firstBytes.subarray(0, 200));
  return /^\ufeff?\s*BEGIN:VCARD[ \t]*[\r\n]/i.test(text);
}

function decode(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * Read the contacts of a file, in its order.
 * @throws import_wrong for a file with none, import_too_many
 */
export async function readContacts(bytes: Uint8Array, pause: Pause): Promise<Contacts> {
  const found: Contacts = { contacts: [], damaged: [], tooLong: 0 };
  let open: Contact | null = null;
  let depth = 0;
  let isAgentNext = false;
  let read = 0;
  for (const { line, text } of unfolded(decode(bytes))) {
    if (read++ % LINES_PER_PAUSE === 0) await pause(line, 0);
    const property = propertyOf(text);
    if (!property) continue;
    const isBegin = property.name === 'BEGIN' && /^\s*VCARD\s*$/i.test(property.value);
    if (isBegin && open && isAgentNext) depth++;
    else if (isBegin) {
      if (open) found.damaged.push(open.line);
      if (found.contacts.length + found.damaged.length >= MAX_CONTACTS) throw new KeptError('import_too_many');
      [open, depth] = [{ line, name: '', values: [] }, 0];
    } else if (property.name === 'END' && /^\s*VCARD\s*$/i.test(property.value)) {
      if (depth) depth--;
      else if (open) {
        found.contacts.push(open);
        open = null;
      }
    } else if (open && !depth) addProperty(open, property, found);
    isAgentNext = property.name === 'AGENT';
    if (isAgentNext && /^\s*BEGIN:VCARD\s*$/i.test(property.value)) [depth, isAgentNext] = [depth + 1, false];
  }
  if (open) found.damaged.push(open.line);
  if (!found.contacts.length && !found.damaged.length) throw new KeptError('import_wrong');
  return found;
}

/**
 * Yield each property as one line. A line that begins with a space continues the one before it, and so does the line
 * after one of quoted-printable text that ends in `=`.
 */
function* unfolded(text: string): Generator<{ line: number; text: string }> {
  let current: { line: number; text: string } | null = null;
  let isQuoted = false;
  let number = 0;
  for (let from = 0; from < text.length; ) {
    const match = nextBreak(text, from);
    const physical = text.slice(from, Math.min(match.at, from + MAX_LINE_LENGTH));
    from = match.next;
    number++;
    if (current && isQuoted && current.text.endsWith('=') && !/^(?:BEGIN|END):VCARD\s*$/i.test(physical)) {
      if (current.text.length < MAX_LINE_LENGTH) current.text = current.text.slice(0, -1) + physical.trimStart();
      continue;
    }
    if (current && /^[ \t]/.test(physical)) {
      if (current.text.length < MAX_LINE_LENGTH) current.text += physical.slice(1);
      continue;
    }
    if (current) yield current;
    current = { line: number, text: physical };
    isQuoted = /^[^:]{0,1000}QUOTED-PRINTABLE[^:]{0,1000}:/i.test(physical);
  }
  if (current) yield current;
}

function nextBreak(text: string, from: number): { at: number; next: number } {
  const lf = text.indexOf('\n', from);
  const end = lf === -1 ? text.length : lf;
  // Programs of old Macs end lines with CR alone.
  const cr = text.slice(from, Math.min(end, from + MAX_LINE_LENGTH)).indexOf('\r');
  const at = cr === -1 ? end : from + cr;
  return { at, next: at + (text.startsWith('\r\n', at) ? 2 : 1) };
}

function propertyOf(line: string): Property | null {
  const match = PROPERTY.exec(line);
  const name = match?.[1]?.toUpperCase() ?? '';
  if (!match || !READ.test(name)) return null;
  const parameters: Map<string, string[]> = new Map();
  for (const part of (match[2] ?? '').split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/).slice(1)) {
    const [key = '', ...rest] = part.split('=');
    // In vCard 2.1 a type stands without its name: TEL;CELL:
    const [known, value] = rest.length ? [key.toUpperCase(), rest.join('=')] : ['TYPE', key];
    parameters.set(known, [...(parameters.get(known) ?? []), ...value.replaceAll('"', '').split(',')]);
  }
  const isEncoded = [...(parameters.get('ENCODING') ?? []), ...(parameters.get('TYPE') ?? [])].some((one) =>
    /^quoted-printable$/i.test(one),
  );
  const raw = line.slice(match[0].length);
  return { name, parameters, value: isEncoded ? decodeQuoted(raw, parameters.get('CHARSET')?.[0]) : raw };
}

function decodeQuoted(text: string, charset = 'utf-8'): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = /^=([0-9a-f]{2})/i.exec(text.slice(at, at + 3))?.[1];
    if (code) {
      bytes.push(Number.parseInt(code, 16));
      at += 2;
    } else bytes.push(...new TextEncoder().encode(text[at]));
  }
  const raw = new Uint8Array(bytes) as Bytes;
  try {
    return new TextDecoder(charset).decode(raw);
  } catch {
    return decode(raw); // a charset that this browser does not know
  }
}

/** Put the escaped characters of vCard back: `\n`, `\,`, `\;`, `\\`. */
const withoutEscapes = (text: string) => text.replace(/\\([\\,;:nN])/g, (_, mark) => (/n/i.test(mark) ? ' ' : mark));
const plain = (text: string) =>
  toWellFormed(withoutEscapes(text).replace(FORMAT_MARKS, ' ').replace(/ +/g, ' ').trim());

function addProperty(contact: Contact, { name, parameters, value }: Property, found: Contacts) {
  if (name === 'FN') contact.name = cutText(plain(value), MAX_NAME_LENGTH) || contact.name;
  if (name === 'N' || name === 'ORG') {
    const [first = '', second = ''] = value.split(/(?<!\\);/).map(plain);
    const joined = name === 'N' ? `${second} ${first}`.trim() : first;
    contact.name ||= cutText(joined, MAX_NAME_LENGTH);
  }
  const read = contactValueOf(name, parameters, plain(value));
  if (!read?.value) return;
  if (read.value.length > MAX_VALUE_LENGTH || contact.values.length >= MAX_VALUES) found.tooLong++;
  else if (!contact.values.some((one) => one.value === read.value && one.service === read.service))
    contact.values.push(read);
}

function contactValueOf(name: string, parameters: Property['parameters'], value: string): ContactValue | null {
  const given = (key: string) => plain(parameters.get(key)?.[0] ?? '');
  if (name === 'TEL') return { kind: 'number', value: value.replace(/^tel:/i, '').replace(/;.*$/, ''), service: '' };
  if (name === 'EMAIL') return { kind: 'email', value: value.replace(/^mailto:/i, ''), service: 'email' };
  if (name === 'URL') return { kind: 'url', value, service: '' };
  const service = (given('X-SERVICE-TYPE') || given('SERVICE-TYPE') || given('TYPE')).toLowerCase();
  if (name === 'IMPP') {
    const [, scheme = '', rest = value] = /^([a-z][a-z0-9+.-]{0,30}):(.*)$/i.exec(value) ?? [];
    const isMade = /^x-apple$/i.test(scheme);
    const own = given('X-SERVICE-TYPE') || given('SERVICE-TYPE') || (isMade ? '' : scheme);
    return { kind: 'handle', value: rest.replace(/^\/\//, ''), service: own.toLowerCase() };
  }
  if (SOCIAL.has(name)) {
    const user = given('X-USER') || given('X-USERID') || given('USERNAME');
    if (user) return { kind: 'handle', value: user, service };
    return { kind: /^https?:\/\//i.test(value) ? 'url' : 'handle', value: value.replace(/^x-apple:/i, ''), service };
  }
  const known = HANDLES.get(name);
  return known === undefined ? null : { kind: 'handle', value, service: known };
}
