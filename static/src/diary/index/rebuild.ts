/**
 * Rebuild the list of entries when it does not match the diary (see [Note: the list's own head], store/index.js): all
 * of it, or only the segments that are missing or out of date. The newest come first, so that a user who opens the
 * diary meanwhile sees their latest entries. Entries stay usable throughout.
 */
import { ROWS, SHAPE } from '../../store/index.js';
import { ALTERED, UNCHECKED, numbered } from '../../store/feed_numbers.js';
import { readSaid, putSaid } from '../../store/segment_texts.js';
import { codesOf } from '../../record/reading.js';
import { besideIds, saidOf } from './listing.js';
import type { Numbered } from '../../store/feed_numbers.js';
import type { Said } from '../../store/segment_texts.js';
import type { Context, Open, Meta, ListRow } from '../types.js';

/** Some segments, and the entries in them */
type Stretch = { numbers: number[]; records: string[] };
/**
 * The versions of each record according to other sources than the record itself: those that the server numbered, and
 * those in the outbox; `known`: records of which these sources give all that a row needs
 */
type Told = { records: Map<string, string[]>; known: Map<string, Meta> };
type ReadSome = Awaited<ReturnType<typeof readSome>>;

/** Segments written in one change. The first is written alone, so that it appears early. */
const AT_ONCE = 4;
/** Stretches read ahead while one is written, so that the worker, the database and the page all stay busy. */
const AHEAD = 2;
/** Records checked at once for entries that no list names. */
const LOOKED = 2_000;
const TRIES = 5;

/**
 * Rebuild what differs, with progress. If stopped half-way (by a lock), it starts again at the next unlock: only a
 * complete list is marked as complete.
 * @returns whether a rebuild was needed
 */
export async function mendList(ctx: Context, open: Open): Promise<boolean> {
  const { index } = open;
  if (!index.differs) return false;
  index.mending ??= mend(ctx, open).finally(() => {
    index.mending = null;
  });
  await index.mending;
  return true;
}

async function mend(ctx: Context, open: Open) {
  const { index, store } = open;
  const { applied } = store;
  let told = await toldOf(open);
  let records = await allRecords(open, told);
  const segments = await store.change(async (root) => {
    // An entry arrived after these were read, and would be left out. No other change runs now, so read them again.
    if (store.applied !== applied) {
      told = await toldOf(open);
      records = await allRecords(open, told);
    }
    const wrong = index.wrongIn(records);
    if (wrong) for (const number of wrong) index.lay(number, records.slice(number * ROWS, (number + 1) * ROWS));
    else {
      index.layOut(records);
      root.index = { shape: SHAPE, stamps: [], line: -1, feed: -1 };
    }
    root.count = Math.max(root.count ?? 0, records.length);
    return wrong ?? [...Array(Math.ceil(records.length / ROWS)).keys()];
  });
  try {
    await mendAll(ctx, open, told, stretches(records, segments));
    if (ctx.open !== open) return;
    await store.change((root, change) => {
      index.mended();
      index.follow(root, change);
    });
  } finally {
    if (ctx.open === open) ctx.screen.set({ busy: null });
  }
  ctx.show();
}

/** Group the segments, newest first. */
function stretches(records: string[], segments: readonly number[]): Stretch[] {
  const numbers = [...segments].sort((a, b) => b - a);
  const groups = [numbers.slice(0, 1)];
  for (let from = 1; from < numbers.length; from += AT_ONCE) groups.push(numbers.slice(from, from + AT_ONCE));
  return groups.map((some) => ({
    numbers: some,
    records: some.flatMap((number) => records.slice(number * ROWS, (number + 1) * ROWS)),
  }));
}

