/** Reading chat exports: every line has one place, nothing is guessed silently, and the same chat is recognised. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { totalsOf, totalsText, burstsOf, splitBurst } from '#app/record/schedule.js';
import { compareExport } from '#app/record/schedule_known.js';
import { parsePastedRows } from '#app/imports/schedule_paste.js';
import { looksLikeChat, readChat, rowsOf } from '#app/imports/whatsapp.js';
import { possibleOrders, parseStart } from '#app/imports/whatsapp_lines.js';
import { classifyMessage } from '#app/imports/whatsapp_words.js';
import { ANDROID, IOS, longChat } from './chat_exports.mjs';
import { measureCpu } from './phone/cpu_time.mjs';

const LONDON = 'Europe/London';
/** @type {Parameters<typeof rowsOf>[1]} */
const DMY = { order: 'dmy', tz: LONDON, me: 'Jo' };
const sumOfCounts = ({ lines: _lines, ...sums }) => Object.values(sums).reduce((a, b) => a + b, 0);

test('an Android export: every line is counted once, and the sums are the lines of the file', async () => {
  const chat = await readChat(ANDROID);
  assert.deepEqual(chat.orders, ['dmy']);
  assert.deepEqual(chat.senders, [
    { name: 'Sam Hill', count: 7 },
    { name: 'Jo', count: 3 },
  ]);
  const { rows, counts, unplaced } = await rowsOf(chat, DMY);
  assert.deepEqual(counts, {
    in: 6,
    out: 2,
    unsure: 0,
    deleted: 2,
    edited: 1,
    system: 3,
    more: 3,
    unknown: 3,
    lines: 20,
  });
  assert.equal(sumOfCounts(counts), counts.lines);
  assert.deepEqual(
    unplaced.map(({ line, why }) => [line, why]),
    [
      [1, 'before'],
      [18, 'no_sender'],
      [19, 'no_time'],
    ],
  );
  assert.deepEqual([...new Set(rows.filter(({ direction }) => direction === 'out').map(({ from }) => from))], ['me']);
  assert.deepEqual(rows[2], {
    msg_no: 3,
    line: 6,
    direction: 'in',
    from: 'Sam Hill',
    to: 'me',
    type: 'text',
    text: 'I know you are there:\n\nthe light is on\n12/11/26 9:10: that is what you said',
    sent_local: '2026-11-24T21:11',
    sent_source: 'message_or_call_stamp',
    sent_at: Date.UTC(2026, 10, 24, 21, 11),
  });
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['text', 'text', 'text', 'text', 'deleted', 'deleted', 'text', 'image', 'other', 'missed_call', 'text'],
  );
  assert.deepEqual(
    [rows[6].text, rows[6].edited, rows[7].file_name, rows[9].from, rows[9].direction],
    ['I will come over', true, 'IMG-20261124-WA0001.jpg', undefined, 'in'],
  );
});

test('an iOS export: AM and PM after a narrow space, marks around names, files recognised by their form', async () => {
  const chat = await readChat(IOS);
  assert.deepEqual(chat.orders, ['mdy']);
  assert.deepEqual(
    chat.senders.map(({ name }) => name),
    ['Sam', 'سارة الخطيب', 'Jo'],
  );
  const { rows, counts } = await rowsOf(chat, { order: 'mdy', tz: LONDON, me: 'Jo' });
  assert.deepEqual(counts, {
    in: 8,
    out: 0,
    unsure: 0,
    deleted: 1,
    edited: 1,
    system: 1,
    more: 1,
    unknown: 0,
    lines: 12,
  });
  assert.equal(sumOfCounts(counts), counts.lines);
  assert.deepEqual(
    rows.map(({ type, sent_local }) => [type, sent_local.slice(8)]),
    [
      ['text', '24T21:10:05'],
      ['image', '24T21:10:40'],
      ['image', '24T21:11:00'],
      ['text', '24T21:12:00'],
      ['missed_call', '24T21:13:00'],
      ['deleted', '24T21:14:00'],
      ['text', '24T21:15:00'],
      ['file', '24T21:16:00'],
      ['text', '25T00:01:00'],
      ['call', '25T01:05:00'],
    ],
  );
  assert.deepEqual(
    [rows[3].from, rows[3].text, rows[6].text, rows[7].file_name, rows[8].text],
    ['سارة الخطيب', 'مرحبا، أين أنت؟', 'leave me alone', '00000013-papers.pdf', 'two\nlines'],
  );
  assert.equal(rows[7].text, 'papers.pdf • \u200e3 pages');
});

