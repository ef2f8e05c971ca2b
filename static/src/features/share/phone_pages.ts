/**
 * The pages of a pack that this phone lays out by itself, as the server would: docs/pack.md, "Made on the phone". Where
 * that cannot be done here, the pack gets one plain HTML page instead (pack/evidence.ts).
 */
import { concat } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { locateFile, openParts } from '../../diary/attachments/reading_files.js';
import { encodeCapsule } from '../../pack/capsule.js';
import { SERVABLE_MANIFEST, servableManifest } from '../../pack/bag.js';
import { rowsOf } from '../../pack/proofs.js';
import { textOf } from '../../record/reading.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Context, Open } from '../../diary/types.js';
import type { CopyKind } from '../../diary/attachments/reading_files.js';
import type { Pages, PrintPicture } from '../../pack/engine/page_engine.js';

/** No engine here or to be had, or a document that fails even without words, as where a phone has too little memory. */
const NO_PAGES = new Set(['pages_missing', 'pages_failed']);

/**
 * Lay out the pages of a capsule; null where this browser cannot.
 * @throws locked, cancelled; file_missing when a picture is not here and cannot be fetched now
 */
export async function layOutPages(
  ctx: Context,
  open: Open,
  capsule: JsonObject,
  onStep: (step: string, done: number, total: number) => void,
): Promise<Pages | null> {
  try {
    const pages = await ctx.pageEngine?.layOut(encodeCapsule(capsule), () => printPictures(ctx, open, capsule), onStep);
    if (!pages) return null;
    pages.files.set(SERVABLE_MANIFEST, await servableManifest(pages.files));
    return pages;
  } catch (error) {
    if (ctx.open !== open) throw new KeptError('locked');
    if (error instanceof KeptError && NO_PAGES.has(error.code)) return null;
    throw error;
  }
}

/** Yield what 04 prints: print copies, stills of films, and pictures that have no print copy yet. */
async function* printPictures(ctx: Context, open: Open, capsule: JsonObject): AsyncGenerator<PrintPicture> {
  for (const exhibit of rowsOf(capsule, 'exhibits')) {
    if (exhibit.hold_picture) continue;
    const [item, attachment] = [textOf(exhibit, 'item'), textOf(exhibit, 'record')];
    const printed = exhibit.print
      ? await readCopy(open, attachment, 'print')
      : exhibit.received
        ? await makePrintCopy(ctx, await readCopy(open, attachment, 'received'))
        : null;
    if (printed) yield [item, printed];
    const still = exhibit.poster ? await readCopy(open, attachment, 'preview') : null;
    // The key of a still: `poster_key` in diary/pack/contents.py.
    if (still) yield [`${item} still`, still];
  }
}

async function readCopy(open: Open, attachment: string, kind: CopyKind): Promise<Blob | null> {
  const file = await locateFile(open, attachment, kind, []);
  if (!file) return null;
  const parts = [];
  for await (const part of openParts(open, file)) parts.push(part);
  return new Blob([concat(...parts)]);
}

/** Return a copy of a picture for print; null where this browser cannot show it. */
async function makePrintCopy(ctx: Context, picture: Blob | null): Promise<Blob | null> {
  const copies = picture && (await ctx.pictures.make(picture));
  const copy = copies?.find(({ purpose }) => purpose === 'print');
  return copy ? new Blob([copy.bytes as Uint8Array<ArrayBuffer>]) : null;
}
