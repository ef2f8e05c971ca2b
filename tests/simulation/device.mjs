/**
 * One phone of the simulation: the real app in Node, over a database that outlives it and a network that the seed
 * disturbs. This file and advocate.mjs are the only ones that use the app's own names.
 */
import './cryptography.mjs';
import { createHash } from 'node:crypto';
import { KeptError } from '#app/core/errors.js';
import { isRemoval } from '#app/diary/attachments/removal.js';
import { listTrayFiles, partOpener } from '#app/diary/drafts/tray_files.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { readDoor } from '#app/store/device_meta.js';
// Load now what the app loads on first use: reading files takes time outside the simulation.
import '#app/features/import/imports_read.js';
import '#app/crypto/worker/notebook_vault.js';
import '#app/pack/chronology/chronology.js';
import '#app/pack/evidence.js';
import '../../static/vendor/hpke-core/mod.js';
import '../../static/vendor/words-en.js';
import { IDBFactory, makePhone, vaultInProcess } from '../js/phone/phone.mjs';
import { argon2 } from './argon2.mjs';
import { scheduler } from './scheduler.mjs';
import { Network } from './network.mjs';
import { FaultyDatabase } from './faulty_database.mjs';
import { ORIGIN } from './server.mjs';

/**
 * Errors that an act may end with while the network, the server and the keys change. Any other error is a fault of
 * the app.
 */
