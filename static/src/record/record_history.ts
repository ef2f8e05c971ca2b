/**
 * The history of a record: its first version, its newest, and the revisions between; twin of
 * diary/record/versions.py.
 *
 * The first version is the last one sealed within ten minutes of the first save: correcting a slip is not an
 * amendment. After that a version that only adds is an addition, any other an amendment. Taking out is a version
 * without text. It is not an amendment, and the earlier text still stands behind it.
 */
import { canonText } from '../core/encoding.js';
import { codesOf, isBlank, objectOf, textOf, wholeOf } from './reading.js';
import type { Json } from '../core/encoding.js';
import type { Fields } from './reading.js';

/** One opened version; `restricted` is empty if there is no such part. */
export type Opened = {
  record: string;
  version: string;
  kind: string;
  fields: Fields;
  restricted: Fields;
};
/** The content of a version */
type Said = Pick<Opened, 'fields' | 'restricted'>;
/** Values as stored, null if there was none */
export type Change = { field: string; old: Json; new: Json };
export type Revision = {
  version: string;
  at: number | null;
  kind: 'addition' | 'amendment';
  changes: Change[];
  reason: string;
};
/** `taken_out`: when the keeper took it out, ms UTC; null while it stands. `newest` then holds the text taken out. */
export type Told = { record: string; first: Opened; newest: Opened; revisions: Revision[]; taken_out: number | null };

export const SETTLING_MS = 600_000;
const DAY_MS = 86_400_000;
/** Bookkeeping fields that do not describe what happened: never counted as a change. */
const QUIET = new Set(['assisted', 'cards_opened', 'reason', 'include_in_pack', 'start_with_this', 'looked_at']);
/** Years 1900 to 2200: an instant outside them comes from a faulty clock and counts as missing. */
const EARLIEST_MS = -2_208_988_800_000;
const LATEST_MS = 7_258_118_400_000;

/** @returns the instant, or null if it is out of range */
export function possible(ms: number | null): number | null {
  return ms !== null && ms >= EARLIEST_MS && ms < LATEST_MS ? ms : null;
}

/** Return when a version was sealed, by the device's clock, ms UTC. */
export function sealedAt(version: Pick<Opened, 'fields'>): number | null {
  return possible(wholeOf(objectOf(version.fields, '_clock'), 'utc'));
}

/** Return the fields of both parts; their names never collide. */
export function everything(version: Said): Fields {
  return { ...version.fields, ...version.restricted };
}

/** Tell whether a version only records that the record was taken out. */
export function isTakenOut({ fields, restricted }: { fields: Fields; restricted?: Fields | null }) {
  const own = Object.keys(fields).filter(
    (name) => !name.startsWith('_') && fields[name] !== null && fields[name] !== undefined,
  );
  return (
    wholeOf(fields, 'taken_out') !== null &&
    own.every((name) => name === 'taken_out' || name === 'reason') &&
    !Object.keys(restricted ?? {}).length
  );
}

/** A field of a newer app may be named like an inherited property, such as `constructor`. */
const own = (fields: Fields, name: string): Json => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

const isSame = (a: Json, b: Json) => canonText(a) === canonText(b);

/** Tell whether nothing that was there before has gone. */
function onlyAdds({ old, new: now }: Change): boolean {
  if (isBlank(old)) return true;
  if (typeof old === 'string' && typeof now === 'string') return now.startsWith(old);
  if (Array.isArray(old) && Array.isArray(now)) return old.every((one) => now.some((other) => isSame(one, other)));
  return false;
}

/** Return every meaningful field that differs, ordered by name. */
export function changesBetween(before: Said, after: Said): Change[] {
  const was = everything(before);
  const now = everything(after);
  return [...new Set([...Object.keys(was), ...Object.keys(now)])]
    .sort()
    .filter((name) => !name.startsWith('_') && !QUIET.has(name))
    .map((name) => ({ field: name, old: own(was, name), new: own(now, name) }))
    .filter((change) => !isSame(change.old, change.new) && !(isBlank(change.old) && isBlank(change.new)));
}

