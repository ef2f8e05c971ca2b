/**
 * A download with many conversations (of Instagram, Telegram and others): one is chosen from it. Each burst becomes an
 * entry with a file of its own messages. The message list of the entry names the download, its digest, and the files in
 * it that the conversation is from.
 *
 * [Note: one name twice] People choose the name that they show. Where somebody else in a conversation has the keeper's
 * name, the name does not say who of the two wrote a message, so its direction is unknown. Where the file marks what
 * the owner of the account wrote, and the keeper's answer contradicts it, the direction is unknown too.
 */
import { KeptError } from '../../core/errors.js';
import { hex } from '../../core/bytes.js';
import { cutText } from '../../core/text.js';
import { sha256 } from '../../crypto/digests.js';
import { burstsOf, timeMembers } from '../../record/schedule.js';
import { localAt } from '../../record/times.js';
import { MAX_TEXT_BYTES, baseName } from '../../imports/unzip.js';
import { folderIn } from '../../imports/conversations/format.js';
import { digestOfFile, freshRows } from './conversation_known.js';
import { MAX_NAMES_LENGTH, filesIn, namedFiles } from './conversation_media.js';
import {
  FRAME_BYTES,
  KEEPER,
  described,
  extractOf,
  isKeepersOwn,
  nameInRow,
  partsOf,
  planEntry,
} from './imports_entry_files.js';
import { MAX_TEXT_LENGTH, gapOf, isZone } from './imports_plan.js';
import { fileNames } from './imports_media.js';
import type { Bytes } from '../../core/bytes.js';
import type { ReadMessage, Thread } from '../../imports/conversations/format.js';
import type { DateOrder } from '../../imports/phone_bill/cells.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Source } from '../../diary/types.js';
import type { ConversationApp, ImportAnswers } from '../../shell/app.js';
import type { Conversation, Conversations } from './conversation_files.js';
import type { Piece } from './imports_entry_files.js';
import type { KnownMessages } from './conversation_known.js';
import type { NamedFile } from './conversation_media.js';
import type { PlannedRow } from './imports_media.js';
import type { PlannedFile } from './imports_plan.js';

type PlannedConversation = {
  planned: PlannedFile[];
  known: number;
  unread: number[];
  files: number;
  mended: number;
  notices: number;
};
/** Name a file of a message. `from`: the path of the file that the message is in */
type NameOf = (path: string, from: string) => NamedFile;
/** `no`: its place in the conversation, from 1; `names`: those that its first file can have in the diary */
type PlacedRow = PlannedRow & { no: number; names: readonly string[] };
/** The bytes of a message, and of what says which conversation it is of */
type MessageBytes = { bytes: Bytes; lead: Bytes | undefined; thread: Thread };
type Direction = MessageRow['direction'];
/** `me`: the keeper's name; `isMine`: the account is the keeper's alone */
type Answered = { me: string | null; isMine: boolean; tz: string; order: DateOrder };

export const APP_NAMES: Record<ConversationApp, string> = {
  instagram: 'Instagram',
  messenger: 'Messenger',
  telegram: 'Telegram',
  snapchat: 'Snapchat',
  tiktok: 'TikTok',
  discord: 'Discord',
  signal: 'Signal',
  imessage: 'iMessage',
};
const MESSAGES_PER_PAUSE = 200;
/** All files of the chosen conversation are in memory until it is saved. */
const MAX_CONVERSATION_BYTES = 2 * MAX_TEXT_BYTES;
/** Words of others beside a message, such as those of a shared post. */
const MAX_QUOTE_LENGTH = 500;

/**
 * Plan the import of one conversation, in the order of its times. A message that cannot be read or has no time that can
 * be is named by its place, and the others are planned.
 * @param known returns what the diary has of this conversation
 * @param input `limit`: bytes of the largest file that may be added; `latest`: ms UTC
 * @throws import_unanswered, and what reading the file throws
 */
