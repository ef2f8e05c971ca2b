/**
 * Missing files of messages that the diary already has. They were left unticked the first time, were too large for the
 * phone that day, or the export had no media. Importing the same chat again, with its files, offers them.
 *
 * [Note: nothing moves] The rows and the entries keep their words and their order. A row gets its file, the entry names
 * the file, and the history of both records when that happened. Records that were taken out are not offered files.
 */
import { isBlank, textOf } from '../../record/reading.js';
import { rowsIn } from '../../record/schedule.js';
import { ownFields } from '../../diary/records/record_store.js';
import { addFileIds } from '../../diary/records/incidents.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Fields, Open, Batch } from '../../diary/types.js';

/** A schedule in the diary; `chat`: the chat's title; `incidents`: the entries it belongs to; `out`: it is taken out */
export type KnownSchedule = {
  record: string;
  chat: string;
  incidents: readonly string[];
  out: boolean;
  rows: MessageRow[];
};
/** `before`: the row as stored; `now`: the row in the export */
export type LateFile = { schedule: string; incident: string; before: Fields; now: MessageRow; name: string };
/** `exportId`: attachment id of the export; `byName`: files by their name in it; `reason`: for the rows' history */
type LateContext = { exportId: string; byName: ReadonlyMap<string, { attachment: string }>; reason: string };

/**
 * Find the files that the export has and the stored rows lack.
 * @param pairs rows of the export, each with the stored row it matches
 * @param media the export's files, by name
 */
export function findLateFiles(
  open: Open,
  schedules: readonly KnownSchedule[],
  pairs: readonly { schedule: number; before: Fields; now: Fields }[],
  media: ReadonlyMap<string, unknown>,
): LateFile[] {
  const liveRecords = new Set(
    open.syncing
      .rows()
      .filter((row) => row.taken_out === null && row.erased === null)
      .map(({ record }) => record),
  );
  return pairs.flatMap(({ schedule, before, now }) => {
    const known = schedules[schedule];
    const name = textOf(now, 'file_name');
    const incident = known?.incidents.find((id) => liveRecords.has(id));
    if (!known || known.out || !incident || !name || !media.has(name) || !isBlank(before.attachment_id)) return [];
    return [{ schedule: known.record, incident, before, now: now as MessageRow, name }];
  });
}

/** Return the row as the export has it; it names its file. */
export const exportRow = ({ now }: LateFile): MessageRow => now;

/**
 * Stage the rows with their files. Each entry then names the files and the export they came from.
 * @returns the entries that changed, with the rows that got a file
 */
export async function stageLateFiles(
  batch: Batch,
  open: Open,
  late: readonly LateFile[],
  { exportId, byName, reason }: LateContext,
): Promise<{ incident: string; rows: MessageRow[] }[]> {
  const entries: Map<string, MessageRow[]> = new Map();
  for (const schedule of new Set(late.map((lateFile) => lateFile.schedule))) {
    const matching = late.filter((lateFile) => lateFile.schedule === schedule && byName.has(lateFile.name));
    const newest = await open.book.newest(schedule, batch);
    const { reason: _reason, taken_out: takenOut, ...fields } = ownFields(newest);
    if (takenOut !== undefined) continue; // taken out since the plan was made
    const { rows, changed } = attachFiles(rowsIn(fields), matching, byName);
    if (!changed.length) continue;
    await open.book.stage(batch, {
      kind: 'schedule',
      record: schedule,
      open: { ...fields, rows, reason },
      restricted: newest.restricted,
      openKeys: newest.keys.open,
      restrictedKeys: newest.keys.restricted,
    });
    for (const { incident, now } of changed) entries.set(incident, [...(entries.get(incident) ?? []), now]);
  }
  for (const [incident, rows] of entries)
    await addFileIds(batch, open, incident, [
      exportId,
      ...rows.map(({ file_name: name }) => byName.get(name ?? '')?.attachment ?? '').filter(Boolean),
    ]);
  return [...entries].map(([incident, rows]) => ({ incident, rows }));
}

/**
 * Attach the files to their rows. A row that changed since the plan was made stays as it is.
 * @param rows as stored now
 */
function attachFiles(
  rows: readonly MessageRow[],
  late: readonly LateFile[],
  byName: LateContext['byName'],
): { rows: MessageRow[]; changed: LateFile[] } {
  const updated = [...rows];
  const changed = late.filter(({ before, name }) => {
    const index = updated.findIndex((row) => JSON.stringify(row) === JSON.stringify(before));
    if (index < 0) return false;
    updated[index] = {
      ...(updated[index] as MessageRow),
      file_name: name,
      attachment_id: byName.get(name)?.attachment ?? '',
    };
    return true;
  });
  return { rows: updated, changed };
}
