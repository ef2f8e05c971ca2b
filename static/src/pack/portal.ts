/**
 * The portal set: a checked pack as at most sixteen plain files, for an upload page that takes files one by one
 * (docs/pack.md). The files as received, sidecars and proofs go into up to five zips, mail apart. Nothing is handed
 * out before every digest is checked.
 */
import { hex, utf8 } from '../core/bytes.js';
import { PORTAL_FILES_LIMIT, PORTAL_ZIPS_LIMIT } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { incrementalDigest, sha256 } from '../crypto/digests.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { isRestricted, receivedName } from './assemble.js';
import { SERVABLE_MANIFEST } from './bag.js';
import { rowsOf } from './proofs.js';
import { hasRestrictedPart } from './recipients.js';
import { EXPORT_PROOF, packFacts, PACK_STATEMENT, SERVABLE_STATEMENT } from './signature.js';
import { ZipWriter } from './zip.js';
import type { JsonObject } from '../core/encoding.js';
import type { AssembleOptions } from './assemble.js';

type PortalFile = { name: string; file: Blob };

/** Upload pages stop at 2 GB, and tell the user so late. */
export const ZIP_BYTES_MOST = 1_900_000_000;
const MANIFEST = 'manifest-sha256.txt';
/** The list, pack-export.json and the statement */
const LIST_FILES = 3;
const MAIL_FOLDER = 'data/restricted/13_mail/';
/** Files uploaded as they are; the twin of diary/pack/portal.py. */
const SINGLE_FILES = new RegExp(
  `^data/(?:${[
    String.raw`00_READ-FIRST\.txt`,
    String.raw`servable/(?!02_chronology(?:_short\.csv|\.xlsx)$)0[1-8]_[^/]+`,
    String.raw`restricted/(?:06|10)_RESTRICTED_[^/]+\.pdf`,
    String.raw`restricted/12_record\.json`,
  ].join('|')})$`,
);

const FURTHER_VOLUME = /^data\/servable\/04_exhibits-[0-9]+\.pdf$/;

/**
 * Build the set.
 * @param front checked
 * @param options `atMost`: bytes in one zip
 * @throws `pack_failed` naming a file that differs, `too_large` when it does not fit
 */
export async function buildPortalSet(
  capsule: JsonObject,
  front: ReadonlyMap<string, Uint8Array>,
  {
    openReceived,
    onProgress,
    signal,
    restricted = hasRestrictedPart(textOf(objectOf(capsule, 'pack'), 'profile')),
    sign,
    recordExport,
    atMost = ZIP_BYTES_MOST,
  }: AssembleOptions & { atMost?: number },
): Promise<{ files: PortalFile[]; manifest: string }> {
  const facts = objectOf(capsule, 'pack');
  const servableList = front.get(SERVABLE_MANIFEST) as Uint8Array<ArrayBuffer>;
  const ownFiles = new Map(front).set(
    SERVABLE_STATEMENT,
    await sign(packFacts('servable/v1', facts, hex(await sha256(servableList)))),
  );
  const names = [...ownFiles.keys()].filter((name) => restricted || !isRestricted(name)).sort();
  // 04 may have many volumes. Leave room for one zip, one of mail, the list and the two files about it: further volumes
  // go into the zips, never another document.
  const singleFiles = names
    .filter((name) => SINGLE_FILES.test(name))
    .sort((a, b) => Number(FURTHER_VOLUME.test(a)) - Number(FURTHER_VOLUME.test(b)) || (a < b ? -1 : 1))
    .slice(0, PORTAL_FILES_LIMIT - 2 - LIST_FILES);
  const zippedNames = names.filter((name) => !singleFiles.includes(name));
  const files: PortalFile[] = singleFiles.map((name) => ({
    name: name.slice(name.lastIndexOf('/') + 1),
    file: blob(ownFiles.get(name) as Uint8Array),
  }));
  const zips = distributeFiles(restricted ? rowsOf(capsule, 'exhibits') : [], ownFiles, zippedNames, atMost);
  if (zips.length > PORTAL_ZIPS_LIMIT || files.length + zips.length + LIST_FILES > PORTAL_FILES_LIMIT)
    throw new KeptError('too_large', 'This is too much for one upload. Choose fewer entries and make a second set.');
  const total = zips.flat().reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const [i, members] of zips.entries()) {
    const zip = new ZipWriter();
    for (const { name, size, exhibit } of members) {
      if (signal?.aborted) throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
      await zip.add(
        name.slice('data/'.length),
        exhibit ? verifyChunks(name, exhibit, openReceived(exhibit)) : [ownFiles.get(name) as Uint8Array],
      );
      onProgress?.((done += size), total);
    }
    files.push({ name: `13_part${i + 1}.zip`, file: (await zip.finish()) as Blob });
  }
  const manifestLines = [];
  for (const { name, file } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1)))
    manifestLines.push(`${await digestOf(file)}  ${name}\n`);
  const text = utf8(manifestLines.join(''));
  const manifest = await digestOf(blob(text));
  const proof = await recordExport?.(manifest);
  const statement = await sign(packFacts('portal/v1', facts, manifest));
  const lists = [
    { name: MANIFEST, file: blob(text) },
    ...(proof ? [{ name: EXPORT_PROOF, file: blob(proof) }] : []),
    { name: PACK_STATEMENT, file: blob(statement) },
  ];
  return { files: [...files, ...lists], manifest };
}

const blob = (bytes: Uint8Array) => new Blob([bytes as BlobPart]);

/** Distribute files over zips: filled one after the other, mail in one of its own. */
function distributeFiles(
  exhibits: readonly JsonObject[],
  front: ReadonlyMap<string, Uint8Array>,
  zippedNames: readonly string[],
  atMost: number,
): { name: string; size: number; exhibit: JsonObject | null }[][] {
  const frontMembers = zippedNames.map((name) => ({ name, size: front.get(name)?.length ?? 0, exhibit: null }));
  const received = exhibits.map((exhibit) => ({
    name: receivedName(exhibit),
    size: integerOf(exhibit, 'size') ?? 0,
    exhibit,
  }));
  const mail = received.filter(({ name }) => name.startsWith(MAIL_FOLDER));
  const zips: { name: string; size: number; exhibit: JsonObject | null }[][] = [];
  for (const group of [[...frontMembers, ...received.filter((member) => !mail.includes(member))], mail]) {
    let bytesLeft = 0;
    for (const member of group) {
      const bytesNeeded = member.size + 2 * member.name.length + 200;
      if (bytesNeeded > bytesLeft) {
        zips.push([]);
        bytesLeft = atMost;
      }
      zips.at(-1)?.push(member);
      bytesLeft -= bytesNeeded;
    }
  }
  return zips;
}

async function* verifyChunks(
  name: string,
  exhibit: JsonObject,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
) {
  const digest = incrementalDigest('SHA-256');
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
  if (hex(digest.digest()) !== textOf(exhibit, 'sha256'))
    throw new KeptError(
      'pack_failed',
      `${name} is not the file that was added, so the pack was thrown away. Nothing was lost.`,
    );
}

/** @returns hex, read piece by piece */
async function digestOf(file: Blob): Promise<string> {
  const digest = incrementalDigest('SHA-256');
  const chunkBytes = 1 << 20;
  for (let offset = 0; offset < file.size; offset += chunkBytes)
    digest.update(new Uint8Array(await file.slice(offset, offset + chunkBytes).arrayBuffer()));
  return hex(digest.digest());
}
