/**
 * Wires the app once: the browser's features go in as arguments, and the screens are put on the page. No other module
 * uses a global of the browser to do its work.
 *
 * A module in an `import` line here is fetched before the door is drawn, and templates/shell.html names it for the
 * browser to fetch at once. Everything in `loadApp` is loaded once the door is on the screen (app/doorway.js).
 */
import { createDoorway } from './app/doorway.js';
import { Database } from './store/database.js';
import { mount } from './app/mount.js';
import type { Writable } from './pack/targets.js';
import type { App } from './shell/app.js';
import type { StartedWorker } from './app/registration.js';

/** Missing in TypeScript's DOM types, because not every browser has it */
type WithFilePicker = typeof globalThis & {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{ createWritable(): Promise<Writable> }>;
};
type WithConnection = Navigator & { connection?: { type?: string; saveData?: boolean } };
/** A policy returns an object that stands for the address */
type WithPolicies = typeof globalThis & {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
};
type Policy = { createScriptURL(address: string): string };

const WORKER = new URL('./crypto/worker.js', import.meta.url).href;
const PAGES_WORKER = new URL('./pack/engine/worker.js', import.meta.url).href;
const COPIES_WORKER = new URL('./media/copies_worker.js', import.meta.url).href;
const READER_WORKER = new URL('./imports/screenshots/engine/worker.js', import.meta.url).href;
const TAB = 'app';
// A page that is not on any screen is never painted; the rest is loaded all the same.
const PAINT_TIMEOUT_MS = 300;
const INSTALL_RETRY_MS = 30_000;
const END_LIMIT_MS = 2_000;
const OTHER_TAB_LIMIT_MS = 3_000;

// The browser's developer tools would show, on a page that was left, what it had asked the server for, and when.
performance.setResourceTimingBufferSize(0);
performance.clearResourceTimings();

const trustedAddress = createAddressPolicy();
const offlineSupport = createOfflineSupport();
const database = new Database();
const app = createDoorway({ database, load: loadApp, painted: afterPaint });

document.addEventListener('visibilitychange', () => app.seen());
addEventListener('pagehide', () => app.seen());
// On a device that is not the keeper's: unsent words hold the page open, and the session ends with it.
addEventListener('beforeunload', (event) => {
  if (app.isOwing?.()) event.preventDefault();
});
addEventListener('pagehide', () => app.gone?.());
// Added to the home screen before anything was typed: from now on the worker takes what is shared with the app.
addEventListener('appinstalled', () => (app.state.borrowed ? undefined : void offlineSupport.begin()));
for (const name of ['online', 'offline']) addEventListener(name, () => app.network());
// A page restored from the browser's memory may hold what a lock has removed since: start anew.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

mount(app, document.getElementById('app') as HTMLElement);
// Without a network the door works; a user who opens it is told (app.ready).
app.start().catch(() => undefined);
// Asked for once all of the app is loaded: until then shared files wait in the worker.
void app.here
  .then(takeSharedFiles)
  .then(async (shared) => {
    if (!shared) return;
    await app.shared(shared.files);
    shared.done();
  })
  .catch(() => undefined);

