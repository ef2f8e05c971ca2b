/**
 * Conversations in the JSON that Telegram Desktop writes (result.json).
 *
 *   "Export chat history"       {"name", "type", "id", "messages": [{"type", "date_unixtime", "from", "text", …}]}
 *   "Export Telegram data"      {"chats": {"list": [conversation, …]}, "left_chats": {"list": […]}, …}
 *
 * Source: the schema that Telegram publishes (core.telegram.org/import-export), and the fields that readers of these
 * files agree on where it is silent.
 *
 * [Note: text in pieces] A text with links or bold words is a list of pieces. Their texts make up the message.
 */
import {
  EMPTY_MESSAGE,
  idIn,
  listOf,
  objectAt,
  senderBy,
  objectOf,
  textIn,
  timeBetween,
  typeOfFile,
} from './format.js';
import {
  allElementsOf,
  elementsOf,
  endsWithBracket,
  frameWith,
  isList,
  isObject,
  membersOf,
  valueIn,
  wholeFile,
} from './json_spans.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Json, ReadMessage, Sender, Thread } from './format.js';
import type { Span } from './json_spans.js';
import type { Pause } from '../whatsapp.js';

/** Telegram began in August 2013. */
const EARLIEST = Date.UTC(2013, 7, 1);
const FRAME_MEMBERS = ['name', 'type', 'id'];
/** Lists of conversations in an export of everything. */
const LISTS = ['chats', 'left_chats'];
/** By `media_type`: what a message with such a file is. */
const MEDIA_TYPES: Record<string, string> = {
  voice_message: 'voice',
  audio_file: 'voice',
  video_message: 'video',
  video_file: 'video',
  animation: 'video',
  sticker: 'sticker',
};
/** Members that hold the path of a file, and what a message with it is; '' where `media_type` says. */
const FILES: Record<string, string> = { photo: 'image', file: '', contact_vcard: 'contact' };
/** Written instead of a path. */
const NOT_INCLUDED = /^\(File /;
/** Why a call ended without being answered. */
const NOT_ANSWERED: Record<string, string> = { missed: '', busy: 'Declined', disconnect: 'Not connected' };

export const TELEGRAM: ChatFormat = {
  place: /^(.*?)result\.json$/i,
  app: 'telegram',
  looksLike,
  readThreads,
  readMessage,
  senderOf: senderBy(senderIn),
};

function looksLike(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  return isObject(head, wholeFile(head)) && /"(?:date_unixtime|personal_information|chats|type)"\s*:/.test(text);
}

async function readThreads(bytes: Bytes, _path: string, pause: Pause): Promise<Thread[] | null> {
  const members = await membersOf(bytes, wholeFile(bytes), pause);
  const isCut = !endsWithBracket(bytes);
  if (members.has('messages')) return readThread(bytes, members, isCut, pause);
  const threads: Thread[] = [];
  let isExport = false;
  for (const name of LISTS) {
    const span = members.get(name);
    if (!span || !isObject(bytes, span)) continue;
    const list = (await membersOf(bytes, span, pause)).get('list');
    if (!list || !isList(bytes, list)) continue;
    isExport = true;
    for (const chat of await allElementsOf(bytes, list, pause)) {
      if (!isObject(bytes, chat)) continue;
      const thread = await readThread(bytes, await membersOf(bytes, chat, pause), !chat.isWhole, pause);
      threads.push(...(thread ?? []));
    }
  }
  return isExport ? threads : null;
}

async function readThread(
  bytes: Bytes,
  members: Map<string, Span>,
  isCut: boolean,
  pause: Pause,
): Promise<Thread[] | null> {
  const messages = members.get('messages');
  const type = valueIn(bytes, members.get('type'));
  const id = idIn(valueIn(bytes, members.get('id')));
  if (!messages || !isList(bytes, messages) || typeof type !== 'string' || !id) return null;
  return [
    {
      id,
      apart: '',
      title: textIn(valueIn(bytes, members.get('name'))) || id,
      people: [],
      messages: await elementsOf(bytes, messages, pause),
      cutOff: isCut || !messages.isWhole,
      isNewestFirst: false,
      frame: frameWith(bytes, members, FRAME_MEMBERS, 'messages'),
    },
  ];
}

function readMessage(bytes: Bytes, span: Span, latest: number): ReadMessage | null {
  const message = objectAt(bytes, span);
  if (!message) return null;
  const common = {
    ...EMPTY_MESSAGE,
    at: timeBetween(EARLIEST, Number(idIn(message.date_unixtime) || Number.NaN) * 1000, latest),
    sender: senderIn(message),
  };
  if (message.type === 'service') return { ...common, ...serviceOf(message) };
  if (message.type !== 'message') return null;
  const { files, type, missing } = filesOf(message);
  const { forwarded_from: forwarded, saved_from: saved } = message;
  return {
    ...common,
    type,
    text: wordsOf(message.text),
    notes: [
      ...missing,
      objectOf(message.poll) ? 'A poll' : '',
      objectOf(message.location_information) ? placeOf(message.location_information) : '',
      message.sticker_emoji ? `Sticker ${textIn(message.sticker_emoji)}` : '',
      durationOf(message),
    ].filter(Boolean),
    quotes: [
      { label: 'Forwarded from', text: forwarded === null ? 'a deleted account' : textIn(forwarded) },
      { label: 'First saved from', text: textIn(saved) },
      { label: 'Poll', text: textIn(objectOf(message.poll)?.question) },
      { label: 'Contact', text: contactOf(message.contact_information) },
    ],
    reactions: listOf(message.reactions).flatMap(reactionsOf),
    files,
    isEdited: Boolean(message.edited || message.edited_unixtime),
  };
}

/** A deleted account has no name. */
function senderIn({ from, from_id: fromId, actor, actor_id: actorId, type }: Json): Sender {
  const [name, id] = type === 'service' ? [actor, actorId] : [from, fromId];
  const own = idIn(id);
  return { name: textIn(name) || (own ? `Deleted account ${own}` : ''), id: own };
}

/** A line of the app. Only calls are between people. */
function serviceOf({ action, discard_reason: reason, duration_seconds: seconds }: Json): Partial<ReadMessage> {
  if (action !== 'phone_call') return { isNotice: true, type: 'other' };
  if (typeof seconds === 'number') return { type: 'call', notes: [`Lasted ${seconds} seconds`] };
  const why = NOT_ANSWERED[String(reason)];
  if (why !== undefined) return { type: 'missed_call', notes: why ? [why] : [] };
  return { type: 'call', notes: ['Its length is not in the file'] };
}

/** See [Note: text in pieces]. */
const wordsOf = (text: unknown): string =>
  typeof text === 'string'
    ? textIn(text)
    : listOf(text)
        .map((piece) => textIn(typeof piece === 'string' ? piece : objectOf(piece)?.text))
        .join('');

function filesOf(message: Json): { files: string[]; type: string; missing: string[] } {
  const media = MEDIA_TYPES[String(message.media_type)];
  const found = Object.entries(FILES).flatMap(([member, type]) => {
    const path = textIn(message[member]);
    return path ? [{ path, type: type || media || typeOfFile(path) }] : [];
  });
  const isThere = ({ path }: { path: string }) => !NOT_INCLUDED.test(path);
  const hasPlace = objectOf(message.location_information) !== null;
  return {
    files: found.filter(isThere).map(({ path }) => path),
    type: found[0]?.type ?? media ?? (hasPlace ? 'location' : 'text'),
    missing: found.every(isThere) ? [] : ['Its file is not in the download'],
  };
}

function placeOf(place: unknown): string {
  const { latitude, longitude } = objectOf(place) ?? {};
  return typeof latitude === 'number' && typeof longitude === 'number' ? `Place ${latitude}, ${longitude}` : 'A place';
}

function contactOf(contact: unknown): string {
  const { first_name: first, last_name: last, phone_number: number } = objectOf(contact) ?? {};
  return [first, last, number].map(textIn).filter(Boolean).join(' ');
}

const durationOf = ({ media_type: media, duration_seconds: seconds }: Json): string =>
  typeof seconds === 'number' && /^(?:voice|video)_message$/.test(String(media)) ? `Lasts ${seconds} seconds` : '';

/** A reaction has the names of those who gave it last, or only how many they are. */
function reactionsOf(value: unknown): ReadMessage['reactions'] {
  const reaction = objectOf(value);
  const text = textIn(reaction?.emoji);
  if (!reaction || !text) return [];
  const named = listOf(reaction.recent).map((one) => ({ text, by: textIn(objectOf(one)?.from) }));
  return named.length
    ? named
    : [{ text: typeof reaction.count === 'number' ? `${text} ${reaction.count}` : text, by: '' }];
}
