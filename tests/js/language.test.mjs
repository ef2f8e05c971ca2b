/** Translations: plural forms, what a draft shows in English too, and texts without a translation. */
import { afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { FILLED, SENTENCES, SPECIFIC, serverLimitSentence, toShownError } from '#app/diary/sentences.js';
import { KeptError } from '#app/core/errors.js';
import { amountText } from '#app/components/text/amount_words.js';
import {
  joinWithDots,
  allTexts,
  inPlainEnglish,
  isolateDirection,
  translate,
  language,
  learn,
  setTranslation,
  t,
  tn,
} from '#app/shell/strings.js';
import {
  dateText,
  dayHeading,
  seasonText,
  sizeText,
  occurredText,
  timeOfDay,
} from '#app/components/text/formatting.js';

const showBoth = (text, english) => ({ both: [text, english] });
/** @type {(reviewed: boolean, extraKeys?: Record<string, string>) => Parameters<typeof setTranslation>[0]} */
const polish = (reviewed, extraKeys = {}) => ({
  lang: 'pl',
  dir: 'ltr',
  reviewed,
  said: { 'This was deleted for good, as asked.': 'Usunięto na zawsze.', 'Came to my home': 'Przyszedł do mnie' },
  keys: {
    'frame.done': 'Gotowe',
    'consent.court': 'Sąd może to zobaczyć.',
    'consent.do': 'Przygotuj pakiet',
    'x.files.one': '{n} plik',
    'x.files.few': '{n} pliki',
    'x.files.many': '{n} plików',
    'say.today': 'Dziś, {day}',
    ...extraKeys,
  },
});
const built = new URL('../../static/js/', import.meta.url);
for (const name of readdirSync(new URL('../src/', built), { recursive: true, encoding: 'utf8' }))
  if (/(^|\/)words(_\w+)?\.json$/.test(name)) await import(new URL(name.replace(/json$/, 'js'), built).href);
learn({
  'x.files.one': '1 file',
  'x.files.other': '{n} files',
  'consent.court': 'A court may see it.',
  'consent.do': 'Make the pack',
});
afterEach(() => setTranslation(null, showBoth));

test('Polish has its comma in a size, the genitive of May, and a word for every part of a day', () => {
  const may = Date.UTC(2026, 4, 4, 12);
  const part = (/** @type {string} */ occurred_local) =>
    timeOfDay({ precision: 'part_of_day', occurred_local, occurred_start: may, utc_offset_min: 0, tz: 'UTC' });
  setTranslation(polish(true, { 'say.part_evening': 'Wieczór', 'say.part_early_morning': 'Wczesny ranek' }), showBoth);
  assert.equal(sizeText(3_900_000), '3,9 MB');
  assert.equal(sizeText(39_000_000), '39 MB');
  assert.equal(dateText(may), '4 maja 2026');
  assert.equal(part('2026-05-04 evening'), 'wieczór');
  // As a program that writes labels has it.
  assert.equal(part('Evening'), 'wieczór');
  assert.equal(part('Early morning'), 'wczesny ranek');
  setTranslation(null, showBoth);
  assert.equal(sizeText(3_900_000), '3.9 MB');
  assert.equal(dateText(may), '4 May 2026');
});

test('a count takes the plural form of the language', () => {
  setTranslation(polish(true), showBoth);
  assert.deepEqual(
    [1, 2, 5, 12, 22, 25].map((n) => tn('x.files', n)),
    ['1 plik', '2 pliki', '5 plików', '12 plików', '22 pliki', '25 plików'],
  );
  setTranslation(null, showBoth);
  assert.deepEqual(
    [1, 2, 0].map((n) => tn('x.files', n)),
    ['1 file', '2 files', '0 files'],
  );
});

test('a draft shows a sentence about consent or a failure in English too, and no button', () => {
  setTranslation(polish(false), showBoth);
  assert.deepEqual(t('consent.court'), { both: ['Sąd może to zobaczyć.', 'A court may see it.'] });
  assert.equal(t('consent.do'), 'Przygotuj pakiet');
  assert.equal(t('frame.done'), 'Gotowe');
  assert.deepEqual(translate('This was deleted for good, as asked.', { grave: true }), {
    both: ['Usunięto na zawsze.', 'This was deleted for good, as asked.'],
  });
  assert.equal(translate('Came to my home'), 'Przyszedł do mnie');
});

test('a language that a native speaker has reviewed shows no English beside it', () => {
  setTranslation(polish(true), showBoth);
  assert.equal(t('consent.court'), 'Sąd może to zobaczyć.');
});

test('a text without a translation is shown in English, never left out', () => {
  setTranslation(polish(false), showBoth);
  assert.equal(t('bar.help'), 'Help');
  assert.equal(translate('Something new.', { grave: true }), 'Something new.');
  assert.throws(() => t('no.such.words'), RangeError);
});

test('dates are shown in the language of the screens, with digits everyone can read', () => {
  const at = Date.UTC(2026, 10, 3, 12);
  const occurred = {
    occurred_start: at,
    occurred_end: null,
    occurred_local: '2026-11-03T12:00',
    tz: 'Europe/London',
    utc_offset_min: 0,
    precision: 'minute',
  };
  assert.equal(dateText(at), '3 Nov 2026');
  setTranslation(polish(true), showBoth);
  assert.equal(language(), 'pl');
  assert.match(dateText(at), /3 lis 2026/);
  assert.match(occurredText(occurred), /wtorek, 3 listopada 2026, 12:00/);
  assert.match(dayHeading('2026-11-03', at), /^Dziś, wtorek/);
  setTranslation({ ...polish(true), lang: 'ur' }, showBoth);
  assert.match(dateText(at), /3.*2026/);
});

test('Welsh days and months are Welsh in a browser without Welsh dates', () => {
  setTranslation({ ...polish(true), lang: 'cy', keys: {} }, showBoth);
  const icu = (options, date) =>
    new Intl.DateTimeFormat('cy', { timeZone: 'UTC', ...options }).format(date).replace(/^d/, 'D');
  for (let month = 0; month < 12; month++) {
    const at = Date.UTC(2026, month, 3 + month, 12);
    const date = new Date(at).toISOString().slice(0, 10);
    assert.equal(dateText(at), icu({ day: 'numeric', month: 'short', year: 'numeric' }, at));
    const heading = dayHeading(date, Date.UTC(2030, 0, 1)).split(/,? /);
    assert.deepEqual(
      heading,
      icu({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, at).split(/,? /),
    );
  }
});

/** A draft whose texts are the English ones with a mark, so that texts shown in both languages can be recognised. */
const markedDraft = () => ({
  lang: 'pl',
  dir: 'ltr',
  reviewed: false,
  said: {},
  keys: Object.fromEntries(Object.entries(allTexts()).map(([key, text]) => [key, `~${text}`])),
});
/** The keys of the texts that a draft shows in English too. */
function keysInBoth() {
  setTranslation(markedDraft(), showBoth);
  return new Set(Object.keys(allTexts()).filter((key) => typeof t(key) === 'object'));
}
const sentences = () => Object.entries(allTexts()).filter(([, text]) => /[.?!]/.test(text));

test('every sentence about consent, erasing, locks, danger or a failure shows its English too', () => {
  const shownInBoth = keysInBoth();
  const places = [
    'about',
    'agree',
    'ask',
    'away',
    'bad',
    'before',
    'borrowed',
    'capd',
    'capset',
    'check',
    'chw',
    'clear',
    'code',
    'consent',
    'copy',
    'court',
    'cover',
    'devices',
    'erase',
    'guard',
    'hand',
    'hold',
    'home',
    'kept',
    'locks',
    'look',
    'nw',
    'out',
    'outside',
    'pack',
    'purge',
    'risk',
    'safety',
    'server',
    'short',
    'show',
    'signout',
    'som',
    'sum',
    'two',
    'voice',
    'wordy',
    'words',
  ];
  const exempt = new Set(['voice.lead']);
  for (const place of places) {
    const entries = sentences().filter(([key]) => key.startsWith(`${place}.`));
    assert.ok(entries.length, `no sentence at ${place}`);
    assert.deepEqual(
      entries.filter(([key]) => !shownInBoth.has(key) && !exempt.has(key)),
      [],
      place,
    );
  }
});

test('a sentence that a wrong word would make dangerous shows its English too, wherever it is', () => {
  const shownInBoth = keysInBoth();
  const dangerous = new RegExp(
    String.raw`\b(?:${[
      '999',
      '101',
      'danger',
      'erased?',
      'erases?',
      'wiped?',
      'sexual',
      'cannot come back',
      'spyware',
      'under 18',
      'watch(?:es|ed)?',
      'kept from',
      'can (?:read|see)',
      'no signal',
      'locks?',
      'locked',
      'signed out',
      'server',
      'not be (?:read|opened|saved|sent)',
      'not (?:been )?(?:sent|kept)',
      'lost',
      'removed?',
      'safe',
      'safer',
      'helpline',
      'passed on',
      'other person',
      'lawyers?',
      'court',
    ].join('|')})\b`,
    'i',
  );
  // Questions and counts that contain one of those words, but nobody decides by them.
  const exempt = (
    'chase. f. find.none_more four.unwanted_why mail. odd. order.none pat. plan. reg.order reg.report ' +
    'reg.notice reg.reason reg.statement sched. share.quick_more wording. young. card. count. ' +
    'help.official effect. link. coach.lead police. import.lenient done.again share.start_more'
  ).split(' ');
  const isExempt = (key) => exempt.some((beginning) => key.startsWith(beginning));
  assert.deepEqual(
    sentences().filter(([key, text]) => dangerous.test(text) && !shownInBoth.has(key) && !isExempt(key)),
    [],
  );
  assert.ok(sentences().filter(([key]) => shownInBoth.has(key)).length > 300);
});

test('only sentences show their English too: no button and no name does', () => {
  const words = allTexts();
  assert.deepEqual(
    [...keysInBoth()].filter((key) => !/[.?!]/.test(words[key])),
    [],
  );
});

test('every failure shows its English too, also one that names a file', () => {
  const [pattern] = FILLED;
  const translations = {
    ...Object.fromEntries([...Object.values(SENTENCES), ...SPECIFIC].map((text) => [text, `~${text}`])),
    [pattern]: '~{name} ~',
  };
  setTranslation({ ...markedDraft(), said: translations }, showBoth);
  for (const text of [...Object.values(SENTENCES), ...SPECIFIC])
    assert.deepEqual(translate(text, { grave: true }), { both: [`~${text}`, text] });
  const named = pattern.replace('{name}', 'data/a b.pdf');
  assert.deepEqual(translate(named, { grave: true }), { both: ['~data/a b.pdf ~', named] });
});

test('every failure sentence written where it fails is in the list, word for word, and is shown as it is', () => {
  const sources = ['app', 'diary', 'features', 'media', 'crypto', 'pack']
    .flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, built), { recursive: true })
        .filter((name) => name.endsWith('.js') && name !== 'sentences.js')
        .map((name) => readFileSync(new URL(`${folder}/${name}`, built), 'utf8')),
    )
    .join('\n');
  for (const text of SPECIFIC) assert.ok(sources.includes(`'${text}'`), text);
  const limited = serverLimitSentence(50 << 20);
  const isLimit = (text) => limited === text.replace('{name}', '50 MB'); // written in sentences.js alone
  assert.equal(FILLED.filter(isLimit).length, 1);
  for (const text of FILLED) assert.ok(isLimit(text) || sources.includes(text.slice(6)), text);
  assert.equal(toShownError(new KeptError('too_large', limited)).sentence, limited);
  assert.equal(toShownError(new KeptError('too_large', SPECIFIC[3])).sentence, SPECIFIC[3]);
  assert.equal(toShownError(new KeptError('too_large', 'Something of a library’s')).sentence, SENTENCES.too_large);
});

