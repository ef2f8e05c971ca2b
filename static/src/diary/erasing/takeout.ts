/**
 * Take an entry or one of its files out, and put it back. This erases nothing: a version without text hides the
 * record, its number and history stay, and the text comes back as one more version.
 */
import { sealedAt } from '../../record/record_history.js';
import { currentVersionOf } from '../../record/current_version.js';
import { codesOf, textOf, integerOf } from '../../record/reading.js';
import { readKind, readRecord } from '../records/records.js';
import { FILE_REMOVED } from '../attachments/removal.js';
import { rewriteRows } from '../sync/apply_feed.js';
import type { ReadRecord } from '../records/records.js';
import type { Open, Opened } from '../types.js';

/** A person who was given an entry, and when. */
type Disclosure = { who: string; at: number; pack_no: number | null; kind: 'export' | 'consent' };

/** Update the rows of the entries concerned after a record was taken out or put back. */
export async function updateRows(open: Open, record: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const meta = await open.book.meta(record, batch);
    const incident = meta?.kind === 'incident' ? record : meta?.of;
    if (incident) await rewriteRows(batch, open, [incident], null);
  });
}

/**
 * Return everything given to somebody that contains this entry, newest first. A pack of everything up to a date
 * counts too.
 */
export async function disclosuresOf(open: Open, record: string): Promise<Disclosure[]> {
  const writtenAt = await open.book.versions(record).then(
    (versions) => versions[0] && sealedAt(versions[0]),
    () => null,
  );
  const [exports, consents] = await Promise.all([readKind(open, 'export', true), readKind(open, 'consent', true)]);
  const containsRecord = ({ fields, at }: ReadRecord) => {
    const recordIds = codesOf(fields, 'record_ids');
    return recordIds.length
      ? recordIds.includes(record)
      : writtenAt !== null &&
          writtenAt !== undefined &&
          (integerOf(fields, 'covers_to') ?? integerOf(fields, 'made_at') ?? at) >= writtenAt;
  };
  return [
    ...exports.filter(containsRecord).map(({ fields, at }) => ({
      who: textOf(fields, 'delivered_to'),
      at: integerOf(fields, 'made_at') ?? at,
      pack_no: integerOf(fields, 'pack_no'),
      kind: 'export' as const,
    })),
    ...consents.filter(containsRecord).map(({ fields, restricted, at }) => ({
      who: textOf(restricted, 'recipient') || textOf(fields, 'purpose'),
      at: integerOf(fields, 'given_at') ?? at,
      pack_no: null,
      kind: 'consent' as const,
    })),
  ].sort((a, b) => b.at - a.at);
}

/**
 * Return the files of an entry that were taken out, each with its time.
 * @returns `removed`: nothing is left to put back
 */
export async function readTakenOutFiles(
  open: Open,
  ids: readonly string[],
): Promise<{ attachment: string; name: string; at: number; removed: boolean }[]> {
  const takenOut = [];
  for (const id of ids) {
    const file = await readRecord(open, id).catch(() => null);
    if (file && file.taken_out !== null)
      takenOut.push({
        attachment: id,
        name: textOf(file.restricted.received_as ?? {}, 'filename'),
        at: file.taken_out,
        removed: file.out_reason === FILE_REMOVED,
      });
  }
  return takenOut;
}

/** Return when a record was taken out, by its versions; null if it was not. */
export function takenOutAt(versions: readonly Opened[]): number | null {
  return versions.length ? currentVersionOf(versions).taken_out : null;
}
