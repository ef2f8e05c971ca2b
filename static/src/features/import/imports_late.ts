/**
 * Pictures and other files of messages that the diary has without them: left unticked the first time, too much for the
 * phone that day, or brought in from an export without media. The same chat, chosen again with its files in it, offers
 * them.
 *
 * [Note: nothing moves] The rows keep their words and their order, and the entries theirs: a row gets its file, the
 * entry names it, and both say in their history when that was. Of what was taken out nothing is offered.
 */
import { isBlank, textOf } from '../../record/reading.js';
import { rowsIn } from '../../record/schedule.js';
import { ownFields } from '../../diary/records/record_store.js';
import { nameFiles } from '../../diary/records/incidents.js';
import type { Row } from '../../record/schedule.js';
import type { Fields, Open, Batch } from '../../diary/types.js';

/** A schedule the diary has; `chat`: what its chat is called; `incidents`: what it belongs to */
export type Listed = { record: string; chat: string; incidents: readonly string[]; out: boolean; rows: Row[] };
/** `before`: the row as it is kept; `now`: as the file has it */
export type Late = { schedule: string; incident: string; before: Fields; now: Row; name: string };
/** `file`: the export itself; `of`: by the name in it; `reason`: why rows change, for their history */
type Brought = { file: string; of: ReadonlyMap<string, { attachment: string }>; reason: string };

/**
 * @param pairs rows of the file with those they are known by
 * @param media what the file holds, by name
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

/** The row as the export has it, which names its file. */
export const nowNamed = ({ now }: Late): Row => now;

/**
 * Their rows with the file, and their entries with it and with the export it came out of.
 * @returns the entries that were changed, with the rows that got a file
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
    if (out !== undefined) continue; // since it was looked at
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
 * @param rows as they are kept now
 * @returns a row that was changed since it was looked at keeps what it says
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
