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
import { decodeFrames } from '../../core/encoding.js';
import { fromUtf8 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { openBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import * as envelope from '../envelope.js';
import { unwrapKey, versionWrapHeader } from '../keys.js';
import { unpad } from '../padding.js';
import { envelopeHeader, partNames } from '../versions.js';
import type { Bytes } from '../../core/bytes.js';
import type { OpenedBox } from '../box.js';
import type { Fields } from '../commitment.js';
import type { Session } from './session.js';
import type { Part } from '../versions.js';

/** Where a version is stored, and which one must be there */
export type StoredVersion = { id: Bytes; sealed: Bytes; record: string; version: string };
export type StoredVersionContent = {
  kind: string;
  fields: Fields;
  restricted: Fields | null;
  keys: { open: [string, string][]; restricted: [string, string][] };
};
type Payload = { fields: Fields; keys: [string, string][] };

const CONCURRENCY = 256;

/**
 * Open store records; null for one that does not open, which does not stop the others.
 * @param records id and sealed bytes
 * @returns in order
 */
export function openEachBox(
  session: Session,
  records: readonly (readonly [Bytes, Bytes])[],
): Promise<(OpenedBox | null)[]> {
  const { key, olderKeys = [] } = session.openStore;
  return mapConcurrently(records, ([id, sealed]) => openBoxWithAnyKey([key, ...olderKeys], id, sealed));
}

/**
 * Open stored versions. Does not check commitment and signature: see [Note: opened again].
 * @returns in order; null for one that does not open
 */
export function openStored(session: Session, list: readonly StoredVersion[]): Promise<(StoredVersionContent | null)[]> {
  const { key, olderKeys = [] } = session.openStore;
  const { unlocked } = session;
  return mapConcurrently(list, async (stored) => {
    try {
      const box = await openBoxWithAnyKey([key, ...olderKeys], stored.id, stored.sealed);
      return (
        box &&
        toContent(
          await Promise.all(
            splitPush(unlocked.identity.diary, stored, box.bytes).map((storedPart) =>
              openStoredPart(unlocked, storedPart),
            ),
          ),
        )
      );
    } catch {
      return null;
    }
  });
}

type StoredPart = { part: Part; version: string; diary: string; record: string; wrapped: Bytes; sealed: Bytes };

/** Split a push into its wraps and envelopes. */
function splitPush(diary: string, { record, version }: StoredVersion, push: Bytes): StoredPart[] {
  const [, ...sealed] = decodeFrames(push, { maxParts: 5 });
  const count = sealed.length / 2;
  if (count !== 1 && count !== 2) throw new KeptError('not_opened');
  return partNames(count).map((part, i) => ({
    part,
    version,
    diary,
    record,
    wrapped: sealed[i] as Bytes,
    sealed: sealed[count + i] as Bytes,
  }));
}

async function openStoredPart(
  { diaryKey, olderDiaryKeys }: Session['unlocked'],
  { part, version, diary, record, wrapped, sealed }: StoredPart,
): Promise<Payload> {
  const epoch = Number(envelope.readUnverifiedHeader(wrapped, 'wrap').epoch);
  const raw = await unwrapKey(
    olderDiaryKeys.get(epoch) ?? diaryKey,
    versionWrapHeader(diary, epoch, part, version),
    wrapped,
  );
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

function toContent([open, restricted]: Payload[]): StoredVersionContent {
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
async function openBoxWithAnyKey(keys: readonly CryptoKey[], id: Bytes, sealed: Bytes): Promise<OpenedBox | null> {
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
export async function mapConcurrently<T, R>(
  items: readonly T[],
  action: (item: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let nextIndex = 0;
  const runner = async () => {
    while (nextIndex < items.length) {
      const i = nextIndex++;
      results[i] = await action(items[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, runner));
  return results;
}
