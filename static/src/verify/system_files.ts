/**
 * Files that macOS, Windows and office programs add to a folder, or to a zip that is made of one. The twin of
 * diary/pack/verify/system_files.py, which says why such a file counts only where a computer would put it.
 */
import {
  ATTRIBUTES_FILE_LIMIT_BYTES,
  LOCK_FILE_LIMIT_BYTES,
  PACK_FOLDERS_LIMIT,
  SYSTEM_FILE_LIMIT_BYTES,
} from '../core/constants.js';
import { baseName, folderOf, isPlainName } from './pack_root.js';

const NAME = new RegExp(
  '^(?:[^/]{1,100}/){0,10}' +
    '(?:\\.DS_Store|\\.localized|[Tt]humbs\\.db|\\._[^/]{1,100}|~\\$[^/]{1,100}|\\.~lock\\.[^/]{1,100}#)$',
  'u',
);
/** Names of files that belong to another: attributes by macOS, locks by Excel and LibreOffice. */
const BESIDE = /^(?:(?:\._|~\$)([^/]+)|\.~lock\.([^/]+)#)$/u;
/** In a zip, macOS gives the attributes a folder of their own. "Extract all" puts another around it. */
const MACOS_FOLDER = /(^|\/)__MACOSX\//;
const DS_STORE = [0, 0, 0, 1, 0x42, 0x75, 0x64, 0x31];
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const APPLE_DOUBLE = [0, 5, 0x16, 7, 0, 2, 0, 0];
const APPLE_DOUBLE_HEADER_BYTES = 26;
const APPLE_DOUBLE_ENTRY_BYTES = 12;
/** Of a file: what else it holds, and how the Finder shows it. */
const [RESOURCE_FORK, FINDER_INFO] = [2, 9];
/** An alias, and a file that is not shown. */
const REFUSED_FINDER_FLAGS = 0xc000;

/** Return whether a computer could have added a file of this name, which may begin with its folders. */
export const isSystemFileName = (name: string) => NAME.test(name) && !name.includes('..');

/** Return how large a file of this name may be, in bytes. */
export function sizeLimit(name: string) {
  const base = baseName(name);
  if (base === '.localized') return 0;
  if (base.startsWith('._')) return ATTRIBUTES_FILE_LIMIT_BYTES;
  return base.slice(0, 2).includes('~') ? LOCK_FILE_LIMIT_BYTES : SYSTEM_FILE_LIMIT_BYTES;
}

/**
 * Return whether a computer added this file.
 * @param names see `fileNames`, in lower case
 */
export function isSystemFile(name: string, content: Uint8Array, names: ReadonlySet<string>) {
  if (!isSystemFileName(name) || content.length > sizeLimit(name)) return false;
  const path = name.replace(MACOS_FOLDER, '$1');
  const base = baseName(path).toLowerCase();
  const folder = folderOf(path.toLowerCase());
  if (path !== name && !base.startsWith('._')) return false;
  // A folder that has the name of a file, or that a program shortens to it, would take its place when it is unpacked.
  if (!names.has(folder) && !folder.split('/').slice(0, -1).every(isPlainName)) return false;
  if (foldersAbove(path.toLowerCase()).some((above) => names.has(above.slice(0, -1)))) return false;
  const [isBeside, owner, locked] = BESIDE.exec(base) ?? [];
  const other = `${folder}${owner ?? locked}`;
  return (!isBeside || names.has(other) || names.has(`${other}/`)) && hasForm(base, content);
}

/** Return whether a file of this name, in lower case, begins as a computer writes it. */
function hasForm(base: string, content: Uint8Array) {
  if (base === '.ds_store') return startsWith(content, DS_STORE);
  if (base === 'thumbs.db') return startsWith(content, COMPOUND_FILE);
  return !base.startsWith('._') || isAppleDouble(content);
}

const startsWith = (bytes: Uint8Array, start: readonly number[]) => start.every((byte, i) => bytes[i] === byte);

/** Return whether a file keeps attributes as macOS writes them, and neither hides its file nor is a document. */
function isAppleDouble(content: Uint8Array) {
  if (content.length < APPLE_DOUBLE_HEADER_BYTES || !startsWith(content, APPLE_DOUBLE)) return false;
  if (new TextDecoder('latin1').decode(content).includes('%PDF')) return false;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const count = view.getUint16(APPLE_DOUBLE_HEADER_BYTES - 2);
  if (content.length < APPLE_DOUBLE_HEADER_BYTES + count * APPLE_DOUBLE_ENTRY_BYTES) return false;
  for (let i = 0; i < count; i++) {
    const at = APPLE_DOUBLE_HEADER_BYTES + i * APPLE_DOUBLE_ENTRY_BYTES;
    const [kind, offset, length] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)];
    if ((kind !== RESOURCE_FORK && kind !== FINDER_INFO) || offset + length > content.length) return false;
    if (kind === FINDER_INFO && (length < 32 || view.getUint16(offset + 8) & REFUSED_FINDER_FLAGS)) return false;
  }
  return true;
}

/** Return the names of files to which a system file can belong, with their folders, each with a slash at its end. */
export function fileNames(names: readonly string[]): Set<string> {
  const plainNames = names.filter((name) => !BESIDE.test(baseName(name)));
  return new Set([...plainNames, ...plainNames.filter((name) => !isSystemFileName(name)).flatMap(foldersAbove)]);
}

/** Return the folders that a name begins with, the outermost first, each with a slash at its end. */
export function foldersAbove(name: string): string[] {
  const folders: string[] = [];
  // A hostile name may have thousands of slashes.
  for (let at = name.indexOf('/'); at >= 0 && folders.length < PACK_FOLDERS_LIMIT; at = name.indexOf('/', at + 1))
    folders.push(name.slice(0, at + 1));
  return folders;
}
