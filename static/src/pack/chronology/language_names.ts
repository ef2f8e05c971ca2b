/** Languages as a keeper gives them, by code or in their own words; the twin of diary/pack/tongues.py. */

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
const NAMED = new Map(Object.entries(NAMES));
const SHORT = new Map([
  ['asl', 'ase'],
  ['bsl', 'bfi'],
  ['isl', 'isg'],
]);

/** Return the code of a language given by code, name or usual letters. Anything else is returned in lower case. */
function codeOf(given: string) {
  const said = given.trim().toLowerCase();
  const named = [...NAMED].find(([, name]) => name.toLowerCase() === said)?.[0];
  return named ?? SHORT.get(said) ?? said.split('-')[0] ?? '';
}

/** Return the name of a language this software is used in, else the text as given. */
export const tongue = (given: string) => NAMED.get(codeOf(given)) ?? given;

/** Return whether it is a sign language. */
export const isSigned = (given: string) =>
  ['ase', 'bfi', 'isg'].includes(codeOf(given)) || given.toLowerCase().includes('sign language');

export const isEnglish = (given: string) => codeOf(given) === 'en';
