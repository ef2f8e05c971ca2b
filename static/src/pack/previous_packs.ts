/**
 * What earlier packs of a diary included: their numbers hold for ever; the twin of diary/pack/previous_packs.py.
 *
 * An officer who has "JB/3" on paper must find the same file under it in every later pack. So exhibits are numbered
 * from the diary's own `export` records, and only new ones get new numbers.
 */
import { KeptError } from '../core/errors.js';
import { canInclude } from './exhibits.js';
import { codesOf, objectOf, objectsOf, textOf, integerOf } from '../record/reading.js';
import { historiesOf } from '../record/record_history.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion, RecordHistory } from '../record/record_history.js';
import type { AbsentEntry, DiaryVersion } from './diary_version.js';

/** One earlier pack; `items`: number by file. */
type EarlierPack = {
  no: number;
  made_at: number;
  receipt_ref: string;
  delivered_to: string;
  entries: Set<string>;
  items: Map<string, number>;
};

export const SUPPLEMENT_KINDS = ['supplement', 'items'];
const PACK_KINDS = ['pack', 'evidence', 'portal', 'supplement'];
const ITEM_PATTERN = /^[A-Z]{1,4}\/([1-9][0-9]{0,4})$/;

/** Return the packs that the diary lists with a number below `before`, by number. */
export function earlierPacks(opened: readonly OpenedVersion[], before: number): EarlierPack[] {
  const earlier: EarlierPack[] = [];
  for (const {
    newest: { fields: exportFields },
    taken_out: takenOutAt,
  } of historiesOf(opened, 'export')) {
    const no = integerOf(exportFields, 'pack_no');
    const madeAt = integerOf(exportFields, 'made_at');
    if (
      takenOutAt !== null ||
      !PACK_KINDS.includes(textOf(exportFields, 'kind')) ||
      no === null ||
      madeAt === null ||
      no <= 0 ||
      no >= before
    )
      continue;
    earlier.push({
      no,
      made_at: madeAt,
      receipt_ref: textOf(exportFields, 'receipt_ref'),
      delivered_to: textOf(exportFields, 'delivered_to'),
      entries: new Set(codesOf(exportFields, 'record_ids')),
      items: itemsOf(exportFields),
    });
  }
  return earlier.sort((a, b) => a.no - b.no || a.made_at - b.made_at);
}

/** Return the entries and files of earlier packs, for a supplement; else none. */
export function earlierRecords(kind: string | undefined, packs: readonly EarlierPack[]): Set<string> {
  if (!SUPPLEMENT_KINDS.includes(kind ?? '')) return new Set();
  return new Set(packs.flatMap(({ entries, items }) => [...entries, ...items.keys()]));
}

/** Return each file's number, as the record of a pack lists them. */
function itemsOf(fields: Fields): Map<string, number> {
  const items: Map<string, number> = new Map();
  for (const row of objectsOf(fields, 'items_included')) {
    const number = ITEM_PATTERN.exec(textOf(row, 'item'))?.[1];
    if (number && textOf(row, 'record')) items.set(textOf(row, 'record'), Number(number));
  }
  return items;
}

/** Return every assigned number, by file. The first pack that numbered a file or used a number keeps it. */
export function assignedNumbers(packs: readonly EarlierPack[]): Map<string, number> {
  const numbers: Map<string, number> = new Map();
  const usedNumbers = new Set();
  for (const [record, number] of packs.flatMap(({ items }) => [...items])) {
    if (numbers.has(record) || usedNumbers.has(number)) continue;
    numbers.set(record, number);
    usedNumbers.add(number);
  }
  return numbers;
}

/** Return the files by number: those numbered before keep theirs, new ones follow the highest. */
export function assignNumbers(
  attachments: readonly RecordHistory[],
  packs: readonly EarlierPack[],
  startNo: number,
): { no: number; told: RecordHistory }[] {
  const assigned = assignedNumbers(packs);
  let nextNumber = Math.max(startNo - 1, ...assigned.values()) + 1;
  return attachments
    .map((history) => ({ no: assigned.get(history.record) ?? nextNumber++, told: history }))
    .sort((a, b) => a.no - b.no);
}

