/** The engine's account functions: make an identity, store it, register, sign in, change words. */
import { b64, isSame, random, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { idText, newId, parseId } from '../../core/ids.js';
import { engineName } from '../argon2.js';
import { openBox, sealBox } from '../box.js';
import { codeText, codeWords, newCode as freshCode, readCode } from '../code.js';
import { importKey } from '../cobblestone.js';
import { claimedHeader } from '../envelope.js';
import { importHkdfKey } from '../digests.js';
import { DEFAULT, FLOOR, authOf, checkKdf, codeAuth as proofOfCode, kekCode, kekWords, newKdf } from '../kdf.js';
import { accountWrapHeader, diaryWrapHeader, openKeyset, sealKeyset, unwrap, wrap } from '../keys.js';
import { newPair } from '../signing.js';
import { normalise } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { Cost } from '../argon2.js';
import type { Kdf } from '../kdf.js';
import type { Statement } from '../sharing/statements.js';
import type { PublicIdentity, Session, SigningIn } from './session.js';

type DiaryAnswer = { diary: string; epoch: number; wrap: string };
/** Of a sign-in, docs/api.md */
export type Answer = {
  account: string;
  words_wrap?: string;
  code_wrap?: string;
  keyset: string;
  diaries: readonly DiaryAnswer[];
};

/** As `sealIdentity` writes it; keys and proof b64. Needs no checks: a record opens only under this store's own key */
type KeptIdentity = Record<'capture' | 'proof', string | null> & {
  k: string;
  account: string;
  diary: string;
  device: string;
  login: string;
  ecdsa_pub: string;
  hpke_pub: string;
  earlier?: readonly Statement[];
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

const SECRETS = ['account_key', 'diary_key', 'ecdsa', 'hpke'] as const;

/** Make every key of a new diary. Returns nothing secret. */
export async function newIdentity(
  session: Session,
  { account, diary, device }: { account?: string; diary?: string; device?: string } = {},
): Promise<PublicIdentity> {
  const [ecdsa, hpke] = await Promise.all([newPair(), newPair()]);
  const ids = { account: checkedId(account), diary: checkedId(diary), device: checkedId(device), login: '' };
  return session.adopt(ids, { account_key: random(32), diary_key: random(32), ecdsa, hpke });
}

/**
 * Seal the identity as a store record at `id`.
 * @param id 16 bytes
 */
export async function sealIdentity(session: Session, id: Bytes): Promise<Bytes> {
  const { identity, epochs } = session.own;
  const read = (name: string) => (session.held.has(name) ? session.held.use(name, b64) : null);
  const [account_key, diary_key, ecdsa, hpke, capture, proof] = await Promise.all(
    [...SECRETS, 'capture', 'proof'].map(read),
  );
  const { authors: _authors, earlier, ...said } = identity; // `authors` is derived from the statements
  const { olds } = session.own;
  const kept = await Promise.all([...olds.keys()].map(async (epoch) => [epoch, await read(`diary_key:${epoch}`)]));
  const hpkes = await Promise.all(session.hpkesBefore().map(read));
  const desc = {
    k: 'identity',
    ...said,
    ...(earlier.length ? { earlier: earlier } : {}),
    ...(kept.length ? { olds: kept } : {}),
    ...(hpkes.length ? { hpkes } : {}),
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
  return sealBox(session.store.key, id, desc);
}

/** Open and use the identity stored at `id`. Throws `not_opened`. */
export async function loadIdentity(session: Session, id: Bytes, sealed: Uint8Array): Promise<PublicIdentity> {
  const desc = (await openBox(session.store.key, id, sealed)).desc as KeptIdentity;
  if (desc.k !== 'identity') throw new KeptError('not_opened');
  for (const name of ['capture', 'proof'] as const) {
    if (desc[name]) await session.held.put(name, unb64(desc[name]));
    else session.held.drop(name);
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
      olds: (desc.olds ?? []).map(([epoch, key]) => [epoch, unb64(key)]),
      hpkes: (desc.hpkes ?? []).map(unb64),
    },
  );
}

/** Return the body of a registration, without the ticket and the device's name. */
export async function enrolment(
  session: Session,
  {
    login,
    words,
    cost = usualCost(),
    withCode = false,
  }: { login: string; words: string; cost?: Cost; withCode?: boolean },
) {
  const { identity, epochs } = session.own;
  const { account, diary, device } = identity;
  const forWords = await wrapForWords(session, words, cost, login);
  identity.login = login;
  const code = withCode ? await newCode(session) : null;
  const [keyset, diaryWrap] = await session.held.use('account_key', async (accountKey) => {
    const opener = await importKey(accountKey);
    const header = diaryWrapHeader(account, diary, epochs.diary);
    return Promise.all([
      session.pairs().then((pairs) => sealKeyset(opener, { account, epoch: epochs.account, rev: 1 }, pairs)),
      session.held.use('diary_key', (diaryKey) => wrap(opener, header, diaryKey)),
    ]);
  });
  const body = {
    account,
    login,
    ...forWords,
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
export async function auth(
  session: Session,
  { words, kdf: offered, login, high = 0 }: { words: string; kdf: unknown; login: string; high?: number },
): Promise<{ auth: string }> {
  const kdf = checkKdf(offered, session.policy, Math.max(high, session.kdfHigh));
  if (kdf.login !== login || kdf.origin !== session.origin) {
    throw new KeptError('kdf_refused', 'This lock belongs to another name or address. Nothing was sent.');
  }
  const root = await session.root(normalise(words), kdf);
  const proof = await authOf(root, kdf, session.origin);
  session.signingIn = { kdf, root };
  return { auth: b64(proof) };
}

/** Return the proof of the recovery code. Throws `bad_request` when the code's checksum is wrong. */
export async function codeAuth(
  session: Session,
  { code: typed, login }: { code: string; login: string },
): Promise<{ code_auth: string }> {
  const code = await readCode(typed);
  const proof = await proofOfCode(code, login);
  session.signingIn = { code: await importHkdfKey(code), login };
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
  { answer, login, device, diary }: { answer: Answer; login: string; device?: string; diary?: string },
): Promise<PublicIdentity> {
  const signingIn = session.signingIn;
  const { diary: found, secrets, epochs, earlier } = await readAccount(session, answer, diary);
  if (signingIn && 'kdf' in signingIn) session.saw(signingIn.kdf);
  session.signingIn = null;
  const ids = { account: answer.account, diary: found, device: checkedId(device), login };
  return session.adopt(ids, secrets, epochs, { earlier });
}

/**
 * Return the secrets in a sign-in response, after `proveWords` or `proveCode`, without using them. Throws
 * `not_opened`.
 * @param diary which one, by default the first
 */
export async function readAccount(session: Session, answer: Answer, diary?: string) {
  const { account, opener, epoch, earlier, ...own } = await readKeys(session, answer);
  const listed = diary ? answer.diaries.find((one) => one.diary === diary) : answer.diaries[0];
  if (!listed) throw new KeptError('not_opened');
  const diaryKey = await unwrap(
    opener,
    diaryWrapHeader(account, listed.diary, wholeNumber(listed.epoch)),
    unb64(listed.wrap),
  );
  return {
    diary: listed.diary,
    secrets: { ...own, diary_key: diaryKey },
    epochs: { account: epoch, diary: listed.epoch },
    earlier,
  };
}

/** Return the account's own keys in a sign-in response, with or without a diary. Throws `not_opened`. */
export async function readKeys(
  session: Session,
  answer: Pick<Answer, 'account' | 'words_wrap' | 'code_wrap' | 'keyset'>,
) {
  if (!session.signingIn) throw new KeptError('locked');
  const { account } = answer;
  const { raw, epoch } = await openAccountKey(session, account, answer);
  const opener = await importKey(raw);
  const keyset = unb64(answer.keyset);
  const { epoch: kept, rev } = claimedHeader(keyset, 'keyset');
  const opened = await openKeyset(opener, { account, epoch: wholeNumber(kept), rev: wholeNumber(rev) }, keyset);
  return { ...opened, account, account_key: raw, epoch, opener };
}

/** Wrap the account key for new words. */
export async function changeWords(
  session: Session,
  { words, login = session.own.identity.login, cost = usualCost() }: { words: string; login?: string; cost?: Cost },
) {
  return wrapForWords(session, words, cost, login);
}

/** Make a recovery code: both written forms, and what the server stores. Held until `confirmRecoveryCode`. */
export async function newCode(session: Session) {
  const { identity, epochs } = session.own;
  if (!identity.login) throw new KeptError('bad_request', 'A recovery code needs a sign-in name first.');
  const code = freshCode();
  await session.held.put('code', code);
  const opener = await importKey(await kekCode(code));
  const header = accountWrapHeader('code', identity.account, epochs.account);
  const wrapped = await session.held.use('account_key', (accountKey) => wrap(opener, header, accountKey));
  const proof = await proofOfCode(code, identity.login);
  const made = {
    words12: (await codeWords(code)).split(' '),
    crockford: codeText(code),
    code_auth: b64(proof),
    code_wrap: b64(wrapped),
  };
  code.fill(0);
  return made;
}

/** Check that the typed code is the one just made. Throws `no_match`. */
export async function confirmCode(session: Session, typed: string) {
  const written = await readCode(typed).catch(() => new Uint8Array(0));
  const matches = await session.held.use('code', (code) => isSame(code, written));
  if (!matches) throw new KeptError('no_match', 'That is not the code that was shown. Look again.');
  session.held.drop('code');
}

/**
 * Return the sign-in proof that a release before tokens stored, b64; null when there is none. It is used once, to get
 * tokens, and then deleted. Current releases derive a proof for one action and never store it.
 */
export async function earlierProof(session: Session): Promise<string | null> {
  return session.held.has('proof') ? session.held.use('proof', b64) : null;
}

export function forgetEarlierProof(session: Session) {
  session.held.drop('proof');
}

/** Record that an earlier registration succeeded: its name and cost are this account's. */
export function registeredAs(session: Session, { login, kdf }: { login: string; kdf: Kdf }) {
  session.own.identity.login = login;
  session.saw(kdf);
}

async function wrapForWords(session: Session, words: string, cost: Cost, login: string) {
  const { identity, epochs } = session.own;
  const kdf = checkKdf(newKdf(cost, login, session.origin), session.policy);
  const root = await session.root(normalise(words), kdf);
  const opener = await importKey(await kekWords(root, kdf));
  const header = accountWrapHeader('words', identity.account, epochs.account, kdf);
  const wrapped = await session.held.use('account_key', (accountKey) => wrap(opener, header, accountKey));
  session.saw(kdf);
  return { kdf, auth: b64(await authOf(root, kdf, session.origin)), words_wrap: b64(wrapped) };
}

async function openAccountKey(
  session: Session,
  account: string,
  { words_wrap, code_wrap }: Pick<Answer, 'words_wrap' | 'code_wrap'>,
) {
  const signingIn = session.signingIn as SigningIn;
  const by = 'kdf' in signingIn ? 'words' : 'code';
  const wrapped = unb64((by === 'words' ? words_wrap : code_wrap) ?? '');
  const epoch = wholeNumber(claimedHeader(wrapped, 'wrap').epoch);
  const kdf = 'kdf' in signingIn ? signingIn.kdf : undefined;
  const kek = 'kdf' in signingIn ? await kekWords(signingIn.root, signingIn.kdf) : await kekCode(signingIn.code);
  return { raw: await unwrap(await importKey(kek), accountWrapHeader(by, account, epoch, kdf), wrapped), epoch };
}

/** Return the default cost, or the floor on a slow engine. */
export function usualCost(): Cost {
  return engineName() === 'wasm' ? DEFAULT : FLOOR;
}

function checkedId(id: string | undefined): string {
  return id === undefined ? idText(newId()) : idText(parseId(id));
}

function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw new KeptError('not_opened');
  return value;
}
