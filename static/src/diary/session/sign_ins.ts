/**
 * Sign-ins to this diary by other sessions: each is shown here once, at the next unlock, until the keeper says it was
 * them.
 *
 * [Note: where the place is kept] How far this phone has looked is kept in its own sealed store, never at the server:
 * somebody who holds a copy of the session can look, and takes nothing out of what the keeper is shown.
 */
import { KeptError } from '../../core/errors.js';
import type { Context, Open } from '../types.js';
import type { Root } from '../../store/root.js';

/** Sessions that this device began itself are no news to its keeper. More are not kept: one a month is usual. */
const OWN = 64;

/** As many wait here at most: what is left at the server is fetched after these were seen. */
const WAITING = 400;

/**
 * Remember the sessions that this device began. A copy of this store that begins one is not among them, and is shown.
 */
export function noteOwn(root: Root, ...held: ({ session?: string | null } | null | undefined)[]) {
  const ids = held.map((one) => one?.session).filter(Boolean) as string[];
  root.own_sessions = [...new Set([...(root.own_sessions ?? []), ...ids])].slice(-OWN);
}

/** Looks once an opening. */
export async function lookForSignIns(ctx: Context, open: Open) {
  if (open.signInsLooked) return;
  const { cursor = null, waiting = [] } = open.store.root.sign_ins ?? {};
  const found = [...waiting];
  const own = new Set([...(open.store.root.own_sessions ?? []), ctx.api.session_id]);
  let at = cursor;
  for (let more = true; more && found.length < WAITING; ) {
    const told = await ctx.api.signIns(at).catch((error) => {
      // A place that this server does not know (it was set up anew): begin with the sign-in of this session.
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
    // Kept by earlier releases: devices that had been shown, which hid every later sign-in with the same id.
    delete root.known_devices;
    delete root.arrived;
  });
  ctx.show();
}

/**
 * The first ones were seen, and it was the keeper.
 * @param shown how many stood on the screen
 */
export async function knowSignIns({ store }: Open, shown: number) {
  await store.change((root) => {
    if (root.sign_ins) root.sign_ins.waiting = root.sign_ins.waiting.slice(shown);
  });
}

/** What the keeper calls this device: told to the server now, and at every sign-in. */
export async function renameDevice(ctx: Context, { store }: Open, name: string) {
  await ctx.api.rename(name);
  await store.change((root) => {
    root.device_name = name;
  });
}
