/**
 * The same message in two folders of one download: a conversation can be in two of an app's folders, and parts of a
 * download can overlap. Each such message counts once, in what is listed and in what is added.
 *
 * [Note: a copy] Within a folder every message counts, since people send the same words twice. A message of another
 * folder is a copy of one that has its time, sender, kind, words and files. Files are compared by their bytes; a file
 * that one of the two folders lacks can be the other's. So a conversation has each message as often as the folder that
 * has it most often.
 */
import { folderIn } from '../../imports/conversations/format.js';
import { plainName } from './conversation_media.js';
import type { Bytes } from '../../core/bytes.js';
import type { ChatFormat, ReadMessage } from '../../imports/conversations/format.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { FindFile } from './conversation_media.js';

/** A file of a download. `path`: in the download, or its own name */
export type DownloadFile = { path: string; size: number; read(pause: Pause): Promise<Bytes> };
/**
 * Where messages of a conversation are: the conversation at a place of a file. `copies`: places of messages that
 * another file of the download has too
 */
export type ConversationPart = { file: DownloadFile; place: number; copies: Set<number> };
/** A message: the one at a place of a part. `bytes`: what tells each of its files, null for one that is not there */
type Place = { part: ConversationPart; at: number; bytes: (string | null)[] };
/** `folders`: those that have the message */
type Kept = { place: Place; folders: Set<string> };
/** Messages with one key. `from`: by folder, the place of the first that it may lack */
type Alike = { kept: Kept[]; from: Map<string, number> };
/** `sender`: the name of who wrote it */
export type Copy = { part: ConversationPart; at: number; sender: string };

const MESSAGES_PER_PAUSE = 200;

/**
 * Return the messages of a conversation that are copies of others. Of two, the one whose files are there stays.
 * @param latest ms UTC; no message can have a later time
 */
export async function findCopies(
  format: ChatFormat,
  parts: readonly ConversationPart[],
  find: FindFile,
  latest: number,
  pause: Pause,
): Promise<Copy[]> {
  const folders = foldersOf(parts);
  if (new Set(folders.values()).size < 2) return [];
  const alikeByKey: Map<string, Alike> = new Map();
  const copies: Copy[] = [];
  for (const part of parts) {
    const { file, place } = part;
    const folder = folders.get(part) as string;
    const bytes = await file.read(pause);
    const messages = (await format.readThreads(bytes, file.path, pause))?.[place]?.messages ?? [];
    for (const [at, span] of messages.entries()) {
      if (at % MESSAGES_PER_PAUSE === 0) await pause(at, messages.length);
      const message = format.readMessage(bytes, span, latest);
      if (!message || (message.at === null && !message.written)) continue;
      const found = message.files.map((written) => find(written, file.path));
      const key = keyOf(message, found.map(plainName));
      const here = { part, at, bytes: found.map(({ entry }) => (entry ? `${entry.size} ${entry.crc}` : null)) };
      const alike: Alike = alikeByKey.get(key) ?? { kept: [], from: new Map() };
      alikeByKey.set(key, alike);
      const same = sameIn(alike, folder, here);
      if (!same) {
        alike.kept.push({ place: here, folders: new Set([folder]) });
        continue;
      }
      const [stays, copy] = missingIn(here) < missingIn(same.place) ? [here, same.place] : [same.place, here];
      same.place = stays;
      same.folders.add(folder);
      copies.push({ part: copy.part, at: copy.at, sender: message.sender.name });
    }
  }
  return copies;
}

/** Return the message of other folders that a message is a copy of, one with the same files before any other. */
function sameIn({ kept, from }: Alike, folder: string, { bytes }: Place): Kept | undefined {
  let first = from.get(folder) ?? 0;
  while (kept[first]?.folders.has(folder)) first++;
  from.set(folder, first);
  let possible: Kept | undefined;
  for (let i = first; i < kept.length; i++) {
    const one = kept[i] as Kept;
    if (one.folders.has(folder)) continue;
    if (one.place.bytes.every((those, n) => those === bytes[n])) return one;
    if (!possible && one.place.bytes.every((those, n) => canBeSame(those, bytes[n]))) possible = one;
  }
  return possible;
}

/** Return the folder of each part. A second file of one path is a copy of the first. */
function foldersOf(parts: readonly ConversationPart[]): Map<ConversationPart, string> {
  const filesByPath: Map<string, Set<ConversationPart['file']>> = new Map();
  return new Map(
    parts.map((part) => {
      const { path } = part.file;
      const files = (filesByPath.get(path) ?? new Set()).add(part.file);
      filesByPath.set(path, files);
      return [part, `${[...files].indexOf(part.file)} ${folderIn(path)}`];
    }),
  );
}

/** Reactions and marks of an edit are left out: two parts of a download can be from different hours. */
const keyOf = ({ at, written, sender, type, text, notes, quotes }: ReadMessage, names: readonly string[]): string =>
  JSON.stringify([at, written?.text, written?.clock, sender.name, sender.id, type, text, notes, quotes, names]);

const canBeSame = (one: string | null, other: string | null | undefined) =>
  one === null || other === null || one === other;

const missingIn = ({ bytes }: Place): number => bytes.filter((one) => one === null).length;