async function mendAll(ctx: Context, open: Open, told: Told, all: Stretch[]) {
  const { store } = open;
  let own = 0;
  const others = () => store.applied - own;
  const ahead: Promise<ReadSome>[] = [];
  const total = all.reduce((sum, { records }) => sum + records.length, 0);
  let [asked, done] = [0, 0];
  for (const stretch of all) {
    while (asked < all.length && ahead.length <= AHEAD) {
      const next = readStretch(open, all[asked++] as Stretch, told, others());
      next.catch(() => undefined); // the code that awaits it gets the error
      ahead.push(next);
    }
    if (ctx.open !== open) return;
    ctx.screen.set({ busy: { what: 'listing', done, total } });
    const read = await (ahead.shift() as Promise<ReadSome>);
    await listSome(open, read, stretch, told, others);
    own += 1;
    own += await keepSome(open, read, stretch, () => read.others === others());
    done += stretch.records.length;
    if (stretch === all[0]) ctx.show();
  }
}

/**
 * Return the versions by record, in the order they arrived. A page of numbers that was replaced by an older copy is
 * shorter than the count in the root, which only the store key can write: then report a doubt, and read every record.
 * @param remaining how often to read again when a change came in between
 */
export async function toldOf({ store, book }: Pick<Open, 'store' | 'book'>, left: number = TRIES): Promise<Told> {
  const { root, applied } = store;
  const sent = await numbered(store, 1, root.feed.seq).catch(() => []);
  const records: Told['records'] = new Map();
  const note = (record: string, version: string) => {
    const there = records.get(record);
    if (there) there.push(version);
    else records.set(record, [version]);
  };
  for (const [, record, version] of sent) note(record, version);
  for (const { record, version } of root.outbox) note(record, version);
  const isWhole = sent.length === root.feed.seq;
  if (!isWhole) {
    if (!(await store.wasWritten(applied))) book.doubt();
    else if (left) return toldOf({ store, book }, left - 1);
  }
  return {
    records,
    known: isWhole ? knownOf(sent, new Set(root.outbox.map(({ record }) => record))) : new Map(),
  };
}

/**
 * See [Note: facts beside numbers], feed_numbers.js.
 * @param waiting records with versions that have no number
 */
function knownOf(sent: Numbered[], waiting: ReadonlySet<string>): Told['known'] {
  const known: Told['known'] = new Map();
  const unsure = new Set(waiting);
  for (const [seq, record, v, c, , at, state] of sent) {
    if (at === undefined || state === undefined) unsure.add(record);
    else {
      const there = known.get(record) ?? { record, kind: '', of: null, versions: [] };
      there.versions.push({
        v,
        parents: [],
        c,
        seq,
        at,
        receipt: true,
        checked: !(state & UNCHECKED),
        ...(state & ALTERED ? { altered: true as const } : {}),
      });
      known.set(record, there);
    }
  }
  for (const record of unsure) known.delete(record);
  return known;
}

/**
 * Return every entry, in the order they arrived. Where the lists name fewer than the count, go through every known
 * record: an entry must not be lost with the list that named it. On a cleared phone, check the outbox too: its list
 * named nothing else, and the first entry that came back was written to it without them.
 */
async function allRecords({ index, store }: Open, told: Told): Promise<string[]> {
  const listed = await index.listed();
  const found = new Set(listed);
  const isWhole = listed.length >= (store.root.count ?? 0);
  if (isWhole && !store.root.cleared) return listed;
  const all: string[] = isWhole ? store.root.outbox.map(({ record }) => record) : [...told.records.keys()];
  const others = [...new Set(all)].filter((record) => !found.has(record));
  for (let from = 0; from < others.length; from += LOOKED) {
    const metas = await store.readJsonEach<Meta>(others.slice(from, from + LOOKED).map((record) => `r/${record}`));
    for (const meta of metas) if (meta?.kind === 'incident') found.add(meta.record);
  }
  if (isWhole && found.size === listed.length) return listed;
  const order = new Map([...told.records.keys()].map((record, i) => [record, i]));
  return [...found].sort((a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity) || 0);
}

async function readStretch(open: Open, { numbers, records }: Stretch, told: Told, others: number) {
  return readSome(open, records, told, others, await readSaid(open.store, numbers));
}

/**
 * Read what the rows of some records are made from.
 * @param knownVersions null: read every record
 * @param others number of changes made elsewhere before
 * @param texts stored texts of their versions
 */
