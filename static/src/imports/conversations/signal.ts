/**
 * Conversations in the export that Signal Desktop writes (Settings, Chats, Export chat history): a folder
 * signal-export-… with main.jsonl, metadata.json and the folder files. Each line of main.jsonl is an object.
 *
 *   {"version":"1","backupTimeMs":"…"}                        {"account":{"givenName":"Jo"}}
 *   {"recipient":{"id":"1","contact":{"aci":"…","e164":"…","profileGivenName":"Sam"}}}
 *   {"chat":{"id":"1","recipientId":"1"}}
 *   {"chatItem":{"chatId":"1","authorId":"1","dateSent":"1785424844613","incoming":{},"standardMessage":{…}}}
 *
 * Source: Signal Desktop 8 (2026), `plaintext-export` in ts/services/backups, and protos/Backups.proto, which describes
 * each line. Other programs that take messages out of Signal's database write other forms. They are not read.
 *
 * [Note: what is kept of people] A line of a contact has keys of Signal and a telephone number. An entry's own file has
 * lines of ours instead, with the names and a digest of the account.
 */
import { sha256Sync } from '../../crypto/digests.js';
import { hex, utf8 } from '../../core/bytes.js';
import { baseName } from '../unzip.js';
import { EMPTY_MESSAGE, NOBODY, idIn, idOfNames, listOf, objectAt, objectOf, textIn, timeBetween } from './format.js';
import { linesIn } from './text_lines.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Json, MessageSpan, ReadMessage, Sender, Thread } from './format.js';
import type { Pause } from '../whatsapp.js';

/** Signal began, as TextSecure, in May 2010. */
const EARLIEST = Date.UTC(2010, 4, 1);
const LINES_PER_PAUSE = 100;
const CHAT_OF_LINE = /"chatId"\s*:\s*"?(\d{1,20})/;
/** By the beginning of `contentType`: what a message with such a file is. */
const TYPES: [string, string][] = [
  ['image/', 'image'],
  ['video/', 'video'],
  ['audio/', 'voice'],
];
/** Members with a message that has no words in the file, and what it is. */
const OTHERS: Record<string, string> = {
  paymentNotification: 'A payment',
  giftBadge: 'A gift of a badge',
  contactMessage: 'A contact',
  directStoryReplyMessage: 'A reply to a story',
};
/** Who is in the file, by their number in it. `key`: the same in every export, '' if unknown */
type Person = Sender & { key: string };

export const SIGNAL: ChatFormat = {
  place: /^(.*?)main\.jsonl$/i,
  app: 'signal',
  file: { ending: '.jsonl', type: 'application/jsonl' },
  looksLike,
  readThreads,
  readMessage,
  senderOf: (_bytes, span) => span.sender ?? NOBODY,
  findFile,
};

/** The names of the people of a file that is being read, by its bytes. */
const peopleOf: WeakMap<Uint8Array, Map<string, Person>> = new WeakMap();

function looksLike(head: Uint8Array): boolean {
  const [first = ''] = new TextDecoder().decode(head.subarray(0, 4_096)).split('\n', 1);
  return (
    /^\s*\{"(?:version|account|recipient|chat)"\s*:/.test(first) &&
    /"backupTimeMs"|"profileKey"|"recipientId"/.test(first)
  );
}

async function readThreads(bytes: Bytes, _path: string, pause: Pause): Promise<Thread[] | null> {
  if (!looksLike(bytes)) return null;
  const people: Map<string, Person> = new Map();
  const chats: Map<string, string> = new Map();
  const items: Map<string, MessageSpan[]> = new Map();
  let owner = '';
  let cutOff = false;
  let count = 0;
  for (const { start, end, next } of linesIn(bytes)) {
    if (++count % LINES_PER_PAUSE === 0) await pause(start, bytes.length);
    if (end === start) continue;
    const span = { start, end, isWhole: true };
    const line = objectAt(bytes, span);
    if (!line) {
      cutOff ||= next >= bytes.length;
      const chat = CHAT_OF_LINE.exec(
        new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 4_000))),
      )?.[1];
      if (chat && !cutOff) addTo(items, chat, span);
      continue;
    }
    const account = objectOf(line.account);
    if (account) owner = nameOf([account.givenName, account.familyName]) || owner;
    const recipient = objectOf(line.recipient);
    if (recipient) people.set(idIn(recipient.id), personIn(recipient, owner));
    const chat = objectOf(line.chat);
    if (chat) chats.set(idIn(chat.id), idIn(chat.recipientId));
    const item = objectOf(line.chatItem);
    if (item) addTo(items, idIn(item.chatId), { ...span, sender: people.get(authorOf(item, people)) ?? NOBODY });
  }
  peopleOf.set(bytes, people);
  return [...items].map(([chat, messages]) => {
    const otherParty = people.get(chats.get(chat) ?? '');
    const others = new Map(messages.flatMap(({ sender }) => (sender?.name ? [[sender.id, sender] as const] : [])));
    return {
      id: otherParty?.key || idOfNames(otherParty?.name ?? chat),
      apart: otherParty?.key ? '' : chat,
      title: otherParty?.name || `Chat ${chat}`,
      people: [],
      messages,
      cutOff,
      isNewestFirst: false,
      frame: {
        before: utf8(
          `${[
            { version: '1', backupTimeMs: '0' },
            { account: { givenName: owner } },
            ...[...people].flatMap(([id, person]) =>
              others.has(person.id) || id === chats.get(chat) ? [{ recipient: keptPerson(id, person) }] : [],
            ),
            { chat: { id: chat, recipientId: chats.get(chat) ?? '' } },
          ]
            .map((line) => JSON.stringify(line))
            .join('\n')}\n`,
        ),
        between: utf8('\n'),
        after: utf8('\n'),
      },
    };
  });
}

