/**
 * The notebook's own side of the vault, in the page: it holds nothing that has to be kept from whoever holds the phone
 * (slots.js, `notebookKey`), and must be there at once, without a worker and without words.
 */
import { openBox, rootIdOf, sealBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import { notebookKey } from '../slots.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Door } from '../slots.js';

/** What a store (store/store.js) asks of a vault, for the notebook of this install. */
export async function notebookVault(door: Door) {
  const storeKey = await notebookKey(door);
  const [key, rootId] = await Promise.all([importKey(storeKey), rootIdOf(storeKey)]);
  return {
    rootId: async () => rootId,
    boxSealMany: (records: [Bytes, JsonObject, Bytes?][]) =>
      Promise.all(records.map(([id, desc, bytes]) => sealBox(key, id, desc, bytes))),
    boxOpenNewest: (id: Bytes, sealed: Bytes) => openBox(key, id, sealed),
    // Its key is never another: nothing lies where a diary's earlier keys would.
    earlierId: async () => new Uint8Array(16),
    boxOpenMany: (pairs: [Bytes, Bytes][]) => Promise.all(pairs.map(([id, sealed]) => openBox(key, id, sealed))),
    boxOpenEach: (pairs: [Bytes, Bytes][]) =>
      Promise.all(pairs.map(([id, sealed]) => openBox(key, id, sealed).catch(() => null))),
  };
}
