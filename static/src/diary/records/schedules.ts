/**
 * The message schedule of an entry: find and write it, and keep its unsaved input.
 *
 *   us/<entry>   rows being typed; they survive a lock or a crash and are deleted when saved
 *
 * [Note: two links] A schedule names its entry, and the entry its schedule. The schedule is written first: if the
 * phone dies in between, the entry still finds it (by `incident_ids`), and the next save adds the second link.
 */
import { saveLater } from './incidents.js';
import { insideOf } from '../session/require_open.js';
import { readKind, readOne, saveOne } from './records.js';
import type { Context, Fields, Open, Unsaved } from '../types.js';

/** `amount`: number of messages received */
type Wish = {
  incident: string;
  record: string | null;
  fields: Fields;
  restricted?: Fields;
  reason?: string;
  amount?: number;
};

export function scheduleMethods(ctx: Context) {
  const inside = insideOf(ctx);
  return {
    /** Return the parts of an entry's schedule in order, and the unsaved input. */
    readSchedule: (incident: string) => readSchedule(inside(), incident),
    async putScheduleDraft(incident: string, draft: Fields | null) {
      await inside().store.change((_root, change) =>
        draft ? change.putJson(`us/${incident}`, draft) : change.drop(`us/${incident}`),
      );
    },
    async saveSchedule(wish: Wish) {
      const done = await saveSchedule(ctx, inside(), wish);
      ctx.show();
      ctx.open?.syncing.kick();
      return done;
    },
  };
}

async function readSchedule(open: Open, incident: string) {
  const draft = await open.store.readJson<Fields>(`us/${incident}`);
  const { fields } = await open.book.newest(incident);
  const named =
    typeof fields.schedule_id === 'string' ? await readOne(open, fields.schedule_id).catch(() => null) : null;
  if (named && named.kind === 'schedule' && named.taken_out === null && !named.fields.series_id)
    return { parts: [named], draft };
  const all = (await readKind(open, 'schedule')).filter(
    (one) => Array.isArray(one.fields.incident_ids) && one.fields.incident_ids.includes(incident),
  );
  const series = named?.fields.series_id;
  const parts = all
    .filter((one) => (series ? one.fields.series_id === series : true))
    .sort((a, b) => (a.fields.part_no ?? 1) - (b.fields.part_no ?? 1));
  return { parts: await Promise.all(parts.map(({ record }) => readOne(open, record))), draft };
}

/** @throws reason_needed, nothing_to_save */
async function saveSchedule(
  ctx: Context,
  open: Open,
  { incident, record, fields, restricted = {}, reason = '', amount = 0 }: Wish,
): Promise<{ record: string }> {
  const done = await saveOne(ctx, open, {
    kind: 'schedule',
    record,
    fields: record ? fields : { ...fields, incident_ids: [incident] },
    restricted,
    reason,
  });
  const entry = await open.book.newest(incident);
  const add: Fields = {};
  if (!entry.fields.schedule_id) add.schedule_id = done.record;
  // A count from the keeper is never overwritten; only a blank one is filled.
  if (entry.fields.count === undefined && amount)
    Object.assign(add, { count: amount }, fields.count_is_estimate ? { count_is_estimate: true } : {});
  if (!entry.fields.channel && fields.channel) add.channel = fields.channel;
  const unsaved = await open.store.readJson<Unsaved>(`u/${incident}`);
  if (Object.keys(add).length) await saveLater(ctx, open, incident, { fields: add });
  await open.store.change((_root, change) => {
    change.drop(`us/${incident}`);
    if (unsaved) change.putJson(`u/${incident}`, unsaved); // a card open elsewhere keeps its unsaved input
  });
  return done;
}
