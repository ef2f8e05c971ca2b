/**
 * The app as the screens see it: a state to draw and methods to call. It decides which phase the phone is in and hands
 * each method to the module that knows how; every failure leaves here as a code and a sentence (sentences.js).
 */
import { KeptError } from '../core/errors.js';
import { readCapturing, readDoor, readLook } from '../store/beside.js';
import { signInAgain } from './accounts.js';
import { accountMethods } from './app_account.js';
import { coverMethods, resting } from './app_cover.js';
import { diaryMethods } from './app_diary.js';
import { Carrier } from './carrier.js';
import { afterOpening, forgetAll, lookAtPhone, openWith, vaultOf } from './door.js';
import { borrow, endBorrowed, isOwing } from './borrowed.js';
import { openCapture } from './capturing.js';
import { Drafts } from './drafts.js';
import { pendingErasures } from './erasing.js';
import { Idle } from './idle.js';
import { mendList } from './mending.js';
import { importMethods } from './imports.js';
import { refill } from './light.js';
import { writeManifest } from './manifest.js';
import { takeCaptures } from './moving_in.js';
import { Notebook } from './notebook.js';
import { clearPhone } from './panic.js';
import { arm, armed, closeInTime, closeWhenOver, disarm, pictureAdd } from './picture_page.js';
import { nameOf, rewrapHere } from './rotating.js';
import { Screen } from './screen.js';
import { told } from './sentences.js';
import { dropShown, endShowing, readForShow, showNow } from './show_now.js';
import { languageMethods, speakAsBefore } from './speaking.js';
import { mayTry, triedInVain, triedWell } from './tries.js';

/** @typedef {import('./types.d.ts').Collaborators} Collaborators */
/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */

const FLUSH = 1000;
/** A phone that is cleared has a little longer for it, behind the notebook. */
const CLEAR = 5000;
/** What need not wait, in the moment after an unlock, until the older half of a long list is open too. */
const AT_ONCE = new Set([
  'start', 'lock', 'quickExit', 'panicClear', 'notePut', 'noteDrop', 'askLock', 'touch', 'unlock', 'seen', 'network', 'updateWaits', 'newDraft', 'putDraft', 'restrictedWords', 'getPicture', 'capture', 'shared', 'isOwing', 'gone', 'pictureAdd', 'pictureSave', 'readPicture',
  'readSettings', 'applyUpdate', 'suggestWords', 'checkWords', 'setLanguage',
]);

/** @param {Collaborators} collaborators @returns {any} what ../ui asks of an app, and what the browser tells one (seen, network, updateWaits) */
export function createApp(collaborators) {
  const screen = new Screen();
  /** @type {Context} */
  const ctx = { ...collaborators, screen, open: null, vault: null, release: null, draftTurn: Promise.resolve(), notebook: /** @type {any} */ (null), show: () => show(ctx) };
  ctx.notebook = new Notebook(ctx);
  ctx.carrier = new Carrier(ctx);
  const drafts = new Drafts(ctx);
  const idle = new Idle(ctx, () => methods.lock('idle'));
  const methods = {
    ...phaseMethods(ctx, drafts, idle),
    ...accountMethods(ctx, drafts, (open) => opened(ctx, drafts, idle, open), (why) => lockUp(ctx, drafts, idle, why)),
    ...diaryMethods(ctx, drafts),
    ...importMethods(ctx),
    ...languageMethods(ctx),
    ...coverMethods(ctx, drafts),
    ...(collaborators.packActions?.(ctx) ?? {}),
  };
  const app = /** @type {any} */ ({ subscribe: (/** @type {() => void} */ listener) => screen.subscribe(listener) });
  Object.defineProperty(app, 'state', { get: () => screen.state });
  for (const [name, method] of Object.entries(methods)) app[name] = spoken(/** @type {any} */ (method), () => (AT_ONCE.has(name) ? null : ctx.open?.index.loading ?? null));
  return app;
}

