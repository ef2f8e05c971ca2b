/**
 * Languages as a keeper gives them, by code or in their own words; the twin of diary/pack/documents/language_names.py.
 */

const NAMES = Object.freeze({
  ar: 'Arabic',
  ase: 'American Sign Language',
  bfi: 'British Sign Language',
  bn: 'Bengali',
  cy: 'Welsh',
  en: 'English',
  gu: 'Gujarati',
  hi: 'Hindi',
  isg: 'Irish Sign Language',
  pa: 'Punjabi',
  pl: 'Polish',
  ro: 'Romanian',
  so: 'Somali',
  ur: 'Urdu',
  zh: 'Chinese',
});
const NAME_BY_CODE = new Map(Object.entries(NAMES));
const USUAL_CODES = new Map([
  ['asl', 'ase'],
  ['bsl', 'bfi'],
  ['isl', 'isg'],
]);

/** Return the code of a language given by code, name or usual letters. Anything else is returned in lower case. */
function codeOf(language: string) {
  const normalised = language.trim().toLowerCase();
  const code = [...NAME_BY_CODE].find(([, name]) => name.toLowerCase() === normalised)?.[0];
  return code ?? USUAL_CODES.get(normalised) ?? normalised.split('-')[0] ?? '';
}

/** Return the name of a language this software is used in, else the text as given. */
export const tongue = (language: string) => NAME_BY_CODE.get(codeOf(language)) ?? language;

/** Return whether it is a sign language. */
export const isSigned = (language: string) =>
  ['ase', 'bfi', 'isg'].includes(codeOf(language)) || language.toLowerCase().includes('sign language');

export const isEnglish = (language: string) => codeOf(language) === 'en';
