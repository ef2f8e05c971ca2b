/**
 * Give each screen an entry of the browser's history, so that Back, a swipe and Alt+Left go up one screen.
 *
 * An entry holds its number and nothing else: the address and the title stay the same. The page that was loaded is
 * number 0, the lock or the first screen. Only the app knows which screen a number stands for, and it forgets that at
 * a lock, so an entry that is left over opens nothing.
 *
 * [Note: pictures of entries] Browsers keep a picture of each entry, to show it during a swipe. After a lock, and when
 * one page is shown to somebody, the page goes back to number 0 and adds one entry, which removes all that were ahead.
 */
export type Screens = {
  /** how many screens Back can go up before the page is left */
  depth(): number;
  /** whether nothing that is private is on the screen */
  isClosed(): boolean;
  /** whether one page is shown to somebody else, who must find nothing more of the diary */
  isShown?(): boolean;
  /**
   * Go up one screen.
   * @returns at the last screen, what must be done before the page is left
   */
  up(): Promise<unknown> | null;
};

/**
 * After this time the browser has dropped a move in the history, ms. It is long, since a second move beside a late one
 * would go too far.
 */
const MOVE_LIMIT_MS = 10_000;

/**
 * Follow the screens from now on.
 * @returns `sync`, to call after every drawing
 */
export function followScreens(screens: Screens, { signal }: { signal?: AbortSignal } = {}): { sync: () => void } {
  // A move ends after the call, with an event, so the page may be at another screen by then.
  let move: { to: number; since: number } | null = null;
  let isGoingUp = false;
  let shouldLeave = false;
  // See [Note: pictures of entries]: a page that is loaded again may stand on one of those entries, or have them ahead.
  let isPrivate = entryNumber() > 0 || isReturn();
  let wasShown = false;

  const moveTo = (to: number) => {
    move = { to, since: performance.now() };
    history.go(to - entryNumber());
    // The browser may ignore a move. Try it again, even if nothing is drawn in the meantime.
    setTimeout(() => signal?.aborted || sync(), MOVE_LIMIT_MS + 100);
  };

  const sync = () => {
    if (isGoingUp || (move && performance.now() - move.since < MOVE_LIMIT_MS)) return;
    const depth = screens.depth();
    const isClosed = screens.isClosed();
    const isShown = Boolean(screens.isShown?.());
    if (isPrivate && (isClosed || (isShown && !wasShown))) {
      if (entryNumber() > 0) return moveTo(0);
      addEntry(1);
      if (entryNumber() === 1) {
        isPrivate = !isClosed;
        wasShown = isShown;
      }
    } else if (!isShown) wasShown = false;
    if (depth > 0) shouldLeave = false; // opened again before the page was left
    if (entryNumber() > depth) return moveTo(depth);
    for (let number = entryNumber() + 1; number <= depth; number += 1) addEntry(number);
    if (depth > 0 && !isClosed) isPrivate = true;
    if (shouldLeave) {
      shouldLeave = false;
      history.back();
    }
  };

  const goUp = (steps: number) => {
    isGoingUp = true;
    for (let step = 0; step < steps; step += 1) {
      const ending = screens.up();
      if (!ending) continue;
      const leave = () => {
        shouldLeave = true;
        sync();
      };
      void ending.then(leave, leave);
      break;
    }
    isGoingUp = false;
  };

  addEventListener(
    'popstate',
    () => {
      const isOwnMove = move?.to === entryNumber();
      move = null;
      if (!isOwnMove) goUp(screens.depth() - entryNumber());
      sync();
    },
    signal ? { signal } : {},
  );
  return { sync };
}

/** Return whether the page was loaded by Back or Forward. */
function isReturn(): boolean {
  const [loading] = performance.getEntriesByType('navigation');
  return loading instanceof PerformanceNavigationTiming && loading.type === 'back_forward';
}

/** Return the number of the present entry. */
function entryNumber(): number {
  const { state } = history;
  return Number.isSafeInteger(state) ? state : 0;
}

/** Add an entry after the present one, and remove all that were ahead. */
function addEntry(number: number) {
  try {
    history.pushState(number, '');
  } catch {
    // Safari throws where a page adds a hundred in half a minute. Back then goes up more than one screen.
  }
}
