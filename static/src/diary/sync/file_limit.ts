/**
 * The server's limit for one file. It is stored in the diary, so that a file that the server would refuse is refused
 * when it is chosen, offline too, and not after it was sealed.
 *
 * [Note: a lying limit] A server may name any limit. A low one can only make the phone refuse a new file, with a
 * sentence that says whose limit it is; one below the floor is ignored, so that photos can always be added. Nothing on
 * the phone is removed, skipped or left unsent because of it. A high one changes nothing: the app's own limit still
 * holds.
 */
import { FILE_LIMIT_BYTES, FILE_LIMIT_FLOOR_BYTES } from '../../core/constants.js';
import type { Open } from '../types.js';

/** @param response `file_bytes` of `/v1/log`; undefined from a server of an earlier release */
export async function updateFileLimit(open: Open, response: unknown) {
  const isLower = Number.isSafeInteger(response) && Number(response) < FILE_LIMIT_BYTES;
  const limit = isLower && Number(response) >= FILE_LIMIT_FLOOR_BYTES ? Number(response) : undefined;
  if (open.store.root.account.file_bytes === limit) return;
  await open.store.change((root) => {
    if (limit === undefined) delete root.account.file_bytes;
    else root.account.file_bytes = limit;
  });
}
