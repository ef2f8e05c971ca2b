/** What the places about advocates share: what one can do, the keeper's own nine words, and what a grant shows. */
import { html, nothing } from './html.js';
import { row, waiting } from './parts.js';
import { qr } from './qr.js';
import { t, tn } from './strings.js';
import './strings_advocates.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').LetIn} LetIn */

/** What an advocate can and cannot do. */
export function whatItIs() {
  return html`<div class="pair"><div class="stack-close"><h2>${t('adv.can')}</h2><ul class="points">${['read', 'ask', 'pack'].map((one) => html`<li>${t(`adv.can_${one}`)}</li>`)}</ul></div>
    <div class="stack-close"><h2>${t('adv.cannot')}</h2><ul class="points">${['change', 'note', 'rest', 'who'].map((one) => html`<li>${t(`adv.cannot_${one}`)}</li>`)}</ul></div></div>
    <p>${t('adv.copies')}</p><p class="care">${t('adv.nobody')}</p>`;
}

/** @param {Stage} stage */
export function ownWords(stage) {
  const shown = Boolean(stage.local.own);
  const words = shown ? stage.find('own-words', () => stage.app.ownWords()).data : null;
  return html`<div class="rows"><div>${row({
    title: t('adv.own_show'),
    icon: 'key',
    expanded: shown,
    on: () => stage.set({ own: !shown }),
    body: shown
      ? html`<p>${t('adv.own_lead')}</p>${words ? html`${nineWords(words)}${qr(words.toUpperCase(), t('adv.own_code'))}` : waiting()}`
      : nothing,
  })}</div></div>`;
}

/** Nine words with their numbers. @param {string} words */
function nineWords(words) {
  return html`<ol class="word-grid eight-words" lang="en" dir="ltr">${words.split(' ').map((word) => html`<li>${word}</li>`)}</ol>`;
}

/** What a grant shows, in words. @param {Stage} stage @param {Pick<LetIn['said'], 'scope'>} said */
export function scopeSaid(stage, { scope }) {
  if ('all' in scope) return t('adv.sees_all');
  if ('records' in scope) return tn('adv.sees_some', scope.records.length);
  const cases = stage.find('records:case', () => stage.app.readRecords('case')).data ?? [];
  const title = cases.find(({ record }) => record === scope.case)?.fields['title'];
  return title ? t('adv.sees_case_named', { case: title }) : t('adv.sees_case');
}
