/** The choice of the language of the screens. Text in the diary stays in the language it was written in. */
import { html, nothing } from '../../shell/html.js';
import { errorSummary, heading } from '../../components/parts.js';
import { isDraftLanguage } from '../../shell/language.js';
import { t } from '../../shell/strings.js';
import { languageChips } from '../../components/forms/language_chips.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

function languagesView(stage: Stage) {
  return html`<div class="stack-wide">${heading(t('lang.title'))}${errorSummary(stage)}
    ${languageChips(stage, t('lang.legend'))}
    ${isDraftLanguage() ? html`<p class="care">${t('lang.draft')}</p>` : nothing}
    <p class="soft">${t('lang.yours')}</p><p class="soft small">${t('lang.pack')}</p></div>`;
}

export const views = { languages: languagesView };
