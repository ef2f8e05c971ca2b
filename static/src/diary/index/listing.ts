/** The row of each entry in the list: enough to draw, filter, count and find it without opening a version. */
import { assistedMarkOf } from '../../record/assisted.js';
import { currentVersionOf } from '../../record/current_version.js';
import { searchableText } from '../../record/patterns/search_text.js';
import { factOf } from '../../record/patterns/patterns_facts.js';
import { codesOf, objectsOf, textOf } from '../../record/reading.js';
import type { VersionText } from '../../store/segment_texts.js';
import type { Batch, Fields, Meta, Opened, ListRow } from '../types.js';
import type { WriteRows } from '../types.js';

/** In characters */
const TITLE_LENGTH = 140;
/** An entry that has none of these has only text and a time: the list offers to add details. */
const DETAIL_FIELDS = [
  'behaviours',
  'channel',
  'place_category',
  'actor_ids',
  'who',
  'feelings_then',
  'feelings_then_text',
  'response',
  'account_ids',
  'witness_ids',
];
/** Most pictures in one row. */
const MAX_PICTURES = 3;
/** Lists of messages are long, and few entries have one: their text is not stored but opened when needed. */
const LONG_KIND = 'schedule';
const FILE_TEXT_FIELDS = ['description', 'alt_text', 'transcript', 'account_or_number_shown', 'url_full', 'kind_text'];

/** Read every version of a record, in feed order; `B`: what a transaction has staged so far, or nothing. */
type RecordReader<B> = { versions(record: string, batch: B): Promise<Opened[]> };

/** Return the first words of an entry's account. */
export const titleOf = (fields: Fields): string => textOf(fields, 'narrative').slice(0, TITLE_LENGTH);

/** Return when an entry happened, as a row holds it; without a time, unknown. */
export const occurredOf = (fields: Fields): ListRow['occurred'] => ({
  occurred_start: fields.occurred_start ?? null,
  occurred_end: fields.occurred_end ?? null,
  occurred_local: fields.occurred_local ?? null,
  tz: fields.tz ?? '',
  utc_offset_min: fields.utc_offset_min ?? null,
  precision: fields.precision ?? 'unknown',
});

/** Return the list's row for an erased entry. Its place stays, so that no number ever moves. */
export function erasedRow(row: ListRow, at: number): ListRow {
  const { record, local, seq, recorded_at, received_at, kept_at } = row;
  return {
    record,
    local,
    seq,
    recorded_at,
    received_at,
    kept_at,
    unproved: false,
    title: '',
    apart: '',
    pictures: 0,
    additions: 0,
    amendments: 0,
    flags: ['erased'],
    occurred: occurredOf({}),
    taken_out: row.taken_out ?? at,
    erased: at,
  };
}

/** Return the part of a row that comes from the content of the entry. */
export async function rowContent<B>(
  book: RecordReader<B>,
  batch: B,
  meta: Pick<Meta, 'record' | 'versions'>,
  shown: { fields: Fields; restricted: Fields; version: string },
  previous: Partial<ListRow> | null,
) {
  const { fields, restricted, version } = shown;
  const related = await readRelated(book, batch, fields);
  const versionKey = [version, ...related.map((item) => item.version)].join();
  return {
    v: versionKey,
    c: meta.versions.find((item) => item.v === version)?.c ?? '',
    f: factOf(meta.record, fields, restricted),
    links: linksOf(fields),
    // Typed by an advocate: the keeper's answer to it.
    helped: assistedMarkOf(fields) ? assistedMarkOf(fields)?.answer || 'waiting' : '',
    dated: objectsOf(fields, 'independent_evidence').some(
      (item) => textOf(item, 'overwrite_due') || textOf(item, 'requested_at'),
    ),
    shots: related
      .filter(isShownInList)
      .slice(0, MAX_PICTURES)
      .map(({ record }) => record),
    bare: DETAIL_FIELDS.every((name) => !codesOf(fields, name).length) && !fields.attachment_ids?.length,
    // A receipt changes no text: the searched text is rewritten only when a version has changed.
    ...(previous?.v === versionKey ? {} : { text: searchableText([fields, restricted, ...related.map(searchFields)]) }),
  };
}

