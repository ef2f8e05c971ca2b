/**
 * Which pictures a person can have seen. One of a grid counts once every part of it was on the screen for a moment,
 * with nothing over it, and large enough, while the page was visible. It may be longer than the screen: then it is
 * scrolled through.
 *
 * The observer only says that some of a picture is in the window. A bar or a sheet may still lie over it, and a fast
 * scroll shows it for one frame, so each part is looked at again several times before it counts.
 */
/** Looks in a row at which a picture must be there. With the interval below that is longer than a double tap. */
export const LOOKS_NEEDED = 7;
export const LOOK_INTERVAL_MS = 100;
/** What of a picture's edge may be hidden by its rounded corners, CSS pixels. */
export const EDGE = 12;
/** Height of the parts of a picture, at most, CSS pixels: less than the bars leave of a phone on its side. */
const PART_HEIGHT = 120;
/**
 * The smallest scale at which a picture counts: CSS pixels for one pixel of the copy that is printed, which is 900 wide
 * at most. Print on a letter or a chat is about 20 pixels high in that copy, and 6 here. A CSS pixel is about as large
 * to the eye on every screen. A sharper screen does not make print larger, so its finer pixels do not count.
 */
const MIN_SCALE = 0.3;
export type TileState = 'seen' | 'failed' | 'small' | null;
/** A picture, or a strip of one: an `svg` with `data-strip` and the picture's pixels as the units of its view box. */
type Watched = HTMLImageElement | SVGSVGElement;

export class SeenPictures {
  draw: () => void;
  /** By address, strips by name: another copy of the same file has another one, and is to be looked at again. */
  states: Map<string, TileState> = new Map();
  /** pictures of which some is in the window, with how often each part was found on the screen in a row */
  looks: Map<Watched, number[]> = new Map();
  timer: ReturnType<typeof setInterval> | undefined = undefined;
  observer: IntersectionObserver;

  constructor(draw: () => void) {
    this.draw = draw;
    this.watch = this.watch.bind(this);
    this.observer = new IntersectionObserver((entries) => this.changed(entries));
  }

  stateOf(url: string): TileState {
    return this.states.get(url) ?? null;
  }

  /** Watch a picture; called for each picture that is put into the page. */
  watch(element: Element | undefined) {
    if (!isWatched(element)) return;
    element.onerror = () => this.set(element, 'failed');
    this.observer.observe(element);
  }

  changed(entries: IntersectionObserverEntry[]) {
    for (const { target, isIntersecting } of entries) {
      const image = target as Watched;
      if (isIntersecting && this.stateOf(nameOf(image)) !== 'seen') this.looks.set(image, this.looks.get(image) ?? []);
    }
    if (this.looks.size) this.timer ??= setInterval(() => this.look(), LOOK_INTERVAL_MS);
  }

  look() {
    for (const [image, looks] of this.looks) {
      if (!image.isConnected) {
        this.looks.delete(image);
        this.observer.unobserve(image);
      } else if (!isLoaded(image)) continue;
      else if (isTooSmall(image)) this.set(image, 'small');
      else if (this.lookAtParts(image, looks)) {
        this.looks.delete(image);
        this.set(image, 'seen');
      }
    }
    if (this.looks.size) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Count each part that is on the screen now. Return whether all of them were there for long enough. */
  lookAtParts(image: Watched, looks: number[]): boolean {
    const parts = Math.max(1, Math.ceil(image.getBoundingClientRect().height / PART_HEIGHT));
    // Another size shows it in other parts, so it is looked at again.
    if (looks.length !== parts) looks.splice(0, looks.length, ...Array<number>(parts).fill(0));
    const isVisible = document.visibilityState === 'visible';
    looks.forEach((count, part) => {
      if (count < LOOKS_NEEDED) looks[part] = isVisible && isPartShown(image, part, parts) ? count + 1 : 0;
    });
    return looks.every((count) => count >= LOOKS_NEEDED);
  }

  set(image: Watched, state: TileState) {
    if (this.stateOf(nameOf(image)) === state) return;
    this.states.set(nameOf(image), state);
    this.draw();
  }
}

const isWatched = (element: Element | undefined): element is Watched =>
  element instanceof HTMLImageElement || element instanceof SVGSVGElement;

const nameOf = (image: Watched): string =>
  image instanceof HTMLImageElement ? image.src : (image.dataset.strip as string);

/** Whether the browser could draw it. A picture that failed is complete too, and has no width. */
export const isLoaded = (image: Watched) =>
  image instanceof HTMLImageElement ? image.complete && image.naturalWidth > 0 : image.dataset.loaded !== undefined;

function isTooSmall(image: Watched) {
  const { width, height } = image.getBoundingClientRect();
  const [wide, high] =
    image instanceof HTMLImageElement
      ? [image.naturalWidth, image.naturalHeight]
      : [image.viewBox.baseVal.width, image.viewBox.baseVal.height];
  return Math.min(width / wide, height / high) * Math.min(1, devicePixelRatio) < MIN_SCALE;
}

/** Whether nothing lies over the corners and the middle of one of the parts that a picture is looked at in. */
function isPartShown(image: Watched, part: number, parts: number) {
  const { left, top: imageTop, right, height } = image.getBoundingClientRect();
  const top = imageTop + (height * part) / parts;
  const bottom = imageTop + (height * (part + 1)) / parts;
  const points = [
    [left + EDGE, top + EDGE],
    [right - EDGE, top + EDGE],
    [left + EDGE, bottom - EDGE],
    [right - EDGE, bottom - EDGE],
    [(left + right) / 2, (top + bottom) / 2],
  ] as const;
  return points.every(([x, y]) => image.contains(document.elementFromPoint(x, y)));
}
