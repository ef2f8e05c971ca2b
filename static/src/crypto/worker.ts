/**
 * The crypto worker: each message calls one engine function and gets one response. Every failure is sent as a code and
 * a sentence; never a stack trace or a library's message, which could quote a secret.
 */
import { asKeptError } from '../core/errors.js';
import { createEngine } from './worker/engine.js';

type Question = { id: number; name: string; args: unknown[] };

const port = self as { postMessage(message: object, transfer?: Transferable[]): void };
let asked = 0;

const engine = createEngine({
  origin: self.location.origin,
  onProgress: (done) => port.postMessage({ id: asked, progress: done }),
});

self.addEventListener('message', async ({ data: { id, name, args } }: MessageEvent<Question>) => {
  try {
    if (!Object.hasOwn(engine, name)) throw new Error('no such function');
    asked = id;
    const act = engine[name as keyof typeof engine] as (...args: unknown[]) => Promise<unknown>;
    const value = await act(...args);
    port.postMessage({ id, value }, buffersIn(value));
  } catch (thrown) {
    const { code, sentence } = asKeptError(thrown);
    port.postMessage({ id, code, sentence });
  }
});

/** Return the buffer of every byte string in a response, once each: they are transferred, not copied. */
function buffersIn(value: unknown): ArrayBuffer[] {
  const found: Set<ArrayBuffer> = new Set();
  const look = (inner: unknown) => {
    if (inner instanceof Uint8Array) found.add(inner.buffer as ArrayBuffer);
    else if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(look);
  };
  look(value);
  return [...found];
}
