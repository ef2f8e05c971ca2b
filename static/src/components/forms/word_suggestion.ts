/** Words generated on the phone, offered where new words are chosen. */
import { nothing, html } from '../../shell/html.js';
import { t } from '../../shell/strings.js';
import { button } from '../parts.js';
import type { Stage } from '../../shell/stage.js';

export function wordSuggestion(stage: Stage) {
  const { local } = stage;
  if (local.six === undefined && !local.asking) {
    local.asking = true;
    stage.app.suggestWords().then(
      (words) => {
        local.asking = false;
        stage.set({ six: words });
        showSuggestion(stage);
      },
      () => stage.set({ six: '' }),
    );
  }
  if (!local.six) return nothing;
  const words = local.six.split(' ');
  return html`<div class="stack-close">
    <ol class="word-grid" aria-label=${t('words.suggested')}>${words.map(
      (word: string) =>
        html`<li>${local.seen ? word : html`<span aria-label=${t('words.covered')}>••••••</span>`}</li>`,
    )}</ol>
    <div class="row apart">
      ${button(
        t(local.seen ? 'words.hide' : 'words.show'),
        () => (local.seen ? stage.set({ seen: false }) : showSuggestion(stage)),
        { plain: true },
      )}
      ${button(
        t('words.others'),
        () => {
          local.six = undefined;
          stage.draw();
        },
        { plain: true },
      )}
    </div></div>`;
}

/** Show the six words for ten seconds. */
export function showSuggestion(stage: Stage) {
  const { local } = stage;
  clearTimeout(local.seenTimer);
  local.seenTimer = setTimeout(() => {
    local.seen = false;
    stage.draw();
  }, 10_000);
  stage.set({ seen: true });
}
