/**
 * Phone bills and lists of calls (.csv): columns are proposed and confirmed, one number's calls are chosen, what can be
 * read in two ways is asked, and nothing else of the file is kept.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { looksLikeBill, readBill, readCalls } from '#app/imports/phone_bill/bill.js';
import { readDate, readLength, readTime, wayOf } from '#app/imports/phone_bill/cells.js';
import { fieldsOf } from '#app/imports/phone_bill/csv.js';
import { utf8, zip } from './chat_exports.mjs';
import { allBursts, importFile, rowsOf } from './phone/importing.mjs';
import { NOON, phoneWithEntry } from './phone/phone.mjs';

let timer;
before(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const DAY = 86_400_000;
const LATER = NOON + 3 * DAY; // 6 November 2026
const noPause = async () => undefined;
const TZ = 'Europe/London';
const [SAM, LEE] = ['07700900123', '07700900456'];
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const file = (content, name = 'bill.csv') =>
  new File([typeof content === 'string' ? utf8(content) : content], name, { lastModified: NOON });
const newPhone = () => phoneWithEntry({ clock: fixedClock(LATER) });
const bytesOf = (text) => (typeof text === 'string' ? utf8(text) : text);
const bill = (text) => readBill(bytesOf(text), LATER, noPause);
const utf16 = (text, big = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return new Uint8Array(big ? bytes.swap16() : bytes);
};

const HEADER = 'Date,Time,Number called,Duration,Type,Cost';
const LINES = [
  `28/10/2026,21:10:05,${SAM},00:01:23,UK mobile,0.00`,
  `28/10/2026,21:12:40,${LEE},00:10:00,UK mobile,0.00`,
  `28/10/2026,21:15:00,+44 7700 900123,00:00:03,UK mobile,0.00`,
  `29/10/2026,08:00:00,${SAM},00:00:00,Text message,0.00`,
  `29/10/2026,23:59:59,07700 900123,01:00:00,UK mobile,0.00`,
];
const BILL = ['Your account,000123', 'Bill for October', '', HEADER, ...LINES].join('\r\n');

/** Choose the calls with one number, with the columns as proposed. */
async function planned(app, content, answers = {}, name = 'bill.csv') {
  const read = await app.readImport(file(content, name));
  const columns = answers.columns ?? read.proposed;
  const asked = await app.askAboutBill(columns);
  const all = { tz: TZ, columns, person: asked.people[0]?.key, way: 'out', ...answers };
  const plan = await app.planImport(all);
  const rows = [];
  for (const { index, count } of plan.bursts) rows.push(...(await app.importRows(index, 0, count)));
  return { read, asked, plan, rows };
}
/** Plan with a file that was read, and return what the screen counts. */
async function planCounts(app, answers) {
  const plan =
    /** @type {Exclude<import('#app/shell/app.js').ImportPlan, import('#app/shell/app.js').ImportChatPlan>} */ (
      await app.planImport(answers)
    );
  const { fresh, known, alike } = plan;
  return { fresh, known, alike };
}
async function planOf(content, answers) {
  const { app, phone } = await newPhone();
  const found = await planned(app, content, answers);
  phone.end();
  return found;
}

test('the columns of a bill are proposed from their names and values, past the lines before them', async () => {
  assert.ok(looksLikeBill(utf8(BILL), LATER));
  const { columns, proposed, calls, sha256: digest } = await bill(BILL);
  assert.deepEqual(proposed, { date: 0, time: 1, number: 2, length: 3, type: 4 });
  assert.deepEqual(columns[2], { name: 'Number called', examples: [SAM, LEE, '+44 7700 900123'] });
  assert.deepEqual([calls.length, digest], [5, sha256(utf8(BILL))]);
});

