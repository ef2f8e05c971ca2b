/**
 * The same chat exported again: which of its messages the diary holds already.
 *
 * A message has no number of its own, so it is known by its minute, its sender and its words. "Answer me" five times in a
 * minute is five messages: they are counted, not just found.
 *
 * [Note: the same chat] One person may write the same words in two chats in one minute. So a schedule counts as made of
 * this chat only when most of its rows stand in it, and a row of another chat makes nothing look known.
 *
 * [Note: changed since] A message that was deleted or edited between two exports stands at the same minute from the same
 * sender with other words. It is not new; the diary keeps what it held, and the difference is counted and shown.
 */
import { textOf } from './reading.js';

/** @typedef {import('./reading.js').Fields} Fields */

const MOST = 0.5;

/** @param {Fields} row @returns {string} minute and sender */
function placeOf(row) {
  return `${textOf(row, 'sent_local').slice(0, 16)}\n${textOf(row, 'direction') === 'out' ? 'me' : textOf(row, 'from')}`;
}

/** @param {Fields} row @returns {string} */
function wordsOf(row) {
  return textOf(row, 'text') || `\n${textOf(row, 'type')}\n${textOf(row, 'file_name')}`;
}

/** The same message with and without its file: an export "without media" says only that one was left out. @param {Fields} row */
const isWordless = (row) => !textOf(row, 'text');

/**
 * @template {Fields} R
 * @param {readonly R[]} rows of the file, in its order
 * @param {readonly (readonly Fields[])[]} schedules rows of each schedule the diary has of this channel
 * @returns {{fresh: R[], known: number, changed: {before: Fields, now: R}[]}}
 */
export function newIn(rows, schedules) {
  /** @type {Map<string, R[]>} */
  const there = new Map();
  for (const row of rows) add(there, placeOf(row), row);
  const used = new Set();
  /** @type {{before: Fields, now: R}[]} */
  const changed = [];
  for (const schedule of schedules) {
    const found = match(there, schedule, used);
    if (found.same.length + found.changed.length < schedule.length * MOST || !found.same.length) continue;
    for (const row of found.same) used.add(row);
    for (const pair of found.changed) {
      used.add(pair.now);
      if (!isWordless(pair.before) || !isWordless(pair.now)) changed.push(pair);
    }
  }
  const fresh = rows.filter((row) => !used.has(row));
  return { fresh, known: rows.length - fresh.length, changed };
}

/**
 * @template {Fields} R
 * @param {Map<string, R[]>} there @param {readonly Fields[]} schedule @param {Set<R>} used
 * @returns {{same: R[], changed: {before: Fields, now: R}[]}}
 */
function match(there, schedule, used) {
  /** @type {R[]} */
  const same = [];
  const mine = new Set();
  const isFree = (/** @type {R} */ one) => !mine.has(one) && !used.has(one);
  const left = [];
  for (const row of schedule) {
    const found = there.get(placeOf(row))?.find((one) => isFree(one) && wordsOf(one) === wordsOf(row));
    if (found) {
      mine.add(found);
      same.push(found);
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

/** @template R @param {Map<string, R[]>} map @param {string} key @param {R} value */
function add(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
