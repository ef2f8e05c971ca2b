/**
 * What the browser makes of pictures and films: copies of a picture in a worker, so that the page goes on meanwhile; a
 * still of a film on the page, because a worker has no film player.
 */
import { IMAGE_LIMIT_PIXELS } from '../core/constants.js';
import { startWorker } from '../core/worker_calls.js';
import { copyStill, makeCopies, maskCopy } from './copies.js';
import type { CallWorker } from '../core/worker_calls.js';
import type { ImageCopy, MaskBox } from './copies.js';

/** Ms to wait for a video; one that shows nothing by then gets no still. */
const VIDEO_TIMEOUT_MS = 4_000;
/** Ms after the last picture before the worker is ended: its memory is for the rest of the app. */
const IDLE_MS = 20_000;
/** Ms for a copy. The largest picture takes an old phone about twenty seconds. */
const ANSWER_LIMIT_MS = 90_000;

/** What a browser makes of a picture; null if it cannot. */
export type PictureMaker = {
  make(bytes: Blob): Promise<ImageCopy[] | null>;
  /** a still of a film, and the duration of a film or a sound; absent where nothing can play */
  film?(bytes: Blob): Promise<{ made: ImageCopy[]; duration_ms?: number } | null>;
  /** a copy of a print copy with boxes painted over it */
  mask?(bytes: Blob, boxes: MaskBox[]): Promise<ImageCopy | null>;
  /** stop copying; the pictures that wait get no copy */
  end?(): void;
};
type CopyMaker = Pick<Required<PictureMaker>, 'make' | 'mask' | 'end'>;

/**
 * Start a worker of copies_worker.ts.
 * @param createScriptUrl the createScriptURL of the page's Trusted Types policy
 */
export function startCopiesWorker(workerUrl: string, createScriptUrl: (url: string) => string): CallWorker {
  return startWorker(workerUrl, createScriptUrl, { missing: 'unavailable', failed: 'unavailable' });
}

/**
 * Called once by each page.
 * @param start starts the worker
 */
export function browserPictureMaker(start: () => CallWorker): Required<PictureMaker> {
  const copies = typeof OffscreenCanvas === 'function' ? copiesInWorker(start) : COPIES_ON_PAGE;
  return { ...copies, film: makeStill };
}

const COPIES_ON_PAGE: CopyMaker = { make: makeCopies, mask: maskCopy, end: () => undefined };

function copiesInWorker(start: () => CallWorker): CopyMaker {
  const { call, end } = workerCalls(start);
  return {
    make: (picture) => call(() => makeCopies(picture), 'makeCopies', picture),
    mask: (print, boxes) => call(() => maskCopy(print, boxes), 'maskCopy', print, boxes),
    end,
  };
}

/**
 * Call the worker. It is started when it is needed, and ended when nothing waits. One picture is decoded at a time: two
 * could be more than the phone has memory for. If no worker starts, or it breaks off, the page does the work. If the
 * worker gives no answer it is ended and there is no copy, because the page would stand still with that picture.
 */
export function workerCalls(start: () => CallWorker, { limitMs = ANSWER_LIMIT_MS, idleMs = IDLE_MS } = {}) {
  let worker: CallWorker | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let callCount = 0;
  let endCount = 0;
  const endWorker = () => {
    worker?.end();
    worker = null;
  };
  const callWorker = async (name: string, args: unknown[]) => {
    worker ??= start();
    return worker.call(name, args);
  };
  const run = async <T>(onPage: () => Promise<T>, name: string, args: unknown[], isEnded: () => boolean) => {
    if (isEnded()) return null;
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      endWorker();
    }, limitMs);
    try {
      return (await callWorker(name, args)) as T;
    } catch {
      return isTooLate || isEnded() ? null : await onPage();
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    call<T>(onPage: () => Promise<T>, name: string, ...args: unknown[]): Promise<T | null> {
      const [call, ends] = [++callCount, endCount];
      const endIfIdle = () => {
        if (call === callCount) endWorker();
      };
      const work = last.then(() => run(onPage, name, args, () => ends !== endCount));
      last = work.catch(() => undefined).then(() => void setTimeout(endIfIdle, idleMs));
      return work;
    },
    /** End the worker now. Pictures that wait for it get no copy. */
    end() {
      endCount++;
      endWorker();
    },
  };
}

/** Make a still of a film, and measure the duration of a film or a sound; null if this browser cannot play it. */
async function makeStill(file: Blob) {
  const url = URL.createObjectURL(file);
  const player = document.createElement('video');
  Object.assign(player, { muted: true, playsInline: true, preload: 'auto' });
  try {
    player.src = url;
    await waitForEvent(player, 'loadeddata');
    if (player.duration === Infinity) {
      // A recording made in a browser has no duration until its end was sought.
      player.currentTime = 1e9;
      await waitForEvent(player, 'durationchange').catch(() => undefined);
      player.currentTime = 0;
      await waitForEvent(player, 'seeked').catch(() => undefined);
    }
    const length = Number.isFinite(player.duration) ? { duration_ms: Math.round(player.duration * 1000) } : {};
    const { videoWidth: width, videoHeight: height } = player;
    if (!width || width * height > IMAGE_LIMIT_PIXELS) return { made: [], ...length };
    return { made: [await copyStill(Object.assign(player, { width, height }))], ...length };
  } catch {
    return null;
  } finally {
    player.removeAttribute('src');
    player.load();
    URL.revokeObjectURL(url);
  }
}

function waitForEvent(player: HTMLVideoElement, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, VIDEO_TIMEOUT_MS);
    player.addEventListener('error', reject, { once: true });
    player.addEventListener(
      name,
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
