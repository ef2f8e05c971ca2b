/** What the two pages with a script share: words that stand in the page, written for people and never here. */

/** Shows the part of the page that needs this script, and takes away the sentence that says so. @param {string} id */
export function begin(id) {
  byId(id).hidden = false;
  byId('without').hidden = true;
}

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function byId(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/**
 * Words of the page's own table (`<template id="words">`), with `{name}` filled in.
 * @param {string} key @param {Record<string, string|number>} [slots]
 */
export function say(key, slots = {}) {
  const found = /** @type {HTMLTemplateElement} */ (document.getElementById('words')).content.querySelector(
    `[data-say="${key}"]`,
  );
  return (found?.textContent ?? '').replace(/\{(\w+)\}/g, (whole, name) => String(slots[name] ?? whole));
}

/** A sentence of the table as it stands there, with its English beneath where the page is a draft. @param {string} key */
export function said(key) {
  const found = /** @type {HTMLTemplateElement} */ (document.getElementById('words')).content.querySelector(
    `[data-say="${key}"]`,
  );
  if (!found) return null;
  const words = document.createDocumentFragment();
  words.append(...[...found.childNodes].map((node) => node.cloneNode(true)));
  return words;
}

/** Words for a number of things, in the form that the page's language has for it. @param {string} key @param {number} n */
export function sayOf(key, n) {
  return say(`${key}.${new Intl.PluralRules(document.documentElement.lang).select(n)}`, { n });
}

/** Which keys and roots this instance vouches for. @returns {import('../verify/verify.js').Anchors} */
export function anchors() {
  const told = JSON.parse(byId('anchors').textContent ?? '{}');
  return {
    notary: told.notary ?? null,
    instance: told.instance ?? null,
    roots: told.roots ?? [],
    witnesses: told.witnesses ?? [],
  };
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @param {string} name @param {string} [text] @param {string} [className] @returns {HTMLElement} */
export function element(name, text = '', className = '') {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** @param {HTMLElement|undefined} place @param {string|Node|null} words a sentence, or one with its English beneath; '' takes the last away */
export function tell(place, words) {
  if (!place) return;
  place.replaceChildren(words ?? '');
  place.hidden = !words;
}

/**
 * One thing at a time: while an act runs the buttons say so and do nothing, and what went wrong is said and can be read on from.
 * @param {{buttons: readonly (HTMLElement|undefined)[], status: HTMLElement|undefined, wrong: HTMLElement|undefined, sentenceOf: (error: unknown) => string|Node|null}} parts
 * @returns {(act: () => Promise<void>) => Promise<void>}
 */
export function oneAtATime({ buttons, status, wrong, sentenceOf }) {
  let busy = false;
  return async (act) => {
    if (busy) return;
    busy = true;
    for (const button of buttons) button?.setAttribute('aria-disabled', 'true');
    tell(wrong, '');
    try {
      await act();
    } catch (error) {
      tell(status, '');
      tell(wrong, sentenceOf(error));
      wrong?.focus();
    }
    for (const button of buttons) button?.removeAttribute('aria-disabled');
    byId('bar').hidden = true;
    busy = false;
  };
}

/** How far something is. @param {number} done @param {number} total */
export function tellProgress(done, total) {
  const bar = byId('bar');
  bar.hidden = false;
  bar.setAttribute('value', String(total ? Math.floor((done / total) * 100) : 0));
}
