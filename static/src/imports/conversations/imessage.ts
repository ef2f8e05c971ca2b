/**
 * What the readers of exports of Apple's Messages have in common. Apple has no export. Two programs are read:
 * imessage-exporter (imessage_text.ts, imessage_html.ts) and iMazing (imazing.ts).
 *
 * [Note: whose conversation] The files have no number of the conversation. Its id is made of the names of those who
 * wrote in it, besides the owner of the phone.
 */
import { readDate, readTime } from '../phone_bill/cells.js';
import { dayOf, idOfNames, timeBetween } from './format.js';
import type { ReadMessage, Thread } from './format.js';

/** The name that these programs give the owner of the phone. */
export const OWNER = 'Me';
/** The first iPhone with Messages was sold in June 2007. */
const EARLIEST = Date.UTC(2007, 5, 1);

/** Return the id and title of a conversation: see [Note: whose conversation]. */
export function namedBy(names: Iterable<string>, otherwise: string): Pick<Thread, 'id' | 'title'> {
  const others = [...new Set(names)].filter((name) => name && name !== OWNER).sort();
  return { id: idOfNames(...(others.length ? others : [otherwise])), title: others.join(', ') || otherwise };
}

/** Read a day with a time of day; no time for one that cannot be right. Without a zone it is the computer's own. */
export function timeAsWritten(written: string, latest: number): Pick<ReadMessage, 'at' | 'written'> {
  const none = { at: null, written: null };
  const date = readDate(written, dayOf(latest));
  const time = date && readTime(date.rest);
  if (!date || !time) return none;
  const local = Date.parse(`${Object.values(date.days)[0]}T${time.clock}Z`);
  if (time.offset !== null) return { ...none, at: timeBetween(EARLIEST, local - time.offset * 60_000, latest) };
  const isPossible = Object.values(date.days).some((day) => Date.parse(`${day}T${time.clock}Z`) >= EARLIEST);
  const text = written.slice(0, written.length - date.rest.length).replace(/[\sT,]+$/, '');
  return isPossible ? { ...none, written: { text, days: date.days, clock: time.clock } } : none;
}
