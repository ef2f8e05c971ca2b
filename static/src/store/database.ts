/**
 * The phone's database: one table of sealed bytes under random-looking ids, a few values next to it, and a tray.
 *
 * Names are neutral, because anyone can list them. Nothing in this module knows what the bytes are.
 *
 *   a   16-byte id → raw sealed bytes              the table of docs/formats.md 4a
 *   b   short name → value                         the door; before the first words, one key and one sealed draft;
 *       ballast
 *   c   16-byte id ‖ u32 → sealed bytes            the tray: files waiting to be taken in at the next unlock
 *
 * [Note: written means written] `write` resolves only after its transaction completed with durability "strict". The
 * caller reads back (store/store.js), because only the caller can open the records.
 *
 * [Note: lost connections] iOS drops database connections ("Connection to Indexed Database server lost"), and every
 * later call fails. Each operation here is one transaction that may safely run twice (puts and deletes by key). So
 * after a failure that is not about space, the database is opened again and the operation tried once more.
 */
import { deleteDB, openDB, unwrap } from '../../vendor/idb/index.js';
import { KeptError } from '../core/errors.js';
import { slicesBySize } from '../core/slices.js';
import { releaseBallast } from './reserved_space.js';
import type { Bytes } from '../core/bytes.js';
import type { IDBPDatabase as Idb } from '../../vendor/idb/index.js';

/**
 * `bulky`: parts of files, which may not use the ballast; `keepOnly`: delete everything in the table except these ids
 */
export type WriteBatch = {
  put?: [Uint8Array, Uint8Array][];
  drop?: Uint8Array[];
  beside?: Record<string, unknown>;
  tray?: [Uint8Array, Uint8Array][];
  dropTray?: Uint8Array[];
  bulky?: boolean;
  keepOnly?: Uint8Array[];
};

const NAME = 'app';
const VERSION = 1;
const TABLES = ['a', 'b', 'c'];
/** Failures that a retry cannot fix. */
const PERMANENT_ERRORS: ReadonlySet<unknown> = new Set([
  'DataCloneError',
  'DataError',
  'ConstraintError',
  'VersionError',
]);

export class Database {
  name: string;
  openConnection: typeof openDB;
  connection: Promise<Idb> | null = null;

  constructor({ name = NAME, open = openDB }: { name?: string; open?: typeof openDB } = {}) {
    this.name = name;
    this.openConnection = open;
  }

  /** Return the sealed bytes under each id, in the order asked for; null for a missing one. */
  async read(ids: Uint8Array[]): Promise<(Bytes | null)[]> {
    return this.withRetry(
      (db) =>
        new Promise((resolve, reject) => {
          // Raw IndexedDB requests: wrapping each of thousands in a promise with listeners costs as much as the
          // reading.
          const table = unwrap(db.transaction('a').store);
          const results: (Bytes | null)[] = new Array(ids.length).fill(null);
          let remaining = ids.length;
          if (!remaining) resolve(results);
          ids.forEach((id, i) => {
            const request = table.get(id as Bytes);
            request.onerror = () => reject(request.error);
            request.onsuccess = () => {
              const value = request.result;
              if (value !== undefined) results[i] = asBytes(value);
              if (--remaining === 0) resolve(results);
            };
          });
        }),
    );
  }

  /**
   * Write all of it or nothing, in one strict transaction. Text that does not fit may use the ballast.
   * @throws no_space when the phone is full
   */
  async write(batch: WriteBatch) {
    for (;;) {
      try {
        return await this.writeOnce(batch);
      } catch (error) {
        const isText = !batch.bulky && !batch.tray?.length;
        if (
          !(error instanceof KeptError) ||
          error.code !== 'no_space' ||
          !isText ||
          !(await releaseBallast(this).catch(() => false))
        )
          throw error;
      }
    }
  }

