/** Handovers in the crypto worker: the words and the key are made here, and only the words are returned. */
import { b64 } from '../../core/bytes.js';
import { canonicalBytes } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { sha256 } from '../digests.js';
import { FileSealer, sealedFileLength } from '../files.js';
import {
  deriveHandoverName,
  newHandoverKdf,
  newHandoverWords,
  deriveHandoverKeys,
  handoverPartCount,
  sealSlip,
  sealedSlipLength,
} from '../sharing/handover.js';
import type { Bytes } from '../../core/bytes.js';
import type { HandoverPlace } from '../files.js';
import type { Session } from './session.js';

export function handoverFunctions(session: Session) {
  const openHandovers: Map<number, { sealer: FileSealer; place: HandoverPlace }> = new Map();
  let lastFile = 0;
  const handoverOf = (file: number) => {
    const openHandover = openHandovers.get(file);
    if (!openHandover) throw new KeptError('bad_request', 'There is no such hand-over.');
    return openHandover;
  };
  return {
    handoverStart: async ({ size }: { size: number }) => {
      await session.runSelfTest();
      const [words, kdf, handover] = [await newHandoverWords(), newHandoverKdf(), formatId(newId())];
      const { auth, key } = await deriveHandoverKeys(session.argon2, words, kdf, session.onProgress);
      const place = { handover, key };
      openHandovers.set(++lastFile, { sealer: await FileSealer.create(place, size), place });
      const parts = handoverPartCount(size);
      return {
        file: lastFile,
        words,
        handover,
        kdf,
        auth: b64(auth),
        name: b64(deriveHandoverName(words)),
        parts,
        sealed_bytes: sealedFileLength(place, size) + sealedSlipLength(handover, parts),
      };
    },
    handoverPart: async (file: number, bytes: Bytes) => handoverOf(file).sealer.addBytes(bytes),
    handoverEnd: async (file: number, { name, made_at }: { name: string; made_at: number }) => {
      const { sealer, place } = handoverOf(file);
      const sealedFile = await sealer.finish();
      const slip = await sealSlip(place, { made_at, name, sha256: sealedFile.sha256, size: sealer.size });
      openHandovers.delete(file);
      place.key.fill(0);
      const digests = [...sealedFile.digests, b64(await sha256(slip))];
      return {
        parts: [...sealedFile.parts, { i: sealedFile.n, sealed: slip }],
        digest: b64(await sha256(canonicalBytes(digests))),
      };
    },
    handoverDrop: async (file: number) => {
      openHandovers.delete(file);
    },
  };
}
