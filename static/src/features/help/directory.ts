/**
 * The services that a person can ring, text or sign to; works offline. The rows are data (directory_rows.js). This
 * module selects rows and works out who answers now, whatever time zone the phone is in.
 */
import { DIRECTORY, ZONE } from './directory_rows.js';
import type { Service, Way } from './directory_rows.js';

type AvailabilityState = 'always' | 'open' | 'closed' | 'unknown';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

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
export function availabilityOf(service: Service, now: number): AvailabilityState {
  if (service.openings === null) return 'always';
  if (!service.openings.length) return 'unknown';
  const { day, minute } = serviceClock(now);
  return service.openings.some(
    (opening) => opening.days.includes(day) && opening.start <= minute && minute < opening.end,
  )
    ? 'open'
    : 'closed';
}

/** Return the day of the week (0 is Monday) and the minute of the day in ZONE. */
function serviceClock(now: number) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const partValue = (type: string) => parts.find((datePart) => datePart.type === type)?.value ?? '';
  return {
    day: WEEKDAYS.indexOf(partValue('weekday')),
    minute: Number(partValue('hour')) * 60 + Number(partValue('minute')),
  };
}
