/**
 * Builds the finished pack from the checked front part and the files as received: docs/pack.md; the twin of
 * diary/pack/bag/archive.py.
 *
 * [Note: quarantine] Nothing is handed out before it is complete. Each file as received is opened part by part from
 * the phone's own sealed parts and hashed as it is written. The caller gets the zip only when every digest is the one
 * the diary committed to. Until then it is a list of Blobs nobody else holds, or a file without a name (targets.js).
 */
import { hex, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { incrementalDigest, sha256 } from '../crypto/digests.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { bagInfo, BAGIT, manifest, SERVABLE_MANIFEST } from './bag.js';
import { rowsOf } from './proofs.js';
import { hasRestrictedPart } from './recipients.js';
import { EXPORT_PROOF, packFacts, partsOf, PACK_STATEMENT, SERVABLE_STATEMENT } from './signature.js';
import { BlobTarget } from './targets.js';
import { ZipWriter } from './zip.js';
import type { JsonObject } from '../core/encoding.js';
import type { SignPack } from './signature.js';
import type { Target } from './targets.js';

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
/** Hex */
type Digests = { sha256: string; sha512: string; size: number };
export type AssembleOptions = {
  /** an exhibit's bytes as received */
  openReceived: (exhibit: JsonObject) => Chunks;
  /** bytes written */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** where to write; default: a Blob */
  target?: Target;
  /** false leaves out everything but the servable part; by default the recipient decides */
  restricted?: boolean;
  sign: SignPack;
  /** records the pack in the diary and returns pack-export.json; absent where nobody can write to the diary */
  recordExport?: RecordExport;
};
/** @param manifest SHA-256 of the list of files, hex */
export type RecordExport = (manifest: string) => Promise<Uint8Array>;
/** `file` is null when the pack was written to the chosen file; `manifest`: the SHA-256 of manifest-sha256.txt, hex */
type AssembledPack = { file: Blob | null; manifest: string };

const RESTRICTED_FOLDER = 'data/restricted/';

/** Return whether a file of a pack is in its restricted part. */
export const isRestricted = (name: string): boolean => name.startsWith(RESTRICTED_FOLDER);

/**
 * Build the pack.
 * @param front checked
 * @throws `pack_failed` naming the file that differs, `cancelled` when aborted; nothing is left of the pack then
 */
export async function assemble(
  capsule: JsonObject,
  front: ReadonlyMap<string, Uint8Array>,
  options: AssembleOptions,
): Promise<AssembledPack> {
  const target = options.target ?? new BlobTarget();
  try {
    return await writePack(capsule, front, { ...options, target });
  } catch (error) {
    await target.drop();
    throw error;
  }
}

async function writePack(
  capsule: JsonObject,
  front: ReadonlyMap<string, Uint8Array>,
  {
    openReceived,
    onProgress,
    signal,
    target,
    restricted: asked,
    sign,
    recordExport,
  }: AssembleOptions & { target: Target },
): Promise<AssembledPack> {
  const pack = objectOf(capsule, 'pack');
  const restricted = asked ?? hasRestrictedPart(textOf(pack, 'profile'));
  const servableManifest = front.get(SERVABLE_MANIFEST) as Uint8Array;
  const ownFiles = new Map(front).set(
    SERVABLE_STATEMENT,
    await sign(packFacts('servable/v1', pack, hex(await sha256(servableManifest)))),
  );
  const receivedFiles = new Map(
    restricted ? rowsOf(capsule, 'exhibits').map((exhibit) => [receivedName(exhibit), exhibit]) : [],
  );
  const names = [...ownFiles.keys(), ...receivedFiles.keys()]
    .filter((name) => restricted || !isRestricted(name))
    .sort();
  const sizes = names.map(
    (name) => ownFiles.get(name)?.length ?? integerOf(receivedFiles.get(name) ?? {}, 'size') ?? 0,
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const bag = new Bag(new ZipWriter(target), textOf(pack, 'folder'), signal, (done) => onProgress?.(done, total));
  await bag.addTag('bag-info.txt', utf8(bagInfo(pack, total, names.length)));
  await bag.addTag('bagit.txt', utf8(BAGIT));
  for (const name of names) {
    const exhibit = receivedFiles.get(name);
    const digests = await bag.addPayload(name, exhibit ? openReceived(exhibit) : [ownFiles.get(name) as Uint8Array]);
    if (exhibit) checkReceived(name, exhibit, digests);
  }
  const { sha256: listDigest } = await bag.addTag('manifest-sha256.txt', utf8(manifest(bag.payloads, 'sha256')));
  const { sha512: manifest512 } = await bag.addTag('manifest-sha512.txt', utf8(manifest(bag.payloads, 'sha512')));
  if (recordExport) await bag.addTag(EXPORT_PROOF, await recordExport(listDigest));
  const facts = { ...packFacts('pack/v1', pack, listDigest), manifest512, parts: partsOf(bag.payloads.keys()) };
  await bag.addTag(PACK_STATEMENT, await sign(facts));
  await bag.addTag('tagmanifest-sha256.txt', utf8(manifest(bag.tags, 'sha256')));
  return { file: await bag.zip.finish(), manifest: listDigest };
}

/**
 * Return the path of a file as received. Mail is apart because gateways treat it apart, orders because they print
 * addresses.
 */
export function receivedName(exhibit: JsonObject): string {
  const file = textOf(exhibit, 'file');
  const folder = exhibit.order === true ? '09_RESTRICTED_orders' : '13_exhibits-as-received';
  return `data/restricted/${file.endsWith('.eml') ? '13_mail' : folder}/${file}`;
}

function checkReceived(name: string, exhibit: JsonObject, actual: Digests) {
  const isMatch = actual.sha256 === exhibit.sha256 && actual.sha512 === exhibit.sha512 && actual.size === exhibit.size;
  if (!isMatch)
    throw new KeptError(
      'pack_failed',
      `${name} is not the file that was added, so the pack was thrown away. Nothing was lost.`,
    );
}

/** A bag being written: the zip, and the digests its manifests will list. */
class Bag {
  zip: ZipWriter;
  folder: string;
  signal: AbortSignal | undefined;
  onProgress: (done: number) => void;

  payloads: Map<string, Digests> = new Map();
  tags: Map<string, Digests> = new Map();
  #done = 0;

  constructor(zip: ZipWriter, folder: string, signal: AbortSignal | undefined, onProgress: (done: number) => void) {
    this.zip = zip;
    this.folder = folder;
    this.signal = signal;
    this.onProgress = onProgress;
  }

  async addPayload(name: string, chunks: Chunks): Promise<Digests> {
    const digests = await this.#write(name, chunks, true);
    this.payloads.set(name, digests);
    return digests;
  }

  async addTag(name: string, bytes: Uint8Array): Promise<Digests> {
    const digests = await this.#write(name, [bytes], false);
    this.tags.set(name, digests);
    return digests;
  }

  async #write(name: string, chunks: Chunks, isCounted: boolean): Promise<Digests> {
    const hashers = { sha256: incrementalDigest('SHA-256'), sha512: incrementalDigest('SHA-512') };
    let size = 0;
    const readCounted = async function* readCounted(bag: Bag) {
      for await (const chunk of chunks) {
        if (bag.signal?.aborted) throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
        hashers.sha256.update(chunk);
        hashers.sha512.update(chunk);
        size += chunk.length;
        yield chunk;
        if (isCounted) bag.onProgress((bag.#done += chunk.length));
      }
    };
    await this.zip.add(`${this.folder}/${name}`, readCounted(this));
    return { sha256: hex(hashers.sha256.digest()), sha512: hex(hashers.sha512.digest()), size };
  }
}
