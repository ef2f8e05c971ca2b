/**
 * The chronology that the phone makes by itself: rows of the chosen entries in order of time, as they may be passed
 * on. The same rows are printed from the screen, and written as a page and a table into a pack that no server built.
 */
import { codesOf, objectOf, objectsOf, textOf, wholeOf } from '../../record/reading.js';
import { asTyped, markText, promptsOf } from '../../record/assisted.js';
import { delayOf, everything, sealedAt, tellAll } from '../../record/record_history.js';
import { changesSaid, withZones } from './chronology_times.js';
import { words } from './chronology_words.js';
import { coded, fieldsInWords } from './field_words.js';
import { entryLabels, rows } from '../proofs.js';
import { statementLines, tellCapsule } from './table_cells.js';
import { openedOf } from '../record_json.js';
import { referencesOf, registersSaid, whoDidIt } from './register_cells.js';
import { isEnglish, isSigned, tongue } from './language_names.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Fields } from '../../record/reading.js';
import type { Opened, Told } from '../../record/record_history.js';
import type { PreparedBy } from '../prepared.js';
import type { HeldBack } from '../redaction.js';
import type { Named } from './register_cells.js';
import type { Say, Cell } from './cells.js';

export type Row = {
  number: string;
  record: string;
  when: string;
  recorded: string;
  mark: string;
  narrative: string;
  lang: string;
  later: { at: string; kind: string; text: string }[];
  cells: Cell[];
  items: string[];
};
/** A statement of somebody else, under its reference: never among the keeper's own entries. */
export type Stated = { ref: string; mark: string; narrative: string; lang: string; cells: Cell[] };
export type Chronology = {
  title: string;
  facts: Cell[];
  rows: Row[];
  named: Named[];
  statements: Stated[];
  exhibits: { item: string; file: string; description: string; sha256: string }[];
  notes: string[];
};

const LATE = 86_400_000;
/** Fields of a statement that have a line of their own. */
const STATED = new Set(['attachment_ids', 'incident_ids', 'language', 'narrative', 'received_how', 'saw_how']);
/**
 * Fields of an entry that have a line of their own, and bookkeeping. Every other field with a value is printed under
 * its own name.
 */
const SAID = new Set([
  'actor_ids',
  'alleged_breaches',
  'assisted',
  'attachment_ids',
  'attribution_basis',
  'author_id',
  'behaviours',
  'cards_opened',
  'channel',
  'channel_account',
  'content_warning',
  'count',
  'count_is_estimate',
  'entered_by_id',
  'exact_words',
  'feared_violence',
  'feelings_then',
  'i_contacted_them',
  'include_in_pack',
  'language',
  'narrative',
  'narrative_media',
  'occurred_end',
  'occurred_local',
  'occurred_start',
  'order_ids',
  'place_category',
  'place_in_chronology',
  'precision',
  'reason',
  'report_ids',
  'response',
  'start_with_this',
  'taken_out',
  'translation',
  'translation_of',
  'tz',
  'utc_offset_min',
  'who',
  'witness_ids',
]);

export function chronologyOf(capsule: JsonObject, held: HeldBack, said: Say): Chronology {
  const say = withZones(said, textOf(objectOf(capsule, 'pack'), 'tz'));
  const labels = entryLabels(capsule);
  const opened = rows(capsule, 'versions').map(openedOf);
  const names = new Map(rows(capsule, 'refs').map((one) => [textOf(one, 'record'), textOf(one, 'ref')]));
  const told = tellAll(opened, 'incident').sort(inTime);
  const files = new Map(tellAll(opened, 'attachment').map((one) => [one.record, one.newest.fields]));
  const called = new Map([
    ...labels,
    ...rows(capsule, 'exhibits').map((one) => [textOf(one, 'record'), textOf(one, 'item')] as const),
    ...names,
  ]);
  const versions = new Map(opened.map((one) => [one.version, everything(one)]));
  const entries = told.map((one) =>
    rowOf(one, labels.get(one.record) ?? '', { capsule, held, say, names, called, files, versions }),
  );
  const named = registersSaid(opened, { names: called, say }, names, (text) => held.mask(text));
  const facts = [
    ...factsOf(capsule, told, say),
    { key: 'people', text: whoDidIt(told, named, names).join('\n') },
    { key: 'references', text: referencesOf(named).join('\n') },
  ].filter(({ text }) => text);
  const apart = named.filter(({ kind }) => kind === 'statement');
  return {
    title: words('title'),
    facts,
    rows: entries,
    named: named.filter((one) => !apart.includes(one)),
    statements: statedOf(capsule, held, apart),
    exhibits: exhibitsOf(capsule, opened, held),
    notes: notesOf(capsule),
  };
}

