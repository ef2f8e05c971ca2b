/**
 * Save an import: the file as received, and one entry with its message schedule for each chosen burst.
 *
 * [Note: all or nothing] The file is sealed first, in blobs that no record names; the next unlock deletes such blobs.
 * Then one transaction writes every record and takes the blobs into use. If the phone dies in between, nothing is half
 * written, and the file can be chosen again.
 */
import { KeptError } from '../../core/errors.js';
import { idText, newId } from '../../core/ids.js';
import { amountOf, numbered, partsOf } from '../../record/schedule.js';
import { offsetAt } from '../../record/times.js';
import { ownFields } from '../../diary/records/record_store.js';
import { arrival, waitingLines } from '../../diary/attachments/custody.js';
import { firstFields } from '../../diary/attachments/file_fields.js';
import { nowNamed, stageLate } from './imports_late.js';
import { letGo, takeMedia } from './imports_media.js';
import { burstTime } from './imports_plan.js';
import { readKind } from '../../diary/records/records.js';
import { blobsOf, forgetBlobs, takeIn } from '../../diary/attachments/sealing.js';
import { rows as indexRows } from '../../diary/sync/apply_feed.js';
import type { Row } from '../../record/schedule.js';
import type { Entry } from '../../imports/unzip.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Media, Taken } from './imports_media.js';
import type { Plan } from './imports_plan.js';
import type { Context, Fields, Held, Open, Source, Batch } from '../../diary/types.js';

type Chosen = { burst: number; narrative: string };
type Entries = Map<string, Entry>;
type Burst = { incident: string; rows: readonly Row[] };

const NAMES = 200;

/**
 * Save the chosen bursts, or with `late` only the missing files.
 * @param input `media`: the files of the zip that may be imported, by name; `late`: as in imports_read.js
 * @returns `again`: the diary had the file already
 */
export async function keepImport(
  ctx: Context,
  open: Open,
  {
    source,
    title,
    plan,
    chosen,
    media,
    late = '',
  }: { source: Source; title: string; plan: Plan; chosen: Chosen[]; media: Entries; late?: string },
  pause: Pause,
): Promise<{
  entries: string[];
  rows: number;
  attachment: string;
  again: boolean;
  files: { added: number; again: number; failed: string[] };
}> {
  const at = ctx.clock.now();
  const held = await takeIn(open, source, { route: 'files', at, pictures: ctx.pictures, unowned: true });
  const file = await sameFile(open, held);
  const work = chosen
    .map(({ burst, narrative }) => ({ incident: idText(newId()), narrative, rows: plan.bursts[burst] ?? [] }))
    .filter(({ rows }) => rows.length);
  let taken: Media = { of: new Map(), failed: [] };
  const missed = late ? plan.late : [];
  try {
    taken = await takeMedia(
      ctx,
      open,
      { source, media, rows: [...work.flatMap(({ rows }) => rows), ...missed.map(nowNamed)], at },
      pause,
    );
    if (!work.length && !taken.of.size) throw new KeptError('import_no_files');
    await open.store.change(async (root, change) => {
      const batch = open.book.batch(root, change);
      for (const [i, one] of work.entries()) {
        await stageBurst(ctx, batch, open, one, { file, title, plan, at, taken });
        await pause(i, work.length);
      }
      const all = [
        ...work,
        ...(await stageLate(batch, open, missed, { file: file.attachment, of: taken.of, reason: late })),
      ];
      await stageReceived(
        batch,
        open,
        file,
        all.map(({ incident }) => incident),
        ofExport(file, plan),
      );
      await stageMedia(batch, open, all, taken, plan);
      await indexRows(
        batch,
        open,
        all.map(({ incident }) => incident),
        null,
      );
    });
    if (!file.held) await forgetBlobs(open.store, [held.received]);
    const all = [...taken.of.values()];
    const added = new Set(all.flatMap(({ attachment, held: own }) => (own ? [attachment] : [])));
    const again = new Set(all.flatMap(({ attachment }) => (added.has(attachment) ? [] : [attachment])));
    return {
      entries: work.map(({ incident }) => incident),
      rows: work.reduce((sum, { rows }) => sum + rows.length, 0),
      attachment: file.attachment,
      again: !file.held,
      files: { added: added.size, again: again.size, failed: taken.failed },
    };
  } catch (error) {
    await letGo(open, taken).catch(() => undefined);
    await forgetBlobs(open.store, [held.received]).catch(() => undefined);
    throw error;
  }
}

/** Return the existing attachment with the same digest, or a new one. */
async function sameFile(open: Open, held: Held): Promise<Taken> {
  const sources = new Set(
    (await readKind(open, 'schedule', true)).flatMap(({ fields }) =>
      typeof fields.source_attachment_id === 'string' ? [fields.source_attachment_id] : [],
    ),
  );
  for (const attachment of sources) {
    const there = await open.book.newest(attachment).catch(() => null);
    if (there?.kind === 'attachment' && there.fields.sha256 === held.sha256) return { attachment, held: null };
  }
  return { attachment: held.attachment, held };
}

