/**
 * Keep the list that a keeper checked against a picture: a schedule with the rows, in a new entry for each burst or in
 * the entry that has the picture.
 *
 * [Note: checked] The phone's reading is a proposal. Each row that is kept was answered by the keeper, and one in doubt
 * by itself. This is asked here again, so that no other way to this method keeps an unchecked row.
 */
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { GAP_HOURS, burstsOf, renumberRows, totalsOf, totalsText } from '../../record/schedule.js';
import { codesOf, textOf } from '../../record/reading.js';
import { phoneZone } from '../../record/times.js';
import { findPictureRows, listDraftKey } from '../../diary/attachments/picture_rows.js';
import { readRecord } from '../../diary/records/records.js';
import { scheduleMethods } from '../../diary/records/schedules.js';
import { rewriteRows as indexRows } from '../../diary/sync/apply_feed.js';
import { stageBurst, stageReceived } from './imports_keep.js';
import { alikeRows, readKnown, readMasks } from '../../diary/attachments/picture_known.js';
import { isAsked, isSettled, isTaken, markedList, newList, rowOf } from '../../diary/attachments/picture_list.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { KeptList, OpenedList, PictureList } from '../../diary/attachments/picture_list.js';

const SOURCE_RECORD = 'Messages in a picture of a screen';

/** @throws not_found for a file that was put away; and what findPictureRows throws */
export async function openList(ctx: Context, open: Open, attachment: string): Promise<OpenedList> {
  const draft = await open.store.readJson<PictureList>(listDraftKey(attachment));
  const known = await readKnown(open, attachment);
  const found = draft ? null : await findPictureRows(ctx, open, attachment);
  const masks = await readMasks(open, attachment);
  const list = markedList(found ? newList(found, phoneZone()) : (draft as PictureList), masks, known.kept);
  const targets = await targetsOf(open, attachment);
  if (found) list.entry = targets[0] ?? null;
  return {
    list,
    alike: [...alikeRows(list, known.others)],
    targets,
    keptIn: [...new Set(known.entries)],
  };
}

/** Return the entries with the picture that have no list of messages yet. */
async function targetsOf(open: Open, attachment: string): Promise<string[]> {
  const { fields } = await open.book.newest(attachment);
  const targets: string[] = [];
  for (const record of codesOf(fields, 'incident_ids')) {
    const entry = await readRecord(open, record).catch(() => null);
    if (!entry || entry.taken_out !== null || textOf(entry.fields, 'schedule_id')) continue;
    targets.push(record);
  }
  return targets;
}

/** Return the places of rows that look like ones the diary has, as the list is answered now. */
export const alikeNow = async (open: Open, attachment: string, list: PictureList): Promise<number[]> => [
  ...alikeRows(list, (await readKnown(open, attachment)).others),
];

/** Keep what is being answered, sealed on this phone; null forgets it. */
export const putList = (open: Open, attachment: string, list: PictureList | null) =>
  open.store.change((_root, change) =>
    list ? change.putJson(listDraftKey(attachment), list) : change.drop(listDraftKey(attachment)),
  );

/**
 * Keep the rows that the keeper took.
 * @throws import_unanswered while a row has no answer or a doubt was not looked at; nothing_to_save without a row
 */
export async function keepList(ctx: Context, open: Open, attachment: string, list: PictureList): Promise<KeptList> {
  const now = ctx.clock.now();
  const known = await readKnown(open, attachment);
  const alike = alikeRows(list, known.others);
  const { rows } = markedList(list, await readMasks(open, attachment), known.kept);
  if (!isAsked(list, now) || rows.some((row, place) => !isSettled(list, row, alike.has(place), now)))
    throw new KeptError('import_unanswered');
  const taken = rows.filter((row, place) => isTaken(list, row, alike.has(place), now));
  if (!taken.length) throw new KeptError('nothing_to_save');
  const checked = renumberRows(taken.map((row) => rowOf(list, row, attachment) as Fields));
  const bursts = burstsOf(checked, GAP_HOURS);
  const left = rows.filter(({ answer, isKept }) => answer === 'leave' && !isKept).length;
  const targets = await targetsOf(open, attachment);
  if (list.entry && !(targets.includes(list.entry) && bursts.length === 1)) throw new KeptError('import_unanswered');
  const entries = list.entry
    ? await keepInEntry(ctx, open, { entry: list.entry, attachment, list, rows: checked, left })
    : await keepInNewEntries(ctx, open, { attachment, list, bursts, left });
  return { entries, rows: checked.length, left };
}

/** Return the fields of a schedule that its rows do not give. */
const summaryOf = ({ phone, wrote, found }: PictureList, rows: number, left: number): Fields => ({
  messages: rows,
  picture: {
    phone,
    ...(phone === 'theirs' ? { wrote } : {}),
    read_at: found.readAt,
    engine: found.engine,
    engine_version: found.engineVersion,
    rows_left_out: left,
  },
});

async function keepInEntry(
  ctx: Context,
  open: Open,
  {
    entry,
    attachment,
    list,
    rows,
    left,
  }: { entry: string; attachment: string; list: PictureList; rows: MessageRow[]; left: number },
): Promise<string[]> {
  await scheduleMethods(ctx).saveSchedule({
    incident: entry,
    record: null,
    fields: {
      channel: list.channel,
      tz: list.tz,
      gap_hours: GAP_HOURS,
      complete: 'not_sure',
      rows,
      source_attachment_id: attachment,
      import_summary: summaryOf(list, rows.length, left),
      imported_at: ctx.clock.now(),
      ...(list.who.trim() ? { chat: list.who.trim() } : {}),
    },
    amount: totalsOf(rows).in,
  });
  // If the phone dies before this, the rows of the draft are known as kept.
  await putList(open, attachment, null);
  return [entry];
}

async function keepInNewEntries(
  ctx: Context,
  open: Open,
  { attachment, list, bursts, left }: { attachment: string; list: PictureList; bursts: MessageRow[][]; left: number },
): Promise<string[]> {
  const entries = bursts.map((rows) => ({
    incident: formatId(newId()),
    narrative: `In a picture: ${totalsText(totalsOf(rows))}.`,
    rows,
  }));
  const incidents = entries.map(({ incident }) => incident);
  const taken = { attachment, held: null };
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    for (const entry of entries)
      await stageBurst(ctx, batch, open, entry, {
        taken,
        title: list.who.trim(),
        plan: {
          channel: list.channel,
          tz: list.tz,
          gap: GAP_HOURS,
          ownNames: [],
          complete: 'not_sure',
          summary: summaryOf(list, entry.rows.length, left),
          record: SOURCE_RECORD,
        },
        at: ctx.clock.now(),
        takenMedia: { byName: new Map(), failed: [] },
      });
    await stageReceived(batch, open, taken, incidents, {});
    await indexRows(batch, open, incidents, null);
    change.drop(listDraftKey(attachment));
  });
  return incidents;
}
