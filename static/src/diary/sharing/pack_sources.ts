/** The contents of a pack: every opened version of the diary, and the bytes of files as received. */
import { unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { decodePush, envDigest } from '../../ledger/push.js';
import { REGISTER_KINDS } from '../../pack/selection.js';
import { idsIn } from '../../record/referenced_ids.js';
import { objectOf, integerOf } from '../../record/reading.js';
import { locateFile, openParts } from '../attachments/reading_files.js';
import { entryNumbers } from '../index/showing.js';
import type { Open, Meta, Opened } from '../types.js';
import type { AbsentEntry, DiaryVersion } from '../../pack/diary_version.js';
import type { Receipt } from '../../crypto/signing.js';

const LISTED_KINDS = [...REGISTER_KINDS, 'custody'];
const PACKED_KINDS = new Set(['incident', 'attachment', 'settings', ...LISTED_KINDS]);

/**
 * Read the whole diary in feed order; versions without a number come last, in the order this phone made them. Private
 * notes are not read.
 * @param extraKinds kinds that are in no pack
 */
export async function readDiary(open: Open, extraKinds: readonly string[] = []): Promise<DiaryVersion[]> {
  const idLists = await Promise.all(
    [...LISTED_KINDS, ...extraKinds].map((kind) => open.store.readJson<string[]>(`k/${kind}`)),
  );
  const settings = open.store.root.settings;
  const recordIds = [
    ...open.index.allRows().map(({ record }) => record),
    ...idLists.flatMap((records) => records ?? []),
    ...(settings ? [settings] : []),
  ];
  const versions: DiaryVersion[] = [];
  const queue = new Set(recordIds);
  for (const record of queue) {
    const recordVersions = await readVersions(open, record);
    versions.push(...recordVersions);
    // Files have no list of their own: they are found by the records that refer to them. The records that a file
    // refers to are read already.
    if (recordVersions.some(({ kind }) => kind !== 'attachment')) {
      for (const version of recordVersions)
        for (const id of idsIn({ ...version.open.fields, ...version.restricted?.fields })) queue.add(id);
    }
  }
  return versions.filter(({ kind }) => PACKED_KINDS.has(kind) || extraKinds.includes(kind)).sort(compareFeedOrder);
}

/**
 * Return the entries that have a number on the screens and no version in `versions`: erased for good, here or before
 * this phone came, or not readable.
 */
export function absentEntries({ index, store: { root } }: Open, versions: readonly DiaryVersion[]): AbsentEntry[] {
  const presentIds = new Set(versions.map(({ record }) => record));
  const rows = index.allRows();
  const numbers = entryNumbers(rows, root);
  const listedEntries = rows
    .filter(({ record }) => !presentIds.has(record) && numbers.has(record))
    .map((row) => ({
      record: row.record,
      no: Number(numbers.get(row.record)),
      at: row.taken_out ?? null,
      why: row.erased || row.taken_out ? ('removed' as const) : ('withheld' as const),
    }));
  const listedIds = new Set(rows.map(({ record }) => record));
  const unlisted = Object.entries(root.numbered ?? {})
    .filter(([record]) => !listedIds.has(record) && !presentIds.has(record))
    .map(([record, number]) => ({ record, no: Number(number), at: null, why: 'removed' as const }));
  return [...listedEntries, ...unlisted];
}

function compareFeedOrder(a: DiaryVersion, b: DiaryVersion) {
  if (a.seq !== null && b.seq !== null) return a.seq - b.seq;
  if (a.seq === null && b.seq === null) return lineNumber(a) - lineNumber(b);
  return a.seq === null ? 1 : -1;
}

const lineNumber = (row: DiaryVersion) => integerOf(objectOf(row.open.fields, '_line'), 'n') ?? 0;

export async function readVersions({ book, store }: Open, record: string): Promise<DiaryVersion[]> {
  const meta = await book.meta(record);
  if (!meta) return []; // another phone's record, not here yet
  const pushes = await store.readMany(meta.versions.map(({ v }) => `v/${v}`));
  const opened = new Map((await book.versions(record)).map((item) => [item.version, item]));
  return meta.versions.flatMap((facts, index) => {
    const item = opened.get(facts.v);
    const push = pushes[index];
    // A version that does not open cannot be typeset; the screens say so next to the entry.
    return item?.kind && item.seeds && push ? [toDiaryVersion(facts, item as OpenedWithSeeds, push.bytes)] : [];
  });
}

/** A version that opened. */
type OpenedWithSeeds = Opened & { seeds: NonNullable<Opened['seeds']> };

function toDiaryVersion(facts: Meta['versions'][number], opened: OpenedWithSeeds, push: Uint8Array): DiaryVersion {
  const { meta, envelopes } = decodePush(push);
  const toKeyPairs = (keys: [string, string][]) => keys.map(([blob, key]) => [blob, unb64(key)] as const);
  return {
    record: opened.record,
    version: opened.version,
    kind: opened.kind,
    schema: integerOf(opened.fields, '_schema') ?? 1,
    seq: facts.seq,
    c: meta.c,
    sig: meta.sig,
    parents: meta.parents,
    env: envDigest(envelopes),
    receipt: (facts.receipt as Receipt | null) ?? null,
    open: { fields: opened.fields, seed: unb64(opened.seeds.open), keys: toKeyPairs(opened.keys.open) },
    restricted: opened.seeds.restricted
      ? { fields: opened.restricted, seed: unb64(opened.seeds.restricted), keys: toKeyPairs(opened.keys.restricted) }
      : null,
  };
}

/**
 * Yield the bytes of a file as received, opened part by part. Parts that only the server holds are fetched first.
 * @throws file_missing when it is not here and cannot be fetched now
 */
export async function* openReceived(open: Open, attachment: string): AsyncGenerator<Uint8Array> {
  const file = await locateFile(open, attachment, 'received', []);
  if (!file) throw new KeptError('pack_failed', 'A file cannot be opened. It is still in your diary.');
  yield* openParts(open, file);
}
