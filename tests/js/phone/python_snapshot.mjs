/**
 * Pyodide that starts once in a process, and from a snapshot of its memory each time after that.
 *
 *     node tests/js/phone/python_snapshot.mjs OUT      writes the snapshot, for tests in a browser (tests/browser)
 *
 * A start takes almost two seconds of processor time: Python starts, and reads the modules of a pack's pages. The
 * snapshot is taken after both. Each interpreter from it is separate, with files of its own, and begins in the same
 * state. What a test asks about the start itself, or of the whole engine, needs Pyodide as it is: `nodeHost()`.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PYODIDE, STANDARD_LIBRARY, engineFile } from './page_engine.mjs';

/** What the product's prepare.ts gives to Pyodide. */
const SETTINGS = {
  indexURL: PYODIDE.slice(0, PYODIDE.lastIndexOf('/') + 1),
  // The snapshot remembers where in this archive each module begins, so it must be the browser's.
  stdLibURL: STANDARD_LIBRARY,
  stdout: () => undefined,
  stderr: () => undefined,
  env: { HOME: '/kept', PYTHONHASHSEED: '0' },
};

/** @type {Promise<Uint8Array> | null} */
let memory = null;

/** Start Python as Pyodide's own function does. */
export async function loadPyodide(options) {
  const { loadPyodide: start } = await import(PYODIDE);
  memory ??= takeSnapshot();
  const { indexURL, stdLibURL } = SETTINGS;
  return start({ ...options, indexURL, stdLibURL, _loadSnapshot: await memory });
}

async function takeSnapshot() {
  const { loadPyodide: start } = await import(PYODIDE);
  const python = await start({ ...SETTINGS, _makeSnapshot: true });
  const { HOME: folder } = SETTINGS.env;
  python.unpackArchive(new Uint8Array(engineFile('/static/engine/pages.zip')), 'zip', { extractDir: folder });
  python.runPython(`import sys; sys.path.insert(0, '${folder}'); import diary.pack.browser.preparation`);
  return python.makeMemorySnapshot();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(process.argv[2], await takeSnapshot());
