/**
 * The first lines of messages in every language's form of date and time. Whatever the form, a line is read right, asked
 * about, or listed as not understood. It never joins the message before it: its words would get another sender.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readChat, rowsOf } from '#app/imports/whatsapp.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const TWO_LETTERS = [...LETTERS].flatMap((a) => [...LETTERS].map((b) => a + b));
const SCRIPTS_AND_PLACES =
  'zh-Hant zh-HK en-GB en-US en-CA en-ZA en-AU en-IN fr-CA pt-PT es-MX es-US es-CO de-AT de-CH sr-Latn uz-Cyrl ' +
  'pa-Arab ar-EG ar-SA ar-MA fil';
const LOCALES = Intl.DateTimeFormat.supportedLocalesOf([...TWO_LETTERS, ...SCRIPTS_AND_PLACES.split(' ')]);
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
    for (const locale of LOCALES) {
      for (const variant of variantsOf(locale)) {
        const text = stampsOf(locale, timeStyle, variant)
          .map(([date, time], i) => line(date, time, `w${i}`))
          .join('\n');
        const { faults, read } = await faultsOf(text);
        if (faults.length) found[`${locale} ${JSON.stringify(variant)}`] = [...faults, text.split('\n')[3]];
        if (read === MOMENTS.length) readFully++;
      }
    }
    assert.deepEqual(found, {});
    assert.ok(readFully > LOCALES.length * 2, `${readFully} read in full`);
  });

test('a line with an unknown word for the time of day, or calendar, is listed with the lines after it', async () => {
  const chat = await readChat(
    [
      '24/11/2026, 9:10 pm - Sam: first',
      '24/11/2026, 9:11 zzz - Jo: I said so',
      'and more of it',
      '24/11/2026, 9:12 pm - Sam: last',
      '24/11/2569, 9:13 pm - Sam: another calendar',
      'Heisei 24/11/26, 9:14 pm - Sam: words of the message before',
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
      [7, 'not_read', 1],
    ],
  );
  assert.equal(counts.more, 2);
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
