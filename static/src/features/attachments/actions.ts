/**
 * Actions on one file: read it with all its facts, change its description, move it between entries, play it. Its fields
 * follow the same rules as an entry's: additions, amendments with a reason, nothing overwritten.
 */
import { incrementalDigest } from '../../crypto/digests.js';
import { hex } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { ownFields } from '../../diary/records/record_store.js';
import { fileState } from '../../diary/records/entries.js';
import { initialFields } from '../../diary/attachments/file_fields.js';
import { requireOpenOf } from '../../diary/session/require_open.js';
import { makeUrl, locateFile, openParts } from '../../diary/attachments/reading_files.js';
import { readKind, readRecord, recordMethods, saveRecord } from '../../diary/records/records.js';
import { blobsOf, deleteBlobs } from '../../diary/attachments/sealing.js';
import { isUnseen } from '../../record/sitting.js';
import { filesOf } from '../../record/current_version.js';
import { shownAttachment, shownHeld } from '../../diary/index/showing.js';
import { rewriteRows } from '../../diary/sync/apply_feed.js';
import { updateRows } from '../../diary/erasing/takeout.js';
import { removeFromTray } from '../../diary/drafts/tray_files.js';
import type { Drafts } from '../../diary/drafts/drafts.js';
import type { CustodyLine } from '../../store/root.js';
import type { Context, Fields, DraftFile, Open, Batch } from '../../diary/types.js';

type FieldChanges = { fields?: Fields; restricted?: Fields };

/** Types that a page may play, taken from the file's first bytes, never from its name. */
const PLAYABLE = /^(?:audio|video)\//;
const OGG = 'application/ogg';

export function attachmentMethods(ctx: Context, drafts: Drafts) {
  const requireOpen = requireOpenOf(ctx);
  const findHeld = (id: string) => drafts.current?.held.find(({ attachment }) => attachment === id);
  const { needsRecordReason } = recordMethods(ctx);
  return {
    readAttachment: async (id: string) =>
      findHeld(id) ? readHeld(findHeld(id) as DraftFile) : readStored(requireOpen(), id),
    needsAttachmentReason: async (id: string, changes: FieldChanges) =>
      findHeld(id) ? false : needsRecordReason(id, changes),
    async saveAttachment({
      attachment,
      fields = {},
      restricted = {},
      reason = '',
    }: FieldChanges & { attachment: string; reason?: string }) {
      const heldFile = findHeld(attachment);
      if (heldFile)
        return drafts.addFile({
          ...heldFile,
          said: {
            fields: { ...heldFile.said?.fields, ...fields },
            restricted: { ...heldFile.said?.restricted, ...restricted },
          },
        });
      const open = requireOpen();
      await saveRecord(ctx, open, { kind: 'attachment', record: attachment, fields, restricted, reason });
      await updateRows(open, attachment);
      return showAndSync(ctx, open);
    },
    /** Record in the custody log that the file was viewed or played; repeats within a while are one line. */
    looked: (id: string) => {
      if (!findHeld(id)) ctx.open?.custody.log(id, 'viewed');
    },
    async readToPlay(id: string) {
      const open = requireOpen();
      if (!findHeld(id) && isUnseen((await open.book.newest(id)).fields)) return null;
      const file = await locateFile(open, id, 'received', drafts.current?.held ?? []);
      if (!file || !(PLAYABLE.test(file.type) || file.type === OGG)) return null;
      return makeUrl(open, file, ctx.objectUrl, file.type === OGG ? 'audio/ogg' : file.type);
    },
    checkFile: (id: string) => verifyFile(requireOpen(), id),
    async moveFile(id: string, target: string | null, reason: string) {
      const open = requireOpen();
      await moveToEntry(open, id, target, reason);
      return showAndSync(ctx, open);
    },
    readLoose: async () => readLoose(requireOpen()),
    /** Delete a file that waits in a draft; it was never part of the diary. */
    async dropHeld(id: string) {
      const heldFile = findHeld(id);
      if (!heldFile) return;
      await drafts.removeFile(id);
      if (!heldFile.received.blob && drafts.draftKey) await removeFromTray(ctx, drafts.draftKey, [id]);
      if (ctx.open) await deleteBlobs(ctx.open.store, blobsOf(heldFile));
    },
  };
}

function showAndSync(ctx: Context, open: Open) {
  ctx.show();
  open.syncing.kick();
}

function readHeld(held: DraftFile) {
  const { open: fields, restricted } = initialFields(held, null);
  return {
    ...shownHeld(held),
    fields,
    restricted,
    taken_out: null,
    out_reason: '',
    two: false,
    at: held.received_at,
    versions: [],
    entries: [],
    draft: true,
    custody: [],
  };
}

async function readStored(open: Open, id: string) {
  const { fields, restricted, taken_out, out_reason, two, at, versions } = await readRecord(open, id);
  const newest = await open.book.newest(id);
  const { syncing, index } = open;
  const entryId = (await open.book.meta(id))?.of ?? null;
  const state = fileState(open, newest, (entryId ? index.findRow(entryId) : null) as Parameters<typeof fileState>[2], {
    sending: syncing.running,
    offline: syncing.offline,
  });
  return {
    ...shownAttachment(newest, state),
    fields,
    restricted,
    taken_out,
    out_reason,
    two,
    at,
    versions,
    entries: await entriesOf(open, id, fields),
    draft: false,
    custody: await custodyOf(open, id),
  };
}

