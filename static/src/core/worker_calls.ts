/** Call functions in a module worker (answer_calls.ts): each message names one, and gets one response. */
import { KeptError } from './errors.js';

type WorkerResponse = { id: number; value?: unknown; failed?: true };

export type CallWorker = {
  /** @param given buffers that the worker gets without a copy: they are empty here afterwards */
  call(name: string, args: unknown[], given?: ArrayBuffer[]): Promise<unknown>;
  end(): void;
};

/**
 * Start a worker that answers calls.
 * @param createScriptUrl the createScriptURL of the page's Trusted Types policy
 * @param errors codes: `missing` if it did not start or was ended, `failed` if the function failed
 */
export function startWorker(
  workerUrl: string,
  createScriptUrl: (url: string) => string,
  errors: { missing: string; failed: string },
): CallWorker {
  const worker = new Worker(createScriptUrl(workerUrl), { type: 'module' });
  const pending: Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }> = new Map();
  let lastId = 0;
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    worker.terminate();
    for (const { reject } of pending.values()) reject(new KeptError(errors.missing));
    pending.clear();
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault(); // the console would show it, and a library's message may quote words
    end();
  });
  worker.addEventListener('message', ({ data }: MessageEvent<WorkerResponse>) => {
    const call = pending.get(data.id);
    pending.delete(data.id);
    if (data.failed) call?.reject(new KeptError(errors.failed));
    else call?.resolve(data.value);
  });
  return {
    call: (name, args, given = []) =>
      new Promise((resolve, reject) => {
        if (hasEnded) return reject(new KeptError(errors.missing));
        pending.set(++lastId, { resolve, reject });
        worker.postMessage({ id: lastId, name, args }, given);
      }),
    end,
  };
}
