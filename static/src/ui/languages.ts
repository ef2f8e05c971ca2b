/** Choosing the language of the screens. What is written in the diary stays in whatever language it was written in. */
import { html, nothing } from './html.js';
import { errorSummary, heading } from './parts.js';
import { isDraftLanguage } from './language.js';
import { t } from './strings.js';
import './strings_language.js';
import { languageChips } from './language_chips.js';
import type { Stage } from './stage.js';

function languages(stage: Stage) {
  return html`<div class="stack-wide">${heading(t('lang.title'))}${errorSummary(stage)}
    ${languageChips(stage, t('lang.legend'))}
    ${isDraftLanguage() ? html`<p class="care">${t('lang.draft')}</p>` : nothing}
    <p class="soft">${t('lang.yours')}</p><p class="soft small">${t('lang.pack')}</p></div>`;
}

export const views = { languages };
