/**
 * Conversations of Discord, in two forms.
 *
 *   "Request my data"        Messages/c123/messages.json    [{"ID", "Timestamp", "Contents", "Attachments"}]
 *   DiscordChatExporter      Sam [123].json                 {"guild", "channel", "messages": [{"timestamp", …}]}
 *
 * The first has only what the owner of the account wrote: it has no message of anybody else. Discord publishes no
 * description. This follows the field names that the readers of these files agree on.
 */
import {
  EMPTY_MESSAGE,
  NOBODY,
  idIn,
  listOf,
  objectAt,
  senderBy,
  objectOf,
  stampIn,
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
  valueIn,
  wholeFile,
} from './json_spans.js';
import { utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Json, ReadMessage, Sender, Thread } from './format.js';
import type { Span } from './json_spans.js';
import type { Pause } from '../whatsapp.js';

/** Discord began in May 2015. */
const EARLIEST = Date.UTC(2015, 4, 1);
const FRAME_MEMBERS = ['guild', 'channel'];
/** What people write. Any other type but a call is a line of the app. */
const WRITTEN = new Set(['Default', 'Reply', 'ChatInputCommand', 'ContextMenuCommand']);
const CHANNEL_FILE = /(?:^|\/)c?(\d{5,})\/messages\.json$/i;

export const DISCORD: ChatFormat = {
  place: /^(.*?)messages\/c?\d{5,}\/messages\.json$/i,
  app: 'discord',
  looksLike,
  readThreads,
  readMessage,
  senderOf: senderBy(senderIn),
  titlesFile: /(?:^|\/)messages\/index\.json$/i,
};

function looksLike(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  const whole = wholeFile(head);
  if (isList(head, whole)) return /"Contents"\s*:/.test(text) && /"Timestamp"\s*:/.test(text);
  return isObject(head, whole) && /"guild"\s*:/.test(text) && /"channel"\s*:/.test(text);
}

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  const whole = wholeFile(bytes);
  if (isList(bytes, whole)) {
    const channel = CHANNEL_FILE.exec(path)?.[1] ?? '';
    return [
      {
        id: channel || path,
        apart: channel ? '' : path,
        title: channel ? `Channel ${channel}` : path,
        people: [],
        messages: await elementsOf(bytes, whole, pause),
        cutOff: !/\]\s*$/.test(new TextDecoder().decode(bytes.subarray(-64))),
        isNewestFirst: true,
        frame: { before: utf8('[\n'), between: utf8(',\n'), after: utf8('\n]\n') },
      },
    ];
  }
  const members = await membersOf(bytes, whole, pause);
  const messages = members.get('messages');
  const channel = objectOf(valueIn(bytes, members.get('channel')));
  const id = idIn(channel?.id);
  if (!messages || !isList(bytes, messages) || !id) return null;
  return [
    {
      id,
      apart: '',
      title: textIn(channel?.name) || `Channel ${id}`,
      people: [],
      messages: await elementsOf(bytes, messages, pause),
      cutOff: !messages.isWhole || !endsWithBracket(bytes),
      isNewestFirst: false,
      frame: frameWith(bytes, members, FRAME_MEMBERS, 'messages'),
    },
  ];
}

function readMessage(bytes: Bytes, span: Span, latest: number): ReadMessage | null {
  const message = objectAt(bytes, span);
  if (!message) return null;
  const common = { ...EMPTY_MESSAGE, sender: senderIn(message) };
  if (isOwnForm(message)) {
    const files = textIn(message.Attachments).split(/\s+/).filter(Boolean);
    return {
      ...common,
      at: timeOf(message.Timestamp, latest),
      isOwn: true,
      type: files[0] ? typeOfFile(withoutQuery(files[0])) : 'text',
      text: textIn(message.Contents),
      files,
    };
  }
  const type = textIn(message.type);
  const at = timeOf(message.timestamp, latest);
  if (type === 'Call') return { ...common, at, ...callOf(at, timeOf(message.callEndedTimestamp, latest)) };
  if (!WRITTEN.has(type)) return { ...common, at, type: 'other', isNotice: true };
  const files = listOf(message.attachments).flatMap((file) => textIn(objectOf(file)?.url) || []);
  const embeds = listOf(message.embeds).map((embed) => objectOf(embed));
  return {
    ...common,
    at,
    type: files[0] ? typeOfFile(withoutQuery(files[0])) : 'text',
    text: textIn(message.content),
    quotes: embeds.map((embed) => ({
      label: 'Shown with a link',
      text: [textIn(embed?.title), textIn(embed?.description)].filter(Boolean).join(': '),
    })),
    notes: listOf(message.stickers).map((sticker) => `Sticker ${textIn(objectOf(sticker)?.name)}`.trim()),
    reactions: listOf(message.reactions).map(reactionOf),
    files,
    isEdited: Boolean(message.timestampEdited),
  };
}

/** How long somebody waits for an answer cannot be told from a short call. */
function callOf(at: number | null, end: number | null): Partial<ReadMessage> {
  const seconds = at !== null && end !== null ? Math.round((end - at) / 1000) : null;
  return {
    type: 'call',
    notes: [
      seconds === null ? 'Its length is not in the file' : `Lasted ${seconds} seconds, with the time until an answer`,
    ],
  };
}

function reactionOf(value: unknown) {
  const reaction = objectOf(value);
  const name = textIn(objectOf(reaction?.emoji)?.name);
  return { text: name && typeof reaction?.count === 'number' ? `${name} ${reaction.count}` : name, by: '' };
}

const isOwnForm = (message: Json) => message.Contents !== undefined || message.Timestamp !== undefined;

function senderIn(message: Json): Sender {
  if (isOwnForm(message)) return NOBODY;
  const author = objectOf(message.author);
  return { name: textIn(author?.nickname) || textIn(author?.name), id: idIn(author?.id) };
}

const timeOf = (value: unknown, latest: number): number | null => timeBetween(EARLIEST, stampIn(value), latest);

const withoutQuery = (url: string) => url.replace(/[?#].*$/, '');
