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
import type { IndexHead, Root } from './root.js';
import type { Store } from './store.js';

/**
 * What the list itself needs of a row. `text` is stored apart, and is absent if it has not changed. The other members
 * of a row belong to the diary (diary/types.js).
 */
export type IndexRow = { record: string; text?: string; erased?: number };
type Segment<R extends IndexRow> = { stamp: number; rows: R[] };
/** A stored row, without its text */
type StoredRow<R extends IndexRow> = Omit<R, 'text'>;
type PendingRows<R extends IndexRow> = { rows: Map<string, StoredRow<R>>; texts: Map<string, string>; added: string[] };

export const SEGMENT_ROWS = 250;
/** A new number makes every list be rebuilt at the next unlock. */
export const INDEX_FORMAT = 3;
const DIRECTORY_PART = 2_000;
/** Characters of one text in a segment: a save must not rewrite megabytes for one long entry. */
const TEXT_LIMIT = 4_000;
/** Segments opened at once after the first, so that the page can draw in between. */
const SEGMENTS_AT_ONCE = 4;

export class Index<R extends IndexRow = IndexRow> {
  store: Store;
  rows: Map<string, R> = new Map();
  /** segment number by record */
  at: Map<string, number> = new Map();
  /** records of each segment, in order */
  segments: string[][] = [];
  /** searchable text by record; filled per segment when first needed */
  texts: Map<string, string> = new Map();
  /** segments whose texts are loaded */
  loadedTexts: Set<number> = new Set();
  /** the list does not match the diary: see [Note: the list's own head] */
  isStale = false;
  /** the stale segments, where that is known; otherwise all */
  staleSegments: Set<number> = new Set();
  /** older segments are being opened */
  loading: Promise<void> | null = null;
  /** a row was found that does not match its entry: the list is used until the next unlock and then rebuilt */
  isSuspect = false;
  /** the list is being rebuilt */
  rebuilding: Promise<void> | null = null;
  /** the texts of its versions are being stored (diary/index/segment_texts.js) */
  isStoringTexts = false;
  pending: WeakMap<Change, PendingRows<R>> = new WeakMap();
  /** grows with every change, so that values derived from the rows can be known to be out of date */
  revision = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /**
   * Open the newest segment, then load the others in the background; await `whenLoaded` for all rows.
   * @param onFirstRows called once the newest rows are loaded
   */
  async load(onFirstRows: () => void = () => undefined) {
    const { root } = this.store;
    const count = root.segments ?? 0;
    this.segments = Array.from({ length: count }, () => []);
    this.isStale =
      count > 0 &&
      (root.index?.shape !== INDEX_FORMAT || root.index.line !== root.line?.n || root.index.feed !== root.feed?.seq);
    this.staleSegments = new Set(this.isStale ? this.segments.keys() : []);
    if (count === 0) return;
    this.addSegment(count - 1, await this.readSegment(count - 1));
    this.revision++;
    if (count > 1)
      this.loading = this.loadOlder(count - 2).finally(() => {
        this.loading = null;
      });
    onFirstRows();
  }

