/**
 * A backup of text messages or calls: what is between the keeper and one person is chosen from it. Each burst becomes
 * an entry with a file of its own: the messages of that entry, byte for byte as they are in the backup, and nothing
 * else of it. The message list of the entry names the backup and its digest.
 *
 * [Note: whose phone] The backup does not say whose phone it is from, so the keeper is asked. What was sent from a
 * phone that is not the keeper's alone has no direction.
 */
import { KeptError } from '../../core/errors.js';
import { utf8 } from '../../core/bytes.js';
import { cutText } from '../../core/text.js';
import { burstsOf } from '../../record/schedule.js';
import { accountKey } from '../../record/patterns/patterns_dates.js';
import { localAt } from '../../record/times.js';
import { MAX_ITEM_BYTES, callSeconds, decodeFile, readBackupMessage } from '../../imports/phone_backup.js';
import { baseName } from '../../imports/unzip.js';
import { memorySource } from '../../diary/attachments/sources.js';
import {
  FRAME_BYTES,
  KEEPER,
  described,
  extractOf,
  isKeepersOwn,
  nameInRow,
  partsOf,
  planEntry,
  readAhead,
} from './imports_entry_files.js';
import { MAX_TEXT_LENGTH, gapOf, isZone } from './imports_plan.js';
import { fileNames } from './imports_media.js';
import { compareCalls } from './known_calls.js';
import type { BackupItem, BackupKind, MessageFile, PhoneBackup } from '../../imports/phone_backup.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Fields, Source } from '../../diary/types.js';
import type { ImportAnswers, PhonePerson } from '../../shell/app.js';
import type { Piece } from './imports_entry_files.js';
import type { MediaFile, PlannedRow } from './imports_media.js';
import type { PlannedFile } from './imports_plan.js';
import type { KnownCalls } from './known_calls.js';

/** `item`: the message or call that the row is from */
type ItemRow = PlannedRow & { item: BackupItem };
type Row = Omit<PlannedRow, 'msg_no'>;
type Direction = MessageRow['direction'];
type PlannedBackup = {
  planned: PlannedFile[];
  known: number;
  unread: number[];
  drafts: number;
  files: number;
  alike: number;
};

export const CHANNELS: Record<BackupKind, string> = { messages: 'sms', calls: 'phone_call' };
const ROOTS: Record<BackupKind, string> = { messages: 'smses', calls: 'calls' };
/** Codes of messages, of both kinds. */
const [RECEIVED, SENT, DRAFT] = ['1', '2', '3'] as const;
const NOT_SENT: Record<string, string> = { 4: 'Waiting to be sent', 5: 'Sending failed', 6: 'Waiting to be sent' };
/** Codes of calls. */
const CALLS: Record<string, { type: string; direction: Direction; note?: string }> = {
  1: { type: 'call', direction: 'in' },
  2: { type: 'call', direction: 'out' },
  3: { type: 'missed_call', direction: 'in' },
  4: { type: 'missed_call', direction: 'in', note: 'Went to voicemail' },
  5: { type: 'missed_call', direction: 'in', note: 'Rejected' },
  6: { type: 'missed_call', direction: 'in', note: 'Blocked by the phone' },
  7: { type: 'call', direction: 'in', note: 'Answered on another device' },
};
const UNKNOWN_CALL = { type: 'call', direction: 'unknown', note: undefined } as const;
const MINUTE = 60_000;
const MAX_NAME_LENGTH = 200;
/** How the name of a message's file begins: with its place in the backup, which the next backup may not have. */
const PLACE_IN_NAME = /^\d+-\d+ /;

/** Return everyone that messages or calls were exchanged with, those who sent or rang most first. */
export function conversationsOf({ items }: PhoneBackup): PhonePerson[] {
  const people: Map<string, PhonePerson> = new Map();
  for (const item of items) {
    const key = conversationKey(item);
    const person = people.get(key) ?? { key, numbers: [], name: '', from: 0, to: 0 };
    people.set(key, person);
    for (const number of item.numbers) if (!person.numbers.includes(number)) person.numbers.push(number);
    person.name ||= item.name;
    const direction = directionOf(item);
    if (direction === 'in') person.from++;
    if (direction === 'out') person.to++;
  }
  return [...people.values()].sort((a, b) => b.from - a.from || b.to - a.to);
}

/** One number in any spelling, or several people; '' if the phone showed no number. */
const conversationKey = ({ numbers }: BackupItem) => [...new Set(numbers.map(accountKey))].sort().join(' ');

function directionOf({ tag, way }: BackupItem): Direction {
  if (tag === 'call') return (CALLS[way] ?? UNKNOWN_CALL).direction;
  return way === RECEIVED ? 'in' : way === SENT || NOT_SENT[way] ? 'out' : 'unknown';
}

