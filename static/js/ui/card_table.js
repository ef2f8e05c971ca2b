/**
 * Every card and every field of an entry, once: what a card asks, in which order, and how each answer is typed. The
 * cards, the facts of an entry and its history are all drawn from this table, so that no field can be asked and not shown.
 */

/**
 * @typedef {object} Line one question
 * @property {string} name the field; its words are `f.<name>` in strings_cards.js
 * @property {'text'|'code'|'codes'|'yes'|'tick'|'count'|'pounds'|'day'|'moment'|'object'|'objects'|'records'|'record'|'own'} as
 * how it is answered. `own`: the card draws it itself; `record`: the id of one record
 * @property {string} [list] vocabulary of a code
 * @property {string} [record] the kind of record an id names
 * @property {boolean} [apart] restricted: never in the part of a pack that may be passed on
 * @property {boolean} [low] more than one line of text
 * @property {boolean} [tells] its words (`<name>_text`) are asked whenever something is chosen, not for "something else" only
 * @property {boolean} [later] shown after "More" until it says something
 * @property {readonly Line[]} [lines] of an object, or of each of several
 * @property {string} [role] what a person added here is
 * @property {boolean} [ahead] a day that may lie in the future
 */
/** @typedef {{code: string, icon: import('./icons.js').IconName, lines: readonly Line[], later?: boolean}} CardSpec */

/** @param {string} name @param {Partial<Line>} [how] @returns {Line} */
const text = (name, how = {}) => ({ name, as: 'text', low: true, ...how });
/** @param {string} name @param {string} list @param {Partial<Line>} [how] @returns {Line} */
const code = (name, list, how = {}) => ({ name, as: 'code', list, ...how });
/** @param {string} name @param {string} list @param {Partial<Line>} [how] @returns {Line} */
const codes = (name, list, how = {}) => ({ name, as: 'codes', list, ...how });
/** @param {string} name @param {string} record @param {Partial<Line>} [how] @returns {Line} */
const records = (name, record, how = {}) => ({ name, as: 'records', record, ...how });
/** @param {string} name @param {readonly Line[]} lines @param {Partial<Line>} [how] @returns {Line} */
const objects = (name, lines, how = {}) => ({ name, as: 'objects', lines, ...how });
/** @param {string} name @param {readonly Line[]} lines @param {Partial<Line>} [how] @returns {Line} */
const object = (name, lines, how = {}) => ({ name, as: 'object', lines, ...how });
/** @param {string} name @returns {Line} */
const short = (name) => ({ name, as: 'text' });
/** @param {string} name @param {Partial<Line>} [how] @returns {Line} */
const date = (name, how = {}) => ({ name, as: 'day', ...how });

/** @type {readonly CardSpec[]} */
export const CARDS = [
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

/** What else an entry holds, for its history: no card asks these. @type {readonly Line[]} */
const ELSEWHERE = [
  text('narrative'),
  { name: 'translation_of', as: 'text' },
  { name: 'author_id', as: 'record', record: 'person' },
  { name: 'entered_by_id', as: 'record', record: 'person' },
];

/** @type {Map<string, Line>} */
const LINES = new Map([...ELSEWHERE, ...CARDS.flatMap(({ lines }) => lines)].map((line) => [line.name, line]));

/**
 * How the answer to a field is typed and shown; the words of a chosen code (`<name>_text`) are a text of their own.
 * @param {string} name
 * @returns {Line|null} null for book-keeping, which says nothing about what happened
 */
export function lineOf(name) {
  const known = LINES.get(name);
  if (known) return known;
  return name.endsWith('_text') && LINES.has(name.slice(0, -5)) ? text(name) : null;
}

/** The names a card may change, its `_text` ones and what it keeps apart included. @param {CardSpec} card @returns {string[]} */
export function namesOf(card) {
  return card.lines.flatMap(({ name, as }) =>
    as === 'code' || as === 'codes' || as === 'yes' || name === 'behaviours' ? [name, `${name}_text`] : [name],
  );
}
