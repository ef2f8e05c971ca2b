/**
 * Text far longer than an entry allows. It is never cut: it stays in its field, and the app offers to save it as a
 * file.
 */
import { sizeText } from '../text/formatting.js';
import type { Stage } from '../../shell/stage.js';

// One version may hold 1 MiB including everything else. A quarter of that is forty pages.
export const MAX_TEXT_BYTES = 262_144;

/** @returns the actual and the maximum size as text; null if it fits */
export function textExcess(text: string): { have: string; most: string } | null {
  // A UTF-16 code unit takes at most three bytes.
  if (text.length * 3 <= MAX_TEXT_BYTES) return null;
  const bytes = new TextEncoder().encode(text).length;
  return bytes > MAX_TEXT_BYTES ? { have: sizeText(bytes), most: sizeText(MAX_TEXT_BYTES) } : null;
}

/** Save the text as a file of the entry, exactly as typed. */
export async function addTextFile(stage: Stage, target: string, text: string) {
  const day = new Date().toISOString().slice(0, 10);
  await stage.app.addFile(target, new File([text], `long-text-${day}.txt`, { type: 'text/plain' }), { route: 'paste' });
}
