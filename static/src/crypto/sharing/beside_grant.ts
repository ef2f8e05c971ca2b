/**
 * Documents stored with a grant and sealed under its key for its two people: a summary, marks. docs/formats.md,
 * section 8. Python twin: diary/ledger/beside_grant.py.
 */
import { canon, parseObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { importKey } from '../cobblestone.js';
import * as envelope from '../envelope.js';
import { padVersion, unpad } from '../padding.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';

type Place = { diary: string; grant: string };
/** One type of document. `key` is the grant's; `seal` and `open` throw `not_opened` for an invalid document. */
export type Beside<T> = {
  header: (place: Place) => JsonObject;
  seal: (key: Bytes, place: Place, said: T) => Promise<Bytes>;
  open: (key: Bytes, sealed: Uint8Array, place: Place) => Promise<T>;
};

/** `name`: in the header; `type`: the plaintext's `t`; `isValid`: whether a complete plaintext is valid. */
export function beside<T extends object>(name: string, type: string, holds: (told: unknown) => told is T): Beside<T> {
  const header = ({ diary, grant }: Place) => ({ diary, grant, t: name });
  return {
    header,
    seal: async (key, place, said) => {
      const told = { ...said, t: type };
      if (!holds(told)) throw new KeptError('not_opened');
      return envelope.seal(await importKey(key), 'summary', header(place), padVersion(canon(told)));
    },
    open: async (key, sealed, place) => {
      const plaintext = await envelope.open(await importKey(key), sealed, 'summary', header(place));
      try {
        const told = parseObject(unpad(plaintext));
        if (holds(told)) return told;
      } catch {
        // Invalid JSON gets the same error as an invalid document.
      }
      throw new KeptError('not_opened');
    },
  };
}
