/**
 * Conversations in the HTML that Telegram Desktop writes if nothing else is chosen: messages.html, messages2.html, …
 *
 *   <div class="page_header">…<div class="text bold">Sam</div>
 *   <div class="message default clearfix" id="message12">
 *     <div class="pull_left userpic_wrap"><div class="userpic userpic3">…</div></div>
 *     <div class="body"><div class="pull_right date details" title="24.11.2026 21:10:05 UTC+00:00">21:10</div>
 *       <div class="from_name">Sam</div><div class="text">…</div></div></div>
 *
 * Source: the program that writes them (Telegram Desktop, export_output_html.cpp, 2018 to 2026). Its own words are
 * English in every language.
 *
 * [Note: joined] A message of the same sender within 15 minutes has no name of its own. It is of the sender of the
 * message before it. In an entry's own file, that sender is written above it.
 *
 * [Note: colours] The file has names of senders and no numbers. Each account has one of eight colours, so two accounts
 * with one name differ in colour more often than not. With another colour, they count as two people.
 */
import { utf8 } from '../../core/bytes.js';
import { NOBODY, EMPTY_MESSAGE, folderIn, idOfNames, sameDay, timeBetween, typeOfFile } from './format.js';
import {
  attributeOf,
  blocksIn,
  childWith,
  elementsIn,
  elementsWith,
  hasClass,
  looksLikeHtml,
  nodeAt,
  wordsIn,
} from './html_blocks.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, MessageSpan, ReadMessage, Sender, Thread } from './format.js';
import type { HtmlNode } from './html_blocks.js';
import type { Pause } from '../whatsapp.js';

/** Telegram began in August 2013. */
const EARLIEST = Date.UTC(2013, 7, 1);
const DATE = /^(\d{2})\.(\d{2})\.(\d{4}) (\d{2}:\d{2}:\d{2})(?: UTC([+-]\d{2}:\d{2}))?$/;
/** By class: what a message with such a file is. */
const MEDIA: [string, string][] = [
  ['photo_wrap', 'image'],
  ['media_photo', 'image'],
  ['sticker_wrap', 'sticker'],
  ['animated_wrap', 'video'],
  ['video_file_wrap', 'video'],
  ['media_video', 'video'],
  ['media_voice_message', 'voice'],
  ['media_audio_file', 'voice'],
  ['media_contact', 'contact'],
  ['media_location', 'location'],
  ['media_live_location', 'location'],
  ['media_venue', 'location'],
];
/** Above messages of an entry's own file: see [Note: joined]. */
const HEAD_CLASS = 'joined_to';

export const TELEGRAM_HTML: ChatFormat = {
  place: /^(.*?)(?:chats\/chat_\d+\/)?messages\d*\.html$/i,
  app: 'telegram',
  file: { ending: '.html', type: 'text/html' },
  looksLike,
  readThreads,
  readMessage,
  senderOf: (_bytes, span) => span.sender ?? NOBODY,
};

function looksLike(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  return looksLikeHtml(text) && /<div class="page_wrap/.test(text) && /<div class="history"/.test(text);
}

function kindOf(classes: string[]): string {
  if (classes[0] === 'page_header') return 'header';
  if (classes[0] === HEAD_CLASS) return 'head';
  return classes[0] === 'message' && (classes[1] === 'default' || classes[1] === 'service') ? 'message' : '';
}

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  const { blocks, isWhole } = await blocksIn(bytes, kindOf, pause);
  const header = blocks.find(({ kind }) => kind === 'header');
  const title = header && wordsIn(nodeAt(bytes, header) ?? undefined);
  if (!title) return null;
  const messages: MessageSpan[] = [];
  let sender: Sender = NOBODY;
  for (const [i, block] of blocks.entries()) {
    if (i % 50 === 0) await pause(block.start, bytes.length);
    if (block.kind === 'header') continue;
    const node = nodeAt(bytes, block);
    if (block.kind === 'head') {
      sender = node ? headOf(node) : NOBODY;
      continue;
    }
    const isJoined = node !== null && hasClass(node, 'joined');
    if (!isJoined) sender = node && hasClass(node, 'default') ? headOf(node) : NOBODY;
    messages.push({ ...block, sender, ...(isJoined && sender.name ? { lead: leadOf(sender) } : {}) });
  }
  return [
    {
      id: idOfNames(title),
      apart: folderIn(path),
      title,
      people: [],
      messages,
      cutOff: !isWhole,
      isNewestFirst: false,
      frame: {
        before: utf8(
          '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Exported Data</title></head><body>\n' +
            `<div class="page_wrap">\n${new TextDecoder().decode(bytes.subarray(header.start, header.end))}\n` +
            '<div class="page_body chat_page"><div class="history">\n',
        ),
        between: utf8('\n'),
        after: utf8('\n</div></div></div></body></html>\n'),
      },
    },
  ];
}

