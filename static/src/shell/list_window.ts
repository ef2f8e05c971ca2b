/**
 * A list of any length that keeps only its nearby rows in the page. Rows come in blocks; a block out of sight is an
 * empty space of its former height, so that the page scrolls as if everything were there.
 */
import { html, nothing, ref, repeat } from './html.js';

const BLOCK_ROWS = 20;
/** Rows of the first block: what a phone shows at once. The rest comes in the next frame. */
const FIRST_BLOCK_ROWS = 8;
/** Height of a row that was not drawn yet, CSS pixels. */
const ROW_HEIGHT = 112;
const NEAR_MARGIN = '1200px 0px';

export class ListWindow {
  draw: () => void;
  /** blocks that are in the page */
  nearBlocks: Set<number> = new Set([0]);
  /** the last heights of blocks */
  heights: Map<number, number> = new Map();
  observer: IntersectionObserver | null = null;
  scrollBox: Element | null = null;

  constructor(draw: () => void) {
    this.draw = draw;
    this.watch = this.watch.bind(this);
  }

  /**
   * Start at the top again, for other rows.
   * @param index a row that must be in the page
   */
  reset(index: number = 0) {
    this.nearBlocks = new Set([
      0,
      index < FIRST_BLOCK_ROWS ? 0 : 1 + Math.floor((index - FIRST_BLOCK_ROWS) / BLOCK_ROWS),
    ]);
    this.heights.clear();
  }

  /** @param block draws some rows; `previous` is the row above them */
  view<T>(rows: readonly T[], block: (rows: readonly T[], previous: T | undefined) => unknown) {
    const count = rows.length ? 1 + Math.max(0, Math.ceil((rows.length - FIRST_BLOCK_ROWS) / BLOCK_ROWS)) : 0;
    const startOf = (blockIndex: number) => (blockIndex === 0 ? 0 : FIRST_BLOCK_ROWS + (blockIndex - 1) * BLOCK_ROWS);
    return html`${repeat(
      Array.from({ length: count }, (_, blockIndex) => blockIndex),
      (blockIndex) => blockIndex,
      (blockIndex) =>
        html`<div class="block" data-block=${blockIndex} ${ref(this.watch)}>${
          this.nearBlocks.has(blockIndex)
            ? block(rows.slice(startOf(blockIndex), startOf(blockIndex + 1)), rows[startOf(blockIndex) - 1])
            : nothing
        }</div>`,
    )}`;
  }

  /** Observe a block; called for every block at every drawing. A block that is not drawn gets its height. */
  watch(element: Element | undefined) {
    if (!(element instanceof HTMLElement)) return;
    const blockIndex = Number(element.dataset.block);
    // The page's policy forbids style attributes; the property may be set.
    element.style.minBlockSize = this.nearBlocks.has(blockIndex)
      ? ''
      : `${this.heights.get(blockIndex) ?? (blockIndex ? BLOCK_ROWS : FIRST_BLOCK_ROWS) * ROW_HEIGHT}px`;
    this.observerFor(element).observe(element);
  }

  /** Return the observer: in two columns the list is its own scroll box. */
  observerFor(element: Element) {
    const scrollBox = element.closest('.aside');
    if (this.observer && this.scrollBox === scrollBox) return this.observer;
    this.observer?.disconnect();
    this.scrollBox = scrollBox;
    this.observer = new IntersectionObserver((entries) => this.seen(entries), {
      root: scrollBox,
      rootMargin: NEAR_MARGIN,
    });
    return this.observer;
  }

  seen(entries: IntersectionObserverEntry[]) {
    let hasChanged = false;
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const blockIndex = Number((target as HTMLElement).dataset.block);
      if (isIntersecting === this.nearBlocks.has(blockIndex)) continue;
      // A block with the focus stays: the keyboard focus must not be lost.
      if (!isIntersecting && (!target.isConnected || target.contains(document.activeElement))) continue;
      if (!isIntersecting) this.heights.set(blockIndex, boundingClientRect.height);
      if (isIntersecting) this.nearBlocks.add(blockIndex);
      else this.nearBlocks.delete(blockIndex);
      hasChanged = true;
    }
    if (hasChanged) this.draw();
  }
}
