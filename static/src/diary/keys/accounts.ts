/**
 * Set up a backup: register, sign in on another device, the recovery code, sessions.
 *
 * [Note: registering twice] The response to a registration can be lost. The request is stored, sealed, until a
 * response comes, and sent again unchanged: the same body means the same account, so nobody ends up with two.
 */
import { b64, unb64, utf8 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { sha256 } from '../../crypto/digests.js';
import { readDoor } from '../../store/device_meta.js';
import { confirmWords } from '../session/confirming.js';
import { otherForm, tryBothFormsAtServer } from '../session/typed_words.js';
import { createDiary, ensureVault } from '../session/door.js';
import { followKeys } from '../sync/log.js';
import { resealWaiting } from '../session/reseal_waiting.js';
import { NO_PINS, updateShortDigest } from '../sync/pins.js';
import { recordClockOffset } from '../session/wrong_clock.js';
import type { Drafts } from '../drafts/drafts.js';
import type { RegisteredAccount, PendingRegistration, Account } from '../../store/root.js';
import type { Door } from '../../store/device_meta.js';
import type { Context, Open } from '../types.js';

/** Name of a borrowed device in the list of devices. */
const BORROWED_NAME = 'Borrowed device';

/** Create a diary behind the first words on this phone, without an account. */
export async function enrol(ctx: Context, drafts: Drafts, words: string): Promise<Open> {
  const vault = ensureVault(ctx);
  await vault.selfTest();
  const identity = await vault.newIdentity();
  const slotData = { account: identity.account, login: '', pins: NO_PINS };
  return createDiary(ctx, words, { identity, behind: slotData }, (open) => resealWaiting(ctx, drafts, open));
}

/**
 * Whether this server wants an invitation and none is stored for the request.
 * @throws no_network
 */
export async function needsInvitation(ctx: Context, { store }: Open): Promise<boolean> {
  const { enrolment } = await readServer(ctx);
  return enrolment !== undefined && enrolment !== 'open' && !store.root.registering?.invite;
}

/** @throws words_differ, not_invited, no_network */
export async function register(ctx: Context, open: Open, typed: string, invite?: string): Promise<{ login: string }> {
  const { store } = open;
  const { words } = await confirmWords(ctx, open, typed);
  const server = await readServer(ctx);
  const body = await registration(ctx, open, words);
  if (invite) {
    body.invite = invite;
    await store.change((root) => {
      (root.registering as PendingRegistration).invite = invite;
    });
  }
  const response = await ctx.api.register(body).catch(async (error) => {
    if (error instanceof KeptError && error.code === 'not_invited')
      await store.change((root) => {
        delete (root.registering as PendingRegistration).invite;
      });
    if (!(error instanceof KeptError) || !['bad_request', 'conflict'].includes(error.code)) throw error;
    await store.change((root) => {
      delete root.registering;
    }); // its name or ticket is no longer valid
    throw new KeptError('unavailable', 'That did not work. Nothing was lost. Try again.');
  });
  open.identity = { ...open.identity, login: body.login };
  await storeAccount(ctx, open, body.login, { ...server, ...response, now: server.now });
  open.proved = body.auth;
  return { login: body.login };
}

/** Return the request, stored before it is sent: see [Note: registering twice]. */
async function registration(
  ctx: Context,
  { vault, store }: Open,
  words: string,
): Promise<Omit<PendingRegistration, 'auth_digest'> & { auth: string }> {
  const { registering } = store.root;
  if (registering) {
    const { auth } = await vault.auth({ words, kdf: registering.kdf, login: registering.login });
    // The stored request opens with the words of its day only, so it is never sent with others.
    if (registering.auth === auth || registering.auth_digest === (await proofDigest(auth))) {
      await vault.registeredAs(registering);
      const { auth_digest: _digest, ...sent } = registering;
      return { ...sent, auth };
    }
  }
  const { login, ticket } = await ctx.api.reserveName();
  const { body } = await vault.enrolment({ login, words });
  const request = { ...body, ticket, device_name: ctx.borrowed ? BORROWED_NAME : ctx.deviceName };
  const { auth, ...stored } = request; // a proof is stored nowhere: it is derived again from the words, and compared
  const auth_digest = await proofDigest(auth);
  await store.change((root) => {
    root.registering = { ...stored, auth_digest };
  });
  return request;
}

/**
 * @param auth b64
 * @returns b64
 */
async function proofDigest(auth: string): Promise<string> {
  return b64(await sha256(utf8('kept/registering\0'), unb64(auth)));
}

async function storeAccount(
  ctx: Context,
  open: Open,
  login: string,
  { notary, log, now, instance = null }: { notary: string; log: string; now: number; instance?: string | null },
) {
  const { vault, store, identity } = open;
  const door = await readDoor(ctx.database);
  const pins = { notary, log, kdf_high: await vault.kdfHigh() };
  const newDoor = await vault.renewSlot(door as Door, { account: identity.account, login, pins });
  const sealed = await vault.sealIdentity(store.idOf('identity'));
  await store.change((root, change) => {
    delete root.registering;
    root.unregistered ??= root.count;
    root.account = { ...root.account, registered: true, login, notary, log, instance };
    recordClockOffset(root, ctx.clock.now(), now);
    updateShortDigest(open, root, newDoor);
    change.putSealed('identity', sealed);
    change.beside('d', newDoor);
  });
}

/**
 * Add a device to an account, with its words, or with the recovery code and new words.
 * @throws sign_in_failed, code_wrong, kdf_refused
 */
export async function signIn(
  ctx: Context,
  drafts: Drafts,
  { login, words: typed, code }: { login: string; words: string; code?: string },
): Promise<Open> {
  const vault = ensureVault(ctx);
  await vault.selfTest();
  const server = await readServer(ctx);
  const device = formatId(newId());
  const signInFacts = { login, device, device_name: ctx.borrowed ? BORROWED_NAME : ctx.deviceName };
  const {
    answer: response,
    proof,
    words,
  } = code === undefined
    ? await tryBothFormsAtServer(typed, (tried) => signInWithWords(ctx, signInFacts, tried))
    : { ...(await signInWithCode(ctx, signInFacts, code)), words: typed };
  const identity = await vault.openAccount({ answer: response, login, device });
  if (code !== undefined) await setNewWords(ctx, words, login, proof);
  const account: Partial<Account> = {
    registered: true,
    login,
    notary: response.notary,
    log: response.log,
    instance: server.instance ?? null,
    recovery: response.code || code !== undefined ? 'done' : 'todo',
  };
  const slotData = {
    account: identity.account,
    login,
    pins: { notary: response.notary, log: response.log, kdf_high: await vault.kdfHigh() },
  };
  return createDiary(ctx, words, { identity, account, behind: slotData }, async (open) => {
    const { fill } = await resealWaiting(ctx, drafts, open);
    return {
      fill(root, change) {
        fill(root, change);
        recordClockOffset(root, ctx.clock.now(), server.now);
        // At least one, until the feed returns the number.
        Object.assign(root, { session: ctx.api.tokens(), unregistered: 0, coming: 1 });
      },
    };
  });
}

async function signInWithWords(
  ctx: Context,
  signInFacts: { login: string; device: string; device_name: string },
  words: string,
) {
  const { kdf } = await ctx.api.prelogin(signInFacts.login);
  const { auth } = await ensureVault(ctx).auth({ words, kdf, login: signInFacts.login });
  return {
    answer: await ctx.api.signIn({ ...signInFacts, auth }).catch((error) => rethrowSignInError(error)),
    proof: auth,
    words,
  };
}

async function signInWithCode(
  ctx: Context,
  signInFacts: { login: string; device: string; device_name: string },
  code: string,
) {
  const { code_auth } = await ensureVault(ctx)
    .codeAuth({ code, login: signInFacts.login })
    .catch((error) => {
      throw error instanceof KeptError && error.code === 'bad_request' ? new KeptError('code_wrong') : error;
    });
  const response = await ctx.api
    .recover({ ...signInFacts, code_auth })
    .catch((error) =>
      rethrowSignInError(
        error,
        'That did not match. Check the username and the recovery code, and try again. Nothing was lost.',
      ),
    );
  return { answer: response, proof: code_auth };
}

/**
 * Set new words after signing in with the code.
 * @param proof of the code
 */
async function setNewWords(ctx: Context, words: string, login: string, proof: string) {
  const vault = ensureVault(ctx);
  const { kdf, auth, words_wrap } = await vault.changeWords({ words, login });
  await ctx.api.changeWords({ kdf, auth, words_wrap }, proof);
}

/**
 * Sign in again after a session ended: with the renewal token, which allows nothing else, or with words typed in this
 * opening. The pinned keys must still match.
 * @param words typed, and to be used whatever else there is
 */
export async function signInAgain(ctx: Context, open: Open, words: string | null = null) {
  const { session } = open.store.root;
  const response = await (words === null && session?.renewal
    ? renewSession(ctx, open, session.renewal)
    : words === null && !session
      ? signInWithEarlierProof(ctx, open)
      : signInWithTypedWords(ctx, open, words ?? open.typed)
  ).catch((error) => {
    throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('signed_out') : error;
  });
  await checkPins(ctx, open, response);
}

/** Return what a sign-in sends about this phone. */
export const deviceOf = (ctx: Context, { identity, store }: Open) => ({
  device: identity.device,
  device_name: store.root.device_name ?? ctx.deviceName,
});

async function renewSession(ctx: Context, open: Open, renewal: string) {
  return ctx.api.renew({ renewal, ...deviceOf(ctx, open) }).catch(async (error) => {
    // The token is worthless now; the next opening with the words signs in with those.
    if (error instanceof KeptError && error.code === 'signed_out')
      await open.store.change((root) => {
        root.session = null;
      });
    throw error;
  });
}

/**
 * Sign in with words, and not again in this opening once the server refuses them: each run would use up one of the
 * ten tries an hour, and new words typed here would then have to wait.
 */
async function signInWithTypedWords(ctx: Context, open: Open, words: string | null | undefined) {
  if (!words || open.refused) throw new KeptError('signed_out');
  // Without tokens yet, only the cookie of an earlier release distinguishes this phone from an unknown one, whose
  // tries strangers can use up.
  const cookies = open.store.root.session === undefined;
  return ctx.api
    .signIn(
      { login: open.store.root.account.login as string, auth: await proofOf(ctx, open, words), ...deviceOf(ctx, open) },
      { cookies },
    )
    .catch((error) => {
      if (error instanceof KeptError && error.code === 'no_match') open.refused = true;
      throw error;
    });
}

/**
 * Sign in a registered diary without tokens: it was last open in a release that had cookies and stored its proof.
 * This happens once, then the proof is erased.
 */
async function signInWithEarlierProof(ctx: Context, open: Open) {
  const auth = await open.vault.earlierProof();
  if (!auth) return signInWithTypedWords(ctx, open, open.typed);
  const response = await ctx.api.exchangeSession({
    login: open.store.root.account.login as string,
    auth,
    ...deviceOf(ctx, open),
  });
  await eraseEarlierProof(open);
  return response;
}

/** Erase the proof that a release before tokens stored. */
export async function eraseEarlierProof({ vault, store }: Open) {
  if (!(await vault.earlierProof())) return;
  await vault.forgetEarlierProof();
  const sealed = await vault.sealIdentity(store.idOf('identity'));
  await store.change((_root, change) => {
    change.putSealed('identity', sealed);
  });
}

/**
 * Whether pending work will need the words of this opening. They are held in memory until it is done, and never
 * written.
 */
export function needsWords({ store: { root } }: Open) {
  const hasPendingWork = root.purges?.length || root.let_out?.some(({ told: isSent }) => !isSent);
  return Boolean(root.account?.registered && (!root.session || root.shut || hasPendingWork || root.rotation));
}

/**
 * Run an act that needs a proof, with words typed in this opening. Words that the server refuses (another device set
 * new ones) are forgotten: sent again with every run they would end this session.
 * @returns false when the words must be typed again
 * @throws what the act throws
 */
export async function withTypedProof(open: Open, act: (words: string) => Promise<unknown>): Promise<boolean> {
  if (!open.typed) return false;
  try {
    await act(open.typed);
    return true;
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'no_match') throw error;
    open.typed = null;
    return false;
  }
}

