/** The app's methods for what is written: draft, entries, files, notes. */
import { FILE_PART_BYTES } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { importDraftKey } from '../crypto/worker/draft_key.js';
import { readDoor, readDraftKey } from '../store/device_meta.js';
import { entryMethods } from './app_entry.js';
import { attachmentMethods } from '../features/attachments/actions.js';
import { chaseMethods } from '../features/chase/actions.js';
import { readEntry } from '../diary/records/entries.js';
import { addFiles, changeRecord, needsReason, saveLaterVersion, saveNewIncident } from '../diary/records/incidents.js';
import { captureIfLocked } from '../diary/session/capture_on_lock.js';
import { pictureQueueMethods } from '../diary/attachments/picture_queue.js';
import { maskActions } from '../diary/attachments/masking.js';
import { purgeActions } from '../diary/erasing/purging.js';
import { searchMethods } from '../diary/index/search.js';
import { makeUrl, locateFile } from '../diary/attachments/reading_files.js';
import { recordMethods } from '../diary/records/records.js';
import { registerMethods } from '../diary/records/registers.js';
import { sealFile } from '../diary/attachments/sealing.js';
import {
  acceptCapture,
  discardCapture,
  acknowledgeCaptureKey,
  readCaptured,
  setCaptureEnabled,
  resumeDraft,
} from '../diary/attachments/locked_capture.js';
import { readSettings, saveSettings } from '../diary/records/settings.js';
import { isUnseen } from '../record/sitting.js';
import { shownHeld } from '../diary/index/showing.js';
import { fileLimitOf, fileSource, readWhole } from '../diary/attachments/sources.js';
import { storeLanguage } from '../diary/session/language.js';
import { rewriteRows } from '../diary/sync/apply_feed.js';
import { removeFromTray, addToTray, draftKeySealer, partOpener, listTrayFiles } from '../diary/drafts/tray_files.js';
import type { Drafts } from '../diary/drafts/drafts.js';
import type { Context, Fields, Open, UnsavedCard } from '../diary/types.js';

type FieldsInput = { fields?: Fields; restricted?: Fields };
type AddFileOptions = { route: string; onProgress?: (done: number, total: number) => void };

export function diaryMethods(ctx: Context, drafts: Drafts) {
  return {
    ...draftMethods(ctx, drafts),
    ...entryEditMethods(ctx, drafts),
    ...fileContentMethods(ctx, drafts),
    ...recordMethods(ctx),
    ...searchMethods(ctx),
    ...registerMethods(ctx),
    ...chaseMethods(ctx),
    ...entryMethods(ctx),
    ...fileMethods(ctx, drafts),
  };
}

/** Methods for a single file. */
function fileMethods(ctx: Context, drafts: Drafts) {
  return { ...attachmentMethods(ctx, drafts), ...maskActions(ctx), ...pictureQueueMethods(ctx), ...purgeActions(ctx) };
}

function requireOpen(ctx: Context): Open {
  if (!ctx.open) throw new KeptError('locked');
  return ctx.open;
}

function afterSave(ctx: Context) {
  ctx.show();
  ctx.open?.syncing.kick();
}

function draftMethods(ctx: Context, drafts: Drafts) {
  return {
    newDraft() {
      drafts.ensure();
      drafts.show();
    },
    putDraft(change: FieldsInput) {
      // From the first words typed the app is worth keeping for use without a network.
      if (!drafts.current) {
        void ctx.keepOffline();
        void storeLanguage(ctx).catch(() => undefined);
      }
      drafts.update(change);
    },
    async dropDraft() {
      const waitingIds = (drafts.current?.held ?? [])
        .filter(({ received }) => !received.blob)
        .map(({ attachment }) => attachment);
      const key = drafts.draftKey;
      await drafts.discard();
      if (waitingIds.length && key) await removeFromTray(ctx, key, waitingIds);
    },
  };
}