test('in text from right to left, numbers with gaps, sizes and names keep their own order', () => {
  const urdu = {
    lang: 'ur',
    dir: 'rtl',
    reviewed: false,
    said: {},
    keys: { 'help.ring': '{number} پر فون کریں', 'entries.number': 'نمبر {n}' },
  };
  setTranslation(urdu, showBoth);
  assert.equal(t('help.ring', { number: '0808 802 0300' }), '\u20680808 802 0300\u2069 پر فون کریں');
  assert.equal(t('entries.number', { n: 12 }), 'نمبر 12');
  assert.equal(sizeText(2_900_000), '\u20682.9 MB\u2069');
  // Without isolation the letters of a name would pull the digit after it along, and its own digits would go to its
  // end.
  assert.equal(joinWithDots(['00_READ-FIRST.txt', null, '1 بائٹ']), '\u206800_READ-FIRST.txt\u2069 · 1 بائٹ');
  // A time that follows its day, and a name that stands before words: the whole runs from right to left.
  assert.equal(isolateDirection('20 نومبر، 19:00'), '\u206720 نومبر، 19:00\u2069');
  assert.equal(isolateDirection('Callum (S1)، سابق'), '\u2067Callum (S1)، سابق\u2069');
  setTranslation(null, showBoth);
  assert.equal(joinWithDots(['a.zip', false, '1 byte']), 'a.zip · 1 byte');
  assert.equal(isolateDirection('0808 802 0300'), '0808 802 0300');
});

