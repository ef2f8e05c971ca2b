/**
 * Sign-ins to this diary by other sessions: each is shown here at the next unlock, until the keeper confirms it.
 *
 * [Note: where the place is kept] The cursor is stored in this phone's own sealed store, never at the server:
 * somebody with a copy of the session can read the list, and removes nothing from what the keeper is shown.
 */
import { KeptError } from '../../core/errors.js';
import type { Context, Open } from '../types.js';
import type { Root } from '../../store/root.js';

/** Sessions that this device began itself are not shown. More are not stored: one a month is usual. */
const MAX_OWN = 64;

/** At most this many wait here; the rest is fetched from the server once these have been seen. */
const MAX_WAITING = 400;

/**
 * Remember the sessions that this device began. A session begun by a copy of this store is not among them, and is
 * shown.
 */
export function recordOwnSessions(root: Root, ...sessions: ({ session?: string | null } | null | undefined)[]) {
  const ids = sessions.map((item) => item?.session).filter(Boolean) as string[];
  root.own_sessions = [...new Set([...(root.own_sessions ?? []), ...ids])].slice(-MAX_OWN);
}

/** Fetch new sign-ins, once per opening. */
export async function fetchSignIns(ctx: Context, open: Open) {
  if (open.signInsLooked) return;
  const { cursor = null, waiting = [] } = open.store.root.sign_ins ?? {};
  const signIns = [...waiting];
  const ownSessions = new Set([...(open.store.root.own_sessions ?? []), ctx.api.session_id]);
  let nextCursor = cursor;
  for (let hasMore = true; hasMore && signIns.length < MAX_WAITING; ) {
    const response = await ctx.api.signIns(nextCursor).catch((error) => {
      // The server does not know the cursor (it was set up anew): start with the sign-in of this session.
      if (nextCursor === null || !(error instanceof KeptError) || error.code !== 'bad_request') throw error;
      return ctx.api.signIns(null);
    });
    signIns.push(
      ...response.sign_ins
        .filter(({ session }) => !ownSessions.has(session))
        .map(({ at: signedInAt, device_name, kind, signed_out, what }) => ({
          at: signedInAt,
          device_name,
          kind,
          signed_out,
          what,
        })),
    );
    ({ cursor: nextCursor, more: hasMore } = response);
  }
  open.signInsLooked = true;
  if (nextCursor === cursor && signIns.length === waiting.length) return;
  await open.store.change((root) => {
    root.sign_ins = { cursor: nextCursor, waiting: signIns };
    // Left by earlier releases: devices that had been shown, which hid every later sign-in with the same id.
    delete root.known_devices;
    delete root.arrived;
  });
  ctx.show();
}

/**
 * Remove the first sign-ins: the keeper has confirmed them.
 * @param count how many were on the screen
 */
export async function acknowledgeSignIns({ store }: Open, count: number) {
  await store.change((root) => {
    if (root.sign_ins) root.sign_ins.waiting = root.sign_ins.waiting.slice(count);
  });
}

/** Set what the keeper calls this device: sent to the server now, and at every sign-in. */
export async function renameDevice(ctx: Context, { store }: Open, name: string) {
  await ctx.api.rename(name);
  await store.change((root) => {
    root.device_name = name;
  });
}
