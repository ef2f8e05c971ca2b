/**
 * Opens a pack safely: names are judged before anything is read, and every member is hashed as it passes. The twin of
 * diary/pack/opened.py.
 */
import { hex } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { fileDigest } from '../crypto/digests.js';
import { crc32 } from '../pack/zip.js';
import { find } from './findings.js';
import { bytesAt, placeOf, readDirectory } from './zipfile.js';
import type { Bytes } from '../core/bytes.js';
import type { Finding } from './findings.js';
import type { Directory, Row } from './zipfile.js';

/** Hex */
type Digests = { sha256: string; sha512: string; size: number };
/** A member's bytes, piece by piece, and its claimed size */
type Source = { pieces: () => AsyncIterable<Uint8Array>; size: number };
/** Bytes */
type OnProgress = (done: number, total: number) => void;

const MEMBERS = 60_000;
const TOTAL_BYTES = 64 * 2 ** 30;
const RATIO = 200;
const PIECE = 1 << 20;
/** Limit for members read whole: proofs, lists, tables and one PDF. */
const WHOLE_BYTES = 512 << 20;
const DESCRIPTORS = [12, 16, 20, 24];
const FOLDER = /^PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8}$/;
const PATH = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,6}$/;
/** The possible names of the folder where only a part of a pack was copied, and the path of that part in the pack. */
const PARTS = Object.freeze({ data: 'data/', servable: 'data/servable/' }) as Readonly<Record<string, string>>;
const IS_FILE = 0o100000;
const KIND = 0o170000;

/** The members of a pack by path inside its folder, with their digests, and the findings so far. */
export class OpenedPack {
  folder: string;

  digests: Map<string, Digests> = new Map();
  findings: Finding[] = [];
  #sources: Map<string, Source> = new Map();
  /** The servable part by itself, with nothing of the restricted one. */
  alone = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Whether its folder is one of a pack's and not the pack's own. */
  get isPart() {
    return Object.hasOwn(PARTS, this.folder);
  }

  /** Hash one member. An unreadable one is a finding. */
  async take(path: string, source: Source, tell: (done: number) => void) {
    try {
      this.digests.set(path, await digestsOf(source, tell));
      this.#sources.set(path, source);
    } catch {
      // A stream can break off in many ways, and each means the same.
      this.findings.push(find('damaged', path));
    }
  }

  /** Called when every member was taken. */
  settle() {
    const names = [...this.digests.keys(), ...this.findings.map(({ member }) => member ?? '')];
    this.alone =
      names.some((name) => name.startsWith('data/servable/')) &&
      !names.some((name) => name.startsWith('data/restricted/'));
    return this;
  }

