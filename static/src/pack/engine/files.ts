/**
 * What lays out the pages of a pack: two programs in WebAssembly and fonts, some 20 MB, and a third program of 2 MB for
 * packs with letters (PDF). They are fetched when a pack is made, and are in memory only, until the diary is locked.
 */
import { KeptError } from '../../core/errors.js';
import type { EngineFiles } from './prepare.js';

const FOLDER = '/static/engine/';
const PYTHON = [
  'pyodide/pyodide.asm.wasm',
  'pyodide/pyodide-lock.json',
  'pyodide/python_stdlib.zip',
  'pages.zip',
] as const;
const PDFIUM = 'pdfium/pdfium.wasm';
const TYPST = 'typst/typst_ts_web_compiler_bg.wasm';
/** Modules that the workers import. */
export const PYTHON_MODULE = `${FOLDER}pyodide/pyodide.mjs`;
export const PDFIUM_MODULE = `${FOLDER}pdfium/pdfium.mjs`;
export const TYPST_MODULE = `${FOLDER}typst/typst_ts_web_compiler.mjs`;

export type FetchFile = (address: string, signal: AbortSignal) => Promise<Response>;

/**
 * Fetch the program that prepares the pages.
 * @throws pages_missing
 */
export async function fetchPython(fetchFile: FetchFile, signal: AbortSignal): Promise<EngineFiles> {
  const files = await Promise.all(PYTHON.map((name) => fetchBytes(fetchFile, name, signal)));
  return Object.fromEntries(PYTHON.map((name, i) => [name.slice(name.lastIndexOf('/') + 1), files[i]])) as EngineFiles;
}

/** @throws pages_missing */
export const fetchPdfium = (fetchFile: FetchFile, signal: AbortSignal) => fetchBytes(fetchFile, PDFIUM, signal);

/** @throws pages_missing */
export const fetchTypst = (fetchFile: FetchFile, signal: AbortSignal) => fetchBytes(fetchFile, TYPST, signal);

/**
 * Compile the typesetter, which takes some 100 MB. Its workers share the result.
 * @throws pages_missing
 */
export function compileTypst(bytes: ArrayBuffer): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes).catch(() => {
    throw new KeptError('pages_missing');
  });
}

/** @throws pages_missing */
export function fetchFonts(fetchFile: FetchFile, names: readonly string[], signal: AbortSignal) {
  return Promise.all(names.map((name) => fetchBytes(fetchFile, `fonts/${name}`, signal)));
}

async function fetchBytes(fetchFile: FetchFile, name: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetchFile(`${FOLDER}${name}`, signal).catch(() => null);
  if (!response?.ok) throw new KeptError('pages_missing');
  return response.arrayBuffer().catch(() => {
    throw new KeptError('pages_missing');
  });
}
