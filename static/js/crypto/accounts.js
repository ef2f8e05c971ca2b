/** The engine's part in accounts: making an identity, keeping it, registering, signing in, changing words. */
import { b64, isSame, random, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { idText, newId, parseId } from '../core/ids.js';
import { engineName } from './argon2.js';
import { openBox, sealBox } from './box.js';
import { codeText, codeWords, newCode as freshCode, readCode } from './code.js';
import { importKey } from './cobblestone.js';
import { claimedHeader } from './envelope.js';
import { importHkdfKey } from './digests.js';
import { DEFAULT, FLOOR, authOf, checkKdf, codeAuth as proofOfCode, kekCode, kekWords, newKdf } from './kdf.js';
import { accountWrapHeader, diaryWrapHeader, openKeyset, sealKeyset, unwrap, wrap } from './keys.js';
import { newPair } from './signing.js';
import { normalise } from './words.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./session.js').PublicIdentity} PublicIdentity */
/** @typedef {import('./argon2.js').Cost} Cost */
/** @typedef {{diary: string, epoch: number, wrap: string}} DiaryAnswer */
/** @typedef {{account: string, words_wrap?: string, code_wrap?: string, keyset: string, diaries: readonly DiaryAnswer[]}} Answer of a sign-in, docs/api.md */

const SECRETS = /** @type {const} */ (['account_key', 'diary_key', 'ecdsa', 'hpke']);

/**
 * Makes every key of a new diary. Nothing secret is returned.
 * @param {Session} session
 * @param {{account?: string, diary?: string, device?: string}} [ids]
 * @returns {Promise<PublicIdentity>}
 */
export async function newIdentity(session, { account, diary, device } = {}) {
  const [ecdsa, hpke] = await Promise.all([newPair(), newPair()]);
  const ids = { account: checkedId(account), diary: checkedId(diary), device: checkedId(device), login: '' };
  return session.adopt(ids, { account_key: random(32), diary_key: random(32), ecdsa, hpke });
}

/**
 * The identity as a store record at `id`.
 * @param {Session} session
 * @param {Bytes} id 16 bytes
 * @returns {Promise<Bytes>}
 */
