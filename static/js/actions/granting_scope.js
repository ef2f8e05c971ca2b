/**
 * What a grant means in records: for giving, for the preview before anybody is let in, and for one entry on its way.
 * The server knows no text, so it cannot tell; see [Note: who says what belongs] in granting_give.js.
 */
import { openedOf } from '../pack/capsule.js';
import { choose } from '../pack/choose.js';
import { attachedTo } from '../pack/exhibits.js';
import { DATES_LIMIT } from '../crypto/summaries.js';
import { codesOf, objectsOf, textOf } from '../record/reading.js';
import { isTakenOut, tellAll } from '../record/told.js';

/** @typedef {import('../crypto/grants.js').Scope} Scope */
/** @typedef {import('../pack/capsule.js').DiaryVersion} DiaryVersion */
/** @typedef {import('../record/told.js').Told} Told */
/** @typedef {import('./types.d.ts').Fields} Fields */

/** Who else was let in, and what went to whom, is the keeper's own: an advocate sees the packs only of what they see whole. */
const NEVER = new Set(['consent']);
const WITH_ALL = new Set(['export']);
const DAY_MS = 86_400_000;

/** Whether an entry with these words is meant. @param {Scope} scope @param {string} record @param {Fields} fields */
export function isMeant(scope, record, fields) {
  if ('all' in scope) return true;
  return 'case' in scope ? codesOf(fields, 'case_ids').includes(scope.case) : scope.records.includes(record);
}

/**
 * The records a scope means: the entries, their files, and what they name. Private notes, settings and what was taken out are
 * never among them; intimate pictures are not either. Entries that were chosen one by one bring only what they name themselves.
 * @param {readonly DiaryVersion[]} versions @param {Scope} scope
 */
export function within(versions, scope) {
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
 * What is to be given now of what was not given before: everything in scope; the advocate's own questions, answered; and of an entry
 * that was given and then taken out, that it was taken out. Who reads words that the keeper took back must at least be told so.
 * @param {readonly DiaryVersion[]} versions @param {Pick<import('../crypto/grants.js').Grant, 'grant'|'scope'>} said @param {ReadonlySet<string>} given versions
 */
export function missingFrom(versions, { grant, scope }, given) {
  const { records, incidents, registers } = within(versions, scope);
  const known = new Set(versions.filter(({ version }) => given.has(version)).map(({ record }) => record));
  const isTheirs = (/** @type {DiaryVersion} */ { kind, open: { fields } }) =>
    kind === 'question' && textOf(fields, 'asked_by_id') === grant && records.has(textOf(fields, 'of_id'));
  const isOwed = (/** @type {DiaryVersion} */ one) =>
    records.has(one.record) || isTheirs(one) || (known.has(one.record) && isTakenOut(openedOf(one)));
  return {
    incidents,
    registers,
    missing: versions
      .filter((one) => one.seq !== null && !given.has(one.version) && isOwed(one))
      .map(({ version }) => version),
  };
}

/**
 * What somebody would see with a scope today, for the keeper to look at first.
 * @param {readonly DiaryVersion[]} versions @param {Scope} scope
 */
export function previewOf(versions, scope) {
  const { incidents, attached, registers } = within(versions, scope);
  const isPicture = (/** @type {Told} */ one) => textOf(one.newest.fields, 'media_type').startsWith('image/');
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
 * Days that an advocate's list is ordered by: a recording about to be wiped, an update that is due. Days only, never what of.
 * @param {readonly Told[]} seen what the grant shows @param {number} now ms
 * @returns {{at: number, what: 'recording_wiped'|'update_due'}[]} the next first
 */
export function datesOf(seen, now) {
  const at = (/** @type {Fields} */ fields, /** @type {string} */ name) =>
    Date.parse(`${textOf(fields, name)}T00:00:00Z`);
  const wiped = seen.flatMap(({ newest }) =>
    (newest.kind === 'incident' ? objectsOf(newest.fields, 'independent_evidence') : []).map((one) => ({
      at: at(one, 'overwrite_due'),
      what: /** @type {const} */ ('recording_wiped'),
    })),
  );
  const due = seen
    .filter(({ newest }) => newest.kind === 'report')
    .map(({ newest }) => ({ at: at(newest.fields, 'next_update_due'), what: /** @type {const} */ ('update_due') }));
  return [...wiped, ...due]
    .filter((one) => Number.isSafeInteger(one.at) && one.at > now - DAY_MS)
    .sort((a, b) => a.at - b.at)
    .slice(0, DATES_LIMIT);
}
