/** The short name of a person, an account, an order and so on, in the keeper's own words. Pure except for labels. */
import { labelForCode } from './labels.js';
import { joinInLine, t } from '../../shell/strings.js';
import '../words.js';
import type { Fields } from '../../shell/app.js';

export type ListedRecord = { record: string; kind?: string; fields: Fields; taken_out?: number | null };

const joinText = (...parts: unknown[]) =>
  joinInLine(parts.filter((part) => typeof part === 'string' && part.trim()) as string[]);

const NAMES: Record<string, (fields: Fields) => string> = {
  person: ({ name, role_code }) => joinText(name) || String(role_code ?? ''),
  account: ({ handle, number, display_name, url, platform, platform_text }) =>
    joinText(handle || number || display_name || url, labelForCode('channels', platform) || platform_text),
  vehicle: ({ colour, make, model, reg, description, type }) =>
    [colour, make, model].filter(Boolean).join(' ') + (reg ? ` ${reg}` : '') || String(description ?? type ?? ''),
  order: ({ kind, kind_text, court, case_no }) => joinText(kind_text || labelForCode('orders', kind), court, case_no),
  report: ({ to, to_text, force, crime_ref, incident_ref }) =>
    joinText(to_text || force || labelForCode('report_to', to), crime_ref || incident_ref),
  case: ({ title }) => String(title ?? ''),
  notice: ({ how_text, exact_words }) =>
    joinText(how_text || (typeof exact_words === 'string' ? exact_words.slice(0, 60) : '')),
  schedule: ({ title, channel, rows }) =>
    joinText(title) || joinText(labelForCode('channels', channel), Array.isArray(rows) ? String(rows.length) : ''),
};

/** @returns never empty */
export function recordName(kind: string, fields: Fields): string {
  return NAMES[kind]?.(fields)?.trim() || t('link.unnamed');
}

/** The fields of a record created from a few typed words. */
export function newRecordFields(kind: string, input: string, role?: string): Fields {
  const text = input.trim();
  if (kind === 'account') return /^\+?[\d\s()-]{6,}$/.test(text) ? { number: text } : { handle: text };
  if (kind === 'person') return { name: text, ...(role ? { role } : {}) };
  return { [{ vehicle: 'description', report: 'to_text', case: 'title' }[kind] ?? 'title']: text };
}
