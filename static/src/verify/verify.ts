/**
 * Checks a pack: every finding, in the order of the checks. No network, nothing kept, nothing trusted. The twin of
 * diary/pack/verify.py, and held to it: tests/pack/test_verify_page.py runs both on the same packs.
 */
import { unb64 } from '../core/bytes.js';
import { objectOf } from '../record/reading.js';
import { checkBag } from './bag_check.js';
import { checkExhibits } from './exhibits.js';
import { find } from './findings.js';
import {
  checkLog,
  hasStamps,
  readCheckpoints,
  readLogPart,
  seenIn,
  standing,
  trustedKeys,
  vouched,
} from './log_check.js';
import { checkNarratives } from './narratives.js';
import { checkPrepared } from './prepared_check.js';
import { checkProofs, keyIn, neverReceived, objectIn, readProofs, receiptsOf, shortOf } from './proof_check.js';
import { RECORD, checkRecord } from './record_check.js';
import { checkWhole } from './completeness.js';
import type { LogWitness } from '../ledger/checkpoint.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

/** B64 and PEM, from outside the pack */
export type Anchors = {
  notary: string | null;
  instance: string | null;
  roots: readonly string[];
  witnesses?: readonly LogWitness[];
};
export type Judged = {
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
};

const TRAINING = 'TRAINING. Nothing in this pack happened to anybody.';

/** Return everything that is wrong with an opened pack. */
export async function judge(
  pack: OpenedPack,
  { notary, instance, roots, witnesses = [] }: Anchors,
  onStep: (step: string) => void = () => undefined,
): Promise<Judged> {
  onStep('lists');
  const found: Finding[] = [
    ...(pack.alone ? [find('servable_only')] : []),
    ...pack.findings,
    ...(await checkBag(pack)),
    ...checkWhole(pack),
  ];
  onStep('entries');
  const proofs = await readProofs(pack);
  found.push(...proofs.findings);
  const part = await readLogPart(pack);
  const own = notary === null ? keyIn(proofs.keys, 'notary') : unb64(notary);
  const { keys, findings } = await trustedKeys(part, own, instance);
  const { read, findings: unread } = await readCheckpoints(pack, part, keys);
  const receipts = receiptsOf(proofs);
  const shown = standing(part, read, receipts);
  found.push(...findings, ...unread, ...(await checkProofs(proofs, keys, shown)));
  onStep('log');
  found.push(...(await checkLog(pack, part, read, shown, roots)));
  const { seen, findings: forged } = await seenIn(read, witnesses);
  found.push(...forged);
  onStep('record');
  found.push(
    ...(await checkRecord(pack, proofs)),
    ...(await checkPrepared(pack, proofs)),
    ...(await checkExhibits(pack, proofs)),
    ...(await checkNarratives(pack, proofs)),
  );
  if (await isTraining(pack)) found.push(find('training'));
  if (neverReceived(proofs.keys)) found.push(find('never_received'));
  else if (notary === null && (instance === null || !vouched(part))) found.push(find('keys_from_pack'));
  if (roots.length && !hasStamps(part)) found.push(find('no_timestamps'));
  if (hasStamps(part) && !roots.length) found.push(find('roots_from_pack'));
  const bytes = [...pack.digests.values()].reduce((sum, { size }) => sum + size, 0);
  return {
    findings: unlike(found),
    keys: shortOf(proofs.keys),
    counts: {
      files: pack.digests.size,
      bytes,
      proofs: proofs.told.size,
      receipts: receipts.size,
      placed: shown.size,
      stamps: hasStamps(part),
      alone: pack.alone,
      seen,
      witnesses: witnesses.length,
    },
  };
}

/** Return whether the pack is marked as made up: in READ-FIRST, or in its record where that is here. */
async function isTraining(pack: OpenedPack) {
  const first = new TextDecoder('latin1')
    .decode((await pack.read('data/00_READ-FIRST.txt')) ?? new Uint8Array(0))
    .startsWith(TRAINING);
  const raw = await pack.read(RECORD);
  const record = raw ? objectIn(raw.at(-1) === 10 ? raw.subarray(0, -1) : raw) : null;
  return first || objectOf(record ?? {}, 'pack').training === true;
}

/** Remove duplicates, in the order of finding. */
function unlike(found: readonly Finding[]) {
  return [...new Map(found.map((one) => [`${one.code} ${one.member}`, one])).values()];
}
