/** Sending one statement from the public page: sealed here, its files part by part, and then the words are used. No screen. */
import { b64, random, unb64 } from '../core/bytes.js';
import { canon, frames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { FileSealer, PART_BYTES, sealedFileBytes } from '../crypto/files.js';
import { partsOf, sealSlip, sealedSlipBytes } from '../crypto/handover.js';
import { sha256 } from '../crypto/digests.js';
import { isPassing } from '../net/http.js';
import { FILES_MOST, deriveCode, openAsking, readWitnessWords, sealStatement } from '../crypto/witness.js';

const TRIES = 6;
const FIRST_WAIT = 250;

/** @typedef {ReturnType<typeof import('../net/witnesses.js').answersOf>} Wire */
/** @typedef {import('../crypto/witness.js').Asked} Asked */
/** @typedef {import('../crypto/witness.js').Code} Code */
/** @typedef {{code: Code, asked: Asked, witness: string, ticket: string, most: number, sent?: Uint8Array[]}} Found `sent`: what went out, whether it arrived or not */

/**
 * What the words give. Throws `bad_request`, `no_match`, `wrong_keys`, and `over` for a code that takes nothing any more.
 * @param {Wire} wire @param {import('../crypto/argon2.js').Argon2id} argon2 @param {string} typed @param {string} address @returns {Promise<Found>}
 */
export async function look(wire, argon2, typed, address) {
  const words = await readWitnessWords(typed);
  const code = await deriveCode(argon2, words, address);
  const { witness, sealed, ticket, files_bytes: most } = await wire.find(b64(code.name));
  if (!sealed || !ticket) throw new KeptError('over');
  return { code, witness, ticket, most, asked: await openAsking(code, words.keyWords, witness, unb64(sealed)) };
}

/**
 * Seals and sends. What is too large is refused before a byte is read; an empty file says nothing and is left out. Throws `too_large`,
 * `too_many`, `over` when somebody else was faster.
 * @param {Wire} wire @param {Found} found its ticket is renewed when it has run out: an account takes the time it takes
 * @param {import('../crypto/witness.js').Fields} fields @param {readonly File[]} chosen @param {(done: number, total: number) => void} onStep @param {number} now
 * @param {(ms: number) => Promise<void>} [pause]
 */
export async function send(wire, found, fields, chosen, onStep, now, pause = wait) {
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

/** The words are used: perhaps by what this page sent before, whose answer was lost. @param {Wire} wire @param {Found} found @returns {Promise<boolean>} */
async function wasTaken(wire, { code, ticket, sent = [] }) {
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

/** @param {unknown} error */
const isOver = (error) => error instanceof KeptError && (error.code === 'not_found' || error.code === 'over');

/** @param {number} ms @returns {Promise<void>} */
const wait = (ms) =>
  new Promise((go) => {
    setTimeout(go, ms);
  });

/**
 * Does something with the ticket: again with longer and longer pauses where only the network failed, and once more with a new ticket where
 * the one there is has run out.
 * @typedef {<T>(act: (ticket: string) => Promise<T>) => Promise<T>} Insist
 * @param {Wire} wire @param {Found} found @param {(ms: number) => Promise<void>} pause @returns {Insist}
 */
function insistWith(wire, found, pause) {
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

/** @param {Wire} wire @param {Insist} insist @param {{id: string, key: import('../core/bytes.js').Bytes}} upload @param {readonly File[]} files @param {number} size @param {(done: number, total: number) => void} onStep @param {number} now */
async function sendFiles(wire, insist, { id, key }, files, size, onStep, now) {
  const place = { handover: id, key };
  const parts = partsOf(size);
  await insist((ticket) =>
    wire.declare(ticket, id, { parts, size: sealedFileBytes(place, size) + sealedSlipBytes(id, parts) }),
  );
  const sealer = await FileSealer.begin(place, size);
  let done = 0;
  const put = async (/** @type {{i: number, sealed: Uint8Array}[]} */ some) => {
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
