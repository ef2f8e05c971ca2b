/**
 * The lines of the keeper's other devices: detect versions of theirs that are missing here.
 *
 * [Note: a line is a set] A device numbers its versions from 1 without a gap, and each version names the commitment
 * of the one before. That says which versions exist, not when they arrive: after a server was restored from an older
 * copy, the versions it lost are sent again, after newer ones. So gaps are judged over everything stored here, when
 * the feed has been read to its end, and again after each arrival while a gap stands. A server that leaves a version
 * out leaves its number out too, however it orders the rest, and the warning stays. A substitute would need the
 * commitment that the next version names. So only the version itself ends the warning.
 *
 * [Note: a cleared phone's own line] A phone has its own versions, so nobody asks the server for them. A phone that was
 * cleared has only the count, and takes them from the server again. If the server was put back meanwhile to a copy from
 * before them, they may exist nowhere. So such a phone judges its own line too, up to the number that it counted.
 *
 * Versions that arrive in sequence only advance a counter (`advanceLine`). A feed in the usual order needs no more.
 */
import { findBreaks } from '../../ledger/lines.js';
import { readNumbers } from '../../store/feed_numbers.js';
import type { Link } from '../../ledger/lines.js';
import type { FeedItem } from '../../net/feed.js';
import type { Root } from '../../store/root.js';
import type { Open, Opened } from '../types.js';

/** Records read at once. */
const BATCH_SIZE = 256;

/**
 * Advance the line of the version's device. A version out of sequence is judged when the feed has been read to its
 * end.
 * @param ownDevice this device's id
 * @returns whether this device's own line is further than it recorded: see [Note: a phone put back], resealing.js
 */
export function advanceLine(root: Root, ownDevice: string, item: FeedItem, opened: Opened | undefined): boolean {
  const line = opened?.fields?._line;
  if (!line || (opened as Opened).altered) {
    root.doubts = { ...root.doubts, altered: true };
    return false;
  }
  if (line.device === ownDevice) {
    // Versions in the outbox are numbered after the earlier pages: compare only with what the server has shown.
    if (line.n <= (root.put_back ?? root.line).n) return false;
    root.line = root.put_back = { n: line.n, prev: item.meta.c };
    return true;
  }
  const lineEnd = root.lines[line.device] ?? { n: 0, c: null };
  // Erased versions do not show their line. As many versions as were erased may be missing from the lines here.
  const missing = line.n - lineEnd.n - 1;
  if (missing > 0 && missing <= (root.blanks ?? 0)) (root.blanks as number) -= missing;
  else if (missing !== 0 || line.prev !== lineEnd.c) root.lines_unsure = true;
  if (line.n > lineEnd.n) root.lines[line.device] = { n: line.n, c: item.meta.c };
  return false;
}

/**
 * Set or clear the warning about missing versions: see [Note: a line is a set].
 * @param open its feed has been read to its end
 */
export async function checkLines(open: Open) {
  const { store, identity } = open;
  const {
    doubts,
    lines_unsure,
    lines_judged,
    feed: { seq },
  } = store.root;
  if (!lines_unsure && !(doubts.line_gap && lines_judged !== seq)) return;
  const { links, own, blanks } = await readLinks(open, identity.device);
  const gaps = findBreaks(links);
  const ownNumbers = new Set(own);
  // See [Note: a cleared phone's own line].
  const ownMissing = store.root.cleared ? Math.max(0, store.root.line.n - ownNumbers.size) : 0;
  const missing = gaps.reduce((sum, { n, last, why }) => sum + (why === 'missing' ? last - n + 1 : 0), ownMissing);
  const isGap = missing > blanks || gaps.some(({ why }) => why !== 'missing');
  await store.change((root) => {
    if (root.feed.seq !== seq) return; // something arrived meanwhile: the next run judges it all
    const { line_gap: _gap, ...others } = root.doubts;
    root.doubts = isGap ? { ...others, line_gap: true } : others;
    root.lines = lineEndsOf(links);
    root.blanks = Math.max(0, blanks - missing);
    root.lines_judged = seq;
    delete root.lines_unsure;
  });
}

/**
 * Return the links of all stored versions of other devices, numbered or in the outbox; the numbers of this device's on
 * its line; and how many versions only have a number left because they were erased: their line is unknown.
 */
async function readLinks(
  { store, book }: Open,
  ownDevice: string,
): Promise<{ links: Link[]; own: number[]; blanks: number }> {
  const numberedVersions = await readNumbers(store, 1, store.root.feed.seq);
  const records = [
    ...new Set([...numberedVersions.map(([, record]) => record), ...store.root.outbox.map(({ record }) => record)]),
  ];
  const links: Link[] = [];
  const own: number[] = [];
  let blanks = 0;
  for (let from = 0; from < records.length; from += BATCH_SIZE) {
    const { metas, opened } = await book.readAgain(records.slice(from, from + BATCH_SIZE));
    for (const { v, c } of metas.flatMap(({ versions }) => versions)) {
      const line = opened.get(v)?.fields._line;
      if (!line) blanks += 1;
      else if (line.device === ownDevice) own.push(line.n);
      else links.push({ device: line.device, n: line.n, prev: line.prev, c });
    }
  }
  return { links, own, blanks };
}

/** Return the highest link of each line. */
function lineEndsOf(links: readonly Link[]): Record<string, { n: number; c: string }> {
  const lineEnds: Record<string, { n: number; c: string }> = {};
  for (const { device, n, c } of links) if (n > (lineEnds[device]?.n ?? 0)) lineEnds[device] = { n, c };
  return lineEnds;
}
