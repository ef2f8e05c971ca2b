/**
 * Import the pictures, films, voice messages and documents of a chat export, one after the other. Each is sealed piece
 * by piece as it is unpacked, so an export of any size needs the memory of one piece.
 *
 * [Note: the same media] SHA-256 identifies a file that the diary already has: the new entry names it too, and it is
 * not added again. A damaged or too large file is listed and left out; the text is imported all the same.
 */
import { asKeptError } from '../../core/errors.js';
import { entrySource } from '../../imports/unzip_stream.js';
import { readKind } from '../../diary/records/records.js';
import { blobsOf, forgetBlobs, takeIn } from '../../diary/attachments/sealing.js';
import { judgeSize, wellFormed } from '../../diary/attachments/sources.js';
import type { Row } from '../../record/schedule.js';
import type { Entry } from '../../imports/unzip.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Context, Held, Open, Source } from '../../diary/types.js';

/** `held`: null when the diary already has the file */
export type Taken = { attachment: string; held: Held | null };
/** `byName`: imported files by their name in the chat; `failed`: names of files that could not be imported */
export type Media = { of: Map<string, Taken>; failed: string[] };

/** Errors that concern one file only; any other error stops the import. */
const OWN_FAULTS = new Set(['zip_locked', 'zip_unknown', 'zip_too_much', 'zip_damaged', 'empty_file', 'too_large']);

/** Return the zip entries whose name is unique. With two files of one name it is unknown which one a message means. */
export function namedOnce(files: readonly { name: string; entry: Entry }[]): Map<string, Entry> {
  const twice = new Set(files.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) !== i));
  return new Map(files.filter(({ name }) => !twice.has(name)).map(({ name, entry }) => [name, entry]));
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
  { source, media, rows, at }: { source: Source; media: Map<string, Entry>; rows: readonly Row[]; at: number },
  pause: Pause,
): Promise<Media> {
  const names = [...new Set(rows.flatMap(({ file_name: name }) => (name && media.has(name) ? [name] : [])))];
  const found: Media = { of: new Map(), failed: [] };
  if (!names.length) return found;
  const bySum = new Map((await readKind(open, 'attachment')).map(({ record, fields }) => [fields.sha256, record]));
  try {
    for (const [i, name] of names.entries()) {
      await pause(i, names.length);
      const held = await takeOne(ctx, open, source, name, media.get(name) as Entry, at);
      if (!held) {
        found.failed.push(name);
        continue;
      }
      const there = bySum.get(held.sha256);
      found.of.set(name, { attachment: there ?? held.attachment, held: there ? null : held });
      if (there) await forgetBlobs(open.store, blobsOf(held));
      else bySum.set(held.sha256, held.attachment);
    }
    return found;
  } catch (error) {
    await letGo(open, found).catch(() => undefined);
    throw error;
  }
}

/** Import one file; return null when the file itself is faulty (FILE_ERRORS). */
async function takeOne(
  ctx: Context,
  open: Open,
  source: Source,
  name: string,
  entry: Entry,
  at: number,
): Promise<Held | null> {
  try {
    judgeSize(entry.size);
    const bytes = await entrySource(source, entry);
    return await takeIn(
      open,
      { ...bytes, name: wellFormed(name), type: '', lastModified: null },
      { route: 'files', at, pictures: ctx.pictures, unowned: true },
    );
  } catch (error) {
    if (OWN_FAULTS.has(asKeptError(error).code)) return null;
    throw error;
  }
}

/** Delete the sealed files from the phone. */
export async function letGo(open: Open, { of }: Media) {
  const blobs = [...of.values()].flatMap(({ held }) => (held ? blobsOf(held) : []));
  if (blobs.length) await forgetBlobs(open.store, blobs);
}
