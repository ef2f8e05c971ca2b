/**
 * The records in a grant's scope: for giving, for the preview before anybody is let in, and for one entry on its way.
 * The server knows no text, so it cannot decide this: see [Note: who says what belongs] in grant_delivery.js.
 */
import { SUMMARY_DATES_LIMIT } from '../../core/constants.js';
import { openedOf } from '../../pack/capsule.js';
import { selectRecords } from '../../pack/selection.js';
import { attachmentsOf } from '../../pack/exhibits.js';
import { codesOf, objectsOf, textOf } from '../../record/reading.js';
import { isTakenOut, historiesOf } from '../../record/record_history.js';
import type { GrantTerms, GrantScope } from '../../crypto/sharing/grants.js';
import type { RecordHistory } from '../../record/record_history.js';
import type { Fields } from '../types.js';
import type { DiaryVersion } from '../../pack/diary_version.js';

/**
 * Consents and exports (who was let in, and what went to whom) are the keeper's own. An advocate sees the exports
 * only with a grant to everything.
 */
const NEVER_SHARED = new Set(['consent']);
const ONLY_WITH_ALL = new Set(['export']);
const DAY_MS = 86_400_000;

/** Check whether an entry with these fields is in scope. */
export function isInScope(scope: GrantScope, record: string, fields: Fields) {
  if ('all' in scope) return true;
  return 'case' in scope ? codesOf(fields, 'case_ids').includes(scope.case) : scope.records.includes(record);
}

/**
 * Return the records in scope: the entries, their files, and the records they refer to. Private notes, settings,
 * intimate pictures and what was taken out are never among them. Entries chosen one by one bring only what they refer
 * to themselves.
 */
export function recordsInScope(versions: readonly DiaryVersion[], scope: GrantScope) {
  const openedVersions = versions.map(openedOf);
  const incidents = historiesOf(openedVersions, 'incident').filter(
    (entry) => entry.taken_out === null && isInScope(scope, entry.record, entry.newest.fields),
  );
  const entryIds = incidents.map(({ record }) => record);
  const onlyAttached =
    'all' in scope ? null : new Set(attachmentsOf(openedVersions, incidents, {}).map(({ record }) => record));
  const { attached, registers } = selectRecords(openedVersions, entryIds, {}, onlyAttached);
  const visibleRegisters = registers.filter(
    ({ newest }) => !NEVER_SHARED.has(newest.kind) && ('all' in scope || !ONLY_WITH_ALL.has(newest.kind)),
  );
  return {
    incidents,
    attached,
    registers: visibleRegisters,
    records: new Set([...incidents, ...attached, ...visibleRegisters].map(({ record }) => record)),
  };
}

/**
 * Return the versions to give now: everything in scope; the advocate's own questions with their answers; and the
 * version that took out an entry given earlier, because who can read text that the keeper took back must at least
 * learn that.
 * @param givenVersions versions given before
 */
export function missingVersions(
  versions: readonly DiaryVersion[],
  { grant, scope }: Pick<GrantTerms, 'grant' | 'scope'>,
  givenVersions: ReadonlySet<string>,
) {
  const { records, incidents, registers } = recordsInScope(versions, scope);
  const knownRecords = new Set(
    versions.filter(({ version }) => givenVersions.has(version)).map(({ record }) => record),
  );
  const isOwnQuestion = ({ kind, open: { fields } }: DiaryVersion) =>
    kind === 'question' && textOf(fields, 'asked_by_id') === grant && records.has(textOf(fields, 'of_id'));
  const isDue = (version: DiaryVersion) =>
    records.has(version.record) ||
    isOwnQuestion(version) ||
    (knownRecords.has(version.record) && isTakenOut(openedOf(version)));
  return {
    incidents,
    registers,
    missing: versions
      .filter((version) => version.seq !== null && !givenVersions.has(version.version) && isDue(version))
      .map(({ version }) => version),
  };
}

/** Return what somebody would see with a scope today, for the keeper to check first. */
export function previewScope(versions: readonly DiaryVersion[], scope: GrantScope) {
  const { incidents, attached, registers } = recordsInScope(versions, scope);
  const isPicture = (file: RecordHistory) => textOf(file.newest.fields, 'media_type').startsWith('image/');
  const restrictedCount = [...incidents, ...registers].filter(({ newest }) =>
    Object.values(newest.restricted ?? {}).some((value) => value !== null && value !== ''),
  ).length;
  const allCount = attachmentsOf(versions.map(openedOf), incidents, { intimate: true }).length;
  return {
    entries: incidents.map(({ record }) => record),
    files: attached.length,
    pictures: attached.filter(isPicture).length,
    apart: restrictedCount,
    intimate: Math.max(0, allCount - attachmentsOf(versions.map(openedOf), incidents, {}).length),
    others: registers.map(({ record, newest }) => ({ record, kind: newest.kind, fields: newest.fields })),
  };
}

/**
 * Return the days that order an advocate's list: a recording about to be wiped, an update that is due. The days only,
 * never what they are about.
 * @param records what the grant shows
 * @param now ms
 * @returns the next day first
 */
export function upcomingDates(
  records: readonly RecordHistory[],
  now: number,
): { at: number; what: 'recording_wiped' | 'update_due' }[] {
  const dayOf = (fields: Fields, name: string) => Date.parse(`${textOf(fields, name)}T00:00:00Z`);
  const wipes = records.flatMap(({ newest }) =>
    (newest.kind === 'incident' ? objectsOf(newest.fields, 'independent_evidence') : []).map((item) => ({
      at: dayOf(item, 'overwrite_due'),
      what: 'recording_wiped' as const,
    })),
  );
  const updates = records
    .filter(({ newest }) => newest.kind === 'report')
    .map(({ newest }) => ({ at: dayOf(newest.fields, 'next_update_due'), what: 'update_due' as const }));
  return [...wipes, ...updates]
    .filter((item) => Number.isSafeInteger(item.at) && item.at > now - DAY_MS)
    .sort((a, b) => a.at - b.at)
    .slice(0, SUMMARY_DATES_LIMIT);
}