/**
 * Return the files that items name: `JB/12`.
 * @throws `bad_request` for one that no earlier pack holds
 */
export function findItems(items: readonly string[], packs: readonly EarlierPack[]): Set<string> {
  const byNumber = new Map([...assignedNumbers(packs)].map(([record, number]) => [number, record]));
  return new Set(
    items.map((item) => {
      const record = byNumber.get(Number(ITEM_PATTERN.exec(item)?.[1] ?? 0));
      if (!record) throw new KeptError('bad_request', 'An item was asked for that no earlier pack holds.');
      return record;
    }),
  );
}

/** Return what a supplement names: every earlier pack, oldest first. */
export function supersededRows(packs: readonly EarlierPack[]): JsonObject[] {
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
export function entriesWithNewFiles(opened: readonly OpenedVersion[], packs: readonly EarlierPack[]): Set<string> {
  const assigned = new Set(packs.flatMap(({ items }) => [...items.keys()]));
  const attachments = historiesOf(opened, 'attachment').filter(
    (attachment) => !assigned.has(attachment.record) && canInclude(attachment, { intimate: false }),
  );
  const newRecords = new Set(attachments.map(({ record }) => record));
  const owningEntries = historiesOf(opened, 'incident').filter(({ newest: { fields } }) =>
    [...codesOf(fields, 'attachment_ids'), ...codesOf(fields, 'narrative_media')].some((attachment) =>
      newRecords.has(attachment),
    ),
  );
  return new Set([
    ...attachments.flatMap(({ newest }) => codesOf(newest.fields, 'incident_ids')),
    ...owningEntries.map(({ record }) => record),
  ]);
}

/**
 * Return the time of each version by the server's clock, ms: when it was received, else when it was sealed. A pack's
 * `made_at` is by that clock too.
 */
export function versionTimes(versions: readonly DiaryVersion[]): Map<string, number> {
  return new Map(
    versions.map(({ version, receipt, open }) => {
      const clock = objectOf(open.fields, '_clock');
      const sealed = (integerOf(clock, 'utc') ?? 0) + (integerOf(clock, 'offset_ms') ?? 0);
      return [version, integerOf(receipt ?? {}, 'ts') ?? sealed] as const;
    }),
  );
}

/**
 * Return by entry number what is new, what was changed after the last pack that held it, and what was taken out
 * since.
 * @param later the times of versions, and the entries that have a file no earlier pack holds
 */
export function changesSince(
  entries: readonly RecordHistory[],
  numbers: ReadonlyMap<string, number | null>,
  included: ReadonlySet<string>,
  packs: readonly EarlierPack[],
  absent: readonly AbsentEntry[],
  { times, fresh: newRecords }: { times: ReadonlyMap<string, number>; fresh: ReadonlySet<string> },
): { changed: number[]; new: number[]; removed: number[] } {
  const packedAt = new Map(packs.flatMap((pack) => [...pack.entries].map((record) => [record, pack.made_at] as const)));
  const rows = {
    changed: [] as number[],
    new: [] as number[],
    removed: [] as number[],
  };
  for (const { record, taken_out: takenOutAt, revisions } of entries) {
    const number = numbers.get(record) ?? null;
    const lastPackedAt = packedAt.get(record);
    if (number === null) continue;
    if (takenOutAt !== null) {
      if (lastPackedAt !== undefined) rows.removed.push(number);
    } else if (included.has(record)) {
      if (lastPackedAt === undefined) rows.new.push(number);
      else if (newRecords.has(record) || revisions.some(({ version }) => (times.get(version) ?? 0) > lastPackedAt))
        rows.changed.push(number);
    }
  }
  rows.removed.push(
    ...absent.filter(({ record, why }) => why === 'removed' && packedAt.has(record)).map(({ no }) => no),
  );
  for (const list of Object.values(rows)) list.sort((a, b) => a - b);
  return rows;
}
