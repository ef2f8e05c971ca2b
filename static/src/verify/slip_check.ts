/**
 * Checks what can come beside a pack: receipt-slip.json and pack.tsr. The twin of diary/pack/verify/slip_check.py,
 * which explains what they show.
 */
import { hex, unhex, utf8 } from '../core/bytes.js';
import {
  BESIDE_PACK_LIMIT,
  CANONICAL_LIMIT_BYTES,
  PACK_TIME_TOLERANCE_MS,
  TIMESTAMP_LIMIT_BYTES,
} from '../core/constants.js';
import { isTokenOver, verifyToken } from '../ledger/timestamps.js';
import { integerOf, objectOf, textOf } from '../record/reading.js';
import { PACK_STATEMENT } from '../pack/signature.js';
import { SHA256_LIST } from './bag_check.js';
import { judgeExportProof, NO_EXPORT } from './export_check.js';
import { findingFor } from './findings.js';
import { isIncluded, verifySigned } from './log_check.js';
import { readWhole } from './pack_reader.js';
import { baseName, STAMP } from './pack_root.js';
import { readObject } from './proof_check.js';
import type { Bytes } from '../core/bytes.js';
import type { NotaryKey } from '../ledger/statements.js';
import type { Fields } from '../record/reading.js';
import type { ExportCheck } from './export_check.js';
import type { Finding } from './findings.js';
import type { OpenedPack, Source } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

/** Find what is wrong with the slips given with a pack, and when a server first received the record of it. */
export async function checkSlips(pack: OpenedPack, proofs: Proofs, keys: readonly NotaryKey[]): Promise<ExportCheck> {
  const findings: Finding[] = [];
  const times: number[] = [];
  const { judged, further } = splitBeside(pack, false);
  for (const { name, source } of judged) {
    const raw = await readBeside(source, CANONICAL_LIMIT_BYTES);
    const checked = await checkSlip(name, raw, pack, proofs, keys);
    findings.push(...checked.findings);
    if (checked.receivedAt !== null) times.push(checked.receivedAt);
  }
  findings.push(...further.map(({ name }) => findingFor('slip', name)));
  return { findings, isPresent: times.length > 0, receivedAt: times.length ? Math.min(...times) : null };
}

/**
 * Split the timestamps beside a pack, or the slips: those to judge, the first by their names, and the others. Each
 * takes a while, and a forger's zip may have thousands.
 */
function splitBeside({ beside }: OpenedPack, stamps: boolean) {
  const files = beside
    .filter(({ name }) => STAMP.test(baseName(name)) === stamps)
    .map((file) => ({ ...file, order: hex(utf8(file.name)) })) // the order of UTF-16 is another one than Python's
    .sort((one, other) => Number(one.order > other.order) - Number(one.order < other.order));
  return { judged: files.slice(0, BESIDE_PACK_LIMIT), further: files.slice(BESIDE_PACK_LIMIT) };
}

async function checkSlip(
  member: string,
  raw: Uint8Array,
  pack: OpenedPack,
  proofs: Proofs,
  keys: readonly NotaryKey[],
): Promise<ExportCheck> {
  const invalid = { ...NO_EXPORT, findings: [findingFor('slip', member)] };
  const slip = readObject(raw);
  if (!slip || Object.keys(slip).sort().join() !== 'log,proof,t' || slip.t !== 'slip/v1') return invalid;
  const [proof, log] = [objectOf(slip, 'proof'), objectOf(slip, 'log')];
  if (
    slip.log !== null &&
    (Object.keys(log).sort().join() !== 'i,note,path,size' || !(await isInLog(log, proof, keys)))
  )
    return invalid;
  const index = integerOf(log, 'i');
  const places = new Map(index === null ? [] : [[textOf(proof, 'version'), index]]);
  const checked = await judgeExportProof('slip', member, proof, pack, proofs, keys, places);
  return checked.findings.length || checked.receivedAt !== null ? checked : invalid;
}

/** Return whether the receipt is a leaf under a signed checkpoint. */
async function isInLog(log: Fields, proof: Fields, keys: readonly NotaryKey[]) {
  const checkpoint = await verifySigned(new TextEncoder().encode(textOf(log, 'note')), keys).catch(() => null);
  const signed = new Map(checkpoint ? [[checkpoint.size, checkpoint]] : []);
  return isIncluded(log, objectOf(proof, 'receipt'), signed);
}

/**
 * Find what is wrong with the timestamps given with a pack, and the earliest valid time. The certificates in a
 * timestamp are not trusted by themselves.
 * @param roots PEM
 */
export async function checkPackStamps(
  pack: OpenedPack,
  roots: readonly string[],
): Promise<{ findings: Finding[]; stampedAt: number | null }> {
  const findings: Finding[] = [];
  const times: number[] = [];
  const digest = unhex(pack.digests.get(SHA256_LIST)?.sha256 ?? '');
  const madeAt = integerOf(readObject(await pack.read(PACK_STATEMENT)) ?? {}, 'made_at') ?? 0;
  const { judged, further } = splitBeside(pack, true);
  for (const { name, source } of judged) {
    const tsr = await readBeside(source, TIMESTAMP_LIMIT_BYTES);
    if (!isTokenOver(tsr, digest)) findings.push(findingFor('stamp', name));
    else if (!roots.length) findings.push(findingFor('stamp_root', name));
    else {
      try {
        const time = await verifyToken(tsr, digest, roots);
        times.push(time);
        if (time < madeAt - PACK_TIME_TOLERANCE_MS) findings.push(findingFor('pack_time', name));
      } catch {
        findings.push(findingFor('stamp', name));
      }
    }
  }
  findings.push(...further.map(({ name }) => findingFor('stamp', name)));
  return { findings, stampedAt: times.length ? Math.min(...times) : null };
}

/** Return a file; nothing for one that is too large or cannot be read, which is then malformed. */
async function readBeside(source: Source, limit: number): Promise<Bytes> {
  try {
    return source.size <= limit ? await readWhole(source) : new Uint8Array(0);
  } catch {
    return new Uint8Array(0);
  }
}
