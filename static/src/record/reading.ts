/**
 * Readers for fields that another person or app version wrote; twin of diary/record/reading.py.
 *
 * An opened version is authentic, but not necessarily well formed: an older or faulty app may have stored a number
 * where text belongs. These readers return the value if it has the right type, and an empty one otherwise.
 */
import type { Json } from '../core/encoding.js';

export type Fields = { readonly [name: string]: Json | undefined };

/** @returns the text, or '' */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** @returns the integer, or null */
export function integerOf(fields: Fields, name: string): number | null {
  const value = fields[name];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** @returns null if blank */
export function booleanOf(fields: Fields, name: string): boolean | null {
  const value = fields[name];
  return typeof value === 'boolean' ? value : null;
}

/** Return whether the keeper chose to leave an entry or a file out of packs. */
export const isLeftOutOfPacks = (fields: Fields): boolean => booleanOf(fields, 'include_in_pack') === false;

/** @returns codes or ids, whether the field holds one or a list */
export function codesOf(fields: Fields, name: string): string[] {
  const value = fields[name];
  if (typeof value === 'string') return value ? [value] : [];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns the object in a field, or an empty one */
export function objectOf(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isFields(value) ? value : {};
}

/** @returns the objects of a list */
export function objectsOf(fields: Fields, name: string): Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** @returns whether the value is empty; false and 0 are not */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
