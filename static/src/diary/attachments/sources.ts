/** Sources of a file's bytes: a chosen file, bytes in memory, or parts in the tray. */
import { bytesEqual, concat } from '../../core/bytes.js';
import { FILE_LIMIT_BYTES } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { toWellFormed } from '../../core/text.js';
import { kindOf } from '../../media/file_type.js';
import { serverLimitSentence } from '../sentences.js';
import type { Bytes } from '../../core/bytes.js';
import type { Account } from '../../store/root.js';
import type { Source } from '../types.js';

const END_BYTES = 65_536;

/**
 * Read a chosen file. Phones hand out files that other apps may still be writing. So the two ends are read again
 * after the whole file, and a browser's own report of a change (NotReadableError) is believed.
 * @param limit from `fileLimitOf` if the diary is open
 * @throws empty_file, too_large
 */
export function fileSource(file: File, limit: number = FILE_LIMIT_BYTES): Source {
  checkSize(file.size, limit);
  const size = file.size;
  // What was read first of each end, as far as it was read. A later read does not replace it.
  let head: Uint8Array = new Uint8Array(0);
  let tail: Uint8Array = new Uint8Array(0);
  const readBytes = async (start: number, end: number) => {
    const bytes = await file
      .slice(start, end)
      .arrayBuffer()
      .then(
        (buffer) => new Uint8Array(buffer),
        (error) => {
          throw new KeptError(
            error?.name === 'NotReadableError' || error?.name === 'NotFoundError' ? 'file_changed' : 'file_unreadable',
          );
        },
      );
    if (bytes.length !== end - start) throw new KeptError('file_changed');
    return bytes;
  };
  return {
    name: toWellFormed(file.name),
    type: file.type,
    size,
    lastModified: Number.isSafeInteger(file.lastModified) && file.lastModified > 0 ? file.lastModified : null,
    async read(start, end) {
      const bytes = await readBytes(start, end);
      if (start === 0 && bytes.length > head.length)
        head = concat(head, bytes.subarray(head.length, Math.max(head.length, END_BYTES)));
      if (end === size && bytes.length > tail.length)
        tail = concat(bytes.slice(-END_BYTES).subarray(0, Math.min(END_BYTES, bytes.length) - tail.length), tail);
      return bytes;
    },
    async check() {
      if (!head.length || !tail.length || file.size !== size) throw new KeptError('file_changed');
      const now = [await readBytes(0, head.length), await readBytes(size - tail.length, size)] as const;
      if (!bytesEqual(now[0], head) || !bytesEqual(now[1], tail)) throw new KeptError('file_changed');
    },
  };
}

export function memorySource(bytes: Bytes, type: string): Source {
  return {
    name: '',
    type,
    size: bytes.length,
    lastModified: null,
    read: async (start, end) => bytes.slice(start, end),
    check: async () => undefined,
  };
}

/**
 * Return the largest file that may be added to an open diary: the phone's own limit, or its server's if that is lower.
 * Only a new file is measured by it. What is on the phone stays and is sent, whatever a server says later.
 */
export function fileLimitOf({ file_bytes: limit }: Account): number {
  return limit === undefined ? FILE_LIMIT_BYTES : Math.min(limit, FILE_LIMIT_BYTES);
}

/** Throw `empty_file` or `too_large`; the sentence names `limit` if it is lower than the phone's own. */
export function checkSize(size: number, limit: number = FILE_LIMIT_BYTES) {
  if (size === 0) throw new KeptError('empty_file');
  if (size > Math.max(limit, FILE_LIMIT_BYTES)) throw new KeptError('too_large');
  if (size > limit) throw new KeptError('too_large', serverLimitSentence(limit));
}

/**
 * Return what is recorded of every file when it is received.
 * @param type detected from its bytes
 * @param at when it was received, ms
 */
export const receivedFacts = (source: Source, type: string, route: string, at: number) => ({
  name: source.name,
  size: source.size,
  claimed: source.type,
  magic: type,
  kind: kindOf(type, route, source.name),
  route,
  received_at: at,
  last_modified: source.lastModified,
});

/** Read a whole source into one Blob. */
export async function readWhole(source: Pick<Source, 'size' | 'read'>, type: string, partBytes: number) {
  const chunks = [];
  for (let start = 0; start < source.size; start += partBytes)
    chunks.push((await source.read(start, Math.min(source.size, start + partBytes))) as BlobPart);
  return new Blob(chunks, { type });
}