  async writeOnce({ put = [], drop = [], beside = {}, tray = [], dropTray = [], keepOnly }: WriteBatch) {
    await this.withRetry(async (db) => {
      const tx = db.transaction(TABLES, 'readwrite', { durability: 'strict' });
      const [table, values, trayTable] = [tx.objectStore('a'), tx.objectStore('b'), tx.objectStore('c')];
      const putSlice = (records: [Uint8Array, Uint8Array][]) =>
        records.map(([id, bytes]) => table.put(exactBuffer(bytes), id as Bytes));
      // The transaction stays open while a slice is waited for, because the next one is put as soon as it is stored.
      const slices = slicesBySize(put, ([, bytes]) => bytes.length);
      const last = slices.pop() ?? [];
      const write = async () => {
        const cleared = keepOnly ? gapsBetween(keepOnly).map((range) => table.delete(range)) : [];
        for (const slice of slices) await Promise.all([...cleared.splice(0), ...putSlice(slice)]);
        await Promise.all([
          ...cleared,
          ...putSlice(last),
          ...drop.map((id) => table.delete(id as Bytes)),
          ...Object.entries(beside).map(([key, value]) =>
            value === null ? values.delete(key) : values.put(value, key),
          ),
          ...tray.map(([key, bytes]) => trayTable.put(exactBuffer(bytes), key as Bytes)),
          ...dropTray.map((key) => trayTable.delete(key as Bytes)),
        ]);
      };
      await Promise.all([write(), tx.done]).catch((error) => {
        abortQuietly(tx); // an error that is thrown here leaves the transaction open, and it would commit what was put
        throw tx.error ?? error; // when the phone is full, the request's own error is only AbortError
      });
    });
  }

  /** Return every id of the table, ascending. */
  async ids(): Promise<Bytes[]> {
    return this.withRetry(async (db) => (await db.getAllKeys('a')).map(asBytes));
  }

  /** Return a value next to the table, or null. */
  async beside<T = unknown>(key: string): Promise<T | null> {
    return this.withRetry(async (db) => (await db.get('b', key)) ?? null);
  }

  /** Return the keys in the tray, ascending. */
  async trayKeys(): Promise<Bytes[]> {
    return this.withRetry(async (db) => (await db.getAllKeys('c')).map(asBytes));
  }

  /** Return one item of the tray, or null. */
  async trayItem(key: Uint8Array): Promise<Bytes | null> {
    return this.withRetry(async (db) => {
      const value = await db.get('c', key as Bytes);
      return value === undefined ? null : asBytes(value);
    });
  }

  /** Delete the database from this device. */
  async erase() {
    await this.close().catch(() => undefined);
    await deleteDB(this.name);
  }

  /** Close the connection; the next call opens another. */
  async close() {
    const connection = this.connection;
    this.connection = null;
    if (connection) (await connection).close();
  }

  open(): Promise<Idb> {
    if (!this.connection) {
      const dropConnection = () => {
        this.connection = null;
      };
      this.connection = this.openConnection(this.name, VERSION, {
        upgrade(db) {
          for (const table of TABLES) if (!db.objectStoreNames.contains(table)) db.createObjectStore(table);
        },
        blocking: (_current, _blocked, event) => {
          dropConnection();
          (event.target as IDBDatabase).close();
        },
        terminated: dropConnection,
      });
      this.connection.catch(dropConnection);
    }
    return this.connection;
  }

  async withRetry<T>(operation: (db: Idb) => Promise<T>): Promise<T> {
    try {
      return await operation(await this.open());
    } catch (error) {
      if (isFull(error)) throw new KeptError('no_space');
      if (PERMANENT_ERRORS.has((error as Error | null)?.name)) throw error;
    }
    await this.close().catch(() => undefined); // see [Note: lost connections]
    try {
      return await operation(await this.open());
    } catch (error) {
      throw isFull(error) ? new KeptError('no_space') : new KeptError('store_lost');
    }
  }
}

function abortQuietly(tx: { abort(): void }) {
  try {
    tx.abort();
  } catch {
    // it has ended
  }
}

function isFull(error: unknown) {
  return (error as Error | null)?.name === 'QuotaExceededError';
}

function asBytes(value: unknown): Bytes {
  return value instanceof Uint8Array ? (value as Bytes) : new Uint8Array(value as ArrayBuffer);
}

/** Copy a view: stored as it is, it would take its whole buffer with it. */
function exactBuffer(bytes: Uint8Array) {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return isWhole ? bytes.buffer : bytes.slice().buffer;
}

/** Return the key ranges between the given ids: few ranges, however many records lie in them. */
function gapsBetween(ids: Uint8Array[]): IDBKeyRange[] {
  const sorted = [...ids].sort((a, b) => indexedDB.cmp(a, b));
  const lowest = sorted[0];
  if (!lowest) return [IDBKeyRange.lowerBound(0)]; // binary keys sort after numbers, so this covers all of them
  const inner = sorted.slice(1).flatMap((id, i) => {
    const previous = sorted[i] as Uint8Array;
    return indexedDB.cmp(previous, id) < 0 ? [IDBKeyRange.bound(previous, id, true, true)] : [];
  });
  return [IDBKeyRange.upperBound(lowest, true), ...inner, IDBKeyRange.lowerBound(sorted.at(-1), true)];
}
