/** The bag's own files (BagIt 1.0): docs/pack.md; the twin of diary/pack/bag/archive.py. */
import { hex, utf8 } from '../core/bytes.js';
import { sha256 } from '../crypto/digests.js';
import { textOf, integerOf } from '../record/reading.js';
import { localAt } from '../record/times.js';
import type { Fields } from '../record/reading.js';

export const SERVABLE_FOLDER = 'data/servable/';
/** The first page of a pack, as text. */
export const READ_FIRST_FILE = 'data/00_READ-FIRST.txt';
export const SERVABLE_MANIFEST = `${SERVABLE_FOLDER}manifest-sha256.txt`;
export const BAGIT = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';

/**
 * Return `bag-info.txt`: no names, addresses, product or host.
 * @param pack the capsule's `pack`
 * @param bytes of the payload
 * @param fileCount of the payload
 */
export function bagInfo(pack: Fields, bytes: number, fileCount: number): string {
  const day = localAt(integerOf(pack, 'made_at') ?? 0, textOf(pack, 'tz')).slice(0, 10);
  return [
    `Bagging-Date: ${day}`,
    `External-Identifier: ${textOf(pack, 'folder')}`,
    `Payload-Oxum: ${bytes}.${fileCount}`,
    '',
  ].join('\n');
}

/** Return one line per file, in order of path. */
export function manifest(
  fileCount: ReadonlyMap<string, { sha256: string; sha512: string }>,
  algorithm: 'sha256' | 'sha512',
): string {
  return [...fileCount]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, digests]) => `${digests[algorithm]}  ${name}\n`)
    .join('');
}

/** Return the list of the servable files, which lies among them. */
export async function servableManifest(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const lines = [];
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (name.startsWith(SERVABLE_FOLDER))
      lines.push(`${hex(await sha256(content))}  ${name.slice(SERVABLE_FOLDER.length)}\n`);
  return utf8(lines.join(''));
}
