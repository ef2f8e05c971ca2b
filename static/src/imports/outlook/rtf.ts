/**
 * The words of an email that Outlook kept as compressed RTF: unpacked ([MS-OXRTFCP]), and taken out of the RTF as text,
 * or as the HTML that the RTF was made from ([MS-OXRTFEX]).
 */
import { decoderOf } from './properties.js';
import type { Bytes } from '../../core/bytes.js';

/** `isWhole`: the checksum and the length are those that the file gives */
export type RtfWords = { text: string; isHtml: boolean; isWhole: boolean };

const [PACKED, PLAIN] = [0x75465a4c, 0x414c454d];
const HEADER_BYTES = 16;
const MAX_RTF_BYTES = 32 * 1024 * 1024;
const WINDOW_BYTES = 4096;
const MAX_GROUPS_DEEP = 1_000;
/** The beginning of the window, as the specification gives it */
const FIRST_WINDOW =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript ' +
  '\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n' +
  '\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx';
const UNSEEN = new Set([
  'fonttbl',
  'colortbl',
  'stylesheet',
  'info',
  'pict',
  'object',
  'header',
  'footer',
  'themedata',
]);
const WORDS: Record<string, string> = {
  par: '\n',
  line: '\n',
  row: '\n',
  cell: '\t',
  tab: '\t',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  bullet: '•',
  endash: '–',
  emdash: '—',
};

/** Return the words of a compressed RTF body; null for other bytes. */
export function wordsOfRtf(packed: Bytes): RtfWords | null {
  const unpacked = unpack(packed);
  if (!unpacked) return null;
  const { text, isHtml } = readRtf(unpacked.rtf);
  return { text, isHtml, isWhole: unpacked.isWhole };
}

function unpack(bytes: Bytes): { rtf: Bytes; isWhole: boolean } | null {
  if (bytes.length < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [packedSize, size] = [view.getUint32(0, true) + 4, view.getUint32(4, true)];
  const kind = view.getUint32(8, true);
  if (kind === PLAIN) {
    const rtf = bytes.subarray(HEADER_BYTES, HEADER_BYTES + size);
    return { rtf, isWhole: rtf.length === size };
  }
  if (kind !== PACKED || size > MAX_RTF_BYTES) return null;
  const input = bytes.subarray(HEADER_BYTES, Math.min(bytes.length, packedSize));
  const rtf = inflate(input, size);
  return { rtf, isWhole: rtf.length === size && crc(input) === view.getUint32(12, true) };
}

/** Each byte of flags tells for the eight items after it whether they are a letter or a place in the window. */
function inflate(input: Bytes, size: number): Bytes {
  const window = new Uint8Array(WINDOW_BYTES);
  for (let i = 0; i < FIRST_WINDOW.length; i++) window[i] = FIRST_WINDOW.charCodeAt(i);
  const output = new Uint8Array(size);
  let [write, made, at] = [FIRST_WINDOW.length, 0, 0];
  const put = (byte: number) => {
    output[made++] = byte;
    window[write] = byte;
    write = (write + 1) % WINDOW_BYTES;
  };
  while (at < input.length && made < size) {
    const flags = input[at++] as number;
    for (let bit = 0; bit < 8 && at < input.length && made < size; bit++) {
      if (!((flags >> bit) & 1)) {
        put(input[at++] as number);
        continue;
      }
      if (at + 1 >= input.length) return output.subarray(0, made);
      const item = ((input[at] as number) << 8) | (input[at + 1] as number);
      at += 2;
      const place = item >> 4;
      if (place === write) return output.subarray(0, made);
      for (let i = 0; i < (item & 15) + 2 && made < size; i++) put(window[(place + i) % WINDOW_BYTES] as number);
    }
  }
  return output.subarray(0, made);
}

/** The checksum of zip files, without inverting its ends. */
function crc(bytes: Bytes): number {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value >>> 0;
}

/** `isTag`: in a group that holds a piece of the HTML; `skip`: letters that stand for the one before them */
type Group = { isHidden: boolean; isTag: boolean; isRtfOnly: boolean; unicodeSkip: number };

/** Return the text of RTF, or the HTML that it was made from. */
function readRtf(bytes: Bytes): { text: string; isHtml: boolean } {
  const rtf = Array.from({ length: Math.ceil(bytes.length / 8192) }, (_, i) =>
    String.fromCharCode(...bytes.subarray(i * 8192, (i + 1) * 8192)),
  ).join('');
  const isHtml = /\\fromhtml1?(?![0-9a-z])/.test(rtf.slice(0, 2_000));
  const decoder = decoderOf(Number(/\\ansicpg(\d{1,5})/.exec(rtf.slice(0, 2_000))?.[1] ?? 1252));
  const pieces: string[] = [];
  let pending: number[] = [];
  const flush = () => {
    if (pending.length) pieces.push(decoder.decode(Uint8Array.from(pending)));
    pending = [];
  };
  const groups: Group[] = [];
  let group: Group = { isHidden: false, isTag: false, isRtfOnly: false, unicodeSkip: 1 };
  let skip = 0;
  const isShown = () => !group.isHidden && !(isHtml && group.isRtfOnly && !group.isTag);
  const addByte = (byte: number) => {
    if (skip > 0) skip--;
    else if (isShown()) pending.push(byte);
  };
  const addText = (text: string) => {
    if (!isShown()) return;
    flush();
    pieces.push(text);
  };
  const token = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n])/gi;
  for (let match = token.exec(rtf); match; match = token.exec(rtf)) {
    const [, word, number, hexByte, symbol, brace, letter] = match;
    if (letter !== undefined) addByte(letter.charCodeAt(0));
    else if (hexByte !== undefined) addByte(Number.parseInt(hexByte, 16));
    else if (brace === '{') {
      if (groups.length >= MAX_GROUPS_DEEP) break;
      groups.push(group);
      group = { ...group };
      skip = 0;
    } else if (brace === '}') {
      group = groups.pop() ?? group;
      skip = 0;
    } else if (symbol !== undefined) {
      if (symbol === '*') {
        const isTag = /^\\htmltag/.test(rtf.slice(token.lastIndex, token.lastIndex + 8));
        if (isTag) group.isTag = true;
        else group.isHidden = true;
      } else if (symbol === '~') addText('\u00a0');
      else if (symbol === '_') addText('-');
      else if ('\\{}'.includes(symbol)) addByte(symbol.charCodeAt(0));
      else if (symbol === '\r' || symbol === '\n') addText('\n');
    } else if (word === 'u' && number !== undefined) {
      addText(String.fromCharCode(Number(number) & 0xffff));
      skip = group.unicodeSkip;
    } else if (word === 'uc') group.unicodeSkip = Math.min(8, Math.max(0, Number(number ?? 1)));
    else if (word === 'htmlrtf') group.isRtfOnly = number !== '0';
    else if (word === 'bin') token.lastIndex += Math.max(0, Number(number ?? 0));
    else if (word !== undefined && UNSEEN.has(word)) group.isHidden = true;
    else if (word !== undefined && Object.hasOwn(WORDS, word)) addText(WORDS[word] as string);
  }
  flush();
  return { text: pieces.join(''), isHtml };
}
