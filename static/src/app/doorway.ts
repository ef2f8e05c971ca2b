/**
 * The app before the rest of it has come: enough to draw the door and to remember what is asked of it.
 *
 * [Note: the door comes first] Whether a phone has words yet is one look at its database. So the first screen is drawn
 * from that, and everything else, most of the app, is fetched once it is painted. What is asked meanwhile waits; what
 * no longer fits when the rest has come (another tab holds the diary, say) is dropped, because the screen has changed
 * by then.
 */
import { KeptError } from '../core/errors.js';
import { readCapturing, readDoor, readDraftKey, readLanguage, readLook } from '../store/device_meta.js';
import { Screen } from '../diary/screen.js';
import type { Database } from '../store/database.js';
import type { WholeApp } from './app.js';

/** What a door can ask for before it is answered. */
const EARLY = [
  'capture',
  'unlock',
  'signIn',
  'signInWithCode',
  'quickExit',
  'notePut',
  'noteDrop',
  'askLock',
  'seen',
  'network',
  'updateWaits',
] as const;

type Early = (typeof EARLY)[number];
/** The whole app as what was asked early is handed on to it */
type Asked = Record<Early, (...args: unknown[]) => unknown>;
/** What there is from the beginning */
type DoorwayApp = WholeApp & { ready(): Promise<unknown>; here: Promise<unknown> };

/** What stays the doorway's own when the whole app has come. */
const OURS: ReadonlySet<string> = new Set(['subscribe', 'setLanguage']);

/**
 * @returns what ../ui asks of an app; `ready()` has all of it come and throws `unavailable` when it cannot; `here`
 *   settles once it has
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
  let whole: WholeApp | null = null;
  let coming: Promise<void> | null = null;
  let arrived: () => void = () => undefined;
  const here: Promise<void> = new Promise((done) => {
    arrived = done;
  });

  const come = async () => {
    const made = await load().catch(() => {
      throw new KeptError('unavailable');
    });
    made.subscribe(() => screen.set({}));
    for (const [name, method] of Object.entries(made))
      if (!OURS.has(name)) (app as Record<string, unknown>)[name] = method;
    whole = made;
    if (screen.state.language !== 'en') await made.setLanguage(screen.state.language);
    await made.start();
    arrived();
  };
  // What could not be fetched is asked for again the next time somebody waits for it.
  const ready = () =>
    (coming ??= come().catch((error) => {
      coming = null;
      throw error;
    }));
  const early =
    (name: Early) =>
    async (...args: unknown[]) => {
      const { phase } = screen.state;
      await ready();
      return (whole as WholeApp).state.phase === phase ? (whole as Asked)[name](...args) : undefined;
    };

  const app = {
    ready,
    here,
    subscribe: (listener: () => void) => screen.subscribe(listener),
    setLanguage: speak(screen, () => whole),
    /** Draws the door, then has the rest come. */
    async start() {
      await glance(database, screen);
      await painted();
      await ready().catch((error) => {
        // Without words nothing is kept here that a reload could lose; a lock stands, and tells whoever opens it.
        if (screen.state.phase !== 'locked') screen.clear('unfetched');
        throw error;
      });
    },
  } as DoorwayApp;
  for (const name of EARLY) (app as Record<string, unknown>)[name] = early(name);
  // Until the whole app knows what this phone is, the glance stands.
  Object.defineProperty(app, 'state', {
    get: (): WholeApp['state'] => (whole && whole.state.phase !== 'loading' ? whole.state : screen.state),
  });
  return app;
}

/**
 * Whoever cannot read the first screen waits neither for the rest to come nor for it to find out what this phone is.
 * @param made the whole app once it has come
 */
function speak(screen: Screen, made: () => WholeApp | null) {
  return async (code: string) => {
    screen.set({ language: code });
    await made()?.setLanguage(code);
  };
}

/**
 * Fresh, locked or the notebook, as far as one look tells; a database that does not open is for the whole app to judge.
 */
async function glance(database: Database, screen: Screen) {
  try {
    const fresh = !(await readDoor(database)) || Boolean(await readDraftKey(database));
    const look = await readLook(database);
    screen.set({
      look,
      capture: await readCapturing(database),
      language: await readLanguage(database),
      phase: look.opens === 'straight' ? 'notebook' : fresh ? 'fresh' : 'locked',
    });
  } catch {
    return;
  }
}
