/**
 * Pictures, films, voice messages and papers inside a chat export, taken in one after the other: each is sealed piece by
 * piece as it is unpacked, so an export of any size needs the memory of one piece.
 *
 * [Note: the same media] What the diary has already is known by its SHA-256: it is put into the new entry as well, and not
 * added again. One that is damaged or too large is named and left out; the words never wait for it.
 */
import { asKeptError } from '../core/errors.js';
import { entrySource } from '../record/unzip_stream.js';
import { readKind } from './records.js';
import { blobsOf, forgetBlobs, takeIn } from './sealing.js';
import { judgeSize, wellFormed } from './sources.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Held} Held */
/** @typedef {import('./types.d.ts').Source} Source */
/** @typedef {import('../record/unzip.js').Entry} Entry */
/** @typedef {import('../record/schedule.js').Row} Row */
/** @typedef {{attachment: string, held: Held|null}} Taken `held` null: the diary has it already */
/** @typedef {{of: Map<string, Taken>, failed: string[]}} Media what was taken in, by the name it has in the chat; and the names of what was not */

/** What is wrong with one file only; anything else stops the import. */
const OWN_FAULTS = new Set(['zip_locked', 'zip_unknown', 'zip_too_much', 'zip_damaged', 'empty_file', 'too_large']);

/** Names that stand for one entry of the zip: of two files of one name nobody can say which was meant. @param {readonly {name: string, entry: Entry}[]} files @returns {Map<string, Entry>} */
export function namedOnce(files) {
  const twice = new Set(files.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) !== i));
  return new Map(files.filter(({ name }) => !twice.has(name)).map(({ name, entry }) => [name, entry]));
}

/**
 * @param {Context} ctx @param {Open} open
 * @param {{source: Source, media: Map<string, Entry>, rows: readonly Row[], at: number}} what `rows` of the entries that were chosen
 * @param {import('../record/whatsapp.js').Pause} pause
 * @returns {Promise<Media>} sealed and named by nothing yet @throws no_space, locked, cancelled, with nothing left behind
 */
export async function takeMedia(ctx, open, { source, media, rows, at }, pause) {
  const names = [...new Set(rows.flatMap(({ file_name: name }) => (name && media.has(name) ? [name] : [])))];
  /** @type {Media} */
  const found = { of: new Map(), failed: [] };
  if (!names.length) return found;
  const bySum = new Map((await readKind(open, 'attachment')).map(({ record, fields }) => [fields.sha256, record]));
  try {
    for (const [i, name] of names.entries()) {
      await pause(i, names.length);
      const held = await takeOne(ctx, open, source, name, /** @type {Entry} */ (media.get(name)), at);
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

/** @param {Context} ctx @param {Open} open @param {Source} source @param {string} name @param {Entry} entry @param {number} at @returns {Promise<Held|null>} null for one that cannot be had */
async function takeOne(ctx, open, source, name, entry, at) {
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

/** Off the phone again. @param {Open} open @param {Media} media */
export async function letGo(open, { of }) {
  const blobs = [...of.values()].flatMap(({ held }) => (held ? blobsOf(held) : []));
  if (blobs.length) await forgetBlobs(open.store, blobs);
}
