/** Choosing the language of the screens. What is written in the diary stays in whatever language it was written in. */
import { html, nothing } from './html.js';
import { chips } from './fields.js';
import { errorSummary, heading } from './parts.js';
import { LANGUAGES, isDraftLanguage } from './language.js';
import { t } from './strings.js';
import './strings_language.js';

/** @typedef {import('./stage.js').Stage} Stage */

/** @param {Stage} stage */
function languages(stage) {
  const on = (/** @type {string} */ code) => void stage.run('language', () => /** @type {any} */ (stage.app).setLanguage(code));
  return html`<div class="stack-wide">${heading(t('lang.title'))}${errorSummary(stage)}
    ${chips({ name: 'language', legend: t('lang.legend'), chosen: [stage.state.language ?? 'en'], on,
    choices: LANGUAGES.map(([code, name]) => [code, html`<span lang=${code}>${name}</span>${code === 'en' ? nothing : html` · ${t('lang.draft_short')}`}`]) })}
    ${isDraftLanguage() ? html`<p class="care">${t('lang.draft')}</p>` : nothing}
    <p class="soft">${t('lang.yours')}</p><p class="soft small">${t('lang.pack')}</p></div>`;
}

export const views = { languages };
