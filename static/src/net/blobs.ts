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
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import type { Change } from '../store/pending.js';
import type { Request } from './http.js';
import type { Link } from './push.js';

export type BlobFacts = { n: number; size: number; digest: string | null; have: true | number[]; kept: boolean };

const SLOW = 120_000;

export function partName(blob: string, i: number) {
  return `p/${blob}/${i}`;
}

/**
 * Upload every part of a blob that the server lacks.
 * @throws what the request throws; nothing on this phone changes then
 */
export async function uploadBlob(
  { api, store, diary }: Link,
  blob: string,
  onPart: (done: number, total: number) => void = () => undefined,
) {
  const known = await store.readJson<BlobFacts>(`b/${blob}`);
  if (!known) throw new KeptError('store_lost');
  const { have, complete } = await api.declareBlob(diary, blob, { parts: known.n, size: known.size });
  if (complete) return;
  const there = new Set(have);
  for (let i = 0; i < known.n; i++) {
    if (!there.has(i)) await uploadPart({ api, store, diary }, blob, i);
    onPart(i + 1, known.n);
  }
  await api.completeBlob(diary, blob, known.digest ?? (await digestOf(store, blob, known.n)));
}

/**
 * Return the digest of the stored parts, base64.
 * @throws store_lost
 */
async function digestOf(store: Link['store'], blob: string, n: number): Promise<string> {
  const digests = [];
  for (let i = 0; i < n; i++) {
    const part = await store.read(partName(blob, i));
    if (!part) throw new KeptError('store_lost');
    digests.push(b64(await sha256(part.bytes)));
  }
  return b64(await sha256(canon(digests)));
}

/** Return the three requests that send one file with its ticket and without a session. */
export function withTicket(request: Request, diary: string, blob: string, ticket: string) {
  const path = `/v1/diaries/${diary}/blobs/${blob}`;
  return {
    declare: (sizes: { parts: number; size: number }): Promise<{ have: number[]; complete: boolean }> =>
      request({ path, method: 'PUT', json: sizes, ticket }),
    putPart: (i: number, sealed: Uint8Array) =>
      request({ path: `${path}/parts/${i}`, method: 'PUT', bytes: sealed, want: 'nothing', timeout: SLOW, ticket }),
    complete: (digest: string) =>
      request({ path: `${path}/complete`, method: 'POST', json: { digest }, want: 'nothing', ticket }),
  };
}

async function uploadPart({ api, store, diary }: Pick<Link, 'api' | 'store' | 'diary'>, blob: string, i: number) {
  const part = await store.read(partName(blob, i));
  if (!part) throw new KeptError('store_lost');
  await api.putPart(diary, blob, i, part.bytes);
}

/**
 * Drop a damaged part so that it is fetched again; only for a blob that the server has completely.
 * @param catalogue content of `b/<blob>`
 * @param length of the damaged part
 */
export function dropPart(change: Change, known: BlobFacts, blob: string, i: number, length: number) {
  const have = (known.have === true ? [...Array(known.n).keys()] : known.have).filter((one) => one !== i);
  change.drop(partName(blob, i));
  change.putJson(`b/${blob}`, { ...known, size: known.size - length, have });
}

/**
 * Fetch the parts of a blob that this phone lacks; store each one as it arrives.
 * @param n number of parts it must have
 * @throws not_there_yet when another device has not finished sending it
 */
export async function downloadBlob(
  { api, store, diary }: Link,
  blob: string,
  n: number,
  onPart: (done: number, total: number) => void = () => undefined,
) {
  const known = await store.readJson<BlobFacts>(`b/${blob}`);
  if (known?.have === true) return;
  const there = await api.blob(diary, blob).catch((error) => {
    throw error instanceof KeptError && error.code === 'not_found' ? new KeptError('not_there_yet') : error;
  });
  if (!there.complete) throw new KeptError('not_there_yet');
  if (there.parts !== n) throw new KeptError('feed_altered');
  const have = new Set(known ? (known.have as number[]) : []);
  let size = known?.size ?? 0;
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
  }
}
