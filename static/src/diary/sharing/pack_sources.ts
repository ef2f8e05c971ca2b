/** The contents of a pack: every opened version of the diary, and the bytes of files as received. */
import { unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { decodePush, envDigest } from '../../ledger/push.js';
import { REGISTERS } from '../../pack/selection.js';
import { idsIn } from '../../record/referenced_ids.js';
import { objectOf, wholeOf } from '../../record/reading.js';
import { findFile, openParts } from '../attachments/reading_files.js';
import { entryNumbers } from '../index/showing.js';
import type { Open, Meta, Opened } from '../types.js';
import type { Absent, DiaryVersion } from '../../pack/diary_version.js';
import type { Receipt } from '../../crypto/signing.js';

const LISTED = [...REGISTERS, 'custody'];
const PACKED = new Set(['incident', 'attachment', 'settings', ...LISTED]);

/**
 * Read the whole diary in feed order; versions without a number come last, in the order this phone made them. Private
 * notes are not read.
 * @param also kinds that are in no pack
 */
export async function readDiary(open: Open, also: readonly string[] = []): Promise<DiaryVersion[]> {
  const listed = await Promise.all([...LISTED, ...also].map((kind) => open.store.readJson<string[]>(`k/${kind}`)));
  const settings = open.store.root.settings;
  const known = [
    ...open.index.all().map(({ record }) => record),
    ...listed.flatMap((records) => records ?? []),
    ...(settings ? [settings] : []),
  ];
  const versions: DiaryVersion[] = [];
  const read = new Set(known);
  for (const record of read) {
    const rows = await readRecord(open, record);
    versions.push(...rows);
    // Files have no list of their own: they are found by the records that refer to them. The records that a file
    // refers to are read already.
    if (rows.some(({ kind }) => kind !== 'attachment')) {
      for (const row of rows) for (const id of idsIn({ ...row.open.fields, ...row.restricted?.fields })) read.add(id);
    }
  }
  return versions.filter(({ kind }) => PACKED.has(kind) || also.includes(kind)).sort(inFeed);
}

/**
 * Return the entries that have a number on the screens and no version in `versions`: erased for good, here or before
 * this phone came, or not readable.
 */
export function absentEntries({ index, store: { root } }: Open, versions: readonly DiaryVersion[]): Absent[] {
  const here = new Set(versions.map(({ record }) => record));
  const all = index.all();
  const numbers = entryNumbers(all, root);
  const known = all
    .filter(({ record }) => !here.has(record) && numbers.has(record))
    .map((row) => ({
      record: row.record,
      no: Number(numbers.get(row.record)),
      at: row.taken_out ?? null,
      why: row.erased || row.taken_out ? ('removed' as const) : ('withheld' as const),
    }));
  const listed = new Set(all.map(({ record }) => record));
  const before = Object.entries(root.numbered ?? {})
    .filter(([record]) => !listed.has(record) && !here.has(record))
    .map(([record, no]) => ({ record, no: Number(no), at: null, why: 'removed' as const }));
  return [...known, ...before];
}

function inFeed(a: DiaryVersion, b: DiaryVersion) {
  if (a.seq !== null && b.seq !== null) return a.seq - b.seq;
  if (a.seq === null && b.seq === null) return lineOf(a) - lineOf(b);
  return a.seq === null ? 1 : -1;
}

const lineOf = (row: DiaryVersion) => wholeOf(objectOf(row.open.fields, '_line'), 'n') ?? 0;

async function readRecord({ book, store }: Open, record: string): Promise<DiaryVersion[]> {
  const meta = await book.meta(record);
  if (!meta) return []; // another phone's record, not here yet
  const pushes = await store.readMany(meta.versions.map(({ v }) => `v/${v}`));
  const opened = new Map((await book.versions(record)).map((one) => [one.version, one]));
  return meta.versions.flatMap((facts, i) => {
    const one = opened.get(facts.v);
    const push = pushes[i];
    // A version that does not open cannot be typeset; the screens say so next to the entry.
    return one?.kind && one.seeds && push ? [versionOf(facts, one as WithSeeds, push.bytes)] : [];
  });
}

/** A version that opened. */
type WithSeeds = Opened & { seeds: NonNullable<Opened['seeds']> };

function versionOf(facts: Meta['versions'][number], one: WithSeeds, push: Uint8Array): DiaryVersion {
  const { meta, envelopes } = decodePush(push);
  const pairs = (keys: [string, string][]) => keys.map(([blob, key]) => [blob, unb64(key)] as const);
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
    receipt: (facts.receipt as Receipt | null) ?? null,
    open: { fields: one.fields, seed: unb64(one.seeds.open), keys: pairs(one.keys.open) },
    restricted: one.seeds.restricted
      ? { fields: one.restricted, seed: unb64(one.seeds.restricted), keys: pairs(one.keys.restricted) }
      : null,
  };
}

/**
 * Yield the bytes of a file as received, opened part by part. Parts that only the server holds are fetched first.
 * @throws file_missing when it is not here and cannot be fetched now
 */
export async function* openReceived(open: Open, attachment: string): AsyncGenerator<Uint8Array> {
  const file = await findFile(open, attachment, 'received', []);
  if (!file) throw new KeptError('pack_failed', 'A file cannot be opened. It is still in your diary.');
  yield* openParts(open, file);
}
