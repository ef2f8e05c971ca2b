/** How a change uses up or adds to the chaff of its diary: see [Note: one for one], chaff.js. */
import { b64 } from '../core/bytes.js';
import { isTradedChange, poolOf, tradeChaff } from './chaff.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { ChaffDebt, SizedId } from './chaff.js';
import type { SealedRoot } from './root.js';

/** Ids and sealed bytes */
type SealedPieces = [Uint8Array, Uint8Array][];

/** A record to seal: its id, its description, and its bytes */
export type RecordToSeal = [id: Bytes, desc: JsonObject, bytes: Bytes | undefined];

/** The root's size may depend on the chaff list inside it, and the list on the root's size. */
const MAX_ROUNDS = 3;

/** The part of the store used here. */
type ChaffStore<R extends SealedRoot> = {
  rootId: Uint8Array;
  random: (n: number) => Uint8Array;
  rootRecord: (root: R) => RecordToSeal;
  vault: { boxSealMany(records: RecordToSeal[]): Promise<Bytes[]> };
  database: { read: (ids: Uint8Array[]) => Promise<(Uint8Array | null | undefined)[]> };
};

export class ChaffSwap<R extends SealedRoot> {
  store: ChaffStore<R>;
  /** Last known sizes of records, by id. */
  sizes: Map<string, number> = new Map();

  constructor(store: ChaffStore<R>) {
    this.store = store;
  }

  /**
   * Seal the root with the chaff that this change uses up or adds.
   * @param root altered
   * @param sealed the root before that
   * @param drop null if nothing is traded
   */
  async sealRoot(
    root: R,
    sealed: Bytes,
    written: SealedPieces,
    drop: Uint8Array[] | null,
    grown: SealedPieces,
  ): Promise<{ root: Bytes; put: SealedPieces; drop: Uint8Array[] }> {
    if (!root.chaff) return { root: sealed, put: [], drop: [] };
    const { store } = this;
    const [pool, owed] = [[...root.chaff, ...poolOf(grown)], root.owed ?? {}];
    const before =
      drop && isTradedChange(written.length + drop.length)
        ? await this.sizesOf([...written.map(([id]) => id), ...drop, store.rootId])
        : null;
    const after: SizedId[] = written.map(([id, { length }]) => [id, length]);
    for (let current = sealed, round = 0; ; round++) {
      const traded = before
        ? tradeChaff(pool, owed, before, [...after, [store.rootId, current.length]], store.random)
        : { pool, owed, put: [], drop: [] };
      if (round === 0 && !grown.length && !traded.put.length && !traded.drop.length && isSameOwed(owed, traded.owed))
        return { root: current, put: [], drop: [] };
      Object.assign(root, { chaff: traded.pool, owed: traded.owed });
      const [resealed = current] = await store.vault.boxSealMany([store.rootRecord(root)]);
      // If listing the chaff changed the root's own size, trade again with the new size.
      if (resealed.length === current.length || round === MAX_ROUNDS)
        return { root: resealed, put: traded.put, drop: traded.drop };
      current = resealed;
    }
  }

  /** Note the sizes after a change. */
  noteSizes(written: SealedPieces, drop: Uint8Array[]) {
    for (const id of drop) this.sizes.set(b64(id), 0);
    for (const [id, { length }] of written) this.sizes.set(b64(id), length);
  }

  /** Return the sizes of those of `ids` that exist. */
  async sizesOf(ids: Uint8Array[]): Promise<SizedId[]> {
    const unknownIds = ids.filter((id) => !this.sizes.has(b64(id)));
    const sealed = unknownIds.length ? await this.store.database.read(unknownIds) : [];
    unknownIds.forEach((id, i) => this.sizes.set(b64(id), sealed[i]?.length ?? 0));
    return ids.flatMap((id) => {
      const size = this.sizes.get(b64(id));
      return size ? [[id, size] as SizedId] : [];
    });
  }
}

const isSameOwed = (a: ChaffDebt, b: ChaffDebt) => JSON.stringify(a) === JSON.stringify(b);
