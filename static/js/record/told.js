/**
 * A record as told: its first version, its newest, and what came between; the twin of diary/record/versions.py.
 *
 * The first version is the last one sealed within ten minutes of the first save: a person correcting a slip
 * has not amended anything. After that a version that only adds is an addition, any other an amendment. Taking
 * out is a version without words. It is no amendment, and what was said before it still stands behind it.
 */
import { canonText } from '../core/encoding.js';
import { codesOf, isBlank, objectOf, textOf, wholeOf } from './reading.js';

/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {import('./reading.js').Fields} Fields */

/**
 * One opened version; `restricted` is empty when there is no such part.
 * @typedef {object} Opened
 * @property {string} record
 * @property {string} version
 * @property {string} kind
 * @property {Fields} fields
 * @property {Fields} restricted
 */
/** @typedef {{field: string, old: Json, new: Json}} Change values as stored, null where there was nothing */
/** @typedef {{version: string, at: number | null, kind: 'addition' | 'amendment', changes: Change[], reason: string}} Revision */
/**
 * `taken_out`: when the keeper took it out, ms UTC; null while it stands. `newest` then holds the words taken out.
 * @typedef {{record: string, first: Opened, newest: Opened, revisions: Revision[], taken_out: number | null}} Told
 */

export const SETTLING_MS = 600_000;
const DAY_MS = 86_400_000;
/** Bookkeeping that says nothing about what happened: never counted as a change. */
const QUIET = new Set(['assisted', 'cards_opened', 'reason', 'include_in_pack', 'start_with_this', 'looked_at']);
/** Years 1900 to 2200: an instant outside them is a broken clock and counts as not given. */
const EARLIEST_MS = -2_208_988_800_000;
const LATEST_MS = 7_258_118_400_000;

/** @param {number | null} ms @returns {number | null} the instant, when a calendar can hold it */
export function possible(ms) {
  return ms !== null && ms >= EARLIEST_MS && ms < LATEST_MS ? ms : null;
}

/**
 * When a version was sealed, by the device's clock.
 * @param {Opened} version
 * @returns {number | null} ms UTC
 */
export function sealedAt(version) {
  return possible(wholeOf(objectOf(version.fields, '_clock'), 'utc'));
}

/** @param {Opened} version @returns {Fields} every field; names of the two parts never collide */
export function everything(version) {
  return { ...version.fields, ...version.restricted };
}

/**
 * Whether a version says only that the record was taken out.
 * @param {{fields: Fields, restricted?: Fields | null}} version
 */
export function isTakenOut({ fields, restricted }) {
  const own = Object.keys(fields).filter(
    (name) => !name.startsWith('_') && fields[name] !== null && fields[name] !== undefined,
  );
  return (
    wholeOf(fields, 'taken_out') !== null &&
    own.every((name) => name === 'taken_out' || name === 'reason') &&
    !Object.keys(restricted ?? {}).length
  );
}

/**
 * A field of a newer app may be called what every object has, as `constructor`.
 * @param {Fields} fields
 * @param {string} name
 * @returns {Json}
 */
const own = (fields, name) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

/** @param {Json} a @param {Json} b */
const isSame = (a, b) => canonText(a) === canonText(b);

/**
 * Whether nothing that was said before has gone.
 * @param {Change} change
 * @returns {boolean}
 */
function onlyAdds({ old, new: now }) {
  if (isBlank(old)) return true;
  if (typeof old === 'string' && typeof now === 'string') return now.startsWith(old);
  if (Array.isArray(old) && Array.isArray(now)) return old.every((one) => now.some((other) => isSame(one, other)));
  return false;
}

/**
 * Every telling field that differs, in order of name.
 * @param {Opened} before
 * @param {Opened} after
 * @returns {Change[]}
 */
