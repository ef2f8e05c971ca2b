/**
 * Take a file in: hash and seal it part by part as it is read, and inspect it only to find its type. Each part is
 * stored, read back and opened before the next one is read.
 *
 * [Note: half a file] A blob is added to the root's `filling` list before its first part is written, and removed once
 * it is complete. What a crash leaves there is deleted at the next unlock (`deleteHalfFiles`). So half a file is
 * never shown as a whole one.
 */
import { FILE_PART_BYTES } from '../../core/constants.js';
import { formatId, newId } from '../../core/ids.js';
import { partCount } from '../../crypto/files.js';
import { partName } from '../../net/blobs.js';
import { readMetadata } from '../../media/exif.js';
import { isMismatch, detectType } from '../../media/file_type.js';
import { sealedReader } from './reading_files.js';
import { memorySource, readWhole, receivedFacts } from './sources.js';
import type { Change } from '../../store/pending.js';
import type { BlobKey, DraftFile, Open, Rendition, Source } from '../types.js';
import type { ImageCopy, PictureMaker } from '../../media/previews.js';
import type { Root } from '../../store/root.js';
import type { Bytes } from '../../core/bytes.js';

/** In bytes. */
type OnProgress = (done: number, total: number) => void;

/** Larger pictures get no copies: to decode them would crash the phone. */
const MAX_PICTURE_BYTES = 60_000_000;

/**
 * Take a file in, with its copies.
 * @param options `unowned`: its blobs stay in `filling` until the caller removes them, so that a crash leaves none
 *   behind
 * @throws file_changed, file_unreadable, no_space
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
    unowned = false,
  }: {
    route: string;
    at: number;
    pictures: PictureMaker;
    onProgress?: OnProgress | undefined;
    attachment?: string;
    unowned?: boolean;
  },
): Promise<DraftFile> {
  const { key, first: firstPart, sha256, sha512 } = await sealSource(open, source, onProgress, unowned);
  const magic = detectType(firstPart);
  // Copies are made of the sealed bytes, never of the file: it may have changed since.
  const reader = sealedReader(open, { ...key, size: source.size });
  const sealed = {
    size: source.size,
    read: (start: number, end: number) => reader.bytes(start, end - start),
  };
  const renditions: (Rendition & BlobKey)[] = [];
  const copies = await makeCopies(sealed, magic, pictures)
    .then(async (made) => {
      for (const copy of made?.made ?? []) renditions.push(await sealCopy(open, copy, unowned));
      return made;
    })
    .catch(async (error) => {
      // Nothing refers to these blobs yet: they would stay for ever.
      await deleteBlobs(open.store, [key, ...renditions]).catch(() => undefined);
      throw error;
    });
  const metadata = await readMetadata(reader, magic);
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
 * Make the print copy and preview of a picture, or a still of a film.
 * @returns null where none can be made
 */
async function makeCopies(
  source: Pick<Source, 'size' | 'read'>,
  magic: string,
  pictures: PictureMaker,
): Promise<{ made: ImageCopy[]; duration_ms?: number } | null> {
  if (source.size > MAX_PICTURE_BYTES) return null;
  if (magic.startsWith('image/')) {
    const made = await pictures.make(await readWhole(source, magic, FILE_PART_BYTES));
    return made && { made };
  }
  if (!/^(?:video|audio)\//.test(magic) || !pictures.film) return null;
  return pictures.film(await readWhole(source, magic, FILE_PART_BYTES));
}

/** Seal a copy that was made here. */
export async function sealCopy(
  open: Open,
  { purpose, bytes, width, height, media_type, recipe }: ImageCopy,
  unowned: boolean = false,
): Promise<Rendition & BlobKey> {
  const sealed = await sealSource(open, memorySource(bytes, media_type), () => undefined, unowned);
  return { purpose, sha256: sealed.sha256, size_bytes: bytes.length, width, height, media_type, recipe, ...sealed.key };
}

/** Seal a stored file under a new key and id; it stays in `filling`. @throws not_opened, file_missing, no_space */
export async function resealStored(open: Open, { blob, key, n, size }: BlobKey & { size: number }): Promise<BlobKey> {
  const reader = sealedReader(open, { blob, key, n, size });
  const read = (start: number, end: number) => reader.bytes(start, end - start);
  const source = { name: '', type: '', size, lastModified: null, read, check: async () => undefined };
  return (await sealSource(open, source, () => undefined, true)).key;
}

async function sealSource(
  { vault, store }: Open,
  source: Source,
  onProgress: OnProgress,
  unowned: boolean = false,
): Promise<{ key: BlobKey; first: Uint8Array; sha256: string; sha512: string }> {
  const { file, blob, key, parts, sealed_bytes } = await vault.fileStart({ size: source.size });
  await store.change(
    (root) => {
      root.filling.push(blob);
    },
    { bulky: true },
  );
  let firstPart: Uint8Array = new Uint8Array(0);
  try {
    for (let start = 0; start < source.size; start += FILE_PART_BYTES) {
      const bytes = await source.read(start, Math.min(source.size, start + FILE_PART_BYTES));
      if (start === 0) firstPart = bytes.slice();
      await storeParts(store, blob, await vault.filePart(file, bytes));
      onProgress(Math.min(source.size, start + FILE_PART_BYTES), source.size);
    }
    const result = await vault.fileEnd(file);
    await source.check();
    await storeParts(store, blob, result.parts, (root, change) => {
      if (!unowned) root.filling = root.filling.filter((pendingBlob) => pendingBlob !== blob);
      change.putJson(`b/${blob}`, { n: parts, size: sealed_bytes, digest: result.digest, have: true, kept: false });
    });
    return { key: { blob, key, n: parts }, first: firstPart, sha256: result.sha256, sha512: result.sha512 };
  } catch (error) {
    await vault.fileDrop(file).catch(() => undefined);
    await deleteBlobs(store, [{ blob, n: parts }]).catch(() => undefined);
    throw error;
  }
}

async function storeParts(
  store: Open['store'],
  blob: string,
  parts: readonly { i: number; sealed: Bytes }[],
  finish?: (root: Root, change: Change) => void,
) {
  if (!parts.length && !finish) return;
  await store.change(
    (root, change) => {
      for (const { i, sealed } of parts) change.put(partName(blob, i), { k: 'part' }, sealed);
      finish?.(root, change);
    },
    { bulky: true },
  );
}

/** Delete blobs from this phone. */
export async function deleteBlobs(store: Open['store'], blobs: { blob: string; n: number }[]) {
  await store.change((root, change) => {
    for (const { blob, n } of blobs) {
      for (let i = 0; i < n; i++) change.drop(partName(blob, i));
      change.drop(`b/${blob}`);
    }
    const deleted = new Set(blobs.map(({ blob }) => blob));
    root.filling = root.filling.filter((blob) => !deleted.has(blob));
  });
}

/** Delete what a crash left of half-written files. See [Note: half a file]. */
export async function deleteHalfFiles(store: Open['store']) {
  const maxParts = partCount(200 * 1024 * 1024);
  for (const blob of store.root.filling) await deleteBlobs(store, [{ blob, n: maxParts }]);
}

/** Return every blob of a file in a draft. */
export function blobsOf(file: DraftFile): BlobKey[] {
  return [file.received, ...file.renditions];
}
