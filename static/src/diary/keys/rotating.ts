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
import { frames } from '../../core/encoding.js';
import { sha256 } from '../../crypto/digests.js';
import { decodePush, encodePush, envDigest } from '../../ledger/push.js';
import { there } from '../../net/feed.js';
import { isOver } from '../../net/http.js';
import { judgeHead } from '../../net/push.js';
import { readDoor } from '../../store/device_meta.js';
import { numbered } from '../../store/feed_numbers.js';
import { deviceOf, proofOf, samePins } from './accounts.js';
import { confirm } from '../session/confirming.js';
import { beaconOf } from '../sync/log.js';
import { behindOf } from '../sync/pins.js';
import { everyVersion } from '../sync/reconcile.js';
import { resealUnsent } from '../sync/resealing.js';
import { cameBack } from '../session/returning.js';
import { rows } from '../sync/apply_feed.js';
import type { Door } from '../../store/device_meta.js';
import type { Change } from '../../store/pending.js';
import type { RegisteredAccount, Rotation } from '../../store/root.js';
import type { Bytes } from '../../core/bytes.js';
import type { Context, Open } from '../types.js';

type OnProgress = (done: number, total: number) => void;

const AT_ONCE = 64;
const TRIES = 3;

/** @throws words_differ, words_in_use, no_network */
export async function changeWords(ctx: Context, open: Open, { words, newWords }: { words: string; newWords: string }) {
  const { vault, store } = open;
  const door = await confirm(ctx, open, words);
  if (words.trim() === newWords.trim()) throw new KeptError('words_in_use');
  if (store.root.account.registered) {
    const proof = await proofOf(ctx, open, words);
    const { kdf, auth, words_wrap } = await vault.changeWords({ words: newWords });
    const isTaken = await ctx.api.changeWords({ kdf, auth, words_wrap }, proof).then(
      () => false,
      (error) => takenBefore(ctx, open, newWords, error),
    );
    if (isTaken) return;
  }
  await remakeSlot(ctx, open, door, newWords);
}

/**
 * Check whether an earlier try, whose response was lost, took effect: then the old words prove nothing, and the new
 * ones sign in.
 * @param error of the try after it
 * @returns true, with this phone under the new words
 * @throws `error` when the new words are not in use either
 */
async function takenBefore(ctx: Context, open: Open, newWords: string, error: unknown): Promise<boolean> {
  if (!(error instanceof KeptError) || error.code !== 'no_match') throw error;
  await catchUp(ctx, open, { words: newWords }).catch((other) => {
    throw other instanceof KeptError && other.code === 'sign_in_failed' ? error : other;
  });
  return true;
}

/**
 * Replace every key, under new words. The old words, code, sessions and keys open nothing written afterwards.
 * @param input `code`: the recovery code, empty for none: see [Note: the code wins]
 * @throws words_differ, words_in_use, code_wrong, code_refused, no_network, and unavailable while entries wait to be
 *   sent and no code was given
 */
export async function renew(
  ctx: Context,
  open: Open,
  {
    words,
    newWords,
    code = '',
    onProgress = () => undefined,
  }: { words: string; newWords: string; code?: string; onProgress?: OnProgress },
) {
  const door = await confirm(ctx, open, words);
  const byCode = code.trim();
  const proof = !open.store.root.account.registered
    ? ''
    : await (byCode ? proofOfCode(ctx, open, byCode) : proofOf(ctx, open, words));
  open.typed = words; // an interrupted change continues with them in this opening
  try {
    const auth = await anew(ctx, open, { door, newWords, proof, code: byCode, onProgress });
    await settle(ctx, open, newWords, auth, onProgress);
  } finally {
    open.syncing.resume();
  }
}

/**
 * Make new keys and send them until the server has them. Syncing then stays suspended until they are in use here.
 * @returns the proof of the new words
 */
