/** The engine's account functions: make an identity, store it, register, sign in, change words. */
import { b64, bytesEqual, randomBytes, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId, parseId } from '../../core/ids.js';
import { engineName } from '../argon2.js';
import { openBox, sealBox } from '../box.js';
import { recoveryCodeText, recoveryCodeWords, newRecoveryCode as freshCode, parseRecoveryCode } from '../code.js';
import { importKey } from '../cobblestone.js';
import { readUnverifiedHeader } from '../envelope.js';
import { importHkdfKey } from '../digests.js';
import {
  DEFAULT_COST,
  COST_FLOOR,
  deriveAuth,
  checkKdf,
  deriveCodeAuth as proofOfCode,
  deriveCodeKek,
  deriveWordsKek,
  newKdf,
} from '../kdf.js';
import { accountWrapHeader, diaryWrapHeader, openKeyset, sealKeyset, unwrapKey, wrapKey } from '../keys.js';
import { newKeyPair } from '../signing.js';
import { normaliseWords } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { KdfCost } from '../argon2.js';
import type { Kdf } from '../kdf.js';
import type { KeyStatement } from '../sharing/statements.js';
import type { PublicIdentity, Session, PendingSignIn } from './session.js';

type DiaryWrap = { diary: string; epoch: number; wrap: string };
/** Of a sign-in, docs/api.md */
export type SignInResponse = {
  account: string;
  words_wrap?: string;
  code_wrap?: string;
  keyset: string;
  diaries: readonly DiaryWrap[];
};

/** As `sealIdentity` writes it; keys and proof b64. Needs no checks: a record opens only under this store's own key */
type StoredIdentity = Record<'capture' | 'proof', string | null> & {
  k: string;
  account: string;
  diary: string;
  device: string;
  login: string;
  ecdsa_pub: string;
  hpke_pub: string;
  earlier?: readonly KeyStatement[];
  olds?: readonly (readonly [number, string])[];
  hpkes?: readonly string[];
  account_epoch: number;
  diary_epoch: number;
  kdf_high: number;
  account_key: string;
  diary_key: string;
  ecdsa: string;
  hpke: string;
};

const SECRET_NAMES = ['account_key', 'diary_key', 'ecdsa', 'hpke'] as const;

/** Make every key of a new diary. Returns nothing secret. */
export async function newIdentity(
  session: Session,
  { account, diary, device }: { account?: string; diary?: string; device?: string } = {},
): Promise<PublicIdentity> {
  const [ecdsa, hpke] = await Promise.all([newKeyPair(), newKeyPair()]);
  const ids = { account: checkedId(account), diary: checkedId(diary), device: checkedId(device), login: '' };
  return session.adopt(ids, { account_key: randomBytes(32), diary_key: randomBytes(32), ecdsa, hpke });
}

/**
 * Seal the identity as a store record at `id`.
 * @param id 16 bytes
 */
export async function sealIdentity(session: Session, id: Bytes): Promise<Bytes> {
  const { identity, epochs } = session.unlocked;
  const readSecret = (name: string) => (session.secrets.has(name) ? session.secrets.use(name, b64) : null);
  const [account_key, diary_key, ecdsa, hpke, capture, proof] = await Promise.all(
    [...SECRET_NAMES, 'capture', 'proof'].map(readSecret),
  );
  const { authors: _authors, earlier, ...publicFields } = identity; // `authors` is derived from the statements
  const { olderDiaryKeys: diaryKeysByEpoch } = session.unlocked;
  const olderDiaryKeys = await Promise.all(
    [...diaryKeysByEpoch.keys()].map(async (epoch) => [epoch, await readSecret(`diary_key:${epoch}`)]),
  );
  const olderHpkeKeys = await Promise.all(session.olderHpkeNames().map(readSecret));
  const desc = {
    k: 'identity',
    ...publicFields,
    ...(earlier.length ? { earlier: earlier } : {}),
    ...(olderDiaryKeys.length ? { olds: olderDiaryKeys } : {}),
    ...(olderHpkeKeys.length ? { hpkes: olderHpkeKeys } : {}),
    account_epoch: epochs.account,
    diary_epoch: epochs.diary,
    kdf_high: session.kdfHigh,
    account_key,
    diary_key,
    ecdsa,
    hpke,
    capture,
    proof,
  };
  return sealBox(session.openStore.key, id, desc);
}

