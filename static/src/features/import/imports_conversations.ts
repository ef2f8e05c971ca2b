/**
 * A download with many conversations (Instagram, Messenger): one is chosen from it. Each burst becomes an entry with a
 * file of its own messages. The message list of the entry names the download, its digest, and the files in it that the
 * conversation is from.
 *
 * [Note: one name twice] People choose the name that they show. Where somebody else in a conversation has the keeper's
 * name, nothing in the file says who of the two wrote a message, so its direction is unknown.
 */
import { KeptError, toKeptError } from '../../core/errors.js';
import { hex, utf8 } from '../../core/bytes.js';
import { cutText, toWellFormed } from '../../core/text.js';
import { incrementalDigest, sha256, sha256Sync } from '../../crypto/digests.js';
import { burstsOf } from '../../record/schedule.js';
import { rowsNotIn } from '../../record/schedule_known.js';
import { localAt } from '../../record/times.js';
import { looksLikeMetaFile, mend, readMetaFile, readMetaMessage, senderOf } from '../../imports/meta_messages.js';
import { MAX_TEXT_BYTES, baseName, unpack } from '../../imports/unzip.js';
import { entrySource } from '../../imports/unzip_stream.js';
import { FRAME_BYTES, KEEPER, described, extractOf, nameInRow, partsOf, planEntry } from './imports_entry_files.js';
import { MAX_TEXT_LENGTH, gapOf, isZone } from './imports_plan.js';
import { fileNames } from './imports_media.js';
import type { Bytes } from '../../core/bytes.js';
import type { MetaFile, MetaMessage } from '../../imports/meta_messages.js';
import type { Span } from '../../imports/json_spans.js';
import type { ZipEntry } from '../../imports/unzip.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Fields, Source } from '../../diary/types.js';
import type { ConversationApp, ImportAnswers, ListedConversation } from '../../shell/app.js';
import type { Piece } from './imports_entry_files.js';
import type { MediaFile, PlannedRow } from './imports_media.js';
import type { PlannedFile } from './imports_plan.js';

/** A file of a conversation. `path`: in the download, or its own name; `folder` of the path, '' or ending in `/` */
type ConversationFile = { path: string; folder: string; size: number; read(pause: Pause): Promise<Bytes> };
/**
 * `key`: one in this download; `id`: the same in every download of this conversation; `senders`: messages by name;
 * `files`: in the order of their numbers
 */
type Conversation = {
  key: string;
  id: string;
  title: string;
  people: string[];
  senders: Map<string, number>;
  messages: number;
  cutOff: boolean;
  files: ConversationFile[];
};
/**
 * What was read of a download. `app`: null if only the keeper knows; `damaged`: paths of files that cannot be used;
 * `media`: its other files by path
 */
export type Conversations = {
  app: ConversationApp | null;
  sha256: string;
  list: Conversation[];
  damaged: string[];
  media: ReadonlyMap<string, ZipEntry>;
};
type PlannedConversation = {
  planned: PlannedFile[];
  known: number;
  unread: number[];
  files: number;
  mended: number;
};
/** Names the file at a path of a message in a file of that folder. */
type NameOf = (path: string, folder: string) => { name: string; isThere: boolean };
/** `no`: its place in the conversation, from 1 */
type PlacedRow = PlannedRow & { no: number };
/** The bytes of a message, and of what says which conversation it is of */
type MessageBytes = { bytes: Bytes; frame: Bytes };

export const APP_NAMES: Record<ConversationApp, string> = { instagram: 'Instagram', messenger: 'Messenger' };
const MESSAGE_FILE = /(?:^|\/)message_\d+\.json$/i;
const SNIFF_BYTES = 4_096;
const PIECE_BYTES = 1 << 20;
const MESSAGES_PER_PAUSE = 200;
/** All files of the chosen conversation are in memory until it is saved. */
const MAX_CONVERSATION_BYTES = 2 * MAX_TEXT_BYTES;
const MAX_NAMES_LENGTH = 200;