test('a list in another language, without names, or of an app is read by its values', async () => {
  for (const [text, proposed] of /** @type {[string, object][]} */ ([
    [`Gün;Saat;Numara;Süre\n28.10.2026;21:10;${SAM};00:01:23\n`, { date: 0, time: 1, number: 2 }],
    [`28/10/2026,21:10,${SAM}\n28/10/2026,21:11,${SAM}\n`, { date: 0, time: 1, number: 2 }],
    [
      [
        'Call type\tPhone number\tDate\tDuration',
        `Missed\t${SAM}\t2026-10-28 21:10:05\t0`,
        `Outgoing\t${SAM}\t2026-10-28 21:11:05\t7\n`,
      ].join('\n'),
      { direction: 0, number: 1, date: 2, length: 3 },
    ],
  ])) {
    assert.ok(looksLikeBill(utf8(text), LATER), text);
    assert.deepEqual((await bill(text)).proposed, proposed, text);
  }
});

test('other files are not read as a bill', () => {
  for (const text of [
    '',
    'a,b,c',
    '28/10/2026, 21:10 - Sam: Answer me, now, please\n28/10/2026, 21:11 - Sam: 07700900123, ring, me\n',
    '[28/10/2026, 21:10:05] Sam: Answer me, now, please\n',
    'From: sam@example.org\nDate: Tue, 28 Oct 2026\n\nhello, 07700900123, x',
    'Date,Shop,Price\n28/10/2026,Bakery,3.20\n29/10/2026,Bakery,4.10\n',
    '\0'.repeat(1000),
  ])
    assert.ok(!looksLikeBill(utf8(text), LATER), text);
});

test('every form of text is read: marks, UTF-16, semicolons, tabs and line breaks in quotes', async () => {
  const text = [
    '\ufeffDate;Time;Number;Note',
    `"28/10/2026";21:10;"${SAM}";"two\r\nlines; ""quoted"""`,
    `28/10/2026;21:11;${LEE};é\r\n`,
  ].join('\r\n');
  const tabs = text.replaceAll(';', '\t');
  const latin = new Uint8Array(Buffer.from(text.slice(1), 'latin1'));
  for (const bytes of [utf8(text), utf8(tabs), utf16(text.slice(1)), utf16(text.slice(1), true), latin]) {
    assert.ok(looksLikeBill(bytes, LATER));
    const { csv, calls } = await bill(bytes);
    const fields = calls.map((record) => fieldsOf(csv, record));
    assert.deepEqual(fields[1], ['28/10/2026', '21:11', LEE, 'é']);
    assert.deepEqual([fields[0]?.[2], /"quoted"$/.test(String(fields[0]?.[3]))], [SAM, true]);
    assert.deepEqual(
      calls.map(({ line }) => line),
      [2, 4],
    );
  }
});

test('a quote that is never closed costs its own line only', async () => {
  const bad = ['28/10/2026,21:10,"07700900123,x', `28/10/2026,21:11,${SAM}"x,y`, `28/10/2026,21:12,"${SAM}"x,y`];
  for (const line of bad) {
    const text = `Date,Time,Number,Note\n28/10/2026,20:00,${SAM},a\n${line}\n28/10/2026,22:00,${SAM},b\n`;
    const read = await bill(text);
    const { calls, unread } = await readCalls(read, read.proposed, LATER, noPause);
    assert.deepEqual([calls.map(({ clock }) => clock), unread], [['20:00', '22:00'], [3]], line);
  }
});

test('open quotes and huge fields neither hang nor grow', async () => {
  const start = performance.now();
  for (const text of [
    `Date,Time,Number\n28/10/2026,21:10,${SAM}\n${'"'.repeat(500_001)}\n28/10/2026,21:11,${SAM}\n`,
    `Date,Time,Number\n28/10/2026,21:10,${SAM}\n28/10/2026,21:10,${'9'.repeat(5_000_000)}\n28/10/2026,21:11,${SAM}\n`,
    `Date,Time,Number\n28/10/2026,21:10,${SAM}\n${','.repeat(1_000_000)}\n28/10/2026,21:11,${SAM}\n`,
    `Date,Time,Number\n28/10/2026,21:10,${SAM}\n${'"a""b"\n,"'.repeat(60_000)}\n28/10/2026,21:11,${SAM}\n`,
    `Date,Time,Number\n28/10/2026,21:10,${SAM}\n${'x,"""\n'.repeat(60_000)}\n28/10/2026,21:11,${SAM}\n`,
  ]) {
    const read = await bill(text);
    const { calls } = await readCalls(read, read.proposed, LATER, noPause);
    assert.equal(calls[0]?.number, SAM);
    assert.ok(
      calls.some(({ clock }) => clock === '21:11'),
      text.slice(0, 80),
    );
  }
  assert.ok(performance.now() - start < 10_000);
});

