/**
 * A server that is to close. The dates are stored in the diary, so that they are shown offline too, and never outside
 * it.
 *
 * [Note: files come home] A phone with little room leaves files on the server. A sealed copy made from such a phone
 * would lack them, and after the closing date they would be lost. So from the announcement on, the files are
 * downloaded again, and none is offloaded.
 */
import { readKind } from '../records/records.js';
import { queueAllDownloads } from './apply_feed.js';
import type { ClosingTimes } from '../../store/root.js';
import type { Open, Opened } from '../types.js';

/** @param response body of `/v1/log` */
function closingOf(response: unknown): ClosingTimes | null {
  const { on, off } = (response ?? {}) as ClosingTimes;
  return Number.isSafeInteger(on) && Number.isSafeInteger(off) && off >= on ? { on, off } : null;
}

export async function updateClosing(open: Open, response: unknown) {
  const closing = closingOf(response);
  const previous = open.store.root.account.closing ?? null;
  if (previous?.on === closing?.on && previous?.off === closing?.off) return;
  const files = closing && !previous ? await readKind(open, 'attachment') : [];
  const attachments: Opened[] = [];
  for (const { record } of files) attachments.push(await open.book.newest(record));
  await open.store.change(async (root) => {
    if (closing) root.account.closing = closing;
    else delete root.account.closing;
    for (const opened of attachments) await queueAllDownloads(root, open.store, opened);
  });
}
