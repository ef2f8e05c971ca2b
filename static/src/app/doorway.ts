/**
 * The app before the rest of it has loaded: enough to draw the door and to queue what is asked of it.
 *
 * [Note: the door comes first] One look at the database shows whether a phone has words yet. So the first screen is
 * drawn from that, and most of the app is fetched after the first paint. Calls made meanwhile wait. A call is dropped
 * when the phase has changed by the time the rest has loaded (another tab holds the diary, say): its screen is gone.
 */
import { KeptError } from '../core/errors.js';
import { readCaptureAllowed, readDoor, readDraftKey, readLanguage, readAppearance } from '../store/device_meta.js';
import { Screen } from '../diary/screen.js';
import type { Database } from '../store/database.js';
import type { WholeApp } from './app.js';

/** Methods the door can call before the app has loaded. */
const EARLY_METHODS = [
  'capture',
  'unlock',
  'signIn',
  'signInWithCode',
  'quickExit',
  'panicClear',
  'notePut',
  'noteDrop',
  'askLock',
  'seen',
  'network',
  'updateWaits',
] as const;

type EarlyMethod = (typeof EARLY_METHODS)[number];
/** The whole app, as the target of the early calls */
type EarlyApp = Record<EarlyMethod, (...args: unknown[]) => unknown>;
/** The app as it is available from the beginning */
type DoorwayApp = WholeApp & { ready(): Promise<unknown>; here: Promise<unknown> };

/** Members that stay the doorway's own once the whole app has loaded. */
const OWN_MEMBERS: ReadonlySet<string> = new Set(['subscribe', 'setLanguage']);

/**
 * @returns the app for the screens. `ready()` loads all of it and throws `unavailable` when it cannot; `here` settles
 *   once it has loaded
 */
export function createDoorway({
  database,
  load,
  painted,
}: {
  database: Database;
  /** fetches and makes the whole app (app.js), not started yet */
  load: () => Promise<WholeApp>;
  /** settles once what was drawn can be seen */
  painted: () => Promise<void>;
}): DoorwayApp {
  const screen = new Screen();
  let loadedApp: WholeApp | null = null;
  let loading: Promise<void> | null = null;
  let resolveLoaded: () => void = () => undefined;
  const whenLoaded: Promise<void> = new Promise((resolve) => {
    resolveLoaded = resolve;
  });

  const loadAll = async () => {
    const newApp = await load().catch(() => {
      throw new KeptError('unavailable');
    });
    newApp.subscribe(() => screen.set({}));
    for (const [name, method] of Object.entries(newApp))
      if (!OWN_MEMBERS.has(name)) (app as Record<string, unknown>)[name] = method;
    loadedApp = newApp;
    if (screen.state.language !== 'en') await newApp.setLanguage(screen.state.language);
    await newApp.start();
    resolveLoaded();
  };
  // A failed fetch is tried again at the next call.
  const ready = () =>
    (loading ??= loadAll().catch((error) => {
      loading = null;
      throw error;
    }));
  const queueEarly =
    (name: EarlyMethod) =>
    async (...args: unknown[]) => {
      const { phase } = screen.state;
      await ready();
      return (loadedApp as WholeApp).state.phase === phase ? (loadedApp as EarlyApp)[name](...args) : undefined;
    };

  const app = {
    ready,
    here: whenLoaded,
    subscribe: (listener: () => void) => screen.subscribe(listener),
    setLanguage: languageSetter(screen, () => loadedApp),
    /** Draw the door, then load the rest. */
    async start() {
      await showFirstPhase(database, screen);
      await painted();
      await ready().catch((error) => {
        // Without words nothing is kept here that a reload could lose. A lock stays, and shows the failure when
        // opened.
        if (screen.state.phase !== 'locked') screen.clear('unfetched');
        throw error;
      });
    },
  } as DoorwayApp;
  for (const name of EARLY_METHODS) (app as Record<string, unknown>)[name] = queueEarly(name);
  // Keep this first state until the whole app has found out the phase of this phone.
  Object.defineProperty(app, 'state', {
    get: (): WholeApp['state'] => (loadedApp && loadedApp.state.phase !== 'loading' ? loadedApp.state : screen.state),
  });
  return app;
}

/**
 * Set the language. A user who cannot read the first screen must not wait for the rest to load or to find its phase.
 * @param getLoadedApp the whole app once it has loaded
 */
function languageSetter(screen: Screen, getLoadedApp: () => WholeApp | null) {
  return async (code: string) => {
    screen.set({ language: code });
    await getLoadedApp()?.setLanguage(code);
  };
}

/**
 * Set the first phase from one look: fresh, locked or the notebook. The whole app judges a database that does not
 * open.
 */
async function showFirstPhase(database: Database, screen: Screen) {
  try {
    const isFresh = !(await readDoor(database)) || Boolean(await readDraftKey(database));
    const look = await readAppearance(database);
    screen.set({
      look,
      capture: await readCaptureAllowed(database),
      language: await readLanguage(database),
      phase: look.opens === 'straight' ? 'notebook' : isFresh ? 'fresh' : 'locked',
    });
  } catch {
    return;
  }
}