test('200,000 lines are read, one at a time where they are wrong', async () => {
  const lines = Array.from({ length: 200_000 }, (_, i) => `28/10/2026,21:10,${i % 2 ? SAM : LEE},${i}`);
  lines[70_000] = 'x';
  let pauses = 0;
  const read = await readBill(utf8(`Date,Time,Number,Cost\n${lines.join('\n')}\n`), LATER, async () => {
    pauses++;
  });
  const { calls, unread } = await readCalls(read, read.proposed, LATER, noPause);
  assert.deepEqual([calls.length, unread], [199_999, [70_002]]);
  assert.ok(pauses > 200);
  await assert.rejects(readBill(utf8(`${LINES[0]}\n`.repeat(260_000)), LATER, noPause), { code: 'import_too_many' });
});

test('a line is left out and named where it lacks cells or has more than the table', async () => {
  const text = [
    'Date,Time,Number,Note',
    `28/10/2026,21:10,${SAM},a`,
    `28/10/2026,21:11`, // no number
    `28/10/2026,21:12,${SAM},a,b`, // its columns may have moved
    `28/10/2026,21:13,${SAM},a,,`, // only empty cells more
    `28/10/2026,25:99,${SAM},a`,
    `31/02/2026,21:10,${SAM},a`,
    `28/10/2569,21:10,${SAM},a`,
    `28/10/2026,,${SAM}`,
    'Total,,,12.30',
    ',,,',
  ].join('\n');
  const read = await bill(text);
  const { calls, unread } = await readCalls(read, read.proposed, LATER, noPause);
  assert.deepEqual(
    [calls.map(({ clock }) => clock), unread],
    [
      ['21:10', '21:13', ''],
      [3, 4, 6, 7, 8, 10],
    ],
  );
});

test('dates, times, lengths and ways are read as they can be, and never guessed', () => {
  const days = (text) => readDate(text, '2026-11-06')?.days;
  assert.deepEqual(days('03/11/2026'), { dmy: '2026-11-03', mdy: '2026-03-11' });
  assert.deepEqual(days('28/10/2026'), { dmy: '2026-10-28' });
  assert.deepEqual(days('03/10/05'), { dmy: '2005-10-03', mdy: '2005-03-10', ymd: '2003-10-05' });
  assert.deepEqual(days('2026-10-28'), { dmy: '2026-10-28', mdy: '2026-10-28', ymd: '2026-10-28' });
  assert.deepEqual(days('Wed 28 Oct 2026'), days('2026-10-28'));
  assert.deepEqual(days('October 28, 2026'), days('2026-10-28'));
  assert.deepEqual(days('28-Oct-26'), { dmy: '2026-10-28', mdy: '2026-10-28' });
  assert.deepEqual(days('08-Oct-09'), { dmy: '2009-10-08', mdy: '2009-10-08', ymd: '2008-10-09' });
  for (const text of [
    '',
    '46000',
    '31/02/2026',
    '28/13/2026',
    '7/11/2026'.replace('7', '30'),
    '28/10/2569',
    '28 Foo 2026',
    '1999-01-01',
    '28/10-2026',
  ])
    assert.equal(readDate(text, '2026-11-06'), null, text);
  assert.deepEqual(readTime('9.05 pm'), { clock: '21:05', offset: null });
  assert.deepEqual(readTime('21:10:05+0100'), { clock: '21:10:05', offset: 60 });
  assert.deepEqual(readTime('12:00 AM'), { clock: '00:00', offset: null });
  for (const text of ['', '24:00', '13:00 pm', '21:60', '2110', '=cmd']) assert.equal(readTime(text), null, text);
  assert.deepEqual(readLength('1:02:03'), { numbers: [3723], units: 'seconds' });
  assert.deepEqual(readLength('1h 2m 3s'), { numbers: [3723], units: 'seconds' });
  assert.deepEqual(readLength('1:23'), { numbers: [1, 23], units: 'two' });
  assert.deepEqual(readLength('83'), { numbers: [83], units: 'one' });
  for (const text of ['', '1:99', 'abc', '£1.20']) assert.equal(readLength(text), null, text);
  assert.deepEqual([wayOf(' Incoming ')?.direction, wayOf('DIALLED')?.direction], ['in', 'out']);
  assert.deepEqual(
    [wayOf('Missed call')?.type, wayOf('Answered elsewhere'), wayOf('no answer')],
    ['missed_call', null, null],
  );
});

