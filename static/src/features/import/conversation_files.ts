/**
 * Find the conversations of a download: which files have messages, which app they are of, and who wrote how many.
 */
import { KeptError, toKeptError } from '../../core/errors.js';
import { cutText, toWellFormed } from '../../core/text.js';
import { objectOf, textIn } from '../../imports/conversations/format.js';
import { looksLikeHtml } from '../../imports/conversations/html_blocks.js';
import { FORMATS } from '../../imports/conversations/formats.js';
import { parseSpan, wholeFile } from '../../imports/conversations/json_spans.js';
import { MAX_TEXT_BYTES, unpack } from '../../imports/unzip.js';
import { entrySource } from '../../imports/unzip_stream.js';
import { findCopies } from './conversation_copies.js';
import { MAX_NAMES_LENGTH, filesIn } from './conversation_media.js';
import { exampleOf, ordersOf } from './date_orders.js';
import { digestOf } from './imports_entry_files.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Sender, Thread, WrittenTime } from '../../imports/conversations/format.js';
import type { ZipEntry } from '../../imports/unzip.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { ConversationPart, DownloadFile } from './conversation_copies.js';
import type { Source } from '../../diary/types.js';
import type { ConversationApp, ConversationDates, ListedConversation } from '../../shell/app.js';

/**
 * `key`: one in this download; `id`: the same in every download of this conversation;
 * `people`: names, as often as there are people with them; `senders`: messages by name;
 * `parts`: in the order of the numbers of their files
 */
export type Conversation = {
  key: string;
  id: string;
  title: string;
  people: string[];
  senders: Map<string, number>;
  messages: number;
  cutOff: boolean;
  parts: ConversationPart[];
};
/**
 * What was read of a download. `app`: null if only the keeper knows; `damaged`: paths of files that cannot be used;
 * `media`: its other files by path; `dates`: of a file whose times have no zone
 */
export type Conversations = {
  format: ChatFormat;
  app: ConversationApp | null;
  sha256: string;
  list: Conversation[];
  damaged: string[];
  media: ReadonlyMap<string, ZipEntry>;
  dates: ConversationDates;
};
/** `ids`: the app's own, of those who wrote under a name */
type FoundConversation = Conversation & { ids: Map<string, Set<string>> };
/** `isOne`: it was chosen by itself, so an error in it is an error of all */
type FoundFiles = {
  files: DownloadFile[];
  formats: readonly ChatFormat[];
  titles: Map<string, string>;
  isOne: boolean;
};

const SNIFF_BYTES = 65_536;
const MESSAGES_PER_PAUSE = 200;

/** How many different days are looked at. */
const MAX_DAYS = 10_000;

/** Return the app of a download of Meta; null if its folders do not say. The rest of a path has chosen names. */
function appOf(whole: string): ConversationApp | null {
  const path = whole.split('messages/')[0] as string;
  return /instagram/i.test(path) ? 'instagram' : /facebook|messenger/i.test(path) ? 'messenger' : null;
}

const depthOf = (path: string) => path.split('/').length - 1;

/**
 * Return the format whose files stand where its app puts them, and these files; null without any. Whoever sent a
 * document in a conversation must not decide what the whole download is, and documents stand deeper than the files that
 * the app wrote.
 * @param below files that are deeper than this do not count
 */
export function placedFiles(
  entries: readonly ZipEntry[],
  below: number = Number.POSITIVE_INFINITY,
): { format: ChatFormat; entries: ZipEntry[] } | null {
  let found: { format: ChatFormat; entries: ZipEntry[] } | null = null;
  let least = below;
  for (const format of FORMATS) {
    const placed = entries.flatMap((entry) => {
      const before = format.place.exec(entry.name)?.[1];
      return before === undefined ? [] : [{ entry, depth: depthOf(before) }];
    });
    const depth = Math.min(...placed.map((one) => one.depth));
    if (depth >= least) continue;
    least = depth;
    found = { format, entries: placed.filter((one) => one.depth === depth).map(({ entry }) => entry) };
  }
  return found;
}

/** How deep the chat of a WhatsApp export stands. Its own files stand beside it. */
export const depthOfChat = (texts: readonly ZipEntry[]): number | undefined =>
  texts.length ? Math.min(...texts.map(({ name }) => depthOf(name))) : undefined;

/**
 * Read the conversations of a zip; null if it has none.
 * @param latest ms UTC; no message can have a later time
 */
export async function readZippedConversations(
  source: Source,
  entries: readonly ZipEntry[],
  placed: ReturnType<typeof placedFiles>,
  latest: number,
  pause: Pause,
): Promise<Conversations | null> {
  const chosen = placed?.entries ?? (await entriesLikeConversations(source, entries, pause));
  if (!chosen.length) return null;
  const paths = new Set(chosen.map(({ name }) => name));
  return readAll(
    source,
    latest,
    {
      files: chosen.map((entry) => zippedFile(source, entry)),
      formats: placed ? [placed.format] : FORMATS,
      titles: placed ? await titlesOf(source, entries, placed.format, pause) : new Map(),
      isOne: false,
    },
    byPath(entries.filter(({ name }) => !paths.has(name))),
    pause,
  );
}

