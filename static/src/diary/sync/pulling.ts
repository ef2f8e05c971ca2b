/**
 * Words coming down, and whoever waits for them.
 *
 * [Note: still coming] A phone that was signed in or cleared holds nothing of what the server has, and looks like one
 * with few entries. So its root says that there is more (`coming`, how many versions), until the feed has been read to
 * its end once; a lock in between, with no signal at the next unlock, changes nothing in that. What is chosen or shown
 * out of the diary waits for a pull that is on, and where the rest cannot be had now the screens say that something may
 * be missing.
 *
 * [Note: numbers ahead of the feed] A receipt can come with a number above the end of this phone's account, where
 * another device wrote in between. A server that is put back before the feed was read to there looks unchanged to a
 * phone that compares ends alone, and what had been called kept safe would be missing for good. So the highest such
 * number counts as seen (`top`), and no other version may have it.
 */
import { KeptError } from '../../core/errors.js';
import { pullFeed } from '../../net/feed.js';
import { judgeLines } from './lines.js';
import { heedManifests, judgeManifests } from './manifest.js';
import { mendList } from '../index/rebuild.js';
import { putBackMissing } from './reconcile.js';
import { reopen } from './reopening.js';
import { numbered } from '../../store/feed_numbers.js';
import { takeItems } from './apply_feed.js';
import type { Open, SyncLink, SyncRun } from '../types.js';

type Link = SyncLink;

/** So many versions still to come make a feed a long one. */
const LONG = 1_000;
/** The server was put back to an earlier day, or says something else than it said. */
const GONE_BACK = new Set(['server_behind', 'head_differs', 'feed_altered']);
/** So many are worth a line with a number. */
const SAID = 20;

/**
 * Everything the server has and this phone has not. One at a time.
 * @throws what the request throws, feed_altered, head_differs, server_behind
 */
export async function wordsDown(syncing: SyncRun) {
  const [open, link] = [syncing.openNow(), syncing.link()];
  if (!open || !link) return;
  const work = pull(syncing, open, link);
  syncing.pulling = work.then(
    () => undefined,
    () => undefined,
  );
  await work
    .then(
      () => noteGoneBack(open, false),
      async (error) => {
        if (GONE_BACK.has(error?.code)) await noteGoneBack(open, true);
        throw error;
      },
    )
    .finally(() => {
      syncing.pulling = null;
    });
  syncing.reached();
}

/**
 * Before anything goes up, each time. A phone that was put back to an old copy of itself learns first how far its line
 * had come ([Note: a phone put back]). So does a phone whose server was put back since it last looked, which may be at
 * any time: nothing goes then until that is settled, and what the server lacks goes first, so that numbers of entries
 * stay what they were. Where the answer cannot be had, words go all the same.
 * @throws what stands in the way then
 */
export async function lookFirst(syncing: SyncRun) {
  const open = syncing.openNow();
  if (!open || !syncing.link()) return;
  const { root } = open.store;
  if (!root.again && !root.outbox.length) return;
  await wordsDown(syncing).catch((error) => {
    const { put_back, gone_back, again } = open.store.root;
    if (put_back || gone_back || again) throw error;
  });
  await putBackMissing(open);
}

/** Whether the server's account of this diary is known to lack something that it gave a receipt for. */
async function noteGoneBack({ store }: Open, is: boolean) {
  if (Boolean(store.root.gone_back) === is) return;
  await store.change((root) => {
    if (is) root.gone_back = true;
    else delete root.gone_back;
  });
}

/**
 * Receipts say nothing then of what the server still has: nothing that lies here may go on the strength of them
 * (panic.js).
 */
export function isGoneBack({ store, syncing }: Open) {
  return Boolean(store.root.gone_back || store.root.again || GONE_BACK.has(syncing.trouble ?? ''));
}

async function pull(syncing: SyncRun, open: Open, link: Link) {
  const { ctx } = syncing;
  const { identity } = open;
  const { feed: from, top = 0 } = open.store.root;
  await pullFeed(link, { ...from, top }, async (items, feed, latest) => {
    // Asked for under keys that have changed since, or are changing now: it is asked for again (Syncing.suspend).
    if (syncing.suspended || open.identity !== identity) throw new KeptError('locked');
    const here = new Map(
      (await numbered(open.store, items[0]?.seq ?? 1, feed.seq)).map(([seq, , version]) => [seq, version]),
    );
    if (items.some(({ seq, version }) => (here.get(seq) ?? version) !== version)) throw new KeptError('server_behind');
    const left = latest - feed.seq;
    if (left > SAID) ctx.screen.set({ busy: { what: 'fetching', done: feed.seq, total: latest } });
    await takeItems(open, items, feed, left);
    await heedManifests(open, items);
    // A diary of many years comes down whole on a new phone: what a page opened is opened again where it is read.
    if (left > LONG) for (const { version } of items) open.book.seen.delete(version);
    ctx.show();
  }).finally(() => ctx.screen.set({ busy: null }));
  // Where nothing came there was no page to say that it was the last.
  if (open.store.root.coming)
    await open.store.change(async (root) => {
      delete root.coming;
    });
  await reopen(open);
  await judgeLines(open);
  await judgeManifests(open);
}

/**
 * Resolves when what the server has, as far as this phone knows, has been taken in and stands in the list; at once
 * where nothing is to be waited for. A run that fails ends the wait, and so does a way to the server that does not
 * answer. Never rejects.
 */
export async function arrived(syncing: SyncRun) {
  const open = syncing.openNow();
  if (!open) return;
  // Just opened: older rows are still being read, or the list is being made again. The first run begins after the rows.
  await open.index.whole();
  await mendList(syncing.ctx, open).catch(() => undefined);
  if (open.store.root.coming && syncing.running) await syncing.first;
  await syncing.pulling;
}
