/**
 * When to push and pull: after a save, when signal returns, when the page becomes visible, and with growing pauses
 * while the server does not answer. One run at a time, and only while the diary is open.
 *
 * Order: push entries, pull entries, upload files, download files. An error about one entry is shown at that entry
 * and does not hold up the others. An error that puts the server's account in doubt stops everything.
 */
import { KeptError, toKeptError } from '../../core/errors.js';
import { isTransient } from '../../net/http.js';
import { pushVersion } from '../../net/push.js';
import { sendPurges, purgeBeforeSend } from '../erasing/purging.js';
import { needsWords } from '../keys/accounts.js';
import { fetchSignIns } from '../session/sign_ins.js';
import { updateClosing } from './closing.js';
import { updateFileLimit } from './file_limit.js';
import { checkKey, followKeys, followLog } from './log.js';
import { syncErasures, cancelReturned, pendingErasures } from '../erasing/erasing.js';
import { sendErasedParts } from '../erasing/returned_entries.js';
import { sentenceOf } from '../sentences.js';
import { downloadFiles, uploadFiles, prepareLockedUpload } from './file_transfer.js';
import { wrapsForPush, syncGrants } from '../sharing/grant_delivery.js';
import { syncLetters } from '../sharing/letters.js';
import { freeSpace } from '../attachments/offload.js';
import { isManifestDue, writeManifest } from './manifest.js';
import { rebuildList } from '../index/rebuild.js';
import { waitForPull, pullBeforePush, pullVersions } from './pulling.js';
import { dropIdleLetters } from '../sharing/questions.js';
import { requeueMissing } from './reconcile.js';
import { storeTexts } from '../index/segment_texts.js';
import { comingState, shownRows } from '../index/showing.js';
import { applyReceipt, dropNumbered } from './apply_feed.js';
import { OF_ENTRIES, STOPPING, codeOfRun, refusalKey, standingCodes } from '../warnings.js';
import { syncWitnesses } from '../sharing/witnesses.js';
import { updateClock } from '../session/wrong_clock.js';
import type { RegisteredAccount, Root } from '../../store/root.js';
import type { LogResponse } from '../../net/api.js';
import type { Context, Identity, Open, SyncRun, Trouble, PendingErasure } from '../types.js';

const MIN_PAUSE = 2_000;
const MAX_PAUSE = 60_000;
const POLL_INTERVAL = 60_000;
/** The network gives no answer, or one that is not the server's. */
const NO_CONNECTION = new Set(['no_network', 'server_slow', 'captive_portal']);
/** What the server answers to a version that it has from before the keys were changed. */
const OF_OTHER_KEYS = new Set(['bad_signature', 'conflict']);

export class Syncing implements SyncRun {
  ctx: Context;
  openNow: () => Open | null;
  running = false;
  runAgain = false;
  pause = MIN_PAUSE;
  timer: unknown = null;
  offline = false;
  trouble: string | null = null;
  skipped: Set<string> = new Set();
  current: Promise<void> | null = null;
  /** The pull in progress; it never rejects */
  pulling: Promise<void> | null = null;
  /** Resolves at the end of this run's first pull, or at the end of a run without one */
  firstPull: Promise<void> = Promise.resolve();
  resolveFirstPull = () => {};
  lastError: KeptError | null = null;
  /** Files may be sent this once, whatever the setting. */
  filesAllowed = false;
  backgroundPauses = 0;
  /** The keys are being changed: see `suspend`. */
  suspended: Promise<void> | null = null;
  wakeSuspended = () => {};
  part: { of: string; share: number } | null = null;
  /** The last number that the server announced in this opening: see [Note: the server's count], pulling.js */
  announced: number | null = null;
  /** The files that the server did not have completely when it was asked in this opening */
  readonly absentFiles: Set<string> = new Set();
  /** The server's time minus this phone's at the last contact, ms */
  lastOffset: number | null = null;

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

  coming() {
    const open = this.openNow();
    return open
      ? comingState(open.store.root, {
          announced: this.announced,
          offline: this.offline || !this.ctx.online(),
          failed: !this.running && this.lastError !== null,
        })
      : null;
  }