/** Return files by their paths. Of two with one path and other bytes it is unknown which one a message means. */
function byPath(entries: readonly ZipEntry[]): Map<string, ZipEntry> {
  const found: Map<string, ZipEntry> = new Map();
  const unclear: Set<string> = new Set();
  for (const entry of entries) {
    const other = found.get(entry.name);
    if (other && (other.size !== entry.size || other.crc !== entry.crc)) unclear.add(entry.name);
    found.set(entry.name, entry);
  }
  for (const path of unclear) found.delete(path);
  return found;
}

/**
 * Read a file with conversations; null for another file. A page that only looks like one is a saved page.
 * @param latest ms UTC; no message can have a later time
 * @throws import_wrong, import_too_many
 */
export async function readOneFile(
  source: Source,
  head: Uint8Array,
  latest: number,
  pause: Pause,
): Promise<Conversations | null> {
  if (!FORMATS.some((format) => format.looksLike(head))) return null;
  if (source.size > MAX_TEXT_BYTES) throw new KeptError('import_too_many');
  const read = async () => (await source.read(0, source.size)) as Bytes;
  const files = [{ path: source.name, size: source.size, read }];
  const found = { files, formats: FORMATS, titles: new Map(), isOne: true };
  const conversations = await readAll(source, latest, found, new Map(), pause);
  if (!conversations && !looksLikeHtml(new TextDecoder().decode(head))) throw new KeptError('import_wrong');
  return conversations;
}

async function entriesLikeConversations(source: Source, entries: readonly ZipEntry[], pause: Pause) {
  const found: ZipEntry[] = [];
  const wanted = entries.filter(({ name }) => /\.(?:jsonl?|html?|txt|csv)$/i.test(name));
  for (const [i, entry] of wanted.entries()) {
    await pause(i, wanted.length);
    const isLike = await startsLikeConversation(source, entry).catch((error) => {
      if (!/^zip_/.test(toKeptError(error).code)) throw error;
      return FORMATS.some(({ place }) => place.test(`/${entry.name}`));
    });
    if (isLike) found.push(entry);
  }
  return found;
}

async function startsLikeConversation(source: Source, entry: ZipEntry): Promise<boolean> {
  const unpacked = await entrySource(source, entry);
  const head = await unpacked.read(0, Math.min(SNIFF_BYTES, entry.size));
  return FORMATS.some((format) => format.looksLike(head));
}

function zippedFile(source: Source, entry: ZipEntry): DownloadFile {
  const read = async (pause: Pause) => (await unpack(source, entry, { pause })) as Bytes;
  return { path: toWellFormed(entry.name), size: entry.size, read };
}

/** Return the titles of conversations by their ids, where a file of the download has them. */
async function titlesOf(
  source: Source,
  entries: readonly ZipEntry[],
  { titlesFile }: ChatFormat,
  pause: Pause,
): Promise<Map<string, string>> {
  const entry = titlesFile && entries.find(({ name }) => titlesFile.test(name));
  if (!entry) return new Map();
  try {
    const bytes = await zippedFile(source, entry).read(pause);
    const titles = Object.entries(objectOf(parseSpan(bytes, wholeFile(bytes))) ?? {});
    return new Map(titles.map(([id, title]) => [id, textIn(title)]));
  } catch (error) {
    // Without titles, the conversations are listed by their ids.
    if (!isFileError(error)) throw error;
    return new Map();
  }
}

const isFileError = (error: unknown) => /^zip_|^import_wrong$/.test(toKeptError(error).code);

async function readAll(
  source: Source,
  latest: number,
  { files, formats, titles, isOne }: FoundFiles,
  media: Conversations['media'],
  pause: Pause,
): Promise<Conversations | null> {
  const byKey: Map<string, FoundConversation> = new Map();
  const damaged: string[] = [];
  const days: Map<string, WrittenTime> = new Map();
  let used: ChatFormat | null = null;
  for (const [i, file] of files.entries()) {
    await pause(i, files.length);
    try {
      const bytes = await file.read(pause);
      // The files of one download are of one app.
      const read = await threadsOf(bytes, file.path, used ? [used] : formats, pause);
      if (read) {
        used = read.format;
        for (const [place, thread] of read.threads.entries())
          await addThread(
            byKey,
            { file, place, copies: new Set() },
            { bytes, thread, format: read.format, titles },
            pause,
          );
        if (read.format.isWithoutZone) await addDays(days, bytes, read, latest, pause);
      } else if (formats.some(({ place }) => place.test(`/${file.path}`))) damaged.push(file.path);
    } catch (error) {
      if (isOne || !isFileError(error)) throw error;
      damaged.push(file.path);
    }
  }
  const found = [...byKey.values()].filter(({ messages }) => messages);
  if (!found.length || !used) return null;
  for (const conversation of found) {
    conversation.parts.sort((a, b) => numberIn(a.file.path) - numberIn(b.file.path));
    await leaveOutCopies(conversation, used, media, latest, pause);
  }
  const list = found.map(withPeople);
  const sha256 = await digestOf(source, pause);
  const app = (used.app as ConversationApp | null) ?? appOf(files[0]?.path ?? '') ?? appOf(source.name);
  const orders = days.size ? ordersOf([...days.values()]) : [];
  const dates = { orders, example: exampleOf([...days.values()], orders, ({ text }) => text) };
  return { format: used, app, sha256, list, damaged, media, dates };
}

