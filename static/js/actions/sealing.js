/**
 * Taking a file in: sealed part by part as it is read, hashed before it is sealed, and looked at only so far as to say
 * what it is. Each part is in the store, read back and opened, before the next one is read.
 *
 * [Note: half a file] A blob is named in the root's `filling` list before its first part is written and taken off
 * when it is whole; what a crash leaves there is swept at the next unlock (sweep). So half a file is never shown as one.
 */
import { idText, newId } from '../core/ids.js';
import { PART_BYTES, partCount } from '../crypto/files.js';
import { partName } from '../net/blobs.js';
import { readAbout } from './exif.js';
import { isMismatch, kindOf, magicOf } from './magic.js';
import { peekSealed } from './reading_files.js';
import { memorySource, wholeOf } from './sources.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Held} Held */
/** @typedef {import('./types.d.ts').Source} Source */
/** @typedef {import('./types.d.ts').Pictures} Pictures */
/** @typedef {import('./types.d.ts').BlobKey} BlobKey */
/** @typedef {import('./types.d.ts').Copy} Copy */
/** @typedef {(done: number, total: number) => void} OnProgress bytes */

/** Pictures larger than this are kept without copies: decoding them would take the phone down. */
const PICTURE_BYTES = 60_000_000;

/**
 * @param {Open} open @param {Source} source
 * @param {{route: string, at: number, pictures: Pictures, onProgress?: OnProgress | undefined, attachment?: string, unowned?: boolean}} how `unowned`: its blobs stay in `filling` until whoever names them takes them off, so that a crash leaves none
 * @returns {Promise<Held>} @throws file_changed, file_unreadable, no_space
 */
export async function takeIn(
  open,
  source,
  { route, at, pictures, onProgress = () => undefined, attachment = idText(newId()), unowned = false },
) {
  const { key, first, sha256, sha512 } = await sealSource(open, source, onProgress, unowned);
  const magic = magicOf(first);
  // Copies are made of what was sealed, never of the file once more: it may have changed since.
  const peek = peekSealed(open, { ...key, size: source.size });
  const sealed = {
    size: source.size,
    read: (/** @type {number} */ from, /** @type {number} */ to) => peek.bytes(from, to - from),
  };
  /** @type {(import('./types.d.ts').Rendition & BlobKey)[]} */
  const renditions = [];
  const copies = await copiesOf(sealed, magic, pictures)
    .then(async (found) => {
      for (const copy of found?.made ?? []) renditions.push(await sealCopy(open, copy, unowned));
      return found;
    })
    .catch(async (error) => {
      await forgetBlobs(open.store, [key, ...renditions]).catch(() => undefined); // nobody names it yet: half of it would stay for ever
      throw error;
    });
  const about = await readAbout(peek, magic);
  const duration = about?.duration_ms ?? copies?.duration_ms;
  return {
    attachment,
    name: source.name,
    size: source.size,
    claimed: source.type,
    magic,
    kind: kindOf(magic, route, source.name),
    route,
    received_at: at,
    last_modified: source.lastModified,
    sha256,
    sha512,
    flags: [
      isMismatch(source.type, magic, source.name) ? 'type_mismatch' : '',
      magic.startsWith('image/') && !copies ? 'no_print_copy' : '',
    ].filter(Boolean),
    gps_present: about?.place ?? null,
    about: about || duration ? { ...about, ...(duration ? { duration_ms: duration } : {}) } : null,
    received: key,
    renditions,
    outside_copy: null,
  };
}

