/** Filters the list of entries by facts in its rows, so ten thousand entries are searched without opening any. */
import type { Fact } from './patterns_facts.js';

type FilterRow = { record: string; f?: Fact | null; links?: string[]; bare?: boolean };
/** An absent member does not filter */
export type Filter = {
  /** anyone the entry names */
  person?: string;
  behaviour?: string;
  channel?: string;
  /** named as in force, or as breached */
  order?: string;
  file?: boolean;
  breach?: boolean;
  /** nothing but text and a time */
  bare?: boolean;
  /** of unknown time */
  undated?: boolean;
  /** a local date; entries of unknown time are never in range */
  from?: string;
  to?: string;
};

export function isFiltering(filter: Filter): boolean {
  return Object.values(filter).some(Boolean);
}

/** @param leads merged record → the record it leads to */
export function matchesFilter({ f, links, bare }: FilterRow, filter: Filter, leads?: Map<string, string>): boolean {
  const isLinked = (record: string) => Boolean(links?.some((link) => link === record || leads?.get(link) === record));
  if (!f) return !isFiltering(filter);
  return (
    (!filter.person || isLinked(filter.person)) &&
    (!filter.behaviour || Boolean(f.behaviours?.includes(filter.behaviour))) &&
    (!filter.channel || f.channel === filter.channel) &&
    (!filter.order || isLinked(filter.order)) &&
    (!filter.file || Boolean(f.files)) &&
    (!filter.breach || Boolean(f.breaches?.length)) &&
    (!filter.bare || Boolean(bare)) &&
    (!filter.undated || !f.day) &&
    (!filter.from || (Boolean(f.day) && f.last >= filter.from)) &&
    (!filter.to || (Boolean(f.day) && f.day <= filter.to))
  );
}
