/**
 * Import the pictures, films, voice messages and documents of a chat export, one after the other. Each is sealed piece
 * by piece as it is unpacked, so an export of any size needs the memory of one piece.
 *
 * [Note: the same media] SHA-256 identifies a file that the diary already has: the new entry names it too, and it is
 * not added again. A damaged or too large file is listed and left out; the text is imported all the same.
 */
import { toKeptError } from '../../core/errors.js';
import { entrySource } from '../../imports/unzip_stream.js';
import { readKind } from '../../diary/records/records.js';
import { blobsOf, deleteBlobs, deleteUnnamed, sealFile } from '../../diary/attachments/sealing.js';
import { checkSize, fileLimitOf, toWellFormed } from '../../diary/attachments/sources.js';
import type { MessageRow } from '../../record/schedule.js';
import type { ZipEntry } from '../../imports/unzip.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Context, DraftFile, Open, Source } from '../../diary/types.js';

/** `held`: null when the diary already has the file */
export type TakenFile = { attachment: string; held: DraftFile | null };
/** `byName`: imported files by their name in the chat; `failed`: names of files that could not be imported */
export type TakenMedia = { byName: Map<string, TakenFile>; failed: string[] };

/** Errors that concern one file only; any other error stops the import. */
const FILE_ERRORS = new Set(['zip_locked', 'zip_unknown', 'zip_too_much', 'zip_damaged', 'empty_file', 'too_large']);

/** Return the zip entries whose name is unique. With two files of one name it is unknown which one a message means. */
export function entriesByUniqueName(files: readonly { name: string; entry: ZipEntry }[]): Map<string, ZipEntry> {
  const repeated = new Set(files.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) !== i));
  return new Map(files.filter(({ name }) => !repeated.has(name)).map(({ name, entry }) => [name, entry]));
}

/**
 * Import the media files that the chosen rows name.
 * @param input `rows` of the chosen entries
 * @returns the sealed files; no record names them yet
 * @throws no_space, locked, cancelled; nothing stays behind
 */
export async function takeMedia(
  ctx: Context,
  open: Open,
  {
    source,
    media,
    rows,
    at,
  }: { source: Source; media: Map<string, ZipEntry>; rows: readonly MessageRow[]; at: number },
  pause: Pause,
): Promise<TakenMedia> {
  const names = [...new Set(rows.flatMap(({ file_name: name }) => (name && media.has(name) ? [name] : [])))];
  const taken: TakenMedia = { byName: new Map(), failed: [] };
  if (!names.length) return taken;
  const recordByDigest = new Map(
    (await readKind(open, 'attachment')).map(({ record, fields }) => [fields.sha256, record]),
  );
  try {
    for (const [i, name] of names.entries()) {
      await pause(i, names.length);
      const sealedFile = await takeFile(ctx, open, source, name, media.get(name) as ZipEntry, at);
      if (!sealedFile) {
        taken.failed.push(name);
        continue;
      }
      const existing = recordByDigest.get(sealedFile.sha256);
      taken.byName.set(name, { attachment: existing ?? sealedFile.attachment, held: existing ? null : sealedFile });
      if (existing) await deleteBlobs(open.store, blobsOf(sealedFile));
      else recordByDigest.set(sealedFile.sha256, sealedFile.attachment);
    }
    return taken;
  } catch (error) {
    await discardMedia(open, taken).catch(() => undefined);
    throw error;
  }
}

/** Import one file; return null when the file itself is faulty (FILE_ERRORS). */
async function takeFile(
  ctx: Context,
  open: Open,
  source: Source,
  name: string,
  entry: ZipEntry,
  at: number,
): Promise<DraftFile | null> {
  try {
    checkSize(entry.size, fileLimitOf(open.store.root.account));
    const bytes = await entrySource(source, entry);
    return await sealFile(
      open,
      { ...bytes, name: toWellFormed(name), type: '', lastModified: null },
      { route: 'files', at, pictures: ctx.pictures },
    );
  } catch (error) {
    if (FILE_ERRORS.has(toKeptError(error).code)) return null;
    throw error;
  }
}

/** Delete the sealed files from the phone. */
export async function discardMedia(open: Open, { byName }: TakenMedia) {
  const blobs = [...byName.values()].flatMap(({ held: sealedFile }) => (sealedFile ? blobsOf(sealedFile) : []));
  if (blobs.length) await deleteUnnamed(open.store, blobs);
}
