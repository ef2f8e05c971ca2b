/**
 * The database of a borrowed device, which must keep nothing. It has the interface of database.js but lives in
 * memory: it goes with the page, and its records stay sealed meanwhile.
 */
import type { WriteBatch } from './database.js';

const hexOf = (key: Uint8Array) => Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('');

export class MemoryDatabase {
  table: Map<string, Uint8Array> = new Map();
  values: Map<string, unknown> = new Map();
  trayItems: Map<string, [Uint8Array, Uint8Array]> = new Map();

  /** @returns copies: a caller that transfers a buffer must not empty the stored one */
  async read(ids: Uint8Array[]): Promise<(Uint8Array | null)[]> {
    return ids.map((id) => this.table.get(hexOf(id))?.slice() ?? null);
  }

  async write({ put = [], drop = [], beside = {}, tray = [], dropTray = [], keepOnly }: WriteBatch) {
    const keptKeys = keepOnly && new Set(keepOnly.map(hexOf));
    if (keptKeys) for (const key of this.table.keys()) if (!keptKeys.has(key)) this.table.delete(key);
    for (const [id, bytes] of put) this.table.set(hexOf(id), bytes.slice());
    for (const id of drop) this.table.delete(hexOf(id));
    for (const [key, value] of Object.entries(beside)) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
    for (const [key, bytes] of tray) this.trayItems.set(hexOf(key), [key.slice(), bytes.slice()]);
    for (const key of dropTray) this.trayItems.delete(hexOf(key));
  }

  async beside<T = unknown>(key: string): Promise<T | null> {
    const value = this.values.get(key) as T | undefined;
    return value === undefined ? null : value instanceof CryptoKey ? value : structuredClone(value);
  }

  async trayKeys() {
    return [...this.trayItems].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, [key]]) => key.slice());
  }

  async trayItem(key: Uint8Array) {
    return this.trayItems.get(hexOf(key))?.[1].slice() ?? null;
  }

  async close() {
    return undefined;
  }
}
