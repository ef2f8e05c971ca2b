/**
 * Files that macOS, Windows and office programs add to a folder, or to a zip that is made of one. The twin of
 * diary/pack/verify/system_files.py, which says why such a file counts only where a computer would put it.
 */
import { LOCK_FILE_LIMIT_BYTES, PACK_FOLDERS_LIMIT, SYSTEM_FILE_LIMIT_BYTES } from '../core/constants.js';

const NAME = new RegExp(
  '^(?:__MACOSX/)?(?:[^/]{1,100}/){0,10}' +
    '(?:\\.DS_Store|\\.localized|[Tt]humbs\\.db|\\._[^/]{1,100}|~\\$[^/]{1,100}|\\.~lock\\.[^/]{1,100}#)$',
  'u',
);
/** Names of files that belong to another: attributes by macOS, locks by Excel and LibreOffice. */
const BESIDE = /^(?:(?:\._|~\$)([^/]+)|\.~lock\.([^/]+)#)$/u;
const MACOS = '__MACOSX/';
const DS_STORE = [0, 0, 0, 1, 0x42, 0x75, 0x64, 0x31];
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const APPLE_DOUBLE = [0, 5, 0x16, 7];

/** Return whether a computer could have added a file of this name, which may begin with its folders. */
export const isSystemFileName = (name: string) => NAME.test(name) && !name.includes('..');

/** Return how large a file of this name may be, in bytes. */
export function sizeLimit(name: string) {
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (base === '.localized') return 0;
  return base.slice(0, 2).includes('~') ? LOCK_FILE_LIMIT_BYTES : SYSTEM_FILE_LIMIT_BYTES;
}

/**
 * Return whether a computer added this file.
 * @param start its first bytes, at least eight where it has so many
 * @param places see `placesOf`
 */
export function isSystemFile(name: string, size: number, start: Uint8Array, places: ReadonlySet<string>) {
  const path = name.startsWith(MACOS) ? name.slice(MACOS.length) : name;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (!isSystemFileName(name) || !places.has(folder) || size > sizeLimit(name)) return false;
  if (path !== name && !base.startsWith('._')) return false;
  const [isBeside, owner, locked] = BESIDE.exec(base) ?? [];
  const other = `${folder}${owner ?? locked}`;
  if (isBeside && !places.has(other) && !places.has(`${other}/`)) return false;
  if (base === '.DS_Store') return startsWith(start, DS_STORE);
  if (base.toLowerCase() === 'thumbs.db') return startsWith(start, COMPOUND_FILE);
  return !base.startsWith('._') || startsWith(start, APPLE_DOUBLE);
}

const startsWith = (bytes: Uint8Array, start: readonly number[]) => start.every((byte, i) => bytes[i] === byte);

/** Return the other files of a pack and the folders that they stand in, '' included: where a system file can be. */
export function placesOf(names: readonly string[]): Set<string> {
  const files = names.filter((name) => !isSystemFileName(name));
  return new Set(['', ...files, ...files.flatMap(foldersAbove)]);
}

/** Return the folders that a name begins with, the outermost first, each with a slash at its end. */
export function foldersAbove(name: string): string[] {
  const folders: string[] = [];
  // A hostile name may have thousands of slashes.
  for (let at = name.indexOf('/'); at >= 0 && folders.length < PACK_FOLDERS_LIMIT; at = name.indexOf('/', at + 1))
    folders.push(name.slice(0, at + 1));
  return folders;
}
