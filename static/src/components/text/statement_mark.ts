/** How a witness's statement is marked. */
import { objectOf } from '../../record/reading.js';
import { nothing, html } from '../../shell/html.js';
import { receivedText } from '../../record/witness.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Fields } from '../../record/reading.js';

/** A note that a statement is somebody else's, and its text before the keeper changed it. */
export function statementMark(fields: Fields) {
  const arrived = objectOf(fields, 'arrived');
  if (!Object.keys(arrived).length) return nothing;
  const verified = arrived.verified ?? null;
  const original = receivedText(fields);
  return html`<div class="${verified === false ? 'care' : 'note'} stack-close written"
    data-verified=${String(verified)}><p><strong>${t(
      verified === true ? 'wit.mark' : verified === null ? 'wit.mark_unknown' : 'wit.mark_unchecked',
    )}</strong></p>
    ${original ? html`<p>${t('wit.mark_changed')}</p><p class="narrative" dir="auto">${original}</p>` : nothing}</div>`;
}
