/**
 * Open again the versions that an earlier release marked as altered because it opened them with the wrong keys: they
 * arrived between signing in with new keys and having those keys (see [Note: two sets of keys], rotating.js). The
 * bytes are right and the keys are here now. What opens and matches is stored as if it had come today. What does not
 * stays altered, and so does the warning.
 */
import { ALTERED, putNumbers, readNumbers, withFacts } from '../../store/feed_numbers.js';
import { rewriteRows, applyItem, queueDownloads } from './apply_feed.js';
import type { NumberedVersion } from '../../store/feed_numbers.js';
import type { Open } from '../types.js';

/** Run once per diary on this phone, when the feed has been read to its end. */
export async function reopenAltered(open: Open) {
  const { store, book, identity } = open;
  const { doubts, reopened, rewrap } = store.root;
  if (!doubts.altered || reopened || rewrap) return;
  const { seq } = store.root.feed;
  const altered = (await readNumbers(store, 1, seq)).filter(([, , , , , , state = 0]) => state & ALTERED);
  await store.change(async (root, change) => {
    if (root.feed.seq !== seq || open.identity !== identity) return; // something arrived: left to the next run
    root.reopened = true;
    const batch = book.batch(root, change);
    const incidents: Set<string> = new Set();
    const repaired: NumberedVersion[] = [];
    for (const [itemSeq, record, version, c, env] of altered) {
      const meta = structuredClone(await book.meta(record, batch));
      const facts = meta?.versions.find(({ v }) => v === version);
      const stored = await store.read(`v/${version}`);
      if (!meta || !facts || !stored) continue;
      book.seen.delete(version);
      await book.open([{ record, version, push: stored.bytes }]);
      const opened = book.seen.get(version);
      if (!opened || opened.altered) continue;
      delete facts.altered;
      batch.metas.set(record, meta);
      const { parents, receipt, checked = true } = facts;
      const incident = await applyItem(batch, book, {
        record,
        version,
        seq: itemSeq,
        at: facts.at,
        receipt,
        checked,
        push: stored.bytes,
        meta: { parents, c },
      });
      await queueDownloads(root, store, null, opened);
      if (incident) incidents.add(incident);
      repaired.push(withFacts([itemSeq, record, version, c, env], { at: facts.at, checked, altered: false }));
    }
    if (!repaired.length) return;
    await putNumbers(store, change, repaired);
    root.lines_unsure = true;
    if (repaired.length === altered.length) {
      const { altered: _altered, ...others } = root.doubts;
      root.doubts = others;
    }
    await rewriteRows(batch, open, [...incidents], null);
  });
}
