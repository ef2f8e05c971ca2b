/**
 * The app as the screens use it: a state to draw and methods to call.
 *
 * It decides which phase the phone is in and passes each method call to the module that handles it. Every failure
 * leaves here as a code and a sentence (sentences.js).
 */
import { KeptError } from '../core/errors.js';
import { readCaptureAllowed, readDraftKey, readAppearance } from '../store/device_meta.js';
import { accountMethods } from './app_account.js';
import { coverMethods } from './app_cover.js';
import { addFile, diaryMethods } from './app_diary.js';
import { LockedUploader } from '../diary/sync/locked_upload.js';
import { readPhoneState, ensureVault } from '../diary/session/door.js';
import { borrow, endBorrowed } from '../features/borrowed/actions.js';
import { openCapture } from '../diary/attachments/locked_capture.js';
import { Drafts } from '../diary/drafts/drafts.js';
import { IdleTimer } from '../diary/session/idle.js';
import { importMethods } from '../features/import/actions.js';
import { refillReserve } from '../diary/attachments/offload.js';
import { leaveToNotebook, lockDiary } from '../diary/session/locking.js';
import { Notebook } from '../features/notebook/actions.js';
import { startOpen, drawDiary, unlock } from '../diary/session/opening.js';
import {
  openPicturePage,
  picturePageUntil,
  scheduleLock,
  lockWhenExpired,
  closePicturePage,
  addPictures,
} from '../diary/session/picture_page.js';
import { Screen } from '../diary/screen.js';
import { toShownError } from '../diary/sentences.js';
import { readForShow, showNow } from '../features/show_now/actions.js';
import { languageMethods, restoreLanguage } from '../diary/session/language.js';
import { Syncing } from '../diary/sync/syncing.js';
import { restingPhase } from '../diary/session/resting.js';
import { hasUnsent } from '../diary/session/borrowed_device.js';
import { endShowing } from '../diary/session/ending_show.js';
import type { App } from '../shell/app.js';
import type { Collaborators, Context, Section } from '../diary/types.js';

/** Methods that need not wait, right after an unlock, until the older half of a long list is open too. */
const NOT_WAITING = new Set([
  'start',
  'lock',
  'quickExit',
  'panicClear',
  'notePut',
  'noteDrop',
  'askLock',
  'touch',
  'unlock',
  'seen',
  'network',
  'updateWaits',
  'installOffline',
  'newDraft',
  'putDraft',
  'restrictedWords',
  'getPicture',
  'capture',
  'shared',
  'isOwing',
  'gone',
  'pictureAdd',
  'pictureSave',
  'readPicture',
  'readSettings',
  'applyUpdate',
  'suggestWords',
  'wordList',
  'checkWords',
  'setLanguage',
]);

/** Long enough to read one sentence. */
const NOTICE_MS = 20_000;
/** What the browser reports to the app, and what main.js asks of it */
type BrowserMethods = {
  seen(): unknown;
  network(): unknown;
  updateWaits(isSigned: boolean): unknown;
  shared(files: File[]): Promise<unknown>;
  isOwing(): boolean;
  gone(): unknown;
  setLanguage(code: string): Promise<unknown>;
};
/** The app as the screens see it, with the methods above. A mapped type, so that methods can be set by name. */
export type WholeApp = Pick<App & BrowserMethods, keyof (App & BrowserMethods)>;
type Method = (...args: never[]) => unknown;

