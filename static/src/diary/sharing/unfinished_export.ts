/**
 * The record of a pack that is being written. It is stored before the pack is signed, so that the server can confirm
 * what is signed. If the pack is then not finished, the record is taken out again.
 */
import { takeOut } from '../records/records.js';
import type { Context, Open } from '../types.js';

/** Note that the pack that was being written is complete. */
export async function finishExport(open: Open): Promise<void> {
  await open.store.change((root) => {
    root.unfinished_export = null;
  });
}

/** Take out the record of a pack that was never finished: writing failed, or the diary was locked or closed. */
export async function endUnfinishedExport(ctx: Context, open: Open): Promise<void> {
  const record = open.store.root.unfinished_export;
  if (!record) return;
  await takeOut(ctx, open, record, 'The pack was not finished.');
  await finishExport(open);
  open.syncing.soon();
}
