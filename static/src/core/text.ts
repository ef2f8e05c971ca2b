/** Text that can be written into a record: canonical JSON has no form for half of a character. */

/** Replace halves of characters (lone surrogates) by U+FFFD. */
export function toWellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

/** Return the first `length` UTF-16 units of a text, without half of a character at the end. */
export function cutText(text: string, length: number): string {
  return text.length > length ? text.slice(0, length).replace(/[\ud800-\udbff]$/, '') : text;
}
