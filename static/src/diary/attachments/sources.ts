/** Sources of a file's bytes: a chosen file, bytes in memory, or parts in the tray. */
import { isSame } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import type { Bytes } from '../../core/bytes.js';
import type { Source } from '../types.js';

export const FILE_LIMIT = 200 * 1024 * 1024;
const LOOK = 65_536;

/**
 * Read a chosen file. Phones hand out files that other apps may still be writing. So the two ends are read again
 * after the whole file, and a browser's own report of a change (NotReadableError) is believed.
 * @throws empty_file, too_large
 */
export function fileSource(file: File): Source {
  judgeSize(file.size);
  const ends: Uint8Array[] = [];
  const size = file.size;
  const spans = [
    [0, Math.min(LOOK, size)],
    [Math.max(0, size - LOOK), size],
  ];
  const read = async (from: number, to: number) => {
    const bytes = await file
      .slice(from, to)
      .arrayBuffer()
      .then(
        (buffer) => new Uint8Array(buffer),
        (error) => {
          throw new KeptError(
            error?.name === 'NotReadableError' || error?.name === 'NotFoundError' ? 'file_changed' : 'file_unreadable',
          );
        },
      );
    if (bytes.length !== to - from) throw new KeptError('file_changed');
    if (from === 0) ends[0] = bytes.slice(0, LOOK);
    if (to === size) ends[1] = bytes.slice(Math.max(0, bytes.length - LOOK));
    return bytes;
  };
  return {
    name: wellFormed(file.name),
    type: file.type,
    size,
    lastModified: Number.isSafeInteger(file.lastModified) && file.lastModified > 0 ? file.lastModified : null,
    read,
    async check() {
      const [first, last] = [ends[0], ends[1]];
      for (const [i, [from, to]] of spans.entries()) {
        const then = i === 0 ? first : last;
        const now = await read(from as number, to as number);
        const tail = then && now.slice(Math.max(0, now.length - then.length));
        if (!then || !tail || !isSame(then.slice(Math.max(0, then.length - tail.length)), tail))
          throw new KeptError('file_changed');
      }
      if (file.size !== size) throw new KeptError('file_changed');
    },
  };
}

export function memorySource(bytes: Bytes, type: string): Source {
  return {
    name: '',
    type,
    size: bytes.length,
    lastModified: null,
    read: async (from, to) => bytes.slice(from, to),
    check: async () => undefined,
  };
}

export function judgeSize(size: number) {
  if (size === 0) throw new KeptError('empty_file');
  if (size > FILE_LIMIT) throw new KeptError('too_large');
}

/** Read a whole source into one Blob. */
export async function wholeOf(source: Pick<Source, 'size' | 'read'>, type: string, step: number) {
  const pieces = [];
  for (let from = 0; from < source.size; from += step)
    pieces.push((await source.read(from, Math.min(source.size, from + step))) as BlobPart);
  return new Blob(pieces, { type });
}

/** Replace lone surrogates, which have no canonical form. */
export function wellFormed(text: string) {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