async function anew(
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
  for (let left = TRIES; ; left--) {
    const { isLate = false, ...said } = isRegistered
      ? await upToDate(ctx, open, Boolean(code))
      : { ...store.root.feed, ts: ctx.clock.now() };
    const { auth, ...body } = await vault.rekeyBegin({
      words: newWords,
      door: door,
      said: { beacon: beaconOf(store.root), ...said },
    });
    if (!isRegistered) return '';
    await store.change((root) => {
      root.rotation = body;
    });
    try {
      await send(ctx, open, { ...body, auth }, proof, onProgress, isLate);
      return auth;
    } catch (error) {
      open.syncing.resume();
      const isEnded = Boolean(code) && isOver(error);
      if (!(isBehind(error) || isEnded) || left === 1) throw error;
      if (isEnded) await proofOfCode(ctx, open, code); // anyone with the words can end this session, but not the next
    }
  }
}

/** Whether something was written meanwhile, here or on another device: the old key must end after it. */
function isBehind(error: unknown) {
  return error instanceof KeptError && ['conflict', 'incomplete', 'not_found'].includes(error.code);
}

/**
 * Continue an interrupted change of keys.
 * @param input `code`: typed again, since it is not stored
 * @throws no_match when those are not the new words, code_wrong, code_refused
 */
export async function renewOn(
  ctx: Context,
  open: Open,
  { newWords, code = '', onProgress = () => undefined }: { newWords: string; code?: string; onProgress?: OnProgress },
) {
  const { vault, store } = open;
  const body = store.root.rotation;
  if (!body) throw new KeptError('not_found');
  let { auth } = await vault.rekeyResume({ words: newWords, body });
  try {
    open.syncing.suspend(); // signing in with the new keys shows whether they are in place
    const byCode = code.trim();
    const isThere = await isInPlace(ctx, open, auth).catch((error) => {
      // A guesser can delay sign-ins by words, but not by the code; where the keys are in place, the code is refused
      // too.
      if (byCode && error instanceof KeptError && error.code === 'try_later') return false;
      throw error;
    });
    if (!isThere) {
      open.syncing.resume();
      if (!open.typed && !byCode) throw new KeptError('needs_words');
      const coded = byCode ? await proofOfCode(ctx, open, byCode) : null;
      // A cleared phone has nothing to wrap before the feed is here. Nothing is pushed meanwhile: the change begun
      // takes precedence.
      await open.syncing.now().catch(() => undefined);
      const proof = coded ?? (await proofOf(ctx, open, open.typed as string));
      await send(ctx, open, { ...body, auth }, proof, onProgress).catch(async (error) => {
        open.syncing.resume();
        const isEnded = Boolean(coded) && isOver(error);
        if (!isBehind(error) && !isEnded) throw error;
        if (isEnded) await proofOfCode(ctx, open, byCode);
        const door = (await readDoor(ctx.database)) as Door;
        auth = await anew(ctx, open, { door, newWords, proof, code: byCode, onProgress });
      });
    }
    await settle(ctx, open, newWords, auth, onProgress);
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
  const answer = await ctx.api.recover({ login, code_auth, ...deviceOf(ctx, open) }).catch((error: unknown) => {
    throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('code_refused') : error;
  });
  await samePins(ctx, open, answer);
  await cameBack(ctx, open);
  return code_auth;
}

/** Abandon a change that was begun: nothing has changed anywhere. */
export async function giveUp({ store }: Open) {
  await store.change((root) => {
    delete root.rotation;
  });
}

/**
 * Follow a change of words or keys made on another device, which signed this phone out.
 * @throws sign_in_failed, no_network, wrong_notary, keys_older
 */
export async function catchUp(ctx: Context, open: Open, given: { words: string; onProgress?: OnProgress }) {
  open.syncing.suspend();
  try {
    await follow(ctx, open, given);
    open.refused = false;
    open.syncing.trouble = null;
  } finally {
    open.syncing.resume();
  }
}

async function follow(
  ctx: Context,
  open: Open,
  { words, onProgress = () => undefined }: { words: string; onProgress?: OnProgress },
) {
  const { vault, store, identity } = open;
  const { login } = store.root.account as RegisteredAccount;
  const { kdf } = await ctx.api.prelogin(login);
  const { auth } = await vault.auth({ words, kdf, login });
  const answer = await ctx.api
    .signIn({ login, auth, device: identity.device, device_name: nameOf(ctx, open) })
    .catch((error) => {
      throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('sign_in_failed') : error;
    });
  await vault.forgetEarlierProof();
  await samePins(ctx, open, answer);
  const { changed } = await vault.rekeyFrom(answer).catch(async (error) => {
    if (!(error instanceof KeptError) || error.code !== 'keys_older') throw error;
    // The old words opened this session: nothing may be done in it.
    await ctx.api.signOut().catch(() => undefined);
    throw error;
  });
  if (changed) await adopt(ctx, open, words, { sent: await sentOf(ctx, open) });
  else await remakeSlot(ctx, open, (await readDoor(ctx.database)) as Door, words);
  await rewrapHere(open, onProgress);
}

/**
 * Make new wraps for every version on this phone, after a change of keys. If interrupted, continue at the next
 * opening. One at a time.
 */
export function rewrapHere(open: Open, onProgress: OnProgress = () => undefined): Promise<void> {
  const before = open.rewrapping?.catch(() => undefined);
  const mine = before ? before.then(() => rewrapAll(open, onProgress)) : rewrapAll(open, onProgress);
  open.rewrapping = mine;
  return mine;
}

async function rewrapAll(open: Open, onProgress: OnProgress) {
  const { vault, store, identity } = open;
  if (!store.root.rewrap) return;
  const done = new Set();
  const rewrap = async (change: Change, some: { version: string }[]) => {
    const held = await pushesOf(open, some);
    const made = await vault.rewrap(held, 'own');
    for (const [i, { version, meta, envelopes }] of held.entries())
      change.put(
        `v/${version}`,
        { k: 'version' },
        encodePush({ meta: { ...meta, grants: [] }, wraps: made[i] as Bytes[], envelopes }),
      );
    for (const { version } of some) done.add(version);
  };
  const all = await everyVersion(open);
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE);
    await store.change((_root, change) => rewrap(change, some));
    onProgress(from + some.length, all.length);
  }
  await store.change(async (root, change) => {
    if (open.identity !== identity) return; // the keys changed once more: that change makes the wraps
    await rewrap(
      change,
      (await everyVersion(open)).filter(({ version }) => !done.has(version)),
    );
    await vault.forgetOlds();
    change.putSealed('identity', await vault.sealIdentity(store.place('identity')));
    root.rewrap = false;
  });
}

