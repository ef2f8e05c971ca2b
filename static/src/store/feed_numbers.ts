/**
 * The diary's own table of contents: which version took which number, 100 to a sealed page (`f/<page>`).
 *
 * Kept apart from the records because it answers what no record can: what came between two numbers, and whether the
 * server still tells the same story. It is written in the transaction that takes a receipt or a page of the feed.
 *
 * [Note: facts beside numbers] With each number stand the time of its receipt and what came of looking at it, so that
 * the list of entries can be made again without asking ten thousand records, each sealed by itself. The record stays
 * the one that counts: where it and a page could differ (a version waiting, erased, or not opening), it is asked.
 */
import type { Change } from './pending.js';
import type { Store } from './store.js';

/** `at` and `state` are missing of what was erased, and in pages of before */
export type Numbered = [
  seq: number,
  record: string,
  version: string,
  c: string,
  env: string,
  at?: number,
  state?: number,
];

/** The receipt's signature could not be checked in this browser. */
export const UNCHECKED = 1;
/** It did not add up to what was signed. */
export const ALTERED = 2;

export const PAGE = 100;

/** @returns from 0 */
function pageOf(seq: number): number {
  return Math.floor((seq - 1) / PAGE);
}

function pageName(page: number) {
  return `f/${page}`;
}

/** Puts numbered versions into `change`. Called once in a change: pages are read as they were before it. */
export async function number(store: Store, change: Change, numbered: Numbered[]) {
  const pages: Map<number, Numbered[]> = new Map();
  for (const one of numbered) pages.set(pageOf(one[0]), [...(pages.get(pageOf(one[0])) ?? []), one]);
  for (const [page, news] of pages) {
    const replaced = new Set(news.map(([seq]) => seq));
    const there = ((await store.readJson<Numbered[]>(pageName(page))) ?? []).filter(([seq]) => !replaced.has(seq));
    change.putJson(
      pageName(page),
      [...there, ...news].sort(([a], [b]) => a - b),
    );
  }
}

/** What took the numbers `from`…`to`, in order; fewer where some are not known here. */
export async function numbered(store: Store, from: number, to: number): Promise<Numbered[]> {
  if (to < from) return [];
  const names = Array.from({ length: pageOf(to) - pageOf(from) + 1 }, (_, i) => pageName(pageOf(from) + i));
  const pages = await store.readJsonMany<Numbered[]>(names);
  return pages.flatMap((page) => page ?? []).filter(([seq]) => seq >= from && seq <= to);
}

/**
 * A number with what stands beside it.
 * @param facts null where there is nothing to say
 */
export function withFacts(
  numbered: [number, string, string, string, string],
  facts: { at: number | null; checked?: boolean; altered?: boolean | undefined } | null,
): Numbered {
  return facts === null || facts.at === null
    ? numbered
    : [...numbered, facts.at, (facts.checked === false ? UNCHECKED : 0) | (facts.altered ? ALTERED : 0)];
}

/**
 * Forgets what took numbers after `seq`: the server gave a shorter account, and the person chose to go on from there.
 * @param last the last number known here
 */
export async function forgetAfter(store: Store, change: Change, seq: number, last: number) {
  for (let page = pageOf(Math.max(1, seq + 1)); page <= pageOf(Math.max(1, last)); page++) {
    const there = ((await store.readJson<Numbered[]>(pageName(page))) ?? []).filter(([one]) => one <= seq);
    if (there.length) change.putJson(pageName(page), there);
    else change.drop(pageName(page));
  }
}