export async function readSome(
  { book }: Pick<Open, 'book'>,
  records: string[],
  told: Told | null,
  others: number,
  said: ReadonlyMap<string, Said> = new Map(),
) {
  const own = await book.readAgain(records, told?.known, said);
  const ids = new Set([...own.opened.values()].flatMap(({ fields }) => besideIds(fields)));
  const beside = await book.readAgain([...ids], told?.known, said);
  const [metas, opened] = [[...own.metas, ...beside.metas], new Map([...own.opened, ...beside.opened])];
  for (const { record, versions } of metas)
    if (told?.known.has(record))
      for (const facts of versions) facts.parents = codesOf(opened.get(facts.v)?.fields ?? {}, '_parents');
  return { records, others, metas, opened, said };
}

async function listSome(open: Open, read: ReadSome, { numbers }: Stretch, told: Told, others: () => number) {
  const { index, store, book } = open;
  await store.change(async (root, change) => {
    // Something was saved since these were read. No other change runs now, so read them again.
    const { records, metas, opened } =
      read.others === others() ? read : await readSome(open, read.records, null, others());
    const batch = { ...book.batch(root, change), opened };
    for (const meta of metas) batch.metas.set(meta.record, meta);
    const rows = [];
    for (const [i, record] of records.entries()) {
      // Numbers never move: the place in the order of arrival stays.
      const before = {
        ...index.find(record),
        local: (numbers[Math.floor(i / ROWS)] as number) * ROWS + (i % ROWS) + 1,
        v: null,
      };
      const meta = batch.metas.get(record);
      const row = (await book.row(record, before, batch)) ?? gone(record, before, meta);
      if (lacks(meta, told.records.get(record))) {
        row.flags = [...new Set([...row.flags, 'altered'])];
        book.doubt();
      }
      rows.push(row);
    }
    index.write(root, change, rows);
  });
}

/**
 * Store together what was read one by one, for the next time: for full segments of which a tenth or more was read
 * that way. In a change of its own, which may not use the room reserved for entries, and may fail.
 * @returns number of changes made
 */
async function keepSome(
  { store }: Open,
  read: ReadSome,
  { numbers, records }: Stretch,
  isFresh: () => boolean,
): Promise<number> {
  const some = numbers
    .map((number, i) => ({ number, of: records.slice(i * ROWS, (i + 1) * ROWS) }))
    .filter(({ of }) => of.length === ROWS)
    .map(({ number, of }) => ({ number, said: saidOf(of, read) }))
    .filter(
      ({ number, said }) =>
        !store.root.said?.includes(number) || Object.keys(said).filter((v) => !read.said.has(v)).length >= ROWS / 10,
    );
  if (!some.length) return 0;
  return store
    .change(
      (root, change) => {
        if (isFresh()) for (const { number, said } of some) putSaid(root, change, number, said);
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
function lacks(meta: Meta | undefined, told: string[] = []) {
  return told.some((version) => !meta?.versions.some(({ v }) => v === version));
}

/**
 * Return the row of an entry that was erased, or whose versions are missing or do not open: its place stays. Only an
 * erased entry is listed as taken out; for any other, the keeper must see that something happened to it.
 */
function gone(record: string, before: Partial<ListRow> & Pick<ListRow, 'local'>, meta: Meta | undefined): ListRow {
  const versions = meta?.versions ?? [];
  const seqs = versions.flatMap(({ seq }) => seq ?? []);
  const ats = versions.flatMap(({ at }) => at ?? []);
  const erased = meta?.erased_at;
  return {
    title: '',
    apart: '',
    pictures: 0,
    additions: 0,
    amendments: 0,
    unproved: false,
    received_at: ats.length ? Math.min(...ats) : null,
    kept_at: null,
    recorded_at: ats.length ? Math.min(...ats) : 0,
    occurred: {
      occurred_start: null,
      occurred_end: null,
      occurred_local: null,
      tz: '',
      utc_offset_min: null,
      precision: 'unknown',
    },
    ...before,
    record,
    seq: seqs.length ? Math.min(...seqs) : (before.seq ?? null),
    ...(erased === undefined
      ? { flags: ['altered'], taken_out: before.taken_out ?? null, text: before.title ?? '' }
      : { flags: ['erased'], taken_out: erased, erased, text: '' }),
  };
}