/** Load everything behind the door, made of the browser's features. */
async function loadApp() {
  const [
    { createApp },
    { packActions },
    { handoverActions },
    { grantActions },
    { questionActions },
    { assistedActions },
    { sittingActions },
    { witnessActions },
    { browserPictureMaker: browserPictures, startCopiesWorker: startCopies },
    { randomBytes: random },
    { systemClock },
    { createVault },
    { Api },
    { fetchAppFile, makeRequest },
    { phoneZone },
    { createPageEngine, startPageWorker },
    { browserPictureReader },
    { releaseInUse },
  ] = await Promise.all([
    import('./app/app.js'),
    import('./features/share/actions.js'),
    import('./features/handover/actions.js'),
    import('./features/advocates/actions.js'),
    import('./diary/sharing/questions.js'),
    import('./features/assisted/actions.js'),
    import('./features/sitting/actions.js'),
    import('./diary/sharing/witnesses.js'),
    import('./media/previews.js'),
    import('./core/bytes.js'),
    import('./core/clock.js'),
    import('./crypto/worker/vault.js'),
    import('./net/api.js'),
    import('./net/http.js'),
    import('./record/times.js'),
    import('./pack/engine/page_engine.js'),
    import('./imports/screenshots/engine/picture_reader.js'),
    import('./app/registration.js'),
  ]);
  // Desktop browsers can write a file as it grows; where they cannot, a pack is gathered first.
  const chooseFile = (globalThis as WithFilePicker).showSaveFilePicker?.bind(globalThis);
  const api = new Api(makeRequest());
  return createApp({
    database,
    api,
    makeVault: () => createVault({ workerUrl: WORKER, createScriptUrl: trustedAddress }),
    pictures: browserPictures(() => startCopies(COPIES_WORKER, trustedAddress)),
    ...(globalThis.WebAssembly && {
      pageEngine: createPageEngine({
        startWorker: () => startPageWorker(PAGES_WORKER, trustedAddress),
        fetchFile: fetchAppFile,
      }),
      pictureReader: browserPictureReader(READER_WORKER, trustedAddress, fetchAppFile),
    }),
    releaseName: async () => (await releaseInUse()) || ((await api.server().catch(() => null))?.release ?? ''),
    clock: systemClock,
    origin: location.origin,
    zone: phoneZone,
    random,
    hold: holdDiary,
    online: () => navigator.onLine,
    visible: () => document.visibilityState === 'visible',
    objectUrl: { make: (blob) => URL.createObjectURL(blob), drop: (url) => URL.revokeObjectURL(url) },
    timers: { after: (ms, action) => setTimeout(action, ms), stop: (timer) => clearTimeout(timer as number) },
    deviceName: deviceName(navigator.userAgent),
    supported: () =>
      Boolean(globalThis.crypto?.subtle && globalThis.Worker && 'structuredClone' in globalThis && navigator.locks),
    installOffline: offlineSupport.install,
    keepOffline: offlineSupport.begin,
    applyUpdate: offlineSupport.apply,
    leaveNothing,
    phoneBytes: async () => (await navigator.storage?.estimate?.())?.usage ?? null,
    roomBytes: async () => {
      const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
      return quota === undefined || usage === undefined ? null : quota - usage;
    },
    connection: () => {
      const { type, saveData } = (navigator as WithConnection).connection ?? {};
      return saveData || type === 'cellular' ? 'mobile' : type === 'wifi' || type === 'ethernet' ? 'wifi' : null;
    },
    ...(chooseFile
      ? { saveFile: async (name: string) => (await chooseFile({ suggestedName: name })).createWritable() }
      : {}),
    packActions: (ctx) =>
      ({
        ...packActions(ctx),
        ...handoverActions(ctx),
        ...grantActions(ctx),
        ...questionActions(ctx),
        ...assistedActions(ctx),
        ...sittingActions(ctx),
        ...witnessActions(ctx),
      }) satisfies Partial<App>,
  });
}

/** Settle when the frame that shows what was drawn is over and nothing more urgent waits. */
function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    const { requestIdleCallback } = globalThis; // Safari has none
    const waitForIdle = () =>
      requestIdleCallback ? requestIdleCallback(() => resolve(), { timeout: PAINT_TIMEOUT_MS }) : setTimeout(resolve);
    requestAnimationFrame(() => requestAnimationFrame(waitForIdle));
    setTimeout(resolve, PAINT_TIMEOUT_MS);
  });
}

/** Our only Trusted Types policy: it lets through the files of workers and nothing else. */
function createAddressPolicy(): (address: string) => string {
  const allowed = new Set([WORKER, PAGES_WORKER, COPIES_WORKER, READER_WORKER, '/sw.js']);
  const createScriptURL = (address: string) => {
    if (!allowed.has(address)) throw new TypeError('not one of our workers');
    return address;
  };
  const policyFactory = (globalThis as WithPolicies).trustedTypes;
  const policy = policyFactory?.createPolicy('app-url', { createScriptURL });
  return policy ? (address) => policy.createScriptURL(address) : createScriptURL;
}

