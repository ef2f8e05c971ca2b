/**
 * The words of the screens. Each folder has its own in a `words.json`, one key a line; set-up makes a module of it
 * that calls `learn`. `{name}` is filled in by `t`; of a key that ends in `.one` and `.other`, `tn` chooses by number.
 * Codes of the record have their labels in record/vocabulary/vocabulary.js.
 *
 * A module imports the words it uses (`import './words.js'`). The types of all keys come together in word_keys.ts.
 */

/** Every key there is, as word_keys.ts collects them from the words.json files. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging.
export interface Words {}
/** A key of one text. */
export type Key = Extract<keyof Words, string>;
/** What a key that is chosen by number begins with. */
export type CountKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

const table: Record<string, string> = {};

let young = false;

/** Ask in a young person's words from the next drawing on, where there are any. */
export function askYoung(on: boolean) {
  young = on;
}

/** Whether this keeper is asked in a young person's words. */
export const isYoung = () => young;

/** A language that has no young words of its own keeps to its usual ones. */
function asked(key: string) {
  const theirs = `young.${key}`;
  return young && theirs in table && (!speaking || theirs in speaking.keys) ? theirs : key;
}

/** Add the words of one folder. */
export function learn(more: Record<string, string>) {
  Object.assign(table, more);
}

/**
 * * Another language: words by key, and by their English where they come from below the screens. A draft (`reviewed`
 *   false) has been read by nobody who grew up with it: what somebody's safety hangs on is then shown in English as
 *   well.
 */
export type Translation = {
  lang: string;
  dir: 'ltr' | 'rtl';
  reviewed: boolean;
  keys: Record<string, string>;
  said: Record<string, string>;
};

let speaking: Translation | null = null;
/**
 * Gives a text with its English: a template that also serves as a string (`inBoth` in language.ts). No type describes
 * both, hence `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Both = (text: string, english: string) => any;
let inBoth: Both = (text) => text;
let plural = new Intl.PluralRules('en-GB');

// A draft says its sentences in English too. Only those of these places stand alone: they ask what happened, count, or
// name things, and nobody comes to harm by a wrong word. A new place is not among them until somebody has looked
// (tests/js/language.test.mjs).
const CALM =
  /^(?:(?:begin|chase|count|effect|entries|fcard|find|form|h|items|kind|link|loose|mail|merge|moment|money|more|nb|odd|part|pat|people|plan|play|police|reason|say|sched|terms|who|wording|amount)\.|add\.(?:more|title|waiting|when)|attach\.in_number|card\.(?!apart)|coach\.lead|done\.(?:again|files|said)|entry\.no_words|f\.(?!helped_by_hint|place_ok_hint|reported_text_hint)|forwhom\.title|four\.(?!help|lead|no_two)|frame\.(?:loading|update)|help\.(?:always|checked|closed|how|nothing|official|open|paid|sheet_(?:sms|title)|unknown|where)|import\.(?:direction|how|lenient|look|me|order|own|zone)|log\.(?:how|none|saved|to)|note\.field|order\.none|parts\.title|pick\.title|reg\.(?!altered|nothing|two|unsaved)|sel\.(?:basis|lead|reason|title)|share\.(?:items|log|print|quick|show|start)|voice\.lead|when\.(?!lack)|where\.(?:detail|other)|young\.(?!agree\.|f\.reported_text_hint))/;
const SENTENCE = /[.?!]/;

/**
 * Speak another language from the next drawing on.
 * @param translation null is English
 * @param both draws a sentence with its English beneath
 */
export function speak(translation: Translation | null, both: Both) {
  speaking = translation;
  inBoth = both;
  plural = new Intl.PluralRules(language());
}

/**
 * Short things in one line, with the commas of the language.
 * @param parts those that say nothing are left out
 */
export function inOneLine(parts: readonly (string | null | undefined | false)[]): string {
  return joined(parts, speaking?.lang === 'ur' ? '، ' : ', ');
}

/**
 * The same with dots between, for what is beside each other and no list: a name of letters keeps its end from what
 * comes after it.
 */
export function dotted(parts: readonly (string | null | undefined | false)[]): string {
  return joined(parts, ' · ');
}

const joined = (parts: readonly (string | null | undefined | false)[], between: string) =>
  parts
    .filter(Boolean)
    .map((part) => inItsOrder(String(part)))
    .join(between);

/** The language words, dates and numbers are said in. */
export function language(): string {
  return speaking?.lang ?? 'en-GB';
}

