/**
 * Conversations in the JSON files that Meta gives people of their Instagram, Facebook or Messenger data.
 *
 *   "Download your information"      messages/inbox/sam_123/message_1.json, message_2.json, …
 *     {"participants": [{"name"}], "messages": [{"sender_name", "timestamp_ms", "content", …}], "title"}
 *   end-to-end encrypted chats       Sam_1.json
 *     {"participants": ["name"], "threadName", "messages": [{"senderName", "timestamp", "text", "media", …}]}
 *
 * Meta publishes no description of them. This follows the field names that the readers of these files agree on.
 *
 * [Note: letters] In the first form each byte of UTF-8 is written as a letter of its own: `\u00c3\u00a9` for é. A text
 * is put right only where all its letters are such bytes and are valid UTF-8. Another text stays as it is.
 */
import { toWellFormed } from '../core/text.js';
import { elementsOf, isList, isObject, membersOf, parseSpan, wholeFile } from './json_spans.js';
import type { Span } from './json_spans.js';
import type { Pause } from './whatsapp.js';

/**
 * One file of a conversation. `people`: their names; `thread`: Meta's name of the conversation, '' if the file has
 * none; `cutOff`: its end is missing; `frame`: the members that say which conversation it is, in the file's order
 */
export type MetaFile = {
  title: string;
  people: string[];
  thread: string;
  messages: Span[];
  cutOff: boolean;
  frame: { name: string; span: Span }[];
};
/**
 * One message. `at`: ms UTC, null without a time that can be right; `text`: the sender's words; `notes`: what the app
 * says of it; `files`: their paths in the download; `isMended`: a text was put right, see [Note: letters]
 */
export type MetaMessage = {
  at: number | null;
  sender: string;
  type: string;
  text: string;
  notes: string[];
  files: string[];
  isMended: boolean;
};

type Json = Record<string, unknown>;
/** `isMended`: it was put right, see [Note: letters] */
type Mended = { text: string; isMended: boolean };

/** The first message of an app of Meta cannot be older. */
const EARLIEST = Date.UTC(2004, 1, 4);
const MAX_NAMES = 500;
/** Participants come first. */
const SNIFF_BYTES = 4_096;
/** What says which conversation a file is of. */
const FRAME_MEMBERS = ['participants', 'title', 'threadName', 'thread_path'];
/** By member: what a message with such a file is. */
const FILE_TYPES: Record<string, string> = {
  photos: 'image',
  videos: 'video',
  audio_files: 'voice',
  gifs: 'sticker',
  files: 'document',
};
const EXTENSIONS: [RegExp, string][] = [
  [/\.(?:jpe?g|png|webp|heic|gif)$/i, 'image'],
  [/\.(?:mp4|mov|webm)$/i, 'video'],
  [/\.(?:aac|m4a|mp3|ogg|opus|wav)$/i, 'voice'],
];

/** Tell whether the beginning of a file can be such a file. `readMetaFile` decides. */
export function looksLikeMetaFile(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head.subarray(0, SNIFF_BYTES));
  return isObject(head, wholeFile(head)) && /"(?:participants|messages)"\s*:/.test(text);
}

/**
 * Read where the messages of a conversation are; null for another JSON file.
 * @throws import_wrong for a file that is not JSON
 */
export async function readMetaFile(bytes: Uint8Array, pause: Pause): Promise<MetaFile | null> {
  const members = await membersOf(bytes, wholeFile(bytes), pause);
  const [participants, messages] = [members.get('participants'), members.get('messages')];
  if (!participants?.isWhole || !messages || !isList(bytes, participants) || !isList(bytes, messages)) return null;
  const frame = FRAME_MEMBERS.flatMap((name) => {
    const span = members.get(name);
    return span?.isWhole ? [{ name, span }] : [];
  });
  const textOf = (name: string) => mend(valueIn(bytes, members.get(name))).text;
  const people = (parseSpan(bytes, participants) as unknown[]).slice(0, MAX_NAMES).map(nameOf).filter(Boolean);
  return {
    title: textOf('title') || withoutNumber(asWritten(valueIn(bytes, members.get('threadName'))).text),
    people,
    thread: textOf('thread_path'),
    messages: await elementsOf(bytes, messages, pause),
    cutOff: !messages.isWhole || !endsWithBracket(bytes),
    frame,
  };
}

/** The title of an encrypted chat ends in its number in the download: `Sam_12`. */
const withoutNumber = (title: string) => title.replace(/_\d+$/, '');

const valueIn = (bytes: Uint8Array, span: Span | undefined): unknown => (span?.isWhole ? parseSpan(bytes, span) : null);

const nameOf = (person: unknown): string =>
  person && typeof person === 'object' ? mend((person as Json).name).text : asWritten(person).text;

function endsWithBracket(bytes: Uint8Array): boolean {
  return /\}\s*$/.test(new TextDecoder().decode(bytes.subarray(-64)));
}

