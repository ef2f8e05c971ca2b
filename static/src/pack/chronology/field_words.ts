/**
 * Any field of any record in words, from the shapes in rules.json. What the phone prints by itself must leave out
 * nothing that a user can write; a list of fields kept by hand would. In English, like everything others read.
 */
import { codesOf, objectOf, objectsOf, textOf } from '../../record/reading.js';
import { RULES } from '../../record/vocabulary/rules_table.js';
import { VOCABULARY } from '../../record/vocabulary/vocabulary.js';
import type { Fields } from '../../record/reading.js';
import type { TimeFormat } from './cells.js';

/** `names`: the display name of each record */
export type FieldFormat = { names: ReadonlyMap<string, string>; timeFormat: TimeFormat };

/** Labels for fields whose name is no good label. */
const LABELS: Readonly<Record<string, string>> = Object.freeze({
  account_ids: 'Accounts and numbers',
  about_ids: 'About',
  against_ids: 'Against',
  aliases: 'Also called',
  case_no: 'Case number',
  children_ages: 'Children’s ages',
  collar_no: 'Collar number',
  crime_ref: 'Crime number',
  expires_on: 'Until',
  overwrite_due: 'Likely to be wiped',
  requested_at: 'Asked for',
  at: 'When',
  after: 'Now',
  attribution_basis: 'How known',
  awareness_basis: 'How they know of it',
  before: 'Before',
  by_id: 'Who',
  case_ids: 'Part of',
  carried_out_by: 'Done by',
  children_present: 'Children present',
  cost_pence: 'Cost',
  description_actor: 'Description of the person',
  discovered_at: 'Found out',
  dob_or_age: 'Age or date of birth',
  dpn_signed: 'Signed for their phone to be looked at',
  entry_kind: 'Written',
  exact_words: 'Exact words',
  force: 'Force or name',
  handed_over: 'Handed over',
  help_given: 'Help with writing',
  hostility: 'Because of',
  how_linked: 'How linked',
  incident_ids: 'Entries',
  incident_ref: 'Incident number',
  independent_evidence: 'May be recorded on',
  late_reason: 'Why later',
  lawful_contact_context: 'Reason to be in touch',
  merged_into: 'The same as',
  missing_evidence: 'Missing',
  notice_ids: 'Told to stop',
  physical_injury: 'Injured',
  platform_report: 'Reported to the app or site',
  present_ids: 'Were there',
  property_effect: 'Property',
  property_value_pence: 'What it cost',
  protects_ids: 'Protects',
  reg: 'Number plate',
  reg_certainty: 'Sure of the plate',
  saw_how: 'How they know',
  schedule_id: 'Every message',
  source_record: 'Copied from',
  targeted_person_ids: 'Aimed at',
  targeted_text: 'Aimed at, in their words',
  time_source: 'How the time is known',
  to: 'To',
  to_ids: 'To',
  told_others: 'Told',
  vehicle_ids: 'Vehicles',
  weapon_or_object: 'Object or weapon',
  who: 'Who',
  what_i_said: 'I said',
  what_they_said: 'They said',
});
/** Objects whose members need no labels. */
const UNLABELLED_SHAPES = new Set(['told', 'term', 'varied', 'key_date']);

export const fieldLabel = (name: string): string => LABELS[name] ?? capitalise(name.replace(/_(?:ids?|text)$/, ''));

function capitalise(name: string) {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Return a choice in words, followed by the keeper's own words for it. */
export function codedText(list: string, fields: Fields, name: string) {
  const codes = codesOf(fields, name).map(
    (code) => VOCABULARY[list]?.codes.find((entry) => entry.code === code)?.label ?? code,
  );
  return [...codes, textOf(fields, `${name}_text`)].filter(Boolean).join('; ');
}

/**
 * Return a field as printed; '' for no value, and for a shape that no screen makes.
 * @param rule as in rules.json: `text`, `codes attribution`, `objects term`
 */
export function valueText(rule: string, fields: Fields, name: string, format: FieldFormat): string {
  const [type, listOrShape = ''] = rule.split(' ');
  const value = fields[name];
  switch (type) {
    case 'code':
    case 'codes':
      return codedText(listOrShape, fields, name);
    case 'texts':
      return codesOf(fields, name).join(', ');
    case 'id':
    case 'ids':
      return codesOf(fields, name)
        .map((id) => format.names.get(id))
        .filter(Boolean)
        .join(', ');
    case 'flag':
      return [value === true ? 'yes' : value === false ? 'no' : '', textOf(fields, `${name}_text`)]
        .filter(Boolean)
        .join(': ');
    case 'pence':
      return typeof value === 'number' ? `£${(value / 100).toFixed(2)}` : '';
    case 'count':
      return typeof value === 'number' ? String(value) : '';
    case 'ms':
      return typeof value === 'number' ? format.timeFormat.at(value) : '';
    case 'block':
      return timeText(fields, name, format);
    case 'object':
      return listOrShape === 'block'
        ? timeText(fields, name, format)
        : objectText(listOrShape, objectOf(fields, name), format);
    case 'objects':
      return objectsOf(fields, name)
        .map((object) => objectText(listOrShape, object, format))
        .filter(Boolean)
        .join('\n');
    default:
      return typeof value === 'string' ? value : '';
  }
}

/** Format a time in any form that a record may hold: a date or a local time as written, ms UTC, or one object. */
function timeText(fields: Fields, name: string, format: FieldFormat) {
  const value = fields[name];
  return typeof value === 'number'
    ? format.timeFormat.at(value)
    : textOf(fields, name) || blockText(objectOf(fields, name), format);
}

/** Format a time other than that of the incident: its parts get the names of an entry's time fields. */
function blockText(block: Fields, { timeFormat }: FieldFormat) {
  if (!Object.keys(block).length) return '';
  const { start = null, end = null, local = null, ...others } = block;
  return timeFormat.when({ ...others, occurred_start: start, occurred_end: end, occurred_local: local });
}

function objectText(shape: string, object: Fields, format: FieldFormat) {
  const rules = RULES.objects[shape] ?? {};
  const parts = Object.keys(rules)
    .filter((name) => !isOwnWords(rules, name))
    .map((name) => [name, valueText(rules[name] ?? '', object, name, format)])
    .filter(([, text]) => text);
  return parts
    .map(([name, text]) => (UNLABELLED_SHAPES.has(shape) ? text : `${fieldLabel(String(name)).toLowerCase()}: ${text}`))
    .join(shape === 'term' ? '. ' : ', ');
}

/** Return whether a field only holds the keeper's words for another field. */
const isOwnWords = (rules: Readonly<Record<string, string>>, name: string) =>
  name.endsWith('_text') && name.slice(0, -5) in rules;

/**
 * Return every open field of a record that has a value, except those in `without`, in the order of their names.
 * @param options `first`: the fields that come before the rest
 */
export function describeFields(
  kind: string,
  fields: Fields,
  format: FieldFormat,
  { first = [], without }: { first?: readonly string[]; without: ReadonlySet<string> },
): { key: string; label: string; text: string }[] {
  const rules = RULES.kinds[kind] ?? {};
  const names = [...first, ...Object.keys(rules).filter((name) => !first.includes(name))];
  return names
    .filter((name) => rules[name] && !without.has(name) && !isOwnWords(rules, name))
    .map((name) => ({ key: name, label: fieldLabel(name), text: valueText(rules[name] ?? '', fields, name, format) }))
    .filter(({ text }) => text);
}
