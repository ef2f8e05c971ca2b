/**
 * Lays out the pages of a pack on the phone, in workers of their own: no server reads a word. docs/pack.md, "Made on
 * the phone".
 *
 * One worker prepares every document; then each document has a worker of its own, one after the other, because the
 * typesetter frees no memory. `stop` ends them at once, and with them every word they hold.
 */
import { KeptError } from '../../core/errors.js';
import { compileTypst, fetchFonts, fetchPython, forgetFiles, PYTHON_MODULE, TYPST_MODULE } from './files.js';
import type { Attempt, PageDocument, Prepared } from './prepare.js';

/** `done` of `total` steps */
export type OnLayoutStep = (step: 'fetching' | 'pages', done: number, total: number) => void;
/** A JPEG with the item of its exhibit, or the key of its still; or an e-mail as received, with its item */
export type PrintedFile = readonly [kind: 'picture' | 'mail', key: string, file: Blob];
/** `files`: path in the pack → content; `unprinted`: what has words that could not be printed, by label */
export type Pages = { files: Map<string, Uint8Array>; unprinted: string[] };
export type PageEngine = {
  /**
   * @param capsule encoded
   * @throws pages_missing when this browser cannot lay out pages, or what it needs cannot be fetched; pages_failed when
   *   a document fails even without words; cancelled after `stop`
   */
  layOut(capsule: Uint8Array, printed: () => AsyncIterable<PrintedFile>, onStep: OnLayoutStep): Promise<Pages>;
  stop(): void;
  /** Delete what was fetched. */
  forget(): Promise<void>;
};

export type CallWorker = {
  call(name: string, args: unknown[]): Promise<unknown>;
  end(): void;
};

type Host = {
  startWorker: () => CallWorker;
  fetchFile: (address: string) => Promise<Response>;
};

export function createPageEngine({ startWorker, fetchFile }: Host): PageEngine {
  const running: Set<CallWorker> = new Set();
  let stopCount = 0;

  const withWorker = async <T>(use: (worker: CallWorker) => Promise<T>): Promise<T> => {
    const worker = startWorker();
    running.add(worker);
    try {
      return await use(worker);
    } finally {
      running.delete(worker);
      worker.end();
    }
  };

  return {
    async layOut(capsule, printed, onStep) {
      const since = stopCount;
      const requireRunning = () => {
        if (stopCount !== since) throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
      };
      try {
        onStep('fetching', 0, 2);
        const python = await fetchPython(fetchFile);
        requireRunning();
        onStep('fetching', 1, 2);
        const compiled = await compileTypst(fetchFile);
        requireRunning();
        return await withWorker(async (preparing) => {
          const jpegs: Map<string, Blob> = new Map();
          await preparing.call('begin', [PYTHON_MODULE, python, capsule]);
          for await (const [kind, key, file] of printed()) {
            requireRunning();
            const bytes = new Uint8Array(await file.arrayBuffer());
            if (kind === 'mail') await preparing.call('addMail', [key, bytes]);
            else if (await preparing.call('addPicture', [key, bytes])) jpegs.set(key, file);
          }
          const prepared = (await preparing.call('writeFiles', [])) as Prepared;
          const files = new Map([...prepared.text].map(([path, content]) => [`data/${path}`, content] as const));
          const typeset = async (document: PageDocument) => {
            requireRunning();
            const fonts = await fetchFonts(fetchFile, document.fonts);
            const members = new Map(document.files);
            for (const [name, key] of Object.entries(document.pictures))
              members.set(name, new Uint8Array(await (jpegs.get(key) as Blob).arrayBuffer()));
            const args = [TYPST_MODULE, compiled, fonts, document.template, prepared.made_at, members];
            // A document that is too large for the memory of this phone ends its worker: it counts as not printed.
            return withWorker((worker) => worker.call('typeset', args)).catch(() => null) as Promise<Uint8Array | null>;
          };
          const total = prepared.documents.length;
          for (const [index, document] of prepared.documents.entries()) {
            onStep('pages', index, total);
            const pdf = (await typeset(document)) ?? (await typesetWithout(preparing, index, typeset));
            requireRunning();
            if (!pdf) throw new KeptError('pages_failed');
            files.set(`data/${document.path}`, pdf);
          }
          onStep('pages', total, total);
          return { files, unprinted: (await preparing.call('unprintedLabels', [])) as string[] };
        });
      } catch (error) {
        requireRunning();
        throw error;
      }
    },
    stop() {
      stopCount++;
      for (const worker of running) worker.end();
    },
    forget: forgetFiles,
  };
}

/** Typeset a document that failed without the words that make it fail: diary/pack/documents/unprintable.py. */
async function typesetWithout(
  preparing: CallWorker,
  index: number,
  typeset: (document: PageDocument) => Promise<Uint8Array | null>,
): Promise<Uint8Array | null> {
  let last: Uint8Array | null = null;
  let printed: boolean | null = null;
  for (;;) {
    const attempt = (await preparing.call('nextAttempt', [index, printed])) as Attempt;
    if (attempt === null) return null;
    if (attempt === 'printed') return last;
    last = await typeset(attempt);
    printed = last !== null;
  }
}

/**
 * Start a worker of worker.ts.
 * @param createScriptUrl the createScriptURL of the page's Trusted Types policy
 */
export function startPageWorker(workerUrl: string, createScriptUrl: (url: string) => string): CallWorker {
  const worker = new Worker(createScriptUrl(workerUrl), { type: 'module' });
  const pending: Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }> = new Map();
  let lastId = 0;
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    worker.terminate();
    for (const { reject } of pending.values()) reject(new KeptError('pages_missing'));
    pending.clear();
  };
  worker.addEventListener('error', end);
  worker.addEventListener('message', ({ data }) => {
    const call = pending.get(data.id);
    pending.delete(data.id);
    if (data.failed) call?.reject(new KeptError('pages_missing'));
    else call?.resolve(data.value);
  });
  return {
    call: (name, args) =>
      new Promise((resolve, reject) => {
        if (hasEnded) return reject(new KeptError('pages_missing'));
        pending.set(++lastId, { resolve, reject });
        worker.postMessage({ id: lastId, name, args });
      }),
    end,
  };
}
