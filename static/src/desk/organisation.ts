/** The organisation, for its leaders: numbers, colleagues, invitations, and who looked when. Never a client's name. */
import type { LookRow } from '../net/clients.js';
import type { Context } from './context.js';

/** The advocate's own words, typed for this action */
type WordsInput = { words: string };

/** Leading characters that a spreadsheet treats as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A proof of words that were just typed. It is not stored.
 * @returns b64
 */
async function proofOf(ctx: Context, words: string): Promise<string> {
  const vault = ctx.requireVault();
  const login = ctx.identity?.login ?? '';
  const { kdf } = await ctx.api.prelogin(login);
  return (await vault.auth({ words, kdf, login })).auth;
}

export function organisationMethods(ctx: Context) {
  return {
    readOrganisation: () => ctx.api.organisation(),
    inviteMember: async ({ words }: WordsInput) => (await ctx.api.invite(await proofOf(ctx, words))).invite,
    endMember: async (member: string, { words }: WordsInput) => ctx.api.removeMember(member, await proofOf(ctx, words)),
    leaveOrganisation: async ({ words }: WordsInput) => {
      await ctx.api.removeMember(ctx.account, await proofOf(ctx, words));
      ctx.lockWith('left');
    },
    /** Everyone's looks as a CSV file; its URL is valid until the page is left or locked. */
    exportLooks: async () => {
      const { looks } = await ctx.api.looks();
      const url = ctx.ports.objectUrl.make(new Blob([looksCsv(looks)], { type: 'text/csv' }));
      ctx.urls.add(url);
      return { url, many: looks.length };
    },
  };
}

/** @returns CSV with times in UTC */
export function looksCsv(looks: readonly LookRow[]): string {
  const rows = looks.map(({ at, name, client, what }) => [
    new Date(at).toISOString().slice(0, 16).replace('T', ' '),
    name,
    client,
    what,
  ]);
  const head = ['when_utc', 'who', 'client_code', 'what'];
  return `${[head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

function csvCell(text: string) {
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
