/** What the screens call a person, an account, an order: the keeper's own words for it, as short as they are. Pure but for labels. */
import { label } from './labels.js';
import { inOneLine, t } from './strings.js';

/** @typedef {import('./app.d.ts').Fields} Fields */
/** @typedef {{record: string, kind?: string, fields: Fields, taken_out?: number|null}} Listed */

/** @param {...any} parts */
const joined = (...parts) => inOneLine(parts.filter((part) => typeof part === 'string' && part.trim()));

/** @type {Record<string, (fields: Fields) => string>} */
const NAMES = {
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

/**
 * @param {string} kind
 * @param {Fields} fields
 * @returns {string} never empty
 */
export function nameOf(kind, fields) {
  return NAMES[kind]?.(fields)?.trim() || t('link.unnamed');
}

/** The fields of a record made on the spot from a few typed words. @param {string} kind @param {string} typed @param {string} [role] @returns {Fields} */
export function madeOf(kind, typed, role) {
  const words = typed.trim();
  if (kind === 'account') return /^\+?[\d\s()-]{6,}$/.test(words) ? { number: words } : { handle: words };
  if (kind === 'person') return { name: words, ...(role ? { role } : {}) };
  return { [{ vehicle: 'description', report: 'to_text', case: 'title' }[kind] ?? 'title']: words };
}
