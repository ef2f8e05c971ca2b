/**
 * What earlier packs of a diary included: their numbers hold for ever; the twin of diary/pack/earlier.py.
 *
 * An officer who has "JB/3" on paper must find the same file under it in every later pack. So exhibits are numbered
 * from the diary's own `export` records, and only new ones get new numbers.
 */
import { KeptError } from '../core/errors.js';
import { mayGo } from './exhibits.js';
import { codesOf, objectsOf, textOf, wholeOf } from '../record/reading.js';
import { tellAll } from '../record/record_history.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { Opened, Told } from '../record/record_history.js';
import type { Absent, DiaryVersion } from './diary_version.js';

/** One earlier pack; `items`: number by file. */
type Earlier = {
  no: number;
  made_at: number;
  receipt_ref: string;
  delivered_to: string;
  entries: Set<string>;
  items: Map<string, number>;
};

export const SUPPLEMENTS = ['supplement', 'items'];
const GIVEN = ['pack', 'evidence', 'portal', 'supplement'];
const ITEM = /^[A-Z]{1,4}\/([1-9][0-9]{0,4})$/;

/** Return the packs that the diary lists with a number below `before`, by number. */
export function earlierPacks(opened: readonly Opened[], before: number): Earlier[] {
  const found: Earlier[] = [];
  for (const {
    newest: { fields: said },
    taken_out: out,
  } of tellAll(opened, 'export')) {
    const no = wholeOf(said, 'pack_no');
    const madeAt = wholeOf(said, 'made_at');
    if (
      out !== null ||
      !GIVEN.includes(textOf(said, 'kind')) ||
      no === null ||
      madeAt === null ||
      no <= 0 ||
      no >= before
    )
      continue;
    found.push({
      no,
      made_at: madeAt,
      receipt_ref: textOf(said, 'receipt_ref'),
      delivered_to: textOf(said, 'delivered_to'),
      entries: new Set(codesOf(said, 'record_ids')),
      items: itemsOf(said),
    });
  }
  return found.sort((a, b) => a.no - b.no || a.made_at - b.made_at);
}

/** Return each file's number, as the record of a pack lists them. */
function itemsOf(said: Fields): Map<string, number> {
  const items: Map<string, number> = new Map();
  for (const row of objectsOf(said, 'items_included')) {
    const number = ITEM.exec(textOf(row, 'item'))?.[1];
    if (number && textOf(row, 'record')) items.set(textOf(row, 'record'), Number(number));
  }
  return items;
}

/** Return every assigned number, by file. The first pack that numbered a file or used a number keeps it. */
export function givenNumbers(packs: readonly Earlier[]): Map<string, number> {
  const numbers: Map<string, number> = new Map();
  const taken = new Set();
  for (const [record, number] of packs.flatMap(({ items }) => [...items])) {
    if (numbers.has(record) || taken.has(number)) continue;
    numbers.set(record, number);
    taken.add(number);
  }
  return numbers;
}

/** Return the files by number: those numbered before keep theirs, new ones follow the highest. */
export function numbered(
  attached: readonly Told[],
  packs: readonly Earlier[],
  startNo: number,
): { no: number; told: Told }[] {
  const given = givenNumbers(packs);
  let following = Math.max(startNo - 1, ...given.values()) + 1;
  return attached.map((told) => ({ no: given.get(told.record) ?? following++, told })).sort((a, b) => a.no - b.no);
}

/**
 * Return the files that items name: `JB/12`.
 * @throws `bad_request` for one that no earlier pack holds
 */
export function askedFor(items: readonly string[], packs: readonly Earlier[]): Set<string> {
  const byNumber = new Map([...givenNumbers(packs)].map(([record, number]) => [number, record]));
  return new Set(
    items.map((item) => {
      const record = byNumber.get(Number(ITEM.exec(item)?.[1] ?? 0));
      if (!record) throw new KeptError('bad_request', 'An item was asked for that no earlier pack holds.');
      return record;
    }),
  );
}

/** Return what a supplement names: every earlier pack, oldest first. */
export function superseded(packs: readonly Earlier[]): JsonObject[] {
  return packs.map((pack) => ({
    delivered_to: pack.delivered_to || null,
    made_at: pack.made_at,
    no: pack.no,
    receipt_ref: pack.receipt_ref || null,
  }));
}

/**
 * Return the entries with a file that no earlier pack holds and that may go into one: a picture found later counts as
 * a change to its entries.
 */
export function withNewFiles(opened: readonly Opened[], packs: readonly Earlier[]): Set<string> {
  const given = new Set(packs.flatMap(({ items }) => [...items.keys()]));
  const files = tellAll(opened, 'attachment').filter(
    (one) => !given.has(one.record) && mayGo(one, { intimate: false }),
  );
  const fresh = new Set(files.map(({ record }) => record));
  const owners = tellAll(opened, 'incident').filter(({ newest: { fields } }) =>
    [...codesOf(fields, 'attachment_ids'), ...codesOf(fields, 'narrative_media')].some((one) => fresh.has(one)),
  );
  return new Set([
    ...files.flatMap(({ newest }) => codesOf(newest.fields, 'incident_ids')),
    ...owners.map(({ record }) => record),
  ]);
}

/** Return when each version was received. */
export function receivedAt(versions: readonly DiaryVersion[]): Map<string, number> {
  return new Map(
    versions.flatMap(({ version, receipt }) => {
      const ts = wholeOf(receipt ?? {}, 'ts');
      return ts === null ? [] : [[version, ts] as const];
    }),
  );
}

/**
 * Return by entry number what is new, what was changed after the last pack that held it, and what was taken out
 * since.
 * @param later when versions were received, and the entries that have a file no earlier pack holds
 */
export function sinceThen(
  entries: readonly Told[],
  numbers: ReadonlyMap<string, number | null>,
  included: ReadonlySet<string>,
  packs: readonly Earlier[],
  absent: readonly Absent[],
  { came, fresh }: { came: ReadonlyMap<string, number>; fresh: ReadonlySet<string> },
): { changed: number[]; new: number[]; removed: number[] } {
  const last = new Map(packs.flatMap((pack) => [...pack.entries].map((record) => [record, pack.made_at] as const)));
  const rows = {
    changed: [] as number[],
    new: [] as number[],
    removed: [] as number[],
  };
  for (const { record, taken_out: out, revisions } of entries) {
    const number = numbers.get(record) ?? null;
    const seen = last.get(record);
    if (number === null) continue;
    if (out !== null) {
      if (seen !== undefined) rows.removed.push(number);
    } else if (included.has(record)) {
      if (seen === undefined) rows.new.push(number);
      else if (
        fresh.has(record) ||
        revisions.some(({ at, version }) => Math.max(at ?? 0, came.get(version) ?? 0) > seen)
      )
        rows.changed.push(number);
    }
  }
  rows.removed.push(...absent.filter(({ record, why }) => why === 'removed' && last.has(record)).map(({ no }) => no));
  for (const list of Object.values(rows)) list.sort((a, b) => a - b);
  return rows;
}