/** Open and use the identity stored at `id`. Throws `not_opened`. */
export async function loadIdentity(session: Session, id: Bytes, sealed: Uint8Array): Promise<PublicIdentity> {
  const desc = (await openBox(session.openStore.key, id, sealed)).desc as StoredIdentity;
  if (desc.k !== 'identity') throw new KeptError('not_opened');
  for (const name of ['capture', 'proof'] as const) {
    if (desc[name]) await session.secrets.put(name, unb64(desc[name]));
    else session.secrets.drop(name);
  }
  session.kdfHigh = Math.max(session.kdfHigh, desc.kdf_high);
  return session.adopt(
    desc,
    {
      account_key: unb64(desc.account_key),
      diary_key: unb64(desc.diary_key),
      ecdsa: { scalar: unb64(desc.ecdsa), pub: unb64(desc.ecdsa_pub) },
      hpke: { scalar: unb64(desc.hpke), pub: unb64(desc.hpke_pub) },
    },
    { account: desc.account_epoch, diary: desc.diary_epoch },
    {
      earlier: desc.earlier ?? [],
      olderDiaryKeys: (desc.olds ?? []).map(([epoch, key]) => [epoch, unb64(key)]),
      olderHpkeKeys: (desc.hpkes ?? []).map(unb64),
    },
  );
}

/** Return the body of a registration, without the ticket and the device's name. */
export async function buildEnrolment(
  session: Session,
  {
    login,
    words,
    cost = defaultCost(),
    withCode = false,
  }: { login: string; words: string; cost?: KdfCost; withCode?: boolean },
) {
  const { identity, epochs } = session.unlocked;
  const { account, diary, device } = identity;
  const wordsWrap = await wrapAccountKeyForWords(session, words, cost, login);
  identity.login = login;
  const code = withCode ? await makeRecoveryCode(session) : null;
  const [keyset, diaryWrap] = await session.secrets.use('account_key', async (accountKey) => {
    const accountWrappingKey = await importKey(accountKey);
    const header = diaryWrapHeader(account, diary, epochs.diary);
    return Promise.all([
      session
        .ownKeyPairs()
        .then((pairs) => sealKeyset(accountWrappingKey, { account, epoch: epochs.account, rev: 1 }, pairs)),
      session.secrets.use('diary_key', (diaryKey) => wrapKey(accountWrappingKey, header, diaryKey)),
    ]);
  });
  const body = {
    account,
    login,
    ...wordsWrap,
    code_auth: code?.code_auth ?? null,
    code_wrap: code?.code_wrap ?? null,
    keyset: b64(keyset),
    ecdsa_pub: identity.ecdsa_pub,
    hpke_pub: identity.hpke_pub,
    device,
    diary: { diary, wrap: b64(diaryWrap) },
  };
  return { body, code: code && { words12: code.words12, crockford: code.crockford } };
}

/**
 * Return the sign-in proof of the words. The server chose the kdf, so it is checked before anything is derived.
 * Throws `kdf_refused`.
 */
export async function proveWords(
  session: Session,
  {
    words,
    kdf: receivedKdf,
    login,
    high: highestCost = 0,
  }: { words: string; kdf: unknown; login: string; high?: number },
): Promise<{ auth: string }> {
  const kdf = checkKdf(receivedKdf, session.policy, Math.max(highestCost, session.kdfHigh));
  if (kdf.login !== login || kdf.origin !== session.origin) {
    throw new KeptError('kdf_refused', 'This lock belongs to another name or address. Nothing was sent.');
  }
  const root = await session.deriveRoot(normaliseWords(words), kdf);
  const proof = await deriveAuth(root, kdf, session.origin);
  session.pendingSignIn = { kdf, root };
  return { auth: b64(proof) };
}

