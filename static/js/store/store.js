/**
 * The sealed store of one unlocked diary: named records over the database's nameless table.
 *
 * The root record (at the id the vault derives from the store key) holds a random place seed; every other record lies
 * at the first 16 bytes of SHA-256(seed ‖ name). To anyone without the store key those ids are random, and no
 * directory has to be kept in step with the table.
 *
 * `root.typed` names the records of what is half-typed (`u/`, `us/`, `t/`): a store that is cleared keeps those.
 *
 * [Note: saved means saved] `change` answers only after its one transaction is done, every record it wrote has been
 * read back, found the same and opened again. If anything fails, the root in memory stays the one that was read.
 */
import { KeptError } from '../core/errors.js';
import { b64, isSame, unb64 } from '../core/bytes.js';
import { isTraded, listed, trade } from './chaff.js';

/** @typedef {import('./database.js').Database} Database */
/** @typedef {{desc: Record<string, any>, bytes: Uint8Array}} Opened */
/**
 * @typedef {object} Vault what the store asks of the crypto worker
 * @property {() => Promise<Uint8Array>} rootId
 * @property {(records: [any, any, any][]) => Promise<Uint8Array[]>} boxSealMany
 * @property {(pairs: [any, any][]) => Promise<Opened[]>} boxOpenMany
 * @property {(id: any, sealed: any) => Promise<Opened>} boxOpenNewest
 * @property {() => Promise<Uint8Array>} earlierId
 * @property {(id: any) => Promise<Uint8Array>} sealEarlier
 * @property {(id: any, sealed: any) => Promise<void>} loadEarlier
 */
/**
 * @typedef {object} Change one transaction being put together
 * @property {(name: string, desc: Record<string, any>, bytes?: Uint8Array) => void} put
 * @property {(name: string, value: unknown) => void} putJson
 * @property {(name: string, sealed: Uint8Array) => void} putSealed what the vault sealed for that place itself; not opened here
 * @property {(name: string) => void} drop
 * @property {(id: Uint8Array, sealed: Uint8Array|null) => void} placed what lies where no name tells; null takes it away
 * @property {(key: string, value: unknown) => void} beside a value beside the table; null takes it away
 * @property {(key: Uint8Array) => void} untray
 * @property {(pieces: [Uint8Array, Uint8Array][]) => void} grow more chaff, which this diary may use up later
 * @property {(names: string[], ids: Uint8Array[]) => void} only nothing in the table stays but the root, what this change writes, the records of those names, and those ids
 * @property {(act: () => void) => void} after run once everything is written, read back and opened
 * @property {(key: string, act: () => unknown) => void} last run once when the rest is put together, before anything is written; of one key the latest
 */

