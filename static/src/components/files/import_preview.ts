/**
 * The contents of an imported file, line by line: counts that add up, lines that could not be placed, email headers.
 */
import { html, nothing } from '../../shell/html.js';
import { row } from '../parts.js';
import { lookUp, t } from '../../shell/strings.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { ImportChatPlan } from '../../shell/app.js';

const COUNTS = ['in', 'out', 'unsure', 'deleted', 'edited', 'system', 'more', 'unknown'] as const;
const MAX_LISTED = 40;

export function countsTable(counts: Record<string, number>) {
  return html`<div class="card"><table class="sums-table"><caption class="small soft">${t('count.title')}</caption>
    <tbody>${COUNTS.filter((name) => counts[name] || name === 'in' || name === 'out' || name === 'unknown').map(
      (name) => html`<tr><th scope="row">${t(`count.${name}`)}</th><td>${counts[name]}</td></tr>`,
    )}</tbody>
    <tfoot><tr><th scope="row">${t('count.lines')}</th><td>${counts.lines}</td></tr></tfoot></table></div>`;
}

function lineNumbers(lines: readonly number[], total: number) {
  const listed = lines.slice(0, MAX_LISTED).join(', ');
  return total > MAX_LISTED ? `${listed} ${t('odd.more', { n: total - MAX_LISTED })}` : listed;
}

/** Everything unusual in the file, each mentioned once. */
export function importNotes(stage: Stage, plan: ImportChatPlan) {
  const { hours, files } = plan;
  const notes = [
    plan.earlier_count ? t('odd.earlier', { lines: lineNumbers(plan.earlier, plan.earlier_count) }) : '',
    plan.unlike_count ? t('odd.unlike', { lines: lineNumbers(plan.unlike, plan.unlike_count) }) : '',
    hours.first + hours.second ? t('odd.first', { n: hours.first + hours.second }) : '',
    hours.skipped ? t('odd.skipped', { n: hours.skipped }) : '',
    files.with + files.missing + files.left_out ? t('odd.files', files) : '',
    plan.lenient ? t('import.lenient') : '',
  ].filter(Boolean);
  return html`${notes.map((note) => html`<p class="small soft">${note}</p>`)}
    <div class="rows">
      ${
        plan.unplaced_count
          ? collapsible(
              stage,
              'unplaced',
              t('odd.unknown'),
              plan.unplaced_count,
              html`<p class="small">${t('odd.unknown_lead')}</p>${lineList(plan.unplaced, plan.unplaced_count)}`,
            )
          : nothing
      }
      ${
        plan.notices_count
          ? collapsible(
              stage,
              'notices',
              t('odd.system'),
              plan.notices_count,
              lineList(plan.notices, plan.notices_count),
            )
          : nothing
      }
      ${
        plan.changed_count
          ? collapsible(
              stage,
              'changed',
              t('odd.changed', { n: plan.changed_count }),
              plan.changed_count,
              changedList(plan.changed),
            )
          : nothing
      }
    </div>`;
}

function collapsible(stage: Stage, name: string, title: string, count: number, body: unknown) {
  const expanded = Boolean(stage.local[name]);
  return html`<div>${row({
    title,
    subtitle: String(count),
    icon: 'list',
    expanded,
    body: expanded ? body : nothing,
    onClick: () => stage.set({ [name]: !expanded }),
  })}</div>`;
}

function lineList(lines: readonly { line: number; text: string; why?: string }[], total: number) {
  return html`<ul class="stack-close">${lines.map(
    ({ line, text, why }) =>
      html`<li class="small"><strong>${t('odd.line', { n: line })}</strong>${
        why ? html` <span class="soft">${lookUp(`odd.${why}`)}</span>` : nothing
      }<br><span dir="auto" class="lines-kept">${text}</span></li>`,
  )}</ul>
    ${total > lines.length ? html`<p class="small soft">${t('odd.more', { n: total - lines.length })}</p>` : nothing}`;
}

function changedList(changed: readonly { before: string; now: string; at: string }[]) {
  return html`<ul class="stack-close">${changed.map(
    ({ before, now, at }) =>
      html`<li class="small"><strong>${at.replace('T', ' ')}</strong><br><span dir="auto">${t('odd.was', {
        text: before || t('odd.nothing'),
      })}</span><br><span dir="auto">${t('odd.now', { text: now || t('odd.nothing') })}</span></li>`,
  )}</ul>`;
}

/** An email's headers, decoded and raw. */
export function headersView(
  stage: Stage,
  { headers, raw_headers }: { headers: { name: string; read: string }[]; raw_headers: string },
) {
  const expanded = Boolean(stage.local.headers);
  const body = () => html`<h2>${t('mail.read')}</h2><dl class="facts">${headers.map(
    ({ name, read: decoded }) => html`<div><dt>${name}</dt><dd dir="auto" class="lines-kept">${decoded}</dd></div>`,
  )}</dl>
    <h2>${t('mail.raw')}</h2><pre class="raw" tabindex="0" aria-label=${t('mail.raw')}>${raw_headers}</pre>`;
  return html`<div class="rows"><div>${row({
    title: t('mail.headers'),
    subtitle: String(headers.length),
    icon: 'list',
    expanded,
    body: expanded ? body() : nothing,
    onClick: () => stage.set({ headers: !expanded }),
  })}</div></div>`;
}
