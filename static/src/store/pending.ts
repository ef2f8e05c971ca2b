/**
 * One transaction being put together: what to seal, what is sealed already, what to delete, and what to run
 * afterwards. Nothing here writes; store.js writes all of it at once.
 */

import { KeptError } from '../core/errors.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { SealedRoot } from './root.js';
import type { RecordToSeal } from './swapping.js';

export type Change = {
  put: (name: string, desc: JsonObject, bytes?: Bytes) => void;
  putJson: (name: string, value: unknown) => void;
  /** bytes that the vault sealed for that place itself; not opened here */
  putSealed: (name: string, sealed: Uint8Array) => void;
  drop: (name: string) => void;
  /** a record by id instead of by name; null deletes it */
  putAt: (id: Uint8Array, sealed: Uint8Array | null) => void;
  /** a value next to the table; null deletes it */
  beside: (key: string, value: unknown) => void;
  dropTray: (key: Uint8Array) => void;
  /** more chaff, which this diary may use up later */
  addChaff: (pieces: [Uint8Array, Uint8Array][]) => void;
  /** delete everything in the table except the root, what this change writes, the named records, and those ids */
  keepOnly: (names: string[], ids: Uint8Array[]) => void;
  /** run once everything is written, read back and opened */
  afterCommit: (action: () => void) => void;
  /**
   * run when the rest is put together, before anything is written; a later one replaces an earlier one with the same
   * key
   */
  beforeCommit: (key: string, action: () => unknown) => void;
};

const UNSAVED_NAME = /^(?:u|us|uw|t)\//;
const encoder = new TextEncoder();

export class PendingChange implements Change {
  isAborted: () => boolean;
  records: Map<string, { desc: JsonObject; bytes: Bytes | undefined } | Uint8Array | null> = new Map();
  placedRecords: [Uint8Array, Uint8Array | null][] = [];
  values: Record<string, unknown> = {};
  trayDrops: Uint8Array[] = [];
  afterCommitActions: (() => void)[] = [];
  beforeCommitActions: Map<string, () => unknown> = new Map();
  addedChaff: [Uint8Array, Uint8Array][] = [];
  retained: { names: string[]; ids: Uint8Array[] } | null = null;

  /** @param isAborted whether the change was aborted meanwhile */
  constructor(isAborted: () => boolean = () => false) {
    this.isAborted = isAborted;
  }

  addChaff(pieces: [Uint8Array, Uint8Array][]) {
    this.addedChaff.push(...pieces);
  }

  keepOnly(names: string[], ids: Uint8Array[]) {
    this.retained = { names, ids };
  }

  beforeCommit(key: string, action: () => unknown) {
    this.beforeCommitActions.delete(key);
    this.beforeCommitActions.set(key, action);
  }

  /** A deferred function may defer another one, which then runs after the rest. */
  async runBeforeCommit() {
    if (this.isAborted()) throw new KeptError('locked');
    for (const [key, action] of this.beforeCommitActions) {
      this.beforeCommitActions.delete(key);
      await action();
    }
  }

  put(name: string, desc: JsonObject, bytes?: Bytes) {
    if (this.isAborted()) throw new KeptError('locked');
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

  putAt(id: Uint8Array, sealed: Uint8Array | null) {
    this.placedRecords.push([id, sealed]);
  }

  beside(key: string, value: unknown) {
    this.values[key] = value;
  }

  dropTray(key: Uint8Array) {
    this.trayDrops.push(key);
  }

  afterCommit(action: () => void) {
    this.afterCommitActions.push(action);
  }

  /** Return what to seal, what is sealed already, and what to delete. */
  partition(store: { idOf: (name: string) => Bytes }) {
    const records: RecordToSeal[] = [];
    const opaque: [Uint8Array, Uint8Array][] = [];
    const drop: Uint8Array[] = [];
    for (const [id, sealed] of this.placedRecords) {
      if (sealed) opaque.push([id, sealed]);
      else drop.push(id);
    }
    for (const [name, record] of this.records) {
      const id = store.idOf(name);
      if (record === null) drop.push(id);
      else if (record instanceof Uint8Array) opaque.push([id, record]);
      else records.push([id, record.desc, record.bytes]);
    }
    return { records, opaque, drop };
  }
}

/** Note the names of unsaved text in the root, so that clearing can keep those records. */
export function noteUnsavedText(root: SealedRoot, records: ReadonlyMap<string, unknown>) {
  const names = new Set(root.typed ?? []);
  for (const [name, record] of records) {
    if (!UNSAVED_NAME.test(name)) continue;
    if (record === null) names.delete(name);
    else names.add(name);
  }
  if (names.size || root.typed) root.typed = [...names];
}
