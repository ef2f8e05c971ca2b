/**
 * What the versions of a whole segment of the list say, sealed together: `said/<segment>` = {version: [kind, fields,
 * restricted]}.
 *
 * The list can be made again from these in a twentieth of the time that as many versions take, each under seals of its
 * own. What a version says never changes, so there is nothing here that could be out of date: a version that is not
 * here is opened where it lies. Without the keys of files, and made when there is time (diary/index/segment_texts.js).
 *
 * [Note: words go with their version] A version leaves the phone because its words must be gone. Whoever drops one, by
 * whatever way, drops all of these in the same transaction; they are made anew later.
 */
import type { JsonObject } from '../core/encoding.js';
import type { Change, Pending } from './pending.js';
import type { SealedRoot } from './root.js';

export type Said = readonly [kind: string, fields: JsonObject, restricted: JsonObject | null];

export const saidName = (segment: number) => `said/${segment}`;

/** What is kept of some segments, by version. One that is missing or does not open is one that was never made. */
export async function readSaid(
  store: { root: SealedRoot; readJsonEach: <T>(names: string[]) => Promise<(T | null)[]> },
  segments: readonly number[],
): Promise<Map<string, Said>> {
  const there = new Set(store.root.said ?? []);
  const kept = await store.readJsonEach<Record<string, Said>>(segments.filter((one) => there.has(one)).map(saidName));
  return new Map(kept.flatMap((one) => Object.entries(one ?? {})));
}

export function putSaid(root: SealedRoot, change: Change, segment: number, said: Record<string, Said>) {
  change.putJson(saidName(segment), said);
  root.said = [...new Set([...(root.said ?? []), segment])];
}

/**
 * See [Note: words go with their version].
 * @param pending all of a change, about to be written
 */
export function goWithVersions(root: SealedRoot, pending: Pending) {
  if (!root.said?.length || ![...pending.records].some(([name, record]) => record === null && name.startsWith('v/')))
    return;
  for (const segment of root.said) pending.drop(saidName(segment));
  root.said = [];
}