export async function planConversation(
  known: (app: ConversationApp, id: string, chat: string) => Promise<KnownMessages>,
  {
    source,
    conversations,
    limit,
    latest,
  }: { source: Source; conversations: Conversations; limit: number; latest: number },
  { me, person, tz, gap, app: answered, account, order: answeredOrder }: ImportAnswers,
  pause: Pause,
): Promise<PlannedConversation> {
  const app = conversations.app ?? answered;
  const conversation = conversations.list.find(({ key }) => key === person);
  const { orders } = conversations.dates;
  const order = orders.length > 1 ? answeredOrder : (orders[0] ?? 'dmy');
  if (me === undefined || !app || !conversation || !order || !isZone(tz)) throw new KeptError('import_unanswered');
  const sizes = new Map(conversation.parts.map(({ file }) => [file, file.size]));
  if ([...sizes.values()].reduce((sum, size) => sum + size, 0) > MAX_CONVERSATION_BYTES)
    throw new KeptError('import_too_many');
  const froms = conversation.parts.map(({ file }) => file.path);
  const media = namedFiles(filesIn(conversations.format, conversations.media, froms), source);
  const options = { me, isMine: isKeepersOwn(account), tz, order, limit, latest, nameOf: media.nameOf };
  const read = await readRows(conversations.format, conversation, options, pause);
  const digestOfRow = ({ file_name: name = '' }: PlacedRow) => digestOfFile(media.files.get(name), pause);
  const have = await known(app, conversation.id, conversation.title);
  const fresh = await freshRows(read.rows, read.written > 0, have, digestOfRow);
  await pause(1, 1);
  const isMeKnown = me !== null && conversation.people.includes(me);
  const common = {
    title: conversation.title,
    label: APP_NAMES[app],
    media: media.files,
    channel: app,
    tz,
    gap: gapOf(gap),
    kind: 'chat_export',
    ownNames: isMeKnown ? [me] : [],
    complete: isMeKnown || !conversation.senders.size ? 'not_sure' : 'outgoing_not_captured',
  } as const;
  const { name, size } = source;
  const summary = {
    backup: { name, size, sha256: conversations.sha256, messages: read.count },
    conversation: {
      id: conversation.id,
      files: read.digests,
      ...(read.written ? { is_written: true } : {}),
    },
  };
  const { ending, type } = conversations.format.file ?? { ending: '.json', type: 'application/json' };
  const planned: PlannedFile[] = [];
  for (const burst of burstsOf(fresh, gapOf(gap))) {
    await pause(planned.length, fresh.length);
    const sizeOf = ({ no }: PlacedRow) => read.bytesOf(no).bytes.length + (read.bytesOf(no).lead?.length ?? 0);
    for (const part of partsOf(burst, sizeOf, limit - read.frameBytes)) {
      const pieces = piecesOf(part.map(({ no }) => read.bytesOf(no)));
      const extract = extractOf(source, pieces, {
        name: `${extractName(conversation, part)}${ending}`,
        type,
      });
      const rows = part.map(({ no: _no, names: _names, ...row }) => row);
      planned.push(planEntry(extract, rows, { ...common, summary: { messages: part.length, ...summary } }));
    }
  }
  return {
    planned,
    known: read.rows.length - fresh.length,
    unread: read.unread,
    files: fresh.flatMap(fileNames).filter((file) => media.files.has(file)).length,
    mended: read.mended,
    notices: read.notices,
  };
}

/**
 * Read all messages of a conversation, in the order of their times.
 * @returns `count` of all, without copies; `unread`: places, from 1, of those that are left out; `notices`: lines of
 * the app;
 * `written`: how many have a time without a zone; `digests` of the files; `frameBytes`: the most that stands around
 * messages in a file of their own
 */
