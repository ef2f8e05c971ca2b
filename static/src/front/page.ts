/** What the pages with a script share: words come from the page, never from here. */
import type { Anchors } from '../verify/verify.js';

/** Show the part of the page that needs this script, and hide the sentence that says so. */
export function begin(id: string) {
  byId(id).hidden = false;
  byId('without').hidden = true;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Return words of the page's own table (`<template id="words">`), with `{name}` filled in. */
export function say(key: string, slots: Record<string, string | number> = {}) {
  const found = (document.getElementById('words') as HTMLTemplateElement).content.querySelector(`[data-say="${key}"]`);
  return (found?.textContent ?? '').replace(/\{(\w+)\}/g, (whole, name) => String(slots[name] ?? whole));
}

/** Return a sentence of the table as nodes, with its English beneath where the page is a draft. */
export function said(key: string) {
  const found = (document.getElementById('words') as HTMLTemplateElement).content.querySelector(`[data-say="${key}"]`);
  if (!found) return null;
  const words = document.createDocumentFragment();
  words.append(...[...found.childNodes].map((node) => node.cloneNode(true)));
  return words;
}

/** Return words for a number of things, in the plural form of the page's language. */
export function sayOf(key: string, n: number) {
  return say(`${key}.${new Intl.PluralRules(document.documentElement.lang).select(n)}`, { n });
}

/** Return the keys and roots this instance vouches for. */
export function anchors(): Anchors {
  const told = JSON.parse(byId('anchors').textContent ?? '{}');
  return {
    notary: told.notary ?? null,
    instance: told.instance ?? null,
    roots: told.roots ?? [],
    witnesses: told.witnesses ?? [],
  };
}

export function size(bytes: number) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function element(name: string, text: string = '', className: string = ''): HTMLElement {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** @param words a sentence, or one with its English beneath; '' removes the last one */
export function tell(place: HTMLElement | undefined, words: string | Node | null) {
  if (!place) return;
  place.replaceChildren(words ?? '');
  place.hidden = !words;
}

/**
 * Run one action at a time. While it runs the buttons are disabled. A failure is shown, focused and can be read on
 * from.
 */
export function oneAtATime({
  buttons,
  status,
  wrong,
  sentenceOf,
}: {
  buttons: readonly (HTMLElement | undefined)[];
  status: HTMLElement | undefined;
  wrong: HTMLElement | undefined;
  sentenceOf: (error: unknown) => string | Node | null;
}): (act: () => Promise<void>) => Promise<void> {
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

/** Show the progress. */
export function tellProgress(done: number, total: number) {
  const bar = byId('bar');
  bar.hidden = false;
  bar.setAttribute('value', String(total ? Math.floor((done / total) * 100) : 0));
}
