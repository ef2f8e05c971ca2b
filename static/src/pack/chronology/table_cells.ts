/**
 * The expected content of each cell of a pack's tables, as far as the phone can derive it from what it sent; the twin
 * of diary/pack/tables/csv_tables.py and message_schedules.py. The typesetter's wording of times and links between
 * records is left out: `verify --rerender` judges those.
 */
import { OFFSET_LIMIT_MINUTES, VOLUME_FILES } from '../../core/constants.js';
import { objectOf, objectsOf, codesOf, booleanOf, textOf, integerOf } from '../../record/reading.js';
import { advocateNarrative, assistedMarkText, promptsOf } from '../../record/assisted.js';
import { receivedText, statementMark } from '../../record/witness.js';
import { endOffset } from '../../record/times.js';
import { validInstant, sealedAt, historiesOf } from '../../record/record_history.js';
import { VOCABULARY } from '../../record/vocabulary/vocabulary.js';
import { REGISTER_KINDS } from '../selection.js';
import { entryLabels, rowsOf } from '../proofs.js';
import { openedOf } from '../record_json.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Fields } from '../../record/reading.js';
import type { RecordHistory } from '../../record/record_history.js';

/** The text of each column; null where only the typesetter knows it */
export type TableLine = Record<string, string | null>;

const MINUTE_MS = 60_000;
/** Columns of 02 that are a choice, with their list and field. */
const CHOICE_COLUMNS = [
  ['written', 'entry_kinds', 'entry_kind'],
  ['channel', 'channels', 'channel'],
  ['where', 'places', 'place_category'],
  ['how_known', 'attribution', 'attribution_basis'],
  ['done_by', 'carried_out_by', 'carried_out_by'],
  ['afraid_of_violence', 'fear', 'feared_violence'],
  ['because_of', 'hostility', 'hostility'],
  ['response', 'responses', 'response'],
  ['i_contacted_them', 'i_contacted_them', 'i_contacted_them'],
  ['help_with_writing', 'help_given', 'help_given'],
] as const;
/** Columns of 02 that are the keeper's own words, as they now stand. */
const TEXT_COLUMNS = [
  ['late_reason', 'late_reason'],
  ['copied_from', 'source_record'],
  ['language', 'language'],
  ['account', 'channel_account'],
  ['place', 'place_in_chronology'],
  ['who', 'who'],
  ['description', 'description_actor'],
  ['effect_then', 'feelings_then_text'],
  ['property', 'property_effect'],
  ['weapon_or_object', 'weapon_or_object'],
  ['reason_for_lawful_contact', 'lawful_contact_context'],
  ['missing', 'missing_evidence'],
  ['behaviours_in_their_words', 'behaviours_text'],
  ['children_ages', 'children_ages'],
  ['time_source_in_their_words', 'time_source_text'],
] as const;

const labelOf = (list: string, code: string) =>
  VOCABULARY[list]?.codes.find((entry) => entry.code === code)?.label ?? code.replaceAll('_', ' ');

/**
 * Return ISO 8601 to the second with its offset; '' for null.
 * @param offset minutes east
 */
function iso(ms: number | null, offset: number = 0) {
  if (validInstant(ms) === null) return '';
  const text = new Date(Math.floor(Number(ms) / 1000) * 1000 + offset * MINUTE_MS).toISOString().slice(0, 19);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
    String(n).padStart(2, '0'),
  );
  return offset ? `${text}${offset < 0 ? '-' : '+'}${hours}:${minutes}` : `${text}Z`;
}

/** Return a choice in words with the keeper's own after a colon; null for a value of another shape. */
function choiceText(fields: Fields, list: string, name: string) {
  const value = fields[name] ?? '';
  if (typeof value !== 'string' && !(Array.isArray(value) && value.every((code) => typeof code === 'string')))
    return null;
  const labels = codesOf(fields, name)
    .map((code) => labelOf(list, code))
    .filter(Boolean)
    .join('; ');
  const ownWords = textOf(fields, `${name}_text`);
  return labels && ownWords ? `${labels}: ${ownWords}` : labels || ownWords;
}

function yesNoText(fields: Fields, name: string) {
  const flag = booleanOf(fields, name);
  const words = textOf(fields, `${name}_text`);
  const answer = flag === null ? '' : flag ? 'yes' : 'no';
  return answer && words ? `${answer}: ${words}` : answer || words;
}

