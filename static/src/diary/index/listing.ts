/** The row of each entry in the list: enough to draw, filter, count and find it without opening a version. */
import { markOf } from '../../record/assisted.js';
import { spokenIn } from '../../record/patterns/search_text.js';
import { factOf } from '../../record/patterns/patterns_facts.js';
import { codesOf, objectsOf, textOf } from '../../record/reading.js';
import type { Said } from '../../store/segment_texts.js';
import type { Batch, Fields, Meta, Opened, ListRow } from '../types.js';
import type { Relist } from '../types.js';

/** An entry that has none of these has only text and a time: the list offers to add details. */
const DETAILS = [
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
const SHOTS = 3;
/** Lists of messages are long, and few entries have one: their text is not stored but opened when needed. */
const LONG = 'schedule';
const FILE_WORDS = ['description', 'alt_text', 'transcript', 'account_or_number_shown', 'url_full', 'kind_text'];

/** Read a record's newest version; `B`: what a transaction has staged so far, or nothing. */
type Book<B> = { newest(record: string, batch: B): Promise<Opened> };

/** Return the part of a row that comes from the content of the entry. */
export async function told<B>(
  book: Book<B>,
  batch: B,
  meta: Pick<Meta, 'record' | 'versions'>,
  shown: { fields: Fields; restricted: Fields; version: string },
  before: Partial<ListRow> | null,
) {
  const { fields, restricted, version } = shown;
  const beside = await besides(book, batch, fields);
  const v = [version, ...beside.map((one) => one.version)].join();
  return {
    v,
    c: meta.versions.find((one) => one.v === version)?.c ?? '',
    f: factOf(meta.record, fields, restricted),
    links: linksOf(fields),
    // Typed by an advocate: the keeper's answer to it.
    helped: markOf(fields) ? markOf(fields)?.answer || 'waiting' : '',
    dated: objectsOf(fields, 'independent_evidence').some(
      (one) => textOf(one, 'overwrite_due') || textOf(one, 'requested_at'),
    ),
    shots: beside
      .filter(isShown)
      .slice(0, SHOTS)
      .map(({ record }) => record),
    bare: DETAILS.every((name) => !codesOf(fields, name).length) && !fields.attachment_ids?.length,
    // A receipt changes no text: the searched text is rewritten only when a version has changed.
    ...(before?.v === v ? {} : { text: spokenIn([fields, restricted, ...beside.map(words)]) }),
  };
}

/** Whether the list may show a covered copy of a file: a picture that has one and is not marked private. */
function isShown({ kind, fields }: Opened) {
  const copies = objectsOf(fields, 'renditions').some((copy) => copy.purpose === 'preview');
  return (
    kind === 'attachment' &&
    copies &&
    String(fields.media_type).startsWith('image/') &&
    (fields.sensitivity ?? 'normal') === 'normal'
  );
}

/** Return the records that are found together with the entry: its files and its messages. */
async function besides<B>(book: Book<B>, batch: B, fields: Fields): Promise<Opened[]> {
  const found = await Promise.all(besideIds(fields).map((id) => book.newest(id, batch).catch(() => null)));
  return found.flatMap((one) => one ?? []);
}

export function besideIds(fields: Fields): string[] {
  return [...new Set(['attachment_ids', 'schedule_id'].flatMap((name) => codesOf(fields, name)))];
}

function words({ kind, fields, restricted }: Opened): Fields {
  if (kind !== 'attachment') return fields;
  const name = restricted.received_as?.filename;
  return {
    ...Object.fromEntries(FILE_WORDS.map((each) => [each, fields[each]])),
    name: typeof name === 'string' ? name : '',
  };
}

/** Return every record that the entry names: it is found by the name of a person who is only a witness, too. */
function linksOf(fields: Fields): string[] {
  const said = fields;
  const lists = [
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
  ].flatMap((name) => codesOf(said, name));
  const rows = [
    ...objectsOf(said, 'told_others').map((row) => textOf(row, 'person_id')),
    ...objectsOf(said, 'alleged_breaches').map((row) => textOf(row, 'order_id')),
  ];
  return [...new Set([...lists, ...rows.filter(Boolean)])];
}

/** Schedule, for the end of the change, the rows of the incidents that a version concerns. */
export function concern(
  batch: Batch,
  relist: Relist | null,
  kind: string,
  record: string,
  of: string | null,
  fields: Fields,
) {
  if (!relist) return;
  const incidents =
    kind === 'incident'
      ? [record]
      : kind === 'attachment'
        ? [of, ...codesOf(fields, 'incident_ids')]
        : kind === 'schedule'
          ? codesOf(fields, 'incident_ids')
          : [];
  for (const incident of new Set(incidents)) {
    if (incident) batch.change.last(`row/${incident}`, () => relist(batch, [incident]));
  }
}

/** Return the stored texts of some entries and of the records found with them. */
export function saidOf(
  records: readonly string[],
  { metas, opened }: { metas: readonly Meta[]; opened: ReadonlyMap<string, Opened> },
): Record<string, Said> {
  const known = new Map(metas.map((meta) => [meta.record, meta]));
  const versions = (some: readonly string[]) =>
    some.flatMap((record) => known.get(record)?.versions ?? []).flatMap(({ v }) => opened.get(v) ?? []);
  const own = versions(records);
  const beside = versions([...new Set(own.flatMap(({ fields }) => besideIds(fields)))]);
  return Object.fromEntries(
    [...own, ...beside]
      .filter(({ kind }) => kind && kind !== LONG)
      .map(({ version, kind, fields, restricted }) => [version, [kind, fields, restricted]]),
  );
}
