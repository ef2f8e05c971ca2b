/**
 * Give the keys of the records in a grant, old and new, to the advocate. docs/formats.md, section 8.
 *
 * [Note: who says what belongs] The server knows no text, so it cannot tell what a case is. This phone decides which
 * records are in a grant, by the same rule as for a pack. An entry's own push carries the keys for everybody who may
 * see it; whatever else came in is given after each run to the server. What left a case is not given again. What was
 * given before stays given until the grant ends, and the screen says so.
 *
 * [Note: what is missing may be an end] Another device may have ended the grant, and the server may hide the version
 * that says so. It cannot hide that something is missing once it shows later versions. So nothing is given while a
 * number is missing on a line, or a manifest names what is not here: otherwise this device would give what the other
 * one wrote after the end. docs/model/keys.m shows it.
 */
import { decodePush } from '../../ledger/push.js';
import { grantsOf } from '../../net/grants.js';
import { isPassing } from '../../net/http.js';
import { isTakenOut } from '../../record/record_history.js';
import { addressOf, endedAt, endedOf, keepOwed, keepStanding, lettingOf, metAs, openAll } from './granting_known.js';
import { endOwed } from './granting_end.js';
import { heedMarks } from './marking.js';
import { datesOf, isMeant, missingFrom } from './granting_scope.js';
import { readDiary } from './pack_sources.js';
import type { Grant as Said } from '../../crypto/sharing/grants.js';
import type { ForGrant } from '../../ledger/push.js';
import type { Look } from '../../net/grants.js';
import type { Told } from '../../record/record_history.js';
import type { Context, Open } from '../types.js';
import type { DiaryVersion } from '../../pack/diary_version.js';
import type { Letting } from '../../store/root.js';

/**
 * A grant as the screens show it. `mine`: the keeper ended it; `left`: the advocate has left their organisation;
 * `changed`: the server gives other keys for them than those that were checked; `unheard`: ended by the keeper, and
 * not yet at the server.
 */
export type Grant = Letting & {
  said: Said;
  ended_at: number | null;
  given: number;
  mine: boolean;
  left: boolean;
  changed: boolean;
  unheard: boolean;
  marks: number;
};
/** Newest first. */
type Listed = { grants: Grant[]; looks: Look[]; offline: boolean };

const AT_ONCE = 200;
/** What each opening has given already, so that nothing is read again while nothing was written. */
const done: WeakMap<Open, Map<string, string>> = new WeakMap();
/** Openings that have looked for grants from other devices. */
const taken: WeakSet<Open> = new WeakSet();

/**
 * Check that a grant is in force.
 * @param now ms
 */
export const stands = (
  { ended_at: ended, left, not_after: until }: Pick<Grant, 'ended_at' | 'left' | 'changed' | 'not_after'>,
  now: number,
) => ended === null && !left && until > now;

export async function readAll(ctx: Context, open: Open): Promise<Listed> {
  const told = await grantsOf(ctx.api)
    .list()
    .catch((error) => {
      if (!isPassing(error)) throw error;
      return null;
    });
  if (!told) return readHere(open);
  const here = new Map(lettingOf(open).map((one) => [one.grant, one]));
  const rows = told.grants.map((row) => {
    const mine = here.get(row.grant);
    // The advocate's address comes from what the keeper sealed: a server cannot hide a grant under another name.
    return {
      row,
      letting: {
        grant: row.grant,
        to: addressOf(row.kept),
        kept: row.kept,
        made_at: row.made_at,
        not_after: row.not_after,
        looked_at: row.looked_at,
        name: mine?.name ?? '',
        organisation: mine?.organisation ?? '',
        ...(mine?.called ? { called: mine.called } : {}),
      },
    };
  });
  const known = await openAll(
    open,
    rows.map(({ letting }) => letting),
  );
  const grants = [];
  for (const [i, { row, letting }] of rows.entries()) {
    const opened = known[i];
    if (!opened) continue;
    const [mine, met] = await Promise.all([
      endedAt(open, row.grant),
      letting.name ? letting : metAs(open, row.grant, opened.other.name),
    ]);
    // The signed end counts, whatever the server has.
    grants.push({
      ...letting,
      name: met.name,
      organisation: met.organisation,
      not_after: Math.min(row.not_after, opened.said.not_after),
      said: opened.said,
      ended_at: mine ?? row.ended_at,
      mine: mine !== null,
      given: row.given,
      left: row.to === null,
      changed: row.to !== null && row.to !== opened.said.to,
      unheard: mine !== null && row.ended_at === null,
      marks: row.marks,
    });
  }
  await keepStanding(
    open,
    grants.filter((one) => stands(one, ctx.clock.now())),
  );
  await keepOwed(open, grants);
  return { grants, looks: told.looks, offline: false };
}

