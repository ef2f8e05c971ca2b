/**
 * New words, and new keys when someone else knows them.
 *
 * [Note: new words] New words wrap the account key again and change nothing else: sealed data stays, the recovery
 * code still works, every other device is signed out. The server gets them first. A crash in between leaves a phone
 * that opens with the old words and is signed out; typing the new ones (`followKeyChange`) repairs that.
 *
 * [Note: new keys] `renewKeys` makes every key anew (docs/formats.md, section 4b). The request to the server is stored,
 * sealed under the new words, until it has taken effect there. So a phone that stops half-way continues once the new
 * words are typed again, and until the single moment at which the server has everything, nothing has changed.
 *
 * [Note: two sets of keys] From just before that moment until the new keys are this phone's, nothing is sent or
 * received (Syncing.suspend): the server then answers for the new keys, and its responses would not open here.
 * Responses to earlier requests are dropped and requested again. Wraps here are remade for the current keys only, and
 * the old keys are deleted in the change that finds no wrap left that needs them.
 *
 * [Note: the code wins] Somebody who knows the words can begin a change of keys of their own, which stops this phone
 * from sending, and can end its session. With the recovery code, this phone's change replaces theirs, and the code
 * signs this phone in again each time. Entries whose sending they block stay on the phone meanwhile, and are sealed
 * for the new keys when those count: waiting for them to be sent would let the words stop the code.
 */
import { KeptError } from '../../core/errors.js';
import { b64, unb64 } from '../../core/bytes.js';
import { encodeFrames } from '../../core/encoding.js';
import { sha256 } from '../../crypto/digests.js';
import { decodePush, encodePush, envDigest } from '../../ledger/push.js';
import { listOnServer } from '../../net/feed.js';
import { isSessionOver } from '../../net/http.js';
import { checkHead } from '../../net/push.js';
import { readDoor } from '../../store/device_meta.js';
import { readNumbers } from '../../store/feed_numbers.js';
import { deviceOf, proofOf, checkPins } from './accounts.js';
import { confirmWords } from '../session/confirming.js';
import { tryBothForms, tryBothFormsAtServer } from '../session/typed_words.js';
import { beaconOf } from '../sync/log.js';
import { slotDataOf } from '../sync/pins.js';
import { allVersions } from '../sync/reconcile.js';
import { resealUnsent } from '../sync/resealing.js';
import { recordReturn } from '../session/sign_in_again.js';
import { rewriteRows } from '../sync/apply_feed.js';
import type { Door } from '../../store/device_meta.js';
import type { Change } from '../../store/pending.js';
import type { RegisteredAccount, PendingRotation } from '../../store/root.js';
import type { Bytes } from '../../core/bytes.js';
import type { Context, Open } from '../types.js';

type OnProgress = (done: number, total: number) => void;

const BATCH_SIZE = 64;
const MAX_TRIES = 3;

/** @throws words_differ, words_in_use, no_network */
export async function changeWords(ctx: Context, open: Open, input: { words: string; newWords: string }) {
  const { vault, store } = open;
  const { newWords } = input;
  const { door, words } = await confirmWords(ctx, open, input.words);
  if (words.trim() === newWords.trim()) throw new KeptError('words_in_use');
  if (store.root.account.registered) {
    const proof = await proofOf(ctx, open, words);
    const { kdf, auth, words_wrap } = await vault.changeWords({ words: newWords });
    const isTaken = await ctx.api.changeWords({ kdf, auth, words_wrap }, proof).then(
      () => false,
      (error) => checkEarlierTry(ctx, open, newWords, error),
    );
    if (isTaken) return;
  }
  await remakeSlot(open, door, newWords);
}

/**
 * Check whether an earlier try, whose response was lost, took effect: then the old words prove nothing, and the new
 * ones sign in.
 * @param error of the try after it
 * @returns true, with this phone under the new words
 * @throws `error` when the new words are not in use either
 */
async function checkEarlierTry(ctx: Context, open: Open, newWords: string, error: unknown): Promise<boolean> {
  if (!(error instanceof KeptError) || error.code !== 'no_match') throw error;
  await followKeyChange(ctx, open, { words: newWords }).catch((signInError) => {
    throw signInError instanceof KeptError && signInError.code === 'sign_in_failed' ? error : signInError;
  });
  return true;
}

