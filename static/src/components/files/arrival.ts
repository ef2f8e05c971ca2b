/** What became of the files that another app shared, on the page that opens for them. */
import { html, nothing } from '../../shell/html.js';
import { problemSentence } from '../parts.js';
import { t, tn } from '../../shell/strings.js';
import type { Stage } from '../../shell/stage.js';

/**
 * @param isFresh true before this phone has a password. A locked phone names no file, because anyone who holds it can
 * read the page.
 */
export function arrivalNotice({ state }: Stage, { isFresh = false }: { isFresh?: boolean } = {}) {
  const { arrival } = state;
  if (!arrival) return nothing;
  const { added, isClosed, refused } = arrival;
  // The notebook, and another tab, do not say that something can be opened.
  if (isClosed) return notice(t(state.phase === 'locked' ? 'arrival.closed' : 'arrival.nothing_added'));
  if (!added && !refused.length)
    return state.picture?.files.length ? nothing : notice(t(isFresh ? 'arrival.none_yet' : 'arrival.none'));
  const reasons = isFresh
    ? refused
    : [...new Set(refused.map(({ sentence }) => sentence))].map((sentence) => ({ name: '', sentence }));
  return html`${isFresh && added ? html`<p role="status">${tn('arrival.added', added)}</p>` : nothing}
    ${
      refused.length
        ? html`<div class="error-summary" role="alert">
      <p><strong>${tn('arrival.refused', refused.length)}</strong></p>
      ${reasons.map(
        ({ name, sentence }) =>
          html`<p>${name ? html`<strong><bdi>${name}</bdi></strong>: ` : nothing}${problemSentence({ sentence })}</p>`,
      )}</div>`
        : nothing
    }`;
}

function notice(text: string) {
  return html`<p class="care" role="alert">${text}</p>`;
}
