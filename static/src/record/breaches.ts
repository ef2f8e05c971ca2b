/**
 * When a term of an order can be alleged to be broken: only after the order was served; twin of
 * diary/record/breaches.py.
 */
import { objectsOf, integerOf } from './reading.js';
import { instantsOf, isZone, offsetAt } from './times.js';
import { validInstant } from './record_history.js';
import type { Fields } from './reading.js';

type OrderStatus = 'in_force' | 'expired' | 'not_served' | 'unknown_served' | 'unknown_when';

const DAY = 24 * 60 * 60 * 1000;

/**
 * Return the status of an order when an incident happened. Days count whole: a term may be broken on the day of
 * service, and on the day of expiry.
 */
export function orderStatusOf(order: Fields, incident: Fields): OrderStatus {
  const start = validInstant(integerOf(incident, 'occurred_start'));
  if (start === null || incident.precision === 'unknown') return 'unknown_when';
  const lastInstant = (validInstant(integerOf(incident, 'occurred_end')) ?? start + 1) - 1;
  const tz = typeof incident.tz === 'string' && incident.tz ? incident.tz : 'Europe/London';
  const servedAt = dayStart(order.served_on, tz) ?? dayStart(order.known_on, tz);
  if (servedAt === null) return 'unknown_served';
  if (lastInstant < servedAt) return 'not_served';
  const expiresAt = dayStart(order.expires_on, tz);
  return expiresAt !== null && start >= expiresAt + DAY ? 'expired' : 'in_force';
}

/** Return whether an order could be broken when an incident happened, by its dates; true if they are not known. */
export const canBeBroken = (order: Fields, incident: Fields): boolean =>
  !['not_served', 'expired'].includes(orderStatusOf(order, incident));

/** Return the start of a day given as `2026-11-03`, as ms UTC or as a time block; null if it is not a day. */
function dayStart(day: unknown, tz: string): number | null {
  if (typeof day === 'number' && Number.isSafeInteger(day)) return day;
  if (typeof day === 'object' && day !== null && !Array.isArray(day)) return integerOf(day as Fields, 'start');
  const match = typeof day === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(day) : null;
  const midnight = match ? Date.parse(`${match[0]}T00:00:00Z`) : NaN;
  // Date.parse may turn 30 February into a day of March, and accepts a year 0, which no calendar has.
  if (
    !match ||
    match[0].startsWith('0000') ||
    Number.isNaN(midnight) ||
    new Date(midnight).toISOString().slice(0, 10) !== match[0]
  )
    return null;
  if (!isZone(tz)) return midnight;
  // Of a repeated midnight, the first; a skipped one begins when the clocks have moved.
  return instantsOf(match[0], tz)[0] ?? midnight - offsetAt(midnight - DAY, tz) * 60_000;
}

/** Return the term of an order with that number, or undefined. */
export function termOf(order: Fields, termNumber: unknown): Fields | undefined {
  return objectsOf(order, 'terms').find(
    (term) => term.no === termNumber && termNumber !== null && termNumber !== undefined,
  );
}
