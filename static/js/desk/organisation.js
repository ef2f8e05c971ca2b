/** The organisation, for whoever leads it: numbers, colleagues, invitations, and who looked when. Never a client's name. */

/** @typedef {import('./desk.js').Context} Context */
/** @typedef {import('../net/clients.js').Look} Look */

/** @typedef {{words: string}} Words the advocate's own, typed for this act */

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A proof of words that were typed just now; it is kept nowhere. @param {Context} ctx @param {string} words @returns {Promise<string>} b64 */
async function proofOf(ctx, words) {
  const vault = ctx.opened();
  const login = ctx.own?.login ?? '';
  const { kdf } = await ctx.api.prelogin(login);
  return (await vault.auth({ words, kdf, login })).auth;
}

/** @param {Context} ctx */
export function organisationMethods(ctx) {
  return {
    readOrganisation: () => ctx.api.organisation(),
    inviteMember: async (/** @type {Words} */ { words }) => (await ctx.api.invite(await proofOf(ctx, words))).invite,
    endMember: async (/** @type {string} */ member, /** @type {Words} */ { words }) =>
      ctx.api.leave(member, await proofOf(ctx, words)),
    leaveOrganisation: async (/** @type {Words} */ { words }) => {
      await ctx.api.leave(ctx.account, await proofOf(ctx, words));
      ctx.leave('left');
    },
    /** Everyone's looks as a table to save; its address lives until the page is left or locked. */
    exportLooks: async () => {
      const { looks } = await ctx.api.looks();
      const url = ctx.ports.objectUrl.make(new Blob([looksTable(looks)], { type: 'text/csv' }));
      ctx.urls.add(url);
      return { url, many: looks.length };
    },
  };
}

/** @param {readonly Look[]} looks @returns {string} CSV with times in UTC */
export function looksTable(looks) {
  const rows = looks.map(({ at, name, client, what }) => [
    new Date(at).toISOString().slice(0, 16).replace('T', ' '),
    name,
    client,
    what,
  ]);
  return (
    [['when_utc', 'who', 'client_code', 'what'], ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
  );
}

/** @param {string} text */
function cell(text) {
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
