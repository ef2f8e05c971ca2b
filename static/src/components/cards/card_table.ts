/**
 * Every card and every field of an entry, defined once: what a card asks, in which order, and how each answer is
 * entered. The cards, the facts of an entry and its history are all drawn from this table, so no field can be asked
 * and then not shown.
 */
import type { IconName } from '../../shell/icons.js';

/** One question */
export type CardQuestion = {
  /** the field; its label is `f.<name>` in words.json */
  name: string;
  /** how it is answered. `own`: the card draws it itself; `record`: the id of one record */
  type:
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
  recordKind?: string;
  /** stored in the restricted part, which never goes into the shareable part of a pack */
  restricted?: boolean;
  /** more than one line of text */
  multiline?: boolean;
  /** ask for details (`<name>_text`) for every choice, not for "something else" only */
  asksDetails?: boolean;
  /** `<name>_text` has a question of its own on this card, so no box for it is added below the choices */
  hasOwnText?: boolean;
  /** hidden behind "More" until it has an answer */
  collapsed?: boolean;
  /** the questions of an object, or of each object in a list */
  questions?: readonly CardQuestion[];
  /** the role of a person added here */
  role?: string;
  /** a day that may lie in the future */
  allowFuture?: boolean;
};
/** A question of any table. Registers have more types of answer, which they draw themselves. */
export type Question = Omit<CardQuestion, 'type' | 'questions'> & { type: string; questions?: readonly Question[] };
export type CardSpec = { code: string; icon: IconName; questions: readonly CardQuestion[]; collapsed?: boolean };

const text = (name: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'text',
  multiline: true,
  ...options,
});
const code = (name: string, list: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'code',
  list,
  ...options,
});
const codes = (name: string, list: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'codes',
  list,
  ...options,
});
const records = (name: string, recordKind: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'records',
  recordKind,
  ...options,
});
const objects = (
  name: string,
  questions: readonly CardQuestion[],
  options: Partial<CardQuestion> = {},
): CardQuestion => ({
  name,
  type: 'objects',
  questions,
  ...options,
});
const object = (
  name: string,
  questions: readonly CardQuestion[],
  options: Partial<CardQuestion> = {},
): CardQuestion => ({
  name,
  type: 'object',
  questions,
  ...options,
});
const shortText = (name: string): CardQuestion => ({ name, type: 'text' });
const date = (name: string, options: Partial<CardQuestion> = {}): CardQuestion => ({ name, type: 'day', ...options });