/** Tell whether a zip is a download of Meta, whatever was sent in its conversations. */
export const isMetaDownload = (entries: readonly ZipEntry[]) =>
  entries.some(({ name }) => /(?:^|\/)messages\/.+\/message_\d+\.json$/i.test(name));

/** Return the app that a download is of; null if its folders do not say. The rest of a path has names people chose. */
function appOf(whole: string): ConversationApp | null {
  const path = whole.split('messages/')[0] as string;
  return /instagram/i.test(path) ? 'instagram' : /facebook|messenger/i.test(path) ? 'messenger' : null;
}

/** Read the conversations of a zip; null if it has none. */
export async function readZippedConversations(
  source: Source,
  entries: readonly ZipEntry[],
  pause: Pause,
): Promise<Conversations | null> {
  const found: ConversationFile[] = [];
  for (const [i, entry] of entries.filter(({ name }) => /\.json$/i.test(name)).entries()) {
    await pause(i, entries.length);
    const isWanted =
      MESSAGE_FILE.test(entry.name) ||
      (await startsLikeConversation(source, entry).catch((error) => {
        if (!/^zip_/.test(toKeptError(error).code)) throw error;
        return false;
      }));
    if (isWanted) found.push(zippedFile(source, entry));
  }
  if (!found.length) return null;
  const paths = new Set(found.map(({ path }) => path));
  const media = new Map(
    entries.filter(({ name }) => !paths.has(toWellFormed(name))).map((entry) => [entry.name, entry]),
  );
  const app = appOf(found[0]?.path ?? '') ?? appOf(source.name);
  return readAll(source, { found, media, app }, pause);
}

/**
 * Read a file with one conversation; null for a file that is not JSON, or has other members.
 * @throws import_wrong, import_too_many
 */
export async function readOneConversation(
  source: Source,
  head: Uint8Array,
  pause: Pause,
): Promise<Conversations | null> {
  if (!looksLikeMetaFile(head)) return null;
  if (source.size > MAX_TEXT_BYTES) throw new KeptError('import_too_many');
  const read = async () => (await source.read(0, source.size)) as Bytes;
  const found = [{ path: source.name, folder: '', size: source.size, read }];
  const conversations = await readAll(source, { found, media: new Map(), app: null }, pause);
  if (!conversations) throw new KeptError('import_wrong');
  return conversations;
}

async function startsLikeConversation(source: Source, entry: ZipEntry): Promise<boolean> {
  const unpacked = await entrySource(source, entry);
  return looksLikeMetaFile(await unpacked.read(0, Math.min(SNIFF_BYTES, entry.size)));
}

function zippedFile(source: Source, entry: ZipEntry): ConversationFile {
  const path = toWellFormed(entry.name);
  const read = async (pause: Pause) => (await unpack(source, entry, { pause })) as Bytes;
  return { path, folder: path.slice(0, path.length - baseName(path).length), size: entry.size, read };
}

async function readAll(
  source: Source,
  { found, media, app }: { found: ConversationFile[]; media: Conversations['media']; app: ConversationApp | null },
  pause: Pause,
): Promise<Conversations | null> {
  const byKey: Map<string, Conversation> = new Map();
  const damaged: string[] = [];
  for (const [i, file] of found.entries()) {
    await pause(i, found.length);
    try {
      const bytes = await file.read(pause);
      const read = await readMetaFile(bytes, pause);
      if (read) await addFile(byKey, file, { bytes, read }, pause);
      else if (MESSAGE_FILE.test(file.path)) damaged.push(file.path);
    } catch (error) {
      if (!/^zip_|^import_wrong$/.test(toKeptError(error).code)) throw error;
      damaged.push(file.path);
    }
  }
  const conversations = [...byKey.values()].filter(({ messages }) => messages);
  if (!conversations.length) return null;
  for (const { files } of conversations) files.sort((a, b) => numberIn(a.path) - numberIn(b.path));
  const digest = incrementalDigest('SHA-256');
  for (let from = 0; from < source.size; from += PIECE_BYTES) {
    digest.update(await source.read(from, Math.min(source.size, from + PIECE_BYTES)));
    await pause(from, source.size);
  }
  return { app, sha256: hex(digest.digest()), list: conversations, damaged, media };
}

