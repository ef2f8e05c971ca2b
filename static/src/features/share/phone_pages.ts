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
import type { Pages, PrintedFile } from '../../pack/engine/page_engine.js';

/** No engine here or to be had, or a document that fails even without words, as where a phone has too little memory. */
const MAIL_TYPE = 'message/rfc822';
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
    const pages = await ctx.pageEngine?.layOut(encodeCapsule(capsule), () => printedFiles(ctx, open, capsule), onStep);
    if (!pages) return null;
    pages.files.set(SERVABLE_MANIFEST, await servableManifest(pages.files));
    return pages;
  } catch (error) {
    if (ctx.open !== open) throw new KeptError('locked');
    if (error instanceof KeptError && NO_PAGES.has(error.code)) return null;
    throw error;
  }
}

/**
 * Yield what 04 prints: print copies, stills of films, pictures that have no print copy yet, and e-mails. A letter
 * (PDF) is not drawn here: 04 names it, and says how to open it.
 */
async function* printedFiles(ctx: Context, open: Open, capsule: JsonObject): AsyncGenerator<PrintedFile> {
  for (const exhibit of rowsOf(capsule, 'exhibits')) {
    if (exhibit.hold_picture) continue;
    const [item, attachment] = [textOf(exhibit, 'item'), textOf(exhibit, 'record')];
    const copy = exhibit.print ? await readCopy(open, attachment, 'print') : null;
    const received = !exhibit.print && exhibit.received ? await readCopy(open, attachment, 'received') : null;
    if (received?.type === MAIL_TYPE) yield ['mail', item, received];
    const picture = copy ?? (received?.type.startsWith('image/') ? await makePrintCopy(ctx, received) : null);
    if (picture) yield ['picture', item, picture];
    const still = exhibit.poster ? await readCopy(open, attachment, 'preview') : null;
    // The key of a still: `poster_key` in diary/pack/contents.py.
    if (still) yield ['picture', `${item} still`, still];
  }
}

async function readCopy(open: Open, attachment: string, kind: CopyKind): Promise<Blob | null> {
  const file = await locateFile(open, attachment, kind, []);
  if (!file) return null;
  const parts = [];
  for await (const part of openParts(open, file)) parts.push(part);
  return new Blob([concat(...parts)], { type: file.type });
}

/** Return a copy of a picture for print; null where this browser cannot show it. */
async function makePrintCopy(ctx: Context, picture: Blob): Promise<Blob | null> {
  const copies = await ctx.pictures.make(picture);
  const copy = copies?.find(({ purpose }) => purpose === 'print');
  return copy ? new Blob([copy.bytes as Uint8Array<ArrayBuffer>]) : null;
}
