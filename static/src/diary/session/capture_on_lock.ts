/**
 * What was chosen or recorded as the diary locked: a phone's picker puts the page out of sight, a recording is long,
 * and somebody may leave in the middle of either. It is sealed to this install like all that comes while it is locked
 * (capturing.js), and asked about after the words: nothing more can be said of it, since nobody looked at it here.
 */
import { readDoor, readDraftKey } from '../../store/device_meta.js';
import { WHILE_LOCKED } from './picture_page.js';
import { intoTray, toThisPhone } from '../drafts/waiting_files.js';
import type { Context } from '../types.js';

/**
 * @param route how it came
 * @throws what `taking` throws; after `locked` the file waits in the tray
 */
export function orLate<T>(ctx: Context, file: File, route: string, taking: Promise<T>): Promise<T> {
  return taking.catch(async (error) => {
    if (error?.code === 'locked') await keepLate(ctx, file, route);
    throw error;
  });
}

async function keepLate({ database, clock, zone }: Context, file: File, route: string) {
  const door = await readDoor(database);
  if (!door || (await readDraftKey(database))) return; // no words yet: nothing could ask about it
  const at = clock.now();
  await intoTray(database, file, toThisPhone(door, at), {
    route: WHILE_LOCKED,
    at,
    captured: { tz: zone(), by: route },
  });
}
