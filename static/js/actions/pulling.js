/**
 * Words coming down, and whoever waits for them.
 *
 * [Note: still coming] A phone that was signed in or cleared holds nothing of what the server has, and looks like one with few
 * entries. So its root says that there is more (`coming`, how many versions), until the feed has been read to its end once;
 * a lock in between, with no signal at the next unlock, changes nothing in that. What is chosen or shown out of the diary
 * waits for a pull that is on, and where the rest cannot be had now the screens say that something may be missing.
 */
import { pullFeed } from '../net/feed.js';
import { heedManifests } from './manifest.js';
import { mendList } from './mending.js';
import { takeItems } from './taking.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./syncing.js').Syncing} Syncing */
/** @typedef {NonNullable<ReturnType<Syncing['link']>>} Link */

/** So many versions still to come make a feed a long one. */
const LONG = 1_000;
/** So many are worth a line with a number. */
const SAID = 20;

/** Everything the server has and this phone has not. One at a time. @param {Syncing} syncing @throws what the request throws, feed_altered, head_differs, server_behind */
export async function wordsDown(syncing) {
  const [open, link] = [syncing.openNow(), syncing.link()];
  if (!open || !link) return;
  const work = pull(syncing.ctx, open, link);
  syncing.pulling = work.then(() => undefined, () => undefined);
  await work.finally(() => { syncing.pulling = null; });
  syncing.reached();
}

/** @param {Context} ctx @param {Open} open @param {Link} link */
async function pull(ctx, open, link) {
  await pullFeed(link, open.store.root.feed, async (items, feed, latest) => {
    const left = latest - feed.seq;
    if (left > SAID) ctx.screen.set({ busy: { what: 'fetching', done: feed.seq, total: latest } });
    await takeItems(open, items, feed, left);
    await heedManifests(open, items);
    // A diary of many years comes down whole on a new phone: what a page opened is opened again where it is read.
    if (left > LONG) for (const { version } of items) open.book.seen.delete(version);
    ctx.show();
  }).finally(() => ctx.screen.set({ busy: null }));
  // Where nothing came there was no page to say that it was the last.
  if (open.store.root.coming) await open.store.change(async (root) => { delete root.coming; });
}

/**
 * Resolves when what the server has, as far as this phone knows, has been taken in and stands in the list; at once where nothing is
 * to be waited for. A run that fails ends the wait, and so does a way to the server that does not answer. Never rejects.
 * @param {Syncing} syncing
 */
export async function arrived(syncing) {
  const open = syncing.openNow();
  if (!open) return;
  // Just opened: older rows are still being read, or the list is being made again. The first run begins after the rows.
  await open.index.whole();
  await mendList(syncing.ctx, open).catch(() => undefined);
  if (open.store.root.coming && syncing.running) await syncing.first;
  await syncing.pulling;
}
