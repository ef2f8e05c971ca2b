/**
 * Which entries a filter leaves: by the facts in the list, so that ten thousand are gone through without opening one.
 */
import type { Fact } from './patterns_facts.js';

type Row = { record: string; f?: Fact | null; links?: string[]; bare?: boolean };
/** What is left out asks for nothing */
export type Filter = {
  /** anyone the entry names */
  person?: string;
  behaviour?: string;
  channel?: string;
  /** named as in force, or as broken */
  order?: string;
  file?: boolean;
  breach?: boolean;
  /** nothing but words and a time */
  bare?: boolean;
  /** a local date; entries of unknown time are on no side of it */
  from?: string;
  to?: string;
};

export function isOn(filter: Filter): boolean {
  return Object.values(filter).some(Boolean);
}

/** @param leads what records that were brought together lead to */
export function fits({ f, links, bare }: Row, filter: Filter, leads?: Map<string, string>): boolean {
  const names = (wanted: string) => Boolean(links?.some((one) => one === wanted || leads?.get(one) === wanted));
  if (!f) return !isOn(filter);
  return (
    (!filter.person || names(filter.person)) &&
    (!filter.behaviour || Boolean(f.behaviours?.includes(filter.behaviour))) &&
    (!filter.channel || f.channel === filter.channel) &&
    (!filter.order || names(filter.order)) &&
    (!filter.file || Boolean(f.files)) &&
    (!filter.breach || Boolean(f.breaches?.length)) &&
    (!filter.bare || Boolean(bare)) &&
    (!filter.from || (Boolean(f.day) && f.last >= filter.from)) &&
    (!filter.to || (Boolean(f.day) && f.day <= filter.to))
  );
}