/** Sort by time. Entries without a time come last, in the order they were written. */
function inTime(a: Told, b: Told) {
  const [x, y] = [a, b].map(({ newest }) =>
    textOf(newest.fields, 'precision') === 'unknown' ? null : wholeOf(newest.fields, 'occurred_start'),
  );
  return (x ?? Infinity) - (y ?? Infinity) || (sealedAt(a.first) ?? 0) - (sealedAt(b.first) ?? 0) || 0;
}

function factsOf(capsule: JsonObject, told: Told[], say: Say): Cell[] {
  const pack = capsule.pack as Fields;
  const counts = capsule.counts as Fields;
  // In order of time, no more exact than each entry says.
  const timed = told.filter(
    ({ newest }) =>
      textOf(newest.fields, 'precision') !== 'unknown' && wholeOf(newest.fields, 'occurred_start') !== null,
  );
  const [first, last] = [timed[0], timed.at(-1)].map((one) => (one ? say.when(one.newest.fields) : ''));
  return [
    { key: 'pack', text: textOf(pack, 'folder') },
    ...preparedBy(pack),
    { key: 'made', text: say.at(wholeOf(pack, 'made_at') ?? 0) },
    { key: 'count', text: String(counts.included ?? told.length) },
    ...(first && last ? [{ key: 'span', label: words('span_label'), text: words('span', { first, last }) }] : []),
    {
      key: 'left_out',
      text: words('left_out_words', {
        withheld: String(counts.withheld ?? 0),
        removed: String(counts.removed ?? 0),
      }),
    },
  ];
}

/** Return who made the pack, where that is not the keeper. */
function preparedBy(pack: Fields): Cell[] {
  const said = objectOf(pack, 'prepared');
  return said.by ? [{ key: 'prepared', text: `${said.by}, ${said.organisation}` }] : [];
}

function rowOf(
  told: Told,
  number: string,
  {
    capsule,
    held,
    say,
    names,
    called,
    files,
    versions,
  }: {
    capsule: JsonObject;
    held: HeldBack;
    say: Say;
    names: ReadonlyMap<string, string>;
    called: ReadonlyMap<string, string>;
    files: ReadonlyMap<string, Fields>;
    versions: ReadonlyMap<string, Fields>;
  },
): Row {
  const said = told.newest.fields;
  const delay = delayOf(told);
  const sealed = sealedAt(told.first);
  const items = itemsOf(capsule, told);
  const mask = (text: string) => held.mask(text);
  const typed = asTyped({ ...said, narrative: textOf(told.first.fields, 'narrative') });
  const others = [
    ...cellsOf(said, names),
    ...fieldsInWords('incident', said, { names: called, say }, { without: SAID }),
    {
      key: 'asked',
      text: promptsOf(said)
        .map((one) => `“${one}”`)
        .join(' · '),
    },
    { key: 'as_typed', text: typed },
  ].map((one) => ({ ...one, text: mask(one.text) }));
  const cells = [...accountCells(capsule, said, files, mask), ...others].filter(({ text }) => text);
  return {
    number,
    record: told.record,
    when: mask(say.when(said)),
    items,
    lang: textOf(said, 'language'),
    recorded:
      sealed === null
        ? ''
        : delay !== null && delay > LATE
          ? words('recorded_late', { at: say.at(sealed), days: Math.floor(delay / LATE) })
          : say.at(sealed),
    mark: mask(markText(said)),
    narrative: mask(textOf(told.first.fields, 'narrative')),
    later: told.revisions.flatMap((one) => {
      const texts = one.changes.flatMap(({ field, new: now }) =>
        field === 'narrative' ? [typeof now === 'string' ? now : ''] : [],
      );
      const lines = [
        ...texts,
        ...changesSaid(one, versions.get(one.version) ?? {}, { names: called, say }),
        ...(one.reason ? [`Reason given: ${one.reason}`] : []),
      ];
      return [{ at: one.at === null ? '' : say.at(one.at), kind: words(`${one.kind}`), text: mask(lines.join('\n')) }];
    }),
    cells,
  };
}

