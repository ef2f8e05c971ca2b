/**
 * The pages of a pack that this phone lays out by itself, as the server would: docs/pack.md, "Made on the phone". Where
 * that cannot be done here, the pack gets one plain HTML page instead (pack/evidence.ts).
 */
import { concat } from '../../core/bytes.js';
import { MAIL_LIMIT_BYTES } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { openParts } from '../../diary/attachments/reading_files.js';
import { withoutMetadata } from '../../media/plain_jpeg.js';
import { encodeCapsule } from '../../pack/capsule.js';
import { SERVABLE_MANIFEST, servableManifest } from '../../pack/bag.js';
import { checkFiles } from '../../pack/front.js';
import { rowsOf } from '../../pack/proofs.js';
import { integerOf, objectOf, textOf } from '../../record/reading.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { LayoutTask, Pages, PrintedFile } from '../../pack/engine/page_engine.js';

/**
 * Lay out the pages of a capsule; null where this browser cannot, or where they are not what this phone expects.
 * @throws locked, cancelled
 */
export async function layOutPages(
  ctx: Context,
  open: Open,
  capsule: JsonObject,
  { onStep, signal }: Pick<LayoutTask, 'onStep' | 'signal'>,
): Promise<Pages | null> {
  if (ctx.open !== open) throw new KeptError('locked');
  const printed = () => printedFiles(ctx, open, capsule);
  try {
    const pages = await ctx.pageEngine?.layOut({ capsule: encodeCapsule(capsule), printed, onStep, signal });
    if (!pages) return null;
    pages.files.set(SERVABLE_MANIFEST, await servableManifest(pages.files));
    await checkFiles(pages.files, capsule);
    return pages;
  } catch (error) {
    if (ctx.open !== open) throw new KeptError('locked');
    if (error instanceof KeptError && error.code === 'cancelled') throw error;
    return null; // a pack is made all the same, and the screen says that its pages are plain
  }
}

/**
 * Yield what 04 prints: print copies, stills of films, pictures that have no print copy yet, and e-mails. A letter
 * (PDF) is not drawn here: 04 names it, and says how to open it. Each is the file that the capsule names, also when
 * another device has changed it since.
 */
async function* printedFiles(ctx: Context, open: Open, capsule: JsonObject): AsyncGenerator<PrintedFile> {
  for (const exhibit of rowsOf(capsule, 'exhibits')) {
    const item = textOf(exhibit, 'item');
    const isMail = textOf(exhibit, 'file').endsWith('.eml');
    if (exhibit.print) {
      const copy = await readFile(open, objectOf(exhibit, 'print'));
      if (copy) yield ['picture', item, plain(copy)];
    } else if (exhibit.received && (!isMail || (integerOf(exhibit, 'size') ?? 0) <= MAIL_LIMIT_BYTES)) {
      const received = await readFile(open, { ...objectOf(exhibit, 'received'), size: exhibit.size });
      if (received && isMail) yield ['mail', item, new Blob([received])];
      const copy = received && !isMail ? await makePrintCopy(ctx, received) : null;
      if (copy) yield ['picture', item, plain(copy)];
    }
    const still = exhibit.poster ? await readFile(open, objectOf(exhibit, 'poster')) : null;
    // The key of a still: `poster_key` in diary/pack/contents.py.
    if (still) yield ['picture', `${item} still`, plain(still)];
  }
}

/** Return a file by its place in the capsule; null where it is not here and cannot be fetched: it is not printed. */
async function readFile(open: Open, place: Fields): Promise<Uint8Array<ArrayBuffer> | null> {
  const [blob, key] = [textOf(place, 'blob'), textOf(place, 'key')];
  const [n, size] = [integerOf(place, 'parts') ?? 0, integerOf(place, 'size') ?? 0];
  const parts = [];
  try {
    for await (const part of openParts(open, { blob, key, n, size, type: '', name: '' })) parts.push(part);
  } catch (error) {
    if (error instanceof KeptError && ['file_missing', 'file_damaged'].includes(error.code)) return null;
    throw error;
  }
  return concat(...parts);
}

const plain = (jpeg: Uint8Array) => new Blob([withoutMetadata(jpeg) as Uint8Array<ArrayBuffer>]);

/** Return a copy of a picture for print; null where this browser cannot show it. */
async function makePrintCopy(ctx: Context, picture: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
  const copies = await ctx.pictures.make(new Blob([picture]));
  return copies?.find(({ purpose }) => purpose === 'print')?.bytes ?? null;
}
