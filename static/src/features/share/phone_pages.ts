/** The pages of a pack that this phone lays out by itself, with files as the phone holds them. */
import { concat } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { openParts } from '../../diary/attachments/reading_files.js';
import { layOutPages } from '../../pack/pages.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Context, Open } from '../../diary/types.js';
import type { LayoutTask, Pages } from '../../pack/engine/page_engine.js';
import type { FilePlace } from '../../pack/pages.js';

/**
 * Lay out the pages of a capsule; null where this browser cannot, or where they are not what this phone expects.
 * @throws locked, cancelled
 */
export const layOutOnPhone = (
  ctx: Context,
  open: Open,
  capsule: JsonObject,
  task: Pick<LayoutTask, 'onStep' | 'signal'>,
): Promise<Pages | null> =>
  layOutPages(
    capsule,
    {
      engine: ctx.pageEngine,
      readFile: (place) => readFile(open, place),
      pictures: ctx.pictures,
      requireOpen: () => {
        if (ctx.open !== open) throw new KeptError('locked');
      },
    },
    task,
  );

/** Return a file by its place in the capsule; null where it is not here and cannot be fetched. */
async function readFile(open: Open, place: FilePlace): Promise<Bytes | null> {
  const parts = [];
  try {
    for await (const part of openParts(open, { ...place, type: '', name: '' })) parts.push(part);
  } catch (error) {
    if (error instanceof KeptError && ['file_missing', 'file_damaged'].includes(error.code)) return null;
    throw error;
  }
  return concat(...parts);
}
