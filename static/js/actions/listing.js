/**
 * What the list of entries holds of each: enough to draw, filter, count and find it without opening a version; and
 * making the whole list again when it is not what the diary is (see [Note: the list's own head], store/index.js).
 */
import { spokenIn } from '../record/folding.js';
import { factOf } from '../record/patterns_facts.js';
import { codesOf, objectsOf, textOf } from '../record/reading.js';
import { ROWS, SHAPE } from '../store/index.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./book.js').Book} Book */
/** @typedef {import('./book.js').Batch} Batch */
/** @typedef {import('./book.js').Meta} Meta */
/** @typedef {import('./book.js').Opened} Opened */
/** @typedef {(batch: Batch, incidents: string[]) => Promise<void>} Relist writes the rows of incidents */

/** With nothing but words and a time: the list offers to add details. */
const DETAILS = ['behaviours', 'channel', 'place_category', 'actor_ids', 'who', 'feelings_then', 'feelings_then_text', 'response', 'account_ids', 'witness_ids'];
/** Entries that are listed again in one change: a few segments. */
const AT_ONCE = 4 * ROWS;
/** As many pictures as a row shows. */
const SHOTS = 3;
const FILE_WORDS = ['description', 'alt_text', 'transcript', 'account_or_number_shown', 'url_full', 'kind_text'];

/**
 * The part of a row that says what the entry says.
 * @param {Book} book @param {Batch} batch @param {Meta} meta @param {{fields: Fields, restricted: Fields, version: string}} shown @param {Record<string, any>|null} before
 */
export async function told(book, batch, meta, shown, before) {
  const { fields, restricted, version } = shown;
  const beside = await besides(book, batch, fields);
  const v = [version, ...beside.map((one) => one.version)].join();
  return {
    v, c: meta.versions.find((one) => one.v === version)?.c ?? '',
    f: factOf(meta.record, /** @type {any} */ (fields), /** @type {any} */ (restricted)),
    links: linksOf(fields),
    dated: objectsOf(/** @type {any} */ (fields), 'independent_evidence').some((one) => textOf(one, 'overwrite_due') || textOf(one, 'requested_at')),
    shots: beside.filter(isShown).slice(0, SHOTS).map(({ record }) => record),
    bare: DETAILS.every((name) => !codesOf(/** @type {any} */ (fields), name).length) && !fields.attachment_ids?.length,
    // A receipt changes no word: what is searched is written again only when it is other than it was.
    ...(before?.v === v ? {} : { text: spokenIn([fields, restricted, ...beside.map(words)]) }),
  };
}

/** Whether the list may show a covered copy of it: a picture with one, and nothing that was called private. @param {Opened} one */
function isShown({ kind, fields }) {
  const copies = objectsOf(/** @type {any} */ (fields), 'renditions').some((copy) => copy.purpose === 'preview');
  return kind === 'attachment' && copies && String(fields.media_type).startsWith('image/') && (fields.sensitivity ?? 'normal') === 'normal';
}

/** What stands beside the entry and is found with it: its files and its messages. @param {Book} book @param {Batch} batch @param {Fields} fields @returns {Promise<Opened[]>} */
async function besides(book, batch, fields) {
  const found = await Promise.all(besideIds(fields).map((id) => book.newest(id, batch).catch(() => null)));
  return found.flatMap((one) => one ?? []);
}

/** @param {Fields} fields @returns {string[]} */
function besideIds(fields) {
  return [...new Set(['attachment_ids', 'schedule_id'].flatMap((name) => codesOf(/** @type {any} */ (fields), name)))];
}

/** @param {Opened} one @returns {Fields} */
function words({ kind, fields, restricted }) {
  if (kind !== 'attachment') return fields;
  const name = restricted.received_as?.filename;
  return { ...Object.fromEntries(FILE_WORDS.map((each) => [each, fields[each]])), name: typeof name === 'string' ? name : '' };
}

/** Everyone and everything the entry names: an entry is found by the name of a person who is only a witness, too. @param {Fields} fields @returns {string[]} */
function linksOf(fields) {
  const said = /** @type {any} */ (fields);
  const lists = ['actor_ids', 'targeted_person_ids', 'witness_ids', 'present_ids', 'account_ids', 'vehicle_ids', 'order_ids', 'case_ids', 'report_ids', 'notice_ids', 'author_id', 'entered_by_id'].flatMap((name) => codesOf(said, name));
  const rows = [...objectsOf(said, 'told_others').map((row) => textOf(row, 'person_id')), ...objectsOf(said, 'alleged_breaches').map((row) => textOf(row, 'order_id'))];
  return [...new Set([...lists, ...rows.filter(Boolean)])];
}

