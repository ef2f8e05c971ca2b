/** People, accounts, vehicles, orders and the other registers: what they need beyond being records (records.js). */
import { KeptError } from '../core/errors.js';
import { mentions, mergedWith, rootOf } from '../record/links.js';
import { roleCodes } from '../record/roles.js';
import { insideOf, savedOf } from './inside.js';
import { orLate } from './late.js';
import { claims } from './roles.js';
import { stageFile } from './incidents.js';
import { readEntriesThat, readKind, readOne, saveOne } from './records.js';
import { takeIn } from './sealing.js';
import { shownAttachment } from './showing.js';
import { fileState } from './entries.js';
import { fileSource } from './sources.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./records.js').Read} Read */
/** @typedef {Read & {code: string, root: string}} ReadPerson `code` as S1; `root` the person this one was merged into, or itself */
/** @typedef {{record: string, kind: string, seq_no: number|null, title: string, fields: Fields, at: number, how: string[], terms: string[]}} Mention */

/** Kinds of which two entries can turn out to be one and the same. */
const MERGED = new Set(['person', 'account', 'vehicle']);
/** Kinds that may name others. */
const NAMING = ['sighting', 'account', 'vehicle', 'order', 'report', 'notice', 'impact', 'statement', 'case', 'person'];

/** @param {Context} ctx */
export function registerMethods(ctx) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    readPeople: async (/** @type {{all?: boolean}} */ { all = false } = {}) => readPeople(inside(), all),
    readMentions: async (/** @type {string} */ record) => readMentions(inside(), record),
    mergeRecords: async (
      /** @type {string} */ record,
      /** @type {string|null} */ into,
      /** @type {string} */ reason = '',
    ) => saved(await merge(ctx, inside(), record, into, reason)),
    async addRecordFile(
      /** @type {{kind: string, record: string, field: string}} */ to,
      /** @type {File} */ file,
      /** @type {{route: string, onProgress?: (done: number, total: number) => void}} */ how,
    ) {
      return saved(await orLate(ctx, file, how.route, (async () => addFile(ctx, inside(), to, file, how))()));
    },
    readRecordFiles: async (/** @type {string[]} */ ids) => readFiles(inside(), ids),
    /** What is typed in a form and not saved; null throws it away. It lies sealed on this phone only. */
    async keepTyped(/** @type {string} */ key, /** @type {unknown} */ typed) {
      await inside().store.change((_root, change) =>
        typed === null ? change.drop(`t/${key}`) : change.putJson(`t/${key}`, typed),
      );
    },
    readTyped: async (/** @type {string} */ key) => inside().store.readJson(`t/${key}`),
  };
}

/** Everyone, with their codes. @param {Open} open @param {boolean} all with those taken out @returns {Promise<ReadPerson[]>} */
export async function readPeople(open, all = false) {
  const people = await readKind(open, 'person', true);
  const codes = roleCodes(await claims(open));
  const known = new Map(people.map((one) => [one.record, one]));
  const shown = people.map((one) => ({ ...one, code: codes.get(one.record) ?? '', root: rootOf(one.record, known) }));
  return all ? shown : shown.filter(({ taken_out }) => taken_out === null);
}

/** What names a record, or one that was merged with it; entries first, newest first. @param {Open} open @param {string} record @returns {Promise<Mention[]>} */
async function readMentions(open, record) {
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
        ? await readEntriesThat(open, (row) => row['links'].some((/** @type {string} */ id) => ids.has(id)))
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
 * Says that one record is the same as another; null says it is not after all. Both keep every word, and links to either lead to both.
 * @param {Context} ctx @param {Open} open @param {string} record @param {string|null} into @param {string} reason
 * @throws bad_request when they are of two kinds, reason_needed when a merging is taken back later without one
 */
async function merge(ctx, open, record, into, reason) {
  const { kind } = await readOne(open, record);
  if (!MERGED.has(kind)) throw new KeptError('bad_request');
  if (into !== null) {
    const known = new Map((await readKind(open, kind, true)).map((one) => [one.record, one]));
    if (!known.has(into)) throw new KeptError('bad_request');
    // The same already, in either direction: another link would only make a circle.
    if (rootOf(into, known) === rootOf(record, known)) return { record };
    into = rootOf(into, known);
    record = rootOf(record, known);
  }
  return saveOne(ctx, open, { kind, record, fields: { merged_into: into }, reason });
}

/**
 * A file for a record that is no entry: the picture of an order, a contact card. It is an attachment of its own.
 * @param {Context} ctx @param {Open} open @param {{kind: string, record: string, field: string}} to `field` holds one id, or a list where its name says so
 * @param {File} file @param {{route: string, onProgress?: ((done: number, total: number) => void) | undefined}} how
 */
export async function addFile(ctx, open, { kind, record, field }, file, { route, onProgress }) {
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

/** Files by their ids as the screens show them, and whether the keeper has looked where they were taken; those that are not here are left away. @param {Open} open @param {string[]} ids */
async function readFiles(open, ids) {
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
