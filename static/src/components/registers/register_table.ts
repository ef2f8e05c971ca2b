/**
 * What each register asks, defined once: lists, forms and pages of people, orders, reports and the rest are drawn
 * from this table. The label of a question is `f.<kind>.<name>` in words.json. card_forms.js draws the fields.
 */
import type { IconName } from '../../shell/icons.js';

/** As in card_table.js, with the further types `strings`, `files`, `file`, `entries` and `terms` */
export type RegisterQuestion = {
  name: string;
  type: string;
  list?: string;
  recordKind?: string;
  restricted?: boolean;
  multiline?: boolean;
  asksDetails?: boolean;
  role?: string;
  allowFuture?: boolean;
  questions?: readonly RegisterQuestion[];
};
/** `first`: questions shown before "More" */
export type Register = {
  place: string;
  icon: IconName;
  first: readonly string[];
  questions: readonly RegisterQuestion[];
  mergeable?: boolean;
};

const shortText = (name: string, options: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name,
  type: 'text',
  ...options,
});
const text = (name: string, options: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name,
  type: 'text',
  multiline: true,
  ...options,
});
const restrictedText = (name: string, options: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name,
  type: 'text',
  multiline: true,
  restricted: true,
  ...options,
});
const code = (name: string, list: string, options: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name,
  type: 'code',
  list,
  ...options,
});
const codes = (name: string, list: string, options: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name,
  type: 'codes',
  list,
  ...options,
});
const day = (name: string, options: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name,
  type: 'day',
  ...options,
});
const moment = (name: string): RegisterQuestion => ({ name, type: 'moment' });
const yes = (name: string): RegisterQuestion => ({ name, type: 'yes' });
const linkOne = (name: string, kind: string, role?: string): RegisterQuestion => ({
  name,
  type: 'record',
  recordKind: kind,
  ...(role ? { role } : {}),
});
const linkMany = (name: string, kind: string, role?: string): RegisterQuestion => ({
  name,
  type: 'records',
  recordKind: kind,
  ...(role ? { role } : {}),
});
const strings = (name: string): RegisterQuestion => ({ name, type: 'strings' });
const entries = { name: 'incident_ids', type: 'entries' } as RegisterQuestion;
const files = { name: 'attachment_ids', type: 'files' } as RegisterQuestion;

