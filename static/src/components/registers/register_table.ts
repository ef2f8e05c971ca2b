/**
 * What each register asks, defined once: lists, forms and pages of people, orders, reports and the rest are drawn
 * from this table. The label of a question is `f.<kind>.<name>` in words.json. card_forms.js draws the fields.
 */
import type { IconName } from '../../shell/icons.js';

/** As in card_table.js, with the further types `strings`, `files`, `file`, `entries` and `terms` */
export type Line = {
  name: string;
  as: string;
  list?: string;
  record?: string;
  apart?: boolean;
  low?: boolean;
  tells?: boolean;
  role?: string;
  ahead?: boolean;
  lines?: readonly Line[];
};
/** `first`: questions shown before "More" */
export type Register = {
  place: string;
  icon: IconName;
  first: readonly string[];
  lines: readonly Line[];
  merges?: boolean;
};

const short = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'text', ...how });
const text = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'text', low: true, ...how });
const apart = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'text', low: true, apart: true, ...how });
const code = (name: string, list: string, how: Partial<Line> = {}): Line => ({ name, as: 'code', list, ...how });
const codes = (name: string, list: string, how: Partial<Line> = {}): Line => ({ name, as: 'codes', list, ...how });
const day = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'day', ...how });
const moment = (name: string): Line => ({ name, as: 'moment' });
const yes = (name: string): Line => ({ name, as: 'yes' });
const one = (name: string, kind: string, role?: string): Line => ({
  name,
  as: 'record',
  record: kind,
  ...(role ? { role } : {}),
});
const several = (name: string, kind: string, role?: string): Line => ({
  name,
  as: 'records',
  record: kind,
  ...(role ? { role } : {}),
});
const strings = (name: string): Line => ({ name, as: 'strings' });
const entries = { name: 'incident_ids', as: 'entries' } as Line;
const files = { name: 'attachment_ids', as: 'files' } as Line;

