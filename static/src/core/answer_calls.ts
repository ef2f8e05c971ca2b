/** In a worker: answer the calls of worker_calls.ts. Each message names a function, and gets one response. */

type WorkerRequest = { id: number; name: string; args: unknown[] };

/** Answer calls of these functions. A failure is sent without its message, in which a library could quote words. */
export function answerCalls(functions: Readonly<Record<string, (...args: never[]) => unknown>>) {
  const port = self as { postMessage(message: object): void };
  self.addEventListener('message', async ({ data: { id, name, args } }: MessageEvent<WorkerRequest>) => {
    try {
      if (!Object.hasOwn(functions, name)) throw new Error('no such function');
      const value = await Reflect.apply(functions[name] as (...args: unknown[]) => unknown, functions, args);
      port.postMessage({ id, value });
    } catch {
      port.postMessage({ id, failed: true });
    }
  });
}
