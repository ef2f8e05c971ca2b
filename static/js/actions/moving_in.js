/** Resealing what lay on the phone before words were typed: the draft and the files in the tray. */
import { takeIn } from './sealing.js';
import { unsealWith, waitingFiles } from './waiting_files.js';
import { readDoor } from '../store/beside.js';
import { forget } from '../store/tray.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Held} Held */
/** @typedef {import('./drafts.js').Drafts} Drafts */

/**
 * For the first words: files first, each under its new key, then draft and tray in the caller's transaction.
 * @param {Context} ctx @param {Drafts} drafts @param {Open} open
 */
export async function moveIn(ctx, drafts, open) {
  await drafts.flush().catch(() => undefined);
  const { held, keys } = await takeWaiting(ctx, drafts, open);
  const known = new Map(held.map((one) => [one.attachment, one]));
  const before = drafts.kept;
  const draft = before && { ...before, held: before.held.flatMap((one) => known.get(one.attachment) ?? []) };
  drafts.key = null;
  drafts.kept = draft;
  return {
    /** @param {Record<string, any>} root @param {import('../store/store.js').Change} change */
    fill(root, change) {
      if (draft) {
        root.draft = true;
        change.putJson('draft', draft);
      }
      for (const key of keys) change.untray(key);
    },
  };
}

/**
 * At an unlock: what was added on the add-picture page becomes part of the draft.
 * @param {Context} ctx @param {Drafts} drafts @param {Open} open @returns {Promise<number>} how many files came
 */
export async function takeCaptures(ctx, drafts, open) {
  const { held, keys } = await takeWaiting(ctx, drafts, open);
  for (const one of held) await drafts.addHeld(one);
  await forget(ctx.database, keys); // only now: until the draft holds them they are nowhere else
  return held.length;
}

/** @param {Context} ctx @param {Drafts} drafts @param {Open} open @returns {Promise<{held: Held[], keys: Uint8Array[]}>} */
async function takeWaiting(ctx, drafts, open) {
  const door = await readDoor(ctx.database);
  if (!door) return { held: [], keys: [] };
  const unseal = unsealWith({ key: drafts.key, vault: open.vault, install: door.install });
  const { files, halves } = await waitingFiles(ctx.database, unseal);
  /** @type {Held[]} */
  const held = [];
  for (const [i, file] of files.entries()) {
    ctx.screen.set({ busy: { what: 'pictures', done: i, total: files.length } });
    held.push(await takeIn(open, file.source, { route: file.route, at: file.at, pictures: ctx.pictures, attachment: file.id }));
  }
  ctx.screen.set({ busy: null });
  return { held, keys: [...halves, ...files.flatMap(({ keys }) => keys)] };
}

