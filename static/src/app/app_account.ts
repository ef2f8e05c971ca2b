/** The app's methods for words, accounts and sessions. */
import { KeptError } from '../core/errors.js';
import { needsInvitation, enrol, createRecoveryCode, proofOf, register, signIn } from '../diary/keys/accounts.js';
import { makeCopy, readCopy, restoreCopy } from '../features/backup/actions.js';
import { dropUnlocked, ensureVault } from '../diary/session/door.js';
import { pendingUploads } from '../diary/sync/file_transfer.js';
import { requireOpenOf } from '../diary/session/require_open.js';
import { isLightStorage, freeSpace } from '../diary/attachments/offload.js';
import { acceptWitnessList } from '../diary/sync/log_witnesses.js';
import { accountSummaries } from '../diary/sync/manifest.js';
import { compareWithServer, sendAgain } from '../diary/sync/reconcile.js';
import { acceptKey, pinnedFingerprint } from '../diary/sync/server_key.js';
import { saveSettings } from '../diary/records/settings.js';
import { acknowledgeSignIns, renameDevice } from '../diary/session/sign_ins.js';
import { recordReturn, acknowledgeReturn } from '../diary/session/sign_in_again.js';
import { isSessionOver } from '../net/http.js';
import {
  followKeyChange,
  changeWords,
  abandonRenewal,
  renewKeys,
  resumeRenewal,
  rewrapVersions,
} from '../diary/keys/rotating.js';
import { restingPhase } from '../diary/session/resting.js';
import { wordList } from '../crypto/words.js';
import type { Drafts } from '../diary/drafts/drafts.js';
import type { Context, Open } from '../diary/types.js';

export function accountMethods(
  ctx: Context,
  drafts: Drafts,
  onOpened: (open: Open) => Promise<void>,
  lock: (reason: string) => Promise<void>,
) {
  const getOpen = requireOpenOf(ctx);
  const enterDiary = (openDiary: () => Promise<Open>, left = ctx.left) =>
    enterUnlessLeft(ctx, drafts, { opening: openDiary, left }, onOpened);
  return {
    ...sessionMethods(ctx, getOpen, lock),
    ...keyMethods(ctx, getOpen, lock),
    suggestWords: () => ensureVault(ctx).suggestWords(),
    wordList,
    checkWords: (text: string) => ensureVault(ctx).checkWords(text),
    /**
     * Check that a recovery code is complete and has no typing error. Only the server knows whether it belongs to this
     * account.
     */
    checkCode: (text: string) =>
      ensureVault(ctx)
        .codeAuth({ code: text, login: '' })
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof KeptError && error.code === 'bad_request') return false;
            throw error;
          },
        ),
    enrolHere: (words: string) => enterDiary(() => enrol(ctx, drafts, words)),
    signIn: ({ login, words }: { login: string; words: string }) =>
      enterDiary(() => signIn(ctx, drafts, { login: login.trim().toLowerCase(), words })),
    signInWithCode: ({ login, code, newWords }: { login: string; code: string; newWords: string }) =>
      enterDiary(() => signIn(ctx, drafts, { login: login.trim().toLowerCase(), code, words: newWords })),
    asksInvite: async () => !getOpen().store.root.account.registered && needsInvitation(ctx, getOpen()),
    async register({ words, invite }: { words: string; invite?: string }) {
      const open = getOpen();
      const result = open.store.root.account.registered
        ? { login: open.store.root.account.login as string }
        : await register(ctx, open, words, invite);
      ctx.show();
      open.syncing.kick();
      return result;
    },
    async takeCopy(input: {
      file: Blob;
      words: string;
      code?: string;
      onProgress?: (done: number, total: number) => void;
    }) {
      const { left } = ctx;
      // With wrong words nothing was made: keep the worker, since without a network the next try could not get
      // another.
      const copy = await readCopy(ctx, input);
      await enterDiary(() => restoreCopy(ctx, drafts, copy, input), left);
    },
    async makeCopy(options: Parameters<typeof makeCopy>[2]) {
      await rewrapVersions(getOpen()); // a copy whose entries have wraps of two times would open only in part
      return makeCopy(ctx, getOpen(), options);
    },
    makeCode: ({ words }: { words?: string } = {}) => createRecoveryCode(ctx, getOpen(), words).finally(ctx.show),
    async confirmCode(text: string) {
      const open = getOpen();
      await open.vault.confirmCode(text);
      await open.store.change((root) => {
        root.account.recovery = 'done';
      });
      ctx.show();
    },
    async later(topic: string) {
      if (topic !== 'recovery') return;
      await getOpen().store.change((root) => {
        root.account.recovery = root.account.recovery === 'done' ? 'done' : 'later';
      });
      ctx.show();
    },
  };
}