/** Print copy and preview of a picture, a still of a film. @param {Pick<Source, 'size'|'read'>} source @param {string} magic @param {Pictures} pictures @returns {Promise<{made: Copy[], duration_ms?: number}|null>} null when there is none to be had */
async function copiesOf(source, magic, pictures) {
  if (source.size > PICTURE_BYTES) return null;
  if (magic.startsWith('image/')) {
    const made = await pictures.make(await wholeOf(source, magic, PART_BYTES));
    return made && { made };
  }
  if (!/^(?:video|audio)\//.test(magic) || !pictures.film) return null;
  return pictures.film(await wholeOf(source, magic, PART_BYTES));
}

/** Seals a copy that was made here. @param {Open} open @param {Copy} copy @param {boolean} [unowned] @returns {Promise<import('./types.d.ts').Rendition & BlobKey>} */
export async function sealCopy(open, { purpose, bytes, width, height, media_type, recipe }, unowned = false) {
  const sealed = await sealSource(open, memorySource(bytes, media_type), () => undefined, unowned);
  return { purpose, sha256: sealed.sha256, size_bytes: bytes.length, width, height, media_type, recipe, ...sealed.key };
}

/** @param {Open} open @param {Source} source @param {OnProgress} onProgress @param {boolean} [unowned] @returns {Promise<{key: BlobKey, first: Uint8Array, sha256: string, sha512: string}>} */
async function sealSource({ vault, store }, source, onProgress, unowned = false) {
  const { file, blob, key, parts: n, sealed_bytes } = await vault.fileStart({ size: source.size });
  await store.change(
    (root) => {
      root.filling.push(blob);
    },
    { bulky: true },
  );
  /** @type {Uint8Array} */
  let first = new Uint8Array(0);
  try {
    for (let from = 0; from < source.size; from += PART_BYTES) {
      const bytes = await source.read(from, Math.min(source.size, from + PART_BYTES));
      if (from === 0) first = bytes.slice();
      await keepParts(store, blob, await vault.filePart(file, /** @type {any} */ (bytes)));
      onProgress(Math.min(source.size, from + PART_BYTES), source.size);
    }
    const ended = await vault.fileEnd(file);
    await source.check();
    await keepParts(store, blob, ended.parts, (root, change) => {
      if (!unowned) root.filling = root.filling.filter((/** @type {string} */ one) => one !== blob);
      change.putJson(`b/${blob}`, { n, size: sealed_bytes, digest: ended.digest, have: true, kept: false });
    });
    return { key: { blob, key, n }, first, sha256: ended.sha256, sha512: ended.sha512 };
  } catch (error) {
    await vault.fileDrop(file).catch(() => undefined);
    await forgetBlobs(store, [{ blob, n }]).catch(() => undefined);
    throw error;
  }
}

/**
 * @param {Open['store']} store @param {string} blob @param {readonly {i: number, sealed: Uint8Array}[]} parts
 * @param {(root: Record<string, any>, change: import('../store/store.js').Change) => void} [also]
 */
async function keepParts(store, blob, parts, also) {
  if (!parts.length && !also) return;
  await store.change(
    (root, change) => {
      for (const { i, sealed } of parts) change.put(partName(blob, i), { k: 'part' }, sealed);
      also?.(root, change);
    },
    { bulky: true },
  );
}

/** Takes blobs off this phone. @param {Open['store']} store @param {{blob: string, n: number}[]} blobs */
export async function forgetBlobs(store, blobs) {
  await store.change((root, change) => {
    for (const { blob, n } of blobs) {
      for (let i = 0; i < n; i++) change.drop(partName(blob, i));
      change.drop(`b/${blob}`);
    }
    const gone = new Set(blobs.map(({ blob }) => blob));
    root.filling = root.filling.filter((/** @type {string} */ blob) => !gone.has(blob));
  });
}

/** Half files of an earlier crash, see [Note: half a file]. @param {Open['store']} store */
export async function sweep(store) {
  const most = partCount(200 * 1024 * 1024);
  for (const blob of store.root.filling) await forgetBlobs(store, [{ blob, n: most }]);
}

/** Every blob of a file held in a draft. @param {Held} held @returns {BlobKey[]} */
export function blobsOf(held) {
  return [held.received, ...held.renditions];
}
