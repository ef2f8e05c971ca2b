/**
 * Rebuild the list of entries when it does not match the diary (see [Note: the list's own head], store/index.js): all
 * of it, or only the segments that are missing or out of date. The newest come first, so that a user who opens the
 * diary meanwhile sees their latest entries. Entries stay usable throughout.
 */
import { SEGMENT_ROWS, INDEX_FORMAT } from '../../store/index.js';
import { ALTERED, UNCHECKED, readNumbers } from '../../store/feed_numbers.js';
import { readSegmentTexts, putSegmentTexts } from '../../store/segment_texts.js';
import { codesOf } from '../../record/reading.js';
import { relatedIds, textsOf } from './listing.js';
import type { NumberedVersion } from '../../store/feed_numbers.js';
import type { VersionText } from '../../store/segment_texts.js';
import type { Context, Open, Meta, ListRow } from '../types.js';

/** Some segments, and the entries in them */
type SegmentGroup = { numbers: number[]; records: string[] };
/**
 * The versions of each record according to other sources than the record itself: those that the server numbered, and
 * those in the outbox; `known`: records of which these sources give all that a row needs
 */
type KnownVersions = { records: Map<string, string[]>; known: Map<string, Meta> };
type RecordsRead = Awaited<ReturnType<typeof readRecords>>;

/** Segments written in one change. The first is written alone, so that it appears early. */
const SEGMENTS_PER_CHANGE = 4;
/** Stretches read ahead while one is written, so that the worker, the database and the page all stay busy. */
const READ_AHEAD = 2;
/** Records checked at once for entries that no list names. */
const SCAN_BATCH = 2_000;
const MAX_TRIES = 5;

/**
 * Rebuild what differs, with progress. If stopped half-way (by a lock), it starts again at the next unlock: only a
 * complete list is marked as complete.
 * @returns whether a rebuild was needed
 */
export async function rebuildList(ctx: Context, open: Open): Promise<boolean> {
  const { index } = open;
  if (!index.isStale) return false;
  index.rebuilding ??= rebuild(ctx, open).finally(() => {
    index.rebuilding = null;
  });
  await index.rebuilding;
  return true;
}

async function rebuild(ctx: Context, open: Open) {
  const { index, store } = open;
  const { changeCount: applied } = store;
  let knownVersions = await readKnownVersions(open);
  let records = await readAllRecords(open, knownVersions);
  const segments = await store.change(async (root) => {
    // An entry arrived after these were read, and would be left out. No other change runs now, so read them again.
    if (store.changeCount !== applied) {
      knownVersions = await readKnownVersions(open);
      records = await readAllRecords(open, knownVersions);
    }
    const wrongSegments = index.segmentsToRebuild(records);
    if (wrongSegments)
      for (const segment of wrongSegments)
        index.resetSegment(segment, records.slice(segment * SEGMENT_ROWS, (segment + 1) * SEGMENT_ROWS));
    else {
      index.resetAll(records);
      root.index = { shape: INDEX_FORMAT, stamps: [], line: -1, feed: -1 };
    }
    root.count = Math.max(root.count ?? 0, records.length);
    return wrongSegments ?? [...Array(Math.ceil(records.length / SEGMENT_ROWS)).keys()];
  });
  try {
    await rebuildGroups(ctx, open, knownVersions, groupSegments(records, segments));
    if (ctx.open !== open) return;
    await store.change((root, change) => {
      index.markRebuilt();
      index.updateHead(root, change);
    });
  } finally {
    if (ctx.open === open) ctx.screen.set({ busy: null });
  }
  ctx.show();
}

/** Group the segments, newest first. */
function groupSegments(records: string[], segments: readonly number[]): SegmentGroup[] {
  const numbers = [...segments].sort((a, b) => b - a);
  const groups = [numbers.slice(0, 1)];
  for (let from = 1; from < numbers.length; from += SEGMENTS_PER_CHANGE)
    groups.push(numbers.slice(from, from + SEGMENTS_PER_CHANGE));
  return groups.map((group) => ({
    numbers: group,
    records: group.flatMap((segment) => records.slice(segment * SEGMENT_ROWS, (segment + 1) * SEGMENT_ROWS)),
  }));
}

async function rebuildGroups(ctx: Context, open: Open, knownVersions: KnownVersions, groups: SegmentGroup[]) {
  const { store } = open;
  let ownChanges = 0;
  const otherChanges = () => store.changeCount - ownChanges;
  const reads: Promise<RecordsRead>[] = [];
  const total = groups.reduce((sum, { records }) => sum + records.length, 0);
  let [started, done] = [0, 0];
  for (const group of groups) {
    while (started < groups.length && reads.length <= READ_AHEAD) {
      const nextRead = readGroup(open, groups[started++] as SegmentGroup, knownVersions, otherChanges());
      nextRead.catch(() => undefined); // the code that awaits it gets the error
      reads.push(nextRead);
    }
    if (ctx.open !== open) return;
    ctx.screen.set({ busy: { what: 'listing', done, total } });
    const read = await (reads.shift() as Promise<RecordsRead>);
    await writeRows(open, read, group, knownVersions, otherChanges);
    ownChanges += 1;
    ownChanges += await storeGroupTexts(open, read, group, () => read.others === otherChanges());
    done += group.records.length;
    if (group === groups[0]) ctx.show();
  }
}

