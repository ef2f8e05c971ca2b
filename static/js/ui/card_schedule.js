/** How many it was and the list of them: the count stands with the entry, the rows in a record of their own. */
import { html, nothing } from './html.js';
import { linkName } from './card_links.js';
import { t } from './strings.js';

/** @typedef {import('./cards.js').Card} Card */

/** @param {Card} card */
export function scheduleField(card) {
  const id = card.value('schedule_id');
  return id ? html`<p>${t('f.schedule_id')}: ${linkName(card.stage, 'schedule', String(id))}</p>` : nothing;
}