function itemsOf(capsule: JsonObject, told: Told): string[] {
  const mine = new Set([
    ...codesOf(told.newest.fields, 'attachment_ids'),
    ...codesOf(told.newest.fields, 'narrative_media'),
  ]);
  return rows(capsule, 'exhibits')
    .filter(({ record }) => mine.has(String(record)))
    .map((one) => textOf(one, 'item'));
}

/**
 * Return how a signed or spoken entry was told, and a person's translation: what a page without a still can state.
 * @param files the fields of each file, by record
 * @param mask for the keeper's words; ours may be the name of a file
 */
function accountCells(
  capsule: JsonObject,
  said: Fields,
  files: ReadonlyMap<string, Fields>,
  mask: (text: string) => string,
): Cell[] {
  const spoken = mask(textOf(said, 'language'));
  const named = codesOf(said, 'narrative_media');
  const shown = rows(capsule, 'exhibits').find(({ record }) => named.includes(String(record)));
  const made = objectOf(said, 'translation');
  return [
    {
      key: 'account',
      text: shown ? accountWords(textOf(shown, 'item'), spoken, files.get(textOf(shown, 'record')) ?? {}) : '',
    },
    { key: 'translation', text: mask(translationWords(made, spoken)) },
  ];
}

function accountWords(item: string, spoken: string, file: Fields) {
  const film = textOf(file, 'media_type').startsWith('video/') && textOf(file, 'kind') !== 'audio';
  const signed = isSigned(spoken);
  const lasts = wholeOf(file, 'duration_ms');
  const helped = spoken ? !isEnglish(spoken) : film;
  return [
    words(signed ? 'signed' : film ? 'filmed' : 'spoken'),
    lasts === null ? '' : words('lasts', { min: Math.floor(lasts / 60_000), s: Math.floor(lasts / 1000) % 60 }),
    tongue(spoken),
    helped ? words('interpreter') : '',
    words('item', { item }),
  ]
    .filter(Boolean)
    .join('; ');
}

function translationWords(made: Fields, spoken: string) {
  if (!Object.keys(made).length)
    return spoken && !isEnglish(spoken) ? words('not_translated', { tongue: tongue(spoken) }) : '';
  const who = ['by', 'relation', 'at']
    .map((name) => textOf(made, name))
    .filter(Boolean)
    .join(', ');
  return `${textOf(made, 'text')}\n(${who || words('nobody_named')})`;
}