/**
 * Plan the import of what was exchanged with one person, in the order of its times. An item that cannot be read or has
 * no time that can be is named by its place in the file, and the others are planned. Drafts are counted and left out.
 * @param known rows of this channel that the diary has, of calls also from bills: see known_calls.ts
 * @param input `limit`: bytes of the largest file that may be added
 * @throws import_unanswered, and what reading the file throws
 */
export async function planPhoneBackup(
  known: KnownCalls,
  { source, backup, limit }: { source: Source; backup: PhoneBackup; limit: number },
  { person, tz, gap, account, alike: areAlikeAdded = false }: ImportAnswers,
  pause: Pause,
): Promise<PlannedBackup> {
  if (person === undefined || !isZone(tz)) throw new KeptError('import_unanswered');
  const chosen = backup.items.filter((item) => conversationKey(item) === person);
  const isDraft = ({ tag, way }: BackupItem) => tag !== 'call' && way === DRAFT;
  const sent = chosen.filter((item) => !isDraft(item));
  const largest = Math.min(MAX_ITEM_BYTES, limit - FRAME_BYTES);
  const unread: number[] = [];
  const rows: ItemRow[] = [];
  const media: Map<string, MediaFile> = new Map();
  const read = readAhead(source);
  for (const [i, item] of sent.entries()) {
    await pause(i, sent.length);
    if (item.at === null || item.end - item.start > largest) unread.push(item.no);
    else
      rows.push({
        ...(await rowOf(item, source, { read, media, tz, isMine: isKeepersOwn(account) })),
        msg_no: 0,
        item,
      });
  }
  rows.sort((a, b) => (a.sent_at as number) - (b.sent_at as number) || a.item.no - b.item.no);
  const { unknown, fresh: unlike } = compareCalls(rows, { same: known.others, others: known.bills, identityOf });
  const fresh = areAlikeAdded ? unknown : unlike;
  const sizeOf = ({ item }: ItemRow) => item.end - item.start;
  const bursts = burstsOf(fresh, gapOf(gap)).flatMap((burst) => [...partsOf(burst, sizeOf, limit)]);
  const { name, size } = source;
  const whole = { name, size, sha256: backup.sha256, messages: backup.items.length };
  const isCalls = backup.kind === 'calls';
  return {
    planned: bursts.map((burst) => {
      const items = burst.map(({ item }) => item).sort((a, b) => a.no - b.no);
      const fileName = `${name.replace(/\.xml$/i, '')}, from number ${items[0]?.no}.xml`;
      return planEntry(
        extractOf(source, piecesOf(items, ROOTS[backup.kind]), { name: fileName, type: 'text/xml' }),
        burst.map(({ item: _item, ...row }) => row),
        {
          title: titleOf(chosen),
          label: isCalls ? 'Calls' : 'Text messages',
          media,
          channel: CHANNELS[backup.kind],
          tz,
          gap: gapOf(gap),
          kind: isCalls ? 'call_log' : 'chat_export',
          ownNames: [],
          complete: 'not_sure',
          summary: { messages: items.length, backup: whole },
        },
      );
    }),
    known: rows.length - unknown.length,
    alike: unknown.length - unlike.length,
    unread,
    drafts: chosen.length - sent.length,
    files: fresh.flatMap(fileNames).filter((name) => media.has(name)).length,
  };
}

/** What makes two rows the same message, in backups of different days and time zones. */
function identityOf(row: Fields): string {
  const other = row.direction === 'out' ? row.to : row.from;
  const name = String(row.file_name ?? '').replace(PLACE_IN_NAME, '');
  return JSON.stringify([row.sent_at, row.direction, accountKey(String(other ?? '')), row.text ?? '', row.type, name]);
}

/** `Sam, 07700 900123`, or the numbers of several. */
function titleOf(items: readonly BackupItem[]): string {
  const name = items.find((item) => item.name)?.name ?? '';
  const numbers = [...new Set(items.flatMap((item) => item.numbers))];
  return cutText([name, ...numbers].filter(Boolean).join(', '), MAX_NAME_LENGTH);
}

async function rowOf(
  item: BackupItem,
  source: Source,
  { read, media, tz, isMine }: { read: Source['read']; media: Map<string, MediaFile>; tz: string; isMine: boolean },
): Promise<Row> {
  const bytes = await read(item.start, item.end);
  const at = item.at as number;
  const time = { sent_at: at, sent_local: localAt(at, tz), sent_source: 'message_or_call_stamp' };
  const row = item.tag === 'call' ? callRow(item, bytes) : messageRow(item, bytes, { source, media, tz });
  return { ...time, ...(isMine ? row : ofOthersPhone(row)) };
}

