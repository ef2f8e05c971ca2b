/**
 * The diary's own table of contents: which version has which number, 100 to a sealed page (`f/<page>`).
 *
 * It is separate from the records because it answers what no record can: what lies between two numbers, and whether
 * the server still gives the same account. It is written in the transaction that saves a receipt or a page of the
 * feed.
 *
 * [Note: facts beside numbers] Each number is stored with the time of its receipt and the result of checking it, so
 * that the list of entries can be rebuilt without opening ten thousand separately sealed records. The record stays
 * authoritative: where it and a page could differ (a version pending, erased, or not opening), the record is read.
 */
import type { Change } from './pending.js';
import type { Store } from './store.js';

/** `at` and `state` are missing for erased versions, and in pages written by older releases */
export type NumberedVersion = [
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
/** The version did not match what was signed. */
export const ALTERED = 2;

export const PAGE_SIZE = 100;

/** @returns page index, from 0 */
function pageOf(seq: number): number {
  return Math.floor((seq - 1) / PAGE_SIZE);
}

function pageName(page: number) {
  return `f/${page}`;
}

/** Add numbered versions to `change`. Call it once per change: it reads the pages as they were before the change. */
export async function putNumbers(store: Store, change: Change, versions: NumberedVersion[]) {
  const pages: Map<number, NumberedVersion[]> = new Map();
  for (const version of versions) pages.set(pageOf(version[0]), [...(pages.get(pageOf(version[0])) ?? []), version]);
  for (const [page, added] of pages) {
    const replaced = new Set(added.map(([seq]) => seq));
    const kept = ((await store.readJson<NumberedVersion[]>(pageName(page))) ?? []).filter(
      ([seq]) => !replaced.has(seq),
    );
    change.putJson(
      pageName(page),
      [...kept, ...added].sort(([a], [b]) => a - b),
    );
  }
}

/** Return the versions numbered `from`…`to`, in order; fewer if some are not known here. */
export async function readNumbers(store: Store, from: number, to: number): Promise<NumberedVersion[]> {
  if (to < from) return [];
  const names = Array.from({ length: pageOf(to) - pageOf(from) + 1 }, (_, i) => pageName(pageOf(from) + i));
  const pages = await store.readJsonMany<NumberedVersion[]>(names);
  return pages.flatMap((page) => page ?? []).filter(([seq]) => seq >= from && seq <= to);
}

/**
 * Return a number with its facts.
 * @param facts null if there are none
 */
export function withFacts(
  version: [number, string, string, string, string],
  facts: { at: number | null; checked?: boolean; altered?: boolean | undefined } | null,
): NumberedVersion {
  return facts === null || facts.at === null
    ? version
    : [...version, facts.at, (facts.checked === false ? UNCHECKED : 0) | (facts.altered ? ALTERED : 0)];
}

/**
 * Drop the numbers after `seq`: the server gave a shorter account, and the person chose to go on from there.
 * @param lastSeq the last number known here
 */
export async function dropAfter(store: Store, change: Change, seq: number, lastSeq: number) {
  for (let page = pageOf(Math.max(1, seq + 1)); page <= pageOf(Math.max(1, lastSeq)); page++) {
    const kept = ((await store.readJson<NumberedVersion[]>(pageName(page))) ?? []).filter(([number]) => number <= seq);
    if (kept.length) change.putJson(pageName(page), kept);
    else change.drop(pageName(page));
  }
}
