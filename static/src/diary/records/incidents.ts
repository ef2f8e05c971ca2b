/**
 * Save an incident: its first version with the draft's text and files, and every later one.
 *
 * record/record_history.js decides which later versions are additions and which amendments, from what changed and
 * when. This module only decides whether a reason is required.
 */
import { KeptError } from '../../core/errors.js';
import { idText, newId } from '../../core/ids.js';
import { isBlank } from '../../record/reading.js';
import { SETTLING_MS, changesBetween, kindOf, sealedAt } from '../../record/record_history.js';
import { heads, ownFields } from './record_store.js';
import { arrival, waitingLines } from '../attachments/custody.js';
import { firstFields } from '../attachments/file_fields.js';
import { refuseBreach } from './fitting.js';
import { blobsOf } from '../attachments/sealing.js';
import { endsOf, sayDifferently } from './merging.js';
import { outSince } from '../erasing/takeout.js';
import { rows } from '../sync/apply_feed.js';
import type { Drafts } from '../drafts/drafts.js';
import type { Context, Fields, Held, Open, Batch, Opened } from '../types.js';

type Said = { fields?: Fields; restricted?: Fields };

/**
 * Save a new incident from the draft and `changes`. The draft is deleted in the same transaction that stores the entry.
 * @throws nothing_to_save, no_space
 */
export async function saveNew(ctx: Context, open: Open, drafts: Drafts, said: Said): Promise<{ record: string }> {
  await drafts.quiet();
  await drafts.turn.catch(() => undefined);
  const kept = drafts.begin();
  const fields = present({ ...kept.fields, ...said.fields });
  const restricted = present({ ...kept.restricted, ...said.restricted });
  // Text, a time, a picture to begin with, a recording or a file: any of them makes an entry.
  const isSaid = ['narrative', 'precision', 'behaviours', 'narrative_media'].some((name) => !isBlank(fields[name]));
  if (!isSaid && !kept.held.length) throw new KeptError('nothing_to_save');
  const record = idText(newId());
  const whole = {
    precision: 'unknown',
    tz: ctx.zone(),
    ...(ctx.typed ? { help_given: 'typed_for_me' } : {}),
    ...fields,
  };
  await open.store
    .change(async (root, change) => {
      const batch = open.book.batch(root, change);
      const ids = kept.held.map(({ attachment }) => attachment);
      await refuseBreach(open.book, batch, whole);
      await open.book.stage(batch, {
        kind: 'incident',
        record,
        open: ids.length ? { ...whole, attachment_ids: ids } : whole,
        restricted,
      });
      for (const held of kept.held) await stageFile(batch, open, held, record);
      root.draft = false;
      change.drop('draft');
      change.after(() => drafts.saved(kept));
      await rows(batch, open, [record], null);
    })
    .catch((error) => {
      // It may be written, but could not be read back: put the draft back.
      if (error?.code === 'store_lost' && drafts.kept) drafts.put({});
      throw error;
    });
  drafts.showInside();
  return { record };
}

/**
 * Add a version to an incident. `changes` holds only what changes; null clears a field.
 * @throws reason_needed when settled text would change or go and no reason is given
 */
export async function saveLater(
  ctx: Context,
  open: Open,
  record: string,
  said: Said & { reason?: string | undefined },
) {
  if ((await needsReason(ctx, open, record, said)) && !said.reason?.trim()) throw new KeptError('reason_needed');
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const before = await open.book.newest(record, batch);
    const next = merged(before, said);
    if (!said.fields?.attachment_ids) Object.assign(next.open, await filesOfAll(open, record, batch));
    if (said.reason?.trim()) next.open.reason = said.reason.trim();
    change.drop(`u/${record}`);
    if (isUnchanged(before, next)) return;
    await refuseBreach(open.book, batch, next.open, before.fields);
    // It follows only the version that was shown, never one of another device that nobody has looked at (merging.js).
    await open.book.stage(batch, {
      kind: 'incident',
      record,
      ...next,
      ...(await follows(open, record, before, batch)),
      openKeys: before.keys.open,
      restrictedKeys: before.keys.restricted,
    });
    await rows(batch, open, [record], null);
  });
  return { record };
}

