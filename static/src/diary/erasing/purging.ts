/**
 * Purge a file that the keeper marks as a sexual image of someone under 18: it is removed at once and everywhere,
 * that file only. Nobody is made to keep such a picture for a week, so neither the seven days nor a hold stop it
 * (docs/formats.md, 6).
 *
 * [Note: gone here first] Parts, copies and text leave this phone in one transaction, with or without a signal, and a
 * version without text replaces them: "a file was removed". Its unsent versions are sent once (without the picture,
 * which is gone by then), because a device's line may have no gap. Then the server is asked to erase the record, and
 * then the version without text is sent. Every device that receives that version drops the file.
 */
import { KeptError } from '../../core/errors.js';
import { proofOf, withTypedProof } from '../keys/accounts.js';
import { custodyLine, addPendingLines } from '../attachments/custody.js';
import { confirmWords } from '../session/confirming.js';
import { dropFile, removeFile } from '../attachments/removal.js';
import { rewriteRows } from '../sync/apply_feed.js';
import type { Context, Open } from '../types.js';

const PURGE_REASON = 'under_18_image';

export function purgeActions(ctx: Context) {
  return {
    async purgeFile(id: string, { words }: { words: string }) {
      if (!ctx.open) throw new KeptError('locked');
      const { open } = ctx;
      const confirmed = await confirmWords(ctx, open, words);
      await purgeOnPhone(ctx, open, id);
      // The server is asked when it can be reached.
      if (open.store.root.account.registered) open.typed = confirmed.words;
      ctx.show();
      open.syncing.kick();
    },
  };
}

async function purgeOnPhone(ctx: Context, open: Open, id: string) {
  const now = ctx.clock.now();
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const meta = await open.book.meta(id, batch);
    if (meta?.kind !== 'attachment') throw new KeptError('not_found');
    await removeFile(open, batch, id, now);
    addPendingLines(root, [custodyLine(id, now, 'keeper', 'deleted')]);
    if (meta.of) await rewriteRows(batch, open, [meta.of], null);
  });
  // Pictures on the page hold their bytes for as long as their address lives.
  for (const url of open.urls) ctx.objectUrl.drop(url);
  open.urls.clear();
}

/**
 * Before the version that removes a file is sent, ask the server to erase the earlier ones. In this order the text of
 * the removal stays readable for other devices, which believe the keeper, and not the server, about what is gone.
 * @param record the record that is about to be sent
 * @throws what the request throws
 */
export async function purgeBeforeSend(ctx: Context, open: Open, record: string) {
  const { purges = [], outbox } = open.store.root;
  if (purges.includes(record) && outbox.filter((item) => item.record === record).length === 1)
    await purgeAtServer(ctx, open, record);
}

/**
 * Make the requests that could not be made in their turn. Part of every run of syncing.
 * @throws what the request throws
 */
export async function sendPurges(ctx: Context, open: Open) {
  for (const id of [...(open.store.root.purges ?? [])]) {
    if (open.store.root.outbox.some((item) => item.record === id)) continue;
    await purgeAtServer(ctx, open, id).catch((error) => {
      if (!(error instanceof KeptError) || error.code !== 'needs_words') throw error;
    });
  }
}

/**
 * Ask the server to erase a record. Words typed in an earlier opening are gone, so the diary has to be opened with
 * them again.
 * @throws needs_words
 */
async function purgeAtServer(ctx: Context, open: Open, id: string) {
  const isDone = await withTypedProof(open, async (words) => {
    await ctx.api.erase(open.identity.diary, { records: [id], why: PURGE_REASON }, await proofOf(ctx, open, words));
  }).catch((error) => {
    if (!(error instanceof KeptError) || !['not_found', 'bad_request', 'erased'].includes(error.code)) throw error;
    return true; // nothing is there
  });
  if (!isDone) throw new KeptError('needs_words');
  await open.store.change(async (root, change) => {
    await dropFile(open, open.book.batch(root, change), id);
    root.purges = (root.purges ?? []).filter((purge) => purge !== id);
  });
}
