/**
 * Words for a period of the day, such as PM, ب.ظ. or 晚上, and the hours of the day that each may stand for.
 *
 * The common words stand here. Those of about 80 languages come from this browser's own language data (CLDR), which
 * takes long to look through and is asked only for a word that is not common. The same word can mean different hours in
 * two languages: then it stands for all of them, and the reader of a time has to tell whether that leaves one reading.
 */

/** One bit for each hour of the day. */
export const ALL_HOURS = 0xffffff;

const MORNING_HOURS = 0x000fff;
const EVENING_HOURS = 0xfff000;
/** Some were in earlier versions of CLDR, and so are in the exports of older phones. */
const COMMON_WORDS = new Map<string, number>(
  (
    [
      [MORNING_HOURS, ['am', 'ص', 'قظ', '上午', '오전', 'पूर्वाह्न']],
      [EVENING_HOURS, ['pm', 'م', 'بظ', '下午', '오후', 'अपराह्न']],
      // After a 24 hour time: "21:10 Uhr".
      [ALL_HOURS, ['h', 'uhr', 'ч']],
    ] as const
  ).flatMap(([hours, words]) => words.map((word) => [word, hours] as const)),
);
export const LANGUAGES_OF_PHONES = (
  'af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu ha he hi hr hu hy id ig ' +
  'is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl or pa pl ps pt pt-PT ro ru sd si sk sl so ' +
  'sq sr sv sw ta te th ti tr uk ur uz vi yo zh zh-Hant zu'
).split(' ');
/** Each half hour past, and noon and midnight, for which some languages have a word of their own. */
const MOMENTS = [...Array(24).keys()].map((hour) => [hour, 30]).concat([0, 12].map((hour) => [hour, 0])) as [
  number,
  number,
][];
const MARKS = /[\s.\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu;

let wordsOfLanguages: Map<string, number> | null = null;

/**
 * Return the hours that a word may stand for, one bit for each hour.
 * @returns undefined for an unknown word
 */
export function hoursOfPeriod(word: string): number | undefined {
  const key = keyOf(word);
  const common = COMMON_WORDS.get(key);
  if (common !== undefined) return common;
  wordsOfLanguages ??= readWordsOfLanguages();
  return wordsOfLanguages.get(key);
}

function keyOf(word: string): string {
  return word.replace(MARKS, '').toLowerCase();
}

function readWordsOfLanguages(): Map<string, number> {
  const found: Map<string, number> = new Map();
  for (const language of Intl.DateTimeFormat.supportedLocalesOf(LANGUAGES_OF_PHONES)) {
    for (const dayPeriod of [undefined, 'short'] as const) {
      const format = new Intl.DateTimeFormat(language, {
        hour: 'numeric',
        minute: '2-digit',
        hour12: true,
        timeZone: 'UTC',
        ...(dayPeriod ? { dayPeriod } : {}),
      });
      for (const [hour, minute] of MOMENTS) {
        const parts = format.formatToParts(Date.UTC(2026, 0, 1, hour, minute));
        const word = parts.find(({ type }) => type === 'dayPeriod')?.value;
        if (word) found.set(keyOf(word), (found.get(keyOf(word)) ?? 0) | (1 << hour));
      }
    }
  }
  return found;
}