/**
 * Do something that takes seconds and ends in an open diary. If the user left meanwhile, keep the screen as it is and
 * close the diary behind it.
 * @param begun `left`: how often the user had left when it began
 * @throws locked
 */
async function enterUnlessLeft(
  ctx: Context,
  drafts: Drafts,
  { opening: openDiary, left }: { opening: () => Promise<Open>; left: number },
  onOpened: (open: Open) => Promise<void>,
) {
  if (ctx.screen.state.phase === 'notebook') throw new KeptError('locked');
  const closeAndThrow = (error: unknown): never => {
    // Drop everything that was made, or half made, in the worker.
    dropUnlocked(ctx);
    ensureVault(ctx);
    throw error;
  };
  const open = await openDiary().catch(closeAndThrow);
  if (ctx.left === left) return onOpened(open);
  drafts.clear();
  if (ctx.screen.state.phase === 'fresh') ctx.screen.clear(restingPhase(ctx));
  return closeAndThrow(new KeptError('locked'));
}

/** Methods that change words and keys. */
function keyMethods(ctx: Context, getOpen: () => Open, lock: (reason: string) => Promise<void>) {
  /** Lock when a change failed half-way: the worker then has keys that are not on the phone. */
  const lockOnFailure = async (pendingChange: Promise<void>) => {
    const { open } = ctx;
    ctx.changing = true;
    try {
      await pendingChange;
    } catch (error) {
      if (
        ctx.open === open &&
        error instanceof KeptError &&
        ['no_space', 'store_lost', 'not_opened'].includes(error.code)
      )
        await lock('keys');
      throw error;
    } finally {
      ctx.changing = false;
      ctx.show();
    }
  };
  return {
    changeWords: (input: { words: string; newWords: string }) => lockOnFailure(changeWords(ctx, getOpen(), input)),
    renewKeys: (input: Parameters<typeof renewKeys>[2]) => lockOnFailure(renewKeys(ctx, getOpen(), input)),
    renewOn: (input: Parameters<typeof resumeRenewal>[2]) => lockOnFailure(resumeRenewal(ctx, getOpen(), input)),
    async giveUpKeys() {
      await abandonRenewal(getOpen());
      ctx.show();
    },
    catchUp: (input: Parameters<typeof followKeyChange>[2]) =>
      lockOnFailure(followKeyChange(ctx, getOpen(), input).then(() => recordReturn(ctx, getOpen()))),
  };
}

