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
const OWN = 64;

/** At most this many wait here; the rest is fetched from the server once these have been seen. */
const WAITING = 400;

/**
 * Remember the sessions that this device began. A session begun by a copy of this store is not among them, and is
 * shown.
 */
export function noteOwn(root: Root, ...held: ({ session?: string | null } | null | undefined)[]) {
  const ids = held.map((one) => one?.session).filter(Boolean) as string[];
  root.own_sessions = [...new Set([...(root.own_sessions ?? []), ...ids])].slice(-OWN);
}

/** Fetch new sign-ins, once per opening. */
export async function lookForSignIns(ctx: Context, open: Open) {
  if (open.signInsLooked) return;
  const { cursor = null, waiting = [] } = open.store.root.sign_ins ?? {};
  const found = [...waiting];
  const own = new Set([...(open.store.root.own_sessions ?? []), ctx.api.session_id]);
  let at = cursor;
  for (let more = true; more && found.length < WAITING; ) {
    const told = await ctx.api.signIns(at).catch((error) => {
      // The server does not know the cursor (it was set up anew): start with the sign-in of this session.
      if (at === null || !(error instanceof KeptError) || error.code !== 'bad_request') throw error;
      return ctx.api.signIns(null);
    });
    found.push(
      ...told.sign_ins
        .filter(({ session }) => !own.has(session))
        .map(({ at: when, device_name, kind, signed_out, what }) => ({
          at: when,
          device_name,
          kind,
          signed_out,
          what,
        })),
    );
    ({ cursor: at, more } = told);
  }
  open.signInsLooked = true;
  if (at === cursor && found.length === waiting.length) return;
  await open.store.change((root) => {
    root.sign_ins = { cursor: at, waiting: found };
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
export async function knowSignIns({ store }: Open, shown: number) {
  await store.change((root) => {
    if (root.sign_ins) root.sign_ins.waiting = root.sign_ins.waiting.slice(shown);
  });
}

/** Set what the keeper calls this device: sent to the server now, and at every sign-in. */
export async function renameDevice(ctx: Context, { store }: Open, name: string) {
  await ctx.api.rename(name);
  await store.change((root) => {
    root.device_name = name;
  });
}