test('calls of one number, in any spelling, become entries with their own lines byte for byte', async () => {
  const { app, phone } = await newPhone();
  const { plan, read, asked } = await planned(app, BILL);
  assert.deepEqual(
    [read.kind, read.messages, asked.orders, asked.length, asked.isWayWritten],
    ['bill', 5, ['dmy'], '', false],
  );
  assert.deepEqual(
    asked.people.map(({ numbers, calls }) => [numbers, calls]),
    [
      [[SAM, '+44 7700 900123', '07700 900123'], 3],
      [[LEE], 1],
    ],
  );
  assert.deepEqual([plan.fresh, plan.texts, plan.unread, plan.alike], [3, 1, [], 0]);
  const done = await app.keepImport({ chosen: allBursts(plan) });
  assert.equal(done.entries.length, 2);
  const rows = await rowsOf(app, done.entries);
  assert.deepEqual(
    rows.map(({ sent_at, sent_local, direction, type, from, to, description }) => [
      sent_at,
      sent_local,
      direction,
      type,
      from,
      to,
      description,
    ]),
    [
      [
        Date.parse('2026-10-28T21:10:05Z'),
        '2026-10-28T21:10',
        'out',
        'call',
        'me',
        SAM,
        'Lasted 83 seconds. Kind as written: UK mobile',
      ],
      [
        Date.parse('2026-10-28T21:15:00Z'),
        '2026-10-28T21:15',
        'out',
        'call',
        'me',
        '+44 7700 900123',
        'Lasted 3 seconds. Kind as written: UK mobile',
      ],
      [
        Date.parse('2026-10-29T23:59:59Z'),
        '2026-10-29T23:59',
        'out',
        'call',
        'me',
        '07700 900123',
        'Lasted 3600 seconds. Kind as written: UK mobile',
      ],
    ],
  );
  const { fields, attachments } = await app.readIncident(done.entries[0]);
  assert.deepEqual([fields.source_record, fields.channel], ['A phone bill or list of calls', 'phone_call']);
  const extract = utf8([HEADER, LINES[0], LINES[2], ''].join('\r\n'));
  assert.deepEqual(
    attachments.map(({ name, sha256: digest }) => [name, digest]),
    [['bill, from line 5.csv', sha256(extract)]],
  );
  // The file of an entry can be imported again, and adds nothing: neither does the bill.
  for (const content of [extract, BILL]) {
    const again = await planned(app, content, { way: 'both' });
    assert.deepEqual([again.plan.fresh, again.plan.alike], [0, 0]);
  }
  const [schedule] = await app.readRecords('schedule');
  assert.equal(schedule.fields.import_summary.backup.sha256, sha256(utf8(BILL)));
  assert.equal(schedule.fields.import_summary.bill.columns.number, '3 Number called');
  phone.end();
});

