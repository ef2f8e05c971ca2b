/**
 * The tray: files taken in before the words were typed, cut into parts, each sealed by the caller.
 *
 * A key is the file's 16-byte id followed by the part number, so parts sort by file and then in order.
 */
import type { Database } from './database.js';

/** @returns 20 bytes */
export function trayKey(id: Uint8Array, number: number): Uint8Array {
  const key = new Uint8Array(20);
  key.set(id);
  new DataView(key.buffer).setUint32(16, number);
  return key;
}

/** Store one part; resolve once it is durably written. */
export async function putPart(database: Database, id: Uint8Array, number: number, sealed: Uint8Array) {
  await database.write({ tray: [[trayKey(id, number), sealed]] });
}

/** @returns the waiting files, parts in order */
export async function filesInTray(database: Database): Promise<{ id: Uint8Array; keys: Uint8Array[] }[]> {
  const files: Map<string, { id: Uint8Array; keys: Uint8Array[] }> = new Map();
  for (const key of await database.trayKeys()) {
    const id = key.slice(0, 16);
    const name = id.join();
    const file = files.get(name) ?? { id, keys: [] };
    file.keys.push(key);
    files.set(name, file);
  }
  return [...files.values()];
}

export async function dropParts(database: Database, keys: Uint8Array[]) {
  if (keys.length) await database.write({ dropTray: keys });
}
