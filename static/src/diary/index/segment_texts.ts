/**
 * Store the text of the listed versions next to the list (store/segment_texts.js), for every full segment, when
 * nothing else is to be done. If stopped half-way (by a lock), it continues at the next unlock.
 */
import { ROWS } from '../../store/index.js';
import { putSaid } from '../../store/segment_texts.js';
import { saidOf } from './listing.js';
import { readSome, toldOf } from './rebuild.js';
import type { Context, Open } from '../types.js';

export async function keepSaid(ctx: Context, open: Open) {
  const { index } = open;
  await index.whole();
  if (ctx.open !== open || index.differs || index.keeping || !lacking(open).length) return;
  index.keeping = true; // and stays set where there is no room: the next unlock may find some
  const told = await toldOf(open);
  for (const segment of lacking(open)) {
    if (ctx.open !== open || index.differs) break;
    await keepOne(open, segment, told);
  }
  index.keeping = false;
}

/** Return the full segments without stored text, newest first. */
function lacking({ index, store }: Open): number[] {
  const there = new Set(store.root.said ?? []);
  return [...index.segments.keys()]
    .filter((segment) => index.segments[segment]?.length === ROWS && !there.has(segment))
    .reverse();
}

async function keepOne(open: Open, segment: number, told: Awaited<ReturnType<typeof toldOf>>) {
  const { index, store } = open;
  const [records, applied] = [index.segments[segment] ?? [], store.applied];
  const read = await readSome(open, records, told, 0);
  await store.change(
    (root, change) => {
      // Something was written since, perhaps an erasure: retry next time.
      if (store.applied === applied) putSaid(root, change, segment, saidOf(records, read));
    },
    { bulky: true },
  ); // may not use the room reserved for entries
}
