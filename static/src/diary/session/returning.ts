/**
 * Signing in again: by itself where nobody chose the end of a session, after the words where somebody did.
 *
 * [Note: ended on purpose] A session whose thirty days are over is begun again with the renewal token the phone keeps.
 * One that was ended from another device says that this phone may not be in its keeper's hands: it locks at once, and
 * comes back only when the words have been typed after it knew. A short secret is not enough for that. What it knows is
 * kept, sealed, so that a restart changes nothing. Whoever has the words can come back all the same: the screens say
 * so, and what to do.
 */
import { KeptError } from '../../core/errors.js';
import { forgetProof, signInAgain } from '../keys/accounts.js';
import type { Context, Open } from '../types.js';

/**
 * What this opening does when a request finds that its session has ended.
 * @param open as it has just been opened
 * @returns signs in, or throws session_ended
 */
export function returning(ctx: Context, open: Open, lock: () => unknown): (code: string) => Promise<void> {
  const { store } = open;
  let isAsked = Boolean(store.root.shut && open.typed);
  return async (code) => {
    const { shut } = store.root;
    if (code !== 'session_ended' && !shut) {
      const isBack = await signInAgain(ctx, open).then(
        () => true,
        (error) => {
          if (!(error instanceof KeptError) || error.code !== 'session_ended') throw error;
          return false; // it was ended while this device still had the cookie of an earlier release
        },
      );
      if (isBack) return;
    }
    if (!isAsked) {
      if (!shut) {
        await store.change((root) => {
          root.shut = true;
        });
        void lock();
      }
      throw new KeptError('session_ended');
    }
    await signInAgain(ctx, open, open.typed);
    await forgetProof(open);
    isAsked = false;
    await cameBack(ctx, open);
  };
}

/** The words were typed, and it is signed in. */
export async function cameBack(ctx: Context, { store }: Open) {
  if (!store.root.shut) return;
  await store.change((root) => {
    delete root.shut;
    root.returned = ctx.clock.now();
  });
  ctx.show();
}

/** That it had been ended was read. */
export async function knowReturned({ store }: Open) {
  await store.change((root) => {
    delete root.returned;
  });
}
