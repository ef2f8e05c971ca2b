/**
 * Opens a pack safely: names are judged before anything is read, and every member is hashed as it passes. The twin of
 * diary/pack/verify/pack_reader.py.
 */
import { hex } from '../core/bytes.js';
import {
  BAG_INFO_LIMIT_BYTES,
  PACK_ALLOWANCE_BYTES,
  PACK_JSON_TOKENS_LIMIT,
  PACK_MEMBERS_LIMIT,
  PACK_MEMBER_LIMIT_BYTES,
  PACK_RATIO_LIMIT,
  PACK_TOTAL_LIMIT_BYTES,
  ZIP_KNOWN_HOST_KINDS,
} from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { fileDigest } from '../crypto/digests.js';
import { crc32 } from '../pack/zip.js';
import { findingFor } from './findings.js';
import {
  BAG_INFO,
  findRoot,
  folderInBagInfo,
  isBeside,
  isOtherForm,
  isPlainName,
  isZipBeside,
  packAmongOthers,
  PARTS,
} from './pack_root.js';
import { fileNames, foldersAbove, isSystemFile, isSystemFileName, sizeLimit } from './system_files.js';
import { bytesAt, isGapRight, isSame, placeOf, readDirectory, UTF8 } from './zipfile.js';
import type { Bytes } from '../core/bytes.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { PackRoot } from './pack_root.js';
import type { Directory, MemberPlace, MemberRow } from './zipfile.js';

/** Hex */
export type Digests = { sha256: string; sha512: string; size: number };
/** A member's bytes, piece by piece, and its claimed size */
export type Source = { pieces: () => AsyncIterable<Uint8Array>; size: number };
/** Bytes */
export type OnProgress = (done: number, total: number) => void;

const PIECE_BYTES = 1 << 20;
const PATH = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,6}$/;
/** Java packs folders too. */
const EMPTY_DEFLATE_STREAM = Uint8Array.of(3, 0);
const REGULAR_FILE = 0o100000;
const FOLDER_TYPE = 0o040000;
const FILE_TYPE_MASK = 0o170000;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** `cut`: its name is not the complete and only one; `agrees`: its own header agrees with the list */
export type CandidateMember = { name: string; isFile: boolean; cut?: boolean; agrees?: boolean };
type ReadZip = {
  hasHiddenBytes: boolean;
  members: (CandidateMember & { source: Source })[];
  /** names of folders in which nothing is */
  emptyFolders: string[];
};

/** Return whether JSON has more values than a pack's does: they would fill the memory before anything is judged. */
export function hasTooManyValues(raw: Uint8Array) {
  let count = 0;
  for (const byte of raw) if (byte === COMMA || byte === OPEN_BRACKET || byte === OPEN_BRACE) count++;
  return count > PACK_JSON_TOKENS_LIMIT;
}

/** The members of a pack by path inside its folder, with their digests, and the findings so far. */
export class OpenedPack {
  /** '' for a portal set */
  folder: string;
  /** of a portal set, the files of the set by name; null for a pack in its folder */
  setDigests: Map<string, Digests> | null = null;
  /** the zips of a portal set that cannot be read */
  unreadableParts: Set<string> = new Set();
  /** the slips and timestamps that were given with the pack */
  beside: { name: string; source: Source }[] = [];
  /** 12_record.json, once it was read (`readRecord`) */
  record: Fields | null = null;

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
    return readWhole(source);
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
  const opened = await acceptPack(zip.members, [
    ...(zip.hasHiddenBytes ? [findingFor('hidden')] : []),
    ...zip.emptyFolders.map((name) => findingFor('empty_folder', name)),
  ]);
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
  const folderRows = await Promise.all(directory.rows.map((row, i) => isFolderRow(file, row, places[i] ?? null)));
  const areSpelledAlike = new Set(directory.rows.filter(({ raw }) => !isAscii(raw)).map(spellingOf)).size <= 1;
  const members = directory.rows.map((row, i) => ({
    name: row.name,
    cut: row.cut || row.renamed || Boolean(places[i]?.renamed) || !(areSpelledAlike || isAscii(row.raw)),
    isFile: isOrdinary(row),
    agrees: places[i]?.agrees !== false,
    source: { size: row.size, pieces: () => readMember(file, row, places[i] ?? null) },
  }));
  return {
    hasHiddenBytes: await hasHiddenBytes(file, directory, places),
    ...withoutFolders(members, folderRows),
  };
}

