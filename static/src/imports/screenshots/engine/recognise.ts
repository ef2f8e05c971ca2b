/**
 * Reading of the words in a picture, by Tesseract. It runs in a worker (worker.ts): the picture may be one that another
 * person made, and the engine is a large program in C++ that reads its pixels.
 */
import type { Box, PictureText, ReadLine } from '../picture_text.js';

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

export const ENGINE_NAME = 'tesseract';
/** Of the package tesseract.js-core in package.json. */
export const ENGINE_VERSION = '7.0.0';
const PICTURE = '/input';
/** The engine's number for its newer half: the older half is not compiled in. */
const LSTM_ONLY = 1;
/** Find text anywhere, in no order of columns: a chat has bubbles on both sides. */
const SPARSE_TEXT = '11';
/** More is no screenshot: a page of a book has 500 words. */
const MAX_WORDS = 3000;
const MAX_WORD_CHARACTERS = 100;

export function recogniser(decode: (picture: Blob) => Promise<GreyPicture | null>) {
  let api: InstanceType<Engine['TessBaseAPI']> | null = null;
  let engine: Engine | null = null;
  let languages: string[] = [];
  return {
    /** @param engineUrl of the engine's module */
    async begin(engineUrl: string, files: ReaderFiles): Promise<void> {
      const { default: loadEngine } = (await import(engineUrl)) as { default: LoadEngine };
      engine = await loadEngine({ wasmBinary: files.program, print: () => undefined, printErr: () => undefined });
      languages = Object.keys(files.languages).sort();
      for (const [code, data] of Object.entries(files.languages))
        engine.FS.writeFile(`./${code}.traineddata`, new Uint8Array(data));
      api = new engine.TessBaseAPI();
      if (api.Init(null, languages.join('+'), LSTM_ONLY) !== 0) throw new Error('the data of a language is not usable');
      api.SetVariable('tessedit_pageseg_mode', SPARSE_TEXT);
    },
    /**
     * Read a picture. Boxes are in its own pixels.
     * @returns null when this browser cannot show the picture, or it has too many pixels
     */
    async read(picture: Blob): Promise<PictureText | null> {
      if (!api || !engine) throw new Error('not started');
      const image = await decode(picture);
      if (!image) return null;
      const { width, height, scale } = image;
      engine.FS.writeFile(PICTURE, pgm(image));
      try {
        if (api.SetImageFile(1, 0) !== 0 || api.Recognize(null) !== 0) throw new Error('not read');
        return {
          width: Math.round(width / scale),
          height: Math.round(height / scale),
          lines: linesOf(api.GetTSVText(0), scale),
          engine: ENGINE_NAME,
          version: ENGINE_VERSION,
          languages,
        };
      } finally {
        api.Clear();
        engine.FS.unlink(PICTURE);
      }
    },
  };
}

/** Return a picture in the simplest form that the engine reads (Netpbm): none of its decoders sees foreign bytes. */
function pgm({ width, height, grey }: GreyPicture): Uint8Array {
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
