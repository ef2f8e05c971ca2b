/**
 * What the keeper looked at before a pack, and that nothing else goes into it.
 *
 * [Note: looked at] Between the keeper's look and the building of a pack something may come from another device, or be
 * written here by a keeper who stepped away from the steps. So the summary names every version that it counted, the
 * screen hands that back unchanged, and what was put together is held against it before one byte of it leaves. What has
 * gone meanwhile is no matter. Two things are written by the steps themselves: what was decided about a picture, which
 * is a version of its file, and the note of a pack that was made as an earlier part, or of who has one.
 */
import { canonText } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { openedOf } from '../../pack/capsule.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { changesBetween } from '../../record/record_history.js';
import type { Json, JsonObject } from '../../core/encoding.js';
import type { Opened } from '../../record/record_history.js';
import type { DiaryVersion } from '../../pack/diary_version.js';

/**
 * What an answer about a picture, or a copy of it with boxes over it, changes; `looked_at` and `include_in_pack` count
 * as no change.
 */
const DECIDED = new Set(['print_copy', 'sensitivity', 'shows_where_i_live', 'renditions', 'masks', 'rendition_tools']);

/**
 * @param versions the whole diary
 * @param records that go in
 * @returns the ids of their versions
 */
export function lookedAt(versions: readonly DiaryVersion[], records: ReadonlySet<string>): string[] {
  return versions.filter(({ record }) => records.has(record)).map(({ version }) => version);
}

/**
 * Holds what was put together against what was looked at. See [Note: looked at].
 * @param made `versions`: the whole diary it was made of
 * @param looked what `lookedAt` gave
 * @throws came_since
 */
export function mustBeLookedAt(
  { capsule, versions }: { capsule: JsonObject; versions: readonly DiaryVersion[] },
  looked: readonly string[],
) {
  const seen = new Set(looked);
  const packed = new Set((capsule.versions as { version: string }[]).map(({ version }) => version));
  for (const row of versions) {
    if (!packed.has(row.version) || seen.has(row.version) || row.kind === 'export') continue;
    const now = openedOf(row);
    if (
      row.kind !== 'attachment' ||
      !versions.some((one) => one.record === row.record && seen.has(one.version) && isDecision(openedOf(one), now))
    )
      throw new KeptError('came_since');
  }
}

/** Whether a version of a file says no more than what was decided about its picture. */
function isDecision(before: Opened, now: Opened) {
  const reason = textOf(now.fields, 'reason');
  if (reason && reason !== textOf(before.fields, 'reason')) return false;
  return (
    plainCopies(before) === plainCopies(now) && changesBetween(before, now).every(({ field }) => DECIDED.has(field))
  );
}

/** The copies that nothing is covered in: another picture in the place of the one that was looked at is no decision. */
function plainCopies({ fields }: Opened): string {
  return canonText(objectsOf(fields, 'renditions').filter((copy) => copy.purpose !== 'masked') as Json);
}
