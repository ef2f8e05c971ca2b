/**
 * Marks: what advocates have looked through for this keeper, so that the keeper need not look again. They are fetched
 * with a run to the server where they changed, opened, and kept sealed on this phone (`s/<grant>`), where they stay
 * after the grant is over. docs/formats.md, section 8.
 *
 * [Note: their word, and no more] A mark claims that somebody looked. It is in no version and in no pack, and nothing
 * is hidden or counted because of it.
 */
import { unb64 } from '../../core/bytes.js';
import { grantsOf } from '../../net/grants.js';
import type { Marks } from '../../crypto/sharing/marks.js';
import type { Context, Open } from '../types.js';

/** `marks`: how often the marks have changed, by the server's count */
type Given = { grant: string; name: string; marks: number };
type Kept = Marks & { name: string };
/** `since`: the record was added to or changed after it was looked at */
type Looked = { name: string; at: number; since: boolean };

/** Return the grants with marks here, and the count of each. */
const keptOf = ({ store }: Open) => store.root.marked ?? [];

const place = (grant: string) => `s/${grant}`;

/**
 * Fetch the marks that changed.
 * @param grants includes those that are over
 */
export async function heedMarks(ctx: Context, open: Open, grants: readonly Given[]) {
  const known = new Map(keptOf(open).map(({ grant, n }) => [grant, n]));
  const changed = grants.filter(({ grant, marks }) => marks && known.get(grant) !== marks);
  for (const one of changed) {
    const told = await fetched(ctx, open, one.grant);
    await open.store.change(async (root, change) => {
      root.marked = [
        ...(root.marked ?? []).filter(({ grant }) => grant !== one.grant),
        { grant: one.grant, n: one.marks },
      ];
      const before = await open.store.readJson<Kept>(place(one.grant));
      // Marks older than those here come from a server that was restored, or that lies.
      if (told && told.made_at > (before?.made_at ?? -1))
        change.putJson(place(one.grant), { made_at: told.made_at, marks: told.marks, name: one.name });
    });
  }
  if (changed.length) ctx.show();
}

/** @returns null for marks that neither the advocate nor the keeper made */
async function fetched(ctx: Context, { vault, identity }: Open, grant: string): Promise<Marks | null> {
  const { marks } = await grantsOf(ctx.api).marks(identity.diary, grant);
  return marks ? vault.grantMarksOpen(grant, unb64(marks)).catch(() => null) : null;
}

/** Copy the marks of a grant to the one that replaces it, so that nobody has to look through everything again. */
export async function carryMarks(ctx: Context, open: Open, before: string, next: string) {
  const kept = await open.store.readJson<Kept>(place(before));
  if (!kept?.marks.length) return;
  const sealed = await open.vault.grantMarks(next, { made_at: kept.made_at, marks: kept.marks });
  await grantsOf(ctx.api).carryMarks(open.identity.diary, next, sealed);
}

/** Return the names of those who looked, by record, for the list; each name once. */
export async function markedAll(open: Open): Promise<Map<string, string[]>> {
  const found: Map<string, string[]> = new Map();
  for (const { name, marks } of await all(open)) {
    for (const { record } of marks) found.set(record, [...new Set([...(found.get(record) ?? []), name])]);
  }
  return found;
}

/** Return who looked through one record, each once, the latest first. */
export async function markedOf(open: Open, record: string): Promise<Looked[]> {
  const [kept, meta] = await Promise.all([all(open), open.book.meta(record)]);
  // A version without a number was made here, after anything that anybody else looked at.
  const newest = Math.max(0, ...(meta?.versions ?? []).map(({ seq }) => seq ?? Infinity));
  const found = kept.flatMap(({ name, marks }) =>
    marks.filter((one) => one.record === record).map(({ at, seq }) => ({ name, at, since: newest > seq })),
  );
  return found
    .sort((a, b) => b.at - a.at)
    .filter(({ name }, i, list) => list.findIndex((one) => one.name === name) === i);
}

async function all(open: Open): Promise<Kept[]> {
  const names = keptOf(open).map(({ grant }) => place(grant));
  return names.length ? ((await open.store.readJsonEach<Kept>(names)).filter(Boolean) as Kept[]) : [];
}
