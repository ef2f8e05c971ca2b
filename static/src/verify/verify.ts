/**
 * Checks a pack: every finding, in the order of the checks. No network, nothing kept, nothing trusted. The twin of
 * diary/pack/verify/verifier.py, and held to it: tests/pack/test_verify_page.py runs both on the same packs.
 */
import { b64, hex, unb64 } from '../core/bytes.js';
import { READ_FIRST_LIMIT_BYTES } from '../core/constants.js';
import { sha256 } from '../crypto/digests.js';
import { packFingerprint, PACK_STATEMENT } from '../pack/signature.js';
import { objectOf } from '../record/reading.js';
import { checkBag, SHA256_LIST } from './bag_check.js';
import { checkExhibits } from './exhibits.js';
import { checkExport, NO_EXPORT } from './export_check.js';
import { findingFor } from './findings.js';
import {
  checkLog,
  hasStamps,
  readCheckpoints,
  readLogPart,
  countCosigned,
  placesInLog,
  trustedKeys,
  hasStatements,
} from './log_check.js';
import { checkNarratives } from './narratives.js';
import { firstReceivedAt, packStatus } from './pack_status.js';
import { absentParts, checkPortalList } from './portal_check.js';
import { checkPrepared } from './prepared_check.js';
import { checkProofs, keyBytes, isNeverReceived, readProofs, receiptsOf, shortKeys } from './proof_check.js';
import { checkRecord, readRecord } from './record_check.js';
import { checkCompleteness } from './completeness.js';
import { checkTableCopies } from './table_check.js';
import { checkPackStamps, checkSlips } from './slip_check.js';
import { checkSignature } from './signature_check.js';
import type { Bytes } from '../core/bytes.js';
import type { LogWitness } from '../ledger/checkpoint.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

/** B64 and PEM, from outside the pack */
export type TrustAnchors = {
  notary: string | null;
  instance: string | null;
  roots: readonly string[];
  witnesses?: readonly LogWitness[];
};
export type CheckReport = {
  findings: Finding[];
  counts: {
    files: number;
    bytes: number;
    proofs: number;
    receipts: number;
    placed: number;
    stamps: boolean;
    alone: boolean;
    seen: number;
    witnesses: number;
  };
  keys: { author: string; log: string };
  /** six groups of digits that people compare; '' without the whole pack's list */
  fingerprint: string;
  /** key of the sentences in diary/pack/verify/pack_status.py */
  status: string;
  /** when the server received the diary's record of the pack, ms */
  receivedAt: number | null;
  /** when the server received the first of the versions, ms */
  firstReceivedAt: number | null;
  /** when an outside authority stamped the pack's list of files, ms */
  stampedAt: number | null;
  /** whether a zip of a portal set is missing, so that only the files were compared with their list */
  isIncomplete: boolean;
};

const TRAINING = 'TRAINING. Nothing in this pack happened to anybody.';

/** Return everything that is wrong with an opened pack. */
export async function checkPack(
  pack: OpenedPack,
  { notary, instance, roots, witnesses = [] }: TrustAnchors,
  onStep: (step: string) => void = () => undefined,
): Promise<CheckReport> {
  onStep('lists');
  if ((await absentParts(pack)).size) return reportIncompleteSet(pack);
  const allFindings: Finding[] = [
    ...(pack.alone ? [findingFor('servable_only')] : []),
    ...pack.findings,
    ...(await (pack.isPortalSet ? checkPortalList(pack) : checkBag(pack))),
    ...checkCompleteness(pack),
  ];
  onStep('entries');
  const proofs = await readProofs(pack);
  allFindings.push(...proofs.findings);
  const logPart = await readLogPart(pack);
  const notaryKey = notary === null ? keyBytes(proofs.keys, 'notary') : unb64(notary);
  const { keys, findings } = await keysToTrust(logPart, proofs, notaryKey, instance);
  const { checkpoints, findings: checkpointFindings } = await readCheckpoints(pack, logPart, keys);
  const receipts = receiptsOf(proofs);
  const placed = placesInLog(logPart, checkpoints, receipts);
  allFindings.push(...findings, ...checkpointFindings, ...(await checkProofs(proofs, keys, placed)));
  onStep('log');
  allFindings.push(...(await checkLog(pack, logPart, checkpoints, placed, roots)));
  const { cosigned, findings: cosignatureFindings } = await countCosigned(checkpoints, witnesses);
  allFindings.push(...cosignatureFindings);
  onStep('record');
  const [inPack, slip] = [await checkExport(pack, proofs, keys), await checkSlips(pack, proofs, keys)];
  const exported = inPack.receivedAt === null && slip.isPresent ? slip : inPack;
  const { findings: stampFindings, stampedAt } = await checkPackStamps(pack, roots);
  allFindings.push(
    ...(await checkRecord(pack, proofs)),
    ...(await checkPrepared(pack, proofs)),
    ...(await checkSignature(pack, proofs)),
    ...inPack.findings,
    ...slip.findings,
    ...stampFindings,
    ...(await checkExhibits(pack, proofs)),
    ...(await checkNarratives(pack, proofs)),
    ...(await checkTableCopies(pack)),
  );
  if (await isTraining(pack)) allFindings.push(findingFor('training'));
  if (isNeverReceived(proofs.keys)) allFindings.push(findingFor('never_received'));
  else if (notary === null && (instance === null || findings.length > 0 || !hasStatements(logPart)))
    allFindings.push(findingFor('keys_from_pack'));
  if (roots.length && !hasStamps(logPart)) allFindings.push(findingFor('no_timestamps'));
  if (hasStamps(logPart) && !roots.length) allFindings.push(findingFor('roots_from_pack'));
  return {
    findings: deduplicate(allFindings),
    keys: shortKeys(proofs.keys),
    fingerprint: await fingerprintOf(pack),
    status: packStatus(allFindings, exported),
    receivedAt: allFindings.some(({ code }) => code === 'wrong_notary') ? null : exported.receivedAt,
    firstReceivedAt: firstReceivedAt(proofs, allFindings),
    stampedAt,
    isIncomplete: false,
    counts: {
      files: pack.digests.size,
      bytes: bytesOf(pack),
      proofs: proofs.primary.size,
      receipts: receipts.size,
      placed: placed.size,
      stamps: hasStamps(logPart),
      alone: pack.alone,
      seen: cosigned,
      witnesses: witnesses.length,
    },
  };
}

