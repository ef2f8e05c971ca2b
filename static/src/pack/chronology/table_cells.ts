/**
 * The expected content of each cell of a pack's tables, as far as the phone can derive it from what it sent; the twin
 * of diary/pack/tables.py and bursts.py. The typesetter's wording of times and links between records is left out:
 * `verify --rerender` judges those.
 */
import { objectOf, objectsOf, codesOf, switchOf, textOf, wholeOf } from '../../record/reading.js';
import { asTyped, markText, promptsOf } from '../../record/assisted.js';
import { asItCame, statementMark } from '../../record/witness.js';
import { endOffset } from '../../record/times.js';
import { possible, sealedAt, tellAll } from '../../record/record_history.js';
import { VOCABULARY } from '../../record/vocabulary/vocabulary.js';
import { REGISTERS } from '../selection.js';
import { entryLabels, rows } from '../proofs.js';
import { openedOf } from '../record_json.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Fields } from '../../record/reading.js';
import type { Told } from '../../record/record_history.js';

/** The text of each column; null where only the typesetter knows it */
export type Line = Record<string, string | null>;

const VOLUME = 100;
const MINUTE = 60_000;
const MOST_OFFSET = 18 * 60;
/** Columns of 02 that are a choice, with their list and field. */
const CHOICES = [
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
const WORDS = [
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
  VOCABULARY[list]?.codes.find((one) => one.code === code)?.label ?? code.replaceAll('_', ' ');

/**
 * Return ISO 8601 to the second with its offset; '' for null.
 * @param offset minutes east
 */
function iso(ms: number | null, offset: number = 0) {
  if (possible(ms) === null) return '';
  const text = new Date(Math.floor(Number(ms) / 1000) * 1000 + offset * MINUTE).toISOString().slice(0, 19);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
    String(n).padStart(2, '0'),
  );
  return offset ? `${text}${offset < 0 ? '-' : '+'}${hours}:${minutes}` : `${text}Z`;
}

/** Return a choice in words with the keeper's own after a colon; null for a value of another shape. */
function chosen(said: Fields, list: string, name: string) {
  const value = said[name] ?? '';
  if (typeof value !== 'string' && !(Array.isArray(value) && value.every((one) => typeof one === 'string')))
    return null;
  const labels = codesOf(said, name)
    .map((code) => labelOf(list, code))
    .filter(Boolean)
    .join('; ');
  const own = textOf(said, `${name}_text`);
  return labels && own ? `${labels}: ${own}` : labels || own;
}

function yesNo(said: Fields, name: string) {
  const flag = switchOf(said, name);
  const words = textOf(said, `${name}_text`);
  const answer = flag === null ? '' : flag ? 'yes' : 'no';
  return answer && words ? `${answer}: ${words}` : answer || words;
}

/** Join entry numbers, runs drawn together: `1–4, 7, U1`. */
function numbersWords(numbers: readonly string[]) {
  const whole = [...new Set(numbers.filter((one) => /^\d+$/.test(one)).map(Number))].sort((a, b) => a - b);
  const rest = [...new Set(numbers.filter((one) => !/^\d+$/.test(one)))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1),
  );
  const runs: [number, number][] = [];
  for (const one of whole) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === one) last[1] = one;
    else runs.push([one, one]);
  }
  return [...runs.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`)), ...rest].join(', ');
}

const entriesWords = (numbers: readonly string[]) =>
  numbers.length ? `${numbers.length === 1 ? 'entry' : 'entries'} ${numbersWords(numbers)}` : 'not linked';

/** Collect everything in a capsule that the tables use. */
export function tellCapsule(capsule: JsonObject) {
  const versions = rows(capsule, 'versions');
  const opened = versions.map(openedOf);
  const incidents = tellAll(opened, 'incident');
  const attached = new Map(tellAll(opened, 'attachment').map((one) => [one.record, one]));
  const exhibits = [...rows(capsule, 'exhibits')]
    .sort((a, b) => numberOf(a) - numberOf(b))
    .filter(({ record }) => attached.has(String(record)));
  const labels = entryLabels(capsule);
  const refs = new Map(rows(capsule, 'refs').map((one) => [textOf(one, 'record'), textOf(one, 'ref')]));
  const names = new Map([
    ...labels,
    ...exhibits.map((one) => [textOf(one, 'record'), textOf(one, 'item')] as const),
    ...refs,
  ]);
  return {
    capsule,
    versions: new Map(versions.map((one) => [textOf(one, 'version'), one])),
    opened,
    incidents,
    attached,
    exhibits,
    labels,
    refs,
    names,
  };
}

type Spoken = ReturnType<typeof tellCapsule>;

const numberOf = (exhibit: JsonObject) => Number(textOf(exhibit, 'item').split('/')[1]);

/** Return the order, report or other record that names a file which belongs to no entry. */
function naming({ opened, refs }: Spoken, file: string) {
  const names = (said: Fields) =>
    ['attachment_ids', 'copy_attachment_id', 'identity_link_id'].some((name) => codesOf(said, name).includes(file));
  return REGISTERS.flatMap((kind) => tellAll(opened, kind))
    .filter(({ record, newest }) => refs.has(record) && names(newest.fields))
    .map(({ record }) => refs.get(record))
    .join(', ');
}

function belongs(file: Told, incident: Told) {
  return (
    codesOf(file.newest.fields, 'incident_ids').includes(incident.record) ||
    codesOf(incident.newest.fields, 'attachment_ids').includes(file.record)
  );
}

/** Return an entry's line of 02. */
export function entryLine(all: Spoken, told: Told): Line {
  const said = told.newest.fields;
  const first = all.versions.get(told.first.version) ?? {};
  const [start, end] = [possible(wholeOf(said, 'occurred_start')), possible(wholeOf(said, 'occurred_end'))];
  const precision = textOf(said, 'precision') || (start === null ? 'unknown' : 'minute');
  const known = start !== null && precision !== 'unknown';
  const offset = wholeOf(said, 'utc_offset_min');
  const at = (ms: number | null) =>
    !known ? '' : offset === null || Math.abs(offset) > MOST_OFFSET ? null : iso(ms, offset);
  const behaviours = codesOf(said, 'behaviours');
  const letters = behaviours.flatMap(
    (code) => VOCABULARY.behaviours?.codes.find((one) => one.code === code)?.letter?.split('/') ?? [],
  );
  const count = wholeOf(said, 'count');
  const isCounted = count !== null && count >= 0;
  const files = all.exhibits.filter((one) => belongs(all.attached.get(textOf(one, 'record')) as Told, told));
  return {
    no: all.labels.get(told.record) ?? '',
    occurred_start: at(start),
    occurred_end:
      end === null || !known
        ? ''
        : offset === null || Math.abs(offset) > MOST_OFFSET
          ? null
          : iso(end, endOffset(textOf(said, 'tz'), start, end, offset)),
    precision,
    time_source: textOf(said, 'time_source'),
    recorded: iso(sealedAt(told.first)),
    received_no_later_than: iso(wholeOf(objectOf(first, 'receipt'), 'ts')),
    what_happened: textOf(told.first.fields, 'narrative'),
    written_by_somebody_else: markText(said),
    asked: promptsOf(said).join(' / '),
    as_typed: asTyped({ ...said, narrative: textOf(told.first.fields, 'narrative') }),
    exact_words: objectsOf(said, 'exact_words')
      .map((one) => [textOf(one, 'speaker'), textOf(one, 'words')])
      .map(([who, words]) => (who && words ? `${who}: ${words}` : words))
      .join(' / '),
    behaviours: behaviours.map((code) => labelOf('behaviours', code)).join('; '),
    s2a3_letters: [...new Set(letters)].sort().join(''),
    translation: textOf(objectOf(said, 'translation'), 'text'),
    translated_by: textOf(objectOf(said, 'translation'), 'by'),
    count: isCounted ? String(count) : '',
    count_is_estimate: isCounted && said.count_is_estimate === true ? 'yes' : '',
    children_present: yesNo(said, 'children_present'),
    injury: yesNo(said, 'physical_injury'),
    feelings: codesOf(said, 'feelings_then')
      .map((code) => labelOf('feelings', code))
      .join('; '),
    loss_in_pence: String(wholeOf(said, 'property_value_pence') ?? ''),
    exhibits: files.map((one) => textOf(one, 'item')).join(' '),
    commitment: textOf(first, 'c'),
    ...Object.fromEntries(CHOICES.map(([column, list, name]) => [column, chosen(said, list, name)])),
    ...Object.fromEntries(WORDS.map(([column, name]) => [column, textOf(said, name)])),
  };
}

/** Return a file's line of 03. */
export function exhibitLine(all: Spoken, exhibit: JsonObject, place: number): Line {
  const told = all.attached.get(textOf(exhibit, 'record')) as Told;
  const said = told.newest.fields;
  const kind = textOf(said, 'kind') ? labelOf('attachment_kinds', textOf(said, 'kind')) : 'File';
  const entries = all.incidents.filter((one) => belongs(told, one)).map((one) => all.labels.get(one.record) ?? '');
  const point = (code: string) =>
    codesOf(said, 'shows').includes(code)
      ? 'shown'
      : codesOf(said, 'not_shown').includes(code)
        ? 'not shown'
        : 'not answered';
  const points = (VOCABULARY.shows?.codes ?? []).map(({ code }) => [
    code,
    textOf(said, 'kind') === 'screenshot' ? point(code) : '',
  ]);
  const volume = Math.floor(place / VOLUME);
  const flags = [
    ...codesOf(said, 'flags').map((code) => labelOf('attachment_flags', code)),
    ...(told.revisions.length ? ['details changed later'] : []),
  ];
  return {
    item_no: String(numberOf(exhibit)),
    suggested_ref: textOf(exhibit, 'item'),
    officer_ref: textOf(said, 'officer_exhibit_ref'),
    description: textOf(said, 'description') || kind,
    kind,
    producer: textOf(said, 'producer_id')
      ? (all.names.get(textOf(said, 'producer_id')) ?? 'somebody not in this pack')
      : 'P1',
    sha256: textOf(exhibit, 'sha256'),
    size_bytes: String(wholeOf(exhibit, 'size') ?? ''),
    file: textOf(exhibit, 'file'),
    volume: `04_exhibits${volume ? `-${volume + 1}` : ''}.pdf`,
    entries: numbersWords(entries) || naming(all, told.record) || 'not linked',
    account_or_number: textOf(said, 'account_or_number_shown'),
    web_address: textOf(said, 'url_full'),
    changed_before_it_was_added: chosen(said, 'alterations', 'alteration_before_receipt'),
    flags: flags.join('; '),
    picture_in_04: exhibit.hold_picture !== false ? 'held back, see 06' : exhibit.print ? 'yes' : 'no picture',
    ...Object.fromEntries(points),
  };
}

/** Return every line of 05, in order. */
export function scheduleLines(all: Spoken): Line[] {
  return tellAll(all.opened, 'schedule')
    .filter(({ record }) => all.refs.has(record))
    .flatMap(({ record, newest: { fields: said, restricted } }) => {
      const own = codesOf(restricted, 'own_accounts');
      const linked = all.incidents.filter(
        (one) =>
          codesOf(one.newest.fields, 'schedule_id').includes(record) ||
          codesOf(said, 'incident_ids').includes(one.record),
      );
      const merged = tellAll(all.opened, 'schedule').some(({ newest }) => textOf(newest.fields, 'merged_into'));
      const count = wholeOf(said, 'count');
      const party = (text: string) =>
        own.includes(text) ? `me (${own.lastIndexOf(text) + 1})` : text === 'me' ? 'me (1)' : text;
      const coded = (row: Fields, list: string, name: string) =>
        textOf(row, name) ? labelOf(list, textOf(row, name)) : '';
      return objectsOf(said, 'rows').map((row) => ({
        schedule: all.refs.get(record) ?? '',
        entries: merged ? null : entriesWords(linked.map((one) => all.labels.get(one.record) ?? '')),
        channel: chosen(said, 'channels', 'channel'),
        chat: textOf(said, 'chat') || textOf(said, 'title'),
        is_complete: chosen(said, 'schedule_complete', 'complete'),
        counted: count === null ? '' : `${said.count_is_estimate === true ? 'about ' : ''}${count}`,
        msg_no: String(wholeOf(row, 'msg_no') ?? ''),
        sent: iso(wholeOf(row, 'sent_at')),
        sent_local: textOf(row, 'sent_local'),
        zone: textOf(said, 'tz'),
        time_source: coded(row, 'time_sources', 'sent_source'),
        time_note: coded(row, 'schedule_time_notes', 'sent_note'),
        direction: coded(row, 'schedule_directions', 'direction'),
        from: party(textOf(row, 'from')),
        to: party(textOf(row, 'to')),
        type: coded(row, 'message_types', 'type'),
        text: textOf(row, 'text'),
        description: textOf(row, 'description'),
        edited: row.edited === true ? 'edited' : '',
        read: coded(row, 'schedule_read', 'read'),
        file_name: textOf(row, 'file_name'),
        item: all.names.get(textOf(row, 'attachment_id')) ?? '',
      }));
    });
}

/** Return every line of 07, in order. */
export function statementLines(all: Spoken): Line[] {
  return tellAll(all.opened, 'statement')
    .filter(({ record }) => all.refs.has(record))
    .map(({ record, first, newest: { fields: said } }) => {
      const came = objectOf(said, 'arrived');
      const sealed = all.versions.get(first.version) ?? {};
      const about = codesOf(said, 'incident_ids');
      const numbers = all.incidents
        .filter((one) => about.includes(one.record))
        .map((one) => all.labels.get(one.record) ?? '');
      return {
        statement: all.refs.get(record) ?? '',
        not_the_keepers_words: statementMark(said),
        entries: entriesWords(numbers),
        how_they_know: chosen(said, 'statement_saw_how', 'saw_how'),
        how_it_came: chosen(said, 'statement_received', 'received_how'),
        when_in_their_words: textOf(came, 'when'),
        what_they_say: textOf(said, 'narrative'),
        as_it_came: asItCame(said),
        language: textOf(said, 'language'),
        exhibits: all.exhibits
          .filter((one) => codesOf(said, 'attachment_ids').includes(textOf(one, 'record')))
          .map((one) => textOf(one, 'item'))
          .join(' '),
        sent: iso(wholeOf(came, 'sent_at')),
        arrived: iso(wholeOf(came, 'at')),
        recorded: iso(sealedAt(first)),
        received_no_later_than: iso(wholeOf(objectOf(sealed, 'receipt'), 'ts')),
        commitment: textOf(sealed, 'c'),
      };
    });
}

/** Return every line of 11, in order. */
export function custodyLines({ capsule }: Spoken): Line[] {
  return rows(capsule, 'custody').map((line) => ({
    at: iso(wholeOf(line, 'at')),
    item: textOf(line, 'item'),
    actor: textOf(line, 'actor'),
    action: textOf(line, 'action') ? labelOf('custody_actions', textOf(line, 'action')) : '',
    detail: textOf(line, 'detail'),
  }));
}
