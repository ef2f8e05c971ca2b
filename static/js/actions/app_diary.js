/** The app's methods about what is written: draft, entries, files, notes. */
import { KeptError } from '../core/errors.js';
import { draftKey } from '../crypto/draft_key.js';
import { PART_BYTES } from '../crypto/files.js';
import { readDoor, readDraftKey } from '../store/beside.js';
import { entryMethods } from './app_entry.js';
import { attachmentMethods } from './attachments.js';
import { chaseMethods } from './chase.js';
import { readEntry } from './entries.js';
import { addFiles, changeRecord, needsReason, saveLater, saveNew } from './incidents.js';
import { orLate } from './late.js';
import { maskMethods } from './masking.js';
import { purgeMethods } from './purging.js';
import { readingBackMethods } from './reading_back.js';
import { asUrl, findFile } from './reading_files.js';
import { recordMethods } from './records.js';
import { registerMethods } from './registers.js';
import { takeIn } from './sealing.js';
import {
  acceptCaptured,
  discardCaptured,
  knowCaptureKey,
  readCaptured,
  setCapturing,
  takeUpDraft,
} from './capturing.js';
import { readSettings, saveSettings } from './settings.js';
import { shownHeld } from './showing.js';
import { fileSource, wholeOf } from './sources.js';
import { keepLanguage } from './speaking.js';
import { rows } from './taking.js';
import { forgetTray, intoTray, underDraftKey, unsealWith, waitingFiles } from './waiting_files.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./drafts.js').Drafts} Drafts */
/** @typedef {{fields?: Fields, restricted?: Fields}} Said */
/** @typedef {{route: string, onProgress?: (done: number, total: number) => void}} How */

