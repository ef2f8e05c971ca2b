/** The lines of a text file as places in its bytes. */
import type { Bytes } from '../../core/bytes.js';
import type { Span } from './json_spans.js';

/** `end`: without the line break; `next`: where the next line begins */
export type Line = { start: number; end: number; next: number; text: string };

/** The beginning of a longer line is enough to know it. */
const MAX_LINE_BYTES = 4_000;
const [LF, CR] = [0x0a, 0x0d];
const BYTE_ORDER_MARK = '\ufeff';

/** Yield the lines of a text with their beginnings. */
export function* linesIn(bytes: Uint8Array): Generator<Line> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LF, start);
    const next = found < 0 ? bytes.length : found + 1;
    const before = found < 0 ? bytes.length : found;
    const end = before > start && bytes[before - 1] === CR ? before - 1 : before;
    const text = decoder.decode(bytes.subarray(start, Math.min(end, start + MAX_LINE_BYTES)));
    yield { start, end, next, text: start === 0 ? text.replace(BYTE_ORDER_MARK, '') : text };
    start = next;
  }
}

/** Return the lines of a message, without the empty ones at its end. */
export function linesAt(bytes: Bytes, { start, end }: Span): string[] {
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  return text.trimEnd().split(/\r?\n/);
}
