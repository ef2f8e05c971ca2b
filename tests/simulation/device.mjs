/**
 * One phone of the simulation: the real app in Node, over a database that outlives it and a network that the seed disturbs.
 * The only file of the simulation that knows the app's own names.
 */
import './cryptography.mjs';
import { createHash } from 'node:crypto';
import { KeptError } from '#app/core/errors.js';
import { grantActions } from '#app/features/advocates/actions.js';
// What the app loads when it is first needed is loaded by now: reading files takes its time from outside the simulation.
import '#app/features/import/imports_read.js';
import '#app/crypto/worker/notebook_vault.js';
import '#app/pack/chronology/chronology.js';
import '#app/pack/evidence.js';
import '../../static/vendor/hpke-core/mod.js';
import '../../static/vendor/words-en.js';
import { IDBFactory, makePhone, vaultInProcess } from '../js/phone/phone.mjs';
import { argon2 } from './cheap.mjs';
import { machine } from './machine.mjs';
import { Network } from './network.mjs';
import { Room } from './rooms.mjs';
import { ORIGIN } from './server.mjs';

/** What may come of an act on a phone whose network, server and keys change meanwhile. Anything else is a fault of the app. */
const MAY = new Set([
  'offline',
  'unavailable',
  'internal',
  'signed_out',
  'session_ended',
  'no_match',
  'sign_in_failed',
  'locked',
  'conflict',
  'closing',
  'try_later',
  'needs_words',
  'words_differ',
  'no_network',
  'server_slow',
  'server_behind',
  'head_differs',
  'not_found',
  'differs',
  'store_lost',
  'rekeying',
  'not_registered',
  'wrong_type',
  'wrong_keys',
  'needs_reason',
  'no_space',
  'on_hold',
  'not_sent_yet',
  'not_out',
  'feed_altered',
  'receipt_wrong',
  'garbage',
  'bad_request',
]);

export const sha256 = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/** Every phone begins on a device where nothing is. */
export function forgetPhones() {
  globalThis.indexedDB = new IDBFactory();
}

export class Device {
  /** @param {string} name @param {import('./server.mjs').Server} server @param {(line: string) => void} note */
  constructor(name, server, note) {
    Object.assign(this, { name, server, note, away: false, skew: 0, words: '', given: new Map(), captured: [] });
    this.begin(null);
  }

  /** A process over the phone's database. @param {object|null} after the one before it */
  begin(after) {
    const { rough = 0, lying = 0 } = this.network ?? {};
    this.network = Object.assign(new Network(this.name, this.server, this.note), { rough, lying, given: this.given });
    this.room = new Room(this.name);
    this.phone = makePhone({
      origin: ORIGIN,
      send: this.network.send,
      clock: { now: () => machine.now + this.skew },
      database: this.room.database,
      after,
      makeVault: () => vaultInProcess(ORIGIN, argon2),
      packActions: (ctx) => grantActions(ctx),
    });
  }

  get app() {
    return this.phone.app;
  }
  get isOpen() {
    return this.app.state.phase === 'open';
  }
  get open() {
    return this.phone.ctx.open;
  }
  set rough(share) {
    this.network.rough = share;
  }
  set lying(share) {
    this.network.lying = share;
  }
  set isFull(is) {
    this.room.isFull = is;
  }

  /**
   * Do something, and let the machine run until it is done. What may fail gives its code, what may not throws.
   * @param {string} what
   * @param {() => Promise<unknown>} act
   * @returns {Promise<string|null>}
   */
  async tries(what, act) {
    try {
      await act();
      this.note(`${this.name}: ${what}`);
      return null;
    } catch (error) {
      if (!(error instanceof KeptError) || !MAY.has(error.code))
        throw Object.assign(error, { message: `${this.name}: ${what}: ${error.code ?? ''} ${error.message}` });
      this.note(`${this.name}: ${what} → ${error.code}`);
      return error.code;
    }
  }

  setAway(away) {
    this.away = this.network.isOff = away;
    this.phone.online = !away;
    this.app.network();
  }