/** Return a row without what is only true of the keeper's own phone: who sent from it, and who was sent to. */
function ofOthersPhone({ to, description, ...row }: Row): Row {
  if (row.direction !== 'out') return { ...row, ...(description ? { description } : {}) };
  const { from: _from, ...rest } = row;
  return { ...rest, direction: 'unknown', ...described(['Sent from that phone', to ? `To ${to}` : '', description]) };
}

function callRow(item: BackupItem, bytes: Uint8Array): Row {
  const { type, direction, note } = CALLS[item.way] ?? UNKNOWN_CALL;
  const seconds = callSeconds(bytes);
  const notes = [note, type === 'call' && seconds !== null ? `Lasted ${seconds} seconds` : ''];
  return { direction, type, ...partiesOf(item, direction, ''), ...described([...notes, ...withWhom(item, direction)]) };
}

/** Return the row of a message. Its first file stands on the row, and the others are named in its description. */
function messageRow(
  item: BackupItem,
  bytes: Uint8Array,
  { source, media, tz }: { source: Source; media: Map<string, MediaFile>; tz: string },
): Row {
  const { text, subject, from, files } = readBackupMessage(bytes);
  const direction = directionOf(item);
  const named = files.map((file, i) => ({ ...file, name: nameOf(item, file, i + 1) }));
  for (const file of named)
    if (file.size) media.set(file.name, { size: file.size, open: () => openFile(source, item, file) });
  const [first, ...others] = named;
  const missing = named.filter(({ size }) => !size).map(({ name }) => name);
  const isLate = item.sentAt !== null && Math.abs(item.sentAt - (item.at as number)) >= MINUTE;
  return {
    direction,
    type: first ? typeOf(first.type) : 'text',
    ...partiesOf(item, direction, from),
    ...(text ? { text: cutText(text, MAX_TEXT_LENGTH) } : {}),
    ...(first ? { file_name: first.name } : {}),
    ...(others.length ? { more_files: others.map(({ name }) => name) } : {}),
    ...described([
      NOT_SENT[item.way],
      subject ? `Subject: ${subject}` : '',
      isLate ? `The network gives ${localAt(item.sentAt as number, tz).replace('T', ' ')} as the time it was sent` : '',
      ...withWhom(item, direction),
      others.length ? `Also: ${others.map(({ name }) => name).join(', ')}` : '',
      missing.length ? `Not in the backup: ${missing.join(', ')}` : '',
      text || first ? '' : 'No words',
      text.length > MAX_TEXT_LENGTH ? `${text.length} characters; the rest is in the file` : '',
    ]),
  };
}

/** The sender chose the name: nothing in it may reorder or hide what stands beside it. */
function nameOf({ no }: BackupItem, { name }: MessageFile, place: number): string {
  const plain = baseName(name)
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
  return `${no}-${place} ${cutText(plain, MAX_NAME_LENGTH) || 'file'}`;
}

/** The sender of a message to the keeper, or whom one by the keeper is for. A hidden number stays out. */
function partiesOf({ numbers }: BackupItem, direction: Direction, sender: string): Partial<Row> {
  const others = cutText(numbers.map(nameInRow).join(', '), 2_000);
  if (direction === 'out') return { from: KEEPER, ...(others ? { to: others } : {}) };
  const from =
    cutText(nameInRow(sender), MAX_NAME_LENGTH) || (numbers.length === 1 && direction === 'in' ? others : '');
  return { ...(from ? { from } : {}), ...(direction === 'in' ? { to: KEEPER } : {}) };
}

/** Who a message is between, if it does not say by whom it is. */
const withWhom = ({ numbers }: BackupItem, direction: Direction): string[] =>
  direction === 'unknown' && numbers.length ? [`With ${numbers.join(', ')}`] : [];

function typeOf(mediaType: string): string {
  const [family = ''] = mediaType.split('/');
  const types: Record<string, string> = { image: 'image', video: 'video', audio: 'voice' };
  return types[family] ?? (/vcard/.test(mediaType) ? 'contact' : 'document');
}

/** @throws empty_file for one that cannot be decoded */
async function openFile(source: Source, { start }: BackupItem, file: MessageFile) {
  const bytes = decodeFile(await source.read(start + file.start, start + file.end));
  if (!bytes?.length) throw new KeptError('empty_file');
  return memorySource(bytes, file.type);
}

/** The pieces of a file with some messages of a backup, each as its bytes are there, a line each. */
function piecesOf(items: readonly BackupItem[], root: string): Piece[] {
  const head = `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<${root} count="${items.length}">\n`;
  return [utf8(head), ...items.flatMap((item) => [item, utf8('\n')]), utf8(`</${root}>\n`)];
}
