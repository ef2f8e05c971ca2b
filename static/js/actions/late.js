/**
 * What was chosen or recorded as the diary locked: a phone's picker puts the page out of sight, a recording is long, and somebody
 * may leave in the middle of either. It is sealed to this install like all that comes while it is locked (capturing.js), and asked
 * about after the words: nothing more can be said of it, since nobody looked at it here.
 */
import { readDoor, readDraftKey } from '../store/beside.js';
import { WHILE_LOCKED } from './picture_page.js';
import { intoTray, toThisPhone } from './waiting_files.js';

/** @typedef {import('./types.d.ts').Context} Context */

/**
 * @template T
 * @param {Context} ctx @param {File} file @param {string} route how it came @param {Promise<T>} taking
 * @returns {Promise<T>} @throws what `taking` throws; after `locked` the file waits in the tray
 */
export function orLate(ctx, file, route, taking) {
  return taking.catch(async (error) => {
    if (error?.code === 'locked') await keepLate(ctx, file, route);
    throw error;
  });
}

/** @param {Context} ctx @param {File} file @param {string} route */
async function keepLate({ database, clock, zone }, file, route) {
  const door = await readDoor(database);
  if (!door || (await readDraftKey(database))) return; // no words yet: nothing could ask about it
  const at = clock.now();
  await intoTray(database, file, toThisPhone(door, at), {
    route: WHILE_LOCKED,
    at,
    captured: { tz: zone(), by: route },
  });
}