test('an ambiguous date is left to the keeper, and each answer gives another day', async () => {
  const chat = await readChat('03/04/2026, 09:00 - Sam: a\n05/04/2026, 09:00 - Sam: b\n');
  assert.deepEqual(chat.orders, ['dmy', 'mdy']);
  assert.equal((await rowsOf(chat, { ...DMY, order: 'mdy' })).rows[0].sent_local, '2026-03-04T09:00');
  assert.equal((await rowsOf(chat, DMY)).rows[0].sent_local, '2026-04-03T09:00');
  const mixed = await readChat('13/04/2026, 09:00 - Sam: a\n05/14/2026, 09:00 - Sam: b\n');
  assert.deepEqual(mixed.orders, ['dmy', 'mdy']);
  const { unplaced, counts } = await rowsOf(mixed, DMY);
  assert.deepEqual([unplaced.map(({ line, why }) => [line, why]), sumOfCounts(counts)], [[[2, 'no_date']], 2]);
});

for (const [name, line, clock, date] of /** @type {[string, string, string|null, number[]][]} */ ([
  ['dots', '24.11.26, 21:10 - Sam: a', '21:10', [24, 11, 26]],
  ['year first', '2026-11-24, 21:10 - Sam: a', '21:10', [2026, 11, 24]],
  ['spelled am', '24/11/2026, 12:05 a. m. - Sam: a', '00:05', [24, 11, 2026]],
  ['noon', '24/11/2026, 12:05 PM - Sam: a', '12:05', [24, 11, 2026]],
  ['Arabic', '٢٤\u200f/١١\u200f/٢٠٢٦، ٩:١٠ م - سام: مرحبا', '21:10', [24, 11, 2026]],
  ['Devanagari', '२४/११/२०२६, ९:१० - S: b', '09:10', [24, 11, 2026]],
  ['Persian', '۲۴/۱۱/۲۰۲۶, ۹:۱۰ ب.ظ. - س: b', '21:10', [24, 11, 2026]],
  ['Chinese', '[2026/11/24 下午9:10:05] S: x', '21:10:05', [2026, 11, 24]],
  ['French', '24/11/2026 à 21:10 - S: a', '21:10', [24, 11, 2026]],
  ['no time of day', '24/11/2026, 24:10 - Sam: a', null, [24, 11, 2026]],
  ['13 PM', '24/11/2026, 13:10 PM - Sam: a', null, [24, 11, 2026]],
]))
  test(`a line that begins a message: ${name}`, () =>
    assert.deepEqual([parseStart(line)?.clock, parseStart(line)?.date], [clock, date]));

for (const line of [
  '',
  'hello',
  '[24/11/2026, 21:10:05 Sam: text',
  '24/11/2026 - x',
  '1/1: you owe me',
  '24/11-2026, 21:10 - Sam: a',
  `${'9'.repeat(5000)}`,
]) {
  test(`a line that begins no message: ${line.slice(0, 20)}`, () => assert.equal(parseStart(line), null));
}

test('a year of four digits that comes first is never ambiguous, and no dates give no order', () => {
  const starts = (line) => [parseStart(line)];
  assert.deepEqual(
    [
      possibleOrders(starts('01.02.26, 21:10 - S: a'), '2026-11-29'),
      possibleOrders(starts('2026-01-02, 21:10 - S: a'), '2026-11-29'),
      possibleOrders([], '2026-11-29'),
    ],
    [['dmy', 'mdy'], ['ymd'], []],
  );
});