/**
 * Puts off, to the end of the change, the rows of the incidents that a version concerns.
 * @param {Batch} batch @param {Relist|null} relist @param {string} kind @param {string} record @param {string|null} of @param {Fields} fields
 */
export function concern(batch, relist, kind, record, of, fields) {
  if (!relist) return;
  const incidents = kind === 'incident' ? [record] : kind === 'attachment' ? [of, ...codesOf(/** @type {any} */ (fields), 'incident_ids')]
    : kind === 'schedule' ? codesOf(/** @type {any} */ (fields), 'incident_ids') : [];
  for (const incident of new Set(incidents)) {
    if (incident) batch.change.last(`row/${incident}`, () => relist(batch, [incident]));
  }
}

/**
 * Makes the whole list again where it differs, a thousand at a time, with progress; entries stay usable meanwhile. Stopped
 * half-way (a lock), it begins anew at the next unlock: only a whole list says that it is one.
 * @param {Context} ctx @param {Open} open @returns {Promise<boolean>} whether it had to be
 */
export async function mendList(ctx, open) {
  const { index } = open;
  if (!index.differs) return false;
  index.mending ??= mend(ctx, open).finally(() => { index.mending = null; });
  await index.mending;
  return true;
}

/** @param {Context} ctx @param {Open} open */
async function mend(ctx, open) {
  const { index, store } = open;
  const records = await index.listed();
  await store.change((root) => {
    index.layOut(records);
    root.index = { shape: SHAPE, stamps: [], line: -1, feed: -1 };
    root.count = Math.max(root.count ?? 0, records.length);
  });
  try {
    let own = 0;
    const others = () => store.applied - own;
    const read = (/** @type {number} */ from) => readSome(open, records.slice(from, from + AT_ONCE), others());
    let next = read(0);
    for (let from = 0; from < records.length && ctx.open === open; from += AT_ONCE) {
      ctx.screen.set({ busy: { what: 'listing', done: from, total: records.length } });
      const some = await next;
      // What comes next is opened while these are written.
      next = read(from + AT_ONCE);
      next.catch(() => undefined);
      await listSome(open, some, from, others);
      own += 1;
    }
    if (ctx.open !== open) return;
    await store.change((root, change) => {
      index.differs = false;
      index.follow(root, change);
    });
  } finally {
    if (ctx.open === open) ctx.screen.set({ busy: null });
  }
  ctx.show();
}

/** @typedef {Awaited<ReturnType<typeof readSome>>} ReadSome */

/** What the rows of some records are made of. @param {Open} open @param {string[]} records @param {number} others changes of others there had been */
async function readSome({ book }, records, others) {
  const own = await book.readAgain(records);
  const ids = new Set([...own.opened.values()].flatMap(({ fields }) => besideIds(fields)));
  const beside = await book.readAgain([...ids]);
  return { records, others, metas: [...own.metas, ...beside.metas], opened: new Map([...own.opened, ...beside.opened]) };
}

/** @param {Open} open @param {ReadSome} read @param {number} from how many stand before @param {() => number} others */
async function listSome(open, read, from, others) {
  const { index, store, book } = open;
  await store.change(async (root, change) => {
    // Something was saved since these were read: no change runs now, so they are read again as they are.
    const { records, metas, opened } = read.others === others() ? read : await readSome(open, read.records, others());
    const batch = { ...book.batch(root, change), opened };
    for (const meta of metas) batch.metas.set(meta.record, meta);
    const rows = [];
    for (const [i, record] of records.entries()) {
      // Numbers never move: the place in the order of coming is what it was.
      const before = { ...index.find(record), local: from + i + 1, v: null };
      rows.push(await book.row(record, before, batch) ?? gone(record, before, batch.metas.get(record)));
    }
    index.write(root, change, rows);
  });
}

/** An entry that was erased, or whose versions are not here: its place stays. @param {string} record @param {Record<string, any>} before @param {any} meta @returns {import('../store/index.js').Row} */
function gone(record, before, meta) {
  const versions = meta?.versions ?? [];
  const seqs = versions.flatMap((/** @type {any} */ { seq }) => seq ?? []);
  const ats = versions.flatMap((/** @type {any} */ { at }) => at ?? []);
  return {
    title: '', apart: '', pictures: 0, additions: 0, amendments: 0, unproved: false, received_at: ats.length ? Math.min(...ats) : null, kept_at: null,
    recorded_at: ats.length ? Math.min(...ats) : 0, occurred: { occurred_start: null, occurred_end: null, occurred_local: null, tz: '', utc_offset_min: null, precision: 'unknown' },
    ...before, record, seq: seqs.length ? Math.min(...seqs) : null, flags: ['erased'], taken_out: meta?.erased_at ?? before['taken_out'] ?? 0, erased: meta?.erased_at ?? 0, text: '',
  };
}
