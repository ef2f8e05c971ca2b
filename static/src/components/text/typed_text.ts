/** Text as somebody typed it, with numbers that can be dialled. */
import { html } from '../../shell/html.js';

const RIGHT_TO_LEFT_LETTER = /[\u0590-\u08ff]/;
/** Groups of digits: a telephone number, or a date with its time. The twin of `grouped-number` in look.typ. */
const DIGITS = '[0-9\u0660-\u0669\u06f0-\u06f9]+';
const GROUPED_NUMBER = new RegExp(`(\\+?${DIGITS}(?:(?:[ ()\u00a0-]+|[:./,])${DIGITS}){1,9})`);

/**
 * Show typed text. In a text from right to left a browser puts the second group of "07700 900512" to the left of the
 * first, and somebody who reads it out may say the groups in that order. Each number keeps its own order here.
 * The characters stay as they are, also when the text is copied.
 */
export function typedText(text: string): unknown {
  if (!RIGHT_TO_LEFT_LETTER.test(text)) return text;
  return text.split(GROUPED_NUMBER).map((part, index) => (index % 2 ? html`<bdi dir="ltr">${part}</bdi>` : part));
}