test('text that looks like WhatsApp’s is the sender’s unless the whole message matches exactly', () => {
  for (const text of [
    '<grins evilly>',
    'image omitted by me',
    'he left',
    'I said: This message was deleted',
    'a (b)',
    'see notes.txt (old ones)',
    '<3',
    'nul',
  ]) {
    assert.deepEqual([classifyMessage(text).type, classifyMessage(text).text], ['text', text]);
  }
});

test('a chat pasted into a message in another style stays part of it, and is pointed out', async () => {
  const chat = await readChat(
    '24/11/2026, 21:10 - Sam: look\n[24/11/2026, 20:00:00] Lee: she is home\n24/11/2026, 21:12 - Sam: see\n',
  );
  assert.deepEqual(
    [chat.unlike, chat.messages[0].content.text],
    [[2], 'look\n[24/11/2026, 20:00:00] Lee: she is home'],
  );
  const clocksBack = await rowsOf(await readChat('24/11/2026, 21:10 - Sam: a\n24/11/2026, 20:00 - Lee: b\n'), DMY);
  assert.deepEqual(clocksBack.earlier, [2]);
});

test('when clocks change, a repeated hour follows the chat, and a missing hour has no moment', async () => {
  const clocksBack = await rowsOf(
    await readChat(
      ['00:50 - Sam: a', '01:10 - Sam: b', '01:50 - Sam: c', '01:20 - Sam: d', '02:10 - Sam: e']
        .map((line) => `25/10/2026, ${line}\n`)
        .join(''),
    ),
    DMY,
  );
  assert.deepEqual(
    clocksBack.rows.map(({ sent_at, sent_note }) => [new Date(sent_at).toISOString().slice(11, 16), sent_note]),
    [
      ['23:50', undefined],
      ['00:10', 'hour_first'],
      ['00:50', 'hour_first'],
      ['01:20', 'hour_second'],
      ['02:10', undefined],
    ],
  );
  assert.deepEqual(clocksBack.earlier, []);
  const clocksForward = await rowsOf(
    await readChat('29/03/2026, 00:59 - Sam: a\n29/03/2026, 01:30 - Sam: b\n29/03/2026, 02:01 - Sam: c\n'),
    DMY,
  );
  assert.deepEqual(
    clocksForward.rows.map(({ sent_at, sent_note }) => [sent_at === undefined, sent_note]),
    [
      [false, undefined],
      [true, 'hour_skipped'],
      [false, undefined],
    ],
  );
  assert.equal(burstsOf(clocksForward.rows, 6).length, 1);
});

test('the style of most lines is the style of the chat, wherever the others are', async () => {
  const [androidLine, iosLine] = ['24/11/2026, 21:10 - Sam: a', '[24.11.26, 21:10:05] Sam: b'];
  for (const lines of [
    [androidLine, iosLine, iosLine],
    [iosLine, androidLine, iosLine],
    [iosLine, iosLine, androidLine],
  ]) {
    const { messages } = await readChat(`${lines.join('\n')}\n`);
    assert.deepEqual(
      messages.map(({ start }) => start.shape.at(0)),
      ['[', '['],
    );
  }
});

test('a timestamp is in local time, to the second, on both sides of Greenwich and in summer', async () => {
  for (const [line, tz, at] of /** @type {[string, string, number][]} */ ([
    ['24/06/2026, 21:10 - Sam: a', LONDON, Date.UTC(2026, 5, 24, 20, 10)],
    ['24/11/2026, 21:10 - Sam: a', 'America/New_York', Date.UTC(2026, 10, 25, 2, 10)],
    ['[24/06/2026, 21:10:07] Sam: a', 'Asia/Kolkata', Date.UTC(2026, 5, 24, 15, 40, 7)],
    ['[29/03/2026, 02:10:07] Sam: a', LONDON, Date.UTC(2026, 2, 29, 1, 10, 7)],
    ['[25/10/2026, 01:10:07] Sam: a', LONDON, Date.UTC(2026, 9, 25, 0, 10, 7)],
  ]))
    assert.equal((await rowsOf(await readChat(`${line}\n`), { ...DMY, tz })).rows[0].sent_at, at, line);
});

