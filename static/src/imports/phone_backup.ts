/**
 * A backup of a phone's text messages or calls (.xml), as the Android app SMS Backup & Restore writes it: which bytes
 * are one message or call, and what it says. SyncTech, who make the app, describe the form ("Fields in XML Backup
 * Files").
 *
 * A text message is a tag `<sms …/>`, a call `<call …/>`. A message with pictures, or to several people, reaches from
 * `<mms …>` to `</mms>`: a `<part …/>` for its words and for each file, and an `<addr …/>` for each person.
 */
import { KeptError } from '../core/errors.js';
import { incrementalDigest } from '../crypto/digests.js';
import { hex } from '../core/bytes.js';
import { attributesOf, attributeText, readTags, tagsIn } from './xml_tags.js';
import type { Bytes } from '../core/bytes.js';
import type { Tag } from './xml_tags.js';
import type { ByteSource } from './unzip.js';
import type { Pause } from './whatsapp.js';

export type BackupKind = 'messages' | 'calls';
/**
 * A message or call.
 *
 * `no`: its place in the file, from 1; `start` and `end`: its bytes in the file; `numbers`: of the others, as written,
 * none if the phone showed none; `name`: theirs in the phone's contacts; `at`: ms UTC, null if it has none that can be
 * or has no end; `sentAt`: ms UTC, the time that its network gave it, null without one; `way`: the code of its tag for
 * sent, received and so on.
 */
export type BackupItem = {
  tag: 'sms' | 'mms' | 'call';
  no: number;
  start: number;
  end: number;
  numbers: string[];
  name: string;
  at: number | null;
  sentAt: number | null;
  way: string;
};
/** `cutOff`: the file does not end as such a file does, so messages may be missing. */
export type PhoneBackup = { kind: BackupKind; items: BackupItem[]; cutOff: boolean; sha256: string };
/** A file of a message; `start` and `end`: its base64, in the bytes of the message */
export type MessageFile = { name: string; type: string; size: number; start: number; end: number };
/** `from`: the number that a message of several people came from, '' if it says none */
export type BackupMessage = { text: string; subject: string; from: string; files: MessageFile[] };

/** Largest backup. It is read in pieces, and only what the keeper chooses of it is kept. */
export const MAX_BACKUP_BYTES = 4 * 1024 ** 3;
/** Largest message, with its files. */
export const MAX_ITEM_BYTES = 64 << 20;
const MAX_ITEMS = 200_000;
const ROOTS: ReadonlyMap<string, BackupKind> = new Map([
  ['smses', 'messages'],
  ['calls', 'calls'],
]);
const ITEM_TAGS = new Set(['sms', 'mms', 'call']);
/** The app writes this for a value that the phone does not have. */
const NO_VALUE = 'null';
/** Numbers that a phone stores for a caller who shows none. A text can come from a name like these. */
const HIDDEN_CALLERS = new Set(['-1', '-2', '-3', 'unknown', 'private', 'restricted', 'withheld']);
/** 2000. An earlier time is a wrong one, or one in seconds. */
const EARLIEST = Date.UTC(2000, 0, 1);
const SENDER_ADDRESS = '137';
const OWN_ADDRESS = 'insert-address-token';

/** Tell whether the first bytes are those of a backup of messages or calls. */
export function looksLikePhoneBackup(firstBytes: Uint8Array): boolean {
  const [beginning] = new TextDecoder().decode(firstBytes.subarray(0, 100)).trimStart();
  if (beginning !== '<') return false;
  for (const { name } of tagsIn(firstBytes)) if (name) return ROOTS.has(name);
  return false;
}

/**
 * Find the messages or calls of a backup, in its order, and its digest. One piece of the file is in memory at a time.
 * @param latest ms UTC; a later time cannot be
 * @throws import_wrong for a file with none, import_too_many for one with more than 200,000
 */
export async function readPhoneBackup(source: ByteSource, latest: number, pause: Pause): Promise<PhoneBackup> {
  const digest = incrementalDigest('SHA-256');
  const items: BackupItem[] = [];
  let root = '';
  let hasEnded = false;
  let open: BackupItem | null = null;
  const onTag = (tag: Tag) => {
    if (!root && ROOTS.has(tag.name)) root = tag.name;
    else if (root && tag.name === `/${root}`) hasEnded = true;
    else if (open && tag.name === `/${open.tag}`) {
      items.push({ ...open, end: tag.end });
      open = null;
    } else if (ITEM_TAGS.has(tag.name)) {
      // One that has no end is listed as unread: it must not take in the messages of others that follow it.
      if (open) items.push({ ...open, end: tag.start, at: null });
      if (items.length >= MAX_ITEMS) throw new KeptError('import_too_many');
      open = itemOf(tag, items.length + 1, latest);
      if (!endsItself(tag)) return;
      items.push(open);
      open = null;
    }
  };
  await readTags(source, onTag, pause, (piece) => digest.update(piece));
  const last = open as BackupItem | null;
  if (last) items.push({ ...last, end: source.size, at: null });
  if (!root || !items.length) throw new KeptError('import_wrong');
  const kind = ROOTS.get(root) as BackupKind;
  return { kind, items, cutOff: !hasEnded || last !== null, sha256: hex(digest.digest()) };
}

