/**
 * Charts: inline SVG in one colour, varied by size or opacity, so that they read in greyscale and in forced colours.
 * Every number is also in a table and opens the entries it counts.
 */
import { html, nothing, svg } from '../shell/html.js';
import { showEntries } from './search.js';
import { t } from '../shell/strings.js';
import './words.js';
import type { Stage } from '../shell/stage.js';
import type { SharedApp } from '../shell/app.js';

type Bar = { name: string; ids: readonly string[]; subject?: string; note?: string };

/**
 * A number that opens the entries it counts; plain text if there are none.
 * @param text what is shown
 * @param subject what is counted
 */
export function numberLink(stage: Stage<SharedApp>, text: string, subject: string, ids: readonly string[]) {
  if (!ids.length) return html`<span>${text}</span>`;
  return html`<button type="button" class="number-link" aria-label=${t('pat.see', { n: text, what: subject })}
    @click=${() => showEntries(stage, subject, ids)}>${text}</button>`;
}

/** A table with a bar in each row. */
export function barTable(
  stage: Stage<SharedApp>,
  { title, head, bars: rows }: { title: string; head: string; bars: readonly Bar[] },
) {
  const max = Math.max(1, ...rows.map(({ ids }) => ids.length));
  return html`<table class="counts"><caption class="unseen">${title}</caption>
    <thead class="unseen"><tr><th scope="col">${head}</th><th scope="col">${t('pat.count')}</th></tr></thead>
    <tbody>${rows.map(
      ({ name, ids, subject, note }) => html`<tr><th scope="row"><span dir="auto">${name}</span>${
        note ? html`<span class="small soft">${note}</span>` : nothing
      }
      <svg class="bar-line" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"
        focusable="false">${svg`<rect width="100" height="6" class="chart-ground"/><rect
        width=${(ids.length / max) * 100} height="6" class="chart-ink"/>`}</svg></th>
      <td>${numberLink(stage, String(ids.length), subject ?? name, ids)}</td></tr>`,
    )}</tbody></table>`;
}

/** One column per item, in order, including empty ones. */
export function columnChart({
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
  const max = Math.max(1, ...all.map(({ ids }) => ids.length));
  const width = all.length * 10;
  return html`<figure class="chart">
    <svg class="chart-columns" viewBox="0 0 ${width} 100" preserveAspectRatio="none" role="img" aria-label=${alt}>
      ${svg`<rect y="99" width=${width} height="1" class="chart-ground"/>`}
      ${all.map(({ ids }, i) =>
        ids.length
          ? svg`<rect x=${i * 10 + 1} width="8" y=${
              100 - (ids.length / max) * 96
            } height=${(ids.length / max) * 96} class="chart-ink"/>`
          : nothing,
      )}</svg>
    <figcaption class="row apart small soft"><span>${first}</span>${
      all.length > 1 ? html`<span>${last}</span>` : nothing
    }</figcaption></figure>`;
}

/** Opacities that can be told apart in grey. */
const OPACITIES = [0.3, 0.55, 0.78, 1];

/** Seven days by 24 hours; a higher count is darker. */
export function weekChart({
  alt,
  days,
  cells,
}: {
  alt: string;
  days: readonly string[];
  cells: readonly { weekday: number; hour: number; ids: readonly string[] }[];
}) {
  const max = Math.max(1, ...cells.map(({ ids }) => ids.length));
  const opacity = (count: number) =>
    OPACITIES[Math.min(OPACITIES.length - 1, Math.ceil((count / max) * OPACITIES.length) - 1)] ?? 1;
  return html`<figure class="chart chart-week">
    <div class="chart-days small soft" aria-hidden="true">${days.map((day) => html`<span>${day}</span>`)}</div>
    <svg viewBox="0 0 240 70" preserveAspectRatio="none" role="img" aria-label=${alt}>
      ${svg`<rect width="240" height="70" class="chart-ground"/>`}
      ${cells.map(
        ({ weekday, hour, ids }) =>
          svg`<rect x=${hour * 10 + 0.4} y=${weekday * 10 + 0.4} width="9.2" height="9.2" class="chart-ink"
            fill-opacity=${opacity(ids.length)}/>`,
      )}
      ${[6, 12, 18].map((hour) => svg`<line x1=${hour * 10} x2=${hour * 10} y2="70" class="chart-rule"/>`)}</svg>
    <figcaption class="chart-hours small soft" aria-hidden="true">${['00', '06', '12', '18', '24'].map(
      (hour) => html`<span>${hour}</span>`,
    )}</figcaption></figure>`;
}

/** A table that opens under its chart. */
export function tableUnderChart(body: unknown) {
  return html`<details class="numbers-under"><summary>${t('pat.table')}</summary>${body}</details>`;
}
