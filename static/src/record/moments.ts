/**
 * Times in registers: a day (`2026-11-03`), or a moment as in docs/record.md, precise to the minute, day, month or
 * year. Nothing is guessed: an invalid time is reported.
 */
import { fromPicked, instantsOf, localAt, missing } from './times.js';

/** Content of the input fields */
export type Typed = { date: string; time: string; how: 'day' | 'month' | 'year' };
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
  { date, time, how }: Typed,
  now: number,
  tz: string,
): null | 'date' | 'old' | 'future' | 'skipped' {
  const fault = dayFault(date, localAt(now, tz).slice(0, 10), { future: how !== 'day' });
  if (fault || !date || !time || how !== 'day') return fault;
  const lacks = missing({ how: 'exact', date, time, second: false }, now, tz);
  return lacks === 'skipped' || lacks === 'future' ? lacks : lacks ? 'date' : null;
}

/**
 * @param input without a fault
 * @returns null if nothing was entered
 */
export function momentOf(typed: Typed, now: number, tz: string): Moment | null {
  const { date, time, how } = typed;
  if (!date || momentFault(typed, now, tz)) return null;
  if (how !== 'day') return wide(date, how, tz);
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
function wide(date: string, how: 'month' | 'year', tz: string): Moment {
  const [year = 0, month = 0] = date.split('-').map(Number);
  const two = (n: number) => String(n).padStart(2, '0');
  const first = how === 'month' ? `${year}-${two(month)}-01` : `${year}-01-01`;
  const next =
    how === 'year' ? `${year + 1}-01-01` : month === 12 ? `${year + 1}-01-01` : `${year}-${two(month + 1)}-01`;
  const last = new Date(Date.parse(`${next}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
  const start = instantsOf(first, tz)[0] ?? Date.parse(`${first}T00:00:00Z`);
  const end = instantsOf(next, tz)[0] ?? Date.parse(`${next}T00:00:00Z`);
  return how === 'month'
    ? { start, end, local: date.slice(0, 7), tz, precision: 'month' }
    : { start, end, local: `${first}/${last}`, tz, precision: 'date_range' };
}

/** Return the input fields for a stored moment; a moment in another form keeps its text until it is entered again. */
export function typedOf(kept: unknown): Typed {
  const { local, precision } = (typeof kept === 'object' && kept ? kept : {}) as Moment;
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
export function instantOf(kept: unknown, tz: string): number | null {
  if (typeof kept === 'number') return Number.isSafeInteger(kept) ? kept : null;
  if (typeof kept === 'string') return dayFault(kept, '9999-12-31') ? null : (instantsOf(kept, tz)[0] ?? null);
  const start = ((kept ?? {}) as Moment).start;
  return typeof start === 'number' && Number.isSafeInteger(start) ? start : null;
}

function withoutBlanks(fields: { [Name in keyof Moment]: Moment[Name] | null }): Moment {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Moment;
}
