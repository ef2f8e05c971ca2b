import { dropUnlocked, ensureVault } from './door.js';
import { writeManifest } from '../sync/manifest.js';
import { clearPhone } from '../erasing/clear_phone.js';
import { closePicturePage } from './picture_page.js';
import { restingPhase } from './resting.js';
import { hasUnsent } from './borrowed_device.js';
import { releasePictures, endShowing } from './ending_show.js';
import type { Drafts } from '../drafts/drafts.js';
import type { IdleTimer } from './idle.js';
import type { Context, State } from '../types.js';

const FLUSH_MS = 1000;
/**
 * Unsealed text, and clearing the phone, get a little longer, hidden behind the page shown by then. A long task, such
 * as reading in a chat, gives way to them.
 */
const UNSEALED_MS = 3000;
const CLEAR_MS = 5000;
const PATIENCE_MS = 700;

/** Show the notebook, whatever is on the screen. It is drawn before anything else happens. */
export async function leaveToNotebook(
  ctx: Context,
  drafts: Drafts,
  lock: (reason: string) => Promise<void>,
  reason: 'exit' | 'panic',
) {
  const { screen } = ctx;
  ctx.left += 1;
  if (ctx.open) return lock(reason);
  if (screen.state.phase === 'showing') releasePictures(ctx);
  screen.clear('notebook');
  await drafts.flush().catch(() => undefined);
  await closePicturePage(ctx).catch(() => undefined);
}

/** @param showing a page of plain text that stays on the screen */
export function lockDiary(ctx: Context, drafts: Drafts, idle: IdleTimer, reason: string, showing?: State['showing']) {
  const locking = lockNow(ctx, drafts, idle, reason, showing);
  ctx.locking = locking.catch(() => undefined);
  return locking;
}

async function lockNow(ctx: Context, drafts: Drafts, idle: IdleTimer, reason: string, showing?: State['showing']) {
  const { screen } = ctx;
  if (!ctx.open && screen.state.phase !== 'picture') return endShowing(ctx);
  if (screen.state.phase === 'showing') releasePictures(ctx); // closed before the lock behind it was done
  const isLeaving = ['exit', 'panic'].includes(reason);
  idle.stop();
  ctx.pictureReader?.stop();
  ctx.pageEngine?.stop(); // its workers hold words, and need not wait for what is sealed below
  ctx.owing = hasUnsent(ctx);
  const isUnsealed = Boolean(drafts.timer) || drafts.current?.saved_at === null;
  // Clear the screen first; sealing a half-typed sentence takes a few milliseconds more.
  if (showing) screen.clear('showing', { showing });
  else screen.clear(isLeaving ? 'notebook' : restingPhase(ctx));
  const { store } = ctx.open ?? {};
  if (store && (reason === 'panic' || isUnsealed)) ctx.timers.after(PATIENCE_MS, () => store.abortPending());
  const flushed = (isUnsealed ? drafts.flush() : drafts.lastWrite)
    .catch(() => undefined)
    .then(() => ctx.open?.custody.flush({ send: false }))
    .catch(() => undefined)
    // Wait for a decision or a card given to the store just before the lock.
    .then(() => (reason === 'panic' ? undefined : store?.queue))
    .then(() =>
      ctx.open ? (reason === 'panic' ? clearPhone(ctx, ctx.open, drafts.current) : writeManifest(ctx.open)) : false,
    )
    .catch(() => false);
  const { after, deadline = after } = ctx.timers;
  await Promise.race([
    flushed,
    new Promise((resolve) => {
      deadline(reason === 'panic' ? CLEAR_MS : isUnsealed ? UNSEALED_MS : FLUSH_MS, () => resolve(undefined));
    }),
  ]);
  drafts.clear();
  dropUnlocked(ctx);
  // Sealing the draft has drawn it once more. A page left meanwhile stays left, a requested lock stands, and a user
  // who was quick to add a picture at the lock is still adding one, sealed to this install.
  const { phase, picture } = screen.state;
  screen.clear(
    phase,
    phase === 'showing' && showing ? { showing } : phase === 'picture' && picture?.locked ? { picture } : {},
  );
  if (reason === 'asked' || reason === 'idle') void ctx.carrier?.go();
  else ctx.carrier?.drop();
  if (reason !== 'picture') await closePicturePage(ctx).catch(() => undefined);
  ensureVault(ctx); // a fresh worker, warm for the next unlock
}
