/**
 * The list of entries as the phone keeps it: rows, 250 to a sealed segment, newest segment opened first.
 *
 * Derived and local: everything in it can be made again from the versions. A save rewrites one segment in its own
 * transaction, so the list never runs ahead of the diary or behind it.
 */

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').Change} Change */
/** @typedef {{record: string, [name: string]: any}} Row */

export const ROWS = 250;

export class Index {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** segment number of each record @type {Map<string, number>} */
    this.at = new Map();
    /** records of each segment, in order @type {string[][]} */
    this.segments = [];
  }

  /** Opens every segment, newest first. @param {() => void} [shown] called once the newest rows are there */
  async load(shown = () => undefined) {
    const count = this.store.root.segments ?? 0;
    this.segments = Array.from({ length: count }, () => []);
    if (count > 0) {
      this.take(count - 1, await this.store.readJson(segmentName(count - 1)));
      shown();
    }
    const older = Array.from({ length: Math.max(0, count - 1) }, (_, i) => count - 2 - i);
    const opened = await this.store.readJsonMany(older.map(segmentName));
    older.forEach((number, i) => this.take(number, opened[i]));
  }

  /** @param {string} record @returns {Row|null} */
  find(record) {
    return this.rows.get(record) ?? null;
  }

  /** All rows, in the order they came. @returns {Row[]} */
  all() {
    return this.segments.flatMap((records) => records.map((record) => /** @type {Row} */ (this.rows.get(record))));
  }

  /** Puts rows, new or changed, into `change`; they count from when it is saved. @param {Record<string, any>} root @param {Change} change @param {Row[]} rows */
  write(root, change, rows) {
    const segments = this.segments.map((records) => [...records]);
    const at = new Map(this.at);
    const touched = new Set();
    for (const { record } of rows) {
      if (!at.has(record)) {
        if ((segments.at(-1)?.length ?? ROWS) >= ROWS) segments.push([]);
        segments.at(-1)?.push(record);
        at.set(record, segments.length - 1);
      }
      touched.add(at.get(record));
    }
    const changed = new Map(rows.map((row) => [row.record, row]));
    for (const number of touched) {
      const records = segments[number] ?? [];
      change.putJson(segmentName(number), records.map((record) => changed.get(record) ?? this.rows.get(record)));
    }
    root.segments = segments.length;
    change.after(() => {
      this.segments = segments;
      this.at = at;
      for (const row of rows) this.rows.set(row.record, row);
    });
  }

  /** @param {number} number @param {Row[]|null} rows */
  take(number, rows) {
    this.segments[number] = (rows ?? []).map((row) => row.record);
    for (const row of rows ?? []) {
      this.rows.set(row.record, row);
      this.at.set(row.record, number);
    }
  }
}

/** @param {number} number */
function segmentName(number) {
  return `segment/${number}`;
}
