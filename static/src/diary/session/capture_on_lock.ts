/**
 * Keep a file that was chosen or recorded when the diary locked: a phone's picker hides the page, a recording is
 * long, and the user may leave in the middle of either. The file is sealed to this install, like everything that
 * arrives during a lock (locked_capture.js), and the user is asked about it after unlocking. Nothing more is known of
 * it: nobody looked at it here.
 */
import { readDoor, readDraftKey } from '../../store/device_meta.js';
import { WHILE_LOCKED } from './picture_page.js';
import { addToTray, captureSealer } from '../drafts/tray_files.js';
import type { Context } from '../types.js';

/**
 * @param route how the file came
 * @throws what `operation` throws; after `locked` the file waits in the tray
 */
export function captureIfLocked<T>(ctx: Context, file: File, route: string, operation: Promise<T>): Promise<T> {
  return operation.catch(async (error) => {
    if (error?.code === 'locked') await storeCapture(ctx, file, route);
    throw error;
  });
}

async function storeCapture({ database, clock, zone }: Context, file: File, route: string) {
  const door = await readDoor(database);
  if (!door || (await readDraftKey(database))) return; // no words yet: nothing could ask about it
  const at = clock.now();
  await addToTray(database, file, captureSealer(door, at), {
    route: WHILE_LOCKED,
    at,
    captured: { tz: zone(), by: route },
  });
}