/**
 * Check that everything is sent and fetched, and that the server's account is this phone's. With the code, only the
 * fetching counts: see [Note: the code wins].
 * @returns `isLate`: more was written during the check. A change begun now fails, and keeps more from being written
 *   until it is begun again
 */
async function upToDate(
  ctx: Context,
  open: Open,
  byCode: boolean,
): Promise<{ seq: number; head: string; ts: number; isLate?: boolean }> {
  const { store, syncing, identity } = open;
  await syncing.now().catch((error: unknown) => {
    if (!byCode || !(error instanceof KeptError) || error.code !== 'unavailable') throw error;
  });
  if (store.root.outbox.length && !byCode)
    throw new KeptError(
      'unavailable',
      'Some of your entries have not been sent yet. They are safe on this phone. Try again when they are kept safe.',
    );
  const { now, diaries } = await ctx.api.session();
  const there = diaries.find(({ diary }) => diary === identity.diary);
  const { seq, head } = store.root.feed;
  if (!there || there.seq < seq) throw new KeptError('conflict');
  if (there.seq > seq) return { seq, head, ts: ctx.clock.now(), isLate: true };
  const link = syncing.link();
  if (there.head && link)
    await judgeHead(there.head, { pins: link.pins, diary: identity.diary, seq, head: unb64(head) });
  return { seq, head, ts: there.head?.ts ?? now };
}

/** @param isLate as returned by `checkUpToDate` */
async function send(
  ctx: Context,
  open: Open,
  body: Rotation & { auth: string },
  proof: string,
  onProgress: OnProgress,
  isLate: boolean = false,
) {
  const { diary } = open.identity;
  const { to } = await ctx.api.rekeyBegin(diary, body, proof);
  if (isLate) throw new KeptError('conflict');
  const of = await sha256(unb64(body.keyset));
  const all = (await numbered(open.store, to + 1, body.statement.seq)).map(([, record, version]) => ({
    record,
    version,
  }));
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const held = await pushesOf(open, all.slice(from, from + AT_ONCE));
    const made = await open.vault.rewrap(held, 'next');
    if (held.length)
      await ctx.api.rekeyWraps(
        diary,
        frames([of, ...held.map(({ version }, i) => frames([unb64(version), ...(made[i] as Bytes[])]))]),
      );
    onProgress(Math.min(all.length, from + AT_ONCE), all.length);
  }
  open.syncing.suspend(); // see [Note: two sets of keys]
  await ctx.api.rekeyCommit(diary, proof).catch(async (error) => {
    // The response may have been lost: signing in with the new words shows whether it took effect.
    if (!(await isInPlace(ctx, open, body.auth).catch(() => false))) throw error;
  });
  // Another device may have begun with its own keys at that very moment, and the server may have taken those.
  if (!(await isInPlace(ctx, open, body.auth).catch(() => true))) throw new KeptError('signed_out');
}

