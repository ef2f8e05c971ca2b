/**
 * Pyodide that starts once in a process, and from a copy of its memory each time after that.
 *
 * A start takes four seconds of processor time: Python begins, and reads and compiles the modules of a pack's pages. The
 * copy is taken after both. Each interpreter from it is separate, with files of its own, and begins in the same state.
 * What a test asks about the start itself, or of the whole engine, needs Pyodide as it is: `nodeHost()`.
 */
import { PYODIDE } from './page_engine.mjs';

/** @type {Promise<Uint8Array> | null} */
let memory = null;

/** Start Python as Pyodide's own function does. `fetch` must know pages.zip. */
export async function loadPyodide(options) {
  const pyodide = await import(PYODIDE);
  const settings = { ...options, indexURL: PYODIDE.slice(0, PYODIDE.lastIndexOf('/') + 1) };
  memory ??= copyOfMemory(pyodide, settings);
  return pyodide.loadPyodide({ ...settings, _loadSnapshot: await memory });
}

async function copyOfMemory(pyodide, settings) {
  const pages = await (await fetch('pages.zip')).arrayBuffer();
  const python = await pyodide.loadPyodide({ ...settings, _makeSnapshot: true });
  const { HOME: folder } = settings.env;
  python.unpackArchive(new Uint8Array(pages), 'zip', { extractDir: folder });
  python.runPython(`import sys; sys.path.insert(0, '${folder}'); import diary.pack.browser.preparation`);
  return python.makeMemorySnapshot();
}
