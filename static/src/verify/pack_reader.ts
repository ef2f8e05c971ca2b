/**
 * Opens a pack safely: names are judged before anything is read, and every member is hashed as it passes. The twin of
 * diary/pack/verify/pack_reader.py.
 */
import { hex } from '../core/bytes.js';
import {
  PACK_ALLOWANCE_BYTES,
  PACK_MEMBERS_LIMIT,
  PACK_MEMBER_LIMIT_BYTES,
  PACK_OUTER_FOLDERS_LIMIT,
  PACK_RATIO_LIMIT,
  PACK_TOTAL_LIMIT_BYTES,
} from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { fileDigest } from '../crypto/digests.js';
import { crc32 } from '../pack/zip.js';
import { findingFor } from './findings.js';
import { foldersAbove, isSystemFile, isSystemFileName, placesOf, sizeLimit } from './system_files.js';
import { bytesAt, isGapRight, placeOf, readDirectory } from './zipfile.js';
import type { Bytes } from '../core/bytes.js';
import type { Finding } from './findings.js';
import type { Directory, MemberPlace, MemberRow } from './zipfile.js';

/** Hex */
export type Digests = { sha256: string; sha512: string; size: number };
/** A member's bytes, piece by piece, and its claimed size */
export type Source = { pieces: () => AsyncIterable<Uint8Array>; size: number };
/** Bytes */
export type OnProgress = (done: number, total: number) => void;

const PIECE_BYTES = 1 << 20;
/** A computer writes more after the name of a second copy: ` (1)`, ` - Copy`, ` 2`, in its own language. */
const FOLDER = /^(PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})(?:[ (-][^/\\\x00-\x1f\x7f]{0,60})?$/u;
/** A name that leads nowhere else when the zip is unpacked. */
const OUTER_FOLDER = /^(?!\.)[^/\\:\x00-\x1f\x7f]{1,100}$/u;
const PATH = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,6}$/;
/** The possible names of the folder where only a part of a pack was copied, and the path of that part in the pack. */
export const PARTS = Object.freeze({ data: 'data/', servable: 'data/servable/' }) as Readonly<Record<string, string>>;
const REGULAR_FILE = 0o100000;
const FOLDER_TYPE = 0o040000;
const FILE_TYPE_MASK = 0o170000;

/** `cut`: its name is not the complete and only one; `agrees`: its own header agrees with the list */
export type CandidateMember = { name: string; isFile: boolean; cut?: boolean; agrees?: boolean };
type ReadZip = { hasHiddenBytes: boolean; members: (CandidateMember & { source: Source })[] };

/** The members of a pack by path inside its folder, with their digests, and the findings so far. */
export class OpenedPack {
  /** '' for a portal set */
  folder: string;
  /** of a portal set, the files of the set by name; null for a pack in its folder */
  setDigests: Map<string, Digests> | null = null;
  /** the zips of a portal set that cannot be read */
  unreadableParts: Set<string> = new Set();
  /** the slips and timestamps that were given with the pack, by name */
  beside: Map<string, Blob> = new Map();

  digests: Map<string, Digests> = new Map();
  findings: Finding[] = [];
  #sources: Map<string, Source> = new Map();
  /** The servable part by itself, with nothing of the restricted one. */
  alone = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Whether its folder is not the pack's own: a part of it, or none. */
  get isPart() {
    return this.isPortalSet || Object.hasOwn(PARTS, this.folder);
  }

  get isPortalSet() {
    return this.setDigests !== null;
  }

  /** Hash one member. An unreadable one is a finding. */
  async addMember(path: string, source: Source, onProgress: (done: number) => void) {
    try {
      this.addHashed(path, source, await hashMember(source, onProgress));
    } catch {
      // A stream can break off in many ways, and each means the same.
      this.findings.push(findingFor('damaged', path));
    }
  }

  /** Add a member whose digests are known. */
  addHashed(path: string, source: Source, digests: Digests) {
    this.digests.set(path, digests);
    this.#sources.set(path, source);
  }

  /** Called when every member was taken. */
  finish() {
    // A file that a computer added, and a folder by itself, are no part of a pack.
    const findings = this.findings.filter(({ code }) => code !== 'system_file');
    const names = [...this.digests.keys(), ...findings.map(({ member }) => member ?? '')].filter(
      (name) => !name.endsWith('/'),
    );
    this.alone =
      names.some((name) => name.startsWith('data/servable/')) &&
      !names.some((name) => name.startsWith('data/restricted/'));
    return this;
  }

