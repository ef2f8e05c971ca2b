/**
 * The message schedule of an entry: find and write it, and keep its unsaved input.
 *
 *   us/<entry>   rows being typed; they survive a lock or a crash and are deleted when saved
 *
 * [Note: two links] A schedule names its entry, and the entry its schedule. The schedule is written first: if the
 * phone dies in between, the entry still finds it (by `incident_ids`), and the next save adds the second link.
 */
import { saveLaterVersion } from './incidents.js';
import { requireOpenOf } from '../session/require_open.js';
import { readKind, readRecord, saveRecord } from './records.js';
import type { Context, Fields, Open, UnsavedCard } from '../types.js';

/** `amount`: number of messages received */
type SaveRequest = {
  incident: string;
  record: string | null;
  fields: Fields;
  restricted?: Fields;
  reason?: string;
  amount?: number;
};

export function scheduleMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  return {
    /** Return the parts of an entry's schedule in order, and the unsaved input. */
    readSchedule: (incident: string) => readSchedule(requireOpen(), incident),
    async putScheduleDraft(incident: string, draft: Fields | null) {
      await requireOpen().store.change((_root, change) =>
        draft ? change.putJson(`us/${incident}`, draft) : change.drop(`us/${incident}`),
      );
    },
    async saveSchedule(request: SaveRequest) {
      const saved = await saveSchedule(ctx, requireOpen(), request);
      ctx.show();
      ctx.open?.syncing.kick();
      return saved;
    },
  };
}

async function readSchedule(open: Open, incident: string) {
  const draft = await open.store.readJson<Fields>(`us/${incident}`);
  const { fields } = await open.book.newest(incident);
  const linked =
    typeof fields.schedule_id === 'string' ? await readRecord(open, fields.schedule_id).catch(() => null) : null;
  if (linked && linked.kind === 'schedule' && linked.taken_out === null && !linked.fields.series_id)
    return { parts: [linked], draft };
  const all = (await readKind(open, 'schedule')).filter(
    (part) => Array.isArray(part.fields.incident_ids) && part.fields.incident_ids.includes(incident),
  );
  const series = linked?.fields.series_id;
  const parts = all
    .filter((part) => (series ? part.fields.series_id === series : true))
    .sort((a, b) => (a.fields.part_no ?? 1) - (b.fields.part_no ?? 1));
  return { parts: await Promise.all(parts.map(({ record }) => readRecord(open, record))), draft };
}

/** @throws reason_needed, nothing_to_save */
async function saveSchedule(
  ctx: Context,
  open: Open,
  { incident, record, fields, restricted = {}, reason = '', amount = 0 }: SaveRequest,
): Promise<{ record: string }> {
  const saved = await saveRecord(ctx, open, {
    kind: 'schedule',
    record,
    fields: record ? fields : { ...fields, incident_ids: [incident] },
    restricted,
    reason,
  });
  const entry = await open.book.newest(incident);
  const additions: Fields = {};
  if (!entry.fields.schedule_id) additions.schedule_id = saved.record;
  // A count from the keeper is never overwritten; only a blank one is filled.
  if (entry.fields.count === undefined && amount)
    Object.assign(additions, { count: amount }, fields.count_is_estimate ? { count_is_estimate: true } : {});
  if (!entry.fields.channel && fields.channel) additions.channel = fields.channel;
  const unsaved = await open.store.readJson<UnsavedCard>(`u/${incident}`);
  if (Object.keys(additions).length) await saveLaterVersion(ctx, open, incident, { fields: additions });
  await open.store.change((_root, change) => {
    change.drop(`us/${incident}`);
    if (unsaved) change.putJson(`u/${incident}`, unsaved); // a card open elsewhere keeps its unsaved input
  });
  return saved;
}
