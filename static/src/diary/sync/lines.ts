/**
 * The lines of this keeper's other devices: whether something that was written on one of them is missing here.
 *
 * [Note: a line is a set] A device numbers what it writes from 1 without a gap, and each version names the commitment
 * before it. That says what there is, not when it came: after a server was put back to an older copy, what it lacked is
 * sent again behind what was written since. So a gap is judged when the feed has been read to its end, over all that is
 * here, and as often as something new came while one stands. A server that leaves a version out leaves its number out
 * with it, however it orders the rest, and the warning stays; what it puts in its place has to have the commitment that
 * the next version names. So only the version itself ends the warning.
 *
 * While versions come one after the other they are only counted on (`follow`), which is all that a feed in the usual
 * order needs.
 */
import { breaks } from '../../ledger/lines.js';
import { numbered } from '../../store/feed_numbers.js';
import type { Link } from '../../ledger/lines.js';
import type { Item } from '../../net/feed.js';
import type { Root } from '../../store/root.js';
import type { Open, Opened } from '../types.js';

/** Records read at once. */
const AT_ONCE = 256;

/**
 * Goes on along a device's line; what does not follow on is judged once the feed has been read to its end.
 * @param own this device
 * @returns whether this device's own line is further on than it knew: see [Note: a phone put back], resealing.js
 */
export function follow(root: Root, own: string, item: Item, opened: Opened | undefined): boolean {
  const line = opened?.fields?._line;
  if (!line || (opened as Opened).altered) {
    root.doubts = { ...root.doubts, altered: true };
    return false;
  }
  if (line.device === own) {
    // What waits here has numbers after those of the pages before: only what the server showed is held against this
    // one.
    if (line.n <= (root.put_back ?? root.line).n) return false;
    root.line = root.put_back = { n: line.n, prev: item.meta.c };
    return true;
  }
  const last = root.lines[line.device] ?? { n: 0, c: null };
  // Versions that were erased for good said whose line they stood on; as many as were met may be missing here.
  const missing = line.n - last.n - 1;
  if (missing > 0 && missing <= (root.blanks ?? 0)) (root.blanks as number) -= missing;
  else if (missing !== 0 || line.prev !== last.c) root.lines_unsure = true;
  if (line.n > last.n) root.lines[line.device] = { n: line.n, c: item.meta.c };
  return false;
}

/**
 * Says what is missing, and takes back what is not missing any more: see [Note: a line is a set].
 * @param open when the feed has been read to its end
 */
export async function judgeLines(open: Open) {
  const { store, identity } = open;
  const {
    doubts,
    lines_unsure,
    lines_judged,
    feed: { seq },
  } = store.root;
  if (!lines_unsure && !(doubts.line_gap && lines_judged !== seq)) return;
  const { links, blanks } = await linksHere(open, identity.device);
  const found = breaks(links);
  const missing = found.reduce((sum, { n, last, why }) => sum + (why === 'missing' ? last - n + 1 : 0), 0);
  const isGap = missing > blanks || found.some(({ why }) => why !== 'missing');
  await store.change((root) => {
    if (root.feed.seq !== seq) return; // something came meanwhile: the next run judges it all
    const { line_gap: _gap, ...others } = root.doubts;
    root.doubts = isGap ? { ...others, line_gap: true } : others;
    root.lines = topsOf(links);
    root.blanks = Math.max(0, blanks - missing);
    root.lines_judged = seq;
    delete root.lines_unsure;
  });
}

/**
 * The links of all other devices' versions that are here, numbered or waiting, and how many versions are only places
 * here, because they were erased for good: those said whose line they stood on.
 */
async function linksHere({ store, book }: Open, own: string): Promise<{ links: Link[]; blanks: number }> {
  const sent = await numbered(store, 1, store.root.feed.seq);
  const records = [...new Set([...sent.map(([, record]) => record), ...store.root.outbox.map(({ record }) => record)])];
  const links: Link[] = [];
  let blanks = 0;
  for (let from = 0; from < records.length; from += AT_ONCE) {
    const { metas, opened } = await book.readAgain(records.slice(from, from + AT_ONCE));
    for (const { v, c } of metas.flatMap(({ versions }) => versions)) {
      const line = opened.get(v)?.fields._line;
      if (!line) blanks += 1;
      else if (line.device !== own) links.push({ device: line.device, n: line.n, prev: line.prev, c });
    }
  }
  return { links, blanks };
}

/** How far each line goes. */
function topsOf(links: readonly Link[]): Record<string, { n: number; c: string }> {
  const tops: Record<string, { n: number; c: string }> = {};
  for (const { device, n, c } of links) if (n > (tops[device]?.n ?? 0)) tops[device] = { n, c };
  return tops;
}
