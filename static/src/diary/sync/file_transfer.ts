/**
 * Upload and download files, after entries have been pushed and pulled: one file at a time, entries always first.
 *
 * Entries wait for at most one part of a file, 1 MB. Files may wait for the user or for Wi-Fi. A phone with little room
 * leaves on the server what it can fetch on demand (attachments/offload.js).
 */
import { KeptError } from '../../core/errors.js';
import { partCount } from '../../crypto/files.js';
import { downloadBlob, requireComplete, uploadBlob } from '../../net/blobs.js';
import { MAX_KEPT_BYTES, isLightStorage, noteComplete } from '../attachments/offload.js';
import { refusalKey } from '../warnings.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Open, SyncLink, SyncRun } from '../types.js';

/** Whether files may be sent now. */
export function maySendFiles({ ctx, filesAllowed: allowed, openNow }: SyncRun) {
  const policy = openNow()?.store.root.sending ?? 'now';
  return allowed || policy === 'now' || (policy === 'wifi' && ctx.connection() === 'wifi');
}

export async function uploadFiles(syncing: SyncRun, isEntryError: (error: unknown) => boolean) {
  for (const { blob, of: incident } of [...(syncing.openNow()?.store.root.uploads ?? [])]) {
    const [open, link] = [syncing.openNow(), syncing.link()];
    if (!open || !link || !maySendFiles(syncing)) return;
    await prepareLockedUpload(syncing);
    try {
      const isComplete = await uploadBlob(link, blob, {
        onPart: (done, total) => syncing.setUploadProgress(incident, done / total),
        shouldStop: () => syncing.runAgain,
      }).catch((error) => {
        if (error?.code !== 'erased') throw error;
        return true; // erased meanwhile: nothing left to send
      });
      if (!isComplete) return;
      await open.store.change(async (root, change) => {
        root.uploads = root.uploads.filter((upload) => upload.blob !== blob);
        await noteComplete(open, change, blob, syncing.ctx.clock.now());
      });
      await syncing.clearTrouble(open, refusalKey({ of: incident, blob }));
    } catch (error) {
      if (!isEntryError(error)) throw error;
      await syncing.setTrouble(open, refusalKey({ of: incident, blob }), (error as KeptError).code);
    } finally {
      syncing.setUploadProgress(null, 0);
    }
    if (syncing.runAgain) return;
  }
  syncing.filesAllowed = false;
}

/**
 * Prepare the uploads in progress to continue while the diary is locked, without its keys. A one-off "send now" is
 * not continued.
 */
export async function prepareLockedUpload({ ctx, openNow, filesAllowed: allowed }: SyncRun) {
  const open = openNow();
  const policy = open?.store.root.sending ?? 'now';
  if (open && policy !== 'ask' && !allowed) await ctx.carrier?.prepare(open, policy === 'wifi').catch(() => undefined);
}

/** Download files of other devices: small copies first, then the originals, so that a lost phone loses nothing. */
export async function downloadFiles(syncing: SyncRun) {
  const open = syncing.openNow();
  if (!open) return;
  const isLowOnSpace = await isLightStorage(syncing.ctx, open.store.root);
  for (const { blob, of: incident, size, there } of [...(open.store.root.fetch ?? [])]) {
    const link = syncing.link();
    if (!link || mustStop(syncing)) return;
    const isLeftThere = isLowOnSpace && size > MAX_KEPT_BYTES;
    if (isLeftThere && there) continue;
    const answer = await fetchFile(syncing, link, { blob, size, isLeftThere });
    if (answer === 'stopped') return;
    if (answer === 'absent') {
      if (!syncing.absentFiles.has(blob)) {
        syncing.absentFiles.add(blob);
        syncing.ctx.show();
      }
      continue;
    }
    syncing.absentFiles.delete(blob);
    await open.store.change(async (root, change) => {
      if (answer === 'there') {
        root.fetch = root.fetch.map((item) => (item.blob === blob ? { ...item, there: true as const } : item));
        return;
      }
      root.fetch = root.fetch.filter((download) => download.blob !== blob);
      await noteComplete(open, change, blob, syncing.ctx.clock.now());
    });
    // Once an entry: drawing the list after each of thousands of files would take longer than fetching them.
    if (!open.store.root.fetch.some((item) => item.of === incident && !item.there)) syncing.ctx.show();
  }
}

function mustStop({ runAgain, backgroundPauses }: SyncRun) {
  return runAgain || backgroundPauses > 0;
}

/**
 * Fetch a file of another device, or only ask for it where it is to be left on the server.
 * @returns `here` also when it was erased; `absent` when the other device has not finished sending it; `stopped` when
 *   something else goes first
 */
async function fetchFile(
  syncing: SyncRun,
  link: SyncLink,
  { blob, size, isLeftThere }: { blob: string; size: number; isLeftThere: boolean },
): Promise<'here' | 'there' | 'absent' | 'stopped'> {
  try {
    if (isLeftThere) await requireComplete(link, blob, partCount(size));
    else if (!(await downloadBlob(link, blob, partCount(size), { shouldStop: () => mustStop(syncing) })))
      return 'stopped';
  } catch (error) {
    if (!(error instanceof KeptError) || !['not_there_yet', 'erased'].includes(error.code)) throw error;
    return error.code === 'erased' ? 'here' : 'absent';
  }
  return isLeftThere ? 'there' : 'here';
}

/** Return the number and size of the files waiting to be sent, for the screen. */
export async function pendingUploads(open: Open): Promise<{ files: number; bytes: number }> {
  const { uploads } = open.store.root;
  const stored = await open.store.readJsonMany<BlobCatalogue>(uploads.map(({ blob }) => `b/${blob}`));
  return {
    files: new Set(uploads.map(({ blob }) => blob)).size,
    bytes: stored.reduce((sum, facts) => sum + (facts?.size ?? 0), 0),
  };
}
