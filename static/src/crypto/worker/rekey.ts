/**
 * The engine's functions for when someone else knows the words: make every key anew, rewrap the old entries, and use
 * a new store key for everything written from then on. docs/formats.md, section 4b.
 *
 * [Note: what is kept meanwhile] No secret of the next keys is ever written down under the old ones. Until the server
 * has everything, the phone stores only what the server gets, sealed under the new words. So somebody who knows the
 * old words and holds the phone half-way through has nothing, and continuing after a restart asks for the new words.
 */
import { b64, random, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { readAccount, usualCost } from './accounts.js';
import { openBox, sealBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import { hkdf } from '../digests.js';
import { newCapture } from './doors.js';
import { claimedHeader } from '../envelope.js';
import { LOCAL_ORIGIN, authOf, checkKdf, kekWords, newKdf } from '../kdf.js';
import {
  accountWrapHeader,
  diaryWrapHeader,
  openKeyset,
  sealKeyset,
  unwrap,
  versionWrapHeader,
  wrap,
} from '../keys.js';
import { newPair } from '../signing.js';
import { SLOTS, SLOT_BYTES, checkDoor, doorKdf, sealSlot, trySlots } from '../slots.js';
import { makeStatement } from '../sharing/statements.js';
import { inFlight } from './stored.js';
import { normalise } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { Answer } from './accounts.js';
import type { Cost } from '../argon2.js';
import type { Kdf } from '../kdf.js';
import type { Behind } from './doors.js';
import type { OpenStore, PublicIdentity, Secrets, Session } from './session.js';
import type { Door } from '../slots.js';
import type { Beacon, Statement } from '../sharing/statements.js';
import type { Next } from './session.js';

type Body = {
  kdf: Kdf;
  auth: string;
  words_wrap: string;
  keyset: string;
  ecdsa_pub: string;
  hpke_pub: string;
  diary_wrap: string;
  statement: Statement;
};

/** How many replaced HPKE keys are held: others may still seal to them. */
const HPKES = 5;
const HELD = {
  account_key: 'next_account_key',
  diary_key: 'next_diary_key',
  ecdsa: 'next_ecdsa',
  hpke: 'next_hpke',
} as const;
const EARLIER_ID = 'kept/earlier-id\0';

/**
 * Make the next keys. For a diary without a sign-in name the body is never sent. Throws words_in_use.
 */
export async function begin(
  session: Session,
  {
    words,
    door,
    said,
    cost = usualCost(),
  }: { words: string; door: Door; said: { beacon: Beacon | null; head: string; seq: number; ts: number }; cost?: Cost },
): Promise<Body> {
  await refuseUsed(session, words, door);
  const { identity, epochs, signKey, earlier } = session.own;
  const { account, diary, login } = identity;
  const [ecdsa, hpke] = await Promise.all([newPair(), newPair()]);
  const epoch = Math.max(epochs.account, epochs.diary) + 1;
  const statement = await makeStatement(signKey, {
    account,
    beacon: said.beacon,
    diary,
    ecdsa_pub: b64(ecdsa.pub),
    epoch,
    head: said.head,
    hpke_pub: b64(hpke.pub),
    old: identity.ecdsa_pub,
    seq: said.seq,
    ts: said.ts,
  });
  const secrets = { account_key: random(32), diary_key: random(32), ecdsa, hpke };
  const before = [...earlier, statement];
  const kdf = checkKdf(newKdf(cost, login, login ? session.origin : LOCAL_ORIGIN), session.policy);
  const root = await session.root(normalise(words), kdf);
  const [kek, opener] = await Promise.all([kekWords(root, kdf).then(importKey), importKey(secrets.account_key)]);
  const [words_wrap, keyset, diary_wrap, proof] = await Promise.all([
    wrap(kek, accountWrapHeader('words', account, epoch, kdf), secrets.account_key),
    sealKeyset(opener, { account, epoch, rev: 1 }, { ecdsa, hpke, earlier: before }),
    wrap(opener, diaryWrapHeader(account, diary, epoch), secrets.diary_key),
    login ? authOf(root, kdf, session.origin) : null,
  ]);
  const body = {
    kdf,
    auth: proof ? b64(proof) : '',
    words_wrap: b64(words_wrap),
    keyset: b64(keyset),
    ecdsa_pub: b64(ecdsa.pub),
    hpke_pub: b64(hpke.pub),
    diary_wrap: b64(diary_wrap),
    statement,
  };
  await ready(session, secrets, { account: epoch, diary: epoch }, before, kdf);
  return body;
}

/** Open the keys of an earlier `beginRekey` body with the new words. Throws `no_match`. */
export async function resume(
  session: Session,
  { words, body }: { words: string; body: Omit<Body, 'auth'> },
): Promise<{ auth: string }> {
  const { account, diary } = session.own.identity;
  const { epoch } = body.statement;
  const kdf = checkKdf(body.kdf, session.policy);
  const root = await session.root(normalise(words), kdf);
  const raw = await kekWords(root, kdf)
    .then(importKey)
    .then((kek) => unwrap(kek, accountWrapHeader('words', account, epoch, kdf), unb64(body.words_wrap)))
    .catch(() => {
      throw new KeptError('no_match', 'Those are not the new words.');
    });
  const opener = await importKey(raw);
  const { earlier, ...pairs } = await openKeyset(opener, { account, epoch, rev: 1 }, unb64(body.keyset));
  const diaryKey = await unwrap(opener, diaryWrapHeader(account, diary, epoch), unb64(body.diary_wrap));
  const proof = await authOf(root, kdf, session.origin);
  await ready(
    session,
    { account_key: raw, diary_key: diaryKey, ...pairs },
    { account: epoch, diary: epoch },
    earlier,
    kdf,
  );
  return { auth: b64(proof) };
}

/**
 * Read the account's current keys, after `proveWords` with the current words; another device may have changed them.
 * Throws `not_opened` when this phone's own key is not one of their predecessors, and `keys_older` when the server
 * returns older keys: it was restored from an old backup.
 * @returns whether the keys differ from those here
 */
export async function from(session: Session, answer: Answer): Promise<{ changed: boolean }> {
  const { identity, epochs } = session.own;
  const read = await readAccount(session, answer, identity.diary);
  const signingIn = session.signingIn as { kdf?: Kdf } | null;
  session.signingIn = null;
  if (signingIn?.kdf) session.saw(signingIn.kdf);
  const isHere = [...read.earlier.map((one) => one.old), b64(read.secrets.ecdsa.pub)].includes(identity.ecdsa_pub);
  if (answer.account === identity.account && read.epochs.account < epochs.account) throw new KeptError('keys_older');
  if (!isHere || answer.account !== identity.account) throw new KeptError('not_opened');
  if (read.epochs.account === epochs.account) return { changed: false };
  await ready(session, read.secrets, read.epochs, read.earlier, null);
  return { changed: true };
}

/**
 * Rewrap versions, for the current or the next keys. The caller chooses: next keys may be abandoned, so what is stored
 * on the phone must never be wrapped for them. Throws `locked` when there are no next keys.
 */
export async function rewrap(
  session: Session,
  list: readonly { version: string; wraps: readonly Uint8Array[] }[],
  keys: 'own' | 'next',
): Promise<Bytes[][]> {
  const { identity, epochs, diaryKey, olds } = session.own;
  const { next } = session;
  if (keys === 'next' && !next) throw new KeptError('locked');
  const [target, epoch] = keys === 'next' && next ? [next.diaryKey, next.epochs.diary] : [diaryKey, epochs.diary];
  return inFlight(list, ({ version, wraps }) =>
    Promise.all(
      wraps.map(async (wrapped, i) => {
        const part = i === 0 ? 'open' : 'restricted';
        const from = Number(claimedHeader(wrapped, 'wrap').epoch);
        const raw = await unwrap(
          olds.get(from) ?? diaryKey,
          versionWrapHeader(identity.diary, from, part, version),
          wrapped,
        );
        const made = await wrap(target, versionWrapHeader(identity.diary, epoch, part, version), raw);
        raw.fill(0);
        return made;
      }),
    ),
  );
}

/**
 * Start to use the next keys. The store gets a new key, the short secret's slot becomes random again, and the capture
 * pair is new: an earlier copy of the phone opens nothing that is written afterwards.
 */
export async function adopt(
  session: Session,
  { words, door, behind }: { words: string; door: Door; behind: Behind },
): Promise<{ door: Door; identity: PublicIdentity }> {
  const next = session.next;
  if (!next) throw new KeptError('locked');
  const { opened } = session;
  const own = session.own;
  const root = await refuseUsed(session, words, door);
  const { i, role } = session.store;
  const storeKey = random(32);
  const renewed = { ...door, slots: [...door.slots], capture_pub: await newCapture(session) };
  renewed.slots[SLOTS - 1] = random(SLOT_BYTES);
  renewed.slots[i] = await sealSlot(root, door, i, { ...behind, role, store_key: b64(storeKey) });
  if ((await trySlots(root, renewed))?.content.store_key !== b64(storeKey)) throw new KeptError('not_opened');
  await keepOldStore(session);
  const olds = await oldDiaryKeys(session);
  const identity = await session.adopt(own.identity, await nextSecrets(session, next), next.epochs, {
    earlier: next.earlier,
    olds,
    hpkes: await hpkesBefore(session),
  });
  if (next.kdf) session.saw(next.kdf);
  session.next = null;
  session.opened = {
    role,
    i,
    key: await importKey(storeKey),
    slotRoot: root,
    olds: [...((opened as OpenStore).olds ?? []), (opened as OpenStore).key],
  };
  await session.held.put('store_key', storeKey);
  storeKey.fill(0);
  return { door: renewed, identity };
}

/** Drop the older diary keys, once every version here has its new wraps. */
export function forgetOlds(session: Session) {
  for (const epoch of session.own.olds.keys()) session.held.drop(`diary_key:${epoch}`);
  session.own.olds.clear();
}

/** Return the id of the record of older store keys: 16 bytes that only the current store key gives. */
export function earlierId(session: Session): Promise<Bytes> {
  return session.held.use('store_key', async (key) => (await hkdf(key, EARLIER_ID)).slice(0, 16));
}

export async function sealEarlier(session: Session, id: Bytes): Promise<Bytes> {
  const keys = [];
  for (let n = 0; session.held.has(`store_old:${n}`); n++) keys.push(await session.held.use(`store_old:${n}`, b64));
  return sealBox(session.store.key, id, { k: 'earlier', keys });
}

export async function loadEarlier(session: Session, id: Bytes, sealed: Bytes) {
  const { desc } = await openBox(session.store.key, id, sealed);
  if (desc.k !== 'earlier' || !Array.isArray(desc.keys)) throw new KeptError('not_opened');
  const raws = desc.keys.map((key) => unb64(String(key)));
  session.store.olds = await Promise.all(raws.map((raw) => importKey(raw)));
  for (const [n, raw] of raws.entries()) await session.held.put(`store_old:${n}`, raw);
}

/**
 * Return ROOT_L of new words that open nothing here yet. Throws words_in_use.
 */
async function refuseUsed(session: Session, words: string, door: Door): Promise<CryptoKey> {
  checkDoor(door);
  const root = await session.root(normalise(words), checkKdf(doorKdf(door), session.policy));
  if (await trySlots(root, door)) throw new KeptError('words_in_use');
  return root;
}

/** @param secrets overwritten here */
async function ready(
  session: Session,
  { account_key, diary_key, ecdsa, hpke }: Secrets,
  epochs: Next['epochs'],
  earlier: readonly Statement[],
  kdf: Next['kdf'],
) {
  session.next = {
    epochs,
    earlier,
    pubs: { ecdsa: ecdsa.pub, hpke: hpke.pub },
    diaryKey: await importKey(diary_key),
    kdf,
  };
  for (const [name, raw] of Object.entries({ account_key, diary_key, ecdsa: ecdsa.scalar, hpke: hpke.scalar })) {
    await session.held.put(HELD[name as keyof typeof HELD], raw);
    raw.fill(0);
  }
}

async function nextSecrets(session: Session, { pubs }: Next): Promise<Secrets> {
  const take = async (name: keyof typeof HELD) => {
    const raw = await session.held.use(HELD[name], (secret) => secret.slice());
    session.held.drop(HELD[name]);
    return raw;
  };
  return {
    account_key: await take('account_key'),
    diary_key: await take('diary_key'),
    ecdsa: { scalar: await take('ecdsa'), pub: pubs.ecdsa },
    hpke: { scalar: await take('hpke'), pub: pubs.hpke },
  };
}

/** @returns the older diary keys that are still needed, and the current one */
async function oldDiaryKeys(session: Session): Promise<[number, Bytes][]> {
  const { epochs, olds } = session.own;
  const keys: [number, Bytes][] = [];
  for (const epoch of olds.keys())
    keys.push([epoch, await session.held.use(`diary_key:${epoch}`, (key) => key.slice())]);
  return [...keys, [epochs.diary, await session.held.use('diary_key', (key) => key.slice())]];
}

/**
 * Return the HPKE keys that others may still seal to: a witness who was asked keeps the key of that day for a
 * fortnight, and their statement waits until it is read. These keys stay on this phone and are in no keyset.
 * @returns the newest first
 */
async function hpkesBefore(session: Session): Promise<Bytes[]> {
  return Promise.all(
    ['hpke', ...session.hpkesBefore()]
      .slice(0, HPKES)
      .map((name) => session.held.use(name, (scalar) => scalar.slice())),
  );
}

async function keepOldStore(session: Session) {
  let n = 0;
  while (session.held.has(`store_old:${n}`)) n++;
  await session.held.use('store_key', (key) => session.held.put(`store_old:${n}`, key));
}
