/**
 * The history of a record: its first version, its newest, and the revisions between; twin of
 * diary/record/record_history.py.
 *
 * The first version is the last one sealed within ten minutes of the first save: correcting a slip is not an
 * amendment. After that a version that only adds is an addition, any other an amendment. Taking out is a version
 * without text. It is not an amendment, and the earlier text still stands behind it.
 */
import { RECORD_EARLIEST_MS, RECORD_LATEST_MS, SETTLING_MS } from '../core/constants.js';
import { canonicalText } from '../core/encoding.js';
import { codesOf, isBlank, objectOf, textOf, integerOf } from './reading.js';
import type { Json } from '../core/encoding.js';
import type { Fields } from './reading.js';

/** One opened version; `restricted` is empty if there is no such part. */
export type OpenedVersion = {
  record: string;
  version: string;
  kind: string;
  fields: Fields;
  restricted: Fields;
};
/** The content of a version */
type VersionContent = Pick<OpenedVersion, 'fields' | 'restricted'>;
/** Values as stored, null if there was none */
export type FieldChange = { field: string; old: Json; new: Json };
export type Revision = {
  version: string;
  at: number | null;
  kind: 'addition' | 'amendment';
  changes: FieldChange[];
  reason: string;
};
/** `taken_out`: when the keeper took it out, ms UTC; null while it stands. `newest` then holds the text taken out. */
export type RecordHistory = {
  record: string;
  first: OpenedVersion;
  newest: OpenedVersion;
  revisions: Revision[];
  taken_out: number | null;
};

const DAY_MS = 86_400_000;
/** Bookkeeping fields that do not describe what happened: never counted as a change. */
const BOOKKEEPING_FIELDS = new Set([
  'assisted',
  'cards_opened',
  'reason',
  'include_in_pack',
  'start_with_this',
  'looked_at',
]);

/** @returns the instant, or null if it is out of range */
export function validInstant(ms: number | null): number | null {
  return ms !== null && ms >= RECORD_EARLIEST_MS && ms < RECORD_LATEST_MS ? ms : null;
}

/** Return when a version was sealed, by the device's clock, ms UTC. */
export function sealedAt(version: Pick<OpenedVersion, 'fields'>): number | null {
  return validInstant(integerOf(objectOf(version.fields, '_clock'), 'utc'));
}

/** Return the fields of both parts; their names never collide. */
export function allFields(version: VersionContent): Fields {
  return { ...version.fields, ...version.restricted };
}

/** Tell whether a version only records that the record was taken out. */
export function isTakenOut({ fields, restricted }: { fields: Fields; restricted?: Fields | null }) {
  const ownFields = Object.keys(fields).filter(
    (name) => !name.startsWith('_') && fields[name] !== null && fields[name] !== undefined,
  );
  return (
    integerOf(fields, 'taken_out') !== null &&
    ownFields.every((name) => name === 'taken_out' || name === 'reason') &&
    !Object.keys(restricted ?? {}).length
  );
}

/** A field of a newer app may be named like an inherited property, such as `constructor`. */
const ownValue = (fields: Fields, name: string): Json => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

const isSame = (a: Json, b: Json) => canonicalText(a) === canonicalText(b);

/** Tell whether nothing that was there before has gone. */
function isAddition({ old: oldValue, new: newValue }: FieldChange): boolean {
  if (isBlank(oldValue)) return true;
  if (typeof oldValue === 'string' && typeof newValue === 'string') return newValue.startsWith(oldValue);
  if (Array.isArray(oldValue) && Array.isArray(newValue)) {
    const newTexts = new Set(newValue.map((item) => canonicalText(item)));
    return oldValue.every((item) => newTexts.has(canonicalText(item)));
  }
  return false;
}

/** Return every meaningful field that differs, ordered by name. */
export function changesBetween(before: VersionContent, after: VersionContent): FieldChange[] {
  const oldFields = allFields(before);
  const newFields = allFields(after);
  return [...new Set([...Object.keys(oldFields), ...Object.keys(newFields)])]
    .sort()
    .filter((name) => !name.startsWith('_') && !BOOKKEEPING_FIELDS.has(name))
    .map((name) => ({ field: name, old: ownValue(oldFields, name), new: ownValue(newFields, name) }))
    .filter((change) => !isSame(change.old, change.new) && !(isBlank(change.old) && isBlank(change.new)));
}