/** Return the other cells of an entry, in the order of the printed rows. */
function cellsOf(said: Fields, names: ReadonlyMap<string, string>): Cell[] {
  const named = (field: string) =>
    codesOf(said, field)
      .map((id) => names.get(id))
      .filter(Boolean)
      .join(', ');
  const count = wholeOf(said, 'count');
  const about = said.count_is_estimate === true;
  const breaches = objectsOf(said, 'alleged_breaches').map(
    (one) => `${names.get(textOf(one, 'order_id')) ?? '?'}.${wholeOf(one, 'term_no') ?? '?'}`,
  );
  const quoted = objectsOf(said, 'exact_words').map((one) =>
    [textOf(one, 'speaker'), `“${textOf(one, 'words')}”`].filter(Boolean).join(': '),
  );
  return [
    {
      key: 'where',
      text: [coded('places', said, 'place_category'), textOf(said, 'place_in_chronology')].filter(Boolean).join('; '),
    },
    { key: 'words', text: quoted.join('\n') },
    { key: 'behaviours', text: coded('behaviours', said, 'behaviours') },
    {
      key: 'channel',
      text: [coded('channels', said, 'channel'), textOf(said, 'channel_account')].filter(Boolean).join('; '),
    },
    { key: 'count', text: count === null ? '' : about ? words('about', { n: count }) : String(count) },
    {
      key: 'who',
      text: [named('actor_ids'), textOf(said, 'who'), coded('attribution', said, 'attribution_basis')]
        .filter(Boolean)
        .join('; '),
    },
    {
      key: 'effect',
      text: [
        textOf(said, 'feelings_then_text'),
        coded('feelings', { feelings_then: said.feelings_then ?? [] }, 'feelings_then'),
      ]
        .filter(Boolean)
        .join('; '),
    },
    { key: 'fear', text: coded('fear', said, 'feared_violence') },
    { key: 'witnesses', text: named('witness_ids') },
    {
      key: 'response',
      text: [coded('responses', said, 'response'), coded('i_contacted_them', said, 'i_contacted_them')]
        .filter(Boolean)
        .join('; '),
    },
    { key: 'orders', text: [named('order_ids'), ...breaches].filter(Boolean).join(', ') },
    { key: 'reported', text: named('report_ids') },
  ];
}

/**
 * Return statements of others, as table 07 has them.
 * @param named all cells of each
 */
function statedOf(capsule: JsonObject, held: HeldBack, named: readonly Named[]): Stated[] {
  return statementLines(tellCapsule(capsule)).map((line) => {
    const cell = (key: string, column: string) => ({
      key,
      text: held.mask(line[column] ?? ''),
    });
    const cells = [
      cell('said_about', 'entries'),
      cell('said_know', 'how_they_know'),
      cell('said_came', 'how_it_came'),
      cell('said_when', 'when_in_their_words'),
      cell('said_before', 'as_it_came'),
      cell('exhibits', 'exhibits'),
    ];
    cells.push(...(named.find(({ ref }) => ref === line.statement)?.cells.filter(({ key }) => !STATED.has(key)) ?? []));
    return {
      ref: line.statement ?? '',
      mark: line.not_the_keepers_words ?? '',
      narrative: held.mask(line.what_they_say ?? ''),
      lang: line.language ?? '',
      cells: cells.filter(({ text }) => text),
    };
  });
}

function exhibitsOf(capsule: JsonObject, opened: Opened[], held: HeldBack) {
  const told = new Map(tellAll(opened, 'attachment').map((one) => [one.record, one]));
  return rows(capsule, 'exhibits').map((one) => {
    const said = told.get(textOf(one, 'record'))?.newest.fields ?? {};
    const kind = coded('attachment_kinds', said, 'kind');
    return {
      item: textOf(one, 'item'),
      file: textOf(one, 'file'),
      description: held.mask([kind, textOf(said, 'description')].filter(Boolean).join(': ')),
      sha256: textOf(one, 'sha256'),
    };
  });
}

function notesOf(capsule: JsonObject): string[] {
  const said = objectOf(capsule.pack as Fields, 'prepared') as PreparedBy;
  const why = (code: unknown) => (said.by && code === 'withheld' ? 'left_by_preparer' : `gap_${code}`);
  const gaps = rows(capsule, 'gaps').map((one) =>
    words(why(one.why), { no: wholeOf(one, 'seq_no') ?? words('no_number') }),
  );
  const who = said.by
    ? [words('sworn_prepared', said), words('prepared_part'), words('method_prepared')]
    : [words('sworn'), words('method')];
  return [...who, words('not_shown'), ...gaps];
}
