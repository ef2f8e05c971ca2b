/**
 * Six pictures, so that the keeper can begin without reading. Each sets the kind of behaviour and the channel where a
 * picture can show them, and nothing else: the keeper writes all the words.
 */
import { html, nothing, svg } from '../../shell/html.js';
import { button } from '../../components/parts.js';
import { labelOf, loadVocabulary } from '../../components/text/labels.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { Fields } from '../../shell/app.js';

type PictureCode = keyof typeof PICTURES;

const PICTURES = {
  call: svg`<path d="M13 9c2-2 5-2 6.500 1l2.500 5c1 2-.5 4-2.500 5.500 1.500 5 6 9.500 11 11 1.500-2
    3.500-3.500 5.500-2.500l5 2.500c3 1.500 3 4.500 1 6.500-5 5-15 2.500-22-4.500S8 14 13 9Z"/><path
    d="M29 10c5 0 9 4 9 9M29 4.500C37 4.500 43.500 11 43.500 19"/>`,
  message: svg`<path d="M7 9h34v24H21l-9 8v-8H7z"/><path d="M14 17h20M14 25h13"/>`,
  followed: svg`<circle cx="32" cy="9" r="4"/><path d="M32 13v13l5 14M32 26l-6 13M32 17l-6 6M32 17l7 5"/><circle
    cx="13" cy="14" r="3"/><path d="M13 17v10l4 11M13 27l-5 10" stroke-dasharray="3 3"/>`,
  at_my_door: svg`<path d="M9 43V7h22v36M4 43h40"/><path d="M25.500 25v.01" stroke-width="4"/><circle cx="39" cy="19"
    r="3.500"/><path d="M39 23v11l3.500 9M39 34l-3.500 9"/>`,
  posted: svg`<rect x="7" y="6" width="34" height="36" rx="4"/><path d="m12 33 8-8 6 5 5-4 6 6M16 15h16"/><circle
    cx="33" cy="21" r="2.500"/>`,
  damaged: svg`<path d="M6 8h36v32H6z"/><path d="m27 8-6 11 7 4-9 8 3 9M21 19l-9 3M28 23l8-4"/>`,
};
/** What may be going on while the keeper writes. */
const MAY_BE_NOW = new Set(['followed', 'at_my_door']);
const SET_FIELDS = ['behaviours', 'channel', 'place_category'];

const matchesFields = (sets: Fields, fields: Fields) =>
  SET_FIELDS.every((name) => JSON.stringify(sets[name] ?? null) === JSON.stringify(fields[name] ?? null));

export function startPictures(stage: Stage) {
  const list = loadVocabulary(stage)?.begin_pictures;
  if (!list) return nothing;
  const fields = stage.state.draft?.fields ?? {};
  const mayBeNow = list.codes.some(
    ({ code, sets }) => MAY_BE_NOW.has(code) && matchesFields((sets ?? {}) as Fields, fields),
  );
  const cleared = Object.fromEntries(SET_FIELDS.map((name) => [name, null]));
  return html`<div class="stack-close" role="group" aria-labelledby="begin-title">
    <p class="label" id="begin-title">${t('begin.title')}</p>
    <div class="begin">${list.codes.map((option) => {
      const { sets = {} } = option as { sets?: Fields };
      const isChosen = matchesFields(sets, fields);
      return html`<button type="button" class="begin-one" aria-pressed=${String(isChosen)} @click=${() =>
        stage.app.putDraft({ fields: isChosen ? cleared : { ...cleared, ...sets } })}>
        <svg width="44" height="44" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5"
          stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
            focusable="false">${PICTURES[option.code as PictureCode]}</svg>
        <span>${labelOf(option)}</span></button>`;
    })}</div>
    <div role="status">${
      mayBeNow
        ? html`<div class="care row apart"><p>${t('begin.now')}</p>${button(t('begin.now_do'), () =>
            stage.goToTab('help'),
          )}</div>`
        : nothing
    }</div></div>`;
}
