/** Sending one statement from the public page: sealed here, its files part by part, and then the words are used. No screen. */
import { b64, random, unb64 } from '../core/bytes.js';
import { canon, frames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { FileSealer, PART_BYTES, sealedFileBytes } from '../crypto/files.js';
import { partsOf, sealSlip, sealedSlipBytes } from '../crypto/handover.js';
import { sha256 } from '../crypto/digests.js';
import { FILES_MOST, deriveCode, openAsking, readWitnessWords, sealStatement } from '../crypto/witness.js';

/** @typedef {ReturnType<typeof import('../net/witnesses.js').answersOf>} Wire */
/** @typedef {import('../crypto/witness.js').Asked} Asked */
/** @typedef {import('../crypto/witness.js').Code} Code */
/** @typedef {{code: Code, asked: Asked, witness: string, ticket: string, most: number}} Found */

/**
 * What the words give. Throws `bad_request`, `no_match`, `wrong_keys`, and `over` for a code that takes nothing any more.
 * @param {Wire} wire @param {import('../crypto/argon2.js').Argon2id} argon2 @param {string} typed @param {string} address @returns {Promise<Found>}
 */
export async function look(wire, argon2, typed, address) {
  const { code: words, keyWords } = await readWitnessWords(typed);
  const code = await deriveCode(argon2, words, address);
  const { witness, sealed, ticket, files_bytes: most } = await wire.find(b64(code.name));
  if (!sealed || !ticket) throw new KeptError('over');
  return { code, witness, ticket, most, asked: await openAsking(code, keyWords, witness, unb64(sealed)) };
}

/**
 * Seals and sends. What is too large is refused before a byte is read. Throws `too_large`, `too_many`.
 * @param {Wire} wire @param {Found} found @param {import('../crypto/witness.js').Fields} fields @param {readonly File[]} files @param {(done: number, total: number) => void} onStep @param {number} now
 */
export async function send(wire, { code, asked, witness, ticket, most }, fields, files, onStep, now) {
  if (files.length > FILES_MOST) throw new KeptError('too_many');
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > most) throw new KeptError('too_large');
  const upload = files.length ? { id: idText(newId()), key: random(32) } : null;
  const digest = upload ? await sendFiles(wire, ticket, upload, files, size, onStep, now) : null;
  const list = files.map(({ name, size: bytes, type }) => ({ name: name.slice(0, 255), size: bytes, type: type.slice(0, 255) }));
  const said = { fields, files: upload ? { key: b64(upload.key), list, upload: upload.id } : null, made_at: now };
  const envelope = await sealStatement(code, unb64(asked.hpke_pub), witness, said);
  await wire.send(ticket, frames(upload && digest ? [envelope, unb64(upload.id), digest] : [envelope]));
}

/** @param {Wire} wire @param {string} ticket @param {{id: string, key: import('../core/bytes.js').Bytes}} upload @param {readonly File[]} files @param {number} size @param {(done: number, total: number) => void} onStep @param {number} now */
async function sendFiles(wire, ticket, { id, key }, files, size, onStep, now) {
  const place = { handover: id, key };
  const parts = partsOf(size);
  await wire.declare(ticket, id, { parts, size: sealedFileBytes(place, size) + sealedSlipBytes(id, parts) });
  const sealer = await FileSealer.begin(place, size);
  let done = 0;
  const put = async (/** @type {{i: number, sealed: Uint8Array}[]} */ some) => {
    for (const one of some) {
      await wire.part(ticket, id, one.i, one.sealed);
      onStep(++done, parts);
    }
  };
  for (const file of files) {
    for (let at = 0; at < file.size; at += PART_BYTES) await put(await sealer.add(new Uint8Array(await file.slice(at, at + PART_BYTES).arrayBuffer())));
  }
  const ended = await sealer.end();
  const slip = await sealSlip(place, { made_at: now, name: 'files', sha256: ended.sha256, size });
  await put([...ended.parts, { i: parts - 1, sealed: slip }]);
  return sha256(canon([...ended.digests, b64(await sha256(slip))]));
}