/** Add a file to its conversation: those in one folder are of one. */
async function addFile(
  byKey: Map<string, Conversation>,
  file: ConversationFile,
  { bytes, read }: { bytes: Bytes; read: MetaFile },
  pause: Pause,
) {
  const { id, isNumbered } = idOf(file, read);
  const key = isNumbered ? id : `${id} ${file.path}`;
  const conversation = byKey.get(key) ?? {
    key,
    id,
    title: cutText(read.title || read.people.join(', '), MAX_NAMES_LENGTH),
    people: read.people,
    senders: new Map<string, number>(),
    messages: 0,
    cutOff: false,
    files: [],
  };
  byKey.set(key, conversation);
  conversation.files.push(file);
  conversation.cutOff ||= read.cutOff;
  conversation.messages += read.messages.length;
  for (const [i, span] of read.messages.entries()) {
    if (i % MESSAGES_PER_PAUSE === 0) await pause(span.start, bytes.length);
    const sender = senderOf(bytes, span);
    if (sender) conversation.senders.set(sender, (conversation.senders.get(sender) ?? 0) + 1);
  }
}

/**
 * Meta's number of a conversation stays when somebody changes their name. Encrypted chats have none, so theirs is made
 * of the names, and in one download each file is a conversation: two people can have one name. A digest of the names is
 * recorded, since the keeper's own name is among them.
 */
function idOf({ folder, path }: ConversationFile, { thread, title, people }: MetaFile) {
  const name = baseName(thread || (MESSAGE_FILE.test(path) ? folder.replace(/\/$/, '') : ''));
  const number = /_(\d{5,})$/.exec(name)?.[1];
  if (number) return { id: number, isNumbered: true };
  const names = name || [title, ...[...people].sort()].join('\n');
  return { id: hex(sha256Sync(utf8(names))).slice(0, 16), isNumbered: name !== '' };
}

const numberIn = (path: string) => Number(/(\d+)\.json$/i.exec(path)?.[1] ?? 0);

/** Return the conversations for the screen, those with most messages first. */
export function listedConversations({ list: conversations }: Conversations): ListedConversation[] {
  return conversations
    .map(({ key, title, people, senders, messages }) => ({ id: key, title, people, senders: [...senders], messages }))
    .sort((a, b) => b.messages - a.messages);
}

/**
 * Plan the import of one conversation, in the order of its times. A message that cannot be read or has no time that can
 * be is named by its place, and the others are planned.
 * @param known lists the rows of this conversation that the diary has
 * @param input `limit`: bytes of the largest file that may be added; `latest`: ms UTC
 * @throws import_unanswered, and what reading the file throws
 */
export async function planConversation(
  known: (app: ConversationApp, id: string) => Promise<MessageRow[]>,
  {
    source,
    conversations,
    limit,
    latest,
  }: { source: Source; conversations: Conversations; limit: number; latest: number },
  { me, person, tz, gap, app: answered }: ImportAnswers,
  pause: Pause,
): Promise<PlannedConversation> {
  const app = conversations.app ?? answered;
  const conversation = conversations.list.find(({ key }) => key === person);
  if (me === undefined || !app || !conversation || !isZone(tz)) throw new KeptError('import_unanswered');
  if (conversation.files.reduce((sum, { size }) => sum + size, 0) > MAX_CONVERSATION_BYTES)
    throw new KeptError('import_too_many');
  const media = filesOf(conversation, conversations.media, source);
  const read = await readRows(conversation, { me, tz, limit, latest, nameOf: media.nameOf }, pause);
  const fresh = rowsNotIn(read.rows, await known(app, conversation.id), identityOf);
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
    complete: isMeKnown ? 'not_sure' : 'outgoing_not_captured',
  } as const;
  const { name, size } = source;
  const summary = {
    backup: { name, size, sha256: conversations.sha256, messages: read.count },
    conversation: { id: conversation.id, files: read.digests },
  };
  const planned: PlannedFile[] = [];
  for (const burst of burstsOf(fresh, gapOf(gap))) {
    await pause(planned.length, fresh.length);
    for (const part of partsOf(burst, ({ no }) => read.bytesOf(no).bytes.length, limit)) {
      const pieces = piecesOf(part.map(({ no }) => read.bytesOf(no)));
      const extract = extractOf(source, pieces, { name: extractName(conversation, part), type: 'application/json' });
      const rows = part.map(({ no: _no, ...row }) => row);
      planned.push(planEntry(extract, rows, { ...common, summary: { messages: part.length, ...summary } }));
    }
  }
  return {
    planned,
    known: read.rows.length - fresh.length,
    unread: read.unread,
    files: fresh.flatMap(fileNames).filter((file) => media.files.has(file)).length,
    mended: read.mended,
  };
}

