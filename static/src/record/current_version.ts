/**
 * The current state of a record, from its versions: which version is shown, and whether the keeper has taken the
 * record out.
 *
 * Taking out is a version without text. A record is out only if every device's latest version is a taking out, so
 * text written elsewhere at the same moment brings it back rather than vanishing with it.
 */
import { changesBetween, isTakenOut, kindOf, sealedAt, SETTLING_MS } from './record_history.js';
import { codesOf, textOf, wholeOf } from './reading.js';
import type { Change, Opened } from './record_history.js';

export { isTakenOut };

/** `two`: two devices wrote on from one version, and both results stand */
type Standing<T extends Opened> = { shown: T; taken_out: number | null; reason: string; two: boolean };
type Step = {
  version: string;
  at: number;
  kind: 'first' | 'addition' | 'amendment' | 'taken_out' | 'put_back';
  reason: string | null;
  changes: Change[];
};

/** Return the versions that have no successor in the list. */
function ends<T extends Opened>(versions: readonly T[]) {
  const followed = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return versions.filter(({ version }) => !followed.has(version));
}

/** @param versions in feed order, at least one */
export function standing<T extends Opened>(versions: readonly T[]): Standing<T> {
  const last = ends(versions);
  const alive = last.filter((version) => !isTakenOut(version));
  const outs = last.filter(isTakenOut);
  // Only taken-out versions: a faulty app made this. Show it empty rather than failing the list.
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
 * Return what each version did, oldest first. A version after a taking out is compared with the text that was taken
 * out.
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
