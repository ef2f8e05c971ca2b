/**
 * The chronology that the phone makes by itself: rows of the chosen entries in order of time, as they may be passed
 * on. The same rows are printed from the screen, and written as a page and a table into a pack that no server built.
 */
import { codesOf, objectOf, objectsOf, textOf, integerOf } from '../../record/reading.js';
import { advocateNarrative, assistedMarkText, promptsOf } from '../../record/assisted.js';
import { delayOf, allFields, sealedAt, historiesOf } from '../../record/record_history.js';
import { changeLines, withZones } from './chronology_times.js';
import { wordsFor } from './chronology_words.js';
import { codedText, describeFields } from './field_words.js';
import { appendTo } from '../../record/patterns/patterns_dates.js';
import { entryLabels, rowsOf } from '../proofs.js';
import { isFileOf, statementLines, readCapsule } from './table_cells.js';
import { openedOf } from '../record_json.js';
import { actorLines, breachesByOrder, countCells, countPack } from './pack_counts.js';
import { referencesOf, describeRegisters } from './register_cells.js';
import { isEnglish, isSigned, tongue } from './language_names.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Fields } from '../../record/reading.js';
import type { OpenedVersion, RecordHistory } from '../../record/record_history.js';
import type { PreparedBy } from '../prepared.js';
import type { Redactor } from '../redaction.js';
import type { Register } from './register_cells.js';
import type { TimeFormat, Cell } from './cells.js';