/** Return the entries that contain a file: those it names and that also name it. */
async function entriesOf(open: Open, id: string, fields: Fields) {
  const entries = [];
  for (const record of Array.isArray(fields.incident_ids) ? fields.incident_ids : []) {
    const versions = (await open.book.versions(record).catch(() => [])).filter(({ kind }) => kind === 'incident');
    const row = open.syncing.rows().find((candidate) => candidate.record === record);
    if (row && versions.length && filesOf(versions).includes(id))
      entries.push({ record, seq_no: row.seq_no, title: row.title });
  }
  return entries;
}

/** Return a file's custody log from every device, oldest first. */
async function custodyOf(open: Open, id: string): Promise<CustodyLine[]> {
  const records = await readKind(open, 'custody', true);
  const lines = [
    ...records.flatMap(({ fields }) => (Array.isArray(fields.lines) ? fields.lines : [])),
    ...(open.store.root.custody?.waiting ?? []),
    ...open.custody.unsavedLines,
  ];
  return lines.filter((line) => line?.attachment === id).sort((a, b) => a.at - b.at);
}

/**
 * Read every sealed part again and compare the digest with the one taken when the file was received.
 * @throws file_missing, file_damaged, file_differs
 */
async function verifyFile(open: Open, id: string) {
  const file = await locateFile(open, id, 'received', []);
  const { fields } = await open.book.newest(id);
  if (!file) throw new KeptError('not_found');
  const digest = incrementalDigest('SHA-256');
  for await (const part of openParts(open, file)) digest.update(part);
  if (hex(digest.digest()) !== fields.sha256) throw new KeptError('file_differs');
  open.custody.log(id, 'verified', fields.sha256);
}

/**
 * Move a file from its entries to another one, or to none. Each changed entry gets one new version.
 * @param reason why the entry it leaves changes
 */
async function moveToEntry(open: Open, id: string, target: string | null, reason: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const file = await open.book.newest(id, batch);
    const sources = (Array.isArray(file.fields.incident_ids) ? file.fields.incident_ids : []).filter(
      (linkedId: string) => linkedId !== target,
    );
    const changed = [];
    for (const record of sources)
      if (await changeFileList(open, batch, record, (ids) => ids.filter((linkedId) => linkedId !== id), reason))
        changed.push(record);
    if (target) await changeFileList(open, batch, target, (ids) => (ids.includes(id) ? ids : [...ids, id]), '');
    const meta = structuredClone(await open.book.meta(id, batch));
    if (meta) batch.metas.set(id, { ...meta, of: target });
    const { reason: _oldReason, ...fields } = ownFields(file);
    await open.book.stage(batch, {
      kind: 'attachment',
      record: id,
      open: { ...fields, incident_ids: target ? [target] : [], reason },
      restricted: file.restricted,
      openKeys: file.keys.open,
      restrictedKeys: file.keys.restricted,
    });
    const moved = new Set([...file.keys.open, ...file.keys.restricted].map(([blob]) => blob));
    for (const transfer of [...root.uploads, ...root.fetch]) if (moved.has(transfer.blob)) transfer.of = target;
    await rewriteRows(batch, open, [...changed, ...(target ? [target] : [])], null);
  });
}

/** @returns true if the entry's list of files changed */
async function changeFileList(
  open: Open,
  batch: Batch,
  record: string,
  change: (ids: string[]) => string[],
  reason: string,
): Promise<boolean> {
  const entry = await open.book.newest(record, batch).catch(() => null);
  if (!entry) return false;
  const ids = Array.isArray(entry.fields.attachment_ids) ? entry.fields.attachment_ids : [];
  const nextIds = change(ids);
  if (nextIds.join() === ids.join()) return false;
  const { reason: _oldReason, attachment_ids: _ids, ...fields } = ownFields(entry);
  await open.book.stage(batch, {
    kind: 'incident',
    record,
    open: { ...fields, ...(nextIds.length ? { attachment_ids: nextIds } : {}), ...(reason ? { reason } : {}) },
    restricted: entry.restricted,
    parents: [entry.version],
    openKeys: entry.keys.open,
    restrictedKeys: entry.keys.restricted,
  });
  return true;
}

/** Return files that are in no entry, newest first. A file that a register names is not loose. */
async function readLoose(open: Open) {
  const files = await readKind(open, 'attachment');
  const named = new Set();
  for (const kind of NAMING_KINDS)
    for (const { fields } of await readKind(open, kind)) for (const id of idsIn(fields)) named.add(id);
  const loose = [];
  for (const { record, fields } of files) {
    if (named.has(record) || (await entriesOf(open, record, fields)).length) continue;
    const newest = await open.book.newest(record);
    loose.push(
      shownAttachment(
        newest,
        fileState(open, newest, null, { sending: open.syncing.running, offline: open.syncing.offline }),
      ),
    );
  }
  return loose.sort((a, b) => b.received_at - a.received_at);
}

const NAMING_KINDS = [
  'account',
  'background',
  'case',
  'consent',
  'impact',
  'notice',
  'order',
  'person',
  'report',
  'schedule',
  'sighting',
  'sitting',
  'statement',
  'vehicle',
];

/** @returns the ids of the files that a record names */
function idsIn(fields: Fields): string[] {
  return ['attachment_ids', 'copy_attachment_id', 'identity_link_id', 'source_attachment_id'].flatMap(
    (name) => fields[name] ?? [],
  );
}
