/**
 * The picture that is read: as it was received, where this phone has it and it is of a usual form and size, since small
 * type is lost in the copy for print; else that copy. Boxes are in pixels of the print copy in either case: every
 * device has it, and it is what a person sees.
 */
import { IMAGE_LIMIT_PIXELS } from '../../core/constants.js';
import { objectsOf, integerOf, textOf } from '../../record/reading.js';
import { readStatedSize } from '../../media/picture_size.js';
import { locateFile, openParts } from './reading_files.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Open } from '../types.js';

/** `size`: of the print copy, in pixels */
export type PictureToRead = { picture: Blob; size: { width: number; height: number } };

/** Formats whose size is read from the first bytes, before anything decodes them. */
const READ_AS_RECEIVED: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);
const MAX_RECEIVED_BYTES = 32 * 1024 * 1024;
/** As in the worker (imports/screenshots/engine/worker.ts). */
const READ_LIMIT_PIXELS = IMAGE_LIMIT_PIXELS / 2;

/** @returns null for a picture without a print copy */
export async function pictureToRead(open: Open, attachment: string): Promise<PictureToRead | null> {
  const { fields } = await open.book.newest(attachment);
  const print = objectsOf(fields, 'renditions').find(({ purpose }) => purpose === 'print');
  const [width, height] = [integerOf(print ?? {}, 'width'), integerOf(print ?? {}, 'height')];
  if (!width || !height) return null;
  const picture =
    (READ_AS_RECEIVED.has(textOf(fields, 'media_type')) && (await receivedHere(open, attachment))) ||
    (await opened(open, attachment, 'unmasked'));
  return picture && { picture, size: { width, height } };
}

/** @returns null where the file is not on this phone, or is too large */
async function receivedHere(open: Open, attachment: string): Promise<Blob | null> {
  const file = await locateFile(open, attachment, 'received', []);
  if (!file || file.size > MAX_RECEIVED_BYTES) return null;
  const catalogue = await open.store.readJson<BlobCatalogue>(`b/${file.blob}`);
  if (catalogue?.have !== true) return null;
  const picture = await opened(open, attachment, 'received');
  const stated = picture && (await readStatedSize(picture));
  return stated && stated.width * stated.height <= READ_LIMIT_PIXELS ? picture : null;
}

async function opened(open: Open, attachment: string, kind: 'unmasked' | 'received'): Promise<Blob | null> {
  const file = await locateFile(open, attachment, kind, []);
  if (!file) return null;
  const parts: BlobPart[] = [];
  for await (const part of openParts(open, file)) parts.push(part as BlobPart);
  return new Blob(parts, { type: file.type });
}
