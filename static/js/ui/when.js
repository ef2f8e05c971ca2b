/** Choosing when: five chips under the text box, and five ways to be as exact as one can. */
import { html, nothing } from './html.js';
import { checkbox, chips, textField } from './fields.js';
import { seasonWords, whenWords } from './say.js';
import { t } from './strings.js';
import { fromChip, fromPicked, localAt, missing, phoneZone, seasonOf } from '../record/times.js';

/** @typedef {import('../record/times.js').TimeBlock} TimeBlock */
/** @typedef {import('../record/times.js').Picked} Picked */
/** @typedef {{chip: string|null, picked: Picked|null}} When what is chosen on screen */
/** @typedef {'just_now'|'earlier_today'|'yesterday'|'pick'|'not_sure'} Chip */

const CHIPS = /** @type {const} */ (['just_now', 'earlier_today', 'yesterday', 'pick', 'not_sure']);
const HOWS = /** @type {const} */ (['exact', 'about', 'part', 'day', 'between']);
const SPANS = /** @type {const} */ ([
  ['between', 'when.days'],
  ['month', 'when.month'],
  ['season', 'when.season'],
]);
const PARTS = /** @type {const} */ (['early_morning', 'morning', 'afternoon', 'evening', 'night']);

/**
 * The time block for what is chosen, or null while something is missing.
 * @param {When} when
 * @param {number} now ms UTC
 * @returns {TimeBlock|null}
 */
export function blockOf(when, now) {
  const tz = phoneZone();
  if (!when.chip) return null;
  if (when.chip !== 'pick') return fromChip(/** @type {any} */ (when.chip), now, tz);
  return when.picked && !missing(when.picked, now, tz) ? fromPicked(when.picked, now, tz) : null;
}

/**
 * The chips and, for "Pick a time", what they open.
 * @param {object} choice
 * @param {When} choice.when
 * @param {TimeBlock|null} choice.kept a time chosen before, shown in words until another is chosen
 * @param {boolean} choice.tried whether Save was tried, so that what is missing is said
 * @param {string} [choice.legend] what it is the time of
 * @param {(when: When) => void} choice.on
 */
export function whenField({ when, kept, tried, legend, on }) {
  const now = Date.now();
  const today = localAt(now, phoneZone()).slice(0, 10);
  /** @param {string} chip */
  const choose = (chip) =>
    on({ chip, picked: chip === 'pick' ? (when.picked ?? { how: 'about', date: today, time: '' }) : null });
  return html`<div class="stack">
    ${chips({ name: 'when', legend: legend ?? t('add.when'), choices: CHIPS.map((chip) => [chip, t(`when.${chip}`)]), chosen: [when.chip ?? ''], on: choose })}
    ${!when.chip && kept ? html`<p class="soft">${whenWords(/** @type {any} */ (kept))}</p>` : nothing}
    ${when.chip === 'pick' && when.picked ? pick(when.picked, today, now, tried, (picked) => on({ chip: 'pick', picked })) : nothing}
  </div>`;
}

/** @param {Picked} picked @param {string} today @param {number} now @param {boolean} tried @param {(picked: Picked) => void} on */
function pick(picked, today, now, tried, on) {
  const lacks = missing(picked, now, phoneZone());
  const isTimed = picked.how === 'exact' || picked.how === 'about';
  const isSpan = SPANS.some(([how]) => how === picked.how);
  // While someone is still choosing, only what they have finished wrongly is said.
  const say =
    lacks && (tried || ['future', 'early', 'order', 'skipped', 'twice'].includes(lacks))
      ? t(`when.lack_${lacks}`)
      : null;
  /** @param {Partial<Picked>} change */
  const set = (change) => on({ ...picked, second: undefined, ...change });
  const named = picked.how === 'between' ? t('when.from') : t(isSpan ? 'when.any_day' : 'when.date');
  return html`<div class="when-more">
    ${chips({ name: 'how', legend: t('when.how'), choices: HOWS.map((how) => [how, t(`when.${how}`)]), chosen: [isSpan ? 'between' : picked.how], on: (how) => set({ how: /** @type {any} */ (how) }) })}
    ${isSpan ? chips({ name: 'span', legend: t('when.span'), choices: SPANS.map(([how, key]) => [how, t(key)]), chosen: [picked.how], on: (how) => set({ how: /** @type {any} */ (how) }) }) : nothing}
    <div class="pair">
      ${textField({ id: 'when-date', label: named, type: 'date', max: today, value: picked.date, on: (date) => set({ date }) })}
      ${isTimed || picked.how === 'between' ? textField({ id: 'when-time', label: t('when.time'), type: 'time', value: picked.time ?? '', on: (time) => set({ time }) }) : nothing}
      ${
        picked.how === 'between'
          ? html`${textField({ id: 'when-until', label: t('when.until'), type: 'date', max: today, value: picked.until ?? '', on: (until) => set({ until }) })}
        ${textField({ id: 'when-until-time', label: t('when.until_time'), type: 'time', value: picked.untilTime ?? '', on: (untilTime) => set({ untilTime }) })}`
          : nothing
      }
    </div>
    ${picked.how === 'season' && !lacks ? html`<p role="status">${seasonWords(seasonOf(picked.date))}</p>` : nothing}
    ${picked.how === 'part' ? chips({ name: 'part', legend: t('when.part_which'), choices: PARTS.map((part) => [part, t(`say.part_${part}`)]), chosen: [picked.part ?? ''], on: (part) => set({ part: /** @type {any} */ (part) }) }) : nothing}
    ${picked.how === 'exact' ? checkbox({ id: 'when-stamped', label: t('when.stamped'), checked: Boolean(picked.stamped), on: (stamped) => on({ ...picked, stamped }) }) : nothing}
    ${
      lacks === 'twice' || picked.second !== undefined
        ? chips({
            name: 'twice',
            legend: t('when.twice'),
            choices: [
              ['first', t('when.first')],
              ['second', t('when.second')],
            ],
            chosen: [picked.second === undefined ? '' : picked.second ? 'second' : 'first'],
            on: (code) => on({ ...picked, second: code === 'second' }),
          })
        : nothing
    }
    ${say && lacks !== 'twice' ? html`<p class="error-line" role="status">${say}</p>` : nothing}
  </div>`;
}