/** The root's size may hang on the list that it says, and the list on it. */
const RECKONED = 3;
const TYPED = /^(?:u|us|t)\//;
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
    /** Nothing more is written: what was begun before the phone was cleared must not come after it. */
    this.closed = false;
    /** Sizes of records as last seen, by id. @type {Map<string, number>} */
    this.sizes = new Map();
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

  /** @param {string[]} names @returns {Promise<(Opened|null)[]>} in the order asked for */
  async readMany(names) {
    if (!names.length) return [];
    const ids = names.map((name) => this.place(name));
    const sealed = await this.database.read(ids);
    /** @type {[Uint8Array, Uint8Array][]} */
    const pairs = [];
    sealed.forEach((bytes, i) => {
      if (bytes) pairs.push([/** @type {Uint8Array} */ (ids[i]), bytes]);
    });
    const opened = pairs.length ? await this.vault.boxOpenMany(pairs) : [];
    let next = 0;
    return sealed.map((bytes) => (bytes ? /** @type {Opened} */ (opened[next++]) : null));
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

  /** @param {string[]} names @returns {Promise<any[]>} */
  async readJsonMany(names) {
    return (await this.readMany(names)).map((opened) => opened && json(opened));
  }

  /**
   * Runs `fill` alone (never two at a time), then writes what it put together, root included, as one transaction.
   * @template T @param {(root: Record<string, any>, change: Change) => T | Promise<T>} fill `root` is a copy to alter
   * @param {{bulky?: boolean}} [how] `bulky`: parts of files, which may not have the room that is kept for words
   * @returns {Promise<T>} what `fill` returned, once saved
   */
  change(fill, { bulky = false } = {}) {
    const mine = this.turn.then(() => this.apply(fill, bulky));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** @template T @param {(root: Record<string, any>, change: Change) => T | Promise<T>} fill @param {boolean} bulky @returns {Promise<T>} */
  async apply(fill, bulky) {
    if (this.closed) throw new KeptError('locked');
    const root = structuredClone(this.root);
    const pending = new Pending();
    const result = await fill(root, pending);
    await pending.finish();
    noteTyped(root, pending.records);
    const { records, opaque, drop } = pending.sorted(this);
    const sealed = await this.vault.boxSealMany([...records, this.rootRecord(root)]);
    /** @type {[Uint8Array, Uint8Array][]} */
    const written = records.map(([id], i) => [id, /** @type {Uint8Array} */ (sealed[i])]);
    const ending = await this.withRoot(root, /** @type {Uint8Array} */ (sealed.at(-1)), [...written, ...opaque], pending.stays ? null : drop, pending.grown);
    written.push([this.rootId, ending.root]);
    const only = pending.stays && [this.rootId, ...pending.stays.names.map((name) => this.place(name)), ...pending.stays.ids];
    await this.database.write({
      put: [...written, ...opaque, ...pending.grown, ...ending.put], drop: [...drop, ...ending.drop], beside: pending.values, untray: pending.taken, bulky, ...(only ? { only } : {}),
    });
    await this.readBack(written, opaque);
    for (const id of drop) this.sizes.set(b64(id), 0);
    for (const [id, { length }] of [...written, ...opaque]) this.sizes.set(b64(id), length);
    this.root = root;
    this.applied++;
    for (const act of pending.afterwards) act();
    return result;
  }

  /** @param {Record<string, any>} root @returns {[Uint8Array, Record<string, any>, Uint8Array]} */
  rootRecord(root) {
    return [this.rootId, { k: 'root' }, encoder.encode(JSON.stringify(root))];
  }

  /**
   * The root as it is written, with the chaff that this change uses up or leaves: see [Note: one for one], chaff.js.
   * @param {Record<string, any>} root @param {Uint8Array} sealed the root before any of that @param {[Uint8Array, Uint8Array][]} written
   * @param {Uint8Array[]|null} drop null where nothing is traded @param {[Uint8Array, Uint8Array][]} grown
   */
  async withRoot(root, sealed, written, drop, grown) {
    if (!root.chaff) return { root: sealed, put: [], drop: [] };
    const [pool, owed] = [[...root.chaff, ...listed(grown)], root.owed ?? {}];
    const was = drop && isTraded(written.length + drop.length) ? await this.sizesOf([...written.map(([id]) => id), ...drop, this.rootId]) : null;
    /** @type {import('./chaff.js').Sized[]} */
    const now = written.map(([id, { length }]) => [id, length]);
    for (let last = sealed, turn = 0; ; turn++) {
      const traded = was ? trade(pool, owed, was, [...now, [this.rootId, last.length]], this.random) : { pool, owed, put: [], drop: [] };
      if (turn === 0 && !grown.length && !traded.put.length && !traded.drop.length && isSameOwed(owed, traded.owed)) return { root: last, put: [], drop: [] };
      Object.assign(root, { chaff: traded.pool, owed: traded.owed });
      const [again = last] = await this.vault.boxSealMany([this.rootRecord(root)]);
      // The list grows and shrinks with what it says; where that changes the root's own size, it is reckoned once more.
      if (again.length === last.length || turn === RECKONED) return { root: again, put: traded.put, drop: traded.drop };
      last = again;
    }
  }

  /** Sizes of those of `ids` that are there. @param {Uint8Array[]} ids @returns {Promise<import('./chaff.js').Sized[]>} */
  async sizesOf(ids) {
    const asked = ids.filter((id) => !this.sizes.has(b64(id)));
    const found = asked.length ? await this.database.read(asked) : [];
    asked.forEach((id, i) => this.sizes.set(b64(id), found[i]?.length ?? 0));
    return ids.flatMap((id) => {
      const size = this.sizes.get(b64(id));
      return size ? [/** @type {import('./chaff.js').Sized} */ ([id, size])] : [];
    });
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

/** @implements {Change} */
class Pending {
  constructor() {
    /** @type {Map<string, {desc: Record<string, any>, bytes: Uint8Array|undefined}|Uint8Array|null>} */
    this.records = new Map();
    /** @type {[Uint8Array, Uint8Array|null][]} */
    this.places = [];
    /** @type {Record<string, unknown>} */
    this.values = {};
    /** @type {Uint8Array[]} */
    this.taken = [];
    /** @type {(() => void)[]} */
    this.afterwards = [];
    /** @type {Map<string, () => unknown>} */
    this.endings = new Map();
    /** @type {[Uint8Array, Uint8Array][]} */
    this.grown = [];
    /** @type {{names: string[], ids: Uint8Array[]}|null} */
    this.stays = null;
  }

  /** @param {[Uint8Array, Uint8Array][]} pieces */
  grow(pieces) {
    this.grown.push(...pieces);
  }

  /** @param {string[]} names @param {Uint8Array[]} ids */
  only(names, ids) {
    this.stays = { names, ids };
  }

  /** @param {string} key @param {() => unknown} act */
  last(key, act) {
    this.endings.delete(key);
    this.endings.set(key, act);
  }

  /** What is put off may itself put something off, to after the rest. */
  async finish() {
    for (const [key, act] of this.endings) {
      this.endings.delete(key);
      await act();
    }
  }

  /** @param {string} name @param {Record<string, any>} desc @param {Uint8Array} [bytes] */
  put(name, desc, bytes) {
    this.records.set(name, { desc, bytes });
  }

  /** @param {string} name @param {unknown} value */
  putJson(name, value) {
    this.put(name, { k: 'json' }, encoder.encode(JSON.stringify(value)));
  }

  /** @param {string} name @param {Uint8Array} sealed */
  putSealed(name, sealed) {
    this.records.set(name, sealed);
  }

  /** @param {string} name */
  drop(name) {
    this.records.set(name, null);
  }

  /** @param {Uint8Array} id @param {Uint8Array|null} sealed */
  placed(id, sealed) {
    this.places.push([id, sealed]);
  }

  /** @param {string} key @param {unknown} value */
  beside(key, value) {
    this.values[key] = value;
  }

  /** @param {Uint8Array} key */
  untray(key) {
    this.taken.push(key);
  }

  /** @param {() => void} act */
  after(act) {
    this.afterwards.push(act);
  }

  /** What to seal, what is sealed already, and what to take away. @param {Store} store */
  sorted(store) {
    /** @type {[Uint8Array, Record<string, any>, Uint8Array|undefined][]} */
    const records = [];
    /** @type {[Uint8Array, Uint8Array][]} */
    const opaque = [];
    /** @type {Uint8Array[]} */
    const drop = [];
    for (const [id, sealed] of this.places) {
      if (sealed) opaque.push([id, sealed]);
      else drop.push(id);
    }
    for (const [name, record] of this.records) {
      const id = store.place(name);
      if (record === null) drop.push(id);
      else if (record instanceof Uint8Array) opaque.push([id, record]);
      else records.push([id, record.desc, record.bytes]);
    }
    return { records, opaque, drop };
  }
}

/** @param {import('./chaff.js').Owed} a @param {import('./chaff.js').Owed} b */
const isSameOwed = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** What is typed and not saved, by name, so that it can be told from what may go. @param {Record<string, any>} root @param {ReadonlyMap<string, unknown>} records */
function noteTyped(root, records) {
  const typed = new Set(root.typed ?? []);
  for (const [name, record] of records) {
    if (!TYPED.test(name)) continue;
    if (record === null) typed.delete(name);
    else typed.add(name);
  }
  if (typed.size || root.typed) root.typed = [...typed];
}

/** @param {Opened} opened @returns {any} */
function json(opened) {
  return JSON.parse(decoder.decode(opened.bytes));
}