test('a UTF-16 list, one in a zip, and one without names of columns are kept as they are', async () => {
  const lines = [`Datum;Zeit;Rufnummer;Dauer`, `28.10.2026;21:10;${SAM};00:00:03`, `28.10.2026;21:11;${LEE};00:00:03`];
  for (const big of [false, true]) {
    const { app, phone } = await newPhone();
    const { plan } = await planned(app, utf16(`${lines.join('\n')}\n`, big));
    const done = await app.keepImport({ chosen: allBursts(plan) });
    const { attachments } = await app.readIncident(done.entries[0]);
    const kept = utf16(`${lines[0]}\r\n${lines[1]}\r\n`, big);
    assert.equal(attachments[0].sha256, sha256(kept));
    assert.equal((await planned(app, kept)).plan.fresh, 0);
    phone.end();
  }
  const { app, phone } = await newPhone();
  const bare = `28/10/2026,21:10,${SAM}\n28/10/2026,21:12,${LEE}\n`;
  const { read, plan } = await planned(app, zip({ 'calls/list.csv': utf8(bare) }), {}, 'all.zip');
  assert.deepEqual([read.kind, plan.fresh], ['bill', 1]);
  const done = await app.keepImport({ chosen: allBursts(plan) });
  const { attachments } = await app.readIncident(done.entries[0]);
  assert.deepEqual(
    [attachments[0].name, attachments[0].sha256],
    ['list, from line 1.csv', sha256(utf8(`28/10/2026,21:10,${SAM}\r\n`))],
  );
  phone.end();
});

test('nothing is planned before every open question has an answer', async () => {
  const { app, phone } = await newPhone();
  const text = `Date,Time,Number,Duration\n03/11/2026,21:10,${SAM},1:23\n04/11/2026,21:10,${SAM},83\n`;
  const { proposed } = /** @type {import('#app/shell/app.js').ImportBill} */ (await app.readImport(file(text)));
  await assert.rejects(app.askAboutBill({ date: 0 }), { code: 'import_unanswered' });
  await assert.rejects(app.askAboutBill({ number: 2 }), { code: 'import_unanswered' });
  const asked = await app.askAboutBill(proposed);
  assert.deepEqual(asked.orders, ['dmy', 'mdy']);
  assert.deepEqual(asked.example, {
    written: '03/11/2026',
    days: [
      ['dmy', '2026-11-03'],
      ['mdy', '2026-03-11'],
    ],
  });
  assert.equal(asked.length, '1:23');
  const all = /** @type {const} */ ({
    tz: TZ,
    columns: proposed,
    person: SAM,
    order: 'dmy',
    lengths: 'small',
    way: 'out',
  });
  for (const missing of ['columns', 'person', 'order', 'lengths', 'way'])
    await assert.rejects(app.planImport({ ...all, [missing]: undefined }), { code: 'import_unanswered' }, missing);
  const [first, second] = (await planned(app, text, all)).rows;
  assert.deepEqual([first.sent_local, first.description], ['2026-11-03T21:10', 'Lasted 83 seconds']);
  assert.equal(second.description, 'Lasted 83 seconds');
  const large = (await planned(app, text, { ...all, lengths: 'large', order: 'mdy' })).rows;
  assert.deepEqual([large[0].sent_local, large[0].description], ['2026-03-11T21:10', 'Lasted 4980 seconds']);
  const unsure = (await planned(app, text, { ...all, lengths: 'unsure' })).rows;
  assert.equal(unsure[0].description, 'Length as written: 1:23');
  phone.end();
});

test('a column that says its lengths are seconds, and dates that leave one order, ask nothing', async () => {
  const { asked, rows } = await planOf(
    `Date,Time,Number,Duration (seconds)\n03/11/2026,21:10,${SAM},83\n28/10/2026,21:10,${SAM},0\n`,
  );
  assert.deepEqual([asked.orders, asked.example, asked.length], [['dmy'], null, '']);
  assert.deepEqual(
    rows.map(({ sent_local, type, description }) => [sent_local, type, description]),
    [
      ['2026-10-28T21:10', 'call', 'Lasted 0 seconds'], // no length is not a missed call
      ['2026-11-03T21:10', 'call', 'Lasted 83 seconds'],
    ],
  );
});

