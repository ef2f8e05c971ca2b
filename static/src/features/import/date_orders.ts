/** In which order the days of a file are written, where they leave that open. */
import type { DateOrder, ReadDate } from '../../imports/phone_bill/cells.js';
import type { BillQuestions } from '../../shell/app.js';

type Dated = { days: ReadDate['days'] };

const ORDERS = ['dmy', 'mdy', 'ymd'] as const;

/** Return the orders in which every date can be read; if there are none, those in which some can. */
export function ordersOf(dates: readonly Dated[]): DateOrder[] {
  const every = ORDERS.filter((order) => dates.every(({ days }) => days[order]));
  const possible = every.length ? every : ORDERS.filter((order) => dates.some(({ days }) => days[order]));
  const isOneReading = dates.every(({ days }) => new Set(possible.map((order) => days[order])).size === 1);
  return isOneReading ? possible.slice(0, 1) : possible;
}

/** Return a date that is another day in each order, as written; null if all are one day. */
export function exampleOf<D extends Dated>(
  dates: readonly D[],
  orders: readonly DateOrder[],
  written: (date: D) => string,
): BillQuestions['example'] {
  const example = dates.find(({ days }) => new Set(orders.map((order) => days[order])).size > 1);
  if (!example) return null;
  return {
    written: written(example),
    days: orders.flatMap((order): [DateOrder, string][] => {
      const day = example.days[order];
      return day ? [[order, day]] : [];
    }),
  };
}
