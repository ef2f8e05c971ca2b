/** The app's methods for what is written: draft, entries, files, notes. */
import { KeptError } from '../core/errors.js';
import { draftKey } from '../crypto/worker/draft_key.js';
import { PART_BYTES } from '../crypto/files.js';
import { readDoor, readDraftKey } from '../store/device_meta.js';
import { entryMethods } from './app_entry.js';
import { attachmentMethods } from '../features/attachments/actions.js';
import { chaseMethods } from '../features/chase/actions.js';
import { readEntry } from '../diary/records/entries.js';
import { addFiles, changeRecord, needsReason, saveLater, saveNew } from '../diary/records/incidents.js';
import { orLate } from '../diary/session/capture_on_lock.js';
import { maskMethods } from '../diary/attachments/masking.js';
import { purgeMethods } from '../diary/erasing/purging.js';
import { readingBackMethods } from '../diary/index/reading_back.js';
import { asUrl, findFile } from '../diary/attachments/reading_files.js';
import { recordMethods } from '../diary/records/records.js';
import { registerMethods } from '../diary/records/registers.js';
import { takeIn } from '../diary/attachments/sealing.js';
import {
  acceptCaptured,
  discardCaptured,
  knowCaptureKey,
  readCaptured,
  setCapturing,
  takeUpDraft,
} from '../diary/attachments/capturing.js';
import { readSettings, saveSettings } from '../diary/records/settings.js';
import { shownHeld } from '../diary/index/showing.js';
import { fileSource, wholeOf } from '../diary/attachments/sources.js';
import { keepLanguage } from '../diary/session/speaking.js';
import { rows } from '../diary/sync/apply_feed.js';
import { forgetTray, intoTray, underDraftKey, unsealWith, waitingFiles } from '../diary/drafts/waiting_files.js';
import type { Drafts } from '../diary/drafts/drafts.js';
import type { Context, Fields, Open, Unsaved } from '../diary/types.js';

type Said = { fields?: Fields; restricted?: Fields };
type How = { route: string; onProgress?: (done: number, total: number) => void };

export function diaryMethods(ctx: Context, drafts: Drafts) {
  return {
    ...draftPart(ctx, drafts),
    ...entryPart(ctx, drafts),
    ...filePart(ctx, drafts),
    ...recordMethods(ctx),
    ...readingBackMethods(ctx),
    ...registerMethods(ctx),
    ...chaseMethods(ctx),
    ...entryMethods(ctx),
    ...fileMethods(ctx, drafts),
  };
}

/** Methods for a single file. */
function fileMethods(ctx: Context, drafts: Drafts) {
  return { ...attachmentMethods(ctx, drafts), ...maskMethods(ctx), ...purgeMethods(ctx) };
}

function inside(ctx: Context): Open {
  if (!ctx.open) throw new KeptError('locked');
  return ctx.open;
}

function saved(ctx: Context) {
  ctx.show();
  ctx.open?.syncing.kick();
}

function draftPart(ctx: Context, drafts: Drafts) {
  return {
    newDraft() {
      drafts.begin();
      drafts.show();
    },
    putDraft(change: Said) {
      // From the first words typed the app is worth keeping for use without a network.
      if (!drafts.kept) {
        void ctx.keepOffline();
        void keepLanguage(ctx).catch(() => undefined);
      }
      drafts.put(change);
    },
    async dropDraft() {
      const waiting = (drafts.kept?.held ?? [])
        .filter(({ received }) => !received.blob)
        .map(({ attachment }) => attachment);
      const key = drafts.key;
      await drafts.drop();
      if (waiting.length && key) await forgetTray(ctx, key, waiting);
    },
  };
}

function entryPart(ctx: Context, drafts: Drafts) {
  return {
    async saveIncident({ record, fields, restricted, reason }: Said & { record: string | null; reason?: string }) {
      const open = inside(ctx);
      const said = { fields: fields ?? {}, restricted: restricted ?? {} };
      const done = record
        ? await saveLater(ctx, open, record, { ...said, reason })
        : await saveNew(ctx, open, drafts, said);
      saved(ctx);
      return done;
    },
    needsReason: (record: string, said: Said) => needsReason(ctx, inside(ctx), record, said),
    readIncident(record: string) {
      const open = inside(ctx);
      return readEntry(open, record, { sending: open.syncing.running, offline: open.syncing.offline });
    },
    async putCard(record: string, said: Said & { note?: string }) {
      await inside(ctx).store.change((_root, change) => change.putJson(`u/${record}`, said));
    },
    /**
     * Keep the half-changed words or time of an entry. They are apart from what is typed in its cards, which is saved
     * with any of them.
     */
    async putWords(record: string, half: Record<string, unknown> | null) {
      await inside(ctx).store.change((_root, change) =>
        half ? change.putJson(`uw/${record}`, half) : change.drop(`uw/${record}`),
      );
    },
    async saveNote(record: string, text: string) {
      const open = inside(ctx);
      const there = await open.store.readJson<{ note: string }>(`n/${record}`);
      if (there) await changeRecord(open, there.note, { fields: { text } });
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
      await noteSettled(open, record);
      saved(ctx);
    },
    /** Return the keeper's own words for places, which are restricted. The writing guard looks for them. */
    restrictedWords: (): string[] => [
      ...new Set(ctx.open?.index.all().flatMap(({ apart }) => (apart ? [apart] : [])) ?? []),
    ],
    readSettings: async () => readSettings(inside(ctx)),
    ...capturePart(ctx, drafts),
    async saveSettings(said: Said) {
      await saveSettings(inside(ctx), said);
      saved(ctx);
    },
  };
}

