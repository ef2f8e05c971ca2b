/** How many it was and the list of them: the count stands with the entry, the rows in a record of their own. */
import { html } from '../../shell/html.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Card } from './card.js';

/** What is typed in the card and not saved is kept while the list is looked at. */
export function scheduleField(card: Card) {
  return html`<div>${button(t('sched.open'), () => card.stage.go({ name: 'schedule', record: card.entry.record }), {
    icon: 'list',
    plain: true,
  })}</div>`;
}
