/**
 * Run the app's own reading over pictures in a folder: node read_pictures.mjs FOLDER. Each NAME.rgba (width and height
 * as 32-bit little-endian numbers, then pixels) gets NAME.text.json, what the engine read, and NAME.reading.json.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { ENGINE_NAME, ENGINE_VERSION, linesOf } from '#app/imports/screenshots/engine/recognise.js';
import { readPieces } from '#app/imports/screenshots/piece_reading.js';
import { readScreenshot } from '#app/imports/screenshots/reading.js';

const LANGUAGES = { en: ['eng'], pl: ['pol', 'eng'], ur: ['urd', 'eng'], cy: ['cym', 'eng'] };
/** The engine's mode for one line, and its number for its newer half. */
const [ONE_LINE, LSTM_ONLY] = ['7', 1];
const folder = process.argv[2];
const engineFile = (name) =>
  gunzipSync(readFileSync(new URL(`../../static/engine/reader/${name}.gz`, import.meta.url)));

/** Write a grey picture as PGM, which the engine reads as it is. */
const pgm = ({ width, height, data }) => Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data]);

function pixelsOf(path) {
  const bytes = readFileSync(path);
  return {
    width: bytes.readUInt32LE(0),
    height: bytes.readUInt32LE(4),
    data: new Uint8ClampedArray(bytes.buffer, bytes.byteOffset + 8, bytes.length - 8),
  };
}

async function loadEngine() {
  // Under Node the engine looks for these two, which a module does not have.
  Object.assign(globalThis, { require: createRequire(import.meta.url), __dirname: folder });
  const place = mkdtempSync(join(tmpdir(), 'engine-'));
  const module = join(place, 'simd.mjs');
  writeFileSync(module, engineFile('simd.mjs'));
  const { default: load } = await import(pathToFileURL(module).href);
  rmSync(place, { recursive: true });
  return load({ wasmBinary: engineFile('simd.wasm'), print: () => {}, printErr: () => {} });
}

const engine = await loadEngine();
const readers = new Map();

function readerOf(language) {
  const known = readers.get(language);
  if (known) return known;
  engine.FS.writeFile(`./${language}.traineddata`, engineFile(`${language}.traineddata`));
  const api = new engine.TessBaseAPI();
  if (api.Init(null, language, LSTM_ONLY) !== 0) throw new Error(`no data for ${language}`);
  api.SetVariable('tessedit_pageseg_mode', ONE_LINE);
  api.SetVariable('tessedit_do_invert', '0');
  readers.set(language, api);
  return api;
}

function readLine(line, language, letters = '') {
  const api = readerOf(language);
  api.SetVariable('tessedit_char_whitelist', letters);
  engine.FS.writeFile('/input', pgm(line));
  if (api.SetImageFile(1, 0) !== 0 || api.Recognize(null) !== 0) return [];
  const words = linesOf(api.GetTSVText(0), 1).flatMap((one) => one.words);
  api.Clear();
  return words;
}

const names = readdirSync(folder)
  .filter((name) => name.endsWith('.rgba'))
  .sort();
for (const name of names) {
  const stem = join(folder, name.slice(0, -'.rgba'.length));
  const pixels = pixelsOf(`${stem}.rgba`);
  const { width, height } = pixels;
  if (!existsSync(`${stem}.text.json`)) {
    const languages = LANGUAGES[JSON.parse(readFileSync(`${stem}.json`, 'utf8')).language];
    const start = performance.now();
    const lines = readPieces(pixels, languages, readLine) ?? [];
    const text = { width, height, lines, engine: ENGINE_NAME, version: ENGINE_VERSION, languages };
    const seconds = { prepare: 0, engine: (performance.now() - start) / 1000 };
    writeFileSync(`${stem}.text.json`, JSON.stringify({ text, seconds }));
  }
  const { text } = JSON.parse(readFileSync(`${stem}.text.json`, 'utf8'));
  const start = performance.now();
  const reading = readScreenshot(text, pixels);
  writeFileSync(`${stem}.reading.json`, JSON.stringify({ reading, seconds: (performance.now() - start) / 1000 }));
}
