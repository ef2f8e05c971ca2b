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
import { isTransient } from '../../net/http.js';
import { isTakenOut } from '../../record/record_history.js';
import {
  grantRecipient,
  endedAt,
  endedGrants,
  updatePendingEnds,
  storeGrantsInForce,
  grantsInForce,
  findAdvocate,
  openGrants,
} from './grant_state.js';
import { endPending } from './grant_end.js';
import { syncMarks } from './marks.js';
import { upcomingDates, isInScope, missingVersions } from './grant_scope.js';
import { readDiary } from './pack_sources.js';
import type { GrantTerms } from '../../crypto/sharing/grants.js';
import type { GrantWraps } from '../../ledger/push.js';
import type { GrantLook } from '../../net/grants.js';
import type { RecordHistory } from '../../record/record_history.js';
import type { Context, Open } from '../types.js';
import type { DiaryVersion } from '../../pack/diary_version.js';
import type { ActiveGrant } from '../../store/root.js';

/**
 * A grant as the screens show it. `mine`: the keeper ended it; `left`: the advocate has left their organisation;
 * `changed`: the server gives other keys for them than those that were checked; `unheard`: ended by the keeper, and
 * not yet at the server.
 */
export type GrantState = ActiveGrant & {
  said: GrantTerms;
  ended_at: number | null;
  given: number;
  mine: boolean;
  left: boolean;
  changed: boolean;
  unheard: boolean;
  marks: number;
};
/** Newest first. */
type GrantList = { grants: GrantState[]; looks: GrantLook[]; offline: boolean };

const MAX_VERSIONS = 200;
/** What each opening has given already, so that nothing is read again while nothing was written. */
const lastRevisions: WeakMap<Open, Map<string, string>> = new WeakMap();
/** Openings that have looked for grants from other devices. */
const checkedOpenings: WeakSet<Open> = new WeakSet();

/**
 * Check that a grant is in force.
 * @param now ms
 */
export const isInForce = (
  { ended_at: endTime, left, not_after: expiry }: Pick<GrantState, 'ended_at' | 'left' | 'changed' | 'not_after'>,
  now: number,
) => endTime === null && !left && expiry > now;

