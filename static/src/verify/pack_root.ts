/**
 * Search for the pack among the files that were given. The twin of diary/pack/verify/pack_root.py, which
 * explains why other folders than the pack's own are passed over.
 */
import { PACK_OUTER_FOLDERS_LIMIT } from '../core/constants.js';

/** A computer writes more after the name of a second copy: ` (1)`, ` - Copy`, ` 2`, in its own language. */
const FOLDER_NAME = '(PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})(?:[ (-][^/\\\\\\x00-\\x1f\\x7f]{0,60})?';
const FOLDER = new RegExp(`^${FOLDER_NAME}$`, 'u');
const IDENTIFIER = /\nExternal-Identifier: (PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})\n/;
/** A name that leads nowhere else when the zip is unpacked. */
const HARMLESS = /^(?!\.)[^/\\:\x00-\x1f\x7f]{1,100}$/u;
/** A name that every program writes unchanged. Some programs drop other letters, or a dot or space at the end. */
const PLAIN = /^(?!\.{1,2}$)[ -.0-9;-[\]-~]{0,99}[!-\-0-9;-[\]-~]$/;
/** The possible names of the folder where only a part of a pack was copied, and the path of that part in the pack. */
export const PARTS = Object.freeze({ data: 'data/', servable: 'data/servable/' }) as Readonly<Record<string, string>>;
/** What comes beside a pack. A browser may have numbered it: `pack (1).tsr`. */
export const BESIDE = /^(?![.~])(?:[^/]+\.tsr|[^/]*receipt-slip[^/]*\.json)$/i;
/** Both cases written out: with the flags `i` and `u`, letters outside ASCII would match too. */
const PACK_ZIP = new RegExp(`^${FOLDER_NAME.replace('PACK_[A-Z]', '[Pp][Aa][Cc][Kk]_[A-Za-z]')}\\.[Zz][Ii][Pp]$`, 'u');
export const STAMP = /\.tsr$/i;
export const PART = /^13_part[1-9][0-9]{0,2}\.zip$/;
export const BAG_INFO = 'bag-info.txt';

/**
 * `prefix`: what the names of its files begin with. `folder`: the name of the pack, or of the part that was copied; ''
 * if only bag-info.txt has it.
 */
export type PackRoot = { prefix: string; folder: string };

export const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
/** The folders that a name begins with, with a slash at the end; '' without one */
export const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/** Return where the pack is among these file names; null if there is no pack. */
export function findRoot(given: readonly string[]): PackRoot | null {
  // Some programs write this before every name.
  const start = given.every((name) => name.startsWith('./')) ? './' : '';
  const names = given.map((name) => name.slice(start.length));
  const known = new Set(names);
  for (const finder of [ownRoot, bagRoot, partRoot]) {
    for (const name of names) {
      const root = finder(name, known);
      if (root?.prefix.split('/').slice(0, -1).every(isHarmlessName)) return { ...root, prefix: start + root.prefix };
    }
  }
  return null;
}

/** Return the outermost folders of a name: as many as can be around a pack, and one for its own. */
const foldersOf = (name: string) =>
  name
    .split('/')
    .slice(0, -1)
    .slice(0, PACK_OUTER_FOLDERS_LIMIT + 1);

const joined = (folders: readonly string[]) => folders.map((folder) => `${folder}/`).join('');

/** Return the root in a folder that is named as a pack, the innermost one. */
function ownRoot(name: string): PackRoot | null {
  const folders = foldersOf(name);
  const last = folders.map((folder) => FOLDER.test(folder)).lastIndexOf(true);
  return last < 0
    ? null
    : { prefix: joined(folders.slice(0, last + 1)), folder: FOLDER.exec(folders[last] ?? '')?.[1] ?? '' };
}

/** Return the folder that contains bag-info.txt. */
function bagRoot(name: string, known: ReadonlySet<string>): PackRoot | null {
  const prefix = joined(foldersOf(name));
  return name === `${prefix}${BAG_INFO}` && known.has(`${prefix}bagit.txt`) ? { prefix, folder: '' } : null;
}

/** Return the root in a folder that is named as a part of a pack, the outermost one. */
function partRoot(name: string): PackRoot | null {
  const folders = foldersOf(name);
  const first = folders.findIndex((folder) => Object.hasOwn(PARTS, folder));
  return first < 0 ? null : { prefix: joined(folders.slice(0, first + 1)), folder: folders[first] ?? '' };
}

/** Return whether programs that unpack a zip make a folder of this name where it belongs. */
const isHarmlessName = (name: string) => HARMLESS.test(name) && !name.includes('..');

/** Return whether every program writes a file or folder of this name unchanged. */
export const isPlainName = (name: string) => PLAIN.test(name);

/** Return the name of the pack from bag-info.txt; '' if the file does not give one. */
export const folderInBagInfo = (text: string) => IDENTIFIER.exec(text)?.[1] ?? '';

/** Return whether a file is a slip or timestamp, in a folder that contains the pack's folder. */
export const isBeside = (name: string, root: PackRoot) => BESIDE.test(baseName(name)) && isAround(name, root);

/** Return whether a file is the zip of a pack in a folder around the pack's own: "Extract here" leaves it there. */
export const isZipBeside = (name: string, root: PackRoot) => PACK_ZIP.test(baseName(name)) && isAround(name, root);

/** Return whether every program writes a file into a folder around the pack's own, and in place of no other. */
const isAround = (name: string, { prefix }: PackRoot) =>
  prefix.startsWith(folderOf(name)) &&
  prefix !== folderOf(name) &&
  isPlainName(baseName(name)) &&
  !prefix.toLowerCase().startsWith(`${name.toLowerCase()}/`);

/**
 * Return the pack in a folder that has files of other kinds too: somebody chose Downloads, or a whole stick.
 * @returns its folder or zip, '' if there are several, null where every file is to be judged as one of the pack
 */
export function packAmongOthers(names: readonly string[], root: PackRoot | null): string | null {
  if (!root) {
    const zips = names.filter((name) => PACK_ZIP.test(baseName(name)));
    return zips.length > 1 ? '' : (zips[0] ?? null);
  }
  if (Object.hasOwn(PARTS, root.folder)) return null;
  const around = names.filter(
    (name) => !name.startsWith(root.prefix) && !isBeside(name, root) && !isZipBeside(name, root),
  );
  // A pack into which somebody put a folder that is named as another pack.
  const isInsideAPack = around.some(
    (name) => name.endsWith(`/${BAG_INFO}`) && root.prefix.startsWith(name.slice(0, -BAG_INFO.length)),
  );
  if (!around.length || isInsideAPack) return null;
  return findRoot(around) ? '' : root.prefix.slice(0, -1);
}

/** Return whether these are the files of a portal set, or a single zip: to be unpacked before they are checked. */
export function isOtherForm(names: readonly string[]) {
  const own = names.map(baseName).filter((base) => !BESIDE.test(base));
  return own.some((base) => PART.test(base)) || (own.length === 1 && own[0]?.toLowerCase().endsWith('.zip') === true);
}