/**
 * Check that the server that answered has the pinned key.
 * @throws wrong_notary
 */
export async function checkPins(ctx: Context, open: Open, response: { notary: string; log: string }) {
  if (response.notary !== open.store.root.account.notary) await followKeys(open, await ctx.api.log());
  const pinned = open.store.root.account;
  if (response.notary !== pinned.notary || response.log !== pinned.log) throw new KeptError('wrong_notary');
}

/** @param words not needed when they were typed in this opening already */
export async function createRecoveryCode(
  ctx: Context,
  open: Open,
  words: string = '',
): Promise<{ login: string; words12: string[]; crockford: string }> {
  // Code and name open everything, from anywhere and later: an open diary in other hands must not be enough.
  const proof = open.proved ?? (await proofOf(ctx, open, (await confirmWords(ctx, open, words)).words));
  const { words12, crockford, code_auth, code_wrap } = await open.vault.newCode();
  // Sent before it is shown: a code on paper that opens nothing would be worse than none.
  await ctx.api.setCode({ code_auth, code_wrap }, proof);
  open.proved = null;
  await open.store.change((root) => {
    root.account.code_wrap = code_wrap; // a sealed copy can be opened with it
    root.account.recovery = 'todo'; // an earlier code opens nothing from here on
  });
  return { login: open.store.root.account.login as string, words12, crockford };
}

