/**
 * The number of messages and calls, and the list of them: the entry stores the count, a separate record stores the
 * rows.
 */
import { html } from '../../shell/html.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Card } from './card.js';

/** Link to the list. Unsaved answers in the card are kept meanwhile. */
export function scheduleField(card: Card) {
  return html`<div>${button(t('sched.open'), () => card.stage.go({ name: 'schedule', record: card.entry.record }), {
    icon: 'list',
    plain: true,
  })}</div>`;
}
