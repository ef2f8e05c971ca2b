/**
 * The records in a grant's scope: for giving, for the preview before anybody is let in, and for one entry on its way.
 * The server knows no text, so it cannot decide this: see [Note: who says what belongs] in grant_delivery.js.
 */
import { openedOf } from '../../pack/capsule.js';
import { choose } from '../../pack/selection.js';
import { attachedTo } from '../../pack/exhibits.js';
import { DATES_LIMIT } from '../../crypto/sharing/summaries.js';
import { codesOf, objectsOf, textOf } from '../../record/reading.js';
import { isTakenOut, tellAll } from '../../record/record_history.js';
import type { Grant, Scope } from '../../crypto/sharing/grants.js';
import type { Told } from '../../record/record_history.js';
import type { Fields } from '../types.js';
import type { DiaryVersion } from '../../pack/diary_version.js';

/**
 * Consents and exports (who was let in, and what went to whom) are the keeper's own. An advocate sees the exports
 * only with a grant to everything.
 */
const NEVER = new Set(['consent']);
const WITH_ALL = new Set(['export']);
const DAY_MS = 86_400_000;

/** Check whether an entry with these fields is in scope. */
export function isMeant(scope: Scope, record: string, fields: Fields) {
  if ('all' in scope) return true;
  return 'case' in scope ? codesOf(fields, 'case_ids').includes(scope.case) : scope.records.includes(record);
}

/**
 * Return the records in scope: the entries, their files, and the records they refer to. Private notes, settings,
 * intimate pictures and what was taken out are never among them. Entries chosen one by one bring only what they refer
 * to themselves.
 */
export function within(versions: readonly DiaryVersion[], scope: Scope) {
  const opened = versions.map(openedOf);
  const incidents = tellAll(opened, 'incident').filter(
    (one) => one.taken_out === null && isMeant(scope, one.record, one.newest.fields),
  );
  const wanted = incidents.map(({ record }) => record);
  const alone = 'all' in scope ? null : new Set(attachedTo(opened, incidents, {}).map(({ record }) => record));
  const { attached, registers } = choose(opened, wanted, {}, alone);
  const theirs = registers.filter(
    ({ newest }) => !NEVER.has(newest.kind) && ('all' in scope || !WITH_ALL.has(newest.kind)),
  );
  return {
    incidents,
    attached,
    registers: theirs,
    records: new Set([...incidents, ...attached, ...theirs].map(({ record }) => record)),
  };
}

/**
 * Return the versions to give now: everything in scope; the advocate's own questions with their answers; and the
 * version that took out an entry given earlier, because who can read text that the keeper took back must at least
 * learn that.
 * @param givenVersions versions given before
 */
export function missingFrom(
  versions: readonly DiaryVersion[],
  { grant, scope }: Pick<Grant, 'grant' | 'scope'>,
  given: ReadonlySet<string>,
) {
  const { records, incidents, registers } = within(versions, scope);
  const known = new Set(versions.filter(({ version }) => given.has(version)).map(({ record }) => record));
  const isTheirs = ({ kind, open: { fields } }: DiaryVersion) =>
    kind === 'question' && textOf(fields, 'asked_by_id') === grant && records.has(textOf(fields, 'of_id'));
  const isOwed = (one: DiaryVersion) =>
    records.has(one.record) || isTheirs(one) || (known.has(one.record) && isTakenOut(openedOf(one)));
  return {
    incidents,
    registers,
    missing: versions
      .filter((one) => one.seq !== null && !given.has(one.version) && isOwed(one))
      .map(({ version }) => version),
  };
}

/** Return what somebody would see with a scope today, for the keeper to check first. */
export function previewOf(versions: readonly DiaryVersion[], scope: Scope) {
  const { incidents, attached, registers } = within(versions, scope);
  const isPicture = (one: Told) => textOf(one.newest.fields, 'media_type').startsWith('image/');
  const apart = [...incidents, ...registers].filter(({ newest }) =>
    Object.values(newest.restricted ?? {}).some((value) => value !== null && value !== ''),
  ).length;
  const all = attachedTo(versions.map(openedOf), incidents, { intimate: true }).length;
  return {
    entries: incidents.map(({ record }) => record),
    files: attached.length,
    pictures: attached.filter(isPicture).length,
    apart,
    intimate: Math.max(0, all - attachedTo(versions.map(openedOf), incidents, {}).length),
    others: registers.map(({ record, newest }) => ({ record, kind: newest.kind, fields: newest.fields })),
  };
}

/**
 * Return the days that order an advocate's list: a recording about to be wiped, an update that is due. The days only,
 * never what they are about.
 * @param seen what the grant shows
 * @param now ms
 * @returns the next day first
 */
export function datesOf(seen: readonly Told[], now: number): { at: number; what: 'recording_wiped' | 'update_due' }[] {
  const at = (fields: Fields, name: string) => Date.parse(`${textOf(fields, name)}T00:00:00Z`);
  const wiped = seen.flatMap(({ newest }) =>
    (newest.kind === 'incident' ? objectsOf(newest.fields, 'independent_evidence') : []).map((one) => ({
      at: at(one, 'overwrite_due'),
      what: 'recording_wiped' as const,
    })),
  );
  const due = seen
    .filter(({ newest }) => newest.kind === 'report')
    .map(({ newest }) => ({ at: at(newest.fields, 'next_update_due'), what: 'update_due' as const }));
  return [...wiped, ...due]
    .filter((one) => Number.isSafeInteger(one.at) && one.at > now - DAY_MS)
    .sort((a, b) => a.at - b.at)
    .slice(0, DATES_LIMIT);
}