function entryEditMethods(ctx: Context, drafts: Drafts) {
  return {
    async saveIncident({
      record,
      fields,
      restricted,
      reason,
    }: FieldsInput & { record: string | null; reason?: string }) {
      const open = requireOpen(ctx);
      const input = { fields: fields ?? {}, restricted: restricted ?? {} };
      const result = record
        ? await saveLaterVersion(ctx, open, record, { ...input, reason })
        : await saveNewIncident(ctx, open, drafts, input);
      afterSave(ctx);
      return result;
    },
    needsReason: (record: string, input: FieldsInput) => needsReason(ctx, requireOpen(ctx), record, input),
    readIncident(record: string) {
      const open = requireOpen(ctx);
      return readEntry(open, record, { sending: open.syncing.running, offline: open.syncing.offline });
    },
    async putCard(record: string, input: FieldsInput & { note?: string }) {
      await requireOpen(ctx).store.change((_root, change) => change.putJson(`u/${record}`, input));
    },
    /**
     * Keep the half-changed words or time of an entry. They are apart from what is typed in its cards, which is saved
     * with any of them.
     */
    async putWords(record: string, unsavedWords: Record<string, unknown> | null) {
      await requireOpen(ctx).store.change((_root, change) =>
        unsavedWords ? change.putJson(`uw/${record}`, unsavedWords) : change.drop(`uw/${record}`),
      );
    },
    async saveNote(record: string, text: string) {
      const open = requireOpen(ctx);
      const existing = await open.store.readJson<{ note: string }>(`n/${record}`);
      if (existing) await changeRecord(open, existing.note, { fields: { text } });
      else {
        await open.store.change(async (root, change) => {
          const staged = await open.book.stage(open.book.batch(root, change), {
            kind: 'note',
            of: record,
            open: { of_id: record, text },
          });
          change.putJson(`n/${record}`, { note: staged.record });
        });
      }
      await clearUnsavedNote(open, record);
      afterSave(ctx);
    },
    /** Return the keeper's own words for places, which are restricted. The writing guard looks for them. */
    restrictedWords: (): string[] => [
      ...new Set(ctx.open?.index.allRows().flatMap(({ apart }) => (apart ? [apart] : [])) ?? []),
    ],
    readSettings: async () => readSettings(requireOpen(ctx)),
    ...captureMethods(ctx, drafts),
    async saveSettings(input: FieldsInput) {
      await saveSettings(requireOpen(ctx), input);
      afterSave(ctx);
    },
  };
}

/** Drop the unsaved text of a saved note, so that it no longer hides a newer one. The other fields of a card stay. */
async function clearUnsavedNote(open: Open, record: string) {
  await open.store.change(async (_root, change) => {
    const unsaved = await open.store.readJson<UnsavedCard>(`u/${record}`);
    if (!unsaved) return;
    const { note: _note, ...others } = unsaved;
    const isEmpty = !Object.keys(others.fields ?? {}).length && !Object.keys(others.restricted ?? {}).length;
    if (isEmpty) change.drop(`u/${record}`);
    else change.putJson(`u/${record}`, others);
  });
}

function fileContentMethods(ctx: Context, drafts: Drafts) {
  return {
    addFile: (target: string, file: File, options: AddFileOptions) =>
      drafts.track(captureIfLocked(ctx, file, options.route, addFile(ctx, drafts, target, file, options))),
    async readPicture(attachment: string, size: 'preview' | 'print' | 'masked' | 'unmasked') {
      if (!ctx.open) return readPictureInTray(ctx, drafts, attachment, size === 'preview' ? size : 'print');
      const open = ctx.open;
      if (await isUnseenHere(open, attachment)) return null;
      const file = await locateFile(open, attachment, size, [
        ...(drafts.current?.held ?? []),
        ...(open.filesOutsideDraft ?? []),
      ]);
      return file && makeUrl(open, file, ctx.objectUrl);
    },
    async readReceived(attachment: string) {
      const open = requireOpen(ctx);
      if (await isUnseenHere(open, attachment)) throw new KeptError('not_found');
      const file = await locateFile(open, attachment, 'received', drafts.current?.held ?? []);
      if (!file) throw new KeptError('not_found');
      return { ...(await makeUrl(open, file, ctx.objectUrl)), name: file.name };
    },
    async answerPhoneCopy(record: string | null, attachment: string, answer: string) {
      const outside_copy = { state: answer, at: ctx.clock.now() };
      const held = drafts.current?.held.find((file) => file.attachment === attachment);
      if (held) return drafts.addFile({ ...held, outside_copy });
      const open = requireOpen(ctx);
      await changeRecord(open, attachment, { restricted: { outside_copy } });
      if (record)
        await open.store.change((root, change) => rewriteRows(open.book.batch(root, change), open, [record], null));
      afterSave(ctx);
      return undefined;
    },
  };
}