/** Count each message once that is in several folders of a download: see conversation_copies.ts. */
async function leaveOutCopies(
  conversation: FoundConversation,
  format: ChatFormat,
  media: Conversations['media'],
  latest: number,
  pause: Pause,
) {
  const { parts, senders } = conversation;
  const find = filesIn(
    format,
    media,
    parts.map(({ file }) => file.path),
  );
  for (const { part, at, sender } of await findCopies(format, parts, find, latest, pause)) {
    part.copies.add(at);
    conversation.messages--;
    if (sender) senders.set(sender, (senders.get(sender) ?? 1) - 1);
  }
}

/** Note the days of the messages of a file as written. */
async function addDays(
  days: Map<string, WrittenTime>,
  bytes: Bytes,
  { format, threads }: { format: ChatFormat; threads: Thread[] },
  latest: number,
  pause: Pause,
) {
  for (const { messages } of threads) {
    for (const [i, span] of messages.entries()) {
      if (i % MESSAGES_PER_PAUSE === 0) await pause(span.start, bytes.length);
      const written = format.readMessage(bytes, span, latest)?.written;
      if (written && days.size < MAX_DAYS) days.set(written.text, written);
    }
  }
}

/** Return the conversations of a file, and the first format that finds any. */
async function threadsOf(bytes: Bytes, path: string, formats: readonly ChatFormat[], pause: Pause) {
  for (const format of formats) {
    if (!format.looksLike(bytes.subarray(0, SNIFF_BYTES))) continue;
    const threads = await format.readThreads(bytes, path, pause);
    if (threads?.length) return { format, threads };
  }
  return null;
}

async function addThread(
  byKey: Map<string, FoundConversation>,
  part: ConversationPart,
  {
    bytes,
    thread,
    format,
    titles,
  }: { bytes: Bytes; thread: Thread; format: ChatFormat; titles: ReadonlyMap<string, string> },
  pause: Pause,
) {
  const key = thread.apart ? `${thread.id} ${thread.apart}` : thread.id;
  const title = titles.get(thread.id) || thread.title || thread.people.join(', ');
  const conversation = byKey.get(key) ?? {
    key,
    id: thread.id,
    title: cutText(title, MAX_NAMES_LENGTH),
    people: thread.people,
    senders: new Map<string, number>(),
    ids: new Map<string, Set<string>>(),
    messages: 0,
    cutOff: false,
    parts: [],
  };
  byKey.set(key, conversation);
  conversation.parts.push(part);
  conversation.cutOff ||= thread.cutOff;
  conversation.messages += thread.messages.length;
  for (const [i, span] of thread.messages.entries()) {
    if (i % MESSAGES_PER_PAUSE === 0) await pause(span.start, bytes.length);
    countSender(conversation, format.senderOf(bytes, span));
  }
}

function countSender({ senders, ids }: FoundConversation, { name, id }: Sender) {
  if (!name) return;
  senders.set(name, (senders.get(name) ?? 0) + 1);
  ids.set(name, (ids.get(name) ?? new Set()).add(id));
}

/**
 * Where the files do not list who is in a conversation, those who wrote are. A chat has the name of the other person:
 * if nobody but one name wrote, and the chat has it too, two people can have that name.
 */
function withPeople({ ids, ...conversation }: FoundConversation): Conversation {
  if (conversation.people.length) return conversation;
  const written = [...ids].flatMap(([name, those]) => Array.from({ length: those.size }, () => name));
  const isNamedSo = written.length === 1 && written[0] === conversation.title;
  return { ...conversation, people: isNamedSo ? [...written, ...written] : written };
}

const numberIn = (path: string) => Number(/(\d+)\.\w+$/.exec(path)?.[1] ?? 0);

/** Return the conversations for the screen, those with most messages first. */
export function listedConversations({ list }: Conversations): ListedConversation[] {
  return list
    .map(({ key, title, people, senders, messages }) => ({ id: key, title, people, senders: [...senders], messages }))
    .sort((a, b) => b.messages - a.messages);
}
