/**
 * Opens a portal set: its single files and the members of its zips, by their paths in the pack. The twin of
 * diary/pack/verify/portal_reader.py.
 */
import { PACK_MEMBERS_LIMIT, PACK_OUTER_FOLDERS_LIMIT, PACK_TOTAL_LIMIT_BYTES } from '../core/constants.js';
import { EXPORT_PROOF, PACK_STATEMENT } from '../pack/signature.js';
import { SHA256_LIST } from './bag_check.js';
import { findingFor } from './findings.js';
import {
  faultCode,
  fileSource,
  hashMember,
  openFolder,
  openZip,
  OpenedPack,
  readZip,
  withoutSystemFiles,
} from './pack_reader.js';
import { baseName, BESIDE, folderOf, PART, PARTS } from './pack_root.js';
import { isSystemFileName } from './system_files.js';
import type { Finding } from './findings.js';
import type { OnProgress, Source } from './pack_reader.js';

/** With its path from above the chosen folder, or its name alone */
export type GivenFile = { path: string; file: Blob };
type Parts = Map<string, Exclude<Awaited<ReturnType<typeof readZip>>, Finding[]>>;

/** Files about the set, which are not listed in it. */
export const LIST_FILES: readonly string[] = [SHA256_LIST, EXPORT_PROOF, PACK_STATEMENT];
/** The single files of a set, by the folder of the pack that they come from. */
const PREFIXES: readonly (readonly [string, RegExp])[] = [
  ['data/', /^00_READ-FIRST\.txt$/],
  ['data/servable/', /^0[1-8]_(?!RESTRICTED_).+$/],
  ['data/restricted/', /^(?:(?:06|10)_RESTRICTED_.+|12_record\.json)$/],
];

/**
 * Open a pack (one zip, or the files below its folder) or a portal set (the files of a flat folder, or several files).
 * @returns the findings, when it cannot be read
 */
export async function openGiven(
  given: readonly GivenFile[],
  onProgress: OnProgress = () => undefined,
): Promise<OpenedPack | Finding[]> {
  const flat = flatFiles(given);
  if (!flat) return openFolder(given, onProgress);
  const files = flat.filter(({ path }) => !BESIDE.test(baseName(path)));
  const beside = flat
    .filter(({ path }) => BESIDE.test(baseName(path)))
    .map(({ path, file }) => ({ name: baseName(path), source: fileSource(file) }));
  const own = files.filter(({ path }) => !isSystemFileName(baseName(path)));
  if (!own[0]) return [findingFor('not_a_pack')];
  if (own.length > 1 && isPackAmongOthers(own.map(({ path }) => baseName(path)))) return [findingFor('choose_pack')];
  const opened = await (own.length === 1 && !(isInFolder(own) && PART.test(baseName(own[0].path)))
    ? openZip(own[0].file, onProgress)
    : openPortalSet(files, beside, onProgress));
  if (opened instanceof OpenedPack) opened.beside.push(...beside);
  return opened;
}

/** Return whether files that were given together hold a zip that is a pack by itself, and are no portal set. */
const isPackAmongOthers = (names: readonly string[]) =>
  names.some((name) => name.toLowerCase().endsWith('.zip')) &&
  !names.some((name) => PART.test(name) || LIST_FILES.includes(name));

const isInFolder = (files: readonly GivenFile[]) => files.some(({ path }) => path.includes('/'));

/**
 * Return the files that were chosen one by one, or those of a folder that holds a portal set or one zip, with what
 * comes beside a pack. Other folders may stand around it; files that a computer added there are left out.
 * @returns null for any other folder
 */
function flatFiles(given: readonly GivenFile[]): readonly GivenFile[] | null {
  if (!isInFolder(given)) return given;
  const known = given.filter(({ path }) => !isSystemFileName(baseName(path)));
  const folder = known.map(({ path }) => folderOf(path)).reduce((a, b) => (b.length > a.length ? b : a), '');
  const names = folder.split('/').slice(0, -1);
  const isChain = known.every(
    ({ path }) => folderOf(path) === folder || (folder.startsWith(folderOf(path)) && BESIDE.test(baseName(path))),
  );
  if (!isChain || names.length > PACK_OUTER_FOLDERS_LIMIT + 1) return null;
  const own = known.map(({ path }) => baseName(path)).filter((base) => !BESIDE.test(base));
  const isZip = own.length === 1 && own[0]?.toLowerCase().endsWith('.zip');
  const isPart = Object.hasOwn(PARTS, names.at(-1) ?? '');
  const isSet = own.some((base) => PART.test(base)) || (!isPart && own.some((base) => LIST_FILES.includes(base)));
  return isZip || isSet ? given.filter((one) => folderOf(one.path) === folder || known.includes(one)) : null;
}