/** Join entry numbers, runs drawn together: `1–4, 7, U1`. */
function joinNumbers(numbers: readonly string[]) {
  const integers = [...new Set(numbers.filter((number) => /^\d+$/.test(number)).map(Number))].sort((a, b) => a - b);
  const rest = [...new Set(numbers.filter((number) => !/^\d+$/.test(number)))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1),
  );
  const runs: [number, number][] = [];
  for (const number of integers) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === number) last[1] = number;
    else runs.push([number, number]);
  }
  return [...runs.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`)), ...rest].join(', ');
}

const entriesText = (numbers: readonly string[]) =>
  numbers.length ? `${numbers.length === 1 ? 'entry' : 'entries'} ${joinNumbers(numbers)}` : 'not linked';

/** Collect everything in a capsule that the tables use. */
export function readCapsule(capsule: JsonObject) {
  const versions = rowsOf(capsule, 'versions');
  const opened = versions.map(openedOf);
  const incidents = historiesOf(opened, 'incident');
  const attached = new Map(historiesOf(opened, 'attachment').map((row) => [row.record, row]));
  const exhibits = [...rowsOf(capsule, 'exhibits')]
    .sort((a, b) => numberOf(a) - numberOf(b))
    .filter(({ record }) => attached.has(String(record)));
  const labels = entryLabels(capsule);
  const refs = new Map(rowsOf(capsule, 'refs').map((row) => [textOf(row, 'record'), textOf(row, 'ref')]));
  const names = new Map([
    ...labels,
    ...exhibits.map((row) => [textOf(row, 'record'), textOf(row, 'item')] as const),
    ...refs,
  ]);
  return {
    capsule,
    versions: new Map(versions.map((row) => [textOf(row, 'version'), row])),
    opened,
    incidents,
    attached,
    exhibits,
    labels,
    refs,
    names,
  };
}

export type CapsuleFacts = ReturnType<typeof readCapsule>;

const numberOf = (exhibit: JsonObject) => Number(textOf(exhibit, 'item').split('/')[1]);

/** Return the order, report or other record that names a file which belongs to no entry. */
function referencesTo({ opened, refs }: CapsuleFacts, file: string) {
  const isNaming = (fields: Fields) =>
    ['attachment_ids', 'copy_attachment_id', 'identity_link_id'].some((name) => codesOf(fields, name).includes(file));
  return REGISTER_KINDS.flatMap((kind) => historiesOf(opened, kind))
    .filter(({ record, newest }) => refs.has(record) && isNaming(newest.fields))
    .map(({ record }) => refs.get(record))
    .join(', ');
}

/** Return whether a file belongs to an entry: it names the entry, or the entry names it. */
export function isFileOf(file: string, fileFields: Fields, incident: RecordHistory): boolean {
  return (
    codesOf(fileFields, 'incident_ids').includes(incident.record) ||
    ['attachment_ids', 'narrative_media'].some((name) => codesOf(incident.newest.fields, name).includes(file))
  );
}

/** Return an entry's line of 02. */
export function entryLine(facts: CapsuleFacts, history: RecordHistory): TableLine {
  const fields = history.newest.fields;
  const first = facts.versions.get(history.first.version) ?? {};
  const [start, end] = [
    validInstant(integerOf(fields, 'occurred_start')),
    validInstant(integerOf(fields, 'occurred_end')),
  ];
  const precision = textOf(fields, 'precision') || (start === null ? 'unknown' : 'minute');
  const isKnown = start !== null && precision !== 'unknown';
  const offset = integerOf(fields, 'utc_offset_min');
  const localTime = (ms: number | null) =>
    !isKnown ? '' : offset === null || Math.abs(offset) > OFFSET_LIMIT_MINUTES ? null : iso(ms, offset);
  const behaviours = codesOf(fields, 'behaviours');
  const letters = behaviours.flatMap(
    (code) => VOCABULARY.behaviours?.codes.find((row) => row.code === code)?.letter?.split('/') ?? [],
  );
  const count = integerOf(fields, 'count');
  const isCounted = count !== null && count >= 0;
  const files = facts.exhibits.filter((row) =>
    isFileOf(textOf(row, 'record'), facts.attached.get(textOf(row, 'record'))?.newest.fields ?? {}, history),
  );
  return {
    no: facts.labels.get(history.record) ?? '',
    occurred_start: localTime(start),
    occurred_end:
      end === null || !isKnown
        ? ''
        : offset === null || Math.abs(offset) > OFFSET_LIMIT_MINUTES
          ? null
          : iso(end, endOffset(textOf(fields, 'tz'), start, end, offset)),
    precision,
    time_source: textOf(fields, 'time_source'),
    recorded: iso(sealedAt(history.first)),
    received_no_later_than: iso(integerOf(objectOf(first, 'receipt'), 'ts')),
    what_happened: textOf(history.first.fields, 'narrative'),
    written_by_somebody_else: assistedMarkText(fields),
    asked: promptsOf(fields).join(' / '),
    as_typed: advocateNarrative({ ...fields, narrative: textOf(history.first.fields, 'narrative') }),
    exact_words: objectsOf(fields, 'exact_words')
      .map((row) => [textOf(row, 'speaker'), textOf(row, 'words')])
      .map(([who, words]) => (who && words ? `${who}: ${words}` : words))
      .join(' / '),
    behaviours: behaviours.map((code) => labelOf('behaviours', code)).join('; '),
    s2a3_letters: [...new Set(letters)].sort().join(''),
    translation: textOf(objectOf(fields, 'translation'), 'text'),
    translated_by: textOf(objectOf(fields, 'translation'), 'by'),
    count: isCounted ? String(count) : '',
    count_is_estimate: isCounted && fields.count_is_estimate === true ? 'yes' : '',
    children_present: yesNoText(fields, 'children_present'),
    injury: yesNoText(fields, 'physical_injury'),
    feelings: codesOf(fields, 'feelings_then')
      .map((code) => labelOf('feelings', code))
      .join('; '),
    loss_in_pence: String(integerOf(fields, 'property_value_pence') ?? ''),
    exhibits: files.map((row) => textOf(row, 'item')).join(' '),
    commitment: textOf(first, 'c'),
    ...Object.fromEntries(CHOICE_COLUMNS.map(([column, list, name]) => [column, choiceText(fields, list, name)])),
    ...Object.fromEntries(TEXT_COLUMNS.map(([column, name]) => [column, textOf(fields, name)])),
  };
}

/** Return a file's line of 03. */
export function exhibitLine(facts: CapsuleFacts, exhibit: JsonObject, index: number): TableLine {
  const history = facts.attached.get(textOf(exhibit, 'record')) as RecordHistory;
  const fields = history.newest.fields;
  const kind = textOf(fields, 'kind') ? labelOf('attachment_kinds', textOf(fields, 'kind')) : 'File';
  const entries = facts.incidents
    .filter((row) => isFileOf(history.record, history.newest.fields, row))
    .map((row) => facts.labels.get(row.record) ?? '');
  const answerOf = (code: string) =>
    codesOf(fields, 'shows').includes(code)
      ? 'shown'
      : codesOf(fields, 'not_shown').includes(code)
        ? 'not shown'
        : 'not answered';
  const answers = (VOCABULARY.shows?.codes ?? []).map(({ code }) => [
    code,
    textOf(fields, 'kind') === 'screenshot' ? answerOf(code) : '',
  ]);
  const volumeIndex = Math.floor(index / VOLUME_FILES);
  const flags = [
    ...codesOf(fields, 'flags').map((code) => labelOf('attachment_flags', code)),
    ...(history.revisions.length ? ['details changed later'] : []),
  ];
  return {
    item_no: String(numberOf(exhibit)),
    suggested_ref: textOf(exhibit, 'item'),
    officer_ref: textOf(fields, 'officer_exhibit_ref'),
    description: textOf(fields, 'description') || kind,
    kind,
    producer: textOf(fields, 'producer_id')
      ? (facts.names.get(textOf(fields, 'producer_id')) ?? 'somebody not in this pack')
      : 'P1',
    sha256: textOf(exhibit, 'sha256'),
    size_bytes: String(integerOf(exhibit, 'size') ?? ''),
    file: textOf(exhibit, 'file'),
    volume: `04_exhibits${volumeIndex ? `-${volumeIndex + 1}` : ''}.pdf`,
    entries: joinNumbers(entries) || referencesTo(facts, history.record) || 'not linked',
    account_or_number: textOf(fields, 'account_or_number_shown'),
    web_address: textOf(fields, 'url_full'),
    source_account: choiceText(fields, 'source_accounts', 'source_account'),
    changed_before_it_was_added: choiceText(fields, 'alterations', 'alteration_before_receipt'),
    flags: flags.join('; '),
    picture_in_04: pictureFlag(exhibit, textOf(objectOf(facts.capsule, 'pack'), 'engine') === 'browser'),
    ...Object.fromEntries(answers),
  };
}

/**
 * Return what 04 prints of a file; null where it depends on whether the copy can be read. A browser may lack a print
 * copy, or have it damaged; a server is given each.
 */
function pictureFlag(exhibit: JsonObject, isInBrowser: boolean) {
  if (exhibit.hold_picture !== false) return 'held back, see 06';
  if (exhibit.print && !isInBrowser) return 'yes';
  return exhibit.print || exhibit.received || exhibit.poster ? null : 'no picture';
}

/** Return every line of 05, in order. */
export function scheduleLines(facts: CapsuleFacts): TableLine[] {
  return historiesOf(facts.opened, 'schedule')
    .filter(({ record }) => facts.refs.has(record))
    .flatMap(({ record, newest: { fields: scheduleFields, restricted } }) => {
      const ownWords = codesOf(restricted, 'own_accounts');
      const linkedEntries = facts.incidents.filter(
        (row) =>
          codesOf(row.newest.fields, 'schedule_id').includes(record) ||
          codesOf(scheduleFields, 'incident_ids').includes(row.record),
      );
      const hasMerged = historiesOf(facts.opened, 'schedule').some(({ newest }) =>
        textOf(newest.fields, 'merged_into'),
      );
      const count = integerOf(scheduleFields, 'count');
      const partyName = (text: string) =>
        ownWords.includes(text) ? `me (${ownWords.lastIndexOf(text) + 1})` : text === 'me' ? 'me (1)' : text;
      const codedCell = (row: Fields, list: string, name: string) =>
        textOf(row, name) ? labelOf(list, textOf(row, name)) : '';
      return objectsOf(scheduleFields, 'rows').map((row) => ({
        schedule: facts.refs.get(record) ?? '',
        entries: hasMerged ? null : entriesText(linkedEntries.map((row) => facts.labels.get(row.record) ?? '')),
        channel: choiceText(scheduleFields, 'channels', 'channel'),
        chat: textOf(scheduleFields, 'chat') || textOf(scheduleFields, 'title'),
        is_complete: choiceText(scheduleFields, 'schedule_complete', 'complete'),
        counted: count === null ? '' : `${scheduleFields.count_is_estimate === true ? 'about ' : ''}${count}`,
        msg_no: String(integerOf(row, 'msg_no') ?? ''),
        sent: iso(integerOf(row, 'sent_at')),
        sent_local: textOf(row, 'sent_local'),
        zone: textOf(scheduleFields, 'tz'),
        time_source: codedCell(row, 'time_sources', 'sent_source'),
        time_note: codedCell(row, 'schedule_time_notes', 'sent_note'),
        direction: codedCell(row, 'schedule_directions', 'direction'),
        from: partyName(textOf(row, 'from')),
        to: partyName(textOf(row, 'to')),
        type: codedCell(row, 'message_types', 'type'),
        text: textOf(row, 'text'),
        description: textOf(row, 'description'),
        edited: row.edited === true ? 'edited' : '',
        read: codedCell(row, 'schedule_read', 'read'),
        file_name: textOf(row, 'file_name'),
        item: facts.names.get(textOf(row, 'attachment_id')) ?? '',
      }));
    });
}

/** Return every line of 07, in order. */
export function statementLines(facts: CapsuleFacts): TableLine[] {
  return historiesOf(facts.opened, 'statement')
    .filter(({ record }) => facts.refs.has(record))
    .map(({ record, first, newest: { fields: statementFields } }) => {
      const arrival = objectOf(statementFields, 'arrived');
      const sealedVersion = facts.versions.get(first.version) ?? {};
      const entryIds = codesOf(statementFields, 'incident_ids');
      const numbers = facts.incidents
        .filter((row) => entryIds.includes(row.record))
        .map((row) => facts.labels.get(row.record) ?? '');
      return {
        statement: facts.refs.get(record) ?? '',
        not_the_keepers_words: statementMark(statementFields),
        entries: entriesText(numbers),
        how_they_know: choiceText(statementFields, 'statement_saw_how', 'saw_how'),
        how_it_came: choiceText(statementFields, 'statement_received', 'received_how'),
        when_in_their_words: textOf(arrival, 'when'),
        what_they_say: textOf(statementFields, 'narrative'),
        as_it_came: receivedText(statementFields),
        language: textOf(statementFields, 'language'),
        exhibits: facts.exhibits
          .filter((row) => codesOf(statementFields, 'attachment_ids').includes(textOf(row, 'record')))
          .map((row) => textOf(row, 'item'))
          .join(' '),
        sent: iso(integerOf(arrival, 'sent_at')),
        arrived: iso(integerOf(arrival, 'at')),
        recorded: iso(sealedAt(first)),
        received_no_later_than: iso(integerOf(objectOf(sealedVersion, 'receipt'), 'ts')),
        commitment: textOf(sealedVersion, 'c'),
      };
    });
}

/** Return every line of 11, in order. */
export function custodyLines({ capsule }: CapsuleFacts): TableLine[] {
  return rowsOf(capsule, 'custody').map((line) => ({
    at: iso(integerOf(line, 'at')),
    item: textOf(line, 'item'),
    actor: textOf(line, 'actor'),
    action: textOf(line, 'action') ? labelOf('custody_actions', textOf(line, 'action')) : '',
    detail: textOf(line, 'detail'),
  }));
}
