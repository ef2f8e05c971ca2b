/**
 * A repeated chat export: which of its messages the diary already holds.
 *
 * A message has no id of its own, so it is identified by its minute, sender and words. "Answer me" five times in a
 * minute is five messages: they are counted, not just found.
 *
 * [Note: the same chat] One person may write the same words in two chats in one minute. So a schedule counts as part
 * of this chat only if the chat contains most of its rows, and a row of another chat never looks known. A schedule of
 * pictures alone has no words to match: a picture left out of one export matches the picture of the other only if
 * both chats have the same name.
 *
 * [Note: both ways] `pairs` gives for each known row where the diary holds it, so that a file left out the first time
 * can still be attached there.
 *
 * [Note: changed since] A message that was deleted or edited between two exports has the same minute and sender but
 * other words. It is not new: the diary keeps its earlier text, and the difference is counted and shown.
 */
import { textOf } from './reading.js';
import type { Fields } from './reading.js';

const MIN_SHARE = 0.5;
/** A list of 100,000 rows takes 0.3 s on a slow phone; the screen must answer meanwhile. */
const ROWS_PER_SLICE = 400;

/** @returns minute and sender */
function placeKey(row: Fields): string {
  const sender = textOf(row, 'direction') === 'out' ? 'me' : textOf(row, 'from');
  return `${textOf(row, 'sent_local').slice(0, 16)}\n${sender}`;
}

function contentKey(row: Fields): string {
  return textOf(row, 'text') || `\n${textOf(row, 'type')}\n${textOf(row, 'file_name')}`;
}

/** The same message with and without its file: an export "without media" only notes that one was left out. */
const hasNoText = (row: Fields) => !textOf(row, 'text');

const isMediaPair = ({ before, now }: { before: Fields; now: Fields }) =>
  hasNoText(before) && hasNoText(now) && (textOf(before, 'file_name') !== '') !== (textOf(now, 'file_name') !== '');

/**
 * @param rows of the file, in its order
 * @param schedules rows of each schedule in the diary for this channel
 * @param isNamed for each schedule, whether its chat has the name of this one
 * @param pause called after some hundred rows; may throw to stop
 * @returns `schedule`: its index in the list
 */
export async function compareExport<R extends Fields>(
  rows: readonly R[],
  schedules: readonly (readonly Fields[])[],
  isNamed: readonly boolean[] = [],
  pause: () => Promise<void> = async () => undefined,
): Promise<{
  fresh: R[];
  known: number;
  changed: { before: Fields; now: R }[];
  pairs: { schedule: number; before: Fields; now: R }[];
}> {
  if (!schedules.length) return { fresh: [...rows], known: 0, changed: [], pairs: [] };
  const rowsByPlace: Map<string, R[]> = new Map();
  for (const [i, row] of rows.entries()) {
    addToList(rowsByPlace, placeKey(row), row);
    if (i % ROWS_PER_SLICE === ROWS_PER_SLICE - 1) await pause();
  }
  const matched: Set<R> = new Set();
  const changed: { before: Fields; now: R }[] = [];
  const pairs: { schedule: number; before: Fields; now: R }[] = [];
  for (const [i, schedule] of schedules.entries()) {
    await pause();
    const result = matchSchedule(rowsByPlace, schedule, matched);
    const isSameChat =
      result.same.length > 0 || (isNamed[i] === true && result.changed.length > 0 && result.changed.every(isMediaPair));
    if (result.same.length + result.changed.length < schedule.length * MIN_SHARE || !isSameChat) continue;
    for (const pair of [...result.same, ...result.changed]) {
      matched.add(pair.now);
      pairs.push({ schedule: i, ...pair });
    }
    for (const pair of result.changed) {
      if (!hasNoText(pair.before) || !hasNoText(pair.now)) changed.push(pair);
    }
  }
  const fresh = rows.filter((row) => !matched.has(row));
  return { fresh, known: rows.length - fresh.length, changed, pairs };
}

/**
 * Return the rows that are not among `known`. Rows with one identity are counted: of three, one is not among two.
 * @param identityOf what makes two rows the same message
 */
export function rowsNotIn<R extends Fields>(
  rows: readonly R[],
  known: readonly Fields[],
  identityOf: (row: Fields) => string,
): R[] {
  const left: Map<string, number> = new Map();
  for (const row of known) left.set(identityOf(row), (left.get(identityOf(row)) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(identityOf(row)) ?? 0;
    left.set(identityOf(row), count - 1);
    return count <= 0;
  });
}

function matchSchedule<R extends Fields>(
  rowsByPlace: Map<string, R[]>,
  schedule: readonly Fields[],
  matched: Set<R>,
): { same: { before: Fields; now: R }[]; changed: { before: Fields; now: R }[] } {
  const same: { before: Fields; now: R }[] = [];
  const taken: Set<R> = new Set();
  const isFree = (candidate: R) => !taken.has(candidate) && !matched.has(candidate);
  const unmatched: Fields[] = [];
  for (const row of schedule) {
    const matchingRow = rowsByPlace
      .get(placeKey(row))
      ?.find((candidate) => isFree(candidate) && contentKey(candidate) === contentKey(row));
    if (matchingRow) {
      taken.add(matchingRow);
      same.push({ before: row, now: matchingRow });
    } else unmatched.push(row);
  }
  const changed = unmatched.flatMap((before) => {
    const now = rowsByPlace.get(placeKey(before))?.find(isFree);
    if (!now) return [];
    taken.add(now);
    return [{ before, now }];
  });
  return { same, changed };
}

function addToList<R>(map: Map<string, R[]>, key: string, value: R) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
