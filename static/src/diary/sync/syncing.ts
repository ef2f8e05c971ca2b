/**
 * When things go up and down: after a save, when signal comes back, when the page is looked at again, and with growing
 * pauses while the server does not answer. One run at a time, and only while the diary is open.
 *
 * Order: words up, words down, files up, files down. A trouble that concerns one entry is said at that entry and does
 * not hold the others back; one that puts the server's account in doubt stops everything.
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
/** Nothing answers, or something else does. */
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
  /** The words that are coming down now; it never rejects */
  pulling: Promise<void> | null = null;
  /** The end of the first pull of this run, or of the run without one */
  first: Promise<void> = Promise.resolve();
  reached = () => {};
  last: KeptError | null = null;
  /** Files may go this once, whatever was chosen. */
  allowed = false;
  /** The keys are being changed: see `suspend`. */
  suspended: Promise<void> | null = null;
  wake = () => {};
  part: { of: string; share: number } | null = null;

  constructor(ctx: Context, open: () => Open | null) {
    this.ctx = ctx;
    this.openNow = open;
  }

  /** What requests about this diary need; null when it is not registered. */
  link() {
    const open = this.openNow();
    const account = open?.store.root.account as RegisteredAccount | undefined;
    // While it is being opened the rows come first and the identity after.
    if (!open?.identity || !account?.registered || this.suspended) return null;
    return {
      api: this.ctx.api,
      store: open.store,
      diary: open.identity.diary,
      pins: { notary: account.notary, log: account.log, olds: account.olds ?? [] },
      authors: open.identity.authors,
      epoch: epochOf(open.identity),
    };
  }

  rows() {
    const open = this.openNow();
    return open ? shownRows(open, this) : [];
  }

  /** Starts a run, or one more after the run that is on. */
  kick() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    if (this.running) this.again = true;
    else if (this.link()) void this.run();
    else this.mendAgain(); // a diary that is only on this phone has no runs
  }

  /** The same, by the name other actions use. */
  soon() {
    this.kick();
  }

  /**
   * Nothing goes up or comes down until `resume`. Between the moment at which this device is signed in by its new keys
   * and the one at which it has them, what came down would open under neither, and be called altered; so what is on its
   * way is not taken in either.
   */
  suspend() {
    this.suspended ??= new Promise((go) => {
      this.wake = () => go(undefined);
    });
  }

  /** Ends what `suspend` began, if anything, with a run that knows the keys in use. */
  resume() {
    if (!this.suspended) return;
    this.suspended = null;
    this.wake();
    this.afresh();
  }

  /**
   * A run that begins now, whatever comes of the one that is on: that one knows other keys, or another account, and may
   * stop for good.
   */
  afresh() {
    if (this.running) void this.current?.then(() => this.kick());
    else this.kick();
  }

  /**
   * A whole run to its end, files included.
   * @throws what stopped it
   */
  async now() {
    while (this.running || this.suspended) await (this.running ? this.current : this.suspended);
    if (!this.link()) throw new KeptError('signed_out');
    await this.run();
    if (this.last) throw this.last;
  }

  /** Waits for what the server has, as far as it can be had now. */
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
      // An entry in trouble is tried again sooner than anything new is looked for.
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
   * Makes the list of entries again where that failed: a phone that was full when it was unlocked may have room now,
   * and must not show an empty diary until it is locked. Nobody waits for it, and what fails is begun again the next
   * time.
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
    if (this.suspended) throw new KeptError('locked'); // nothing was looked at
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
    await keepSaid(this.ctx, open).catch(() => undefined); // begun again the next time
  }

  /** What the server says of its log and its keys; keys that were replaced by a statement are taken over first. */
  async keys() {
    const [open, link] = [this.openNow(), this.link()];
    if (!open || !link) return null;
    // Keeping entries safe never waits for the log: what cannot be had now is looked at in the next run.
    const told = await link.api.log().catch((error) => {
      if (NO_WAY.has(asKeptError(error).code)) this.reached(); // nobody waits for one more request that hangs
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
        // Nothing about who may see an entry keeps it from being kept safe: what could not be given here is given after
        // the run.
        const given = await givenWith(this.ctx, open, waiting).catch(() => []);
        const kept = await pushVersion(link, waiting, open.store.root.feed, given);
        if (!(await takeReceipt(open, waiting, kept))) throw new KeptError('server_behind');
        await this.settled(open, ownerOf(waiting));
      } catch (error) {
        if (!isOneEntrys(error)) throw error;
        await this.troubled(open, ownerOf(waiting), (error as KeptError).code);
        this.absent.add(waiting.version); // its turn comes again in the next run
      }
    }
    this.absent.clear();
  }

  /** Files that were removed here, now that what the server would miss of them has been sent. */
  async purges() {
    const open = this.openNow();
    if (open && this.link() && open.store.root.purges?.length) await heedPurges(this.ctx, open);
  }

  /**
   * What waits to be erased, and what was erased since this phone last looked.
   * @param waiting what was known to wait before words came down
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

  /** The diary's own account of itself, once words have gone both ways. */
  async account() {
    const open = this.openNow();
    if (!open || !this.link()) return;
    const isOwing = await putBackMissing(open);
    // What is owed goes first, so that the manifest covers it.
    const isWritten = !isOwing && isDue(open.store.root) && (await writeManifest(open));
    if (isOwing || isWritten) this.again = true;
    if (!needsWords(open)) open.typed = null;
  }

  /** How far the file of an entry has come, for the screen. */
  onItsWay(of: string | null, share: number) {
    this.part = of ? { of, share } : null;
    this.ctx.show();
  }

  /** A refusal is over as well where what was refused came by the feed, or was erased: nothing waits there any more. */
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
    if (this.offline && this.link()) void prepareCarrier(this); // signal may come back while it is locked
    // No signal is ordinary and needs no banner; the entries say it.
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

  /** All that there is to say, the way to the server first: see [Note: one does not hide another], warnings.js. */
  said(): Trouble[] {
    const root = this.openNow()?.store.root;
    // That the server has closed stands in a line of its own.
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

/** Refusals of what belongs to no entry, a person say: no row could say them. */
function ofNoEntry({ outbox, troubles, uploads }: Root): string[] {
  return [...outbox, ...uploads].filter((one) => !one.of).flatMap((one) => troubles[ownerOf(one)] ?? []);
}

/** Of which epoch a device's keys are: the last change of keys says it. */
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

/** Whether a failure is about one entry's bytes and not about the way. */
function isOneEntrys(error: unknown) {
  return error instanceof KeptError && OF_ENTRIES.includes(error.code);
}