export type ChronologyRow = {
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
export type StatementRow = { ref: string; mark: string; narrative: string; lang: string; cells: Cell[] };
export type Chronology = {
  title: string;
  facts: Cell[];
  rows: ChronologyRow[];
  registers: Register[];
  statements: StatementRow[];
  exhibits: { item: string; file: string; description: string; sha256: string }[];
  notes: string[];
};

const DAY_MS = 86_400_000;
/** Fields of a statement that have a line of their own. */
const STATEMENT_LINE_FIELDS = new Set([
  'attachment_ids',
  'incident_ids',
  'language',
  'narrative',
  'received_how',
  'saw_how',
]);
/**
 * Fields of an entry that have a line of their own, and bookkeeping. Every other field with a value is printed under
 * its own name.
 */
const ENTRY_LINE_FIELDS = new Set([
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

export function chronologyOf(capsule: JsonObject, redactor: Redactor, baseFormat: TimeFormat): Chronology {
  const timeFormat = withZones(baseFormat, textOf(objectOf(capsule, 'pack'), 'tz'));
  const labels = entryLabels(capsule);
  const opened = rowsOf(capsule, 'versions').map(openedOf);
  const refs = new Map(rowsOf(capsule, 'refs').map((row) => [textOf(row, 'record'), textOf(row, 'ref')]));
  const histories = historiesOf(opened, 'incident').sort(byTime);
  const files = new Map(historiesOf(opened, 'attachment').map((row) => [row.record, row.newest.fields]));
  const recordLabels = new Map([
    ...labels,
    ...rowsOf(capsule, 'exhibits').map((row) => [textOf(row, 'record'), textOf(row, 'item')] as const),
    ...refs,
  ]);
  const versions = new Map(opened.map((row) => [row.version, allFields(row)]));
  const reportsByEntry: Map<string, string[]> = new Map();
  for (const { record, newest } of historiesOf(opened, 'report'))
    for (const entry of codesOf(newest.fields, 'incident_ids')) appendTo(reportsByEntry, entry, record);
  const entries = histories.map((row) =>
    rowOf(row, labels.get(row.record) ?? '', {
      capsule,
      redactor,
      timeFormat,
      names: refs,
      recordLabels,
      files,
      versions,
      reportsByEntry,
    }),
  );
  const registers = describeRegisters(opened, { names: recordLabels, timeFormat }, refs, (text) => redactor.mask(text));
  const counts = countPack(opened, histories, refs, textOf(objectOf(capsule, 'pack'), 'tz'));
  const facts = [
    ...factsOf(capsule, histories, timeFormat),
    { key: 'people', text: actorLines(counts, opened, refs, (text) => redactor.mask(text)).join('\n') },
    ...countCells(counts, recordLabels),
    {
      key: 'references',
      text: referencesOf(
        registers,
        platformLines(histories, labels, redactor),
        breachesByOrder(counts, recordLabels),
      ).join('\n'),
    },
  ].filter(({ text }) => text);
  const statementRegisters = registers.filter(({ kind }) => kind === 'statement');
  return {
    title: wordsFor('title'),
    facts,
    rows: entries,
    registers: registers.filter((row) => !statementRegisters.includes(row)),
    statements: statementRows(capsule, redactor, statementRegisters),
    exhibits: exhibitRows(capsule, opened, redactor),
    notes: notesOf(capsule),
  };
}

/** Return the references that apps and websites gave, of the latest entry first. */
function platformLines(histories: readonly RecordHistory[], labels: ReadonlyMap<string, string>, redactor: Redactor) {
  const [timed, untimed] = [true, false].map((isTimed) => histories.filter((row) => hasTime(row) === isTimed));
  return [...(timed ?? []).reverse(), ...(untimed ?? [])].flatMap(({ record, newest }) => {
    const reference = textOf(objectOf(newest.fields, 'platform_report'), 'ref');
    return reference
      ? [redactor.mask(wordsFor('platform_reference', { no: labels.get(record) ?? '', reference }))]
      : [];
  });
}

/** Sort by time. Entries without a time come last, in the order they were written. */
function byTime(a: RecordHistory, b: RecordHistory) {
  const [startA, startB] = [a, b].map(({ newest }) =>
    textOf(newest.fields, 'precision') === 'unknown' ? null : integerOf(newest.fields, 'occurred_start'),
  );
  return (startA ?? Infinity) - (startB ?? Infinity) || (sealedAt(a.first) ?? 0) - (sealedAt(b.first) ?? 0) || 0;
}

const hasTime = ({ newest }: RecordHistory) =>
  textOf(newest.fields, 'precision') !== 'unknown' && integerOf(newest.fields, 'occurred_start') !== null;

function factsOf(capsule: JsonObject, histories: RecordHistory[], timeFormat: TimeFormat): Cell[] {
  const pack = capsule.pack as Fields;
  const counts = capsule.counts as Fields;
  // In order of time, no more exact than each entry says.
  const timedEntries = histories.filter(hasTime);
  const [first, last] = [timedEntries[0], timedEntries.at(-1)].map((row) =>
    row ? timeFormat.when(row.newest.fields) : '',
  );
  return [
    { key: 'pack', text: textOf(pack, 'folder') },
    ...preparedBy(pack),
    { key: 'made', text: timeFormat.at(integerOf(pack, 'made_at') ?? 0) },
    { key: 'count', text: String(counts.included ?? histories.length) },
    { key: 'files', text: fileCount(capsule) },
    ...(first && last ? [{ key: 'span', label: wordsFor('span_label'), text: wordsFor('span', { first, last }) }] : []),
    {
      key: 'left_out',
      text: wordsFor('left_out_words', {
        withheld: String(counts.withheld ?? 0),
        removed: String(counts.removed ?? 0),
      }),
    },
  ];
}

/** Return how many files are in the pack, and how many follow in a later one. */
function fileCount(capsule: JsonObject): string {
  const later = integerOf(capsule.pack as Fields, 'files_later');
  return later ? wordsFor('files_later', { n: String(later) }) : String(rowsOf(capsule, 'exhibits').length);
}

/** Return who made the pack, where that is not the keeper. */
function preparedBy(pack: Fields): Cell[] {
  const preparer = objectOf(pack, 'prepared');
  return preparer.by ? [{ key: 'prepared', text: `${preparer.by}, ${preparer.organisation}` }] : [];
}

function rowOf(
  history: RecordHistory,
  number: string,
  {
    capsule,
    redactor,
    timeFormat,
    names: refs,
    recordLabels,
    files,
    versions,
    reportsByEntry,
  }: {
    capsule: JsonObject;
    redactor: Redactor;
    timeFormat: TimeFormat;
    names: ReadonlyMap<string, string>;
    recordLabels: ReadonlyMap<string, string>;
    files: ReadonlyMap<string, Fields>;
    versions: ReadonlyMap<string, Fields>;
    reportsByEntry: ReadonlyMap<string, string[]>;
  },
): ChronologyRow {
  const fields = history.newest.fields;
  const delayMs = delayOf(history);
  const firstSealedAt = sealedAt(history.first);
  const items = itemsOf(capsule, history, files);
  const mask = (text: string) => redactor.mask(text);
  const asTypedText = advocateNarrative({ ...fields, narrative: textOf(history.first.fields, 'narrative') });
  const otherCells = [
    ...cellsOf(fields, refs, reportsByEntry.get(history.record) ?? []),
    ...describeFields('incident', fields, { names: recordLabels, timeFormat }, { without: ENTRY_LINE_FIELDS }),
    {
      key: 'asked',
      text: promptsOf(fields)
        .map((row) => `“${row}”`)
        .join(' · '),
    },
    { key: 'as_typed', text: asTypedText },
  ].map((row) => ({ ...row, text: mask(row.text) }));
  const cells = [...accountCells(capsule, fields, files, mask), ...otherCells].filter(({ text }) => text);
  return {
    number,
    record: history.record,
    when: mask(timeFormat.when(fields)),
    items,
    lang: textOf(fields, 'language'),
    recorded:
      firstSealedAt === null
        ? ''
        : delayMs !== null && delayMs > DAY_MS
          ? wordsFor('recorded_late', { at: timeFormat.at(firstSealedAt), days: Math.floor(delayMs / DAY_MS) })
          : timeFormat.at(firstSealedAt),
    mark: mask(assistedMarkText(fields)),
    narrative: mask(textOf(history.first.fields, 'narrative')),
    later: history.revisions.flatMap((row) => {
      const texts = row.changes.flatMap(({ field, new: newValue }) =>
        field === 'narrative' ? [typeof newValue === 'string' ? newValue : ''] : [],
      );
      const lines = [
        ...texts,
        ...changeLines(row, versions.get(row.version) ?? {}, { names: recordLabels, timeFormat }),
        ...(row.reason ? [`Reason given: ${row.reason}`] : []),
      ];
      return [
        {
          at: row.at === null ? '' : timeFormat.at(row.at),
          kind: wordsFor(`${row.kind}`),
          text: mask(lines.join('\n')),
        },
      ];
    }),
    cells,
  };
}

/** @param files the fields of each file, by record */
function itemsOf(capsule: JsonObject, history: RecordHistory, files: ReadonlyMap<string, Fields>): string[] {
  return rowsOf(capsule, 'exhibits')
    .filter(({ record }) => isFileOf(String(record), files.get(String(record)) ?? {}, history))
    .map((row) => textOf(row, 'item'));
}

/**
 * Return how a signed or spoken entry was told, and a person's translation: what a page without a still can state.
 * @param files the fields of each file, by record
 * @param mask for the keeper's words; ours may be the name of a file
 */
function accountCells(
  capsule: JsonObject,
  fields: Fields,
  files: ReadonlyMap<string, Fields>,
  mask: (text: string) => string,
): Cell[] {
  const language = mask(textOf(fields, 'language'));
  const mediaIds = codesOf(fields, 'narrative_media');
  const exhibit = rowsOf(capsule, 'exhibits').find(({ record }) => mediaIds.includes(String(record)));
  const translation = objectOf(fields, 'translation');
  return [
    {
      key: 'account',
      text: exhibit ? accountWords(textOf(exhibit, 'item'), language, files.get(textOf(exhibit, 'record')) ?? {}) : '',
    },
    { key: 'translation', text: mask(translationWords(translation, language)) },
  ];
}

function accountWords(item: string, language: string, file: Fields) {
  const isFilm = textOf(file, 'media_type').startsWith('video/') && textOf(file, 'kind') !== 'audio';
  const isSignedLanguage = isSigned(language);
  const durationMs = integerOf(file, 'duration_ms');
  const needsInterpreter = language ? !isEnglish(language) : isFilm;
  return [
    wordsFor(isSignedLanguage ? 'signed' : isFilm ? 'filmed' : 'spoken'),
    durationMs === null
      ? ''
      : wordsFor('lasts', { min: Math.floor(durationMs / 60_000), s: Math.floor(durationMs / 1000) % 60 }),
    tongue(language),
    needsInterpreter ? wordsFor('interpreter') : '',
    wordsFor('item', { item }),
  ]
    .filter(Boolean)
    .join('; ');
}

function translationWords(translation: Fields, language: string) {
  if (!Object.keys(translation).length)
    return language && !isEnglish(language) ? wordsFor('not_translated', { tongue: tongue(language) }) : '';
  const translator = ['by', 'relation', 'at']
    .map((name) => textOf(translation, name))
    .filter(Boolean)
    .join(', ');
  return `${textOf(translation, 'text')}\n(${translator || wordsFor('nobody_named')})`;
}

/**
 * Return the other cells of an entry, in the order of the printed rows.
 * @param reports those that name the entry
 */
function cellsOf(fields: Fields, refs: ReadonlyMap<string, string>, reports: readonly string[]): Cell[] {
  const namesOf = (ids: readonly string[]) =>
    [...new Set(ids)]
      .map((id) => refs.get(id))
      .filter(Boolean)
      .join(', ');
  const namesIn = (field: string) => namesOf(codesOf(fields, field));
  const count = integerOf(fields, 'count');
  const isEstimate = fields.count_is_estimate === true;
  const breaches = objectsOf(fields, 'alleged_breaches').map(
    (row) => `${refs.get(textOf(row, 'order_id')) ?? '?'}.${integerOf(row, 'term_no') ?? '?'}`,
  );
  const quoted = objectsOf(fields, 'exact_words').map((row) =>
    [textOf(row, 'speaker'), `“${textOf(row, 'words')}”`].filter(Boolean).join(': '),
  );
  return [
    {
      key: 'where',
      text: [codedText('places', fields, 'place_category'), textOf(fields, 'place_in_chronology')]
        .filter(Boolean)
        .join('; '),
    },
    { key: 'words', text: quoted.join('\n') },
    { key: 'behaviours', text: codedText('behaviours', fields, 'behaviours') },
    {
      key: 'channel',
      text: [codedText('channels', fields, 'channel'), textOf(fields, 'channel_account')].filter(Boolean).join('; '),
    },
    { key: 'count', text: count === null ? '' : isEstimate ? wordsFor('about', { n: count }) : String(count) },
    {
      key: 'who',
      text: [namesIn('actor_ids'), textOf(fields, 'who'), codedText('attribution', fields, 'attribution_basis')]
        .filter(Boolean)
        .join('; '),
    },
    {
      key: 'effect',
      text: [
        textOf(fields, 'feelings_then_text'),
        codedText('feelings', { feelings_then: fields.feelings_then ?? [] }, 'feelings_then'),
      ]
        .filter(Boolean)
        .join('; '),
    },
    { key: 'fear', text: codedText('fear', fields, 'feared_violence') },
    { key: 'witnesses', text: namesIn('witness_ids') },
    {
      key: 'response',
      text: [codedText('responses', fields, 'response'), codedText('i_contacted_them', fields, 'i_contacted_them')]
        .filter(Boolean)
        .join('; '),
    },
    { key: 'orders', text: [namesIn('order_ids'), ...breaches].filter(Boolean).join(', ') },
    { key: 'reported', text: namesOf([...codesOf(fields, 'report_ids'), ...reports]) },
  ];
}

/**
 * Return statements of others, as table 07 has them.
 * @param registers all cells of each
 */
function statementRows(capsule: JsonObject, redactor: Redactor, registers: readonly Register[]): StatementRow[] {
  return statementLines(readCapsule(capsule)).map((line) => {
    const cell = (key: string, column: string) => ({
      key,
      text: redactor.mask(line[column] ?? ''),
    });
    const cells = [
      cell('said_about', 'entries'),
      cell('said_know', 'how_they_know'),
      cell('said_came', 'how_it_came'),
      cell('said_when', 'when_in_their_words'),
      cell('said_before', 'as_it_came'),
      cell('exhibits', 'exhibits'),
    ];
    cells.push(
      ...(registers
        .find(({ ref }) => ref === line.statement)
        ?.cells.filter(({ key }) => !STATEMENT_LINE_FIELDS.has(key)) ?? []),
    );
    return {
      ref: line.statement ?? '',
      mark: line.not_the_keepers_words ?? '',
      narrative: redactor.mask(line.what_they_say ?? ''),
      lang: line.language ?? '',
      cells: cells.filter(({ text }) => text),
    };
  });
}

function exhibitRows(capsule: JsonObject, opened: OpenedVersion[], redactor: Redactor) {
  const histories = new Map(historiesOf(opened, 'attachment').map((row) => [row.record, row]));
  return rowsOf(capsule, 'exhibits').map((row) => {
    const fields = histories.get(textOf(row, 'record'))?.newest.fields ?? {};
    const kind = codedText('attachment_kinds', fields, 'kind');
    return {
      item: textOf(row, 'item'),
      file: textOf(row, 'file'),
      description: redactor.mask([kind, textOf(fields, 'description')].filter(Boolean).join(': ')),
      sha256: textOf(row, 'sha256'),
    };
  });
}

function notesOf(capsule: JsonObject): string[] {
  const preparer = objectOf(capsule.pack as Fields, 'prepared') as PreparedBy;
  const why = (code: unknown) => (preparer.by && code === 'withheld' ? 'left_by_preparer' : `gap_${code}`);
  const gaps = rowsOf(capsule, 'gaps').map((row) =>
    wordsFor(why(row.why), { no: integerOf(row, 'seq_no') ?? wordsFor('no_number') }),
  );
  const preparation = preparer.by
    ? [wordsFor('sworn_prepared', preparer), wordsFor('prepared_part'), wordsFor('method_prepared')]
    : [wordsFor('sworn'), wordsFor('method')];
  return [...preparation, wordsFor('not_shown'), ...gaps];
}