/** Classify the step from one version to the next, after the first ten minutes; null if nothing changed. */
export function kindOf(changes: Change[]): 'addition' | 'amendment' | null {
  if (!changes.length) return null;
  return changes.every(onlyAdds) ? 'addition' : 'amendment';
}

/** Build the history of one record from its versions in feed order; at least one. */
export function tell(versions: readonly Opened[]): Told {
  const spoken = versions.filter((version) => !isTakenOut(version));
  const words = spoken.length ? spoken : versions;
  const first = settledOf(words, sealedAt(versions[0] as Opened));
  const behind: Map<string, Opened> = new Map();
  const revisions: Revision[] = [];
  let newest = words[0] as Opened;
  let isFixed = false;
  for (const version of versions) {
    // Two devices may both have written on from one version; compare each with what its keeper saw.
    const parent = codesOf(version.fields, '_parents').find((id) => behind.has(id));
    const before = parent === undefined ? newest : (behind.get(parent) as Opened);
    if (isTakenOut(version) && version !== first) {
      // A version that follows a taking out follows the text behind it.
      behind.set(version.version, before);
      continue;
    }
    const changes = isFixed ? changesBetween(before, version) : [];
    const kind = kindOf(changes);
    if (kind) {
      revisions.push({
        version: version.version,
        at: sealedAt(version),
        kind,
        changes,
        reason: textOf(version.fields, 'reason'),
      });
    }
    isFixed = isFixed || version === first;
    behind.set(version.version, version);
    newest = version;
  }
  return { record: first.record, first, revisions, ...standingOf(versions, newest) };
}

/**
 * Return the last version sealed while a slip could still be corrected. None after a version sealed later counts:
 * setting a clock back does not give the ten minutes a second time.
 */
function settledOf(words: readonly Opened[], began: number | null): Opened {
  const later = words.findIndex((version) => {
    const at = sealedAt(version);
    return began === null || at === null || at < began || at > began + SETTLING_MS;
  });
  return words[Math.max(0, (later < 0 ? words.length : later) - 1)] as Opened;
}

/**
 * Return which version is shown, and when the record was taken out. It is out only if every device's latest version
 * is a taking out: text written elsewhere at the same moment brings it back rather than vanishing with it.
 */
function standingOf(versions: readonly Opened[], newest: Opened): { newest: Opened; taken_out: number | null } {
  const followed = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  const last = versions.filter(({ version }) => !followed.has(version));
  const alive = last.filter((version) => !isTakenOut(version)).at(-1);
  const out = last.at(-1);
  if (alive || !out) return { newest: alive ?? newest, taken_out: null };
  return { newest, taken_out: wholeOf(out.fields, 'taken_out') };
}

/** Build the history of every record of a kind, in the order of their earliest versions. */
export function tellAll(versions: Iterable<Opened>, kind: string): Told[] {
  const grouped: Map<string, Opened[]> = new Map();
  for (const version of versions) {
    if (version.kind === kind) grouped.set(version.record, [...(grouped.get(version.record) ?? []), version]);
  }
  return [...grouped.values()].map(tell);
}

/** Return the ms from the end of what happened to the first sealing; null if either is unknown. */
export function delayOf(told: Told): number | null {
  const said = told.newest.fields;
  const start = possible(wholeOf(said, 'occurred_start'));
  const end = possible(wholeOf(said, 'occurred_end'));
  const written = sealedAt(told.first);
  if (start === null || written === null || textOf(said, 'precision') === 'unknown') return null;
  // A day, or a part of one, may not be over when it is written down: that is no delay.
  return end === null ? written - start : Math.max(written - end, 0);
}

/**
 * Tell whether an incident was written down more than a day later, from memory, or copied. The keeper's own statement
 * that it was soon after is shown in its row, but a longer delay by the clock still counts as late.
 */
export function isLate(told: Told): boolean {
  return !['', 'contemporaneous'].includes(textOf(told.newest.fields, 'entry_kind')) || (delayOf(told) ?? 0) > DAY_MS;
}
