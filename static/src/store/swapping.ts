/** How a change uses up or adds to the chaff of its diary: see [Note: one for one], chaff.js. */
import { b64 } from '../core/bytes.js';
import { isTraded, listed, trade } from './chaff.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { Owed, Sized } from './chaff.js';
import type { SealedRoot } from './root.js';

/** Ids and sealed bytes */
type Pieces = [Uint8Array, Uint8Array][];

/** A record to seal: its id, its description, and its bytes */
export type Sealing = [id: Bytes, desc: JsonObject, bytes: Bytes | undefined];

/** The root's size may depend on the chaff list inside it, and the list on the root's size. */
const RECKONED = 3;

/** The part of the store used here. */
type Rooted<R extends SealedRoot> = {
  rootId: Uint8Array;
  random: (n: number) => Uint8Array;
  rootRecord: (root: R) => Sealing;
  vault: { boxSealMany(records: Sealing[]): Promise<Bytes[]> };
  database: { read: (ids: Uint8Array[]) => Promise<(Uint8Array | null | undefined)[]> };
};

export class Swapping<R extends SealedRoot> {
  store: Rooted<R>;
  /** Last known sizes of records, by id. */
  sizes: Map<string, number> = new Map();

  constructor(store: Rooted<R>) {
    this.store = store;
  }

  /**
   * Seal the root with the chaff that this change uses up or adds.
   * @param root altered
   * @param sealed the root before that
   * @param drop null if nothing is traded
   */
  async withRoot(
    root: R,
    sealed: Bytes,
    written: Pieces,
    drop: Uint8Array[] | null,
    grown: Pieces,
  ): Promise<{ root: Bytes; put: Pieces; drop: Uint8Array[] }> {
    if (!root.chaff) return { root: sealed, put: [], drop: [] };
    const { store } = this;
    const [pool, owed] = [[...root.chaff, ...listed(grown)], root.owed ?? {}];
    const was =
      drop && isTraded(written.length + drop.length)
        ? await this.sizesOf([...written.map(([id]) => id), ...drop, store.rootId])
        : null;
    const now: Sized[] = written.map(([id, { length }]) => [id, length]);
    for (let last = sealed, turn = 0; ; turn++) {
      const traded = was
        ? trade(pool, owed, was, [...now, [store.rootId, last.length]], store.random)
        : { pool, owed, put: [], drop: [] };
      if (turn === 0 && !grown.length && !traded.put.length && !traded.drop.length && isSameOwed(owed, traded.owed))
        return { root: last, put: [], drop: [] };
      Object.assign(root, { chaff: traded.pool, owed: traded.owed });
      const [again = last] = await store.vault.boxSealMany([store.rootRecord(root)]);
      // If listing the chaff changed the root's own size, trade again with the new size.
      if (again.length === last.length || turn === RECKONED) return { root: again, put: traded.put, drop: traded.drop };
      last = again;
    }
  }

  /** Note the sizes after a change. */
  note(written: Pieces, drop: Uint8Array[]) {
    for (const id of drop) this.sizes.set(b64(id), 0);
    for (const [id, { length }] of written) this.sizes.set(b64(id), length);
  }

  /** Return the sizes of those of `ids` that exist. */
  async sizesOf(ids: Uint8Array[]): Promise<Sized[]> {
    const asked = ids.filter((id) => !this.sizes.has(b64(id)));
    const found = asked.length ? await this.store.database.read(asked) : [];
    asked.forEach((id, i) => this.sizes.set(b64(id), found[i]?.length ?? 0));
    return ids.flatMap((id) => {
      const size = this.sizes.get(b64(id));
      return size ? [[id, size] as Sized] : [];
    });
  }
}

const isSameOwed = (a: Owed, b: Owed) => JSON.stringify(a) === JSON.stringify(b);
