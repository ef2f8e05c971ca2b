/**
 * The keys of a sealed copy (`.kept`): the account key under the words, the rest under the account key. A copy opens
 * with the words or the recovery code, without a server. It contains nothing that opens a sign-in, and nothing
 * derived from that.
 */
import { b64 } from '../../core/bytes.js';
import { openAccount } from '../worker/accounts.js';
import { parseRecoveryCode } from '../code.js';
import { importKey } from '../cobblestone.js';
import { importHkdfKey } from '../digests.js';
import { DEFAULT_COST, LOCAL_ORIGIN, checkKdf, deriveWordsKek, newKdf } from '../kdf.js';
import { accountWrapHeader, diaryWrapHeader, sealKeyset, wrapKey } from '../keys.js';
import { normaliseWords } from '../words.js';
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
  const { identity, epochs } = session.unlocked;
  const { account, diary, login } = identity;
  const kdf = checkKdf(newKdf(DEFAULT_COST, login, login ? session.origin : LOCAL_ORIGIN), session.policy);
  const wordsWrappingKey = await importKey(
    await deriveWordsKek(await session.deriveRoot(normaliseWords(words), kdf), kdf),
  );
  const pairs = await session.ownKeyPairs();
  return session.secrets.use('account_key', async (accountKey) => {
    const accountWrappingKey = await importKey(accountKey);
    const [words_wrap, keyset, diary_wrap] = await Promise.all([
      wrapKey(wordsWrappingKey, accountWrapHeader('words', account, epochs.account, kdf), accountKey),
      sealKeyset(accountWrappingKey, { account, epoch: epochs.account, rev: 1 }, pairs),
      session.secrets.use('diary_key', (diaryKey) =>
        wrapKey(accountWrappingKey, diaryWrapHeader(account, diary, epochs.diary), diaryKey),
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
 * Open the identity in a copy, as another device. It has no username: any server may register it under a new one.
 * Throws not_opened, kdf_refused, and bad_request for an invalid code.
 * @param input words or code
 */
export async function openCopy(
  session: Session,
  { keys, words, code, device }: { keys: CopyKeys; words?: string; code?: string; device?: string },
): Promise<PublicIdentity> {
  if (code !== undefined) {
    const codeBytes = await parseRecoveryCode(code);
    session.pendingSignIn = { code: await importHkdfKey(codeBytes), login: '' };
    codeBytes.fill(0);
  } else {
    const kdf = checkKdf(keys.kdf, session.policy);
    session.pendingSignIn = { kdf, root: await session.deriveRoot(normaliseWords(words ?? ''), kdf) };
  }
  const { account, words_wrap, code_wrap, keyset, diary, diary_epoch, diary_wrap } = keys;
  const response = {
    account,
    words_wrap,
    code_wrap: code_wrap ?? '',
    keyset,
    diaries: [{ diary, epoch: diary_epoch, wrap: diary_wrap }],
  };
  return openAccount(session, { answer: response, login: '', ...(device ? { device } : {}) });
}