/** @param as how a slot's value is written */
const filled = (text: string, slots: Record<string, string | number>, as: (value: string) => string = inItsOrder) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (name in slots ? as(String(slots[name])) : whole));

/**
 * What was said lately in another language, in English: a draft's English has slots too, and a day in them is an
 * English one.
 */
const lately: Map<string, string> = new Map();
const MANY = 2000;

/**
 * @param text in the language spoken
 * @returns `text`
 */
export function alsoInEnglish(text: string, english: () => string): string {
  if (!speaking || speaking.reviewed) return text;
  if (lately.size > MANY) lately.clear();
  if (!lately.has(text)) lately.set(text, english());
  return text;
}

const asInEnglish = (text: string) => lately.get(text) ?? text;

/**
 * A number with gaps, a size, a name in another script, within a line that runs from right to left: in its own order.
 * Without this "0808 802 0300" reads "0300 802 0808".
 */
export function inItsOrder(text: string): string {
  return speaking?.dir === 'rtl' && /[A-Za-z]|\d\D+\d/.test(text) ? `\u2068${text}\u2069` : text;
}

/**
 * What `act` makes, in the words of whoever is shown or given it: English, and the usual ones. An officer reads
 * English, and a translator's slip would be taken for the keeper's.
 * @param act makes words and waits for nothing
 */
export function forOthers<T>(act: () => T): T {
  const before = { speaking, young };
  young = false;
  if (speaking) speak(null, inBoth);
  try {
    return act();
  } finally {
    young = before.young;
    if (speaking !== before.speaking) speak(before.speaking, inBoth);
  }
}

function withEnglish(text: string, english: string, isGrave: boolean): string {
  return speaking && !speaking.reviewed && isGrave && text !== english ? inBoth(text, english) : text;
}

/** The words for `key`, with `{name}` filled from `slots`. */
export function t(key: Key, slots: Record<string, string | number> = {}): string {
  return lookUp(key, slots);
}

/**
 * The words for a key that is put together from a code, or stands in a table. Prefer `t`: a misspelt key fails its
 * type.
 * @throws RangeError for a key without words, which is a fault in the screens
 */
export function lookUp(key: string, slots: Record<string, string | number> = {}): string {
  const said = asked(key);
  return worded(said, said, slots);
}

/** @param english where the English of it stands */
function worded(key: string, english: string, slots: Record<string, string | number>) {
  const text = table[english];
  if (text === undefined) throw new RangeError(`no words for ${english}`);
  const found = speaking?.keys[key];
  if (found === undefined) return filled(text, slots);
  const known = filled(text, slots, asInEnglish);
  return withEnglish(
    alsoInEnglish(filled(found, slots), () => known),
    known,
    SENTENCE.test(text) && !CALM.test(english),
  );
}

/**
 * A text that comes from below the screens, a label of the vocabulary or a failure's sentence, in the language spoken.
 * @param how `grave`: a failure
 */
export function inWords(text: string, { grave = false }: { grave?: boolean } = {}): string {
  return withEnglish(
    speaking ? alsoInEnglish(speaking.said[text] ?? inTheirPattern(text, speaking.said), () => text) : text,
    text,
    grave,
  );
}

/**
 * A failure's sentence that names a file: `{name}` and what follows it is the pattern, the name is what stands before.
 */
function inTheirPattern(text: string, said: Record<string, string>) {
  const end =
    typeof text === 'string'
      ? Object.keys(said).find((one) => one.startsWith('{name}') && text.endsWith(one.slice(6)))
      : undefined;
  return end ? filled(said[end] as string, { name: text.slice(0, text.length - end.length + 6) }) : text;
}

/** Every word there is so far, for whoever judges the words. */
export function everyWord(): Record<string, string> {
  return { ...table };
}

/**
 * The words for a number of things: `key.one` or `key.other`, with `{n}` filled; another language may have more forms.
 */
export function tn(key: CountKey, n: number, slots: Record<string, string | number> = {}): string {
  return lookUpCount(key, n, slots);
}

/** `tn` for a key that is put together from a code, or stands in a table. */
export function lookUpCount(key: string, n: number, slots: Record<string, string | number> = {}): string {
  const form = plural.select(n);
  const has = speaking && `${key}.${form}` in speaking.keys;
  return worded(`${key}.${has ? form : 'other'}`, `${key}.${n === 1 ? 'one' : 'other'}`, { ...slots, n });
}

/** Whether there are words for `key`. */
export function knows(key: string): boolean {
  return key in table;
}
