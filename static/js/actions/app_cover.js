/** The app's methods about the notebook, what it looks like, and what opens what: all but the lock itself. */
import { vaultOf } from './door.js';
import { behindOf, markOfShort } from './pins.js';
import { confirm } from './confirming.js';
import { insideOf } from './inside.js';
import { COVER, makeOnlyNotebook } from './only_notebook.js';
import { placeOf, withoutShort } from '../crypto/slots.js';
import { readDoor, readDraftKey, writeLook } from '../store/beside.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('../store/beside.js').Look} Look */
/** @typedef {{hidden: number, idle: number}} Locking ms */

/** @type {Readonly<Locking>} */
export const LOCKING = Object.freeze({ hidden: 60_000, idle: 300_000 });

/** Where a page that is not open rests: at the lock, or in the notebook where it opens straight into that; and with another tab's diary nowhere. @param {Context} ctx @returns {'locked'|'notebook'|'elsewhere'} */
export function resting(ctx) {
  if (!ctx.release) return 'elsewhere';
  return ctx.screen.state.look.opens === 'straight' ? 'notebook' : 'locked';
}

/** @param {Context} ctx @param {import('./drafts.js').Drafts} drafts */
export function coverMethods(ctx, drafts) {
  const { notebook, screen } = ctx;
  return {
    notePut: (/** @type {string} */ id, /** @type {string} */ text) => notebook.put(id, text),
    noteDrop: (/** @type {string} */ id) => notebook.drop(id),
    /** Somebody held the notebook's title: the lock, or where there is nothing to lock yet, the way in. */
    async askLock() {
      if (screen.state.phase !== 'notebook') return;
      await notebook.flush().catch(() => undefined);
      const isFresh = Boolean(await readDraftKey(ctx.database));
      screen.clear(isFresh ? 'fresh' : 'locked');
      if (isFresh) drafts.show();
    },
    onlyNotebook: (/** @type {string} */ words, /** @type {Look} */ look) => makeOnlyNotebook(ctx, drafts, words, look),
    ...settingMethods(ctx),
  };
}

/** Only from inside the diary, but for the look, which is chosen before anything is installed. @param {Context} ctx */
function settingMethods(ctx) {
  const inside = insideOf(ctx);
  /** @param {Open} open @param {any} door @param {Record<string, any>} said */
  const keepDoor = async (open, door, said) => {
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
    async setCover(/** @type {string} */ words) {
      const open = inside();
      const door = /** @type {any} */ (await readDoor(ctx.database));
      await keepDoor(open, await vaultOf(ctx).setSlot(door, words, 'cover', COVER), { cover: true });
    },
    async dropCover() {
      const open = inside();
      const door = /** @type {any} */ (await readDoor(ctx.database));
      const slots = [...door.slots];
      slots[placeOf(door, 'cover')] = ctx.random(slots[0].length);
      await keepDoor(open, { ...door, slots }, { cover: false });
    },
    /** Whoever sets one comes back with it: the words are asked for again. @param {string} secret @param {string} words */
    async setShort(secret, words) {
      const open = inside();
      await confirm(ctx, open, words);
      const door = /** @type {any} */ (await readDoor(ctx.database));
      const renewed = await open.vault.setShort(door, secret, await behindOf(open));
      await keepDoor(open, renewed, { short: markOfShort(renewed) });
    },
    async dropShort() {
      const open = inside();
      await keepDoor(open, withoutShort(/** @type {any} */ (await readDoor(ctx.database))), { short: false });
    },
    ...lookMethods(ctx, inside),
  };
}

/** Whether a short secret still opens this: wrong tries and new keys take it away. @param {Context} ctx @param {Open} open */
async function hasShort(ctx, open) {
  const mark = open.store.root.short;
  return (
    Boolean(mark) &&
    (open.short || mark === true || mark === markOfShort(/** @type {any} */ (await readDoor(ctx.database))))
  );
}

/** @param {Context} ctx @param {() => Open} inside */
function lookMethods(ctx, inside) {
  const { screen } = ctx;
  return {
    async chooseLocking(/** @type {Partial<Locking>} */ said) {
      await inside().store.change((root) => {
        root.locking = { ...LOCKING, ...root.locking, ...said };
      });
      ctx.show();
    },
    async chooseLook(/** @type {Partial<Look>} */ said) {
      const look = { ...screen.state.look, ...said };
      await writeLook(ctx.database, look);
      screen.set({ look });
    },
    /** "It does not clear history" was read. */
    async exitSaid() {
      await inside().store.change((root) => {
        root.exit_said = true;
      });
      ctx.show();
    },
  };
}
