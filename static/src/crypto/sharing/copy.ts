/**
 * The keys of a sealed copy (`.kept`): the account key under the words, the rest under the account key. A copy opens
 * with the words or the recovery code, without a server. It contains nothing that opens a sign-in, and nothing
 * derived from that.
 */
import { b64 } from '../../core/bytes.js';
import { openAccount } from '../worker/accounts.js';
import { readCode } from '../code.js';
import { importKey } from '../cobblestone.js';
import { importHkdfKey } from '../digests.js';
import { DEFAULT, LOCAL_ORIGIN, checkKdf, kekWords, newKdf } from '../kdf.js';
import { accountWrapHeader, diaryWrapHeader, sealKeyset, wrap } from '../keys.js';
import { normalise } from '../words.js';
import type { PublicIdentity, Session } from '../worker/session.js';

/** Wraps b64 */
type CopyKeys = {
  account: string;
  diary: string;
  diary_epoch: number;
  kdf: unknown;
  words_wrap: string;
  code_wrap: string | null;
  keyset: string;
  diary_wrap: string;
};

/**
 * Return the keys of a sealed copy.
 * @param input words that the caller has checked to be this phone's
 * @returns without the code's wrap: only the code itself could make it
 */
export async function copyKeys(session: Session, { words }: { words: string }): Promise<CopyKeys> {
  const { identity, epochs } = session.own;
  const { account, diary, login } = identity;
  const kdf = checkKdf(newKdf(DEFAULT, login, login ? session.origin : LOCAL_ORIGIN), session.policy);
  const kek = await importKey(await kekWords(await session.root(normalise(words), kdf), kdf));
  const pairs = await session.pairs();
  return session.held.use('account_key', async (accountKey) => {
    const opener = await importKey(accountKey);
    const [words_wrap, keyset, diary_wrap] = await Promise.all([
      wrap(kek, accountWrapHeader('words', account, epochs.account, kdf), accountKey),
      sealKeyset(opener, { account, epoch: epochs.account, rev: 1 }, pairs),
      session.held.use('diary_key', (diaryKey) =>
        wrap(opener, diaryWrapHeader(account, diary, epochs.diary), diaryKey),
      ),
    ]);
    return {
      account,
      diary,
      diary_epoch: epochs.diary,
      kdf,
      words_wrap: b64(words_wrap),
      code_wrap: null,
      keyset: b64(keyset),
      diary_wrap: b64(diary_wrap),
    };
  });
}

/**
 * Open the identity in a copy, as another device. It has no sign-in name: any server may register it under a new one.
 * Throws not_opened, kdf_refused, and bad_request for an invalid code.
 * @param input words or code
 */
export async function openCopy(
  session: Session,
  { keys, words, code, device }: { keys: CopyKeys; words?: string; code?: string; device?: string },
): Promise<PublicIdentity> {
  if (code !== undefined) {
    session.signingIn = { code: await importHkdfKey(await readCode(code)), login: '' };
  } else {
    const kdf = checkKdf(keys.kdf, session.policy);
    session.signingIn = { kdf, root: await session.root(normalise(words ?? ''), kdf) };
  }
  const { account, words_wrap, code_wrap, keyset, diary, diary_epoch, diary_wrap } = keys;
  const answer = {
    account,
    words_wrap,
    code_wrap: code_wrap ?? '',
    keyset,
    diaries: [{ diary, epoch: diary_epoch, wrap: diary_wrap }],
  };
  return openAccount(session, { answer, login: '', ...(device ? { device } : {}) });
}
