/** The app's methods for words, accounts and sessions. */
import { KeptError } from '../core/errors.js';
import { asksInvite, enrol, makeCode, proofOf, register, signIn } from '../diary/keys/accounts.js';
import { makeCopy, readCopy, takeCopy } from '../features/backup/actions.js';
import { forgetAll, vaultOf } from '../diary/session/door.js';
import { waitingFiles } from '../diary/sync/carrying.js';
import { insideOf } from '../diary/session/require_open.js';
import { isLight, lighten } from '../diary/attachments/offload.js';
import { acceptWitnessList } from '../diary/sync/log_witnesses.js';
import { accounts } from '../diary/sync/manifest.js';
import { lookAtServer, sendAgain } from '../diary/sync/reconcile.js';
import { acceptKey, knownKey } from '../diary/sync/server_key.js';
import { saveSettings } from '../diary/records/settings.js';
import { knowSignIns, renameDevice } from '../diary/session/sign_ins.js';
import { cameBack, knowReturned } from '../diary/session/returning.js';
import { isOver } from '../net/http.js';
import { catchUp, changeWords, giveUp, renew, renewOn, rewrapHere } from '../diary/keys/rotating.js';
import { resting } from '../diary/session/resting.js';
import type { Drafts } from '../diary/drafts/drafts.js';
import type { Context, Open } from '../diary/types.js';