/** Whether the list may show a covered copy of a file: a picture that has one and is not marked private. */
function isShownInList({ kind, fields }: Opened) {
  const hasPreview = objectsOf(fields, 'renditions').some((copy) => copy.purpose === 'preview');
  return (
    kind === 'attachment' &&
    hasPreview &&
    String(fields.media_type).startsWith('image/') &&
    (fields.sensitivity ?? 'normal') === 'normal'
  );
}

/** Return the records that are found together with the entry: its files and its messages. */
async function readRelated<B>(book: RecordReader<B>, batch: B, fields: Fields): Promise<Opened[]> {
  const related = await Promise.all(relatedIds(fields).map((id) => book.versions(id, batch).catch(() => [])));
  return related.flatMap((allVersions) => {
    const versions = allVersions.filter(({ kind }) => kind);
    const current = versions.length ? currentVersionOf(versions) : null;
    // What was removed is neither shown nor found: its name and its description must not stay in the list.
    return current?.taken_out === null ? current.shown : [];
  });
}

export function relatedIds(fields: Fields): string[] {
  return [...new Set(['attachment_ids', 'schedule_id'].flatMap((name) => codesOf(fields, name)))];
}

function searchFields({ kind, fields, restricted }: Opened): Fields {
  if (kind !== 'attachment') return fields;
  const name = restricted.received_as?.filename;
  return {
    ...Object.fromEntries(FILE_TEXT_FIELDS.map((field) => [field, fields[field]])),
    name: typeof name === 'string' ? name : '',
  };
}

/** Return every record that the entry names: it is found by the name of a person who is only a witness, too. */
function linksOf(fields: Fields): string[] {
  const source = fields;
  const ids = [
    'actor_ids',
    'targeted_person_ids',
    'witness_ids',
    'present_ids',
    'account_ids',
    'vehicle_ids',
    'order_ids',
    'case_ids',
    'report_ids',
    'notice_ids',
    'author_id',
    'entered_by_id',
  ].flatMap((name) => codesOf(source, name));
  const rowIds = [
    ...objectsOf(source, 'told_others').map((row) => textOf(row, 'person_id')),
    ...objectsOf(source, 'alleged_breaches').map((row) => textOf(row, 'order_id')),
  ];
  return [...new Set([...ids, ...rowIds.filter(Boolean)])];
}

/** Schedule, for the end of the change, the rows of the incidents that a version concerns. */
export function scheduleRows(
  batch: Batch,
  relist: WriteRows | null,
  kind: string,
  record: string,
  ownIncident: string | null,
  fields: Fields,
) {
  if (!relist) return;
  const incidents =
    kind === 'incident'
      ? [record]
      : kind === 'attachment'
        ? [ownIncident, ...codesOf(fields, 'incident_ids')]
        : kind === 'schedule'
          ? codesOf(fields, 'incident_ids')
          : [];
  for (const incident of new Set(incidents)) {
    if (incident) batch.change.beforeCommit(`row/${incident}`, () => relist(batch, [incident]));
  }
}

/** Return the stored texts of some entries and of the records found with them. */
export function textsOf(
  records: readonly string[],
  { metas, opened }: { metas: readonly Meta[]; opened: ReadonlyMap<string, Opened> },
): Record<string, VersionText> {
  const metaByRecord = new Map(metas.map((meta) => [meta.record, meta]));
  const versionsOf = (ids: readonly string[]) =>
    ids.flatMap((record) => metaByRecord.get(record)?.versions ?? []).flatMap(({ v }) => opened.get(v) ?? []);
  const ownVersions = versionsOf(records);
  const related = versionsOf([...new Set(ownVersions.flatMap(({ fields }) => relatedIds(fields)))]);
  return Object.fromEntries(
    [...ownVersions, ...related]
      .filter(({ kind }) => kind && kind !== LONG_KIND)
      .map(({ version, kind, fields, restricted }) => [version, [kind, fields, restricted]]),
  );
}
