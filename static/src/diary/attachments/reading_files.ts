/**
 * Read a stored file: open its parts one by one, and first fetch those that this phone lacks. Addresses made for the
 * screen (blob:) live until the lock and no longer.
 */
import { concat } from '../../core/bytes.js';
import { FILE_PART_BYTES } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { partCount } from '../../crypto/files.js';
import { downloadBlob, dropPart, partName } from '../../net/blobs.js';
import { isTransient } from '../../net/http.js';
import type { DraftFile, Open, RecordStore, Rendition } from '../types.js';
import type { Bytes } from '../../core/bytes.js';
import type { BlobCatalogue } from '../../net/blobs.js';

type FileLocation = { blob: string; key: string; n: number; size: number; type: string; name: string };
type PartReader = { size: number; bytes(offset: number, length: number): Promise<Bytes> };
export type CopyKind = 'preview' | 'print' | 'masked' | 'unmasked' | 'received';

/**
 * Find the blob of a copy of a file. The masked print copy replaces the plain one, unless `copyKind` is 'unmasked'.
 * @param draftFiles files of the draft
 * @returns null when there is no such copy
 */
export async function locateFile(
  open: { book: Pick<RecordStore, 'newest'> },
  attachment: string,
  copyKind: CopyKind,
  draftFiles: DraftFile[],
): Promise<FileLocation | null> {
  const draftFile = draftFiles.find((item) => item.attachment === attachment);
  if (draftFile) {
    if (copyKind === 'received')
      return { ...draftFile.received, size: draftFile.size, type: draftFile.magic, name: draftFile.name };
    const copy = draftFile.renditions.find(({ purpose }) => purpose === (copyKind === 'unmasked' ? 'print' : copyKind));
    return copy
      ? {
          blob: copy.blob,
          key: copy.key,
          n: copy.n,
          size: copy.size_bytes,
          type: copy.media_type,
          name: draftFile.name,
        }
      : null;
  }
  const { fields, restricted, keys } = await open.book.newest(attachment);
  const name = restricted.received_as?.filename ?? '';
  if (copyKind === 'received') {
    const [keyPair] = keys.restricted;
    return keyPair
      ? {
          blob: keyPair[0],
          key: keyPair[1],
          n: partCount(fields.size_bytes),
          size: fields.size_bytes,
          type: fields.media_type,
          name,
        }
      : null;
  }
  const purposeWanted =
    copyKind === 'print' && fields.print_copy === 'masked' ? 'masked' : copyKind === 'unmasked' ? 'print' : copyKind;
  const index = (fields.renditions ?? []).findIndex((item: Rendition) => item.purpose === purposeWanted);
  const [keyPair, copy] = [keys.open[index], fields.renditions?.[index]];
  return keyPair && copy
    ? {
        blob: keyPair[0],
        key: keyPair[1],
        n: partCount(copy.size_bytes),
        size: copy.size_bytes,
        type: copy.media_type,
        name,
      }
    : null;
}

/**
 * Yield the file's bytes, part by part. A part that does not open was damaged on the way or in storage: it is fetched
 * and opened once more.
 * @throws file_missing when it is not here and cannot be fetched now; file_damaged when a part does not open and
 *   cannot be replaced now
 */
export async function* openParts(open: Open, file: FileLocation): AsyncGenerator<Bytes> {
  await fetchParts(open, file.blob, file.n);
  for (let i = 0; i < file.n; i++) {
    yield (await openPart(open, file, i)) ?? (await refetchPart(open, file, i));
  }
}

/** @returns null when the part does not open; it is dropped then, if the server has it */
async function openPart(open: Open, { blob, key, n, size }: FileLocation, i: number): Promise<Bytes | null> {
  const part = await open.store.read(partName(blob, i));
  if (!part) throw new KeptError('file_missing');
  const { length } = part.bytes; // the worker is given the bytes, not a copy: they are empty here afterwards
  try {
    return await open.vault.openPart({ blob, key, i, n, sealed: part.bytes, size });
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'not_opened') throw error;
    await dropDamagedPart(open, { blob, i, length, size });
    return null;
  }
}

/**
 * Fetch and open a part that did not open before.
 * @throws file_damaged
 */
