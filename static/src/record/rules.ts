/**
 * The values a field may hold, and inconsistencies within a record; twin of diary/record/rules.py.
 *
 * diary/record/rules.json is the only source of shapes; tests/vectors/record.json keeps the two languages equal. The
 * phone refuses to seal a record with a fault of shape. A reader refuses nothing: it shows the content and reports
 * what is odd.
 */
import {
  CLOCK_TOLERANCE_MS,
  LINE_LIMIT_CHARACTERS,
  LIST_LIMIT,
  OFFSET_LIMIT_MINUTES,
  TEXT_LIMIT_CHARACTERS,
} from '../core/constants.js';
import { orderStatusOf, termOf } from './breaches.js';
import { objectOf, objectsOf, textOf, integerOf } from './reading.js';
import { RULES } from './vocabulary/rules_table.js';
import { isZone, offsetAt } from './times.js';
import { validInstant } from './record_history.js';
import type { Fields } from './reading.js';

/** `field` is a path: `terms.2.text` */
type Fault = { field: string; code: string };

const ID = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const CODE = /^[a-z0-9][a-z0-9_]{0,39}$/;
const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const LIST_SHAPES = new Set(['ids', 'codes', 'texts', 'list', 'objects']);

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textUpTo =
  (limit: number): ((value: unknown) => string) =>
  (value) =>
    typeof value !== 'string' ? 'not_text' : value.length > limit ? 'too_long' : '';

const integerBetween =
  (smallest: number, largest: number): ((value: unknown) => string) =>
  (value) =>
    typeof value !== 'number' || !Number.isSafeInteger(value)
      ? 'not_a_number'
      : value < smallest || value > largest
        ? 'out_of_range'
        : '';

const matching =
  (pattern: RegExp, fault: string): ((value: unknown) => string) =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? '' : fault;

