/**
 * Which pictures of a grid a person can have seen. A picture counts once it was whole on the screen for a moment, not
 * covered, and large enough, while the page was visible.
 *
 * The observer only says that a picture is whole in the window. A bar or a sheet may still lie over it, and a fast
 * scroll shows it for one frame, so each is looked at again several times before it counts.
 */

/** Looks in a row at which a picture must be whole. With the interval below that is longer than a double tap. */
const LOOKS_NEEDED = 7;
const LOOK_INTERVAL_MS = 100;
/** What of a picture's edge may be hidden by its rounded corners, CSS pixels. */
const EDGE = 12;
/** The smallest size at which a picture counts, CSS pixels. A long strip is narrower, and its words cannot be read. */
const MIN_WIDTH = 140;
const MIN_HEIGHT = 30;

export type TileState = 'seen' | 'failed' | 'small' | null;

export class SeenPictures {
  draw: () => void;
  /** Pictures by address: another copy of the same file has another one, and is to be looked at again. */
  states: Map<string, TileState> = new Map();
  /** pictures that are whole in the window, with how often they were found so in a row */
  looks: Map<HTMLImageElement, number> = new Map();
  timer: ReturnType<typeof setInterval> | undefined = undefined;
  observer: IntersectionObserver;

  constructor(draw: () => void) {
    this.draw = draw;
    this.watch = this.watch.bind(this);
    this.observer = new IntersectionObserver((entries) => this.changed(entries), { threshold: [0, 0.99] });
  }

  stateOf(url: string): TileState {
    return this.states.get(url) ?? null;
  }

  /** Watch a picture; called for each picture that is put into the page. */
  watch(element: Element | undefined) {
    if (!(element instanceof HTMLImageElement)) return;
    element.onerror = () => this.set(element, 'failed');
    this.observer.observe(element);
  }

  changed(entries: IntersectionObserverEntry[]) {
    for (const { target, intersectionRatio } of entries) {
      const image = target as HTMLImageElement;
      if (intersectionRatio < 0.99) this.looks.delete(image);
      else if (this.stateOf(image.src) !== 'seen') this.looks.set(image, 0);
    }
    if (this.looks.size) this.timer ??= setInterval(() => this.look(), LOOK_INTERVAL_MS);
  }

  look() {
    for (const [image, looks] of this.looks) {
      if (!image.isConnected) {
        this.looks.delete(image);
        this.observer.unobserve(image);
      } else if (document.visibilityState !== 'visible' || !isLoaded(image) || !isUncovered(image)) {
        this.looks.set(image, 0);
      } else if (isTooSmall(image)) this.set(image, 'small');
      else if (looks + 1 < LOOKS_NEEDED) this.looks.set(image, looks + 1);
      else {
        this.looks.delete(image);
        this.set(image, 'seen');
      }
    }
    if (this.looks.size) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  set(image: HTMLImageElement, state: TileState) {
    if (this.stateOf(image.src) === state) return;
    this.states.set(image.src, state);
    this.draw();
  }
}

/** Whether the browser could draw it. A picture that failed is complete too, and has no width. */
const isLoaded = (image: HTMLImageElement) => image.complete && image.naturalWidth > 0;

function isTooSmall({ clientWidth, clientHeight, naturalWidth, naturalHeight }: HTMLImageElement) {
  const scale = Math.min(clientWidth / naturalWidth, clientHeight / naturalHeight);
  return naturalWidth * scale < MIN_WIDTH || naturalHeight * scale < MIN_HEIGHT;
}

/** Whether nothing lies over the picture's corners and its middle: no bar, no sheet. */
function isUncovered(image: HTMLImageElement) {
  const { left, top, right, bottom } = image.getBoundingClientRect();
  const points = [
    [left + EDGE, top + EDGE],
    [right - EDGE, top + EDGE],
    [left + EDGE, bottom - EDGE],
    [right - EDGE, bottom - EDGE],
    [(left + right) / 2, (top + bottom) / 2],
  ] as const;
  return points.every(([x, y]) => document.elementFromPoint(x, y) === image);
}
