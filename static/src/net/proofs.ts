/**
 * The public log as this phone sees it: its newest checkpoint against the one seen before, and where the diary's own
 * versions stand in it. Nothing is passed on that does not hold.
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
 * A checkpoint as the server sent it, judged by itself and against the last one this phone saw.
 * @param row as `/v1/log` gives it
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
  // A worker that lags may show an older one; it has to be the beginning of what was seen all the same.
  await checkGrown(api, older, newer);
  return newer;
}

/**
 * Which of the witnesses that the server names have cosigned its log, and how far; null where nobody is named or this
 * browser cannot check. A joined note is held to the log like any other: one that does not belong to it is another log.
 * @param told what `/v1/log` says
 * @param seen the newest checkpoint, already judged
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
 * The witnesses that the server names, as far as they are any.
 * @param told what `/v1/log` says
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
 * The witnesses' lines over a checkpoint of this size, for a pack; none where that is not the one they saw last.
 * @param told what `/v1/log` says
 */
export function cosignaturesOf(told: LogAnswer, size: number): string[] {
  if (told.witnessed?.size !== size) return [];
  const { origin } = readNote(told.witnessed.note);
  const rows = String(told.witnessed.note).split('\n\n')[1]?.trimEnd().split('\n') ?? [];
  return rows.filter((row) => !row.startsWith(`— ${origin} `));
}

/** @returns the path that showed it */
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
 * Where the versions numbered above `after` stand under a checkpoint, page by page, each checked against its receipt.
 * @param receiptOf null for a version this phone has no receipt of any more
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
    // Until the log grows again its newest checkpoint is signed by whichever key was the notary's then.
    const { origin, size } = readNote(note);
    const old = (pins.olds ?? []).find(({ log }) => log === origin);
    if (old?.below != null && size > old.below) throw changed();
    return await verifyNote(note, unb64(old?.pub ?? pins.notary));
  } catch (error) {
    if (error instanceof KeptError && error.code === 'unavailable') return readNote(note);
    throw changed();
  }
}

/** Two checkpoints that were both signed have a proof between them, or one of them was never in this log. */
function absent(error: unknown): never {
  throw error instanceof KeptError && error.code === 'not_found' ? changed() : error;
}

function changed() {
  return new KeptError('log_changed');
}