  async loadOlder(newest: number) {
    for (let next = newest; next >= 0; next -= SEGMENTS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(SEGMENTS_AT_ONCE, next + 1) }, (_, i) => next - i);
      const loaded = await this.store.readJsonEach<Segment<R>>(numbers.map(segmentName));
      numbers.forEach((number, i) => this.addSegment(number, loaded[i]));
    }
    this.revision++;
  }

  /** Resolve when every row is loaded. */
  async whenLoaded(): Promise<void> {
    await this.loading;
  }

  /** A segment that does not open counts as missing: its rows are rebuilt, and nothing is lost. */
  async readSegment(number: number) {
    return this.store.readJson<Segment<R>>(segmentName(number)).catch(() => null);
  }

  /** @param change its pending rows are searched too */
  findRow(record: string, change?: Change): R | null {
    return ((change && this.pending.get(change)?.rows.get(record)) as R | undefined) ?? this.rows.get(record) ?? null;
  }

  /** Return all rows, in the order they came. */
  allRows(): R[] {
    return this.segments.flatMap((records) => records.flatMap((record) => this.rows.get(record) ?? []));
  }

  /** Put new or changed rows into `change`; they take effect when it is saved. */
  putRows(root: Root, change: Change, rows: R[]) {
    const pending: PendingRows<R> = this.pending.get(change) ?? { rows: new Map(), texts: new Map(), added: [] };
    this.pending.set(change, pending);
    for (const { text, ...row } of rows) {
      if (!this.at.has(row.record) && !pending.rows.has(row.record)) pending.added.push(row.record);
      pending.rows.set(row.record, row);
      const storedText = row.erased ? '' : text;
      if (storedText !== undefined) pending.texts.set(row.record, storedText);
    }
    this.updateHead(root, change);
  }

  /** Update the list's own head at the end of a change, whatever the change is about. */
  updateHead(root: Root, change: Change) {
    change.beforeCommit('index', async () => {
      const pending = this.pending.get(change);
      root.index = { shape: INDEX_FORMAT, stamps: [], ...root.index, line: root.line?.n, feed: root.feed?.seq };
      if (pending) await this.flush(root, change, pending);
      if (this.isStale || this.isSuspect) root.index.line = -1;
    });
  }

  async flush(root: Root, change: Change, pending: PendingRows<R>) {
    await this.whenLoaded();
    const { added } = pending;
    const segments = added.length ? this.segments.map((records) => [...records]) : this.segments;
    const at = added.length ? new Map(this.at) : this.at;
    for (const record of added) {
      if ((segments.at(-1)?.length ?? SEGMENT_ROWS) >= SEGMENT_ROWS) segments.push([]);
      segments.at(-1)?.push(record);
      at.set(record, segments.length - 1);
    }
    const touched = new Set([...pending.rows.keys()].map((record) => at.get(record) as number));
    const stamps = [...(root.index as IndexHead).stamps];
    for (const number of touched) {
      stamps[number] = (stamps[number] ?? 0) + 1;
      // A record that was laid out but not yet rebuilt has no row. The list is then still stale.
      const rows = (segments[number] ?? []).flatMap(
        (record) => pending.rows.get(record) ?? this.rows.get(record) ?? [],
      );
      change.putJson(segmentName(number), { stamp: stamps[number], rows });
      await this.store.pause();
    }
    root.segments = segments.length;
    root.index = { ...(root.index as IndexHead), stamps };
    if (added.length) this.writeDirectory(change, segments.flat(), added.length);
    const texts = await this.flushTexts(change, segments, at, pending);
    change.afterCommit(() => {
      Object.assign(this, { segments, at });
      this.revision++;
      for (const [record, row] of pending.rows) this.rows.set(record, row as R);
      for (const [record, text] of texts) this.texts.set(record, text);
    });
  }

  /** @returns whole texts */
  async flushTexts(
    change: Change,
    segments: string[][],
    at: Map<string, number>,
    { texts }: PendingRows<R>,
  ): Promise<Map<string, string>> {
    const numbers = [...new Set([...texts.keys()].map((record) => at.get(record) as number))];
    await this.loadTexts(numbers.filter((number) => number < this.segments.length));
    for (const number of numbers) {
      const segmentTexts = (segments[number] ?? []).map((record) => [
        record,
        texts.get(record) ?? this.texts.get(record) ?? '',
      ]);
      change.putJson(
        textName(number),
        Object.fromEntries(segmentTexts.map(([record, text]) => [record, truncate(String(text))])),
      );
      this.loadedTexts.add(number);
      await this.store.pause();
    }
    for (const [record, text] of texts) {
      if (text.length > TEXT_LIMIT) change.putJson(longName(record), text.slice(TEXT_LIMIT));
      else if ((this.texts.get(record)?.length ?? 0) > TEXT_LIMIT) change.drop(longName(record));
    }
    return texts;
  }

  /** Write the directory, which is all that a rebuild of the rows needs. */
  writeDirectory(change: Change, records: string[], added: number) {
    for (
      let part = Math.floor((records.length - added) / DIRECTORY_PART);
      part * DIRECTORY_PART < records.length;
      part++
    ) {
      change.putJson(listName(part), records.slice(part * DIRECTORY_PART, (part + 1) * DIRECTORY_PART));
    }
  }

  /** Return every record that has or had a row, in the order they came. */
  async readDirectory(): Promise<string[]> {
    await this.whenLoaded();
    const allRecords: Set<string> = new Set();
    for (let part = 0; ; part++) {
      const records = await this.store.readJson<string[]>(listName(part)).catch(() => null);
      for (const record of records ?? []) allRecords.add(record);
      if (!records || records.length < DIRECTORY_PART) break;
    }
    for (const record of this.segments.flat()) allRecords.add(record);
    return [...allRecords];
  }

  /** @param number of a segment that is missing, or not the last one written */
  markStale(number: number) {
    this.isStale = true;
    this.staleSegments.add(number);
  }

  /**
   * Return the segments to rebuild; null if all must be.
   * @param records in the order they came
   */
  segmentsToRebuild(records: readonly string[]): number[] | null {
    const count = Math.ceil(records.length / SEGMENT_ROWS);
    const isLaidOut =
      this.segments.length === count &&
      this.staleSegments.size < count &&
      this.segments.every(
        (laidOut, number) =>
          this.staleSegments.has(number) ||
          (laidOut.length === Math.min(SEGMENT_ROWS, records.length - number * SEGMENT_ROWS) &&
            laidOut.every((record, i) => record === records[number * SEGMENT_ROWS + i])),
      );
    return isLaidOut ? [...this.staleSegments] : null;
  }

  /** Lay out one segment again; its rows follow through `putRows`. */
  resetSegment(number: number, records: string[]) {
    this.segments[number] = records;
    for (const record of records) {
      this.at.set(record, number);
      this.texts.delete(record);
    }
    this.loadedTexts.add(number);
  }

  /** Mark the list as matching the diary. */
  markRebuilt() {
    this.isStale = false;
    this.staleSegments.clear();
  }

  /** Lay out all records again; their rows follow through `putRows`. */
  resetAll(records: string[]) {
    this.segments = [];
    this.at = new Map();
    records.forEach((record, i) => {
      const number = Math.floor(i / SEGMENT_ROWS);
      (this.segments[number] ??= []).push(record);
      this.at.set(record, number);
    });
    this.texts = new Map();
    this.loadedTexts = new Set(this.segments.keys());
  }

  /** Return the searchable text of every record. */
  async allTexts(): Promise<Map<string, string>> {
    await this.whenLoaded();
    await this.loadTexts([...this.segments.keys()]);
    return this.texts;
  }

  async loadTexts(numbers: number[]) {
    const missing = numbers.filter((number) => !this.loadedTexts.has(number));
    if (!missing.length) return;
    const loaded = await this.store.readJsonEach<Record<string, string>>(missing.map(textName));
    loaded.forEach((texts, i) => {
      if (!texts) this.markStale(missing[i] as number);
    });
    const pairs = loaded.flatMap((texts) => Object.entries(texts ?? {}));
    const truncated = pairs.filter(([, text]) => text.length > TEXT_LIMIT).map(([record]) => record);
    const remainders = await this.store.readJsonEach<string>(truncated.map(longName));
    for (const [record, text] of pairs) this.texts.set(record, text);
    // The ellipsis at the end of a cut text only marks that there is more.
    truncated.forEach((record, i) =>
      this.texts.set(record, String(this.texts.get(record)).slice(0, TEXT_LIMIT) + (remainders[i] ?? '')),
    );
    missing.forEach((number) => this.loadedTexts.add(number));
  }

  addSegment(number: number, stored: Segment<R> | null | undefined) {
    // An earlier release wrote null for a row that was still to be rebuilt.
    const rows = Array.isArray(stored?.rows) ? stored.rows.filter(Boolean) : [];
    if (!stored || stored.stamp !== this.store.root.index?.stamps?.[number]) this.markStale(number);
    this.segments[number] = rows.map((row) => row.record);
    for (const row of rows) {
      this.rows.set(row.record, row);
      this.at.set(row.record, number);
    }
  }
}

function truncate(text: string) {
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
}

const segmentName = (number: number) => `segment/${number}`;
const textName = (number: number) => `text/${number}`;
const listName = (part: number) => `list/${part}`;
const longName = (record: string) => `long/${record}`;
