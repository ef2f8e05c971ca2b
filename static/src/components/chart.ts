/**
 * Charts: inline SVG in one colour, varied by size or opacity, so that they read in greyscale and in forced colours.
 * Every number is also in a table and opens the entries it counts.
 */
import { html, nothing, svg } from '../shell/html.js';
import { showOnly } from './search.js';
import { t } from '../shell/strings.js';
import './words.js';
import type { Stage } from '../shell/stage.js';
import type { SharedApp } from '../shell/app.js';

type Bar = { name: string; ids: readonly string[]; what?: string; note?: string };

/**
 * A number that opens the entries it counts; plain text if there are none.
 * @param text what is shown
 * @param subject what is counted
 */
export function number(stage: Stage<SharedApp>, words: string, what: string, ids: readonly string[]) {
  if (!ids.length) return html`<span>${words}</span>`;
  return html`<button type="button" class="number-link" aria-label=${t('pat.see', { n: words, what })}
    @click=${() => showOnly(stage, what, ids)}>${words}</button>`;
}

/** A table with a bar in each row. */
export function bars(
  stage: Stage<SharedApp>,
  { title, head, bars: rows }: { title: string; head: string; bars: readonly Bar[] },
) {
  const most = Math.max(1, ...rows.map(({ ids }) => ids.length));
  return html`<table class="counts"><caption class="unseen">${title}</caption>
    <thead class="unseen"><tr><th scope="col">${head}</th><th scope="col">${t('pat.count')}</th></tr></thead>
    <tbody>${rows.map(
      ({ name, ids, what, note }) => html`<tr><th scope="row"><span dir="auto">${name}</span>${
        note ? html`<span class="small soft">${note}</span>` : nothing
      }
      <svg class="bar-line" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"
        focusable="false">${svg`<rect width="100" height="6" class="chart-ground"/><rect
        width=${(ids.length / most) * 100} height="6" class="chart-ink"/>`}</svg></th>
      <td>${number(stage, String(ids.length), what ?? name, ids)}</td></tr>`,
    )}</tbody></table>`;
}

/** One column per item, in order, including empty ones. */
export function columns({
  alt,
  columns: all,
  first,
  last,
}: {
  alt: string;
  columns: readonly { ids: readonly string[] }[];
  first: string;
  last: string;
}) {
  const most = Math.max(1, ...all.map(({ ids }) => ids.length));
  const wide = all.length * 10;
  return html`<figure class="chart">
    <svg class="chart-columns" viewBox="0 0 ${wide} 100" preserveAspectRatio="none" role="img" aria-label=${alt}>
      ${svg`<rect y="99" width=${wide} height="1" class="chart-ground"/>`}
      ${all.map(({ ids }, i) =>
        ids.length
          ? svg`<rect x=${i * 10 + 1} width="8" y=${
              100 - (ids.length / most) * 96
            } height=${(ids.length / most) * 96} class="chart-ink"/>`
          : nothing,
      )}</svg>
    <figcaption class="row apart small soft"><span>${first}</span>${
      all.length > 1 ? html`<span>${last}</span>` : nothing
    }</figcaption></figure>`;
}

/** Opacities that can be told apart in grey. */
const STEPS = [0.3, 0.55, 0.78, 1];

/** Seven days by 24 hours; a higher count is darker. */
export function week({
  alt,
  days,
  cells,
}: {
  alt: string;
  days: readonly string[];
  cells: readonly { weekday: number; hour: number; ids: readonly string[] }[];
}) {
  const most = Math.max(1, ...cells.map(({ ids }) => ids.length));
  const depth = (n: number) => STEPS[Math.min(STEPS.length - 1, Math.ceil((n / most) * STEPS.length) - 1)] ?? 1;
  return html`<figure class="chart chart-week">
    <div class="chart-days small soft" aria-hidden="true">${days.map((day) => html`<span>${day}</span>`)}</div>
    <svg viewBox="0 0 240 70" preserveAspectRatio="none" role="img" aria-label=${alt}>
      ${svg`<rect width="240" height="70" class="chart-ground"/>`}
      ${cells.map(
        ({ weekday, hour, ids }) =>
          svg`<rect x=${hour * 10 + 0.4} y=${weekday * 10 + 0.4} width="9.2" height="9.2" class="chart-ink"
            fill-opacity=${depth(ids.length)}/>`,
      )}
      ${[6, 12, 18].map((hour) => svg`<line x1=${hour * 10} x2=${hour * 10} y2="70" class="chart-rule"/>`)}</svg>
    <figcaption class="chart-hours small soft" aria-hidden="true">${['00', '06', '12', '18', '24'].map(
      (hour) => html`<span>${hour}</span>`,
    )}</figcaption></figure>`;
}

/** A table that opens under its chart. */
export function numbers(body: unknown) {
  return html`<details class="numbers-under"><summary>${t('pat.table')}</summary>${body}</details>`;
}