export function createApp(collaborators: Collaborators): WholeApp {
  const screen = new Screen();
  const ctx: Context = {
    ...collaborators,
    screen,
    open: null,
    vault: null,
    release: null,
    left: 0,
    unsealed: null,
    draftTurn: Promise.resolve(),
    notebook: null,
    show: () => drawDiary(ctx),
    makeSync: (open) => new Syncing(ctx, open),
  } as Omit<Context, 'notebook'> as Context; // the notebook needs the context: it is set on the next line
  ctx.notebook = new Notebook(ctx);
  ctx.carrier = new LockedUploader(ctx);
  const drafts = new Drafts(ctx);
  const idle = new IdleTimer(ctx, () => methods.lock('idle'));
  const methods = {
    ...phaseMethods(ctx, drafts, idle),
    ...accountMethods(
      ctx,
      drafts,
      (open) => startOpen(ctx, drafts, idle, open),
      (reason) => lockDiary(ctx, drafts, idle, reason),
    ),
    ...diaryMethods(ctx, drafts),
    ...importMethods(ctx),
    ...languageMethods(ctx, drafts),
    ...coverMethods(ctx, drafts),
    ...(collaborators.packActions?.(ctx) ?? {}),
  } satisfies Partial<WholeApp>;
  const app = { subscribe: (listener: () => void) => screen.subscribe(listener) } as WholeApp;
  Object.defineProperty(app, 'state', { get: (): App['state'] => screen.state });
  for (const [name, method] of Object.entries(methods))
    (app as Record<string, unknown>)[name] = wrapMethod(method, () =>
      NOT_WAITING.has(name) ? null : (ctx.open?.index.loading ?? null),
    );
  return app;
}

/** Wrap a method: translate its failures into sentences, and wait for what must come first. */
function wrapMethod(method: Method, getPending: () => Promise<unknown> | null): Method {
  return (...args) => {
    try {
      const pending = getPending();
      const result = pending ? pending.then(() => method(...args)) : method(...args);
      return result instanceof Promise
        ? result.catch((error) => {
            throw toShownError(error);
          })
        : result;
    } catch (error) {
      return Promise.reject(toShownError(error)); // the caller expects a promise, however early it failed
    }
  };
}

function phaseMethods(ctx: Context, drafts: Drafts, idle: IdleTimer) {
  const lock = (reason: string) => lockDiary(ctx, drafts, idle, reason);
  return {
    start: () =>
      start(ctx, drafts).catch((error) => {
        // A worker that could not be fetched is not the browser's fault. A database that cannot be opened makes it
        // unsupported.
        ctx.screen.clear(error instanceof KeptError && error.code === 'unavailable' ? 'unfetched' : 'unsupported');
      }),
    lock,
    quickExit: () => leaveToNotebook(ctx, drafts, lock, 'exit'),
    panicClear: () => leaveToNotebook(ctx, drafts, lock, 'panic'),
    touch: () => idle.touch(),
    unlock: (words: string) => unlock(ctx, drafts, idle, words),
    getPicture: () => getPicture(ctx, lock),
    async borrow(options: { ordinary?: boolean; typed?: boolean } = {}) {
      const key = await borrow(ctx, options);
      drafts.clear();
      if (key) await drafts.loadBeforeSetup(key);
    },
    /** Return whether leaving the page would lose something. */
    isOwing: () => hasUnsent(ctx),
    installOffline: () => ctx.installOffline(),
    gone: () => endBorrowed(ctx),
    capture: async () => openCaptureNow(ctx),
    /**
     * Take in what another app shares: into the draft where no words are set yet, else as anything captured while
     * locked. The screen says what became of it, also where nothing came: see [Note: an empty share], sw.ts.
     */
    async shared(files: File[]) {
      let refused: { name: string; error: unknown }[] = [];
      let isClosed = false;
      if (drafts.draftKey) refused = await addToFreshDraft(ctx, drafts, files);
      else if (await readDraftKey(ctx.database))
        isClosed = true; // another tab has the draft
      else {
        ctx.screen.set({ capture: await readCaptureAllowed(ctx.database) });
        // The page that adds pictures for ten minutes is open already where the keeper opened it themselves.
        if (ctx.screen.state.phase === 'picture' || openCaptureNow(ctx, files))
          refused = await drafts.track(addPictures(ctx, files, { route: 'share_target' }));
        else isClosed = true;
      }
      const reasons = refused.map(({ name, error }) => ({ name, sentence: toShownError(error).message }));
      const arrival = { added: isClosed ? 0 : files.length - refused.length, isClosed, refused: reasons };
      ctx.screen.set({ arrival });
      // The lock says it until it is opened. Elsewhere, as in the notebook, it would stay for as long.
      if (isClosed && ctx.screen.state.phase !== 'locked')
        ctx.timers.after(NOTICE_MS, () => {
          if (ctx.screen.state.arrival === arrival) ctx.screen.set({ arrival: null });
        });
    },
    async pictureAdd(files: File[], options: { route?: string } = {}) {
      const [first] = await drafts.track(addPictures(ctx, [...files], options));
      if (first) throw first.error;
    },
    async pictureSave() {
      await closePicturePage(ctx);
      ctx.screen.clear(restingPhase(ctx));
    },
    readForShow: (selection: { record?: string; kind?: string; records?: readonly string[] } = {}) =>
      readForShow(ctx, selection),
    showNow: (sections: Section[]) =>
      showNow(ctx, sections, (showing) => lockDiary(ctx, drafts, idle, 'shown', showing)),
    async applyUpdate() {
      await drafts.flush(); // a reload would lose what could not be sealed
      await ctx.applyUpdate();
    },
    ...browserMethods(ctx, drafts, idle),
  };
}