function addTo(items: Map<string, MessageSpan[]>, chat: string, span: MessageSpan) {
  const list = items.get(chat) ?? [];
  items.set(chat, list);
  list.push(span);
}

const nameOf = (parts: unknown[]) => parts.map(textIn).filter(Boolean).join(' ').trim();

/** The digest of an account or group. What is a digest already, from an entry's own file, stays. */
const keyOf = (account: string): string =>
  !account || /^[0-9a-f]{16}$/.test(account) ? account : idOfNames('signal', account);

function personIn(recipient: Json, owner: string): Person {
  const id = idIn(recipient.id);
  const contact = objectOf(recipient.contact);
  const group = objectOf(recipient.group);
  if (recipient.self) return { name: owner || 'Me', id, key: keyOf('self') };
  if (group) {
    const title = textIn(objectOf(objectOf(group.snapshot)?.title)?.title);
    return { name: title || 'A group', id, key: keyOf(textIn(group.masterKey)) };
  }
  if (!contact) return { name: '', id, key: '' };
  const nickname = objectOf(contact.nickname);
  const number = idIn(contact.e164);
  const name =
    nameOf([nickname?.given, nickname?.family]) ||
    nameOf([contact.systemGivenName, contact.systemFamilyName]) ||
    nameOf([contact.profileGivenName, contact.profileFamilyName]) ||
    textIn(contact.username) ||
    (number && !number.startsWith('+') ? `+${number}` : number);
  return { name: name || `Account ${id}`, id, key: keyOf(textIn(contact.aci) || textIn(contact.pni) || number) };
}

/** See [Note: what is kept of people]. */
function keptPerson(id: string, { name, key }: Person): Json {
  return key === keyOf('self') ? { id, self: {} } : { id, contact: { aci: key, profileGivenName: name } };
}

