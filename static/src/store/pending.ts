/**
 * One transaction being put together: what to seal, what is sealed already, what to delete, and what to run
 * afterwards. Nothing here writes; store.js writes all of it at once.
 */

import { KeptError } from '../core/errors.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { SealedRoot } from './root.js';
import type { Sealing } from './swapping.js';

export type Change = {
  put: (name: string, desc: JsonObject, bytes?: Bytes) => void;
  putJson: (name: string, value: unknown) => void;
  /** bytes that the vault sealed for that place itself; not opened here */
  putSealed: (name: string, sealed: Uint8Array) => void;
  drop: (name: string) => void;
  /** a record by id instead of by name; null deletes it */
  placed: (id: Uint8Array, sealed: Uint8Array | null) => void;
  /** a value next to the table; null deletes it */
  beside: (key: string, value: unknown) => void;
  untray: (key: Uint8Array) => void;
  /** more chaff, which this diary may use up later */
  grow: (pieces: [Uint8Array, Uint8Array][]) => void;
  /** delete everything in the table except the root, what this change writes, the named records, and those ids */
  only: (names: string[], ids: Uint8Array[]) => void;
  /** run once everything is written, read back and opened */
  after: (act: () => void) => void;
  /**
   * run when the rest is put together, before anything is written; a later one replaces an earlier one with the same
   * key
   */
  last: (key: string, act: () => unknown) => void;
};

const TYPED = /^(?:u|us|uw|t)\//;
const encoder = new TextEncoder();

export class Pending implements Change {
  isGivenUp: () => boolean;
  records: Map<string, { desc: JsonObject; bytes: Bytes | undefined } | Uint8Array | null> = new Map();
  places: [Uint8Array, Uint8Array | null][] = [];
  values: Record<string, unknown> = {};
  taken: Uint8Array[] = [];
  afterwards: (() => void)[] = [];
  endings: Map<string, () => unknown> = new Map();
  grown: [Uint8Array, Uint8Array][] = [];
  stays: { names: string[]; ids: Uint8Array[] } | null = null;

  /** @param isAborted whether the change was aborted meanwhile */
  constructor(isGivenUp: () => boolean = () => false) {
    this.isGivenUp = isGivenUp;
  }

  grow(pieces: [Uint8Array, Uint8Array][]) {
    this.grown.push(...pieces);
  }

  only(names: string[], ids: Uint8Array[]) {
    this.stays = { names, ids };
  }

  last(key: string, act: () => unknown) {
    this.endings.delete(key);
    this.endings.set(key, act);
  }

  /** A deferred function may defer another one, which then runs after the rest. */
  async finish() {
    if (this.isGivenUp()) throw new KeptError('locked');
    for (const [key, act] of this.endings) {
      this.endings.delete(key);
      await act();
    }
  }

  put(name: string, desc: JsonObject, bytes?: Bytes) {
    if (this.isGivenUp()) throw new KeptError('locked');
    this.records.set(name, { desc, bytes });
  }

  putJson(name: string, value: unknown) {
    this.put(name, { k: 'json' }, encoder.encode(JSON.stringify(value)));
  }

  putSealed(name: string, sealed: Uint8Array) {
    this.records.set(name, sealed);
  }

  drop(name: string) {
    this.records.set(name, null);
  }

  placed(id: Uint8Array, sealed: Uint8Array | null) {
    this.places.push([id, sealed]);
  }

  beside(key: string, value: unknown) {
    this.values[key] = value;
  }

  untray(key: Uint8Array) {
    this.taken.push(key);
  }

  after(act: () => void) {
    this.afterwards.push(act);
  }

  /** Return what to seal, what is sealed already, and what to delete. */
  sorted(store: { place: (name: string) => Bytes }) {
    const records: Sealing[] = [];
    const opaque: [Uint8Array, Uint8Array][] = [];
    const drop: Uint8Array[] = [];
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

/** Note the names of unsaved text in the root, so that clearing can keep those records. */
export function noteTyped(root: SealedRoot, records: ReadonlyMap<string, unknown>) {
  const typed = new Set(root.typed ?? []);
  for (const [name, record] of records) {
    if (!TYPED.test(name)) continue;
    if (record === null) typed.delete(name);
    else typed.add(name);
  }
  if (typed.size || root.typed) root.typed = [...typed];
}