async function getPicture(ctx: Context, lock: (reason: string) => Promise<void>) {
  const { left } = ctx;
  const until = await openPicturePage(ctx);
  if (ctx.left !== left) return closePicturePage(ctx); // the user left meanwhile: the notebook stays
  await lock('picture');
  ctx.screen.set({ phase: 'picture', picture: { until, files: [] } });
  scheduleLock(ctx);
}

/** Add shared files to the draft of a phone without a password. Return those that could not be added. */
async function addToFreshDraft(ctx: Context, drafts: Drafts, files: File[]) {
  const refused = [];
  for (const file of files) {
    try {
      await drafts.track(addFile(ctx, drafts, 'draft', file, { route: 'share_target' }));
    } catch (error) {
      refused.push({ name: file.name, error });
    }
  }
  return refused;
}

function openCaptureNow(ctx: Context, files?: File[]) {
  const isCaptureOpen = openCapture(ctx, files);
  if (isCaptureOpen) scheduleLock(ctx);
  return isCaptureOpen;
}

/** Methods for events of the browser. */
function browserMethods(ctx: Context, drafts: Drafts, idle: IdleTimer) {
  const { screen } = ctx;
  return {
    /** The page was hidden or shown again. */
    seen() {
      idle.handleVisibility();
      if (!ctx.visible()) endShowing(ctx);
      if (!ctx.visible()) void drafts.flush().catch(() => undefined);
      else if (ctx.open) ctx.open.syncing.kick();
      else void lockWhenExpired(ctx).catch(() => undefined);
    },
    /** The network came or went. */
    network() {
      screen.set({ offline: !ctx.online() });
      if (ctx.open && ctx.online()) {
        ctx.open.syncing.offline = false;
        ctx.open.syncing.kick();
      }
      ctx.show();
    },
    /**
     * A new version of the app waits for the user. Only one waits at a time: the notice of the one before is dropped,
     * and an unsigned version is never offered in its place.
     */
    updateWaits: (isSigned: boolean) => screen.set({ update: isSigned, unsigned: !isSigned }),
  };
}

/** Find out which phase this phone is in. */
async function start(ctx: Context, drafts: Drafts) {
  const { screen } = ctx;
  if (!ctx.supported()) return screen.clear('unsupported');
  ctx.release ??= await ctx.hold();
  if (!ctx.release) return screen.clear('elsewhere');
  screen.set({ offline: !ctx.online() });
  await restoreLanguage(ctx);
  const installation = await readPhoneState(ctx);
  const until = installation.phase === 'locked' ? await picturePageUntil(ctx) : null;
  screen.set({ look: await readAppearance(ctx.database) });
  const opensNotebook = restingPhase(ctx) === 'notebook';
  screen.clear(until ? 'picture' : opensNotebook ? 'notebook' : installation.phase, {
    capture: await readCaptureAllowed(ctx.database),
  });
  // Open the notebook before the user leaves for it. Where the app opens straight into it, that counts as opening it.
  void (opensNotebook ? ctx.notebook.opened().then(() => refillReserve(ctx)) : ctx.notebook.open()).catch(
    () => undefined,
  );
  if (until) screen.set({ picture: { until, files: [] } });
  scheduleLock(ctx);
  if (installation.key) {
    await drafts.loadBeforeSetup(installation.key);
    // The worker needs no network, but its word list does. The first Save must not depend on a signal.
    ensureVault(ctx)
      .suggestWords()
      .catch(() => undefined);
  } else void ctx.keepOffline();
}