export const REGISTERS: Readonly<Record<string, Register>> = {
  person: {
    place: 'people',
    icon: 'person',
    mergeable: true,
    first: ['name', 'role', 'description'],
    questions: [
      shortText('name'),
      code('role', 'person_roles'),
      text('description'),
      code('relationship', 'relationships'),
      text('relationship_dates'),
      strings('aliases'),
      shortText('dob_or_age'),
      code('age_band', 'age_bands'),
      linkMany('account_ids', 'account'),
      linkMany('vehicle_ids', 'vehicle'),
      linkMany('case_ids', 'case'),
      files,
      restrictedText('real_name', { multiline: false }),
      restrictedText('contact'),
      restrictedText('last_known_places'),
      code('safe_to_approach', 'yes_no', { restricted: true }),
      code('willing_to_make_statement', 'yes_no', { restricted: true }),
      restrictedText('notes'),
    ],
  },
  account: {
    place: 'people',
    icon: 'tag',
    mergeable: true,
    first: ['platform', 'handle', 'number', 'person_id', 'blocked_on', 'new_after_block'],
    questions: [
      code('platform', 'channels'),
      shortText('handle'),
      shortText('number'),
      linkOne('person_id', 'person', 'suspect'),
      day('blocked_on'),
      yes('new_after_block'),
      shortText('display_name'),
      shortText('url'),
      shortText('account_id'),
      codes('attribution_basis', 'attribution', { asksDetails: true }),
      moment('first_seen'),
      moment('last_seen'),
      code('still_in_use', 'yes_no'),
      text('about'),
      { name: 'identity_link_id', type: 'file' },
      files,
      restrictedText('notes'),
    ],
  },
  sighting: {
    place: 'people',
    icon: 'eye',
    first: ['at', 'account_id', 'platform', 'handle', 'after_block', 'how_linked'],
    questions: [
      moment('at'),
      linkOne('account_id', 'account'),
      code('platform', 'channels'),
      shortText('handle'),
      yes('after_block'),
      text('how_linked'),
      shortText('display_name'),
      shortText('number'),
      shortText('url'),
      linkOne('after_block_of_id', 'account'),
      linkOne('person_id', 'person', 'suspect'),
      codes('attribution_basis', 'attribution', { asksDetails: true }),
      code('how_found', 'how_found'),
      entries,
      files,
    ],
  },
  vehicle: {
    place: 'people',
    icon: 'car',
    mergeable: true,
    first: ['type', 'colour', 'make', 'reg', 'person_ids'],
    questions: [
      code('type', 'vehicle_types'),
      shortText('colour'),
      shortText('make'),
      shortText('reg'),
      linkMany('person_ids', 'person', 'suspect'),
      shortText('model'),
      code('reg_certainty', 'reg_certainty'),
      text('description'),
      moment('first_seen'),
      moment('last_seen'),
      entries,
      files,
      restrictedText('notes'),
    ],
  },
  case: {
    place: 'cases',
    icon: 'file',
    first: ['title', 'about', 'person_ids'],
    questions: [
      shortText('title'),
      text('about'),
      linkMany('person_ids', 'person', 'suspect'),
      code('status', 'case_statuses'),
      day('opened_on'),
      day('closed_on', { allowFuture: true }),
      text('references'),
      files,
      restrictedText('notes'),
    ],
  },
  order: {
    place: 'orders',
    icon: 'paper',
    first: ['kind', 'court', 'made_on', 'served_on', 'expires_on', 'terms', 'copy_attachment_id'],
    questions: [
      code('kind', 'orders'),
      shortText('court'),
      shortText('case_no'),
      day('made_on'),
      day('served_on'),
      day('expires_on', { allowFuture: true }),
      { name: 'terms', type: 'terms' },
      { name: 'copy_attachment_id', type: 'file' },
      code('status', 'order_statuses'),
      code('served_how', 'served_ways'),
      day('known_on'),
      code('awareness_basis', 'order_awareness'),
      shortText('expiry_text'),
      linkMany('against_ids', 'person', 'suspect'),
      linkMany('protects_ids', 'person'),
      { name: 'varied_history', type: 'objects', questions: [day('on', { allowFuture: true }), text('what')] },
      files,
      restrictedText('protects_names'),
      restrictedText('notes'),
    ],
  },
  report: {
    place: 'reports',
    icon: 'flag',
    first: ['to', 'force', 'at', 'crime_ref', 'promised', 'next_update_due'],
    questions: [
      code('to', 'report_to'),
      shortText('force'),
      moment('at'),
      code('method', 'report_methods'),
      shortText('crime_ref'),
      shortText('incident_ref'),
      shortText('officer_name'),
      shortText('collar_no'),
      shortText('unit'),
      text('promised'),
      day('next_update_due', { allowFuture: true }),
      code('outcome', 'report_outcomes'),
      text('what_i_said'),
      text('what_they_said'),
      yes('statement_given'),
      strings('handed_over'),
      yes('dpn_signed'),
      entries,
      files,
      restrictedText('officer_contact'),
      restrictedText('with_me'),
      restrictedText('notes'),
    ],
  },
  notice: {
    place: 'notices',
    icon: 'note',
    first: ['at', 'how', 'exact_words', 'by_whom'],
    questions: [
      moment('at'),
      code('how', 'notice_ways'),
      text('exact_words'),
      code('by_whom', 'notice_by'),
      linkOne('by_id', 'person'),
      linkMany('to_ids', 'person', 'suspect'),
      linkMany('to_account_ids', 'account'),
      text('what_happened_next'),
      entries,
      files,
      restrictedText('notes'),
    ],
  },
  impact: {
    place: 'impacts',
    icon: 'heart',
    first: ['domain', 'after', 'before', 'started', 'still_going'],
    questions: [
      code('domain', 'impact_domains'),
      text('after'),
      text('before'),
      moment('started'),
      yes('still_going'),
      moment('ended'),
      { name: 'cost_pence', type: 'pounds' },
      { name: 'cost_is_estimate', type: 'tick' },
      linkMany('person_ids', 'person'),
      entries,
      files,
      restrictedText('notes'),
    ],
  },
  background: {
    place: 'background',
    icon: 'list',
    first: ['relationship', 'narrative', 'when_met', 'when_ended'],
    questions: [
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
        type: 'objects',
        questions: [code('kind', 'key_date_kinds'), day('on', { allowFuture: true }), text('about')],
      },
      files,
      restrictedText('children_names'),
      restrictedText('notes'),
    ],
  },
  statement: {
    place: 'statements',
    icon: 'eye',
    first: ['by_id', 'by_name', 'saw_how', 'at', 'narrative', 'received_how'],
    questions: [
      linkOne('by_id', 'person', 'witness'),
      restrictedText('by_name', { multiline: false }),
      code('by_role', 'person_roles'),
      linkMany('about_ids', 'person', 'suspect'),
      code('saw_how', 'statement_saw_how'),
      moment('at'),
      text('narrative'),
      text('exact_words'),
      code('received_how', 'statement_received'),
      moment('written_at'),
      text('relation_to_keeper'),
      code('help_given', 'help_given'),
      shortText('language'),
      text('translation'),
      entries,
      files,
      restrictedText('contact'),
      code('willing_to_make_statement', 'yes_no', { restricted: true }),
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
