/**
 * Saving an incident: its first version with the draft's words and files, and every later one.
 *
 * Which later ones are additions and which amendments is told by record/told.js from what changed and when; here it
 * only decides whether a reason has to be asked for.
 */
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { isBlank } from '../record/reading.js';
import { SETTLING_MS, changesBetween, kindOf, sealedAt } from '../record/told.js';
import { heads, ownFields } from './book.js';
import { arrival, waitingLines } from './custody.js';
import { firstFields } from './file_fields.js';
import { refuseBreach } from './fitting.js';
import { blobsOf } from './sealing.js';
import { endsOf, sayDifferently } from './merging.js';
import { outSince } from './takeout.js';
import { rows } from './taking.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./types.d.ts').Held} Held */
/** @typedef {import('./book.js').Batch} Batch */
/** @typedef {import('./book.js').Opened} Opened */
/** @typedef {{fields?: Fields, restricted?: Fields}} Said */

/**
 * A new incident from the draft and `said`. The draft is gone when, and only when, the entry is there.
 * @param {Context} ctx @param {Open} open @param {import('./drafts.js').Drafts} drafts @param {Said} said
 * @returns {Promise<{record: string}>} @throws nothing_to_save, no_space
 */
export async function saveNew(ctx, open, drafts, said) {
  await drafts.quiet();
  await drafts.turn.catch(() => undefined);
  const kept = drafts.begin();
  const fields = present({ ...kept.fields, ...said.fields });
  const restricted = present({ ...kept.restricted, ...said.restricted });
  // Words, a time, a picture to begin with, a recording, a file: any one of them is an entry.
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
      // Written, perhaps, but not read back: the draft is put where it was.
      if (error?.code === 'store_lost' && drafts.kept) drafts.put({});
      throw error;
    });
  drafts.showInside();
  return { record };
}

/**
 * One more version of an incident. `said` holds only what changes; null clears.
 * @param {Context} ctx @param {Open} open @param {string} record @param {Said & {reason?: string | undefined}} said
 * @throws reason_needed when earlier words would change or go and no reason is given
 */
export async function saveLater(ctx, open, record, said) {
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
    // Written on from what was shown, never from a second version of another device that nobody has looked at (merging.js).
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

/** Whether this change alters or takes away earlier words after they were settled. @param {Context} ctx @param {Open} open @param {string} record @param {Said} said */
export async function needsReason(ctx, open, record, said) {
  const versions = await open.book.versions(record);
  const began = versions[0] && sealedAt(/** @type {any} */ (versions[0]));
  if (began && Math.abs(ctx.clock.now() - began) <= SETTLING_MS) return false;
  const before = await open.book.newest(record);
  const next = merged(before, said);
  return (
    kindOf(
      changesBetween(
        /** @type {any} */ (before),
        /** @type {any} */ ({ ...before, fields: next.open, restricted: next.restricted }),
      ),
    ) === 'amendment'
  );
}

/**
 * Adds files to an entry that is there already: each its own record, and one later version of the entry naming them.
 * @param {Open} open @param {string} record @param {Held[]} files
 */
export async function addFiles(open, record, files) {
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

/** One later version of an entry, that names these files as well. @param {Batch} batch @param {Open} open @param {string} record @param {readonly string[]} files */
export async function nameFiles(batch, open, record, files) {
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
 * What a later version follows: every end, where they say the same or all of it was taken out; else only what was shown.
 * @param {Open} open @param {string} record @param {Opened} before @param {Batch} batch @returns {Promise<{parents?: string[]}>}
 */
async function follows(open, record, before, batch) {
  const versions = (await open.book.versions(record, batch)).filter(({ kind }) => kind === 'incident');
  const isOne = outSince(versions) !== null || !sayDifferently(await endsOf(open, record, batch));
  return isOne ? {} : { parents: [before.version] };
}

/**
 * The files of an entry. Where two devices changed it at once, the files of both: words are a person's to bring together,
 * but no file may drop out of the entry because the other side was saved later.
 * @param {Open} open @param {string} record @param {Batch} batch @returns {Promise<{attachment_ids?: string[]}>} empty when there are none
 */
async function filesOfAll(open, record, batch) {
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

/**
 * Another version of an attachment, note or settings record. @param {Open} open @param {string} record @param {Said} said
 */
export async function changeRecord(open, record, said) {
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

/** @param {Batch} batch @param {Open} open @param {Held} held @param {string|null} incident null for a file of a register, which names it itself */
export async function stageFile(batch, open, held, incident) {
  await open.book.stage(batch, {
    kind: 'attachment',
    record: held.attachment,
    of: incident,
    ...firstFields(held, incident),
  });
  waitingLines(batch.root, arrival(held));
  for (const { blob } of blobsOf(held)) batch.root.uploads.push({ blob, of: incident });
}

/** @param {Opened} before @param {Said} said @returns {{open: Fields, restricted: Fields}} */
function merged(before, { fields = {}, restricted = {} }) {
  const { reason: _reason, ...open } = ownFields(before);
  return { open: present({ ...open, ...fields }), restricted: present({ ...before.restricted, ...restricted }) };
}

/** @param {Opened} before @param {{open: Fields, restricted: Fields}} next */
function isUnchanged(before, next) {
  const { reason: _reason, ...was } = ownFields(before);
  const { reason: _again, ...now } = next.open;
  return sameJson(was, now) && sameJson(before.restricted, next.restricted);
}

/** @param {Fields} a @param {Fields} b */
function sameJson(a, b) {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => JSON.stringify(a[name] ?? null) === JSON.stringify(b[name] ?? null));
}

/** @param {Fields} fields @returns {Fields} */
function present(fields) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
}
