/** Everything that was saved of an entry, oldest first: nothing is overwritten, so nothing is missing here. */
import { html, nothing } from './html.js';
import { label } from './card_bodies.js';
import { clockTime, day, whenWords } from './say.js';
import { knows, t } from './strings.js';

/** @typedef {import('./app.d.ts').Entry} Entry */
/** @typedef {import('./app.d.ts').Change} Change */

/** Which list a field's codes come from, and what the screen calls the field. @type {Record<string, [string, string|null]>} */
const NAMES = {
  narrative: ['add.title', null], behaviours: ['entry.kind', 'behaviours'], behaviours_text: ['entry.kind', null], who: ['entry.who', null],
  place_category: ['entry.where', 'places'], place_category_text: ['entry.where', null], place_detail: ['entry.detail', null],
  feelings_then: ['entry.feelings', 'feelings'], feelings_then_text: ['entry.effect', null], feared_violence: ['entry.fear', 'fear'], feared_violence_text: ['entry.fear', null],
  attachment_ids: ['entry.files', null], note: ['entry.note', null],
};
const TIME = new Set(['occurred_start', 'occurred_end', 'tz', 'utc_offset_min', 'time_source', 'precision']);

/**
 * A value as words.
 * @param {string} field @param {any} value
 * @returns {string}
 */
export function valueWords(field, value) {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length)) return t('history.blank');
  const list = NAMES[field]?.[1];
  if (Array.isArray(value)) return field === 'attachment_ids' ? String(value.length) : value.map((code) => (list ? label(list, code) : String(code))).join(', ');
  return list ? label(list, value) : String(value);
}

/** The changes a person can read: the parts of a time are one change, and our own book-keeping is none. @param {readonly Change[]} changes */
export function readable(changes) {
  const known = changes.filter((one) => one.field in NAMES);
  const time = changes.find((one) => one.field === 'occurred_local');
  const moved = time ?? changes.find((one) => TIME.has(one.field));
  return { known, time: time ?? null, moved: Boolean(moved) };
}

/** @param {Entry} entry */
export function history(entry) {
  // The first version is the last one saved in its ten minutes; those before it were on the way there.
  const settled = entry.versions.filter((one) => one.kind === 'first').at(-1);
  return html`<ol class="history stack">${entry.versions.map((version) => {
    const name = version.kind === 'first' && version !== settled ? 'history.settling' : `history.${version.kind}`;
    const { known, time, moved } = readable(version.changes);
    return html`<li class="stack-close">
      <p><strong>${t(name)}</strong> <span class="small soft">${day(version.at)}, ${clockTime(version.at)}${version.by ? ` · ${t('history.by', { by: version.by })}` : ''}</span></p>
      ${version.reason ? html`<p class="small" dir="auto">${t('history.reason', { reason: version.reason })}</p>` : nothing}
      ${moved && version.fields ? html`<p class="small">${t('entry.when')}: ${whenWords(/** @type {any} */ (version.fields))}${time?.old ? html` <span class="was">(${t('history.was', { old: time.old })})</span>` : nothing}</p>` : nothing}
      ${known.map((one) => html`<div><p class="small soft">${t(knows(NAMES[one.field]?.[0] ?? '') ? /** @type {any} */ (NAMES[one.field])[0] : 'entry.title')}</p>
        ${version.kind === 'amendment' ? html`<p class="was" dir="auto">${t('history.was', { old: valueWords(one.field, one.old) })}</p><p dir="auto" class="narrative-small">${t('history.now', { new: valueWords(one.field, one.new) })}</p>`
      : html`<p dir="auto" class="narrative-small">${valueWords(one.field, one.new)}</p>`}</div>`)}
    </li>`;
  })}</ol>`;
}