  /** Return a whole member; null when it is absent, too large or damaged (which is a finding already). */
  async read(path: string): Promise<Bytes | null> {
    const source = this.#sources.get(path);
    const size = this.digests.get(path)?.size ?? 0;
    if (!source || size > PACK_MEMBER_LIMIT_BYTES) return null;
    const bytes = new Uint8Array(size);
    let offset = 0;
    for await (const piece of source.pieces()) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    return bytes;
  }
}

/**
 * Open a zip.
 * @param file a zip
 * @returns the findings, when it is no pack at all
 */
export async function openZip(file: Blob, onProgress: OnProgress = () => undefined): Promise<OpenedPack | Finding[]> {
  const zip = await readZip(file);
  if (Array.isArray(zip)) return zip;
  const opened = await acceptPack(zip.members, zip.hasHiddenBytes ? [findingFor('hidden')] : []);
  if (Array.isArray(opened)) return opened;
  const { pack, accepted } = opened;
  const total = accepted.reduce((sum, { source }) => sum + source.size, 0);
  let done = 0;
  for (const { source, inside } of accepted) {
    const doneBefore = done;
    await pack.addMember(inside, source, (count) => onProgress(doneBefore + count, total));
    done += source.size;
  }
  return pack.finish();
}

/**
 * Read the list of a zip and judge it.
 * @returns the findings, when it cannot be read
 */
export async function readZip(file: Blob): Promise<ReadZip | Finding[]> {
  const directory = await readDirectory(file);
  if (!directory?.rows.length) return [findingFor('not_a_pack')];
  const refusal = findRefusal(directory.rows);
  if (refusal) return [refusal];
  const places = await Promise.all(directory.rows.map((row) => placeOf(file, row)));
  const folders = foldersOf(directory.rows.map(({ name }) => name));
  return {
    hasHiddenBytes: await hasHiddenBytes(file, directory, places),
    members: directory.rows.flatMap((row, i) =>
      folders.has(row.name) && isFolderRow(row, places[i] ?? null)
        ? []
        : {
            name: row.name,
            cut: row.cut || row.renamed || Boolean(places[i]?.renamed),
            isFile: isOrdinary(row),
            agrees: places[i]?.agrees !== false,
            source: { size: row.size, pieces: () => readMember(file, row, places[i] ?? null) },
          },
    ),
  };
}

/** Return the folders that members stand in, each with a slash at its end. One that the zip names twice is left out. */
function foldersOf(names: readonly string[]) {
  const counts: Map<string, number> = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const folders = names.flatMap((name) => foldersAbove(name.replace(/\/$/, '')));
  return new Set(folders.filter((folder) => (counts.get(folder) ?? 0) <= 1));
}

/** Return whether a row is of a folder by itself. Programs that pack a folder again write one for each. */
function isFolderRow(
  { cut: isCut, renamed, flags, disk, mode, size, packed, crc }: MemberRow,
  place: MemberPlace | null,
) {
  const kind = mode & FILE_TYPE_MASK;
  return (
    Boolean(place?.agrees && !place.renamed) &&
    !isCut &&
    !renamed &&
    !(flags & 1) &&
    !disk &&
    (kind === 0 || kind === FOLDER_TYPE) &&
    size === 0 &&
    packed === 0 &&
    crc === 0
  );
}

/**
 * Open a folder that was unpacked already.
 * @param files with their path from above the folder
 */
export async function openFolder(
  files: readonly { path: string; file: Blob }[],
  onProgress: OnProgress = () => undefined,
): Promise<OpenedPack | Finding[]> {
  if (!files.length) return [findingFor('not_a_pack')];
  if (files.length > PACK_MEMBERS_LIMIT) return [findingFor('too_many')];
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (total > PACK_TOTAL_LIMIT_BYTES) return [findingFor('too_large')];
  const members = files.map(({ path, file: blob }) => ({
    name: path,
    isFile: true,
    file: blob,
    source: fileSource(blob),
  }));
  // The order of a browser's list is its own.
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  const opened = await acceptPack(members);
  if (Array.isArray(opened)) return opened;
  const { pack, accepted } = opened;
  let done = 0;
  for (const { file, source, inside } of accepted) {
    const doneBefore = done;
    await pack.addMember(inside, source, (count) => onProgress(doneBefore + count, total));
    done += file.size;
  }
  return pack.finish();
}

