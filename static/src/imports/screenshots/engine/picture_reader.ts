/**
 * Reads the words in pictures on the phone, one picture at a time, in a worker that connects to nothing. Its files are
 * part of the release and are fetched when they are first wanted; the service worker checks their digests and keeps
 * them (sw.ts), so that later a picture is read without a signal.
 */
import { KeptError } from '../../../core/errors.js';
import { startWorker } from '../../../core/worker_calls.js';
import type { CallWorker } from '../../../core/worker_calls.js';
import type { PictureText, ScreenshotReading } from '../picture_text.js';

const FOLDER = '/static/engine/reader/';
const ENGLISH = 'eng';
/** The data for each other language of the screens: messages come in it as well as in English. */
const LANGUAGES: Readonly<Record<string, string>> = { cy: 'cym', pl: 'pol', ur: 'urd' };
/** What is fetched, compressed, in MB, by language of the screens. */
export const MEGABYTES: Readonly<Record<string, number>> = { en: 4, cy: 5, pl: 7, ur: 5 };
/** A picture on an old phone takes some seconds. One that takes this long is given up. */
const PICTURE_LIMIT_MS = 120_000;

type FetchFile = (address: string, signal: AbortSignal) => Promise<Response>;
type Host = {
  startWorker: () => CallWorker;
  fetchFile: FetchFile;
  /** whether the browser keeps a file of the app for use without a network */
  isKept: (address: string) => Promise<boolean>;
  hasVectors: () => boolean;
  /** of the screens, such as cy */
  language: () => string;
  limitMs?: number;
};
export type PictureReader = {
  /** Whether everything needed is on this phone. */
  isHere(): Promise<boolean>;
  /** How much is fetched for the language of the screens. */
  megabytes(): number;
  /**
   * Read a picture. Boxes are in pixels of a copy of this size, if one is given. A worker that fails is ended, and the
   * next picture has another one.
   * @returns null when the browser cannot show the picture
   * @throws reader_missing when what reads pictures cannot be fetched, or does not match the release; reader_failed
   *   when this picture cannot be read; cancelled after `stop`
   */
  read(picture: Blob, size?: { width: number; height: number }): Promise<PictureText | null>;
  /**
   * Find the rows that a screenshot may have, from the words that were read in it. It needs nothing that is fetched.
   * The text may be of a copy of another size, whose pixels the rows are then in.
   * @returns null when the browser cannot show the picture
   * @throws reader_failed
   */
  rows(picture: Blob, text: PictureText): Promise<ScreenshotReading | null>;
  /** End each worker now, and with it every word it holds. */
  stop(): void;
};

export function createPictureReader(host: Host): PictureReader {
  const build = host.hasVectors() ? 'simd' : 'plain';
  const module = `${FOLDER}${build}.mjs`;
  const program = `${FOLDER}${build}.wasm`;
  const dataInUse = () =>
    [ENGLISH, LANGUAGES[host.language()] ?? []].flat().map((code) => [code, `${FOLDER}${code}.traineddata`] as const);
  let started: { worker: CallWorker; language: string; begun: Promise<unknown> } | null = null;
  const finding: Set<CallWorker> = new Set();
  let aborter = new AbortController();
  const end = () => {
    started?.worker.end();
    started = null;
  };
  const begin = async (worker: CallWorker, signal: AbortSignal) => {
    const fetchBytes = async (address: string) => {
      const response = await host.fetchFile(address, signal).catch(() => null);
      const bytes = response?.ok ? await response.arrayBuffer().catch(() => null) : null;
      if (!bytes) throw new KeptError('reader_missing');
      return bytes;
    };
    const data = dataInUse();
    const [wasm, ...contents] = await Promise.all([program, ...data.map(([, address]) => address)].map(fetchBytes));
    const languages = Object.fromEntries(data.map(([code], i) => [code, contents[i] as ArrayBuffer]));
    await worker.call('begin', [module, { program: wasm, languages }], [wasm as ArrayBuffer, ...contents]).catch(() => {
      throw new KeptError('reader_missing');
    });
  };
  return {
    async isHere() {
      const kept = await Promise.all([module, program, ...dataInUse().map(([, address]) => address)].map(host.isKept));
      return kept.every(Boolean);
    },
    megabytes: () => MEGABYTES[host.language()] ?? (MEGABYTES.en as number),
    async read(picture, size) {
      const { signal } = aborter;
      try {
        const language = host.language();
        if (started?.language !== language) end();
        if (!started) {
          const worker = host.startWorker();
          started = { worker, language, begun: begin(worker, signal) };
        }
        const { worker, begun } = started;
        await within(PICTURE_LIMIT_MS, begun, 'reader_missing');
        return (await within(
          host.limitMs ?? PICTURE_LIMIT_MS,
          worker.call('read', [picture, size]),
        )) as PictureText | null;
      } catch (error) {
        // After a stop another call may have started a worker already: that one is not this call's to end.
        if (signal.aborted) throw new KeptError('cancelled');
        end();
        throw error instanceof KeptError ? error : new KeptError('reader_missing');
      }
    },
    async rows(picture, text) {
      // One of its own: the other may be reading a picture, which takes longer.
      const worker = host.startWorker();
      finding.add(worker);
      try {
        const limit = host.limitMs ?? PICTURE_LIMIT_MS;
        return (await within(limit, worker.call('rows', [picture, text]))) as ScreenshotReading | null;
      } catch {
        throw new KeptError('reader_failed');
      } finally {
        finding.delete(worker);
        worker.end();
      }
    },
    stop() {
      aborter.abort();
      aborter = new AbortController();
      end();
      for (const worker of finding) worker.end();
    },
  };
}

/** @throws the code when the work takes longer than this */
function within<T>(ms: number, work: Promise<T>, code: string = 'reader_failed'): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new KeptError(code)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The smallest module with an operation on 128-bit vectors. */
const VECTOR_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

export const hasVectors = (): boolean => WebAssembly.validate(Uint8Array.from(VECTOR_MODULE));

/**
 * Make the reader of the page in this browser.
 * @param workerUrl of worker.ts
 * @param createScriptUrl the createScriptURL of the page's Trusted Types policy
 */
export function browserPictureReader(
  workerUrl: string,
  createScriptUrl: (url: string) => string,
  fetchFile: FetchFile,
): PictureReader {
  const errors = { missing: 'reader_failed', failed: 'reader_failed' };
  return createPictureReader({
    startWorker: () => startWorker(workerUrl, createScriptUrl, errors),
    fetchFile,
    isKept: async (address) => Boolean(await globalThis.caches?.match(address)),
    hasVectors,
    language: () => document.documentElement.lang,
  });
}
