/** The words a person chooses, and the six that are suggested: docs/formats.md, section 4. */
import { KeptError } from '../core/errors.js';
import { isAssigned } from './unicode14.js';

export const SUGGESTED_WORDS = 6;
export const LEAST_CHARACTERS = 12;

// Unicode's White_Space property, spelt out: JavaScript's `\s` and Python's `str.isspace` each differ from it.
const SPACES = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
const LIST_WORDS = 2048;
const FEWEST_DIFFERENT = 5;
// What people type when asked for twelve characters; digits and signs around them do not make them rarer.
const COMMON = new Set([
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

let loading: Promise<string[]> | undefined;

/** The 2,048 words, in order; loaded when first asked for. Throws `internal` when the file is damaged. */
export async function wordList(): Promise<readonly string[]> {
  loading ??= import('../../vendor/words-en.js').then((list) => list.default);
  const words = await loading;
  const isWhole = words.length === LIST_WORDS && words.every((word, i) => i === 0 || (words[i - 1] as string) < word);
  if (!isWhole) throw new KeptError('internal', 'The word list is damaged.');
  return words;
}

/** Six random words, about 66 bits. */
export async function suggestWords(): Promise<string> {
  const words = await wordList();
  // 2,048 divides 65,536, so the remainder favours no word.
  const picks = crypto.getRandomValues(new Uint16Array(SUGGESTED_WORDS));
  return Array.from(picks, (pick) => words[pick % LIST_WORDS]).join(' ');
}

/** The words as they go into Argon2id: NFKC, trimmed, each run of white space one space. */
export function fold(text: string): string {
  return text.normalize('NFKC').replace(SPACES, ' ').replace(/^ | $/g, '');
}

/**
 * `fold` for words that are being made or must be right. Throws `bad_request` when they cannot be used:
 * characters that Unicode 14 had not assigned would fold on a newer device and not on an older one.
 */
export function normalise(text: string): string {
  if (!Array.from(text).every((character) => isAssigned(character.codePointAt(0) as number))) {
    throw new KeptError('bad_request', 'One of these characters is too new for some phones. Use another.');
  }
  const folded = fold(text);
  if (Array.from(folded).length < LEAST_CHARACTERS) throw new KeptError('bad_request', 'Use at least 12 characters.');
  return folded;
}

/** Whether words may be chosen, and if not, why: `short`, `new_character` or `common`. Nothing is sent anywhere. */
export function checkWords(text: string): { ok: boolean; why: null | 'short' | 'new_character' | 'common' } {
  let folded;
  try {
    folded = normalise(text);
  } catch {
    return { ok: false, why: Array.from(fold(text)).length < LEAST_CHARACTERS ? 'short' : 'new_character' };
  }
  return isCommon(folded.toLowerCase()) ? { ok: false, why: 'common' } : { ok: true, why: null };
}

/** @param folded lower case */
function isCommon(folded: string): boolean {
  const characters = Array.from(folded);
  if (new Set(characters).size < FEWEST_DIFFERENT) return true;
  if (COMMON.has(folded.replace(/[^\p{L}]+/gu, ''))) return true;
  return isRepeated(folded) || isRun(characters);
}

/** One short piece said again and again. */
function isRepeated(text: string): boolean {
  const again = (text + text).indexOf(text, 1);
  return again < text.length && again < FEWEST_DIFFERENT * 2;
}

/** Each character the one after, or before, the last: 123456789012 or abcdefghijkl. */
function isRun(characters: readonly string[]): boolean {
  const steps = characters.slice(1).map((character, i) => {
    const step = code(character) - code(characters[i] ?? '');
    // From 9 to 0 the keyboard goes on.
    return step === -9 ? 1 : step === 9 ? -1 : step;
  });
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

function code(character: string): number {
  return character.codePointAt(0) ?? 0;
}
