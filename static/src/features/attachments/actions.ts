/**
 * Actions on one file: read it with all its facts, change its description, move it between entries, play it. Its fields
 * follow the same rules as an entry's: additions, amendments with a reason, nothing overwritten.
 */
import { runningDigest } from '../../crypto/digests.js';
import { hex } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { ownFields } from '../../diary/records/record_store.js';
import { fileState } from '../../diary/records/entries.js';
import { firstFields } from '../../diary/attachments/file_fields.js';
import { insideOf } from '../../diary/session/require_open.js';
import { asUrl, findFile, openParts } from '../../diary/attachments/reading_files.js';
import { readKind, readOne, recordMethods, saveOne } from '../../diary/records/records.js';
import { blobsOf, forgetBlobs } from '../../diary/attachments/sealing.js';
import { shownAttachment, shownHeld } from '../../diary/index/showing.js';
import { rows } from '../../diary/sync/apply_feed.js';
import { redraw } from '../../diary/erasing/takeout.js';
import { forgetTray } from '../../diary/drafts/waiting_files.js';
import type { Drafts } from '../../diary/drafts/drafts.js';
import type { CustodyLine } from '../../store/root.js';
import type { Context, Fields, Held, Open, Batch } from '../../diary/types.js';

type Said = { fields?: Fields; restricted?: Fields };

/** Types that a page may play, taken from the file's first bytes, never from its name. */
const PLAYED = /^(?:audio|video)\//;
const OGG = 'application/ogg';

export function attachmentMethods(ctx: Context, drafts: Drafts) {
  const inside = insideOf(ctx);
  const held = (id: string) => drafts.kept?.held.find(({ attachment }) => attachment === id);
  const { needsRecordReason } = recordMethods(ctx);
  return {
    readAttachment: async (id: string) => (held(id) ? readHeld(held(id) as Held) : readKept(inside(), id)),
    needsAttachmentReason: async (id: string, said: Said) => (held(id) ? false : needsRecordReason(id, said)),
    async saveAttachment({
      attachment,
      fields = {},
      restricted = {},
      reason = '',
    }: Said & { attachment: string; reason?: string }) {
      const waiting = held(attachment);
      if (waiting)
        return drafts.addHeld({
          ...waiting,
          said: {
            fields: { ...waiting.said?.fields, ...fields },
            restricted: { ...waiting.said?.restricted, ...restricted },
          },
        });
      const open = inside();
      await saveOne(ctx, open, { kind: 'attachment', record: attachment, fields, restricted, reason });
      await redraw(open, attachment);
      return after(ctx, open);
    },
    /** Record in the custody log that the file was viewed or played; repeats within a while are one line. */
    looked: (id: string) => {
      if (!held(id)) ctx.open?.custody.note(id, 'viewed');
    },
    async readToPlay(id: string) {
      const open = inside();
      const file = await findFile(open, id, 'received', drafts.kept?.held ?? []);
      if (!file || !(PLAYED.test(file.type) || file.type === OGG)) return null;
      return asUrl(open, file, ctx.objectUrl, file.type === OGG ? 'audio/ogg' : file.type);
    },
    checkFile: (id: string) => check(inside(), id),
    async moveFile(id: string, to: string | null, reason: string) {
      const open = inside();
      await move(open, id, to, reason);
      return after(ctx, open);
    },
    readLoose: async () => readLoose(inside()),
    /** Delete a file that waits in a draft; it was never part of the diary. */
    async dropHeld(id: string) {
      const waiting = held(id);
      if (!waiting) return;
      await drafts.dropHeld(id);
      if (!waiting.received.blob && drafts.key) await forgetTray(ctx, drafts.key, [id]);
      if (ctx.open) await forgetBlobs(ctx.open.store, blobsOf(waiting));
    },
  };
}

function after(ctx: Context, open: Open) {
  ctx.show();
  open.syncing.kick();
}

