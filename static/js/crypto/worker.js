/**
 * The crypto worker: one message, one function of the engine, one answer. Whatever goes wrong leaves as a
 * code and a sentence; no stack, no text of a library's, which could quote a secret.
 */
import { asKeptError } from '../core/errors.js';
import { createEngine } from './engine.js';

/** @typedef {{id: number, name: string, args: unknown[]}} Question */

const port = /** @type {{postMessage(message: object, transfer?: Transferable[]): void}} */ (
  /** @type {unknown} */ (self)
);
let asked = 0;

const engine = createEngine({
  origin: self.location.origin,
  onProgress: (done) => port.postMessage({ id: asked, progress: done }),
});

self.addEventListener('message', async (/** @type {MessageEvent<Question>} */ { data: { id, name, args } }) => {
  try {
    if (!Object.hasOwn(engine, name)) throw new Error('no such function');
    asked = id;
    const act = /** @type {(...args: unknown[]) => Promise<unknown>} */ (
      engine[/** @type {keyof typeof engine} */ (name)]
    );
    const value = await act(...args);
    port.postMessage({ id, value }, buffersIn(value));
  } catch (thrown) {
    const { code, sentence } = asKeptError(thrown);
    port.postMessage({ id, code, sentence });
  }
});

/**
 * The memory of every byte string in an answer, each once: it is handed over, not copied.
 * @param {unknown} value
 * @returns {ArrayBuffer[]}
 */
function buffersIn(value) {
  /** @type {Set<ArrayBuffer>} */
  const found = new Set();
  const look = (/** @type {unknown} */ inner) => {
    if (inner instanceof Uint8Array) found.add(/** @type {ArrayBuffer} */ (inner.buffer));
    else if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(look);
  };
  look(value);
  return [...found];
}