export const REGISTERS: Readonly<Record<string, Register>> = {
  person: {
    place: 'people',
    icon: 'person',
    merges: true,
    first: ['name', 'role', 'description'],
    lines: [
      short('name'),
      code('role', 'person_roles'),
      text('description'),
      code('relationship', 'relationships'),
      text('relationship_dates'),
      strings('aliases'),
      short('dob_or_age'),
      code('age_band', 'age_bands'),
      several('account_ids', 'account'),
      several('vehicle_ids', 'vehicle'),
      several('case_ids', 'case'),
      files,
      apart('real_name', { low: false }),
      apart('contact'),
      apart('last_known_places'),
      code('safe_to_approach', 'yes_no', { apart: true }),
      code('willing_to_make_statement', 'yes_no', { apart: true }),
      apart('notes'),
    ],
  },
  account: {
    place: 'people',
    icon: 'tag',
    merges: true,
    first: ['platform', 'handle', 'number', 'person_id', 'blocked_on', 'new_after_block'],
    lines: [
      code('platform', 'channels'),
      short('handle'),
      short('number'),
      one('person_id', 'person', 'suspect'),
      day('blocked_on'),
      yes('new_after_block'),
      short('display_name'),
      short('url'),
      short('account_id'),
      codes('attribution_basis', 'attribution', { tells: true }),
      moment('first_seen'),
      moment('last_seen'),
      code('still_in_use', 'yes_no'),
      text('about'),
      { name: 'identity_link_id', as: 'file' },
      files,
      apart('notes'),
    ],
  },
  sighting: {
    place: 'people',
    icon: 'eye',
    first: ['at', 'account_id', 'platform', 'handle', 'after_block', 'how_linked'],
    lines: [
      moment('at'),
      one('account_id', 'account'),
      code('platform', 'channels'),
      short('handle'),
      yes('after_block'),
      text('how_linked'),
      short('display_name'),
      short('number'),
      short('url'),
      one('after_block_of_id', 'account'),
      one('person_id', 'person', 'suspect'),
      codes('attribution_basis', 'attribution', { tells: true }),
      code('how_found', 'how_found'),
      entries,
      files,
    ],
  },
  vehicle: {
    place: 'people',
    icon: 'car',
    merges: true,
    first: ['type', 'colour', 'make', 'reg', 'person_ids'],
    lines: [
      code('type', 'vehicle_types'),
      short('colour'),
      short('make'),
      short('reg'),
      several('person_ids', 'person', 'suspect'),
      short('model'),
      code('reg_certainty', 'reg_certainty'),
      text('description'),
      moment('first_seen'),
      moment('last_seen'),
      entries,
      files,
      apart('notes'),
    ],
  },
  case: {
    place: 'cases',
    icon: 'file',
    first: ['title', 'about', 'person_ids'],
    lines: [
      short('title'),
      text('about'),
      several('person_ids', 'person', 'suspect'),
      code('status', 'case_statuses'),
      day('opened_on'),
      day('closed_on', { ahead: true }),
      text('references'),
      files,
      apart('notes'),
    ],
  },
  order: {
    place: 'orders',
    icon: 'paper',
    first: ['kind', 'court', 'made_on', 'served_on', 'expires_on', 'terms', 'copy_attachment_id'],
    lines: [
      code('kind', 'orders'),
      short('court'),
      short('case_no'),
      day('made_on'),
      day('served_on'),
      day('expires_on', { ahead: true }),
      { name: 'terms', as: 'terms' },
      { name: 'copy_attachment_id', as: 'file' },
      code('status', 'order_statuses'),
      code('served_how', 'served_ways'),
      day('known_on'),
      code('awareness_basis', 'order_awareness'),
      short('expiry_text'),
      several('against_ids', 'person', 'suspect'),
      several('protects_ids', 'person'),
      { name: 'varied_history', as: 'objects', lines: [day('on', { ahead: true }), text('what')] },
      files,
      apart('protects_names'),
      apart('notes'),
    ],
  },
  report: {
    place: 'reports',
    icon: 'flag',
    first: ['to', 'force', 'at', 'crime_ref', 'promised', 'next_update_due'],
    lines: [
      code('to', 'report_to'),
      short('force'),
      moment('at'),
      code('method', 'report_methods'),
      short('crime_ref'),
      short('incident_ref'),
      short('officer_name'),
      short('collar_no'),
      short('unit'),
      text('promised'),
      day('next_update_due', { ahead: true }),
      code('outcome', 'report_outcomes'),
      text('what_i_said'),
      text('what_they_said'),
      yes('statement_given'),
      strings('handed_over'),
      yes('dpn_signed'),
      entries,
      files,
      apart('officer_contact'),
      apart('with_me'),
      apart('notes'),
    ],
  },
  notice: {
    place: 'notices',
    icon: 'note',
    first: ['at', 'how', 'exact_words', 'by_whom'],
    lines: [
      moment('at'),
      code('how', 'notice_ways'),
      text('exact_words'),
      code('by_whom', 'notice_by'),
      one('by_id', 'person'),
      several('to_ids', 'person', 'suspect'),
      several('to_account_ids', 'account'),
      text('what_happened_next'),
      entries,
      files,
      apart('notes'),
    ],
  },
  impact: {
    place: 'impacts',
    icon: 'heart',
    first: ['domain', 'after', 'before', 'started', 'still_going'],
    lines: [
      code('domain', 'impact_domains'),
      text('after'),
      text('before'),
      moment('started'),
      yes('still_going'),
      moment('ended'),
      { name: 'cost_pence', as: 'pounds' },
      { name: 'cost_is_estimate', as: 'tick' },
      several('person_ids', 'person'),
      entries,
      files,
      apart('notes'),
    ],
  },
  background: {
    place: 'background',
    icon: 'list',
    first: ['relationship', 'narrative', 'when_met', 'when_ended'],
    lines: [
      code('relationship', 'relationships'),
      text('narrative'),
      text('met_how'),
      moment('when_met'),
      moment('when_ended'),
      text('prior_abuse'),
      text('proceedings'),
      yes('children_together'),
      {
        name: 'key_dates',
        as: 'objects',
        lines: [code('kind', 'key_date_kinds'), day('on', { ahead: true }), text('about')],
      },
      files,
      apart('children_names'),
      apart('notes'),
    ],
  },
  statement: {
    place: 'statements',
    icon: 'eye',
    first: ['by_id', 'by_name', 'saw_how', 'at', 'narrative', 'received_how'],
    lines: [
      one('by_id', 'person', 'witness'),
      apart('by_name', { low: false }),
      code('by_role', 'person_roles'),
      several('about_ids', 'person', 'suspect'),
      code('saw_how', 'statement_saw_how'),
      moment('at'),
      text('narrative'),
      text('exact_words'),
      code('received_how', 'statement_received'),
      moment('written_at'),
      text('relation_to_keeper'),
      code('help_given', 'help_given'),
      short('language'),
      text('translation'),
      entries,
      files,
      apart('contact'),
      code('willing_to_make_statement', 'yes_no', { apart: true }),
    ],
  },
};

/** Lists reached from More that hold one kind each, by the name of their place. */
export const KIND_OF = {
  cases: 'case',
  orders: 'order',
  reports: 'report',
  notices: 'notice',
  impacts: 'impact',
  background: 'background',
  statements: 'statement',
} as Readonly<Record<string, string>>;

/** With the police at the door there is no time for more than this. */
export const POLICE_FIRST = ['force', 'officer_name', 'collar_no', 'incident_ref', 'promised', 'next_update_due', 'at'];
