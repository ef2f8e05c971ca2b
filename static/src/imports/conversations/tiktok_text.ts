/**
 * Conversations in the text that TikTok gives people of their data if they do not ask for JSON (Direct Messages.txt).
 *
 *   >>> Chat History with sam.b::
 *
 *   2026-11-24 21:10:05 UTC sam.b: Hello
 *
 * TikTok publishes no description. This follows what the readers of these files agree on. Times are UTC.
 *
 * [Note: one text] Nothing in the file marks where the words of a message end. A line of somebody's words that has the
 * form of a message cannot be told from one. The JSON of the same data has no such doubt.
 */
import { EMPTY_MESSAGE, NOBODY, stampIn, textIn, timeBetween } from './format.js';
import { linesAt, linesIn } from './text_lines.js';
import { TIKTOK_EARLIEST } from './tiktok.js';
import { utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, MessageSpan, ReadMessage, Thread } from './format.js';
import type { Pause } from '../whatsapp.js';

const HEADING = /^>>> Chat History with (.{1,200}?):*\s*$/;
const MESSAGE = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC) ([^:]{1,200}): ?/;
/** What begins like a message of the file and cannot be read: it never joins the message before it. */
const UNREAD = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ,]{1,2}\d{1,2}:\d{2}(?::\d{2})?(?: ?[A-Z]{1,5})? [^:]{1,200}:/;
const LINES_PER_PAUSE = 500;

export const TIKTOK_TEXT: ChatFormat = {
  place: /^(.*?)(?:Direct Messages\/)?(?:Direct Messages|Chat History)\.txt$/i,
  app: 'tiktok',
  file: { ending: '.txt', type: 'text/plain' },
  looksLike: (head) =>
    HEADING.test(new TextDecoder().decode(head.subarray(0, 1_000)).trimStart().split(/\r?\n/, 1)[0] ?? ''),
  readThreads,
  readMessage,
  senderOf: (_bytes, span) => span.sender ?? NOBODY,
};

async function readThreads(bytes: Bytes, _path: string, pause: Pause): Promise<Thread[] | null> {
  const threads: Map<string, MessageSpan[]> = new Map();
  let messages: MessageSpan[] | null = null;
  let last: MessageSpan | null = null;
  let count = 0;
  for (const { start, end, text } of linesIn(bytes)) {
    if (++count % LINES_PER_PAUSE === 0) await pause(start, bytes.length);
    const title = HEADING.exec(text)?.[1];
    if (title) {
      messages = threads.get(title) ?? [];
      threads.set(title, messages);
      last = null;
    } else if (messages && (MESSAGE.test(text) || UNREAD.test(text))) {
      const name = textIn(MESSAGE.exec(text)?.[2]);
      last = { start, end, isWhole: true, sender: { name, id: name } };
      messages.push(last);
    } else if (last && text.trim()) last.end = end;
  }
  if (!threads.size) return null;
  return [...threads].map(([title, spans]) => ({
    id: title,
    apart: '',
    title,
    people: [],
    messages: spans,
    cutOff: false,
    isNewestFirst: true,
    frame: { before: utf8(`>>> Chat History with ${title}::\n\n`), between: utf8('\n'), after: utf8('\n') },
  }));
}

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const lines = linesAt(bytes, span);
  const [start = '', time] = MESSAGE.exec(lines[0] ?? '') ?? [];
  if (!time) return null;
  return {
    ...EMPTY_MESSAGE,
    at: timeBetween(TIKTOK_EARLIEST, stampIn(time), latest),
    sender: span.sender ?? NOBODY,
    text: textIn(lines.join('\n').slice(start.length)).trim(),
  };
}
