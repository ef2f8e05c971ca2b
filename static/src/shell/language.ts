/**
 * Languages: which there are, fetching one, and how a draft shows what somebody's safety hangs on.
 *
 * English is the source and always there. Another language is one file (static/lang/, made of diary/locale at set-up),
 * fetched when it is chosen and kept for the time without a network.
 */
import { html } from './html.js';
import { speak } from './strings.js';
import type { Translation } from './strings.js';

/** Each in its own words, so that whoever needs it finds it. */
export const LANGUAGES: readonly (readonly [string, string])[] = [
  ['en', 'English'],
  ['cy', 'Cymraeg'],
  ['pl', 'Polski'],
  ['ur', 'اردو'],
];
const FILES: Record<string, (() => Promise<{ default: Translation }>) | undefined> = {
  // @ts-expect-error: set-up makes this file, so the type check does not know it
  cy: () => import('../../lang/cy.js'),
  // @ts-expect-error: set-up makes this file, so the type check does not know it
  pl: () => import('../../lang/pl.js'),
  // @ts-expect-error: set-up makes this file, so the type check does not know it
  ur: () => import('../../lang/ur.js'),
};
let asked = 'en';
let isDraft = false;

/** Whether what is on the screen is a translation that nobody has checked. */
export function isDraftLanguage(): boolean {
  return isDraft;
}

/** Speak the language the app says; one that cannot be fetched leaves the page in the language it was in. */
export async function follow(code: string, draw: () => void) {
  if (code === asked) return;
  const before = asked;
  asked = code;
  const load = FILES[code];
  const translation = load ? ((await load().catch(() => null))?.default ?? null) : null;
  if (asked !== code) return; // another was chosen meanwhile
  if (load && !translation) {
    asked = before;
    return;
  }
  speak(translation, inBoth);
  isDraft = translation !== null && !translation.reviewed;
  document.documentElement.lang = translation?.lang ?? 'en-GB';
  document.documentElement.dir = translation?.dir ?? 'ltr';
  draw();
}

/** A sentence with its English beneath. In an attribute, or within another sentence, it is the sentence alone. */
function inBoth(text: string, english: string) {
  const both = html`<span class="in-both"><span>${text}</span><span class="in-english" lang="en-GB"
    dir="ltr">${english}</span></span>`;
  return Object.assign(both, { toString: () => text });
}
