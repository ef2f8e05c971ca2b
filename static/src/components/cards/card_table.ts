/**
 * Every card and every field of an entry, defined once: what a card asks, in which order, and how each answer is
 * entered. The cards, the facts of an entry and its history are all drawn from this table, so no field can be asked
 * and then not shown.
 */
import type { IconName } from '../../shell/icons.js';

/** One question */
export type Line = {
  /** the field; its label is `f.<name>` in words.json */
  name: string;
  /** how it is answered. `own`: the card draws it itself; `record`: the id of one record */
  as:
    | 'text'
    | 'code'
    | 'codes'
    | 'yes'
    | 'tick'
    | 'count'
    | 'pounds'
    | 'day'
    | 'moment'
    | 'object'
    | 'objects'
    | 'records'
    | 'record'
    | 'own';
  /** the vocabulary list of a code */
  list?: string;
  /** the kind of record that an id refers to */
  record?: string;
  /** stored in the restricted part, which never goes into the shareable part of a pack */
  apart?: boolean;
  /** more than one line of text */
  low?: boolean;
  /** ask for details (`<name>_text`) for every choice, not for "something else" only */
  tells?: boolean;
  /** hidden behind "More" until it has an answer */
  later?: boolean;
  /** the questions of an object, or of each object in a list */
  lines?: readonly Line[];
  /** the role of a person added here */
  role?: string;
  /** a day that may lie in the future */
  ahead?: boolean;
};
/** A question of any table. Registers have more types of answer, which they draw themselves. */
export type Question = Omit<Line, 'as' | 'lines'> & { as: string; lines?: readonly Question[] };
export type CardSpec = { code: string; icon: IconName; lines: readonly Line[]; later?: boolean };

const text = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'text', low: true, ...how });
const code = (name: string, list: string, how: Partial<Line> = {}): Line => ({ name, as: 'code', list, ...how });
const codes = (name: string, list: string, how: Partial<Line> = {}): Line => ({ name, as: 'codes', list, ...how });
const records = (name: string, record: string, how: Partial<Line> = {}): Line => ({
  name,
  as: 'records',
  record,
  ...how,
});
const objects = (name: string, lines: readonly Line[], how: Partial<Line> = {}): Line => ({
  name,
  as: 'objects',
  lines,
  ...how,
});
const object = (name: string, lines: readonly Line[], how: Partial<Line> = {}): Line => ({
  name,
  as: 'object',
  lines,
  ...how,
});
const short = (name: string): Line => ({ name, as: 'text' });
const date = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'day', ...how });

