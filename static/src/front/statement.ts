/**
 * Sends one statement from the public page: sealed here, its files part by part; then the words are used up. No
 * screen.
 */
import { b64, random, unb64 } from '../core/bytes.js';
import { canon, frames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { FileSealer, PART_BYTES, sealedFileBytes } from '../crypto/files.js';
import { partsOf, sealSlip, sealedSlipBytes } from '../crypto/sharing/handover.js';
import { sha256 } from '../crypto/digests.js';
import { isPassing } from '../net/http.js';
import { FILES_MOST, deriveCode, openAsking, readWitnessWords, sealStatement } from '../crypto/sharing/witness.js';
import type { Bytes } from '../core/bytes.js';
import type { Argon2id } from '../crypto/argon2.js';
import type { Asked, Code, Fields } from '../crypto/sharing/witness.js';
import type { answersOf } from '../net/witnesses.js';

const TRIES = 6;
const FIRST_WAIT = 250;

type Wire = ReturnType<typeof answersOf>;
/** `sent`: what was sent, whether it arrived or not */
export type Found = { code: Code; asked: Asked; witness: string; ticket: string; most: number; sent?: Uint8Array[] };

/**
 * Return what the words open. Throws `bad_request`, `no_match`, `wrong_keys`, and `over` for a code that takes no
 * more statements.
 */
export async function look(wire: Wire, argon2: Argon2id, typed: string, address: string): Promise<Found> {
  const words = await readWitnessWords(typed);
  const code = await deriveCode(argon2, words, address);
  const { witness, sealed, ticket, files_bytes: most } = await wire.find(b64(code.name));
  if (!sealed || !ticket) throw new KeptError('over');
  return { code, witness, ticket, most, asked: await openAsking(code, words.keyWords, witness, unb64(sealed)) };
}

/**
 * Seal and send. Too much is refused before a byte is read; an empty file is left out. Throws `too_large`,
 * `too_many`, and `over` when another page was faster.
 * @param found its ticket is renewed when it has run out: writing an account may take long
 */
export async function send(
  wire: Wire,
  found: Found,
  fields: Fields,
  chosen: readonly File[],
  onStep: (done: number, total: number) => void,
  now: number,
  pause: (ms: number) => Promise<void> = wait,
) {
  const files = chosen.filter((file) => file.size > 0);
  if (files.length > FILES_MOST) throw new KeptError('too_many');
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > found.most) throw new KeptError('too_large');
  const insist = insistWith(wire, found, pause);
  try {
    const upload = files.length ? { id: idText(newId()), key: random(32) } : null;
    const digest = upload ? await sendFiles(wire, insist, upload, files, size, onStep, now) : null;
    const list = files.map(({ name, size: bytes, type }) => ({
      name: name.slice(0, 255),
      size: bytes,
      type: type.slice(0, 255),
    }));
    const said = { fields, files: upload ? { key: b64(upload.key), list, upload: upload.id } : null, made_at: now };
    const envelope = await sealStatement(found.code, unb64(found.asked.hpke_pub), found.witness, said);
    const body = frames(upload && digest ? [envelope, unb64(upload.id), digest] : [envelope]);
    found.sent = [...(found.sent ?? []), body];
    await insist((ticket) => wire.send(ticket, body));
  } catch (error) {
    if (!isOver(error) || !(await wasTaken(wire, found))) throw error;
  }
}

/** Return whether the words were used by what this page sent before, whose response was lost. */
async function wasTaken(wire: Wire, { code, ticket, sent = [] }: Found): Promise<boolean> {
  if (!(await wire.find(b64(code.name))).over) return false; // it would be taken now, and may have been changed since
  for (const body of sent)
    if (
      await wire.send(ticket, body).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}

const isOver = (error: unknown) => error instanceof KeptError && (error.code === 'not_found' || error.code === 'over');

const wait = (ms: number): Promise<void> =>
  new Promise((go) => {
    setTimeout(go, ms);
  });

/**
 * Do something with the ticket: again with longer and longer pauses where only the network failed, and once more with
 * a new ticket where the old one has run out.
 */
type Insist = <T>(act: (ticket: string) => Promise<T>) => Promise<T>;
function insistWith(wire: Wire, found: Found, pause: (ms: number) => Promise<void>): Insist {
  return async (act) => {
    for (let [tried, asked] = [1, false]; ; ) {
      try {
        return await act(found.ticket);
      } catch (error) {
        if (error instanceof KeptError && error.code === 'no_match' && !asked) {
          asked = true;
          const { ticket } = await wire.find(b64(found.code.name));
          if (!ticket) throw new KeptError('over');
          found.ticket = ticket;
        } else if (!isPassing(error) || tried === TRIES) throw error;
        else await pause(FIRST_WAIT << tried++);
      }
    }
  };
}

async function sendFiles(
  wire: Wire,
  insist: Insist,
  { id, key }: { id: string; key: Bytes },
  files: readonly File[],
  size: number,
  onStep: (done: number, total: number) => void,
  now: number,
) {
  const place = { handover: id, key };
  const parts = partsOf(size);
  await insist((ticket) =>
    wire.declare(ticket, id, { parts, size: sealedFileBytes(place, size) + sealedSlipBytes(id, parts) }),
  );
  const sealer = await FileSealer.begin(place, size);
  let done = 0;
  const put = async (some: { i: number; sealed: Uint8Array }[]) => {
    for (const one of some) {
      await insist((ticket) => wire.part(ticket, id, one.i, one.sealed));
      onStep(++done, parts);
    }
  };
  for (const file of files) {
    for (let at = 0; at < file.size; at += PART_BYTES)
      await put(await sealer.add(new Uint8Array(await file.slice(at, at + PART_BYTES).arrayBuffer())));
  }
  const ended = await sealer.end();
  const slip = await sealSlip(place, { made_at: now, name: 'files', sha256: ended.sha256, size });
  await put([...ended.parts, { i: parts - 1, sealed: slip }]);
  return sha256(canon([...ended.digests, b64(await sha256(slip))]));
}
