/**
 * Read a stored file: open its parts one by one, and first fetch those that this phone lacks. Addresses made for the
 * screen (blob:) live until the lock and no longer.
 */
import { concat } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { PART_BYTES, partCount } from '../../crypto/files.js';
import { downloadBlob, dropPart, partName } from '../../net/blobs.js';
import { isPassing } from '../../net/http.js';
import type { Held, Open, RecordStore, Rendition } from '../types.js';
import type { Bytes } from '../../core/bytes.js';
import type { BlobFacts } from '../../net/blobs.js';

type FileKey = { blob: string; key: string; n: number; size: number; type: string; name: string };
export type Which = 'preview' | 'print' | 'masked' | 'unmasked' | 'received';

/**
 * Find the blob of a copy of a file. The masked print copy replaces the plain one, unless `copyKind` is 'unmasked'.
 * @param held files of the draft
 * @returns null when there is no such copy
 */
export async function findFile(
  open: { book: Pick<RecordStore, 'newest'> },
  attachment: string,
  which: Which,
  held: Held[],
): Promise<FileKey | null> {
  const waiting = held.find((one) => one.attachment === attachment);
  if (waiting) {
    if (which === 'received')
      return { ...waiting.received, size: waiting.size, type: waiting.magic, name: waiting.name };
    const copy = waiting.renditions.find(({ purpose }) => purpose === (which === 'unmasked' ? 'print' : which));
    return copy
      ? { blob: copy.blob, key: copy.key, n: copy.n, size: copy.size_bytes, type: copy.media_type, name: waiting.name }
      : null;
  }
  const { fields, restricted, keys } = await open.book.newest(attachment);
  const name = restricted.received_as?.filename ?? '';
  if (which === 'received') {
    const [pair] = keys.restricted;
    return pair
      ? {
          blob: pair[0],
          key: pair[1],
          n: partCount(fields.size_bytes),
          size: fields.size_bytes,
          type: fields.media_type,
          name,
        }
      : null;
  }
  const wanted =
    which === 'print' && fields.print_copy === 'masked' ? 'masked' : which === 'unmasked' ? 'print' : which;
  const at = (fields.renditions ?? []).findIndex((one: Rendition) => one.purpose === wanted);
  const [pair, copy] = [keys.open[at], fields.renditions?.[at]];
  return pair && copy
    ? { blob: pair[0], key: pair[1], n: partCount(copy.size_bytes), size: copy.size_bytes, type: copy.media_type, name }
    : null;
}

/**
 * Yield the file's bytes, part by part. A part that does not open was damaged on the way or in storage: it is fetched
 * and opened once more.
 * @throws file_missing when it is not here and cannot be fetched now; file_damaged when a part does not open and
 *   cannot be replaced now
 */
export async function* openParts(open: Open, file: FileKey): AsyncGenerator<Bytes> {
  await fetchParts(open, file.blob, file.n);
  for (let i = 0; i < file.n; i++) {
    yield (await openPart(open, file, i)) ?? (await openFresh(open, file, i));
  }
}

/** @returns null when the part does not open; it is dropped then, if the server has it */
async function openPart(open: Open, { blob, key, n, size }: FileKey, i: number): Promise<Bytes | null> {
  const part = await open.store.read(partName(blob, i));
  if (!part) throw new KeptError('file_missing');
  try {
    return await open.vault.openPart({ blob, key, i, n, sealed: part.bytes, size });
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'not_opened') throw error;
    await letGo(open, { blob, i, length: part.bytes.length, size });
    return null;
  }
}

/**
 * Fetch and open a part that did not open before.
 * @throws file_damaged
 */
async function openFresh(open: Open, file: FileKey, i: number) {
  await fetchParts(open, file.blob, file.n).catch(() => undefined);
  const again = await openPart(open, file, i).catch(() => null);
  if (again) return again;
  // What could not be fetched now is fetched with everything else, when there is signal.
  open.syncing.kick();
  throw new KeptError('file_damaged');
}

/**
 * Give random access to a sealed file, with one part open at a time. The bytes are those that were sealed, even when
 * the source file has changed since.
 */
export function peekSealed(
  open: Open,
  { blob, key, n, size }: { blob: string; key: string; n: number; size: number },
): { size: number; bytes(from: number, length: number): Promise<Bytes> } {
  let last: { i: number; bytes: Bytes } | null = null;
  const part = async (i: number) => {
    if (last?.i === i) return last.bytes;
    const held = await open.store.read(partName(blob, i));
    if (!held) throw new KeptError('file_missing');
    last = { i, bytes: await open.vault.openPart({ blob, key, i, n, sealed: held.bytes, size }) };
    return last.bytes;
  };
  return {
    size,
    async bytes(from, length) {
      const end = Math.min(size, from + length);
      if (!(from >= 0 && from < end)) return new Uint8Array(0);
      const first = await part(Math.floor(from / PART_BYTES));
      const some = first.slice(from % PART_BYTES, end - from + (from % PART_BYTES));
      if (some.length === end - from) return some;
      const second = await part(Math.floor(from / PART_BYTES) + 1);
      return concat(some, second.subarray(0, end - from - some.length));
    },
  };
}

/** Drop a part that does not open, so that it is fetched again. */
async function letGo(open: Open, { blob, i, length, size }: { blob: string; i: number; length: number; size: number }) {
  await open.store.change(async (root, change) => {
    const known = await open.store.readJson<BlobFacts>(`b/${blob}`);
    // A file that the server does not hold completely exists only here: damaged or not, it stays.
    if (!root.account.registered || !known || root.uploads.some((one) => one.blob === blob)) return;
    dropPart(change, known, blob, i, length);
    if (!root.fetch.some((one) => one.blob === blob)) root.fetch.unshift({ blob, of: null, size });
  });
}

/**
 * Make a blob: address for a file.
 * @param played the media type for playback; otherwise a received file is saved and never rendered here
 */
export async function asUrl(
  open: Open,
  file: FileKey,
  objectUrl: { make(blob: Blob): string },
  played?: string,
): Promise<{ url: string; name: string; blob: Blob }> {
  const pieces = [];
  for await (const piece of openParts(open, file)) pieces.push(piece);
  // Only pictures that the browser itself encoded are shown.
  const blob = new Blob(pieces, {
    type: played ?? (file.type === 'image/jpeg' ? file.type : 'application/octet-stream'),
  });
  const url = objectUrl.make(blob);
  open.urls.add(url);
  return { url, name: file.name, blob };
}

async function fetchParts(open: Open, blob: string, n: number) {
  const known = await open.store.readJson<BlobFacts>(`b/${blob}`);
  if (known?.have === true) return;
  const link = open.syncing.link();
  if (!link) throw new KeptError('file_missing');
  try {
    await downloadBlob(link, blob, n);
  } catch (error) {
    throw isPassing(error) ? new KeptError('file_missing') : error;
  }
}

/** Return the text of a short text file in a draft. */
export async function readHeldText(open: Open, held: Held): Promise<string> {
  const parts = [];
  for await (const part of openParts(open, { ...held.received, size: held.size, type: held.magic, name: held.name }))
    parts.push(part);
  return new TextDecoder().decode(concat(...parts));
}
