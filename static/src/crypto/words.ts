/** The words a person chooses, and the six suggested ones: docs/formats.md, section 4. */
import { SUGGESTED_WORDS, WORDS_MIN_CHARACTERS } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { isAssigned } from './unicode14.js';

// Unicode's White_Space property as a list: JavaScript's `\s` and Python's `str.isspace` each differ from it.
const WHITE_SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
const WORD_LIST_LENGTH = 2048;
const MIN_DISTINCT_CHARACTERS = 5;
// What people type when asked for twelve characters. Added digits and signs do not make them rarer.
const COMMON_PASSWORDS = new Set([
  'password',
  'passwordpassword',
  'passw0rd',
  'pass',
  'qwerty',
  'qwertyuiop',
  'qwertyuiopasdf',
  'asdfghjkl',
  'azerty',
  'azertyuiop',
  'qwertz',
  'zxcvbnm',
  'letmein',
  'iloveyou',
  'iloveyouforever',
  'ihateyou',
  'welcome',
  'admin',
  'administrator',
  'abcdefghijkl',
  'abcdefgh',
  'abcdef',
  'abc',
  'monkey',
  'dragon',
  'football',
  'liverpool',
  'arsenal',
  'chelsea',
  'princess',
  'sunshine',
  'superman',
  'batman',
  'charlie',
  'michael',
  'jessica',
  'trustno',
  'changeme',
  'secret',
  'diary',
  'mydiary',
  'notes',
  'notebook',
  'internet',
  'computer',
  'samsung',
  'iphone',
  'whatever',
]);

// Between two words as people type them: a space, what a phone's keyboard makes of two spaces, a hyphen, a comma.
const SEPARATORS = /[ .,-]+/;
const LISTED_WORD_LENGTHS = [3, 4, 5, 6, 7, 8];

let wordsPromise: Promise<string[]> | undefined;

/** Return the 2,048 words, in order; loaded on first use. Throws `internal` when the file is damaged. */
export async function wordList(): Promise<readonly string[]> {
  wordsPromise ??= import('../../vendor/words-en.js').then((wordModule) => wordModule.default);
  const words = await wordsPromise.catch((error) => {
    wordsPromise = undefined; // the signal may be back at the next try
    throw error;
  });
  const isIntact =
    words.length === WORD_LIST_LENGTH && words.every((word, i) => i === 0 || (words[i - 1] as string) < word);
  if (!isIntact) throw new KeptError('internal', 'The word list is damaged.');
  return words;
}

/** Return six random words, about 66 bits. */
export async function suggestWords(): Promise<string> {
  const words = await wordList();
  // 2,048 divides 65,536, so the remainder has no bias.
  const randomNumbers = crypto.getRandomValues(new Uint16Array(SUGGESTED_WORDS));
  return Array.from(randomNumbers, (randomNumber) => words[randomNumber % WORD_LIST_LENGTH]).join(' ');
}

/** Return the words as they go into Argon2id: NFKC, trimmed, each run of white space as one space. */
export function foldWords(text: string): string {
  return text.normalize('NFKC').replace(WHITE_SPACE, ' ').replace(/^ | $/g, '');
}

/**
 * Return the six words of the list that `text` is made of, as they were suggested: lower case, one space between two.
 * Return null when it is anything else, or can be read as six words in more than one way.
 *
 * `text` may have capitals, and no spaces (one suggestion in ten thousand can be read in two ways then).
 */
export async function findListedWords(text: string): Promise<string | null> {
  const pieces = foldWords(text).toLowerCase().split(SEPARATORS).filter(Boolean);
  const isPossible = pieces.length <= SUGGESTED_WORDS && pieces.every((piece) => /^[a-z]{3,}$/.test(piece));
  // The list is loaded only for what may be six words: a short secret, or words of one's own in another alphabet, are
  // refused without it.
  if (!isPossible || pieces.join('').length < SUGGESTED_WORDS * Math.min(...LISTED_WORD_LENGTHS)) return null;
  const readings = readingsOf(pieces, new Set(await wordList()), SUGGESTED_WORDS);
  return readings.length === 1 ? (readings[0] as string[]).join(' ') : null;
}

/** Return the ways to read `pieces` as exactly `count` words, at most two of them. No word reaches over two pieces. */
function readingsOf(pieces: readonly string[], words: ReadonlySet<string>, count: number): string[][] {
  const [piece, ...others] = pieces;
  if (piece === undefined) return count === 0 ? [[]] : [];
  if (count < pieces.length) return [];
  const readings: string[][] = [];
  for (const length of LISTED_WORD_LENGTHS) {
    const [word, rest] = [piece.slice(0, length), piece.slice(length)];
    if (word.length < length || !words.has(word)) continue;
    for (const reading of readingsOf(rest ? [rest, ...others] : others, words, count - 1))
      readings.push([word, ...reading]);
    if (readings.length > 1) break;
  }
  return readings.slice(0, 2);
}

/**
 * Fold words that are new or must be valid. Throws `bad_request` when they cannot be used: a character that Unicode 14
 * had not assigned could fold differently on an older device.
 */
export function normaliseWords(text: string): string {
  if (!Array.from(text).every((character) => isAssigned(character.codePointAt(0) as number))) {
    throw new KeptError('bad_request', 'One of these characters is too new for some phones. Use another.');
  }
  const folded = foldWords(text);
  if (Array.from(folded).length < WORDS_MIN_CHARACTERS)
    throw new KeptError('bad_request', 'Use at least 12 characters.');
  return folded;
}

/** Return whether words may be chosen, and if not, why: `short`, `new_character` or `common`. Sends nothing. */
export function checkWords(text: string): { ok: boolean; why: null | 'short' | 'new_character' | 'common' } {
  let folded;
  try {
    folded = normaliseWords(text);
  } catch {
    return { ok: false, why: Array.from(foldWords(text)).length < WORDS_MIN_CHARACTERS ? 'short' : 'new_character' };
  }
  return isCommon(folded.toLowerCase()) ? { ok: false, why: 'common' } : { ok: true, why: null };
}

/** @param folded lower case */
function isCommon(folded: string): boolean {
  const characters = Array.from(folded);
  if (new Set(characters).size < MIN_DISTINCT_CHARACTERS) return true;
  if (COMMON_PASSWORDS.has(folded.replace(/[^\p{L}]+/gu, ''))) return true;
  return isRepeated(folded) || isSequence(characters);
}

/** Return whether the text is one short piece, repeated. */
function isRepeated(text: string): boolean {
  const repeatIndex = (text + text).indexOf(text, 1);
  return repeatIndex < text.length && repeatIndex < MIN_DISTINCT_CHARACTERS * 2;
}

/** Return whether each character follows, or precedes, the one before it: 123456789012 or abcdefghijkl. */
function isSequence(characters: readonly string[]): boolean {
  const differences = characters.slice(1).map((character, i) => {
    const difference = codePointOf(character) - codePointOf(characters[i] ?? '');
    // On a keyboard, 0 follows 9.
    return difference === -9 ? 1 : difference === 9 ? -1 : difference;
  });
  return differences.every((difference) => difference === 1) || differences.every((difference) => difference === -1);
}

function codePointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
