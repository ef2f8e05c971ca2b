/**
 * Pictures, films, voice messages and papers inside a chat export, taken in one after the other: each is sealed piece
 * by piece as it is unpacked, so an export of any size needs the memory of one piece.
 *
 * [Note: the same media] What the diary has already is known by its SHA-256: it is put into the new entry as well, and
 * not added again. One that is damaged or too large is named and left out; the words never wait for it.
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

/** `held` null: the diary has it already */
export type Taken = { attachment: string; held: Held | null };
/** What was taken in, by the name it has in the chat; and the names of what was not */
export type Media = { of: Map<string, Taken>; failed: string[] };

/** What is wrong with one file only; anything else stops the import. */
const OWN_FAULTS = new Set(['zip_locked', 'zip_unknown', 'zip_too_much', 'zip_damaged', 'empty_file', 'too_large']);

/** Names that stand for one entry of the zip: of two files of one name nobody can say which was meant. */
export function namedOnce(files: readonly { name: string; entry: Entry }[]): Map<string, Entry> {
  const twice = new Set(files.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) !== i));
  return new Map(files.filter(({ name }) => !twice.has(name)).map(({ name, entry }) => [name, entry]));
}

/**
 * @param what `rows` of the entries that were chosen
 * @returns sealed and named by nothing yet
 * @throws no_space, locked, cancelled, with nothing left behind
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

/** @returns null for one that cannot be had */
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

/** Off the phone again. */
export async function letGo(open: Open, { of }: Media) {
  const blobs = [...of.values()].flatMap(({ held }) => (held ? blobsOf(held) : []));
  if (blobs.length) await forgetBlobs(open.store, blobs);
}