test('which way a call went, and that it was missed, come from the list or the keeper only', async () => {
  const text = (way) => `Date,Time,Number,Direction\n28/10/2026,21:10,${SAM},${way}\n`;
  for (const [way, expected] of [
    ['Incoming', ['in', 'call', SAM, 'me', undefined]],
    ['Outgoing', ['out', 'call', 'me', SAM, undefined]],
    ['Missed', ['in', 'missed_call', SAM, 'me', undefined]],
    ['Rejected', ['in', 'missed_call', SAM, 'me', 'Rejected']],
    ['Whatever', ['unknown', 'call', undefined, undefined, `Direction as written: Whatever. With ${SAM}`]],
  ]) {
    const { rows } = await planOf(text(way), {
      columns: { date: 0, time: 1, number: 2, direction: 3 },
      way: undefined,
    });
    const [{ direction, type, from, to, description }] = rows;
    assert.deepEqual([direction, type, from, to, description], expected, String(way));
  }
  for (const [way, direction] of [
    ['out', 'out'],
    ['in', 'in'],
    ['both', 'unknown'],
  ]) {
    const { rows } = await planOf(`Date,Time,Number\n28/10/2026,21:10,${SAM}\n`, { way });
    assert.deepEqual([rows[0].direction, rows[0].type], [direction, 'call']);
  }
});

test('a call that a backup of the phone has is counted and left out, unless the keeper wants it', async () => {
  const { app, phone } = await newPhone();
  const at = Date.parse('2026-10-28T21:10:44Z');
  const backup = `<calls count="2"><call number="+447700900123" duration="83" date="${at}" type="2" />
    <call number="+447700900123" duration="83" date="${at + 3 * 60_000}" type="2" /></calls>`;
  await importFile(app, file(backup, 'calls.xml'), { tz: TZ, person: SAM });
  const found = await planned(app, BILL);
  assert.deepEqual([found.plan.alike, found.plan.fresh, found.plan.known], [1, 2, 0]);
  const added = await planned(app, BILL, { alike: true });
  assert.deepEqual([added.plan.alike, added.plan.fresh], [1, 3]);
  phone.end();
});

test('a call of a backup that a bill has is counted and left out, unless the keeper wants it', async () => {
  const { app, phone } = await newPhone();
  const first = await planned(app, BILL);
  await app.keepImport({ chosen: allBursts(first.plan), media: false });
  const at = (time) => Date.parse(`2026-10-28T${time}Z`);
  const call = (time, type = 2, number = '+447700900123') =>
    `<call number="${number}" duration="83" date="${at(time)}" type="${type}" />`;
  const backup = (...calls) => file(`<calls count="${calls.length}">${calls.join('\n')}</calls>`, 'calls.xml');
  // The bill has 21:10:05 and 21:15:00 as calls made; the phone may call one of them missed.
  const own = [call('21:10:44'), call('21:10:59'), call('21:11:00'), call('21:15:31', 3)];
  const calls = [...own, call('21:12:40', 2, LEE)];
  const answers = { tz: TZ, person: SAM, account: 'mine' };
  await app.readImport(backup(...calls));
  assert.deepEqual(await planCounts(app, answers), { fresh: 2, known: 0, alike: 2 });
  assert.deepEqual(await planCounts(app, { ...answers, alike: true }), { fresh: 4, known: 0, alike: 2 });
  await importFile(app, backup(...calls), answers);
  await app.readImport(backup(...calls));
  assert.deepEqual(await planCounts(app, answers), { fresh: 0, known: 2, alike: 2 });
  await importFile(app, backup(...calls), { ...answers, alike: true });
  await app.readImport(backup(...calls));
  assert.deepEqual(await planCounts(app, answers), { fresh: 0, known: 4, alike: 0 });
  assert.deepEqual(await planCounts(app, { ...answers, alike: true }), { fresh: 0, known: 4, alike: 0 });
  phone.end();
});

