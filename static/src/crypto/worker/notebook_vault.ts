/**
 * The notebook's own vault, in the page. The notebook holds nothing that must be hidden from whoever has the phone
 * (slots.js, `deriveNotebookKey`), and must open at once, without a worker and without words.
 */
import { openBox, deriveRootId, sealBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import { deriveNotebookKey } from '../slots.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Door } from '../slots.js';

/** Return the vault functions that a store (store/store.js) needs, for this installation's notebook. */
export async function createNotebookVault(door: Door) {
  const storeKey = await deriveNotebookKey(door);
  const [key, rootId] = await Promise.all([importKey(storeKey), deriveRootId(storeKey)]);
  return {
    rootId: async () => rootId,
    boxSealMany: (records: [Bytes, JsonObject, Bytes?][]) =>
      Promise.all(records.map(([id, desc, bytes]) => sealBox(key, id, desc, bytes))),
    boxOpenNewest: (id: Bytes, sealed: Bytes) => openBox(key, id, sealed),
    // The notebook's key never changes, so no record exists at this id for older keys.
    earlierId: async () => new Uint8Array(16),
    boxOpenMany: (pairs: [Bytes, Bytes][]) => Promise.all(pairs.map(([id, sealed]) => openBox(key, id, sealed))),
    boxOpenEach: (pairs: [Bytes, Bytes][]) =>
      Promise.all(pairs.map(([id, sealed]) => openBox(key, id, sealed).catch(() => null))),
  };
}