/**
 * Make this the one tab that holds the diary, for as long as it lives. Wait a moment if another tab has it: a browser
 * ends a page, and releases its lock, some time after the page was closed or loaded again.
 * @returns null when another tab has it
 */
function holdDiary(): Promise<null | (() => void)> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), OTHER_TAB_LIMIT_MS);
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(TAB, { signal: waiting.signal }, () => {
        clearTimeout(timer);
        return new Promise((release) => resolve(() => release(undefined)));
      })
      .catch((error) => (waiting.signal.aborted ? resolve(null) : reject(error)));
  });
}

/**
 * The offline worker, and lasting storage. The worker is installed when the text box is first shown, because a person
 * who then loses the signal must still be able to come back to what they typed. Lasting storage waits until something
 * was typed: Firefox asks the user for it.
 */
function createOfflineSupport() {
  let registering: Promise<StartedWorker | null> | null = null;
  let persisting: Promise<boolean> | undefined;
  let isWanted = false;
  let hasEnded = false;
  const install = async () => {
    if (hasEnded) return;
    isWanted = true;
    registering ??= register();
    await registering;
  };
  const register = async () => {
    const started = await import('./app/registration.js')
      .then(({ startWorker }) =>
        startWorker({ trusted: trustedAddress, onUpdateWaiting: (isSigned) => app.updateWaits(isSigned) }),
      )
      .catch(() => null);
    if (hasEnded) await (await import('./app/registration.js')).removeWorkers();
    void started?.installed.then((isInstalled) => {
      if (isInstalled) return;
      registering = null;
      // A weak signal is no lost one: then no event says that it is back.
      if (started.isRegistered) setTimeout(() => void install(), INSTALL_RETRY_MS);
    });
    if (!started) registering = null;
    return started;
  };
  // Opened with a signal, written in without: the worker is fetched when the signal is back.
  addEventListener('online', () => {
    if (isWanted) void install();
  });
  return {
    install,
    begin: async () => {
      await install();
      if (!hasEnded) await (persisting ??= navigator.storage?.persist?.());
    },
    apply: async () => (await registering)?.applyUpdate(),
    /**
     * Install nothing from now on. A server that does not answer keeps nobody waiting: what it answers later is removed
     * by `register`.
     */
    end: async () => {
      hasEnded = true;
      await Promise.race([registering, new Promise((resolve) => setTimeout(resolve, END_LIMIT_MS))]);
    },
  };
}

/** Remove everything this page has written on this device. It writes no more: see features/borrowed/actions.js. */
async function leaveNothing() {
  await offlineSupport.end();
  await (await import('./app/registration.js')).removeWorkers();
  for (const name of await caches.keys()) await caches.delete(name);
  await database.erase();
}

/**
 * Return what another app shared, maybe nothing; null if none did. See [Note: an empty share], sw.ts. Until `done` is
 * called the worker keeps the files for the next page, as [Note: stored] there says.
 */
function takeSharedFiles(): Promise<{ files: File[]; done: () => void } | null> {
  const { controller } = navigator.serviceWorker ?? {};
  if (!controller) return Promise.resolve(null);
  return new Promise((resolve) => {
    const answer = new MessageChannel();
    const stored = new MessageChannel();
    const done = () => stored.port1.postMessage(true);
    answer.port1.onmessage = ({ data }) => {
      const isNothing = Array.isArray(data) && !data.length;
      resolve(isNothing ? null : { files: Array.isArray(data) ? data : [], done });
    };
    controller.postMessage('shared', [answer.port2, stored.port2]);
  });
}

/** Return this device's name for the list of devices. */
function deviceName(userAgent: string): string {
  const system = /iPhone|iPad|Android|Windows|Mac OS X|Linux|CrOS/.exec(userAgent)?.[0] ?? 'Device';
  const browser = /Edg|Firefox|Chrome|Safari/.exec(userAgent)?.[0]?.replace('Edg', 'Edge') ?? '';
  return [system.replace('Mac OS X', 'Mac').replace('CrOS', 'Chromebook'), browser].filter(Boolean).join(', ');
}
