/**
 * "Get a picture": the diary locks, and for ten minutes the app shows a page that can add pictures and nothing else.
 * Each is sealed to this install's public key, so neither the page nor anyone holding the phone can read it back. At
 * the next unlock it is in the draft.
 */
import { KeptError } from '../../core/errors.js';
import { readDoor, readWaiting, writeWaiting } from '../../store/device_meta.js';
import { intoTray, toThisPhone } from '../drafts/waiting_files.js';
import { resting } from './resting.js';
import type { Context } from '../types.js';

const MINUTES_10 = 600_000;
/** Route of a file that anyone holding the phone could have added. */
export const WHILE_LOCKED = 'while_locked';

/** @returns end of the ten minutes, ms */
export async function arm(ctx: Context): Promise<number> {
  const until = ctx.clock.now() + MINUTES_10;
  await writeWaiting(ctx.database, until);
  return until;
}

/** Return the time until which the page is open, or null. */
export async function armed(ctx: Context): Promise<number | null> {
  const until = await readWaiting(ctx.database);
  if (!isOver(ctx, until)) return until;
  if (until) await writeWaiting(ctx.database, null);
  return null;
}

export async function disarm(ctx: Context) {
  await writeWaiting(ctx.database, null);
}

/** Lock the page once its ten minutes are over, even if it stayed visible. */
export async function closeWhenOver(ctx: Context) {
  const { phase, picture } = ctx.screen.state;
  if (phase !== 'picture' || !isOver(ctx, picture?.until ?? 0)) return;
  ctx.screen.clear(resting(ctx));
  await disarm(ctx);
}

/** True also where the clock was set back. */
function isOver(ctx: Context, until: number) {
  const left = until - ctx.clock.now();
  return left <= 0 || left > MINUTES_10;
}

/** Schedule the same for the end of the ten minutes. */
export function closeInTime(ctx: Context) {
  const { picture } = ctx.screen.state;
  if (!picture) return;
  ctx.timers.after(
    Math.max(0, picture.until - ctx.clock.now()) + 1,
    () => void closeWhenOver(ctx).catch(() => undefined),
  );
}

/** @throws locked when the ten minutes end before all files are added */
export async function pictureAdd(ctx: Context, files: File[], { route = 'photo_picker' }: { route?: string } = {}) {
  const door = await readDoor(ctx.database);
  const { picture } = ctx.screen.state;
  if (!door || !picture) return;
  let failed: unknown = null;
  for (const file of files) {
    if (isOver(ctx, picture.until)) {
      await closeWhenOver(ctx);
      throw new KeptError('locked');
    }
    const at = ctx.clock.now();
    try {
      await intoTray(
        ctx.database,
        file,
        toThisPhone(door, at),
        picture.locked ? { route: WHILE_LOCKED, at, captured: { tz: ctx.zone(), by: route } } : { route, at },
      );
    } catch (error) {
      failed ??= error; // one bad file must not cost those chosen with it
      continue;
    }
    const now = ctx.screen.state.picture;
    if (now)
      ctx.screen.set({
        picture: { ...now, files: [...now.files, { name: file.name, state: { code: 'sealed', at } }] },
      });
  }
  if (failed) throw failed;
}
