/** Text as somebody typed it, with numbers that can be dialled. */
import { html } from '../../shell/html.js';

const RIGHT_TO_LEFT_LETTER = /[\u0590-\u08ff]/;
/** Groups of digits with spaces, hyphens or brackets between them. */
const GROUPED_NUMBER = /(\+?\d+(?:[ ()\u00a0-]+\d+)+)/;

/**
 * Show typed text. In a text from right to left a browser puts the second group of "07700 900512" to the left of the
 * first, and somebody who reads it out may say the groups in that order. Each number keeps its own order here.
 * The characters stay as they are, also when the text is copied.
 */
export function typedText(text: string): unknown {
  if (!RIGHT_TO_LEFT_LETTER.test(text)) return text;
  return text.split(GROUPED_NUMBER).map((part, index) => (index % 2 ? html`<bdi dir="ltr">${part}</bdi>` : part));
}
