/**
 * Upload and download files, after entries have been pushed and pulled: one file at a time, entries always first.
 *
 * Entries never wait for a file. Files may wait for the user or for Wi-Fi. A phone with little room leaves on the
 * server what it can fetch on demand (attachments/offload.js).
 */
import { KeptError } from '../../core/errors.js';
import { partCount } from '../../crypto/files.js';
import { downloadBlob, uploadBlob } from '../../net/blobs.js';
import { STAYS, isLight, isWhole } from '../attachments/offload.js';
import { ownerOf } from '../warnings.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Open, SyncLink, SyncRun } from '../types.js';

/** Whether files may be sent now. */
export function maySendFiles({ ctx, allowed, openNow }: SyncRun) {
  const when = openNow()?.store.root.sending ?? 'now';
  return allowed || when === 'now' || (when === 'wifi' && ctx.connection() === 'wifi');
}

export async function filesUp(syncing: SyncRun, isOneEntrys: (error: unknown) => boolean) {
  for (const { blob, of } of [...(syncing.openNow()?.store.root.uploads ?? [])]) {
    const [open, link] = [syncing.openNow(), syncing.link()];
    if (!open || !link || !maySendFiles(syncing)) return;
    await prepareCarrier(syncing);
    try {
      await uploadBlob(link, blob, (done, total) => syncing.onItsWay(of, done / total)).catch((error) => {
        if (error?.code !== 'erased') throw error;
      }); // erased meanwhile: nothing left to send
      await open.store.change(async (root, change) => {
        root.uploads = root.uploads.filter((one) => one.blob !== blob);
        await isWhole(open, change, blob, syncing.ctx.clock.now());
      });
      await syncing.settled(open, ownerOf({ of, blob }));
    } catch (error) {
      if (!isOneEntrys(error)) throw error;
      await syncing.troubled(open, ownerOf({ of, blob }), (error as KeptError).code);
    } finally {
      syncing.onItsWay(null, 0);
    }
    if (syncing.again) return;
  }
  syncing.allowed = false;
}

/**
 * Prepare the uploads in progress to continue while the diary is locked, without its keys. A one-off "send now" is
 * not continued.
 */
export async function prepareCarrier({ ctx, openNow, allowed }: SyncRun) {
  const open = openNow();
  const when = open?.store.root.sending ?? 'now';
  if (open && when !== 'ask' && !allowed) await ctx.carrier?.prepare(open, when === 'wifi').catch(() => undefined);
}

/** Download files of other devices: small copies first, then the originals, so that a lost phone loses nothing. */
export async function filesDown(syncing: SyncRun) {
  const open = syncing.openNow();
  if (!open) return;
  const isSmall = await isLight(syncing.ctx, open.store.root);
  for (const { blob, size } of [...(open.store.root.fetch ?? [])]) {
    const link = syncing.link();
    if (!link || syncing.again) return;
    if (!(isSmall && size > STAYS) && !(await fetched(link, blob, size))) continue;
    await open.store.change(async (root, change) => {
      root.fetch = root.fetch.filter((one) => one.blob !== blob);
      await isWhole(open, change, blob, syncing.ctx.clock.now());
    });
  }
}

/** @returns false when the other device has not finished sending the file */
async function fetched(link: SyncLink, blob: string, size: number): Promise<boolean> {
  try {
    await downloadBlob(link, blob, partCount(size));
  } catch (error) {
    if (!(error instanceof KeptError) || !['not_there_yet', 'erased'].includes(error.code)) throw error;
    return error.code === 'erased';
  }
  return true;
}

/** Return the number and size of the files waiting to be sent, for the screen. */
export async function waitingFiles(open: Open): Promise<{ files: number; bytes: number }> {
  const { uploads } = open.store.root;
  const known = await open.store.readJsonMany<BlobFacts>(uploads.map(({ blob }) => `b/${blob}`));
  return {
    files: new Set(uploads.map(({ blob }) => blob)).size,
    bytes: known.reduce((sum, one) => sum + (one?.size ?? 0), 0),
  };
}
