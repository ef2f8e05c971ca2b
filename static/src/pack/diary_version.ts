import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';

/** One opened part: every field (reserved names among them), the seed, and the blob keys in their order. */
export type OpenedPart = { fields: Fields; seed: Uint8Array; keys: readonly (readonly [string, Uint8Array])[] };

/** An entry that was erased for good, or that does not open; `at`: when it was taken out */
export type AbsentEntry = { record: string; no: number; at: number | null; why: 'removed' | 'withheld' };
/** One opened version of a diary; `seq` and `receipt` null while no server has received it. */
export type DiaryVersion = {
  record: string;
  version: string;
  kind: string;
  schema: number;
  seq: number | null;
  /** b64 */
  c: string;
  /** b64 */
  sig: string;
  parents: readonly string[];
  env: string | null;
  receipt: JsonObject | null;
  open: OpenedPart;
  restricted: OpenedPart | null;
  /** digests of restricted fields that the preparer of the pack was not given */
  apart?: Record<string, string> | null;
};

/** A version of a record as a pack reads it: opened, with its keys and its place in the feed. */
