/**
 * Lines: the dense link of one device's versions in a diary, each naming the commitment before it. The twin of
 * diary/ledger/lines.py.
 */

/** One version's place: `n` from 1 on `device`, `prev` the b64 commitment before it, `c` its own */
export type Link = { device: string; n: number; prev: string | null; c: string };
/** Where a line does not hold: `n` to `last` of `device`; `last` is `n` but for numbers that are missing */
type Break = { device: string; n: number; last: number; why: 'missing' | 'twice' | 'altered' };

/**
 * Every run of numbers missing, every number given twice, and every one whose `prev` is not the commitment before it.
 * The order in which versions came says nothing: a line is judged as a set, from 1 to the highest number. What was
 * taken off its end cannot be told from here.
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
