/**
 * What lays out the pages of a pack: two programs in WebAssembly and fonts, some 20 MB. They are fetched when a pack is
 * made, and kept until the diary is locked, so that a phone that is looked at later does not show that a pack was made.
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
const TYPST = 'typst/typst_ts_web_compiler_bg.wasm';
/** Modules that the workers import. */
export const PYTHON_MODULE = `${FOLDER}pyodide/pyodide.mjs`;
export const TYPST_MODULE = `${FOLDER}typst/typst_ts_web_compiler.mjs`;

type Fetch = (address: string) => Promise<Response>;

/**
 * Fetch the program that prepares the pages.
 * @throws pages_missing
 */
export async function fetchPython(fetchFile: Fetch): Promise<EngineFiles> {
  const files = await Promise.all(PYTHON.map((name) => fetchBytes(fetchFile, name)));
  return Object.fromEntries(PYTHON.map((name, i) => [name.slice(name.lastIndexOf('/') + 1), files[i]])) as EngineFiles;
}

/**
 * Fetch and compile the typesetter. Its workers share the compiled program.
 * @throws pages_missing
 */
export async function compileTypst(fetchFile: Fetch): Promise<WebAssembly.Module> {
  const bytes = await fetchBytes(fetchFile, TYPST);
  return WebAssembly.compile(bytes).catch(() => {
    throw new KeptError('pages_missing');
  });
}

/** @throws pages_missing */
export function fetchFonts(fetchFile: Fetch, names: readonly string[]): Promise<ArrayBuffer[]> {
  return Promise.all(names.map((name) => fetchBytes(fetchFile, `fonts/${name}`)));
}

async function fetchBytes(fetchFile: Fetch, name: string): Promise<ArrayBuffer> {
  const response = await fetchFile(`${FOLDER}${name}`).catch(() => null);
  if (!response?.ok) throw new KeptError('pages_missing');
  return response.arrayBuffer().catch(() => {
    throw new KeptError('pages_missing');
  });
}

/** Delete everything of it that the browser keeps for this app. */
export async function forgetFiles(): Promise<void> {
  if (!globalThis.caches) return;
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      if (new URL(request.url).pathname.startsWith(FOLDER)) await cache.delete(request);
  }
}
