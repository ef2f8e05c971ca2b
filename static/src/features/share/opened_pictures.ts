/** Pictures that are opened by themselves. One counts as seen once its end was on the screen (seen_pictures.ts). */
import { PRINT_WHOLE_PIXELS, PRINT_WIDTH_PIXELS } from '../../core/constants.js';
import { EDGE, LOOKS_NEEDED, LOOK_INTERVAL_MS, isLoaded } from '../../components/files/seen_pictures.js';

/** The shape from which `copySize` in media/copies.ts limits a copy in height instead of width. */
const WIDE_SHAPE = PRINT_WHOLE_PIXELS / PRINT_WIDTH_PIXELS;

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

/**
 * Whether its last corner is on the screen, with nothing over it. To get there, a person has scrolled past the rest.
 * That is not so for a picture that was made larger than the screen in both directions.
 */
function isEndShown(image: HTMLImageElement) {
  if (image.closest('.look-large')) return false;
  const { left, right, bottom, width, height } = image.getBoundingClientRect();
  const edge = Math.min(EDGE, width / 2);
  const x = getComputedStyle(image).direction === 'rtl' ? left + edge : right - edge;
  return document.elementFromPoint(x, bottom - Math.min(EDGE, height / 2)) === image;
}