async function readRows(
  format: Conversations['format'],
  conversation: Conversation,
  { nameOf, limit, latest, ...options }: Answered & { limit: number; latest: number; nameOf: NameOf },
  pause: Pause,
) {
  const digests: Map<string, string> = new Map();
  const rows: PlacedRow[] = [];
  const unread: number[] = [];
  const byNo: Map<number, MessageBytes> = new Map();
  const totals = { mended: 0, notices: 0, frameBytes: 0, written: 0 };
  let no = 0;
  let copied = 0;
  for (const { file, place, copies } of conversation.parts) {
    const bytes = await file.read(pause);
    digests.set(file.path, hex(await sha256(bytes)));
    const thread = (await format.readThreads(bytes, file.path, pause))?.[place];
    if (thread?.id !== conversation.id) throw new KeptError('file_changed');
    const frame = thread.frame.before.length + thread.frame.after.length;
    totals.frameBytes = Math.max(totals.frameBytes, frame);
    const ofFile: PlacedRow[] = [];
    for (const [at, span] of thread.messages.entries()) {
      if (++no % MESSAGES_PER_PAUSE === 0) await pause(no, conversation.messages);
      if (copies.has(at)) {
        copied++;
        continue;
      }
      const message = format.readMessage(bytes, span, latest);
      if (message?.isNotice) {
        totals.notices++;
        continue;
      }
      const time = message && timeOf(message, options);
      if (!message || !time || span.end - span.start + frame + FRAME_BYTES > limit) {
        unread.push(no);
        continue;
      }
      if (message.written) totals.written++;
      if (message.isMended) totals.mended++;
      const named = message.files.map((path) => nameOf(path, file.path));
      const row = rowOf(message, time, { ...options, conversation, named });
      ofFile.push({ ...row, msg_no: 0, no, names: named[0]?.names ?? [] });
      byNo.set(no, { bytes: bytes.subarray(span.start, span.end), lead: span.lead, thread });
    }
    rows.push(...inOrderOfWriting(ofFile, thread));
  }
  // The sort is stable: messages of one moment stay in the order in which they were written.
  rows.sort((a, b) => placeOf(a) - placeOf(b));
  const names = [...digests].map(([name, digest]) => ({ name, sha256: digest }));
  const bytesOf = (at: number) => byNo.get(at) as MessageBytes;
  return { ...totals, rows, count: no - copied, unread, digests: names, bytesOf };
}

/** Return the rows of a file with those written first first. Its times say which end is the newest, if they differ. */
function inOrderOfWriting(rows: PlacedRow[], { isNewestFirst }: Thread): PlacedRow[] {
  const [first, last] = [rows[0], rows.at(-1)].map((row) => (row ? placeOf(row) : 0)) as [number, number];
  return first > last || (first === last && isNewestFirst) ? rows.reverse() : rows;
}

/** Where a row stands among the others: a time that did not exist that night has no instant. */
const placeOf = ({ sent_at: at, sent_local: local }: Omit<PlannedRow, 'msg_no'>): number =>
  at ?? Date.parse(`${local}Z`);

/** Return when a message was sent; null for one without a time that can be right. */
function timeOf(
  { at, written }: ReadMessage,
  { tz, order }: Pick<Answered, 'tz' | 'order'>,
): Partial<MessageRow> | null {
  if (at !== null) return { sent_at: at, sent_local: localAt(at, tz), sent_source: 'message_or_call_stamp' };
  const day = written?.days[order];
  if (!written || !day) return null;
  const time = timeMembers(`${day}T${written.clock.slice(0, 5)}`, day, tz);
  const seconds = Number(written.clock.slice(6)) * 1_000;
  return time.sent_at === undefined ? time : { ...time, sent_at: time.sent_at + seconds };
}