/** @param beside the slips and timestamps that are with it */
async function openPortalSet(
  files: readonly GivenFile[],
  beside: readonly { name: string; source: Source }[],
  onProgress: OnProgress,
): Promise<OpenedPack | Finding[]> {
  if (files.length > PACK_MEMBERS_LIMIT) return [findingFor('too_many')];
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (total > PACK_TOTAL_LIMIT_BYTES) return [findingFor('too_large')];
  const pack = new OpenedPack('');
  const setDigests = (pack.setDigests = new Map());
  const named = files.map(({ path, file }) => ({
    name: baseName(path),
    file,
    isFile: true,
    source: fileSource(file),
  }));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  const seenNames: Set<string> = new Set();
  const accepted = (
    await withoutSystemFiles(
      named,
      pack.findings,
      beside.map(({ name }) => name),
    )
  ).filter(({ name }) => {
    const isTwice = seenNames.has(name.toLowerCase());
    seenNames.add(name.toLowerCase());
    const code = faultCode({ name, isFile: true }, name) ?? (isTwice ? 'twice' : null);
    if (code) pack.findings.push(findingFor(code, name));
    return !code;
  });
  const parts: Parts = new Map();
  for (const { name, file } of accepted) {
    if (!PART.test(name)) continue;
    const part = await readZip(file);
    if (!Array.isArray(part)) parts.set(name, part);
    else if (part[0]?.code !== 'not_a_pack') return part;
    else {
      pack.findings.push(findingFor('damaged', name));
      pack.unreadableParts.add(name);
    }
  }
  const members = [...parts.values()].flatMap((part) => part.members);
  if (members.length > PACK_MEMBERS_LIMIT) return [findingFor('too_many')];
  const memberBytes = members.reduce((sum, { source }) => sum + source.size, 0);
  if (memberBytes > PACK_TOTAL_LIMIT_BYTES) return [findingFor('too_large')];
  let done = 0;
  for (const { name, file, source } of accepted) {
    const path = pathInPack(name);
    const doneBefore = done;
    try {
      const digests = await hashMember(source, (count) => onProgress(doneBefore + count, total + memberBytes));
      setDigests.set(name, digests);
      if (path) pack.addHashed(path, source, digests);
    } catch {
      pack.findings.push(findingFor('damaged', name));
    }
    done += file.size;
  }
  await addPartMembers(pack, parts, (count) => onProgress(total + count, total + memberBytes));
  return pack.finish();
}

/** Hash the members of the zips, whose names are their paths below `data/`. */
async function addPartMembers(pack: OpenedPack, parts: Parts, onProgress: (done: number) => void) {
  // A path that stands twice could be read in two ways, also where one of the two is a single file.
  const seen = new Set([...pack.digests.keys()].map((path) => path.toLowerCase()));
  let done = 0;
  for (const [name, { hasHiddenBytes, members, emptyFolders }] of parts) {
    if (hasHiddenBytes) pack.findings.push(findingFor('hidden', name));
    pack.findings.push(...emptyFolders.map((folder) => findingFor('empty_folder', `${name}/${folder}`)));
    for (const member of members) {
      const path = `data/${member.name}`;
      const code = faultCode(member, path) ?? (seen.has(path.toLowerCase()) ? 'twice' : null);
      seen.add(path.toLowerCase());
      const doneBefore = done;
      if (code) pack.findings.push(findingFor(code, path));
      else await pack.addMember(path, member.source, (count) => onProgress(doneBefore + count));
      done += member.source.size;
    }
  }
}

/** Return whether a portal set can have a file of this name. */
export const isSetFileName = (name: string) => PART.test(name) || pathInPack(name) !== null;

/** Return the path that a single file of a set has in the pack; null for a zip, or for a file of no set. */
function pathInPack(name: string) {
  if (LIST_FILES.includes(name)) return name;
  const row = PREFIXES.find(([, pattern]) => pattern.test(name));
  return row ? row[0] + name : null;
}
