/**
 * Wraps and the keyset: docs/formats.md, section 4. A wrap is a key sealed under another key. Its header names the
 * opener and the purpose, and is bound to it. Each wrap is opened again before anything relies on it.
 */
import { b64, bytesEqual, unb64 } from '../core/bytes.js';
import { canonicalBytes, isObject, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as envelope from './envelope.js';
import { checkKeyPair } from './signing.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { Kdf } from './kdf.js';
import type { KeyStatement } from './sharing/statements.js';
import type { KeyPair } from './signing.js';

/**
 * `earlier`: statements about replaced keys, oldest first. They are in the keyset because only what the account key
 * seals is authenticated by the keeper
 */
export type AccountKeyPairs = { ecdsa: KeyPair; hpke: KeyPair; earlier?: readonly KeyStatement[] };
/** As `sealKeyset` writes it, b64; `openKeyset` checks what was opened */
type Keyset = { ecdsa: string; ecdsa_pub: string; hpke: string; hpke_pub: string; earlier?: KeyStatement[] };

const KEYSET_FIELDS = 'ecdsa,ecdsa_pub,hpke,hpke_pub';

/**
 * Return the header of the account key's wrap for the words or the code.
 * @param kdf with words
 */
export function accountWrapHeader(by: 'words' | 'code', account: string, epoch: number, kdf?: Kdf): JsonObject {
  const header = { by, by_id: account, epoch, in: account, t: 'wrap', wraps: 'account' };
  return kdf ? { ...header, kdf } : header;
}

/** Return the header of a diary key's wrap. */
export function diaryWrapHeader(account: string, diary: string, epoch: number): JsonObject {
  return { by: 'account', by_id: account, epoch, in: diary, t: 'wrap', wraps: 'diary' };
}

/** Return the header of a version key's wrap. */
export function versionWrapHeader(
  diary: string,
  epoch: number,
  part: 'open' | 'restricted',
  version: string,
): JsonObject {
  return { by: 'diary', by_id: diary, epoch, in: diary, t: 'wrap', wraps: `${part}:${version}` };
}

/** Return the header of a version key's wrap for a grant's key. A grant has one key, so there is one epoch. */
export function grantWrapHeader(
  { diary, grant }: { diary: string; grant: string },
  part: 'open' | 'restricted',
  version: string,
): JsonObject {
  return { by: 'grant', by_id: grant, epoch: 1, in: diary, t: 'wrap', wraps: `${part}:${version}` };
}

/** @param rawKey the 32-byte key to wrap */
export async function wrapKey(wrappingKey: CryptoKey, header: JsonObject, rawKey: Bytes): Promise<Bytes> {
  const sealed = await envelope.seal(wrappingKey, 'wrap', header, rawKey);
  if (!bytesEqual(await unwrapKey(wrappingKey, header, sealed), rawKey)) throw new KeptError('not_opened');
  return sealed;
}

/**
 * Return the 32-byte key in a wrap. Throws `not_opened`.
 * @param header compared exactly
 */
export async function unwrapKey(wrappingKey: CryptoKey, header: JsonObject, sealed: Uint8Array): Promise<Bytes> {
  const rawKey = await envelope.open(wrappingKey, sealed, 'wrap', header);
  if (rawKey.length !== 32) throw new KeptError('not_opened');
  return rawKey;
}

/** Seal the account's own key pairs under the account key. */
export async function sealKeyset(
  accountKey: CryptoKey,
  { account, epoch, rev }: { account: string; epoch: number; rev: number },
  { ecdsa, hpke, earlier = [] }: AccountKeyPairs,
): Promise<Bytes> {
  const plaintext = canonicalBytes({
    ecdsa: b64(ecdsa.scalar),
    ecdsa_pub: b64(ecdsa.pub),
    hpke: b64(hpke.scalar),
    hpke_pub: b64(hpke.pub),
    ...(earlier.length ? { earlier: [...earlier] } : {}),
  });
  const sealed = await envelope.seal(accountKey, 'keyset', { account, epoch, rev, t: 'keyset' }, plaintext);
  await openKeyset(accountKey, { account, epoch, rev }, sealed);
  return sealed;
}

/**
 * Open a keyset. Throws `not_opened`, also when a public key does not match its private key: sealing to a swapped
 * public key would seal to whoever swapped it. `earlier` is not checked here; `verifyAuthorChain` does that.
 */
export async function openKeyset(
  accountKey: CryptoKey,
  { account, epoch, rev }: { account: string; epoch: number; rev: number },
  sealed: Uint8Array,
): Promise<AccountKeyPairs & { earlier: readonly KeyStatement[] }> {
  const plaintext = await envelope.open(accountKey, sealed, 'keyset', { account, epoch, rev, t: 'keyset' });
  try {
    const { earlier = [], ...encodedPairs } = parseCanonicalObject(plaintext) as Keyset;
    if (
      Object.keys(encodedPairs).sort().join() !== KEYSET_FIELDS ||
      !Array.isArray(earlier) ||
      !earlier.every(isObject)
    )
      throw new KeptError('not_opened');
    const [ecdsa, ecdsaPub, hpke, hpkePub] = (['ecdsa', 'ecdsa_pub', 'hpke', 'hpke_pub'] as const).map((name) =>
      unb64(encodedPairs[name] ?? ''),
    );
    const pairs = { ecdsa: checkedKeyPair(ecdsa, ecdsaPub), hpke: checkedKeyPair(hpke, hpkePub) };
    await Promise.all([checkKeyPair(pairs.ecdsa), checkKeyPair(pairs.hpke)]);
    return { ...pairs, earlier };
  } catch {
    throw new KeptError('not_opened');
  }
}

function checkedKeyPair(scalar: Bytes | undefined, pub: Bytes | undefined): KeyPair {
  if (scalar?.length !== 32 || pub?.length !== 65) throw new KeptError('not_opened');
  return { scalar, pub };
}
