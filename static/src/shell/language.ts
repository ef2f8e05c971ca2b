/**
 * Languages: the list of them, loading one, and how a draft translation shows what somebody's safety depends on.
 *
 * English is the source and always there. Each other language is one file (static/lang/, made from diary/locale at
 * set-up), fetched when it is chosen and kept for use without a network.
 */
import { html } from './html.js';
import { setTranslation } from './strings.js';
import type { Translation } from './strings.js';

/** Each in its own language, so that its speakers find it. */
export const LANGUAGES: readonly (readonly [string, string])[] = [
  ['en', 'English'],
  ['cy', 'Cymraeg'],
  ['pl', 'Polski'],
  ['ur', 'اردو'],
];
const LOADERS: Record<string, (() => Promise<{ default: Translation }>) | undefined> = {
  // @ts-expect-error: set-up makes this file, so the type check does not know it
  cy: () => import('../../lang/cy.js'),
  // @ts-expect-error: set-up makes this file, so the type check does not know it
  pl: () => import('../../lang/pl.js'),
  // @ts-expect-error: set-up makes this file, so the type check does not know it
  ur: () => import('../../lang/ur.js'),
};
let currentCode = 'en';
let isDraft = false;

/** Check whether the screen shows a translation that nobody has reviewed. */
export function isDraftLanguage(): boolean {
  return isDraft;
}

/** Load and use the app's language; if it cannot be fetched, the page keeps its present one. */
export async function useLanguage(code: string, draw: () => void) {
  if (code === currentCode) return;
  const previousCode = currentCode;
  currentCode = code;
  const load = LOADERS[code];
  const translation = load ? ((await load().catch(() => null))?.default ?? null) : null;
  if (currentCode !== code) return; // another was chosen meanwhile
  if (load && !translation) {
    currentCode = previousCode;
    return;
  }
  setTranslation(translation, inBoth);
  isDraft = translation !== null && !translation.reviewed;
  document.documentElement.lang = translation?.lang ?? 'en-GB';
  document.documentElement.dir = translation?.dir ?? 'ltr';
  draw();
}

/**
 * Return a sentence with its English beneath it. In an attribute, or within another sentence, it is the sentence
 * alone.
 */
function inBoth(text: string, english: string) {
  const template = html`<span class="in-both"><span>${text}</span><span class="in-english" lang="en-GB"
    dir="ltr">${english}</span></span>`;
  return Object.assign(template, { toString: () => text });
}
