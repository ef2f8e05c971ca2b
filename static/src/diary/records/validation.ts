/**
 * The last check before anything is sealed. A version is permanent, so what no field can hold is refused here, from
 * any screen. The screens ask better and earlier; the draft stays, so a refusal loses nothing.
 */
import { canonicalText } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { breachFaults, shapeFaults, timeFaults } from '../../record/rules.js';
import { currentVersionOf } from '../../record/current_version.js';
import type { Fields } from '../../record/reading.js';
import type { Batch, RecordStore } from '../types.js';

/** Only time faults that do not depend on the clock: the phone's clock may be wrong and the user right. */
const TIME_FAULTS = new Set(['end_before_start', 'end_without_start']);
/** Values that no screen could show again. An unknown code or an odd day can be shown, and is accepted. */
const UNFIT_CODES = new Set(['not_text', 'not_a_list', 'not_an_object', 'not_a_number', 'not_yes_or_no']);

/** @throws half_character, too_long, times_crossed, no_calendar_time, unfit; where one answer is wrong, it is named */
export function refuseUnfit(kind: string, open: Fields, restricted: Fields) {
  // No bytes stand for half of a character, as of an emoji that was cut in two: nothing could be sealed.
  const [halved] = Object.entries({ ...open, ...restricted }).find(([, value]) => hasHalfCharacter(value)) ?? [];
  if (halved) throw withField(new KeptError('half_character'), kind, halved);
  const faults = [...shapeFaults(kind, open), ...shapeFaults(kind, restricted)];
  const tooLong = faults.find(({ code }) => code === 'too_long' || code === 'too_many');
  if (tooLong) throw withField(new KeptError('too_long'), kind, tooLong.field);
  if (kind === 'incident' && timeFaults(open).some(({ code }) => TIME_FAULTS.has(code)))
    throw new KeptError('times_crossed');
  if (
    kind === 'incident' &&
    faults.some(({ field, code }) => field.startsWith('occurred_') && code === 'no_calendar_time')
  )
    throw new KeptError('no_calendar_time');
  const unfit = faults.find(({ code }) => UNFIT_CODES.has(code));
  if (unfit) throw withField(new KeptError('unfit'), kind, unfit.field);
}

/** @param path of the answer in its record: `exact_words.0.words` */
const withField = (refusal: KeptError, kind: string, path: string) =>
  Object.assign(refusal, { field: `${kind}.${path.split(/[.[]/)[0]}` });

function hasHalfCharacter(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasHalfCharacter);
}

/**
 * Refuse a breach of a term before its order had been served, or of a term that does not exist: when it is entered,
 * and when the time of the event changes. A breach entered before an order was corrected stays.
 * @param previous the previous version, or those of two devices
 * @throws before_service, no_such_term
 */
export async function refuseBreach(book: RecordStore, batch: Batch, fields: Fields, ...previous: Fields[]) {
  const ids = [
    ...new Set(
      objectsOf(fields, 'alleged_breaches')
        .map((item) => textOf(item, 'order_id'))
        .filter(Boolean),
    ),
  ];
  if (!ids.length || previous.some((item) => breachBasis(item) === breachBasis(fields))) return;
  const records = await book.manyVersions(ids, batch);
  const orders = new Map(
    records
      .filter(({ versions }) => versions.some(({ kind }) => kind === 'order'))
      .map(({ record, versions }) => [
        record,
        currentVersionOf(versions.filter(({ kind }) => kind === 'order')).shown.fields,
      ]),
  );
  const fault = breachFaults(fields, orders)[0];
  if (fault) throw new KeptError(fault.code);
}

/** Return the fields that a breach depends on, as text. */
function breachBasis(fields: Fields) {
  const names = ['alleged_breaches', 'occurred_start', 'occurred_end', 'precision', 'tz'];
  return canonicalText(Object.fromEntries(names.map((name) => [name, fields[name] ?? null])));
}
