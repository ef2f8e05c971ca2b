/**
 * A sitting beside the keeper's phone, or on a borrowed device: an advocate collects files and notes what was looked
 * at. docs/record.md, "Sittings".
 *
 * Each act is one version of the sitting's record, so that it outlives a lock, a reload and a crash. The methods take
 * names of sources, codes of short lists and files: there is no way to give a person, a behaviour or a meaning.
 */
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { isKnownFile, stageCollected } from '../../diary/attachments/collected.js';
import { addPendingLines, custodyLine } from '../../diary/attachments/custody.js';
import { locateFile, makeUrl } from '../../diary/attachments/reading_files.js';
import { blobsOf, deleteBlobs, sealFile } from '../../diary/attachments/sealing.js';
import { fileLimitOf, fileSource } from '../../diary/attachments/sources.js';
import { ownFields } from '../../diary/records/record_store.js';
import { readKind } from '../../diary/records/records.js';
import { afterSaveOf, requireOpenOf } from '../../diary/session/require_open.js';
import { codesOf, integerOf, objectOf, objectsOf, textOf } from '../../record/reading.js';
import { isUnseen, pausedSince } from '../../record/sitting.js';
import { VOCABULARY } from '../../record/vocabulary/vocabulary.js';
import type {
  Batch,
  CollectedFile,
  Context,
  Fields,
  Open,
  SittingCheck,
  SittingRead,
  SittingSource,
  SittingStart,
} from '../../diary/types.js';
import type { ReadRecord } from '../../diary/records/records.js';

/** Versions of a record after its first ten minutes say why. */
const REASON = 'Noted during the sitting.';
const MAX_INITIALS = 8;
const MAX_ROWS = 200;
/** Unlocked diaries in which a sitting was worked on: until the next unlock somebody else may hold the device. */
const workedOn: WeakSet<Open> = new WeakSet();

export function sittingActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const afterSave = afterSaveOf(ctx);
  return {
    /** Return every sitting, the newest first, with its files that were not put away. */
    readSittings: async (): Promise<SittingRead[]> => readSittings(requireOpen()),
    /** @throws sitting_not_agreed, sitting_open */
    startSitting: async (start: SittingStart) => afterSave(await startSitting(ctx, requireOpen(), start)),
    /** Add a source, or say anew what was looked at of one of the same name. @throws sitting_closed, sitting_wrong */
    noteSource: async (sitting: string, source: SittingSource) =>
      afterSave(
        await changeSitting(requireOpen(), sitting, (fields) => ({ sources: withSource(ctx, fields, source) })),
      ),
    /** @throws sitting_closed, sitting_wrong */
    noteCheck: async (sitting: string, check: SittingCheck) =>
      afterSave(await changeSitting(requireOpen(), sitting, (fields) => ({ checks: withCheck(ctx, fields, check) }))),
    /** Begin a pause, or end it. */
    pauseSitting: async (sitting: string, isPaused: boolean) =>
      afterSave(await pauseSitting(ctx, requireOpen(), sitting, isPaused)),
    endSitting: async (sitting: string) => afterSave(await endSitting(ctx, requireOpen(), sitting)),
    /**
     * Take a file in, without showing it.
     * @returns `same`: the diary has these bytes already, and nothing was added
     */
    collectFile: async (
      sitting: string,
      source: string,
      file: File,
      options: { route: string; onProgress?: (done: number, total: number) => void },
    ) => afterSave(await collectFile(ctx, requireOpen(), { sitting, source }, file, options)),
    /** Open one file for the advocate. The file stays "not seen by the keeper". */
    lookInSitting: async (sitting: string, attachment: string) =>
      lookInSitting(ctx, requireOpen(), sitting, attachment),
    /**
     * The keeper opens a file.
     * @throws sitting_open while a sitting goes on, and after it until the diary was locked: the advocate may still
     * hold the device
     */
    openCollected: async (attachment: string) => afterSave(await openCollected(ctx, requireOpen(), attachment)),
    /** Decide whether a sitting, its page and its files go into packs. */
    packSitting: async (sitting: string, isIncluded: boolean) =>
      afterSave(await stageSitting(requireOpen(), sitting, () => ({ include_in_pack: isIncluded }))),
  };
}

const isOpenSitting = (fields: Fields) => integerOf(fields, 'ended_at') === null;

async function readSittings(open: Open): Promise<SittingRead[]> {
  const [sittings, files] = await Promise.all([readKind(open, 'sitting'), readKind(open, 'attachment')]);
  return sittings
    .map(({ record, fields }) => ({
      record,
      fields,
      files: files.filter((file) => sittingOf(file) === record).map(toCollected),
      paused: pausedSince(fields),
    }))
    .reverse();
}

