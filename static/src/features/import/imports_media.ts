/**
 * Import the pictures, films, voice messages and documents of a chat export, one after the other. Each is sealed piece
 * by piece as it is unpacked, so an export of any size needs the memory of one piece.
 *
 * [Note: the same media] SHA-256 identifies a file that the diary already has: the new entry names it too, and it is
 * not added again. A damaged or too large file is listed and left out; the text is imported all the same.
 */
import { toKeptError } from '../../core/errors.js';
import { toWellFormed } from '../../core/text.js';
import { entrySource } from '../../imports/unzip_stream.js';
import { readKind } from '../../diary/records/records.js';
import { blobsOf, deleteBlobs, deleteUnnamed, sealFile } from '../../diary/attachments/sealing.js';
import { checkSize, fileLimitOf } from '../../diary/attachments/sources.js';
import type { MessageRow } from '../../record/schedule.js';
import type { ZipEntry } from '../../imports/unzip.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Context, DraftFile, Open, Source } from '../../diary/types.js';

/** `more_files`: further files of the message, which no record has in a row */
export type PlannedRow = MessageRow & { more_files?: string[] };
/** `held`: null when the diary already has the file */
export type TakenFile = { attachment: string; held: DraftFile | null };
/** A file that can be taken out of what was chosen. */
export type MediaFile = { size: number; open(): Promise<Pick<Source, 'size' | 'read' | 'check'>> };
/** by their name in the chat */
export type MediaFiles = ReadonlyMap<string, MediaFile>;
/** `byName`: imported files by their name in the chat; `failed`: names of files that could not be imported */
export type TakenMedia = { byName: Map<string, TakenFile>; failed: string[] };

/** Errors that concern one file only; any other error stops the import. */
const FILE_ERRORS = new Set(['zip_locked', 'zip_unknown', 'zip_too_much', 'zip_damaged', 'empty_file', 'too_large']);

/** Whether an error concerns one file only. */
export const isFaultOfFile = (error: unknown): boolean => FILE_ERRORS.has(toKeptError(error).code);

/** Return the files of a zip whose name is unique. Of two with one name it is unknown which one a message means. */
export function filesByUniqueName(
  source: Source,
  files: readonly { name: string; entry: ZipEntry }[],
): Map<string, MediaFile> {
  const counts: Map<string, number> = new Map();
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(
    files
      .filter(({ name }) => counts.get(name) === 1)
      .map(({ name, entry }) => [name, { size: entry.size, open: () => entrySource(source, entry) }]),
  );
}

/** Return the names of a message's files. */
export function fileNames({ file_name: name, more_files: more = [] }: Partial<PlannedRow>): string[] {
  return [...(name ? [name] : []), ...more];
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
  { media, rows, at }: { media: MediaFiles; rows: readonly PlannedRow[]; at: number },
  pause: Pause,
): Promise<TakenMedia> {
  const names = [...new Set(rows.flatMap(fileNames))].filter((name) => media.has(name));
  const taken: TakenMedia = { byName: new Map(), failed: [] };
  if (!names.length) return taken;
  const recordByDigest = new Map(
    (await readKind(open, 'attachment')).map(({ record, fields }) => [fields.sha256, record]),
  );
  try {
    for (const [i, name] of names.entries()) {
      await pause(i, names.length);
      const sealedFile = await takeFile(ctx, open, name, media.get(name) as MediaFile, at);
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
  name: string,
  file: MediaFile,
  at: number,
): Promise<DraftFile | null> {
  try {
    checkSize(file.size, fileLimitOf(open.store.root.account));
    const bytes = await file.open();
    return await sealFile(
      open,
      { ...bytes, name: toWellFormed(name), type: '', lastModified: null },
      { route: 'files', at, pictures: ctx.pictures },
    );
  } catch (error) {
    if (isFaultOfFile(error)) return null;
    throw error;
  }
}

/** Delete the sealed files from the phone. */
export async function discardMedia(open: Open, { byName }: TakenMedia) {
  const blobs = [...byName.values()].flatMap(({ held: sealedFile }) => (sealedFile ? blobsOf(sealedFile) : []));
  if (blobs.length) await deleteUnnamed(open.store, blobs);
}
