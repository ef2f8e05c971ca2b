/**
 * Pull entries from the server, and let other code wait for them.
 *
 * [Note: still coming] A phone that was just signed in or cleared has nothing of what the server has, and looks like
 * one with few entries. So its root records that more is to come (`coming`, the number of versions) until the feed
 * has been read to its end once; a lock in between, with no signal at the next unlock, does not change that. Anything
 * selected or shown from the diary waits for a pull in progress. Where the rest cannot be fetched now, the screens
 * warn that something may be missing.
 *
 * [Note: the server's count] How much is to come is known from the server alone, which may announce any number. The
 * number is shown as the server's, and nothing waits for it to be reached: the end of the feed decides.
 *
 * [Note: numbers ahead of the feed] A receipt can carry a number above the end of this phone's account, where another
 * device wrote in between. A server that is put back before the feed was read to there looks unchanged to a phone
 * that compares ends alone, and an entry shown as kept safe would be missing for good. So the highest such number
 * counts as seen (`top`), and no other version may have it.
 */
import { KeptError } from '../../core/errors.js';
import { pullFeed } from '../../net/feed.js';
import { checkLines } from './lines.js';
import { applyManifests, checkManifests } from './manifest.js';
import { rebuildList } from '../index/rebuild.js';
import { requeueMissing } from './reconcile.js';
import { reopenAltered } from './altered_versions.js';
import { readNumbers } from '../../store/feed_numbers.js';
import { applyItems } from './apply_feed.js';
import type { Open, SyncLink, SyncRun } from '../types.js';

type PullLink = SyncLink;

/** With more versions than this still to come, a feed is long. */
const LONG_FEED = 1_000;
/** The server was put back to an earlier day, or contradicts what it returned before. */
const GONE_BACK_CODES = new Set(['server_behind', 'head_differs', 'feed_altered']);
/** Progress is shown above this number of versions. */
const PROGRESS_MINIMUM = 20;

/**
 * Pull every version that the server has and this phone lacks. One pull at a time.
 * @throws what the request throws, feed_altered, head_differs, server_behind
 */
export async function pullVersions(syncing: SyncRun) {
  const [open, link] = [syncing.openNow(), syncing.link()];
  if (!open || !link) return;
  const running = pullAll(syncing, open, link);
  syncing.pulling = running.then(
    () => undefined,
    () => undefined,
  );
  await running
    .then(
      () => setGoneBack(open, false),
      async (error) => {
        if (GONE_BACK_CODES.has(error?.code)) await setGoneBack(open, true);
        throw error;
      },
    )
    .finally(() => {
      syncing.pulling = null;
    });
  syncing.resolveFirstPull();
}

/**
 * Look at the server before each push. A phone that was restored from an old copy first learns how far its line had
 * come ([Note: a phone put back]). So does a phone whose server was put back since the last look, which can happen at
 * any time: nothing is sent until that is settled, and what the server lacks goes first, so that entries keep their
 * numbers. Where the server cannot be read, entries are sent all the same.
 * @throws the error of the pull, while one of these states stands
 */
export async function pullBeforePush(syncing: SyncRun) {
  const open = syncing.openNow();
  if (!open || !syncing.link()) return;
  const { root } = open.store;
  if (!root.again && !root.outbox.length) return;
  await pullVersions(syncing).catch((error) => {
    const { put_back, gone_back, again } = open.store.root;
    if (put_back || gone_back || again) throw error;
  });
  await requeueMissing(open);
}

/** Record whether the server's account is known to lack something that it gave a receipt for. */
async function setGoneBack({ store }: Open, hasGoneBack: boolean) {
  if (Boolean(store.root.gone_back) === hasGoneBack) return;
  await store.change((root) => {
    if (hasGoneBack) root.gone_back = true;
    else delete root.gone_back;
    // A server that was put back may lack the files, too: it is asked again.
    root.fetch = root.fetch.map(({ there: _there, ...item }) => item);
  });
}

/**
 * Whether the server has gone back. Receipts then do not prove what the server still has: nothing may be deleted here
 * on the strength of them (clear_phone.js).
 */
export function isGoneBack({ store, syncing }: Open) {
  return Boolean(store.root.gone_back || store.root.again || GONE_BACK_CODES.has(syncing.trouble ?? ''));
}

async function pullAll(syncing: SyncRun, open: Open, link: PullLink) {
  const { ctx } = syncing;
  const { identity } = open;
  const { feed: start, top = 0 } = open.store.root;
  await pullFeed(
    link,
    { ...start, top },
    async (items, feed, latest) => {
      // The keys have changed, or are changing, since this request: fetch again (Syncing.suspend).
      if (syncing.suspended || open.identity !== identity) throw new KeptError('locked');
      const storedVersions = new Map(
        (await readNumbers(open.store, items[0]?.seq ?? 1, feed.seq)).map(([seq, , version]) => [seq, version]),
      );
      if (items.some(({ seq, version }) => (storedVersions.get(seq) ?? version) !== version))
        throw new KeptError('server_behind');
      const remaining = latest - feed.seq;
      if (remaining > PROGRESS_MINIMUM) ctx.screen.set({ busy: { what: 'fetching', done: feed.seq, total: latest } });
      await applyItems(open, items, feed, remaining);
      await applyManifests(open, items);
      // A new phone pulls a diary of many years at once. Drop what each page opened; it is opened again when read.
      if (remaining > LONG_FEED) for (const { version } of items) open.book.seen.delete(version);
      ctx.show();
    },
    (latest) => {
      syncing.announced = latest;
      if (open.store.root.coming) ctx.show();
    },
  ).finally(() => ctx.screen.set({ busy: null }));
  // Without new versions there was no page to mark as the last.
  if (open.store.root.coming)
    await open.store.change(async (root) => {
      delete root.coming;
    });
  await reopenAltered(open);
  await checkLines(open);
  await checkManifests(open);
}

/**
 * Resolve when everything the server is known to have is applied and listed; at once when nothing is to be waited
 * for. A failed run, or a server that does not answer, ends the wait. Never reject.
 */
export async function waitForPull(syncing: SyncRun) {
  const open = syncing.openNow();
  if (!open) return;
  // Just after opening, older rows are still being read, or the list is being rebuilt. The first run starts after
  // them.
  await open.index.whenLoaded();
  await rebuildList(syncing.ctx, open).catch(() => undefined);
  if (open.store.root.coming && syncing.running) await syncing.firstPull;
  await syncing.pulling;
}