/** Whether this change alters or removes text that was settled. */
export async function needsReason(ctx: Context, open: Open, record: string, said: Said) {
  const versions = await open.book.versions(record);
  const began = versions[0] && sealedAt(versions[0]);
  if (began && Math.abs(ctx.clock.now() - began) <= SETTLING_MS) return false;
  const before = await open.book.newest(record);
  const next = merged(before, said);
  return kindOf(changesBetween(before, { ...before, fields: next.open, restricted: next.restricted })) === 'amendment';
}

/** Add files to an existing entry: each is its own record, and one later version of the entry names them. */
export async function addFiles(open: Open, record: string, files: Held[]) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    await nameFiles(
      batch,
      open,
      record,
      files.map(({ attachment }) => attachment),
    );
    for (const held of files) await stageFile(batch, open, held, record);
    await rows(batch, open, [record], null);
  });
}

/** Add one version of an entry that also names these files. */
export async function nameFiles(batch: Batch, open: Open, record: string, files: readonly string[]) {
  const before = await open.book.newest(record, batch);
  const next = merged(before, {});
  const { attachment_ids: there = [] } = await filesOfAll(open, record, batch);
  next.open.attachment_ids = [...new Set([...there, ...files])];
  if (next.open.attachment_ids.length === there.length) return;
  await open.book.stage(batch, {
    kind: 'incident',
    record,
    ...next,
    ...(await follows(open, record, before, batch)),
    openKeys: before.keys.open,
    restrictedKeys: before.keys.restricted,
  });
}

/**
 * Return the parents of a later version: every head, where they have the same content or all is taken out; otherwise
 * only the version that was shown.
 */
async function follows(open: Open, record: string, before: Opened, batch: Batch): Promise<{ parents?: string[] }> {
  const versions = (await open.book.versions(record, batch)).filter(({ kind }) => kind === 'incident');
  const isOne = outSince(versions) !== null || !sayDifferently(await endsOf(open, record, batch));
  return isOne ? {} : { parents: [before.version] };
}

/**
 * Return the files of an entry. Where two devices changed it at once, return the files of both: merging text is the
 * keeper's decision, but no file may be lost because the other side was saved later.
 * @returns empty when there are none
 */
async function filesOfAll(open: Open, record: string, batch: Batch): Promise<{ attachment_ids?: string[] }> {
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
export async function changeRecord(open: Open, record: string, said: Said) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const before = await open.book.newest(record, batch);
    const next = merged(before, said);
    if (isUnchanged(before, next)) return;
    await open.book.stage(batch, {
      kind: before.kind,
      record,
      ...next,
      openKeys: before.keys.open,
      restrictedKeys: before.keys.restricted,
    });
  });
}

/** @param incident null for a file of a register, which names the file itself */
export async function stageFile(batch: Batch, open: Open, held: Held, incident: string | null) {
  await open.book.stage(batch, {
    kind: 'attachment',
    record: held.attachment,
    of: incident,
    ...firstFields(held, incident),
  });
  waitingLines(batch.root, arrival(held));
  for (const { blob } of blobsOf(held)) batch.root.uploads.push({ blob, of: incident });
}

function merged(before: Opened, { fields = {}, restricted = {} }: Said): { open: Fields; restricted: Fields } {
  const { reason: _reason, ...open } = ownFields(before);
  return { open: present({ ...open, ...fields }), restricted: present({ ...before.restricted, ...restricted }) };
}

function isUnchanged(before: Opened, next: { open: Fields; restricted: Fields }) {
  const { reason: _reason, ...was } = ownFields(before);
  const { reason: _again, ...now } = next.open;
  return sameJson(was, now) && sameJson(before.restricted, next.restricted);
}

function sameJson(a: Fields, b: Fields) {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => JSON.stringify(a[name] ?? null) === JSON.stringify(b[name] ?? null));
}

function present(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
}
