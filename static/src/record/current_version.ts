/**
 * The current state of a record, from its versions: which version is shown, and whether the keeper has taken the
 * record out.
 *
 * Taking out is a version without text. A record is out only if every device's latest version is a taking out, so
 * text written elsewhere at the same moment brings it back rather than vanishing with it.
 */
import { SETTLING_MS } from '../core/constants.js';
import { changesBetween, isTakenOut, classifyChanges, sealedAt } from './record_history.js';
import { codesOf, textOf, integerOf } from './reading.js';
import type { FieldChange, OpenedVersion } from './record_history.js';

export { isTakenOut };

/** `two`: two devices wrote on from one version, and both results stand */
type CurrentVersion<T extends OpenedVersion> = { shown: T; taken_out: number | null; reason: string; two: boolean };
type VersionStep = {
  version: string;
  at: number;
  kind: 'first' | 'addition' | 'amendment' | 'taken_out' | 'put_back';
  reason: string | null;
  changes: FieldChange[];
};

/** Return the versions that have no successor in the list. */
function headsOf<T extends OpenedVersion>(versions: readonly T[]) {
  const parents = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return versions.filter(({ version }) => !parents.has(version));
}

/** @param versions in feed order, at least one */
export function currentVersionOf<T extends OpenedVersion>(versions: readonly T[]): CurrentVersion<T> {
  const heads = headsOf(versions);
  const activeHeads = heads.filter((version) => !isTakenOut(version));
  const takenOutHeads = heads.filter(isTakenOut);
  // Only taken-out versions: a faulty app made this. Show it empty rather than failing the list.
  const shown =
    activeHeads.at(-1) ?? versions.filter((version) => !isTakenOut(version)).at(-1) ?? (versions.at(-1) as T);
  const takenOut = activeHeads.length || !takenOutHeads.length ? null : (takenOutHeads.at(-1) as T);
  return {
    shown,
    taken_out: takenOut && integerOf(takenOut.fields, 'taken_out'),
    reason: takenOut ? textOf(takenOut.fields, 'reason') : '',
    two: activeHeads.length > 1,
  };
}

/**
 * Return the ids of an entry's files. Where two devices changed it at once, these are the files of both, the shown
 * version's first: which text is right is the keeper's decision, but until then no file may seem to be gone.
 * @param versions in feed order, at least one
 */
export function filesOf(versions: readonly OpenedVersion[]): string[] {
  const { shown } = currentVersionOf(versions);
  const active = headsOf(versions).filter((version) => !isTakenOut(version));
  return [...new Set([shown, ...active].flatMap(({ fields }) => codesOf(fields, 'attachment_ids')))];
}

/**
 * Return what each version did, oldest first. A version after a taking out is compared with the text that was taken
 * out.
 * @param versions in feed order
 */
export function stepsOf(versions: readonly OpenedVersion[]): VersionStep[] {
  const startedAt = versions[0] ? sealedAt(versions[0]) : null;
  const textBehind: Map<string, OpenedVersion> = new Map();
  const takenOut: Set<string> = new Set();
  let newest: OpenedVersion | null = null;
  return versions.map((version) => {
    const at = sealedAt(version) ?? 0;
    const reason = textOf(version.fields, 'reason') || null;
    const parent = codesOf(version.fields, '_parents')[0] ?? '';
    const previous = textBehind.get(parent) ?? newest;
    if (isTakenOut(version)) {
      takenOut.add(version.version);
      if (previous) textBehind.set(version.version, previous);
      return { version: version.version, at, kind: 'taken_out', reason, changes: [] };
    }
    textBehind.set(version.version, version);
    const changes = previous ? changesBetween(previous, version) : [];
    newest = version;
    const kind = takenOut.has(parent)
      ? 'put_back'
      : !previous || isCorrection(startedAt, at)
        ? 'first'
        : (classifyChanges(changes) ?? 'addition');
    return { version: version.version, at, kind, reason, changes };
  });
}

function isCorrection(startedAt: number | null, at: number) {
  return startedAt !== null && Math.abs(at - startedAt) <= SETTLING_MS;
}
