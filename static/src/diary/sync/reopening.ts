/**
 * Open again the versions that an earlier release marked as altered because it opened them with the wrong keys: they
 * arrived between signing in with new keys and having those keys (see [Note: two sets of keys], rotating.js). The
 * bytes are right and the keys are here now. What opens and matches is stored as if it had come today. What does not
 * stays altered, and so does the warning.
 */
import { ALTERED, number, numbered, withFacts } from '../../store/feed_numbers.js';
import { rows, takeItem, wantFiles } from './apply_feed.js';
import type { Numbered } from '../../store/feed_numbers.js';
import type { Open } from '../types.js';

/** Run once per diary on this phone, when the feed has been read to its end. */
export async function reopen(open: Open) {
  const { store, book, identity } = open;
  const { doubts, reopened, rewrap } = store.root;
  if (!doubts.altered || reopened || rewrap) return;
  const { seq } = store.root.feed;
  const doubted = (await numbered(store, 1, seq)).filter(([, , , , , , state = 0]) => state & ALTERED);
  await store.change(async (root, change) => {
    if (root.feed.seq !== seq || open.identity !== identity) return; // something arrived: left to the next run
    root.reopened = true;
    const batch = book.batch(root, change);
    const incidents: Set<string> = new Set();
    const healed: Numbered[] = [];
    for (const [at, record, version, c, env] of doubted) {
      const meta = structuredClone(await book.meta(record, batch));
      const facts = meta?.versions.find(({ v }) => v === version);
      const held = await store.read(`v/${version}`);
      if (!meta || !facts || !held) continue;
      book.seen.delete(version);
      await book.open([{ record, version, push: held.bytes }]);
      const opened = book.seen.get(version);
      if (!opened || opened.altered) continue;
      delete facts.altered;
      batch.metas.set(record, meta);
      const { parents, receipt, checked = true } = facts;
      const of = await takeItem(batch, book, {
        record,
        version,
        seq: at,
        at: facts.at,
        receipt,
        checked,
        push: held.bytes,
        meta: { parents, c },
      });
      await wantFiles(root, store, null, opened);
      if (of) incidents.add(of);
      healed.push(withFacts([at, record, version, c, env], { at: facts.at, checked, altered: false }));
    }
    if (!healed.length) return;
    await number(store, change, healed);
    root.lines_unsure = true;
    if (healed.length === doubted.length) {
      const { altered: _altered, ...others } = root.doubts;
      root.doubts = others;
    }
    await rows(batch, open, [...incidents], null);
  });
}
