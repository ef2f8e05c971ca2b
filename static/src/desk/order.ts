/**
 * Clients in the order of their dates. Never by danger: no count of dates says who is in danger, and a list that looked
 * as if it did would be believed.
 */
import type { Grant } from '../crypto/sharing/grants.js';
import type { Summary } from '../crypto/sharing/summaries.js';

/** Ms */
export type Due = { at: number; what: 'recording_wiped' | 'update_due' | 'ends' };
export type Client = {
  grant: string;
  /** what the client calls themselves to this advocate */
  name: string;
  said: Grant;
  summary: Summary | null;
  /** ms */
  looked_at: number | null;
  /** what is to come, and updates that are late, soonest first */
  dates: Due[];
  /** something came since this advocate looked */
  fresh: boolean;
};
type Group = { what: 'soon' | 'fresh' | 'rest'; clients: Client[] };

const DAY = 86_400_000;
/** As long before the end as a keeper is asked whether to renew. */
export const SOON = 7 * DAY;

export function clientOf(
  { said, other, summary }: { said: Grant; other: { name: string }; summary: Summary | null },
  { grant, looked_at }: { grant: string; looked_at: number | null },
  now: number,
): Client {
  // A recording whose day is over is gone: there is nothing to do for it. A late update still is late.
  const told = (summary?.dates ?? []).filter(({ at, what }) => what === 'update_due' || at >= now);
  const dates = [...told, { at: said.not_after, what: 'ends' as const }].sort((a, b) => a.at - b.at);
  return { grant, name: other.name, said, summary, looked_at, dates, fresh: isFresh(summary, looked_at) };
}

/** The server notes a look to the minute: what came within it may not have been seen. */
function isFresh(summary: Summary | null, looked: number | null) {
  if (!summary || summary.newest_at === null) return false;
  return looked === null || summary.newest_at > looked;
}

/** @returns those of which there are any */
export function inOrder(clients: readonly Client[], now: number): Group[] {
  const next = (one: Client) => one.dates[0]?.at ?? Infinity;
  const came = (one: Client) => one.summary?.newest_at ?? 0;
  const byName = (a: Client, b: Client) => a.name.localeCompare(b.name) || (a.grant < b.grant ? -1 : 1);
  const soon = clients.filter((one) => next(one) < now + SOON).sort((a, b) => next(a) - next(b) || byName(a, b));
  const rest = clients.filter((one) => next(one) >= now + SOON);
  const fresh = rest.filter((one) => one.fresh).sort((a, b) => came(a) - came(b) || byName(a, b));
  const others = rest.filter((one) => !one.fresh).sort((a, b) => next(a) - next(b) || byName(a, b));
  const groups = [
    { what: 'soon', clients: soon },
    { what: 'fresh', clients: fresh },
    { what: 'rest', clients: others },
  ] as Group[];
  return groups.filter((group) => group.clients.length);
}
