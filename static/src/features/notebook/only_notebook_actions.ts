/**
 * Only a notebook: the app with its own words in front and no diary behind them.
 *
 * [Note: what a lock proves] If only a diary's first words made a lock, every lock would show that a diary exists.
 * So this install looks the same: the same values are stored next to the table, the same slot holds the notebook's key
 * with the same data, the lock has the same controls ("Add picture" too, though nothing here can open what is added),
 * the page is cached for offline use as well, and no server is contacted. The screen says what it cannot do
 * (features/notebook/only_notebook.js). There is no way from here to a diary, because a lock that offered one would
 * show which of the two it is.
 */
import { KeptError } from '../../core/errors.js';
import { readDoor, readDraftKey } from '../../store/device_meta.js';
import { dropUnlocked, ensureVault } from '../../diary/session/door.js';
import { refillReserve } from '../../diary/attachments/offload.js';
import { NO_PINS } from '../../diary/sync/pins.js';
import { storeLanguage } from '../../diary/session/language.js';
import type { Appearance } from '../../store/device_meta.js';
import type { Drafts, StoredDraft } from '../../diary/drafts/drafts.js';
import type { Context } from '../../diary/types.js';
import type { Door } from '../../crypto/slots.js';

/**
 * The data next to the key in the notebook's slot, the same in every install. It holds nothing of a diary's account, so
 * a person who is given these words cannot tell whether there is a diary.
 */
export const COVER_SLOT_DATA = Object.freeze({ account: null, login: '', pins: NO_PINS });

/**
 * Put the notebook behind words on a phone that has no diary yet; existing notes stay.
 * @throws phone_has_diary when there are words already; draft_waits when something was written that only a diary can
 *   store; bad_request when the words are too short
 */
export async function makeOnlyNotebook(ctx: Context, drafts: Drafts, words: string, look: Appearance) {
  const { database, screen } = ctx;
  const door = await readDoor(database);
  if (!door || ctx.borrowed || !(await readDraftKey(database))) throw new KeptError('phone_has_diary');
  await requireNothingHeld(ctx, drafts);
  const vault = ensureVault(ctx);
  try {
    await vault.selfTest();
    const renewed = await vault.setSlot(door as Door, words, 'cover', COVER_SLOT_DATA);
    await requireNothingHeld(ctx, drafts); // again: something may have been shared with the page meanwhile
    await database.write({ beside: { d: renewed, k: null, f: null, l: look } });
  } finally {
    dropUnlocked(ctx); // the worker holds the notebook's key now, or an unfinished state
    ensureVault(ctx);
  }
  drafts.clear();
  drafts.draftKey = null;
  await ctx.notebook.open();
  screen.set({ look });
  screen.clear('notebook');
  // The same steps as after the first opening of a diary.
  void ctx.keepOffline();
  void storeLanguage(ctx).catch(() => undefined);
  void refillReserve(ctx);
}

/**
 * Check that nothing was written or added that would be lost with the draft key.
 * @throws draft_waits
 */
async function requireNothingHeld(ctx: Context, drafts: Drafts) {
  await drafts.whenIdle();
  if (hasContent(drafts.current) || (await ctx.database.trayKeys()).length) throw new KeptError('draft_waits');
}

function hasContent(draft: StoredDraft | null) {
  if (!draft) return false;
  const values = [...Object.values(draft.fields), ...Object.values(draft.restricted)];
  return (
    draft.held.length > 0 ||
    values.some((value) =>
      Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== '',
    )
  );
}
