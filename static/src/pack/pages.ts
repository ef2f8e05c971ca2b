/**
 * The pages of a pack that a browser lays out by itself, as the server would: docs/pack.md, "Made on the phone". Where
 * that cannot be done here, the pack gets one plain HTML page instead (evidence.ts).
 */
import { MAIL_LIMIT_BYTES, PRINTED_LETTER_LIMIT_BYTES } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { withoutMetadata } from '../media/plain_jpeg.js';
import { integerOf, objectOf, textOf } from '../record/reading.js';
import { SERVABLE_MANIFEST, servableManifest } from './bag.js';
import { encodeCapsule } from './capsule.js';
import { checkFiles } from './front.js';
import { addStatement } from './prepared.js';
import { rowsOf } from './proofs.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { PictureMaker } from '../media/previews.js';
import type { LayoutTask, PageEngine, Pages, PrintedFile } from './engine/page_engine.js';
import type { SignStatement } from './prepared.js';

/** Where a file that the pages print lies; `n`: how many parts it has */
export type FilePlace = { blob: string; key: string; n: number; size: number };
export type LayoutHost = {
  /** absent where the browser cannot lay out pages */
  engine: PageEngine | undefined;
  /** returns null where a file is not here and cannot be fetched: it is not printed */
  readFile: (place: FilePlace) => Promise<Bytes | null>;
  pictures: PictureMaker;
  /** throws once the diary is closed */
  requireOpen: () => void;
  /** signs who prepared the pack, where that is not its keeper */
  signStatement?: SignStatement;
  /** throws where a file is not as it must be, beyond what follows from the capsule */
  checkMore?: (files: ReadonlyMap<string, Uint8Array>) => void;
};

/** What is printed of a received file, and how large the file may be, by the end of its name */
const OPENED_FILES: ReadonlyMap<string, readonly [PrintedFile[0], number]> = new Map([
  ['.eml', ['mail', MAIL_LIMIT_BYTES]],
  ['.pdf', ['letter', PRINTED_LETTER_LIMIT_BYTES]],
]);

/**
 * Lay out the pages of a capsule; null where this browser cannot, or where they are not what is expected here.
 * @throws cancelled, and whatever `requireOpen` throws
 */
export async function layOutPages(
  capsule: JsonObject,
  host: LayoutHost,
  { onStep, signal }: Pick<LayoutTask, 'onStep' | 'signal'>,
): Promise<Pages | null> {
  host.requireOpen();
  const printed = () => printedFiles(capsule, host);
  try {
    const pages = await host.engine?.layOut({ capsule: encodeCapsule(capsule), printed, onStep, signal });
    if (!pages) return null;
    host.requireOpen();
    if (host.signStatement) await addStatement(pages.files, capsule, host.signStatement);
    pages.files.set(SERVABLE_MANIFEST, await servableManifest(pages.files));
    host.checkMore?.(pages.files);
    await checkFiles(pages.files, capsule);
    return pages;
  } catch (error) {
    host.requireOpen();
    if (error instanceof KeptError && error.code === 'cancelled') throw error;
    return null; // a pack is made all the same, and the screen says that its pages are plain
  }
}

/**
 * Yield what 04 prints: print copies, stills of films, pictures that have no print copy yet, letters (PDF) and e-mails.
 * Each is the file that the capsule names, also when another device has changed it since.
 */
async function* printedFiles(capsule: JsonObject, { readFile, pictures }: LayoutHost): AsyncGenerator<PrintedFile> {
  for (const exhibit of rowsOf(capsule, 'exhibits')) {
    const item = textOf(exhibit, 'item');
    const [kind, limit] = OPENED_FILES.get(textOf(exhibit, 'file').slice(-4)) ?? (['picture', Infinity] as const);
    if (exhibit.print) {
      const copy = await readFile(placeOf(objectOf(exhibit, 'print')));
      if (copy) yield ['picture', item, plain(copy)];
    } else if (exhibit.received && (integerOf(exhibit, 'size') ?? 0) <= limit) {
      const received = await readFile(placeOf({ ...objectOf(exhibit, 'received'), size: exhibit.size ?? 0 }));
      if (received && kind !== 'picture') yield [kind, item, new Blob([received])];
      const copy = received && kind === 'picture' ? await makePrintCopy(pictures, received) : null;
      if (copy) yield ['picture', item, plain(copy)];
    }
    const still = exhibit.poster ? await readFile(placeOf(objectOf(exhibit, 'poster'))) : null;
    // The key of a still: `poster_key` in diary/pack/contents.py.
    if (still) yield ['picture', `${item} still`, plain(still)];
  }
}

function placeOf(row: ReturnType<typeof objectOf>): FilePlace {
  return {
    blob: textOf(row, 'blob'),
    key: textOf(row, 'key'),
    n: integerOf(row, 'parts') ?? 0,
    size: integerOf(row, 'size') ?? 0,
  };
}

const plain = (jpeg: Uint8Array) => new Blob([withoutMetadata(jpeg) as Uint8Array<ArrayBuffer>]);

/** Return a copy of a picture for print; null where this browser cannot show it. */
async function makePrintCopy(pictures: PictureMaker, picture: Bytes): Promise<Uint8Array | null> {
  const copies = await pictures.make(new Blob([picture]));
  return copies?.find(({ purpose }) => purpose === 'print')?.bytes ?? null;
}
