/**
 * The pictures and other files of a conversation: where the download has them, and by which name the diary knows each.
 *
 * [Note: names of files] Two files can have one name in two folders. The one that comes first has its plain name, the
 * others are named with their folders. A later download can begin with another one, so the name that a file got in the
 * diary may be any of `names`.
 */
import { hex, utf8 } from '../../core/bytes.js';
import { cutText } from '../../core/text.js';
import { sha256Sync } from '../../crypto/digests.js';
import { mend } from '../../imports/conversations/meta.js';
import { baseName } from '../../imports/unzip.js';
import { entrySource } from '../../imports/unzip_stream.js';
import type { ChatFormat } from '../../imports/conversations/format.js';
import type { ZipEntry } from '../../imports/unzip.js';
import type { Source } from '../../diary/types.js';
import type { MediaFile } from './imports_media.js';

/** `path`: as the message has it; `entry`: undefined if the download lacks the file */
type FoundFile = { path: string; entry: ZipEntry | undefined; isAddress: boolean };
/** Find a file that a message names. `from`: the path of the file that the message is in */
export type FindFile = (written: string, from: string) => FoundFile;
/** `names`: every name that this file can have in the diary, the plain one first */
export type NamedFile = { name: string; isThere: boolean; names: string[] };

export const MAX_NAMES_LENGTH = 200;
const DIGEST_LENGTH = 8;

const topOf = (path: string) => path.slice(0, path.indexOf('/') + 1);

/**
 * Return a function that finds the files of a conversation. A path begins at the top of a download, or in the folder of
 * the message's file. In several parts of a download the message's own part comes first.
 * @param froms paths of the files with the conversation's messages
 */
export function filesIn(format: ChatFormat, media: ReadonlyMap<string, ZipEntry>, froms: readonly string[]): FindFile {
  const paths = [...media.keys()];
  const tops = [...new Set(froms.map(topOf))];
  const entryAt = (path: string, from: string) => {
    const plain = path.replace(/^(?:\.\/)+/, '');
    const folder = from.slice(0, from.lastIndexOf('/') + 1);
    return ['', folder, topOf(from), ...tops].map((before) => media.get(`${before}${plain}`)).find(Boolean);
  };
  return (written, from) => {
    const path = format.findFile?.(written, paths) ?? written;
    const isAddress = /^[a-z]+:\/\//i.test(path);
    // A path is written as words are: see [Note: letters], meta.ts.
    const entry = isAddress ? undefined : (entryAt(mend(path).text, from) ?? entryAt(path, from));
    return { path, entry, isAddress };
  };
}

/** The plain name of a file, without its folders. */
export function plainName({ path, isAddress }: FoundFile): string {
  const read = mend(path).text;
  const plain = baseName(isAddress ? read.replace(/[?#].*$/, '') : read).replace(/[\p{Cc}\p{Cf}]/gu, '');
  return cutText(plain, MAX_NAMES_LENGTH) || 'file';
}

/** Return the files of messages by name, and a function that names one. No two files get one name. */
export function namedFiles(find: FindFile, source: Source) {
  const files: Map<string, MediaFile> = new Map();
  const keys: Map<string, string> = new Map();
  return {
    files,
    nameOf: (written: string, from: string): NamedFile => {
      const found = find(written, from);
      const { path, entry } = found;
      const short = plainName(found);
      const key = entry?.name ?? path;
      const digest = hex(sha256Sync(utf8(key))).slice(0, DIGEST_LENGTH);
      const names = [short, cutText(path.replaceAll('/', ' '), MAX_NAMES_LENGTH * 2), `${digest} ${short}`];
      const name = names.find((one) => (keys.get(one) ?? key) === key) ?? `${names[1]} ${digest}`;
      keys.set(name, key);
      if (entry) files.set(name, { size: entry.size, open: () => entrySource(source, entry) });
      return { name, isThere: entry !== undefined, names };
    },
  };
}
