/**
 * Times in registers: a day (`2026-11-03`), or a moment as in docs/record.md, precise to the minute, day, month or
 * year. Nothing is guessed: an invalid time is reported.
 */
import { fromPicked, instantsOf, isZone, localAt, offsetAt, pickedFault } from './times.js';

/** Content of the input fields */
export type MomentInput = { date: string; time: string; how: 'day' | 'month' | 'year' };
type Moment = {
  start?: number;
  end?: number;
  local?: string;
  tz?: string;
  utc_offset_min?: number;
  precision?: string;
  source?: string;
};

const EARLIEST = '1900-01-01';

/**
 * Return what is wrong with a day, or null.
 * @param date as typed; '' for none
 */
export function dayFault(
  date: string,
  today: string,
  { future = false }: { future?: boolean } = {},
): null | 'date' | 'old' | 'future' {
  if (!date) return null;
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return 'date';
  if (date < EARLIEST || date > '2200-01-01') return 'old'; // catches the year 26, which a browser takes for 1926
  if (!instantsOf(date, 'UTC').length) return 'date';
  return !future && date > today ? 'future' : null;
}

export function momentFault(
  { date, time, how }: MomentInput,
  now: number,
  tz: string,
): null | 'date' | 'old' | 'future' | 'skipped' {
  const fault = dayFault(date, localAt(now, tz).slice(0, 10), { future: how !== 'day' });
  if (fault || !date || !time || how !== 'day') return fault;
  const problem = pickedFault({ how: 'exact', date, time, second: false }, now, tz);
  return problem === 'skipped' || problem === 'future' ? problem : problem ? 'date' : null;
}

/**
 * @param input without a fault
 * @returns null if nothing was entered
 */
export function momentOf(input: MomentInput, now: number, tz: string): Moment | null {
  const { date, time, how } = input;
  if (!date || momentFault(input, now, tz)) return null;
  if (how !== 'day') return monthOrYear(date, how, tz);
  const picked = time
    ? fromPicked({ how: 'exact', date, time, second: false }, now, tz)
    : fromPicked({ how: 'day', date }, now, tz);
  return withoutBlanks({
    start: picked.occurred_start,
    end: picked.occurred_end,
    local: picked.occurred_local,
    tz,
    utc_offset_min: picked.utc_offset_min,
    precision: picked.precision,
  });
}

/** Return a whole month or year. */
function monthOrYear(date: string, how: 'month' | 'year', tz: string): Moment {
  const [year = 0, month = 0] = date.split('-').map(Number);
  const pad = (n: number) => String(n).padStart(2, '0');
  const firstDay = how === 'month' ? `${year}-${pad(month)}-01` : `${year}-01-01`;
  const nextFirstDay =
    how === 'year' ? `${year + 1}-01-01` : month === 12 ? `${year + 1}-01-01` : `${year}-${pad(month + 1)}-01`;
  const lastDay = new Date(Date.parse(`${nextFirstDay}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
  const start = instantsOf(firstDay, tz)[0] ?? Date.parse(`${firstDay}T00:00:00Z`);
  const end = instantsOf(nextFirstDay, tz)[0] ?? Date.parse(`${nextFirstDay}T00:00:00Z`);
  return how === 'month'
    ? { start, end, local: date.slice(0, 7), tz, precision: 'month' }
    : { start, end, local: `${firstDay}/${lastDay}`, tz, precision: 'date_range' };
}

/** What a file says of when it was made (docs/record.md, `exif_summary`) */
export type FileTime = { taken_local?: unknown; offset_min?: unknown; taken_at?: unknown };

/** Tell whether a file gives a time of day without its time zone: no instant is known until a person names the zone. */
export function needsZone({ taken_local: local, offset_min: offset, taken_at: at }: FileTime): boolean {
  return typeof at !== 'number' && typeof local === 'string' && typeof offset !== 'number';
}

/**
 * Return the time in a file's metadata.
 * @param tz the zone that the person says the time is in; used only where the file does not say
 * @returns null if there is none, or if `tz` is no zone or has no such time
 */
export function fileMoment(said: FileTime, tz: string): Moment | null {
  const { taken_at: at, offset_min: offset } = said;
  const local = typeof said.taken_local === 'string' ? said.taken_local.slice(0, 16) : null;
  const source = 'file_time';
  if (needsZone(said)) {
    const [start, second] = isZone(tz) && local ? instantsOf(local, tz) : [];
    if (start === undefined || !local) return null;
    // In the hour that comes twice, nobody knows which it was.
    const precision = second === undefined ? 'minute' : 'hour';
    return { start, local, tz, utc_offset_min: offsetAt(start, tz), precision, source };
  }
  const hasOffset = local !== null && typeof offset === 'number';
  const start =
    typeof at === 'number' ? at : hasOffset ? Date.parse(`${String(said.taken_local)}Z`) - offset * 60_000 : NaN;
  if (!Number.isFinite(start)) return null;
  if (!hasOffset) return { start, tz, precision: 'exact', source };
  // The file may come from another zone than this phone's, which it does not name.
  const zone = offsetAt(start, tz) === offset ? { tz } : {};
  return { start, local, ...zone, utc_offset_min: offset, precision: 'exact', source };
}

/** Return the input fields for a stored moment; a moment in another form keeps its text until it is entered again. */
export function momentInputOf(stored: unknown): MomentInput {
  const { local, precision } = (typeof stored === 'object' && stored ? stored : {}) as Moment;
  const text = typeof local === 'string' ? local : '';
  if (precision === 'month' && /^\d{4}-\d\d/.test(text))
    return { date: `${text.slice(0, 7)}-01`, time: '', how: 'month' };
  if (precision === 'date_range' && /^(\d{4})-01-01\/\1-12-31$/.test(text))
    return { date: text.slice(0, 10), time: '', how: 'year' };
  return {
    date: /^\d{4}-\d\d-\d\d/.test(text) ? text.slice(0, 10) : '',
    time: /T\d\d:\d\d/.test(text) ? text.slice(11, 16) : '',
    how: 'day',
  };
}

/** Return the instant to sort by: of a moment, of the midnight of a day, or null. */
export function instantOf(stored: unknown, tz: string): number | null {
  if (typeof stored === 'number') return Number.isSafeInteger(stored) ? stored : null;
  if (typeof stored === 'string') return dayFault(stored, '9999-12-31') ? null : (instantsOf(stored, tz)[0] ?? null);
  const start = ((stored ?? {}) as Moment).start;
  return typeof start === 'number' && Number.isSafeInteger(start) ? start : null;
}

function withoutBlanks(fields: { [Name in keyof Moment]: Moment[Name] | null }): Moment {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Moment;
}