  /** Start a run, or one more after the run in progress. */
  kick() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    if (this.running) this.runAgain = true;
    else if (this.link()) void this.startRun();
    else this.retryListRebuild(); // a diary that is only on this phone has no runs
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
    this.suspended ??= new Promise((resolve) => {
      this.wakeSuspended = () => resolve(undefined);
    });
  }

  /** End what `suspend` began, if anything, with a run under the current keys. */
  resume() {
    if (!this.suspended) return;
    this.suspended = null;
    this.wakeSuspended();
    this.restart();
  }

  /**
   * Fetch no files of other devices, and store no texts for search, until the returned function is called: what the
   * user waits for goes first. Entries are pushed and pulled as before.
   */
  pauseBackgroundWork(): () => void {
    this.backgroundPauses++;
    let isPaused = true;
    return () => {
      if (!isPaused) return;
      isPaused = false;
      this.backgroundPauses--;
      this.kick();
    };
  }

  /**
   * Start a fresh run, whatever becomes of the run in progress: that one uses other keys or another account, and may
   * fail for good.
   */
  restart() {
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
    await this.startRun();
    if (this.lastError) throw this.lastError;
  }

  /** Return the server's time minus this phone's, ms; 0 if the two were never compared. */
  clockOffset(): number {
    return this.lastOffset ?? this.openNow()?.store.root.clock_offset ?? 0;
  }

  /** Wait for what the server has, as far as it can be fetched now. */
  waitForPull(): Promise<void> {
    return waitForPull(this);
  }

  startRun() {
    this.firstPull = new Promise((resolve) => {
      this.resolveFirstPull = resolve;
    });
    this.current = this.runLoop();
    return this.current;
  }

  async runLoop() {
    this.running = true;
    this.lastError = null;
    try {
      do {
        this.runAgain = false;
        await this.runPass();
      } while (this.runAgain && this.openNow());
      // An entry in trouble is retried sooner than the next look for news.
      const hasTroubles = Object.keys(this.openNow()?.store.root.troubles ?? {}).length > 0;
      this.schedule(hasTroubles ? this.pause : POLL_INTERVAL);
      this.pause = hasTroubles ? Math.min(MAX_PAUSE, this.pause * 2) : MIN_PAUSE;
    } catch (error) {
      this.lastError = toKeptError(error);
      this.handleFailure(this.lastError);
    } finally {
      this.running = false;
      this.resolveFirstPull();
      this.ctx.show();
      this.retryListRebuild();
    }
  }

  /**
   * Rebuild the list of entries where that failed: a phone that was full at unlock may have room now, and must not
   * show an empty diary until it is locked. Nothing waits for it; a failure is retried the next time.
   */
  retryListRebuild() {
    const open = this.openNow();
    if (open && !this.suspended) void rebuildList(this.ctx, open).catch(() => undefined);
  }

  async runPass() {
    const logResponse = await this.updateServerKeys();
    await pullBeforePush(this);
    await this.pushVersions();
    await this.runPurges();
    const open = this.openNow();
    const pending = open ? pendingErasures(open) : [];
    await pullVersions(this);
    if (this.suspended) throw new KeptError('locked'); // the pull was skipped
    await this.runErasures(pending);
    await this.checkLog(logResponse);
    await this.writeAccount();
    this.offline = false;
    this.trouble = null;
    await this.clearResolvedTroubles();
    this.ctx.show();
    await uploadFiles(this, isEntryError);
    if (!this.runAgain) await downloadFiles(this);
    if (!open || this.openNow() !== open || this.runAgain || this.backgroundPauses) return;
    await freeSpace(this.ctx, open);
    await storeTexts(this.ctx, open).catch(() => undefined); // retried the next time
  }

  /** Read the server's log response. Keys that a statement replaced are taken over first. */
  async updateServerKeys() {
    const [open, link] = [this.openNow(), this.link()];
    if (!open || !link) return null;
    // Storing and sending entries never waits for the log: what fails now is checked in the next run.
    const response = await link.api.log().catch((error) => {
      // Do not wait for another request that hangs.
      if (NO_CONNECTION.has(toKeptError(error).code)) this.resolveFirstPull();
      return null;
    });
    if (response) await updateClosing(open, response.closing);
    if (response) await updateFileLimit(open, response.file_bytes);
    if (response) await followKeys(open, response);
    if (response) checkKey(open, response);
    if (response) await updateClock(open, this.ctx.clock.now(), response.now);
    if (Number.isSafeInteger(response?.now)) this.lastOffset = Number(response?.now) - this.ctx.clock.now();
    return response;
  }

  async checkLog(response: LogResponse | null) {
    const [open, link] = [this.openNow(), this.link()];
    if (open && link && response) await followLog(open, link, response).catch(ignorePassing);
  }

  /**
   * Push what waits, in its order: the server numbers entries in the order in which they arrive. A version that is
   * refused for itself does not hold up the others. One that left under the old keys, and was refused because this
   * device has new ones meanwhile, is pushed again first: it was sealed again. Nothing is pushed between the sign-in
   * and the new keys (`suspend`), so what waits behind it cannot pass it then.
   */
  async pushVersions() {
    let identity = this.openNow()?.identity;
    for (;;) {
      const [open, link] = [this.openNow(), this.link()];
      if (open?.identity !== identity) this.skipped.clear();
      identity = open?.identity;
      const nextVersion = open?.store.root.outbox.find(({ version }) => !this.skipped.has(version));
      if (!open || !link || !nextVersion) break;
      this.ctx.show();
      try {
        await purgeBeforeSend(this.ctx, open, nextVersion.record);
        // An error about who may see an entry does not keep it from being sent; what failed here is granted after the
        // run.
        const grants = await wrapsForPush(this.ctx, open, nextVersion).catch(() => []);
        const result = await pushVersion(link, nextVersion, open.store.root.feed, grants);
        if (!(await applyReceipt(open, nextVersion, result))) throw new KeptError('server_behind');
        await this.clearTrouble(open, refusalKey(nextVersion));
      } catch (error) {
        if (!isEntryError(error)) throw error;
        const { code } = error as KeptError;
        if (OF_OTHER_KEYS.has(code) && (await dropNumbered(open, nextVersion))) continue;
        await this.setTrouble(open, refusalKey(nextVersion), code);
        this.skipped.add(nextVersion.version); // retried in the next run
      }
    }
    this.skipped.clear();
  }

  /** Purge files that were removed here, once the server has all it would miss of them. */
  async runPurges() {
    const open = this.openNow();
    if (open && this.link() && open.store.root.purges?.length) await sendPurges(this.ctx, open);
  }

  /**
   * Process pending erasures, and erasures since this phone last looked.
   * @param pending erasures pending before the pull
   */
  async runErasures(pending: PendingErasure[]) {
    const open = this.openNow();
    if (!open || !this.link()) return;
    await cancelReturned(this.ctx, open, pending);
    await syncErasures(this.ctx, open);
    if (await sendErasedParts(this.ctx, open)) this.runAgain = true;
    await fetchSignIns(this.ctx, open).catch(ignorePassing);
    await syncGrants(this.ctx, open).catch(ignorePassing);
    await syncLetters(this.ctx, open).catch(ignorePassing);
    await syncWitnesses(this.ctx, open).catch(ignorePassing);
    await dropIdleLetters(this.ctx, open);
  }

  /** Write the diary's own account (the manifest), once entries have been pushed and pulled. */
  async writeAccount() {
    const open = this.openNow();
    if (!open || !this.link()) return;
    const isRequeued = await requeueMissing(open);
    // Versions to send again go first, so that the manifest covers them.
    const isWritten = !isRequeued && isManifestDue(open.store.root) && (await writeManifest(open));
    if (isRequeued || isWritten) this.runAgain = true;
    if (!needsWords(open)) open.typed = null;
  }

  /** Report the upload progress of an entry's file, for the screen. */
  setUploadProgress(owner: string | null, share: number) {
    this.part = owner ? { of: owner, share } : null;
    this.ctx.show();
  }

  /** Clear the error of an entry with nothing left to send, because it came by the feed or was erased. */
  async clearResolvedTroubles() {
    const open = this.openNow();
    if (!open) return;
    const { outbox, troubles, uploads } = open.store.root;
    const waiting = new Set([...outbox, ...uploads].map(refusalKey));
    const resolved = Object.keys(troubles).filter((owner) => !waiting.has(owner));
    if (resolved.length)
      await open.store.change((root) => {
        for (const owner of resolved) delete root.troubles[owner];
      });
  }

  async clearTrouble(open: Open, owner: string) {
    if (!open.store.root.troubles[owner]) return;
    await open.store.change((root) => {
      delete root.troubles[owner];
    });
  }

  async setTrouble(open: Open, owner: string, code: string) {
    if (open.store.root.troubles[owner] === code) return;
    await open.store.change((root) => {
      root.troubles[owner] = code;
    });
  }

  handleFailure(error: KeptError) {
    if (!this.openNow() || this.suspended || error.code === 'locked') return;
    this.offline = error.code === 'no_network';
    if (this.offline && this.link()) void prepareLockedUpload(this); // signal may return while it is locked
    // No signal is ordinary and needs no banner; the entries show it.
    this.trouble = this.offline ? null : codeOfRun(error.code);
    if (isTransient(error) || !STOPPING.includes(error.code)) {
      this.schedule(this.offline && !this.ctx.online() ? MAX_PAUSE : this.pause);
      this.pause = Math.min(MAX_PAUSE, this.pause * 2);
    }
  }

  schedule(ms: number) {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = this.ctx.timers.after(ms, () => {
      this.timer = null;
      if (this.ctx.visible()) this.kick();
    });
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    this.runAgain = false;
  }

  /** Return all warnings, the connection to the server first: see [Note: one does not hide another], warnings.js. */
  warnings(): Trouble[] {
    const root = this.openNow()?.store.root;
    // A closed server has a line of its own.
    const codes = root
      ? [this.trouble, ...troublesOfNoEntry(root), ...standingCodes(root)].filter(
          (code) => !(code === 'closed' && root.account.closing),
        )
      : [];
    return [...new Set(codes)]
      .flatMap((code) => code ?? [])
      .map((code) => ({ code, sentence: sentenceOf(code), act: null }));
  }
}

/** Errors of records that belong to no entry, for example a person: no row could show them. */
function troublesOfNoEntry({ outbox, troubles, uploads }: Root): string[] {
  return [...outbox, ...uploads].filter((item) => !item.of).flatMap((item) => troubles[refusalKey(item)] ?? []);
}

/** Return the epoch of the device's keys: the last change of keys records it. */
function epochOf({ earlier }: Identity) {
  return earlier.at(-1)?.epoch ?? 1;
}

function ignorePassing(error: unknown) {
  if (
    !(error instanceof KeptError) ||
    !(isTransient(error) || ['try_later', 'garbage', 'not_found'].includes(error.code))
  )
    throw error;
}

/** Whether an error is about one entry's bytes, not about the connection. */
function isEntryError(error: unknown) {
  return error instanceof KeptError && OF_ENTRIES.includes(error.code);
}
