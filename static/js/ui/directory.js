/**
 * Who can be rung, texted or signed to; works offline. The rows are data (directory_rows.js); this says which are for
 * whom, and who answers at this minute, whatever zone the phone is in.
 */
import { DIRECTORY, ZONE } from './directory_rows.js';

/** @typedef {import('./directory_rows.js').Way} Way */
/** @typedef {import('./directory_rows.js').Service} Service */
/** @typedef {'always'|'open'|'closed'|'unknown'} Standing */

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * The rows for one way of talking and one nation, '' for any. Silent calls are left out for those who cannot hear the prompts.
 * @param {Way} way
 * @param {string} [nation]
 * @returns {readonly Service[]}
 */
export const servicesFor = (way, nation = '') =>
  DIRECTORY.filter((service) => service.ways.includes(way) && (!nation || service.nations.includes(nation)));

/**
 * Whether somebody answers now.
 * @param {Service} service
 * @param {number} now ms UTC
 * @returns {Standing}
 */
export function standing(service, now) {
  if (service.openings === null) return 'always';
  if (!service.openings.length) return 'unknown';
  const { day, minute } = clockThere(now);
  return service.openings.some((one) => one.days.includes(day) && one.start <= minute && minute < one.end)
    ? 'open'
    : 'closed';
}

/** Day of the week (0 is Monday) and minute of the day where the services are. @param {number} now */
function clockThere(now) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (/** @type {string} */ type) => parts.find((one) => one.type === type)?.value ?? '';
  return { day: DAYS.indexOf(part('weekday')), minute: Number(part('hour')) * 60 + Number(part('minute')) };
}
