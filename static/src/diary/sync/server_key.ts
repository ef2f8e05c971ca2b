/**
 * A server that signs with a key that nothing vouches for: its operator lost the keys, or somebody stands in between.
 *
 * [Note: a key told by a person] Nothing this phone trusts can tell these two apart. So the user has to, over a
 * channel other than this server. The digits of the new key are not shown here: the user types what they were told,
 * and only the key that this names is accepted. Earlier receipts stay valid under the key they were checked with.
 */
import { b64, hex, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { sha256Sync } from '../../crypto/digests.js';
import { pinKey } from './pins.js';
import type { Context, Open } from '../types.js';

/**
 * Return the digits that `keys` and /keys.txt print: 96 bits of the digest.
 * @param pub b64
 * @returns 24 hex digits
 */
function fingerprintOf(pub: string): string {
  return hex(sha256Sync(unb64(pub)).slice(0, 12));
}

/** Return the pinned key as six groups of digits. */
export function pinnedFingerprint({ store }: Open) {
  const { notary } = store.root.account;
  return notary ? (fingerprintOf(notary).match(/.{4}/g) ?? []).join(' ') : '';
}

/**
 * Accept the server's new key if the user typed its digits. See [Note: a key told by a person].
 * @param typed what the user was told
 * @throws key_differs when the server has another key; no_network
 */
export async function acceptKey(ctx: Context, open: Open, typed: string) {
  const [server, log] = [await ctx.api.server(), await ctx.api.log()];
  const typedFingerprint = typed.toLowerCase().replace(/[^0-9a-z]/g, '');
  if (
    typeof server.notary !== 'string' ||
    server.origin !== ctx.origin ||
    typedFingerprint !== fingerprintOf(server.notary)
  )
    throw new KeptError('key_differs');
  // Signatures are looked up by the key's own name and no other.
  if (server.log !== b64(sha256Sync(unb64(server.notary)))) throw new KeptError('key_differs');
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