export const fileSource = (file: Blob): Source => ({
  size: file.size,
  pieces: () => readPieces(file, 0, file.size),
});

function findRefusal(rows: readonly MemberRow[]) {
  if (rows.length > PACK_MEMBERS_LIMIT) return findingFor('too_many');
  const total = rows.reduce((sum, row) => sum + row.size, 0);
  // One member may be packed tightly: a silent recording is. All together may not.
  const packedTotal = rows.reduce((sum, row) => sum + row.packed, 0);
  const isTight = total > PACK_RATIO_LIMIT * packedTotal + PACK_ALLOWANCE_BYTES;
  return total > PACK_TOTAL_LIMIT_BYTES || isTight ? findingFor('too_large') : null;
}

/**
 * Return whether the zip has bytes that are neither a member nor needed to read one: readers that start elsewhere would
 * see another pack, and a comment or an extra field can hold a text that no signature covers.
 */
async function hasHiddenBytes(
  file: Blob,
  { rows, start, comment, endAt }: Directory,
  places: readonly (MemberPlace | null)[],
) {
  const ordered = rows.map((row, i) => ({ row, place: places[i] })).sort((a, b) => a.row.at - b.row.at);
  if (ordered[0]?.row.at !== 0 || comment || endAt + 22 !== file.size) return true;
  if (rows.some((row) => row.oddExtra) || places.some((place) => place?.oddExtra)) return true;
  for (const [i, { row, place }] of ordered.entries()) {
    if (!place || !(await isGapRight(file, row, place, ordered[i + 1]?.row.at ?? start))) return true;
  }
  return false;
}

function isOrdinary({ name, mode, flags, isDosSpecial, disk }: MemberRow) {
  const kind = mode & FILE_TYPE_MASK;
  return !name.endsWith('/') && (kind === 0 || kind === REGULAR_FILE) && !(flags & 1) && !isDosSpecial && !disk;
}

/**
 * Return a pack that is not yet hashed, and the ordinary files of its folder. The others are findings.
 * @returns the finding about files that are no pack
 */
async function acceptPack<T extends CandidateMember & { source: Source }>(
  given: readonly T[],
  givenFindings: readonly Finding[] = [],
) {
  const findings = [...givenFindings];
  const members = withoutOuterFolders(await withoutSystemFiles(given, findings));
  if (!members[0]) return [findingFor('not_a_pack')];
  const [first = ''] = members[0].name.split('/');
  const pack = new OpenedPack(FOLDER.exec(first)?.[1] ?? first);
  pack.findings = findings;
  return { pack, accepted: acceptMembers(pack, members, first) };
}

/**
 * Return the members that no computer added, and add a finding for each of the others.
 * @param namesBeside of files that are here and are no members
 */
export async function withoutSystemFiles<T extends CandidateMember & { source: Source }>(
  members: readonly T[],
  findings: Finding[],
  namesBeside: readonly string[] = [],
): Promise<T[]> {
  const places = placesOf([...namesBeside, ...members.map(({ name }) => name)]);
  const counts: Map<string, number> = new Map();
  for (const { name } of members) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  const others: T[] = [];
  for (const member of members) {
    const isAdded = counts.get(member.name.toLowerCase()) === 1 && (await isAddedByComputer(member, places));
    if (isAdded) findings.push(findingFor('system_file', member.name));
    else others.push(member);
  }
  return others;
}

/**
 * Return whether a computer added this file. It is read whole, so that no program unpacks anything else.
 * @param places see `placesOf`
 */
async function isAddedByComputer(
  { name, isFile, cut: isCut, agrees, source }: CandidateMember & { source: Source },
  places: ReadonlySet<string>,
) {
  if (!isSystemFileName(name) || !isFile || isCut || agrees === false || source.size > sizeLimit(name)) return false;
  const bytes = new Uint8Array(source.size);
  let at = 0;
  try {
    for await (const piece of source.pieces()) {
      bytes.set(piece, at);
      at += piece.length;
    }
  } catch {
    return false;
  }
  return isSystemFile(name, source.size, bytes, places);
}

