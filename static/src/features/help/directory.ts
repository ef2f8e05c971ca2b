/**
 * The services that a person can ring, text or sign to; works offline. The rows are data (directory_rows.js). This
 * module selects rows and works out who answers now, whatever time zone the phone is in.
 */
import { DIRECTORY, ZONE } from './directory_rows.js';
import type { Service, Way } from './directory_rows.js';

type Standing = 'always' | 'open' | 'closed' | 'unknown';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * Return the services for one channel and one nation ('' for any). A silent call is not offered to people who cannot
 * hear its prompts.
 */
export const servicesFor = (way: Way, nation: string = ''): readonly Service[] =>
  DIRECTORY.filter((service) => service.ways.includes(way) && (!nation || service.nations.includes(nation)));

/**
 * Return whether the service answers now.
 * @param now ms UTC
 */
export function standing(service: Service, now: number): Standing {
  if (service.openings === null) return 'always';
  if (!service.openings.length) return 'unknown';
  const { day, minute } = clockThere(now);
  return service.openings.some((one) => one.days.includes(day) && one.start <= minute && minute < one.end)
    ? 'open'
    : 'closed';
}

/** Return the day of the week (0 is Monday) and the minute of the day in ZONE. */
function clockThere(now: number) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return { day: DAYS.indexOf(part('weekday')), minute: Number(part('hour')) * 60 + Number(part('minute')) };
}