/** Return AUTH of words typed just now, for acts that ask again. */
export async function proofOf(ctx: Context, open: Open, words: string): Promise<string> {
  const { login } = open.store.root.account as RegisteredAccount;
  const { kdf } = await ctx.api.prelogin(login);
  return (await open.vault.auth({ words: await matchingForm(ctx, open, words), kdf, login })).auth;
}

/**
 * Return the form of `words` that opens this phone, without asking the server: a wrong proof is one of ten that end
 * the session. Words that open nothing here may be newer than this phone, and stay as typed.
 */
async function matchingForm(ctx: Context, open: Open, words: string): Promise<string> {
  if ((await otherForm(words)) === null) return words;
  return confirmWords(ctx, open, words).then(
    (confirmed) => confirmed.words,
    () => words,
  );
}

/** Return the server's description of itself. */
async function readServer(
  ctx: Context,
): Promise<{ notary: string; log: string; now: number; instance?: string | null; enrolment?: string }> {
  const server = await ctx.api.server();
  if (server.origin !== ctx.origin) throw new KeptError('kdf_refused');
  if (typeof server.notary !== 'string' || typeof server.log !== 'string' || !Number.isSafeInteger(server.now))
    throw new KeptError('garbage');
  return server;
}

/** @param sentence replaces the usual one */
function rethrowSignInError(error: unknown, sentence?: string): never {
  throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('sign_in_failed', sentence) : error;
}