const isAscii = (bytes: Uint8Array) => bytes.every((byte) => byte < 0x80);

/** Return what programs look at when they choose the letters for the bytes of a name that are not ASCII. */
const spellingOf = ({ flags, host, madeBy }: MemberRow) => `${flags & UTF8} ${host} ${madeBy}`;

/**
 * Return the members without those that are folders by themselves, and the names of the empty ones. A folder counts as
 * a member if its name stands twice, is the name of a file, or is written in another way by some programs.
 * @param folderRows which of them are folders
 */
function withoutFolders<T extends CandidateMember>(members: readonly T[], folderRows: readonly boolean[]) {
  const withoutSlash = (name: string) => name.replace(/\/$/, '');
  const counts = countByName(members.map(({ name }) => withoutSlash(name)));
  const above = new Set(members.filter((_, i) => !folderRows[i]).flatMap(({ name }) => foldersAbove(name)));
  const isPassedOver = members.map(
    ({ name }, i) =>
      Boolean(folderRows[i]) &&
      (above.has(name) || name.split('/').slice(0, -1).every(isPlainName)) &&
      counts.get(keyOf(withoutSlash(name))) === 1,
  );
  return {
    members: members.filter((_, i) => !isPassedOver[i]),
    emptyFolders: members.flatMap(({ name }, i) => (isPassedOver[i] && !above.has(name) ? name : [])),
  };
}

/** Return whether a row is of a folder by itself. Programs that pack a folder again write one for each. */
async function isFolderRow(file: Blob, row: MemberRow, place: MemberPlace | null) {
  const kind = row.mode & FILE_TYPE_MASK;
  return (
    Boolean(place?.agrees && !place.renamed) &&
    row.name.endsWith('/') &&
    !row.cut &&
    !row.renamed &&
    !(row.flags & 1) &&
    !row.disk &&
    (kind === 0 || kind === FOLDER_TYPE) &&
    isKnownHost(row) &&
    row.size === 0 &&
    row.crc === 0 &&
    (row.packed === 0 ||
      (row.packed === EMPTY_DEFLATE_STREAM.length &&
        isSame(await bytesAt(file, place?.start ?? 0, place?.end ?? 0), EMPTY_DEFLATE_STREAM)))
  );
}

/** Of a system that it does not know, a program may take a file for something else. */
const isKnownHost = ({ host }: MemberRow) => (ZIP_KNOWN_HOST_KINDS as readonly number[]).includes(host);

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
  const opened = await acceptPack(members, [], { isFolder: true });
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

function isOrdinary(row: MemberRow) {
  const { name, mode, flags, isDosSpecial, disk } = row;
  const kind = mode & FILE_TYPE_MASK;
  if (!isKnownHost(row)) return false;
  return !name.endsWith('/') && (kind === 0 || kind === REGULAR_FILE) && !(flags & 1) && !isDosSpecial && !disk;
}

/**
 * Return a pack that is not yet hashed, and the ordinary files of its folder. The others are findings.
 * @returns the finding about files that are no pack
 */
async function acceptPack<T extends CandidateMember & { source: Source }>(
  given: readonly T[],
  givenFindings: readonly Finding[] = [],
  { isFolder = false } = {},
) {
  const findings = [...givenFindings];
  const others = await withoutSystemFiles(given, findings);
  if (!others[0]) return [findingFor('not_a_pack')];
  const names = others.map(({ name }) => name);
  let root = findRoot(names);
  if ((!root || Object.hasOwn(PARTS, root.folder)) && isOtherForm(names))
    return [findingFor('unpack_first', others[0].name)];
  // Only what is in a zip with a pack was packed with it, and may pass for a part of it.
  const packName = isFolder ? packAmongOthers(names, root) : null;
  if (packName !== null) return [findingFor('choose_pack', packName || null)];
  if (root && !root.folder) {
    root = { ...root, folder: await readFolderName(others, root) };
    findings.push(findingFor('renamed'));
  }
  if (!root?.folder) {
    const [top = ''] = others[0].name.split('/');
    root = { prefix: `${top}/`, folder: top };
    findings.push(findingFor('no_folder', others[0].name));
  }
  const pack = new OpenedPack(root.folder);
  pack.findings = findings;
  const counts = countByName(names);
  const members: T[] = [];
  for (const member of others) {
    const { name, source } = member;
    const isSingle = isSound(member) && counts.get(keyOf(name)) === 1;
    if (isSingle && isBeside(name, root)) pack.beside.push({ name, source });
    else if (isSingle && isZipBeside(name, root)) findings.push(findingFor('zip_beside', name));
    else members.push(member);
  }
  return { pack, accepted: acceptMembers(pack, members, root) };
}

