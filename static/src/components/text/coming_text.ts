/** What is still to come of a diary, after signing in on a new device or clearing a phone. */
import { html, nothing } from '../../shell/html.js';
import { t } from '../../shell/strings.js';
import type { Coming } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The number is the server's and is shown as that: see [Note: the server's count], diary/sync/pulling.ts. */
export function comingSentence({ here, total, state }: Coming): string {
  if (state === 'offline') return t('coming.offline');
  if (state === 'stopped') return t('coming.stopped');
  return total === null ? t('coming.asking') : t('coming.count', { here, total });
}

/** Return what is still to come, and what the number means or when the rest comes; nothing once all of it is here. */
export function comingNote({ state: { account } }: Stage) {
  const coming = account?.coming;
  if (!coming) return nothing;
  const { state, total } = coming;
  const more =
    state === 'offline'
      ? t('coming.offline_more')
      : state === 'fetching' && total !== null
        ? t('coming.count_more')
        : '';
  return html`<div class="note stack-close" role="status"><p>${comingSentence(coming)}</p>${
    more ? html`<p class="small soft">${more}</p>` : nothing
  }</div>`;
}