/** Return the grants known without a signal: those in force, and those that ended here and not yet at the server. */
async function readHere(open: Open): Promise<Listed> {
  const owed = endedOf(open).flatMap(({ at, told, was }) => (told || !was ? [] : [{ letting: was, ended_at: at }]));
  const here = [...lettingOf(open).map((letting) => ({ letting, ended_at: null as number | null })), ...owed];
  const known = await openAll(
    open,
    here.map(({ letting }) => letting),
  );
  const usual = { given: 0, left: false, changed: false, marks: 0 };
  return {
    looks: [],
    offline: true,
    grants: here
      .flatMap(({ letting, ended_at }, i) =>
        known[i]
          ? [
              {
                ...letting,
                ...usual,
                ended_at,
                mine: ended_at !== null,
                unheard: ended_at !== null,
                said: known[i].said,
              },
            ]
          : [],
      )
      .reverse(),
  };
}

/** Check whether versions are known to be missing: see [Note: what is missing may be an end]. */
function isLacking({ store }: Open) {
  return Boolean(store.root.doubts?.line_gap || store.root.doubts?.omitted);
}

/**
 * End at the server what ended only here, and give what has come into each grant since. This also takes up grants
 * that other devices of the diary made.
 */
export async function heedGrants(ctx: Context, open: Open) {
  await endOwed(ctx, open);
  if (!lettingOf(open).length && !(await mayHave(open))) return;
  const { grants } = await readAll(ctx, open);
  await heedMarks(ctx, open, grants);
  if (isLacking(open)) return;
  for (const one of grants) {
    if (stands(one, ctx.clock.now()) && !one.changed) await giveTo(ctx, open, one.said);
  }
}

/**
 * Check once an opening whether another device may have let somebody in: a new device sees it by the consents that
 * came down.
 */
async function mayHave(open: Open) {
  if (taken.has(open) || !(await open.store.readJson<string[]>('k/consent'))?.length) return false;
  taken.add(open);
  return true;
}

export async function giveTo(ctx: Context, open: Open, said: Said) {
  const { index, store } = open;
  const turn = [index.turn, store.root.line.n, store.root.feed?.seq].join();
  const before = done.get(open) ?? new Map();
  done.set(open, before);
  if (before.get(said.grant) === turn) return;
  const wire = grantsOf(ctx.api);
  const [versions, { versions: given }] = await Promise.all([
    readDiary(open, ['question']),
    wire.given(said.diary, said.grant),
  ]);
  const { incidents, registers, missing } = missingFrom(versions, said, new Set(given));
  const recordOf = new Map(versions.map((one) => [one.version, one.record]));
  for (let from = 0; from < missing.length; from += AT_ONCE) {
    const some = missing.slice(from, from + AT_ONCE);
    const held = await store.readMany(some.map((version) => `v/${version}`));
    const list = some.flatMap((version, i) =>
      held[i] ? [{ version, record: recordOf.get(version) ?? '', ...decodePush(held[i].bytes) }] : [],
    );
    const made = await open.vault.grantWraps(said.grant, list);
    // Ended while the wraps were made: nothing more goes.
    if (!lettingOf(open).some(({ grant }) => grant === said.grant)) return;
    await wire.give(
      said.diary,
      said.grant,
      list.map(({ version }, i) => ({ version, wraps: made[i] ?? [] })),
    );
  }
  await summarise(ctx, open, said, versions, { incidents, registers });
  before.set(said.grant, turn);
}

/** Send the summary for the advocate's list. */
async function summarise(
  ctx: Context,
  open: Open,
  said: Said,
  versions: readonly DiaryVersion[],
  { incidents, registers }: { incidents: readonly Told[]; registers: readonly Told[] },
) {
  const theirs = new Set(incidents.map(({ record }) => record));
  const times = versions.flatMap(({ record, receipt }) =>
    theirs.has(record) && typeof receipt?.ts === 'number' ? [receipt.ts] : [],
  );
  const sealed = await open.vault.grantSummary(said.grant, {
    dates: datesOf([...incidents, ...registers], ctx.clock.now()),
    entries: incidents.length,
    made_at: ctx.clock.now(),
    newest_at: times.length ? Math.max(...times) : null,
  });
  await grantsOf(ctx.api).summarise(said.diary, said.grant, sealed);
}

/**
 * Return the keys of one version of an entry for everybody who may see it, to go in its own push: an advocate with a
 * grant to future entries can read it as soon as the server has it. Everything else is given after the run.
 */
export async function givenWith(
  ctx: Context,
  open: Open,
  { record, version }: { record: string; version: string },
): Promise<ForGrant[]> {
  const standing = lettingOf(open).filter(({ not_after: until }) => until > ctx.clock.now());
  if (!standing.length || isLacking(open)) return [];
  const [meta, held] = await Promise.all([open.book.meta(record), open.store.read(`v/${version}`)]);
  if (meta?.kind !== 'incident' || !held) return [];
  const { kind, fields } = await open.book.newest(record);
  const pushed = decodePush(held.bytes);
  const versions = await open.book.versions(record);
  if (kind !== 'incident' || versions.some((one) => isTakenOut(one))) return [];
  const known = await openAll(open, standing);
  const list = [];
  for (const [i, { grant }] of standing.entries()) {
    const said = known[i]?.said;
    if (!said || !isMeant(said.scope, record, fields) || (await endedAt(open, grant)) !== null) continue;
    const [made] = await open.vault.grantWraps(grant, [{ version, record, ...pushed }]);
    if (made) list.push({ grant, wraps: made });
  }
  return list.slice(0, 20);
}
