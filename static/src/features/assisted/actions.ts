/**
 * Entries that an advocate typed while the keeper spoke: the keeper confirms, changes or rejects each. A postponed
 * entry is in the diary, marked as not confirmed, and the keeper is asked again at the next unlock. A file from an
 * advocate's desk is kept or not, without a look at it.
 * docs/formats.md, section 8.
 */
import { KeptError } from '../../core/errors.js';
import { entryOf, assistedMarkOf } from '../../record/assisted.js';
import { objectOf, textOf } from '../../record/reading.js';
import { isKnownFile, stageCollected } from '../../diary/attachments/collected.js';
import { blobsOf, deleteBlobs, sealFile } from '../../diary/attachments/sealing.js';
import { memorySource } from '../../diary/attachments/sources.js';
import { requireOpenOf, afterSaveOf } from '../../diary/session/require_open.js';
import { finishLetter, lettersOf } from '../../diary/sharing/letters.js';
import { finishDeskFile, readDeskBytes, readDeskFiles } from '../../diary/sharing/desk_files.js';
import { readEntriesThat, recordMethods } from '../../diary/records/records.js';
import { saveLaterVersion } from '../../diary/records/incidents.js';
import { updateRows } from '../../diary/erasing/takeout.js';
import { rewriteRows } from '../../diary/sync/apply_feed.js';
import type { Context, DeskFile, Fields, Open, AssistedEntry, AssistedAnswer } from '../../diary/types.js';
import type { AssistedMark } from '../../record/assisted.js';
import type { ReceivedLetter } from '../../store/root.js';

export function assistedActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const showAndSync = afterSaveOf(ctx);
  return {
    /** @returns entries that wait for the keeper's answer, oldest first */
    readAssisted: async (): Promise<AssistedEntry[]> => readWaiting(requireOpen()),
    /** @param response `narrative`: the keeper's own words, with `changed` */
    answerAssisted: async (id: string, response: { answer: AssistedAnswer; narrative?: string; reason?: string }) =>
      showAndSync(await answerWritten(ctx, requireOpen(), id, response)),
    readDeskFiles: async (): Promise<DeskFile[]> => readDeskFiles(requireOpen()),
    answerDeskFile: async (file: DeskFile, isKept: boolean) =>
      showAndSync(await answerDeskFile(ctx, requireOpen(), file, isKept)),
  };
}

async function answerDeskFile(ctx: Context, open: Open, file: DeskFile, isKept: boolean) {
  const isWaitingStill = () => readDeskFiles(open).some(({ attachment }) => attachment === file.attachment);
  if (!isWaitingStill()) return { record: null }; // tapped twice
  const drop = async () => {
    await open.store.change(async (root, change) => finishDeskFile(root, change, file));
    return { record: null };
  };
  if (!isKept) return drop();
  const bytes = await readDeskBytes(open, file);
  const source = { ...memorySource(bytes, ''), name: file.name };
  const held = await sealFile(open, source, {
    route: 'desk',
    at: ctx.clock.now(),
    pictures: ctx.pictures,
    attachment: file.attachment,
  });
  if (await isKnownFile(open, held.sha256)) {
    await deleteBlobs(open.store, blobsOf(held));
    return drop();
  }
  const collected = { by: file.by, at: file.at, source: file.source };
  return open.store.change(async (root, change) => {
    if (!isWaitingStill()) return { record: null };
    finishDeskFile(root, change, file);
    await stageCollected(open, open.book.batch(root, change), held, collected);
    return { record: held.attachment };
  });
}

async function readWaiting(open: Open): Promise<AssistedEntry[]> {
  const letters = lettersOf(open, 'assisted').map(({ letter, pub, said: content, name, organisation }) =>
    toWritten(letter, null, entryOf(content, pub, null, null), name, organisation),
  );
  const postponed = (await readEntriesThat(open, (row) => row.helped === 'waiting')).filter(({ fields }) =>
    isWaiting(fields),
  );
  return [
    ...letters,
    ...postponed.map(({ record, fields, restricted }) =>
      toWritten(record, record, fields, textOf(restricted, 'helped_by'), ''),
    ),
  ];
}

const isWaiting = (fields: Fields) => Boolean(assistedMarkOf(fields)) && !assistedMarkOf(fields)?.answer;

function toWritten(
  id: string,
  record: string | null,
  fields: Fields,
  name: string,
  organisation: string,
): AssistedEntry {
  return {
    id,
    record,
    mark: assistedMarkOf(fields) as AssistedMark,
    narrative: textOf(fields, 'narrative'),
    occurred: fields,
    name,
    organisation,
  };
}

async function answerWritten(
  ctx: Context,
  open: Open,
  id: string,
  response: { answer: AssistedAnswer; narrative?: string; reason?: string },
) {
  if (response.answer === 'changed' && !response.narrative?.trim()) throw new KeptError('nothing_to_save');
  const letter = lettersOf(open, 'assisted').find((other) => other.letter === id);
  return (letter && (await answerLetter(ctx, open, letter, response))) ?? answerEntry(ctx, open, id, response);
}

/** Return null if another device of this diary made it an entry meanwhile: the answer given there is kept. */
async function answerLetter(
  ctx: Context,
  open: Open,
  { letter, pub, said: content, name, organisation }: ReceivedLetter,
  { answer: reply, narrative = '' }: { answer: AssistedAnswer; narrative?: string },
) {
  const record = letter; // the same id on every device of this diary, so that one letter gives one entry
  const confirmed = reply === 'yes' || reply === 'changed' ? reply : null;
  const fields = entryOf(content, pub, confirmed, confirmed && ctx.clock.now());
  const allFields = { precision: 'unknown', tz: ctx.zone(), ...fields, ...(reply === 'changed' ? { narrative } : {}) };
  return open.store.change(async (root, change) => {
    if (!lettersOf(open, 'assisted').some((other) => other.letter === letter)) return { record }; // tapped twice
    finishLetter(root, letter);
    if (await open.book.meta(record)) return null;
    if (reply === 'no') return { record: null };
    const batch = open.book.batch(root, change);
    await open.book.stage(batch, {
      kind: 'incident',
      record,
      open: allFields,
      restricted: { helped_by: [name, organisation].filter(Boolean).join(', ') },
    });
    await rewriteRows(batch, open, [record], null);
    return { record };
  });
}

/**
 * Answer an entry that was postponed before.
 * @throws conflict if another device gave a different answer
 */
async function answerEntry(
  ctx: Context,
  open: Open,
  record: string,
  { answer: reply, narrative = '', reason = '' }: { answer: AssistedAnswer; narrative?: string; reason?: string },
) {
  if (reply === 'later') return { record };
  const { fields } = await open.book.newest(record);
  if (!isWaiting(fields)) {
    if (reply === assistedMarkOf(fields)?.answer && reply !== 'changed') return { record };
    throw new KeptError('conflict');
  }
  if (reply === 'no') {
    await recordMethods(ctx).takeOutRecord(record, reason);
    await updateRows(open, record);
    return { record };
  }
  const assisted = { ...objectOf(fields, 'assisted'), answer: reply, answered_at: ctx.clock.now() };
  await saveLaterVersion(ctx, open, record, {
    fields: { assisted, ...(reply === 'changed' ? { narrative } : {}) },
    reason,
  });
  return { record };
}