/** Classify the step from one version to the next, after the first ten minutes; null if nothing changed. */
export function classifyChanges(changes: FieldChange[]): 'addition' | 'amendment' | null {
  if (!changes.length) return null;
  return changes.every(isAddition) ? 'addition' : 'amendment';
}

/** Build the history of one record from its versions in feed order; at least one. */
export function historyOf(versions: readonly OpenedVersion[]): RecordHistory {
  const withText = versions.filter((version) => !isTakenOut(version));
  const textVersions = withText.length ? withText : versions;
  const first = firstVersionOf(textVersions, sealedAt(versions[0] as OpenedVersion));
  const textBehind: Map<string, OpenedVersion> = new Map();
  const revisions: Revision[] = [];
  let newest = textVersions[0] as OpenedVersion;
  let isFixed = false;
  for (const version of versions) {
    // Two devices may both have written on from one version; compare each with what its keeper saw.
    const parent = codesOf(version.fields, '_parents').find((id) => textBehind.has(id));
    const previous = parent === undefined ? newest : (textBehind.get(parent) as OpenedVersion);
    if (isTakenOut(version) && version !== first) {
      // A version that follows a taking out follows the text behind it.
      textBehind.set(version.version, previous);
      continue;
    }
    const changes = isFixed ? changesBetween(previous, version) : [];
    const kind = classifyChanges(changes);
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
    textBehind.set(version.version, version);
    newest = version;
  }
  return { record: first.record, first, revisions, ...shownVersionOf(versions, newest) };
}

/**
 * Return the last version sealed while a slip could still be corrected. None after a version sealed later counts:
 * setting a clock back does not give the ten minutes a second time.
 */
function firstVersionOf(textVersions: readonly OpenedVersion[], startedAt: number | null): OpenedVersion {
  const firstLater = textVersions.findIndex((version) => {
    const at = sealedAt(version);
    return startedAt === null || at === null || at < startedAt || at > startedAt + SETTLING_MS;
  });
  return textVersions[Math.max(0, (firstLater < 0 ? textVersions.length : firstLater) - 1)] as OpenedVersion;
}

/**
 * Return which version is shown, and when the record was taken out. It is out only if every device's latest version
 * is a taking out: text written elsewhere at the same moment brings it back rather than vanishing with it.
 */
function shownVersionOf(
  versions: readonly OpenedVersion[],
  newest: OpenedVersion,
): { newest: OpenedVersion; taken_out: number | null } {
  const parents = new Set(versions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  const heads = versions.filter(({ version }) => !parents.has(version));
  const active = heads.filter((version) => !isTakenOut(version)).at(-1);
  const latest = heads.at(-1);
  if (active || !latest) return { newest: active ?? newest, taken_out: null };
  return { newest, taken_out: integerOf(latest.fields, 'taken_out') };
}

/** Build the history of every record of a kind, in the order of their earliest versions. */
export function historiesOf(versions: Iterable<OpenedVersion>, kind: string): RecordHistory[] {
  const byRecord: Map<string, OpenedVersion[]> = new Map();
  for (const version of versions) {
    if (version.kind === kind) byRecord.set(version.record, [...(byRecord.get(version.record) ?? []), version]);
  }
  return [...byRecord.values()].map(historyOf);
}

/** Return the ms from the end of what happened to the first sealing; null if either is unknown. */
export function delayOf(history: RecordHistory): number | null {
  const fields = history.newest.fields;
  const start = validInstant(integerOf(fields, 'occurred_start'));
  const end = validInstant(integerOf(fields, 'occurred_end'));
  const sealed = sealedAt(history.first);
  if (start === null || sealed === null || textOf(fields, 'precision') === 'unknown') return null;
  // A day, or a part of one, may not be over when it is written down: that is no delay.
  return end === null ? sealed - start : Math.max(sealed - end, 0);
}

/**
 * Tell whether an incident was written down more than a day later, from memory, or copied. The keeper's own statement
 * that it was soon after is shown in its row, but a longer delay by the clock still counts as late.
 */
export function isLate(history: RecordHistory): boolean {
  return (
    !['', 'contemporaneous'].includes(textOf(history.newest.fields, 'entry_kind')) || (delayOf(history) ?? 0) > DAY_MS
  );
}
