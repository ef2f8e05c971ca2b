/**
 * Save an import: each file as received, and one entry with its message schedule for each chosen burst.
 *
 * [Note: all or nothing] The files are sealed first, in blobs that no record names; the next unlock deletes such
 * blobs. Then one transaction writes every record and takes the blobs into use. If the phone dies in between, nothing
 * is half written, and the file can be chosen again.
 */
import { KeptError } from '../../core/errors.js';
import { cutText } from '../../core/text.js';
import { formatId, newId } from '../../core/ids.js';
import { totalsOf, renumberRows, splitBurst } from '../../record/schedule.js';
import { offsetAt } from '../../record/times.js';
import { ownFields } from '../../diary/records/record_store.js';
import { arrivalLines, addPendingLines } from '../../diary/attachments/custody.js';
import { initialFields } from '../../diary/attachments/file_fields.js';
import { exportRow, stageLateFiles } from './imports_late_files.js';
import { discardMedia, fileNames, takeMedia } from './imports_media.js';
import { pageFields, withPageFields } from './imports_page.js';
import { burstTime } from './imports_plan.js';
import { readKind } from '../../diary/records/records.js';
import { blobsOf, deleteBlobs, deleteUnnamed, sealFile, sendBlobs } from '../../diary/attachments/sealing.js';
import { rewriteRows as indexRows } from '../../diary/sync/apply_feed.js';
import type { SavedPage } from '../../imports/saved_pages/saved_page.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { MediaFiles, PlannedRow, TakenMedia, TakenFile } from './imports_media.js';
import type { DetailedPlan, PlannedFile } from './imports_plan.js';
import type { ImportResult } from '../../shell/app.js';
import type { Context, Fields, DraftFile, Open, Batch } from '../../diary/types.js';

type EntryRows = { incident: string; rows: readonly PlannedRow[] };
type ImportedEntry = { incident: string; narrative: string; rows: PlannedRow[] };
/** A file and what is made from it; `burst`: an index of its plan */
export type ChosenFile = PlannedFile & { chosen: readonly { burst: number; narrative: string }[] };
/** `received`: the blob that was sealed for it, unused if the diary has the file */
type SealedImport = ChosenFile & { taken: TakenFile; received: DraftFile['received']; entries: ImportedEntry[] };

const MAX_NAMES_LENGTH = 200;
/** By channel: the behaviour that a message of it is, and what an entry was copied from. */
const SOURCES: Record<string, { behaviour: string; record: string }> = {
  whatsapp: { behaviour: 'chat_messages', record: 'A saved WhatsApp chat' },
  email: { behaviour: 'email', record: 'A saved email file' },
  sms: { behaviour: 'texts', record: 'A backup of text messages' },
  phone_call: { behaviour: 'calls', record: 'A backup of the list of calls' },
  instagram: { behaviour: 'chat_messages', record: 'A download of Instagram messages' },
  messenger: { behaviour: 'chat_messages', record: 'A download of Messenger messages' },
  telegram: { behaviour: 'chat_messages', record: 'An export of Telegram messages' },
  snapchat: { behaviour: 'chat_messages', record: 'A download of Snapchat messages' },
  tiktok: { behaviour: 'chat_messages', record: 'A download of TikTok messages' },
  discord: { behaviour: 'chat_messages', record: 'A download of Discord messages' },
  signal: { behaviour: 'chat_messages', record: 'An export of Signal messages' },
  imessage: { behaviour: 'texts', record: 'An export of iMessages and texts' },
};

/** A picture may show messages of any channel. */
const OTHER_SOURCE = { behaviour: 'chat_messages', record: '' };

/**
 * Save the chosen bursts of each file, or with `late` only the missing files.
 * @param input `media`: the files that may be imported, by name; `late`: as in imports_read.js, for one file only;
 * `account`: whose account or phone they are from, a code of `source_accounts`
 * @returns `again`: the diary had every file already
 */
