/**
 * The texts of the screens. Each folder has its own in a `words.json`, one key a line; set-up makes a module of it
 * that calls `learn`. `t` fills in `{name}`; `tn` chooses by number between the `.one` and `.other` of a key. The
 * record's codes have their labels in record/vocabulary/vocabulary.js.
 *
 * A module imports the texts it uses (`import './words.js'`). word_keys.ts collects the types of all keys.
 */

/** Every key, as word_keys.ts collects them from the words.json files. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging.
export interface Words {}
/** A key of one text. */
export type Key = Extract<keyof Words, string>;
/** The base of a key that is chosen by number. */
export type CountKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

const texts: Record<string, string> = {};

let isYoungWording = false;

/** Set whether questions use a young person's wording, where there is one, from the next drawing on. */
export function setYoungWording(isOn: boolean) {
  isYoungWording = isOn;
}

/** Check whether this keeper is asked in a young person's wording. */
export const isYoung = () => isYoungWording;

/** Return the key of the young wording, if it is on. A language without one keeps its usual text. */
function youngOrUsual(key: string) {
  const youngKey = `young.${key}`;
  return isYoungWording && youngKey in texts && (!currentTranslation || youngKey in currentTranslation.keys)
    ? youngKey
    : key;
}

/** Add the texts of one folder. */
export function learn(newTexts: Record<string, string>) {
  Object.assign(texts, newTexts);
}

/**
 * Another language: texts by key, and by their English where they come from below the screens. A draft (`reviewed`
 * false) was read by nobody who grew up with the language: what somebody's safety depends on is then shown in English
 * too.
 */
export type Translation = {
  lang: string;
  dir: 'ltr' | 'rtl';
  reviewed: boolean;
  keys: Record<string, string>;
  said: Record<string, string>;
};

let currentTranslation: Translation | null = null;
/**
 * Pair a text with its English: a template that also serves as a string (`inBoth` in language.ts). No type describes
 * both, hence `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
type PairTexts = (text: string, english: string) => any;
let inBoth: PairTexts = (text) => text;
let pluralRules = new Intl.PluralRules('en-GB');

// A draft shows its sentences in English too. Only those of these places appear alone: they ask what happened, count,
// or name things, and a wrong word there harms nobody. A new place is added only after somebody has checked it
// (tests/js/language.test.mjs).
const beginnings = (table: Record<string, string>) =>
  new Map(Object.entries(table).map(([place, names]) => [place, names.split(' ')]));
/** Places whose texts all appear alone. */
const CALM_PLACES = new Set(
  (
    'begin chase count effect entries fcard find form h items kind link loose mail merge moment money more nb odd ' +
    'part pat people plan play police reason say sched terms who wording amount'
  ).split(' '),
);
/** Of these places, only the texts whose names begin so appear alone. */
const CALM_ONLY = beginnings({
  add: 'more title waiting when',
  attach: 'in_number',
  coach: 'lead',
  done: 'again files said',
  entry: 'no_words',
  forwhom: 'title',
  frame: 'loading update',
  help: 'always checked closed how nothing official open paid sheet_sms sheet_title unknown where',
  import: 'direction how lenient look me order own zone',
  log: 'how none saved to',
  note: 'field',
  order: 'none',
  parts: 'title',
  pick: 'title',
  sel: 'basis lead reason title',
  share: 'items log print quick show start',
  voice: 'lead',
  where: 'detail other',
});
/** Of these places, all but the texts whose names begin so appear alone. */
const CALM_EXCEPT = beginnings({
  card: 'apart',
  f: 'helped_by_hint place_ok_hint reported_text_hint',
  four: 'help lead no_two',
  reg: 'altered apart nothing two unsaved',
  when: 'lack',
  young: 'agree. f.reported_text_hint',
});

function isCalm(key: string) {
  const dot = key.indexOf('.');
  if (dot < 0) return false;
  const [place, name] = [key.slice(0, dot), key.slice(dot + 1)];
  const beginsWithOne = (list: readonly string[]) => list.some((beginning) => name.startsWith(beginning));
  const [only, except] = [CALM_ONLY.get(place), CALM_EXCEPT.get(place)];
  if (only) return beginsWithOne(only);
  return except ? !beginsWithOne(except) : CALM_PLACES.has(place);
}
const SENTENCE = /[.?!]/;

/**
 * Use another language from the next drawing on.
 * @param next null for English
 * @param pair draws a sentence with its English beneath it
 */
export function setTranslation(next: Translation | null, pair: PairTexts) {
  currentTranslation = next;
  inBoth = pair;
  pluralRules = new Intl.PluralRules(language());
}

/**
 * Join short texts in one line, with the commas of the language.
 * @param parts falsy ones are left out
 */
export function joinInLine(parts: readonly (string | null | undefined | false)[]): string {
  return joinParts(parts, currentTranslation?.lang === 'ur' ? '، ' : ', ');
}

/**
 * The same with dots between, for texts that stand next to each other and are no list: a name in another script must
 * not run into what follows it.
 */
export function joinWithDots(parts: readonly (string | null | undefined | false)[]): string {
  return joinParts(parts, ' · ');
}

const joinParts = (parts: readonly (string | null | undefined | false)[], separator: string) =>
  parts
    .filter(Boolean)
    .map((part) => isolateDirection(String(part)))
    .join(separator);

