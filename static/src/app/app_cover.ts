/** The app's methods for the notebook, its look, and what opens what: everything but the lock itself. */
import { ensureVault } from '../diary/session/door.js';
import { slotDataOf, shortSlotDigest } from '../diary/sync/pins.js';
import { confirmWords } from '../diary/session/confirming.js';
import { requireOpenOf } from '../diary/session/require_open.js';
import { COVER_SLOT_DATA, makeOnlyNotebook } from '../features/notebook/only_notebook_actions.js';
import { slotIndexOf, clearShortSecret } from '../crypto/slots.js';
import { readDoor, readDraftKey, writeAppearance } from '../store/device_meta.js';
import { DEFAULT_LOCKING } from '../diary/session/resting.js';
import type { Bytes } from '../core/bytes.js';
import type { Door, Appearance } from '../store/device_meta.js';
import type { Root, LockDelays } from '../store/root.js';
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
    onlyNotebook: (words: string, look: Appearance) => makeOnlyNotebook(ctx, drafts, words, look),
    ...settingMethods(ctx),
  };
}

/** Only available inside the diary, except the look, which is chosen before anything is installed. */
function settingMethods(ctx: Context) {
  const getOpen = requireOpenOf(ctx);
  const saveDoor = async (open: Open, door: Door, changes: Partial<Pick<Root, 'cover' | 'short'>>) => {
    await open.store.change((root, change) => {
      Object.assign(root, changes);
      change.beside('d', door);
    });
    ctx.show();
  };
  return {
    readLocking: async () => {
      const { root } = getOpen().store;
      return {
        cover: Boolean(root.cover),
        short: await hasShort(ctx, getOpen()),
        locking: { ...DEFAULT_LOCKING, ...root.locking },
      };
    },
    async setCover(words: string) {
      const open = getOpen();
      const door = (await readDoor(ctx.database)) as Door;
      await saveDoor(open, await ensureVault(ctx).setSlot(door, words, 'cover', COVER_SLOT_DATA), { cover: true });
    },
    async dropCover() {
      const open = getOpen();
      const door = (await readDoor(ctx.database)) as Door;
      const slots = [...door.slots];
      slots[slotIndexOf(door, 'cover')] = ctx.random((slots[0] as Bytes).length);
      await saveDoor(open, { ...door, slots }, { cover: false });
    },
    /** Require the words again, since a short secret opens the diary for the person who set it. */
    async setShort(secret: string, words: string) {
      const open = getOpen();
      await confirmWords(ctx, open, words);
      const door = (await readDoor(ctx.database)) as Door;
      const newDoor = await open.vault.setShort(door, secret, await slotDataOf(open));
      await saveDoor(open, newDoor, { short: shortSlotDigest(newDoor) });
    },
    async dropShort() {
      const open = getOpen();
      await saveDoor(open, clearShortSecret((await readDoor(ctx.database)) as Door), { short: false });
    },
    ...lookMethods(ctx, getOpen),
  };
}

/** Return whether a short secret still opens this diary: wrong tries and new keys remove it. */
async function hasShort(ctx: Context, open: Open) {
  const shortMark = open.store.root.short;
  return (
    Boolean(shortMark) &&
    (open.short || shortMark === true || shortMark === shortSlotDigest((await readDoor(ctx.database)) as Door))
  );
}

function lookMethods(ctx: Context, getOpen: () => Open) {
  const { screen } = ctx;
  return {
    async chooseLocking(changes: Partial<LockDelays>) {
      await getOpen().store.change((root) => {
        root.locking = { ...DEFAULT_LOCKING, ...root.locking, ...changes };
      });
      ctx.show();
    },
    async chooseLook(changes: Partial<Appearance>) {
      const look = { ...screen.state.look, ...changes };
      await writeAppearance(ctx.database, look);
      screen.set({ look });
    },
    /** The notice "It does not clear history" was read. */
    async exitSaid() {
      await getOpen().store.change((root) => {
        root.exit_said = true;
      });
      ctx.show();
    },
  };
}
