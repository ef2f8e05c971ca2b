/** People, accounts, vehicles, orders and the other registers: what they need in addition to records.js. */
import { KeptError } from '../../core/errors.js';
import { mentionsOf, mergedWith, representativeOf } from '../../record/links.js';
import { roleCodes } from '../../record/roles.js';
import { requireOpenOf, afterSaveOf } from '../session/require_open.js';
import { captureIfLocked } from '../session/capture_on_lock.js';
import { readClaims } from './roles.js';
import { stageFile } from './incidents.js';
import { readEntriesThat, readKind, readRecord, saveRecord } from './records.js';
import { sealFile } from '../attachments/sealing.js';
import { shownAttachment } from '../index/showing.js';
import { fileState } from './entries.js';
import { fileLimitOf, fileSource } from '../attachments/sources.js';
import type { ReadRecord } from './records.js';
import type { Context, Fields, Open } from '../types.js';

/** `code`: for example S1; `root`: the person this one was merged into, or itself */
type ReadPerson = ReadRecord & { code: string; root: string };
type Mention = {
  record: string;
  kind: string;
  seq_no: number | null;
  title: string;
  fields: Fields;
  at: number;
  how: string[];
  terms: string[];
};

/** Kinds of which two records can turn out to be the same. */
const MERGEABLE_KINDS = new Set(['person', 'account', 'vehicle']);
/** Kinds that may name other records. */
const NAMING_KINDS = [
  'sighting',
  'account',
  'vehicle',
  'order',
  'report',
  'notice',
  'impact',
  'statement',
  'case',
  'person',
];

export function registerMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const afterSave = afterSaveOf(ctx);
  return {
    readPeople: async ({ all: includeRemoved = false }: { all?: boolean } = {}) =>
      readPeople(requireOpen(), includeRemoved),
    readMentions: async (record: string) => readMentions(requireOpen(), record),
    mergeRecords: async (record: string, into: string | null, reason: string = '') =>
      afterSave(await mergeRecords(ctx, requireOpen(), record, into, reason)),
    async addRecordFile(
      target: { kind: string; record: string; field: string },
      file: File,
      options: { route: string; onProgress?: (done: number, total: number) => void },
    ) {
      return afterSave(
        await captureIfLocked(
          ctx,
          file,
          options.route,
          (async () => addFile(ctx, requireOpen(), target, file, options))(),
        ),
      );
    },
    readRecordFiles: async (ids: string[]) => readFiles(requireOpen(), ids),
    /** Store unsaved form input, sealed on this phone only; null deletes it. */
    async keepTyped(key: string, typed: unknown) {
      await requireOpen().store.change((_root, change) =>
        typed === null ? change.drop(`t/${key}`) : change.putJson(`t/${key}`, typed),
      );
    },
    readTyped: async (key: string) => requireOpen().store.readJson(`t/${key}`),
  };
}

/**
 * Return all people, with their codes.
 * @param includeRemoved also those taken out
 */
export async function readPeople(open: Open, includeRemoved: boolean = false): Promise<ReadPerson[]> {
  const people = await readKind(open, 'person', true);
  const codes = roleCodes(await readClaims(open));
  const peopleById = new Map(people.map((person) => [person.record, person]));
  const listed = people.map((person) => ({
    ...person,
    code: codes.get(person.record) ?? '',
    root: representativeOf(person.record, peopleById),
  }));
  return includeRemoved ? listed : listed.filter(({ taken_out }) => taken_out === null);
}

/** Return what names a record, or one merged with it: entries first, newest first. */
async function readMentions(open: Open, record: string): Promise<Mention[]> {
  const subject = await readRecord(open, record);
  const recordsById = MERGEABLE_KINDS.has(subject.kind)
    ? new Map((await readKind(open, subject.kind, true)).map((item) => [item.record, item]))
    : new Map();
  const ids = new Set(mergedWith(record, recordsById));
  const rows = new Map(open.syncing.rows().map((row) => [row.record, row]));
  const results = [];
  for (const kind of ['incident', ...NAMING_KINDS]) {
    const candidates =
      kind === 'incident'
        ? await readEntriesThat(open, (row) => (row.links as string[]).some((id) => ids.has(id)))
        : await readKind(open, kind);
    for (const item of candidates) {
      if (ids.has(item.record)) continue;
      const { fields: linkFields, terms } = mentionsOf({ ...item.restricted, ...item.fields }, ids);
      const row = rows.get(item.record);
      if (linkFields.length)
        results.push({
          record: item.record,
          kind,
          seq_no: row?.seq_no ?? null,
          title: row?.title ?? '',
          fields: item.fields,
          at: item.fields.occurred_start ?? item.at,
          how: linkFields,
          terms,
        });
    }
  }
  return results.sort((a, b) => Number(b.kind === 'incident') - Number(a.kind === 'incident') || b.at - a.at);
}

/**
 * Merge one record into another; null undoes it. Both keep their content, and links to either lead to both.
 * @throws bad_request when their kinds differ, reason_needed when a merge is undone later without a reason
 */
async function mergeRecords(ctx: Context, open: Open, record: string, into: string | null, reason: string) {
  const { kind } = await readRecord(open, record);
  if (!MERGEABLE_KINDS.has(kind)) throw new KeptError('bad_request');
  if (into !== null) {
    const recordsById = new Map((await readKind(open, kind, true)).map((item) => [item.record, item]));
    if (!recordsById.has(into)) throw new KeptError('bad_request');
    // Already the same, in either direction: another link would only make a circle.
    if (representativeOf(into, recordsById) === representativeOf(record, recordsById)) return { record };
    into = representativeOf(into, recordsById);
    record = representativeOf(record, recordsById);
  }
  return saveRecord(ctx, open, { kind, record, fields: { merged_into: into }, reason });
}

/**
 * Add a file to a record that is no entry, such as the picture of an order or a contact card. It becomes an
 * attachment.
 * @param to `field` holds one id, or a list where its name ends in `_ids`
 */
export async function addFile(
  ctx: Context,
  open: Open,
  { kind, record, field }: { kind: string; record: string; field: string },
  file: File,
  { route, onProgress }: { route: string; onProgress?: ((done: number, total: number) => void) | undefined },
) {
  const held = await sealFile(open, fileSource(file, fileLimitOf(open.store.root.account)), {
    route,
    at: ctx.clock.now(),
    pictures: ctx.pictures,
    onProgress,
  });
  await open.store.change((root, change) => stageFile(open.book.batch(root, change), open, held, null));
  const { fields } = await readRecord(open, record);
  const isList = field.endsWith('_ids');
  const value = isList ? [...(Array.isArray(fields[field]) ? fields[field] : []), held.attachment] : held.attachment;
  await saveRecord(ctx, open, {
    kind,
    record,
    fields: { [field]: value },
    reason: fields[field] && !isList ? 'Another picture' : '',
  });
  return { attachment: held.attachment };
}

/**
 * Return files by id as the screens show them, and whether the keeper has checked where they were taken. Files that
 * are not here are left out.
 */
async function readFiles(open: Open, ids: string[]) {
  const syncState = { sending: open.syncing.running, offline: open.syncing.offline };
  const files = [];
  for (const id of ids) {
    const file = await open.book.newest(id).catch(() => null);
    if (file?.kind === 'attachment' && file.fields.taken_out === undefined)
      files.push({
        ...shownAttachment(file, fileState(open, file, null, syncState)),
        looked: file.fields.looked_at !== undefined,
        hold: file.restricted.shows_where_i_live === true,
      });
  }
  return files;
}
