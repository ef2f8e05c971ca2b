/** The short name of a person, an account, an order and so on, in the keeper's own words. Pure except for labels. */
import { label } from './labels.js';
import { inOneLine, t } from '../../shell/strings.js';
import '../words.js';
import type { Fields } from '../../shell/app.js';

export type Listed = { record: string; kind?: string; fields: Fields; taken_out?: number | null };

const joined = (...parts: unknown[]) =>
  inOneLine(parts.filter((part) => typeof part === 'string' && part.trim()) as string[]);

const NAMES: Record<string, (fields: Fields) => string> = {
  person: ({ name, role_code }) => joined(name) || String(role_code ?? ''),
  account: ({ handle, number, display_name, url, platform, platform_text }) =>
    joined(handle || number || display_name || url, label('channels', platform) || platform_text),
  vehicle: ({ colour, make, model, reg, description, type }) =>
    [colour, make, model].filter(Boolean).join(' ') + (reg ? ` ${reg}` : '') || String(description ?? type ?? ''),
  order: ({ kind, kind_text, court, case_no }) => joined(kind_text || label('orders', kind), court, case_no),
  report: ({ to, to_text, force, crime_ref, incident_ref }) =>
    joined(to_text || force || label('report_to', to), crime_ref || incident_ref),
  case: ({ title }) => String(title ?? ''),
  notice: ({ how_text, exact_words }) =>
    joined(how_text || (typeof exact_words === 'string' ? exact_words.slice(0, 60) : '')),
  schedule: ({ title, channel, rows }) =>
    joined(title) || joined(label('channels', channel), Array.isArray(rows) ? String(rows.length) : ''),
};

/** @returns never empty */
export function nameOf(kind: string, fields: Fields): string {
  return NAMES[kind]?.(fields)?.trim() || t('link.unnamed');
}

/** The fields of a record created from a few typed words. */
export function madeOf(kind: string, typed: string, role?: string): Fields {
  const words = typed.trim();
  if (kind === 'account') return /^\+?[\d\s()-]{6,}$/.test(words) ? { number: words } : { handle: words };
  if (kind === 'person') return { name: words, ...(role ? { role } : {}) };
  return { [{ vehicle: 'description', report: 'to_text', case: 'title' }[kind] ?? 'title']: words };
}