test('the totals count each kind once, and the sentence mentions only what is there', () => {
  const row = (overrides) => ({ direction: 'in', type: 'text', from: 'Sam', ...overrides });
  const amount = totalsOf([
    row({ edited: true }),
    row({ edited: false }),
    row({ edited: true, type: 'deleted' }),
    row({ type: 'missed_call' }),
    row({ direction: 'out', from: 'me' }),
    row({ direction: 'odd', from: '' }),
  ]);
  const counts = { in: 4, out: 1, unsure: 1, calls: 1, answered: 0, made: 0, deleted: 1, edited: 2 };
  assert.deepEqual(amount, { ...counts, first: null, last: null, from: ['Sam'] });
  assert.equal(totalsText(amount), '1 missed call and 3 messages from Sam, 1 from me, 1 message, not sure who from');
  const totalsTextWith = (overrides) => totalsText({ ...totalsOf([]), ...overrides });
  assert.equal(totalsTextWith({}), 'No messages');
  assert.equal(totalsTextWith({ out: 1 }), '1 message from me');
  assert.equal(totalsTextWith({ out: 2, unsure: 2 }), '2 messages from me, 2 messages, not sure who from');
  assert.equal(totalsTextWith({ in: 1 }), '1 message');
  assert.equal(
    totalsTextWith({ in: 2, calls: 2, out: 1, from: ['a', 'b', 'c'] }),
    '2 missed calls from a, b, c, 1 message from me',
  );
  assert.equal(totalsTextWith({ in: 9, from: ['a', 'b', 'c', 'd'] }), '9 messages from 4 people');
  assert.equal(totalsText({ ...totalsOf([]), out: 1 }, { estimate: true }), '1 message from me');
  assert.equal(totalsTextWith({ in: 1, first: '2026-11-24T21:10', last: '2026-11-24T21:10' }), '1 message, 21:10');
  assert.equal(totalsTextWith({ in: 2, first: '2026-11-24T21:10', last: '2026-11-25T21:10' }), '2 messages');
});

test('a burst is within one day, with no gap as long as the limit', async () => {
  const chat = await readChat(
    '24/11/2026, 08:00 - Sam: a\n24/11/2026, 13:59 - Sam: b\n24/11/2026, 19:59 - Sam: c\n25/11/2026, 00:01 - Sam: d\n',
  );
  const { rows } = await rowsOf(chat, DMY);
  assert.deepEqual(
    burstsOf(rows, 6).map((burst) => burst.map(({ text }) => text)),
    [['a', 'b'], ['c'], ['d']],
  );
  assert.deepEqual(
    burstsOf(rows, 24).map((burst) => burst.length),
    [3, 1],
  );
  assert.equal(totalsText(totalsOf(rows.slice(0, 2))), '2 messages from Sam, 08:00 to 13:59');
  assert.equal(
    totalsText(
      { ...totalsOf([]), in: 43, calls: 43, first: '2026-11-24T21:10', last: '2026-11-24T23:55', from: ['Sam'] },
      { estimate: true },
    ),
    'about 43 missed calls from Sam, 21:10 to 23:55',
  );
});

test('a burst too long for one record is split between messages, and none is lost', () => {
  const rows = Array.from({ length: 2500 }, (_, i) => ({
    msg_no: i + 1,
    direction: 'in',
    type: 'text',
    text: 'x'.repeat(i === 5 ? 99_000 : 10),
  }));
  const parts = splitBurst(rows);
  assert.deepEqual(parts.flat(), rows);
  assert.ok(parts.every((part) => part.length <= 1000 && part.reduce((n, row) => n + row.text.length, 0) <= 120_000));
});