export async function saveImport(
  ctx: Context,
  open: Open,
  {
    files,
    media,
    late: lateReason,
    account,
  }: { files: readonly ChosenFile[]; media: MediaFiles; late: string; account: string | undefined },
  pause: Pause,
): Promise<ImportResult> {
  const at = ctx.clock.now();
  const from: Fields = account ? { source_account: account } : {};
  const [main] = files as [ChosenFile];
  const lateFiles = lateReason ? main.plan.late : [];
  const sealed: SealedImport[] = [];
  let takenMedia: TakenMedia = { byName: new Map(), failed: [] };
  try {
    const recordByDigest = await sourcesByDigest(open);
    for (const [i, file] of files.entries()) {
      await pause(i, files.length);
      const held = await sealFile(open, file.source, { route: 'files', at, pictures: ctx.pictures });
      const existing = recordByDigest.get(held.sha256) ?? file.plan.known;
      const taken = existing ? { attachment: existing, held: null } : { attachment: held.attachment, held };
      recordByDigest.set(held.sha256, taken.attachment);
      sealed.push({ ...file, taken, received: held.received, entries: entriesOf(file) });
    }
    const entries = sealed.flatMap((file) => file.entries);
    takenMedia = await takeMedia(
      ctx,
      open,
      {
        media,
        rows: [...entries.flatMap(({ rows }) => rows), ...lateFiles.map(exportRow)],
        at,
      },
      pause,
    );
    if (!entries.length && !takenMedia.byName.size) throw new KeptError('import_no_files');
    await open.store.change(async (root, change) => {
      const batch = open.book.batch(root, change);
      let staged = 0;
      for (const file of sealed) {
        for (const entry of file.entries) {
          await stageBurst(ctx, batch, open, entry, { ...file, at, takenMedia });
          await pause(++staged, entries.length);
        }
      }
      const changed = await stageLateFiles(batch, open, lateFiles, {
        exportId: (sealed[0] as SealedImport).taken.attachment,
        byName: takenMedia.byName,
        reason: lateReason,
      });
      for (const { taken, plan, entries: own } of sealed) {
        const incidents = [...own, ...changed].map(({ incident }) => incident);
        await stageReceived(batch, open, taken, incidents, { ...exportFields(taken, plan), ...from }, plan.page);
      }
      await stageMedia(batch, open, [...entries, ...changed], takenMedia, { tz: main.plan.tz, from });
      await indexRows(
        batch,
        open,
        [...entries, ...changed].map(({ incident }) => incident),
        null,
      );
    });
    // The entries are written, so nothing here may fail any more; what stays is deleted at the next unlock.
    const unused = sealed.flatMap(({ taken, received }) => (taken.held ? [] : [received]));
    if (unused.length) await deleteBlobs(open.store, unused).catch(() => undefined);
    const all = [...takenMedia.byName.values()];
    const added = new Set(all.flatMap(({ attachment, held: newFile }) => (newFile ? [attachment] : [])));
    const alreadyHeld = new Set(all.flatMap(({ attachment }) => (added.has(attachment) ? [] : [attachment])));
    return {
      entries: entries.map(({ incident }) => incident),
      rows: entries.reduce((sum, { rows }) => sum + rows.length, 0),
      attachment: (sealed[0] as SealedImport).taken.attachment,
      again: sealed.every(({ taken }) => !taken.held),
      files: { added: added.size, again: alreadyHeld.size, failed: takenMedia.failed },
    };
  } catch (error) {
    await discardMedia(open, takenMedia).catch(() => undefined);
    const received = sealed.map((file) => file.received);
    if (received.length) await deleteUnnamed(open.store, received).catch(() => undefined);
    throw error;
  }
}

const entriesOf = ({ chosen, plan }: ChosenFile): ImportedEntry[] =>
  chosen
    .map(({ burst, narrative }) => ({ incident: formatId(newId()), narrative, rows: plan.bursts[burst] ?? [] }))
    .filter(({ rows }) => rows.length);