  /**
   * The process ends where it is, and what it was writing is written or not; another begins over the same database.
   * @param {boolean} isLost
   */
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
    this.room.end(isLost);
  }

  /**
   * One version that follows both ends of an entry.
   * @param {string} record
   * @param {string} text what it says then
   */
  async bringTogether(record, text) {
    const { ends } = await this.app.readIncident(record);
    if (!ends.length) return; // the other phone's words came in between
    const [{ fields, restricted }] = ends;
    const looked = ends.map(({ version }) => version);
    const chosen = { looked, fields: { ...fields, narrative: text }, restricted, reason: 'Both are so.' };
    await this.app.bringTogether(record, chosen);
  }

  /** Whether the phone learns what its server has now. @returns {Promise<boolean>} it is still open then */
  async hearsOfServer() {
    const heard = await this.open.syncing.now().then(
      () => true,
      ({ code }) => ['server_behind', 'head_differs', 'feed_altered'].includes(code),
    );
    return heard && this.isOpen;
  }

  /** A sealed copy in a file. @returns {Promise<Blob>} */
  async copy() {
    const { file: sealed } = await this.app.makeCopy({ words: this.words });
    return sealed;
  }

  /** Takes in a sealed copy, where nothing is. @param {Blob} sealed */
  async restore(sealed) {
    this.setAway(true);
    await this.app.start();
    await this.app.takeCopy({ file: sealed, words: this.words });
  }

  /** Adds a file while it is locked. @param {File} one */
  async capture(one) {
    if (this.app.state.phase === 'notebook') await this.app.askLock();
    await this.app.capture();
    if (this.app.state.phase !== 'picture') throw new KeptError('locked'); // nothing is offered there
    await this.app.pictureAdd([one], { route: 'camera_in_app' });
    await this.app.pictureSave();
  }

  /** What was added while it was locked and waits: attachments by SHA-256, hex. @returns {Promise<Map<string, string>>} */
  async waiting() {
    const { asked } = await this.app.readCaptured();
    return new Map(asked.map(({ sha256, attachment }) => [sha256, attachment]));
  }

  /**
   * A file that came while it was locked becomes an entry.
   * @param {Uint8Array} bytes
   * @param {string} text what the entry says
   * @returns {Promise<{record: string, attachment: string}>}
   */
  async takeUp(bytes, text) {
    const attachment = (await this.waiting()).get(sha256(bytes));
    if (!attachment) throw new Error('what was added while it was locked is not there');
    await this.app.takeUpDraft(await this.app.acceptCaptured(attachment));
    const { record } = await this.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
    return { record, attachment };
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

  /** What this phone warns of, as codes. @returns {string[]} */
  warnings() {
    const { doubts } = this.open.store.root;
    return [...new Set([this.app.state.account.trouble?.code, ...Object.keys(doubts ?? {})])].filter(Boolean);
  }

  /** Entries by their record, as the screens have them. */
  entries() {
    return new Map(
      this.app.state.entries.map(({ record, title, seq_no, state, flags }) => [
        record,
        { title, seq_no, state: state.code, why: state.why ?? null, isTwo: flags.includes('two') },
      ]),
    );
  }

  /** The list of entries is damaged, as a store that lost a page of itself is. */
  async damageList() {
    const { root } = this.open.store;
    await this.open.store.change((_root, change) => {
      for (let n = 0; n < (root.segments ?? 0); n++) change.drop(`segment/${n}`);
    });
  }

  /**
   * Receipts of what is called kept; what was erased for good has none left.
   * @returns {Promise<{title: string, receipt: any, c: string}[]>}
   */
  async receipts() {
    const found = [];
    for (const { record, title } of this.app.state.entries) {
      for (const { receipt, c, seq, erased } of (await this.open.book.meta(record)).versions)
        if (seq !== null && erased === undefined) found.push({ title, receipt, c });
    }
    return found;
  }

  /** Versions of a record of which something to open is still here. @param {string} record @returns {Promise<string[]>} */
  async sealedOf(record) {
    const versions = (await this.open.book.meta(record))?.versions ?? [];
    const held = await this.open.store.readMany(versions.map(({ v }) => `v/${v}`));
    return versions.flatMap(({ v }, i) => (held[i] ? [v] : []));
  }

  /** The notary's key, b64. */
  get notary() {
    return this.open.store.root.account.notary;
  }

  /** Versions this phone has written, by how many of its line. @returns {number} */
  get lineEnd() {
    return this.open.store.root.line.n;
  }

  /** Of a version, which of this phone's line it is; 0 for another's. @param {string} version @returns {Promise<number>} */
  async placeOf(version) {
    const { book, identity } = this.open;
    for (const record of [...this.entries().keys(), ...this.removed()]) {
      const line = (await book.versions(record)).find((one) => one.version === version)?.fields._line;
      if (line) return line.device === identity.device ? line.n : 0;
    }
    return 0;
  }

  /** Records of entries of which this phone has something to send. @returns {string[]} */
  unsent() {
    return this.open.store.root.outbox.map(({ of, record }) => of ?? record);
  }

  /** Records that were erased for good, as the screens have them. @returns {string[]} */
  erased() {
    return (this.app.state.removed ?? []).filter(({ erased }) => erased).map(({ record }) => record);
  }

  /** Records that were taken out, as the screens have them. @returns {string[]} */
  removed() {
    return (this.app.state.removed ?? []).filter(({ erased }) => !erased).map(({ record }) => record);
  }
}
