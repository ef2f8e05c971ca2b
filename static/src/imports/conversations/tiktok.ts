/**
 * Conversations in the JSON that TikTok gives people of their data (user_data_tiktok.json).
 *
 *   {"Direct Message": {"Direct Messages": {"ChatHistory": {"Chat History with sam:": [{"Date", "From", "Content"}]}}}}
 *
 * The members above the list were renamed several times, so they are found by their words. TikTok publishes no
 * description. This follows the field names that the readers of these files agree on. Times are UTC.
 */
import { EMPTY_MESSAGE, objectAt, senderBy, stampIn, textIn, timeBetween } from './format.js';
import { elementsOf, isList, isObject, membersOf, wholeFile } from './json_spans.js';
import { utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, Json, ReadMessage, Sender, Thread } from './format.js';
import type { Span } from './json_spans.js';
import type { Pause } from '../whatsapp.js';

/** TikTok, as Douyin, began in September 2016. */
export const TIKTOK_EARLIEST = Date.UTC(2016, 8, 1);
/** The members that lead to the conversations, without spaces and in small letters. */
const PATH = [/^directmessages?$/, /^(?:chathistory|directmessages?)$/, /^chathistory$/];
const FIRST_MEMBERS =
  /"(?:(?:Your )?Activity|Profile(?: And Settings)?|Direct Messages?|Comment|App Settings|Chat ?History)"\s*:\s*\{/;
const WITH = /^Chat History with (.+?):?$/i;

export const TIKTOK: ChatFormat = {
  place: /^(.*?)user_data(?:_tiktok)?\.json$/i,
  app: 'tiktok',
  looksLike,
  readThreads,
  readMessage,
  senderOf: senderBy(senderIn),
};

function looksLike(head: Uint8Array): boolean {
  return isObject(head, wholeFile(head)) && FIRST_MEMBERS.test(new TextDecoder().decode(head));
}

async function readThreads(bytes: Bytes, _path: string, pause: Pause): Promise<Thread[] | null> {
  let span: Span | undefined = wholeFile(bytes);
  const names: string[] = [];
  for (const wanted of PATH) {
    if (!span || !isObject(bytes, span)) return null;
    const members: Map<string, Span> = await membersOf(bytes, span, pause);
    const name = [...members.keys()].find((key) => wanted.test(key.replace(/\s/g, '').toLowerCase()));
    if (name === undefined) return null;
    names.push(name);
    span = members.get(name);
  }
  if (!span || !isObject(bytes, span)) return null;
  const threads: Thread[] = [];
  for (const [name, list] of await membersOf(bytes, span, pause)) {
    const title = WITH.exec(name)?.[1];
    if (!title || !isList(bytes, list)) continue;
    threads.push({
      id: title,
      apart: '',
      title,
      people: [],
      messages: await elementsOf(bytes, list, pause),
      cutOff: !list.isWhole,
      isNewestFirst: false,
      frame: {
        before: utf8(`${[...names, name].map((member) => `{${JSON.stringify(member)}:`).join('')}[\n`),
        between: utf8(',\n'),
        after: utf8(`\n]${'}'.repeat(names.length + 1)}\n`),
      },
    });
  }
  return threads;
}

function readMessage(bytes: Bytes, span: Span, latest: number): ReadMessage | null {
  const message = objectAt(bytes, span);
  if (!message) return null;
  return {
    ...EMPTY_MESSAGE,
    at: timeBetween(TIKTOK_EARLIEST, stampIn(message.Date), latest),
    sender: senderIn(message),
    text: textIn(message.Content),
  };
}

function senderIn({ From: from }: Json): Sender {
  return { name: textIn(from), id: textIn(from) };
}
