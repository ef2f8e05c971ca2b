/** Times, sizes and numbers as a person says them, in British English. Pure. */
import { localAt, phoneZone } from '../record/times.js';
import { t } from './strings.js';

/** @typedef {import('./app.d.ts').Occurred} Occurred */

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
// The local text is read as if it were UTC, so that what the person chose is shown wherever they are now.
const DAY = format({ weekday: 'long', day: 'numeric', month: 'long' });
const DAY_YEAR = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const SHORT = format({ day: 'numeric', month: 'short', year: 'numeric' });

/** @param {string} local */
const asDate = (local) => new Date(`${local.slice(0, 10)}T00:00:00Z`);

/**
 * The time of day at `at`, on this phone.
 * @param {number} at ms UTC
 * @returns {string} `14:03`
 */
export function clockTime(at) {
  return localAt(at, phoneZone()).slice(11);
}

/**
 * The day of `at`, on this phone.
 * @param {number} at ms UTC
 * @returns {string} `3 Nov 2026`
 */
export function day(at) {
  return SHORT.format(asDate(localAt(at, phoneZone())));
}

/**
 * A day as a heading: today and yesterday by name.
 * @param {string} date `2026-11-03`
 * @param {number} now ms UTC
 * @returns {string}
 */
export function dayHeading(date, now) {
  const today = localAt(now, phoneZone()).slice(0, 10);
  const before = new Date(asDate(today).getTime() - 86_400_000).toISOString().slice(0, 10);
  if (date === today) return `Today, ${DAY.format(asDate(date))}`;
  if (date === before) return `Yesterday, ${DAY.format(asDate(date))}`;
  return (date.slice(0, 4) === today.slice(0, 4) ? DAY : DAY_YEAR).format(asDate(date));
}

/**
 * The local date an entry is filed under, or '' when its time is not known.
 * @param {Occurred} occurred
 * @returns {string}
 */
export function dateOf(occurred) {
  return occurred.precision === 'unknown' ? '' : (occurred.occurred_local ?? '').slice(0, 10);
}

/**
 * The time within its day, as exact as it was told: `21:10`, `about 21:10`, `evening`, '' for a whole day.
 * @param {Occurred} occurred
 * @returns {string}
 */
export function timeOfDay(occurred) {
  const local = occurred.occurred_local ?? '';
  if (occurred.precision === 'minute' || occurred.precision === 'exact') return local.slice(11, 16);
  if (occurred.precision === 'hour') return `about ${local.slice(11, 16)}`;
  if (occurred.precision === 'part_of_day') return local.slice(11).replace('_', ' ');
  if (occurred.precision === 'date_range') return `until ${SHORT.format(asDate(local.slice(11) || local))}`;
  return '';
}

/**
 * The whole of when, in one line.
 * @param {Occurred} occurred
 * @returns {string}
 */
export function whenWords(occurred) {
  const date = dateOf(occurred);
  if (!date) return t('entries.unknown_day');
  const long = DAY_YEAR.format(asDate(date));
  const time = timeOfDay(occurred);
  return time ? `${long}, ${time}` : long;
}

/**
 * A size for people: `3.1 MB`.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, by] = bytes < 1e6 ? ['KB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  const n = bytes / Number(by);
  return `${n >= 10 ? Math.round(n) : n.toFixed(1)} ${unit}`;
}