/** A method whose failures are in words, and which waits for what comes first. @param {(...args: any[]) => any} method @param {() => Promise<unknown>|null} first */
function spoken(method, first) {
  return (/** @type {any[]} */ ...args) => {
    try {
      const waits = first();
      const answer = waits ? waits.then(() => method(...args)) : method(...args);
      return answer instanceof Promise ? answer.catch((error) => { throw told(error); }) : answer;
    } catch (error) {
      return Promise.reject(told(error)); // whoever waits for a promise gets one, however early it went wrong
    }
  };
}

/** @param {Context} ctx @param {Drafts} drafts @param {Idle} idle */
function phaseMethods(ctx, drafts, idle) {
  const lock = (/** @type {string} */ why) => lockUp(ctx, drafts, idle, why);
  return {
    start: () => start(ctx, drafts).catch((error) => {
      // A worker that could not be fetched is no fault of the browser's. A database that cannot be opened at all is.
      ctx.screen.clear(error instanceof KeptError && error.code === 'unavailable' ? 'unfetched' : 'unsupported');
    }),
    lock,
    quickExit: () => leave(ctx, drafts, lock, 'exit'),
    panicClear: () => leave(ctx, drafts, lock, 'panic'),
    touch: () => idle.touch(),
    unlock: (/** @type {string} */ words) => unlock(ctx, drafts, idle, words),
    async getPicture() {
      const until = await arm(ctx);
      await lock('picture');
      ctx.screen.set({ phase: 'picture', picture: { until, files: [] } });
      closeInTime(ctx);
    },
    async borrow(/** @type {{ordinary?: boolean}} */ how = {}) {
      const key = await borrow(ctx, how);
      drafts.forget();
      if (key) await drafts.loadFresh(key);
    },
    /** The page is being left: whether that would lose something. */
    isOwing: () => isOwing(ctx),
    gone: () => endBorrowed(ctx),
    capture: async () => openNow(ctx),
    async shared(/** @type {File[]} */ files) {
      if (openNow(ctx, files)) await drafts.during(pictureAdd(ctx, files, { route: 'share_target' }));
    },
    pictureAdd: (/** @type {File[]} */ files, /** @type {{route?: string}} */ how = {}) => drafts.during(pictureAdd(ctx, [...files], how)),
    async pictureSave() {
      await disarm(ctx);
      ctx.screen.clear(resting(ctx));
    },
    readForShow: (/** @type {{record?: string, kind?: string, records?: readonly string[]}} */ about = {}) => readForShow(ctx, about),
    showNow: (/** @type {import('./show_now.js').Section[]} */ sections) => showNow(ctx, sections, (showing) => lockUp(ctx, drafts, idle, 'shown', showing)),
    async applyUpdate() {
      await drafts.flush(); // a reload would lose what could not be sealed
      await ctx.applyUpdate();
    },
    ...browserMethods(ctx, drafts, idle),
  };
}

/** @param {Context} ctx @param {File[]} [files] */
function openNow(ctx, files) {
  const opened = openCapture(ctx, files);
  if (opened) closeInTime(ctx);
  return opened;
}