async function stageBurst(
  ctx: Context,
  batch: Batch,
  open: Open,
  { incident, narrative, rows }: { incident: string; narrative: string; rows: Row[] },
  { file, title, plan, at, taken }: { file: Taken; title: string; plan: Plan; at: number; taken: Media },
) {
  const amount = amountOf(rows);
  const count = plan.own.length || plan.channel === 'email' ? amount.in : rows.length;
  const ids = partsOf(rows).map((part) => ({ part, id: idText(newId()) }));
  const series = ids.length > 1 ? idText(newId()) : null;
  const behaviours = [
    amount.in > amount.calls ? (plan.channel === 'email' ? 'email' : 'chat_messages') : '',
    amount.calls ? 'calls' : '',
  ].filter(Boolean);
  const names = amount.from.join(', ').slice(0, NAMES);
  await open.book.stage(batch, {
    kind: 'incident',
    record: incident,
    open: {
      ...burstTime(rows, plan.tz, ctx.clock.now()),
      ...(narrative.trim() ? { narrative } : {}),
      channel: plan.channel,
      ...(names ? { channel_account: names } : {}),
      ...(count ? { count } : {}),
      ...(behaviours.length ? { behaviours } : {}),
      entry_kind: 'copied_from_other_record',
      source_record: plan.channel === 'email' ? 'A saved email file' : 'A saved WhatsApp chat',
      schedule_id: ids[0]?.id,
      attachment_ids: [...new Set([file.attachment, ...mediaOf(rows, taken)])],
    },
  });
  for (const [i, { part, id }] of ids.entries()) {
    await open.book.stage(batch, {
      kind: 'schedule',
      record: id,
      open: {
        channel: plan.channel,
        tz: plan.tz,
        gap_hours: plan.gap,
        complete: plan.complete,
        rows: numbered(part).map((row, n) => ({ ...row, ...withFile(row, taken), msg_no: firstNo(ids, i) + n })),
        incident_ids: [incident],
        source_attachment_id: file.attachment,
        import_summary: plan.summary,
        imported_at: at,
        chat: title,
        ...(series ? { series_id: series, part_no: i + 1 } : {}),
      },
      restricted: plan.own.length ? { own_accounts: plan.own } : {},
    });
  }
}

/** Return the number of a part's first message. Numbers run on from part to part. */
function firstNo(parts: { part: unknown[] }[], i: number): number {
  return parts.slice(0, i).reduce((sum, { part }) => sum + part.length, 1);
}

function withFile({ file_name: name }: { file_name?: unknown }, taken: Media) {
  const there = typeof name === 'string' ? taken.of.get(name) : undefined;
  return there ? { attachment_id: there.attachment } : {};
}

/** Return the attachment ids of the files that these rows mention. */
const mediaOf = (rows: readonly Row[], taken: Media): string[] =>
  rows.flatMap((row) => withFile(row, taken).attachment_id ?? []);

/** Return the record fields of the export file itself. */
function ofExport({ held }: Taken, plan: Plan): Fields {
  const flags = [...(held?.flags ?? []), ...(plan.kind === 'chat_export' ? ['text_can_be_edited'] : [])];
  return {
    kind: plan.kind,
    ...(flags.length ? { flags } : {}),
    ...(plan.kind === 'email_eml' ? { media_type: 'message/rfc822' } : {}),
  };
}

/** Stage the chat's pictures and other files, each in the entries that mention it, with the time of its message. */
async function stageMedia(batch: Batch, open: Open, work: readonly Burst[], taken: Media, plan: Plan) {
  const staged = new Set();
  for (const one of [...taken.of.values()].sort((a, b) => Number(!a.held) - Number(!b.held))) {
    if (staged.has(one.attachment)) continue;
    staged.add(one.attachment);
    const speaks = work.filter(({ rows }) => mediaOf(rows, taken).includes(one.attachment));
    const row = speaks[0]?.rows.find((each) => withFile(each, taken).attachment_id === one.attachment);
    // A chat app shrinks a picture that it sends, so alterations before receipt are unknown.
    await stageReceived(
      batch,
      open,
      one,
      speaks.map(({ incident }) => incident),
      { alteration_before_receipt: 'unknown', ...sentTime(row, plan.tz) },
    );
  }
}

function sentTime(row: Row | undefined, tz: string): Fields {
  if (row?.sent_at === undefined || !row.sent_local) return {};
  return {
    content_time: {
      start: row.sent_at,
      local: row.sent_local,
      tz,
      utc_offset_min: offsetAt(row.sent_at, tz),
      precision: 'minute',
      source: 'message_or_call_stamp',
    },
  };
}

/**
 * Stage a file: a new record, or a new version of the existing one. The file does not name the schedules: a pack
 * includes what its files name, so it would include schedules of entries that the keeper leaves out.
 * @param incidents the entries the file belongs to
 * @param extraFields fields of a new record
 */
async function stageReceived(batch: Batch, open: Open, { attachment, held }: Taken, incidents: string[], more: Fields) {
  if (!held) {
    const before = await open.book.newest(attachment, batch);
    const ids = [
      ...new Set([...(Array.isArray(before.fields.incident_ids) ? before.fields.incident_ids : []), ...incidents]),
    ];
    const { reason: _reason, taken_out: _out, ...fields } = ownFields(before);
    await open.book.stage(batch, {
      kind: 'attachment',
      record: attachment,
      open: { ...fields, incident_ids: ids },
      restricted: before.restricted,
      openKeys: before.keys.open,
      restrictedKeys: before.keys.restricted,
    });
    return;
  }
  const first = firstFields(held, null);
  await open.book.stage(batch, {
    kind: 'attachment',
    record: attachment,
    of: incidents[0] ?? null,
    ...first,
    open: { ...first.open, incident_ids: incidents, ...more },
  });
  waitingLines(batch.root, arrival(held));
  const blobs = blobsOf(held).map(({ blob }) => blob);
  batch.root.filling = batch.root.filling.filter((blob: string) => !blobs.includes(blob));
  for (const blob of blobs) batch.root.uploads.push({ blob, of: incidents[0] ?? null });
}
