/** People, accounts, vehicles, orders and the other registers: what they need in addition to records.js. */
import { KeptError } from '../../core/errors.js';
import { mentions, mergedWith, rootOf } from '../../record/links.js';
import { roleCodes } from '../../record/roles.js';
import { insideOf, savedOf } from '../session/require_open.js';
import { orLate } from '../session/capture_on_lock.js';
import { claims } from './roles.js';
import { stageFile } from './incidents.js';
import { readEntriesThat, readKind, readOne, saveOne } from './records.js';
import { takeIn } from '../attachments/sealing.js';
import { shownAttachment } from '../index/showing.js';
import { fileState } from './entries.js';
import { fileSource } from '../attachments/sources.js';
import type { Read } from './records.js';
import type { Context, Fields, Open } from '../types.js';

/** `code`: for example S1; `root`: the person this one was merged into, or itself */
type ReadPerson = Read & { code: string; root: string };
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
const MERGED = new Set(['person', 'account', 'vehicle']);
/** Kinds that may name other records. */
const NAMING = ['sighting', 'account', 'vehicle', 'order', 'report', 'notice', 'impact', 'statement', 'case', 'person'];

export function registerMethods(ctx: Context) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    readPeople: async ({ all = false }: { all?: boolean } = {}) => readPeople(inside(), all),
    readMentions: async (record: string) => readMentions(inside(), record),
    mergeRecords: async (record: string, into: string | null, reason: string = '') =>
      saved(await merge(ctx, inside(), record, into, reason)),
    async addRecordFile(
      to: { kind: string; record: string; field: string },
      file: File,
      how: { route: string; onProgress?: (done: number, total: number) => void },
    ) {
      return saved(await orLate(ctx, file, how.route, (async () => addFile(ctx, inside(), to, file, how))()));
    },
    readRecordFiles: async (ids: string[]) => readFiles(inside(), ids),
    /** Store unsaved form input, sealed on this phone only; null deletes it. */
    async keepTyped(key: string, typed: unknown) {
      await inside().store.change((_root, change) =>
        typed === null ? change.drop(`t/${key}`) : change.putJson(`t/${key}`, typed),
      );
    },
    readTyped: async (key: string) => inside().store.readJson(`t/${key}`),
  };
}

/**
 * Return all people, with their codes.
 * @param includeRemoved also those taken out
 */
export async function readPeople(open: Open, all: boolean = false): Promise<ReadPerson[]> {
  const people = await readKind(open, 'person', true);
  const codes = roleCodes(await claims(open));
  const known = new Map(people.map((one) => [one.record, one]));
  const shown = people.map((one) => ({ ...one, code: codes.get(one.record) ?? '', root: rootOf(one.record, known) }));
  return all ? shown : shown.filter(({ taken_out }) => taken_out === null);
}

/** Return what names a record, or one merged with it: entries first, newest first. */
async function readMentions(open: Open, record: string): Promise<Mention[]> {
  const own = await readOne(open, record);
  const alike = MERGED.has(own.kind)
    ? new Map((await readKind(open, own.kind, true)).map((one) => [one.record, one]))
    : new Map();
  const ids = new Set(mergedWith(record, alike));
  const rows = new Map(open.syncing.rows().map((row) => [row.record, row]));
  const found = [];
  for (const kind of ['incident', ...NAMING]) {
    const there =
      kind === 'incident'
        ? await readEntriesThat(open, (row) => (row.links as string[]).some((id) => ids.has(id)))
        : await readKind(open, kind);
    for (const one of there) {
      if (ids.has(one.record)) continue;
      const { fields: how, terms } = mentions({ ...one.restricted, ...one.fields }, ids);
      const row = rows.get(one.record);
      if (how.length)
        found.push({
          record: one.record,
          kind,
          seq_no: row?.seq_no ?? null,
          title: row?.title ?? '',
          fields: one.fields,
          at: one.fields.occurred_start ?? one.at,
          how,
          terms,
        });
    }
  }
  return found.sort((a, b) => Number(b.kind === 'incident') - Number(a.kind === 'incident') || b.at - a.at);
}

/**
 * Merge one record into another; null undoes it. Both keep their content, and links to either lead to both.
 * @throws bad_request when their kinds differ, reason_needed when a merge is undone later without a reason
 */
async function merge(ctx: Context, open: Open, record: string, into: string | null, reason: string) {
  const { kind } = await readOne(open, record);
  if (!MERGED.has(kind)) throw new KeptError('bad_request');
  if (into !== null) {
    const known = new Map((await readKind(open, kind, true)).map((one) => [one.record, one]));
    if (!known.has(into)) throw new KeptError('bad_request');
    // Already the same, in either direction: another link would only make a circle.
    if (rootOf(into, known) === rootOf(record, known)) return { record };
    into = rootOf(into, known);
    record = rootOf(record, known);
  }
  return saveOne(ctx, open, { kind, record, fields: { merged_into: into }, reason });
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
  const held = await takeIn(open, fileSource(file), { route, at: ctx.clock.now(), pictures: ctx.pictures, onProgress });
  await open.store.change((root, change) => stageFile(open.book.batch(root, change), open, held, null));
  const { fields } = await readOne(open, record);
  const isList = field.endsWith('_ids');
  const value = isList ? [...(Array.isArray(fields[field]) ? fields[field] : []), held.attachment] : held.attachment;
  await saveOne(ctx, open, {
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
  const now = { sending: open.syncing.running, offline: open.syncing.offline };
  const files = [];
  for (const id of ids) {
    const file = await open.book.newest(id).catch(() => null);
    if (file?.kind === 'attachment' && file.fields.taken_out === undefined)
      files.push({
        ...shownAttachment(file, fileState(open, file, null, now)),
        looked: file.fields.looked_at !== undefined,
        hold: file.restricted.shows_where_i_live === true,
      });
  }
  return files;
}
