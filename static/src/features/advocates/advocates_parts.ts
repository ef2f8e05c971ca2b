/** Parts shared by the advocate pages: what an advocate can do, the keeper's own nine words, a grant's scope. */
import { html, nothing } from '../../shell/html.js';
import { row, loading } from '../../components/parts.js';
import { qr } from '../../components/qr.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import './words.js';
import type { GrantView } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** List what an advocate can and cannot do. */
export function abilitiesList() {
  return html`<div class="pair"><div class="stack-close"><h2>${t('adv.can')}</h2><ul class="points">${[
    'read',
    'ask',
    'pack',
  ].map((key) => html`<li>${lookUp(`adv.can_${key}`)}</li>`)}</ul></div>
    <div class="stack-close"><h2>${t('adv.cannot')}</h2><ul class="points">${['change', 'note', 'rest', 'who'].map(
      (key) => html`<li>${lookUp(`adv.cannot_${key}`)}</li>`,
    )}</ul></div></div>
    <p>${t('adv.copies')}</p><p class="care">${t('adv.nobody')}</p>`;
}

export function ownWordsRow(stage: Stage) {
  const isShown = Boolean(stage.local.own);
  const words = isShown ? stage.find('own-words', () => stage.app.ownWords()).data : null;
  return html`<div class="rows"><div>${row({
    title: t('adv.own_show'),
    icon: 'key',
    expanded: isShown,
    onClick: () => stage.set({ own: !isShown }),
    body: isShown
      ? html`<p>${t('adv.own_lead')}</p>${
          words ? html`${nineWordsList(words)}${qr(words.toUpperCase(), t('adv.own_code'))}` : loading()
        }`
      : nothing,
  })}</div></div>`;
}

/** Render nine words as a numbered list. */
function nineWordsList(words: string) {
  return html`<ol class="word-grid eight-words" lang="en" dir="ltr">${words
    .split(' ')
    .map((word) => html`<li>${word}</li>`)}</ol>`;
}

/** Return a grant's scope as a sentence. */
export function scopeText(stage: Stage, { scope }: Pick<GrantView['said'], 'scope'>) {
  if ('all' in scope) return t('adv.sees_all');
  if ('records' in scope) return tn('adv.sees_some', scope.records.length);
  const cases = stage.find('records:case', () => stage.app.readRecords('case')).data ?? [];
  const title = cases.find(({ record }) => record === scope.case)?.fields.title;
  return title ? t('adv.sees_case_named', { case: title }) : t('adv.sees_case');
}
