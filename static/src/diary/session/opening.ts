/** Unlock: open what the words open, and draw it. */
import { KeptError } from '../../core/errors.js';
import { readDoor } from '../../store/device_meta.js';
import { needsWords } from '../keys/accounts.js';
import { finishOpening, dropUnlocked, openDiary, ensureVault } from './door.js';
import { pendingErasures } from '../erasing/erasing.js';
import { lettersOf } from '../sharing/letters.js';
import { goneWitnesses } from '../sync/log_witnesses.js';
import { refillReserve } from '../attachments/offload.js';
import { rebuildList } from '../index/rebuild.js';
import { resumeReading } from '../attachments/picture_queue.js';
import { storeTexts } from '../index/segment_texts.js';
import { importCaptures } from './reseal_waiting.js';
import { closePicturePage } from './picture_page.js';
import { lockDiary } from './locking.js';
import { sessionEndHandler } from './sign_in_again.js';
import { deviceNameOf, rewrapVersions } from '../keys/rotating.js';
import { storeLanguage } from './language.js';
import { sentenceOf } from '../sentences.js';
import { recordOwnSessions } from './sign_ins.js';
import { checkMayTry, recordFailedTry, resetTries } from './tries.js';
import { restingPhase } from './resting.js';
import { countPendingAssisted } from '../sharing/assisted_count.js';
import { endUnfinishedExport } from '../sharing/unfinished_export.js';
import type { Drafts } from '../drafts/drafts.js';
import type { IdleTimer } from './idle.js';
import type { Context, Open } from '../types.js';

export async function unlock(ctx: Context, drafts: Drafts, idle: IdleTimer, words: string) {
  const { screen } = ctx;
  // The lock is drawn before the draft is sealed: words typed at that moment wait for it.
  await ctx.locking;
  if (ctx.open) return;
  await checkMayTry(ctx);
  const onShown = (openEarly: Open) => {
    ctx.open = openEarly;
    useTokens(ctx, openEarly);
    ctx.show();
  };
  const open = await openDiary(ctx, words, onShown)
    .catch((error) => {
      if (!ctx.borrowed || error?.code !== 'unavailable') throw error;
      dropUnlocked(ctx); // nothing is stored here, so without a signal the worker never started
      return openDiary(ctx, words, onShown);
    })
    .catch(async (error) => {
      if (ctx.open) screen.clear(restingPhase(ctx)); // the newest rows may have been drawn already
      dropUnlocked(ctx);
      ensureVault(ctx);
      if (error instanceof KeptError && error.code === 'no_match') await recordFailedTry(ctx);
      throw error;
    });
  if (!open) return openNotebook(ctx);
  if (!needsWords(open)) open.typed = null;
  await startOpen(ctx, drafts, idle, open);
  // After the first rows are drawn: nobody waits for a counter.
  await resetTries(ctx);
  await open.index.whenLoaded();
  if (ctx.open !== open) return; // locked meanwhile
  try {
    await finishOpening(open);
    ctx.show();
  } finally {
    // Even where a full phone failed above: entries that the list does not name must not stay hidden.
    await rebuildList(ctx, open).catch(() => undefined); // retried by Syncing.retryListRebuild and at the next unlock
    await rewrapVersions(open).catch(() => undefined); // retried at the next unlock
    await storeTexts(ctx, open).catch(() => undefined); // the same
    void resumeReading(ctx, open).catch(() => undefined); // the same; not waited for: it may take all night
  }
}

/** Show the notebook: the words were the notebook's. */
async function openNotebook(ctx: Context) {
  dropUnlocked(ctx);
  ensureVault(ctx);
  await ctx.notebook.opened();
  void refillReserve(ctx);
  ctx.screen.clear('notebook');
  // As after the diary's own words: see [Note: what the count tells], tries.js.
  await resetTries(ctx);
}

/** Start an open diary: rows, draft, captures, then the network. */
export async function startOpen(ctx: Context, drafts: Drafts, idle: IdleTimer, open: Open) {
  ctx.open = open;
  useTokens(ctx, open);
  ctx.api.signInAgain = sessionEndHandler(ctx, open, () => lockDiary(ctx, drafts, idle, 'ended'));
  if (!drafts.current) await drafts.load();
  ctx.screen.set({ phase: 'open', lockIn: null, picture: null, arrival: null });
  ctx.show();
  idle.start();
  await importCaptures(ctx, drafts, open).then(ctx.show, (error) => drafts.reportError(error));
  await closePicturePage(ctx).catch(() => undefined);
  await endUnfinishedExport(ctx, open).catch(() => undefined);
  void ctx.keepOffline();
  void storeLanguage(ctx).catch(() => undefined);
  void refillReserve(ctx);
  if (!(await readDoor(ctx.database))) throw new KeptError('store_lost');
  if (open.index.loading)
    void open.index.whenLoaded().then(() => (ctx.open === open ? handleAllRows(ctx, open) : undefined));
  else open.syncing.kick();
}

/** Use the session tokens in this diary's store, and seal new ones there. */
function useTokens(ctx: Context, { store }: Open) {
  ctx.api.open(store.root.session, (tokens) =>
    store.change((root) => {
      recordOwnSessions(root, root.session, tokens);
      root.session = tokens;
    }),
  );
}

/** Draw and sync once the older rows are loaded. */
function handleAllRows(ctx: Context, open: Open) {
  ctx.show();
  open.syncing.kick();
}

/** Draw the state of the open diary. */
export function drawDiary(ctx: Context) {
  const { open, screen } = ctx;
  if (!open) return;
  const { account, opened: openings } = open.store.root;
  const recovery = account.recovery === 'todo' && openings > 1 ? 'later' : account.recovery;
  const rows = open.syncing.rows();
  const unsealed = ctx.unsealed ? [{ code: ctx.unsealed, sentence: sentenceOf(ctx.unsealed), act: null }] : [];
  const [trouble = null, ...others] = [
    ...unsealed,
    ...open.syncing.warnings().filter(({ code }) => code !== ctx.unsealed),
  ];
  const questions = lettersOf(open, 'question');
  screen.set({
    asked: questions[0] ? { n: questions.length, name: questions[0].name } : null,
    entries: rows.filter(({ taken_out }) => taken_out === null),
    removed: rows.filter(({ taken_out }) => taken_out !== null),
    erasing: pendingErasures(open),
    waiting: {
      captured: open.store.root.captured ?? 0,
      later: open.store.root.later ?? 0,
      written: countPendingAssisted(open),
      answers: open.store.root.witnesses_came ?? 0,
    },
    account: {
      login: account.login,
      registered: account.registered,
      recovery: recovery,
      coded: Boolean(account.code_wrap) || recovery === 'done',
      proved: Boolean(open.proved),
      exit_said: Boolean(open.store.root.exit_said) || openings < 2,
      trouble,
      also: others,
      coming: open.syncing.coming(),
      rekeying: Boolean(open.store.root.rotation),
      sign_ins: open.store.root.sign_ins?.waiting ?? [],
      returned: open.store.root.returned ?? null,
      device_name: deviceNameOf(ctx, open),
      closing: account.closing ?? null,
      witnessed: open.store.root.log?.witnessed ?? null,
      witnesses_gone: goneWitnesses(open.store.root),
    },
  });
}
