/** Files that somebody else collected with the keeper's consent, in a sitting or at an advocate's desk. */
import { readKind } from '../records/records.js';
import { addPendingLines, arrivalLines } from './custody.js';
import { initialFields } from './file_fields.js';
import { blobsOf, sendBlobs } from './sealing.js';
import type { Batch, DraftFile, Fields, Open } from '../types.js';

/** Return whether the diary has these bytes. A file that was put away counts: the keeper decided about it already. */
export async function isKnownFile(open: Open, sha256: string): Promise<boolean> {
  return (await readKind(open, 'attachment', true)).some(({ fields }) => fields.sha256 === sha256);
}

/** Make the record of a file that was collected; it is not seen by the keeper until they open it. */
export async function stageCollected(open: Open, batch: Batch, held: DraftFile, collected: Fields) {
  const initial = initialFields(held, null);
  await open.book.stage(batch, {
    kind: 'attachment',
    record: held.attachment,
    of: null,
    ...initial,
    open: { ...initial.open, collected },
  });
  addPendingLines(batch.root, arrivalLines(held));
  sendBlobs(batch.root, blobsOf(held), null);
}
