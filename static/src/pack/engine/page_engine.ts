/**
 * Lays out the pages of a pack on the phone, in workers of their own: no server reads a word. docs/pack.md, "Made on
 * the phone".
 *
 * One worker prepares every document; then each document has a worker of its own, one after the other, because the
 * typesetter frees no memory. `stop` ends them at once, and with them every word they hold.
 */
import { PRINTED_LETTER_PAGES } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { startWorker } from '../../core/worker_calls.js';
import {
  compileTypst,
  fetchFonts,
  fetchPdfium,
  fetchPython,
  fetchTypst,
  PDFIUM_MODULE,
  PYTHON_MODULE,
  TYPST_MODULE,
} from './files.js';
import type { CallWorker } from '../../core/worker_calls.js';
import type { FetchFile } from './files.js';
import type { Attempt, EngineFiles, PageDocument, Prepared } from './prepare.js';

/** `done` of `total` steps */
export type OnLayoutStep = (step: 'fetching' | 'preparing' | 'pages', done: number, total: number) => void;
/** A JPEG with the item of its exhibit, or the key of its still; or a letter or an e-mail as received, with its item */
export type PrintedFile = readonly [kind: 'picture' | 'letter' | 'mail', key: string, file: Blob];
/** `files`: path in the pack → content; `unprinted`: what has words that could not be printed, by label */
export type Pages = { files: Map<string, Uint8Array>; unprinted: string[] };
export type LayoutTask = {
  /** encoded */
  capsule: Uint8Array;
  printed: () => AsyncIterable<PrintedFile> | Iterable<PrintedFile>;
  onStep: OnLayoutStep;
  signal: AbortSignal;
};
export type PageEngine = {
  /**
   * @throws pages_missing when this browser cannot lay out pages, or what it needs cannot be fetched; pages_failed when
   *   a document fails even without words, or takes too long; cancelled after `stop`, and when `signal` is aborted
   */
  layOut(task: LayoutTask): Promise<Pages>;
  stop(): void;
  /** Drop what was fetched. It is in memory only: a browser that kept it would show later that a pack was made. */
  forget(): void;
};
type Host = { startWorker: () => CallWorker; fetchFile: FetchFile };
type Programs = {
  python: EngineFiles;
  typst: ArrayBuffer;
  pdfium: ArrayBuffer | null;
  fonts: Map<string, ArrayBuffer>;
};
type TypesetDocument = (document: PageDocument) => Promise<Uint8Array | null>;

/** An e-mail can be made so that reading it takes hours. */
const MAIL_LIMIT_MS = 10_000;
/** One letter, and all of a pack. An ordinary page takes an old phone about a second. */
const [LETTER_LIMIT_MS, LETTERS_LIMIT_MS] = [60_000, 3 * 60_000];
/** Pages of letters in a pack: more of them would fill the memory of an old phone. */
const LETTER_PAGES_LIMIT = 80;
/** A thousand entries take some minutes on an old phone. */
const CALL_LIMIT_MS = 10 * 60_000;

export function createPageEngine({ startWorker: start, fetchFile }: Host): PageEngine {
  const runs: Set<Run> = new Set();
  let programs: Programs | null = null;
  return {
    async layOut(task) {
      const run = new Run(start);
      const stop = () => run.stop();
      task.signal.addEventListener('abort', stop);
      if (task.signal.aborted) run.stop();
      runs.add(run);
      try {
        run.requireRunning();
        programs ??= await fetchPrograms(run, fetchFile, task.onStep);
        const fetched = programs;
        const { python, typst, fonts } = fetched;
        const fetchDrawing = async () => (fetched.pdfium ??= await fetchPdfium(fetchFile, run.signal));
        const printed = withDrawnLetters(task.printed, letterDrawer(run, fetchDrawing));
        // Compiled for this pack alone, and when it is first needed: by then the worker that prepared it has ended.
        let compiled: Promise<WebAssembly.Module> | null = null;
        const compile = () => (compiled ??= compileTypst(typst));
        const fontsOf = (names: readonly string[]) => fontFiles(fonts, names, fetchFile, run.signal);
        return await layOutWith(run, { ...task, printed }, python, (document, pictures, madeAt) =>
          typesetDocument(run, { compile, document, pictures, madeAt, fontsOf }),
        );
      } catch (error) {
        run.requireRunning();
        throw error;
      } finally {
        runs.delete(run);
        task.signal.removeEventListener('abort', stop);
      }
    },
    stop() {
      for (const run of runs) run.stop();
    },
    forget() {
      programs = null;
    },
  };
}

/** One layout, with its workers and what it is fetching. */
class Run {
  readonly #startWorker: () => CallWorker;
  readonly #aborter = new AbortController();
  readonly #workers: Set<CallWorker> = new Set();

  constructor(startWorker: () => CallWorker) {
    this.#startWorker = startWorker;
  }

