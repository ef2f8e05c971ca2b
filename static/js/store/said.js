/**
 * What the versions of a whole segment of the list say, sealed together: `said/<segment>` = {version: [kind, fields, restricted]}.
 *
 * The list can be made again from these in a twentieth of the time that as many versions take, each under seals of its own.
 * What a version says never changes, so there is nothing here that could be out of date: a version that is not here is opened
 * where it lies. Without the keys of files, and made when there is time (actions/said.js).
 *
 * [Note: words go with their version] A version leaves the phone because its words must be gone. Whoever drops one, by whatever
 * way, drops all of these in the same transaction; they are made anew later.
 */

/** @typedef {import('./store.js').Store} Store */
/** @typedef {readonly [kind: string, fields: Record<string, any>, restricted: Record<string, any>|null]} Said */

/** @param {number} segment */
export const saidName = (segment) => `said/${segment}`;

/** What is kept of some segments, by version. One that is missing or does not open is one that was never made. @param {Store} store @param {readonly number[]} segments @returns {Promise<Map<string, Said>>} */
export async function readSaid(store, segments) {
  const there = new Set(store.root.said ?? []);
  const kept = await store.readJsonEach(segments.filter((one) => there.has(one)).map(saidName));
  return new Map(kept.flatMap((one) => Object.entries(one ?? {})));
}

/** @param {Record<string, any>} root @param {import('./store.js').Change} change @param {number} segment @param {Record<string, Said>} said */
export function putSaid(root, change, segment, said) {
  change.putJson(saidName(segment), said);
  root.said = [...new Set([...(root.said ?? []), segment])];
}

/** See [Note: words go with their version]. @param {Record<string, any>} root @param {import('./pending.js').Pending} pending all of a change, about to be written */
export function goWithVersions(root, pending) {
  if (!root.said?.length || ![...pending.records].some(([name, record]) => record === null && name.startsWith('v/')))
    return;
  for (const segment of root.said) pending.drop(saidName(segment));
  root.said = [];
}
