/**
 * Uploads and downloads of sealed file parts. Both resume where they stopped: the server lists the parts it has, and
 * the phone stores each part as it arrives.
 *
 * The catalogue of a blob lies at `b/<blob>`: {n, size, digest|null, have: true|[i…], kept: bool}; its parts at
 * `p/<blob>/<i>`. `kept` means that the server has all of it, as it confirmed by accepting the digest of the parts.
 * `digest` is null for a blob that another device sealed; it is computed if this phone has to send the blob after the
 * server was restored to an earlier day.
 */
import { b64 } from '../core/bytes.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import type { Change } from '../store/pending.js';
import type { RequestFunction } from './http.js';
import type { ServerLink } from './push.js';

export type BlobCatalogue = { n: number; size: number; digest: string | null; have: true | number[]; kept: boolean };

/** What sending a file uses of the server and the store. */
type UploadLink = {
  api: Pick<ServerLink['api'], 'declareBlob' | 'putPart' | 'completeBlob'>;
  store: Pick<ServerLink['store'], 'read' | 'readJson'>;
  diary: string;
};

/** `shouldStop` is asked after each part. A transfer that stops continues there the next time. */
type Transfer = { onPart?: (done: number, total: number) => void; shouldStop?: () => boolean };

const SLOW_TIMEOUT = 120_000;

export function partName(blob: string, i: number) {
  return `p/${blob}/${i}`;
}

/**
 * Upload every part of a blob that the server lacks.
 * @returns whether the server has all of it now
 * @throws what the request throws; nothing on this phone changes then
 */
export async function uploadBlob(
  { api, store, diary }: UploadLink,
  blob: string,
  { onPart = () => undefined, shouldStop = () => false }: Transfer = {},
): Promise<boolean> {
  const catalogue = await store.readJson<BlobCatalogue>(`b/${blob}`);
  if (!catalogue) throw new KeptError('store_lost');
  const { have, complete } = await api.declareBlob(diary, blob, { parts: catalogue.n, size: catalogue.size });
  if (complete) return true;
  const uploaded = new Set(have);
  for (let i = 0; i < catalogue.n; i++) {
    const isMissing = !uploaded.has(i);
    if (isMissing) await uploadPart({ api, store, diary }, blob, i);
    onPart(i + 1, catalogue.n);
    if (isMissing && i + 1 < catalogue.n && shouldStop()) return false;
  }
  await api.completeBlob(diary, blob, catalogue.digest ?? (await digestOfParts(store, blob, catalogue.n)));
  return true;
}

/**
 * Return the digest of the stored parts, base64.
 * @throws store_lost
 */
async function digestOfParts(store: UploadLink['store'], blob: string, n: number): Promise<string> {
  const digests = [];
  for (let i = 0; i < n; i++) {
    const part = await store.read(partName(blob, i));
    if (!part) throw new KeptError('store_lost');
    digests.push(b64(await sha256(part.bytes)));
  }
  return b64(await sha256(canonicalBytes(digests)));
}

/** Return the three requests that send one file with its ticket and without a session. */
export function ticketUploads(request: RequestFunction, diary: string, blob: string, ticket: string) {
  const path = `/v1/diaries/${diary}/blobs/${blob}`;
  return {
    declare: (sizes: { parts: number; size: number }): Promise<{ have: number[]; complete: boolean }> =>
      request({ path, method: 'PUT', json: sizes, ticket }),
    putPart: (i: number, sealed: Uint8Array) =>
      request({
        path: `${path}/parts/${i}`,
        method: 'PUT',
        bytes: sealed,
        expect: 'nothing',
        timeout: SLOW_TIMEOUT,
        ticket,
      }),
    complete: (digest: string) =>
      request({ path: `${path}/complete`, method: 'POST', json: { digest }, expect: 'nothing', ticket }),
  };
}

async function uploadPart({ api, store, diary }: UploadLink, blob: string, i: number) {
  const part = await store.read(partName(blob, i));
  if (!part) throw new KeptError('store_lost');
  await api.putPart(diary, blob, i, part.bytes);
}

/**
 * Drop a damaged part so that it is fetched again; only for a blob that the server has completely.
 * @param catalogue content of `b/<blob>`
 * @param length of the damaged part
 */
export function dropPart(change: Change, catalogue: BlobCatalogue, blob: string, i: number, length: number) {
  const have = (catalogue.have === true ? [...Array(catalogue.n).keys()] : catalogue.have).filter(
    (number) => number !== i,
  );
  change.drop(partName(blob, i));
  change.putJson(`b/${blob}`, { ...catalogue, size: catalogue.size - length, have });
}

/**
 * Ask the server whether it has all of a blob.
 * @param n number of parts it must have
 * @throws not_there_yet when another device has not finished sending it, feed_altered for another number of parts
 */
export async function requireComplete({ api, diary }: Pick<ServerLink, 'api' | 'diary'>, blob: string, n: number) {
  const status = await api.blob(diary, blob).catch((error) => {
    throw error instanceof KeptError && error.code === 'not_found' ? new KeptError('not_there_yet') : error;
  });
  if (!status.complete) throw new KeptError('not_there_yet');
  if (status.parts !== n) throw new KeptError('feed_altered');
}

/**
 * Fetch the parts of a blob that this phone lacks; store each one as it arrives.
 * @param n number of parts it must have
 * @returns whether this phone has all of it now
 * @throws not_there_yet when another device has not finished sending it
 */
export async function downloadBlob(
  { api, store, diary }: ServerLink,
  blob: string,
  n: number,
  { onPart = () => undefined, shouldStop = () => false }: Transfer = {},
): Promise<boolean> {
  const catalogue = await store.readJson<BlobCatalogue>(`b/${blob}`);
  if (catalogue?.have === true) return true;
  await requireComplete({ api, diary }, blob, n);
  const have = new Set(catalogue ? (catalogue.have as number[]) : []);
  let size = catalogue?.size ?? 0;
  for (let i = 0; i < n; i++) {
    if (!have.has(i)) {
      const bytes = await api.part(diary, blob, i);
      have.add(i);
      size += bytes.length;
      await store.change(
        (_root, change) => {
          change.put(partName(blob, i), { k: 'part' }, bytes);
          change.putJson(`b/${blob}`, { n, size, digest: null, have: have.size === n ? true : [...have], kept: true });
        },
        { bulky: true },
      );
    }
    onPart(i + 1, n);
    if (have.size < n && shouldStop()) return false;
  }
  return true;
}
