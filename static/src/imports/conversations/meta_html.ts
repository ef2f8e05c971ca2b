/**
 * Conversations in the pages that Meta gives people of their Instagram, Facebook or Messenger data if they do not ask
 * for JSON: messages/inbox/sam_123/message_1.html, message_2.html, …
 *
 *   <title>Sam</title>
 *   <div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder">
 *     <h2 class="_3-95 _2pim _a6-h _a6-i">Sam</h2> <div class="_3-95 _a6-p">…</div>
 *     <div class="_3-94 _a6-o">Sep 22, 2026 6:33 am</div></div>
 *
 * Meta publishes no description. This follows the names of classes that the readers of these files agree on (2018 to
 * 2026): before 2023 the sender stands in a `div`, and before 2021 the classes are others.
 *
 * [Note: words of the page] The words and dates are in the language of the account. A date in which the name of the
 * month, or the word for the period of the day, is not known or means two things is not read. The time has no zone: it
 * is taken to be the keeper's. Calls and unsent messages are only told in words, so they stay words.
 */
import { hoursOfPeriod, ALL_HOURS } from '../day_periods.js';
import { readDate, readTime } from '../phone_bill/cells.js';
import { EMPTY_MESSAGE, NOBODY, dayOf, sameDay, textIn, typeOfFile } from './format.js';
import {
  attributeOf,
  blocksIn,
  elementsIn,
  elementsWith,
  hasClass,
  looksLikeHtml,
  nodeAt,
  nodeOf,
  wordsIn,
} from './html_blocks.js';
import { META_EARLIEST, idOf } from './meta.js';
import { monthOfWord } from './month_words.js';
import { concatAll, utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, MessageSpan, ReadMessage, Thread, WrittenTime } from './format.js';
import type { HtmlNode } from './html_blocks.js';
import type { Pause } from '../whatsapp.js';

