/**
 * Save an incident: its first version with the draft's text and files, and every later one.
 *
 * record/record_history.js decides which later versions are additions and which amendments, from what changed and
 * when. This module only decides whether a reason is required.
 */
import { SETTLING_MS } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { isBlank } from '../../record/reading.js';
import { changesBetween, classifyChanges, sealedAt } from '../../record/record_history.js';
import { heads, ownFields } from './record_store.js';
import { arrivalLines, addPendingLines } from '../attachments/custody.js';
import { initialFields } from '../attachments/file_fields.js';
import { refuseBreach } from './validation.js';
import { blobsOf, sendBlobs } from '../attachments/sealing.js';
import { headVersions, differInContent } from './merging.js';
import { takenOutAt } from '../erasing/takeout.js';
import { rewriteRows } from '../sync/apply_feed.js';
import type { Drafts } from '../drafts/drafts.js';
import type { Context, Fields, DraftFile, Open, Batch, Opened } from '../types.js';

type RecordChanges = { fields?: Fields; restricted?: Fields };

/**
 * Save a new incident from the draft and `changes`. The draft is deleted in the same transaction that stores the entry.
 * @throws nothing_to_save, no_space
 */
export async function saveNewIncident(
  ctx: Context,
  open: Open,
  drafts: Drafts,
  changes: RecordChanges,
): Promise<{ record: string }> {
  await drafts.whenIdle();
  await drafts.lastWrite.catch(() => undefined);
  const draft = drafts.ensure();
  const fields = withoutEmpty({ ...draft.fields, ...changes.fields });
  const restricted = withoutEmpty({ ...draft.restricted, ...changes.restricted });
  // Text, a time, a picture to begin with, a recording or a file: any of them makes an entry.
  const hasContent = ['narrative', 'precision', 'behaviours', 'narrative_media'].some((name) => !isBlank(fields[name]));
  if (!hasContent && !draft.held.length) throw new KeptError('nothing_to_save');
  const record = formatId(newId());
  const openFields = {
    precision: 'unknown',
    tz: ctx.zone(),
    ...(ctx.typed ? { help_given: 'typed_for_me' } : {}),
    ...fields,
  };
  await open.store
    .change(async (root, change) => {
      const batch = open.book.batch(root, change);
      const ids = draft.held.map(({ attachment }) => attachment);
      await refuseBreach(open.book, batch, openFields);
      await open.book.stage(batch, {
        kind: 'incident',
        record,
        open: ids.length ? { ...openFields, attachment_ids: ids } : openFields,
        restricted,
      });
      for (const held of draft.held) await stageFile(batch, open, held, record);
      root.draft = false;
      change.drop('draft');
      change.afterCommit(() => drafts.saved(draft));
      await rewriteRows(batch, open, [record], null);
    })
    .catch((error) => {
      // It may be written, but could not be read back: put the draft back.
      if (error?.code === 'store_lost' && drafts.current) drafts.update({});
      throw error;
    });
  drafts.showIfUnlocked();
  return { record };
}

/**
 * Add a version to an incident. `changes` holds only what changes; null clears a field.
 * @throws reason_needed when settled text would change or go and no reason is given
 */
export async function saveLaterVersion(
  ctx: Context,
  open: Open,
  record: string,
  changes: RecordChanges & { reason?: string | undefined },
) {
  if ((await needsReason(ctx, open, record, changes)) && !changes.reason?.trim()) throw new KeptError('reason_needed');
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const previous = await open.book.newest(record, batch);
    const nextVersion = mergeChanges(previous, changes);
    if (!changes.fields?.attachment_ids) Object.assign(nextVersion.open, await allFilesOf(open, record, batch));
    if (changes.reason?.trim()) nextVersion.open.reason = changes.reason.trim();
    change.drop(`u/${record}`);
    if (isUnchanged(previous, nextVersion)) return;
    await refuseBreach(open.book, batch, nextVersion.open, previous.fields);
    // It follows only the version that was shown, never one of another device that nobody has looked at (merging.js).
    await open.book.stage(batch, {
      kind: 'incident',
      record,
      ...nextVersion,
      ...(await parentsOf(open, record, previous, batch)),
      openKeys: previous.keys.open,
      restrictedKeys: previous.keys.restricted,
    });
    await rewriteRows(batch, open, [record], null);
  });
  return { record };
}