/** What the browser tells of. @param {Context} ctx @param {Drafts} drafts @param {Idle} idle */
function browserMethods(ctx, drafts, idle) {
  const { screen } = ctx;
  return {
    /** The page went out of sight or came back. */
    seen() {
      idle.seen();
      if (!ctx.visible()) endShowing(ctx);
      if (!ctx.visible()) void drafts.flush().catch(() => undefined);
      else if (ctx.open) ctx.open.syncing.kick();
      else void closeWhenOver(ctx).catch(() => undefined);
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
    /** A new version of the app waits for the person. */
    updateWaits: () => screen.set({ update: true }),
  };
}

/**
 * To the notebook, whatever stands on the screen. Drawn before anything else happens.
 * @param {Context} ctx @param {Drafts} drafts @param {(why: string) => Promise<void>} lock @param {'exit'|'panic'} why
 */
async function leave(ctx, drafts, lock, why) {
  const { screen } = ctx;
  if (ctx.open) return lock(why);
  if (screen.state.phase === 'showing') dropShown(ctx);
  screen.clear('notebook');
  await drafts.flush().catch(() => undefined);
  await disarm(ctx).catch(() => undefined);
}

/** @param {Context} ctx @param {Drafts} drafts @param {Idle} idle @param {string} why @param {import('./types.d.ts').State['showing']} [showing] a page of plain words that stays on the screen */
function lockUp(ctx, drafts, idle, why, showing) {
  const locking = lockNow(ctx, drafts, idle, why, showing);
  ctx.locking = locking.catch(() => undefined);
  return locking;
}

/** @param {Context} ctx @param {Drafts} drafts @param {Idle} idle @param {string} why @param {import('./types.d.ts').State['showing']} [showing] */
async function lockNow(ctx, drafts, idle, why, showing) {
  const { screen } = ctx;
  if (!ctx.open && screen.state.phase !== 'picture') return endShowing(ctx);
  if (screen.state.phase === 'showing') dropShown(ctx); // closed before the lock behind it was done
  const left = ['exit', 'panic'].includes(why);
  idle.stop();
  ctx.owing = isOwing(ctx);
  const isUnsealed = Boolean(drafts.timer) || drafts.kept?.saved_at === null;
  // What is on the screen goes first; sealing the half sentence takes a few milliseconds more.
  if (showing) screen.clear('showing', { showing });
  else screen.clear(left ? 'notebook' : resting(ctx));
  const flushed = (isUnsealed ? drafts.flush() : drafts.turn).catch(() => undefined)
    .then(() => ctx.open?.custody.flush({ send: false })).catch(() => undefined)
    .then(() => (ctx.open ? (why === 'panic' ? clearPhone(ctx, ctx.open, drafts.kept) : writeManifest(ctx.open)) : false)).catch(() => false);
  await Promise.race([flushed, new Promise((late) => { ctx.timers.after(why === 'panic' ? CLEAR : FLUSH, () => late(undefined)); })]);
  drafts.forget();
  forgetAll(ctx);
  // Sealing the draft has drawn it once more. A page that was left meanwhile stays left, and a lock that was asked for stands.
  const { phase } = screen.state;
  screen.clear(phase, phase === 'showing' && showing ? { showing } : {});
  if (why === 'asked' || why === 'idle') void ctx.carrier?.go();
  else ctx.carrier?.drop();
  if (why !== 'picture') await disarm(ctx).catch(() => undefined);
  vaultOf(ctx); // a fresh worker, warm for the next unlock
}

/** @param {Context} ctx @param {Drafts} drafts @param {Idle} idle @param {string} words */
async function unlock(ctx, drafts, idle, words) {
  const { screen } = ctx;
  // The lock is drawn before it has sealed what was half written: words typed in that moment wait for it.
  await ctx.locking;
  if (ctx.open) return;
  await mayTry(ctx);
  const shown = (/** @type {Open} */ early) => {
    ctx.open = early;
    ctx.show();
  };
  const open = await openWith(ctx, words, shown).catch((error) => {
    if (!ctx.borrowed || error?.code !== 'unavailable') throw error;
    forgetAll(ctx); // nothing is kept here, so a worker that was to start without a signal never did
    return openWith(ctx, words, shown);
  }).catch(async (error) => {
    if (ctx.open) screen.clear(resting(ctx)); // the newest rows may have been drawn already
    forgetAll(ctx);
    vaultOf(ctx);
    if (error instanceof KeptError && error.code === 'no_match') await triedInVain(ctx);
    throw error;
  });
  if (!open) return readNotebook(ctx);
  await opened(ctx, drafts, idle, open);
  // After the first rows are drawn: nobody waits for a counter.
  await triedWell(ctx);
  await open.index.whole();
  if (ctx.open !== open) return; // locked meanwhile
  await afterOpening(open);
  ctx.show();
  await mendList(ctx, open).catch(() => undefined); // begun again at the next unlock
  await rewrapHere(open).catch(() => undefined); // the same
}

/** The words were the notebook's. @param {Context} ctx */
async function readNotebook(ctx) {
  forgetAll(ctx);
  vaultOf(ctx);
  await ctx.notebook.opened();
  void refill(ctx);
  ctx.screen.clear('notebook');
  // As after the diary's own words: see [Note: what the count tells], tries.js.
  await triedWell(ctx);
}

/** Finds out what this phone is. @param {Context} ctx @param {Drafts} drafts */
async function start(ctx, drafts) {
  const { screen } = ctx;
  if (!ctx.supported()) return screen.clear('unsupported');
  ctx.release ??= await ctx.hold();
  if (!ctx.release) return screen.clear('elsewhere');
  screen.set({ offline: !ctx.online() });
  await speakAsBefore(ctx);
  const phone = await lookAtPhone(ctx);
  const until = phone.phase === 'locked' ? await armed(ctx) : null;
  screen.set({ look: await readLook(ctx.database) });
  const isStraight = resting(ctx) === 'notebook';
  screen.clear(until ? 'picture' : isStraight ? 'notebook' : phone.phase, { capture: await readCapturing(ctx.database) });
  // Ready before anybody leaves for it; one that opens straight into it counts as opening it.
  void (isStraight ? ctx.notebook.opened().then(() => refill(ctx)) : ctx.notebook.open()).catch(() => undefined);
  if (until) screen.set({ picture: { until, files: [] } });
  closeInTime(ctx);
  if (phone.key) {
    await drafts.loadFresh(phone.key);
    // The worker does not live on the network, but its word list does: the first Save must not need a signal.
    vaultOf(ctx).suggestWords().catch(() => undefined);
  } else void ctx.keepOffline();
}

/** A diary stands open: rows, draft, captures, then the network. @param {Context} ctx @param {Drafts} drafts @param {Idle} idle @param {Open} open */
async function opened(ctx, drafts, idle, open) {
  ctx.open = open;
  ctx.api.signAgain = () => signInAgain(ctx, open);
  if (!drafts.kept) await drafts.load();
  ctx.screen.set({ phase: 'open', lockIn: null, picture: null });
  ctx.show();
  idle.start();
  await takeCaptures(ctx, drafts, open).then(ctx.show, (error) => drafts.complain(error));
  await disarm(ctx).catch(() => undefined);
  void ctx.keepOffline();
  void refill(ctx);
  if (!await readDoor(ctx.database)) throw new KeptError('store_lost');
  if (open.index.loading) void open.index.whole().then(() => (ctx.open === open ? allHere(ctx, open) : undefined));
  else open.syncing.kick();
}

/** The older rows have come. @param {Context} ctx @param {Open} open */
function allHere(ctx, open) {
  ctx.show();
  open.syncing.kick();
}

/** Draws what the open diary says now. @param {Context} ctx */
function show(ctx) {
  const { open, screen } = ctx;
  if (!open) return;
  const { account, opened: times } = open.store.root;
  const owed = account.recovery === 'todo' && times > 1 ? 'later' : account.recovery;
  const rows = open.syncing.rows();
  screen.set({
    entries: rows.filter(({ taken_out }) => taken_out === null), removed: rows.filter(({ taken_out }) => taken_out !== null), erasing: pendingErasures(open), waiting: { captured: open.store.root.captured ?? 0, later: open.store.root.later ?? 0 },
    account: { login: account.login, registered: account.registered, recovery: owed, exit_said: Boolean(open.store.root.exit_said) || times < 2, trouble: open.syncing.said(), rekeying: Boolean(open.store.root.rotation), arrived: open.store.root.arrived ?? [], device_name: nameOf(ctx, open), closing: account.closing ?? null },
  });
}