const sittingOf = ({ fields }: ReadRecord) => textOf(objectOf(fields, 'collected'), 'sitting_id');

function toCollected({ record, fields, restricted }: ReadRecord): CollectedFile {
  const collected = objectOf(fields, 'collected');
  return {
    attachment: record,
    name: textOf(objectOf(restricted, 'received_as'), 'filename'),
    by: textOf(collected, 'by'),
    source: textOf(collected, 'source'),
    unseen: isUnseen(fields),
    isPicture: textOf(fields, 'media_type').startsWith('image/'),
    at: integerOf(collected, 'at') ?? 0,
  };
}

async function startSitting(ctx: Context, open: Open, start: SittingStart): Promise<{ record: string }> {
  const advocate = start.advocate.trim();
  const isAnswered =
    advocate &&
    advocate.length <= MAX_INITIALS &&
    isCode('sitting_police', start.police) &&
    start.trackersLeft === true &&
    start.childPicturesKnown === true &&
    typeof start.under18 === 'boolean' &&
    (!start.under18 || start.leadName.trim() !== '') &&
    start.keeperAgreed === true;
  if (!isAnswered) throw new KeptError('sitting_not_agreed');
  const now = ctx.clock.now();
  const record = formatId(newId());
  workedOn.add(open);
  const sittings = await readKind(open, 'sitting');
  if (sittings.some(({ fields }) => isOpenSitting(fields))) throw new KeptError('sitting_open');
  await open.store.change(async (root, change) => {
    await open.book.stage(open.book.batch(root, change), {
      kind: 'sitting',
      record,
      open: {
        advocate,
        agreed_at: now,
        started_at: now,
        how: ctx.borrowed ? 'borrowed_device' : 'beside_phone',
        police_asked: start.police,
        trackers_left: true,
        child_pictures_known: true,
        under_18: start.under18,
        ...(start.under18 ? { lead_agreed: true } : {}),
      },
      restricted: {
        ...(start.name.trim() ? { advocate_name: start.name.trim() } : {}),
        ...(start.organisation.trim() ? { organisation: start.organisation.trim() } : {}),
        ...(start.under18 ? { lead_name: start.leadName.trim() } : {}),
      },
    });
  });
  return { record };
}

const isCode = (list: string, code: string) => Boolean(VOCABULARY[list]?.codes.some((known) => known.code === code));

function withSource(ctx: Context, fields: Fields, { kind, name, looked, why }: SittingSource): Fields[] {
  const said = { name: name.trim(), why: why.trim() };
  // What was not looked at, and why not, is what the other side asks about first.
  const isComplete = said.name && isCode('sitting_sources', kind) && isCode('sitting_looked', looked);
  if (!isComplete || (looked !== 'all' && !said.why)) throw new KeptError('sitting_wrong');
  const row = { kind, looked, at: ctx.clock.now(), name: said.name, ...(said.why ? { why: said.why } : {}) };
  const rows = objectsOf(fields, 'sources');
  const index = rows.findIndex((other) => other.name === said.name);
  if (index < 0 && rows.length >= MAX_ROWS) throw new KeptError('sitting_wrong');
  return index < 0 ? [...rows, row] : rows.map((other, i) => (i === index ? row : other));
}

function withCheck(ctx: Context, fields: Fields, { kind, found, note }: SittingCheck): Fields[] {
  if (!isCode('sitting_checks', kind) || !isCode('sitting_found', found)) throw new KeptError('sitting_wrong');
  const row = { kind, found, at: ctx.clock.now(), ...(note.trim() ? { note: note.trim() } : {}) };
  return [...objectsOf(fields, 'checks').filter((other) => other.kind !== kind), row];
}

async function pauseSitting(ctx: Context, open: Open, sitting: string, isPaused: boolean) {
  return changeSitting(
    open,
    sitting,
    (fields) => {
      const pauses = objectsOf(fields, 'pauses');
      if ((pausedSince(fields) !== null) === isPaused) return {};
      const now = ctx.clock.now();
      return {
        pauses: isPaused ? [...pauses, { at: now }] : [...pauses.slice(0, -1), { ...pauses.at(-1), until: now }],
      };
    },
    { whilePaused: true },
  );
}

async function endSitting(ctx: Context, open: Open, sitting: string) {
  return changeSitting(
    open,
    sitting,
    (fields) => {
      const now = ctx.clock.now();
      const pauses = objectsOf(fields, 'pauses');
      return {
        ended_at: now,
        ...(pausedSince(fields) === null ? {} : { pauses: [...pauses.slice(0, -1), { ...pauses.at(-1), until: now }] }),
      };
    },
    { whilePaused: true },
  );
}

