/**
 * Conversations of Apple's Messages in the text that imessage-exporter writes (`--format txt`), one file each.
 *
 *   May 17, 2022  5:29:42 PM (Read by you after 1 hour, 49 seconds)
 *   Sam
 *   Hello
 *   (an empty line)
 *
 * Source: that program (github.com/ReagentX/imessage-exporter, versions 1 to 4).
 *
 * [Note: one text] Nothing in the file marks where the words of a message end. What somebody wrote after an empty line
 * can look like another message. The page that the same program writes has no such doubt. Reactions and replies under a
 * message are not told from its words with certainty either, so they are listed as lines of the file.
 */
import { baseName } from '../unzip.js';
import { EMPTY_MESSAGE, NOBODY, NO_PLACE, textIn, typeOfFile } from './format.js';
import { namedBy, timeAsWritten } from './imessage.js';
import { linesAt, linesIn } from './text_lines.js';
import { utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, MessageSpan, ReadMessage, Thread } from './format.js';
import type { Line } from './text_lines.js';
import type { Pause } from '../whatsapp.js';

const STAMP = /^([A-Z][a-z]{2} \d{1,2}, \d{4} {1,2}\d{1,2}:\d{2}:\d{2} [AP]M)(?: \((Read by .+ after .+)\))?$/;
/** A line of the app has its words behind the time. */
const ANNOUNCEMENT = /^[A-Z][a-z]{2} \d{1,2}, \d{4} {1,2}\d{1,2}:\d{2}:\d{2} [AP]M [^(\s]/;
/** What begins like a message of the file and cannot be read: it never joins the message before it. */
const UNREAD =
  /^\p{L}{2,10}\.? \d{1,2},? \d{2,4},? {1,2}\d{1,2}:\d{2}(?::\d{2})?(?: ?[\p{L}.]{1,5})?(?: \(.{1,80}\))?$/u;
const REPLY = /^ {4,}[A-Z][a-z]{2} \d{1,2}, \d{4} {1,2}\d{1,2}:\d{2}:\d{2} [AP]M(?: \(|$)/;
const IS_REPLY = 'This message responded to an earlier message.';
const FILE = /^(?:~\/|\/|attachments\/|[A-Z]:\\)[^:*?"<>|]{1,400}\.\w{2,5}$/i;
const LINES_PER_PAUSE = 500;

export const IMESSAGE_TEXT: ChatFormat = {
  place: NO_PLACE,
  app: 'imessage',
  file: { ending: '.txt', type: 'text/plain' },
  isWithoutZone: true,
  looksLike,
  readThreads,
  readMessage,
  senderOf: (_bytes, span) => span.sender ?? NOBODY,
};

function looksLike(head: Uint8Array): boolean {
  const lines = new TextDecoder().decode(head.subarray(0, 4_096)).trimStart().split(/\r?\n/, 2);
  const [first = '', second = ''] = lines;
  return (STAMP.test(first) && second.trim() !== '') || ANNOUNCEMENT.test(first);
}

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  if (!looksLike(bytes)) return null;
  const messages: MessageSpan[] = [];
  let before: Line | null = null;
  let count = 0;
  for (const line of linesIn(bytes)) {
    if (++count % LINES_PER_PAUSE === 0) await pause(line.start, bytes.length);
    const last = messages.at(-1);
    const isStart = (!before || before.text.trim() === '') && isBeginning(line.text);
    if (isStart) messages.push({ start: line.start, end: line.end, isWhole: true });
    else if (last) {
      last.end = line.end;
      if (before?.start === last.start && STAMP.test(before.text))
        last.sender = { name: textIn(line.text.trim()), id: '' };
    }
    before = line;
  }
  return [
    {
      ...namedBy(
        messages.map(({ sender }) => sender?.name ?? ''),
        baseName(path).replace(/\.\w+$/, ''),
      ),
      apart: path,
      people: [],
      messages,
      cutOff: false,
      isNewestFirst: false,
      frame: { before: utf8(''), between: utf8('\n\n'), after: utf8('\n\n') },
    },
  ];
}

const isBeginning = (text: string) => STAMP.test(text) || ANNOUNCEMENT.test(text) || UNREAD.test(text);

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const [first = '', , ...rest] = linesAt(bytes, span);
  if (ANNOUNCEMENT.test(first)) return { ...EMPTY_MESSAGE, type: 'other', isNotice: true };
  const [, time = '', read] = STAMP.exec(first) ?? [];
  const name = span.sender?.name ?? '';
  if (!time || !name) return null;
  const isReply = rest.at(-1) === IS_REPLY;
  const lines = isReply ? rest.slice(0, -1) : rest;
  const replyAt = lines.findIndex((line) => REPLY.test(line));
  const own = replyAt < 0 ? lines : lines.slice(0, replyAt);
  const reactionsAt = own.findIndex((line) => line === 'Tapbacks:' || line === 'Reactions:');
  const words = reactionsAt < 0 ? own : own.slice(0, reactionsAt);
  const files = words.filter((line) => FILE.test(line));
  const text = textIn(
    words
      .filter((line) => !FILE.test(line))
      .join('\n')
      .trim(),
  );
  const listed = (some: string[]) =>
    textIn(
      some
        .map((line) => line.trim())
        .filter(Boolean)
        .join(' · '),
    );
  return {
    ...EMPTY_MESSAGE,
    ...timeAsWritten(time, latest),
    sender: { name, id: '' },
    type: files[0] && !text ? typeOfFile(files[0]) : 'text',
    text,
    notes: [isReply ? 'A reply to an earlier message' : '', read ?? ''].filter(Boolean),
    quotes: [
      { label: 'Reactions listed under it', text: reactionsAt < 0 ? '' : listed(own.slice(reactionsAt + 1)) },
      { label: 'Replies listed under it', text: replyAt < 0 ? '' : listed(lines.slice(replyAt)) },
    ],
    files,
  };
}