/**
 * Read all messages of a conversation, in the order of their times.
 * @returns `count` of all; `unread`: places, from 1, of those that are left out; `digests` of the files
 */
async function readRows(
  conversation: Conversation,
  {
    nameOf,
    limit,
    latest,
    ...options
  }: { me: string | null; tz: string; limit: number; latest: number; nameOf: NameOf },
  pause: Pause,
) {
  const digests: { name: string; sha256: string }[] = [];
  const rows: PlacedRow[] = [];
  const unread: number[] = [];
  const byNo: Map<number, MessageBytes> = new Map();
  let no = 0;
  let mended = 0;
  for (const file of conversation.files) {
    const bytes = await file.read(pause);
    digests.push({ name: file.path, sha256: hex(await sha256(bytes)) });
    const whole = await readMetaFile(bytes, pause);
    if (!whole) throw new KeptError('file_changed');
    const { messages, frame } = whole;
    const ownFrame = frameOf(bytes, frame);
    for (const span of messages) {
      if (++no % MESSAGES_PER_PAUSE === 0) await pause(no, conversation.messages);
      const message = readMetaMessage(bytes, span, latest);
      if (message?.at == null || span.end - span.start + ownFrame.length + FRAME_BYTES > limit) {
        unread.push(no);
        continue;
      }
      if (message.isMended) mended++;
      const row = rowOf(message, { ...options, conversation, nameOf: (path) => nameOf(path, file.folder) });
      rows.push({ ...row, msg_no: 0, no });
      byNo.set(no, { bytes: bytes.subarray(span.start, span.end), frame: ownFrame });
    }
  }
  // Downloads have the newest message first; of one moment, the last in the file was written first.
  rows.sort((a, b) => (a.sent_at as number) - (b.sent_at as number) || b.no - a.no);
  return { rows, count: no, unread, mended, digests, bytesOf: (place: number) => byNo.get(place) as MessageBytes };
}

/**
 * What makes two rows the same message of a conversation. Names, and what follows from them, are left out: people
 * change theirs, and the keeper may answer otherwise.
 */
function identityOf({ sent_at: at, text = '', type, file_name: file = '' }: Fields): string {
  return JSON.stringify([at, text, type === 'deleted', file]);
}