/** Whether this change alters or removes text that was settled. */
export async function needsReason(ctx: Context, open: Open, record: string, changes: RecordChanges) {
  const versions = await open.book.versions(record);
  const startedAt = versions[0] && sealedAt(versions[0]);
  if (startedAt && Math.abs(ctx.clock.now() - startedAt) <= SETTLING_MS) return false;
  const previous = await open.book.newest(record);
  const nextVersion = mergeChanges(previous, changes);
  return (
    classifyChanges(
      changesBetween(previous, { ...previous, fields: nextVersion.open, restricted: nextVersion.restricted }),
    ) === 'amendment'
  );
}

/** Add files to an existing entry: each is its own record, and one later version of the entry names them. */
export async function addFiles(open: Open, record: string, files: DraftFile[]) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    await addFileIds(
      batch,
      open,
      record,
      files.map(({ attachment }) => attachment),
    );
    for (const held of files) await stageFile(batch, open, held, record);
    await rewriteRows(batch, open, [record], null);
  });
}

/** Add one version of an entry that also names these files. */
export async function addFileIds(batch: Batch, open: Open, record: string, files: readonly string[]) {
  const previous = await open.book.newest(record, batch);
  const nextVersion = mergeChanges(previous, {});
  const { attachment_ids: existing = [] } = await allFilesOf(open, record, batch);
  nextVersion.open.attachment_ids = [...new Set([...existing, ...files])];
  if (nextVersion.open.attachment_ids.length === existing.length) return;
  await open.book.stage(batch, {
    kind: 'incident',
    record,
    ...nextVersion,
    ...(await parentsOf(open, record, previous, batch)),
    openKeys: previous.keys.open,
    restrictedKeys: previous.keys.restricted,
  });
}

/**
 * Return the parents of a later version: every head, where they have the same content or all is taken out; otherwise
 * only the version that was shown.
 */
async function parentsOf(open: Open, record: string, previous: Opened, batch: Batch): Promise<{ parents?: string[] }> {
  const versions = (await open.book.versions(record, batch)).filter(({ kind }) => kind === 'incident');
  const isSame = takenOutAt(versions) !== null || !differInContent(await headVersions(open, record, batch));
  return isSame ? {} : { parents: [previous.version] };
}

/**
 * Return the files of an entry. Where two devices changed it at once, return the files of both: merging text is the
 * keeper's decision, but no file may be lost because the other side was saved later.
 * @returns empty when there are none
 */
async function allFilesOf(open: Open, record: string, batch: Batch): Promise<{ attachment_ids?: string[] }> {
  const meta = await open.book.meta(record, batch);
  const ends = new Set(meta ? heads(meta) : []);
  const versions = (await open.book.versions(record, batch)).filter(
    ({ kind, version }) => kind === 'incident' && ends.has(version),
  );
  const ids = [
    ...new Set(versions.flatMap(({ fields }) => (Array.isArray(fields.attachment_ids) ? fields.attachment_ids : []))),
  ];
  return ids.length ? { attachment_ids: ids } : {};
}

/** Add a version to an attachment, note or settings record. */
export async function changeRecord(open: Open, record: string, changes: RecordChanges) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const previous = await open.book.newest(record, batch);
    const nextVersion = mergeChanges(previous, changes);
    if (isUnchanged(previous, nextVersion)) return;
    await open.book.stage(batch, {
      kind: previous.kind,
      record,
      ...nextVersion,
      openKeys: previous.keys.open,
      restrictedKeys: previous.keys.restricted,
    });
  });
}

/** @param incident null for a file of a register, which names the file itself */
export async function stageFile(batch: Batch, open: Open, held: DraftFile, incident: string | null) {
  await open.book.stage(batch, {
    kind: 'attachment',
    record: held.attachment,
    of: incident,
    ...initialFields(held, incident),
  });
  addPendingLines(batch.root, arrivalLines(held));
  sendBlobs(batch.root, blobsOf(held), incident);
}

function mergeChanges(
  previous: Opened,
  { fields = {}, restricted = {} }: RecordChanges,
): { open: Fields; restricted: Fields } {
  const { reason: _reason, ...open } = ownFields(previous);
  return {
    open: withoutEmpty({ ...open, ...fields }),
    restricted: withoutEmpty({ ...previous.restricted, ...restricted }),
  };
}

function isUnchanged(previous: Opened, nextVersion: { open: Fields; restricted: Fields }) {
  const { reason: _reason, ...previousFields } = ownFields(previous);
  const { reason: _nextReason, ...nextFields } = nextVersion.open;
  return isSameJson(previousFields, nextFields) && isSameJson(previous.restricted, nextVersion.restricted);
}

function isSameJson(a: Fields, b: Fields) {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => JSON.stringify(a[name] ?? null) === JSON.stringify(b[name] ?? null));
}

function withoutEmpty(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
}