/** Return a name as file systems compare it that ignore case. */
const keyOf = (name: string) => name.toLowerCase();

/** Return how often each name stands here, whatever its case. */
function countByName(names: readonly string[]) {
  const counts: Map<string, number> = new Map();
  for (const name of names) counts.set(keyOf(name), (counts.get(keyOf(name)) ?? 0) + 1);
  return counts;
}

/** Return the name of the pack in its bag-info.txt; '' if it has none or is damaged. */
async function readFolderName(members: readonly (CandidateMember & { source: Source })[], { prefix }: PackRoot) {
  const member = members.find(
    ({ name, isFile, agrees }) => name === `${prefix}${BAG_INFO}` && isFile && agrees !== false,
  );
  try {
    const isShort = member && member.source.size <= BAG_INFO_LIMIT_BYTES;
    return isShort ? folderInBagInfo(new TextDecoder('latin1').decode(await readWhole(member.source))) : '';
  } catch {
    return '';
  }
}

/** Return whether a member is an ordinary file under its only name. */
const isSound = ({ isFile, cut: isCut, agrees }: CandidateMember) => isFile && !isCut && agrees !== false;

/**
 * Return the members that no computer added, and add a finding for each of the others.
 * @param namesBeside of files that are here and are no members
 */
export async function withoutSystemFiles<T extends CandidateMember & { source: Source }>(
  members: readonly T[],
  findings: Finding[],
  namesBeside: readonly string[] = [],
): Promise<T[]> {
  const names = [...namesBeside, ...members.map(({ name }) => name)];
  const known = new Set([...fileNames(names)].map((name) => name.toLowerCase()));
  const counts = countByName(members.map(({ name }) => name));
  const others: T[] = [];
  for (const member of members) {
    const isAdded = counts.get(keyOf(member.name)) === 1 && (await isAddedByComputer(member, known));
    if (isAdded) findings.push(findingFor('system_file', member.name));
    else others.push(member);
  }
  return others;
}

/**
 * Return whether a computer added this file. It is read whole, so that no program unpacks anything else.
 * @param names of all files that are here, in lower case
 */
async function isAddedByComputer(
  { name, isFile, cut: isCut, agrees, source }: CandidateMember & { source: Source },
  names: ReadonlySet<string>,
) {
  if (!isSystemFileName(name) || !isFile || isCut || agrees === false || source.size > sizeLimit(name)) return false;
  try {
    return isSystemFile(name, await readWhole(source), names);
  } catch {
    return false;
  }
}

/** Return all bytes of a member. Throws when it does not match the list. */
export async function readWhole({ size, pieces }: Source): Promise<Bytes> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for await (const piece of pieces()) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** Return the ordinary files of one folder; the others are findings. */
function acceptMembers<T extends CandidateMember>(
  pack: OpenedPack,
  members: readonly T[],
  { prefix }: PackRoot,
): (T & { inside: string })[] {
  const partFolder = Object.hasOwn(PARTS, pack.folder) ? (PARTS[pack.folder] ?? '') : '';
  const seen: Set<string> = new Set();
  return members.flatMap((member) => {
    const isInFolder = member.name.startsWith(prefix);
    const inside = isInFolder ? member.name.slice(prefix.length) : member.name;
    const code = faultCode(member, inside, isInFolder) ?? (seen.has(keyOf(member.name)) ? 'twice' : null);
    seen.add(keyOf(member.name));
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
