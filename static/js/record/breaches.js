/** When a term of an order can be said to have been broken: only after the order had been given to the other person. */
import { wholeOf } from './reading.js';
import { instantsOf } from './times.js';

/** @typedef {import('./reading.js').Fields} Fields */
/** @typedef {'in_force'|'expired'|'not_served'|'unknown_served'|'unknown_when'} Standing */

const DAY = 24 * 60 * 60 * 1000;

/**
 * How an order stood when an incident happened. A day is whole: on the day it was given to them a term may have been
 * broken, on the day it ended it still may.
 * @param {Fields} order @param {Fields} incident
 * @returns {Standing}
 */
export function standingOf(order, incident) {
  const start = wholeOf(incident, 'occurred_start');
  if (start === null) return 'unknown_when';
  const last = (wholeOf(incident, 'occurred_end') ?? start + 1) - 1;
  const tz = typeof incident['tz'] === 'string' && incident['tz'] ? incident['tz'] : 'Europe/London';
  const served = dayStart(order['served_on'], tz);
  if (served === null) return 'unknown_served';
  if (last < served) return 'not_served';
  const expires = dayStart(order['expires_on'], tz);
  return expires !== null && start >= expires + DAY ? 'expired' : 'in_force';
}

/** @param {unknown} day `2026-11-03`, or ms UTC @param {string} tz @returns {number|null} */
function dayStart(day, tz) {
  if (typeof day === 'number' && Number.isSafeInteger(day)) return day;
  if (typeof day !== 'string') return null;
  try {
    return instantsOf(day.slice(0, 10), tz)[0] ?? null;
  } catch {
    return null;
  }
}
