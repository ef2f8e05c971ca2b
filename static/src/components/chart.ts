/**
 * Charts: inline SVG in one colour, varied by size or opacity, so that they read in greyscale and in forced colours.
 * Every number is also in a table and opens the entries it counts.
 */
import { html, nothing, svg } from '../shell/html.js';
import { showEntries } from './search.js';
import { t } from '../shell/strings.js';
import './words.js';
import type { PlacedLane } from '../record/patterns/timeline.js';
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

/** A table with a bar in each row, named by `title`, which a heading shows. */
export function barTable(
  stage: Stage<SharedApp>,
  { title, head, bars: rows }: { title: string; head: string; bars: readonly Bar[] },
) {
  const max = Math.max(1, ...rows.map(({ ids }) => ids.length));
  return html`<table class="counts" aria-label=${title}>
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

type DrawnLane = Omit<PlacedLane, 'lane'> & {
  name: string;
  count: number;
  shape: 'round' | 'diamond' | 'flag';
  size: number;
};

/**
 * Lanes with a mark for each thing counted, below the name of the lane and its number. One picture for a screen reader.
 * @param options `width` is that of the places in pixels, `stack` the most that marks rise above the lowest; `ticks`,
 * `lines` and `undatedLeft` are places; `ends` stands below the first and the last place
 */
export function laneChart(options: {
  alt: string;
  lanes: readonly DrawnLane[];
  width: number;
  stack: number;
  ticks: readonly number[];
  lines: readonly number[];
  undatedLeft: number | null;
  ends: readonly [string, string];
  legend: unknown;
}) {
  const [start, end] = options.ends;
  return html`<figure class="chart">
    <div class="chart-lanes" role="img" aria-label=${options.alt}>${options.lanes.map(
      (lane) => html`<div class="chart-lane"><span class="row apart small"><span dir="auto">${lane.name}</span><strong
        >${lane.count}</strong></span>${laneMarks(lane, options)}</div>`,
    )}<span class="row apart small soft"><span>${start}</span><span>${end}</span></span></div>
    <figcaption class="small soft">${options.legend}</figcaption></figure>`;
}

/** Shapes by the marks of a lane and the height of its stack: a screen is drawn again at every change. */
const shapesByMarks: WeakMap<DrawnLane['marks'], Map<number, string[]>> = new WeakMap();

function shapesOnce(marks: DrawnLane['marks'], stack: number, make: () => string[]): string[] {
  const known = shapesByMarks.get(marks) ?? new Map<number, string[]>();
  shapesByMarks.set(marks, known);
  const shapes = known.get(stack) ?? make();
  known.set(stack, shapes);
  return shapes;
}

function laneMarks(
  { marks, spans, topLevel, shape, size }: DrawnLane,
  { width, stack: limit, ticks, lines, undatedLeft }: Omit<Parameters<typeof laneChart>[0], 'lanes'>,
) {
  const stack = Math.min(limit, topLevel * (size + 2));
  const height = stack + size + 4;
  const yOf = (level: number) => height - 2 - size / 2 - (topLevel ? (level * stack) / topLevel : 0);
  const drawn = shapesOnce(marks, stack, () =>
    [true, false].map((sure) => {
      const paths = marks
        .filter(({ isSure }) => isSure === sure)
        .map(({ x, level }) => markPath(shape, x, yOf(level), size));
      // One shape for all marks of a kind, each place once: a lane may have thousands.
      return [...new Set(paths)].join('');
    }),
  );
  const upright = (x: number) => `M${x} 0V${height}`;
  const edge = undatedLeft === null ? '' : upright(undatedLeft);
  const spanned = spans.map(({ from, to, level }) => `M${from} ${yOf(level)}H${to}`).join('');
  return html`<svg viewBox="0 0 ${width} ${height}" aria-hidden="true" focusable="false">${svg`
    <path class="chart-tick" d=${ticks.map(upright).join('')}/>
    <path class="chart-date" d=${lines.map(upright).join('')}/>
    <path class="chart-edge" d=${edge}/>
    <path class="chart-span" d=${spanned}/>
    <path class="chart-ink" d=${drawn[0] ?? ''}/>
    <path class="chart-hollow" d=${drawn[1] ?? ''}/>`}</svg>`;
}

/** The pole of a flag, not its middle, stands at its place. */
function markPath(shape: DrawnLane['shape'], x: number, y: number, size: number): string {
  const r = size / 2;
  if (shape === 'flag')
    return `M${x} ${y + r}v${-size}l${size * 0.8} ${size * 0.3}l${-size * 0.7} ${size * 0.3}v${size * 0.4}z`;
  if (shape === 'diamond') return `M${x - r} ${y}l${r} ${-r} ${r} ${r} ${-r} ${r}z`;
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${size} 0a${r} ${r} 0 1 0 ${-size} 0`;
}

/** A table that opens under its chart. */
export function tableUnderChart(body: unknown) {
  return html`<details class="numbers-under"><summary>${t('pat.table')}</summary>${body}</details>`;
}
