/**
 * One phone of the simulation: the real app in Node, over a database that outlives it and a network that the seed disturbs.
 * The only file of the simulation that knows the app's own names.
 */
import './cryptography.mjs';
import { KeptError } from '../../static/js/core/errors.js';
import { Database } from '../../static/js/store/database.js';
import { argon2id as noble } from '../../static/vendor/noble-hashes/argon2.js';
import { openDB, unwrap } from '../../static/vendor/idb/index.js';
// What the app loads when it is first needed is loaded by now: reading files takes its time from outside the simulation.
import '../../static/js/actions/imports_read.js';
import '../../static/js/crypto/drawer.js';
import '../../static/js/pack/chronology.js';
import '../../static/js/pack/evidence.js';
import '../../static/vendor/hpke-core/mod.js';
import '../../static/vendor/words-en.js';
import { IDBFactory, makePhone, vaultInProcess } from '../js/phone/phone.mjs';
import { machine } from './machine.mjs';
import { Network } from './network.mjs';
import { ORIGIN } from './server.mjs';

/** What may come of an act on a phone whose network, server and keys change meanwhile. Anything else is a fault of the app. */
const MAY = new Set(['offline', 'unavailable', 'internal', 'signed_out', 'session_ended', 'no_match', 'sign_in_failed', 'locked', 'conflict', 'closing', 'try_later', 'needs_words',
  'words_differ', 'no_network', 'server_slow', 'server_behind', 'head_differs', 'not_found', 'differs', 'store_lost', 'rekeying', 'not_registered', 'wrong_type', 'needs_reason']);

/** The engine for browsers without WebAssembly: compiling that would take its time from outside the simulation. */
const argon2 = async (password, salt, { m, t }) => noble(password, salt, { m, t, p: 1, dkLen: 32 });

/** Every phone begins on a device where nothing is. */
export function forgetPhones() {
  globalThis.indexedDB = new IDBFactory();
}

/** Ends a transaction as the end of its process does: nothing of it is written, and nobody is there to be told. @param {any} tx of fake-indexeddb */
function undo(tx) {
  for (const change of tx._rollbackLog.reverse()) change();
  tx._requests = [];
  tx._markFinished();
}

export class Device {
  /** @param {string} name @param {import('./server.mjs').Server} server @param {(line: string) => void} note */
  constructor(name, server, note) {
    Object.assign(this, { name, server, note, away: false, skew: 0, words: '' });
    this.begin(null);
  }

  /** A process over the phone's database. @param {object|null} after the one before it */
  begin(after) {
    this.network = new Network(this.name, this.server, this.note);
    this.process = { isDead: false };
    const { process } = this;
    const database = new Database({ name: this.name, open: (...how) => (process.isDead ? new Promise(() => {}) : openDB(...how)) });
    this.phone = makePhone({
      origin: ORIGIN, send: this.network.send, clock: { now: () => machine.now + this.skew }, database, after, makeVault: () => vaultInProcess(ORIGIN, argon2),
    });
  }

  get app() { return this.phone.app; }
  get isOpen() { return this.app.state.phase === 'open'; }
  get open() { return this.phone.ctx.open; }
  set rough(share) { this.network.rough = share; }

  /** Do something, and let the machine run until it is done. What may fail gives its code, what may not throws. @param {string} what @param {() => Promise<unknown>} act @returns {Promise<string|null>} */
  async tries(what, act) {
    try {
      await act();
      this.note(`${this.name}: ${what}`);
      return null;
    } catch (error) {
      if (!(error instanceof KeptError) || !MAY.has(error.code)) throw Object.assign(error, { message: `${this.name}: ${what}: ${error.code ?? ''} ${error.message}` });
      this.note(`${this.name}: ${what} → ${error.code}`);
      return error.code;
    }
  }

  setAway(away) {
    this.away = this.network.isOff = away;
    this.phone.online = !away;
    this.app.network();
  }

  /** The process ends where it is, and what it was writing is written or not; another begins over the same database. @param {boolean} isLost */
  async crash(isLost) {
    this.end(isLost);
    this.begin(this.phone);
    this.network.isOff = this.away;
    this.phone.online = !this.away;
    await this.app.start();
  }

  /** @param {boolean} [isLost] what is being written is not */
  end(isLost = false) {
    this.phone.end();
    this.process.isDead = true;
    this.phone.database.connection?.then((connection) => {
      const db = unwrap(connection);
      if (isLost) for (const tx of db._rawDatabase.transactions) if (tx.db === db && tx._state !== 'finished') undo(tx);
      db.close();
    }, () => undefined);
  }

  /** A file as it was received. @param {string} attachment @returns {Promise<Uint8Array>} */
  async bytesOf(attachment) {
    const { url } = await this.app.readReceived(attachment);
    return new Uint8Array(await this.phone.urls.get(url).arrayBuffer());
  }

  /** How many versions of a record this phone has. @param {string} record */
  async versionsOf(record) {
    return (await this.open.book.meta(record)).versions.length;
  }

  /** What this phone warns of, '' for nothing. */
  warning() {
    const { doubts } = this.open.store.root;
    return [this.app.state.account.trouble?.code, ...Object.keys(doubts ?? {})].filter(Boolean).join(', ');
  }

  /** Entries by their record, as the screens have them. */
  entries() {
    return new Map(this.app.state.entries.map(({ record, title, seq_no, state }) => [record, { title, seq_no, state: state.code, why: state.why ?? null }]));
  }

  /** Records that were taken out, as the screens have them. @returns {string[]} */
  removed() {
    return (this.app.state.removed ?? []).map(({ record }) => record);
  }
}
