/** Where a pack's contents come from: every opened version of the diary, and the bytes of files as received. */
import { unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { decodePush, envDigest } from '../ledger/push.js';
import { REGISTERS } from '../pack/choose.js';
import { idsIn } from '../record/named.js';
import { objectOf, wholeOf } from '../record/reading.js';
import { findFile, openParts } from './reading_files.js';
import { entryNumbers } from './showing.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./book.js').Meta} Meta */
/** @typedef {import('./book.js').Opened} Opened */
/** @typedef {import('../pack/capsule.js').DiaryVersion} DiaryVersion */

const LISTED = [...REGISTERS, 'custody'];
const PACKED = new Set(['incident', 'attachment', 'settings', ...LISTED]);

/**
 * The whole diary in feed order; versions without a number last, as this phone made them. Private notes are left
 * where they are.
 * @param {Open} open @param {readonly string[]} [also] kinds that no pack takes
 * @returns {Promise<DiaryVersion[]>}
 */
export async function readDiary(open, also = []) {
  const listed = await Promise.all([...LISTED, ...also].map((kind) => open.store.readJson(`k/${kind}`)));
  const settings = open.store.root['settings'];
  const known = [
    ...open.index.all().map(({ record }) => record),
    ...listed.flatMap((records) => records ?? []),
    ...(settings ? [settings] : []),
  ];
  /** @type {DiaryVersion[]} */ const versions = [];
  const read = new Set(known);
  for (const record of read) {
    const rows = await readRecord(open, record);
    versions.push(...rows);
    // Files have no list of their own: they are found by what names them. What they name in turn is read already.
    if (rows.some(({ kind }) => kind !== 'attachment')) {
      for (const row of rows) for (const id of idsIn({ ...row.open.fields, ...row.restricted?.fields })) read.add(id);
    }
  }
  return versions.filter(({ kind }) => PACKED.has(kind) || also.includes(kind)).sort(inFeed);
}

/**
 * The entries whose numbers the screens keep and of which no version is among `versions`: erased for good, here or before this
 * phone came, or not to be opened.
 * @param {Open} open @param {readonly DiaryVersion[]} versions @returns {import('../pack/capsule.js').Absent[]}
 */
export function absentEntries({ index, store: { root } }, versions) {
  const here = new Set(versions.map(({ record }) => record));
  const all = index.all();
  const numbers = entryNumbers(all, root);
  const known = all
    .filter(({ record }) => !here.has(record) && numbers.has(record))
    .map((row) => ({
      record: row.record,
      no: Number(numbers.get(row.record)),
      at: row['taken_out'] ?? null,
      why: row['erased'] || row['taken_out'] ? /** @type {const} */ ('removed') : /** @type {const} */ ('withheld'),
    }));
  const listed = new Set(all.map(({ record }) => record));
  const before = Object.entries(root['numbered'] ?? {})
    .filter(([record]) => !listed.has(record) && !here.has(record))
    .map(([record, no]) => ({ record, no: Number(no), at: null, why: /** @type {const} */ ('removed') }));
  return [...known, ...before];
}

/** @param {DiaryVersion} a @param {DiaryVersion} b */
function inFeed(a, b) {
  if (a.seq !== null && b.seq !== null) return a.seq - b.seq;
  if (a.seq === null && b.seq === null) return lineOf(a) - lineOf(b);
  return a.seq === null ? 1 : -1;
}

/** @param {DiaryVersion} row */
const lineOf = (row) => wholeOf(objectOf(row.open.fields, '_line'), 'n') ?? 0;

/** @param {Open} open @param {string} record @returns {Promise<DiaryVersion[]>} */
async function readRecord({ book, store }, record) {
  const meta = await book.meta(record);
  if (!meta) return []; // another phone's, not here yet
  const pushes = await store.readMany(meta.versions.map(({ v }) => `v/${v}`));
  const opened = new Map((await book.versions(record)).map((one) => [one.version, one]));
  return meta.versions.flatMap((facts, i) => {
    const one = opened.get(facts.v);
    const push = pushes[i];
    // One that does not open cannot be typeset; the screens say so beside the entry.
    return one?.kind && one.seeds && push ? [versionOf(facts, one, push.bytes)] : [];
  });
}

/** @param {Meta['versions'][number]} facts @param {Opened} one @param {Uint8Array} push @returns {DiaryVersion} */
function versionOf(facts, one, push) {
  const { meta, envelopes } = decodePush(push);
  const pairs = (/** @type {[string, string][]} */ keys) =>
    keys.map(([blob, key]) => /** @type {const} */ ([blob, unb64(key)]));
  return {
    record: one.record,
    version: one.version,
    kind: one.kind,
    schema: wholeOf(one.fields, '_schema') ?? 1,
    seq: facts.seq,
    c: meta.c,
    sig: meta.sig,
    parents: meta.parents,
    env: envDigest(envelopes),
    receipt: facts.receipt ?? null,
    open: { fields: one.fields, seed: unb64(one.seeds.open), keys: pairs(one.keys.open) },
    restricted: one.seeds.restricted
      ? { fields: one.restricted, seed: unb64(one.seeds.restricted), keys: pairs(one.keys.restricted) }
      : null,
  };
}

/**
 * A file as received, opened part by part from this phone's sealed parts; what only the server holds is fetched first.
 * @param {Open} open @param {string} attachment
 * @returns {AsyncGenerator<Uint8Array>} @throws file_missing when it is neither here nor to be had now
 */
export async function* openReceived(open, attachment) {
  const file = await findFile(open, attachment, 'received', []);
  if (!file) throw new KeptError('pack_failed', 'A file cannot be opened. It is still in your diary.');
  yield* openParts(open, file);
}
