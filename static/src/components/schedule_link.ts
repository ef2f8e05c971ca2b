/** The row on an entry that opens its messages and calls. */
import { html } from '../shell/html.js';
import { row } from './parts.js';
import { t, tn } from '../shell/strings.js';
import './words.js';
import type { Entry } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';

export function scheduleRow(stage: Stage, entry: Entry) {
  const { count, schedule_id: id } = entry.fields;
  const subtitle = id && Number.isSafeInteger(count) ? tn('sched.some', count) : null;
  return html`<div class="rows"><div>${row({
    title: t('sched.open'),
    subtitle,
    icon: 'list',
    onClick: () => stage.go({ name: 'schedule', record: entry.record }),
  })}</div></div>`;
}
