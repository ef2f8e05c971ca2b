/**
 * Reading of the words in a picture, by Tesseract. It runs in a worker (worker.ts): the picture may be one that another
 * person made, and the engine is a large program in C++ that reads its pixels.
 */
import { readPieces } from '../piece_reading.js';
import { inPicture } from '../prepare.js';
import { readScreenshot } from '../reading.js';
import type { Ink } from '../pieces.js';
import type { Box, PictureText, Pixels, ReadLine, ReadWord } from '../picture_text.js';

/** The parts of the engine that are used. `print` and `printErr` would write to the console, and may quote words. */
type Engine = {
  FS: { writeFile(path: string, content: Uint8Array): void; unlink(path: string): void };
  TessBaseAPI: new () => {
    Init(folder: null, languages: string, mode: number): number;
    SetVariable(name: string, value: string): boolean;
    SetImageFile(orientation: number, angle: number): number;
    Recognize(monitor: null): number;
    GetTSVText(page: number): string;
    Clear(): void;
  };
};
type LoadEngine = (options: { wasmBinary: ArrayBuffer; print: () => void; printErr: () => void }) => Promise<Engine>;
/** File name without its ending → content. `program`: the compiled engine */
export type ReaderFiles = { program: ArrayBuffer; languages: Record<string, ArrayBuffer> };
/** The picture in shades of grey, a byte for each pixel. `scale`: how much larger than the picture it is */
export type GreyPicture = { width: number; height: number; scale: number; grey: Uint8Array };
/** What the browser makes of a picture, in its own size and for the engine; null where it cannot show it. */
export type Decoder = {
  pixels(picture: Blob): Promise<Pixels | null>;
  grey(picture: Blob): Promise<GreyPicture | null>;
};

export const ENGINE_NAME = 'tesseract';
/** Of the package tesseract.js-core in package.json. */
export const ENGINE_VERSION = '7.0.0';
const PICTURE = '/input';
/** The engine's number for its newer half: the older half is not compiled in. */
const LSTM_ONLY = 1;
/** Find text anywhere, in no order of columns. */
const SPARSE_TEXT = '11';
const ONE_LINE = '7';
const ENGLISH = 'eng';
/** More is no screenshot: a page of a book has 500 words. */
const MAX_WORDS = 3000;
const MAX_WORD_CHARACTERS = 100;