const EXPECTED_CODES = new Set([
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

/** Give every phone an empty device to begin on. */
export function forgetPhones() {
  globalThis.indexedDB = new IDBFactory();
}

export class Device {
  /** @param {string} name @param {import('./server.mjs').Server} server @param {(line: string) => void} note */
  constructor(name, server, note) {
    this.name = name;
    this.server = server;
    this.note = note;
    this.away = false;
    this.skew = 0;
    this.words = '';
    this.grantedVersions = new Map();
    this.captured = [];
    /** Whether the last unlock said that there was no room. */
    this.saidNoRoom = false;
    this.begin(null);
  }

  /**
   * Start a process over the phone's database.
   * @param {import('../js/phone/phone.mjs').Phone|null} previous the process before it
   */
  begin(previous) {
    const { faultRate = 0, lieRate = 0 } = this.network ?? {};
    this.network = Object.assign(new Network(this.name, this.server, this.note), {
      faultRate,
      lieRate,
      grantedVersions: this.grantedVersions,
    });
    this.room = new FaultyDatabase(this.name);
    this.phone = makePhone({
      origin: ORIGIN,
      send: this.network.send,
      clock: { now: () => scheduler.now + this.skew },
      database: this.room.database,
      after: previous,
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
  set faultRate(share) {
    this.network.faultRate = share;
  }
  set lieRate(share) {
    this.network.lieRate = share;
  }
  set isFull(is) {
    this.room.isFull = is;
  }

  /**
   * Do something, and let the scheduler run until it is done. Return an expected error's code; throw any other error.
   * @param {string} title
   * @param {() => Promise<unknown>} act
   * @returns {Promise<string|null>}
   */
  async attempt(title, act) {
    try {
      await act();
      this.note(`${this.name}: ${title}`);
      return null;
    } catch (error) {
      if (!(error instanceof KeptError) || !EXPECTED_CODES.has(error.code))
        throw Object.assign(error, { message: `${this.name}: ${title}: ${error.code ?? ''} ${error.message}` });
      this.note(`${this.name}: ${title} → ${error.code}`);
      return error.code;
    }
  }

  setAway(away) {
    this.away = this.network.isOff = away;
    this.phone.online = !away;
    this.app.network();
  }

  /** Unlock with the keeper's words, and note what the phone said about room. */
  async unlock() {
    if (this.app.state.phase === 'notebook') this.app.askLock();
    const error = await this.app.unlock(this.words).then(
      () => null,
      (thrown) => thrown,
    );
    const { trouble, also = [] } = this.app.state.account ?? {};
    this.saidNoRoom = [error, trouble, ...also].some((said) => said?.code === 'no_space');
    if (error) throw error;
  }

  /**
   * End the process at once, and begin another over the same database.
   * @param {boolean} isLost whether unfinished writes are lost
   */
  async crash(isLost) {
    this.end(isLost);
    this.begin(this.phone);
    this.network.isOff = this.away;
    this.phone.online = !this.away;
    await this.app.start();
  }

  /** @param {boolean} [isLost] whether unfinished writes are lost */
  end(isLost = false) {
    this.phone.end();
    this.room.end(isLost);
  }

  /**
   * Save one version that follows both newest versions of an entry.
   * @param {string} record
   * @param {string} text its new text
   */
  async joinVersions(record, text) {
    const { ends } = await this.app.readIncident(record);
    if (!ends.length) return; // the other phone's version arrived in between
    const [{ fields, restricted }] = ends;
    const seen = ends.map(({ version }) => version);
    const merged = { looked: seen, fields: { ...fields, narrative: text }, restricted, reason: 'Both are so.' };
    await this.app.bringTogether(record, merged);
  }

  /**
   * Sync to learn what the server has now.
   * @returns {Promise<boolean>} whether that worked and the phone is still open
   */
  async learnServerState() {
    const isLearnt = await this.open.syncing.now().then(
      () => true,
      ({ code }) => ['server_behind', 'head_differs', 'feed_altered'].includes(code),
    );
    return isLearnt && this.isOpen;
  }

  /** Return a sealed copy as a file. @returns {Promise<Blob>} */
  async copy() {
    const { file: sealed } = await this.app.makeCopy({ words: this.words });
    return sealed;
  }

  /** Restore a sealed copy to an empty phone. @param {Blob} sealed */
  async restore(sealed) {
    this.setAway(true);
    await this.app.start();
    await this.app.takeCopy({ file: sealed, words: this.words });
  }

  /** Add a file while the phone is locked. @param {File} picture */
  async capture(picture) {
    if (this.app.state.phase === 'notebook') await this.app.askLock();
    await this.app.capture();
    if (this.app.state.phase !== 'picture') throw new KeptError('locked'); // the phone does not offer it now
    await this.app.pictureAdd([picture], { route: 'camera_in_app' });
    await this.app.pictureSave();
  }

  /**
   * Return what was added while the phone was locked and still waits: attachments by SHA-256, hex.
   * @returns {Promise<Map<string, string>>}
   */
  async waiting() {
    const { asked } = await this.app.readCaptured();
    return new Map(asked.map(({ sha256, attachment }) => [sha256, attachment]));
  }

  /**
   * Return the files that the last unlock found no room for: SHA-256, hex. They stay in the tray until there is room.
   * @returns {Promise<Set<string>>}
   */
  async inTray() {
    const { vault } = this.open;
    const { install } = await readDoor(this.room.database);
    const { files } = await listTrayFiles(this.room.database, partOpener({ key: null, vault, install }));
    return new Set(files.flatMap(({ captured }) => captured?.sha256 ?? []));
  }

  /**
   * Make an entry of a file that was added while the phone was locked.
   * @param {Uint8Array} bytes
   * @param {string} text the entry's text
   * @returns {Promise<{record: string, attachment: string}>}
   */
  async takeUp(bytes, text) {
    const attachment = (await this.waiting()).get(sha256(bytes));
    if (!attachment) {
      if (!(await this.inTray()).has(sha256(bytes))) throw new Error('what was added while it was locked is not there');
      if (!this.saidNoRoom) throw new Error('the unlock did not say that there was no room for a file');
      throw new KeptError('no_space'); // it comes at the next unlock with room
    }
    await this.app.takeUpDraft(/** @type {string} */ (await this.app.acceptCaptured(attachment)));
    const { record } = await this.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
    return { record, attachment };
  }

  /** Return a file as it was received. @param {string} attachment @returns {Promise<Uint8Array>} */
  async bytesOf(attachment) {
    const { url } = await this.app.readReceived(attachment);
    return new Uint8Array(await this.phone.urls.get(url).arrayBuffer());
  }

  /** Return the number of versions of a record that this phone has. @param {string} record */
  async versionsOf(record) {
    return (await this.open.book.meta(record)).versions.length;
  }

  /** Return the codes of this phone's warnings. @returns {string[]} */
  warnings() {
    const { doubts } = this.open.store.root;
    return [...new Set([this.app.state.account.trouble?.code, ...Object.keys(doubts ?? {})])].filter(Boolean);
  }

  /** Return the entries by record, as the screens show them. */
  entries() {
    return new Map(
      this.app.state.entries.map(({ record, title, seq_no, state, flags }) => [
        record,
        { title, seq_no, state: state.code, why: state.why ?? null, isTwo: flags.includes('two') },
      ]),
    );
  }

  /** Damage the list of entries, as a store that lost a page is damaged. */
  async damageList() {
    const { root } = this.open.store;
    await this.open.store.change((_root, change) => {
      for (let n = 0; n < (root.segments ?? 0); n++) change.drop(`segment/${n}`);
    });
  }

  /**
   * Return the receipts of versions that are marked as kept. A version that was erased for good has none.
   * @returns {Promise<{title: string, receipt: import('#app/crypto/signing.js').Receipt, c: string}[]>}
   */
  async receipts() {
    const found = [];
    for (const { record, title } of this.app.state.entries) {
      for (const { receipt, c, seq, erased } of (await this.open.book.meta(record)).versions)
        if (seq !== null && erased === undefined) found.push({ title, receipt, c });
    }
    return found;
  }

  /**
   * Return the versions of a record whose sealed content is still on this phone, without bare removals.
   * @param {string} record
   * @returns {Promise<string[]>}
   */
  async sealedTexts(record) {
    const meta = await this.open.book.meta(record);
    const opened = meta ? await this.open.book.versions(record) : [];
    const removals = new Set(opened.filter(isRemoval).map(({ version }) => version));
    const versions = (meta?.versions ?? []).filter(({ v }) => !removals.has(v));
    const stored = await this.open.store.readMany(versions.map(({ v }) => `v/${v}`));
    return versions.flatMap(({ v }, i) => (stored[i] ? [v] : []));
  }

  /** The notary's key, b64. */
  get notary() {
    return this.open.store.root.account.notary;
  }

  /** Return the number of versions that this phone has written. @returns {number} */
  get lineEnd() {
    return this.open.store.root.line.n;
  }

  /**
   * Return a version's place on this phone's line, or 0 for another phone's version.
   * @param {string} version
   * @returns {Promise<number>}
   */
  async placeOf(version) {
    const { book, identity } = this.open;
    for (const record of [...this.entries().keys(), ...this.removed()]) {
      const line = (await book.versions(record)).find((row) => row.version === version)?.fields._line;
      if (line) return line.device === identity.device ? line.n : 0;
    }
    return 0;
  }

  /** Return the records that this phone has something to send of. @returns {string[]} */
  unsent() {
    return this.open.store.root.outbox.map(({ of, record }) => of ?? record);
  }

  /** Return the entries that this phone has files to send of. @returns {string[]} */
  unsentFiles() {
    return this.open.store.root.uploads.flatMap(({ of }) => of ?? []);
  }

  /** Return the records that were erased for good, as the screens show them. @returns {string[]} */
  erased() {
    return (this.app.state.removed ?? []).filter(({ erased }) => erased).map(({ record }) => record);
  }

  /** Return the records that were taken out, as the screens show them. @returns {string[]} */
  removed() {
    return (this.app.state.removed ?? []).filter(({ erased }) => !erased).map(({ record }) => record);
  }
}