const bytesOf = (pack: OpenedPack) => [...pack.digests.values()].reduce((sum, { size }) => sum + size, 0);

/**
 * Report on a portal set without one of its zips. The keys are in a zip: each further check would call a sound file
 * forged, because what it is compared with is absent.
 */
async function reportIncompleteSet(pack: OpenedPack): Promise<CheckReport> {
  const isSigned = [...pack.digests.keys(), ...pack.findings.map(({ member }) => member)].includes(PACK_STATEMENT);
  const findings = [
    ...pack.findings,
    ...(await checkPortalList(pack)),
    ...(isSigned ? [] : [findingFor('not_signed')]),
  ];
  return {
    findings: deduplicate(findings),
    keys: { author: '', log: '' },
    fingerprint: await fingerprintOf(pack),
    status: packStatus(findings, NO_EXPORT),
    receivedAt: null,
    firstReceivedAt: null,
    stampedAt: null,
    isIncomplete: true,
    counts: {
      files: pack.digests.size,
      bytes: bytesOf(pack),
      proofs: 0,
      receipts: 0,
      placed: 0,
      stamps: false,
      alone: false,
      seen: 0,
      witnesses: 0,
    },
  };
}

/**
 * Return the notary keys to check with. Of a pack of another server it can be said whether its parts agree, and no
 * more: one finding says so, instead of one for each receipt.
 */
async function keysToTrust(
  logPart: Awaited<ReturnType<typeof readLogPart>>,
  proofs: Proofs,
  notaryKey: Bytes,
  instance: string | null,
) {
  const trusted = await trustedKeys(logPart, notaryKey, instance);
  const ownKey = keyBytes(proofs.keys, 'notary');
  if (trusted.keys.some(({ pub }) => pub === b64(ownKey))) return trusted;
  return { keys: (await trustedKeys(logPart, ownKey, null)).keys, findings: [findingFor('wrong_notary')] };
}

/**
 * Return whether the pack is marked as made up: in READ-FIRST, or in its record where that is here. Without a list that
 * covers READ-FIRST, anyone could have written there that a real pack is made up.
 */
async function isTraining(pack: OpenedPack) {
  const isCovered = pack.digests.has(SHA256_LIST);
  const isMarked = new TextDecoder('latin1')
    .decode((await pack.read('data/00_READ-FIRST.txt'))?.subarray(0, READ_FIRST_LIMIT_BYTES) ?? new Uint8Array(0))
    .startsWith(TRAINING);
  return (isCovered && isMarked) || objectOf(await readRecord(pack), 'pack').training === true;
}

async function fingerprintOf(pack: OpenedPack) {
  const list = await pack.read(SHA256_LIST);
  return list ? packFingerprint(hex(await sha256(list))) : '';
}

/** Remove duplicates, in the order of finding. */
function deduplicate(allFindings: readonly Finding[]) {
  return [...new Map(allFindings.map((finding) => [`${finding.code} ${finding.member}`, finding])).values()];
}
