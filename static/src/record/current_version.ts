/**
 * What a record says now, seen from its versions: which one is shown, and whether the keeper has taken it out.
 *
 * Taking out is a version with no words in it. A record is out when no other version is the last word on any device, so
 * that words written elsewhere at the same moment bring it back rather than vanish with it.
 */
import { changesBetween, isTakenOut, kindOf, sealedAt, SETTLING_MS } from './record_history.js';
import { codesOf, textOf, wholeOf } from './reading.js';
import type { Change, Opened } from './record_history.js';

export { isTakenOut };

/** `two`: two devices wrote on from one version, and both stand */
type Standing<T extends Opened> = { shown: T; taken_out: number | null; reason: string; two: boolean };
type Step = {
  version: string;
  at: number;
  kind: 'first' | 'addition' | 'amendment' | 'taken_out' | 'put_back';
  reason: string | null;
  changes: Change[];
};

/** Versions that no other one of the list was written on from. */
function ends<T extends Opened>(versions: readonly T[]) {
  const followed = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return versions.filter(({ version }) => !followed.has(version));
}

/** @param versions in feed order, at least one */
export function standing<T extends Opened>(versions: readonly T[]): Standing<T> {
  const last = ends(versions);
  const alive = last.filter((version) => !isTakenOut(version));
  const outs = last.filter(isTakenOut);
  // Every version taken out and none before it: a broken app made it. It is shown empty rather than failing the list.
  const shown = alive.at(-1) ?? versions.filter((version) => !isTakenOut(version)).at(-1) ?? (versions.at(-1) as T);
  const out = alive.length || !outs.length ? null : (outs.at(-1) as T);
  return {
    shown,
    taken_out: out && wholeOf(out.fields, 'taken_out'),
    reason: out ? textOf(out.fields, 'reason') : '',
    two: alive.length > 1,
  };
}

/**
 * What each version did, oldest first. A version after a taking out is compared with the words that were taken out.
 * @param versions in feed order
 */
export function steps(versions: readonly Opened[]): Step[] {
  const began = versions[0] ? sealedAt(versions[0]) : null;
  const words: Map<string, Opened> = new Map();
  const outs: Set<string> = new Set();
  let newest: Opened | null = null;
  return versions.map((version) => {
    const at = sealedAt(version) ?? 0;
    const reason = textOf(version.fields, 'reason') || null;
    const parent = codesOf(version.fields, '_parents')[0] ?? '';
    const before = words.get(parent) ?? newest;
    if (isTakenOut(version)) {
      outs.add(version.version);
      if (before) words.set(version.version, before);
      return { version: version.version, at, kind: 'taken_out', reason, changes: [] };
    }
    words.set(version.version, version);
    const changes = before ? changesBetween(before, version) : [];
    newest = version;
    const kind = outs.has(parent)
      ? 'put_back'
      : !before || isSettling(began, at)
        ? 'first'
        : (kindOf(changes) ?? 'addition');
    return { version: version.version, at, kind, reason, changes };
  });
}

function isSettling(began: number | null, at: number) {
  return began !== null && Math.abs(at - began) <= SETTLING_MS;
}
