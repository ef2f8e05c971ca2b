/**
 * A list of any length of which only what is near is in the page. Rows come in blocks; a block out of sight is an empty
 * space of the height it had, so that the page scrolls as if all of it were there.
 */
import { html, nothing, ref, repeat } from './html.js';

const BLOCK = 20;
/** Of the first block: what a phone shows at once. The rest comes in the next frame, when somebody already reads. */
const FIRST = 8;
/** Of a row not drawn yet, CSS pixels. */
const ROW = 112;
const NEAR = '1200px 0px';

export class ListWindow {
  draw: () => void;
  /** blocks that are in the page */
  near: Set<number> = new Set([0]);
  /** heights that blocks had */
  heights: Map<number, number> = new Map();
  observer: IntersectionObserver | null = null;
  box: Element | null = null;

  constructor(draw: () => void) {
    this.draw = draw;
    this.watch = this.watch.bind(this);
  }

  /**
   * Begins at the top again: other rows.
   * @param at a row that must be there
   */
  reset(at: number = 0) {
    this.near = new Set([0, at < FIRST ? 0 : 1 + Math.floor((at - FIRST) / BLOCK)]);
    this.heights.clear();
  }

  /** @param block what some rows look like; `before` is the row above them */
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

  /** Called for every block at every drawing; a block that is not drawn is given its height. */
  watch(element: Element | undefined) {
    if (!(element instanceof HTMLElement)) return;
    const number = Number(element.dataset.block);
    // The policy of the page forbids style attributes; the property is ours to set.
    element.style.minBlockSize = this.near.has(number)
      ? ''
      : `${this.heights.get(number) ?? (number ? BLOCK : FIRST) * ROW}px`;
    this.observerFor(element).observe(element);
  }

  /** In two columns the list scrolls by itself. */
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
      // What has the focus stays: a keyboard must not be left standing on nothing.
      if (!isIntersecting && (!target.isConnected || target.contains(document.activeElement))) continue;
      if (!isIntersecting) this.heights.set(number, boundingClientRect.height);
      if (isIntersecting) this.near.add(number);
      else this.near.delete(number);
      changed = true;
    }
    if (changed) this.draw();
  }
}