/** Return the language tag of texts, dates and numbers. */
export function language(): string {
  return currentTranslation?.lang ?? 'en-GB';
}

/** @param format formats the value of a slot */
const fillSlots = (
  text: string,
  slots: Record<string, string | number>,
  format: (value: string) => string = isolateDirection,
) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in slots ? format(String(slots[name])) : whole));

/**
 * Recent texts in another language, with their English: a draft's English has slots too, and a date in them must be
 * English.
 */
const recentEnglish: Map<string, string> = new Map();
const MAX_RECENT = 2000;

/**
 * Remember the English of a text while a draft is in use.
 * @param text in the present language
 * @returns `text`
 */
export function rememberEnglish(text: string, english: () => string): string {
  if (!currentTranslation || currentTranslation.reviewed) return text;
  if (recentEnglish.size > MAX_RECENT) recentEnglish.clear();
  if (!recentEnglish.has(text)) recentEnglish.set(text, english());
  return text;
}

const toEnglish = (text: string) => recentEnglish.get(text) ?? text;

/**
 * Keep a number with gaps, a size or a name in another script in its own order within a right-to-left line. Without
 * this "0808 802 0300" reads "0300 802 0808". A text with right-to-left letters runs right to left, whatever it begins
 * with: a browser that looks for the first letter does not look into isolated parts, and would put a time before its
 * day.
 */
export function isolateDirection(text: string): string {
  if (currentTranslation?.dir !== 'rtl' || !/[A-Za-z]|\d\D+\d/.test(text)) return text;
  return `${/[\u0590-\u08ff]/.test(text) ? '\u2067' : '\u2068'}${text}\u2069`;
}

/**
 * Run `action` with English and the usual wording, for text that goes to other people. An officer reads English, and
 * would take a translator's mistake for the keeper's.
 * @param action must be synchronous
 */
export function inPlainEnglish<T>(action: () => T): T {
  const previous = { speaking: currentTranslation, young: isYoungWording };
  isYoungWording = false;
  if (currentTranslation) setTranslation(null, inBoth);
  try {
    return action();
  } finally {
    isYoungWording = previous.young;
    if (currentTranslation !== previous.speaking) setTranslation(previous.speaking, inBoth);
  }
}

function withEnglish(text: string, english: string, isGrave: boolean): string {
  return currentTranslation && !currentTranslation.reviewed && isGrave && text !== english
    ? inBoth(text, english)
    : text;
}

/** Return the text of `key`, with `{name}` filled from `slots`. */
export function t(key: Key, slots: Record<string, string | number> = {}): string {
  return lookUp(key, slots);
}

/**
 * Return the text of a key that is built from a code or comes from a table. Prefer `t`: its type catches a misspelt
 * key.
 * @throws RangeError for a key without text, which is a fault in the screens
 */
export function lookUp(key: string, slots: Record<string, string | number> = {}): string {
  const fullKey = youngOrUsual(key);
  return resolveText(fullKey, fullKey, slots);
}

/** @param englishKey the key of the English text */
function resolveText(key: string, englishKey: string, slots: Record<string, string | number>) {
  const source = texts[englishKey];
  if (source === undefined) throw new RangeError(`no words for ${englishKey}`);
  const translated = currentTranslation?.keys[key];
  if (translated === undefined) return fillSlots(source, slots);
  const englishText = fillSlots(source, slots, toEnglish);
  return withEnglish(
    rememberEnglish(fillSlots(translated, slots), () => englishText),
    englishText,
    SENTENCE.test(source) && !isCalm(englishKey),
  );
}

/**
 * Translate a text that comes from below the screens: a label of the vocabulary, or a failure's sentence.
 * @param options `grave`: a failure
 */
export function translate(text: string, { grave = false }: { grave?: boolean } = {}): string {
  return withEnglish(
    currentTranslation
      ? rememberEnglish(currentTranslation.said[text] ?? translatePattern(text, currentTranslation.said), () => text)
      : text,
    text,
    grave,
  );
}

/** Translate a failure's sentence that starts with a file name: the pattern is `{name}` and what follows it. */
function translatePattern(text: string, translations: Record<string, string>) {
  const pattern =
    typeof text === 'string'
      ? Object.keys(translations).find(
          (candidate) => candidate.startsWith('{name}') && text.endsWith(candidate.slice(6)),
        )
      : undefined;
  return pattern
    ? fillSlots(translations[pattern] as string, { name: text.slice(0, text.length - pattern.length + 6) })
    : text;
}

/** Return every text loaded so far, for those who review the texts. */
export function allTexts(): Record<string, string> {
  return { ...texts };
}

/**
 * Return the text for a number of things: `key.one` or `key.other`, with `{n}` filled; another language may have more
 * forms.
 */
export function tn(key: CountKey, n: number, slots: Record<string, string | number> = {}): string {
  return lookUpCount(key, n, slots);
}

/** `tn` for a key that is built from a code or comes from a table. */
export function lookUpCount(key: string, n: number, slots: Record<string, string | number> = {}): string {
  const form = pluralRules.select(n);
  const hasForm = currentTranslation && `${key}.${form}` in currentTranslation.keys;
  return resolveText(`${key}.${hasForm ? form : 'other'}`, `${key}.${n === 1 ? 'one' : 'other'}`, { ...slots, n });
}

/** Check whether `key` has a text. */
export function hasText(key: string): boolean {
  return key in texts;
}
