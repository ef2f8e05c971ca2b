/**
 * Clients in the order of their dates. Never by danger: no count of dates says who is in danger, and a list that looked as if
 * it did would be believed.
 */

/** @typedef {import('../crypto/summaries.js').Summary} Summary */
/** @typedef {{at: number, what: 'recording_wiped'|'update_due'|'ends'}} Due ms */
/**
 * @typedef {object} Client
 * @property {string} grant
 * @property {string} name what the client calls themselves to this advocate
 * @property {import('../crypto/grants.js').Grant} said
 * @property {Summary|null} summary
 * @property {number|null} looked_at ms
 * @property {Due[]} dates what is to come, and updates that are late, soonest first
 * @property {boolean} fresh something came since this advocate looked
 */
/** @typedef {{what: 'soon'|'fresh'|'rest', clients: Client[]}} Group */

const DAY = 86_400_000;
/** As long before the end as a keeper is asked whether to renew. */
export const SOON = 7 * DAY;

/**
 * @param {{said: import('../crypto/grants.js').Grant, other: {name: string}, summary: Summary|null}} opened @param {{grant: string, looked_at: number|null}} row @param {number} now
 * @returns {Client}
 */
export function clientOf({ said, other, summary }, { grant, looked_at }, now) {
  // A recording whose day is over is gone: there is nothing to do for it. A late update still is late.
  const told = (summary?.dates ?? []).filter(({ at, what }) => what === 'update_due' || at >= now);
  const dates = [...told, { at: said.not_after, what: /** @type {const} */ ('ends') }].sort((a, b) => a.at - b.at);
  return { grant, name: other.name, said, summary, looked_at, dates, fresh: isFresh(summary, looked_at) };
}

/** The server notes a look to the minute: what came within it may not have been seen. @param {Summary|null} summary @param {number|null} looked */
function isFresh(summary, looked) {
  if (!summary || summary.newest_at === null) return false;
  return looked === null || summary.newest_at > looked;
}

/** @param {readonly Client[]} clients @param {number} now @returns {Group[]} those of which there are any */
export function inOrder(clients, now) {
  const next = (/** @type {Client} */ one) => one.dates[0]?.at ?? Infinity;
  const came = (/** @type {Client} */ one) => one.summary?.newest_at ?? 0;
  const byName = (/** @type {Client} */ a, /** @type {Client} */ b) =>
    a.name.localeCompare(b.name) || (a.grant < b.grant ? -1 : 1);
  const soon = clients.filter((one) => next(one) < now + SOON).sort((a, b) => next(a) - next(b) || byName(a, b));
  const rest = clients.filter((one) => next(one) >= now + SOON);
  const fresh = rest.filter((one) => one.fresh).sort((a, b) => came(a) - came(b) || byName(a, b));
  const others = rest.filter((one) => !one.fresh).sort((a, b) => next(a) - next(b) || byName(a, b));
  const groups = /** @type {Group[]} */ ([
    { what: 'soon', clients: soon },
    { what: 'fresh', clients: fresh },
    { what: 'rest', clients: others },
  ]);
  return groups.filter((group) => group.clients.length);
}
