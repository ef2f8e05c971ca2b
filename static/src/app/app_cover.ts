/** The app's methods for the notebook, its look, and what opens what: everything but the lock itself. */
import { vaultOf } from '../diary/session/door.js';
import { behindOf, markOfShort } from '../diary/sync/pins.js';
import { confirm } from '../diary/session/confirming.js';
import { insideOf } from '../diary/session/require_open.js';
import { COVER, makeOnlyNotebook } from '../features/notebook/only_notebook_actions.js';
import { placeOf, withoutShort } from '../crypto/slots.js';
import { readDoor, readDraftKey, writeLook } from '../store/device_meta.js';
import { LOCKING } from '../diary/session/resting.js';
import type { Bytes } from '../core/bytes.js';
import type { Door, Look } from '../store/device_meta.js';
import type { Root, Locking } from '../store/root.js';
import type { Drafts } from '../diary/drafts/drafts.js';
import type { Context, Open } from '../diary/types.js';

export function coverMethods(ctx: Context, drafts: Drafts) {
  const { notebook, screen } = ctx;
  return {
    notePut: (id: string, text: string) => notebook.put(id, text),
    noteDrop: (id: string) => notebook.drop(id),
    /** The title of the notebook was held: show the lock or, where there is nothing to lock yet, the first screen. */
    async askLock() {
      if (screen.state.phase !== 'notebook') return;
      await notebook.flush().catch(() => undefined);
      const isFresh = Boolean(await readDraftKey(ctx.database));
      screen.clear(isFresh ? 'fresh' : 'locked');
      if (isFresh) drafts.show();
    },
    onlyNotebook: (words: string, look: Look) => makeOnlyNotebook(ctx, drafts, words, look),
    ...settingMethods(ctx),
  };
}

/** Only available inside the diary, except the look, which is chosen before anything is installed. */
function settingMethods(ctx: Context) {
  const inside = insideOf(ctx);
  const keepDoor = async (open: Open, door: Door, said: Partial<Pick<Root, 'cover' | 'short'>>) => {
    await open.store.change((root, change) => {
      Object.assign(root, said);
      change.beside('d', door);
    });
    ctx.show();
  };
  return {
    readLocking: async () => {
      const { root } = inside().store;
      return {
        cover: Boolean(root.cover),
        short: await hasShort(ctx, inside()),
        locking: { ...LOCKING, ...root.locking },
      };
    },
    async setCover(words: string) {
      const open = inside();
      const door = (await readDoor(ctx.database)) as Door;
      await keepDoor(open, await vaultOf(ctx).setSlot(door, words, 'cover', COVER), { cover: true });
    },
    async dropCover() {
      const open = inside();
      const door = (await readDoor(ctx.database)) as Door;
      const slots = [...door.slots];
      slots[placeOf(door, 'cover')] = ctx.random((slots[0] as Bytes).length);
      await keepDoor(open, { ...door, slots }, { cover: false });
    },
    /** Asks for the words again: whoever sets a short secret can come back in with it. */
    async setShort(secret: string, words: string) {
      const open = inside();
      await confirm(ctx, open, words);
      const door = (await readDoor(ctx.database)) as Door;
      const renewed = await open.vault.setShort(door, secret, await behindOf(open));
      await keepDoor(open, renewed, { short: markOfShort(renewed) });
    },
    async dropShort() {
      const open = inside();
      await keepDoor(open, withoutShort((await readDoor(ctx.database)) as Door), { short: false });
    },
    ...lookMethods(ctx, inside),
  };
}

/** Return whether a short secret still opens this diary: wrong tries and new keys remove it. */
async function hasShort(ctx: Context, open: Open) {
  const mark = open.store.root.short;
  return Boolean(mark) && (open.short || mark === true || mark === markOfShort((await readDoor(ctx.database)) as Door));
}

function lookMethods(ctx: Context, inside: () => Open) {
  const { screen } = ctx;
  return {
    async chooseLocking(said: Partial<Locking>) {
      await inside().store.change((root) => {
        root.locking = { ...LOCKING, ...root.locking, ...said };
      });
      ctx.show();
    },
    async chooseLook(said: Partial<Look>) {
      const look = { ...screen.state.look, ...said };
      await writeLook(ctx.database, look);
      screen.set({ look });
    },
    /** The notice "It does not clear history" was read. */
    async exitSaid() {
      await inside().store.change((root) => {
        root.exit_said = true;
      });
      ctx.show();
    },
  };
}
