/**
 * Only a notebook: the app with words of its own in front and no diary behind them.
 *
 * [Note: what a lock proves] If only a diary's first words made a lock, every lock would say that a diary was begun. So
 * this is the same install: the same things stand beside the table, the same slot holds the notebook's key and says the
 * same beside it, the lock has the same controls ("Add picture" too, though nothing opens here what is put in that
 * way), the page is kept for offline alike, and no server is asked. Whoever makes it is told what it cannot do
 * (features/notebook/only_notebook.js); there is no way from here to a diary, because a lock that offered one would
 * tell the two apart.
 */
import { KeptError } from '../../core/errors.js';
import { readDoor, readDraftKey } from '../../store/device_meta.js';
import { forgetAll, vaultOf } from '../../diary/session/door.js';
import { refill } from '../../diary/attachments/offload.js';
import { NO_PINS } from '../../diary/sync/pins.js';
import { keepLanguage } from '../../diary/session/speaking.js';
import type { Look } from '../../store/device_meta.js';
import type { Drafts, Kept } from '../../diary/drafts/drafts.js';
import type { Context } from '../../diary/types.js';
import type { Door } from '../../crypto/slots.js';

/**
 * What the notebook's slot says beside its key, in every install: of a diary's account nothing, so that whoever is
 * given these words learns as much from either.
 */
export const COVER = Object.freeze({ account: null, login: '', pins: NO_PINS });

/**
 * Puts the notebook behind words on a phone that holds nothing yet; notes that are there stay.
 * @throws phone_has_diary where there are words already; draft_waits where something was written that only a diary
 *   could keep; bad_request for words that are too short
 */
export async function makeOnlyNotebook(ctx: Context, drafts: Drafts, words: string, look: Look) {
  const { database, screen } = ctx;
  const door = await readDoor(database);
  if (!door || ctx.borrowed || !(await readDraftKey(database))) throw new KeptError('phone_has_diary');
  await holdsNothing(ctx, drafts);
  const vault = vaultOf(ctx);
  try {
    await vault.selfTest();
    const renewed = await vault.setSlot(door as Door, words, 'cover', COVER);
    await holdsNothing(ctx, drafts); // something may have been shared with the page meanwhile
    await database.write({ beside: { d: renewed, k: null, f: null, l: look } });
  } finally {
    forgetAll(ctx); // the worker has the notebook's key now, or half of something
    vaultOf(ctx);
  }
  drafts.forget();
  drafts.key = null;
  await ctx.notebook.open();
  screen.set({ look });
  screen.clear('notebook');
  // As when a diary stands open for the first time.
  void ctx.keepOffline();
  void keepLanguage(ctx).catch(() => undefined);
  void refill(ctx);
}

/**
 * Nothing is written or added that would be lost with the draft key.
 * @throws draft_waits
 */
async function holdsNothing(ctx: Context, drafts: Drafts) {
  await drafts.quiet();
  if (isWrittenIn(drafts.kept) || (await ctx.database.trayKeys()).length) throw new KeptError('draft_waits');
}

function isWrittenIn(kept: Kept | null) {
  if (!kept) return false;
  const said = [...Object.values(kept.fields), ...Object.values(kept.restricted)];
  return (
    kept.held.length > 0 ||
    said.some((value) =>
      Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== '',
    )
  );
}
