/** Reseal what was on the phone before words were typed: the draft and the files in the tray. */
import { checkCaptureKey, keepCaptured } from '../attachments/capturing.js';
import { takeIn } from '../attachments/sealing.js';
import { unsealWith, waitingFiles } from '../drafts/waiting_files.js';
import { readDoor } from '../../store/device_meta.js';
import { forget } from '../../store/staging.js';
import type { Change } from '../../store/pending.js';
import type { Drafts } from '../drafts/drafts.js';
import type { Context, Held, Open } from '../types.js';
import type { Waiting } from '../drafts/waiting_files.js';
import type { Root } from '../../store/root.js';

/** Reseal at the first words: first each file under its new key, then draft and tray in the caller's transaction. */
export async function moveIn(ctx: Context, drafts: Drafts, open: Open) {
  await drafts.flush().catch(() => undefined);
  const { held, keys } = await takeWaiting(ctx, drafts, open);
  const known = new Map(held.map((one) => [one.attachment, one]));
  const before = drafts.kept;
  const draft = before && { ...before, held: before.held.flatMap((one) => known.get(one.attachment) ?? []) };
  return {
    fill(root: Root, change: Change) {
      if (draft) {
        root.draft = true;
        change.putJson('draft', draft);
      }
      for (const key of keys) change.untray(key);
      // Only after the commit: if it fails, only the draft key can open what was written.
      change.after(() => {
        drafts.key = null;
        drafts.kept = draft;
      });
    },
  };
}

/**
 * Import captured files at an unlock. Files from the add-picture page become part of the draft. Files from a locked
 * phone are kept apart until the user is asked about them (capturing.js).
 * @returns number of files
 */
export async function takeCaptures(ctx: Context, drafts: Drafts, open: Open): Promise<number> {
  await checkCaptureKey(ctx, open);
  const { held, halves } = await takeWaiting(ctx, drafts, open, async (one, keys, { captured, at }) => {
    if (captured)
      return keepCaptured(open, { held: one, at, tz: captured.tz, same: captured.sha256 === one.sha256 }, keys);
    await drafts.addHeld(one);
    await forget(ctx.database, keys); // only now: until the draft holds it, it is nowhere else
  });
  await forget(ctx.database, halves);
  return held.length;
}

/** @returns `keys`: of every part, incomplete files included */
async function takeWaiting(
  ctx: Context,
  drafts: Drafts,
  open: Open,
  each: (held: Held, keys: Uint8Array[], waiting: Waiting) => Promise<unknown> = async () => undefined,
): Promise<{ held: Held[]; keys: Uint8Array[]; halves: Uint8Array[] }> {
  await drafts.quiet(); // a file still being written would look incomplete
  const door = await readDoor(ctx.database);
  if (!door) return { held: [], keys: [], halves: [] };
  const unseal = unsealWith({ key: drafts.key, vault: open.vault, install: door.install });
  const { files, halves } = await waitingFiles(ctx.database, unseal);
  const held: Held[] = [];
  try {
    for (const [i, file] of files.entries()) {
      ctx.screen.set({ busy: { what: 'pictures', done: i, total: files.length } });
      const one = await takeIn(open, file.source, {
        route: file.route,
        at: file.at,
        pictures: ctx.pictures,
        attachment: file.id,
      });
      held.push(one);
      await each(one, file.keys, file);
    }
  } finally {
    ctx.screen.set({ busy: null });
  }
  return { held, keys: [...halves, ...files.flatMap(({ keys }) => keys)], halves };
}
