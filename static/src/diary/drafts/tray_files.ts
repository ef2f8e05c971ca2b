/**
 * Files taken in while no words are typed: before the diary has its words (under the draft key), and on the
 * add-picture page of a locked phone (to the install's own public key, so that the page that writes them cannot read
 * them).
 *
 * A part is `u16 length ‖ canon{k, at, i, n, name, type, size, last_modified, route} ‖ bytes`, sealed.
 */
import { KeptError } from '../../core/errors.js';
import { b64, concat, hex } from '../../core/bytes.js';
import { FILE_PART_BYTES } from '../../core/constants.js';
import { canonicalBytes, parseCanonicalObject } from '../../core/encoding.js';
import { newId } from '../../core/ids.js';
import { openDraft, sealDraft } from '../../crypto/worker/draft_key.js';
import { incrementalDigest } from '../../crypto/digests.js';
import { readUnverifiedHeader } from '../../crypto/envelope.js';
import { padVersion, unpad } from '../../crypto/padding.js';
import { hpkeSeal } from '../../crypto/hpke.js';
import { filesInTray, dropParts, putPart } from '../../store/staging.js';
import { isMismatch, detectType } from '../../media/file_type.js';
import { checkSize, fileSource, receivedFacts } from '../attachments/sources.js';
import type { Database } from '../../store/database.js';
import type { Bytes } from '../../core/bytes.js';
import type { Door } from '../../store/device_meta.js';
import type { DraftFile, Source, Vault } from '../types.js';

type Seal = (plaintext: Uint8Array) => Promise<Uint8Array>;
type Unseal = (sealed: Bytes) => Promise<Bytes>;
/** Header of each part in the tray: docs/formats.md, section 7. */
type PartHeader = {
  k: 'file' | 'captured';
  n: number;
  name: string;
  type: string;
  size: number;
  last_modified: number | null;
  route: string;
  at: number;
  /** Only of captured files. */
  tz: string;
  sha256: string;
};

export function draftKeySealer(key: CryptoKey): Seal {
  return (plaintext) => sealDraft(key, plaintext);
}

/**
 * Seal parts to this install's public key.
 * @param at ms
 */
export function captureSealer(door: Pick<Door, 'install' | 'capture_pub'>, at: number): Seal {
  const header = { at, install: b64(door.install), t: 'capture' };
  return (plaintext) => hpkeSeal(door.capture_pub, 'capture', header, padVersion(plaintext));
}

export function partOpener({
  key,
  vault,
  install,
}: {
  key: CryptoKey | null;
  vault: Vault | null;
  install: Uint8Array;
}): Unseal {
  return (sealed) => {
    if (sealed[0] !== 0xe1) {
      if (!key) throw new KeptError('not_opened');
      return openDraft(key, sealed);
    }
    const { at } = readUnverifiedHeader(sealed, 'capture');
    if (!vault) throw new KeptError('locked');
    return vault.openCapture(sealed, { at: at as number, install: b64(install), t: 'capture' }).then(unpad);
  };
}

/**
 * Take a chosen file into the tray. Each part is written and read back before the next one is read.
 * @param options `captured`: the phone was locked; the digest is computed first and is part of every header
 * @returns the file as far as it is known; it has no keys until it is taken in
 * @throws empty_file, too_large, file_changed, no_space
 */
