/** Reseal what was on the phone before words were typed: the draft and the files in the tray. */
import { KeptError } from '../../core/errors.js';
import { checkCaptureKey, storeCapture } from '../attachments/locked_capture.js';
import { blobsOf, removeFromFilling, sealFile } from '../attachments/sealing.js';
import { partOpener, listTrayFiles } from '../drafts/tray_files.js';
import { readDoor } from '../../store/device_meta.js';
import { dropParts } from '../../store/staging.js';
import type { Change } from '../../store/pending.js';
import type { Drafts } from '../drafts/drafts.js';
import type { Context, DraftFile, Open } from '../types.js';
import type { TrayFile } from '../drafts/tray_files.js';
import type { Root } from '../../store/root.js';

/** Reseal at the first words: first each file under its new key, then draft and tray in the caller's transaction. */
export async function resealWaiting(ctx: Context, drafts: Drafts, open: Open) {
  await drafts.flush().catch(() => undefined);
  const { held, keys } = await resealFiles(ctx, drafts, open);
  const resealed = new Map(held.map((file) => [file.attachment, file]));
  const previous = drafts.current;
  const draft = previous && { ...previous, held: previous.held.flatMap((file) => resealed.get(file.attachment) ?? []) };
  return {
    fill(root: Root, change: Change) {
      if (draft) {
        root.draft = true;
        change.putJson('draft', draft);
        removeFromFilling(root, draft.held.flatMap(blobsOf));
      }
      for (const key of keys) change.dropTray(key);
      // Only after the commit: if it fails, only the draft key can open what was written.
      change.afterCommit(() => {
        drafts.draftKey = null;
        drafts.current = draft;
      });
    },
  };
}

/**
 * Import captured files at an unlock. Files from the add-picture page become part of the draft. Files from a locked
 * phone are kept apart until the user is asked about them (locked_capture.js).
 * @returns number of files
 */
export async function importCaptures(ctx: Context, drafts: Drafts, open: Open): Promise<number> {
  await checkCaptureKey(ctx, open);
  const { held, halves } = await resealFiles(ctx, drafts, open, async (file, keys, { captured, at }) => {
    if (captured)
      return storeCapture(open, { held: file, at, tz: captured.tz, same: captured.sha256 === file.sha256 }, keys);
    // Locked meanwhile: the next unlock imports it again.
    if (ctx.open !== open) throw new KeptError('locked');
    await drafts.addFile(file);
    await dropParts(ctx.database, keys); // only now: until the draft holds it, it is nowhere else
  });
  await dropParts(ctx.database, halves);
  return held.length;
}

/** @returns `keys`: of every part, incomplete files included */
async function resealFiles(
  ctx: Context,
  drafts: Drafts,
  open: Open,
  onFile: (held: DraftFile, keys: Uint8Array[], waiting: TrayFile) => Promise<unknown> = async () => undefined,
): Promise<{ held: DraftFile[]; keys: Uint8Array[]; halves: Uint8Array[] }> {
  await drafts.whenIdle(); // a file still being written would look incomplete
  const door = await readDoor(ctx.database);
  if (!door) return { held: [], keys: [], halves: [] };
  const unseal = partOpener({ key: drafts.draftKey, vault: open.vault, install: door.install });
  const { files, halves } = await listTrayFiles(ctx.database, unseal);
  const held: DraftFile[] = [];
  try {
    for (const [i, file] of files.entries()) {
      ctx.screen.set({ busy: { what: 'pictures', done: i, total: files.length } });
      const resealed = await sealFile(open, file.source, {
        route: file.route,
        at: file.at,
        pictures: ctx.pictures,
        attachment: file.id,
      });
      held.push(resealed);
      await onFile(resealed, file.keys, file);
    }
  } finally {
    ctx.screen.set({ busy: null });
  }
  return { held, keys: [...halves, ...files.flatMap(({ keys }) => keys)], halves };
}