async function refetchPart(open: Open, file: FileLocation, i: number) {
  await fetchParts(open, file.blob, file.n).catch(() => undefined);
  const refetched = await openPart(open, file, i).catch(() => null);
  if (refetched) return refetched;
  // What could not be fetched now is fetched with everything else, when there is signal.
  open.syncing.kick();
  throw new KeptError('file_damaged');
}

/**
 * Give random access to a sealed file, with one part open at a time. The bytes are those that were sealed, even when
 * the source file has changed since.
 */
export function sealedReader(
  open: Open,
  { blob, key, n, size }: { blob: string; key: string; n: number; size: number },
): PartReader {
  return readerOfParts(size, async (i) => {
    const storedPart = await open.store.read(partName(blob, i));
    if (!storedPart) throw new KeptError('file_missing');
    return open.vault.openPart({ blob, key, i, n, sealed: storedPart.bytes, size });
  });
}

/** Give random access to a Blob, of which one part is in memory at a time. */
export function blobReader(file: Blob): PartReader {
  return readerOfParts(
    file.size,
    async (i) => new Uint8Array(await file.slice(i * FILE_PART_BYTES, (i + 1) * FILE_PART_BYTES).arrayBuffer()),
  );
}

function readerOfParts(size: number, loadPart: (i: number) => Promise<Bytes>): PartReader {
  let loaded: { i: number; bytes: Bytes } | null = null;
  const readPart = async (i: number) => {
    if (loaded?.i !== i) loaded = { i, bytes: await loadPart(i) };
    return loaded.bytes;
  };
  return {
    size,
    async bytes(offset, length) {
      const end = Math.min(size, offset + length);
      if (!(offset >= 0 && offset < end)) return new Uint8Array(0);
      const firstPart = await readPart(Math.floor(offset / FILE_PART_BYTES));
      const firstBytes = firstPart.slice(offset % FILE_PART_BYTES, end - offset + (offset % FILE_PART_BYTES));
      if (firstBytes.length === end - offset) return firstBytes;
      const secondPart = await readPart(Math.floor(offset / FILE_PART_BYTES) + 1);
      return concat(firstBytes, secondPart.subarray(0, end - offset - firstBytes.length));
    },
  };
}

/** Drop a part that does not open, so that it is fetched again. */
async function dropDamagedPart(
  open: Open,
  { blob, i, length, size }: { blob: string; i: number; length: number; size: number },
) {
  await open.store.change(async (root, change) => {
    const facts = await open.store.readJson<BlobCatalogue>(`b/${blob}`);
    // A file that the server does not hold completely exists only here: damaged or not, it stays.
    if (!root.account.registered || !facts || root.uploads.some((transfer) => transfer.blob === blob)) return;
    dropPart(change, facts, blob, i, length);
    if (!root.fetch.some((transfer) => transfer.blob === blob)) root.fetch.unshift({ blob, of: null, size });
  });
}

/**
 * Make a blob: address for a file.
 * @param playType the media type for playback; otherwise a received file is saved and never rendered here
 */
export async function makeUrl(
  open: Open,
  file: FileLocation,
  objectUrl: { make(blob: Blob): string },
  playType?: string,
): Promise<{ url: string; name: string; blob: Blob }> {
  const chunks = [];
  for await (const chunk of openParts(open, file)) chunks.push(chunk);
  // Only pictures that the browser itself encoded are shown.
  const blob = new Blob(chunks, {
    type: playType ?? (file.type === 'image/jpeg' ? file.type : 'application/octet-stream'),
  });
  const url = objectUrl.make(blob);
  open.urls.add(url);
  return { url, name: file.name, blob };
}

async function fetchParts(open: Open, blob: string, n: number) {
  const facts = await open.store.readJson<BlobCatalogue>(`b/${blob}`);
  if (facts?.have === true) return;
  const link = open.syncing.link();
  if (!link) throw new KeptError('file_missing');
  try {
    await downloadBlob(link, blob, n);
  } catch (error) {
    throw isTransient(error) ? new KeptError('file_missing') : error;
  }
}

/** Return the text of a short text file in a draft. */
export async function readDraftText(open: Open, file: DraftFile): Promise<string> {
  const parts = [];
  for await (const part of openParts(open, { ...file.received, size: file.size, type: file.magic, name: file.name }))
    parts.push(part);
  return new TextDecoder().decode(concat(...parts));
}
