/** Tick boxes to choose entries. */
import { html } from '../../shell/html.js';
import { checkbox } from './fields.js';
import { t } from '../../shell/strings.js';
import { entryNumberText, occurredText } from '../text/formatting.js';
import type { Stage } from '../../shell/stage.js';

/**
 * A tick box for each entry, stored in `local.records`.
 * @param allowed the records that may be chosen; null for all
 */
export function entryPicker(stage: Stage, allowed: ReadonlySet<string> | null = null) {
  const records = (stage.local.records ?? []) as string[];
  const toggle = (record: string, checked: boolean) =>
    stage.set({ records: checked ? [...records, record] : records.filter((otherId) => otherId !== record) });
  return html`<ul class="rows ticks">${stage.state.entries
    .filter(({ record }) => !allowed || allowed.has(record))
    .map(
      (row) =>
        html`<li>${checkbox({
          id: `pick-${row.record}`,
          checked: records.includes(row.record),
          onChange: (checked) => toggle(row.record, checked),
          label: html`<span class="small soft">${entryNumberText(
            row.seq_no,
          )} · ${occurredText(row.occurred)}</span><br><span
            dir="auto">${row.title || t('entries.no_words')}</span>`,
        })}</li>`,
    )}</ul>`;
}
