/**
 * What the imports of one person's messages have in common: a file holds messages with many people, and each entry gets
 * a file of its own messages, byte for byte as they are there, and nothing else of it.
 */
import { concatAll, hex } from '../../core/bytes.js';
import { cutText } from '../../core/text.js';
import { incrementalDigest } from '../../crypto/digests.js';
import { describeBurst } from './imports_plan.js';
import type { Bytes } from '../../core/bytes.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Fields, Source } from '../../diary/types.js';
import type { MediaFiles, PlannedRow } from './imports_media.js';
import type { DetailedPlan, PlannedFile } from './imports_plan.js';

/** Bytes, or where they are in the larger file */
export type Piece = Bytes | { start: number; end: number };
/** What is planned of each part of a file. `label`: what an entry's proposed words begin with */
type ChosenPlan = Pick<DetailedPlan, 'channel' | 'tz' | 'gap' | 'kind' | 'ownNames' | 'complete' | 'record'> & {
  title: string;
  label: string;
  media: MediaFiles;
  summary: Fields;
};

/** The keeper's own name in a row. */
export const KEEPER = 'me';
/** More than the first and last line of an entry's own file take. */
export const FRAME_BYTES = 1_000;
const MAX_DESCRIPTION_LENGTH = 4_000;
const READ_AHEAD_BYTES = 1 << 20;

/**
 * Return a name as a row has it. People choose their own names. A name that is `me`, or looks like it, is put in
 * quotes, because `me` is the keeper. Line breaks and marks that change the direction of text become spaces.
 */
export function nameInRow(name: string): string {
  const plain = name.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
  const read = plain
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase();
  return read === KEEPER ? `“${plain.trim()}”` : plain;
}

/**
 * Tell whether what the owner of an account or phone sent is the keeper's. Files that were imported without the
 * question were said to be the keeper's own.
 */
export const isKeepersOwn = (account: string | undefined) => account === undefined || account === 'mine';

/** Join what a file says of a message beside its words, a sentence each. */
export function described(notes: readonly (string | undefined)[]): { description?: string } {
  const text = notes.flatMap((note) => note?.replace(/\.$/, '') || []).join('. ');
  return text ? { description: cutText(text, MAX_DESCRIPTION_LENGTH) } : {};
}

/**
 * Divide a burst whose messages do not fit into one file.
 * @param sizeOf bytes of a message
 * @param limit bytes of the largest file that may be added
 */
export function* partsOf<R>(burst: readonly R[], sizeOf: (row: R) => number, limit: number): Generator<R[]> {
  let part: R[] = [];
  let size = FRAME_BYTES;
  for (const row of burst) {
    const added = sizeOf(row) + 2;
    if (part.length && size + added > limit) {
      yield part;
      [part, size] = [[], FRAME_BYTES];
    }
    part.push(row);
    size += added;
  }
  if (part.length) yield part;
}

/** Plan one entry with a file of its own. */
export function planEntry(
  extract: Source,
  rows: PlannedRow[],
  { title, label, media, ...plan }: ChosenPlan,
): PlannedFile {
  const numbered = rows.map((row, i) => ({ ...row, msg_no: i + 1 }));
  return {
    source: extract,
    title,
    media,
    plan: {
      ...plan,
      bursts: [numbered],
      late: [],
      summaryView: {
        counts: null,
        known: 0,
        fresh: rows.length,
        bursts: [describeBurst(numbered, 0, label)],
        tz: plan.tz,
      },
    },
  };
}

/** Return the SHA-256 of a whole file in hex. It is read in pieces. */
export async function digestOf(source: Pick<Source, 'size' | 'read'>, pause: Pause): Promise<string> {
  const digest = incrementalDigest('SHA-256');
  for (let from = 0; from < source.size; from += READ_AHEAD_BYTES) {
    digest.update(await source.read(from, Math.min(source.size, from + READ_AHEAD_BYTES)));
    await pause(from, source.size);
  }
  return hex(digest.digest());
}

/** Return a file made of pieces of a larger one. */
export function extractOf(
  source: Pick<Source, 'size' | 'read' | 'check'>,
  pieces: readonly Piece[],
  { name, type }: { name: string; type: string },
): Source {
  let size = 0;
  const placed = pieces.map((piece) => {
    const start = size;
    size += piece instanceof Uint8Array ? piece.length : piece.end - piece.start;
    return { start, end: size, piece };
  });
  const readSource = readAhead(source);
  return {
    name,
    type,
    size,
    lastModified: null,
    async read(from, to) {
      const read = [];
      for (const { start, end, piece } of placed) {
        if (start >= to || end <= from) continue;
        const [first, last] = [Math.max(0, from - start), Math.min(end, to) - start];
        read.push(
          piece instanceof Uint8Array
            ? piece.subarray(first, last)
            : await readSource(piece.start + first, piece.start + last),
        );
      }
      return concatAll(read);
    },
    check: () => source.check(),
  };
}

/** Return a function that reads bytes from a source in larger pieces, since messages follow one another. */
export function readAhead(source: Pick<Source, 'size' | 'read'>): Source['read'] {
  let piece: Bytes = new Uint8Array(0);
  let from = 0;
  return async (start, end) => {
    if (start < from || end > from + piece.length) {
      piece = await source.read(start, Math.min(source.size, Math.max(end, start + READ_AHEAD_BYTES)));
      from = start;
    }
    return piece.subarray(start - from, end - from);
  };
}