/** Return the members without the folders around the pack's own: "Extract all" makes one, named as the zip. */
function withoutOuterFolders<T extends CandidateMember>(members: readonly T[]): readonly T[] {
  const names = members.map(({ name }) => name).filter((name) => !isSystemFileName(name));
  const tops = (names[0] ?? '')
    .split('/')
    .slice(0, -1)
    .slice(0, PACK_OUTER_FOLDERS_LIMIT + 1);
  const own = tops.map((top) => FOLDER.test(top)).lastIndexOf(true);
  const outerFolders = tops.slice(0, Math.max(0, own < 0 ? tops.findIndex((top) => Object.hasOwn(PARTS, top)) : own));
  const prefix = outerFolders.map((folder) => `${folder}/`).join('');
  const isHarmless = outerFolders.every((folder) => OUTER_FOLDER.test(folder) && !folder.includes('..'));
  if (!isHarmless || !names.every((name) => name.startsWith(prefix))) return members;
  return members.map((member) =>
    member.name.startsWith(prefix) ? { ...member, name: member.name.slice(prefix.length) } : member,
  );
}

/** Return the ordinary files of one folder; the others are findings. */
function acceptMembers<T extends CandidateMember>(
  pack: OpenedPack,
  members: readonly T[],
  packFolder: string,
): (T & { inside: string })[] {
  const partFolder = Object.hasOwn(PARTS, pack.folder) ? (PARTS[pack.folder] ?? '') : '';
  if (!FOLDER.test(pack.folder) && !partFolder) pack.findings.push(findingFor('no_folder', (members[0] as T).name));
  const seen: Set<string> = new Set();
  return members.flatMap((member) => {
    const slash = member.name.indexOf('/');
    const folder = slash < 0 ? member.name : member.name.slice(0, slash);
    const inside = slash < 0 ? '' : member.name.slice(slash + 1);
    const code =
      faultCode(member, inside, folder === packFolder) ?? (seen.has(member.name.toLowerCase()) ? 'twice' : null);
    seen.add(member.name.toLowerCase());
    if (code) pack.findings.push(findingFor(code, inside || member.name));
    return code ? [] : [{ ...member, inside: partFolder + inside }];
  });
}

/** Return why a member is not an ordinary file of the pack, or null. */
export function faultCode(member: CandidateMember, inside: string, isInFolder = true) {
  const { name, isFile, cut: isCut, agrees } = member;
  if (isCut || !PATH.test(inside) || name.includes('..')) return 'bad_name';
  if (!isInFolder) return 'no_folder';
  if (!isFile) return 'not_a_file';
  return agrees === false ? 'damaged' : null;
}

async function* readPieces(file: Blob, from: number, until: number): AsyncGenerator<Uint8Array> {
  for (let offset = from; offset < until; offset += PIECE_BYTES)
    yield bytesAt(file, offset, Math.min(until, offset + PIECE_BYTES));
}

/** Unpack a member. Throws when it does not match the list. */
async function* readMember(
  file: Blob,
  row: MemberRow,
  place: { start: number; end: number; sameName: boolean } | null,
): AsyncGenerator<Uint8Array> {
  if (!place?.sameName || place.end > file.size || (row.method !== 0 && row.method !== 8))
    throw new KeptError('not_a_copy');
  const packed = file.slice(place.start, place.end);
  let crc = 0;
  let size = 0;
  for await (const piece of row.method === 0 ? readPieces(packed, 0, packed.size) : inflate(packed)) {
    size += piece.length;
    if (size > row.size) throw new KeptError('not_a_copy');
    crc = crc32(piece, crc);
    yield piece;
  }
  if (size !== row.size || crc !== row.crc) throw new KeptError('not_a_copy');
}

async function* inflate(packed: Blob): AsyncGenerator<Uint8Array> {
  const reader = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // A caller that stops early, because the member exceeds its claimed size, must stop the unpacking too.
    await reader.cancel().catch(() => undefined);
  }
}

export async function hashMember(
  { size: claimed, pieces }: Source,
  onProgress: (done: number) => void,
): Promise<Digests> {
  const digest = fileDigest(claimed);
  let size = 0;
  for await (const piece of pieces()) {
    digest.update(piece);
    size += piece.length;
    onProgress(size);
  }
  const [sha256, sha512] = await digest.digests();
  return { sha256: hex(sha256), sha512: hex(sha512), size };
}
