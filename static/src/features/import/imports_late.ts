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
import { nameFiles } from '../../diary/records/incidents.js';
import type { Row } from '../../record/schedule.js';
import type { Fields, Open, Batch } from '../../diary/types.js';

/** A schedule in the diary; `chat`: the chat's title; `incidents`: the entries it belongs to; `out`: it is taken out */
export type Listed = { record: string; chat: string; incidents: readonly string[]; out: boolean; rows: Row[] };
/** `before`: the row as stored; `now`: the row in the export */
export type Late = { schedule: string; incident: string; before: Fields; now: Row; name: string };
/** `exportId`: attachment id of the export; `byName`: files by their name in it; `reason`: for the rows' history */
type Brought = { file: string; of: ReadonlyMap<string, { attachment: string }>; reason: string };

/**
 * Find the files that the export has and the stored rows lack.
 * @param pairs rows of the export, each with the stored row it matches
 * @param media the export's files, by name
 */
export function lateIn(
  open: Open,
  lists: readonly Listed[],
  pairs: readonly { schedule: number; before: Fields; now: Fields }[],
  media: ReadonlyMap<string, unknown>,
): Late[] {
  const alive = new Set(
    open.syncing
      .rows()
      .filter((row) => row.taken_out === null && row.erased === null)
      .map(({ record }) => record),
  );
  return pairs.flatMap(({ schedule, before, now }) => {
    const list = lists[schedule];
    const name = textOf(now, 'file_name');
    const incident = list?.incidents.find((one) => alive.has(one));
    if (!list || list.out || !incident || !name || !media.has(name) || !isBlank(before.attachment_id)) return [];
    return [{ schedule: list.record, incident, before, now: now as Row, name }];
  });
}

/** Return the row as the export has it; it names its file. */
export const nowNamed = ({ now }: Late): Row => now;

/**
 * Stage the rows with their files. Each entry then names the files and the export they came from.
 * @returns the entries that changed, with the rows that got a file
 */
export async function stageLate(
  batch: Batch,
  open: Open,
  late: readonly Late[],
  { file, of, reason }: Brought,
): Promise<{ incident: string; rows: Row[] }[]> {
  const entries: Map<string, Row[]> = new Map();
  for (const schedule of new Set(late.map((one) => one.schedule))) {
    const mine = late.filter((one) => one.schedule === schedule && of.has(one.name));
    const newest = await open.book.newest(schedule, batch);
    const { reason: _reason, taken_out: out, ...fields } = ownFields(newest);
    if (out !== undefined) continue; // taken out since the plan was made
    const { rows, changed } = withFiles(rowsIn(fields), mine, of);
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
    await nameFiles(batch, open, incident, [
      file,
      ...rows.map(({ file_name: name }) => of.get(name ?? '')?.attachment ?? '').filter(Boolean),
    ]);
  return [...entries].map(([incident, rows]) => ({ incident, rows }));
}

/**
 * Attach the files to their rows. A row that changed since the plan was made stays as it is.
 * @param rows as stored now
 */
function withFiles(rows: readonly Row[], late: readonly Late[], of: Brought['of']): { rows: Row[]; changed: Late[] } {
  const next = [...rows];
  const changed = late.filter(({ before, name }) => {
    const at = next.findIndex((row) => JSON.stringify(row) === JSON.stringify(before));
    if (at < 0) return false;
    next[at] = { ...(next[at] as Row), file_name: name, attachment_id: of.get(name)?.attachment ?? '' };
    return true;
  });
  return { rows: next, changed };
}
