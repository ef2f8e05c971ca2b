/**
 * When to push and pull: after a save, when signal returns, when the page becomes visible, and with growing pauses
 * while the server does not answer. One run at a time, and only while the diary is open.
 *
 * Order: push entries, pull entries, upload files, download files. An error about one entry is shown at that entry
 * and does not hold up the others. An error that puts the server's account in doubt stops everything.
 */
import { KeptError, asKeptError } from '../../core/errors.js';
import { isPassing } from '../../net/http.js';
import { pushVersion } from '../../net/push.js';
import { heedPurges, purgeBefore } from '../erasing/purging.js';
import { needsWords } from '../keys/accounts.js';
import { lookForSignIns } from '../session/sign_ins.js';
import { followClosing } from './closing.js';
import { checkKey, followKeys, followLog } from './log.js';
import { heedErasures, keepWhatIsBack, pendingErasures } from '../erasing/erasing.js';
import { sentenceOf } from '../sentences.js';
import { filesDown, filesUp, prepareCarrier } from './carrying.js';
import { givenWith, heedGrants } from '../sharing/granting_give.js';
import { heedLetters } from '../sharing/letters.js';
import { lighten } from '../attachments/offload.js';
import { isDue, writeManifest } from './manifest.js';
import { mendList } from '../index/rebuild.js';
import { arrived, lookFirst, wordsDown } from './pulling.js';
import { heedAsked } from '../sharing/questions.js';
import { putBackMissing } from './reconcile.js';
import { keepSaid } from '../index/segment_texts.js';
import { shownRows } from '../index/showing.js';
import { takeReceipt } from './apply_feed.js';
import { OF_ENTRIES, STOPPING, codeOfRun, ownerOf, standing } from '../warnings.js';
import { heedWitnesses } from '../sharing/witnesses.js';
import { followClock } from '../session/wrong_clock.js';
import type { RegisteredAccount, Root } from '../../store/root.js';
import type { LogAnswer } from '../../net/api.js';
import type { Context, Identity, Open, SyncRun, Trouble, Waiting } from '../types.js';

const SHORTEST = 2_000;
const LONGEST = 60_000;
const LOOK_AGAIN = 60_000;
/** The network gives no answer, or one that is not the server's. */
const NO_WAY = new Set(['no_network', 'server_slow', 'captive_portal']);

export class Syncing implements SyncRun {
  ctx: Context;
  openNow: () => Open | null;
  running = false;
  again = false;
  pause = SHORTEST;
  timer: unknown = null;
  offline = false;
  trouble: string | null = null;
  absent: Set<string> = new Set();
  current: Promise<void> | null = null;
  /** The pull in progress; it never rejects */
  pulling: Promise<void> | null = null;
  /** Resolves at the end of this run's first pull, or at the end of a run without one */
  first: Promise<void> = Promise.resolve();
  reached = () => {};
  last: KeptError | null = null;
  /** Files may be sent this once, whatever the setting. */
  allowed = false;
  /** The keys are being changed: see `suspend`. */
  suspended: Promise<void> | null = null;
  wake = () => {};
  part: { of: string; share: number } | null = null;

  constructor(ctx: Context, open: () => Open | null) {
    this.ctx = ctx;
    this.openNow = open;
  }

  /** Return what requests about this diary need; null when it is not registered. */
  link() {
    const open = this.openNow();
    const serverAccount = open?.store.root.account as RegisteredAccount | undefined;
    // While the diary is being opened, the rows come before the identity.
    if (!open?.identity || !serverAccount?.registered || this.suspended) return null;
    return {
      api: this.ctx.api,
      store: open.store,
      diary: open.identity.diary,
      pins: { notary: serverAccount.notary, log: serverAccount.log, olds: serverAccount.olds ?? [] },
      authors: open.identity.authors,
      epoch: epochOf(open.identity),
    };
  }

  rows() {
    const open = this.openNow();
    return open ? shownRows(open, this) : [];
  }

