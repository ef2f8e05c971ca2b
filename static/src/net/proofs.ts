/**
 * The public log as this phone sees it: its newest checkpoint compared with the last one seen, and the places of the
 * diary's own versions in it. Anything that fails a check is rejected.
 */
import { b64, unb64 } from '../core/bytes.js';
import { COSIGNATURES_LIMIT } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { readNote, verifyCosignatures, verifyNote } from '../ledger/checkpoint.js';
import { leafHash, verifyConsistency, verifyInclusion } from '../ledger/tree.js';
import type { Unchecked } from '../core/encoding.js';
import type { Receipt } from '../crypto/signing.js';
import type { LogResponse, CheckpointRow, NamedWitness, InclusionProof } from './api.js';
import type { SeenCheckpoint, CosignedLog } from '../store/root.js';
import type { ServerLink, Pins } from './push.js';

export type { InclusionProof as Placed } from './api.js';

type ReceiptLookup = (version: string) => Receipt | null | Promise<Receipt | null>;

const NAME_LIMIT = 255;

/**
 * Verify a checkpoint by itself and against the last one this phone saw.
 * @param row as `/v1/log` returns it
 * @throws log_changed, or what the request throws
 */
export async function verifyCheckpoint(
  { api, pins }: ServerLink,
  row: Pick<CheckpointRow, 'note' | 'size'>,
  last: SeenCheckpoint | null,
): Promise<SeenCheckpoint> {
  const signedNote = await verifiedNote(row?.note, pins);
  const checkpoint = { size: signedNote.size, root: b64(signedNote.root), note: String(row.note) };
  if (signedNote.size !== row.size) throw logChanged();
  if (!last) return checkpoint;
  const [older, newer] = last.size <= checkpoint.size ? [last, checkpoint] : [checkpoint, last];
  // A worker that lags may return an older checkpoint; it must still be a prefix of what was seen.
  await verifyGrowth(api, older, newer);
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
export async function countWitnesses(
  link: ServerLink,
  log: LogResponse,
  checkpoint: SeenCheckpoint,
): Promise<CosignedLog | null> {
  const named = witnessesIn(log);
  if (!named.length) return null;
  if (!log.witnessed) return { names: [], named: named.length, size: 0 };
  await verifyCheckpoint(link, log.witnessed, checkpoint);
  try {
    const cosigned = await verifyCosignatures(log.witnessed.note, named);
    return {
      names: cosigned.map(({ witness }) => witness),
      named: named.length,
      size: cosigned.length ? log.witnessed.size : 0,
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
export function witnessesIn(log: Unchecked<LogResponse>): NamedWitness[] {
  const named = Array.isArray(log.witnesses) ? log.witnesses : [];
  return named
    .filter(isWitness)
    .slice(0, COSIGNATURES_LIMIT)
    .map(({ name, pub }: NamedWitness) => ({ name, pub }));
}

function isWitness(candidate: Unchecked<NamedWitness> | null): candidate is NamedWitness {
  return (
    typeof candidate?.name === 'string' &&
    candidate.name.length <= NAME_LIMIT &&
    typeof candidate.pub === 'string' &&
    /^[\w-]{43}$/.test(candidate.pub)
  );
}

/**
 * Return the witnesses' signature lines over a checkpoint of this size, for a pack; none unless it is the last one
 * they saw.
 * @param log response of `/v1/log`
 */
export function cosignaturesOf(log: LogResponse, size: number): string[] {
  if (log.witnessed?.size !== size) return [];
  const { origin } = readNote(log.witnessed.note);
  const rows = String(log.witnessed.note).split('\n\n')[1]?.trimEnd().split('\n') ?? [];
  return rows.filter((row) => !row.startsWith(`— ${origin} `));
}

/** @returns the consistency path */
export async function verifyGrowth(
  api: ServerLink['api'],
  older: SeenCheckpoint,
  newer: SeenCheckpoint,
): Promise<string[]> {
  const path =
    older.size === newer.size ? [] : (await api.consistency(older.size, newer.size).catch(rejectMissing)).path;
  try {
    verifyConsistency(
      { size: older.size, root: unb64(older.root) },
      { size: newer.size, root: unb64(newer.root) },
      path.map(unb64),
    );
  } catch {
    throw logChanged();
  }
  return path;
}

/**
 * Fetch the inclusion proofs of the versions numbered above `afterSeq` page by page. Check each against its receipt.
 * @param receiptOf null for a version whose receipt this phone no longer has
 */
export async function pullProofs(
  { api, diary }: ServerLink,
  checkpoint: SeenCheckpoint,
  afterSeq: number,
  save: (proofs: InclusionProof[], to: number) => Promise<unknown>,
  receiptOf: ReceiptLookup,
) {
  for (;;) {
    const { proofs, to } = await api.proofs(diary, checkpoint.size, afterSeq);
    if (!Array.isArray(proofs) || !Number.isSafeInteger(to)) throw new KeptError('garbage');
    for (const proof of proofs) verifyPlace(proof, checkpoint, await receiptOf(proof.version));
    await save(proofs, to);
    if (to <= afterSeq) return;
    afterSeq = to;
  }
}

function verifyPlace({ i, path }: InclusionProof, checkpoint: SeenCheckpoint, receipt: Receipt | null) {
  if (!receipt) return;
  try {
    verifyInclusion(leafHash(receipt), i, checkpoint.size, path.map(unb64), unb64(checkpoint.root));
  } catch {
    throw logChanged();
  }
}

async function verifiedNote(note: unknown, pins: Pins) {
  try {
    // Until the log grows again, its newest checkpoint carries the signature of an earlier notary key.
    const { origin, size } = readNote(note);
    const earlierKey = (pins.olds ?? []).find(({ log: keyLog }) => keyLog === origin);
    if (earlierKey?.below != null && size > earlierKey.below) throw logChanged();
    return await verifyNote(note, unb64(earlierKey?.pub ?? pins.notary));
  } catch (error) {
    if (error instanceof KeptError && error.code === 'unavailable') return readNote(note);
    throw logChanged();
  }
}

/** Two signed checkpoints always have a proof between them, or one of them was never in this log. */
function rejectMissing(error: unknown): never {
  throw error instanceof KeptError && error.code === 'not_found' ? logChanged() : error;
}

function logChanged() {
  return new KeptError('log_changed');
}
