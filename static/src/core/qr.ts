/** QR codes of short texts: a few words, or an address. The library draws them; this module does not read them. */
import { encode } from '../../vendor/uqr/index.mjs';
import { KeptError } from './errors.js';

/**
 * Level M allows for 15 % damage. The standard asks for a quiet zone of four light modules. Version 10 has 57 modules a
 * side and holds 213 bytes; larger codes are too fine for a small screen.
 */
const OPTIONS = { ecc: 'M', border: 4, maxVersion: 10 } as const;

/**
 * Return the QR code of a text.
 * @returns rows of modules, true is dark; includes the quiet zone
 * @throws too_large
 */
export function makeQr(text: string): boolean[][] {
  try {
    return encode(text, OPTIONS).data;
  } catch (error) {
    if (error instanceof RangeError) throw new KeptError('too_large');
    throw error;
  }
}
