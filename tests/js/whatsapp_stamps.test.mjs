/**
 * The first lines of messages in every language's form of date and time. Whatever the form, a line with a sender is
 * read right, asked about, or listed as not understood. It never joins the message before it: its words would get
 * another sender.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readChat, rowsOf } from '#app/imports/whatsapp.js';
import { measureCpu } from './phone/cpu_time.mjs';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const TWO_LETTERS = [...LETTERS].flatMap((a) => [...LETTERS].map((b) => a + b));
const SCRIPTS_AND_PLACES =
  'zh-Hant zh-HK en-GB en-US en-CA en-ZA en-AU en-IN fr-CA pt-PT es-MX es-US es-CO de-AT de-CH sr-Latn uz-Cyrl ' +
  'pa-Arab ar-EG ar-SA ar-MA fil';
const LOCALES = Intl.DateTimeFormat.supportedLocalesOf([...TWO_LETTERS, ...SCRIPTS_AND_PLACES.split(' ')]);
/** Languages that many phones are set to. */
const READ_LANGUAGES = 'ar bn cy de en es fr gu hi it ko pa pl pt ro ru so ta tr uk ur vi zh'.split(' ');
const MOMENTS = [
  [2026, 10, 3, 0, 4],
  [2026, 10, 9, 5, 31],
  [2026, 10, 12, 9, 5],
  [2026, 10, 24, 12, 10],
  [2026, 10, 25, 18, 45],
  [2026, 10, 26, 23, 59],
].map(([year, month, day, hour, minute]) => Date.UTC(year, month, day, hour, minute, 7));
const LAST_DAY = '2026-11-29';
const FORMS = {
  android: { timeStyle: 'short', line: (date, time, words) => `${date}, ${time} - Sam: ${words}` },
  'android without a comma': { timeStyle: 'short', line: (date, time, words) => `${date} ${time} - Sam: ${words}` },
  ios: { timeStyle: 'medium', line: (date, time, words) => `[${date}, ${time}] Sam: ${words}` },
};

/** Lunar calendars with dates that look like those of this year. No phone has them as the calendar of its dates. */
const NEVER_SET = ['chinese', 'dangi'];

/**
 * Settings of a phone in a language: 12 or 24 hours, Western digits, and each calendar in use where it is spoken.
 * @returns {Intl.DateTimeFormatOptions[]}
 */
function variantsOf(locale) {
  const { calendars } = /** @type {Intl.Locale & { calendars: string[] }} */ (new Intl.Locale(locale));
  return [
    {},
    { hour12: true },
    { hour12: false },
    { numberingSystem: 'latn' },
    ...[...new Set(['gregory', ...calendars])]
      .filter((calendar) => !NEVER_SET.includes(calendar))
      .map((calendar) => ({ calendar })),
  ];
}

function stampsOf(locale, timeStyle, options) {
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeZone: 'UTC', ...options });
  const time = new Intl.DateTimeFormat(locale, { timeStyle, timeZone: 'UTC', ...options });
  return MOMENTS.map((at) => [date.format(at), time.format(at)]);
}

/** Read a chat; return what is wrong with it, and how many messages were read. */
async function faultsOf(text) {
  const chat = await readChat(text, undefined, LAST_DAY);
  if (!chat.messages.length) return { faults: [], read: 0 };
  const faults = [];
  if (chat.more || chat.unlike.length) faults.push(`${chat.more} lines joined the message before them`);
  const expected = MOMENTS.map((at) => new Date(at).toISOString().slice(0, 16));
  // Where the keeper is asked, one of the answers must be right. Where nobody is asked, the only one must be.
  const readings = [];
  for (const order of chat.orders) {
    const { rows } = await rowsOf(chat, { order, tz: 'UTC', me: null });
    readings.push(rows.map(({ text: words, sent_local: local }) => `${words} ${local?.slice(0, 16)}`));
  }
  const isRight = (row) => row === `${row.split(' ')[0]} ${expected[Number(row.split(' ')[0].slice(1))]}`;
  if (readings.length && !readings.some((rows) => rows.every(isRight)))
    faults.push(`read as ${readings.map((rows) => rows.find((row) => !isRight(row)))}`);
  return { faults, read: Math.max(0, ...readings.map((rows) => rows.length)) };
}

for (const [form, { timeStyle, line }] of Object.entries(FORMS))
  test(`${form}: no line of any language joins another message, and no time is read wrong`, async () => {
    const found = {};
    let readFully = 0;
    /** Languages of which every line with a 12 hour time is read */
    const languagesRead = new Set();
    for (const locale of LOCALES) {
      for (const variant of variantsOf(locale)) {
        const text = stampsOf(locale, timeStyle, variant)
          .map(([date, time], i) => line(date, time, `w${i}`))
          .join('\n');
        const { faults, read } = await faultsOf(text);
        if (faults.length) found[`${locale} ${JSON.stringify(variant)}`] = [...faults, text.split('\n')[3]];
        if (read === MOMENTS.length) {
          readFully++;
          if (variant.hour12) languagesRead.add(locale);
        }
      }
    }
    assert.deepEqual(found, {});
    assert.ok(readFully > LOCALES.length * 2, `${readFully} read in full`);
    assert.deepEqual(
      READ_LANGUAGES.filter((locale) => !languagesRead.has(locale)),
      [],
    );
  });

