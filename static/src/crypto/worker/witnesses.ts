/**
 * Witness codes in the crypto worker: the words are made here, and statements are opened with the keeper's own key.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { formatId, newId } from '../../core/ids.js';
import { fingerprint } from '../sharing/fingerprints.js';
import {
  deriveCode,
  newWitnessWords,
  openWitnessStatement,
  parseWitnessWords,
  sealWitnessRequest,
} from '../sharing/witness.js';
import type { Bytes } from '../../core/bytes.js';
import type { Session } from './session.js';

export function witnessFunctions(session: Session) {
  return {
    witnessAsk: async ({
      address,
      ...request
    }: {
      address: string;
      name: string;
      note: string;
      made_at: number;
      until: number;
    }) => {
      await session.runSelfTest();
      const { ecdsa_pub, hpke_pub } = session.unlocked.identity;
      const words = await newWitnessWords(fingerprint(unb64(ecdsa_pub), unb64(hpke_pub)));
      const code = await deriveCode(session.argon2, await parseWitnessWords(words), address);
      const witness = formatId(newId());
      const sealed = await sealWitnessRequest(code, witness, { ...request, ecdsa_pub, hpke_pub });
      return { words, witness, proof: b64(code.proof), asking: { name: b64(code.name), sealed: b64(sealed), witness } };
    },
    /** Tries the current key, then the replaced ones: the witness sealed to the key of the day they were asked. */
    witnessOpen: async ({ witness, proof, statement }: { witness: string; proof: string; statement: Bytes }) => {
      const openWith = (name: string) =>
        session.secrets.use(name, (scalar) => openWitnessStatement(scalar, proof, witness, statement));
      let opened = openWith('hpke');
      for (const name of session.olderHpkeNames()) opened = opened.catch(() => openWith(name));
      return opened;
    },
  };
}