export function recogniser(decoder: Decoder) {
  const readers: Map<string, InstanceType<Engine['TessBaseAPI']>> = new Map();
  let engine: Engine | null = null;
  let languages: string[] = [];
  /** @param codes languages that are read together, joined by + */
  const readerOf = (started: Engine, codes: string) => {
    const known = readers.get(codes);
    if (known) return known;
    const reader = new started.TessBaseAPI();
    if (reader.Init(null, codes, LSTM_ONLY) !== 0) throw new Error('the data of a language is not usable');
    // Letters are dark on white already: the engine would read a line that it doubts a second time, white on dark.
    reader.SetVariable('tessedit_do_invert', '0');
    readers.set(codes, reader);
    return reader;
  };
  /**
   * @param letters the only ones that there can be; '' for any
   * @returns the engine's table; null where it cannot read the picture
   */
  const recognise = (
    started: Engine,
    picture: Uint8Array,
    codes: string,
    mode: string,
    letters = '',
  ): string | null => {
    const reader = readerOf(started, codes);
    reader.SetVariable('tessedit_pageseg_mode', mode);
    reader.SetVariable('tessedit_char_whitelist', letters);
    started.FS.writeFile(PICTURE, picture);
    try {
      return reader.SetImageFile(1, 0) === 0 && reader.Recognize(null) === 0 ? reader.GetTSVText(0) : null;
    } finally {
      reader.Clear();
      started.FS.unlink(PICTURE);
    }
  };
  return {
    /** @param engineUrl of the engine's module */
    async begin(engineUrl: string, files: ReaderFiles): Promise<void> {
      const { default: loadEngine } = (await import(engineUrl)) as { default: LoadEngine };
      engine = await loadEngine({ wasmBinary: files.program, print: () => undefined, printErr: () => undefined });
      // Messages come in the language of the screens more often than in English.
      languages = Object.keys(files.languages).sort(
        (one, other) => Number(one === ENGLISH) - Number(other === ENGLISH),
      );
      for (const [code, data] of Object.entries(files.languages))
        engine.FS.writeFile(`./${code}.traineddata`, new Uint8Array(data));
      for (const code of languages) readerOf(engine, code);
    },
    /**
     * Read a picture: a screenshot line by line, each language by itself; another picture as a whole.
     * @param size of the copy in whose pixels the boxes are to be; absent for the picture's own
     * @returns null when this browser cannot show the picture, or it has too many pixels
     */
    async read(picture: Blob, size?: { width: number; height: number }): Promise<PictureText | null> {
      const started = engine;
      if (!started) throw new Error('not started');
      const pixels = await decoder.pixels(picture);
      if (!pixels) return null;
      // A piece that the engine cannot read has no words; the others do.
      const readLine = (line: Ink, language: string, letters?: string): ReadWord[] => {
        const table = recognise(started, pgm(line.width, line.height, line.data), language, ONE_LINE, letters);
        return linesOf(table ?? '', 1).flatMap(({ words }) => words);
      };
      const { width, height } = pixels;
      const text = { width, height, engine: ENGINE_NAME, version: ENGINE_VERSION, languages };
      const inCopy = (lines: ReadLine[]): PictureText => {
        const scaled = size ? inPicture({ ...text, lines }, size.width, size.height) : { ...text, lines };
        return { ...scaled, lines: scaled.lines.map(wholePixels) };
      };
      const lines = readPieces(pixels, languages, readLine) ?? [];
      // Its rules are those of screens: of a page of words, or a photo, it makes scraps.
      if (lines.length && readScreenshot({ ...text, lines }, pixels).rows.length) return inCopy(lines);
      const image = await decoder.grey(picture);
      if (!image) return null;
      const codes = [...languages].sort().join('+');
      const table = recognise(started, pgm(image.width, image.height, image.grey), codes, SPARSE_TEXT);
      if (table === null) throw new Error('not read');
      return inCopy(linesOf(table, image.scale));
    },
  };
}

function wholePixels({ box, words }: ReadLine): ReadLine {
  const whole = (one: Box) => one.map(Math.round) as Box;
  const wholeWord = ({ capital, ...word }: ReadWord): ReadWord => ({
    ...word,
    box: whole(word.box),
    ...(capital === undefined ? {} : { capital: Math.round(capital) }),
  });
  return { box: whole(box), words: words.map(wholeWord) };
}

/** Return a picture in the simplest form that the engine reads (Netpbm): none of its decoders sees foreign bytes. */
function pgm(width: number, height: number, grey: Uint8Array): Uint8Array {
  const header = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + grey.length);
  bytes.set(header);
  bytes.set(grey, header.length);
  return bytes;
}

/**
 * Parse the engine's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text,
 * between tabs. Level 5 is a word. Rows of other levels, and rows that are not whole, are left out.
 */
export function linesOf(table: string, scale: number): ReadLine[] {
  const lines: Map<string, ReadLine> = new Map();
  let count = 0;
  for (const row of table.split('\n')) {
    const cells = row.split('\t');
    const text = (cells[11] ?? '').trim().slice(0, MAX_WORD_CHARACTERS);
    const numbers = cells.slice(6, 11).map(Number);
    if (cells[0] !== '5' || cells.length !== 12 || !text || !numbers.every(Number.isFinite)) continue;
    if (++count > MAX_WORDS) break;
    const [left = 0, top = 0, width = 0, height = 0, confidence = 0] = numbers;
    const box = [left, top, left + width, top + height].map((value) => Math.round(value / scale)) as Box;
    const word = { text, box, confidence: Math.round(Math.min(100, Math.max(0, confidence))) };
    const key = cells.slice(1, 5).join();
    const line = lines.get(key);
    if (line) {
      line.words.push(word);
      line.box = around(line.box, box);
    } else lines.set(key, { words: [word], box });
  }
  return [...lines.values()];
}

const around = (a: Box, b: Box): Box => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
];