/** Return the proof of the recovery code. Throws `bad_request` when the code's checksum is wrong. */
export async function proveCode(
  session: Session,
  { code: typedCode, login }: { code: string; login: string },
): Promise<{ code_auth: string }> {
  const code = await parseRecoveryCode(typedCode);
  const proof = await proofOfCode(code, login);
  session.pendingSignIn = { code: await importHkdfKey(code), login };
  code.fill(0);
  return { code_auth: b64(proof) };
}

/**
 * Open the account from a sign-in response, after `proveWords` or `proveCode`: wrap, keyset, diary. Throws
 * `not_opened`, or `kdf_refused` when the wrap names another kdf than the one that was checked.
 * @param input `diary`: which one, by default the first
 */
export async function openAccount(
  session: Session,
  {
    answer: response,
    login,
    device,
    diary,
  }: { answer: SignInResponse; login: string; device?: string; diary?: string },
): Promise<PublicIdentity> {
  const pendingSignIn = session.pendingSignIn;
  const { diary: diaryId, secrets, epochs, earlier } = await readAccount(session, response, diary);
  if (pendingSignIn && 'kdf' in pendingSignIn) session.recordKdfCost(pendingSignIn.kdf);
  session.pendingSignIn = null;
  const ids = { account: response.account, diary: diaryId, device: checkedId(device), login };
  return session.adopt(ids, secrets, epochs, { earlier });
}

/**
 * Return the secrets in a sign-in response, after `proveWords` or `proveCode`, without using them. Throws
 * `not_opened`.
 * @param diary which one, by default the first
 */
export async function readAccount(session: Session, response: SignInResponse, diary?: string) {
  const { account, opener: accountWrappingKey, epoch, earlier, ...keyPairs } = await readAccountKeys(session, response);
  const diaryWrapEntry = diary ? response.diaries.find((entry) => entry.diary === diary) : response.diaries[0];
  if (!diaryWrapEntry) throw new KeptError('not_opened');
  const diaryKey = await unwrapKey(
    accountWrappingKey,
    diaryWrapHeader(account, diaryWrapEntry.diary, positiveInteger(diaryWrapEntry.epoch)),
    unb64(diaryWrapEntry.wrap),
  );
  return {
    diary: diaryWrapEntry.diary,
    secrets: { ...keyPairs, diary_key: diaryKey },
    epochs: { account: epoch, diary: diaryWrapEntry.epoch },
    earlier,
  };
}

/** Return the account's own keys in a sign-in response, with or without a diary. Throws `not_opened`. */
export async function readAccountKeys(
  session: Session,
  response: Pick<SignInResponse, 'account' | 'words_wrap' | 'code_wrap' | 'keyset'>,
) {
  if (!session.pendingSignIn) throw new KeptError('locked');
  const { account } = response;
  const { raw: rawAccountKey, epoch } = await openAccountKey(session, account, response);
  const accountWrappingKey = await importKey(rawAccountKey);
  const keyset = unb64(response.keyset);
  const { epoch: keysetEpoch, rev } = readUnverifiedHeader(keyset, 'keyset');
  const opened = await openKeyset(
    accountWrappingKey,
    { account, epoch: positiveInteger(keysetEpoch), rev: positiveInteger(rev) },
    keyset,
  );
  return { ...opened, account, account_key: rawAccountKey, epoch, opener: accountWrappingKey };
}

/** Wrap the account key for new words. */
export async function changeWords(
  session: Session,
  {
    words,
    login = session.unlocked.identity.login,
    cost = defaultCost(),
  }: { words: string; login?: string; cost?: KdfCost },
) {
  return wrapAccountKeyForWords(session, words, cost, login);
}