/** Return the number of who wrote an item. The file says of a call which way it went. */
function authorOf(item: Json, people: ReadonlyMap<string, Person>): string {
  const call = objectOf(objectOf(item.updateMessage)?.individualCall);
  if (call?.direction !== 'OUTGOING') return idIn(item.authorId);
  return [...people].find(([, { key }]) => key === keyOf('self'))?.[0] ?? idIn(item.authorId);
}

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const item = objectOf(objectAt(bytes, span)?.chatItem);
  if (!item) return null;
  const people = peopleOf.get(bytes) ?? new Map<string, Person>();
  const common = {
    ...EMPTY_MESSAGE,
    at: timeBetween(EARLIEST, Number(idIn(item.dateSent) || Number.NaN), latest),
    sender: span.sender ?? NOBODY,
    isOwn: item.outgoing ? true : item.incoming ? false : null,
  };
  const update = objectOf(item.updateMessage);
  if (update) return { ...common, ...updateOf(update) };
  const earlier = listOf(item.revisions).map((one) => wordsOf(objectOf(objectOf(one)?.standardMessage)));
  const message = objectOf(item.standardMessage);
  if (message) {
    const attachments = listOf(message.attachments).map(objectOf);
    const quote = objectOf(message.quote);
    return {
      ...common,
      type: attachments.length ? typeOf(attachments[0]) : 'text',
      text: wordsOf(message),
      notes: objectOf(message.longText) ? ['The rest of its words is in a file of the export'] : [],
      quotes: [
        { label: 'In reply to', text: textIn(objectOf(quote?.text)?.body) },
        { label: 'Before it was edited', text: earlier.filter(Boolean).join(' · ') },
        ...listOf(message.linkPreview).map((link) => ({
          label: 'Shown with a link',
          text: [textIn(objectOf(link)?.title), textIn(objectOf(link)?.description)].filter(Boolean).join(': '),
        })),
      ],
      reactions: reactionsIn(message.reactions, people),
      files: attachments.map(fileOf).filter(Boolean),
      isEdited: earlier.length > 0,
    };
  }
  if (item.remoteDeletedMessage) return { ...common, type: 'deleted', notes: ['Deleted for everyone'] };
  const sticker = objectOf(objectOf(item.stickerMessage)?.sticker);
  if (sticker) return { ...common, type: 'sticker', notes: [`Sticker ${textIn(sticker.emoji)}`.trim()] };
  const viewed = objectOf(item.viewOnceMessage);
  if (viewed) {
    const attachment = objectOf(viewed.attachment);
    return { ...common, type: 'image', notes: ['To be seen once'], files: [fileOf(attachment)].filter(Boolean) };
  }
  const poll = objectOf(item.poll);
  if (poll)
    return { ...common, type: 'text', notes: ['A poll'], quotes: [{ label: 'Poll', text: textIn(poll.question) }] };
  const other = Object.entries(OTHERS).find(([name]) => item[name]);
  if (!other) return { ...common, type: 'other', notes: ['A kind of message that is not known'] };
  const story = objectOf(objectOf(item.directStoryReplyMessage)?.textReply);
  return { ...common, type: 'other', text: wordsOf(story), notes: [other[1]] };
}

const wordsOf = (message: Json | null): string => textIn(objectOf(message?.text)?.body);

/** A line of the app. Only calls are between people. The length of a call is not in the file. */
function updateOf(update: Json): Partial<ReadMessage> {
  const call = objectOf(update.individualCall);
  const group = objectOf(update.groupCall);
  const state = textIn((call ?? group)?.state);
  if (!call && !group) return { type: 'other', isNotice: true };
  const what = group ? 'Group call' : call?.type === 'VIDEO_CALL' ? 'Video call' : 'Voice call';
  const isOwn = call ? call.direction === 'OUTGOING' : null;
  if (state.startsWith('MISSED') || (state === 'NOT_ACCEPTED' && !isOwn) || state === 'DECLINED')
    return { type: 'missed_call', isOwn, notes: [what, state.startsWith('MISSED') ? '' : 'Declined'].filter(Boolean) };
  const isAnswered = state === 'ACCEPTED' || state === 'JOINED';
  return { type: 'call', isOwn, notes: [what, isAnswered ? 'Its length is not in the file' : 'Not answered'] };
}

const typeOf = (attachment: Json | null | undefined): string =>
  TYPES.find(([start]) => textIn(objectOf(attachment?.pointer)?.contentType).startsWith(start))?.[1] ?? 'document';

/**
 * Return what names the file of an attachment: the digests that its name in the folder can be, and its own name. Signal
 * names it by the digest of its content, or of that and a key.
 */
function fileOf(attachment: Json | null): string {
  const pointer = objectOf(attachment?.pointer);
  if (!pointer) return '';
  const info = objectOf(pointer.locatorInfo);
  const hash = bytesOf(info?.plaintextHash);
  const keys = [bytesOf(info?.localKey), bytesOf(info?.key)];
  const names = hash.length
    ? [hex(hash), ...keys.map((key) => hex(sha256Sync(new Uint8Array([...hash, ...key]))))]
    : [];
  return [...names, baseName(textIn(pointer.fileName)).replaceAll('|', ' ') || 'file'].join('|');
}

function bytesOf(value: unknown): Uint8Array {
  try {
    return Uint8Array.from(atob(textIn(value)), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

function findFile(written: string, paths: readonly string[]): string | undefined {
  const names = written.split('|');
  const own = names.pop();
  return paths.find((path) => names.includes(baseName(path).replace(/\.\w+$/, ''))) ?? own;
}

const reactionsIn = (reactions: unknown, people: ReadonlyMap<string, Person>): ReadMessage['reactions'] =>
  listOf(reactions).map((one) => {
    const reaction = objectOf(one);
    return { text: textIn(reaction?.emoji), by: people.get(idIn(reaction?.authorId))?.name ?? '' };
  });
