/**
 * The list of messages that a keeper checks against a picture: what the phone proposes, what the keeper answers, and
 * the rows that follow from both. Nothing is decided here that the keeper did not see: a row without an answer, a side
 * that nobody told and a doubt that nobody looked at are faults, on the screen and again when the list is kept.
 */
import { cutText, toWellFormed } from '../../core/text.js';
import { timeMembers } from '../../record/schedule.js';
import { isZone, pickedFault } from '../../record/times.js';
import type { PictureRows } from './picture_rows.js';
import type { MaskBox } from '../../media/copies.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Box, ProposedRow } from '../../imports/screenshots/picture_text.js';

export type Direction = MessageRow['direction'];
/** What must be looked at: what reading it left open, and what the diary knows of it. */
export type RowDoubt = ProposedRow['doubts'][number] | 'covered' | 'alike';
/**
 * One proposed row. `answer`: null until the keeper has looked. What the keeper changed: `direction`, `from`, `day`,
 * `time` ('' if the picture shows none), `type` and `text`. `looked`: the keeper answered for this row by itself, with
 * these doubts in sight. `isKept`: the diary has it from this picture.
 */
export type ListRow = {
  read: ProposedRow;
  isCovered: boolean;
  isKept: boolean;
  answer: 'take' | 'leave' | null;
  looked: RowDoubt[];
  direction?: Direction;
  from?: string;
  day?: string;
  time?: string;
  type?: string;
  text?: string;
};
/**
 * `phone`: whose phone the picture is from; `wrote`: to whom they wrote on theirs; `who`: the account or person;
 * `days`: the date of each day as the picture names it, '' for none; `entry`: the entry that gets the list, '' for a
 * new one
 */
export type PictureList = {
  found: Pick<PictureRows, 'kind' | 'width' | 'height' | 'readAt' | 'engine' | 'engineVersion'>;
  phone: 'mine' | 'theirs' | 'other' | 'not_sure' | null;
  wrote: 'me' | 'others' | 'not_sure' | null;
  channel: string;
  who: string;
  tz: string;
  days: Record<string, string>;
  rows: ListRow[];
  entry: string | null;
  step: 'ask' | 'rows';
};
/**
 * A list as the screen gets it. `alike`: places of rows that look like ones the diary has from elsewhere; `targets`:
 * entries with the picture and without a list of messages; `keptIn`: entries that have rows of this picture
 */
export type OpenedList = { list: PictureList; alike: number[]; targets: string[]; keptIn: string[] };
/** `entries`: those that got the rows; `rows`: how many; `left`: rows that the keeper left out */
export type KeptList = { entries: string[]; rows: number; left: number };
/** What is missing or wrong in a row. */
export type RowFault = 'direction' | 'day' | 'future' | 'time' | 'skipped' | 'words';

export const CHECKED_SOURCE = 'read_in_picture';
const MAX_TEXT = 4_000;
const MAX_NAME = 200;
/** Of a box that covers less of a row, a corner may only touch it. */
const MIN_COVERED = 0.02;
const CALLS: ReadonlySet<string> = new Set(['call', 'missed_call']);

/** @param tz the zone of this phone */
export function newList(found: PictureRows, tz: string): PictureList {
  const { kind, width, height, readAt, engine, engineVersion } = found;
  const names = new Set(found.rows.flatMap(({ who }) => who ?? []));
  const [only] = names.size === 1 ? names : [];
  return {
    found: { kind, width, height, readAt, engine, engineVersion },
    phone: null,
    wrote: null,
    channel: found.app ?? '',
    who: found.title ?? (kind === 'calls' ? '' : (only ?? '')),
    tz,
    days: Object.fromEntries(found.rows.map(({ day }) => [day ?? '', writtenDate(day ?? '')])),
    rows: found.rows.map((read) => ({ read, isCovered: false, isKept: false, answer: null, looked: [] })),
    entry: null,
    step: 'ask',
  };
}

/**
 * Return a list as the diary is now: meanwhile another device may have kept rows, or a part of the picture was covered.
 * @param masks the black boxes of the copy that a pack has, in pixels of the print copy
 * @param kept boxes of the rows that the diary has from this picture
 */
export function markedList(list: PictureList, masks: readonly MaskBox[], kept: readonly Box[]): PictureList {
  const rows = list.rows.map((row) => ({
    ...row,
    isCovered: masks.some((mask) => coversRow(mask, row.read.box)),
    isKept: kept.some((box) => isSameStrip(box, row.read.box)),
  }));
  return { ...list, rows };
}

