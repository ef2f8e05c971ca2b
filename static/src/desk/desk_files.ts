/**
 * Send a file to a client: in parts, each sealed to the client and signed by the advocate, as letters are. The client's
 * own phone asks whether to keep it. docs/formats.md, section 8.
 */
import { b64 } from '../core/bytes.js';
import { LETTER_FILE_PARTS_LIMIT, LETTER_FILE_PART_BYTES } from '../core/constants.js';
import { sha256 } from '../crypto/digests.js';
import { KeptError } from '../core/errors.js';
import { formatId, newId } from '../core/ids.js';
import { withGrant } from './clients.js';
import type { Context } from './context.js';

/** In bytes. */
export const DESK_FILE_LIMIT = LETTER_FILE_PART_BYTES * LETTER_FILE_PARTS_LIMIT;
/** The server takes so many letters a minute; then it says when to try again. */
const WAIT_MS = 5_000;
const MAX_WAITS = 24;

/** `by`: initials of the advocate; `source`: where the file is from */
type Collected = { by: string; source: string };

export function fileMethods(ctx: Context) {
  return {
    /**
     * Read a file and send it. Before this call nothing of it is read.
     * @param onPart how many parts were sent, and of how many
     * @throws bad_request for an empty or too large file, unavailable if it cannot be read
     */
    sendFile: (grant: string, file: File, said: Collected, onPart: (done: number, total: number) => void) =>
      sendFile(ctx, grant, file, said, onPart),
  };
}

async function sendFile(
  ctx: Context,
  grant: string,
  file: File,
  { by, source }: Collected,
  onPart: (done: number, total: number) => void,
) {
  if (!file.size || file.size > DESK_FILE_LIMIT) throw new KeptError('bad_request');
  const read = file.arrayBuffer().catch(() => {
    throw new KeptError('unavailable');
  });
  const bytes = new Uint8Array(await read);
  if (bytes.length !== file.size) throw new KeptError('unavailable');
  const parts = Math.ceil(bytes.length / LETTER_FILE_PART_BYTES);
  const ofFile = {
    at: ctx.ports.clock.now(),
    by,
    file: formatId(newId()),
    name: file.name,
    parts,
    sha256: b64(await sha256(bytes)),
    size: bytes.length,
    source,
  };
  for (let part = 0; part < parts; part++) {
    const piece = bytes.subarray(part * LETTER_FILE_PART_BYTES, (part + 1) * LETTER_FILE_PART_BYTES);
    const { letter, envelope } = await ctx.requireVault().letterSeal({
      grant,
      what: 'file',
      fields: { ...ofFile, bytes: b64(piece), part },
      made_at: ofFile.at,
    });
    await putLetter(ctx, grant, letter, envelope);
    onPart(part + 1, parts);
  }
}

async function putLetter(ctx: Context, grant: string, letter: string, envelope: Uint8Array) {
  for (let waits = 0; ; waits++) {
    try {
      return await withGrant(ctx, grant, () => ctx.api.putLetter(grant, letter, envelope));
    } catch (error) {
      if (!(error instanceof KeptError) || error.code !== 'try_later' || waits >= MAX_WAITS) throw error;
      await new Promise<void>((resolve) => ctx.ports.timers.after(WAIT_MS, resolve));
      ctx.requireVault(); // locked meanwhile
    }
  }
}
