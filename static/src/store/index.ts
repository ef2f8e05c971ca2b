/**
 * The list of entries as the phone stores it: rows, 250 to a sealed segment, newest segment opened first.
 *
 *   segment/<n>   {stamp, rows}      list/<n>   records in the order they came, 2,000 to a part
 *   text/<n>      {record: text}     long/<record>   the rest of a long text
 *
 * Derived and local: all of it can be rebuilt from the versions. A save rewrites one segment in its own transaction,
 * so the list is never ahead of the diary or behind it. Text is stored apart because opening needs only the rows.
 *
 * [Note: the list's own head] `root.index` holds the format of the rows, the stamp of each segment, and the last
 * version of this phone's line and of the feed that the rows include. If a segment is missing or old, if an app wrote
 * versions without the list, or if the format is new, one of these differs. The list, or the part of it that differs,
 * is then rebuilt (diary/index/rebuild.js).
 */
import type { Change } from './pending.js';
import type { ListHead, Root } from './root.js';
import type { Store } from './store.js';

/**
 * What the list itself needs of a row. `text` is stored apart, and is absent if it has not changed. The other members
 * of a row belong to the diary (diary/types.js).
 */
export type Row = { record: string; text?: string; erased?: number };
type Segment<R extends Row> = { stamp: number; rows: R[] };
/** A stored row, without its text */
type Kept<R extends Row> = Omit<R, 'text'>;
type Pending<R extends Row> = { rows: Map<string, Kept<R>>; texts: Map<string, string>; added: string[] };

export const ROWS = 250;
/** A new number makes every list be rebuilt at the next unlock. */
export const SHAPE = 1;
const LISTED = 2_000;
/** Characters of one text in a segment: a save must not rewrite megabytes for one long entry. */
const TEXT = 4_000;
/** Segments opened at once after the first, so that the page can draw in between. */
const AT_ONCE = 4;

export class Index<R extends Row = Row> {
  store: Store;
  rows: Map<string, R> = new Map();
  /** segment number by record */
  at: Map<string, number> = new Map();
  /** records of each segment, in order */
  segments: string[][] = [];
  /** searchable text by record; filled per segment when first needed */
  texts: Map<string, string> = new Map();
  /** segments whose texts are loaded */
  textsHere: Set<number> = new Set();
  /** the list does not match the diary: see [Note: the list's own head] */
  differs = false;
  /** the stale segments, where that is known; otherwise all */
  wrong: Set<number> = new Set();
  /** older segments are being opened */
  loading: Promise<void> | null = null;
  /** a row was found that does not match its entry: the list is used until the next unlock and then rebuilt */
  suspect = false;
  /** the list is being rebuilt */
  mending: Promise<void> | null = null;
  /** the texts of its versions are being stored (diary/index/segment_texts.js) */
  keeping = false;
  pending: WeakMap<Change, Pending<R>> = new WeakMap();
  /** grows with every change, so that values derived from the rows can be known to be out of date */
  turn = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /**
   * Open the newest segment, then load the others in the background; await `whenLoaded` for all rows.
   * @param onFirstRows called once the newest rows are loaded
   */
  async load(shown: () => void = () => undefined) {
    const { root } = this.store;
    const count = root.segments ?? 0;
    this.segments = Array.from({ length: count }, () => []);
    this.differs =
      count > 0 &&
      (root.index?.shape !== SHAPE || root.index.line !== root.line?.n || root.index.feed !== root.feed?.seq);
    this.wrong = new Set(this.differs ? this.segments.keys() : []);
    if (count === 0) return;
    this.take(count - 1, await this.segment(count - 1));
    this.turn++;
    if (count > 1)
      this.loading = this.older(count - 2).finally(() => {
        this.loading = null;
      });
    shown();
  }