/** Return who wrote a message that has a name: see [Note: colours]. */
function headOf(node: HtmlNode): Sender {
  const body = childWith(node, 'body') ?? node;
  const picture = elementsWith(childWith(node, 'userpic_wrap') ?? { ...node, children: [] }, (child) =>
    hasClass(child, 'userpic'),
  )[0];
  const colour = /\buserpic\d+\b/.exec(attributeOf(picture?.tag ?? '', 'class'))?.[0] ?? '';
  return { name: wordsIn(childWith(body, 'from_name')), id: colour };
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** See [Note: joined]. */
const leadOf = ({ name, id }: Sender): Bytes =>
  utf8(
    `<div class="${HEAD_CLASS}"><div class="userpic_wrap"><div class="userpic ${id}"></div></div>` +
      `<div class="from_name">${escaped(name)}</div></div>\n`,
  );

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const node = nodeAt(bytes, span);
  if (!node) return null;
  if (hasClass(node, 'service')) return { ...EMPTY_MESSAGE, type: 'other', isNotice: true };
  const body = childWith(node, 'body');
  if (!body) return null;
  const forwarded = elementsIn(body).find((child) => hasClass(child, 'forwarded') && hasClass(child, 'body'));
  const content = forwarded ?? body;
  const { type, files, notes, quotes } = mediaOf(content);
  return {
    ...EMPTY_MESSAGE,
    ...timeOf(attributeOf(childWith(body, 'date')?.tag ?? '', 'title'), latest),
    sender: span.sender ?? NOBODY,
    type,
    text: wordsIn(childWith(content, 'text')),
    notes,
    quotes: [{ label: 'Forwarded from', text: forwarded ? nameIn(childWith(forwarded, 'from_name')) : '' }, ...quotes],
    reactions: reactionsIn(content),
    files,
  };
}

/** The name of whom a message was forwarded from has a time behind it. */
const nameIn = (node: HtmlNode | undefined) => wordsIn(node).replace(/\s+/g, ' ');

function timeOf(written: string, latest: number): Pick<ReadMessage, 'at' | 'written'> {
  const [, day = '', month = '', year = '', clock = '', zone] = DATE.exec(written) ?? [];
  const days = sameDay(`${year}-${month}-${day}`);
  const local = `${year}-${month}-${day}T${clock}`;
  const at = timeBetween(EARLIEST, Date.parse(`${local}${zone ?? 'Z'}`), latest);
  if (!days || at === null) return { at: null, written: null };
  return zone ? { at, written: null } : { at: null, written: { text: written.slice(0, 10), days, clock } };
}

type Media = Pick<ReadMessage, 'type' | 'files' | 'notes' | 'quotes'>;

function mediaOf(content: HtmlNode): Media {
  const media: Media = { type: 'text', files: [], notes: [], quotes: [] };
  const item = elementsIn(childWith(content, 'media_wrap') ?? { ...content, children: [] })[0];
  if (!item) return media;
  const [title, status, description] = ['title', 'status', 'description'].map((name) =>
    wordsIn(elementsWith(item, (child) => hasClass(child, name))[0]),
  ) as [string, string, string];
  if (hasClass(item, 'media_call')) return { ...media, ...callOf(status) };
  if (hasClass(item, 'media_poll')) {
    const question = wordsIn(elementsWith(item, (child) => hasClass(child, 'question'))[0]);
    return { ...media, notes: ['A poll'], quotes: [{ label: 'Poll', text: question }] };
  }
  const link = attributeOf(item.tag, 'href');
  const isFile = link !== '' && !/^[a-z][a-z0-9+.-]*:/i.test(link);
  const named = MEDIA.find(([name]) => hasClass(item, name))?.[1];
  const isContact = named === 'contact';
  const isPlace = named === 'location';
  return {
    // An export of everything names its files from the folder of the conversation.
    files: isFile ? [link.replace(/^(?:\.\.\/)+/, '')] : [],
    type: named ?? (isFile ? typeOfFile(link) : hasClass(item, 'media_file') ? 'document' : 'other'),
    notes: [
      isPlace && status ? `Place ${status}` : '',
      isFile || isContact || isPlace ? '' : 'Its file is not in the download',
      named === 'voice' && status ? `Length ${status}` : '',
    ].filter(Boolean),
    quotes: [
      {
        label: isContact ? 'Contact' : 'File',
        text: isContact
          ? `${title} ${status}`
          : isFile || isPlace
            ? ''
            : [title, description].filter(Boolean).join(': '),
      },
    ],
  };
}

function callOf(status: string): Pick<Media, 'type' | 'notes'> {
  const seconds = /\((\d+) seconds\)$/.exec(status)?.[1];
  if (seconds) return { type: 'call', notes: [`Lasted ${seconds} seconds`] };
  if (/^(?:Missed|Cancelled)/.test(status)) return { type: 'missed_call', notes: [] };
  if (status.startsWith('Declined')) return { type: 'missed_call', notes: ['Declined'] };
  return { type: 'call', notes: ['Its length is not in the file'] };
}

function reactionsIn(content: HtmlNode): ReadMessage['reactions'] {
  const found = elementsWith(content, (node) => hasClass(node, 'reaction'));
  return found.flatMap((reaction) => {
    const text = wordsIn(childWith(reaction, 'emoji'));
    const count = wordsIn(childWith(reaction, 'count'));
    const names = elementsWith(reaction, (node) => hasClass(node, 'userpic')).map((node) =>
      attributeOf(node.tag, 'title'),
    );
    return names.length
      ? names.map((by) => ({ text, by }))
      : [{ text: text && count ? `${text} ${count}` : text, by: '' }];
  });
}
