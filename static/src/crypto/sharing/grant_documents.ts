/**
 * Documents stored with a grant and sealed under its key for its two people: a summary, marks. docs/formats.md,
 * section 8. Python twin: diary/ledger/sharing/grant_documents.py.
 */
import { canonicalBytes, parseCanonicalObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { importKey } from '../cobblestone.js';
import * as envelope from '../envelope.js';
import { padVersion, unpad } from '../padding.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';

type GrantPlace = { diary: string; grant: string };
/** One type of document. `key` is the grant's; `seal` and `open` throw `not_opened` for an invalid document. */
export type GrantDocument<T> = {
  header: (place: GrantPlace) => JsonObject;
  seal: (key: Bytes, place: GrantPlace, content: T) => Promise<Bytes>;
  open: (key: Bytes, sealed: Uint8Array, place: GrantPlace) => Promise<T>;
};

/** `name`: in the header; `type`: the plaintext's `t`; `isValid`: whether a complete plaintext is valid. */
export function grantDocument<T extends object>(
  name: string,
  type: string,
  isValid: (document: unknown) => document is T,
): GrantDocument<T> {
  const header = ({ diary, grant }: GrantPlace) => ({ diary, grant, t: name });
  return {
    header,
    seal: async (key, place, content) => {
      const document = { ...content, t: type };
      if (!isValid(document)) throw new KeptError('not_opened');
      return envelope.seal(await importKey(key), 'summary', header(place), padVersion(canonicalBytes(document)));
    },
    open: async (key, sealed, place) => {
      const plaintext = await envelope.open(await importKey(key), sealed, 'summary', header(place));
      try {
        const document = parseCanonicalObject(unpad(plaintext));
        if (isValid(document)) return document;
      } catch {
        // Invalid JSON gets the same error as an invalid document.
      }
      throw new KeptError('not_opened');
    },
  };
}
