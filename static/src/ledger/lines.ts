/**
 * Lines: the sequence of versions from one device in a diary. Each version names the commitment of the previous one.
 * Python twin: diary/ledger/lines.py.
 */

/** The position of a version: number `n` (from 1) on `device`, b64 commitment `prev` of `n` - 1, own commitment `c` */
export type Link = { device: string; n: number; prev: string | null; c: string };
/** An invalid range of a line: numbers `n` to `last` of `device`. `last` differs from `n` only for missing numbers */
type LineFault = { device: string; n: number; last: number; why: 'missing' | 'twice' | 'altered' };

/**
 * Find every missing range, every duplicate number, and every version whose `prev` is not the previous commitment.
 * Arrival order does not matter: a line is checked as a set, from 1 to the highest number. Versions removed from its
 * end cannot be detected here.
 */
export function findBreaks(links: Iterable<Link>): LineFault[] {
  const result: LineFault[] = [];
  let [device, previousNumber, previousCommitment] = [null, 0, null] as [string | null, number, string | null];
  for (const link of [...links].sort(compareLinks)) {
    if (link.device !== device) [device, previousNumber, previousCommitment] = [link.device, 0, null];
    if (link.n === previousNumber) {
      result.push({ device, n: previousNumber, last: previousNumber, why: 'twice' });
      continue;
    }
    if (link.n > previousNumber + 1) result.push({ device, n: previousNumber + 1, last: link.n - 1, why: 'missing' });
    else if (link.n === previousNumber + 1 && link.prev !== previousCommitment)
      result.push({ device, n: link.n, last: link.n, why: 'altered' });
    [previousNumber, previousCommitment] = [link.n, link.c];
  }
  return result;
}

function compareLinks(left: Link, right: Link) {
  return compareText(left.device, right.device) || left.n - right.n || compareText(left.c, right.c);
}

function compareText(left: string, right: string) {
  return left === right ? 0 : left < right ? -1 : 1;
}