/**
 * Replace every key, under new words. The old words, code, sessions and keys open nothing written afterwards.
 * @param input `code`: the recovery code, empty for none: see [Note: the code wins]
 * @throws words_differ, words_in_use, code_wrong, code_refused, no_network, and unavailable while entries wait to be
 *   sent and no code was given
 */
export async function renewKeys(
  ctx: Context,
  open: Open,
  {
    words: typed,
    newWords,
    code = '',
    onProgress = () => undefined,
  }: { words: string; newWords: string; code?: string; onProgress?: OnProgress },
) {
  const { door, words } = await confirmWords(ctx, open, typed);
  const trimmedCode = code.trim();
  const proof = !open.store.root.account.registered
    ? ''
    : await (trimmedCode ? proofOfCode(ctx, open, trimmedCode) : proofOf(ctx, open, words));
  open.typed = words; // an interrupted change continues with them in this opening
  try {
    const auth = await sendNewKeys(ctx, open, { door, newWords, proof, code: trimmedCode, onProgress });
    await finishRenewal(ctx, open, newWords, auth, onProgress);
  } finally {
    open.syncing.resume();
  }
}

/**
 * Make new keys and send them until the server has them. Syncing then stays suspended until they are in use here.
 * @returns the proof of the new words
 */
async function sendNewKeys(
  ctx: Context,
  open: Open,
  {
    door,
    newWords,
    proof,
    code,
    onProgress,
  }: { door: Door; newWords: string; proof: string; code: string; onProgress: OnProgress },
): Promise<string> {
  const { vault, store } = open;
  const isRegistered = store.root.account.registered;
  for (let remaining = MAX_TRIES; ; remaining--) {
    const { isLate = false, ...feedState } = isRegistered
      ? await checkUpToDate(ctx, open, Boolean(code))
      : { ...store.root.feed, ts: ctx.clock.now() };
    const { auth, ...body } = await vault.rekeyBegin({
      words: newWords,
      door: door,
      said: { beacon: beaconOf(store.root), ...feedState },
    });
    if (!isRegistered) return '';
    await store.change((root) => {
      root.rotation = body;
    });
    try {
      await sendRotation(ctx, open, { ...body, auth }, proof, onProgress, isLate);
      return auth;
    } catch (error) {
      open.syncing.resume();
      const isSessionEnded = Boolean(code) && isSessionOver(error);
      if (!(isOutdated(error) || isSessionEnded) || remaining === 1) throw error;
      // Anyone with the words can end this session, but not the next.
      if (isSessionEnded) await proofOfCode(ctx, open, code);
    }
  }
}

/** Whether something was written meanwhile, here or on another device: the old key must end after it. */
function isOutdated(error: unknown) {
  return error instanceof KeptError && ['conflict', 'incomplete', 'not_found'].includes(error.code);
}

/**
 * Continue an interrupted change of keys.
 * @param input `code`: typed again, since it is not stored
 * @throws no_match when those are not the new words, code_wrong, code_refused
 */
export async function resumeRenewal(
  ctx: Context,
  open: Open,
  {
    newWords: typed,
    code = '',
    onProgress = () => undefined,
  }: { newWords: string; code?: string; onProgress?: OnProgress },
) {
  const { vault, store } = open;
  const body = store.root.rotation;
  if (!body) throw new KeptError('not_found');
  const resume = async (tried: string) => ({ ...(await vault.rekeyResume({ words: tried, body })), newWords: tried });
  const resumed = await tryBothForms(typed, resume);
  const { newWords } = resumed;
  let { auth } = resumed;
  try {
    open.syncing.suspend(); // signing in with the new keys shows whether they are in place
    const trimmedCode = code.trim();
    const areInPlace = await areKeysInPlace(ctx, open, auth).catch((error) => {
      // A guesser can delay sign-ins by words, but not by the code; where the keys are in place, the code is refused
      // too.
      if (trimmedCode && error instanceof KeptError && error.code === 'try_later') return false;
      throw error;
    });
    if (!areInPlace) {
      open.syncing.resume();
      if (!open.typed && !trimmedCode) throw new KeptError('needs_words');
      const codeProof = trimmedCode ? await proofOfCode(ctx, open, trimmedCode) : null;
      // A cleared phone has nothing to wrap before the feed is here. Nothing is pushed meanwhile: the change begun
      // takes precedence.
      await open.syncing.now().catch(() => undefined);
      const proof = codeProof ?? (await proofOf(ctx, open, open.typed as string));
      await sendRotation(ctx, open, { ...body, auth }, proof, onProgress).catch(async (error) => {
        open.syncing.resume();
        const isSessionEnded = Boolean(codeProof) && isSessionOver(error);
        if (!isOutdated(error) && !isSessionEnded) throw error;
        if (isSessionEnded) await proofOfCode(ctx, open, trimmedCode);
        const door = (await readDoor(ctx.database)) as Door;
        auth = await sendNewKeys(ctx, open, { door, newWords, proof, code: trimmedCode, onProgress });
      });
    }
    await finishRenewal(ctx, open, newWords, auth, onProgress);
  } finally {
    open.syncing.resume();
  }
}

