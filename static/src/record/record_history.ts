/**
 * A record as told: its first version, its newest, and what came between; the twin of diary/record/versions.py.
 *
 * The first version is the last one sealed within ten minutes of the first save: a person correcting a slip
 * has not amended anything. After that a version that only adds is an addition, any other an amendment. Taking
 * out is a version without words. It is no amendment, and what was said before it still stands behind it.
 */
import { canonText } from '../core/encoding.js';
import { codesOf, isBlank, objectOf, textOf, wholeOf } from './reading.js';
import type { Json } from '../core/encoding.js';
import type { Fields } from './reading.js';

/** One opened version; `restricted` is empty when there is no such part. */
export type Opened = {
  record: string;
  version: string;
  kind: string;
  fields: Fields;
  restricted: Fields;
};
/** The words of a version */
type Said = Pick<Opened, 'fields' | 'restricted'>;
/** Values as stored, null where there was nothing */
export type Change = { field: string; old: Json; new: Json };
export type Revision = {
  version: string;
  at: number | null;
  kind: 'addition' | 'amendment';
  changes: Change[];
  reason: string;
};
/** `taken_out`: when the keeper took it out, ms UTC; null while it stands. `newest` then holds the words taken out. */
export type Told = { record: string; first: Opened; newest: Opened; revisions: Revision[]; taken_out: number | null };

export const SETTLING_MS = 600_000;
const DAY_MS = 86_400_000;
/** Bookkeeping that says nothing about what happened: never counted as a change. */
const QUIET = new Set(['assisted', 'cards_opened', 'reason', 'include_in_pack', 'start_with_this', 'looked_at']);
/** Years 1900 to 2200: an instant outside them is a broken clock and counts as not given. */
const EARLIEST_MS = -2_208_988_800_000;
const LATEST_MS = 7_258_118_400_000;

/** @returns the instant, when a calendar can hold it */
export function possible(ms: number | null): number | null {
  return ms !== null && ms >= EARLIEST_MS && ms < LATEST_MS ? ms : null;
}

/**
 * When a version was sealed, by the device's clock.
 * @returns ms UTC
 */
export function sealedAt(version: Pick<Opened, 'fields'>): number | null {
  return possible(wholeOf(objectOf(version.fields, '_clock'), 'utc'));
}

/** @returns every field; names of the two parts never collide */
export function everything(version: Said): Fields {
  return { ...version.fields, ...version.restricted };
}

/** Whether a version says only that the record was taken out. */
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

/** A field of a newer app may be called what every object has, as `constructor`. */
const own = (fields: Fields, name: string): Json => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

const isSame = (a: Json, b: Json) => canonText(a) === canonText(b);

/** Whether nothing that was said before has gone. */
function onlyAdds({ old, new: now }: Change): boolean {
  if (isBlank(old)) return true;
  if (typeof old === 'string' && typeof now === 'string') return now.startsWith(old);
  if (Array.isArray(old) && Array.isArray(now)) return old.every((one) => now.some((other) => isSame(one, other)));
  return false;
}

/** Every telling field that differs, in order of name. */
export function changesBetween(before: Said, after: Said): Change[] {
  const was = everything(before);
  const now = everything(after);
  return [...new Set([...Object.keys(was), ...Object.keys(now)])]
    .sort()
    .filter((name) => !name.startsWith('_') && !QUIET.has(name))
    .map((name) => ({ field: name, old: own(was, name), new: own(now, name) }))
    .filter((change) => !isSame(change.old, change.new) && !(isBlank(change.old) && isBlank(change.new)));
}

/** What a step from one version to the next is, once words are fixed; null when it says nothing new. */
export function kindOf(changes: Change[]): 'addition' | 'amendment' | null {
  if (!changes.length) return null;
  return changes.every(onlyAdds) ? 'addition' : 'amendment';
}

/** One record from its versions in feed order; at least one. */
export function tell(versions: readonly Opened[]): Told {
  const spoken = versions.filter((version) => !isTakenOut(version));
  const words = spoken.length ? spoken : versions;
  const first = settledOf(words, sealedAt(versions[0] as Opened));
  const behind: Map<string, Opened> = new Map();
  const revisions: Revision[] = [];
  let newest = words[0] as Opened;
  let isFixed = false;
  for (const version of versions) {
    // Two devices may both have written on from one version; each is compared with what its keeper saw.
    const parent = codesOf(version.fields, '_parents').find((id) => behind.has(id));
    const before = parent === undefined ? newest : (behind.get(parent) as Opened);
    if (isTakenOut(version) && version !== first) {
      // Whoever writes on from a taking out writes on from the words behind it.
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
 * The last version sealed while a slip could still be corrected; none that came after one sealed later counts: whoever
 * puts a clock back does not get the ten minutes a second time.
 */
function settledOf(words: readonly Opened[], began: number | null): Opened {
  const later = words.findIndex((version) => {
    const at = sealedAt(version);
    return began === null || at === null || at < began || at > began + SETTLING_MS;
  });
  return words[Math.max(0, (later < 0 ? words.length : later) - 1)] as Opened;
}

/**
 * Which version is shown, and when the record was taken out. It is out when no version is the last word on any
 * device but takings out: words written elsewhere at the same moment bring it back rather than vanish with it.
 */
function standingOf(versions: readonly Opened[], newest: Opened): { newest: Opened; taken_out: number | null } {
  const followed = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  const last = versions.filter(({ version }) => !followed.has(version));
  const alive = last.filter((version) => !isTakenOut(version)).at(-1);
  const out = last.at(-1);
  if (alive || !out) return { newest: alive ?? newest, taken_out: null };
  return { newest, taken_out: wholeOf(out.fields, 'taken_out') };
}

/** Every record of a kind, in the order of their earliest versions. */
export function tellAll(versions: Iterable<Opened>, kind: string): Told[] {
  const grouped: Map<string, Opened[]> = new Map();
  for (const version of versions) {
    if (version.kind === kind) grouped.set(version.record, [...(grouped.get(version.record) ?? []), version]);
  }
  return [...grouped.values()].map(tell);
}

/**
 * From the end of what happened to the first sealing; null when either is unknown.
 * @returns ms
 */
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
 * Whether an incident was written down later than a day after, or from memory, or copied. Who calls it soon after has
 * said so, and stands in its row; the count is of what the clock shows as well.
 */
export function isLate(told: Told): boolean {
  return !['', 'contemporaneous'].includes(textOf(told.newest.fields, 'entry_kind')) || (delayOf(told) ?? 0) > DAY_MS;
}
