/**
 * The writing guard: finds an address, a number or one of the keeper's own restricted words in the account, so that
 * the screen can offer to keep it apart. It only points; text changes only when the keeper taps.
 */

type Finding = { kind: 'postcode' | 'number' | 'kept_apart'; found: string; start: number; end: number };

const POSTCODE = /\b(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b/gi;
// A phone number: at least nine digits, a leading 0 or +, spaces or dashes between. Amounts and dates are shorter.
const NUMBER = /(?<![\w+])(?:\+\d|0)(?:[ \-().]{0,2}\d){8,13}(?!\w)/g;

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

const fold = (text: string) => text.normalize('NFKC').toLowerCase();

/** Find the keeper's own restricted words in `text`: whole words, any case. */
function findOwnWords(text: string, words: readonly string[]): Finding[] {
  const folded = fold(text);
  // Folding can change the length (ligatures), and positions would then point at other words, so nothing is offered.
  if (folded.length !== text.length) return [];
  return words
    .map((word) => fold(word.trim()))
    .filter((word) => word.length >= 4)
    .flatMap((word) => wholeWordPlaces(folded, word))
    .map(([start, end]) => ({ kind: 'kept_apart', found: text.slice(start, end), start, end }));
}

/** Return every place where `word` stands in `text` with no letter or digit beside it: "Anna", but not in "Joanna". */
function wholeWordPlaces(text: string, word: string): [start: number, end: number][] {
  const places: [number, number][] = [];
  for (let start = text.indexOf(word); start >= 0; start = text.indexOf(word, start + 1)) {
    const end = start + word.length;
    if (!LETTER_OR_DIGIT.test(text[start - 1] ?? '') && !LETTER_OR_DIGIT.test(text[end] ?? ''))
      places.push([start, end]);
  }
  return places;
}

/**
 * Find everything in `text` that should be kept apart, in order.
 * @param restrictedWords what the keeper has already marked as kept apart
 */
export function findAll(text: string, restrictedWords: readonly string[]): Finding[] {
  const found: Finding[] = findOwnWords(text, restrictedWords);
  for (const [kind, pattern] of [
    ['postcode', POSTCODE],
    ['number', NUMBER],
  ] as const) {
    for (const match of text.matchAll(pattern)) {
      found.push({ kind, found: match[0], start: match.index, end: match.index + match[0].length });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Return the first finding, or null. */
export function findFirst(text: string, restrictedWords: readonly string[] = []): Finding | null {
  return findAll(text, restrictedWords)[0] ?? null;
}

/** Return the account without the finding, and the restricted place with it. */
export function keepApart(
  narrative: string,
  placeDetail: string,
  finding: Finding,
): { narrative: string; placeDetail: string } {
  return {
    narrative: `${narrative.slice(0, finding.start)}[left out]${narrative.slice(finding.end)}`,
    placeDetail: placeDetail ? `${placeDetail}\n${finding.found}` : finding.found,
  };
}
