/**
 * One transaction being put together: what is to be sealed, what is sealed already, what goes, and what happens after.
 * Nothing in here writes; store.js does, all of it at once.
 */

import { KeptError } from '../core/errors.js';

/** @typedef {import('./store.js').Store} Store */
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

const TYPED = /^(?:u|us|uw|t)\//;
const encoder = new TextEncoder();

/** @implements {Change} */
export class Pending {
  /** @param {() => boolean} [isGivenUp] whether nobody waits for it any more */
  constructor(isGivenUp = () => false) {
    this.isGivenUp = isGivenUp;
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
    if (this.isGivenUp()) throw new KeptError('locked');
    for (const [key, act] of this.endings) {
      this.endings.delete(key);
      await act();
    }
  }

  /** @param {string} name @param {Record<string, any>} desc @param {Uint8Array} [bytes] */
  put(name, desc, bytes) {
    if (this.isGivenUp()) throw new KeptError('locked');
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

/** What is typed and not saved, by name, so that it can be told from what may go. @param {Record<string, any>} root @param {ReadonlyMap<string, unknown>} records */
export function noteTyped(root, records) {
  const typed = new Set(root.typed ?? []);
  for (const [name, record] of records) {
    if (!TYPED.test(name)) continue;
    if (record === null) typed.delete(name);
    else typed.add(name);
  }
  if (typed.size || root.typed) root.typed = [...typed];
}