  async older(last: number) {
    for (let next = last; next >= 0; next -= AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, next + 1) }, (_, i) => next - i);
      const opened = await this.store.readJsonEach<Segment<R>>(some.map(segmentName));
      some.forEach((number, i) => this.take(number, opened[i]));
    }
    this.turn++;
  }

  /** Resolve when every row is loaded. */
  async whole(): Promise<void> {
    await this.loading;
  }

  /** A segment that does not open counts as missing: its rows are rebuilt, and nothing is lost. */
  async segment(number: number) {
    return this.store.readJson<Segment<R>>(segmentName(number)).catch(() => null);
  }

  /** @param change its pending rows are searched too */
  find(record: string, change?: Change): R | null {
    return ((change && this.pending.get(change)?.rows.get(record)) as R | undefined) ?? this.rows.get(record) ?? null;
  }

  /** Return all rows, in the order they came. */
  all(): R[] {
    return this.segments.flatMap((records) => records.flatMap((record) => this.rows.get(record) ?? []));
  }

  /** Put new or changed rows into `change`; they take effect when it is saved. */
  write(root: Root, change: Change, rows: R[]) {
    const pending: Pending<R> = this.pending.get(change) ?? { rows: new Map(), texts: new Map(), added: [] };
    this.pending.set(change, pending);
    for (const { text, ...row } of rows) {
      if (!this.at.has(row.record) && !pending.rows.has(row.record)) pending.added.push(row.record);
      pending.rows.set(row.record, row);
      const said = row.erased ? '' : text;
      if (said !== undefined) pending.texts.set(row.record, said);
    }
    this.follow(root, change);
  }

  /** Update the list's own head at the end of a change, whatever the change is about. */
  follow(root: Root, change: Change) {
    change.last('index', async () => {
      const pending = this.pending.get(change);
      root.index = { shape: SHAPE, stamps: [], ...root.index, line: root.line?.n, feed: root.feed?.seq };
      if (pending) await this.flush(root, change, pending);
      if (this.differs || this.suspect) root.index.line = -1;
    });
  }

  async flush(root: Root, change: Change, pending: Pending<R>) {
    await this.whole();
    const { added } = pending;
    const segments = added.length ? this.segments.map((records) => [...records]) : this.segments;
    const at = added.length ? new Map(this.at) : this.at;
    for (const record of added) {
      if ((segments.at(-1)?.length ?? ROWS) >= ROWS) segments.push([]);
      segments.at(-1)?.push(record);
      at.set(record, segments.length - 1);
    }
    const touched = new Set([...pending.rows.keys()].map((record) => at.get(record) as number));
    const stamps = [...(root.index as ListHead).stamps];
    for (const number of touched) {
      stamps[number] = (stamps[number] ?? 0) + 1;
      // A record that was laid out but not yet rebuilt has no row. The list is then still stale.
      const rows = (segments[number] ?? []).flatMap(
        (record) => pending.rows.get(record) ?? this.rows.get(record) ?? [],
      );
      change.putJson(segmentName(number), { stamp: stamps[number], rows });
    }
    root.segments = segments.length;
    root.index = { ...(root.index as ListHead), stamps };
    if (added.length) this.list(change, segments.flat(), added.length);
    const texts = await this.flushTexts(change, segments, at, pending);
    change.after(() => {
      Object.assign(this, { segments, at });
      this.turn++;
      for (const [record, row] of pending.rows) this.rows.set(record, row as R);
      for (const [record, text] of texts) this.texts.set(record, text);
    });
  }

  /** @returns whole texts */
  async flushTexts(
    change: Change,
    segments: string[][],
    at: Map<string, number>,
    { texts }: Pending<R>,
  ): Promise<Map<string, string>> {
    const numbers = [...new Set([...texts.keys()].map((record) => at.get(record) as number))];
    await this.needTexts(numbers.filter((number) => number < this.segments.length));
    for (const number of numbers) {
      const whole = (segments[number] ?? []).map((record) => [
        record,
        texts.get(record) ?? this.texts.get(record) ?? '',
      ]);
      change.putJson(textName(number), Object.fromEntries(whole.map(([record, text]) => [record, cut(String(text))])));
      this.textsHere.add(number);
    }
    for (const [record, text] of texts) {
      if (text.length > TEXT) change.putJson(longName(record), text.slice(TEXT));
      else if ((this.texts.get(record)?.length ?? 0) > TEXT) change.drop(longName(record));
    }
    return texts;
  }

  /** Write the directory, which is all that a rebuild of the rows needs. */
  list(change: Change, records: string[], added: number) {
    for (let part = Math.floor((records.length - added) / LISTED); part * LISTED < records.length; part++) {
      change.putJson(listName(part), records.slice(part * LISTED, (part + 1) * LISTED));
    }
  }

  /** Return every record that has or had a row, in the order they came. */
  async listed(): Promise<string[]> {
    await this.whole();
    const found: Set<string> = new Set();
    for (let part = 0; ; part++) {
      const records = await this.store.readJson<string[]>(listName(part)).catch(() => null);
      for (const record of records ?? []) found.add(record);
      if (!records || records.length < LISTED) break;
    }
    for (const record of this.segments.flat()) found.add(record);
    return [...found];
  }

  /** @param number of a segment that is missing, or not the last one written */
  blame(number: number) {
    this.differs = true;
    this.wrong.add(number);
  }

  /**
   * Return the segments to rebuild; null if all must be.
   * @param records in the order they came
   */
  wrongIn(records: readonly string[]): number[] | null {
    const count = Math.ceil(records.length / ROWS);
    const isLaid =
      this.segments.length === count &&
      this.wrong.size < count &&
      this.segments.every(
        (there, number) =>
          this.wrong.has(number) ||
          (there.length === Math.min(ROWS, records.length - number * ROWS) &&
            there.every((record, i) => record === records[number * ROWS + i])),
      );
    return isLaid ? [...this.wrong] : null;
  }

  /** Lay out one segment again; its rows follow through `putRows`. */
  lay(number: number, records: string[]) {
    this.segments[number] = records;
    for (const record of records) {
      this.at.set(record, number);
      this.texts.delete(record);
    }
    this.textsHere.add(number);
  }

  /** Mark the list as matching the diary. */
  mended() {
    this.differs = false;
    this.wrong.clear();
  }

  /** Lay out all records again; their rows follow through `putRows`. */
  layOut(records: string[]) {
    this.segments = [];
    this.at = new Map();
    records.forEach((record, i) => {
      const number = Math.floor(i / ROWS);
      (this.segments[number] ??= []).push(record);
      this.at.set(record, number);
    });
    this.texts = new Map();
    this.textsHere = new Set(this.segments.keys());
  }

  /** Return the searchable text of every record. */
  async allTexts(): Promise<Map<string, string>> {
    await this.whole();
    await this.needTexts([...this.segments.keys()]);
    return this.texts;
  }

  async needTexts(numbers: number[]) {
    const absent = numbers.filter((number) => !this.textsHere.has(number));
    if (!absent.length) return;
    const opened = await this.store.readJsonEach<Record<string, string>>(absent.map(textName));
    opened.forEach((texts, i) => {
      if (!texts) this.blame(absent[i] as number);
    });
    const found = opened.flatMap((texts) => Object.entries(texts ?? {}));
    const long = found.filter(([, text]) => text.length > TEXT).map(([record]) => record);
    const rest = await this.store.readJsonEach<string>(long.map(longName));
    for (const [record, text] of found) this.texts.set(record, text);
    // The ellipsis at the end of a cut text only marks that there is more.
    long.forEach((record, i) =>
      this.texts.set(record, String(this.texts.get(record)).slice(0, TEXT) + (rest[i] ?? '')),
    );
    absent.forEach((number) => this.textsHere.add(number));
  }

  take(number: number, segment: Segment<R> | null | undefined) {
    // An earlier release wrote null for a row that was still to be rebuilt.
    const rows = Array.isArray(segment?.rows) ? segment.rows.filter(Boolean) : [];
    if (!segment || segment.stamp !== this.store.root.index?.stamps?.[number]) this.blame(number);
    this.segments[number] = rows.map((row) => row.record);
    for (const row of rows) {
      this.rows.set(row.record, row);
      this.at.set(row.record, number);
    }
  }
}

function cut(text: string) {
  return text.length > TEXT ? `${text.slice(0, TEXT)}…` : text;
}

const segmentName = (number: number) => `segment/${number}`;
const textName = (number: number) => `text/${number}`;
const listName = (part: number) => `list/${part}`;
const longName = (record: string) => `long/${record}`;
