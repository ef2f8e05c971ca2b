/**
 * Six pictures to begin without reading. Each sets what kind of thing it was and how it came, where a picture can know
 * that, and nothing else: the words stay the keeper's.
 */
import { html, svg } from './html.js';
import { icon } from './icons.js';
import { t } from './strings.js';
import './strings_cards.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {keyof typeof PICTURES} Picture */

const PICTURES = {
  call: svg`<path d="M13 9c2-2 5-2 6.500 1l2.500 5c1 2-.5 4-2.500 5.500 1.500 5 6 9.500 11 11 1.500-2 3.500-3.500 5.500-2.500l5 2.500c3 1.500 3 4.500 1 6.500-5 5-15 2.500-22-4.500S8 14 13 9Z"/><path d="M29 10c5 0 9 4 9 9M29 4.500C37 4.500 43.500 11 43.500 19"/>`,
  message: svg`<path d="M7 9h34v24H21l-9 8v-8H7z"/><path d="M14 17h20M14 25h13"/>`,
  followed: svg`<circle cx="32" cy="9" r="4"/><path d="M32 13v13l5 14M32 26l-6 13M32 17l-6 6M32 17l7 5"/><circle cx="13" cy="14" r="3"/><path d="M13 17v10l4 11M13 27l-5 10" stroke-dasharray="3 3"/>`,
  door: svg`<path d="M9 43V7h22v36M4 43h40"/><path d="M25.500 25v.01" stroke-width="4"/><circle cx="39" cy="19" r="3.500"/><path d="M39 23v11l3.500 9M39 34l-3.500 9"/>`,
  posted: svg`<rect x="7" y="6" width="34" height="36" rx="4"/><path d="m12 33 8-8 6 5 5-4 6 6M16 15h16"/><circle cx="33" cy="21" r="2.500"/>`,
  damaged: svg`<path d="M6 8h36v32H6z"/><path d="m27 8-6 11 7 4-9 8 3 9M21 19l-9 3M28 23l8-4"/>`,
};
/** What each sets; `at my door` and `damaged` say nothing of how it came. @type {Record<Picture, {behaviours: string[], channel: string|null, place_category?: string}>} */
export const PRESETS = {
  call: { behaviours: ['calls'], channel: 'phone_call' },
  message: { behaviours: ['chat_messages'], channel: null },
  followed: { behaviours: ['follow'], channel: 'in_person' },
  door: { behaviours: ['turn_up_home'], channel: 'in_person', place_category: 'outside_home' },
  posted: { behaviours: ['posts_about_me'], channel: null },
  damaged: { behaviours: ['damage_property'], channel: null },
};
const NAMES = /** @type {Picture[]} */ (Object.keys(PICTURES));

/** The picture whose answers the draft holds, if any. @param {Record<string, any>} fields @returns {Picture|null} */
export function pictureOf(fields) {
  return NAMES.find((name) => Array.isArray(fields['behaviours']) && fields['behaviours'][0] === PRESETS[name].behaviours[0] && fields['behaviours'].length === 1) ?? null;
}

/** @param {Stage} stage */
export function beginWith(stage) {
  const chosen = pictureOf(stage.state.draft?.fields ?? {});
  /** @param {Picture} name */
  const choose = (name) => {
    const blank = { behaviours: null, channel: null, place_category: null };
    stage.app.putDraft({ fields: name === chosen ? blank : { ...blank, ...PRESETS[name] } });
  };
  return html`<div class="stack-close" role="group" aria-labelledby="begin-title">
    <p class="label" id="begin-title">${t('begin.title')}</p>
    <div class="begin">${NAMES.map((name) => html`<button type="button" class="begin-one" aria-pressed=${String(name === chosen)} @click=${() => choose(name)}>
      <svg width="44" height="44" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${PICTURES[name]}</svg>
      <span>${t(`begin.${name}`)}${name === chosen ? icon('tick', 16) : ''}</span></button>`)}</div></div>`;
}
