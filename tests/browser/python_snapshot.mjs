/**
 * Takes the place of pyodide.mjs on the phones of most tests: Python starts from a snapshot of its memory, which
 * follows the list of packages in that file (python_snapshot.py). published.mjs is pyodide.mjs.
 */
const PUBLISHED = './published.mjs';
const { loadPyodide: start } = await import(PUBLISHED);

/** @param {object} options */
export async function loadPyodide(options) {
  const file = await (await fetch('pyodide-lock.json')).arrayBuffer();
  const size = new DataView(file).getUint32(0);
  const lockFileContents = new TextDecoder().decode(new Uint8Array(file, 4, size));
  return start({ ...options, lockFileContents, _loadSnapshot: file.slice(4 + size) });
}