function sessionMethods(ctx: Context, getOpen: () => Open, lock: (reason: string) => Promise<void>) {
  return {
    async signOut() {
      const open = getOpen();
      const { signInAgain: signAgain } = ctx.api;
      // A running sync must not sign in again behind the sign-out. The next opening with the words does.
      ctx.api.signInAgain = null;
      open.syncing.stop();
      await ctx.api.pendingSignIn?.catch(() => undefined);
      await ctx.api.signOut().catch((error: unknown) => {
        if (isSessionOver(error)) return; // ended before
        ctx.api.signInAgain = signAgain;
        open.syncing.kick();
        throw error;
      });
      await open.store.change((root) => {
        root.session = null;
      }); // the next opening with the words signs in again
      await lock('signed_out');
    },
    async sessions({ words }: { words: string }) {
      return (await ctx.api.sessions(await proofOf(ctx, getOpen(), words))).sessions;
    },
    /** Return this phone's account of the diary, to compare with another device or paper. */
    diaryAccounts: () => accountSummaries(getOpen()),
    knownKey: async () => pinnedFingerprint(getOpen()),
    async acceptKey(typed: string) {
      const open = getOpen();
      await acceptKey(ctx, open, typed);
      open.syncing.restart();
    },
    async acceptWitnessList() {
      await acceptWitnessList(getOpen());
      ctx.show();
    },
    lookAtServer: (onProgress: (done: number, total: number) => void) => compareWithServer(getOpen(), onProgress),
    async sendAgain() {
      const open = getOpen();
      await sendAgain(open);
      open.syncing.restart();
    },
    endSession: async (session: string, { words }: { words: string }) =>
      ctx.api.endSession(session, await proofOf(ctx, getOpen(), words)),
    ...deviceMethods(ctx, getOpen),
    ...storageMethods(ctx, getOpen),
  };
}

/** Methods for other devices and the access log. */
function deviceMethods(ctx: Context, getOpen: () => Open) {
  return {
    endOthers: async ({ words }: { words: string }) => ctx.api.endOthers(await proofOf(ctx, getOpen(), words)),
    accessLog: async ({ words }: { words: string }) =>
      (await ctx.api.access(await proofOf(ctx, getOpen(), words))).access,
    async renameDevice(name: string) {
      await renameDevice(ctx, getOpen(), name);
      ctx.show();
    },
    async knowSignIns(count: number) {
      await acknowledgeSignIns(getOpen(), count);
      ctx.show();
    },
    async knowReturned() {
      await acknowledgeReturn(getOpen());
      ctx.show();
    },
    async setHighRisk(isOn: boolean) {
      await saveSettings(getOpen(), { fields: { high_risk: isOn || null } });
      getOpen().syncing.kick();
    },
  };
}

/** Methods for storage, and for what may be sent when. */
function storageMethods(ctx: Context, getOpen: () => Open) {
  return {
    async usage() {
      const open = getOpen();
      const { root } = open.store;
      const [phone_bytes, room_bytes, waitingCount, lightSetting] = await Promise.all([
        ctx.phoneBytes(),
        ctx.roomBytes(),
        pendingUploads(open),
        isLightStorage(ctx, root),
      ]);
      const localUsage = {
        phone_bytes,
        room_bytes,
        waiting: waitingCount,
        light: lightSetting,
        light_chosen: root.light ?? 'auto',
        sending: root.sending ?? 'now',
        wifi_known: ctx.connection() !== null,
      };
      if (!root.account.registered) return { used_bytes: 0, quota_bytes: 0, ...localUsage };
      return { ...(await ctx.api.usage().catch(() => ({ used_bytes: 0, quota_bytes: 0 }))), ...localUsage };
    },
    /** Set when files may be sent. */
    async chooseSending(when: 'now' | 'wifi' | 'ask') {
      const open = getOpen();
      await open.store.change((root) => {
        root.sending = when;
      });
      open.syncing.kick();
    },
    async chooseLight(lightSetting: 'auto' | 'on' | 'off') {
      const open = getOpen();
      await open.store.change((root) => {
        root.light = lightSetting;
      });
      open.syncing.kick();
    },
    /** Send the waiting files, this once. */
    async sendFiles() {
      const open = getOpen();
      open.syncing.filesAllowed = true;
      await open.syncing.now();
    },
    /** Delete now the local files that the server holds completely. */
    makeRoom: (onFile: (done: number, total: number) => void) => freeSpace(ctx, getOpen(), { now: true, onFile }),
  };
}