function readHeld(held: Held) {
  const { open: fields, restricted } = firstFields(held, null);
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

async function readKept(open: Open, id: string) {
  const { fields, restricted, taken_out, out_reason, two, at, versions } = await readOne(open, id);
  const newest = await open.book.newest(id);
  const { syncing, index } = open;
  const of = (await open.book.meta(id))?.of ?? null;
  const state = fileState(open, newest, (of ? index.find(of) : null) as Parameters<typeof fileState>[2], {
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
  const found = [];
  for (const record of Array.isArray(fields.incident_ids) ? fields.incident_ids : []) {
    const said = await open.book.newest(record).catch(() => null);
    const row = open.syncing.rows().find((one) => one.record === record);
    if (row && said?.fields.attachment_ids?.includes(id)) found.push({ record, seq_no: row.seq_no, title: row.title });
  }
  return found;
}

/** Return a file's custody log from every device, oldest first. */
async function custodyOf(open: Open, id: string): Promise<CustodyLine[]> {
  const kept = await readKind(open, 'custody', true);
  const lines = [
    ...kept.flatMap(({ fields }) => (Array.isArray(fields.lines) ? fields.lines : [])),
    ...(open.store.root.custody?.waiting ?? []),
    ...open.custody.loose,
  ];
  return lines.filter((line) => line?.attachment === id).sort((a, b) => a.at - b.at);
}

/**
 * Read every sealed part again and compare the digest with the one taken when the file was received.
 * @throws file_missing, file_damaged, file_differs
 */
async function check(open: Open, id: string) {
  const file = await findFile(open, id, 'received', []);
  const { fields } = await open.book.newest(id);
  if (!file) throw new KeptError('not_found');
  const digest = runningDigest('SHA-256');
  for await (const part of openParts(open, file)) digest.update(part);
  if (hex(digest.digest()) !== fields.sha256) throw new KeptError('file_differs');
  open.custody.note(id, 'verified', fields.sha256);
}

/**
 * Move a file from its entries to another one, or to none. Each changed entry gets one new version.
 * @param reason why the entry it leaves changes
 */
async function move(open: Open, id: string, to: string | null, reason: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const file = await open.book.newest(id, batch);
    const from = (Array.isArray(file.fields.incident_ids) ? file.fields.incident_ids : []).filter(
      (one: string) => one !== to,
    );
    const left = [];
    for (const record of from)
      if (await relink(open, batch, record, (ids) => ids.filter((one) => one !== id), reason)) left.push(record);
    if (to) await relink(open, batch, to, (ids) => (ids.includes(id) ? ids : [...ids, id]), '');
    const meta = structuredClone(await open.book.meta(id, batch));
    if (meta) batch.metas.set(id, { ...meta, of: to });
    const { reason: _reason, ...words } = ownFields(file);
    await open.book.stage(batch, {
      kind: 'attachment',
      record: id,
      open: { ...words, incident_ids: to ? [to] : [], reason },
      restricted: file.restricted,
      openKeys: file.keys.open,
      restrictedKeys: file.keys.restricted,
    });
    const moved = new Set([...file.keys.open, ...file.keys.restricted].map(([blob]) => blob));
    for (const waiting of [...root.uploads, ...root.fetch]) if (moved.has(waiting.blob)) waiting.of = to;
    await rows(batch, open, [...left, ...(to ? [to] : [])], null);
  });
}

/** @returns true if the entry's list of files changed */
async function relink(
  open: Open,
  batch: Batch,
  record: string,
  change: (ids: string[]) => string[],
  reason: string,
): Promise<boolean> {
  const before = await open.book.newest(record, batch).catch(() => null);
  if (!before) return false;
  const ids = Array.isArray(before.fields.attachment_ids) ? before.fields.attachment_ids : [];
  const next = change(ids);
  if (next.join() === ids.join()) return false;
  const { reason: _reason, attachment_ids: _ids, ...words } = ownFields(before);
  await open.book.stage(batch, {
    kind: 'incident',
    record,
    open: { ...words, ...(next.length ? { attachment_ids: next } : {}), ...(reason ? { reason } : {}) },
    restricted: before.restricted,
    parents: [before.version],
    openKeys: before.keys.open,
    restrictedKeys: before.keys.restricted,
  });
  return true;
}

/** Return files that are in no entry, newest first. A file that a register names is not loose. */
async function readLoose(open: Open) {
  const files = await readKind(open, 'attachment');
  const named = new Set();
  for (const kind of NAMING)
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

const NAMING = [
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
  'statement',
  'vehicle',
];

/** @returns the ids of the files that a record names */
function idsIn(fields: Fields): string[] {
  return ['attachment_ids', 'copy_attachment_id', 'identity_link_id', 'source_attachment_id'].flatMap(
    (name) => fields[name] ?? [],
  );
}
