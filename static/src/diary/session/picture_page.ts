/**
 * "Go and get a picture": the diary locks, and for ten minutes the app shows a page that can add pictures and nothing
 * else.
 * Each is sealed to this install's public key, so neither the page nor anyone holding the phone can read it back. At
 * the next unlock it is in the draft.
 */
import { KeptError } from '../../core/errors.js';
import { readDoor, readCaptureDeadline, writeCaptureDeadline } from '../../store/device_meta.js';
import { addToTray, captureSealer } from '../drafts/tray_files.js';
import { restingPhase } from './resting.js';
import type { Context } from '../types.js';

const TEN_MINUTES_MS = 600_000;
/** Route of a file that anyone holding the phone could have added. */
export const WHILE_LOCKED = 'while_locked';

/** @returns end of the ten minutes, ms */
export async function openPicturePage(ctx: Context): Promise<number> {
  const until = ctx.clock.now() + TEN_MINUTES_MS;
  await writeCaptureDeadline(ctx.database, until);
  return until;
}

/** Return the time until which the page is open, or null. */
export async function picturePageUntil(ctx: Context): Promise<number | null> {
  const until = await readCaptureDeadline(ctx.database);
  if (!isExpired(ctx, until)) return until;
  if (until) await writeCaptureDeadline(ctx.database, null);
  return null;
}

export async function closePicturePage(ctx: Context) {
  await writeCaptureDeadline(ctx.database, null);
}

/** Lock the page once its ten minutes are over, even if it stayed visible. */
export async function lockWhenExpired(ctx: Context) {
  const { phase, picture } = ctx.screen.state;
  if (phase !== 'picture' || !isExpired(ctx, picture?.until ?? 0)) return;
  ctx.screen.clear(restingPhase(ctx));
  await closePicturePage(ctx);
}

/** True also where the clock was set back. */
function isExpired(ctx: Context, until: number) {
  const remaining = until - ctx.clock.now();
  return remaining <= 0 || remaining > TEN_MINUTES_MS;
}

/** Schedule the same for the end of the ten minutes. */
export function scheduleLock(ctx: Context) {
  const { picture } = ctx.screen.state;
  if (!picture) return;
  ctx.timers.after(
    Math.max(0, picture.until - ctx.clock.now()) + 1,
    () => void lockWhenExpired(ctx).catch(() => undefined),
  );
}

/**
 * @returns the files that could not be added, with the error of each: one bad file must not cost those chosen with it,
 *   and those for which the ten minutes were too short are `locked`
 */
export async function addPictures(
  ctx: Context,
  files: File[],
  { route = 'photo_picker' }: { route?: string } = {},
): Promise<{ name: string; error: unknown }[]> {
  const door = await readDoor(ctx.database);
  const { picture } = ctx.screen.state;
  const refused: { name: string; error: unknown }[] = [];
  for (const file of files) {
    if (!door || !picture || isExpired(ctx, picture.until)) {
      await lockWhenExpired(ctx);
      refused.push({ name: file.name, error: new KeptError('locked') });
      continue;
    }
    const at = ctx.clock.now();
    try {
      await addToTray(
        ctx.database,
        file,
        captureSealer(door, at),
        picture.locked ? { route: WHILE_LOCKED, at, captured: { tz: ctx.zone(), by: route } } : { route, at },
      );
    } catch (error) {
      refused.push({ name: file.name, error });
      continue;
    }
    const current = ctx.screen.state.picture;
    if (current)
      ctx.screen.set({
        picture: { ...current, files: [...current.files, { name: file.name, state: { code: 'sealed', at } }] },
      });
  }
  return refused;
}
