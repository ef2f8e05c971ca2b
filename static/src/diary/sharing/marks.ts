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
type GrantMarks = { grant: string; name: string; marks: number };
type StoredMarks = Marks & { name: string };
/** `since`: the record was added to or changed after it was looked at */
type RecordMark = { name: string; at: number; since: boolean };

/** Return the grants with marks here, and the count of each. */
const markedGrants = ({ store }: Open) => store.root.marked ?? [];

const storeName = (grant: string) => `s/${grant}`;

/**
 * Fetch the marks that changed.
 * @param grants includes those that are over
 */
export async function syncMarks(ctx: Context, open: Open, grants: readonly GrantMarks[]) {
  const knownCounts = new Map(markedGrants(open).map(({ grant, n: count }) => [grant, count]));
  const changed = grants.filter(({ grant, marks }) => marks && knownCounts.get(grant) !== marks);
  for (const changedGrant of changed) {
    const received = await fetchMarks(ctx, open, changedGrant.grant);
    await open.store.change(async (root, change) => {
      root.marked = [
        ...(root.marked ?? []).filter(({ grant }) => grant !== changedGrant.grant),
        { grant: changedGrant.grant, n: changedGrant.marks },
      ];
      const stored = await open.store.readJson<StoredMarks>(storeName(changedGrant.grant));
      // Marks older than those here come from a server that was restored, or that lies.
      if (received && received.made_at > (stored?.made_at ?? -1))
        change.putJson(storeName(changedGrant.grant), {
          made_at: received.made_at,
          marks: received.marks,
          name: changedGrant.name,
        });
    });
  }
  if (changed.length) ctx.show();
}

/** @returns null for marks that neither the advocate nor the keeper made */
async function fetchMarks(ctx: Context, { vault, identity }: Open, grant: string): Promise<Marks | null> {
  const { marks } = await grantsOf(ctx.api).marks(identity.diary, grant);
  return marks ? vault.grantMarksOpen(grant, unb64(marks)).catch(() => null) : null;
}

/** Copy the marks of a grant to the one that replaces it, so that nobody has to look through everything again. */
export async function copyMarks(ctx: Context, open: Open, oldGrant: string, newGrant: string) {
  const stored = await open.store.readJson<StoredMarks>(storeName(oldGrant));
  if (!stored?.marks.length) return;
  const sealed = await open.vault.grantMarks(newGrant, { made_at: stored.made_at, marks: stored.marks });
  await grantsOf(ctx.api).putMarks(open.identity.diary, newGrant, sealed);
}

/** Return the names of those who looked, by record, for the list; each name once. */
export async function marksByRecord(open: Open): Promise<Map<string, string[]>> {
  const names: Map<string, string[]> = new Map();
  for (const { name, marks } of await readAllMarks(open)) {
    for (const { record } of marks) names.set(record, [...new Set([...(names.get(record) ?? []), name])]);
  }
  return names;
}

/** Return who looked through one record, each once, the latest first. */
export async function marksOf(open: Open, record: string): Promise<RecordMark[]> {
  const [allMarks, meta] = await Promise.all([readAllMarks(open), open.book.meta(record)]);
  // A version without a number was made here, after anything that anybody else looked at.
  const newestSeq = Math.max(0, ...(meta?.versions ?? []).map(({ seq }) => seq ?? Infinity));
  const matches = allMarks.flatMap(({ name, marks }) =>
    marks.filter((mark) => mark.record === record).map(({ at, seq }) => ({ name, at, since: newestSeq > seq })),
  );
  return matches
    .sort((a, b) => b.at - a.at)
    .filter(({ name }, index, list) => list.findIndex((mark) => mark.name === name) === index);
}

async function readAllMarks(open: Open): Promise<StoredMarks[]> {
  const names = markedGrants(open).map(({ grant }) => storeName(grant));
  return names.length ? ((await open.store.readJsonEach<StoredMarks>(names)).filter(Boolean) as StoredMarks[]) : [];
}
