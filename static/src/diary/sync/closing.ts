/**
 * A server that is to close: kept with the diary, so that it is said without a signal too, and never outside of it.
 *
 * [Note: files come home] A phone with little room leaves files on the server. A sealed copy made from such a phone
 * would lack them, and after the day they would be nowhere; so from the announcement on they come back, and none leaves
 * any more.
 */
import { readKind } from '../records/records.js';
import { wantAll } from './apply_feed.js';
import type { Closing } from '../../store/root.js';
import type { Open, Opened } from '../types.js';

/** @param told what `/v1/log` says */
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
