/**
 * Times and later changes on the phone's own page. Each time of day has its difference from UTC, since 01:30 in the
 * night the clocks go back is two times. Each change has its old value. chronology.js draws the rest.
 */
import { fieldLabel, valueWords } from './field_words.js';
import { namesOf } from '../proofs.js';
import { textOf, wholeOf } from '../../record/reading.js';
import { RULES } from '../../record/vocabulary/rules_table.js';
import { endOffset, offsetIn } from '../../record/times.js';
import type { Fields } from '../../record/reading.js';
import type { Revision } from '../../record/record_history.js';
import type { Say } from './cells.js';

const OF_DAY = new Set(['exact', 'minute', 'hour']);
const WHEN = new Set(['occurred_start', 'occurred_end', 'occurred_local', 'precision', 'tz', 'utc_offset_min']);
const SCHEMA = 1;

/** `UTC`, `UTC+1`, `UTC-3:30`. */
function utc(minutes: number) {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return minutes ? `UTC${minutes < 0 ? '-' : '+'}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}` : 'UTC';
}

/** Return ` (UTC+1)` for a time of day, both offsets where the end is by another clock, '' for whole days. */
function zoneOf(said: Fields) {
  const [start, end, tz] = [wholeOf(said, 'occurred_start'), wholeOf(said, 'occurred_end'), textOf(said, 'tz')];
  const precision = textOf(said, 'precision');
  const hours = precision === 'date_range' && /T\d\d:\d\d\//.test(textOf(said, 'occurred_local'));
  const began = wholeOf(said, 'utc_offset_min') ?? offsetIn(start, tz);
  if (start === null || began === null || !(OF_DAY.has(precision) || hours)) return '';
  const ended = hours ? endOffset(tz, start, end, began) : began;
  return ` (${[...new Set([began, ended])].map(utc).join(' to ')})`;
}

/**
 * Return the same time formats with their difference from UTC.
 * @param tz the zone that moments are given in
 */
export function withZones(say: Say, tz: string): Say {
  const beside = (ms: number) => {
    const offset = offsetIn(ms, tz);
    return offset === null ? '' : ` (${utc(offset)})`;
  };
  return {
    when: (fields) => {
      const told = say.when(fields);
      return told && `${told}${zoneOf(fields)}`;
    },
    at: (ms) => {
      const told = say.at(ms);
      return told && `${told}${beside(ms)}`;
    },
  };
}

/**
 * Return what a later version changed, line by line; of restricted fields only that they changed.
 * @param after all fields of the version
 */
export function changesSaid(
  { changes, kind }: Revision,
  after: Fields,
  saying: { names: ReadonlyMap<string, string>; say: Say },
): string[] {
  const before = { ...after, ...Object.fromEntries(changes.map(({ field, old }) => [field, old])) };
  const apart = new Set(namesOf('incident', SCHEMA).restricted);
  const rules = RULES.kinds.incident ?? {};
  const lines = changes
    .filter(({ field }) => !apart.has(field) && !WHEN.has(field) && field !== 'narrative')
    .map(({ field }) => {
      const told = (said: Fields) => valueWords(rules[field] ?? '', said, field, saying);
      return said(fieldLabel(field), told(before), told(after), kind);
    });
  const [was, now] = [before, after].map((one) => saying.say.when(one));
  const when = changes.some(({ field }) => WHEN.has(field)) ? said('When', was ?? '', now ?? '', kind) : '';
  return [
    when,
    ...lines,
    changes.some(({ field }) => apart.has(field)) ? 'Something kept apart was changed.' : '',
  ].filter(Boolean);
}

function said(label: string, was: string, now: string, kind: string) {
  if (was === now) return '';
  return kind === 'amendment' && was
    ? `${label}, before: ${was}. Now: ${now || '(taken out)'}`
    : `${label}: ${now || '(taken out)'}`;
}