export function accountMethods(
  ctx: Context,
  drafts: Drafts,
  opened: (open: Open) => Promise<void>,
  lock: (why: string) => Promise<void>,
) {
  const inside = insideOf(ctx);
  const enter = (opening: () => Promise<Open>, left = ctx.left) =>
    enterUnlessLeft(ctx, drafts, { opening, left }, opened);
  return {
    ...sessionPart(ctx, inside, lock),
    ...keysPart(ctx, inside, lock),
    suggestWords: () => vaultOf(ctx).suggestWords(),
    checkWords: (text: string) => vaultOf(ctx).checkWords(text),
    /** Check that a recovery code is complete and its letters are consistent. Only the server can say whose it is. */
    checkCode: (text: string) =>
      vaultOf(ctx)
        .codeAuth({ code: text, login: '' })
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof KeptError && error.code === 'bad_request') return false;
            throw error;
          },
        ),
    enrolHere: (words: string) => enter(() => enrol(ctx, drafts, words)),
    signIn: ({ login, words }: { login: string; words: string }) =>
      enter(() => signIn(ctx, drafts, { login: login.trim().toLowerCase(), words })),
    signInWithCode: ({ login, code, newWords }: { login: string; code: string; newWords: string }) =>
      enter(() => signIn(ctx, drafts, { login: login.trim().toLowerCase(), code, words: newWords })),
    asksInvite: async () => !inside().store.root.account.registered && asksInvite(ctx, inside()),
    async register({ words, invite }: { words: string; invite?: string }) {
      const open = inside();
      const done = open.store.root.account.registered
        ? { login: open.store.root.account.login as string }
        : await register(ctx, open, words, invite);
      ctx.show();
      open.syncing.kick();
      return done;
    },
    async takeCopy(by: {
      file: Blob;
      words: string;
      code?: string;
      onProgress?: (done: number, total: number) => void;
    }) {
      const { left } = ctx;
      // With wrong words nothing was made: keep the worker, since without a network the next try could not get
      // another.
      const read = await readCopy(ctx, by);
      await enter(() => takeCopy(ctx, drafts, read, by), left);
    },
    async makeCopy(how: Parameters<typeof makeCopy>[2]) {
      await rewrapHere(inside()); // a copy whose entries have wraps of two times would open only in part
      return makeCopy(ctx, inside(), how);
    },
    makeCode: ({ words }: { words?: string } = {}) => makeCode(ctx, inside(), words).finally(ctx.show),
    async confirmCode(text: string) {
      const open = inside();
      await open.vault.confirmCode(text);
      await open.store.change((root) => {
        root.account.recovery = 'done';
      });
      ctx.show();
    },
    async later(what: string) {
      if (what !== 'recovery') return;
      await inside().store.change((root) => {
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
  { opening, left }: { opening: () => Promise<Open>; left: number },
  opened: (open: Open) => Promise<void>,
) {
  if (ctx.screen.state.phase === 'notebook') throw new KeptError('locked');
  const shut = (error: unknown): never => {
    // Drop everything that was made, or half made, in the worker.
    forgetAll(ctx);
    vaultOf(ctx);
    throw error;
  };
  const open = await opening().catch(shut);
  if (ctx.left === left) return opened(open);
  drafts.forget();
  if (ctx.screen.state.phase === 'fresh') ctx.screen.clear(resting(ctx));
  return shut(new KeptError('locked'));
}

/** Methods that change words and keys. */
function keysPart(ctx: Context, inside: () => Open, lock: (why: string) => Promise<void>) {
  /** Lock when a change failed half-way: the worker then has keys that are not on the phone. */
  const whole = async (changing: Promise<void>) => {
    const { open } = ctx;
    ctx.changing = true;
    try {
      await changing;
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
    changeWords: (given: { words: string; newWords: string }) => whole(changeWords(ctx, inside(), given)),
    renewKeys: (given: Parameters<typeof renew>[2]) => whole(renew(ctx, inside(), given)),
    renewOn: (given: Parameters<typeof renewOn>[2]) => whole(renewOn(ctx, inside(), given)),
    async giveUpKeys() {
      await giveUp(inside());
      ctx.show();
    },
    catchUp: (given: Parameters<typeof catchUp>[2]) =>
      whole(catchUp(ctx, inside(), given).then(() => cameBack(ctx, inside()))),
  };
}

function sessionPart(ctx: Context, inside: () => Open, lock: (why: string) => Promise<void>) {
  return {
    async signOut() {
      const open = inside();
      const { signAgain } = ctx.api;
      // A running sync must not sign in again behind the sign-out. The next opening with the words does.
      ctx.api.signAgain = null;
      open.syncing.stop();
      await ctx.api.signing?.catch(() => undefined);
      await ctx.api.signOut().catch((error: unknown) => {
        if (isOver(error)) return; // ended before
        ctx.api.signAgain = signAgain;
        open.syncing.kick();
        throw error;
      });
      await open.store.change((root) => {
        root.session = null;
      }); // the next opening with the words signs in again
      await lock('signed_out');
    },
    async sessions({ words }: { words: string }) {
      return (await ctx.api.sessions(await proofOf(ctx, inside(), words))).sessions;
    },
    /** Return this phone's account of the diary, to compare with another device or paper. */
    diaryAccounts: () => accounts(inside()),
    knownKey: async () => knownKey(inside()),
    async acceptKey(typed: string) {
      const open = inside();
      await acceptKey(ctx, open, typed);
      open.syncing.afresh();
    },
    async acceptWitnessList() {
      await acceptWitnessList(inside());
      ctx.show();
    },
    lookAtServer: (onProgress: (done: number, total: number) => void) => lookAtServer(inside(), onProgress),
    async sendAgain() {
      const open = inside();
      await sendAgain(open);
      open.syncing.afresh();
    },
    endSession: async (session: string, { words }: { words: string }) =>
      ctx.api.endSession(session, await proofOf(ctx, inside(), words)),
    ...devicePart(ctx, inside),
    ...roomPart(ctx, inside),
  };
}

/** Methods for other devices and the access log. */
function devicePart(ctx: Context, inside: () => Open) {
  return {
    endOthers: async ({ words }: { words: string }) => ctx.api.endOthers(await proofOf(ctx, inside(), words)),
    accessLog: async ({ words }: { words: string }) =>
      (await ctx.api.access(await proofOf(ctx, inside(), words))).access,
    async renameDevice(name: string) {
      await renameDevice(ctx, inside(), name);
      ctx.show();
    },
    async knowSignIns(shown: number) {
      await knowSignIns(inside(), shown);
      ctx.show();
    },
    async knowReturned() {
      await knowReturned(inside());
      ctx.show();
    },
    async setHighRisk(on: boolean) {
      await saveSettings(inside(), { fields: { high_risk: on || null } });
      inside().syncing.kick();
    },
  };
}

/** Methods for storage, and for what may be sent when. */
function roomPart(ctx: Context, inside: () => Open) {
  return {
    async usage() {
      const open = inside();
      const { root } = open.store;
      const [phone_bytes, room_bytes, waiting, light] = await Promise.all([
        ctx.phoneBytes(),
        ctx.roomBytes(),
        waitingFiles(open),
        isLight(ctx, root),
      ]);
      const here = {
        phone_bytes,
        room_bytes,
        waiting,
        light,
        light_chosen: root.light ?? 'auto',
        sending: root.sending ?? 'now',
        wifi_known: ctx.connection() !== null,
      };
      if (!root.account.registered) return { used_bytes: 0, quota_bytes: 0, ...here };
      return { ...(await ctx.api.usage().catch(() => ({ used_bytes: 0, quota_bytes: 0 }))), ...here };
    },
    /** Set when files may be sent. */
    async chooseSending(when: 'now' | 'wifi' | 'ask') {
      const open = inside();
      await open.store.change((root) => {
        root.sending = when;
      });
      open.syncing.kick();
    },
    async chooseLight(light: 'auto' | 'on' | 'off') {
      const open = inside();
      await open.store.change((root) => {
        root.light = light;
      });
      open.syncing.kick();
    },
    /** Send the waiting files, this once. */
    async sendFiles() {
      const open = inside();
      open.syncing.allowed = true;
      await open.syncing.now();
    },
    /** Delete now the local files that the server holds completely. */
    makeRoom: (onFile: (done: number, total: number) => void) => lighten(ctx, inside(), { now: true, onFile }),
  };
}
