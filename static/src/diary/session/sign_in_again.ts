/**
 * Sign in again: automatically after a session expired, and with the words after somebody ended it.
 *
 * [Note: ended on purpose] A session whose thirty days are over is renewed with the renewal token on the phone. A
 * session that was ended from another device means that this phone may not be in its keeper's hands: it locks at
 * once, and signs in only when the words have been typed after it learned that. A short secret is not enough. The
 * fact is stored, sealed, so that a restart changes nothing. Anyone who has the words can still sign in: the screens
 * say so, and what to do.
 */
import { KeptError } from '../../core/errors.js';
import { eraseEarlierProof, signInAgain } from '../keys/accounts.js';
import type { Context, Open } from '../types.js';

/**
 * Return the handler for a request that finds its session ended.
 * @param open the diary just opened
 * @returns a function that signs in, or throws session_ended
 */
export function sessionEndHandler(ctx: Context, open: Open, lock: () => unknown): (code: string) => Promise<void> {
  const { store } = open;
  let areWordsFresh = Boolean(store.root.shut && open.typed);
  return async (code) => {
    const { shut } = store.root;
    if (code !== 'session_ended' && !shut) {
      const isSignedIn = await signInAgain(ctx, open).then(
        () => true,
        (error) => {
          if (!(error instanceof KeptError) || error.code !== 'session_ended') throw error;
          return false; // it was ended while this device still had the cookie of an earlier release
        },
      );
      if (isSignedIn) return;
    }
    if (!areWordsFresh) {
      if (!shut) {
        await store.change((root) => {
          root.shut = true;
        });
        void lock();
      }
      throw new KeptError('session_ended');
    }
    await signInAgain(ctx, open, open.typed);
    await eraseEarlierProof(open);
    areWordsFresh = false;
    await recordReturn(ctx, open);
  };
}

/** Record that the words were typed and the phone is signed in. */
export async function recordReturn(ctx: Context, { store }: Open) {
  if (!store.root.shut) return;
  await store.change((root) => {
    delete root.shut;
    root.returned = ctx.clock.now();
  });
  ctx.show();
}

/** Record that the user has read the notice. */
export async function acknowledgeReturn({ store }: Open) {
  await store.change((root) => {
    delete root.returned;
  });
}
