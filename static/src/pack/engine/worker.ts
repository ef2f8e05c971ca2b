/**
 * The worker that lays out the pages of a pack, in one of two parts (prepare.ts, typeset.ts). Each message calls one
 * function of its part and gets one response. It holds words of the diary, and its policy lets it load scripts of this
 * host and connect to nothing else: the page fetches what it needs. A failure is sent as such, without the message of a
 * library, which could quote words.
 */
import { preparer } from './prepare.js';
import { typesetter } from './typeset.js';

type WorkerRequest = { id: number; name: string; args: unknown[] };

// Libraries write to the console when they fail, and may quote words.
for (const name of Object.keys(console)) Object.assign(console, { [name]: () => undefined });

const port = self as { postMessage(message: object, transfer?: Transferable[]): void };
const functions = { ...preparer(), ...typesetter() };

self.addEventListener('message', async ({ data: { id, name, args } }: MessageEvent<WorkerRequest>) => {
  try {
    if (!Object.hasOwn(functions, name)) throw new Error('no such function');
    const value = await Reflect.apply(functions[name as keyof typeof functions], functions, args);
    port.postMessage({ id, value });
  } catch {
    port.postMessage({ id, failed: true });
  }
});
