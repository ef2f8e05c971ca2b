/**
 * The services that a person can ring, text or sign to; works offline. The rows are data (directory_rows.js). This
 * module selects rows and works out who answers now, whatever time zone the phone is in.
 */
import { DIRECTORY, ZONE } from './directory_rows.js';
import type { Service, Way } from './directory_rows.js';

type AvailabilityState = 'always' | 'open' | 'closed' | 'unknown';

const NATION_COUNT = 4;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Help shows these first, whatever the way and the nation; the list says the rest about 55 and texts. */
const FIRST_IDS = ['999', '999bsl'];
/** The emergency services. Help does not name them as somebody to talk to. */
const EMERGENCY_IDS = [...FIRST_IDS, 'silent', 'esms', 'relay'];
const TALK_NOW_LIMIT = 3;

/** Return whether the service is the emergency services, under one of their numbers. */
export const isEmergency = ({ id }: Service) => EMERGENCY_IDS.includes(id);

/** Return the service with this id of the table. */
export function serviceOf(id: string): Service {
  const service = DIRECTORY.find((entry) => entry.id === id);
  if (!service) throw new RangeError(`no service ${id}`);
  return service;
}

/**
 * Return who answers now, and the other services in the order of the table; for BSL, those for Deaf people first.
 * Without a nation, who answers now is only who answers in every nation.
 * @param now ms UTC
 * @param young whether services for young people come first
 */
export function talkNowAndOthers(way: Way, nation: string, now: number, young: boolean) {
  const services = servicesFor(way, nation).filter(({ id }) => !FIRST_IDS.includes(id));
  const answering = services.filter(
    (service) =>
      !isEmergency(service) &&
      services.find(({ number }) => number === service.number) === service && // not two rows of one helpline
      service.kind !== 'web' &&
      service.people.some((person) => person === 'anyone' || (young && person === 'young')) &&
      (nation || service.nations.length === NATION_COUNT) &&
      ['always', 'open'].includes(availabilityOf(service, now)),
  );
  const isForYoung = (service: Service) => young && service.people.includes('young');
  const talkNow = [...answering.filter(isForYoung), ...answering.filter((service) => !isForYoung(service))].slice(
    0,
    TALK_NOW_LIMIT,
  );
  const others = services.filter((service) => !talkNow.includes(service));
  const isForDeaf = ({ people }: Service) => way === 'bsl' && people.includes('deaf');
  return { talkNow, others: [...others.filter(isForDeaf), ...others.filter((service) => !isForDeaf(service))] };
}

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
