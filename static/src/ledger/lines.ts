/**
 * Lines: the sequence of versions from one device in a diary. Each version names the commitment of the previous one.
 * Python twin: diary/ledger/lines.py.
 */

/** The position of a version: number `n` (from 1) on `device`, b64 commitment `prev` of `n` - 1, own commitment `c` */
export type Link = { device: string; n: number; prev: string | null; c: string };
/** An invalid range of a line: numbers `n` to `last` of `device`. `last` differs from `n` only for missing numbers */
type Break = { device: string; n: number; last: number; why: 'missing' | 'twice' | 'altered' };

/**
 * Find every missing range, every duplicate number, and every version whose `prev` is not the previous commitment.
 * Arrival order does not matter: a line is checked as a set, from 1 to the highest number. Versions removed from its
 * end cannot be detected here.
 */
export function breaks(links: Iterable<Link>): Break[] {
  const found: Break[] = [];
  let [device, n, c] = [null, 0, null] as [string | null, number, string | null];
  for (const link of [...links].sort(alongLines)) {
    if (link.device !== device) [device, n, c] = [link.device, 0, null];
    if (link.n === n) {
      found.push({ device, n, last: n, why: 'twice' });
      continue;
    }
    if (link.n > n + 1) found.push({ device, n: n + 1, last: link.n - 1, why: 'missing' });
    else if (link.n === n + 1 && link.prev !== c) found.push({ device, n: link.n, last: link.n, why: 'altered' });
    [n, c] = [link.n, link.c];
  }
  return found;
}

function alongLines(a: Link, b: Link) {
  return compare(a.device, b.device) || a.n - b.n || compare(a.c, b.c);
}

function compare(a: string, b: string) {
  return a === b ? 0 : a < b ? -1 : 1;
}
