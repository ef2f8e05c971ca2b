/**
 * A list of any length that keeps only its nearby rows in the page. Rows come in blocks; a block out of sight is an
 * empty space of its former height, so that the page scrolls as if everything were there.
 */
import { html, nothing, ref, repeat } from './html.js';

const BLOCK = 20;
/** Rows of the first block: what a phone shows at once. The rest comes in the next frame. */
const FIRST = 8;
/** Height of a row that was not drawn yet, CSS pixels. */
const ROW = 112;
const NEAR = '1200px 0px';

export class ListWindow {
  draw: () => void;
  /** blocks that are in the page */
  near: Set<number> = new Set([0]);
  /** the last heights of blocks */
  heights: Map<number, number> = new Map();
  observer: IntersectionObserver | null = null;
  box: Element | null = null;

  constructor(draw: () => void) {
    this.draw = draw;
    this.watch = this.watch.bind(this);
  }

  /**
   * Start at the top again, for other rows.
   * @param index a row that must be in the page
   */
  reset(at: number = 0) {
    this.near = new Set([0, at < FIRST ? 0 : 1 + Math.floor((at - FIRST) / BLOCK)]);
    this.heights.clear();
  }

  /** @param block draws some rows; `previous` is the row above them */
  view<T>(rows: readonly T[], block: (rows: readonly T[], before: T | undefined) => unknown) {
    const count = rows.length ? 1 + Math.max(0, Math.ceil((rows.length - FIRST) / BLOCK)) : 0;
    const from = (i: number) => (i === 0 ? 0 : FIRST + (i - 1) * BLOCK);
    return html`${repeat(
      Array.from({ length: count }, (_, i) => i),
      (i) => i,
      (i) =>
        html`<div class="block" data-block=${i} ${ref(this.watch)}>${
          this.near.has(i) ? block(rows.slice(from(i), from(i + 1)), rows[from(i) - 1]) : nothing
        }</div>`,
    )}`;
  }

  /** Observe a block; called for every block at every drawing. A block that is not drawn gets its height. */
  watch(element: Element | undefined) {
    if (!(element instanceof HTMLElement)) return;
    const number = Number(element.dataset.block);
    // The page's policy forbids style attributes; the property may be set.
    element.style.minBlockSize = this.near.has(number)
      ? ''
      : `${this.heights.get(number) ?? (number ? BLOCK : FIRST) * ROW}px`;
    this.observerFor(element).observe(element);
  }

  /** Return the observer: in two columns the list is its own scroll box. */
  observerFor(element: Element) {
    const box = element.closest('.aside');
    if (this.observer && this.box === box) return this.observer;
    this.observer?.disconnect();
    this.box = box;
    this.observer = new IntersectionObserver((seen) => this.seen(seen), { root: box, rootMargin: NEAR });
    return this.observer;
  }

  seen(seen: IntersectionObserverEntry[]) {
    let changed = false;
    for (const { target, isIntersecting, boundingClientRect } of seen) {
      const number = Number((target as HTMLElement).dataset.block);
      if (isIntersecting === this.near.has(number)) continue;
      // A block with the focus stays: the keyboard focus must not be lost.
      if (!isIntersecting && (!target.isConnected || target.contains(document.activeElement))) continue;
      if (!isIntersecting) this.heights.set(number, boundingClientRect.height);
      if (isIntersecting) this.near.add(number);
      else this.near.delete(number);
      changed = true;
    }
    if (changed) this.draw();
  }
}