/** Whether two boxes show the same row: the phone may find its edges a little elsewhere another time. */
function isSameStrip([, top, , bottom]: Box, [, otherTop, , otherBottom]: Box): boolean {
  const shared = Math.min(bottom, otherBottom) - Math.max(top, otherTop);
  return shared > Math.min(bottom - top, otherBottom - otherTop) / 2;
}

function coversRow({ x, y, w, h }: MaskBox, [left, top, right, bottom]: Box): boolean {
  const across = Math.min(right, x + w) - Math.max(left, x);
  const down = Math.min(bottom, y + h) - Math.max(top, y);
  return across > 0 && down > 0 && across * down >= (right - left) * (bottom - top) * MIN_COVERED;
}

/** Languages whose names of months are known: those of the screens. */
const MONTH_LANGUAGES = ['en-GB', 'cy', 'pl', 'ur'];
let months: Map<string, number> | null = null;

/** Return the date that is written with its year, as `24 November 2026`; '' for any other words. */
export function writtenDate(words: string): string {
  months ??= new Map(
    MONTH_LANGUAGES.flatMap((language) =>
      Array.from({ length: 12 }, (_, month) => month).flatMap((month) =>
        (['long', 'short'] as const).map((form): [string, number] => {
          const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: form, timeZone: 'UTC' };
          const parts = new Intl.DateTimeFormat(language, options).formatToParts(Date.UTC(2026, month, 1));
          return [parts.find(({ type }) => type === 'month')?.value.toLowerCase() ?? '', month + 1];
        }),
      ),
    ),
  );
  const match = /(?:^|[\s,])(\d{1,2})\.? (\p{L}+)\.?,? (\d{4})$/u.exec(words.trim());
  const month = months.get(match?.[2]?.toLowerCase() ?? '');
  if (!match || !month) return '';
  const date = `${match[3]}-${String(month).padStart(2, '0')}-${(match[1] as string).padStart(2, '0')}`;
  // 31 February would be taken for a day of March.
  const at = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date) ? date : '';
}

/** Which way a row went, as far as its side and the answers tell; null where the keeper has to say it. */
export function directionOf({ phone, wrote, found }: PictureList, row: ListRow): Direction | null {
  if (row.direction) return row.direction;
  const { side, doubts, type } = row.read;
  if (phone === 'mine' && found.kind === 'calls' && type === 'missed_call') return 'in';
  if (side === 'unknown' || doubts.includes('side')) return null;
  if (phone === 'mine') return side === 'right' ? 'out' : 'in';
  if (phone !== 'theirs' || !wrote) return null;
  if (wrote === 'me') return side === 'right' ? 'in' : 'out';
  return wrote === 'others' ? 'others' : 'unknown';
}

const isCall = (row: ListRow): boolean => CALLS.has(row.type ?? row.read.type);
export const dayOf = (list: PictureList, row: ListRow): string => row.day ?? list.days[row.read.day ?? ''] ?? '';
export const timeOf = (row: ListRow): string | null => row.time ?? row.read.time;
export const textOfRow = (row: ListRow): string => row.text ?? row.read.text;
export const nameOf = (list: PictureList, row: ListRow): string => row.from ?? row.read.who ?? list.who;

/** What the keeper has to look at in a row before it can be kept. `alike`: the diary has one like it */
export function doubtsOf(list: PictureList, row: ListRow, isAlike: boolean): RowDoubt[] {
  // A missed call in the list of the keeper's own phone can only be one to them.
  const isSideKnown = directionOf(list, row) !== null && !row.direction && row.read.side === 'unknown';
  return [
    ...row.read.doubts.filter((doubt) => !(doubt === 'side' && isSideKnown)),
    ...(row.isCovered ? (['covered'] as const) : []),
    ...(isAlike ? (['alike'] as const) : []),
  ];
}

/** Whether the questions before the rows are answered. @param now ms */
export function isAsked(list: PictureList, now: number): boolean {
  return (
    list.phone !== null &&
    (list.phone !== 'theirs' || list.wrote !== null) &&
    list.channel !== '' &&
    isZone(list.tz) &&
    Object.values(list.days).every((date) => dayFault(date, now, list.tz) === null)
  );
}