export async function sealIdentity(session, id) {
  const { identity, epochs } = session.own;
  const read = (/** @type {string} */ name) => (session.held.has(name) ? session.held.use(name, b64) : null);
  const [account_key, diary_key, ecdsa, hpke, capture, proof] = await Promise.all(
    [...SECRETS, 'capture', 'proof'].map(read),
  );
  const { authors: _authors, earlier, ...said } = identity; // made again from the statements
  const { olds } = session.own;
  const kept = await Promise.all([...olds.keys()].map(async (epoch) => [epoch, await read(`diary_key:${epoch}`)]));
  const hpkes = await Promise.all(session.hpkesBefore().map(read));
  const desc = {
    k: 'identity',
    ...said,
    ...(earlier.length ? { earlier: /** @type {any} */ (earlier) } : {}),
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
  return sealBox(session.store.key, id, /** @type {any} */ (desc));
}

/**
 * Takes the identity kept at `id` into use. Throws `not_opened`.
 * @param {Session} session
 * @param {Bytes} id
 * @param {Uint8Array} sealed
 * @returns {Promise<PublicIdentity>}
 */
export async function loadIdentity(session, id, sealed) {
  const desc = /** @type {Record<string, any>} */ ((await openBox(session.store.key, id, sealed)).desc);
  if (desc.k !== 'identity') throw new KeptError('not_opened');
  for (const name of ['capture', 'proof']) {
    if (desc[name]) await session.held.put(name, unb64(desc[name]));
    else session.held.drop(name);
  }
  session.kdfHigh = Math.max(session.kdfHigh, desc.kdf_high);
  return session.adopt(
    /** @type {any} */ (desc),
    {
      account_key: unb64(desc.account_key),
      diary_key: unb64(desc.diary_key),
      ecdsa: { scalar: unb64(desc.ecdsa), pub: unb64(desc.ecdsa_pub) },
      hpke: { scalar: unb64(desc.hpke), pub: unb64(desc.hpke_pub) },
    },
    { account: desc.account_epoch, diary: desc.diary_epoch },
    {
      earlier: desc.earlier ?? [],
      olds: (desc.olds ?? []).map((/** @type {[number, string]} */ [epoch, key]) => [epoch, unb64(key)]),
      hpkes: (desc.hpkes ?? []).map(unb64),
    },
  );
}

/**
 * What a registration sends, but for the ticket and the device's name.
 * @param {Session} session
 * @param {{login: string, words: string, cost?: Cost, withCode?: boolean}} wish
 */
export async function enrolment(session, { login, words, cost = usualCost(), withCode = false }) {
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
 * The proof of the words, for sign-in. The kdf comes from the server, so it is judged first; nothing is
 * derived from a refused one. Throws `kdf_refused`.
 * @param {Session} session
 * @param {{words: string, kdf: unknown, login: string, high?: number}} given
 * @returns {Promise<{auth: string}>}
 */
export async function auth(session, { words, kdf: offered, login, high = 0 }) {
  const kdf = checkKdf(offered, session.policy, Math.max(high, session.kdfHigh));
  if (kdf.login !== login || kdf.origin !== session.origin) {
    throw new KeptError('kdf_refused', 'This lock belongs to another name or address. Nothing was sent.');
  }
  const root = await session.root(normalise(words), kdf);
  const proof = await authOf(root, kdf, session.origin);
  session.signingIn = { kdf, root };
  return { auth: b64(proof) };
}

/**
 * The proof of the recovery code. Throws `bad_request` when the code does not check.
 * @param {Session} session
 * @param {{code: string, login: string}} given
 * @returns {Promise<{code_auth: string}>}
 */
export async function codeAuth(session, { code: typed, login }) {
  const code = await readCode(typed);
  const proof = await proofOfCode(code, login);
  session.signingIn = { code: await importHkdfKey(code), login };
  code.fill(0);
  return { code_auth: b64(proof) };
}

/**
 * Opens what the server keeps for the account, after `auth` or `codeAuth`: wrap, keyset, first diary.
 * Throws `not_opened`, or `kdf_refused` when the wrap names another kdf than the one that was judged.
 * @param {Session} session
 * @param {{answer: Answer, login: string, device?: string, diary?: string}} given `diary`: which, else the first
 * @returns {Promise<PublicIdentity>}
 */
export async function openAccount(session, { answer, login, device, diary }) {
  const signingIn = session.signingIn;
  const { diary: found, secrets, epochs, earlier } = await readAccount(session, answer, diary);
  if (signingIn && 'kdf' in signingIn) session.saw(signingIn.kdf);
  session.signingIn = null;
  const ids = { account: answer.account, diary: found, device: checkedId(device), login };
  return session.adopt(ids, secrets, epochs, { earlier });
}

/**
 * The secrets in a sign-in's answer, after `auth` or `codeAuth`; nothing is taken into use. Throws `not_opened`.
 * @param {Session} session
 * @param {Answer} answer
 * @param {string} [diary] which, else the first
 */
export async function readAccount(session, answer, diary) {
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

/**
 * The account's own keys in a sign-in's answer, whether or not it has a diary. Throws `not_opened`.
 * @param {Session} session
 * @param {Pick<Answer, 'account'|'words_wrap'|'code_wrap'|'keyset'>} answer
 */
export async function readKeys(session, answer) {
  if (!session.signingIn) throw new KeptError('locked');
  const { account } = answer;
  const { raw, epoch } = await openAccountKey(session, account, answer);
  const opener = await importKey(raw);
  const keyset = unb64(answer.keyset);
  const { epoch: kept, rev } = claimedHeader(keyset, 'keyset');
  const opened = await openKeyset(opener, { account, epoch: wholeNumber(kept), rev: wholeNumber(rev) }, keyset);
  return { ...opened, account, account_key: raw, epoch, opener };
}

/**
 * The account key wrapped for new words.
 * @param {Session} session
 * @param {{words: string, login?: string, cost?: Cost}} given
 */
export async function changeWords(session, { words, login = session.own.identity.login, cost = usualCost() }) {
  return wrapForWords(session, words, cost, login);
}

/**
 * A new recovery code, in both spellings, and what the server keeps of it. Held until `confirmCode`.
 * @param {Session} session
 */
export async function newCode(session) {
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

/**
 * Whether what was written down is the code just made. Throws `no_match`.
 * @param {Session} session
 * @param {string} typed
 */
export async function confirmCode(session, typed) {
  const written = await readCode(typed).catch(() => new Uint8Array(0));
  const matches = await session.held.use('code', (code) => isSame(code, written));
  if (!matches) throw new KeptError('no_match', 'That is not the code that was shown. Look again.');
  session.held.drop('code');
}

/**
 * The proof that a release before tokens kept, b64; null where there is none. It is given once, for tokens, and then forgotten:
 * a proof is made of what was typed for one act, and kept nowhere.
 * @param {Session} session
 * @returns {Promise<string|null>}
 */
export async function earlierProof(session) {
  return session.held.has('proof') ? session.held.use('proof', b64) : null;
}

/** @param {Session} session */
export function forgetEarlierProof(session) {
  session.held.drop('proof');
}

/**
 * A registration that was sent before counts: its name and cost are this account's.
 * @param {Session} session
 * @param {{login: string, kdf: import('./kdf.js').Kdf}} registration
 */
export function registeredAs(session, { login, kdf }) {
  session.own.identity.login = login;
  session.saw(kdf);
}

/**
 * @param {Session} session
 * @param {string} words
 * @param {Cost} cost
 * @param {string} login
 */
async function wrapForWords(session, words, cost, login) {
  const { identity, epochs } = session.own;
  const kdf = checkKdf(newKdf(cost, login, session.origin), session.policy);
  const root = await session.root(normalise(words), kdf);
  const opener = await importKey(await kekWords(root, kdf));
  const header = accountWrapHeader('words', identity.account, epochs.account, kdf);
  const wrapped = await session.held.use('account_key', (accountKey) => wrap(opener, header, accountKey));
  session.saw(kdf);
  return { kdf, auth: b64(await authOf(root, kdf, session.origin)), words_wrap: b64(wrapped) };
}

/** @param {Session} session @param {string} account @param {Pick<Answer, 'words_wrap'|'code_wrap'>} answer */
async function openAccountKey(session, account, { words_wrap, code_wrap }) {
  const signingIn = /** @type {import('./session.js').SigningIn} */ (session.signingIn);
  const by = 'kdf' in signingIn ? 'words' : 'code';
  const wrapped = unb64((by === 'words' ? words_wrap : code_wrap) ?? '');
  const epoch = wholeNumber(claimedHeader(wrapped, 'wrap').epoch);
  const kdf = 'kdf' in signingIn ? signingIn.kdf : undefined;
  const kek = 'kdf' in signingIn ? await kekWords(signingIn.root, signingIn.kdf) : await kekCode(signingIn.code);
  return { raw: await unwrap(await importKey(kek), accountWrapHeader(by, account, epoch, kdf), wrapped), epoch };
}

/** The account's cost: the default, or the floor where a slow engine makes it. @returns {Cost} */
export function usualCost() {
  return engineName() === 'wasm' ? DEFAULT : FLOOR;
}

/**
 * @param {string | undefined} id
 * @returns {string}
 */
function checkedId(id) {
  return id === undefined ? idText(newId()) : idText(parseId(id));
}

/**
 * @param {unknown} value
 * @returns {number}
 */
function wholeNumber(value) {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw new KeptError('not_opened');
  return value;
}
