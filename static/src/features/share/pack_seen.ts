/**
 * The versions that the keeper reviewed before a pack; nothing else may go into it.
 *
 * [Note: looked at] Between the review and the build, a version may arrive from another device, or the keeper may leave
 * the steps and write one here. So the summary lists every version that it counted, the screen returns that list
 * unchanged, and the finished capsule is checked against it before a byte leaves the phone. Versions that have gone
 * meanwhile do not matter. The steps themselves write two things: a decision about a picture, which is a version of its
 * file, and the record of a pack made as an earlier part, or of who received one.
 */
import { canonicalText } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { openedOf } from '../../pack/capsule.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { changesBetween } from '../../record/record_history.js';
import type { Json, JsonObject } from '../../core/encoding.js';
import type { OpenedVersion } from '../../record/record_history.js';
import type { DiaryVersion } from '../../pack/diary_version.js';

/**
 * The fields that change with a decision about a picture, or with a masked copy of it. `looked_at` and
 * `include_in_pack` do not count as changes.
 */
const DECISION_FIELDS = new Set([
  'print_copy',
  'sensitivity',
  'shows_where_i_live',
  'renditions',
  'masks',
  'rendition_tools',
]);

/**
 * Return the version ids of the records that go in.
 * @param versions the whole diary
 * @param records the records that go in
 */
export function seenVersions(versions: readonly DiaryVersion[], records: ReadonlySet<string>): string[] {
  return versions.filter(({ record }) => records.has(record)).map(({ version }) => version);
}

/**
 * Check the capsule against what was reviewed. See [Note: looked at].
 * @param packData `versions`: the whole diary that the capsule was made from
 * @param seenIds the result of `seenVersions`
 * @throws came_since
 */
export function requireAllSeen(
  { capsule, versions }: { capsule: JsonObject; versions: readonly DiaryVersion[] },
  seenIds: readonly string[],
) {
  const seen = new Set(seenIds);
  const packed = new Set((capsule.versions as { version: string }[]).map(({ version }) => version));
  for (const row of versions) {
    if (!packed.has(row.version) || seen.has(row.version) || row.kind === 'export') continue;
    const current = openedOf(row);
    if (
      row.kind !== 'attachment' ||
      !versions.some(
        (earlier) =>
          earlier.record === row.record && seen.has(earlier.version) && isDecision(openedOf(earlier), current),
      )
    )
      throw new KeptError('came_since');
  }
}

/** Return whether a version of a file adds only a decision about its picture. */
function isDecision(previous: OpenedVersion, current: OpenedVersion) {
  const reason = textOf(current.fields, 'reason');
  if (reason && reason !== textOf(previous.fields, 'reason')) return false;
  return (
    plainCopies(previous) === plainCopies(current) &&
    changesBetween(previous, current).every(({ field }) => DECISION_FIELDS.has(field))
  );
}

/** Return the unmasked copies as text: replacing the reviewed picture by another is more than a decision. */
function plainCopies({ fields }: OpenedVersion): string {
  return canonicalText(objectsOf(fields, 'renditions').filter((copy) => copy.purpose !== 'masked') as Json);
}