test('a line with an unknown word for the time of day, or calendar, is listed with the lines after it', async () => {
  const chat = await readChat(
    [
      '24/11/2026, 9:10 pm - Sam: first',
      '24/11/2026, 9:11 zzz - Jo: I said so',
      'and more of it',
      '24/11/2026, 9:12 pm - Sam: last',
      '24/11/2569, 9:13 pm - Sam: another calendar',
      'Heisei 24/11/26, 9:14 pm - Sam: an era',
      '24/11/2026 (AD) 9:15 pm - Sam: not read',
    ].join('\n'),
    undefined,
    LAST_DAY,
  );
  const { rows, unplaced, counts } = await rowsOf(chat, { order: 'dmy', tz: 'Europe/London', me: null });
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['first', 'last'],
  );
  assert.deepEqual(
    unplaced.map(({ line, why, text }) => [line, why, text.split('\n').length]),
    [
      [2, 'no_time', 2],
      [5, 'no_date', 1],
      [6, 'not_read', 1],
      [7, 'not_read', 1],
    ],
  );
  assert.equal(counts.more, 1);
});

test('where the order of a date is asked, the example has another day in each order', async () => {
  const exampleIn = async (...dates) => {
    const lines = dates.map((date) => `${date}, 21:10 - Sam: words`);
    return (await readChat(lines.join('\n'), undefined, LAST_DAY)).example;
  };
  assert.deepEqual(await exampleIn('11/11/2026', '3/2/2026'), {
    written: '3/2/2026',
    days: [
      ['dmy', '2026-02-03'],
      ['mdy', '2026-03-02'],
    ],
  });
  // Spanish, American and Basque phones write such a date; only the keeper knows which of them it was.
  assert.deepEqual(await exampleIn('11/10/12'), {
    written: '11/10/12',
    days: [
      ['dmy', '2012-10-11'],
      ['mdy', '2012-11-10'],
      ['ymd', '2011-10-12'],
    ],
  });
  assert.deepEqual(await exampleIn('24.11.26'), { written: '24/11/26', days: [['dmy', '2026-11-24']] });
  assert.deepEqual((await exampleIn('11.24.26', '02.01.26')).days, [['mdy', '2026-11-24']]);
  assert.deepEqual((await exampleIn('24. 11. 26')).days, [
    ['dmy', '2026-11-24'],
    ['ymd', '2024-11-26'],
  ]);
  assert.equal(await exampleIn('no date'), null);
});

test('lists of dates and times inside a message stay in it', async () => {
  const inside = [
    '24/11/2026 21:10 outside my house - he stood there',
    '24/11/2026 around 21:10 - he rang',
    '24/11/2026, around 21:10 - he rang again',
    '24/11/2026 between 21:10 and 21:30 - Sam: not a start either',
    '09:10 to 09:45 and 10:15 - he was outside',
    '10/11/2026 10:00-11:00 - doctor: bring the letter',
    '07700 900 123 45 6 - his number',
  ];
  const chat = await readChat(
    ['24/11/2026, 21:10 - Sam: my list', ...inside, '24/11/2026, 21:12 - Jo: thanks'].join('\n'),
    undefined,
    LAST_DAY,
  );
  const { rows, unplaced } = await rowsOf(chat, { order: 'dmy', tz: 'Europe/London', me: null });
  assert.deepEqual([rows.map(({ text }) => text), unplaced], [[['my list', ...inside].join('\n'), 'thanks'], []]);
});

test('words for the time of day that phones write are read as they stand', async () => {
  for (const [line, local] of [
    ['24/11/2026, 9:10 pm - Sam: x', '21:10'],
    ['24/11/2026, 9:10 p. m. - Sam: x', '21:10'],
    ['24/11/2026, 9:10\u202fAM - Sam: x', '09:10'],
    ['2026/11/24 下午9:10 - Sam: x', '21:10'],
    ['2026/11/24 凌晨1:10 - Sam: x', '01:10'],
    ['2026. 11. 24. 오후 9:10, Sam : x', null],
    ['24/11/2026, 9:10 م - Sam: x', '21:10'],
    ['24/11/2026, 9:10 रात - Sam: x', '21:10'],
    ['24.11.2026, 21:10 Uhr - Sam: x', '21:10'],
  ]) {
    const chat = await readChat(line, undefined, LAST_DAY);
    const [order] = chat.orders;
    const { rows } = order ? await rowsOf(chat, { order, tz: 'UTC', me: null }) : { rows: [] };
    assert.equal(rows[0]?.sent_local.slice(11, 16) ?? null, local, line);
  }
});

test('lines of marks and spaces do not stop an import', async () => {
  const marks = '\u200e'.repeat(22);
  const hostile = [`${marks}1/1/26, ${marks}1:10${'\u200e'.repeat(60)}`, `1/1/26, 1:10${' '.repeat(80)}x`];
  const lines = Array.from({ length: 1_400 }, (_, i) => hostile[i % 2]);
  const elapsed = measureCpu();
  const chat = await readChat(['1/1/26, 21:10 - Sam: one', ...lines].join('\n'), undefined, LAST_DAY);
  assert.deepEqual([chat.messages.length, chat.more], [1, 1_400]);
  assert.ok(elapsed() < 3_000, `${elapsed()} ms`);
});