/** @returns null for a day that can be; `future` for one to come */
export function dayFault(date: string, now: number, tz: string): 'day' | 'future' | null {
  if (!date || !isZone(tz)) return 'day';
  const fault = pickedFault({ how: 'day', date }, now, tz);
  return fault === null ? null : fault === 'future' ? 'future' : 'day';
}

/** What is missing or wrong in a row that is to be kept. @param now ms */
export function faultsOf(list: PictureList, row: ListRow, now: number): RowFault[] {
  const faults: RowFault[] = [];
  if (directionOf(list, row) === null) faults.push('direction');
  const day = dayOf(list, row);
  const wrongDay = dayFault(day, now, list.tz);
  if (wrongDay) faults.push(wrongDay);
  const time = timeOf(row);
  if (time === null && row.read.doubts.includes('time')) faults.push('time');
  if (time && !wrongDay) {
    const fault = pickedFault({ how: 'exact', date: day, time }, now, list.tz);
    if (fault === 'future' || fault === 'skipped') faults.push(fault);
    else if (fault && fault !== 'twice') faults.push('time');
  }
  if (!textOfRow(row).trim() && (row.type ?? row.read.type) === 'text') faults.push('words');
  return faults;
}

/** Whether a row is to be kept as it stands. @param now ms */
export function isTaken(list: PictureList, row: ListRow, isAlike: boolean, now: number): boolean {
  if (row.answer !== 'take' || row.isKept) return false;
  return !faultsOf(list, row, now).length && doubtsOf(list, row, isAlike).every((doubt) => row.looked.includes(doubt));
}

/** Whether a row needs no further answer. @param now ms */
export const isSettled = (list: PictureList, row: ListRow, isAlike: boolean, now: number): boolean =>
  row.isKept || row.answer === 'leave' || isTaken(list, row, isAlike, now);

/** Whether a row may be taken together with others: nothing about it is in doubt or missing. @param now ms */
export const isClear = (list: PictureList, row: ListRow, isAlike: boolean, now: number): boolean =>
  !row.isKept && row.answer === null && !doubtsOf(list, row, isAlike).length && !faultsOf(list, row, now).length;

/** Return a row in the form of a schedule, without its number. */
export function rowOf(list: PictureList, row: ListRow, attachment: string): Omit<MessageRow, 'msg_no'> {
  const direction = directionOf(list, row) ?? 'unknown';
  const [day, time] = [dayOf(list, row), timeOf(row)];
  const name = plain(nameOf(list, row), MAX_NAME);
  const text = plain(textOfRow(row), MAX_TEXT);
  const type = row.type ?? row.read.type;
  const corrected = correctionsOf(list, row);
  return {
    ...(time
      ? { ...timeMembers(`${day}T${time}`, day, list.tz), sent_source: CHECKED_SOURCE }
      : { sent_local: day, sent_source: CHECKED_SOURCE }),
    direction,
    ...partiesOf(list, row, direction, name),
    type,
    // What an app wrote about a call are no words of a person.
    ...(text ? (isCall(row) ? { description: text } : { text }) : {}),
    attachment_id: attachment,
    page: 1,
    read_box: [...row.read.box],
    ...(corrected.length ? { corrected } : {}),
  };
}

function partiesOf({ phone }: PictureList, { read }: ListRow, direction: Direction, name: string): Partial<MessageRow> {
  if (direction === 'out') return { from: 'me', ...(name ? { to: name } : {}) };
  if (direction === 'in') return { ...(name ? { from: name } : {}), to: 'me' };
  if (!name) return {};
  // On their own phone, what stands on the right is theirs.
  if (phone === 'theirs' && read.side !== 'unknown') return read.side === 'right' ? { from: name } : { to: name };
  return read.who ? { from: name } : {};
}

/** What the keeper wrote otherwise than it was read. The words that were read stay in `picture_text`. */
function correctionsOf(list: PictureList, row: ListRow): string[] {
  const { read } = row;
  const proposed = directionOf(list, { ...row, direction: undefined } as ListRow);
  return [
    ...(textOfRow(row).trim() === read.text ? [] : ['text']),
    ...((timeOf(row) || null) === read.time ? [] : ['time']),
    ...(row.from === undefined || row.from === read.who ? [] : ['from']),
    ...(row.type === undefined || row.type === read.type ? [] : ['type']),
    ...(row.direction === undefined || proposed === null || proposed === row.direction ? [] : ['direction']),
  ];
}

const plain = (text: string, length: number): string => cutText(toWellFormed(text).trim(), length);
