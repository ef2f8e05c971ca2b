/**
 * The engine's functions for when someone else knows the words: make every key anew, rewrap the old entries, and use
 * a new store key for everything written from then on. docs/formats.md, section 4b.
 *
 * [Note: what is kept meanwhile] No secret of the next keys is ever written down under the old ones. Until the server
 * has everything, the phone stores only what the server gets, sealed under the new words. So somebody who knows the
 * old words and holds the phone half-way through has nothing, and continuing after a restart asks for the new words.
 */
import { b64, randomBytes, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { readAccount, defaultCost } from './accounts.js';
import { openBox, sealBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import { hkdf } from '../digests.js';
import { newCaptureKey } from './doors.js';
import { readUnverifiedHeader } from '../envelope.js';
import { LOCAL_ORIGIN, deriveAuth, checkKdf, deriveWordsKek, newKdf } from '../kdf.js';
import {
  accountWrapHeader,
  diaryWrapHeader,
  openKeyset,
  sealKeyset,
  unwrapKey,
  versionWrapHeader,
  wrapKey,
} from '../keys.js';
import { newKeyPair } from '../signing.js';
import { SLOT_COUNT, SLOT_BYTES, checkDoor, kdfOfDoor, sealSlot, trySlots } from '../slots.js';
import { signStatement } from '../sharing/statements.js';
import { mapConcurrently } from './stored_versions.js';
import { normaliseWords } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { SignInResponse } from './accounts.js';
import type { KdfCost } from '../argon2.js';
import type { Kdf } from '../kdf.js';
import type { SlotDetails } from './doors.js';
import type { OpenStore, PublicIdentity, IdentitySecrets, Session } from './session.js';
import type { Door } from '../slots.js';
import type { Beacon, KeyStatement } from '../sharing/statements.js';
import type { NextKeys } from './session.js';

type RotationBody = {
  kdf: Kdf;
  auth: string;
  words_wrap: string;
  keyset: string;
  ecdsa_pub: string;
  hpke_pub: string;
  diary_wrap: string;
  statement: KeyStatement;
};

/** How many replaced HPKE keys are held: others may still seal to them. */
const OLDER_HPKE_KEYS_LIMIT = 5;
const NEXT_NAMES = {
  account_key: 'next_account_key',
  diary_key: 'next_diary_key',
  ecdsa: 'next_ecdsa',
  hpke: 'next_hpke',
} as const;
const EARLIER_ID_LABEL = 'kept/earlier-id\0';

/**
 * Make the next keys. For a diary without a username the body is never sent. Throws words_in_use.
 */
export async function beginRekey(
  session: Session,
  {
    words,
    door,
    said: facts,
    cost = defaultCost(),
  }: {
    words: string;
    door: Door;
    said: { beacon: Beacon | null; head: string; seq: number; ts: number };
    cost?: KdfCost;
  },
): Promise<RotationBody> {
  await deriveRootOfNewWords(session, words, door);
  const { identity, epochs, signKey, earlier } = session.unlocked;
  const { account, diary, login } = identity;
  const [ecdsa, hpke] = await Promise.all([newKeyPair(), newKeyPair()]);
  const epoch = Math.max(epochs.account, epochs.diary) + 1;
  const statement = await signStatement(signKey, {
    account,
    beacon: facts.beacon,
    diary,
    ecdsa_pub: b64(ecdsa.pub),
    epoch,
    head: facts.head,
    hpke_pub: b64(hpke.pub),
    old: identity.ecdsa_pub,
    seq: facts.seq,
    ts: facts.ts,
  });
  const secrets = { account_key: randomBytes(32), diary_key: randomBytes(32), ecdsa, hpke };
  const statements = [...earlier, statement];
  const kdf = checkKdf(newKdf(cost, login, login ? session.origin : LOCAL_ORIGIN), session.policy);
  const root = await session.deriveRoot(normaliseWords(words), kdf);
  const [wordsWrappingKey, accountWrappingKey] = await Promise.all([
    deriveWordsKek(root, kdf).then(importKey),
    importKey(secrets.account_key),
  ]);
  const [words_wrap, keyset, diary_wrap, proof] = await Promise.all([
    wrapKey(wordsWrappingKey, accountWrapHeader('words', account, epoch, kdf), secrets.account_key),
    sealKeyset(accountWrappingKey, { account, epoch, rev: 1 }, { ecdsa, hpke, earlier: statements }),
    wrapKey(accountWrappingKey, diaryWrapHeader(account, diary, epoch), secrets.diary_key),
    login ? deriveAuth(root, kdf, session.origin) : null,
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
  await holdNextKeys(session, secrets, { account: epoch, diary: epoch }, statements, kdf);
  return body;
}

/** Open the keys of an earlier `beginRekey` body with the new words. Throws `no_match`. */
export async function resumeRekey(
  session: Session,
  { words, body }: { words: string; body: Omit<RotationBody, 'auth'> },
): Promise<{ auth: string }> {
  const { account, diary } = session.unlocked.identity;
  const { epoch } = body.statement;
  const kdf = checkKdf(body.kdf, session.policy);
  const root = await session.deriveRoot(normaliseWords(words), kdf);
  const rawAccountKey = await deriveWordsKek(root, kdf)
    .then(importKey)
    .then((wordsWrappingKey) =>
      unwrapKey(wordsWrappingKey, accountWrapHeader('words', account, epoch, kdf), unb64(body.words_wrap)),
    )
    .catch(() => {
      throw new KeptError('no_match', 'That is not the new password.');
    });
  const accountWrappingKey = await importKey(rawAccountKey);
  const { earlier, ...pairs } = await openKeyset(accountWrappingKey, { account, epoch, rev: 1 }, unb64(body.keyset));
  const diaryKey = await unwrapKey(accountWrappingKey, diaryWrapHeader(account, diary, epoch), unb64(body.diary_wrap));
  const proof = await deriveAuth(root, kdf, session.origin);
  await holdNextKeys(
    session,
    { account_key: rawAccountKey, diary_key: diaryKey, ...pairs },
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
export async function readChangedKeys(session: Session, response: SignInResponse): Promise<{ changed: boolean }> {
  const { identity, epochs } = session.unlocked;
  const serverKeys = await readAccount(session, response, identity.diary);
  const pendingSignIn = session.pendingSignIn as { kdf?: Kdf } | null;
  session.pendingSignIn = null;
  if (pendingSignIn?.kdf) session.recordKdfCost(pendingSignIn.kdf);
  const knowsOwnKey = [
    ...serverKeys.earlier.map((statement) => statement.old),
    b64(serverKeys.secrets.ecdsa.pub),
  ].includes(identity.ecdsa_pub);
  if (response.account === identity.account && serverKeys.epochs.account < epochs.account)
    throw new KeptError('keys_older');
  if (!knowsOwnKey || response.account !== identity.account) throw new KeptError('not_opened');
  if (serverKeys.epochs.account === epochs.account) return { changed: false };
  await holdNextKeys(session, serverKeys.secrets, serverKeys.epochs, serverKeys.earlier, null);
  return { changed: true };
}

/**
 * Rewrap versions, for the current or the next keys. The caller chooses: next keys may be abandoned, so what is stored
 * on the phone must never be wrapped for them. Throws `locked` when there are no next keys.
 */
export async function rewrap(
  session: Session,
  versions: readonly { version: string; wraps: readonly Uint8Array[] }[],
  keys: 'own' | 'next',
): Promise<Bytes[][]> {
  const { identity, epochs, diaryKey, olderDiaryKeys } = session.unlocked;
  const { nextKeys: next } = session;
  if (keys === 'next' && !next) throw new KeptError('locked');
  const [targetKey, epoch] = keys === 'next' && next ? [next.diaryKey, next.epochs.diary] : [diaryKey, epochs.diary];
  return mapConcurrently(versions, ({ version, wraps }) =>
    Promise.all(
      wraps.map(async (wrapped, i) => {
        const part = i === 0 ? 'open' : 'restricted';
        const wrapEpoch = Number(readUnverifiedHeader(wrapped, 'wrap').epoch);
        const raw = await unwrapKey(
          olderDiaryKeys.get(wrapEpoch) ?? diaryKey,
          versionWrapHeader(identity.diary, wrapEpoch, part, version),
          wrapped,
        );
        const rewrapped = await wrapKey(targetKey, versionWrapHeader(identity.diary, epoch, part, version), raw);
        raw.fill(0);
        return rewrapped;
      }),
    ),
  );
}

/**
 * Start to use the next keys. The store gets a new key, the short secret's slot becomes random again, and the capture
 * pair is new: an earlier copy of the phone opens nothing that is written afterwards.
 */
export async function adoptNextKeys(
  session: Session,
  { words, door, behind: details }: { words: string; door: Door; behind: SlotDetails },
): Promise<{ door: Door; identity: PublicIdentity }> {
  const next = session.nextKeys;
  if (!next) throw new KeptError('locked');
  const { storeOrNull: openedStore } = session;
  const unlocked = session.unlocked;
  const root = await deriveRootOfNewWords(session, words, door);
  const { slotIndex: i, role } = session.openStore;
  const storeKey = randomBytes(32);
  const updated = { ...door, slots: [...door.slots], capture_pub: await newCaptureKey(session) };
  updated.slots[SLOT_COUNT - 1] = randomBytes(SLOT_BYTES);
  updated.slots[i] = await sealSlot(root, door, i, { ...details, role, store_key: b64(storeKey) });
  if ((await trySlots(root, updated))?.content.store_key !== b64(storeKey)) throw new KeptError('not_opened');
  await holdOlderStoreKey(session);
  const olderDiaryKeys = await copyOlderDiaryKeys(session);
  const identity = await session.adopt(unlocked.identity, await takeNextSecrets(session, next), next.epochs, {
    earlier: next.earlier,
    olderDiaryKeys,
    olderHpkeKeys: await copyOlderHpkeKeys(session),
  });
  if (next.kdf) session.recordKdfCost(next.kdf);
  session.nextKeys = null;
  session.storeOrNull = {
    role,
    slotIndex: i,
    key: await importKey(storeKey),
    slotRoot: root,
    olderKeys: [...((openedStore as OpenStore).olderKeys ?? []), (openedStore as OpenStore).key],
  };
  await session.secrets.put('store_key', storeKey);
  storeKey.fill(0);
  return { door: updated, identity };
}

/** Drop the older diary keys, once every version here has its new wraps. */
export function forgetOlderDiaryKeys(session: Session) {
  for (const epoch of session.unlocked.olderDiaryKeys.keys()) session.secrets.drop(`diary_key:${epoch}`);
  session.unlocked.olderDiaryKeys.clear();
}

/** Return the id of the record of older store keys: 16 bytes that only the current store key gives. */
export function deriveEarlierId(session: Session): Promise<Bytes> {
  return session.secrets.use('store_key', async (key) => (await hkdf(key, EARLIER_ID_LABEL)).slice(0, 16));
}

export async function sealOlderStoreKeys(session: Session, id: Bytes): Promise<Bytes> {
  const keys = [];
  for (let index = 0; session.secrets.has(`store_old:${index}`); index++)
    keys.push(await session.secrets.use(`store_old:${index}`, b64));
  return sealBox(session.openStore.key, id, { k: 'earlier', keys });
}

export async function loadOlderStoreKeys(session: Session, id: Bytes, sealed: Bytes) {
  const { desc } = await openBox(session.openStore.key, id, sealed);
  if (desc.k !== 'earlier' || !Array.isArray(desc.keys)) throw new KeptError('not_opened');
  const rawKeys = desc.keys.map((key) => unb64(String(key)));
  session.openStore.olderKeys = await Promise.all(rawKeys.map((raw) => importKey(raw)));
  for (const [index, raw] of rawKeys.entries()) await session.secrets.put(`store_old:${index}`, raw);
}

/**
 * Return ROOT_L of new words that open nothing here yet. Throws words_in_use.
 */
async function deriveRootOfNewWords(session: Session, words: string, door: Door): Promise<CryptoKey> {
  checkDoor(door);
  const root = await session.deriveRoot(normaliseWords(words), checkKdf(kdfOfDoor(door), session.policy));
  if (await trySlots(root, door)) throw new KeptError('words_in_use');
  return root;
}

/** @param secrets overwritten here */
async function holdNextKeys(
  session: Session,
  { account_key, diary_key, ecdsa, hpke }: IdentitySecrets,
  epochs: NextKeys['epochs'],
  earlier: readonly KeyStatement[],
  kdf: NextKeys['kdf'],
) {
  session.nextKeys = {
    epochs,
    earlier,
    pubs: { ecdsa: ecdsa.pub, hpke: hpke.pub },
    diaryKey: await importKey(diary_key),
    kdf,
  };
  for (const [name, raw] of Object.entries({ account_key, diary_key, ecdsa: ecdsa.scalar, hpke: hpke.scalar })) {
    await session.secrets.put(NEXT_NAMES[name as keyof typeof NEXT_NAMES], raw);
    raw.fill(0);
  }
}

async function takeNextSecrets(session: Session, { pubs }: NextKeys): Promise<IdentitySecrets> {
  const takeSecret = async (name: keyof typeof NEXT_NAMES) => {
    const raw = await session.secrets.use(NEXT_NAMES[name], (secret) => secret.slice());
    session.secrets.drop(NEXT_NAMES[name]);
    return raw;
  };
  return {
    account_key: await takeSecret('account_key'),
    diary_key: await takeSecret('diary_key'),
    ecdsa: { scalar: await takeSecret('ecdsa'), pub: pubs.ecdsa },
    hpke: { scalar: await takeSecret('hpke'), pub: pubs.hpke },
  };
}

/** @returns the older diary keys that are still needed, and the current one */
async function copyOlderDiaryKeys(session: Session): Promise<[number, Bytes][]> {
  const { epochs, olderDiaryKeys } = session.unlocked;
  const keys: [number, Bytes][] = [];
  for (const epoch of olderDiaryKeys.keys())
    keys.push([epoch, await session.secrets.use(`diary_key:${epoch}`, (key) => key.slice())]);
  return [...keys, [epochs.diary, await session.secrets.use('diary_key', (key) => key.slice())]];
}

/**
 * Return the HPKE keys that others may still seal to: a witness who was asked keeps the key of that day for a
 * fortnight, and their statement waits until it is read. These keys stay on this phone and are in no keyset.
 * @returns the newest first
 */
async function copyOlderHpkeKeys(session: Session): Promise<Bytes[]> {
  return Promise.all(
    ['hpke', ...session.olderHpkeNames()]
      .slice(0, OLDER_HPKE_KEYS_LIMIT)
      .map((name) => session.secrets.use(name, (scalar) => scalar.slice())),
  );
}

async function holdOlderStoreKey(session: Session) {
  let index = 0;
  while (session.secrets.has(`store_old:${index}`)) index++;
  await session.secrets.use('store_key', (key) => session.secrets.put(`store_old:${index}`, key));
}