const isInstant = (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && validInstant(value) !== null;

const SCALARS: Readonly<Record<string, (value: unknown) => string>> = {
  code: matching(CODE, 'not_a_code'),
  count: integerBetween(0, 1_000_000_000),
  day: (value) => ((typeof value === 'string' && DAY.test(value)) || isInstant(value) ? '' : 'not_a_day'),
  flag: (value) => (typeof value === 'boolean' ? '' : 'not_yes_or_no'),
  id: matching(ID, 'not_an_id'),
  line: textUpTo(LINE_LIMIT_CHARACTERS),
  ms: (value) =>
    typeof value !== 'number' || !Number.isSafeInteger(value)
      ? 'not_a_number'
      : isInstant(value)
        ? ''
        : 'no_calendar_time',
  offset: integerBetween(-OFFSET_LIMIT_MINUTES, OFFSET_LIMIT_MINUTES),
  pence: integerBetween(0, Number.MAX_SAFE_INTEGER),
  text: textUpTo(TEXT_LIMIT_CHARACTERS),
  zone: (value) => (typeof value === 'string' && value.length <= 64 ? '' : 'not_text'),
};

/** Sort by field, then by code. */
const sortFaults = (faults: Fault[]) =>
  faults.sort((a, b) =>
    a.field === b.field ? Number(a.code > b.code) - Number(a.code < b.code) : a.field < b.field ? -1 : 1,
  );

/** Return every field, open or restricted, whose value does not have the shape of its name. Null means not answered. */
export function shapeFaults(kind: string, fields: Fields): Fault[] {
  const rules = Object.hasOwn(RULES.kinds, kind) ? (RULES.kinds[kind] as Record<string, string>) : {};
  return sortFaults(
    Object.entries(fields)
      .filter(([name, value]) => !name.startsWith('_') && isPresent(value) && Object.hasOwn(rules, name))
      .flatMap(([name, value]) => checkValue(name, String(rules[name]), value)),
  );
}

const isPresent = (value: unknown) => value !== null && value !== undefined;

/** Check one value against one rule. */
function checkValue(path: string, rule: string, value: unknown): Fault[] {
  const [shape = 'any', name = ''] = rule.split(' ');
  if (shape === 'any') return [];
  if (LIST_SHAPES.has(shape)) return checkList(path, shape, name, value);
  if (shape === 'object' || shape === 'block' || (shape === 'day' && isObject(value)))
    return checkObject(path, name || 'block', value);
  const code = SCALARS[shape]?.(value);
  return code ? [{ field: path, code }] : [];
}

/** Check a list, item by item. One id or code may stand without its list: early apps wrote it so. */
function checkList(path: string, shape: string, name: string, value: unknown) {
  const items = typeof value === 'string' && (shape === 'ids' || shape === 'codes') ? [value] : value;
  if (!Array.isArray(items)) return [{ field: path, code: 'not_a_list' }];
  if (items.length > LIST_LIMIT) return [{ field: path, code: 'too_many' }];
  const inner =
    ({ codes: 'code', ids: 'id', objects: `object ${name}`, texts: 'text' } as Record<string, string>)[shape] ?? 'any';
  return items.flatMap((item, index) => checkValue(`${path}.${index}`, inner, item));
}

/** Check an object, member by member; unknown members belong to a newer app. */
function checkObject(path: string, name: string, value: unknown): Fault[] {
  if (!isObject(value)) return [{ field: path, code: 'not_an_object' }];
  const rules = (RULES.objects[name] ?? {}) as Record<string, string>;
  return Object.entries(value)
    .filter(([member, inner]) => isPresent(inner) && Object.hasOwn(rules, member))
    .flatMap(([member, inner]) => checkValue(`${path}.${member}`, String(rules[member]), inner));
}

/**
 * Return what is impossible about the time of an incident.
 * @param now when it was sealed; null skips the check for the future
 */
export function timeFaults(fields: Fields, now: number | null = null): Fault[] {
  const start = integerOf(fields, 'occurred_start');
  const end = integerOf(fields, 'occurred_end');
  if (start === null) return end === null ? [] : [{ field: 'occurred_end', code: 'end_without_start' }];
  const faults: Fault[] = [];
  if (end !== null && end < start) faults.push({ field: 'occurred_end', code: 'end_before_start' });
  if (now !== null && start > now + CLOCK_TOLERANCE_MS) faults.push({ field: 'occurred_start', code: 'in_the_future' });
  const tz = textOf(fields, 'tz');
  const offset = integerOf(fields, 'utc_offset_min');
  if (tz && !isZone(tz)) faults.push({ field: 'tz', code: 'unknown_zone' });
  // A skipped local time, or the wrong half of a repeated hour, cannot give this instant.
  else if (tz && offset !== null && validInstant(start) !== null && offset !== offsetAt(start, tz))
    faults.push({ field: 'utc_offset_min', code: 'impossible_local_time' });
  return sortFaults(faults);
}

/**
 * Return the alleged breaches that are impossible.
 * @param orders the fields of each order by record id; a missing order is not a fault
 */
export function breachFaults(fields: Fields, orders: ReadonlyMap<string, Fields>): Fault[] {
  return objectsOf(fields, 'alleged_breaches').flatMap((breach, index) => {
    const order = orders.get(textOf(breach, 'order_id'));
    if (!order) return [];
    const path = `alleged_breaches.${index}`;
    return [
      ...(orderStatusOf(order, fields) === 'not_served' ? [{ field: path, code: 'before_service' }] : []),
      ...(termOf(order, breach.term_no) ? [] : [{ field: `${path}.term_no`, code: 'no_such_term' }]),
    ];
  });
}

/** Return everything odd about one version by itself. */
export function allFaults(kind: string, fields: Fields, restricted: Fields): Fault[] {
  const ofTime = kind === 'incident' ? timeFaults(fields, integerOf(objectOf(fields, '_clock'), 'utc')) : [];
  return sortFaults([...shapeFaults(kind, fields), ...shapeFaults(kind, restricted), ...ofTime]);
}
