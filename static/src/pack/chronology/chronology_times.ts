/**
 * Times and later changes on the phone's own page. Each time of day has its difference from UTC, since 01:30 in the
 * night the clocks go back is two times. Each change has its old value. chronology.js draws the rest.
 */
import { fieldLabel, valueText } from './field_words.js';
import { fieldNamesOf } from '../proofs.js';
import { textOf, integerOf } from '../../record/reading.js';
import { RULES } from '../../record/vocabulary/rules_table.js';
import { endOffset, isEarlierToday, offsetIn } from '../../record/times.js';
import type { Fields } from '../../record/reading.js';
import type { Revision } from '../../record/record_history.js';
import type { TimeFormat } from './cells.js';

const CLOCK_PRECISIONS = new Set(['exact', 'minute', 'hour']);
const TIME_FIELDS = new Set(['occurred_start', 'occurred_end', 'occurred_local', 'precision', 'tz', 'utc_offset_min']);
const SCHEMA = 1;

/** `UTC`, `UTC+1`, `UTC-3:30`. */
function utcLabel(minutes: number) {
  const [hours, minutesLeft] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return minutes
    ? `UTC${minutes < 0 ? '-' : '+'}${hours}${minutesLeft ? `:${String(minutesLeft).padStart(2, '0')}` : ''}`
    : 'UTC';
}

/** Return ` (UTC+1)` for a time of day, both offsets where the end is by another clock, '' for whole days. */
function zoneLabel(fields: Fields) {
  const [start, end, tz] = [
    integerOf(fields, 'occurred_start'),
    integerOf(fields, 'occurred_end'),
    textOf(fields, 'tz'),
  ];
  const precision = textOf(fields, 'precision');
  const hasClockRange = precision === 'date_range' && /T\d\d:\d\d\//.test(textOf(fields, 'occurred_local'));
  const startOffset = integerOf(fields, 'utc_offset_min') ?? offsetIn(start, tz);
  if (startOffset !== null && isEarlierToday(precision, textOf(fields, 'occurred_local')))
    return ` (${utcLabel(endOffset(tz, start, end, startOffset))})`;
  if (start === null || startOffset === null || !(CLOCK_PRECISIONS.has(precision) || hasClockRange)) return '';
  const endingOffset = hasClockRange ? endOffset(tz, start, end, startOffset) : startOffset;
  return ` (${[...new Set([startOffset, endingOffset])].map(utcLabel).join(' to ')})`;
}

/**
 * Return the same time formats with their difference from UTC.
 * @param tz the zone that moments are given in
 */
export function withZones(timeFormat: TimeFormat, tz: string): TimeFormat {
  const zoneSuffix = (ms: number) => {
    const offset = offsetIn(ms, tz);
    return offset === null ? '' : ` (${utcLabel(offset)})`;
  };
  return {
    when: (fields) => {
      const text = timeFormat.when(fields);
      return text && `${text}${zoneLabel(fields)}`;
    },
    at: (ms) => {
      const text = timeFormat.at(ms);
      return text && `${text}${zoneSuffix(ms)}`;
    },
  };
}

/**
 * Return what a later version changed, line by line; of restricted fields only that they changed.
 * @param newFields all fields of the version
 */
export function changeLines(
  { changes, kind }: Revision,
  newFields: Fields,
  format: { names: ReadonlyMap<string, string>; timeFormat: TimeFormat },
): string[] {
  const oldFields = { ...newFields, ...Object.fromEntries(changes.map(({ field, old }) => [field, old])) };
  const restrictedNames = new Set(fieldNamesOf('incident', SCHEMA).restricted);
  const rules = RULES.kinds.incident ?? {};
  const lines = changes
    .filter(({ field }) => !restrictedNames.has(field) && !TIME_FIELDS.has(field) && field !== 'narrative')
    .map(({ field }) => {
      const fieldText = (fields: Fields) => valueText(rules[field] ?? '', fields, field, format);
      return changeLine(fieldLabel(field), fieldText(oldFields), fieldText(newFields), kind);
    });
  const [oldTime, newTime] = [oldFields, newFields].map((fields) => format.timeFormat.when(fields));
  const when = changes.some(({ field }) => TIME_FIELDS.has(field))
    ? changeLine('When', oldTime ?? '', newTime ?? '', kind)
    : '';
  return [
    when,
    ...lines,
    changes.some(({ field }) => restrictedNames.has(field)) ? 'Something that is left out here was changed.' : '',
  ].filter(Boolean);
}

function changeLine(label: string, oldText: string, newText: string, kind: string) {
  if (oldText === newText) return '';
  return kind === 'amendment' && oldText
    ? `${label}, before: ${oldText}. Now: ${newText || '(taken out)'}`
    : `${label}: ${newText || '(taken out)'}`;
}
