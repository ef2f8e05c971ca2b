/**
 * Witness codes in the crypto worker: the words are made here, and statements are opened with the keeper's own key.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { idText, newId } from '../../core/ids.js';
import { fingerprint } from '../sharing/fingerprints.js';
import { deriveCode, newWitnessWords, openStatement, readWitnessWords, sealAsking } from '../sharing/witness.js';
import type { Bytes } from '../../core/bytes.js';
import type { Session } from './session.js';

export function witnessPart(session: Session) {
  return {
    witnessAsk: async ({
      address,
      ...asked
    }: {
      address: string;
      name: string;
      note: string;
      made_at: number;
      until: number;
    }) => {
      await session.test();
      const { ecdsa_pub, hpke_pub } = session.own.identity;
      const words = await newWitnessWords(fingerprint(unb64(ecdsa_pub), unb64(hpke_pub)));
      const code = await deriveCode(session.argon2, await readWitnessWords(words), address);
      const witness = idText(newId());
      const sealed = await sealAsking(code, witness, { ...asked, ecdsa_pub, hpke_pub });
      return { words, witness, proof: b64(code.proof), asking: { name: b64(code.name), sealed: b64(sealed), witness } };
    },
    /** Tries the current key, then the replaced ones: the witness sealed to the key of the day they were asked. */
    witnessOpen: async ({ witness, proof, statement }: { witness: string; proof: string; statement: Bytes }) => {
      const open = (name: string) =>
        session.held.use(name, (scalar) => openStatement(scalar, proof, witness, statement));
      let opened = open('hpke');
      for (const name of session.hpkesBefore()) opened = opened.catch(() => open(name));
      return opened;
    },
  };
}
