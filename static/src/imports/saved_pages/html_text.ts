/**
 * The words of an HTML page, and what the page says about itself. Nothing is run, rendered or fetched.
 *
 * [Note: one pass] A page comes from anybody and may be megabytes of one tag. So it is read once from front to back; a
 * tag, comment or script without an end takes the rest of the page with it.
 */
import { toWellFormed } from '../../core/text.js';

/** `isCut`: there were more words; `isHiding`: a part of it is marked as hidden, and its words are among the others */
export type HtmlPage = {
  text: string;
  title: string;
  base: string;
  canonical: string;
  comments: string[];
  isCut: boolean;
  isHiding: boolean;
};

export const MAX_TEXT_CHARACTERS = 100_000;
const MAX_TITLE_CHARACTERS = 500;
const MAX_TAG_CHARACTERS = 4_000;
const MAX_COMMENTS = 20;
const MAX_COMMENT_CHARACTERS = 2_000;
/** Their content is no text, up to their end tag. */
const UNREAD = new Set(['script', 'style', 'template', 'svg', 'math', 'iframe', 'object', 'noframes', 'textarea']);
const BLOCKS = new Set(
  (
    'address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li ' +
    'main nav ol option p pre section select summary table tr ul'
  ).split(' '),
);
const ENTITIES = new Map(
  Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    hellip: '…',
    mdash: '—',
    ndash: '–',
    lsquo: '‘',
    rsquo: '’',
    ldquo: '“',
    rdquo: '”',
    pound: '£',
    euro: '€',
    copy: '©',
    eacute: 'é',
    middot: '·',
    bull: '•',
  }),
);
const HIDDEN = /\shidden[\s=>/]|display\s*:\s*none|visibility\s*:\s*hidden/i;

/** Read a page. */
export function readHtml(html: string): HtmlPage {
  const page: HtmlPage = { text: '', title: '', base: '', canonical: '', comments: [], isCut: false, isHiding: false };
  const pieces: string[] = [];
  let length = 0;
  let end = '\n\n';
  // Runs of spaces and empty lines are dropped here, piece by piece: a pattern over all of them would take too long.
  const add = (piece: string) => {
    const isBlank = end.endsWith(' ') || end.endsWith('\n');
    const added = piece === '\n' && end === '\n\n' ? '' : piece.startsWith(' ') && isBlank ? piece.slice(1) : piece;
    if (!added) return;
    if (page.isCut) return;
    page.isCut = length + added.length > MAX_TEXT_CHARACTERS;
    pieces.push(added.slice(0, MAX_TEXT_CHARACTERS - length));
    length += added.length;
    end = (end + added).slice(-2);
  };
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    const wordsEnd = open < 0 ? html.length : open;
    if (wordsEnd > at)
      add(decodeEntities(html.slice(at, Math.min(wordsEnd, at + MAX_TEXT_CHARACTERS + 1))).replace(/\s+/g, ' '));
    if (open < 0) break;
    if (html.startsWith('<!--', open)) {
      const close = html.indexOf('-->', open + 4);
      if (page.comments.length < MAX_COMMENTS)
        page.comments.push(
          html.slice(open + 4, Math.min(close < 0 ? html.length : close, open + MAX_COMMENT_CHARACTERS)),
        );
      at = close < 0 ? html.length : close + 3;
      continue;
    }
    const name = /^<\/?([a-z][a-z0-9-]{0,30})/i.exec(html.slice(open, open + 40))?.[1]?.toLowerCase();
    if (!name && html[open + 1] !== '!' && html[open + 1] !== '?') {
      add('<');
      at = open + 1;
      continue;
    }
    const tagEnd = endOfTag(html, open);
    const tag = html.slice(open, Math.min(tagEnd, open + MAX_TAG_CHARACTERS));
    at = tagEnd;
    if (!name) continue;
    if (BLOCKS.has(name)) add('\n');
    if (name === 'td' || name === 'th') add('\t');
    if (tag[1] === '/') continue;
    if (HIDDEN.test(tag)) page.isHiding = true;
    if (name === 'base') page.base ||= attributeOf(tag, 'href');
    else if (name === 'link' && /\srel\s*=\s*["']?canonical/i.test(tag)) page.canonical ||= attributeOf(tag, 'href');
    else if (name === 'title') {
      const close = endOf(html, 'title', at);
      page.title ||= decodeEntities(html.slice(at, Math.min(close, at + MAX_TITLE_CHARACTERS)))
        .replace(/\s+/g, ' ')
        .trim();
      at = close;
    } else if (UNREAD.has(name) && !tag.endsWith('/>')) at = endOf(html, name, at);
  }
  page.text = toWellFormed(pieces.join('').replace(/ \n/g, '\n').trim());
  page.title = toWellFormed(page.title);
  return page;
}

/** Return the place behind the tag. A `>` in quotes does not end it. */
export function endOfTag(html: string, from: number): number {
  for (let at = from + 1; at < html.length; at++) {
    const letter = html[at];
    if (letter === '>') return at + 1;
    if ((letter === '"' || letter === "'") && html[at - 1] === '=') {
      const close = html.indexOf(letter, at + 1);
      if (close < 0) return html.length;
      at = close;
    }
  }
  return html.length;
}

/** Return the place of the end tag, or the end of the page. */
function endOf(html: string, name: string, from: number): number {
  const pattern = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  pattern.lastIndex = from;
  return pattern.exec(html)?.index ?? html.length;
}

function attributeOf(tag: string, name: string): string {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>"']+))`, 'i').exec(tag);
  return decodeEntities(match?.[1] ?? match?.[2] ?? match?.[3] ?? '').trim();
}

/** Return a text with its character references read. One that is not known stays as it is written. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (all, decimal, hex, name) => {
    if (name) return ENTITIES.get(name) ?? all;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : all;
  });
}
