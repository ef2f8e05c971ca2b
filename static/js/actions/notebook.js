/**
 * The notebook: what anybody may see. Notes are written, found and thrown away here, and nothing in this file knows that
 * there is anything else: it asks the database and the clock, and no server.
 *
 * [Note: one notebook] It is the same one however it is come to: by its own words at the lock, straight away, or by
 * leaving the diary. It lies in the one table under a key that the install's own id gives (crypto/slots.js), so it is
 * there at once and with no words; what is kept from others is not kept here, and the screen says so (ui/locks.js).
 *
 *   root       {v, notes: [id…], seed}, the newest first
 *   n/<id>     {text, at}
 */
import { KeptError } from '../core/errors.js';
import { readDoor } from '../store/beside.js';
import { grownChaff } from '../store/chaff.js';
import { Store } from '../store/store.js';
import { Writing } from './writing.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {{id: string, text: string, at: number}} Note `at`: last written, ms */

const SOON = 300;

export class Notebook extends Writing {
  /** @param {Context} ctx */
  constructor(ctx) {
    super(ctx);
    /** @type {Store|null} */
    this.store = null;
    /** @type {Map<string, Note>} */
    this.notes = new Map();
    /** @type {Promise<void>|null} */
    this.opening = null;
    /** Written on the screen and not yet on the phone. @type {Set<string>} */
    this.dirty = new Set();
  }

  /** Reads it, once; a failure is tried again at the next asking. */
  open() {
    this.opening ??= this.read().catch((error) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  async read() {
    const door = await readDoor(this.ctx.database);
    if (!door) throw new KeptError('store_lost');
    const [{ notebookVault }, { sha256Now }] = await Promise.all([
      import('../crypto/drawer.js'),
      import('../crypto/digests.js'),
    ]);
    const store = new Store({
      database: this.ctx.database,
      vault: /** @type {any} */ (await notebookVault(/** @type {any} */ (door))),
      digest: sha256Now,
      random: this.ctx.random,
    });
    const isThere = (await this.ctx.database.read([await store.vault.rootId()]))[0] !== null;
    await store.open(isThere ? undefined : { v: 1, notes: [] });
    const { notes: ids } = store.root;
    const read = await store.readJsonMany(ids.map(place));
    ids.forEach((/** @type {string} */ id, /** @type {number} */ i) => {
      if (read[i]) this.notes.set(id, { id, ...read[i] });
    });
    this.store = store;
    this.show();
  }

  /** Whoever opens it leaves a little more chaff: see [Note: one for one], store/chaff.js. */
  async opened() {
    await this.open();
    const put = grownChaff(this.ctx.random);
    if (put.length) await this.ctx.database.write({ put });
  }

  /** Where its records lie, for whoever clears what is not its. @returns {Promise<Uint8Array[]>} */
  async ids() {
    await this.open();
    await this.flush();
    const store = /** @type {Store} */ (this.store);
    return [store.rootId, ...store.root.notes.map((/** @type {string} */ id) => store.place(place(id)))];
  }

  /** @param {string} id one that is not there begins one @param {string} text without any it goes @returns {void} */
  put(id, text) {
    this.notes.set(id, { id, text, at: this.ctx.clock.now() });
    this.dirty.add(id);
    this.timer ??= this.ctx.timers.after(SOON, () => void this.flush().catch(() => undefined));
    this.show();
  }

  /** @param {string} id */
  async drop(id) {
    this.notes.delete(id);
    this.dirty.add(id);
    this.show();
    await this.flush();
  }

  async write() {
    const { store } = this;
    const ids = [...this.dirty];
    if (!store || !ids.length) return;
    // Before it is written and not after: what is typed meanwhile makes its note dirty again.
    this.dirty.clear();
    await store
      .change((root, change) => {
        for (const id of ids) {
          const note = this.notes.get(id);
          root.notes = root.notes.filter((/** @type {string} */ one) => one !== id);
          if (!note?.text.trim()) change.drop(place(id));
          else {
            root.notes.unshift(id);
            change.putJson(place(id), { text: note.text, at: note.at });
          }
        }
      })
      .catch((error) => {
        for (const id of ids) this.dirty.add(id);
        throw error;
      });
  }

  show() {
    const notes = [...this.notes.values()].sort((a, b) => b.at - a.at);
    this.ctx.screen.set({ notebook: { notes, ready: this.store !== null } });
  }
}

/** @param {string} id */
const place = (id) => `n/${id}`;
