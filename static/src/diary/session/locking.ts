import { forgetAll, vaultOf } from './door.js';
import { writeManifest } from '../sync/manifest.js';
import { clearPhone } from '../erasing/clear_phone.js';
import { disarm } from './picture_page.js';
import { resting } from './resting.js';
import { isOwing } from './borrowed_device.js';
import { dropShown, endShowing } from './ending_show.js';
import type { Drafts } from '../drafts/drafts.js';
import type { Idle } from './idle.js';
import type { Context, State } from '../types.js';

const FLUSH = 1000;
/**
 * Unsealed text, and clearing the phone, get a little longer, hidden behind the page shown by then. A long task, such
 * as reading in a chat, gives way to them.
 */
const TYPED = 3000;
const CLEAR = 5000;
const PATIENT = 700;

/** Show the notebook, whatever is on the screen. It is drawn before anything else happens. */
export async function leave(ctx: Context, drafts: Drafts, lock: (why: string) => Promise<void>, why: 'exit' | 'panic') {
  const { screen } = ctx;
  ctx.left += 1;
  if (ctx.open) return lock(why);
  if (screen.state.phase === 'showing') dropShown(ctx);
  screen.clear('notebook');
  await drafts.flush().catch(() => undefined);
  await disarm(ctx).catch(() => undefined);
}

/** @param showing a page of plain text that stays on the screen */
export function lockUp(ctx: Context, drafts: Drafts, idle: Idle, why: string, showing?: State['showing']) {
  const locking = lockNow(ctx, drafts, idle, why, showing);
  ctx.locking = locking.catch(() => undefined);
  return locking;
}

async function lockNow(ctx: Context, drafts: Drafts, idle: Idle, why: string, showing?: State['showing']) {
  const { screen } = ctx;
  if (!ctx.open && screen.state.phase !== 'picture') return endShowing(ctx);
  if (screen.state.phase === 'showing') dropShown(ctx); // closed before the lock behind it was done
  const left = ['exit', 'panic'].includes(why);
  idle.stop();
  ctx.owing = isOwing(ctx);
  const isUnsealed = Boolean(drafts.timer) || drafts.kept?.saved_at === null;
  // Clear the screen first; sealing a half-typed sentence takes a few milliseconds more.
  if (showing) screen.clear('showing', { showing });
  else screen.clear(left ? 'notebook' : resting(ctx));
  const { store } = ctx.open ?? {};
  if (store && (why === 'panic' || isUnsealed)) ctx.timers.after(PATIENT, () => store.giveWay());
  const flushed = (isUnsealed ? drafts.flush() : drafts.turn)
    .catch(() => undefined)
    .then(() => ctx.open?.custody.flush({ send: false }))
    .catch(() => undefined)
    // Wait for a decision or a card given to the store just before the lock.
    .then(() => (why === 'panic' ? undefined : store?.turn))
    .then(() =>
      ctx.open ? (why === 'panic' ? clearPhone(ctx, ctx.open, drafts.kept) : writeManifest(ctx.open)) : false,
    )
    .catch(() => false);
  const { after, deadline = after } = ctx.timers;
  await Promise.race([
    flushed,
    new Promise((late) => {
      deadline(why === 'panic' ? CLEAR : isUnsealed ? TYPED : FLUSH, () => late(undefined));
    }),
  ]);
  drafts.forget();
  forgetAll(ctx);
  // Sealing the draft has drawn it once more. A page left meanwhile stays left, a requested lock stands, and a user
  // who was quick to add a picture at the lock is still adding one, sealed to this install.
  const { phase, picture } = screen.state;
  screen.clear(
    phase,
    phase === 'showing' && showing ? { showing } : phase === 'picture' && picture?.locked ? { picture } : {},
  );
  if (why === 'asked' || why === 'idle') void ctx.carrier?.go();
  else ctx.carrier?.drop();
  if (why !== 'picture') await disarm(ctx).catch(() => undefined);
  vaultOf(ctx); // a fresh worker, warm for the next unlock
}
