/**
 * What advocates have looked through for this keeper, so that the keeper need not look again. Fetched with a run to the
 * server where it changed, opened, and kept sealed on this phone (`s/<grant>`), where it stays when the grant is over.
 * docs/formats.md, section 8.
 *
 * [Note: their word, and no more] A mark says that somebody looked. It stands in no version and in no pack, and nothing
 * is hidden or counted by it.
 */
import { unb64 } from '../../core/bytes.js';
import { grantsOf } from '../../net/grants.js';
import type { Marks } from '../../crypto/sharing/marks.js';
import type { Context, Open } from '../types.js';

/** `marks`: how many times the server says that they changed */
type Given = { grant: string; name: string; marks: number };
type Kept = Marks & { name: string };
/** `since`: the record has been added to or changed after it was looked at */
type Looked = { name: string; at: number; since: boolean };

/** @returns whose marks are here, and which */
const keptOf = ({ store }: Open) => store.root.marked ?? [];

const place = (grant: string) => `s/${grant}`;

/**
 * Takes up what changed.
 * @param grants those that are over too
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
      // Older ones than are here come from a server that was put back, or that lies.
      if (told && told.made_at > (before?.made_at ?? -1))
        change.putJson(place(one.grant), { made_at: told.made_at, marks: told.marks, name: one.name });
    });
  }
  if (changed.length) ctx.show();
}

/** @returns null for what neither of the two made */
async function fetched(ctx: Context, { vault, identity }: Open, grant: string): Promise<Marks | null> {
  const { marks } = await grantsOf(ctx.api).marks(identity.diary, grant);
  return marks ? vault.grantMarksOpen(grant, unb64(marks)).catch(() => null) : null;
}

/** The marks of a grant go with what takes its place: nobody looks through it all once more. */
export async function carryMarks(ctx: Context, open: Open, before: string, next: string) {
  const kept = await open.store.readJson<Kept>(place(before));
  if (!kept?.marks.length) return;
  const sealed = await open.vault.grantMarks(next, { made_at: kept.made_at, marks: kept.marks });
  await grantsOf(ctx.api).carryMarks(open.identity.diary, next, sealed);
}

/** Names by record, for the list: once each. */
export async function markedAll(open: Open): Promise<Map<string, string[]>> {
  const found: Map<string, string[]> = new Map();
  for (const { name, marks } of await all(open)) {
    for (const { record } of marks) found.set(record, [...new Set([...(found.get(record) ?? []), name])]);
  }
  return found;
}

/** Who looked through one record, each once, the latest first. */
export async function markedOf(open: Open, record: string): Promise<Looked[]> {
  const [kept, meta] = await Promise.all([all(open), open.book.meta(record)]);
  // What is not numbered yet was made here, after anything that anybody else looked at.
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