  /** Start a run, or one more after the run in progress. */
  kick() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    if (this.running) this.again = true;
    else if (this.link()) void this.run();
    else this.mendAgain(); // a diary that is only on this phone has no runs
  }

  /** The same, under the name that other actions use. */
  soon() {
    this.kick();
  }

  /**
   * Send and receive nothing until `resume`. From the moment this device is signed in with its new keys until it has
   * them, an arriving version would open under neither set and be marked as altered. So requests in progress are not
   * applied either.
   */
  suspend() {
    this.suspended ??= new Promise((go) => {
      this.wake = () => go(undefined);
    });
  }

  /** End what `suspend` began, if anything, with a run under the current keys. */
  resume() {
    if (!this.suspended) return;
    this.suspended = null;
    this.wake();
    this.afresh();
  }

  /**
   * Start a fresh run, whatever becomes of the run in progress: that one uses other keys or another account, and may
   * fail for good.
   */
  afresh() {
    if (this.running) void this.current?.then(() => this.kick());
    else this.kick();
  }

  /**
   * Run to the end, files included.
   * @throws what stopped the run
   */
  async now() {
    while (this.running || this.suspended) await (this.running ? this.current : this.suspended);
    if (!this.link()) throw new KeptError('signed_out');
    await this.run();
    if (this.last) throw this.last;
  }

  /** Wait for what the server has, as far as it can be fetched now. */
  arrived(): Promise<void> {
    return arrived(this);
  }

  run() {
    this.first = new Promise((go) => {
      this.reached = go;
    });
    this.current = this.runOnce();
    return this.current;
  }

  async runOnce() {
    this.running = true;
    this.last = null;
    try {
      do {
        this.again = false;
        await this.once();
      } while (this.again && this.openNow());
      // An entry in trouble is retried sooner than the next look for news.
      const isOwing = Object.keys(this.openNow()?.store.root.troubles ?? {}).length > 0;
      this.later(isOwing ? this.pause : LOOK_AGAIN);
      this.pause = isOwing ? Math.min(LONGEST, this.pause * 2) : SHORTEST;
    } catch (error) {
      this.last = asKeptError(error);
      this.failed(this.last);
    } finally {
      this.running = false;
      this.reached();
      this.ctx.show();
      this.mendAgain();
    }
  }

  /**
   * Rebuild the list of entries where that failed: a phone that was full at unlock may have room now, and must not
   * show an empty diary until it is locked. Nothing waits for it; a failure is retried the next time.
   */
  mendAgain() {
    const open = this.openNow();
    if (open && !this.suspended) void mendList(this.ctx, open).catch(() => undefined);
  }

  async once() {
    const told = await this.keys();
    await lookFirst(this);
    await this.wordsUp();
    await this.purges();
    const open = this.openNow();
    const waiting = open ? pendingErasures(open) : [];
    await wordsDown(this);
    if (this.suspended) throw new KeptError('locked'); // the pull was skipped
    await this.erasures(waiting);
    await this.follow(told);
    await this.account();
    this.offline = false;
    this.trouble = null;
    await this.endTroubles();
    this.ctx.show();
    await filesUp(this, isOneEntrys);
    if (!this.again) await filesDown(this);
    if (!open || this.openNow() !== open || this.again) return;
    await lighten(this.ctx, open);
    await keepSaid(this.ctx, open).catch(() => undefined); // retried the next time
  }

  /** Read the server's log response. Keys that a statement replaced are taken over first. */
  async keys() {
    const [open, link] = [this.openNow(), this.link()];
    if (!open || !link) return null;
    // Storing and sending entries never waits for the log: what fails now is checked in the next run.
    const told = await link.api.log().catch((error) => {
      if (NO_WAY.has(asKeptError(error).code)) this.reached(); // do not wait for another request that hangs
      return null;
    });
    if (told) await followClosing(open, told.closing);
    if (told) await followKeys(open, told);
    if (told) checkKey(open, told);
    if (told) await followClock(open, this.ctx.clock.now(), told.now);
    return told;
  }

  async follow(told: LogAnswer | null) {
    const [open, link] = [this.openNow(), this.link()];
    if (open && link && told) await followLog(open, link, told).catch(passing);
  }

  async wordsUp() {
    for (;;) {
      const [open, link] = [this.openNow(), this.link()];
      const waiting = open?.store.root.outbox.find(({ version }) => !this.absent.has(version));
      if (!open || !link || !waiting) break;
      this.ctx.show();
      try {
        await purgeBefore(this.ctx, open, waiting.record);
        // An error about who may see an entry does not keep it from being sent; what failed here is granted after the
        // run.
        const given = await givenWith(this.ctx, open, waiting).catch(() => []);
        const kept = await pushVersion(link, waiting, open.store.root.feed, given);
        if (!(await takeReceipt(open, waiting, kept))) throw new KeptError('server_behind');
        await this.settled(open, ownerOf(waiting));
      } catch (error) {
        if (!isOneEntrys(error)) throw error;
        await this.troubled(open, ownerOf(waiting), (error as KeptError).code);
        this.absent.add(waiting.version); // retried in the next run
      }
    }
    this.absent.clear();
  }

  /** Purge files that were removed here, once the server has all it would miss of them. */
  async purges() {
    const open = this.openNow();
    if (open && this.link() && open.store.root.purges?.length) await heedPurges(this.ctx, open);
  }

  /**
   * Process pending erasures, and erasures since this phone last looked.
   * @param waiting erasures pending before the pull
   */
  async erasures(waiting: Waiting[]) {
    const open = this.openNow();
    if (!open || !this.link()) return;
    await keepWhatIsBack(this.ctx, open, waiting);
    await heedErasures(this.ctx, open);
    await lookForSignIns(this.ctx, open).catch(passing);
    await heedGrants(this.ctx, open).catch(passing);
    await heedLetters(this.ctx, open).catch(passing);
    await heedWitnesses(this.ctx, open).catch(passing);
    await heedAsked(this.ctx, open);
  }

  /** Write the diary's own account (the manifest), once entries have been pushed and pulled. */
  async account() {
    const open = this.openNow();
    if (!open || !this.link()) return;
    const isOwing = await putBackMissing(open);
    // Versions to send again go first, so that the manifest covers them.
    const isWritten = !isOwing && isDue(open.store.root) && (await writeManifest(open));
    if (isOwing || isWritten) this.again = true;
    if (!needsWords(open)) open.typed = null;
  }

  /** Report the upload progress of an entry's file, for the screen. */
  onItsWay(of: string | null, share: number) {
    this.part = of ? { of, share } : null;
    this.ctx.show();
  }

  /** Clear the error of an entry with nothing left to send, because it came by the feed or was erased. */
  async endTroubles() {
    const open = this.openNow();
    if (!open) return;
    const { outbox, troubles, uploads } = open.store.root;
    const waiting = new Set([...outbox, ...uploads].map(ownerOf));
    const over = Object.keys(troubles).filter((of) => !waiting.has(of));
    if (over.length)
      await open.store.change((root) => {
        for (const of of over) delete root.troubles[of];
      });
  }

  async settled(open: Open, of: string) {
    if (!open.store.root.troubles[of]) return;
    await open.store.change((root) => {
      delete root.troubles[of];
    });
  }

  async troubled(open: Open, of: string, code: string) {
    if (open.store.root.troubles[of] === code) return;
    await open.store.change((root) => {
      root.troubles[of] = code;
    });
  }

  failed(error: KeptError) {
    if (!this.openNow() || this.suspended || error.code === 'locked') return;
    this.offline = error.code === 'no_network';
    if (this.offline && this.link()) void prepareCarrier(this); // signal may return while it is locked
    // No signal is ordinary and needs no banner; the entries show it.
    this.trouble = this.offline ? null : codeOfRun(error.code);
    if (isPassing(error) || !STOPPING.includes(error.code)) {
      this.later(this.offline && !this.ctx.online() ? LONGEST : this.pause);
      this.pause = Math.min(LONGEST, this.pause * 2);
    }
  }

  later(ms: number) {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = this.ctx.timers.after(ms, () => {
      this.timer = null;
      if (this.ctx.visible()) this.kick();
    });
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    this.again = false;
  }

  /** Return all warnings, the connection to the server first: see [Note: one does not hide another], warnings.js. */
  said(): Trouble[] {
    const root = this.openNow()?.store.root;
    // A closed server has a line of its own.
    const codes = root
      ? [this.trouble, ...ofNoEntry(root), ...standing(root)].filter(
          (code) => !(code === 'closed' && root.account.closing),
        )
      : [];
    return [...new Set(codes)]
      .flatMap((code) => code ?? [])
      .map((code) => ({ code, sentence: sentenceOf(code), act: null }));
  }
}

/** Errors of records that belong to no entry, for example a person: no row could show them. */
function ofNoEntry({ outbox, troubles, uploads }: Root): string[] {
  return [...outbox, ...uploads].filter((one) => !one.of).flatMap((one) => troubles[ownerOf(one)] ?? []);
}

/** Return the epoch of the device's keys: the last change of keys records it. */
function epochOf({ earlier }: Identity) {
  return earlier.at(-1)?.epoch ?? 1;
}

function passing(error: unknown) {
  if (
    !(error instanceof KeptError) ||
    !(isPassing(error) || ['try_later', 'garbage', 'not_found'].includes(error.code))
  )
    throw error;
}

/** Whether an error is about one entry's bytes, not about the connection. */
function isOneEntrys(error: unknown) {
  return error instanceof KeptError && OF_ENTRIES.includes(error.code);
}