/** Return the files that entries were imported from, by digest. */
async function sourcesByDigest(open: Open): Promise<Map<unknown, string>> {
  const sources = new Set(
    (await readKind(open, 'schedule', true)).flatMap(({ fields }) =>
      typeof fields.source_attachment_id === 'string' ? [fields.source_attachment_id] : [],
    ),
  );
  const found: Map<unknown, string> = new Map();
  for (const attachment of sources) {
    const existing = await open.book.newest(attachment).catch(() => null);
    if (existing?.kind === 'attachment' && !found.has(existing.fields.sha256))
      found.set(existing.fields.sha256, attachment);
  }
  return found;
}

/** What stageBurst needs of a plan. */
type BurstPlan = Pick<DetailedPlan, 'channel' | 'tz' | 'gap' | 'ownNames' | 'complete' | 'summary' | 'record' | 'page'>;

export async function stageBurst(
  ctx: Context,
  batch: Batch,
  open: Open,
  { incident, narrative, rows }: ImportedEntry,
  {
    taken: file,
    title,
    plan,
    at,
    takenMedia,
  }: Pick<SealedImport, 'taken' | 'title'> & { plan: BurstPlan; at: number; takenMedia: TakenMedia },
) {
  if (plan.page) return stagePage(batch, open, { incident, narrative, file, plan });
  const amount = totalsOf(rows);
  const { behaviour, record } = SOURCES[plan.channel] ?? OTHER_SOURCE;
  // The export has only theirs, or does not say which are the keeper's.
  const isUnsure = plan.channel === 'whatsapp' && plan.complete === 'outgoing_not_captured';
  const count = isUnsure ? rows.length : amount.in;
  const behaviours = [
    amount.in > amount.calls + amount.answered ? behaviour : '',
    amount.calls + amount.answered ? 'calls' : '',
  ].filter(Boolean);
  const parts = splitBurst(rows).map((part) => ({ part, id: formatId(newId()) }));
  const series = parts.length > 1 ? formatId(newId()) : null;
  const names = cutText(amount.from.join(', '), MAX_NAMES_LENGTH);
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
      source_record: plan.record ?? record,
      schedule_id: parts[0]?.id,
      attachment_ids: [...new Set([file.attachment, ...attachmentIdsOf(rows, takenMedia)])],
    },
  });
  for (const [i, { part, id }] of parts.entries()) {
    await open.book.stage(batch, {
      kind: 'schedule',
      record: id,
      open: {
        channel: plan.channel,
        tz: plan.tz,
        gap_hours: plan.gap,
        complete: plan.complete,
        rows: renumberRows(part.map(withoutMoreFiles)).map((row, n) => ({
          ...row,
          ...attachmentField(row, takenMedia),
          msg_no: firstNumber(parts, i) + n,
        })),
        incident_ids: [incident],
        source_attachment_id: file.attachment,
        import_summary: plan.summary,
        imported_at: at,
        // A chat's file is named for the chat. The name of an email's file is the keeper's own, and restricted.
        ...(plan.channel === 'email' ? {} : { chat: title }),
        ...(series ? { series_id: series, part_no: i + 1 } : {}),
      },
      restricted: plan.ownNames.length ? { own_accounts: plan.ownNames } : {},
    });
  }
}

/** Stage the entry of a saved page. Nothing in the file says when something happened, or who did it. */
async function stagePage(
  batch: Batch,
  open: Open,
  { incident, narrative, file, plan }: { incident: string; narrative: string; file: TakenFile; plan: BurstPlan },
) {
  await open.book.stage(batch, {
    kind: 'incident',
    record: incident,
    open: {
      precision: 'unknown',
      tz: plan.tz,
      ...(narrative.trim() ? { narrative } : {}),
      entry_kind: 'copied_from_other_record',
      source_record: plan.record,
      attachment_ids: [file.attachment],
    },
  });
}

/** Return the number of a part's first message. Numbers run on from part to part. */
function firstNumber(parts: { part: unknown[] }[], i: number): number {
  return parts.slice(0, i).reduce((sum, { part }) => sum + part.length, 1);
}

