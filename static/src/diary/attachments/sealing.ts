/**
 * Take a file in: hash and seal it part by part as it is read, and inspect it only to find its type. Each part is
 * stored, read back and opened before the next one is read.
 *
 * [Note: half a file] A blob is added to the root's `filling` list in the transaction that writes its first part, and
 * removed in the one that first names it: in a version, a draft or a captured file. What a crash leaves there is
 * deleted at the next unlock (`deleteHalfFiles`). So half a file is never shown as a whole one, and a file that was
 * never named does not stay on the phone.
 */
import { FILE_LIMIT_BYTES, FILE_PART_BYTES } from '../../core/constants.js';
import { formatId, newId } from '../../core/ids.js';
import { partCount } from '../../crypto/files.js';
import { partName } from '../../net/blobs.js';
import { readMetadata } from '../../media/exif.js';
import { isMismatch, detectType } from '../../media/file_type.js';
import { blobReader, sealedReader } from './reading_files.js';
import { memorySource, receivedFacts } from './sources.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Change } from '../../store/pending.js';
import type { BlobKey, DraftFile, Open, Rendition, Source } from '../types.js';
import type { ImageCopy } from '../../media/copies.js';
import type { PictureMaker } from '../../media/previews.js';
import type { Root } from '../../store/root.js';
import type { Bytes } from '../../core/bytes.js';

/** In bytes. */
type OnProgress = (done: number, total: number) => void;

/** Larger pictures, films and sounds get no copies: to decode them would crash the phone. */
const MAX_DECODED_BYTES = 60_000_000;

/**
 * Take a file in, with its copies. Its blobs stay in `filling`: the caller names them and calls `removeFromFilling`.
 * @throws file_changed, file_unreadable, no_space, store_lost; locked when the diary locks meanwhile
 */
export async function sealFile(
  open: Open,
  source: Source,
  {
    route,
    at,
    pictures,
    onProgress = () => undefined,
    attachment = formatId(newId()),
  }: {
    route: string;
    at: number;
    pictures: PictureMaker;
    onProgress?: OnProgress | undefined;
    attachment?: string;
  },
): Promise<DraftFile> {
  const collector = collectForCopies(source.size, pictures);
  const { key, sha256, sha512 } = await sealSource(open, source, { onProgress, onBytes: collector.add });
  const { magic, file } = collector.finish();
  const renditions: (Rendition & BlobKey)[] = [];
  const copies = await (file ? makeCopies(file, magic, pictures) : Promise.resolve(null))
    .then(async (made) => {
      for (const copy of made?.made ?? []) renditions.push(await sealCopy(open, copy));
      return made;
    })
    .catch(async (error) => {
      // Nothing names these blobs: they would stay until the next unlock.
      await deleteBlobs(open.store, [key, ...renditions]).catch(() => undefined);
      throw error;
    });
  const metadata = await readMetadata(
    file ? blobReader(file) : sealedReader(open, { ...key, size: source.size }),
    magic,
  );
  const duration = metadata?.duration_ms ?? copies?.duration_ms;
  return {
    attachment,
    ...receivedFacts(source, magic, route, at),
    sha256,
    sha512,
    flags: [
      isMismatch(source.type, magic, source.name) ? 'type_mismatch' : '',
      magic.startsWith('image/') && !copies ? 'no_print_copy' : '',
    ].filter(Boolean),
    gps_present: metadata?.place ?? null,
    about: metadata || duration ? { ...metadata, ...(duration ? { duration_ms: duration } : {}) } : null,
    received: key,
    renditions,
    outside_copy: null,
  };
}

/**
 * Collect the bytes of a picture, a film or a sound while they are sealed. Copies are made from these and not from the
 * source file, which may have changed since.
 */
function collectForCopies(size: number, pictures: PictureMaker) {
  const chunks: Blob[] = [];
  let magic = '';
  let isCollected = false;
  return {
    add(bytes: Bytes) {
      if (!magic) {
        magic = detectType(bytes);
        isCollected =
          size <= MAX_DECODED_BYTES && (magic.startsWith('image/') || (isPlayable(magic) && !!pictures.film));
      }
      if (isCollected) chunks.push(new Blob([bytes]));
    },
    /** @returns `file` is null if no copies are made of this type or size */
    finish: () => ({ magic, file: isCollected ? new Blob(chunks, { type: magic }) : null }),
  };
}

/**
 * Make the print copy and preview of a picture, or a still of a film.
 * @returns null where none can be made
 */
async function makeCopies(
  file: Blob,
  magic: string,
  pictures: PictureMaker,
): Promise<{ made: ImageCopy[]; duration_ms?: number } | null> {
  if (isPlayable(magic)) return (await pictures.film?.(file)) ?? null;
  const made = await pictures.make(file);
  return made && { made };
}

function isPlayable(magic: string) {
  return magic.startsWith('video/') || magic.startsWith('audio/');
}

