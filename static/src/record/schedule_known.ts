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

const MOST = 0.5;

/** @returns minute and sender */
function placeOf(row: Fields): string {
  return `${textOf(row, 'sent_local').slice(0, 16)}\n${textOf(row, 'direction') === 'out' ? 'me' : textOf(row, 'from')}`;
}

function wordsOf(row: Fields): string {
  return textOf(row, 'text') || `\n${textOf(row, 'type')}\n${textOf(row, 'file_name')}`;
}

/** The same message with and without its file: an export "without media" only notes that one was left out. */
const isWordless = (row: Fields) => !textOf(row, 'text');

const isPicture = ({ before, now }: { before: Fields; now: Fields }) =>
  isWordless(before) && isWordless(now) && (textOf(before, 'file_name') !== '') !== (textOf(now, 'file_name') !== '');

/**
 * @param rows of the file, in its order
 * @param schedules rows of each schedule in the diary for this channel
 * @param isNamed for each schedule, whether its chat has the name of this one
 * @returns `schedule`: its index in the list
 */
export function newIn<R extends Fields>(
  rows: readonly R[],
  schedules: readonly (readonly Fields[])[],
  named: readonly boolean[] = [],
): {
  fresh: R[];
  known: number;
  changed: { before: Fields; now: R }[];
  pairs: { schedule: number; before: Fields; now: R }[];
} {
  const there: Map<string, R[]> = new Map();
  for (const row of rows) add(there, placeOf(row), row);
  const used: Set<R> = new Set();
  const changed: { before: Fields; now: R }[] = [];
  const pairs: { schedule: number; before: Fields; now: R }[] = [];
  for (const [i, schedule] of schedules.entries()) {
    const found = match(there, schedule, used);
    const isOne =
      found.same.length > 0 || (named[i] === true && found.changed.length > 0 && found.changed.every(isPicture));
    if (found.same.length + found.changed.length < schedule.length * MOST || !isOne) continue;
    for (const pair of [...found.same, ...found.changed]) {
      used.add(pair.now);
      pairs.push({ schedule: i, ...pair });
    }
    for (const pair of found.changed) {
      if (!isWordless(pair.before) || !isWordless(pair.now)) changed.push(pair);
    }
  }
  const fresh = rows.filter((row) => !used.has(row));
  return { fresh, known: rows.length - fresh.length, changed, pairs };
}

function match<R extends Fields>(
  there: Map<string, R[]>,
  schedule: readonly Fields[],
  used: Set<R>,
): { same: { before: Fields; now: R }[]; changed: { before: Fields; now: R }[] } {
  const same: { before: Fields; now: R }[] = [];
  const mine: Set<R> = new Set();
  const isFree = (one: R) => !mine.has(one) && !used.has(one);
  const left: Fields[] = [];
  for (const row of schedule) {
    const found = there.get(placeOf(row))?.find((one) => isFree(one) && wordsOf(one) === wordsOf(row));
    if (found) {
      mine.add(found);
      same.push({ before: row, now: found });
    } else left.push(row);
  }
  const changed = left.flatMap((before) => {
    const now = there.get(placeOf(before))?.find(isFree);
    if (!now) return [];
    mine.add(now);
    return [{ before, now }];
  });
  return { same, changed };
}

function add<R>(map: Map<string, R[]>, key: string, value: R) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