/** @param {Context} ctx @param {Drafts} drafts */
export function diaryMethods(ctx, drafts) {
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

/** What is done with one file. @param {Context} ctx @param {Drafts} drafts */
function fileMethods(ctx, drafts) {
  return { ...attachmentMethods(ctx, drafts), ...maskMethods(ctx), ...purgeMethods(ctx) };
}

/** @param {Context} ctx @returns {Open} */
function inside(ctx) {
  if (!ctx.open) throw new KeptError('locked');
  return ctx.open;
}

/** @param {Context} ctx */
function saved(ctx) {
  ctx.show();
  ctx.open?.syncing.kick();
}

/** @param {Context} ctx @param {Drafts} drafts */
function draftPart(ctx, drafts) {
  return {
    newDraft() {
      drafts.begin();
      drafts.show();
    },
    putDraft(/** @type {Said} */ change) {
      // The first words typed are the moment at which this becomes worth having without a network.
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

/** @param {Context} ctx @param {Drafts} drafts */
function entryPart(ctx, drafts) {
  return {
    async saveIncident(
      /** @type {Said & {record: string|null, reason?: string}} */ { record, fields, restricted, reason },
    ) {
      const open = inside(ctx);
      const said = { fields: fields ?? {}, restricted: restricted ?? {} };
      const done = record
        ? await saveLater(ctx, open, record, { ...said, reason })
        : await saveNew(ctx, open, drafts, said);
      saved(ctx);
      return done;
    },
    needsReason: (/** @type {string} */ record, /** @type {Said} */ said) =>
      needsReason(ctx, inside(ctx), record, said),
    readIncident(/** @type {string} */ record) {
      const open = inside(ctx);
      return readEntry(open, record, { sending: open.syncing.running, offline: open.syncing.offline });
    },
    async putCard(/** @type {string} */ record, /** @type {Said & {note?: string}} */ said) {
      await inside(ctx).store.change((_root, change) => change.putJson(`u/${record}`, said));
    },
    /** The words or the time of an entry, half changed: apart from what is typed in its cards, which is saved with any of them. */
    async putWords(/** @type {string} */ record, /** @type {Record<string, unknown>|null} */ half) {
      await inside(ctx).store.change((_root, change) =>
        half ? change.putJson(`uw/${record}`, half) : change.drop(`uw/${record}`),
      );
    },
    async saveNote(/** @type {string} */ record, /** @type {string} */ text) {
      const open = inside(ctx);
      const there = await open.store.readJson(`n/${record}`);
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
    /** The keeper's own words for places, kept apart; the writing guard looks for them. @returns {string[]} */
    restrictedWords: () => [...new Set(ctx.open?.index.all().flatMap(({ apart }) => (apart ? [apart] : [])) ?? [])],
    readSettings: async () => readSettings(inside(ctx)),
    ...capturePart(ctx, drafts),
    async saveSettings(/** @type {Said} */ said) {
      await saveSettings(inside(ctx), said);
      saved(ctx);
    },
  };
}

/** The note is saved: what was typed of it and not saved no longer hides a newer one. The other fields of a card stay. @param {Open} open @param {string} record */
async function noteSettled(open, record) {
  await open.store.change(async (_root, change) => {
    const unsaved = await open.store.readJson(`u/${record}`);
    if (!unsaved) return;
    const { note: _note, ...others } = unsaved;
    const isEmpty = !Object.keys(others.fields ?? {}).length && !Object.keys(others.restricted ?? {}).length;
    if (isEmpty) change.drop(`u/${record}`);
    else change.putJson(`u/${record}`, others);
  });
}

/** @param {Context} ctx @param {Drafts} drafts */
function filePart(ctx, drafts) {
  return {
    addFile: (/** @type {string} */ target, /** @type {File} */ file, /** @type {How} */ how) =>
      drafts.during(orLate(ctx, file, how.route, addFile(ctx, drafts, target, file, how))),
    async readPicture(/** @type {string} */ attachment, /** @type {'preview'|'print'|'masked'|'unmasked'} */ size) {
      if (!ctx.open) return readFresh(ctx, drafts, attachment, size === 'preview' ? size : 'print');
      const open = ctx.open;
      const file = await findFile(open, attachment, size, [...(drafts.kept?.held ?? []), ...(open.apart ?? [])]);
      return file && asUrl(open, file, ctx.objectUrl);
    },
    async readReceived(/** @type {string} */ attachment) {
      const open = inside(ctx);
      const file = await findFile(open, attachment, 'received', drafts.kept?.held ?? []);
      if (!file) throw new KeptError('not_found');
      return asUrl(open, file, ctx.objectUrl);
    },
    async answerPhoneCopy(
      /** @type {string|null} */ record,
      /** @type {string} */ attachment,
      /** @type {string} */ answer,
    ) {
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

/** @param {Context} ctx @param {Drafts} drafts @param {string} target @param {File} file @param {How} how */
export async function addFile(ctx, drafts, target, file, { route, onProgress }) {
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

/** A file before there are words. @param {Context} ctx @param {Drafts} drafts @param {File} file @param {{route: string, at: number, onProgress?: ((done: number, total: number) => void) | undefined}} how */
async function addFresh(ctx, drafts, file, how) {
  if (!drafts.key) throw new KeptError('locked');
  const held = await intoTray(ctx.database, file, underDraftKey(drafts.key), how);
  await drafts.addHeld(held);
  return shownHeld(held);
}

/** @param {Context} ctx @param {Drafts} drafts @param {string} attachment @param {'preview'|'print'} size */
async function readFresh(ctx, drafts, attachment, size) {
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
  const url = ctx.objectUrl.make(new Blob([/** @type {BlobPart} */ (copy.bytes)], { type: copy.media_type }));
  drafts.urls.add(url);
  return { url, name: found.source.name };
}

/** What came while the phone was locked. @param {Context} ctx @param {import('./drafts.js').Drafts} drafts */
function capturePart(ctx, drafts) {
  const shown = (/** @type {Promise<unknown>} */ work) =>
    work.then((value) => {
      ctx.show();
      return value;
    });
  return {
    readCaptured: async () => readCaptured(inside(ctx)),
    acceptCaptured: async (/** @type {string} */ attachment) => shown(acceptCaptured(inside(ctx), attachment)),
    discardCaptured: async (/** @type {string} */ attachment) => shown(discardCaptured(inside(ctx), attachment)),
    takeUpDraft: async (/** @type {string} */ id) => shown(takeUpDraft(inside(ctx), drafts, id)),
    setCapturing: async (/** @type {boolean} */ on) => setCapturing(ctx, on),
    knowCaptureKey: async () => shown(knowCaptureKey(inside(ctx))),
  };
}