/**
 * Return the proof of the recovery code, checked by signing in with it. That also renews a session that was ended,
 * and a wrong code is not one of the ten wrong proofs that end the current session.
 * @throws code_wrong, code_refused, no_network, wrong_notary
 */
async function proofOfCode(ctx: Context, open: Open, code: string): Promise<string> {
  const { login } = open.store.root.account as RegisteredAccount;
  const { code_auth } = await open.vault.codeAuth({ code, login }).catch((error: unknown) => {
    throw error instanceof KeptError && error.code === 'bad_request' ? new KeptError('code_wrong') : error;
  });
  const response = await ctx.api.recover({ login, code_auth, ...deviceOf(ctx, open) }).catch((error: unknown) => {
    throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('code_refused') : error;
  });
  await checkPins(ctx, open, response);
  await recordReturn(ctx, open);
  return code_auth;
}

/** Abandon a change that was begun: nothing has changed anywhere. */
export async function abandonRenewal({ store }: Open) {
  await store.change((root) => {
    delete root.rotation;
  });
}

/**
 * Follow a change of words or keys made on another device, which signed this phone out.
 * @throws sign_in_failed, no_network, wrong_notary, keys_older
 */
export async function followKeyChange(ctx: Context, open: Open, input: { words: string; onProgress?: OnProgress }) {
  open.syncing.suspend();
  try {
    // A refused form is refused before anything has changed here.
    await tryBothFormsAtServer(input.words, (words) => signInAndAdopt(ctx, open, { ...input, words }));
    open.refused = false;
    open.syncing.trouble = null;
  } finally {
    open.syncing.resume();
  }
}

async function signInAndAdopt(
  ctx: Context,
  open: Open,
  { words, onProgress = () => undefined }: { words: string; onProgress?: OnProgress },
) {
  const { vault, store, identity } = open;
  const { login } = store.root.account as RegisteredAccount;
  const { kdf } = await ctx.api.prelogin(login);
  const { auth } = await vault.auth({ words, kdf, login });
  const response = await ctx.api
    .signIn({ login, auth, device: identity.device, device_name: deviceNameOf(ctx, open) })
    .catch((error) => {
      throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('sign_in_failed') : error;
    });
  await vault.forgetEarlierProof();
  await checkPins(ctx, open, response);
  const { changed } = await vault.rekeyFrom(response).catch(async (error) => {
    if (!(error instanceof KeptError) || error.code !== 'keys_older') throw error;
    // The old words opened this session: nothing may be done in it.
    await ctx.api.signOut().catch(() => undefined);
    throw error;
  });
  if (changed) await adoptKeys(ctx, open, words, { sent: await versionsOnServer(ctx, open) });
  else await remakeSlot(open, (await readDoor(ctx.database)) as Door, words);
  await rewrapVersions(open, onProgress);
}

/**
 * Make new wraps for every version on this phone, after a change of keys. If interrupted, continue at the next
 * opening. One at a time.
 */
export function rewrapVersions(open: Open, onProgress: OnProgress = () => undefined): Promise<void> {
  const previous = open.rewrapping?.catch(() => undefined);
  const current = previous ? previous.then(() => rewrapAll(open, onProgress)) : rewrapAll(open, onProgress);
  open.rewrapping = current;
  return current;
}