/** Seal a copy that was made here; it stays in `filling`. */
export async function sealCopy(
  open: Open,
  { purpose, bytes, width, height, media_type, recipe }: ImageCopy,
): Promise<Rendition & BlobKey> {
  const sealed = await sealSource(open, memorySource(bytes, media_type));
  return { purpose, sha256: sealed.sha256, size_bytes: bytes.length, width, height, media_type, recipe, ...sealed.key };
}

/** Seal a stored file under a new key and id; it stays in `filling`. @throws not_opened, file_missing, no_space */
export async function resealStored(open: Open, { blob, key, n, size }: BlobKey & { size: number }): Promise<BlobKey> {
  const reader = sealedReader(open, { blob, key, n, size });
  const read = (start: number, end: number) => reader.bytes(start, end - start);
  const source = { name: '', type: '', size, lastModified: null, read, check: async () => undefined };
  return (await sealSource(open, source)).key;
}

/**
 * Seal a source under a new key and id, and store it.
 * @param onBytes given the bytes of each part before they are sealed; the buffer is transferred afterwards
 */
async function sealSource(
  { vault, store }: Open,
  source: Source,
  {
    onProgress = () => undefined,
    onBytes = () => undefined,
  }: { onProgress?: OnProgress; onBytes?: (bytes: Bytes) => void } = {},
): Promise<{ key: BlobKey; sha256: string; sha512: string }> {
  const { file, blob, key, parts, sealed_bytes } = await vault.fileStart({ size: source.size });
  try {
    for (let start = 0; start < source.size; start += FILE_PART_BYTES) {
      const bytes = await source.read(start, Math.min(source.size, start + FILE_PART_BYTES));
      onBytes(bytes);
      await storeParts(store, blob, await vault.filePart(file, bytes));
      onProgress(Math.min(source.size, start + FILE_PART_BYTES), source.size);
    }
    const result = await vault.fileEnd(file);
    await source.check();
    const facts: BlobCatalogue = { n: parts, size: sealed_bytes, digest: result.digest, have: true, kept: false };
    await storeParts(store, blob, result.parts, facts);
    return { key: { blob, key, n: parts }, sha256: result.sha256, sha512: result.sha512 };
  } catch (error) {
    await vault.fileDrop(file).catch(() => undefined);
    await deleteBlobs(store, [{ blob, n: parts }]).catch(() => undefined);
    throw error;
  }
}

/** Store parts of a blob in one transaction; with `facts`, these are its last. See [Note: half a file]. */
async function storeParts(
  store: Open['store'],
  blob: string,
  parts: readonly { i: number; sealed: Bytes }[],
  facts?: BlobCatalogue,
) {
  if (!parts.length && !facts) return;
  await store.change(
    (root, change) => {
      for (const { i, sealed } of parts) change.put(partName(blob, i), { k: 'part' }, sealed);
      if (facts) change.putJson(`b/${blob}`, facts);
      if (!root.filling.includes(blob)) root.filling.push(blob);
    },
    { bulky: true },
  );
}

/** Delete blobs from this phone. */
export async function deleteBlobs(store: Open['store'], blobs: { blob: string; n: number }[]) {
  await store.change((root, change) => dropBlobs(root, change, blobs));
}

function dropBlobs(root: Root, change: Change, blobs: readonly { blob: string; n: number }[]) {
  for (const { blob, n } of blobs) {
    for (let i = 0; i < n; i++) change.drop(partName(blob, i));
    change.drop(`b/${blob}`);
  }
  removeFromFilling(root, blobs);
}

/**
 * Delete what a crash left of files. See [Note: half a file].
 * @param blobs those that the list had at the unlock: another file may be on its way in by now. One that was named
 *   since is not deleted
 */
export async function deleteHalfFiles(store: Open['store'], blobs: readonly string[]) {
  const n = partCount(FILE_LIMIT_BYTES);
  for (const blob of blobs) await deleteUnnamed(store, [{ blob, n }]);
}

/** Delete those blobs that nothing names: a change that failed may have been written all the same. */
export async function deleteUnnamed(store: Open['store'], blobs: readonly { blob: string; n: number }[]) {
  await store.change((root, change) => {
    const unnamed = blobs.filter(({ blob }) => root.filling.includes(blob));
    dropBlobs(root, change, unnamed);
  });
}

/** Take blobs off the list of half files, in the transaction that names or deletes them. */
export function removeFromFilling(root: Root, blobs: readonly { blob: string }[]) {
  const removed = new Set(blobs.map(({ blob }) => blob));
  root.filling = root.filling.filter((blob) => !removed.has(blob));
}

/** Have the blobs of a record's file sent: the record names them now. @param incident the entry they belong to */
export function sendBlobs(root: Root, blobs: readonly { blob: string }[], incident: string | null) {
  removeFromFilling(root, blobs);
  for (const { blob } of blobs) root.uploads.push({ blob, of: incident });
}

/** Return every blob of a file in a draft. */
export function blobsOf(file: DraftFile): BlobKey[] {
  return [file.received, ...file.renditions];
}