/** Whether the server has the new keys already. Signs in when it has. */
async function isInPlace(ctx: Context, open: Open, auth: string): Promise<boolean> {
  const { login } = open.store.root.account as RegisteredAccount;
  try {
    await ctx.api.signIn({ login, auth, device: open.identity.device, device_name: nameOf(ctx, open) });
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
async function settle(ctx: Context, open: Open, newWords: string, auth: string, onProgress: OnProgress) {
  await adopt(ctx, open, newWords, { isOwn: true });
  if (open.store.root.account.registered) await isInPlace(ctx, open, auth).catch(() => false);
  Object.assign(open, { proved: auth || null, typed: null, refused: false });
  open.syncing.trouble = null; // it may have been signed out until now
  await rewrapHere(open, onProgress);
  ctx.show();
}

/**
 * Return the versions that the server has as they are here but whose receipt was lost. Sealed again under the same
 * ids, they would never be accepted, and this phone would not have what the receipt covers.
 */
async function sentOf(ctx: Context, open: Open): Promise<Set<string>> {
  const { outbox, feed } = open.store.root;
  const known = outbox.length ? await there(ctx.api, open.identity.diary, feed.seq) : new Map();
  const held = await pushesOf(
    open,
    outbox.filter(({ version }) => known.has(version)),
  );
  return new Set(
    held.filter(({ version, envelopes }) => known.get(version) === envDigest(envelopes)).map(({ version }) => version),
  );
}

/**
 * Put the prepared keys into use here, in one transaction.
 * @param how `sent`: in the outbox, and the server has them; `isOwn`: this phone made the keys
 */
async function adopt(
  ctx: Context,
  open: Open,
  words: string,
  { sent, isOwn = false }: { sent?: Set<string>; isOwn?: boolean },
) {
  const { vault, store } = open;
  const door = await readDoor(ctx.database);
  await store.change(
    async (root, change) => {
      const { door: renewed, identity } = await vault.rekeyAdopt({
        words,
        door: door as Door,
        behind: await behindOf(open),
      });
      open.identity = identity;
      await store.rekeyed(change);
      change.putSealed('identity', await vault.sealIdentity(store.place('identity')));
      root.capture_pub = b64(renewed.capture_pub);
      change.beside('d', renewed);
      delete root.rotation;
      delete root.account.code_wrap;
      root.account.recovery = 'todo';
      root.rewrap = true;
      const batch = open.book.batch(root, change);
      await rows(batch, open, await resealUnsent(open, batch, null, sent, isOwn), null);
    },
    { last: true },
  ); // if stopped half-way, the worker would keep a store key that no slot leads to
}

/** Set new words on this phone's slot; the store stays as it is. */
async function remakeSlot(_ctx: Context, open: Open, door: Door, words: string) {
  const { vault, store } = open;
  const renewed = await vault.setSlot(door, words, 'diary', await behindOf(open));
  const sealed = await vault.sealIdentity(store.place('identity'));
  await store.change((root, change) => {
    root.capture_pub = b64(renewed.capture_pub);
    change.putSealed('identity', sealed);
    change.beside('d', renewed);
  });
}

/** Return the stored pushes of some versions; erased ones have nothing to wrap. */
async function pushesOf({ store }: Open, some: readonly { version: string }[]) {
  const held = await store.readMany(some.map(({ version }) => `v/${version}`));
  return some.flatMap(({ version }, i) => (held[i] ? [{ version, ...decodePush(held[i].bytes) }] : []));
}

/** Return the keeper's name for this device. */
export function nameOf(ctx: Context, { store }: Open) {
  return store.root.device_name ?? ctx.deviceName;
}
