/**
 * What a grant means in records: for giving, for the preview before anybody is let in, and for one entry on its way.
 * The server knows no text, so it cannot tell; see [Note: who says what belongs] in granting_give.js.
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
 * Who else was let in, and what went to whom, is the keeper's own: an advocate sees the packs only of what they see
 * whole.
 */
const NEVER = new Set(['consent']);
const WITH_ALL = new Set(['export']);
const DAY_MS = 86_400_000;

/** Whether an entry with these words is meant. */
export function isMeant(scope: Scope, record: string, fields: Fields) {
  if ('all' in scope) return true;
  return 'case' in scope ? codesOf(fields, 'case_ids').includes(scope.case) : scope.records.includes(record);
}

/**
 * The records a scope means: the entries, their files, and what they name. Private notes, settings and what was taken
 * out are never among them; intimate pictures are not either. Entries that were chosen one by one bring only what they
 * name themselves.
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
 * What is to be given now of what was not given before: everything in scope; the advocate's own questions, answered;
 * and of an entry that was given and then taken out, that it was taken out. Who reads words that the keeper took back
 * must at least be told so.
 * @param given versions
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

/** What somebody would see with a scope today, for the keeper to look at first. */
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
 * Days that an advocate's list is ordered by: a recording about to be wiped, an update that is due. Days only, never
 * what of.
 * @param seen what the grant shows
 * @param now ms
 * @returns the next first
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