/** Whether the keeper sent a message: see [Note: one name twice]. */
function directionOf(
  { sender: { name }, isOwn }: ReadMessage,
  { people, senders }: Conversation,
  { me, isMine }: Answered,
): Direction {
  // In a file without names, the owner of the account wrote every message.
  if (!name) return isOwn === true && isMine ? 'out' : 'unknown';
  const isShared = people.filter((one) => one === me).length > 1;
  // Without the keeper's name in it, any of the names can be theirs.
  const isMissing = me !== null && !people.includes(me) && !senders.has(me);
  if (isMissing || (isOwn === null ? name === me && isShared : isOwn !== (name === me))) return 'unknown';
  return name === me ? 'out' : 'in';
}

function rowOf(
  message: ReadMessage,
  time: Partial<MessageRow>,
  { conversation, named, ...answered }: Answered & { conversation: Conversation; named: readonly NamedFile[] },
): Omit<PlannedRow, 'msg_no'> {
  const { type, text, notes, quotes, reactions, isEdited } = message;
  const { me, isMine } = answered;
  const sender = message.sender.name;
  const direction = directionOf(message, conversation, answered);
  const others = conversation.people.filter((name) => name !== me).map(nameInRow);
  const missing = named.filter(({ isThere }) => !isThere).map(({ name }) => name);
  const [first, ...more] = named.map(({ name }) => name);
  const parties =
    direction === 'out'
      ? { from: KEEPER, ...(others.length ? { to: cutText(others.join(', '), 2_000) } : {}) }
      : {
          ...(sender ? { from: cutText(nameInRow(sender), MAX_NAMES_LENGTH) } : {}),
          ...(direction === 'in' && me !== null && isMine ? { to: KEEPER } : {}),
        };
  return {
    ...time,
    direction,
    // A call that the other person missed is one that the keeper made.
    type: type === 'missed_call' && direction === 'out' ? 'call' : type,
    ...parties,
    ...(text ? { text: cutText(text, MAX_TEXT_LENGTH) } : {}),
    ...(isEdited ? { edited: true } : {}),
    ...(first ? { file_name: first } : {}),
    ...(more.length ? { more_files: more } : {}),
    // What the app says comes first, so that no words of others can push it out.
    ...described([
      ...notes,
      more.length ? `Also: ${more.join(', ')}` : '',
      missing.length ? `Not in the download: ${missing.join(', ')}` : '',
      type !== 'text' || text || first || notes.length || quotes.some((quote) => quote.text) ? '' : 'No words',
      text.length > MAX_TEXT_LENGTH ? `${text.length} characters; the rest is in the file` : '',
      reactionsText(reactions, me),
      ...quotes.map(({ label, text: words }) => (words ? `${label}: “${cutText(words, MAX_QUOTE_LENGTH)}”` : '')),
    ]),
  };
}

/** The keeper's own name is in the restricted part of a record only. */
function reactionsText(reactions: ReadMessage['reactions'], me: string | null): string {
  const said = reactions.flatMap(({ text, by }) => {
    if (!text) return [];
    return by ? [`${text} by ${by === me ? KEEPER : nameInRow(by)}`] : [text];
  });
  return said.length ? `Reactions: ${said.join(', ')}` : '';
}

/** Return the pieces of a file with some messages, in the order in which the download has them. */
function piecesOf(burst: readonly MessageBytes[]): Piece[] {
  const [{ thread }] = burst.slice(-1) as [MessageBytes];
  const { before, between, after } = thread.frame;
  const ordered = thread.isNewestFirst ? [...burst].reverse() : burst;
  return [
    before,
    ...ordered.flatMap(({ bytes, lead }, i) => [...(i ? [between] : []), ...(lead ? [lead] : []), bytes]),
    after,
  ];
}

function extractName({ parts, title }: Conversation, burst: readonly PlacedRow[]): string {
  const path = parts[0]?.file.path ?? '';
  const name = baseName(folderIn(path).replace(/\/$/, '')) || baseName(path).replace(/\.\w+$/, '') || title;
  const first = burst.reduce((least, { no }) => Math.min(least, no), Number.POSITIVE_INFINITY);
  return `${cutText(name, MAX_NAMES_LENGTH)}, from number ${first}`;
}