export const CARDS: readonly CardSpec[] = [
  { code: 'photos', icon: 'picture', questions: [{ name: 'attachment_ids', type: 'own' }] },
  { code: 'kind', icon: 'tag', questions: [{ name: 'behaviours', type: 'own', list: 'behaviours' }] },
  {
    code: 'channel',
    icon: 'device',
    questions: [
      code('channel', 'channels'),
      shortText('channel_account'),
      records('account_ids', 'account', { collapsed: true }),
      { name: 'count', type: 'count' },
      { name: 'count_is_estimate', type: 'tick' },
      { name: 'schedule_id', type: 'own', recordKind: 'schedule' },
    ],
  },
  {
    code: 'who',
    icon: 'person',
    questions: [
      text('who'),
      records('actor_ids', 'person', { role: 'suspect' }),
      codes('attribution_basis', 'attribution', { asksDetails: true }),
      code('carried_out_by', 'carried_out_by', { collapsed: true }),
      text('carried_out_by_names', { restricted: true, collapsed: true }),
      records('targeted_person_ids', 'person', { role: 'other', collapsed: true }),
      text('targeted_text', { collapsed: true }),
    ],
  },
  {
    code: 'where',
    icon: 'place',
    questions: [
      code('place_category', 'places'),
      text('place_detail', { restricted: true }),
      { name: 'place_in_chronology', type: 'own' },
    ],
  },
  {
    code: 'effect',
    icon: 'heart',
    questions: [
      text('feelings_then_text'),
      codes('feelings_then', 'feelings', { hasOwnText: true }),
      code('feared_violence', 'fear', { asksDetails: true }),
    ],
  },
  {
    code: 'seen_by',
    icon: 'eye',
    questions: [
      records('witness_ids', 'person', { role: 'witness' }),
      text('witness_names', { restricted: true }),
      objects('told_others', [
        shortText('who'),
        { name: 'person_id', type: 'record', recordKind: 'person' },
        shortText('when'),
        shortText('how'),
        text('state'),
      ]),
      records('present_ids', 'person', { role: 'other', collapsed: true }),
      text('present_names', { restricted: true, collapsed: true }),
      { name: 'children_present', type: 'yes' },
      shortText('children_ages'),
      text('children_names', { restricted: true }),
    ],
  },
  {
    code: 'camera',
    icon: 'camera',
    questions: [
      objects('independent_evidence', [
        code('kind', 'independent_evidence'),
        shortText('holder'),
        date('overwrite_due', { allowFuture: true }),
        date('requested_at'),
        code('outcome', 'independent_outcomes', { asksDetails: true }),
      ]),
      text('missing_evidence'),
    ],
  },
  {
    code: 'order',
    icon: 'paper',
    questions: [records('order_ids', 'order'), { name: 'alleged_breaches', type: 'own' }],
  },
  {
    code: 'reported',
    icon: 'flag',
    questions: [
      records('report_ids', 'report'),
      text('reported_text', { restricted: true }),
      object('platform_report', [shortText('ref'), date('at'), text('outcome')], { collapsed: true }),
    ],
  },
  { code: 'note', icon: 'note', questions: [] },
  {
    code: 'words',
    icon: 'pen',
    collapsed: true,
    questions: [objects('exact_words', [text('words'), shortText('speaker'), code('medium', 'channels')])],
  },
  { code: 'voice', icon: 'voice', collapsed: true, questions: [{ name: 'narrative_media', type: 'own' }] },
  {
    code: 'time',
    icon: 'clock',
    collapsed: true,
    questions: [
      code('time_source', 'time_sources'),
      { name: 'discovered_at', type: 'moment' },
      code('entry_kind', 'entry_kinds'),
      text('late_reason'),
      text('source_record'),
    ],
  },
  {
    code: 'did',
    icon: 'tick',
    collapsed: true,
    questions: [
      codes('response', 'responses', { asksDetails: true }),
      code('i_contacted_them', 'i_contacted_them', { asksDetails: true }),
      text('lawful_contact_context'),
      records('notice_ids', 'notice', { collapsed: true }),
    ],
  },
  {
    code: 'harm',
    icon: 'trouble',
    collapsed: true,
    questions: [
      { name: 'physical_injury', type: 'yes', asksDetails: true },
      text('property_effect'),
      { name: 'property_value_pence', type: 'pounds' },
      text('weapon_or_object'),
    ],
  },
  {
    code: 'looks',
    icon: 'car',
    collapsed: true,
    questions: [
      text('description_actor'),
      object('vehicle', [...['make', 'model', 'colour', 'reg'].map(shortText), code('reg_certainty', 'reg_certainty')]),
      records('vehicle_ids', 'vehicle', { collapsed: true }),
    ],
  },
  { code: 'why', icon: 'person', collapsed: true, questions: [codes('hostility', 'hostility', { asksDetails: true })] },
  {
    code: 'tongue',
    icon: 'list',
    collapsed: true,
    questions: [
      shortText('language'),
      object('translation', [text('text'), shortText('by'), shortText('relation'), date('at')]),
    ],
  },
  {
    code: 'about',
    icon: 'sealed',
    collapsed: true,
    questions: [
      code('content_warning', 'content_warnings'),
      { name: 'include_in_pack', type: 'tick' },
      { name: 'start_with_this', type: 'tick' },
      code('help_given', 'help_given', { asksDetails: true }),
      text('helped_by', { restricted: true }),
      records('case_ids', 'case'),
    ],
  },
];

/** Fields that no card asks for, listed for the history. */
const UNASKED: readonly CardQuestion[] = [
  text('narrative'),
  { name: 'translation_of', type: 'text' },
  { name: 'author_id', type: 'record', recordKind: 'person' },
  { name: 'entered_by_id', type: 'record', recordKind: 'person' },
];

const QUESTIONS: Map<string, CardQuestion> = new Map(
  [...UNASKED, ...CARDS.flatMap(({ questions }) => questions)].map((question) => [question.name, question]),
);

/**
 * How the answer to a field is entered and shown. The details of a code (`<name>_text`) are a text of their own.
 * @returns null for bookkeeping fields, which describe nothing that happened
 */
export function questionOf(name: string): CardQuestion | null {
  const known = QUESTIONS.get(name);
  if (known) return known;
  return name.endsWith('_text') && QUESTIONS.has(name.slice(0, -5)) ? text(name) : null;
}

/** The fields a card may change, including `_text` and restricted fields. */
export function fieldNamesOf(card: CardSpec): string[] {
  return card.questions.flatMap(({ name, type, hasOwnText }) =>
    !hasOwnText && (type === 'code' || type === 'codes' || type === 'yes' || name === 'behaviours')
      ? [name, `${name}_text`]
      : [name],
  );
}
