/** What a change does to the chaff that its diary may use up: see [Note: one for one], chaff.js. */
import { b64 } from '../core/bytes.js';
import { isTraded, listed, trade } from './chaff.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./chaff.js').Sized} Sized */
/** @typedef {[Uint8Array, Uint8Array][]} Pieces ids and sealed bytes */

/** The root's size may hang on the list that it says, and the list on it. */
const RECKONED = 3;

export class Swapping {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** Sizes of records as last seen, by id. @type {Map<string, number>} */
    this.sizes = new Map();
  }

  /**
   * The root as it is written, with the chaff that this change uses up or leaves.
   * @param {Record<string, any>} root altered @param {Uint8Array} sealed the root before any of that @param {Pieces} written
   * @param {Uint8Array[]|null} drop null where nothing is traded @param {Pieces} grown
   * @returns {Promise<{root: Uint8Array, put: Pieces, drop: Uint8Array[]}>}
   */
  async withRoot(root, sealed, written, drop, grown) {
    if (!root['chaff']) return { root: sealed, put: [], drop: [] };
    const { store } = this;
    const [pool, owed] = [[...root['chaff'], ...listed(grown)], root['owed'] ?? {}];
    const was =
      drop && isTraded(written.length + drop.length)
        ? await this.sizesOf([...written.map(([id]) => id), ...drop, store.rootId])
        : null;
    /** @type {Sized[]} */
    const now = written.map(([id, { length }]) => [id, length]);
    for (let last = sealed, turn = 0; ; turn++) {
      const traded = was
        ? trade(pool, owed, was, [...now, [store.rootId, last.length]], store.random)
        : { pool, owed, put: [], drop: [] };
      if (turn === 0 && !grown.length && !traded.put.length && !traded.drop.length && isSameOwed(owed, traded.owed))
        return { root: last, put: [], drop: [] };
      Object.assign(root, { chaff: traded.pool, owed: traded.owed });
      const [again = last] = await store.vault.boxSealMany([store.rootRecord(root)]);
      // The list grows and shrinks with what it says; where that changes the root's own size, it is reckoned once more.
      if (again.length === last.length || turn === RECKONED) return { root: again, put: traded.put, drop: traded.drop };
      last = again;
    }
  }

  /** What is there now. @param {Pieces} written @param {Uint8Array[]} drop */
  note(written, drop) {
    for (const id of drop) this.sizes.set(b64(id), 0);
    for (const [id, { length }] of written) this.sizes.set(b64(id), length);
  }

  /** Sizes of those of `ids` that are there. @param {Uint8Array[]} ids @returns {Promise<Sized[]>} */
  async sizesOf(ids) {
    const asked = ids.filter((id) => !this.sizes.has(b64(id)));
    const found = asked.length ? await this.store.database.read(asked) : [];
    asked.forEach((id, i) => this.sizes.set(b64(id), found[i]?.length ?? 0));
    return ids.flatMap((id) => {
      const size = this.sizes.get(b64(id));
      return size ? [/** @type {Sized} */ ([id, size])] : [];
    });
  }
}

/** @param {import('./chaff.js').Owed} a @param {import('./chaff.js').Owed} b */
const isSameOwed = (a, b) => JSON.stringify(a) === JSON.stringify(b);