test('calls from a phone that is not the keeper’s are compared too, in both orders', async () => {
  const call = `<call number="+447700900123" duration="83" date="${Date.parse('2026-10-28T21:10:44Z')}" type="2" />`;
  const backup = file(`<calls count="1">${call}</calls>`, 'calls.xml');
  const answers = { tz: TZ, person: SAM, account: 'my_childs' };
  const one = await newPhone();
  await importFile(one.app, backup, answers);
  assert.equal((await planned(one.app, BILL)).plan.alike, 1);
  one.phone.end();
  const other = await newPhone();
  const first = await planned(other.app, BILL);
  await other.app.keepImport({ chosen: allBursts(first.plan), media: false });
  await other.app.readImport(backup);
  assert.deepEqual(await planCounts(other.app, answers), { fresh: 0, known: 0, alike: 1 });
  other.phone.end();
});

test('a text of a backup is compared with no bill', async () => {
  const { app, phone } = await newPhone();
  const first = await planned(app, BILL);
  await app.keepImport({ chosen: allBursts(first.plan), media: false });
  const at = Date.parse('2026-10-28T21:10:05Z');
  const text = `<smses count="1"><sms address="${SAM}" date="${at}" type="2" body="Stop" /></smses>`;
  await app.readImport(file(text, 'sms.xml'));
  assert.deepEqual(await planCounts(app, { tz: TZ, person: SAM }), { fresh: 1, known: 0, alike: 0 });
  phone.end();
});

test('formulas, marks and names of the keeper stay text, and every value fits a record', async () => {
  const { app, phone } = await newPhone();
  const names = [
    "=cmd|' /C calc'!A0",
    '@SUM(1)',
    'me',
    '\u202e321',
    '+447700900123',
    'x'.repeat(1_900),
    '<img src=x>',
    '',
  ];
  const lines = names.map((name, i) => `28/10/2026,21:1${i},"${name}",=1+1`);
  const text = `Date,Time,Number,Type\n28/10/2026,20:00,${SAM},x\n${lines.join('\n')}\n`;
  await app.readImport(file(text));
  const columns = { date: 0, time: 1, number: 2, type: 3 };
  const { people } = await app.askAboutBill(columns);
  assert.equal(people.length, names.length);
  const seen = [];
  for (const { key } of people) {
    await app.readImport(file(text));
    const plan = await app.planImport({ tz: TZ, columns, person: key, way: 'in' });
    const done = await app.keepImport({ chosen: allBursts(plan) });
    for (const row of await rowsOf(app, done.entries)) seen.push(row.from ?? '');
  }
  assert.deepEqual(
    new Set(seen),
    new Set([SAM, names[0], '@SUM(1)', '“me”', '321', '+447700900123', 'x'.repeat(200), '<img src=x>', '']),
  );
  phone.end();
});

test('times of the changed clock are marked, and a time with its zone is placed by it', async () => {
  const { rows } = await planOf(
    `Date,Time,Number\n2026-10-25,01:30,${SAM}\n2026-03-29,01:30,${SAM}\n2026-07-01,12:00Z,${SAM}\n`,
    { columns: { date: 0, time: 1, number: 2 } },
  );
  assert.deepEqual(
    rows.map(({ sent_local, sent_at, sent_note }) => [sent_local, sent_at !== undefined, sent_note]),
    [
      ['2026-03-29T01:30', false, 'hour_skipped'],
      ['2026-07-01T13:00', true, undefined],
      ['2026-10-25T01:30', true, 'hour_first'],
    ],
  );
});

test('a stop or a lock ends the reading of a list', async () => {
  const { app, phone } = await newPhone();
  const lines = Array.from({ length: 20_000 }, (_, i) => `28/10/2026,21:10,${SAM},${i}`).join('\n');
  await assert.rejects(app.readImport(file(`Date,Time,Number,Cost\n${lines}`), { signal: { stopped: true } }), {
    code: 'cancelled',
  });
  await app.readImport(file(BILL));
  await app.lock('test');
  await assert.rejects(app.askAboutBill({ date: 0, number: 2 }), { code: 'locked' });
  phone.end();
});
