/** Unlock: open what the words open, and draw it. */
import { KeptError } from '../../core/errors.js';
import { readDoor } from '../../store/device_meta.js';
import { needsWords } from '../keys/accounts.js';
import { afterOpening, forgetAll, openWith, vaultOf } from './door.js';
import { pendingErasures } from '../erasing/erasing.js';
import { lettersOf } from '../sharing/letters.js';
import { goneWitnesses } from '../sync/log_witnesses.js';
import { refill } from '../attachments/offload.js';
import { mendList } from '../index/rebuild.js';
import { keepSaid } from '../index/segment_texts.js';
import { takeCaptures } from './moving_in.js';
import { disarm } from './picture_page.js';
import { lockUp } from './locking.js';
import { returning } from './returning.js';
import { nameOf, rewrapHere } from '../keys/rotating.js';
import { keepLanguage } from './speaking.js';
import { sentenceOf } from '../sentences.js';
import { noteOwn } from './sign_ins.js';
import { mayTry, triedInVain, triedWell } from './tries.js';
import { resting } from './resting.js';
import { countWaiting } from '../sharing/assisted_waiting.js';
import type { Drafts } from '../drafts/drafts.js';
import type { Idle } from './idle.js';
import type { Context, Open } from '../types.js';

export async function unlock(ctx: Context, drafts: Drafts, idle: Idle, words: string) {
  const { screen } = ctx;
  // The lock is drawn before the draft is sealed: words typed at that moment wait for it.
  await ctx.locking;
  if (ctx.open) return;
  await mayTry(ctx);
  const shown = (early: Open) => {
    ctx.open = early;
    holdTokens(ctx, early);
    ctx.show();
  };
  const open = await openWith(ctx, words, shown)
    .catch((error) => {
      if (!ctx.borrowed || error?.code !== 'unavailable') throw error;
      forgetAll(ctx); // nothing is stored here, so without a signal the worker never started
      return openWith(ctx, words, shown);
    })
    .catch(async (error) => {
      if (ctx.open) screen.clear(resting(ctx)); // the newest rows may have been drawn already
      forgetAll(ctx);
      vaultOf(ctx);
      if (error instanceof KeptError && error.code === 'no_match') await triedInVain(ctx);
      throw error;
    });
  if (!open) return readNotebook(ctx);
  // A short secret signs nobody in and proves nothing.
  open.typed = !open.short && needsWords(open) ? words : null;
  await opened(ctx, drafts, idle, open);
  // After the first rows are drawn: nobody waits for a counter.
  await triedWell(ctx);
  await open.index.whole();
  if (ctx.open !== open) return; // locked meanwhile
  try {
    await afterOpening(open);
    ctx.show();
  } finally {
    // Even where a full phone failed above: entries that the list does not name must not stay hidden.
    await mendList(ctx, open).catch(() => undefined); // retried by Syncing.retryListRebuild and at the next unlock
    await rewrapHere(open).catch(() => undefined); // retried at the next unlock
    await keepSaid(ctx, open).catch(() => undefined); // the same
  }
}

/** Show the notebook: the words were the notebook's. */
async function readNotebook(ctx: Context) {
  forgetAll(ctx);
  vaultOf(ctx);
  await ctx.notebook.opened();
  void refill(ctx);
  ctx.screen.clear('notebook');
  // As after the diary's own words: see [Note: what the count tells], tries.js.
  await triedWell(ctx);
}

/** Start an open diary: rows, draft, captures, then the network. */
export async function opened(ctx: Context, drafts: Drafts, idle: Idle, open: Open) {
  ctx.open = open;
  holdTokens(ctx, open);
  ctx.api.signAgain = returning(ctx, open, () => lockUp(ctx, drafts, idle, 'ended'));
  if (!drafts.kept) await drafts.load();
  ctx.screen.set({ phase: 'open', lockIn: null, picture: null });
  ctx.show();
  idle.start();
  await takeCaptures(ctx, drafts, open).then(ctx.show, (error) => drafts.complain(error));
  await disarm(ctx).catch(() => undefined);
  void ctx.keepOffline();
  void keepLanguage(ctx).catch(() => undefined);
  void refill(ctx);
  if (!(await readDoor(ctx.database))) throw new KeptError('store_lost');
  if (open.index.loading) void open.index.whole().then(() => (ctx.open === open ? allHere(ctx, open) : undefined));
  else open.syncing.kick();
}

/** Use the session tokens in this diary's store, and seal new ones there. */
function holdTokens(ctx: Context, { store }: Open) {
  ctx.api.open(store.root.session, (held) =>
    store.change((root) => {
      noteOwn(root, root.session, held);
      root.session = held;
    }),
  );
}

/** Draw and sync once the older rows are loaded. */
function allHere(ctx: Context, open: Open) {
  ctx.show();
  open.syncing.kick();
}

/** Draw the state of the open diary. */
export function show(ctx: Context) {
  const { open, screen } = ctx;
  if (!open) return;
  const { account, opened: times } = open.store.root;
  const owed = account.recovery === 'todo' && times > 1 ? 'later' : account.recovery;
  const rows = open.syncing.rows();
  const unsealed = ctx.unsealed ? [{ code: ctx.unsealed, sentence: sentenceOf(ctx.unsealed), act: null }] : [];
  const [trouble = null, ...also] = [...unsealed, ...open.syncing.said().filter(({ code }) => code !== ctx.unsealed)];
  const asked = lettersOf(open, 'question');
  screen.set({
    asked: asked[0] ? { n: asked.length, name: asked[0].name } : null,
    entries: rows.filter(({ taken_out }) => taken_out === null),
    removed: rows.filter(({ taken_out }) => taken_out !== null),
    erasing: pendingErasures(open),
    waiting: {
      captured: open.store.root.captured ?? 0,
      later: open.store.root.later ?? 0,
      written: countWaiting(open),
      answers: open.store.root.witnesses_came ?? 0,
    },
    account: {
      login: account.login,
      registered: account.registered,
      recovery: owed,
      coded: Boolean(account.code_wrap) || owed === 'done',
      proved: Boolean(open.proved),
      exit_said: Boolean(open.store.root.exit_said) || times < 2,
      trouble,
      also,
      coming: Boolean(open.store.root.coming),
      rekeying: Boolean(open.store.root.rotation),
      sign_ins: open.store.root.sign_ins?.waiting ?? [],
      returned: open.store.root.returned ?? null,
      device_name: nameOf(ctx, open),
      closing: account.closing ?? null,
      witnessed: open.store.root.log?.witnessed ?? null,
      witnesses_gone: goneWitnesses(open.store.root),
    },
  });
}
