/**
 * Conversations in the JSON of Snapchat's "My Data".
 *
 *   json/chat_history.json     {"sam.b": [{"From", "Media Type", "Created", "Content", "IsSender", "Media IDs", …}]}
 *   json/snap_history.json     the same without words: pictures and videos that were sent to be seen once
 *
 * Each member is a conversation, by the other person's username or the number of a group. Snapchat publishes no
 * description. This follows the field names that the readers of these files agree on.
 *
 * [Note: what is missing] Snapchat deletes most messages once they are read. The file has only what was saved, or not
 * read yet. The conversation is never whole, and what somebody deleted is not in it.
 */
import { EMPTY_MESSAGE, idIn, objectAt, senderBy, stampIn, textIn, timeBetween } from './format.js';
import { elementsOf, isList, isObject, membersOf, wholeFile } from './json_spans.js';
import { utf8 } from '../../core/bytes.js';
import { baseName } from '../unzip.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Json, ReadMessage, Sender, Thread } from './format.js';
import type { Span } from './json_spans.js';
import type { Pause } from '../whatsapp.js';

/** Snapchat began in September 2011. */
const EARLIEST = Date.UTC(2011, 8, 1);
/** By "Media Type". Another that begins with STATUS is a line of the app. */
const TYPES: Record<string, string> = {
  TEXT: 'text',
  IMAGE: 'image',
  VIDEO: 'video',
  MEDIA: 'image',
  NOTE: 'voice',
  AUDIO: 'voice',
  STICKER: 'sticker',
  LOCATION: 'location',
  SHARE: 'text',
  SHARESAVEDSTORY: 'other',
  SHAREDSTORY: 'other',
};
export const SNAPCHAT: ChatFormat = {
  place: /^(.*?)json\/(?:chat|snap)_history\.json$/i,
  app: 'snapchat',
  looksLike,
  readThreads,
  readMessage,
  senderOf: senderBy(senderIn),
  findFile,
};

function looksLike(head: Uint8Array): boolean {
  return isObject(head, wholeFile(head)) && /"Media Type"\s*:/.test(new TextDecoder().decode(head));
}

async function readThreads(bytes: Bytes, _path: string, pause: Pause): Promise<Thread[] | null> {
  const members = await membersOf(bytes, wholeFile(bytes), pause);
  const threads: Thread[] = [];
  for (const [name, span] of members) {
    if (!isList(bytes, span)) return null;
    const messages = await elementsOf(bytes, span, pause);
    const title = messages.map((message) => textIn(objectAt(bytes, message)?.['Conversation Title'])).find(Boolean);
    threads.push({
      id: name,
      apart: '',
      title: title ?? name,
      people: [],
      messages,
      cutOff: !span.isWhole,
      isNewestFirst: true,
      frame: {
        before: utf8(`{${JSON.stringify(name)}:[\n`),
        between: utf8(',\n'),
        after: utf8('\n]}\n'),
      },
    });
  }
  return threads;
}

function readMessage(bytes: Bytes, span: Span, latest: number): ReadMessage | null {
  const message = objectAt(bytes, span);
  if (!message) return null;
  const kind = textIn(message['Media Type']).toUpperCase().replace(/\s/g, '');
  const text = textIn(message.Content) || textIn(message.Text);
  const common = {
    ...EMPTY_MESSAGE,
    at: timeOf(message, latest),
    sender: senderIn(message),
    isOwn: typeof message.IsSender === 'boolean' ? message.IsSender : null,
  };
  if (/^STATUS.*MISSED/.test(kind))
    return { ...common, type: 'missed_call', notes: [kind.includes('VIDEO') ? 'Video call' : 'Voice call'] };
  if (kind.startsWith('STATUS')) return { ...common, type: 'other', isNotice: true };
  const type = TYPES[kind] ?? 'other';
  return {
    ...common,
    type,
    text,
    notes: [
      message.IsSaved === true ? 'Saved in the chat' : '',
      TYPES[kind] === undefined ? `Kind of message in the file: ${textIn(message['Media Type'])}` : '',
      kind === 'SHARE' ? 'Shared' : '',
      !text && !mediaIds(message).length && type !== 'text' ? 'A snap or file that the download does not have' : '',
    ].filter(Boolean),
    files: mediaIds(message),
  };
}

function senderIn({ From: from }: Json): Sender {
  return { name: textIn(from), id: textIn(from) };
}

/** The member with microseconds has the exact time, but not every download has it; in some it holds milliseconds. */
function timeOf(message: Json, latest: number): number | null {
  const exact = Number(idIn(message['Created(microseconds)']) || Number.NaN);
  const stamp = stampIn(message.Created);
  if (stamp === null) return null;
  for (const at of [exact, Math.floor(exact / 1000)])
    if (Math.abs(at - stamp) < 1_000) return timeBetween(EARLIEST, at, latest);
  return timeBetween(EARLIEST, stamp, latest);
}

/** Names of files without their ends and the day before them. */
const mediaIds = (message: Json): string[] =>
  textIn(message['Media IDs'])
    .split(/[|,]/)
    .map((id) => id.trim())
    .filter(Boolean);

/** Snapchat names a file by the day, its id and an end. */
function findFile(id: string, paths: readonly string[]): string | undefined {
  const found = paths.filter((path) => {
    const name = baseName(path);
    return name === id || name.replace(/^\d{4}-\d{2}-\d{2}_/, '').replace(/\.\w+$/, '') === id;
  });
  return found.length === 1 ? found[0] : undefined;
}
