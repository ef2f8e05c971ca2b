/** Text far longer than an entry: kept where it was typed, never cut, and offered to be kept as a file. */
import { size } from '../text/say.js';
import type { Stage } from '../../shell/stage.js';

// One version may hold a mebibyte with everything else it says; a quarter of it is forty pages.
export const MOST_BYTES = 262_144;

/** @returns what is too much, in words; null when it fits */
export function tooLong(text: string): { have: string; most: string } | null {
  // A character takes at most three bytes for each unit of its length.
  if (text.length * 3 <= MOST_BYTES) return null;
  const bytes = new TextEncoder().encode(text).length;
  return bytes > MOST_BYTES ? { have: size(bytes), most: size(MOST_BYTES) } : null;
}

/** The text as a file of the entry, exactly as it was typed. */
export async function asFile(stage: Stage, target: string, text: string) {
  const day = new Date().toISOString().slice(0, 10);
  await stage.app.addFile(target, new File([text], `long-text-${day}.txt`, { type: 'text/plain' }), { route: 'paste' });
}