/** Drop the unsaved text of a saved note, so that it no longer hides a newer one. The other fields of a card stay. */
async function noteSettled(open: Open, record: string) {
  await open.store.change(async (_root, change) => {
    const unsaved = await open.store.readJson<Unsaved>(`u/${record}`);
    if (!unsaved) return;
    const { note: _note, ...others } = unsaved;
    const isEmpty = !Object.keys(others.fields ?? {}).length && !Object.keys(others.restricted ?? {}).length;
    if (isEmpty) change.drop(`u/${record}`);
    else change.putJson(`u/${record}`, others);
  });
}

function filePart(ctx: Context, drafts: Drafts) {
  return {
    addFile: (target: string, file: File, how: How) =>
      drafts.during(orLate(ctx, file, how.route, addFile(ctx, drafts, target, file, how))),
    async readPicture(attachment: string, size: 'preview' | 'print' | 'masked' | 'unmasked') {
      if (!ctx.open) return readFresh(ctx, drafts, attachment, size === 'preview' ? size : 'print');
      const open = ctx.open;
      const file = await findFile(open, attachment, size, [...(drafts.kept?.held ?? []), ...(open.apart ?? [])]);
      return file && asUrl(open, file, ctx.objectUrl);
    },
    async readReceived(attachment: string) {
      const open = inside(ctx);
      const file = await findFile(open, attachment, 'received', drafts.kept?.held ?? []);
      if (!file) throw new KeptError('not_found');
      return asUrl(open, file, ctx.objectUrl);
    },
    async answerPhoneCopy(record: string | null, attachment: string, answer: string) {
      const outside_copy = { state: answer, at: ctx.clock.now() };
      const held = drafts.kept?.held.find((one) => one.attachment === attachment);
      if (held) return drafts.addHeld({ ...held, outside_copy });
      const open = inside(ctx);
      await changeRecord(open, attachment, { restricted: { outside_copy } });
      if (record) await open.store.change((root, change) => rows(open.book.batch(root, change), open, [record], null));
      saved(ctx);
      return undefined;
    },
  };
}

export async function addFile(ctx: Context, drafts: Drafts, target: string, file: File, { route, onProgress }: How) {
  const at = ctx.clock.now();
  const { open } = ctx;
  if (!open) return addFresh(ctx, drafts, file, { route, at, onProgress });
  const held = await takeIn(open, fileSource(file), { route, at, pictures: ctx.pictures, onProgress });
  if (target === 'draft') await drafts.addHeld(held);
  else {
    await addFiles(open, target, [held]);
    saved(ctx);
  }
  return shownHeld(held);
}

/** Add a file before any words are set. */
async function addFresh(
  ctx: Context,
  drafts: Drafts,
  file: File,
  how: { route: string; at: number; onProgress?: ((done: number, total: number) => void) | undefined },
) {
  if (!drafts.key) throw new KeptError('locked');
  const held = await intoTray(ctx.database, file, underDraftKey(drafts.key), how);
  await drafts.addHeld(held);
  return shownHeld(held);
}

async function readFresh(ctx: Context, drafts: Drafts, attachment: string, size: 'preview' | 'print') {
  const [door, kept] = await Promise.all([readDoor(ctx.database), readDraftKey(ctx.database)]);
  if (!door || !kept) return null;
  const { files } = await waitingFiles(
    ctx.database,
    unsealWith({ key: await draftKey(kept), vault: null, install: door.install }),
  );
  const found = files.find(({ id }) => id === attachment);
  if (!found) return null;
  const copies = await ctx.pictures.make(await wholeOf(found.source, found.source.type, PART_BYTES));
  const copy = copies?.find(({ purpose }) => purpose === size);
  if (!copy) return null;
  const url = ctx.objectUrl.make(new Blob([copy.bytes as BlobPart], { type: copy.media_type }));
  drafts.urls.add(url);
  return { url, name: found.source.name };
}

/** Methods for what was captured while the phone was locked. */
function capturePart(ctx: Context, drafts: Drafts) {
  const shown = (work: Promise<unknown>) =>
    work.then((value) => {
      ctx.show();
      return value;
    });
  return {
    readCaptured: async () => readCaptured(inside(ctx)),
    acceptCaptured: async (attachment: string) => shown(acceptCaptured(inside(ctx), attachment)),
    discardCaptured: async (attachment: string) => shown(discardCaptured(inside(ctx), attachment)),
    takeUpDraft: async (id: string) => shown(takeUpDraft(inside(ctx), drafts, id)),
    setCapturing: async (on: boolean) => setCapturing(ctx, on),
    knowCaptureKey: async () => shown(knowCaptureKey(inside(ctx))),
  };
}
