/**
 * Sends one statement from the public page: sealed here, its files part by part; then the words are used up. No
 * screen.
 */
import { b64, randomBytes, unb64 } from '../core/bytes.js';
import { FILE_PART_BYTES, WITNESS_FILES_LIMIT } from '../core/constants.js';
import { canonicalBytes, encodeFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { formatId, newId } from '../core/ids.js';
import { FileSealer, sealedFileLength } from '../crypto/files.js';
import { handoverPartCount, sealSlip, sealedSlipLength } from '../crypto/sharing/handover.js';
import { sha256 } from '../crypto/digests.js';
import { isTransient } from '../net/http.js';
import { deriveCode, openWitnessRequest, parseWitnessWords, sealWitnessStatement } from '../crypto/sharing/witness.js';
import type { Bytes } from '../core/bytes.js';
import type { Argon2id } from '../crypto/argon2.js';
import type { WitnessRequest, WitnessCode, WitnessFields } from '../crypto/sharing/witness.js';
import type { statementsOf } from '../net/witnesses.js';

const MAX_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;

type AnswerApi = ReturnType<typeof statementsOf>;
/** `sent`: what was sent, whether it arrived or not */
export type OpenedRequest = {
  code: WitnessCode;
  asked: WitnessRequest;
  witness: string;
  ticket: string;
  most: number;
  sent?: Uint8Array[];
};

/**
 * Return what the words open. Throws `bad_request`, `no_match`, `wrong_keys`, and `over` for a code that takes no
 * more statements.
 */
export async function openRequest(
  api: AnswerApi,
  argon2: Argon2id,
  typedWords: string,
  address: string,
): Promise<OpenedRequest> {
  const words = await parseWitnessWords(typedWords);
  const code = await deriveCode(argon2, words, address);
  const { witness, sealed, ticket, files_bytes: most } = await api.find(b64(code.name));
  if (!sealed || !ticket) throw new KeptError('over');
  return { code, witness, ticket, most, asked: await openWitnessRequest(code, words.keyWords, witness, unb64(sealed)) };
}

/**
 * Seal and send. Too much is refused before a byte is read; an empty file is left out. Throws `too_large`,
 * `too_many`, and `over` when another page was faster.
 * @param request its ticket is renewed when it has run out: writing an account may take long
 */
export async function sendStatement(
  api: AnswerApi,
  request: OpenedRequest,
  fields: WitnessFields,
  chosenFiles: readonly File[],
  onProgress: (done: number, total: number) => void,
  now: number,
  pause: (ms: number) => Promise<void> = sleep,
) {
  const files = chosenFiles.filter((file) => file.size > 0);
  if (files.length > WITNESS_FILES_LIMIT) throw new KeptError('too_many');
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > request.most) throw new KeptError('too_large');
  const withRetry = createRetry(api, request, pause);
  try {
    const upload = files.length ? { id: formatId(newId()), key: randomBytes(32) } : null;
    const digest = upload ? await sendFiles(api, withRetry, upload, files, size, onProgress, now) : null;
    const list = files.map(({ name, size: bytes, type }) => ({
      name: name.slice(0, 255),
      size: bytes,
      type: type.slice(0, 255),
    }));
    const statement = {
      fields,
      files: upload ? { key: b64(upload.key), list, upload: upload.id } : null,
      made_at: now,
    };
    const envelope = await sealWitnessStatement(
      request.code,
      unb64(request.asked.hpke_pub),
      request.witness,
      statement,
    );
    const requestBody = encodeFrames(upload && digest ? [envelope, unb64(upload.id), digest] : [envelope]);
    request.sent = [...(request.sent ?? []), requestBody];
    await withRetry((ticket) => api.send(ticket, requestBody));
  } catch (error) {
    if (!isOver(error) || !(await wasAccepted(api, request))) throw error;
  }
}

/** Return whether the words were used by what this page sent before, whose response was lost. */
async function wasAccepted(api: AnswerApi, { code, ticket, sent: sentBodies = [] }: OpenedRequest): Promise<boolean> {
  if (!(await api.find(b64(code.name))).over) return false; // it would be taken now, and may have been changed since
  for (const requestBody of sentBodies)
    if (
      await api.send(ticket, requestBody).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}

const isOver = (error: unknown) => error instanceof KeptError && (error.code === 'not_found' || error.code === 'over');

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/**
 * Do something with the ticket: again with longer and longer pauses where only the network failed, and once more with
 * a new ticket where the old one has run out.
 */
type WithRetry = <T>(action: (ticket: string) => Promise<T>) => Promise<T>;
function createRetry(api: AnswerApi, request: OpenedRequest, pause: (ms: number) => Promise<void>): WithRetry {
  return async (action) => {
    for (let [attempt, hasRenewed] = [1, false]; ; ) {
      try {
        return await action(request.ticket);
      } catch (error) {
        if (error instanceof KeptError && error.code === 'no_match' && !hasRenewed) {
          hasRenewed = true;
          const { ticket } = await api.find(b64(request.code.name));
          if (!ticket) throw new KeptError('over');
          request.ticket = ticket;
        } else if (!isTransient(error) || attempt === MAX_ATTEMPTS) throw error;
        else await pause(FIRST_PAUSE_MS << attempt++);
      }
    }
  };
}

async function sendFiles(
  api: AnswerApi,
  withRetry: WithRetry,
  { id, key }: { id: string; key: Bytes },
  files: readonly File[],
  size: number,
  onProgress: (done: number, total: number) => void,
  now: number,
) {
  const place = { handover: id, key };
  const parts = handoverPartCount(size);
  await withRetry((ticket) =>
    api.declare(ticket, id, { parts, size: sealedFileLength(place, size) + sealedSlipLength(id, parts) }),
  );
  const sealer = await FileSealer.create(place, size);
  let done = 0;
  const uploadParts = async (sealedParts: { i: number; sealed: Uint8Array }[]) => {
    for (const part of sealedParts) {
      await withRetry((ticket) => api.part(ticket, id, part.i, part.sealed));
      onProgress(++done, parts);
    }
  };
  for (const file of files) {
    for (let offset = 0; offset < file.size; offset += FILE_PART_BYTES)
      await uploadParts(
        await sealer.addBytes(new Uint8Array(await file.slice(offset, offset + FILE_PART_BYTES).arrayBuffer())),
      );
  }
  const sealedEnd = await sealer.finish();
  const slip = await sealSlip(place, { made_at: now, name: 'files', sha256: sealedEnd.sha256, size });
  await uploadParts([...sealedEnd.parts, { i: parts - 1, sealed: slip }]);
  return sha256(canonicalBytes([...sealedEnd.digests, b64(await sha256(slip))]));
}