/**
 * Return the versions by record, in the order they arrived. A page of numbers that was replaced by an older copy is
 * shorter than the count in the root, which only the store key can write: then report a doubt, and read every record.
 * @param remaining how often to read again when a change came in between
 */
export async function readKnownVersions(
  { store, book }: Pick<Open, 'store' | 'book'>,
  remaining: number = MAX_TRIES,
): Promise<KnownVersions> {
  const { root, changeCount: applied } = store;
  const numberedVersions = await readNumbers(store, 1, root.feed.seq).catch(() => []);
  const records: KnownVersions['records'] = new Map();
  const add = (record: string, version: string) => {
    const existing = records.get(record);
    if (existing) existing.push(version);
    else records.set(record, [version]);
  };
  for (const [, record, version] of numberedVersions) add(record, version);
  for (const { record, version } of root.outbox) add(record, version);
  const isComplete = numberedVersions.length === root.feed.seq;
  if (!isComplete) {
    if (!(await store.changedSince(applied))) book.doubt();
    else if (remaining) return readKnownVersions({ store, book }, remaining - 1);
  }
  return {
    records,
    known: isComplete
      ? metasFromNumbers(numberedVersions, new Set(root.outbox.map(({ record }) => record)))
      : new Map(),
  };
}

/**
 * See [Note: facts beside numbers], feed_numbers.js.
 * @param waiting records with versions that have no number
 */
function metasFromNumbers(numberedVersions: NumberedVersion[], waiting: ReadonlySet<string>): KnownVersions['known'] {
  const metas: KnownVersions['known'] = new Map();
  const unsure = new Set(waiting);
  for (const [seq, record, v, c, , at, state] of numberedVersions) {
    if (at === undefined || state === undefined) unsure.add(record);
    else {
      const existing = metas.get(record) ?? { record, kind: '', of: null, versions: [] };
      existing.versions.push({
        v,
        parents: [],
        c,
        seq,
        at,
        receipt: true,
        checked: !(state & UNCHECKED),
        ...(state & ALTERED ? { altered: true as const } : {}),
      });
      metas.set(record, existing);
    }
  }
  for (const record of unsure) metas.delete(record);
  return metas;
}

/**
 * Return every entry, in the order they arrived. Where the lists name fewer than the count, go through every known
 * record: an entry must not be lost with the list that named it. On a cleared phone, check the outbox too: its list
 * named nothing else, and the first entry that came back was written to it without them.
 */
async function readAllRecords({ index, store }: Open, knownVersions: KnownVersions): Promise<string[]> {
  const listed = await index.readDirectory();
  const entries = new Set(listed);
  const isComplete = listed.length >= (store.root.count ?? 0);
  if (isComplete && !store.root.cleared) return listed;
  const candidates: string[] = isComplete
    ? store.root.outbox.map(({ record }) => record)
    : [...knownVersions.records.keys()];
  const unlisted = [...new Set(candidates)].filter((record) => !entries.has(record));
  for (let from = 0; from < unlisted.length; from += SCAN_BATCH) {
    const metas = await store.readJsonEach<Meta>(
      unlisted.slice(from, from + SCAN_BATCH).map((record) => `r/${record}`),
    );
    for (const meta of metas) if (meta?.kind === 'incident') entries.add(meta.record);
  }
  if (isComplete && entries.size === listed.length) return listed;
  const order = new Map([...knownVersions.records.keys()].map((record, i) => [record, i]));
  return [...entries].sort((a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity) || 0);
}

async function readGroup(
  open: Open,
  { numbers, records }: SegmentGroup,
  knownVersions: KnownVersions,
  otherChanges: number,
) {
  return readRecords(open, records, knownVersions, otherChanges, await readSegmentTexts(open.store, numbers));
}

/**
 * Read what the rows of some records are made from.
 * @param knownVersions null: read every record
 * @param others number of changes made elsewhere before
 * @param texts stored texts of their versions
 */
