/**
 * The texts of all versions in one segment of the list, sealed together: `said/<segment>` = {version: [kind, fields,
 * restricted]}.
 *
 * Rebuilding the list from these takes a twentieth of the time of opening as many versions, each sealed by itself. A
 * version never changes, so nothing here can be out of date: a version that is missing here is opened itself. File
 * keys are left out. The records are made when there is time (diary/index/segment_texts.js).
 *
 * [Note: words go with their version] A version is deleted from the phone because its words must be gone. So any
 * change that drops a version drops all of these in the same transaction; they are made again later.
 */
import type { JsonObject } from '../core/encoding.js';
import type { Change, PendingChange } from './pending.js';
import type { SealedRoot } from './root.js';

export type VersionText = readonly [kind: string, fields: JsonObject, restricted: JsonObject | null];

export const segmentTextName = (segment: number) => `said/${segment}`;

/** Return the stored texts of some segments, by version. One that is missing or does not open counts as never made. */
export async function readSegmentTexts(
  store: { root: SealedRoot; readJsonEach: <T>(names: string[]) => Promise<(T | null)[]> },
  segments: readonly number[],
): Promise<Map<string, VersionText>> {
  const storedSegments = new Set(store.root.said ?? []);
  const stored = await store.readJsonEach<Record<string, VersionText>>(
    segments.filter((item) => storedSegments.has(item)).map(segmentTextName),
  );
  return new Map(stored.flatMap((item) => Object.entries(item ?? {})));
}

export function putSegmentTexts(root: SealedRoot, change: Change, segment: number, texts: Record<string, VersionText>) {
  change.putJson(segmentTextName(segment), texts);
  root.said = [...new Set([...(root.said ?? []), segment])];
}

/**
 * Drop all segment texts if a version is dropped: see [Note: words go with their version].
 * @param pending the complete change, about to be written
 */
export function dropWithVersions(root: SealedRoot, pending: PendingChange) {
  if (!root.said?.length || ![...pending.records].some(([name, record]) => record === null && name.startsWith('v/')))
    return;
  for (const segment of root.said) pending.drop(segmentTextName(segment));
  root.said = [];
}
