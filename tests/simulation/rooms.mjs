/** A phone's database that is in trouble: no room, a connection that is gone, a process that ends while it writes. */
import 'fake-indexeddb/auto';
import { Database } from '#app/store/database.js';
import { openDB, unwrap } from '../../static/vendor/idb/index.js';

/** Databases that have no room, by name. */
const full = new Set();

const { put } = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function putWhereThereIsRoom(...given) {
  const { transaction } = this;
  // A browser finds that out later, and ends the whole transaction.
  if (full.has(transaction.db.name))
    setImmediate(() => {
      if (transaction._state !== 'finished') transaction._abort('QuotaExceededError');
    });
  return put.apply(this, given);
};

/**
 * Ends a transaction as the end of its process does: nothing of it is written, and nobody is there to be told.
 * @param {any} tx of fake-indexeddb
 */
function undo(tx) {
  for (const change of tx._rollbackLog.reverse()) change();
  tx._requests = [];
  tx._markFinished();
}

/** The database of one process. */
export class Room {
  /** @param {string} name of the phone, whose processes share what is in it */
  constructor(name) {
    this.name = name;
    this.isDead = false;
    this.database = new Database({ name, open: (...how) => (this.isDead ? new Promise(() => {}) : openDB(...how)) });
  }

  set isFull(is) {
    if (is) full.add(this.name);
    else full.delete(this.name);
  }

  get isFull() {
    return full.has(this.name);
  }

  /** The connection is lost, as iOS does it. */
  drop() {
    this.database.connection?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  /** The process ends. @param {boolean} isLost what is being written is not */
  end(isLost) {
    this.isDead = true;
    this.database.connection?.then(
      (connection) => {
        const db = unwrap(connection);
        if (isLost)
          for (const tx of db._rawDatabase.transactions) if (tx.db === db && tx._state !== 'finished') undo(tx);
        db.close();
      },
      () => undefined,
    );
  }
}