export async function readGrants(ctx: Context, open: Open): Promise<GrantList> {
  const response = await grantsOf(ctx.api)
    .list()
    .catch((error) => {
      if (!isTransient(error)) throw error;
      return null;
    });
  if (!response) return readGrantsOffline(open);
  const localGrants = new Map(grantsInForce(open).map((item) => [item.grant, item]));
  const rows = response.grants.map((row) => {
    const mine = localGrants.get(row.grant);
    // The advocate's address comes from what the keeper sealed: a server cannot hide a grant under another name.
    return {
      row,
      letting: {
        grant: row.grant,
        to: grantRecipient(row.kept),
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
  const openedGrants = await openGrants(
    open,
    rows.map(({ letting }) => letting),
  );
  const grants = [];
  for (const [i, { row, letting }] of rows.entries()) {
    const opened = openedGrants[i];
    if (!opened) continue;
    const [mine, advocate] = await Promise.all([
      endedAt(open, row.grant),
      letting.name ? letting : findAdvocate(open, row.grant, opened.other.name),
    ]);
    // The signed end counts, whatever the server has.
    grants.push({
      ...letting,
      name: advocate.name,
      organisation: advocate.organisation,
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
  await storeGrantsInForce(
    open,
    grants.filter((item) => isInForce(item, ctx.clock.now())),
  );
  await updatePendingEnds(open, grants);
  return { grants, looks: response.looks, offline: false };
}

/** Return the grants known without a signal: those in force, and those that ended here and not yet at the server. */
async function readGrantsOffline(open: Open): Promise<GrantList> {
  const pendingEnds = endedGrants(open).flatMap(({ at, told: isConfirmed, was }) =>
    isConfirmed || !was ? [] : [{ letting: was, ended_at: at }],
  );
  const listed = [
    ...grantsInForce(open).map((letting) => ({ letting, ended_at: null as number | null })),
    ...pendingEnds,
  ];
  const openedGrants = await openGrants(
    open,
    listed.map(({ letting }) => letting),
  );
  const defaults = { given: 0, left: false, changed: false, marks: 0 };
  return {
    looks: [],
    offline: true,
    grants: listed
      .flatMap(({ letting, ended_at }, i) =>
        openedGrants[i]
          ? [
              {
                ...letting,
                ...defaults,
                ended_at,
                mine: ended_at !== null,
                unheard: ended_at !== null,
                said: openedGrants[i].said,
              },
            ]
          : [],
      )
      .reverse(),
  };
}

/** Check whether versions are known to be missing: see [Note: what is missing may be an end]. */
function isIncomplete({ store }: Open) {
  return Boolean(store.root.doubts?.line_gap || store.root.doubts?.omitted);
}

/**
 * End at the server what ended only here, and give what has come into each grant since. This also takes up grants
 * that other devices of the diary made.
 */
export async function syncGrants(ctx: Context, open: Open) {
  await endPending(ctx, open);
  if (!grantsInForce(open).length && !(await mayHaveGrants(open))) return;
  const { grants } = await readGrants(ctx, open);
  await syncMarks(ctx, open, grants);
  if (isIncomplete(open)) return;
  for (const grant of grants) {
    if (isInForce(grant, ctx.clock.now()) && !grant.changed) await giveMissing(ctx, open, grant.said);
  }
}

/**
 * Check once an opening whether another device may have let somebody in: a new device sees it by the consents that
 * came down.
 */
async function mayHaveGrants(open: Open) {
  if (checkedOpenings.has(open) || !(await open.store.readJson<string[]>('k/consent'))?.length) return false;
  checkedOpenings.add(open);
  return true;
}

export async function giveMissing(ctx: Context, open: Open, terms: GrantTerms) {
  const { index, store } = open;
  const revision = [index.revision, store.root.line.n, store.root.feed?.seq].join();
  const revisions = lastRevisions.get(open) ?? new Map();
  lastRevisions.set(open, revisions);
  if (revisions.get(terms.grant) === revision) return;
  const grantsApi = grantsOf(ctx.api);
  const [versions, { versions: given }] = await Promise.all([
    readDiary(open, ['question']),
    grantsApi.givenVersions(terms.diary, terms.grant),
  ]);
  const { incidents, registers, missing } = missingVersions(versions, terms, new Set(given));
  const recordOf = new Map(versions.map((version) => [version.version, version.record]));
  for (let offset = 0; offset < missing.length; offset += MAX_VERSIONS) {
    const batch = missing.slice(offset, offset + MAX_VERSIONS);
    const pushes = await store.readMany(batch.map((version) => `v/${version}`));
    const items = batch.flatMap((version, i) =>
      pushes[i] ? [{ version, record: recordOf.get(version) ?? '', ...decodePush(pushes[i].bytes) }] : [],
    );
    const wraps = await open.vault.grantWraps(terms.grant, items);
    // Ended while the wraps were made: nothing more goes.
    if (!grantsInForce(open).some(({ grant }) => grant === terms.grant)) return;
    await grantsApi.putWraps(
      terms.diary,
      terms.grant,
      items.map(({ version }, i) => ({ version, wraps: wraps[i] ?? [] })),
    );
  }
  await summarise(ctx, open, terms, versions, { incidents, registers });
  revisions.set(terms.grant, revision);
}

/** Send the summary for the advocate's list. */
async function summarise(
  ctx: Context,
  open: Open,
  terms: GrantTerms,
  versions: readonly DiaryVersion[],
  { incidents, registers }: { incidents: readonly RecordHistory[]; registers: readonly RecordHistory[] },
) {
  const recordIds = new Set(incidents.map(({ record }) => record));
  const receiptTimes = versions.flatMap(({ record, receipt }) =>
    recordIds.has(record) && typeof receipt?.ts === 'number' ? [receipt.ts] : [],
  );
  const summary = await open.vault.grantSummary(terms.grant, {
    dates: upcomingDates([...incidents, ...registers], ctx.clock.now()),
    entries: incidents.length,
    made_at: ctx.clock.now(),
    newest_at: receiptTimes.length ? Math.max(...receiptTimes) : null,
  });
  await grantsOf(ctx.api).putSummary(terms.diary, terms.grant, summary);
}

/**
 * Return the keys of one version of an entry for everybody who may see it, to go in its own push: an advocate with a
 * grant to future entries can read it as soon as the server has it. Everything else is given after the run.
 */
export async function wrapsForPush(
  ctx: Context,
  open: Open,
  { record, version }: { record: string; version: string },
): Promise<GrantWraps[]> {
  const inForce = grantsInForce(open).filter(({ not_after: expiry }) => expiry > ctx.clock.now());
  if (!inForce.length || isIncomplete(open)) return [];
  const [meta, push] = await Promise.all([open.book.meta(record), open.store.read(`v/${version}`)]);
  if (meta?.kind !== 'incident' || !push) return [];
  const { kind, fields } = await open.book.newest(record);
  const decodedPush = decodePush(push.bytes);
  const versions = await open.book.versions(record);
  if (kind !== 'incident' || versions.some((item) => isTakenOut(item))) return [];
  const openedGrants = await openGrants(open, inForce);
  const result = [];
  for (const [i, { grant }] of inForce.entries()) {
    const terms = openedGrants[i]?.said;
    if (!terms || !isInScope(terms.scope, record, fields) || (await endedAt(open, grant)) !== null) continue;
    const [wraps] = await open.vault.grantWraps(grant, [{ version, record, ...decodedPush }]);
    if (wraps) result.push({ grant, wraps: wraps });
  }
  return result.slice(0, 20);
}