function rowOf(
  { at, sender, type, text, notes, files }: MetaMessage,
  {
    me,
    tz,
    conversation,
    nameOf,
  }: {
    me: string | null;
    tz: string;
    conversation: Conversation;
    nameOf: (path: string) => ReturnType<NameOf>;
  },
): Omit<PlannedRow, 'msg_no'> {
  const isShared = conversation.people.filter((name) => name === me).length > 1;
  // Without the keeper's name in it, any of the names can be theirs.
  const isMissing = me !== null && !conversation.people.includes(me) && !conversation.senders.has(me);
  const isUnknown = !sender || isMissing || (sender === me && isShared);
  const direction = isUnknown ? 'unknown' : sender === me ? 'out' : 'in';
  const others = conversation.people.filter((name) => name !== me).map(nameInRow);
  const named = files.map(nameOf);
  const missing = named.filter(({ isThere }) => !isThere).map(({ name }) => name);
  const [first, ...more] = named.map(({ name }) => name);
  const sent = localAt(at as number, tz);
  const parties =
    direction === 'out'
      ? { from: KEEPER, ...(others.length ? { to: cutText(others.join(', '), 2_000) } : {}) }
      : {
          ...(sender ? { from: cutText(nameInRow(sender), MAX_NAMES_LENGTH) } : {}),
          ...(direction === 'in' && me !== null ? { to: KEEPER } : {}),
        };
  return {
    sent_at: at as number,
    sent_local: sent,
    sent_source: 'message_or_call_stamp',
    direction,
    // A call that the other person missed is one that the keeper made.
    type: type === 'missed_call' && direction === 'out' ? 'call' : type,
    ...parties,
    ...(text ? { text: cutText(text, MAX_TEXT_LENGTH) } : {}),
    ...(first ? { file_name: first } : {}),
    ...(more.length ? { more_files: more } : {}),
    ...described([
      ...notes,
      more.length ? `Also: ${more.join(', ')}` : '',
      missing.length ? `Not in the download: ${missing.join(', ')}` : '',
      text || first || notes.length ? '' : 'No words',
      text.length > MAX_TEXT_LENGTH ? `${text.length} characters; the rest is in the file` : '',
    ]),
  };
}

/**
 * The pictures and other files of a conversation by name, and a function that names the file at a path. Two files with
 * one name are named with their folders.
 */
function filesOf({ files: own }: Conversation, entries: Conversations['media'], source: Source) {
  const files: Map<string, MediaFile> = new Map();
  const names: Map<string, string> = new Map();
  const entryAt = (path: string, folder: string) => {
    const plain = path.replace(/^(?:\.\/)+/, '');
    const top = own[0]?.path.split('/')[0] ?? '';
    return [plain, `${folder}${plain}`, `${top}/${plain}`].map((one) => entries.get(one)).find(Boolean);
  };
  return {
    files,
    nameOf: (path: string, folder: string) => {
      // A path is written as words are: see [Note: letters], meta_messages.ts.
      const read = mend(path).text;
      const entry = /^[a-z]+:\/\//i.test(path) ? undefined : (entryAt(read, folder) ?? entryAt(path, folder));
      const plain = baseName(read).replace(/[\p{Cc}\p{Cf}]/gu, '');
      const short = cutText(plain, MAX_NAMES_LENGTH) || 'file';
      const isTaken = (names.get(short) ?? path) !== path;
      const name = isTaken ? cutText(path.replaceAll('/', ' '), MAX_NAMES_LENGTH * 2) : short;
      names.set(name, path);
      if (entry) files.set(name, { size: entry.size, open: () => entrySource(source, entry) });
      return { name, isThere: entry !== undefined };
    },
  };
}

/** The beginning of an entry's own file: the members that say which conversation it is of. */
function frameOf(bytes: Bytes, frame: MetaFile['frame']): Bytes {
  const text = frame.map(({ name, span }) => `${JSON.stringify(name)}:${slice(bytes, span)},\n`).join('');
  return utf8(`{${text}"messages":[\n`);
}

const slice = (bytes: Bytes, { start, end }: Span) => new TextDecoder().decode(bytes.subarray(start, end));

/** A conversation has its newest message first, and so has its extract. */
function piecesOf(burst: readonly MessageBytes[]): Piece[] {
  const [last] = burst.slice(-1) as [MessageBytes];
  const messages = [...burst].reverse().flatMap(({ bytes }, i) => (i ? [utf8(',\n'), bytes] : [bytes]));
  return [last.frame, ...messages, utf8('\n]}\n')];
}

function extractName({ files, title }: Conversation, burst: readonly PlacedRow[]): string {
  const folder = files[0]?.folder.replace(/\/$/, '') ?? '';
  const name = baseName(folder) || baseName(files[0]?.path ?? '').replace(/\.json$/i, '') || title;
  const first = burst.reduce((least, { no }) => Math.min(least, no), Number.POSITIVE_INFINITY);
  return `${cutText(name, MAX_NAMES_LENGTH)}, from number ${first}.json`;
}
