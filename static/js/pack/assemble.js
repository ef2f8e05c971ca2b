/**
 * The finished pack from the checked front part and the files as received: docs/pack.md; the twin of
 * diary/pack/archive.py.
 *
 * [Note: quarantine] Nothing is handed out while it grows. Each file as received is opened part by part from
 * the phone's own sealed parts and digested as it is written; only when every digest is the one the diary
 * committed to does the caller get the zip. Until then it is a list of Blobs nobody else holds, or a file without a name (targets.js).
 */
import { hex, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { runningDigest } from '../crypto/digests.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { bagInfo, BAGIT, manifest } from './bag.js';
import { rows } from './proofs.js';
import { BlobTarget } from './targets.js';
import { ZipWriter } from './zip.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {Iterable<Uint8Array> | AsyncIterable<Uint8Array>} Chunks */
/** @typedef {{sha256: string, sha512: string, size: number}} Digests hex */
/**
 * @typedef {object} Making
 * @property {(exhibit: JsonObject) => Chunks} openReceived  an exhibit's bytes as received
 * @property {(done: number, total: number) => void} [onProgress]  bytes written
 * @property {AbortSignal} [signal]
 * @property {import('./targets.js').Target} [target]  where it is written; a Blob unless said otherwise
 * @property {boolean} [restricted]  false leaves everything but the servable part out
 */
/** @typedef {{file: Blob|null, manifest: string}} Assembled `file` is null where the pack lies in the file that was chosen; `manifest`: the SHA-256 of manifest-sha256.txt, hex */

const APART = 'data/restricted/';

/**
 * @param {JsonObject} capsule
 * @param {ReadonlyMap<string, Uint8Array>} front checked
 * @param {Making} making
 * @returns {Promise<Assembled>} throws `pack_failed` naming the file that differs, `cancelled` when aborted; nothing is left of it then
 */
export async function assemble(capsule, front, making) {
  const target = making.target ?? new BlobTarget();
  try {
    return await written(capsule, front, { ...making, target });
  } catch (error) {
    await target.drop();
    throw error;
  }
}

/** @param {JsonObject} capsule @param {ReadonlyMap<string, Uint8Array>} front @param {Making & {target: import('./targets.js').Target}} making @returns {Promise<Assembled>} */
async function written(capsule, front, { openReceived, onProgress, signal, target, restricted = true }) {
  const received = new Map(
    restricted ? rows(capsule, 'exhibits').map((exhibit) => [receivedName(exhibit), exhibit]) : [],
  );
  const names = [...front.keys(), ...received.keys()].filter((name) => restricted || !name.startsWith(APART)).sort();
  const sizes = names.map((name) => front.get(name)?.length ?? wholeOf(received.get(name) ?? {}, 'size') ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const pack = objectOf(capsule, 'pack');
  const bag = new Bag(new ZipWriter(target), textOf(pack, 'folder'), signal, (done) => onProgress?.(done, total));
  await bag.tag('bag-info.txt', bagInfo(pack, total, names.length));
  await bag.tag('bagit.txt', BAGIT);
  for (const name of names) {
    const exhibit = received.get(name);
    const digests = await bag.payload(
      name,
      exhibit ? openReceived(exhibit) : [/** @type {Uint8Array} */ (front.get(name))],
    );
    if (exhibit) checkReceived(name, exhibit, digests);
  }
  await bag.tag('manifest-sha256.txt', manifest(bag.payloads, 'sha256'));
  await bag.tag('manifest-sha512.txt', manifest(bag.payloads, 'sha512'));
  await bag.tag('tagmanifest-sha256.txt', manifest(bag.tags, 'sha256'));
  return { file: await bag.zip.finish(), manifest: bag.tags.get('manifest-sha256.txt')?.sha256 ?? '' };
}

/**
 * Where a file as received stands; mail apart, because gateways treat it apart, and orders, because they print addresses.
 * @param {JsonObject} exhibit
 * @returns {string}
 */
export function receivedName(exhibit) {
  const file = textOf(exhibit, 'file');
  const others = exhibit['order'] === true ? '09_RESTRICTED_orders' : '13_exhibits-as-received';
  return `data/restricted/${file.endsWith('.eml') ? '13_mail' : others}/${file}`;
}

/** @param {string} name @param {JsonObject} exhibit @param {Digests} got */
function checkReceived(name, exhibit, got) {
  const is = got.sha256 === exhibit['sha256'] && got.sha512 === exhibit['sha512'] && got.size === exhibit['size'];
  if (!is)
    throw new KeptError(
      'pack_failed',
      `${name} is not the file that was added, so the pack was thrown away. Nothing was lost.`,
    );
}

/** A bag while it is written: the zip, and the digests its manifests will list. */
class Bag {
  /** @type {Map<string, Digests>} */ payloads = new Map();
  /** @type {Map<string, Digests>} */ tags = new Map();
  #done = 0;

  /**
   * @param {ZipWriter} zip
   * @param {string} folder
   * @param {AbortSignal | undefined} signal
   * @param {(done: number) => void} tell
   */
  constructor(zip, folder, signal, tell) {
    this.zip = zip;
    this.folder = folder;
    this.signal = signal;
    this.tell = tell;
  }

  /** @param {string} name @param {Chunks} chunks @returns {Promise<Digests>} */
  async payload(name, chunks) {
    const digests = await this.#write(name, chunks, true);
    this.payloads.set(name, digests);
    return digests;
  }

  /** @param {string} name @param {string} text */
  async tag(name, text) {
    this.tags.set(name, await this.#write(name, [utf8(text)], false));
  }

  /** @param {string} name @param {Chunks} chunks @param {boolean} counted @returns {Promise<Digests>} */
  async #write(name, chunks, counted) {
    const running = { sha256: runningDigest('SHA-256'), sha512: runningDigest('SHA-512') };
    let size = 0;
    const seen = async function* seen(/** @type {Bag} */ bag) {
      for await (const chunk of chunks) {
        if (bag.signal?.aborted) throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
        running.sha256.update(chunk);
        running.sha512.update(chunk);
        size += chunk.length;
        yield chunk;
        if (counted) bag.tell((bag.#done += chunk.length));
      }
    };
    await this.zip.add(`${this.folder}/${name}`, seen(this));
    return { sha256: hex(running.sha256.digest()), sha512: hex(running.sha512.digest()), size };
  }
}