export async function addToTray(
  database: Database,
  file: File,
  seal: Seal,
  {
    route,
    at,
    captured,
    onProgress,
  }: {
    route: string;
    at: number;
    captured?: { tz: string; by: string };
    onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<DraftFile> {
  const source = fileSource(file);
  const id = newId();
  const count = Math.ceil(source.size / FILE_PART_BYTES);
  const [sha256, sha512] = [incrementalDigest('SHA-256'), incrementalDigest('SHA-512')];
  const headerFields = captured ? { k: 'captured', ...captured, sha256: await digestOf(source) } : { k: 'file' };
  let firstPart = new Uint8Array(0);
  for (let index = 0; index < count; index++) {
    const bytes = await source.read(index * FILE_PART_BYTES, Math.min(source.size, (index + 1) * FILE_PART_BYTES));
    if (index === 0) firstPart = bytes.slice();
    sha256.update(bytes);
    sha512.update(bytes);
    const header = canonicalBytes({
      ...headerFields,
      at,
      i: index,
      n: count,
      name: source.name,
      type: source.type,
      size: source.size,
      last_modified: source.lastModified,
      route,
    });
    await putPart(
      database,
      id,
      index,
      await seal(concat(Uint8Array.of(header.length >> 8, header.length & 255), header, bytes)),
    );
    onProgress?.(Math.min(source.size, (index + 1) * FILE_PART_BYTES), source.size);
  }
  await source.check();
  const magic = detectType(firstPart);
  return {
    attachment: b64(id),
    ...receivedFacts(source, magic, route, at),
    sha256: hex(sha256.digest()),
    sha512: hex(sha512.digest()),
    flags: isMismatch(source.type, magic, source.name) ? ['type_mismatch'] : [],
    gps_present: null,
    received: { blob: '', key: '', n: 0 },
    renditions: [],
    outside_copy: null,
  };
}

/** @returns SHA-256 in hex */
async function digestOf(source: Source): Promise<string> {
  const digest = incrementalDigest('SHA-256');
  for (let offset = 0; offset < source.size; offset += FILE_PART_BYTES)
    digest.update(await source.read(offset, Math.min(source.size, offset + FILE_PART_BYTES)));
  return hex(digest.digest());
}

/** A file that waits in the tray; `captured`: added while the phone was locked. */
export type TrayFile = {
  id: string;
  keys: Uint8Array[];
  source: Source;
  route: string;
  at: number;
  captured: { tz: string; sha256: string } | null;
};

/**
 * Return the complete files of the tray, oldest first, and the keys of incomplete ones (a crash while writing). A
 * file that does not open is in neither list: it stays in the tray, because nothing shows that it may be deleted.
 */
export async function listTrayFiles(
  database: Database,
  unseal: Unseal,
): Promise<{ files: TrayFile[]; halves: Uint8Array[] }> {
  const files: TrayFile[] = [];
  const incompleteKeys: Uint8Array[] = [];
  for (const { id, keys } of await filesInTray(database)) {
    const header = await readPart(database, keys[0], unseal).then(
      (part) => part?.desc,
      (error) => {
        // A lock in between proves nothing about the file.
        if (['locked', 'store_lost'].includes(error?.code)) throw error;
        return null;
      },
    );
    if (!header) continue;
    if (header.n !== keys.length) incompleteKeys.push(...keys);
    else
      files.push({
        id: b64(id),
        keys,
        source: traySource(database, keys, header, unseal),
        route: header.route,
        at: header.at,
        captured: header.k === 'captured' ? { tz: header.tz, sha256: header.sha256 } : null,
      });
  }
  return { files: files.sort((a, b) => a.at - b.at), halves: incompleteKeys };
}

/** Remove files that were put in the tray under the draft key. */
export async function removeFromTray({ database }: { database: Database }, key: CryptoKey, attachments: string[]) {
  const { files } = await listTrayFiles(database, partOpener({ key, vault: null, install: new Uint8Array(16) }));
  await dropParts(
    database,
    files.filter(({ id }) => attachments.includes(id)).flatMap(({ keys }) => keys),
  );
}

function traySource(database: Database, keys: Uint8Array[], header: PartHeader, unseal: Unseal): Source {
  checkSize(header.size);
  return {
    name: header.name,
    type: header.type,
    size: header.size,
    lastModified: header.last_modified,
    async read(start, end) {
      if (start % FILE_PART_BYTES !== 0 || end - start > FILE_PART_BYTES) throw new RangeError('a part at a time');
      const part = await readPart(database, keys[start / FILE_PART_BYTES], unseal);
      if (!part || part.bytes.length !== end - start) throw new KeptError('store_lost');
      return part.bytes;
    },
    check: async () => undefined,
  };
}

async function readPart(
  database: Database,
  key: Uint8Array | undefined,
  unseal: Unseal,
): Promise<{ desc: PartHeader; bytes: Bytes } | null> {
  const sealed = key && (await database.trayItem(key));
  if (!sealed) return null;
  const plaintext = await unseal(sealed);
  const bodyStart = 2 + (plaintext[0] ?? 0) * 256 + (plaintext[1] ?? 0);
  return {
    desc: parseCanonicalObject(plaintext.subarray(2, bodyStart)) as PartHeader,
    bytes: plaintext.slice(bodyStart),
  };
}
