/**
 * A server that is to close. The dates are stored in the diary, so that they are shown offline too, and never outside
 * it.
 *
 * [Note: files come home] A phone with little room leaves files on the server. A sealed copy made from such a phone
 * would lack them, and after the closing date they would be lost. So from the announcement on, the files are
 * downloaded again, and none is offloaded.
 */
import { readKind } from '../records/records.js';
import { wantAll } from './apply_feed.js';
import type { Closing } from '../../store/root.js';
import type { Open, Opened } from '../types.js';

/** @param response body of `/v1/log` */
function closingOf(told: unknown): Closing | null {
  const { on, off } = (told ?? {}) as Closing;
  return Number.isSafeInteger(on) && Number.isSafeInteger(off) && off >= on ? { on, off } : null;
}

export async function followClosing(open: Open, told: unknown) {
  const closing = closingOf(told);
  const before = open.store.root.account.closing ?? null;
  if (before?.on === closing?.on && before?.off === closing?.off) return;
  const files = closing && !before ? await readKind(open, 'attachment') : [];
  const newest: Opened[] = [];
  for (const { record } of files) newest.push(await open.book.newest(record));
  await open.store.change(async (root) => {
    if (closing) root.account.closing = closing;
    else delete root.account.closing;
    for (const opened of newest) await wantAll(root, open.store, opened);
  });
}