async function rewrapAll(open: Open, onProgress: OnProgress) {
  const { vault, store, identity } = open;
  if (!store.root.rewrap) return;
  const rewrapped = new Set();
  const rewrap = async (change: Change, chunk: { version: string }[]) => {
    const stored = await readPushes(open, chunk);
    const wraps = await vault.rewrap(stored, 'own');
    for (const [i, { version, meta, envelopes }] of stored.entries())
      change.put(
        `v/${version}`,
        { k: 'version' },
        encodePush({ meta: { ...meta, grants: [] }, wraps: wraps[i] as Bytes[], envelopes }),
      );
    for (const { version } of chunk) rewrapped.add(version);
  };
  const versions = await allVersions(open);
  for (let from = 0; from < versions.length; from += BATCH_SIZE) {
    const chunk = versions.slice(from, from + BATCH_SIZE);
    await store.change((_root, change) => rewrap(change, chunk));
    onProgress(from + chunk.length, versions.length);
  }
  await store.change(async (root, change) => {
    if (open.identity !== identity) return; // the keys changed once more: that change makes the wraps
    await rewrap(
      change,
      (await allVersions(open)).filter(({ version }) => !rewrapped.has(version)),
    );
    await vault.forgetOlds();
    change.putSealed('identity', await vault.sealIdentity(store.idOf('identity')));
    root.rewrap = false;
  });
}

/**
 * Check that everything is sent and fetched, and that the server's account is this phone's. With the code, only the
 * fetching counts: see [Note: the code wins].
 * @returns `isLate`: more was written during the check. A change begun now fails, and keeps more from being written
 *   until it is begun again
 */
async function checkUpToDate(
  ctx: Context,
  open: Open,
  isByCode: boolean,
): Promise<{ seq: number; head: string; ts: number; isLate?: boolean }> {
  const { store, syncing, identity } = open;
  await syncing.now().catch((error: unknown) => {
    if (!isByCode || !(error instanceof KeptError) || error.code !== 'unavailable') throw error;
  });
  if (store.root.outbox.length && !isByCode)
    throw new KeptError(
      'unavailable',
      'Some of your entries are not backed up yet. They are saved on this phone. Try again when they are backed up.',
    );
  const { now, diaries } = await ctx.api.session();
  const serverDiary = diaries.find(({ diary }) => diary === identity.diary);
  const { seq, head } = store.root.feed;
  if (!serverDiary || serverDiary.seq < seq) throw new KeptError('conflict');
  if (serverDiary.seq > seq) return { seq, head, ts: ctx.clock.now(), isLate: true };
  const link = syncing.link();
  if (serverDiary.head && link)
    await checkHead(serverDiary.head, { pins: link.pins, diary: identity.diary, seq, head: unb64(head) });
  return { seq, head, ts: serverDiary.head?.ts ?? now };
}

/** @param isLate as returned by `checkUpToDate` */
async function sendRotation(
  ctx: Context,
  open: Open,
  body: PendingRotation & { auth: string },
  proof: string,
  onProgress: OnProgress,
  isLate: boolean = false,
) {
  const { diary } = open.identity;
  const { to: wrappedUpTo } = await ctx.api.rekeyBegin(diary, body, proof);
  if (isLate) throw new KeptError('conflict');
  const keysetDigest = await sha256(unb64(body.keyset));
  const versions = (await readNumbers(open.store, wrappedUpTo + 1, body.statement.seq)).map(([, record, version]) => ({
    record,
    version,
  }));
  for (let from = 0; from < versions.length; from += BATCH_SIZE) {
    const stored = await readPushes(open, versions.slice(from, from + BATCH_SIZE));
    const wraps = await open.vault.rewrap(stored, 'next');
    if (stored.length)
      await ctx.api.rekeyWraps(
        diary,
        encodeFrames([
          keysetDigest,
          ...stored.map(({ version }, i) => encodeFrames([unb64(version), ...(wraps[i] as Bytes[])])),
        ]),
      );
    onProgress(Math.min(versions.length, from + BATCH_SIZE), versions.length);
  }
  open.syncing.suspend(); // see [Note: two sets of keys]
  await ctx.api.rekeyCommit(diary, proof).catch(async (error) => {
    // The response may have been lost: signing in with the new words shows whether it took effect.
    if (!(await areKeysInPlace(ctx, open, body.auth).catch(() => false))) throw error;
  });
  // Another device may have begun with its own keys at that very moment, and the server may have taken those.
  if (!(await areKeysInPlace(ctx, open, body.auth).catch(() => true))) throw new KeptError('signed_out');
}

