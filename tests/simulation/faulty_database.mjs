/** A phone's database with faults: it is full, its connection is lost, or its process ends during a write. */
import 'fake-indexeddb/auto';
import { Database } from '#app/store/database.js';
import { openDB, unwrap } from '../../static/vendor/idb/index.js';

/**
 * What fake-indexeddb has beyond the standard.
 * @typedef {IDBTransaction & {
 *   _state: string, _abort(name: string): void, _rollbackLog: (() => void)[], _requests: unknown[],
 *   _markFinished(): void,
 * }} FakeTransaction
 * @typedef {IDBDatabase & {_rawDatabase: {transactions: FakeTransaction[]}}} FakeDatabase
 */

/** Names of databases that are full. */
const fullDatabases = new Set();

const { put } = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function putWhereThereIsRoom(...args) {
  const transaction = /** @type {FakeTransaction} */ (this.transaction);
  // A browser finds this out later, and aborts the whole transaction.
  if (fullDatabases.has(transaction.db.name))
    setImmediate(() => {
      if (transaction._state !== 'finished') transaction._abort('QuotaExceededError');
    });
  return put.apply(this, args);
};

/**
 * End a transaction as the end of its process does: nothing is written, and no caller is notified.
 * @param {FakeTransaction} tx
 */
function undo(tx) {
  for (const change of tx._rollbackLog.reverse()) change();
  tx._requests = [];
  tx._markFinished();
}

/** The database of one process. */
export class FaultyDatabase {
  /** @param {string} name of the phone, whose processes share the database's content */
  constructor(name) {
    this.name = name;
    this.isDead = false;
    this.database = new Database({ name, open: (...args) => (this.isDead ? new Promise(() => {}) : openDB(...args)) });
  }

  set isFull(value) {
    if (value) fullDatabases.add(this.name);
    else fullDatabases.delete(this.name);
  }

  get isFull() {
    return fullDatabases.has(this.name);
  }

  /** Lose the connection, as iOS does. */
  drop() {
    this.database.connection?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  /** End the process. @param {boolean} isLost whether unfinished writes are lost */
  end(isLost) {
    this.isDead = true;
    this.database.connection?.then(
      (connection) => {
        const db = /** @type {FakeDatabase} */ (unwrap(connection));
        if (isLost)
          for (const tx of db._rawDatabase.transactions) if (tx.db === db && tx._state !== 'finished') undo(tx);
        db.close();
      },
      () => undefined,
    );
  }
}