  get signal() {
    return this.#aborter.signal;
  }

  requireRunning() {
    if (this.signal.aborted) throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
  }

  /** Run `use` with a worker of its own. None is started once the run was stopped: it would be given words. */
  async withWorker<T>(use: (worker: CallWorker) => Promise<T>): Promise<T> {
    this.requireRunning();
    const worker = this.#startWorker();
    this.#workers.add(worker);
    try {
      return await use(worker);
    } finally {
      this.#workers.delete(worker);
      worker.end();
    }
  }

  stop() {
    this.#aborter.abort();
    for (const worker of this.#workers) worker.end();
  }
}

async function fetchPrograms(run: Run, fetchFile: FetchFile, onStep: OnLayoutStep): Promise<Programs> {
  onStep('fetching', 0, 2);
  const python = await fetchPython(fetchFile, run.signal);
  onStep('fetching', 1, 2);
  const typst = await fetchTypst(fetchFile, run.signal);
  run.requireRunning();
  return { python, typst, pdfium: null, fonts: new Map() };
}

/** Return the pages of a letter as JPEGs; null where it is left out. */
type DrawLetter = (item: string, letter: Blob) => Promise<Blob[] | null>;

/**
 * Return what draws the letters of one pack, within limits for all of them. A letter may be made so that it takes over
 * the worker that opens it: each has a worker of its own, which has no word of the diary. A letter that was drawn, or
 * left out, is not drawn again.
 */
function letterDrawer(run: Run, fetchDrawing: () => Promise<ArrayBuffer>): DrawLetter {
  const drawn: Map<string, Blob[] | null> = new Map();
  let [msLeft, pagesLeft] = [LETTERS_LIMIT_MS, LETTER_PAGES_LIMIT];
  const draw = async (letter: Blob): Promise<Blob[] | null> => {
    if (msLeft <= 0 || pagesLeft <= 0) return null;
    const program = await fetchDrawing().catch(() => null);
    run.requireRunning();
    if (!program) return null;
    const bytes = new Uint8Array(await letter.arrayBuffer());
    const startedAt = performance.now();
    const args = [PDFIUM_MODULE, program.slice(0), bytes, pagesLeft];
    const pages = await run
      .withWorker((worker) =>
        within(Math.min(LETTER_LIMIT_MS, msLeft), worker.call('drawLetter', args, [bytes.buffer]) as Promise<unknown>),
      )
      .catch(() => null);
    run.requireRunning();
    msLeft -= performance.now() - startedAt;
    // What the worker answers is taken as little on trust as the letter. Preparation checks each JPEG.
    if (!Array.isArray(pages) || pages.length < 1 || pages.length > Math.min(pagesLeft, PRINTED_LETTER_PAGES))
      return null;
    if (!pages.every((page) => page instanceof Uint8Array)) return null;
    pagesLeft -= pages.length;
    return pages.map((page) => new Blob([page as Uint8Array<ArrayBuffer>]));
  };
  return async (item, letter) => {
    const before = drawn.get(item);
    if (before !== undefined) return before;
    const pages = await draw(letter);
    drawn.set(item, pages);
    return pages;
  };
}

/** Return what is printed, with the drawn pages of each letter in place of the letter. */
function withDrawnLetters(printed: LayoutTask['printed'], drawLetter: DrawLetter) {
  return async function* (): AsyncGenerator<PrintedFile> {
    for await (const [kind, key, file] of printed()) {
      if (kind !== 'letter') yield [kind, key, file];
      // The key of a page: `page_key` in diary/pack/contents.py.
      else
        for (const [i, page] of ((await drawLetter(key, file)) ?? []).entries())
          yield ['picture', `${key} page ${i + 1}`, page];
    }
  };
}

/** An e-mail that cannot be read, or not in time, ends the worker that reads it. */
class MailFailed extends Error {}

/** Prepare a pack and typeset its documents; without the words of e-mails where one of them cannot be read. */
async function layOutWith(
  run: Run,
  task: LayoutTask,
  python: EngineFiles,
  typeset: (document: PageDocument, pictures: ReadonlyMap<string, Blob>, madeAt: number) => Promise<Uint8Array | null>,
): Promise<Pages> {
  const attempt = async (withMails: boolean): Promise<Pages> => {
    // The worker ends before pages are typeset: it and the typesetter together would not fit into an old phone.
    const printed: PrintedFile[] = [];
    const { prepared, pictures } = await run.withWorker((worker) =>
      prepare(run, worker, { ...task, printed: () => collect(task.printed(), printed) }, python, withMails),
    );
    const files = new Map([...prepared.text].map(([path, content]) => [`data/${path}`, content] as const));
    const total = prepared.documents.length;
    const typesetHere: TypesetDocument = (document) => typeset(document, pictures, prepared.made_at);
    const failed: number[] = [];
    for (const [index, document] of prepared.documents.entries()) {
      task.onStep('pages', index, total);
      const pdf = await typesetHere(document);
      run.requireRunning();
      if (pdf) files.set(`data/${document.path}`, pdf);
      else failed.push(index);
    }
    const unprinted = failed.length
      ? await run.withWorker(async (worker) => {
          // Both programs are in memory here. The same files are given again: others would make another record.
          await prepare(run, worker, { ...task, printed: () => printed }, python, withMails);
          for (const [done, index] of failed.entries()) {
            task.onStep('pages', total - failed.length + done, total);
            const pdf = await typesetWithout(worker, index, typesetHere);
            run.requireRunning();
            if (!pdf) throw new KeptError('pages_failed');
            files.set(`data/${prepared.documents[index]?.path}`, pdf);
          }
          return (await worker.call('unprintedLabels', [])) as string[];
        })
      : [];
    task.onStep('pages', total, total);
    return { files, unprinted };
  };
  try {
    return await attempt(true);
  } catch (error) {
    run.requireRunning();
    if (!(error instanceof MailFailed)) throw error;
    return attempt(false);
  }
}

/** Pass files on, and keep them. */
async function* collect(files: ReturnType<LayoutTask['printed']>, into: PrintedFile[]) {
  for await (const file of files) {
    into.push(file);
    yield file;
  }
}

/** Give a worker the capsule and what is printed, and return what it prepared with the pictures it placed, by key. */
async function prepare(
  run: Run,
  preparing: CallWorker,
  { capsule, printed, onStep }: LayoutTask,
  python: EngineFiles,
  withMails: boolean,
): Promise<{ prepared: Prepared; pictures: Map<string, Blob> }> {
  onStep('preparing', 0, 1);
  const pictures: Map<string, Blob> = new Map();
  await within(CALL_LIMIT_MS, preparing.call('begin', [PYTHON_MODULE, python, capsule]));
  for await (const [kind, key, file] of printed()) {
    run.requireRunning();
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (kind === 'picture') {
      if (await preparing.call('addPicture', [key, bytes], [bytes.buffer])) pictures.set(key, file);
    } else if (withMails)
      await within(MAIL_LIMIT_MS, preparing.call('addMail', [key, bytes], [bytes.buffer])).catch(() => {
        throw new MailFailed();
      });
  }
  const prepared = (await within(CALL_LIMIT_MS, preparing.call('writeFiles', []))) as Prepared;
  onStep('preparing', 1, 1);
  return { prepared, pictures };
}

/** Return copies of font files that a worker may be given. Each is fetched once. */
async function fontFiles(
  fetched: Map<string, ArrayBuffer>,
  names: readonly string[],
  fetchFile: FetchFile,
  signal: AbortSignal,
) {
  const missing = names.filter((name) => !fetched.has(name));
  const files = await fetchFonts(fetchFile, missing, signal);
  for (const [i, name] of missing.entries()) fetched.set(name, files[i] as ArrayBuffer);
  return names.map((name) => (fetched.get(name) as ArrayBuffer).slice(0));
}

type DocumentTask = {
  compile: () => Promise<WebAssembly.Module>;
  document: PageDocument;
  pictures: ReadonlyMap<string, Blob>;
  madeAt: number;
  fontsOf: (names: readonly string[]) => Promise<ArrayBuffer[]>;
};

/**
 * Typeset a document in a worker of its own.
 * @returns null when it cannot be typeset, is too large for the memory of this phone, or takes too long
 */
async function typesetDocument(run: Run, { compile, document, pictures, madeAt, fontsOf }: DocumentTask) {
  const fonts = await fontsOf(document.fonts);
  const members = new Map(document.files);
  const given = [...fonts];
  for (const [name, key] of Object.entries(document.pictures)) {
    const picture = await (pictures.get(key) as Blob).arrayBuffer();
    members.set(name, new Uint8Array(picture));
    given.push(picture);
  }
  const args = [TYPST_MODULE, await compile(), fonts, document.template, madeAt, members];
  return run
    .withWorker((worker) => within(CALL_LIMIT_MS, worker.call('typeset', args, given) as Promise<Uint8Array | null>))
    .catch(() => null);
}

/** Typeset a document that failed without the words that make it fail: diary/pack/documents/unprintable.py. */
async function typesetWithout(preparing: CallWorker, index: number, typeset: TypesetDocument) {
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

/** @throws pages_failed when the work takes longer than this */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new KeptError('pages_failed')), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Start a worker of worker.ts.
 * @param createScriptUrl the createScriptURL of the page's Trusted Types policy
 */
export function startPageWorker(workerUrl: string, createScriptUrl: (url: string) => string): CallWorker {
  return startWorker(workerUrl, createScriptUrl, { missing: 'pages_missing', failed: 'pages_failed' });
}
