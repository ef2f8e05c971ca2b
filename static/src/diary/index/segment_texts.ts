/**
 * Store the text of the listed versions next to the list (store/segment_texts.js), for every full segment, when
 * nothing else is to be done. If stopped half-way (by a lock), it continues at the next unlock.
 */
import { SEGMENT_ROWS } from '../../store/index.js';
import { putSegmentTexts } from '../../store/segment_texts.js';
import { textsOf } from './listing.js';
import { readRecords, readKnownVersions } from './rebuild.js';
import type { Context, Open } from '../types.js';

export async function storeTexts(ctx: Context, open: Open) {
  const { index } = open;
  await index.whenLoaded();
  if (ctx.open !== open || index.isStale || index.isStoringTexts || !segmentsWithoutText(open).length) return;
  index.isStoringTexts = true; // and stays set where there is no room: the next unlock may find some
  const knownVersions = await readKnownVersions(open);
  for (const segment of segmentsWithoutText(open)) {
    if (ctx.open !== open || index.isStale) break;
    await storeSegment(open, segment, knownVersions);
  }
  index.isStoringTexts = false;
}

/** Return the full segments without stored text, newest first. */
function segmentsWithoutText({ index, store }: Open): number[] {
  const stored = new Set(store.root.said ?? []);
  return [...index.segments.keys()]
    .filter((segment) => index.segments[segment]?.length === SEGMENT_ROWS && !stored.has(segment))
    .reverse();
}

async function storeSegment(open: Open, segment: number, knownVersions: Awaited<ReturnType<typeof readKnownVersions>>) {
  const { index, store } = open;
  const [records, applied] = [index.segments[segment] ?? [], store.changeCount];
  const read = await readRecords(open, records, knownVersions, 0);
  await store.change(
    (root, change) => {
      // Something was written since, perhaps an erasure: retry next time.
      if (store.changeCount === applied) putSegmentTexts(root, change, segment, textsOf(records, read));
    },
    { bulky: true },
  ); // may not use the room reserved for entries
}