/** Whether the server has the new keys already. Signs in when it has. */
async function areKeysInPlace(ctx: Context, open: Open, auth: string): Promise<boolean> {
  const { login } = open.store.root.account as RegisteredAccount;
  try {
    await ctx.api.signIn({ login, auth, device: open.identity.device, device_name: deviceNameOf(ctx, open) });
    return true;
  } catch (error) {
    if (error instanceof KeptError && error.code === 'no_match') return false;
    throw error;
  }
}

/**
 * Take the new keys into use here, once the server has everything (or there is no server).
 * @param auth of the new words, empty where there is no server
 */
async function finishRenewal(ctx: Context, open: Open, newWords: string, auth: string, onProgress: OnProgress) {
  await adoptKeys(ctx, open, newWords, { isOwn: true });
  if (open.store.root.account.registered) await areKeysInPlace(ctx, open, auth).catch(() => false);
  Object.assign(open, { proved: auth || null, typed: null, refused: false });
  open.syncing.trouble = null; // it may have been signed out until now
  await rewrapVersions(open, onProgress);
  ctx.show();
}

/**
 * Return the versions that the server has as they are here but whose receipt was lost. Sealed again under the same
 * ids, they would never be accepted, and this phone would not have what the receipt covers.
 */
async function versionsOnServer(ctx: Context, open: Open): Promise<Set<string>> {
  const { outbox, feed } = open.store.root;
  const serverVersions = outbox.length ? await listOnServer(ctx.api, open.identity.diary, feed.seq) : new Map();
  const stored = await readPushes(
    open,
    outbox.filter(({ version }) => serverVersions.has(version)),
  );
  return new Set(
    stored
      .filter(({ version, envelopes }) => serverVersions.get(version) === envDigest(envelopes))
      .map(({ version }) => version),
  );
}

/**
 * Put the prepared keys into use here, in one transaction.
 * @param how `sent`: in the outbox, and the server has them; `isOwn`: this phone made the keys
 */
async function adoptKeys(
  ctx: Context,
  open: Open,
  words: string,
  { sent, isOwn = false }: { sent?: Set<string>; isOwn?: boolean },
) {
  const { vault, store } = open;
  const door = await readDoor(ctx.database);
  await store.change(
    async (root, change) => {
      const { door: newDoor, identity } = await vault.rekeyAdopt({
        words,
        door: door as Door,
        behind: await slotDataOf(open),
      });
      open.identity = identity;
      await store.moveRoot(change);
      change.putSealed('identity', await vault.sealIdentity(store.idOf('identity')));
      root.capture_pub = b64(newDoor.capture_pub);
      change.beside('d', newDoor);
      delete root.rotation;
      delete root.account.code_wrap;
      root.account.recovery = 'todo';
      root.rewrap = true;
      const batch = open.book.batch(root, change);
      await rewriteRows(batch, open, await resealUnsent(open, batch, null, sent, isOwn), null);
    },
    { uninterruptible: true },
  ); // if stopped half-way, the worker would keep a store key that no slot leads to
}

/** Set new words on this phone's slot; the store stays as it is. */
async function remakeSlot(open: Open, door: Door, words: string) {
  const { vault, store } = open;
  const newDoor = await vault.setSlot(door, words, 'diary', await slotDataOf(open));
  const sealed = await vault.sealIdentity(store.idOf('identity'));
  await store.change((root, change) => {
    root.capture_pub = b64(newDoor.capture_pub);
    change.putSealed('identity', sealed);
    change.beside('d', newDoor);
  });
}

/** Return the stored pushes of some versions; erased ones have nothing to wrap. */
async function readPushes({ store }: Open, versions: readonly { version: string }[]) {
  const stored = await store.readMany(versions.map(({ version }) => `v/${version}`));
  return versions.flatMap(({ version }, i) => (stored[i] ? [{ version, ...decodePush(stored[i].bytes) }] : []));
}

/** Return the keeper's name for this device. */
export function deviceNameOf(ctx: Context, { store }: Open) {
  return store.root.device_name ?? ctx.deviceName;
}