/** By part of a message: its class since 2021, and before. */
const CLASSES = { sender: ['_a6-h', '_2lek'], words: ['_a6-p', '_2let'], date: ['_a6-o', '_2lem'] } as const;
const FILE_TAGS: Record<string, string> = { img: 'src', video: 'src', audio: 'src', source: 'src', a: 'href' };
const HEAD_BYTES = 16_384;
const WORDED = /^(\p{L}[\p{L}\p{M}.']{1,14})\.? (\d{1,2}),? (\d{4})(?!\d)(.*)$/u;
const DAY_FIRST = /^(\d{1,2})\.?(?: de)? (\p{L}[\p{L}\p{M}.']{1,14}?)\.?(?: de)?,? (\d{4})(?!\d)(.*)$/u;
const CLOCK = /^(\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)(?:[\s\u202f\u00a0]*([\p{L}\p{M}.'’ ]{1,20}))?$/u;
/** Between the day and the time, in some languages. */
const JOINING = /^[,\s\u202f\u00a0]*(?:(?:at|um|à|a las|às|alle|kl\.?|o)\s+)?/i;

export const META_HTML: ChatFormat = {
  place: /^(.*?)messages\/[^/]+\/[^/]+\/message_\d+\.html$/i,
  app: null,
  file: { ending: '.html', type: 'text/html' },
  isWithoutZone: true,
  looksLike,
  readThreads,
  readMessage,
  senderOf: (_bytes, span) => span.sender ?? NOBODY,
};

function looksLike(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  return (
    looksLikeHtml(text) &&
    /class="pam [^"]*\buiBoxWhite noborder"/.test(text) &&
    /class="_3-94 (?:_a6-o|_2lem)"/.test(text)
  );
}

const kindOf = (classes: string[]) => (classes[0] === 'pam' && classes.includes('uiBoxWhite') ? 'message' : '');

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  const { blocks, isWhole } = await blocksIn(bytes, kindOf, pause);
  const messages: MessageSpan[] = [];
  for (const [i, block] of blocks.entries()) {
    if (i % 50 === 0) await pause(block.start, bytes.length);
    const node = nodeAt(bytes, block);
    // The first boxes of a page can name the members of a group: they have no date and no sender with words.
    if (node && !partOf(node, 'date') && !(partOf(node, 'sender') && partOf(node, 'words'))) continue;
    messages.push({ ...block, sender: { name: wordsIn(node ? partOf(node, 'sender') : undefined), id: '' } });
  }
  if (!messages.length) return null;
  const head = new TextDecoder().decode(bytes.subarray(0, Math.min(messages[0]?.start ?? 0, HEAD_BYTES)));
  const written = /<title>[^<]{0,2000}<\/title>/i.exec(head)?.[0] ?? '<title></title>';
  const title = wordsIn(nodeOf(written) ?? undefined);
  return [
    {
      ...idOf(path, { thread: '', title, people: [] }),
      title,
      people: [],
      messages,
      cutOff: !isWhole,
      isNewestFirst: true,
      frame: {
        before: concatAll([utf8('<html><head><meta charset="utf-8">'), utf8(written), utf8('</head><body><main>\n')]),
        between: utf8('\n'),
        after: utf8('\n</main></body></html>\n'),
      },
    },
  ];
}

/** Return a part of a message. It stands right inside, so nothing in the words can look like it. */
const partOf = (node: HtmlNode, part: keyof typeof CLASSES): HtmlNode | undefined =>
  elementsIn(node).find((child) => CLASSES[part].some((name) => hasClass(child, name)));

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const node = nodeAt(bytes, span);
  const words = node && partOf(node, 'words');
  if (!node || !words) return null;
  const isReactions = (child: HtmlNode) => child.name === 'ul';
  const files = [...new Set(filesIn(words))];
  const lines = wordLines(words);
  const links = elementsWith(words, (child) => child.name === 'a', isReactions)
    .map((link) => attributeOf(link.tag, 'href'))
    .filter((link) => /^https?:/i.test(link) && !lines.includes(link));
  return {
    ...EMPTY_MESSAGE,
    written: readWritten(wordsIn(partOf(node, 'date')), latest),
    sender: span.sender ?? NOBODY,
    type: files[0] ? typeOf(files[0]) : 'text',
    text: textIn(lines.join('\n')),
    quotes: [{ label: 'Shared', text: [...new Set(links)].join(' ') }],
    reactions: elementsWith(words, isReactions)
      .flatMap((list) => elementsWith(list, (child) => child.name === 'li'))
      .map((one) => ({ text: wordsIn(one).replace(/\s+/g, ' '), by: '' })),
    files,
  };
}

/** Voice messages are films by their names. */
const typeOf = (path: string) => (/\/audio\//i.test(path) ? 'voice' : typeOfFile(path));

function filesIn(node: HtmlNode): string[] {
  return elementsIn(node).flatMap((child) => {
    const name = FILE_TAGS[child.name];
    const path = name ? attributeOf(child.tag, name).replace(/^(?:\.\.\/)+/, '') : '';
    return [...(path && !/^(?:[a-z][a-z0-9+.-]*:|#)/i.test(path) ? [path] : []), ...filesIn(child)];
  });
}

/** Return the words of each box without boxes in it. What a browser shows instead of a film is left out. */
function wordLines(node: HtmlNode): string[] {
  if (node.name === 'ul' || node.name === 'video' || node.name === 'audio') return [];
  const boxes = elementsIn(node);
  if (!boxes.some(({ name }) => name !== 'br' && name !== 'a' && name !== 'span')) {
    const words = wordsIn(node);
    return words ? [words] : [];
  }
  return boxes.flatMap(wordLines);
}

/** Read a day and a time of the page: see [Note: words of the page]. */
function readWritten(written: string, latest: number): WrittenTime | null {
  const text = written.replace(/[\u200e\u200f]/g, '').replace(/[\s\u202f\u00a0]+/g, ' ');
  const [first, last] = [dayOf(META_EARLIEST), dayOf(latest)];
  const date = wordedDate(text) ?? readDate(text, last);
  if (!date) return null;
  const days = Object.fromEntries(
    Object.entries(date.days).filter(([, day]) => day >= first && day <= last),
  ) as WrittenTime['days'];
  const clock = clockOf(date.rest.replace(JOINING, ''));
  const name = text.slice(0, text.length - date.rest.length).replace(/[\s,]+$/, '');
  return clock && Object.keys(days).length ? { text: name, days, clock } : null;
}

function wordedDate(text: string): { days: WrittenTime['days']; rest: string } | null {
  const [, word, day, year, rest] = WORDED.exec(text) ?? [];
  const [, ownDay, ownWord, ownYear, ownRest] = DAY_FIRST.exec(text) ?? [];
  const month = monthOfWord(word ?? ownWord ?? '');
  if (!month) return null;
  const pad = (number: string | number | undefined) => String(number).padStart(2, '0');
  const days = sameDay(`${year ?? ownYear}-${pad(month)}-${pad(day ?? ownDay)}`);
  return days && { days, rest: rest ?? ownRest ?? '' };
}

/** Return a time of day of 24 hours; null where the word for the period of the day leaves it open. */
function clockOf(text: string): string | null {
  const [, digits = '', period] = CLOCK.exec(text.trim()) ?? [];
  const time = digits ? readTime(digits) : null;
  if (!time || !period) return time?.clock ?? null;
  const hours = hoursOfPeriod(period);
  if (hours === undefined) return null;
  const hour = Number(time.clock.slice(0, 2));
  if (hours === ALL_HOURS) return time.clock;
  const readings = [hour % 12, (hour % 12) + 12].filter((reading) => hours & (1 << reading));
  if (hour > 12 || hour === 0 || readings.length !== 1) return null;
  return `${String(readings[0]).padStart(2, '0')}${time.clock.slice(2)}`;
}
