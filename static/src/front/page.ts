/** What the pages with a script share: words come from the page, never from here. */
import type { TrustAnchors } from '../verify/verify.js';

/** Show the part of the page that needs this script, and hide the sentence that says so. */
export function showScripted(id: string) {
  byId(id).hidden = false;
  byId('without').hidden = true;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Return words of the page's own table (`<template id="words">`), with `{name}` filled in. */
export function message(key: string, values: Record<string, string | number> = {}) {
  const template = (document.getElementById('words') as HTMLTemplateElement).content.querySelector(
    `[data-say="${key}"]`,
  );
  return (template?.textContent ?? '').replace(/\{(\w+)\}/g, (match, name) => isolateValue(values[name] ?? match));
}

/** Keep the order of a value's words on a page that reads from right to left. */
function isolateValue(value: string | number) {
  return document.documentElement.dir === 'rtl' ? `\u2068${value}\u2069` : String(value);
}

/** Return a sentence of the table as nodes, with its English beneath where the page is a draft. */
export function messageNodes(key: string) {
  const template = (document.getElementById('words') as HTMLTemplateElement).content.querySelector(
    `[data-say="${key}"]`,
  );
  if (!template) return null;
  const nodes = document.createDocumentFragment();
  nodes.append(...[...template.childNodes].map((node) => node.cloneNode(true)));
  return nodes;
}

/** Return words for a number of things, in the plural form of the page's language. */
export function pluralMessage(key: string, count: number) {
  return message(`${key}.${new Intl.PluralRules(document.documentElement.lang).select(count)}`, { n: count });
}

/** Return the keys and roots this instance vouches for. */
export function readAnchors(): TrustAnchors {
  const anchors = JSON.parse(byId('anchors').textContent ?? '{}');
  return {
    notary: anchors.notary ?? null,
    instance: anchors.instance ?? null,
    roots: anchors.roots ?? [],
    witnesses: anchors.witnesses ?? [],
  };
}

/** Return a time in words of the page's language, in UTC. */
export function formatTime(time: number) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(time)} UTC`;
}

export function formatSize(bytes: number) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function createElement(name: string, text: string = '', className: string = ''): HTMLElement {
  const newElement = document.createElement(name);
  if (text) newElement.textContent = text;
  if (className) newElement.className = className;
  return newElement;
}

/** @param content a sentence, or one with its English beneath; '' removes the last one */
export function showMessage(target: HTMLElement | undefined, content: string | Node | null) {
  if (!target) return;
  target.replaceChildren(content ?? '');
  target.hidden = !content;
}

/**
 * Run one action at a time. While it runs the buttons are disabled. A failure is shown, focused and can be read on
 * from.
 */
export function actionRunner({
  buttons,
  status: statusLine,
  wrong: errorLine,
  sentenceOf,
}: {
  buttons: readonly (HTMLElement | undefined)[];
  status: HTMLElement | undefined;
  wrong: HTMLElement | undefined;
  sentenceOf: (error: unknown) => string | Node | null;
}): (action: () => Promise<void>) => Promise<void> {
  let isBusy = false;
  return async (action) => {
    if (isBusy) return;
    isBusy = true;
    for (const button of buttons) button?.setAttribute('aria-disabled', 'true');
    showMessage(errorLine, '');
    try {
      await action();
    } catch (error) {
      showMessage(statusLine, '');
      showMessage(errorLine, sentenceOf(error));
      errorLine?.focus();
    }
    for (const button of buttons) button?.removeAttribute('aria-disabled');
    byId('bar').hidden = true;
    isBusy = false;
  };
}

/** Show the progress. */
export function showProgress(done: number, total: number) {
  const bar = byId('bar');
  bar.hidden = false;
  bar.setAttribute('value', String(total ? Math.floor((done / total) * 100) : 0));
}
