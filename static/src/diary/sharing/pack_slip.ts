/**
 * What can be saved beside a pack after it was made (docs/pack.md, "Beside the pack"): the receipt of its record, where
 * it came late, and a timestamp over the digest of its list of files. The server learns that digest and nothing else.
 */
import { b64, unb64, unhex } from '../../core/bytes.js';
import { canonicalBytes, parseCanonical } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { verifyStamp } from '../../ledger/timestamps.js';
import { packedVersion } from '../../pack/capsule.js';
import { exportProof } from '../../pack/proofs.js';
import { textOf } from '../../record/reading.js';
import { storedLog } from '../sync/log.js';
import { readVersions } from './pack_sources.js';
import type { DiaryVersion } from '../../pack/diary_version.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Open } from '../types.js';

type BesideFile = { name: string; file: Blob };

/**
 * Return the files for a pack; none where the server has not confirmed its record and gives no timestamp.
 * @param record that of the pack in the diary
 */
export async function readBesideFiles(open: Open, record: string): Promise<BesideFile[]> {
  const [version] = await readVersions(open, record);
  if (!version) throw new KeptError('store_lost');
  const digest = unhex(textOf(version.open?.fields ?? {}, 'manifest_sha256'));
  return [...(await buildSlip(open, version)), ...(await requestStamp(open, digest))];
}

async function buildSlip(open: Open, version: DiaryVersion): Promise<BesideFile[]> {
  const proof = parseCanonical(exportProof(packedVersion(version, new Map()))) as JsonObject;
  if (proof.receipt === null) return [];
  const log = await storedLog(open, new Map([[version.version, proof.receipt]]));
  const place = log?.proofs.find((row) => row.version === version.version);
  const checkpoint = log?.checkpoints.find(({ size }) => size === place?.size);
  const slip = {
    log: place && checkpoint ? { i: place.i, note: checkpoint.note, path: [...place.path], size: place.size } : null,
    proof,
    t: 'slip/v1',
  };
  return [{ name: 'receipt-slip.json', file: new Blob([canonicalBytes(slip)]) }];
}

/** A server without an authority, or one that gives what is no timestamp of this pack, leaves the file out. */
async function requestStamp(open: Open, digest: Uint8Array): Promise<BesideFile[]> {
  const link = open.syncing.link();
  if (!link) return [];
  try {
    const stamp = await link.api.stamp(b64(digest));
    await verifyStamp(stamp, digest);
    return [{ name: 'pack.tsr', file: new Blob([unb64(stamp.tsr)]) }];
  } catch (error) {
    if (error instanceof KeptError) return [];
    throw error;
  }
}
