/** Handovers in the crypto worker: the words and the key are made here, and only the words are returned. */
import { b64 } from '../../core/bytes.js';
import { canon } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { idText, newId } from '../../core/ids.js';
import { sha256 } from '../digests.js';
import { FileSealer, sealedFileBytes } from '../files.js';
import { nameOf, newKdf, newWords, openerOf, partsOf, sealSlip, sealedSlipBytes } from '../sharing/handover.js';
import type { Bytes } from '../../core/bytes.js';
import type { HandoverPlace } from '../files.js';
import type { Session } from './session.js';

export function handoverPart(session: Session) {
  const under: Map<number, { sealer: FileSealer; place: HandoverPlace }> = new Map();
  let last = 0;
  const heldOf = (file: number) => {
    const held = under.get(file);
    if (!held) throw new KeptError('bad_request', 'There is no such hand-over.');
    return held;
  };
  return {
    handoverStart: async ({ size }: { size: number }) => {
      await session.test();
      const [words, kdf, handover] = [await newWords(), newKdf(), idText(newId())];
      const { auth, key } = await openerOf(session.argon2, words, kdf, session.onProgress);
      const place = { handover, key };
      under.set(++last, { sealer: await FileSealer.begin(place, size), place });
      const parts = partsOf(size);
      return {
        file: last,
        words,
        handover,
        kdf,
        auth: b64(auth),
        name: b64(nameOf(words)),
        parts,
        sealed_bytes: sealedFileBytes(place, size) + sealedSlipBytes(handover, parts),
      };
    },
    handoverPart: async (file: number, bytes: Bytes) => heldOf(file).sealer.add(bytes),
    handoverEnd: async (file: number, { name, made_at }: { name: string; made_at: number }) => {
      const { sealer, place } = heldOf(file);
      const ended = await sealer.end();
      const slip = await sealSlip(place, { made_at, name, sha256: ended.sha256, size: sealer.size });
      under.delete(file);
      place.key.fill(0);
      const digests = [...ended.digests, b64(await sha256(slip))];
      return { parts: [...ended.parts, { i: ended.n, sealed: slip }], digest: b64(await sha256(canon(digests))) };
    },
    handoverDrop: async (file: number) => {
      under.delete(file);
    },
  };
}
