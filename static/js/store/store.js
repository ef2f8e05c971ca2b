/**
 * The sealed store of one unlocked diary: named records over the database's nameless table.
 *
 * The root record (at the id the vault derives from the store key) holds a random place seed; every other record lies
 * at the first 16 bytes of SHA-256(seed ‖ name). To anyone without the store key those ids are random, and no
 * directory has to be kept in step with the table.
 *
 * `root.typed` names the records of what is half-typed (`u/`, `us/`, `uw/`, `t/`): a store that is cleared keeps those.
 *
 * [Note: saved means saved] `change` answers only after its one transaction is done, every record it wrote has been
 * read back, found the same and opened again. If anything fails, the root in memory stays the one that was read.
 *
 * [Note: read in between] Reading waits for no change. Whoever reads several records one after the other may have some from before a
 * change and some from after it, and what does not fit together then says nothing: `wasWritten` tells, and it is read again.
 */
import { KeptError } from '../core/errors.js';
import { b64, isSame, unb64 } from '../core/bytes.js';
import { Pending, noteTyped } from './pending.js';
import { goWithVersions } from './said.js';
import { Swapping } from './swapping.js';

/** @typedef {import('./database.js').Database} Database */
/** @typedef {import('./pending.js').Change} Change */
/** @typedef {{desc: Record<string, any>, bytes: Uint8Array}} Opened */
/**
 * @typedef {object} Vault what the store asks of the crypto worker
 * @property {() => Promise<Uint8Array>} rootId
 * @property {(records: [any, any, any][]) => Promise<Uint8Array[]>} boxSealMany
 * @property {(pairs: [any, any][]) => Promise<Opened[]>} boxOpenMany
 * @property {(pairs: [any, any][]) => Promise<(Opened|null)[]>} boxOpenEach
 * @property {(id: any, sealed: any) => Promise<Opened>} boxOpenNewest
 * @property {() => Promise<Uint8Array>} earlierId
 * @property {(id: any) => Promise<Uint8Array>} sealEarlier
 * @property {(id: any, sealed: any) => Promise<void>} loadEarlier
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Store {
  /** @param {{database: Database, vault: Vault, digest: (bytes: Uint8Array) => Uint8Array, random: (n: number) => Uint8Array}} parts */
  constructor({ database, vault, digest, random }) {
    this.database = database;
    this.vault = vault;
    this.digest = digest;
    this.random = random;
    /** @type {Record<string, any>} */
    this.root = {};
    /** @type {Uint8Array} */
    this.rootId = new Uint8Array(16);
    /** @type {Uint8Array} */
    this.seed = new Uint8Array(32);
    /** @type {Promise<unknown>} */
    this.turn = Promise.resolve();
    /** how many changes have been written: whoever read something can know whether it may be old */
    this.applied = 0;
    /** the change that is being written now; it never rejects @type {Promise<void>|null} */
    this.writing = null;
    /** Nothing more is written: what was begun before the phone was cleared must not come after it. */
    this.closed = false;
    /** how often what was under way has been told to give way */
    this.given = 0;
    this.swapping = new Swapping(this);
  }

  /** Reads the root; with `fresh`, begins an empty one. @param {Record<string, any>} [fresh] @throws not_opened when there is no root */
  async open(fresh) {
    this.rootId = await this.vault.rootId();
    if (fresh) {
      this.root = { ...fresh, seed: b64(this.random(32)) };
    } else {
      const earlierId = await this.vault.earlierId();
      const [sealed, earlier] = await this.database.read([this.rootId, earlierId]);
      if (!sealed) throw new KeptError('not_opened');
      // The root leads to everything else, so it counts only under the key in use: see [Note: store keys].
      this.root = json(await this.vault.boxOpenNewest(this.rootId, sealed));
      if (earlier) await this.vault.loadEarlier(earlierId, earlier);
    }
    this.seed = unb64(this.root.seed);
  }

  /**
   * The vault has a store key of its own since the keys were changed: the root moves to where that one tells, and the keys
   * of before go beside it, in the change that is being put together. [Note: store keys] Records of before stay as they
   * are and open under those; root and identity open under the newest only, so nobody with an old key can put theirs in.
   * @param {Change} change
   */
  async rekeyed(change) {
    const [rootId, earlierId] = [await this.vault.rootId(), await this.vault.earlierId()];
    change.placed(this.rootId, null);
    change.placed(earlierId, await this.vault.sealEarlier(earlierId));
    this.rootId = rootId;
  }

  /** Where the record of that name lies. @param {string} name @returns {Uint8Array} 16 bytes */
  place(name) {
    const text = encoder.encode(name);
    const joined = new Uint8Array(this.seed.length + text.length);
    joined.set(this.seed);
    joined.set(text, this.seed.length);
    return this.digest(joined).slice(0, 16);
  }

  /** Records as they lie, still sealed. @param {readonly string[]} names @returns {Promise<{id: Uint8Array, sealed: Uint8Array|null}[]>} in the order asked for */
  async lying(names) {
    if (!names.length) return [];
    const ids = names.map((name) => this.place(name));
    const sealed = await this.database.read(ids);
    return ids.map((id, i) => ({ id, sealed: sealed[i] ?? null }));
  }

  /** @param {readonly string[]} names @returns {Promise<(Opened|null)[]>} in the order asked for; null where there is none @throws not_opened */
  readMany(names) {
    return this.readBy(names, (pairs) => this.vault.boxOpenMany(pairs));
  }

  /** The same, and one that does not open stops no other: null for it too. @param {readonly string[]} names @returns {Promise<(Opened|null)[]>} */
  readEach(names) {
    return this.readBy(names, (pairs) => this.vault.boxOpenEach(pairs));
  }

  /** @param {readonly string[]} names @param {(pairs: [Uint8Array, Uint8Array][]) => Promise<(Opened|null)[]>} open @returns {Promise<(Opened|null)[]>} */
  async readBy(names, open) {
    const lying = await this.lying(names);
    const pairs = lying.flatMap(({ id, sealed }) =>
      sealed ? [/** @type {[Uint8Array, Uint8Array]} */ ([id, sealed])] : [],
    );
    const opened = pairs.length ? await open(pairs) : [];
    let next = 0;
    return lying.map(({ sealed }) => (sealed ? (opened[next++] ?? null) : null));
  }

  /** @param {string} name @returns {Promise<Opened|null>} */
  async read(name) {
    const [opened] = await this.readMany([name]);
    return opened ?? null;
  }

  /** @param {string} name @returns {Promise<any>} null when absent */
  async readJson(name) {
    const opened = await this.read(name);
    return opened && json(opened);
  }

  /** @param {readonly string[]} names @returns {Promise<any[]>} */
  async readJsonMany(names) {
    return (await this.readMany(names)).map((opened) => opened && json(opened));
  }

  /** @param {readonly string[]} names @returns {Promise<any[]>} null for what is missing or does not open */
  async readJsonEach(names) {
    return (await this.readEach(names)).map((opened) => opened && json(opened));
  }

  /**
   * Runs `fill` alone (never two at a time), then writes what it put together, root included, as one transaction.
   * @template T @param {(root: Record<string, any>, change: Change) => T | Promise<T>} fill `root` is a copy to alter
   * @param {{bulky?: boolean, last?: boolean}} [how] `bulky`: parts of files, which may not have the room that is kept for words; `last`: gives way to nothing
   * @returns {Promise<T>} what `fill` returned, once saved
   */
  change(fill, { bulky = false, last = false } = {}) {
    const mine = this.turn.then(() => this.apply(fill, bulky, last));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /**
   * The change that is being put together now comes to nothing, as in a crash: `locked` for whoever waits for it. A year of
   * messages being read in must not keep a phone from being cleared. One that is being written is written.
   */
  giveWay() {
    this.given++;
  }

  /** @template T @param {(root: Record<string, any>, change: Change) => T | Promise<T>} fill @param {boolean} bulky @param {boolean} last @returns {Promise<T>} */
  async apply(fill, bulky, last) {
    if (this.closed) throw new KeptError('locked');
    const root = structuredClone(this.root);
    const { given } = this;
    const pending = new Pending(() => !last && this.given !== given);
    const result = await fill(root, pending);
    await pending.finish();
    noteTyped(root, pending.records);
    goWithVersions(root, pending);
    const { records, opaque, drop } = pending.sorted(this);
    const sealed = await this.vault.boxSealMany([...records, this.rootRecord(root)]);
    /** @type {[Uint8Array, Uint8Array][]} */
    const written = records.map(([id], i) => [id, /** @type {Uint8Array} */ (sealed[i])]);
    const ending = await this.swapping.withRoot(
      root,
      /** @type {Uint8Array} */ (sealed.at(-1)),
      [...written, ...opaque],
      pending.stays ? null : drop,
      pending.grown,
    );
    written.push([this.rootId, ending.root]);
    const only = pending.stays && [
      this.rootId,
      ...pending.stays.names.map((name) => this.place(name)),
      ...pending.stays.ids,
    ];
    const wrote = (async () => {
      await this.database.write({
        put: [...written, ...opaque, ...pending.grown, ...ending.put],
        drop: [...drop, ...ending.drop],
        beside: pending.values,
        untray: pending.taken,
        bulky,
        ...(only ? { only } : {}),
      });
      await this.readBack(written, opaque);
      this.swapping.note([...written, ...opaque], drop);
      this.root = root;
      this.applied++;
    })();
    this.writing = wrote
      .catch(() => undefined)
      .then(() => {
        this.writing = null;
      });
    await wrote;
    for (const act of pending.afterwards) act();
    return result;
  }

  /**
   * Whether anything was written since `applied` was `since`; waits for what is being written now. See [Note: read in between].
   * @param {number} since @returns {Promise<boolean>}
   */
  async wasWritten(since) {
    const { writing } = this;
    await writing;
    return writing !== null || this.applied !== since;
  }

  /** @param {Record<string, any>} root @returns {[Uint8Array, Record<string, any>, Uint8Array]} */
  rootRecord(root) {
    return [this.rootId, { k: 'root' }, encoder.encode(JSON.stringify(root))];
  }

  /**
   * @param {[Uint8Array, Uint8Array][]} written @param {[Uint8Array, Uint8Array][]} opaque opened by the vault, not here
   * @throws store_lost when something is not there as written
   */
  async readBack(written, opaque) {
    const all = [...written, ...opaque];
    const found = await this.database.read(all.map(([id]) => id));
    all.forEach(([, bytes], i) => {
      const there = found[i];
      if (!there || !isSame(there, bytes)) throw new KeptError('store_lost');
    });
    await this.vault.boxOpenMany(written.map(([id], i) => [id, /** @type {Uint8Array} */ (found[i])]));
  }
}

/** @param {Opened} opened @returns {any} */
function json(opened) {
  return JSON.parse(decoder.decode(opened.bytes));
}
