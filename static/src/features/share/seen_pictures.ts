/**
 * Which pictures a person can have seen. One of a grid counts once it was whole on the screen for a moment, with
 * nothing over it, and large enough, while the page was visible. One that is opened by itself may be longer than the
 * screen, and counts once its end was there.
 *
 * The observer only says that a picture is whole in the window. A bar or a sheet may still lie over it, and a fast
 * scroll shows it for one frame, so each is looked at again several times before it counts.
 */
import { PRINT_WHOLE_PIXELS, PRINT_WIDTH_PIXELS } from '../../core/constants.js';

/** Looks in a row at which a picture must be there. With the interval below that is longer than a double tap. */
const LOOKS_NEEDED = 7;
const LOOK_INTERVAL_MS = 100;
/** What of a picture's edge may be hidden by its rounded corners, CSS pixels. */
const EDGE = 12;
/**
 * The smallest scale at which a picture counts: the screen's pixels for one pixel of the copy that is printed, which
 * is 900 wide at most. Print on a letter or a chat is about 20 pixels high in that copy. At a third it is 7 and can be
 * read; at a quarter, digits and capitals of an address run together; at a fifth nobody sees that there is one. On a
 * phone with two pixels to a CSS pixel, a column of 160 CSS pixels has 0.35.
 */
const MIN_SCALE = 1 / 3;
/** The shape from which `copySize` in media/previews.ts limits a copy in height instead of width. */
const WIDE_SHAPE = PRINT_WHOLE_PIXELS / PRINT_WIDTH_PIXELS;

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

export type OpenedState = 'shown' | 'seen' | 'failed' | null;

/** Pictures that are opened by themselves, by address. */
export class OpenedPictures {
  draw: () => void;
  states: Map<string, OpenedState> = new Map();

  constructor(draw: () => void) {
    this.draw = draw;
    this.watch = this.watch.bind(this);
  }

  stateOf(url: string): OpenedState {
    return this.states.get(url) ?? null;
  }

  /** Watch a picture until it was seen; called for each picture that is put into the page. */
  watch(element: Element | undefined) {
    if (!(element instanceof HTMLImageElement)) return;
    element.onerror = () => this.set(element, 'failed');
    element.onload = () => {
      const isWide = element.naturalWidth > element.naturalHeight * WIDE_SHAPE;
      element.parentElement?.classList.toggle('look-wide', isWide);
      if (this.stateOf(element.src) === null) this.set(element, 'shown');
    };
    let looks = 0;
    const timer = setInterval(() => {
      if (!element.isConnected || !['shown', null].includes(this.stateOf(element.src))) return clearInterval(timer);
      looks = document.visibilityState === 'visible' && isLoaded(element) && isEndShown(element) ? looks + 1 : 0;
      return looks < LOOKS_NEEDED ? undefined : this.set(element, 'seen');
    }, LOOK_INTERVAL_MS);
  }

  set(image: HTMLImageElement, state: OpenedState) {
    this.states.set(image.src, state);
    this.draw();
  }
}

/** Whether the browser could draw it. A picture that failed is complete too, and has no width. */
const isLoaded = (image: HTMLImageElement) => image.complete && image.naturalWidth > 0;

function isTooSmall({ clientWidth, clientHeight, naturalWidth, naturalHeight }: HTMLImageElement) {
  return Math.min(clientWidth / naturalWidth, clientHeight / naturalHeight) * devicePixelRatio < MIN_SCALE;
}

/** Whether its last corner is on the screen, with nothing over it. Whoever gets there has scrolled past the rest. */
function isEndShown(image: HTMLImageElement) {
  const { left, right, bottom, width, height } = image.getBoundingClientRect();
  const edge = Math.min(EDGE, width / 2);
  const x = getComputedStyle(image).direction === 'rtl' ? left + edge : right - edge;
  return document.elementFromPoint(x, bottom - Math.min(EDGE, height / 2)) === image;
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
