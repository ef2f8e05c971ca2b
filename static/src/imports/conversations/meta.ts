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
import { baseName } from '../unzip.js';
import {
  EMPTY_MESSAGE,
  MAX_NAMES,
  idOfNames,
  listOf,
  objectAt,
  objectOf,
  textIn,
  timeBetween,
  typeOfFile,
} from './format.js';
import {
  elementsOf,
  endsWithBracket,
  frameWith,
  isList,
  isObject,
  membersOf,
  parseSpan,
  valueIn,
  wholeFile,
} from './json_spans.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Json, ReadMessage, Sender, Thread } from './format.js';
import type { Span } from './json_spans.js';
import type { Pause } from '../whatsapp.js';

/** `isMended`: it was put right, see [Note: letters] */
type Mended = { text: string; isMended: boolean };

/** The first message of an app of Meta cannot be older. */
export const META_EARLIEST = Date.UTC(2004, 1, 4);
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
export const META: ChatFormat = {
  place: /^(.*?)messages\/[^/]+\/[^/]+\/message_\d+\.json$/i,
  app: null,
  looksLike,
  readThreads,
  readMessage,
  senderOf,
};

function looksLike(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head.subarray(0, SNIFF_BYTES));
  return isObject(head, wholeFile(head)) && /"(?:participants|messages)"\s*:/.test(text);
}

/** The name of such a file in a download. */
export const META_FILE = /(?:^|\/)message_\d+\.(?:json|html)$/i;

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  const members = await membersOf(bytes, wholeFile(bytes), pause);
  const [participants, messages] = [members.get('participants'), members.get('messages')];
  if (!participants?.isWhole || !messages || !isList(bytes, participants) || !isList(bytes, messages)) return null;
  const textOf = (name: string) => mend(valueIn(bytes, members.get(name))).text;
  const people = listOf(parseSpan(bytes, participants)).slice(0, MAX_NAMES).map(nameOf).filter(Boolean);
  const title = textOf('title') || withoutNumber(textIn(valueIn(bytes, members.get('threadName'))));
  return [
    {
      ...idOf(path, { thread: textOf('thread_path'), title, people }),
      title,
      people,
      messages: await elementsOf(bytes, messages, pause),
      cutOff: !messages.isWhole || !endsWithBracket(bytes),
      isNewestFirst: true,
      frame: frameWith(bytes, members, FRAME_MEMBERS, 'messages'),
    },
  ];
}

/**
 * Meta's number of a conversation stays when somebody changes their name. Encrypted chats have none, so theirs is made
 * of the names, and in one download each file is a conversation: two people can have one name.
 */
export function idOf(path: string, { thread, title, people }: { thread: string; title: string; people: string[] }) {
  const folder = path.slice(0, path.length - baseName(path).length).replace(/\/$/, '');
  const name = baseName(thread || (META_FILE.test(path) ? folder : ''));
  const number = /_(\d{5,})$/.exec(name)?.[1];
  if (number) return { id: number, apart: '' };
  return { id: name ? idOfNames(name) : idOfNames(title, ...[...people].sort()), apart: name ? '' : path };
}

/** The title of an encrypted chat ends in its number in the download: `Sam_12`. */
const withoutNumber = (title: string) => title.replace(/_\d+$/, '');

const nameOf = (person: unknown): string => {
  const record = objectOf(person);
  return record ? mend(record.name).text : textIn(person);
};

function readMessage(bytes: Bytes, span: Span, latest: number): ReadMessage | null {
  const message = objectAt(bytes, span);
  if (!message) return null;
  const sender = senderIn(message);
  const words = isEncryptedForm(message) ? asWritten(message.text) : mend(message.content);
  const { files, type } = filesOf(message);
  const call = callOf(message);
  const isUnsent = message.is_unsent === true || message.isUnsent === true;
  const isAppWords = call !== null || message.type === 'placeholder';
  return {
    ...EMPTY_MESSAGE,
    at: timeBetween(META_EARLIEST, message.timestamp_ms ?? message.timestamp, latest),
    sender: { name: sender.text, id: '' },
    type: isUnsent ? 'deleted' : (call?.type ?? type),
    text: isAppWords ? '' : words.text,
    notes: [isUnsent ? 'Unsent by the sender' : '', isAppWords ? words.text : '', call?.note ?? ''].filter(Boolean),
    quotes: quotesOf(message.share),
    reactions: reactionsOf(message.reactions),
    files,
    isMended: words.isMended || sender.isMended,
  };
}

function senderOf(bytes: Bytes, span: Span): Sender {
  const message = objectAt(bytes, span);
  return { name: message ? senderIn(message).text : '', id: '' };
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
  for (const path of pathsOf(message.media)) found.push({ path, type: typeOfFile(path) });
  return { files: [...new Set(found.map(({ path }) => path))], type: found[0]?.type ?? 'text' };
}

function pathsOf(list: unknown): string[] {
  return listOf(list).flatMap((file) => {
    const path = objectOf(file)?.uri;
    return typeof path === 'string' && path ? [textIn(path)] : [];
  });
}

/** A call has a length in seconds, which is 0 for one that nobody answered. */
function callOf({ call_duration: seconds, type, missed }: Json): { type: string; note: string } | null {
  if (typeof seconds !== 'number' && type !== 'Call' && missed !== true) return null;
  if (seconds === 0 || missed === true) return { type: 'missed_call', note: '' };
  return { type: 'call', note: seconds === undefined ? 'Its length is not in the file' : `Lasted ${seconds} seconds` };
}

function quotesOf(share: unknown): ReadMessage['quotes'] {
  const { link, share_text: words, original_content_owner: owner } = objectOf(share) ?? {};
  return [
    { label: 'Shared', text: textIn(link) },
    { label: 'By', text: mend(owner).text },
    { label: 'Words of what was shared', text: mend(words).text },
  ];
}

const reactionsOf = (reactions: unknown): ReadMessage['reactions'] =>
  listOf(reactions).map((one) => ({ text: mend(objectOf(one)?.reaction).text, by: mend(objectOf(one)?.actor).text }));

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

const asWritten = (value: unknown): Mended => ({ text: textIn(value), isMended: false });
