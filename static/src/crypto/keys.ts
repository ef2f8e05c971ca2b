/**
 * Wraps and the keyset: docs/formats.md, section 4. A wrap is a key sealed for one opener; its header says
 * whose and for what, and is bound to it. Each is opened again before anything relies on it.
 */
import { b64, isSame, unb64 } from '../core/bytes.js';
import { canon, isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import * as envelope from './envelope.js';
import { checkPair } from './signing.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { Kdf } from './kdf.js';
import type { Statement } from './sharing/statements.js';
import type { Pair } from './signing.js';

/**
 * `earlier`: statements about the keys before, oldest first. In here, because only what the account key seals is the
 * keeper's own word
 */
export type Pairs = { ecdsa: Pair; hpke: Pair; earlier?: readonly Statement[] };
/** As `sealKeyset` writes it, b64; what was opened is checked by `openKeyset` */
type Keyset = { ecdsa: string; ecdsa_pub: string; hpke: string; hpke_pub: string; earlier?: Statement[] };

const KEYSET = 'ecdsa,ecdsa_pub,hpke,hpke_pub';

/**
 * The header of the account key's wrap for the words or the code.
 * @param kdf with words
 */
export function accountWrapHeader(by: 'words' | 'code', account: string, epoch: number, kdf?: Kdf): JsonObject {
  const header = { by, by_id: account, epoch, in: account, t: 'wrap', wraps: 'account' };
  return kdf ? { ...header, kdf } : header;
}

/** The header of a diary key's wrap. */
export function diaryWrapHeader(account: string, diary: string, epoch: number): JsonObject {
  return { by: 'account', by_id: account, epoch, in: diary, t: 'wrap', wraps: 'diary' };
}

/** The header of a version key's wrap. */
export function versionWrapHeader(
  diary: string,
  epoch: number,
  part: 'open' | 'restricted',
  version: string,
): JsonObject {
  return { by: 'diary', by_id: diary, epoch, in: diary, t: 'wrap', wraps: `${part}:${version}` };
}

/** The header of a version key's wrap for a grant's key. A grant has one key, so there is one epoch. */
export function grantWrapHeader(
  { diary, grant }: { diary: string; grant: string },
  part: 'open' | 'restricted',
  version: string,
): JsonObject {
  return { by: 'grant', by_id: grant, epoch: 1, in: diary, t: 'wrap', wraps: `${part}:${version}` };
}

/** @param raw the 32-byte key to wrap */
export async function wrap(opener: CryptoKey, header: JsonObject, raw: Bytes): Promise<Bytes> {
  const sealed = await envelope.seal(opener, 'wrap', header, raw);
  if (!isSame(await unwrap(opener, header, sealed), raw)) throw new KeptError('not_opened');
  return sealed;
}

/**
 * The 32-byte key in a wrap. Throws `not_opened`.
 * @param header the exact one asked for
 */
export async function unwrap(opener: CryptoKey, header: JsonObject, sealed: Uint8Array): Promise<Bytes> {
  const raw = await envelope.open(opener, sealed, 'wrap', header);
  if (raw.length !== 32) throw new KeptError('not_opened');
  return raw;
}

/** The account's own pairs, sealed under the account key. */
export async function sealKeyset(
  accountKey: CryptoKey,
  { account, epoch, rev }: { account: string; epoch: number; rev: number },
  { ecdsa, hpke, earlier = [] }: Pairs,
): Promise<Bytes> {
  const plaintext = canon({
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
 * The pairs in a keyset. Throws `not_opened`, also when a public key is not its private key's own: sealing to
 * a swapped one would seal to whoever swapped it. `earlier` is not checked here: `authorChain` does that.
 */
export async function openKeyset(
  accountKey: CryptoKey,
  { account, epoch, rev }: { account: string; epoch: number; rev: number },
  sealed: Uint8Array,
): Promise<Pairs & { earlier: readonly Statement[] }> {
  const plaintext = await envelope.open(accountKey, sealed, 'keyset', { account, epoch, rev, t: 'keyset' });
  try {
    const { earlier = [], ...set } = parseObject(plaintext) as Keyset;
    if (Object.keys(set).sort().join() !== KEYSET || !Array.isArray(earlier) || !earlier.every(isObject))
      throw new KeptError('not_opened');
    const [ecdsa, ecdsaPub, hpke, hpkePub] = (['ecdsa', 'ecdsa_pub', 'hpke', 'hpke_pub'] as const).map((name) =>
      unb64(set[name] ?? ''),
    );
    const pairs = { ecdsa: pair(ecdsa, ecdsaPub), hpke: pair(hpke, hpkePub) };
    await Promise.all([checkPair(pairs.ecdsa), checkPair(pairs.hpke)]);
    return { ...pairs, earlier };
  } catch {
    throw new KeptError('not_opened');
  }
}

function pair(scalar: Bytes | undefined, pub: Bytes | undefined): Pair {
  if (scalar?.length !== 32 || pub?.length !== 65) throw new KeptError('not_opened');
  return { scalar, pub };
}

/** A key ready for `wrap` and `unwrap`, not extractable. */
export const importOpener = cobblestone.importKey;