test('the same export again is fully known; a longer one is new only where it is longer', async () => {
  const read = async (text) => (await rowsOf(await readChat(text), DMY)).rows;
  const first = await read(ANDROID);
  const schedules = burstsOf(first, 6);
  assert.deepEqual((await compareExport(first, schedules)).fresh, []);
  const longer = await read(
    `${ANDROID}24/11/2026, 21:10 - Sam Hill: Answer me\n25/11/2026, 07:00 - Sam Hill: morning\n`,
  );
  assert.deepEqual(
    (await compareExport(longer, schedules)).fresh.map(({ text }) => text),
    ['Answer me', 'morning'],
  );
  const deleted = await read(ANDROID.replace('Jo: Please stop', 'Jo: You deleted this message'));
  const comparison = await compareExport(deleted, schedules);
  assert.deepEqual(
    [comparison.fresh, comparison.changed.map(({ before, now }) => [before.text, now.type])],
    [[], [['Please stop', 'deleted']]],
  );
  const withMedia = await read(ANDROID.replace('<Media omitted>', '\u200eIMG-20261124-WA0002.jpg (file attached)'));
  const { pairs, ...known } = await compareExport(withMedia, schedules);
  assert.deepEqual(known, { fresh: [], known: first.length, changed: [] });
  assert.deepEqual(
    pairs.flatMap(({ before, now }) => (now.file_name ? [[before.file_name, now.file_name]] : [])),
    [
      ['IMG-20261124-WA0001.jpg', 'IMG-20261124-WA0001.jpg'],
      [undefined, 'IMG-20261124-WA0002.jpg'],
    ],
  );
});

test('a day of pictures alone matches another export only where the chats have one name', async () => {
  const read = async (text) => (await rowsOf(await readChat(text), DMY)).rows;
  const withoutMedia = await read(
    '24/11/2026, 21:10 - Sam: <Media omitted>\n24/11/2026, 21:11 - Sam: <Media omitted>\n',
  );
  const withMedia = await read(
    '24/11/2026, 21:10 - Sam: \u200eIMG-1.jpg (file attached)\n' +
      '24/11/2026, 21:11 - Sam: \u200eIMG-2.jpg (file attached)\n',
  );
  assert.equal((await compareExport(withMedia, [withoutMedia], [false])).fresh.length, 2);
  assert.equal((await compareExport(withMedia, [withoutMedia], [true])).fresh.length, 0);
  const otherMedia = await read(
    '24/11/2026, 21:10 - Sam: \u200eIMG-8.jpg (file attached)\n' +
      '24/11/2026, 21:11 - Sam: \u200eIMG-9.jpg (file attached)\n',
  );
  assert.equal(
    (await compareExport(otherMedia, [withMedia], [true])).fresh.length,
    2,
    'two pictures with different names are not the same',
  );
});

test('another chat with the same person is not known because two messages agree', async () => {
  const chatRows = (
    await rowsOf(
      await readChat('24/11/2026, 21:10 - Sam: hi\n24/11/2026, 21:11 - Sam: answer\n24/11/2026, 21:12 - Sam: now\n'),
      DMY,
    )
  ).rows;
  const groupRows = (await rowsOf(await readChat('24/11/2026, 21:10 - Sam: hi\n24/11/2026, 21:30 - Lee: hello\n'), DMY))
    .rows;
  assert.deepEqual((await compareExport(groupRows, [chatRows])).fresh.length, 2);
});

test('50,000 messages are read in slices that can be stopped', async () => {
  const text = longChat(50_000);
  let slices = 0;
  const chat = await readChat(text, async () => {
    slices++;
  });
  assert.equal(chat.messages.length, 50_000);
  assert.ok(slices >= 200);
  await assert.rejects(
    readChat(text, async (done) => {
      if (done > 20_000) throw new Error('stopped');
    }),
    /stopped/,
  );
});

