/**
 * The crypto worker: each message calls one engine function and gets one response. Every failure is sent as a code and
 * a sentence; never a stack trace or a library's message, which could quote a secret.
 */
import { toKeptError } from '../core/errors.js';
import { createEngine } from './worker/engine.js';

type WorkerRequest = { id: number; name: string; args: unknown[] };

const port = self as { postMessage(message: object, transfer?: Transferable[]): void };
let currentId = 0;

const engine = createEngine({
  origin: self.location.origin,
  onProgress: (fraction) => port.postMessage({ id: currentId, progress: fraction }),
});

self.addEventListener('message', async ({ data: { id, name, args } }: MessageEvent<WorkerRequest>) => {
  try {
    if (!Object.hasOwn(engine, name)) throw new Error('no such function');
    currentId = id;
    const handler = engine[name as keyof typeof engine] as (...args: unknown[]) => Promise<unknown>;
    const value = await handler(...args);
    port.postMessage({ id, value }, transferableBuffers(value));
  } catch (error) {
    const { code, sentence } = toKeptError(error);
    port.postMessage({ id, code, sentence });
  }
});

/** Return the buffer of every byte string in a response, once each: they are transferred, not copied. */
function transferableBuffers(value: unknown): ArrayBuffer[] {
  const buffers: Set<ArrayBuffer> = new Set();
  const collect = (item: unknown) => {
    if (item instanceof Uint8Array) buffers.add(item.buffer as ArrayBuffer);
    else if (typeof item === 'object' && item !== null) Object.values(item).forEach(collect);
  };
  collect(value);
  return [...buffers];
}
