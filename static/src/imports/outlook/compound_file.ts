/**
 * A Compound File Binary file ([MS-CFB] version 3 and 4), the container of Outlook's .msg: which streams it has.
 *
 * [Note: no sector twice] In a valid file each sector belongs to one stream. So the bytes that are read in all have a
 * limit, and chains that share sectors or run in a circle are refused instead of making a small file large.
 */
import { KeptError } from '../../core/errors.js';
import type { Bytes } from '../../core/bytes.js';

/** `storages` and `streams` by name. A stream is read once, when it is asked for; null if its bytes are not there */
export type Storage = { storages: Map<string, Storage>; streams: Map<string, () => Bytes | null> };

const SIGNATURE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const HEADER_BYTES = 512;
const ENTRY_BYTES = 128;
const MINI_SECTOR_BYTES = 64;
const MINI_CUTOFF = 4096;
const MAX_SECTOR = 0xfffffffa;
const MAX_STORAGES_DEEP = 32;
const NO_ENTRY = 0xffffffff;
const [STORAGE, STREAM, ROOT] = [1, 2, 5];
const UTF16 = new TextDecoder('utf-16le');

type Entry = { name: string; type: number; left: number; right: number; child: number; start: number; size: number };

export function looksLikeCompoundFile(firstBytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => firstBytes[i] === byte);
}

/** Return the root storage; `isWhole`: no storage names an entry that is not there. @throws mail_damaged */
export function readCompoundFile(bytes: Bytes): { root: Storage; isWhole: boolean } {
  if (bytes.length < HEADER_BYTES || !looksLikeCompoundFile(bytes)) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shift = view.getUint16(30, true);
  const isKnown = shift === (view.getUint16(26, true) === 4 ? 12 : 9) && view.getUint16(28, true) === 0xfffe;
  if (!isKnown || view.getUint16(32, true) !== 6 || view.getUint32(56, true) !== MINI_CUTOFF) throw damaged();
  const sectorBytes = 1 << shift;
  const sectorCount = Math.ceil((bytes.length - sectorBytes) / sectorBytes);
  if (sectorCount < 1) throw damaged();
  // The last sector may be short. What is missing of it is never taken for zeros.
  const sector = (id: number): Bytes | null => {
    const from = (id + 1) * sectorBytes;
    return id < sectorCount ? bytes.subarray(from, from + sectorBytes) : null;
  };
  const fat = new Table(fatSectors(view, sector, sectorCount, sectorBytes), sector, sectorBytes);
  const entries = readEntries(chainOf(view.getUint32(48, true), fat, sectorCount), sector);
  const [root] = entries;
  if (root?.type !== ROOT) throw damaged();
  let budget = 2 * bytes.length;
  const spend = (size: number) => {
    budget -= size;
    if (budget < 0) throw damaged();
  };
  /** @returns null where the file ends before the stream does */
  const readStream = (start: number, size: number, pieceBytes: number, table: Table, piece: typeof sector) => {
    if (size > bytes.length) return null;
    spend(size);
    const read = new Uint8Array(size);
    let id = start;
    for (let at = 0; at < size; at += pieceBytes) {
      const part = id < MAX_SECTOR ? piece(id) : null;
      if (!part || part.length < Math.min(pieceBytes, size - at)) return null;
      read.set(part.subarray(0, size - at), at);
      id = table.next(id);
    }
    return read;
  };
  const miniFat = new Table(chainOf(view.getUint32(60, true), fat, sectorCount), sector, sectorBytes);
  let mini: Bytes | null = null;
  const miniSector = (id: number): Bytes | null => {
    mini ??= readStream(root.start, root.size, sectorBytes, fat, sector) ?? new Uint8Array(0);
    const from = id * MINI_SECTOR_BYTES;
    return from < mini.length ? mini.subarray(from, from + MINI_SECTOR_BYTES) : null;
  };
  const open = ({ start, size }: Entry) =>
    size < MINI_CUTOFF
      ? readStream(start, size, MINI_SECTOR_BYTES, miniFat, miniSector)
      : readStream(start, size, sectorBytes, fat, sector);
  return treeOf(entries, open);
}

/** Sector numbers that each name the next one of a chain */
class Table {
  readonly #sectors: readonly number[];
  readonly #sector: (id: number) => Bytes | null;
  readonly #perSector: number;

