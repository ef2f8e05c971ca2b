/**
 * Clients in the order of their dates, never by danger. Dates do not show who is in danger, and a list that seemed to
 * would be believed.
 */
import type { Grant } from '../crypto/sharing/grants.js';
import type { Summary } from '../crypto/sharing/summaries.js';

/** `at` in ms */
export type Due = { at: number; what: 'recording_wiped' | 'update_due' | 'ends' };
export type Client = {
  grant: string;
  /** the name the client uses with this advocate */
  name: string;
  said: Grant;
  summary: Summary | null;
  /** ms */
  looked_at: number | null;
  /** future dates and overdue updates, soonest first */
  dates: Due[];
  /** something arrived since this advocate looked */
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
  // A recording past its date is gone and needs no action. A late update is still due.
  const told = (summary?.dates ?? []).filter(({ at, what }) => what === 'update_due' || at >= now);
  const dates = [...told, { at: said.not_after, what: 'ends' as const }].sort((a, b) => a.at - b.at);
  return { grant, name: other.name, said, summary, looked_at, dates, fresh: isFresh(summary, looked_at) };
}

/** The server rounds a look to the minute: what arrived within that minute may not have been seen. */
function isFresh(summary: Summary | null, looked: number | null) {
  if (!summary || summary.newest_at === null) return false;
  return looked === null || summary.newest_at > looked;
}

/** @returns only groups that have clients */
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