  /** Return a whole member; null when it is absent, too large or damaged (which is a finding already). */
  async read(path: string): Promise<Bytes | null> {
    const source = this.#sources.get(path);
    const size = this.digests.get(path)?.size ?? 0;
    if (!source || size > WHOLE_BYTES) return null;
    const whole = new Uint8Array(size);
    let at = 0;
    for await (const piece of source.pieces()) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

/**
 * Open a zip.
 * @param file a zip
 * @returns the findings, when it is no pack at all
 */
export async function openZip(file: Blob, onProgress: OnProgress = () => undefined): Promise<OpenedPack | Finding[]> {
  const directory = await readDirectory(file);
  if (!directory?.rows.length) return [find('not_a_pack')];
  const refused = refuse(directory.rows);
  if (refused) return [refused];
  const pack = new OpenedPack((directory.rows[0] as Row).name.split('/')[0] ?? '');
  const places = await Promise.all(directory.rows.map((row) => placeOf(file, row)));
  if (hides(file, directory, places)) pack.findings.push(find('hidden'));
  const kept = sound(
    pack,
    directory.rows.map((row, i) => ({
      name: row.name,
      cut: row.cut || row.renamed || Boolean(places[i]?.renamed),
      isFile: isOrdinary(row),
      agrees: places[i]?.agrees !== false,
      row,
    })),
  );
  const total = kept.reduce((sum, { row }) => sum + row.size, 0);
  let done = 0;
  for (const { row, inside } of kept) {
    const place = places[directory.rows.indexOf(row)];
    const before = done;
    await pack.take(inside, { size: row.size, pieces: () => memberOf(file, row, place ?? null) }, (count) =>
      onProgress(before + count, total),
    );
    done += row.size;
  }
  return pack.settle();
}

/**
 * Open a folder that was unpacked already.
 * @param files with their path from above the folder
 */
export async function openFolder(
  files: readonly { path: string; file: Blob }[],
  onProgress: OnProgress = () => undefined,
): Promise<OpenedPack | Finding[]> {
  if (!files.length) return [find('not_a_pack')];
  if (files.length > MEMBERS) return [find('too_many')];
  const pack = new OpenedPack((files[0] as { path: string }).path.split('/')[0] ?? '');
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (total > TOTAL_BYTES) return [find('too_large')];
  let done = 0;
  for (const { file, inside } of sound(
    pack,
    files.map(({ path, file: held }) => ({ name: path, isFile: true, file: held })),
  )) {
    const before = done;
    await pack.take(inside, { size: file.size, pieces: () => piecesOf(file, 0, file.size) }, (count) =>
      onProgress(before + count, total),
    );
    done += file.size;
  }
  return pack.settle();
}

function refuse(rows: readonly Row[]) {
  if (rows.length > MEMBERS) return find('too_many');
  const total = rows.reduce((sum, row) => sum + row.size, 0);
  const tight = rows.some((row) => row.size > RATIO * Math.max(1, row.packed) + PIECE);
  return total > TOTAL_BYTES || tight ? find('too_large') : null;
}

/**
 * Return whether something is before, between or after the members: readers that start elsewhere would see another
 * pack.
 */
function hides(
  file: Blob,
  { rows, start, comment, endAt }: Directory,
  places: readonly ({ start: number; end: number } | null)[],
) {
  const ordered = rows.map((row, i) => ({ row, place: places[i] })).sort((a, b) => a.row.at - b.row.at);
  if (ordered[0]?.row.at !== 0 || comment || endAt + 22 !== file.size) return true;
  return ordered.some(({ row, place }, i) => {
    if (!place) return true;
    const gap = (ordered[i + 1]?.row.at ?? start) - place.end;
    return !(row.flags & 0x8 ? DESCRIPTORS : [0]).includes(gap);
  });
}

function isOrdinary({ name, mode, flags, odd }: Row) {
  const kind = mode & KIND;
  return !name.endsWith('/') && (kind === 0 || kind === IS_FILE) && !(flags & 1) && !odd;
}

/** Return the ordinary files of one folder; the others are findings. */
function sound<T extends { name: string; isFile: boolean; cut?: boolean; agrees?: boolean }>(
  pack: OpenedPack,
  members: readonly T[],
): (T & { inside: string })[] {
  const part = Object.hasOwn(PARTS, pack.folder) ? (PARTS[pack.folder] ?? '') : '';
  if (!FOLDER.test(pack.folder) && !part) pack.findings.push(find('no_folder', printable((members[0] as T).name)));
  const seen: Set<string> = new Set();
  return members.flatMap((member) => {
    const cut = member.name.indexOf('/');
    const folder = cut < 0 ? member.name : member.name.slice(0, cut);
    const inside = cut < 0 ? '' : member.name.slice(cut + 1);
    const code =
      fault(member, inside, folder === pack.folder) ??
      (member.agrees === false ? 'damaged' : null) ??
      (seen.has(member.name.toLowerCase()) ? 'twice' : null);
    seen.add(member.name.toLowerCase());
    if (code) pack.findings.push(find(code, printable(inside || member.name)));
    return code ? [] : [{ ...member, inside: part + inside }];
  });
}

function fault(
  { name, isFile, cut }: { name: string; isFile: boolean; cut?: boolean },
  inside: string,
  isInFolder: boolean,
) {
  if (cut || !PATH.test(inside) || name.includes('..')) return 'bad_name';
  if (!isInFolder) return 'no_folder';
  return isFile ? null : 'not_a_file';
}

function printable(name: string) {
  return Array.from(name, (letter) => (letter >= ' ' && letter <= '~' ? letter : '?'))
    .join('')
    .slice(0, 200);
}

async function* piecesOf(file: Blob, from: number, until: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < until; at += PIECE) yield bytesAt(file, at, Math.min(until, at + PIECE));
}

/** Unpack a member. Throws when it does not match the list. */
async function* memberOf(
  file: Blob,
  row: Row,
  place: { start: number; end: number; sameName: boolean } | null,
): AsyncGenerator<Uint8Array> {
  if (!place?.sameName || place.end > file.size || (row.method !== 0 && row.method !== 8))
    throw new KeptError('not_a_copy');
  const packed = file.slice(place.start, place.end);
  let crc = 0;
  let size = 0;
  for await (const piece of row.method === 0 ? piecesOf(packed, 0, packed.size) : unpacked(packed)) {
    size += piece.length;
    if (size > row.size) throw new KeptError('not_a_copy');
    crc = crc32(piece, crc);
    yield piece;
  }
  if (size !== row.size || crc !== row.crc) throw new KeptError('not_a_copy');
}

async function* unpacked(packed: Blob): AsyncGenerator<Uint8Array> {
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

async function digestsOf({ size: claimed, pieces }: Source, tell: (done: number) => void): Promise<Digests> {
  const digest = fileDigest(claimed);
  let size = 0;
  for await (const piece of pieces()) {
    digest.update(piece);
    size += piece.length;
    tell(size);
  }
  const [sha256, sha512] = await digest.digests();
  return { sha256: hex(sha256), sha512: hex(sha512), size };
}
