/** What the page engine needs, under Node: its workers are functions of this process, and its files are on disk. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { letterReader } from '#app/pack/engine/letters.js';
import { preparer } from '#app/pack/engine/prepare.js';
import { typesetter } from '#app/pack/engine/typeset.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Pyodide under Node reads its program beside its module, and typst and PDFium need no other file. */
const PDFIUM = '@embedpdf/pdfium/dist/index.js';
const TYPST = '@myriaddreamin/typst-ts-web-compiler/pkg/typst_ts_web_compiler.mjs';
export const PYODIDE = `${ROOT}node_modules/pyodide/pyodide.mjs`;
/** Python's own modules, compiled, as a browser gets them. */
export const STANDARD_LIBRARY = `${ROOT}static/engine/pyodide/python_stdlib.zip`;
const MODULES = {
  '/static/engine/pdfium/pdfium.mjs': `${ROOT}node_modules/${PDFIUM}`,
  '/static/engine/pyodide/pyodide.mjs': PYODIDE,
  '/static/engine/typst/typst_ts_web_compiler.mjs': `${ROOT}node_modules/${TYPST}`,
};

/** @type {Map<string, Uint8Array<ArrayBuffer>>} */
const files = new Map();

/** Read a file of static/engine/ as the server sends it. Each is unpacked once. */
export function engineFile(address) {
  const file = files.get(address) ?? new Uint8Array(readEngineFile(address));
  files.set(address, file);
  return file;
}

function readEngineFile(address) {
  const name = address.replace('/static/engine/', '');
  if (name.startsWith('fonts/')) return readFileSync(`${ROOT}diary/pack/${name}`);
  try {
    return gunzipSync(readFileSync(`${ROOT}static/engine/${name}.gz`));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return readFileSync(`${ROOT}static/engine/${name}`);
  }
}

/**
 * `python`: the module to load Python from, when it is not Pyodide's own; `encode`: what makes a JPEG of a drawn page.
 * @param {{python?: string, encode?: import('#app/pack/engine/letters.js').EncodePage}} [programs]
 */
export function nodeHost({ python = PYODIDE, encode } = {}) {
  const modules = { ...MODULES, '/static/engine/pyodide/pyodide.mjs': python };
  return {
    startWorker: () => {
      const functions = { ...letterReader(encode ? { encode } : {}), ...preparer(), ...typesetter() };
      let hasEnded = false;
      return {
        call: async (name, args) => {
          if (hasEnded) throw new Error('ended');
          return functions[name](...args.map((arg) => modules[arg] ?? arg));
        },
        end: () => {
          hasEnded = true;
        },
      };
    },
    fetchFile: async (address) => new Response(engineFile(address)),
  };
}
