/**
 * Clients in the order of their dates, never by danger. Dates do not show who is in danger, and a list that seemed to
 * would be believed.
 */
import type { GrantTerms } from '../crypto/sharing/grants.js';
import type { Summary } from '../crypto/sharing/summaries.js';

/** `at` in ms */
export type ClientDate = { at: number; what: 'recording_wiped' | 'update_due' | 'ends' };
export type Client = {
  grant: string;
  /** the name the client uses with this advocate */
  name: string;
  terms: GrantTerms;
  summary: Summary | null;
  /** ms */
  looked_at: number | null;
  /** future dates and overdue updates, soonest first */
  dates: ClientDate[];
  /** something arrived since this advocate looked */
  fresh: boolean;
};
type Group = { what: 'soon' | 'fresh' | 'rest'; clients: Client[] };

const DAY_MS = 86_400_000;
/** As long before the end as a keeper is asked whether to renew. */
export const SOON_MS = 7 * DAY_MS;

export function clientOf(
  { said: terms, other, summary }: { said: GrantTerms; other: { name: string }; summary: Summary | null },
  { grant, looked_at }: { grant: string; looked_at: number | null },
  now: number,
): Client {
  // A recording past its date is gone and needs no action. A late update is still due.
  const upcoming = (summary?.dates ?? []).filter(({ at, what }) => what === 'update_due' || at >= now);
  const dates = [...upcoming, { at: terms.not_after, what: 'ends' as const }].sort((a, b) => a.at - b.at);
  return { grant, name: other.name, terms, summary, looked_at, dates, fresh: isFresh(summary, looked_at) };
}

/** The server rounds a look to the minute: what arrived within that minute may not have been seen. */
function isFresh(summary: Summary | null, lookedAt: number | null) {
  if (!summary || summary.newest_at === null) return false;
  return lookedAt === null || summary.newest_at > lookedAt;
}

/** @returns only groups that have clients */
export function groupClients(clients: readonly Client[], now: number): Group[] {
  const nextDate = (client: Client) => client.dates[0]?.at ?? Infinity;
  const newestAt = (client: Client) => client.summary?.newest_at ?? 0;
  const byName = (a: Client, b: Client) => a.name.localeCompare(b.name) || (a.grant < b.grant ? -1 : 1);
  const soon = clients
    .filter((client) => nextDate(client) < now + SOON_MS)
    .sort((a, b) => nextDate(a) - nextDate(b) || byName(a, b));
  const rest = clients.filter((client) => nextDate(client) >= now + SOON_MS);
  const fresh = rest.filter((client) => client.fresh).sort((a, b) => newestAt(a) - newestAt(b) || byName(a, b));
  const others = rest.filter((client) => !client.fresh).sort((a, b) => nextDate(a) - nextDate(b) || byName(a, b));
  const groups = [
    { what: 'soon', clients: soon },
    { what: 'fresh', clients: fresh },
    { what: 'rest', clients: others },
  ] as Group[];
  return groups.filter((group) => group.clients.length);
}