/**
 * Read one message; null for one that is no message.
 * @param latest ms UTC; no message can have a later time
 */
export function readMetaMessage(bytes: Uint8Array, span: Span, latest: number): MetaMessage | null {
  const message = messageAt(bytes, span);
  if (!message) return null;
  const at = message.timestamp_ms ?? message.timestamp;
  const isTime = Number.isSafeInteger(at) && (at as number) >= EARLIEST && (at as number) <= latest;
  const sender = senderIn(message);
  const words = isEncryptedForm(message) ? asWritten(message.text) : mend(message.content);
  const { files, type } = filesOf(message);
  const call = callOf(message);
  const isUnsent = message.is_unsent === true || message.isUnsent === true;
  const isAppWords = call !== null || message.type === 'placeholder';
  return {
    at: isTime ? (at as number) : null,
    sender: sender.text,
    type: isUnsent ? 'deleted' : (call?.type ?? type),
    text: isAppWords ? '' : words.text,
    notes: [
      isUnsent ? 'Unsent by the sender' : '',
      isAppWords ? words.text : '',
      call?.note ?? '',
      ...shareNotes(message.share),
      ...reactionNotes(message.reactions),
    ].filter(Boolean),
    files,
    isMended: words.isMended || sender.isMended,
  };
}

/** Return the name of a message's sender; '' without one. */
export function senderOf(bytes: Uint8Array, span: Span): string {
  const message = messageAt(bytes, span);
  return message ? senderIn(message).text : '';
}

function messageAt(bytes: Uint8Array, span: Span): Json | null {
  try {
    const value = parseSpan(bytes, span);
    return value && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

const isEncryptedForm = (message: Json) => message.sender_name === undefined && message.senderName !== undefined;

const senderIn = (message: Json): Mended =>
  isEncryptedForm(message) ? asWritten(message.senderName) : mend(message.sender_name);

/** Return the paths of its files, and what kind of message these make it. */
function filesOf(message: Json): { files: string[]; type: string } {
  const found: { path: string; type: string }[] = [];
  for (const [member, type] of Object.entries(FILE_TYPES)) {
    for (const path of pathsOf(message[member])) found.push({ path, type });
  }
  for (const path of pathsOf([message.sticker])) found.push({ path, type: 'sticker' });
  for (const path of pathsOf(message.media))
    found.push({ path, type: EXTENSIONS.find(([pattern]) => pattern.test(path))?.[1] ?? 'document' });
  return { files: [...new Set(found.map(({ path }) => path))], type: found[0]?.type ?? 'text' };
}

function pathsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((file) => {
    const path = file && typeof file === 'object' ? (file as Json).uri : null;
    return typeof path === 'string' && path ? [toWellFormed(path)] : [];
  });
}

/** A call has a length in seconds, which is 0 for one that nobody answered. */
function callOf({ call_duration: seconds, type, missed }: Json): { type: string; note: string } | null {
  if (typeof seconds !== 'number' && type !== 'Call' && missed !== true) return null;
  if (seconds === 0 || missed === true) return { type: 'missed_call', note: '' };
  return { type: 'call', note: seconds === undefined ? 'Its length is not in the file' : `Lasted ${seconds} seconds` };
}

function shareNotes(share: unknown): string[] {
  if (!share || typeof share !== 'object') return [];
  const { link, share_text: words, original_content_owner: owner } = share as Json;
  return [
    typeof link === 'string' && link ? `Shared: ${toWellFormed(link)}` : '',
    mend(owner).text ? `By ${mend(owner).text}` : '',
    mend(words).text ? `Words of what was shared: ${mend(words).text}` : '',
  ];
}

function reactionNotes(reactions: unknown): string[] {
  if (!Array.isArray(reactions)) return [];
  const said = reactions.flatMap((one) => {
    if (!one || typeof one !== 'object') return [];
    const [reaction, actor] = [mend((one as Json).reaction).text, mend((one as Json).actor).text];
    return reaction ? [actor ? `${reaction} by ${actor}` : reaction] : [];
  });
  return said.length ? [`Reactions: ${said.join(', ')}`] : [];
}

/** Return a text as people wrote it: see [Note: letters]. Anything but a text is ''. */
export function mend(value: unknown): Mended {
  if (typeof value !== 'string') return { text: '', isMended: false };
  const asIs = asWritten(value);
  if (!/[\x80-\xff]/.test(value) || /[^\x00-\xff]/.test(value)) return asIs;
  try {
    const bytes = new Uint8Array(value.length);
    for (let i = 0; i < value.length; i++) bytes[i] = value.charCodeAt(i);
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isMended: true };
  } catch {
    return asIs;
  }
}

const asWritten = (value: unknown): Mended => ({
  text: typeof value === 'string' ? toWellFormed(value) : '',
  isMended: false,
});