export const CARDS: readonly CardSpec[] = [
  { code: 'photos', icon: 'picture', lines: [{ name: 'attachment_ids', as: 'own' }] },
  { code: 'kind', icon: 'tag', lines: [{ name: 'behaviours', as: 'own', list: 'behaviours' }] },
  {
    code: 'channel',
    icon: 'device',
    lines: [
      code('channel', 'channels'),
      short('channel_account'),
      records('account_ids', 'account', { later: true }),
      { name: 'count', as: 'count' },
      { name: 'count_is_estimate', as: 'tick' },
      { name: 'schedule_id', as: 'own', record: 'schedule' },
    ],
  },
  {
    code: 'who',
    icon: 'person',
    lines: [
      text('who'),
      records('actor_ids', 'person', { role: 'suspect' }),
      codes('attribution_basis', 'attribution', { tells: true }),
      code('carried_out_by', 'carried_out_by', { later: true }),
      text('carried_out_by_names', { apart: true, later: true }),
      records('targeted_person_ids', 'person', { role: 'other', later: true }),
      text('targeted_text', { later: true }),
    ],
  },
  {
    code: 'where',
    icon: 'place',
    lines: [
      code('place_category', 'places'),
      text('place_detail', { apart: true }),
      { name: 'place_in_chronology', as: 'own' },
    ],
  },
  {
    code: 'effect',
    icon: 'heart',
    lines: [
      text('feelings_then_text'),
      codes('feelings_then', 'feelings'),
      code('feared_violence', 'fear', { tells: true }),
    ],
  },
  {
    code: 'seen_by',
    icon: 'eye',
    lines: [
      records('witness_ids', 'person', { role: 'witness' }),
      text('witness_names', { apart: true }),
      objects('told_others', [
        short('who'),
        { name: 'person_id', as: 'record', record: 'person' },
        short('when'),
        short('how'),
        text('state'),
      ]),
      records('present_ids', 'person', { role: 'other', later: true }),
      text('present_names', { apart: true, later: true }),
      { name: 'children_present', as: 'yes' },
      short('children_ages'),
      text('children_names', { apart: true }),
    ],
  },
  {
    code: 'camera',
    icon: 'camera',
    lines: [
      objects('independent_evidence', [
        code('kind', 'independent_evidence'),
        short('holder'),
        date('overwrite_due', { ahead: true }),
        date('requested_at'),
        code('outcome', 'independent_outcomes', { tells: true }),
      ]),
      text('missing_evidence'),
    ],
  },
  { code: 'order', icon: 'paper', lines: [records('order_ids', 'order'), { name: 'alleged_breaches', as: 'own' }] },
  {
    code: 'reported',
    icon: 'flag',
    lines: [
      records('report_ids', 'report'),
      text('reported_text', { apart: true }),
      object('platform_report', [short('ref'), date('at'), text('outcome')], { later: true }),
    ],
  },
  { code: 'note', icon: 'note', lines: [] },
  {
    code: 'words',
    icon: 'pen',
    later: true,
    lines: [objects('exact_words', [text('words'), short('speaker'), code('medium', 'channels')])],
  },
  { code: 'voice', icon: 'voice', later: true, lines: [{ name: 'narrative_media', as: 'own' }] },
  {
    code: 'time',
    icon: 'clock',
    later: true,
    lines: [
      code('time_source', 'time_sources'),
      { name: 'discovered_at', as: 'moment' },
      code('entry_kind', 'entry_kinds'),
      text('late_reason'),
      text('source_record'),
    ],
  },
  {
    code: 'did',
    icon: 'tick',
    later: true,
    lines: [
      codes('response', 'responses', { tells: true }),
      code('i_contacted_them', 'i_contacted_them', { tells: true }),
      text('lawful_contact_context'),
      records('notice_ids', 'notice', { later: true }),
    ],
  },
  {
    code: 'harm',
    icon: 'trouble',
    later: true,
    lines: [
      { name: 'physical_injury', as: 'yes', tells: true },
      text('property_effect'),
      { name: 'property_value_pence', as: 'pounds' },
      text('weapon_or_object'),
    ],
  },
  {
    code: 'looks',
    icon: 'car',
    later: true,
    lines: [
      text('description_actor'),
      object('vehicle', [...['make', 'model', 'colour', 'reg'].map(short), code('reg_certainty', 'reg_certainty')]),
      records('vehicle_ids', 'vehicle', { later: true }),
    ],
  },
  { code: 'why', icon: 'person', later: true, lines: [codes('hostility', 'hostility', { tells: true })] },
  {
    code: 'tongue',
    icon: 'list',
    later: true,
    lines: [short('language'), object('translation', [text('text'), short('by'), short('relation'), date('at')])],
  },
  {
    code: 'about',
    icon: 'sealed',
    later: true,
    lines: [
      code('content_warning', 'content_warnings'),
      { name: 'include_in_pack', as: 'tick' },
      { name: 'start_with_this', as: 'tick' },
      code('help_given', 'help_given', { tells: true }),
      text('helped_by', { apart: true }),
      records('case_ids', 'case'),
    ],
  },
];

/** Fields that no card asks for, listed for the history. */
const ELSEWHERE: readonly Line[] = [
  text('narrative'),
  { name: 'translation_of', as: 'text' },
  { name: 'author_id', as: 'record', record: 'person' },
  { name: 'entered_by_id', as: 'record', record: 'person' },
];

const LINES: Map<string, Line> = new Map(
  [...ELSEWHERE, ...CARDS.flatMap(({ lines }) => lines)].map((line) => [line.name, line]),
);

/**
 * How the answer to a field is entered and shown. The details of a code (`<name>_text`) are a text of their own.
 * @returns null for bookkeeping fields, which describe nothing that happened
 */
export function lineOf(name: string): Line | null {
  const known = LINES.get(name);
  if (known) return known;
  return name.endsWith('_text') && LINES.has(name.slice(0, -5)) ? text(name) : null;
}

/** The fields a card may change, including `_text` and restricted fields. */
export function namesOf(card: CardSpec): string[] {
  return card.lines.flatMap(({ name, as }) =>
    as === 'code' || as === 'codes' || as === 'yes' || name === 'behaviours' ? [name, `${name}_text`] : [name],
  );
}
