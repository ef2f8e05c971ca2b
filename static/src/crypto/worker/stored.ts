/**
 * Open thousands of this device's stored items in one worker message: store records, and the versions inside them.
 *
 * [Note: opened again] A version is checked in full when it arrives: signature, receipt, commitment, place. The
 * result is sealed with it. A store record opens only under this diary's store key, at the one id that its name
 * gives. So whoever can write the database can only remove a record, or restore what was at that very place before;
 * and a version's place holds one version for ever. Therefore the second opening checks only the seals: the record's,
 * the version key's wrap and the envelope's, each under the exact header of its place.
 * docs/decisions/2026-11-25-opened-again.md has the full argument.
 */
import { readFrames } from '../../core/encoding.js';
import { fromUtf8 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { openBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import * as envelope from '../envelope.js';
import { unwrap, versionWrapHeader } from '../keys.js';
import { unpad } from '../padding.js';
import { envelopeHeader, partsOf } from '../versions.js';
import type { Bytes } from '../../core/bytes.js';
import type { Opened } from '../box.js';
import type { Fields } from '../commitment.js';
import type { Session } from './session.js';
import type { Part } from '../versions.js';

/** Where a version is stored, and which one must be there */
export type StoredVersion = { id: Bytes; sealed: Bytes; record: string; version: string };
export type ReadVersion = {
  kind: string;
  fields: Fields;
  restricted: Fields | null;
  keys: { open: [string, string][]; restricted: [string, string][] };
};
type Payload = { fields: Fields; keys: [string, string][] };

const IN_FLIGHT = 256;

/**
 * Open store records; null for one that does not open, which does not stop the others.
 * @param records id and sealed bytes
 * @returns in order
 */
export function openBoxes(session: Session, records: readonly (readonly [Bytes, Bytes])[]): Promise<(Opened | null)[]> {
  const { key, olds = [] } = session.store;
  return inFlight(records, ([id, sealed]) => openWithAny([key, ...olds], id, sealed));
}

/**
 * Open stored versions. Does not check commitment and signature: see [Note: opened again].
 * @returns in order; null for one that does not open
 */
export function openStored(session: Session, list: readonly StoredVersion[]): Promise<(ReadVersion | null)[]> {
  const { key, olds = [] } = session.store;
  const { own } = session;
  return inFlight(list, async (one) => {
    try {
      const box = await openWithAny([key, ...olds], one.id, one.sealed);
      return (
        box &&
        shape(await Promise.all(pieces(own.identity.diary, one, box.bytes).map((piece) => openPiece(own, piece))))
      );
    } catch {
      return null;
    }
  });
}

type Piece = { part: Part; version: string; diary: string; record: string; wrapped: Bytes; sealed: Bytes };

/** Split a push into its wraps and envelopes. */
function pieces(diary: string, { record, version }: StoredVersion, push: Bytes): Piece[] {
  const [, ...sealed] = readFrames(push, { atMost: 5 });
  const count = sealed.length / 2;
  if (count !== 1 && count !== 2) throw new KeptError('not_opened');
  return partsOf(count).map((part, i) => ({
    part,
    version,
    diary,
    record,
    wrapped: sealed[i] as Bytes,
    sealed: sealed[count + i] as Bytes,
  }));
}

async function openPiece(
  { diaryKey, olds }: Session['own'],
  { part, version, diary, record, wrapped, sealed }: Piece,
): Promise<Payload> {
  const epoch = Number(envelope.claimedHeader(wrapped, 'wrap').epoch);
  const raw = await unwrap(olds.get(epoch) ?? diaryKey, versionWrapHeader(diary, epoch, part, version), wrapped);
  const key = await importKey(raw);
  raw.fill(0);
  return readPayload(
    unpad(await envelope.open(key, sealed, 'version', envelopeHeader({ diary, record, version }, part))),
  );
}

/** What was sealed here was fully checked before, canonical form included. */
function readPayload(plaintext: Bytes): Payload {
  const { fields, keys } = JSON.parse(fromUtf8(plaintext));
  if (typeof fields !== 'object' || fields === null || !Array.isArray(keys)) throw new KeptError('not_opened');
  return { fields, keys };
}

function shape([open, restricted]: Payload[]): ReadVersion {
  const kind = open?.fields._kind;
  if (!open || typeof kind !== 'string') throw new KeptError('not_opened');
  return {
    kind,
    fields: open.fields,
    restricted: restricted?.fields ?? null,
    keys: { open: open.keys, restricted: restricted?.keys ?? [] },
  };
}

/** @param keys the current one first */
async function openWithAny(keys: readonly CryptoKey[], id: Bytes, sealed: Bytes): Promise<Opened | null> {
  for (const key of keys) {
    const opened = await openBox(key, id, sealed).catch(() => null);
    if (opened) return opened;
  }
  return null;
}

/**
 * Run `action` on each of `items`, at most 256 at once: more gains nothing and costs memory.
 * @returns in order
 */
export async function inFlight<T, R>(things: readonly T[], act: (thing: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(things.length);
  let next = 0;
  const lane = async () => {
    while (next < things.length) {
      const i = next++;
      results[i] = await act(things[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, things.length) }, lane));
  return results;
}
