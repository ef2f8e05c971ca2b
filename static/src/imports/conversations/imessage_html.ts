/**
 * Conversations of Apple's Messages in the pages that imessage-exporter writes (`--format html`), one file each.
 *
 *   <div class="message"><div class="received">
 *     <p><span class="timestamp">May 17, 2022  5:29:42 PM</span> <span class="sender">Sam</span></p>
 *     <hr><div class="message_part"><span class="bubble">Hello</span></div></div></div>
 *
 * Source: that program (github.com/ReagentX/imessage-exporter, versions 1 to 4). A reply stands in its own place and
 * once more under the message that it answers; there it is left out.
 */
import { baseName } from '../unzip.js';
import { EMPTY_MESSAGE, NOBODY, NO_PLACE, typeOfFile } from './format.js';
import {
  attributeOf,
  blocksIn,
  elementsIn,
  elementsWith,
  hasClass,
  looksLikeHtml,
  nodeAt,
  wordsIn,
} from './html_blocks.js';
import { namedBy, timeAsWritten } from './imessage.js';
import { utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, MessageSpan, ReadMessage, Thread } from './format.js';
import type { HtmlNode } from './html_blocks.js';
import type { Pause } from '../whatsapp.js';

const READ_RECEIPT = /\(Read by .+\)$/;

export const IMESSAGE_HTML: ChatFormat = {
  place: NO_PLACE,
  app: 'imessage',
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
    /<div class="message">\s*<div class="(?:sent|received)\b/.test(text) &&
    /<span class="timestamp">/.test(text)
  );
}

const kindOf = ([first]: string[]) => (first === 'message' || first === 'announcement' ? first : '');

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  const { blocks, isWhole } = await blocksIn(bytes, kindOf, pause, ['message']);
  const messages: MessageSpan[] = [];
  for (const [i, block] of blocks.entries()) {
    if (i % 50 === 0) await pause(block.start, bytes.length);
    const node = nodeAt(bytes, block);
    const name = node ? wordsIn(elementsWith(node, isSender, isReplies)[0]) : '';
    messages.push({ ...block, sender: { name, id: '' } });
  }
  if (!messages.length) return null;
  return [
    {
      ...namedBy(
        messages.map(({ sender }) => sender?.name ?? ''),
        baseName(path).replace(/\.\w+$/, ''),
      ),
      apart: path,
      people: [],
      messages,
      cutOff: !isWhole,
      isNewestFirst: false,
      frame: {
        before: utf8('<html>\n<head>\n<meta charset="UTF-8">\n</head>\n<body>\n'),
        between: utf8('\n'),
        after: utf8('\n</body></html>\n'),
      },
    },
  ];
}

const isSender = (node: HtmlNode) => hasClass(node, 'sender');
const isReplies = (node: HtmlNode) => hasClass(node, 'replies');
const isMessage = (node: HtmlNode) => hasClass(node, 'message');
const isReactions = (node: HtmlNode) => hasClass(node, 'tapbacks') || hasClass(node, 'reactions');
const FILE_TAGS: Record<string, string> = { img: 'src', source: 'src', video: 'src', audio: 'src', a: 'href' };

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const node = nodeAt(bytes, span);
  if (!node) return null;
  if (hasClass(node, 'announcement')) return { ...EMPTY_MESSAGE, type: 'other', isNotice: true };
  const inner = elementsIn(node).find((child) => hasClass(child, 'sent') || hasClass(child, 'received'));
  // A message without its end has the next one inside of it.
  if (!inner || elementsIn(node).length > 1 || elementsWith(inner, isMessage, isReplies).length) return null;
  const partsOf = (name: string) => elementsWith(inner, (child) => hasClass(child, name), isReplies);
  const stamp = wordsIn(partsOf('timestamp')[0]).replace(/\s+/g, ' ');
  const parts = partsOf('message_part');
  const versions = parts.flatMap((part) => elementsWith(part, (child) => hasClass(child, 'edited')));
  const cells = versions.flatMap((version) => elementsWith(version, (child) => child.name === 'td')).map(wordsIn);
  const bubbles = parts.flatMap((part) => elementsWith(part, (child) => hasClass(child, 'bubble'))).map(wordsIn);
  const files = parts.flatMap(filesIn);
  const unsent = partsOf('unsent').map(wordsIn);
  const text = [...bubbles, versions.length ? (cells.at(-1) ?? '') : ''].filter(Boolean).join('\n');
  return {
    ...EMPTY_MESSAGE,
    ...timeAsWritten(stamp.replace(READ_RECEIPT, '').trim(), latest),
    sender: span.sender ?? NOBODY,
    isOwn: hasClass(inner, 'sent'),
    type: unsent.length && !text ? 'deleted' : files[0] && !text ? typeOfFile(files[0]) : 'text',
    text,
    notes: [
      ...unsent,
      ...partsOf('expressive').map(wordsIn),
      partsOf('reply_context').length ? 'A reply to an earlier message' : '',
      READ_RECEIPT.exec(stamp)?.[0].slice(1, -1) ?? '',
    ].filter(Boolean),
    quotes: [
      { label: 'Subject', text: partsOf('subject').map(wordsIn).join(' ') },
      { label: 'Shown in the message', text: partsOf('app').map(wordsIn).join(' ').replace(/\s+/g, ' ') },
      { label: 'Before it was edited', text: cells.slice(0, -1).filter(Boolean).join(' · ') },
    ],
    reactions: elementsWith(inner, isReactions, isReplies).flatMap(reactionsIn),
    files,
    isEdited: versions.length > 0,
  };
}

/** Return the paths of files in a part of a message. A film is named by its tag and by the tag inside. */
function filesIn(part: HtmlNode): string[] {
  const isShown = (node: HtmlNode) => hasClass(node, 'bubble') || hasClass(node, 'app') || isReactions(node);
  const found = allElements(part, isShown).flatMap((node) => {
    const name = FILE_TAGS[node.name];
    return name ? attributeOf(node.tag, name) : [];
  });
  return [...new Set(found.filter((path) => path && !/^(?:https?|sms|mailto|data|javascript):/i.test(path)))];
}

const allElements = (node: HtmlNode, isSkipped: (node: HtmlNode) => boolean): HtmlNode[] =>
  elementsIn(node).flatMap((child) => (isSkipped(child) ? [] : [child, ...allElements(child, isSkipped)]));

/** `<span class="tapback"><b>Loved</b> by Sam</span>` */
function reactionsIn(node: HtmlNode): ReadMessage['reactions'] {
  const isOne = (child: HtmlNode) => hasClass(child, 'tapback') || hasClass(child, 'reaction');
  return elementsWith(node, isOne).flatMap((one) => {
    const [, text = '', by = ''] = /^(.{1,60}?) (?:by|from) (.+)$/s.exec(wordsIn(one).replace(/\s+/g, ' ')) ?? [];
    return text ? [{ text, by }] : [];
  });
}