/** No screen shows what was collected in a sitting before the keeper opened it there. */
async function isUnseenHere(open: Open, attachment: string): Promise<boolean> {
  const newest = await open.book.newest(attachment).catch(() => null);
  return newest !== null && isUnseen(newest.fields);
}

export async function addFile(
  ctx: Context,
  drafts: Drafts,
  target: string,
  file: File,
  { route, onProgress }: AddFileOptions,
) {
  const at = ctx.clock.now();
  const { open } = ctx;
  if (!open) return addFileToTray(ctx, drafts, file, { route, at, onProgress });
  const held = await sealFile(open, fileSource(file, fileLimitOf(open.store.root.account)), {
    route,
    at,
    pictures: ctx.pictures,
    onProgress,
  });
  // Locked meanwhile: the caller keeps the file itself, and what was sealed is deleted at the unlock.
  if (ctx.open !== open) throw new KeptError('locked');
  if (target === 'draft') await drafts.addFile(held);
  else {
    await addFiles(open, target, [held]);
    afterSave(ctx);
  }
  return shownHeld(held);
}

/** Add a file before any words are set. */
async function addFileToTray(
  ctx: Context,
  drafts: Drafts,
  file: File,
  options: { route: string; at: number; onProgress?: ((done: number, total: number) => void) | undefined },
) {
  if (!drafts.draftKey) throw new KeptError('locked');
  const held = await addToTray(ctx.database, file, draftKeySealer(drafts.draftKey), options);
  await drafts.addFile(held);
  return shownHeld(held);
}

async function readPictureInTray(ctx: Context, drafts: Drafts, attachment: string, size: 'preview' | 'print') {
  const [door, storedKey] = await Promise.all([readDoor(ctx.database), readDraftKey(ctx.database)]);
  if (!door || !storedKey) return null;
  const { files } = await listTrayFiles(
    ctx.database,
    partOpener({ key: await importDraftKey(storedKey), vault: null, install: door.install }),
  );
  const waitingFile = files.find(({ id }) => id === attachment);
  if (!waitingFile) return null;
  const copies = await ctx.pictures.make(await readWhole(waitingFile.source, waitingFile.source.type, FILE_PART_BYTES));
  const copy = copies?.find(({ purpose }) => purpose === size);
  if (!copy) return null;
  const url = ctx.objectUrl.make(new Blob([copy.bytes as BlobPart], { type: copy.media_type }));
  drafts.pictureUrls.add(url);
  return { url, name: waitingFile.source.name };
}

/** Methods for what was captured while the phone was locked. */
function captureMethods(ctx: Context, drafts: Drafts) {
  const thenShow = (pending: Promise<unknown>) =>
    pending.then((value) => {
      ctx.show();
      return value;
    });
  return {
    readCaptured: async () => readCaptured(requireOpen(ctx)),
    acceptCaptured: async (attachment: string) => thenShow(acceptCapture(requireOpen(ctx), attachment)),
    discardCaptured: async (attachment: string) => thenShow(discardCapture(requireOpen(ctx), attachment)),
    takeUpDraft: async (id: string) => thenShow(resumeDraft(requireOpen(ctx), drafts, id)),
    setCapturing: async (isOn: boolean) => setCaptureEnabled(ctx, isOn),
    knowCaptureKey: async () => thenShow(acknowledgeCaptureKey(requireOpen(ctx))),
  };
}
