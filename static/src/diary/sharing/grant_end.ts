/**
 * End an advocate's grant: on this phone at once, and on the server with a proof of the words. docs/formats.md,
 * section 8.
 *
 * [Note: two ends] The words are checked on this phone, so it gives nothing more from then on, whatever the server
 * answers, and without a signal. The server ends a grant only with a proof, because a copied session must not cut a
 * keeper off from the people who help. A proof is stored nowhere: without a signal the end waits until the words are
 * typed again, and the list shows that meanwhile.
 */
import { KeptError } from '../../core/errors.js';
import { grantsOf } from '../../net/grants.js';
import { isTransient } from '../../net/http.js';
import { isBlank } from '../../record/reading.js';
import { proofOf, withTypedProof } from '../keys/accounts.js';
import { confirmWords } from '../session/confirming.js';
import { endLocally, endedGrants, noteEndConfirmed } from './grant_state.js';
import type { Context, Open } from '../types.js';

/**
 * End a grant.
 * @returns `heard`: the server has ended it too
 * @throws words_differ
 */
export async function endGrant(ctx: Context, open: Open, grant: string, words: string): Promise<{ heard: boolean }> {
  const confirmed = await confirmWords(ctx, open, words);
  await endOnPhone(ctx, open, grant);
  open.typed = confirmed.words; // for a later run, when the server cannot be reached now
  return {
    heard: await endAtServer(ctx, open, grant).catch((error) => {
      if (!isTransient(error)) throw error;
      return false;
    }),
  };
}

/** End the grant that a new one replaces, with the same proof. */
export async function endReplacedGrant(
  ctx: Context,
  open: Open,
  grant: string,
  { words, proof }: { words: string; proof: string },
) {
  await endOnPhone(ctx, open, grant);
  open.typed = words;
  await requestEnd(ctx, open, grant, proof).catch((error) => {
    if (!isTransient(error)) throw error;
  });
}

/** End the grants at the server that ended only on a device of this diary. Part of every run of syncing. */
export async function endPending(ctx: Context, open: Open) {
  for (const { grant, told: isConfirmed } of endedGrants(open)) if (!isConfirmed) await endAtServer(ctx, open, grant);
}

async function endOnPhone(ctx: Context, open: Open, grant: string) {
  await endLocally(open, grant, ctx.clock.now());
  const meta = await open.book.meta(grant);
  if (meta?.kind !== 'consent') return;
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { fields, restricted } = await open.book.newest(grant, batch);
    if (!isBlank(fields.withdrawn_at)) return;
    const openFields = Object.fromEntries(
      Object.entries(fields).filter(([name]) => !name.startsWith('_') && name !== 'reason'),
    );
    await open.book.stage(batch, {
      kind: 'consent',
      record: grant,
      open: { ...openFields, withdrawn_at: ctx.clock.now() },
      restricted,
    });
  });
}

/** @returns false when the words have to be typed again */
async function endAtServer(ctx: Context, open: Open, grant: string): Promise<boolean> {
  return withTypedProof(open, async (words) => requestEnd(ctx, open, grant, await proofOf(ctx, open, words)));
}

async function requestEnd(ctx: Context, open: Open, grant: string, proof: string) {
  await grantsOf(ctx.api)
    .endGrant(open.identity.diary, grant, proof)
    .catch((error) => {
      if (!(error instanceof KeptError) || error.code !== 'not_found') throw error; // it has ended there
    });
  await noteEndConfirmed(open, grant, true);
}
