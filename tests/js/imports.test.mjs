/** Imports by the real app in Node: what is added, what is recognised, and what a failure leaves behind. */
import assert from 'node:assert/strict';
import test, { after, before as beforeAll } from 'node:test';
import { Database } from '#app/store/database.js';
import { ANDROID, MAIL, androidZip, iosZip, longChat, utf8, zip } from './chat_exports.mjs';
import { SAMPLES } from './outlook_files.mjs';
import { ADDRESS, SAMPLES as PAGES } from './saved_page_files.mjs';
import { POST, POST_WORDS, wacz, warc, warcGz } from './web_archive_files.mjs';
import { eventually } from './phone/eventually.mjs';
import { allBursts } from './phone/importing.mjs';
import { NOON, WORDS, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { fixedClock } from '#app/core/clock.js';
import { readDiary } from '#app/diary/sharing/pack_sources.js';
import { openedOf } from '#app/pack/capsule.js';
import { selectRecords } from '#app/pack/selection.js';

/** Keeps Node running: the timers of the app do not, and the import works in slices. */
let timer;
beforeAll(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const LATER = NOON + 3 * 86_400_000;
const file = (bytes, name) => new File([bytes], name, { lastModified: NOON - 1000 });
/** @typedef {import('#app/shell/app.js').ImportArchive} ImportArchive */
/** @type {import('#app/shell/app.js').ImportAnswers} */
const ANSWERS = { tz: 'Europe/London', me: 'Jo' };
const newPhone = async (options = {}) => phoneWithEntry({ clock: fixedClock(LATER), ...options });

async function importFile(app, bytes, name, answers = ANSWERS) {
  const read = await app.readImport(file(bytes, name));
  const plan = await app.planImport(answers);
  return { read, plan, done: plan.bursts.length ? await app.keepImport({ chosen: allBursts(plan) }) : null };
}

async function countRows(database) {
  const db = await database.open();
  return (await db.getAllKeys('a')).length;
}

const twoDigits = (number) => String(number).padStart(2, '0');

test('an Android zip becomes one sealed file, one entry and one schedule, linked to each other', async () => {
  const { app } = await newPhone();
  const { read, plan, done } = await importFile(app, androidZip(), 'WhatsApp Chat with Sam Hill.zip');
  assert.deepEqual([read.kind, read.messages, read.lines, read.orders, read.files], ['chat', 11, 20, ['dmy'], 1]);
  assert.deepEqual([plan.counts.lines, plan.files, plan.bursts.length], [20, { with: 1, missing: 0, left_out: 1 }, 1]);
  assert.deepEqual([done.entries.length, done.rows, done.again], [1, 11, false]);
  const entry = await app.readIncident(done.entries[0]);
  assert.deepEqual(
    [
      entry.fields.narrative,
      entry.fields.channel,
      entry.fields.channel_account,
      entry.fields.count,
      entry.fields.behaviours,
      entry.fields.precision,
      entry.fields.occurred_local,
      entry.fields.entry_kind,
    ],
    [
      'WhatsApp: 1 missed call and 7 messages from Sam Hill, 3 from me, 21:10 to 21:21.',
      'whatsapp',
      'Sam Hill',
      8,
      ['chat_messages', 'calls'],
      'date_range',
      '2026-11-24T21:10/2026-11-24T21:21',
      'copied_from_other_record',
    ],
  );
  const [schedule] = await app.readRecords('schedule');
  assert.equal(entry.fields.schedule_id, schedule.record);
  assert.deepEqual(
    [
      schedule.fields.incident_ids,
      schedule.fields.source_attachment_id,
      schedule.fields.rows.length,
      schedule.fields.complete,
      schedule.restricted.own_accounts,
      schedule.fields.chat,
      schedule.fields.import_summary.unknown,
    ],
    [[entry.record], done.attachment, 11, 'complete', ['Jo'], 'WhatsApp Chat with Sam Hill', 3],
  );
  assert.deepEqual(schedule.fields.rows[0], {
    msg_no: 1,
    sent_at: Date.UTC(2026, 10, 24, 21, 10),
    sent_local: '2026-11-24T21:10',
    sent_source: 'message_or_call_stamp',
    direction: 'in',
    from: 'Sam Hill',
    to: 'me',
    type: 'text',
    text: 'Answer me',
  });
  assert.equal(entry.attachments.length, 1);
  assert.equal(JSON.stringify(schedule.fields).includes('"Jo"'), false);
});

test('the imported file is kept byte for byte', async () => {
  const { app, phone } = await newPhone();
  const bytes = iosZip();
  const { done } = await importFile(app, bytes, 'WhatsApp Chat - Sam.zip', { ...ANSWERS, order: 'mdy' });
  assert.deepEqual([done.entries.length, done.rows], [2, 10]);
  const { url } = await app.readReceived(done.attachment);
  assert.deepEqual(new Uint8Array(await phone.urls.get(url).arrayBuffer()), bytes);
});

test('the same chat adds nothing, under any name; a longer export adds its new messages and its file', async () => {
  const { app } = await newPhone();
  await importFile(app, androidZip(), 'WhatsApp Chat with Sam Hill.zip');
  const before = app.state.entries.length;
  for (const [bytes, name] of [
    [androidZip(), 'WhatsApp Chat with Sam Hill (1).zip'],
    [utf8(ANDROID), 'chat.txt'],
  ]) {
    const { plan } = await importFile(app, bytes, name);
    assert.deepEqual([plan.fresh, plan.known, plan.bursts], [0, 11, []]);
  }
  assert.equal(app.state.entries.length, before);
  const longer = utf8(`${ANDROID}25/11/2026, 07:00 - Sam Hill: morning\n`);
  const { plan, done } = await importFile(app, longer, 'WhatsApp Chat with Sam Hill.txt');
  assert.deepEqual([plan.fresh, plan.known, done.rows, done.again], [1, 11, 1, false]);
  assert.equal(app.state.entries.length, before + 1);
});

test('a part that was not chosen is offered at the next import, and the file is not kept twice', async () => {
  const { app } = await newPhone();
  await app.readImport(file(iosZip(), 'a.zip'));
  const plan = await app.planImport({ ...ANSWERS, order: 'mdy' });
  const first = await app.keepImport({ chosen: [{ burst: 1, narrative: 'my own words' }] });
  const { plan: secondPlan, done } = await importFile(app, iosZip(), 'a.zip', { ...ANSWERS, order: 'mdy' });
  assert.deepEqual(
    [plan.bursts.length, secondPlan.bursts.length, done.again, done.attachment],
    [2, 1, true, first.attachment],
  );
  const entry = await app.readIncident(first.entries[0]);
  assert.equal(entry.fields.narrative, 'my own words');
  const schedules = await app.readRecords('schedule');
  assert.deepEqual(new Set(schedules.map(({ fields }) => fields.source_attachment_id)), new Set([first.attachment]));
});

test('the app asks about an ambiguous date, an unknown time zone and the keeper’s name', async () => {
  const { app } = await newPhone();
  await app.readImport(file(utf8('03/04/2026, 09:00 - Sam: a\n'), 'a.txt'));
  for (const answers of /** @type {typeof ANSWERS[]} */ ([
    { ...ANSWERS },
    { ...ANSWERS, order: 'dmy', tz: 'Nowhere/Else' },
    { order: 'dmy', tz: 'Europe/London' },
  ]))
    await assert.rejects(app.planImport(answers), { code: 'import_unanswered' });
  await assert.rejects(app.keepImport({ chosen: [{ burst: 0, narrative: '' }] }), { code: 'nothing_to_save' });
  const plan = await app.planImport({ tz: 'Europe/London', order: 'dmy', me: null });
  assert.equal(plan.bursts.length, 1);
});

test('a saved page makes one entry with its file, and never says when something happened', async () => {
  const { app } = await newPhone();
  const bytes = Uint8Array.from(PAGES.single_file);
  const { read, done } = await importFile(app, bytes, 'post.html', { tz: 'Europe/London' });
  assert.deepEqual([read.kind, read.page.address], ['page', ADDRESS]);
  assert.deepEqual(await app.readRecords('schedule'), []);
  const [{ fields }] = await app.readRecords('attachment');
  assert.deepEqual([fields.kind, fields.url_full, fields.media_type], ['document', ADDRESS, 'text/plain']);
  assert.match(String(fields.transcript), /I know where you live!/);
  assert.ok(fields.flags.includes('text_can_be_edited'));
  const entry = (await app.readIncident(done.entries[0])).fields;
  assert.deepEqual([entry.precision, entry.source_record], ['unknown', 'A saved web page']);
  assert.match(String(entry.narrative), /Time of saving in the file: Tue Nov 24 2026 22:10:00 GMT\+0100/);
  const again = await importFile(app, bytes, 'another name.txt', { tz: 'Europe/London' });
  assert.deepEqual([again.plan.known, again.plan.bursts], [1, []]);
});

test('each page of a web archive makes one entry, once, and the file is kept once, as it came', async () => {
  const { app, database } = await newPhone();
  const bytes = Uint8Array.from(wacz());
  const add = async (place, name = 'sam.wacz') => {
    const archive = /** @type {ImportArchive} */ (await app.readImport(file(bytes, name)));
    assert.deepEqual([archive.kind, archive.pages.length], ['archive', 3]);
    assert.equal(archive.pages[0].at, '2026-11-24 21:10:02 UTC');
    await assert.rejects(app.planImport({ tz: 'Europe/London' }), { code: 'not_found' });
    const read = await app.readArchivedPage(place);
    const plan = await app.planImport({ tz: 'Europe/London' });
    return { read, plan, done: plan.bursts.length ? await app.keepImport({ chosen: allBursts(plan) }) : null };
  };
  const first = await add(0);
  assert.deepEqual([first.read.kind, first.read.page.address, first.done.again], ['page', POST, false]);
  const [{ record, fields }] = await app.readRecords('attachment');
  assert.deepEqual([fields.kind, fields.url_full, fields.media_type], ['document', POST, 'application/zip']);
  assert.deepEqual([fields.transcript, fields.size_bytes], [POST_WORDS, bytes.length]);
  assert.ok(fields.flags.includes('text_can_be_edited'));
  const entry = (await app.readIncident(first.done.entries[0])).fields;
  assert.deepEqual(
    [entry.precision, entry.source_record],
    ['unknown', `A page of a web archive: ${POST}, 2026-11-24 21:10:00 UTC`],
  );
  assert.match(String(entry.narrative), /Time of saving in the file: 2026-11-24 21:10:00 UTC/);
  const count = await countRows(database);
  for (const name of ['sam.wacz', 'another name.zip']) {
    const again = await add(0, name);
    assert.deepEqual([again.plan.known, again.plan.bursts], [1, []]);
  }
  assert.equal(await countRows(database), count);
  const second = await add(1);
  assert.deepEqual([second.done.attachment, second.done.again], [record, true]);
  const files = await app.readRecords('attachment');
  assert.equal(files.length, 1);
  assert.deepEqual(files[0].fields.incident_ids, [...first.done.entries, ...second.done.entries]);
  assert.equal(files[0].fields.transcript, `${POST_WORDS}\n\nSam, later\n\nYou cannot hide\nfrom me`);
  assert.match(String(files[0].fields.description), /2026-11-24 21:10:00 UTC[^]*2026-11-25 08:00:00 UTC/);
  assert.deepEqual((await add(1)).plan.bursts, []);
  assert.deepEqual((await add(0)).plan.bursts, []);
});

test('an entry and its file say that the digests of a web archive do not match', async () => {
  const { app } = await newPhone();
  const changed = Uint8Array.from(wacz({ change: { 'indexes/index.cdx': utf8('other') } }));
  const read = /** @type {ImportArchive} */ (await app.readImport(file(changed, 'sam.wacz')));
  assert.deepEqual([read.kind, read.parts.changed], ['archive', ['indexes/index.cdx']]);
  await app.readArchivedPage(0);
  const plan = await app.planImport({ tz: 'Europe/London' });
  assert.match(plan.bursts[0].narrative, /The digests in the file do not match what is in it/);
  await app.keepImport({ chosen: allBursts(plan) });
  const [{ fields }] = await app.readRecords('attachment');
  assert.match(String(fields.description), /The digests in the file do not match what is in it/);
});

test('a WARC is kept as it came, packed or not, with a type of its own', async () => {
  for (const [type, bytes] of Object.entries({ 'application/warc': warc(), 'application/gzip': warcGz() })) {
    const { app } = await newPhone();
    const opened = await app.readImport(file(Uint8Array.from(bytes), 'sam.warc.gz'));
    const archive = /** @type {ImportArchive} */ (opened);
    assert.deepEqual([archive.kind, archive.pages.length, archive.parts], ['archive', 4, null]);
    await app.readArchivedPage(0);
    await app.keepImport({ chosen: allBursts(await app.planImport({ tz: 'Europe/London' })) });
    const [{ fields }] = await app.readRecords('attachment');
    assert.deepEqual([fields.media_type, fields.size_bytes, fields.transcript], [type, bytes.length, POST_WORDS]);
  }
});

test('a web archive that cannot be read is refused in words of its own, and writes nothing', async () => {
  const { app, database } = await newPhone();
  const count = await countRows(database);
  const whole = wacz();
  const refused = {
    archive_half: [whole.subarray(0, whole.length - 40), warc().subarray(0, 900)],
    archive_damaged: [wacz({ change: { '../a': utf8('x') } }), wacz({ manifest: () => '{' })],
  };
  for (const [code, files] of Object.entries(refused))
    for (const bytes of files) await assert.rejects(app.readImport(file(Uint8Array.from(bytes), 'a.wacz')), { code });
  await assert.rejects(app.readArchivedPage(0), { code: 'not_found' });
  assert.equal(await countRows(database), count);
});

test('an email of Outlook makes the same entry as an .eml, and its file stays as it came', async () => {
  const { app } = await newPhone();
  const file = Uint8Array.from(SAMPLES.message);
  /** @type {{ tz: string, direction: 'in' }} */
  const answers = { tz: 'Europe/London', direction: 'in' };
  const { read, done } = await importFile(app, file, 'Café.msg', answers);
  assert.deepEqual([read.kind, read.mail.subject, done.rows], ['mail', 'Café tonight', 2]);
  const [{ fields }] = await app.readRecords('schedule');
  assert.deepEqual(
    fields.rows.map(({ sent_local, from, text }) => [sent_local, from, text]),
    [
      ['2026-11-24T21:10', 'Sám <sam@example.org>', 'I saw you €\nAnswer me.'],
      ['2026-11-23T14:00', 'Lee <lee@example.com>', 'Mill Lane'],
    ],
  );
  const [{ fields: kept }] = await app.readRecords('attachment');
  assert.deepEqual([kept.kind, kept.media_type, fields.chat], ['email_eml', 'application/x-ole-storage', undefined]);
  assert.equal((await app.readHeaders(done.attachment)).headers.length, 5);
  // The same email saved in the other form is not added again.
  const again = await importFile(app, utf8(MAIL), 'Café.eml', answers);
  assert.equal(again.plan.fresh, 0);
});

test('an email makes one entry with its message and the quoted one, and headers from the stored file', async () => {
  const { app } = await newPhone();
  const { read, plan, done } = await importFile(app, utf8(MAIL), 'Café.eml', { tz: 'Europe/London', direction: 'in' });
  assert.deepEqual([read.kind, read.mail.subject, plan.bursts.length, done.rows], ['mail', 'Café tonight', 1, 2]);
  const [{ fields }] = await app.readRecords('schedule');
  assert.deepEqual(
    fields.rows.map(({ sent_local, direction, from, text }) => [sent_local, direction, from, text]),
    [
      ['2026-11-24T21:10', 'in', 'Sám <sam@example.org>', 'I saw you €\nAnswer me.'],
      ['2026-11-23T14:00', 'unknown', 'Lee <lee@example.com>', 'Mill Lane'],
    ],
  );
  assert.match(fields.rows[0].description, /Subject: Café tonight\. Files: häus\.png \(8 bytes\)/);
  const { headers } = await app.readHeaders(done.attachment);
  assert.deepEqual([headers.length, headers[1].raw], [8, 'From: =?UTF-8?Q?S=C3=A1m?= <sam@example.org>']);
  assert.deepEqual(
    (await importFile(app, utf8(MAIL), 'again.eml', { tz: 'Europe/London', direction: 'in' })).plan.fresh,
    0,
  );
});

test('each unsuitable file gets its own error, and nothing is written', async () => {
  const { app, phone } = await newPhone();
  const before = await countRows(phone.database);
  const refused = [
    [utf8('dear diary'), 'a.txt', 'import_wrong'],
    [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3, 4), 'a.png', 'import_wrong'],
    [zip({ 'a.txt': utf8('hello') }), 'a.zip', 'import_no_chat'],
    [zip({ 'a.jpg': utf8('x') }), 'a.zip', 'import_no_chat'],
    [zip({ 'chat.zip': androidZip() }), 'a.zip', 'import_no_chat'],
    [androidZip().slice(0, 500), 'a.zip', 'zip_half'],
    [new Uint8Array(0), 'a.zip', 'empty_file'],
    [zip({ '_chat.txt': new Uint8Array(20_000_000).fill(97) }, { level: 9 }), 'a.zip', 'zip_too_much'],
    [utf8('24/11/2026, 21:10 - You blocked this contact.\n'), 'a.txt', 'import_wrong'],
  ];
  for (const [bytes, name, code] of refused) {
    await assert.rejects(app.readImport(file(bytes, name)), ({ code: refusal, sentence }) => {
      assert.deepEqual([refusal, /Nothing|nothing/.test(sentence)], [code, true]);
      return true;
    });
  }
  assert.equal(await countRows(phone.database), before);
});

test('an import stopped half-way leaves nothing, and the same file can be imported again', async () => {
  const { app, phone } = await newPhone({
    clock: {
      at: LATER,
      now() {
        return (this.at += 13);
      },
      move() {},
    },
  });
  const before = await countRows(phone.database);
  await app.readImport(file(utf8(longChat(3000)), 'a.txt'));
  const plan = await app.planImport(ANSWERS);
  const signal = { stopped: false };
  let steps = 0;
  await assert.rejects(
    app.keepImport(
      { chosen: allBursts(plan) },
      {
        signal,
        onProgress: () => {
          if (++steps === 20) signal.stopped = true;
        },
      },
    ),
    { code: 'cancelled' },
  );
  assert.equal(await countRows(phone.database), before);
  assert.deepEqual([app.state.entries.length, await app.readRecords('schedule')], [1, []]);
  const done = await app.keepImport({ chosen: allBursts(plan) });
  assert.deepEqual([done.entries.length, done.rows, app.state.entries.length], [50, 3000, 51]);
});

test('a phone that dies while entries are written keeps none of them and no bytes of the file', async () => {
  const setup = await newPhone();
  const before = await countRows(setup.phone.database);
  await setup.app.readImport(file(androidZip(), 'a.zip'));
  const plan = await setup.app.planImport(ANSWERS);
  const { write } = setup.phone.database;
  let writes = 0;
  // No write after the sealed file, which is one: neither the entries nor the clean-up.
  setup.phone.database.write = async function hang(...args) {
    if (++writes > 1) return new Promise(() => {});
    return write.apply(this, args);
  };
  void setup.app.keepImport({ chosen: allBursts(plan) });
  await eventually(
    () => writes,
    (n) => n >= 2,
  );
  const restarted = makePhone({ after: setup.phone, database: new Database({ name: setup.phone.name }) });
  setup.phone.end();
  await restarted.app.start();
  await restarted.app.unlock(WORDS);
  assert.deepEqual([restarted.app.state.entries.length, await restarted.app.readRecords('schedule')], [1, []]);
  await eventually(
    () => countRows(restarted.database),
    (n) => n <= before,
  );
  assert.ok((await countRows(restarted.database)) <= before);
});

test('a lock discards a file that was read for import', async () => {
  const { app } = await newPhone();
  await app.readImport(file(androidZip(), 'a.zip'));
  await app.lock('test');
  await assert.rejects(app.planImport(ANSWERS), { code: 'locked' });
  await app.unlock(WORDS);
  await assert.rejects(app.planImport(ANSWERS), { code: 'not_found' });
});

test('a very long day makes several lists of one entry, with continued numbers', async () => {
  const { app } = await newPhone();
  const lines = Array.from(
    { length: 2400 },
    (_, i) => `24/11/2026, ${twoDigits(8 + Math.floor(i / 300))}:${twoDigits(i % 60)} - Sam: message ${i}`,
  );
  const { done } = await importFile(app, utf8(lines.join('\n')), 'a.txt', { tz: 'Europe/London', me: null });
  const lists = await app.readRecords('schedule');
  assert.deepEqual(
    [
      done.entries.length,
      lists.map(({ fields }) => [fields.part_no, fields.rows[0].msg_no, fields.rows.length]),
      new Set(lists.map(({ fields }) => fields.series_id)).size,
    ],
    [
      1,
      [
        [1, 1, 1000],
        [2, 1001, 1000],
        [3, 2001, 400],
      ],
      1,
    ],
  );
  assert.deepEqual(
    (await importFile(app, utf8(lines.join('\n')), 'b.txt', { tz: 'Europe/London', me: null })).plan.fresh,
    0,
  );
});

test('a pack of one entry includes only its own list of a file, and every part of a long day’s list', async () => {
  let ctx;
  const { app } = await newPhone({
    packActions: (context) => {
      ctx = context;
      return {};
    },
  });
  const { done } = await importFile(app, iosZip(), 'a.zip', { ...ANSWERS, order: 'mdy' });
  const long = Array.from({ length: 1200 }, (_, i) => `24/09/2026, 08:${twoDigits(i % 60)} - Sam: message ${i}`).join(
    '\n',
  );
  const { done: longDay } = await importFile(app, utf8(long), 'b.txt', { tz: 'Europe/London', me: null });
  const opened = (await readDiary(ctx.open)).map(openedOf);
  const schedulesFor = (records) =>
    selectRecords(opened, records, {})
      .registers.filter(({ newest }) => newest.kind === 'schedule')
      .map(({ newest }) => newest.fields.incident_ids);
  assert.deepEqual(schedulesFor([done.entries[0]]), [[done.entries[0]]]);
  assert.deepEqual(schedulesFor([longDay.entries[0]]), [[longDay.entries[0]], [longDay.entries[0]]]);
  await app.takeOutRecord(done.entries[1]);
  const after = (await readDiary(ctx.open)).map(openedOf);
  assert.equal(
    selectRecords(after, done.entries, {}).registers.filter(({ newest }) => newest.kind === 'schedule').length,
    1,
  );
});

test('erasing an entry erases its list, and erasing the last entry of a chat erases the saved file', async () => {
  let ctx;
  const { app, phone, clock } = await newPhone({
    packActions: (context) => {
      ctx = context;
      return {};
    },
  });
  const { done } = await importFile(app, iosZip(), 'a.zip', { ...ANSWERS, order: 'mdy' });
  const stored = async () => [
    (await app.readRecords('schedule', { all: true })).length,
    Boolean(
      await ctx.open.store.readJson(
        `b/${(await ctx.open.book.newest(done.attachment).catch(() => null))?.keys.restricted[0][0]}`,
      ),
    ),
  ];
  assert.deepEqual(await stored(), [2, true]);
  for (const [i, expected] of /** @type {[number, [number, boolean]][]} */ ([
    [0, [1, true]],
    [1, [0, false]],
  ])) {
    await app.takeOutRecord(done.entries[i]);
    await app.askErasing(done.entries[i], { words: WORDS });
    clock.move(8 * 86_400_000);
    await app.finishErasing(done.entries[i], { words: WORDS });
    assert.deepEqual(await stored(), expected);
  }
  phone.end();
});
