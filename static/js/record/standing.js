/**
 * What a record says now, seen from its versions: which one is shown, and whether the keeper has taken it out.
 *
 * Taking out is a version with no words in it. A record is out when no other version is the last word on any device, so
 * that words written elsewhere at the same moment bring it back rather than vanish with it.
 */
import { changesBetween, isTakenOut, kindOf, sealedAt, SETTLING_MS } from './told.js';
import { codesOf, textOf, wholeOf } from './reading.js';

export { isTakenOut };

/** @typedef {import('./told.js').Opened} Opened */
/** @typedef {import('./told.js').Change} Change */
/** @typedef {{shown: Opened, taken_out: number | null, reason: string, two: boolean}} Standing `two`: two devices wrote on from one version, and both stand */
/** @typedef {{version: string, at: number, kind: 'first' | 'addition' | 'amendment' | 'taken_out' | 'put_back', reason: string | null, changes: Change[]}} Step */

/** Versions that no other one of the list was written on from. @param {readonly Opened[]} versions */
function ends(versions) {
  const followed = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return versions.filter(({ version }) => !followed.has(version));
}

/**
 * @param {readonly Opened[]} versions in feed order, at least one
 * @returns {Standing}
 */
export function standing(versions) {
  const last = ends(versions);
  const alive = last.filter((version) => !isTakenOut(version));
  const outs = last.filter(isTakenOut);
  // Every version taken out and none before it: a broken app made it. It is shown empty rather than failing the list.
  const shown =
    alive.at(-1) ??
    versions.filter((version) => !isTakenOut(version)).at(-1) ??
    /** @type {Opened} */ (versions.at(-1));
  const out = alive.length || !outs.length ? null : /** @type {Opened} */ (outs.at(-1));
  return {
    shown,
    taken_out: out && wholeOf(out.fields, 'taken_out'),
    reason: out ? textOf(out.fields, 'reason') : '',
    two: alive.length > 1,
  };
}

/**
 * What each version did, oldest first. A version after a taking out is compared with the words that were taken out.
 * @param {readonly Opened[]} versions in feed order
 * @returns {Step[]}
 */
export function steps(versions) {
  const began = versions[0] ? sealedAt(versions[0]) : null;
  /** @type {Map<string, Opened>} */
  const words = new Map();
  /** @type {Set<string>} */
  const outs = new Set();
  /** @type {Opened | null} */
  let newest = null;
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

/** @param {number | null} began @param {number} at */
function isSettling(began, at) {
  return began !== null && Math.abs(at - began) <= SETTLING_MS;
}