export async function readRecords(
  { book }: Pick<Open, 'book'>,
  records: string[],
  knownVersions: KnownVersions | null,
  others: number,
  texts: ReadonlyMap<string, VersionText> = new Map(),
) {
  const ownRecords = await book.readAgain(records, knownVersions?.known, texts);
  const ids = new Set([...ownRecords.opened.values()].flatMap(({ fields }) => relatedIds(fields)));
  const related = await book.readAgain([...ids], knownVersions?.known, texts);
  const [metas, opened] = [[...ownRecords.metas, ...related.metas], new Map([...ownRecords.opened, ...related.opened])];
  for (const { record, versions } of metas)
    if (knownVersions?.known.has(record))
      for (const facts of versions) facts.parents = codesOf(opened.get(facts.v)?.fields ?? {}, '_parents');
  return { records, others, metas, opened, said: texts };
}

async function writeRows(
  open: Open,
  read: RecordsRead,
  { numbers }: SegmentGroup,
  knownVersions: KnownVersions,
  otherChanges: () => number,
) {
  const { index, store, book } = open;
  await store.change(async (root, change) => {
    // Something was saved since these were read. No other change runs now, so read them again.
    const { records, metas, opened } =
      read.others === otherChanges() ? read : await readRecords(open, read.records, null, otherChanges());
    const batch = { ...book.batch(root, change), opened };
    for (const meta of metas) batch.metas.set(meta.record, meta);
    const rows = [];
    for (const [i, record] of records.entries()) {
      // Numbers never move: the place in the order of arrival stays.
      const previous = {
        ...index.findRow(record),
        local: (numbers[Math.floor(i / SEGMENT_ROWS)] as number) * SEGMENT_ROWS + (i % SEGMENT_ROWS) + 1,
        v: null,
      };
      const meta = batch.metas.get(record);
      const row = (meta && (await book.row(record, previous, batch))) ?? placeholderRow(record, previous, meta);
      if (lacksVersion(meta, knownVersions.records.get(record))) {
        row.flags = [...new Set([...row.flags, 'altered'])];
        book.doubt();
      }
      rows.push(row);
    }
    index.putRows(root, change, rows);
  });
}

/**
 * Store together what was read one by one, for the next time: for full segments of which a tenth or more was read
 * that way. In a change of its own, which may not use the room reserved for entries, and may fail.
 * @returns number of changes made
 */
async function storeGroupTexts(
  { store }: Open,
  read: RecordsRead,
  { numbers, records }: SegmentGroup,
  isFresh: () => boolean,
): Promise<number> {
  const segments = numbers
    .map((segment, i) => ({ number: segment, of: records.slice(i * SEGMENT_ROWS, (i + 1) * SEGMENT_ROWS) }))
    .filter(({ of: entries }) => entries.length === SEGMENT_ROWS)
    .map(({ number: segment, of: entries }) => ({ number: segment, said: textsOf(entries, read) }))
    .filter(
      ({ number: segment, said: texts }) =>
        !store.root.said?.includes(segment) ||
        Object.keys(texts).filter((v) => !read.said.has(v)).length >= SEGMENT_ROWS / 10,
    );
  if (!segments.length) return 0;
  return store
    .change(
      (root, change) => {
        if (isFresh())
          for (const { number: segment, said: texts } of segments) putSegmentTexts(root, change, segment, texts);
      },
      { bulky: true },
    )
    .then(
      () => 1,
      () => 0,
    );
}

/**
 * Whether a record lacks a version that other sources name: the record is missing, or was replaced by an older copy.
 */
function lacksVersion(meta: Meta | undefined, expected: string[] = []) {
  return expected.some((version) => !meta?.versions.some(({ v }) => v === version));
}

/**
 * Return the row of an entry that was erased, or whose versions are missing or do not open: its place stays. Only an
 * erased entry is listed as taken out; for any other, the keeper must see that something happened to it.
 */
function placeholderRow(
  record: string,
  previous: Partial<ListRow> & Pick<ListRow, 'local'>,
  meta: Meta | undefined,
): ListRow {
  const versions = meta?.versions ?? [];
  const seqs = versions.flatMap(({ seq }) => seq ?? []);
  const times = versions.flatMap(({ at }) => at ?? []);
  const erased = meta?.erased_at;
  return {
    title: '',
    apart: '',
    pictures: 0,
    additions: 0,
    amendments: 0,
    unproved: false,
    received_at: times.length ? Math.min(...times) : null,
    kept_at: null,
    recorded_at: times.length ? Math.min(...times) : 0,
    occurred: {
      occurred_start: null,
      occurred_end: null,
      occurred_local: null,
      tz: '',
      utc_offset_min: null,
      precision: 'unknown',
    },
    ...previous,
    record,
    seq: seqs.length ? Math.min(...seqs) : (previous.seq ?? null),
    ...(erased === undefined
      ? { flags: ['altered'], taken_out: previous.taken_out ?? null, text: previous.title ?? '' }
      : { flags: ['erased'], taken_out: erased, erased, text: '' }),
  };
}