/** @throws sitting_closed when it has ended, was put away or is paused */
async function changeSitting(
  open: Open,
  sitting: string,
  change: (fields: Fields) => Fields,
  { whilePaused = false }: { whilePaused?: boolean } = {},
) {
  workedOn.add(open);
  return stageSitting(open, sitting, (fields) => {
    checkGoesOn(fields, whilePaused);
    return change(fields);
  });
}

function checkGoesOn(fields: Fields, whilePaused: boolean) {
  const isGoingOn = isOpenSitting(fields) && integerOf(fields, 'taken_out') === null;
  if (!isGoingOn || (!whilePaused && pausedSince(fields) !== null)) throw new KeptError('sitting_closed');
}

async function stageSitting(open: Open, sitting: string, change: (fields: Fields) => Fields) {
  await open.store.change(async (root, pending) => {
    await stageChange(open, open.book.batch(root, pending), sitting, change);
  });
  return { record: sitting };
}

/** Read and write in one transaction: two taps at once must not lose a row. */
async function stageChange(open: Open, batch: Batch, sitting: string, change: (fields: Fields) => Fields) {
  const newest = await open.book.newest(sitting, batch);
  if (newest.kind !== 'sitting') throw new KeptError('not_found');
  const changes = change(newest.fields);
  if (!Object.keys(changes).length) return;
  const { reason: _reason, ...fields } = ownFields(newest);
  await open.book.stage(batch, {
    kind: 'sitting',
    record: sitting,
    open: { ...fields, ...changes, reason: REASON },
    restricted: newest.restricted,
  });
}

async function collectFile(
  ctx: Context,
  open: Open,
  { sitting, source }: { sitting: string; source: string },
  file: File,
  { route, onProgress }: { route: string; onProgress?: (done: number, total: number) => void },
): Promise<{ attachment: string | null; same: boolean }> {
  workedOn.add(open);
  checkGoesOn((await open.book.newest(sitting)).fields, false);
  const held = await sealFile(open, fileSource(file, fileLimitOf(open.store.root.account)), {
    route,
    at: ctx.clock.now(),
    pictures: ctx.pictures,
    onProgress,
  });
  if (ctx.open !== open) throw new KeptError('locked');
  if (await isKnownFile(open, held.sha256)) {
    await deleteBlobs(open.store, blobsOf(held));
    return { attachment: null, same: true };
  }
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    let by = '';
    await stageChange(open, batch, sitting, (fields) => {
      checkGoesOn(fields, false);
      if (!objectsOf(fields, 'sources').some(({ name }) => name === source)) throw new KeptError('sitting_wrong');
      by = textOf(fields, 'advocate');
      return { attachment_ids: [...codesOf(fields, 'attachment_ids'), held.attachment] };
    });
    await stageCollected(open, batch, held, { sitting_id: sitting, by, at: held.received_at, source });
  });
  return { attachment: held.attachment, same: false };
}

async function lookInSitting(ctx: Context, open: Open, sitting: string, attachment: string) {
  checkGoesOn((await open.book.newest(sitting)).fields, false);
  const { fields } = await open.book.newest(attachment);
  if (textOf(objectOf(fields, 'collected'), 'sitting_id') !== sitting) throw new KeptError('not_found');
  const file =
    (await locateFile(open, attachment, 'print', [])) ?? (await locateFile(open, attachment, 'received', []));
  if (!file) throw new KeptError('not_found');
  await open.store.change(async (root) => {
    addPendingLines(root, [
      custodyLine(attachment, ctx.clock.now(), 'advocate', 'viewed', textOf(objectOf(fields, 'collected'), 'by')),
    ]);
  });
  return makeUrl(open, file, ctx.objectUrl);
}

async function openCollected(ctx: Context, open: Open, attachment: string) {
  const sittings = await readKind(open, 'sitting');
  if (workedOn.has(open) || sittings.some(({ fields }) => isOpenSitting(fields))) throw new KeptError('sitting_open');
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const newest = await open.book.newest(attachment, batch);
    if (!isUnseen(newest.fields)) return;
    const { reason: _reason, ...fields } = ownFields(newest);
    await open.book.stage(batch, {
      kind: 'attachment',
      record: attachment,
      open: { ...fields, opened_by_keeper_at: ctx.clock.now() },
      restricted: newest.restricted,
      openKeys: newest.keys.open,
      restrictedKeys: newest.keys.restricted,
    });
  });
  open.custody.log(attachment, 'viewed');
  return { attachment };
}
