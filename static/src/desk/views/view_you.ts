/** The advocate's own page: nine words to read out, the name clients see, language, leaving. */
import { chips } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { LANGUAGES, isDraftLanguage } from '../../shell/language.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { qr } from '../../components/qr.js';
import { t } from '../../shell/strings.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import '../words.js';
import '../../features/settings/words.js';
import type { Stage } from '../types.js';

export function nineWords(stage: Stage) {
  const words = stage.find('nine', () => stage.app.ownWords()).data;
  return html`<section class="card stack"><h2>${t('desk.nine')}</h2><p>${t('desk.nine_lead')}</p>
    ${
      words
        ? html`<ol class="desk-nine" translate="no" lang="en" dir="ltr">${words
            .split(' ')
            .map((word) => html`<li>${word}</li>`)}</ol>${qr(words.toUpperCase(), t('desk.nine_qr'))}`
        : html`<p role="status">${t('frame.loading')}</p>`
    }</section>`;
}

function youPage(stage: Stage) {
  const { state } = stage;
  const name = state.you?.name ?? '';
  const organisation = state.you?.organisation ?? '';
  return html`<div class="stack-wide">${heading(t('desk.you'))}${errorSummary(stage)}
    ${nineWords(stage)}
    <dl class="facts card"><div><dt>${t('desk.as')}</dt><dd><bdi>${name}</bdi>, <bdi>${organisation}</bdi></dd></div>
      <div><dt>${t('desk.login')}</dt><dd dir="ltr">${stage.app.login()}</dd></div></dl>
    ${languageField(stage)}
    <div>${button(t('desk.leave'), () => confirmLeave(stage, organisation), { plain: true, icon: 'out' })}</div></div>`;
}

function languageField(stage: Stage) {
  return html`${chips({
    name: 'language',
    legend: t('desk.language'),
    chosen: [stage.state.language],
    onChange: (code) => void stage.app.setLanguage(code),
    choices: LANGUAGES.map(([code, name]) => [code, html`<span lang=${code}>${name}</span>`]),
  })}
    ${isDraftLanguage() ? html`<p class="care small">${t('lang.draft')}</p>` : nothing}`;
}

const confirmLeave = (stage: Stage, organisation: string) =>
  openWordsSheet(stage, {
    title: t('desk.leave'),
    lead: t('desk.leave_ask', { organisation }),
    go: t('desk.leave_do'),
    label: t('desk.words'),
    onSubmit: (words) => stage.app.leaveOrganisation({ words }),
  });

export const views = { you: youPage };