test('50,000 messages are compared with those of the diary in slices that can be stopped', async () => {
  const { rows } = await rowsOf(await readChat(longChat(50_000)), DMY);
  const schedules = burstsOf(rows, 1);
  for (const known of [schedules, [rows.slice(0, 1)]]) {
    let slices = 0;
    const { fresh } = await compareExport(rows, known, [], async () => {
      slices++;
    });
    assert.equal(fresh.length, rows.length - known.flat().length);
    assert.ok(slices >= 100, `${slices} slices`);
  }
  const stop = async () => {
    throw new Error('stopped');
  };
  await assert.rejects(compareExport(rows, schedules, [], stop), /stopped/);
});

test('hostile lines take no longer than ordinary ones', async () => {
  const start = '24/11/2026, 21:10 - ';
  const hostile = [
    `${start}Sam: ${'\u200e<'.repeat(30_000)}`,
    '['.repeat(50_000),
    start.repeat(5_000),
    ...Array(3).fill(`${start}${'a: '.repeat(20_000)}`),
    'a (b'.repeat(20_000),
    '',
  ].join('\n');
  const elapsed = measureCpu();
  const chat = await readChat(hostile);
  assert.ok(elapsed() < 2000);
  assert.ok(looksLikeChat(hostile));
  assert.ok(chat.messages.length >= 1);
});

test('pasted lines become rows in their order, a time is on the entry’s day, and words stay as they are', async () => {
  const { rows, left } = await parsePastedRows(
    '21:10 Missed call\n9.15 pm Sam: answer me\n\nhe wrote: no time\n25:99 odd\n',
    { date: '2026-11-24', tz: LONDON, order: 'dmy' },
  );
  assert.equal(left, 0);
  assert.deepEqual(
    rows.map(({ type, sent_local, from, text, description }) => [type, sent_local, from, text ?? description]),
    [
      ['missed_call', '2026-11-24T21:10', undefined, 'Missed call'],
      ['text', '2026-11-24T21:15', 'Sam', 'answer me'],
      ['text', undefined, 'he wrote', 'no time'],
      ['text', undefined, undefined, '25:99 odd'],
    ],
  );
  assert.deepEqual(
    rows.map(({ msg_no, direction }) => [msg_no, direction]),
    [
      [1, 'in'],
      [2, 'in'],
      [3, 'in'],
      [4, 'in'],
    ],
  );
  const chat = await parsePastedRows(ANDROID, { date: '', tz: LONDON, order: 'dmy' });
  assert.deepEqual([chat.rows.length, chat.left, chat.rows[0].direction], [11, 3, 'unknown']);
});

test('a chat with Windows line ends, with days below ten, and with null for a message', async () => {
  const chat = await readChat(
    '9/11/26, 09:00 - Sam: a\r\n0/11/26, 09:00 - Sam: b\r\n:/11/26, 09:00 - Sam: c\r\n9/11/26, 09:01 - Sam: null\r\n',
  );
  assert.deepEqual(chat.senders, [{ name: 'Sam', count: 3 }]);
  const { rows } = await rowsOf(chat, DMY);
  assert.equal(rows[0].sent_local, '2026-11-09T09:00');
  assert.deepEqual(
    ['null', 'nullo', 'Null'].map((text) => {
      const { type, description } = classifyMessage(text);
      return [type, description];
    }),
    [
      ['other', 'null'],
      ['text', ''],
      ['text', ''],
    ],
  );
  assert.deepEqual([parseStart('/4/26, 09:00 - Sam: a'), parseStart(';4/26, 09:00 - Sam: a')], [null, null]);
  for (const line of ['0', '9'].map((first) => `${first}1/04/2026, 09:00 - Sam: a`))
    assert.deepEqual(parseStart(line).date, [Number(line.slice(0, 2)), 4, 2026]);
});
