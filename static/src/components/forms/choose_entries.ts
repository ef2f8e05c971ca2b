/** Tick boxes to choose entries. */
import { html } from '../../shell/html.js';
import { checkbox } from './fields.js';
import { t } from '../../shell/strings.js';
import { entryNumber, whenWords } from '../text/say.js';
import type { Stage } from '../../shell/stage.js';

/**
 * A tick box for each entry, stored in `local.records`.
 * @param allowed the records that may be chosen; null for all
 */
export function choosingEntries(stage: Stage, among: ReadonlySet<string> | null = null) {
  const records = (stage.local.records ?? []) as string[];
  const tick = (record: string, on: boolean) =>
    stage.set({ records: on ? [...records, record] : records.filter((other) => other !== record) });
  return html`<ul class="rows ticks">${stage.state.entries
    .filter(({ record }) => !among || among.has(record))
    .map(
      (row) =>
        html`<li>${checkbox({
          id: `pick-${row.record}`,
          checked: records.includes(row.record),
          on: (on) => tick(row.record, on),
          label: html`<span class="small soft">${entryNumber(row.seq_no)} · ${whenWords(row.occurred)}</span><br><span
            dir="auto">${row.title || t('entries.no_words')}</span>`,
        })}</li>`,
    )}</ul>`;
}