const endsItself = ({ bytes }: Tag) => bytes.at(-2) === '/'.charCodeAt(0);

function itemOf({ name: tag, bytes, start, end }: Tag, no: number, latest: number): BackupItem {
  const attributes = attributesOf(bytes);
  const value = (name: string) => attributeText(bytes, attributes.get(name));
  const written = value(tag === 'call' ? 'number' : 'address');
  const timeOf = (text: string) => {
    const ms = /^\d{1,15}$/.test(text) ? Number(text) : 0;
    return ms >= EARLIEST && ms <= latest ? ms : null;
  };
  const contact = value('contact_name');
  return {
    tag: tag as BackupItem['tag'],
    no,
    start,
    end,
    numbers: (tag === 'mms' ? written.split('~') : [written])
      .map((one) => one.trim())
      .filter((one) => isShown(one, tag)),
    name: contact === NO_VALUE || contact === '(Unknown)' ? '' : contact.trim(),
    at: timeOf(value('date')),
    sentAt: tag === 'sms' ? timeOf(value('date_sent')) : null,
    way: value(tag === 'mms' ? 'msg_box' : 'type'),
  };
}

function isShown(number: string, tag: string): boolean {
  if (!number || number === NO_VALUE || number === OWN_ADDRESS) return false;
  return tag !== 'call' || !HIDDEN_CALLERS.has(number.toLowerCase());
}

/** Return the length of a call in seconds, null if it does not say. @param bytes of the call */
export function callSeconds(bytes: Uint8Array): number | null {
  const [tag] = tagsIn(bytes);
  const seconds = tag ? attributeText(tag.bytes, attributesOf(tag.bytes).get('duration')) : '';
  return /^\d{1,7}$/.test(seconds) ? Number(seconds) : null;
}

/** Read a message. @param bytes of the message */
export function readBackupMessage(bytes: Uint8Array): BackupMessage {
  const message: BackupMessage = { text: '', subject: '', from: '', files: [] };
  const words: string[] = [];
  let isFirst = true;
  for (const tag of tagsIn(bytes)) {
    const attributes = attributesOf(tag.bytes);
    const given = (name: string) => {
      const value = attributeText(tag.bytes, attributes.get(name));
      return value === NO_VALUE ? '' : value;
    };
    if (isFirst && tag.name === 'sms') words.push(given('body'));
    if (isFirst && tag.name === 'mms') message.subject = given('sub');
    isFirst = false;
    if (tag.name === 'addr' && given('type') === SENDER_ADDRESS && isShown(given('address'), 'mms'))
      message.from = given('address');
    if (tag.name !== 'part') continue;
    const type = given('ct').toLowerCase().replace(/;.*$/s, '').trim();
    const range = attributes.get('data');
    const data = range && range.end - range.start > NO_VALUE.length ? range : undefined;
    if (type === 'text/plain' && (given('text') || !data)) words.push(given('text'));
    else if (type !== 'application/smil')
      message.files.push({
        name: given('cl') || given('name') || given('fn') || given('cid').replace(/^<|>$/g, ''),
        type,
        size: data ? decodedSize(tag.bytes.subarray(data.start, data.end)) : 0,
        start: tag.start + (data?.start ?? 0),
        end: tag.start + (data?.end ?? 0),
      });
  }
  return { ...message, text: words.filter(Boolean).join('\n') };
}

/** Return the number of bytes that base64 without line breaks stands for. */
function decodedSize(base64: Uint8Array): number {
  let length = base64.length;
  while (length > 0 && base64[length - 1] === '='.charCodeAt(0)) length--;
  return Math.floor((length * 3) / 4);
}

/** Decode the base64 of a file; null if it is not base64. */
export function decodeFile(base64: Uint8Array): Bytes | null {
  let text: string;
  try {
    text = atob(new TextDecoder('latin1').decode(base64));
  } catch {
    return null;
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
