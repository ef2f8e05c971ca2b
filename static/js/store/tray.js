/**
 * The tray: files taken in while no words have been typed, cut into parts, each sealed by the caller.
 *
 * A key is the file's 16-byte id and the number of the part, so a file is found by its id and parts by their order.
 */

/** @typedef {import('./database.js').Database} Database */

/** @param {Uint8Array} id @param {number} number @returns {Uint8Array} 20 bytes */
export function trayKey(id, number) {
  const key = new Uint8Array(20);
  key.set(id);
  new DataView(key.buffer).setUint32(16, number);
  return key;
}

/** Puts one part, and is done when it can be read back. @param {Database} database @param {Uint8Array} id @param {number} number @param {Uint8Array} sealed */
export async function putPart(database, id, number, sealed) {
  await database.write({ tray: [[trayKey(id, number), sealed]] });
}

/** @param {Database} database @returns {Promise<{id: Uint8Array, keys: Uint8Array[]}[]>} the files waiting, parts in order */
export async function filesWaiting(database) {
  /** @type {Map<string, {id: Uint8Array, keys: Uint8Array[]}>} */
  const files = new Map();
  for (const key of await database.trayKeys()) {
    const id = key.slice(0, 16);
    const name = id.join();
    const file = files.get(name) ?? { id, keys: [] };
    file.keys.push(key);
    files.set(name, file);
  }
  return [...files.values()];
}

/** @param {Database} database @param {Uint8Array[]} keys */
export async function forget(database, keys) {
  if (keys.length) await database.write({ untray: keys });
}
