/**
 * Words as somebody typed them, and as they were suggested.
 *
 * [Note: typed without care] Six words of the list are tried as they were typed and then, if those match nothing, in
 * lower case with one space between two. The first try is what every release has done, so whatever opens with words
 * of one's own still opens, whatever they look like. Nothing that is derived or stored changes, and a correct try
 * stores the words that matched, not those that were typed.
 *
 * This gives a guesser nothing. Whoever has copied the phone never runs this code: a guess there costs one derivation
 * as before. At the lock, the second form exists only for exactly six words of the list, 66 bits, so one try is still
 * one guess at a short secret and at words of one's own. It is counted as one try. It takes a second derivation, and
 * that depends on what was typed alone, never on what is stored: the time of a refusal tells nothing.
 *
 * [Note: at the server] A sign-in is a request for each form, and each that is refused counts as one of ten an hour
 * (diary/services/accounts/throttle.py): the server cannot know that two of them are one try. So the suggested form
 * comes first there. Most people who type six words of the list have these, and then nothing is counted. Words of one's
 * own that look like six of the list open at the second request. Only a wrong try of this kind counts as two.
 */
import { SUGGESTED_WORDS } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { findListedWords, foldWords } from '../../crypto/words.js';

/** Return the suggested form of `words` where it differs from them, else null. */
export async function otherForm(words: string): Promise<string | null> {
  const pieces = foldWords(words).split(' ');
  // Six words in lower case have no other form: no look at the list, nor a request for it.
  if (pieces.length === SUGGESTED_WORDS && pieces.every((piece) => /^[a-z]+$/.test(piece))) return null;
  // Without a signal the list may be missing on a device that stores nothing. The words as typed were tried already.
  const listed = await findListedWords(words).catch(() => null);
  return listed === foldWords(words) ? null : listed;
}

/**
 * Run `attempt` with words as typed and, when they do not match, once more in the suggested form.
 * @param code what `attempt` throws for words that do not match
 * @throws what the last attempt throws
 */
export async function tryBothForms<T>(
  words: string,
  attempt: (words: string) => Promise<T>,
  code: string = 'no_match',
): Promise<T> {
  try {
    return await attempt(words);
  } catch (error) {
    const other = error instanceof KeptError && error.code === code ? await otherForm(words) : null;
    if (other === null) throw error;
    return attempt(other);
  }
}

/**
 * Run `attempt`, which signs in at the server, with each form of words. See [Note: at the server].
 * @throws what the last attempt throws
 */
export async function tryBothFormsAtServer<T>(words: string, attempt: (words: string) => Promise<T>): Promise<T> {
  const other = await otherForm(words);
  if (other === null) return attempt(words);
  return attempt(other).catch((error) => {
    if (error instanceof KeptError && error.code === 'sign_in_failed') return attempt(words);
    throw error;
  });
}