  constructor(sectors: readonly number[], sector: (id: number) => Bytes | null, sectorBytes: number) {
    this.#sectors = sectors;
    this.#sector = sector;
    this.#perSector = sectorBytes / 4;
  }

  /** Return the number after `id`, or one that no sector has where the chain ends or the table does. */
  next(id: number): number {
    const place = this.#sectors[Math.floor(id / this.#perSector)];
    const bytes = place === undefined ? null : this.#sector(place);
    const at = (id % this.#perSector) * 4;
    return bytes && at + 4 <= bytes.length ? uint32(bytes, at) : NO_ENTRY;
  }
}

/** Return the sectors of the table, from the header and from the list that goes on behind it. */
function fatSectors(
  view: DataView,
  sector: (id: number) => Bytes | null,
  sectorCount: number,
  sectorBytes: number,
): number[] {
  const found: number[] = [];
  for (let at = 76; at < HEADER_BYTES; at += 4) found.push(view.getUint32(at, true));
  let next = view.getUint32(68, true);
  for (let lists = 0; next < MAX_SECTOR; lists++) {
    const list = sector(next);
    if (lists > sectorCount) throw damaged();
    if (!list || list.length < sectorBytes) break;
    for (let at = 0; at < sectorBytes - 4; at += 4) found.push(uint32(list, at));
    next = uint32(list, sectorBytes - 4);
    if (found.length > 2 * sectorCount + 1_000) throw damaged();
  }
  // A free place in the list ends it. A sector beyond the end of the file stays, so that the others keep their places.
  const end = found.findIndex((id) => id >= MAX_SECTOR);
  return end < 0 ? found : found.slice(0, end);
}

/** @throws mail_damaged for a circle */
function chainOf(start: number, table: Table, sectorCount: number): number[] {
  const chain: number[] = [];
  for (let id = start; id < MAX_SECTOR; id = table.next(id)) {
    chain.push(id);
    if (chain.length > sectorCount) throw damaged();
  }
  return chain;
}

function readEntries(chain: readonly number[], sector: (id: number) => Bytes | null): Entry[] {
  const entries: Entry[] = [];
  for (const id of chain) {
    const bytes = sector(id);
    if (!bytes) break;
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const nameBytes = Math.min(64, bytes[at + 64] as number);
      entries.push({
        name: UTF16.decode(bytes.subarray(at, at + Math.max(0, nameBytes - 2))),
        type: bytes[at + 66] as number,
        left: uint32(bytes, at + 68),
        right: uint32(bytes, at + 72),
        child: uint32(bytes, at + 76),
        start: uint32(bytes, at + 116),
        // Version 3 leaves the upper half undefined; no file here is that large.
        size: uint32(bytes, at + 120),
      });
    }
  }
  return entries;
}

/** Join the entries to a tree. Each is visited once: an entry that is in two places is refused. */
function treeOf(entries: readonly Entry[], open: (entry: Entry) => Bytes | null) {
  let isWhole = true;
  const rootStorage: Storage = { storages: new Map(), streams: new Map() };
  const visited: Set<number> = new Set([0]);
  const waiting = [{ id: (entries[0] as Entry).child, into: rootStorage, depth: 1 }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { id, into, depth } = place;
    const entry = entries[id];
    if (id === NO_ENTRY) continue;
    if (entry?.type !== STREAM && entry?.type !== STORAGE) {
      isWhole = false;
      continue;
    }
    if (visited.has(id) || depth > MAX_STORAGES_DEEP) throw damaged();
    visited.add(id);
    waiting.push({ id: entry.left, into, depth }, { id: entry.right, into, depth });
    if (into.streams.has(entry.name) || into.storages.has(entry.name)) throw damaged();
    if (entry.type === STREAM) into.streams.set(entry.name, () => open(entry));
    if (entry.type !== STORAGE) continue;
    const storage: Storage = { storages: new Map(), streams: new Map() };
    into.storages.set(entry.name, storage);
    waiting.push({ id: entry.child, into: storage, depth: depth + 1 });
  }
  return { root: rootStorage, isWhole };
}

const uint32 = (bytes: Bytes, at: number) =>
  (((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)) +
    (bytes[at + 3] as number) * 0x1000000) >>>
  0;

const damaged = () => new KeptError('mail_damaged');
