/**
 * Which calls the diary has already, from bills and from anything else, such as a backup of a phone.
 *
 * [Note: the same call] A call can be on the bill and in a backup of the phone. The two have no number in common, so a
 * call of the same number in the same minute only looks like it. Such calls are counted and left out, whichever of the
 * two was imported first, and the keeper can add them.
 */
import { rowsIn } from '../../record/schedule.js';
import { rowsNotIn } from '../../record/schedule_known.js';
import { accountKey } from '../../record/patterns/patterns_dates.js';
import { textOf } from '../../record/reading.js';
import { readKind } from '../../diary/records/records.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Fields, Open } from '../../diary/types.js';

/** Rows of calls that the diary has: from bills, and from anything else. */
export type KnownCalls = { bills: MessageRow[]; others: MessageRow[] };

const MINUTE = 60_000;
/** How the description names the other person of a call of unknown direction. */
const WITH = /(?:^|\. )With (.+)$/;
/** How it names whom somebody else's phone called. */
const CALLED = /^Sent from that phone\. To ([^.]+)/;

/** Return the rows of calls that the diary has, also those taken out: they do not come back. */
export async function knownCalls(open: Open): Promise<KnownCalls> {
  const schedules = (await readKind(open, 'schedule', true)).filter(({ fields }) => fields.channel === 'phone_call');
  const isBill = ({ import_summary: summary }: Fields) => Boolean((summary as Fields | null)?.bill);
  return {
    bills: schedules.filter(({ fields }) => isBill(fields)).flatMap(({ fields }) => rowsIn(fields)),
    others: schedules.filter(({ fields }) => !isBill(fields)).flatMap(({ fields }) => rowsIn(fields)),
  };
}

/**
 * Return the calls that the diary has from no source of this kind.
 * @param input `same`: rows of sources of this kind; `others`: rows of other sources; `identityOf`: what makes two rows
 * the same call of this kind of source
 * @returns `unknown`: not among `same`; `fresh`: also unlike each of `others`
 */
export function compareCalls<R extends Fields>(
  rows: readonly R[],
  {
    same,
    others,
    identityOf,
  }: { same: readonly Fields[]; others: readonly Fields[]; identityOf: (row: Fields) => string },
): { unknown: R[]; fresh: R[] } {
  const unknown = rowsNotIn(rows, same, identityOf);
  return { unknown, fresh: rowsNotIn(unknown, others, minuteOf) };
}

/** The other person of a row, as one spelling of their number. */
export function otherOf(row: Fields): string {
  const description = textOf(row, 'description');
  const name =
    row.direction === 'out'
      ? textOf(row, 'to')
      : row.direction === 'in'
        ? textOf(row, 'from')
        : ((WITH.exec(description) ?? CALLED.exec(description))?.[1] ?? '');
  return accountKey(name);
}

/** What two lists of one call have in common. */
const minuteOf = (row: Fields): string =>
  JSON.stringify([
    typeof row.sent_at === 'number' ? Math.floor(row.sent_at / MINUTE) : textOf(row, 'sent_local'),
    otherOf(row),
  ]);
