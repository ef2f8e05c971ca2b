/**
 * A server that signs with a key nothing vouches for: its operator lost the keys, or somebody stands in between.
 *
 * [Note: a key told by a person] Nothing this phone trusts can tell the two apart, so a person has to, by another way
 * than this server. The letters of the new key are not shown here: whoever accepts types what they were told, and only
 * the key they name is taken. Receipts of before stay good under the key they were checked with.
 */
import { b64, hex, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { sha256Now } from '../../crypto/digests.js';
import { pinKey } from './pins.js';
import type { Context, Open } from '../types.js';

/**
 * As `keys` and /keys.txt print it: 96 bits of the digest.
 * @param pub b64
 * @returns 24 hex digits
 */
function lettersOf(pub: string): string {
  return hex(sha256Now(unb64(pub)).slice(0, 12));
}

/** The six groups of the key this phone knew. */
export function knownKey({ store }: Open) {
  const { notary } = store.root.account;
  return notary ? (lettersOf(notary).match(/.{4}/g) ?? []).join(' ') : '';
}

/**
 * See [Note: a key told by a person].
 * @param typed what the person was told
 * @throws key_differs when the server's key is another; no_network
 */
export async function acceptKey(ctx: Context, open: Open, typed: string) {
  const [server, log] = [await ctx.api.server(), await ctx.api.log()];
  const told = typed.toLowerCase().replace(/[^0-9a-z]/g, '');
  if (typeof server.notary !== 'string' || server.origin !== ctx.origin || told !== lettersOf(server.notary))
    throw new KeptError('key_differs');
  // What signatures are looked up by is that key's own name, and no other.
  if (server.log !== b64(sha256Now(unb64(server.notary)))) throw new KeptError('key_differs');
  await pinKey(open, (account) => {
    if (account.notary === server.notary) return;
    const olds = [...(account.olds ?? []), { log: account.log, pub: account.notary, below: null }];
    const accepted = [...(account.accepted ?? []), { at: ctx.clock.now(), from: account.log, to: server.log }];
    Object.assign(account, {
      notary: server.notary,
      log: server.log,
      instance: server.instance ?? null,
      statements: log.statements?.length ?? 0,
      vouched: log.statements ?? [],
      olds,
      accepted,
    });
  });
}