/** Make a recovery code: both written forms, and what the server stores. Held until `confirmRecoveryCode`. */
export async function makeRecoveryCode(session: Session) {
  const { identity, epochs } = session.unlocked;
  if (!identity.login) throw new KeptError('bad_request', 'A recovery code needs a username first.');
  const code = freshCode();
  await session.secrets.put('code', code);
  const codeWrappingKey = await importKey(await deriveCodeKek(code));
  const header = accountWrapHeader('code', identity.account, epochs.account);
  const wrapped = await session.secrets.use('account_key', (accountKey) =>
    wrapKey(codeWrappingKey, header, accountKey),
  );
  const proof = await proofOfCode(code, identity.login);
  const result = {
    words12: (await recoveryCodeWords(code)).split(' '),
    crockford: recoveryCodeText(code),
    code_auth: b64(proof),
    code_wrap: b64(wrapped),
  };
  code.fill(0);
  return result;
}

/** Check that the typed code is the one just made. Throws `no_match`. */
export async function confirmRecoveryCode(session: Session, typedCode: string) {
  const enteredCode = await parseRecoveryCode(typedCode).catch(() => new Uint8Array(0));
  const isMatch = await session.secrets.use('code', (code) => bytesEqual(code, enteredCode));
  if (!isMatch) throw new KeptError('no_match', 'That is not the recovery code that was shown. Look again.');
  session.secrets.drop('code');
}

/**
 * Return the sign-in proof that a release before tokens stored, b64; null when there is none. It is used once, to get
 * tokens, and then deleted. Current releases derive a proof for one action and never store it.
 */
export async function earlierProof(session: Session): Promise<string | null> {
  return session.secrets.has('proof') ? session.secrets.use('proof', b64) : null;
}

export function forgetEarlierProof(session: Session) {
  session.secrets.drop('proof');
}

/** Record that an earlier registration succeeded: its name and cost are this account's. */
export function markRegistered(session: Session, { login, kdf }: { login: string; kdf: Kdf }) {
  session.unlocked.identity.login = login;
  session.recordKdfCost(kdf);
}

async function wrapAccountKeyForWords(session: Session, words: string, cost: KdfCost, login: string) {
  const { identity, epochs } = session.unlocked;
  const kdf = checkKdf(newKdf(cost, login, session.origin), session.policy);
  const root = await session.deriveRoot(normaliseWords(words), kdf);
  const wordsWrappingKey = await importKey(await deriveWordsKek(root, kdf));
  const header = accountWrapHeader('words', identity.account, epochs.account, kdf);
  const wrapped = await session.secrets.use('account_key', (accountKey) =>
    wrapKey(wordsWrappingKey, header, accountKey),
  );
  session.recordKdfCost(kdf);
  return { kdf, auth: b64(await deriveAuth(root, kdf, session.origin)), words_wrap: b64(wrapped) };
}

async function openAccountKey(
  session: Session,
  account: string,
  { words_wrap, code_wrap }: Pick<SignInResponse, 'words_wrap' | 'code_wrap'>,
) {
  const pendingSignIn = session.pendingSignIn as PendingSignIn;
  const wrappedBy = 'kdf' in pendingSignIn ? 'words' : 'code';
  const wrapped = unb64((wrappedBy === 'words' ? words_wrap : code_wrap) ?? '');
  const epoch = positiveInteger(readUnverifiedHeader(wrapped, 'wrap').epoch);
  const kdf = 'kdf' in pendingSignIn ? pendingSignIn.kdf : undefined;
  const rawWrappingKey =
    'kdf' in pendingSignIn
      ? await deriveWordsKek(pendingSignIn.root, pendingSignIn.kdf)
      : await deriveCodeKek(pendingSignIn.code);
  return {
    raw: await unwrapKey(await importKey(rawWrappingKey), accountWrapHeader(wrappedBy, account, epoch, kdf), wrapped),
    epoch,
  };
}

/** Return the default cost, or the floor on a slow engine. */
export function defaultCost(): KdfCost {
  return engineName() === 'wasm' ? DEFAULT_COST : COST_FLOOR;
}

function checkedId(id: string | undefined): string {
  return id === undefined ? formatId(newId()) : formatId(parseId(id));
}

function positiveInteger(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw new KeptError('not_opened');
  return value;
}
