/**
 * The public log as this phone sees it: its newest checkpoint compared with the last one seen, and the places of the
 * diary's own versions in it. Anything that fails a check is rejected.
 */
import { b64, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { readNote, seenBy, verifyNote } from '../ledger/checkpoint.js';
import { leafOf, verifyConsistency, verifyInclusion } from '../ledger/tree.js';
import type { Claimed } from '../core/encoding.js';
import type { Receipt } from '../crypto/signing.js';
import type { LogAnswer, LogRow, Named, Placed } from './api.js';
import type { SeenLog, Witnessed } from '../store/root.js';
import type { Link, Pins } from './push.js';

export type { Named, Placed } from './api.js';

type ReceiptOf = (version: string) => Receipt | null | Promise<Receipt | null>;

const WITNESSES_LIMIT = 15;
const NAME_LIMIT = 255;

/**
 * Verify a checkpoint by itself and against the last one this phone saw.
 * @param row as `/v1/log` returns it
 * @throws log_changed, or what the request throws
 */
export async function judgeCheckpoint(
  { api, pins }: Link,
  row: Pick<LogRow, 'note' | 'size'>,
  last: SeenLog | null,
): Promise<SeenLog> {
  const said = await signed(row?.note, pins);
  const seen = { size: said.size, root: b64(said.root), note: String(row.note) };
  if (said.size !== row.size) throw changed();
  if (!last) return seen;
  const [older, newer] = last.size <= seen.size ? [last, seen] : [seen, last];
  // A worker that lags may return an older checkpoint; it must still be a prefix of what was seen.
  await checkGrown(api, older, newer);
  return newer;
}

/**
 * Find which of the witnesses named by the server have cosigned its log, and up to which size; null if none is named
 * or this browser cannot check. A cosigned note is held to the log like any other: one that does not belong to it is
 * another log.
 * @param log response of `/v1/log`
 * @param checkpoint the newest checkpoint, already verified
 * @throws log_changed, or what the request throws
 */
export async function countWitnesses(link: Link, told: LogAnswer, seen: SeenLog): Promise<Witnessed | null> {
  const named = namedIn(told);
  if (!named.length) return null;
  if (!told.witnessed) return { names: [], named: named.length, size: 0 };
  await judgeCheckpoint(link, told.witnessed, seen);
  try {
    const found = await seenBy(told.witnessed.note, named);
    return {
      names: found.map(({ witness }) => witness),
      named: named.length,
      size: found.length ? told.witnessed.size : 0,
    };
  } catch (error) {
    if (error instanceof KeptError && error.code === 'unavailable') return null;
    return { names: [], named: named.length, size: 0 };
  }
}

/**
 * Return the well-formed witnesses that the server names.
 * @param log response of `/v1/log`
 */
export function namedIn(told: Claimed<LogAnswer>): Named[] {
  const named = Array.isArray(told.witnesses) ? told.witnesses : [];
  return named
    .filter(isWitness)
    .slice(0, WITNESSES_LIMIT)
    .map(({ name, pub }: Named) => ({ name, pub }));
}

function isWitness(one: Claimed<Named> | null): one is Named {
  return (
    typeof one?.name === 'string' &&
    one.name.length <= NAME_LIMIT &&
    typeof one.pub === 'string' &&
    /^[\w-]{43}$/.test(one.pub)
  );
}

/**
 * Return the witnesses' signature lines over a checkpoint of this size, for a pack; none unless it is the last one
 * they saw.
 * @param log response of `/v1/log`
 */
export function cosignaturesOf(told: LogAnswer, size: number): string[] {
  if (told.witnessed?.size !== size) return [];
  const { origin } = readNote(told.witnessed.note);
  const rows = String(told.witnessed.note).split('\n\n')[1]?.trimEnd().split('\n') ?? [];
  return rows.filter((row) => !row.startsWith(`— ${origin} `));
}

/** @returns the consistency path */
export async function checkGrown(api: Link['api'], older: SeenLog, newer: SeenLog): Promise<string[]> {
  const path = older.size === newer.size ? [] : (await api.consistency(older.size, newer.size).catch(absent)).path;
  try {
    verifyConsistency(
      { size: older.size, root: unb64(older.root) },
      { size: newer.size, root: unb64(newer.root) },
      path.map(unb64),
    );
  } catch {
    throw changed();
  }
  return path;
}

/**
 * Fetch the inclusion proofs of the versions numbered above `afterSeq` page by page, and check each against its receipt.
 * @param receiptOf null for a version whose receipt this phone no longer has
 */
export async function pullProofs(
  { api, diary }: Link,
  seen: SeenLog,
  after: number,
  take: (placed: Placed[], to: number) => Promise<unknown>,
  receiptOf: ReceiptOf,
) {
  for (;;) {
    const { proofs, to } = await api.proofs(diary, seen.size, after);
    if (!Array.isArray(proofs) || !Number.isSafeInteger(to)) throw new KeptError('garbage');
    for (const one of proofs) checkPlace(one, seen, await receiptOf(one.version));
    await take(proofs, to);
    if (to <= after) return;
    after = to;
  }
}

function checkPlace({ i, path }: Placed, seen: SeenLog, receipt: Receipt | null) {
  if (!receipt) return;
  try {
    verifyInclusion(leafOf(receipt), i, seen.size, path.map(unb64), unb64(seen.root));
  } catch {
    throw changed();
  }
}

async function signed(note: unknown, pins: Pins) {
  try {
    // Until the log grows again, its newest checkpoint carries the signature of an earlier notary key.
    const { origin, size } = readNote(note);
    const old = (pins.olds ?? []).find(({ log }) => log === origin);
    if (old?.below != null && size > old.below) throw changed();
    return await verifyNote(note, unb64(old?.pub ?? pins.notary));
  } catch (error) {
    if (error instanceof KeptError && error.code === 'unavailable') return readNote(note);
    throw changed();
  }
}

/** Two signed checkpoints always have a proof between them, or one of them was never in this log. */
function absent(error: unknown): never {
  throw error instanceof KeptError && error.code === 'not_found' ? changed() : error;
}

function changed() {
  return new KeptError('log_changed');
}