test('what other people are shown or handed is in English and in the standard wording', () => {
  setTranslation(markedDraft(), showBoth);
  assert.equal(
    inPlainEnglish(() => `${t('show.entry', { n: 3 })} ${language()}`),
    'Entry 3 en-GB',
  );
  assert.equal(language(), 'pl');
  assert.equal(String(t('nav.add')), '~Add');
  assert.throws(() =>
    inPlainEnglish(() => {
      throw new Error('stop');
    }),
  );
  assert.equal(language(), 'pl');
});

test('amounts, seasons and parts of a day are shown in the language of the screens', () => {
  const amount = {
    in: 45,
    out: 1,
    unsure: 0,
    calls: 43,
    answered: 0,
    made: 0,
    deleted: 0,
    edited: 0,
    first: '2026-11-24T21:10',
    last: '2026-11-24T23:55',
    from: ['Sam'],
  };
  assert.equal(amountText(amount), '43 missed calls and 2 messages from Sam, 1 from me, 21:10 to 23:55');
  assert.equal(amountText({ ...amount, in: 0, out: 0, calls: 0, first: null, from: [] }), 'No messages');
  assert.equal(seasonText('Summer 2026'), 'Summer 2026');
  const evening = {
    occurred_start: 0,
    occurred_end: 1,
    occurred_local: '2026-11-03 evening',
    tz: 'Europe/London',
    utc_offset_min: 0,
    precision: 'part_of_day',
  };
  assert.equal(occurredText(evening), 'Tuesday, 3 November 2026, evening');
  setTranslation(markedDraft(), showBoth);
  assert.equal(seasonText('Summer 2026'), '~Summer 2026');
  assert.equal(seasonText('When I was ill'), 'When I was ill');
  assert.match(occurredText(evening), /~evening$/);
});