function attachmentField({ file_name: name = '' }: Partial<PlannedRow>, takenMedia: TakenMedia) {
  const existing = takenMedia.byName.get(name);
  return existing ? { attachment_id: existing.attachment } : {};
}

const withoutMoreFiles = ({ more_files: _more, ...row }: PlannedRow): MessageRow => row;

/** Return the attachment ids of the files that these rows mention. */
const attachmentIdsOf = (rows: readonly PlannedRow[], takenMedia: TakenMedia): string[] =>
  rows.flatMap(fileNames).flatMap((name) => takenMedia.byName.get(name)?.attachment ?? []);

/** Return the record fields of the export file itself. */
function exportFields({ held: sealedFile }: TakenFile, plan: DetailedPlan): Fields {
  const isEml = plan.kind === 'email_eml' && !plan.isOutlook;
  const flags = [...(sealedFile?.flags ?? []), ...(isEml ? [] : ['text_can_be_edited'])];
  return {
    kind: plan.kind,
    ...(flags.length ? { flags } : {}),
    ...(isEml ? { media_type: 'message/rfc822' } : {}),
    ...(plan.page ? pageFields(plan.page) : {}),
  };
}

/** Stage the chat's pictures and other files, each in the entries that mention it, with the time of its message. */
async function stageMedia(
  batch: Batch,
  open: Open,
  entries: readonly EntryRows[],
  takenMedia: TakenMedia,
  { tz, from }: { tz: string; from: Fields },
) {
  const mentions = mentionsOf(entries, takenMedia);
  const staged = new Set();
  for (const file of [...takenMedia.byName.values()].sort((a, b) => Number(!a.held) - Number(!b.held))) {
    if (staged.has(file.attachment)) continue;
    staged.add(file.attachment);
    const { incidents, row } = mentions.get(file.attachment) ?? { incidents: new Set<string>(), row: undefined };
    // A chat app shrinks a picture that it sends, so alterations before receipt are unknown.
    await stageReceived(batch, open, file, [...incidents], {
      alteration_before_receipt: 'unknown',
      ...from,
      ...contentTimeField(row, tz),
    });
  }
}

/** Return by attachment the entries that mention it, and the first row that does. */
function mentionsOf(entries: readonly EntryRows[], takenMedia: TakenMedia) {
  const mentions: Map<string, { incidents: Set<string>; row: PlannedRow }> = new Map();
  for (const { incident, rows } of entries)
    for (const row of rows)
      for (const attachment of attachmentIdsOf([row], takenMedia)) {
        const known = mentions.get(attachment);
        if (known) known.incidents.add(incident);
        else mentions.set(attachment, { incidents: new Set([incident]), row });
      }
  return mentions;
}

function contentTimeField(row: MessageRow | undefined, tz: string): Fields {
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
 * @param page what a further page adds to an existing one
 */
export async function stageReceived(
  batch: Batch,
  open: Open,
  { attachment, held: sealedFile }: TakenFile,
  incidents: string[],
  extraFields: Fields,
  page?: SavedPage,
) {
  if (!sealedFile) {
    const previous = await open.book.newest(attachment, batch);
    const parts = [
      ...new Set([...(Array.isArray(previous.fields.incident_ids) ? previous.fields.incident_ids : []), ...incidents]),
    ];
    const { reason: _reason, taken_out: _out, ...fields } = ownFields(previous);
    await open.book.stage(batch, {
      kind: 'attachment',
      record: attachment,
      open: { ...(page ? withPageFields(fields, page) : fields), incident_ids: parts },
      restricted: previous.restricted,
      openKeys: previous.keys.open,
      restrictedKeys: previous.keys.restricted,
    });
    return;
  }
  const initial = initialFields(sealedFile, null);
  await open.book.stage(batch, {
    kind: 'attachment',
    record: attachment,
    of: incidents[0] ?? null,
    ...initial,
    open: { ...initial.open, incident_ids: incidents, ...extraFields },
  });
  addPendingLines(batch.root, arrivalLines(sealedFile));
  sendBlobs(batch.root, blobsOf(sealedFile), incidents[0] ?? null);
}