export function changesBetween(before, after) {
  const was = everything(before);
  const now = everything(after);
  return [...new Set([...Object.keys(was), ...Object.keys(now)])]
    .sort()
    .filter((name) => !name.startsWith('_') && !QUIET.has(name))
    .map((name) => ({ field: name, old: own(was, name), new: own(now, name) }))
    .filter((change) => !isSame(change.old, change.new) && !(isBlank(change.old) && isBlank(change.new)));
}

/**
 * What a step from one version to the next is, once words are fixed; null when it says nothing new.
 * @param {Change[]} changes
 * @returns {'addition' | 'amendment' | null}
 */
export function kindOf(changes) {
  if (!changes.length) return null;
  return changes.every(onlyAdds) ? 'addition' : 'amendment';
}

/**
 * One record from its versions in feed order; at least one.
 * @param {readonly Opened[]} versions
 * @returns {Told}
 */
export function tell(versions) {
  const spoken = versions.filter((version) => !isTakenOut(version));
  const words = spoken.length ? spoken : versions;
  const first = settledOf(words, sealedAt(/** @type {Opened} */ (versions[0])));
  /** @type {Map<string, Opened>} */ const behind = new Map();
  /** @type {Revision[]} */ const revisions = [];
  let newest = /** @type {Opened} */ (words[0]);
  let isFixed = false;
  for (const version of versions) {
    // Two devices may both have written on from one version; each is compared with what its keeper saw.
    const parent = codesOf(version.fields, '_parents').find((id) => behind.has(id));
    const before = parent === undefined ? newest : /** @type {Opened} */ (behind.get(parent));
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
 * @param {readonly Opened[]} words
 * @param {number | null} began
 * @returns {Opened}
 */
function settledOf(words, began) {
  const later = words.findIndex((version) => {
    const at = sealedAt(version);
    return began === null || at === null || at < began || at > began + SETTLING_MS;
  });
  return /** @type {Opened} */ (words[Math.max(0, (later < 0 ? words.length : later) - 1)]);
}

/**
 * Which version is shown, and when the record was taken out. It is out when no version is the last word on any
 * device but takings out: words written elsewhere at the same moment bring it back rather than vanish with it.
 * @param {readonly Opened[]} versions
 * @param {Opened} newest
 * @returns {{newest: Opened, taken_out: number | null}}
 */
function standingOf(versions, newest) {
  const followed = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  const last = versions.filter(({ version }) => !followed.has(version));
  const alive = last.filter((version) => !isTakenOut(version)).at(-1);
  const out = last.at(-1);
  if (alive || !out) return { newest: alive ?? newest, taken_out: null };
  return { newest, taken_out: wholeOf(out.fields, 'taken_out') };
}

/**
 * Every record of a kind, in the order of their earliest versions.
 * @param {Iterable<Opened>} versions
 * @param {string} kind
 * @returns {Told[]}
 */
export function tellAll(versions, kind) {
  /** @type {Map<string, Opened[]>} */ const grouped = new Map();
  for (const version of versions) {
    if (version.kind === kind) grouped.set(version.record, [...(grouped.get(version.record) ?? []), version]);
  }
  return [...grouped.values()].map(tell);
}

/**
 * From the end of what happened to the first sealing; null when either is unknown.
 * @param {Told} told
 * @returns {number | null} ms
 */
export function delayOf(told) {
  const said = told.newest.fields;
  const start = possible(wholeOf(said, 'occurred_start'));
  const end = possible(wholeOf(said, 'occurred_end'));
  const written = sealedAt(told.first);
  if (start === null || written === null || textOf(said, 'precision') === 'unknown') return null;
  // A day, or a part of one, may not be over when it is written down: that is no delay.
  return end === null ? written - start : Math.max(written - end, 0);
}

/**
 * Whether an incident was written down later than a day after, or from memory, or copied. Who calls it soon after has said
 * so, and stands in its row; the count is of what the clock shows as well.
 * @param {Told} told
 * @returns {boolean}
 */
export function isLate(told) {
  return !['', 'contemporaneous'].includes(textOf(told.newest.fields, 'entry_kind')) || (delayOf(told) ?? 0) > DAY_MS;
}
