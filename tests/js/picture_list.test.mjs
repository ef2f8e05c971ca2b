/**
 * The list of messages that is checked against a picture: nothing unchecked becomes a row, nobody's side is guessed, a
 * picture adds its rows once, and what stands in a picture stays text.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { utf8 } from './chat_exports.mjs';
import { eventually } from './phone/eventually.mjs';
import { allBursts } from './phone/importing.mjs';
import { NOON, PNG, WORDS, file, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { fixedClock } from '#app/core/clock.js';
import { directionOf, isClear, newList, writtenDate } from '#app/diary/attachments/picture_list.js';
import { boundedReading, textFrom } from '#app/diary/attachments/picture_rows.js';
import { fieldsOfText } from '#app/diary/attachments/picture_texts.js';
import { readDiary } from '#app/diary/sharing/pack_sources.js';
import { ENGINE_VERSION } from '#app/imports/screenshots/engine/recognise.js';
import { openedOf } from '#app/pack/capsule.js';
import { selectRecords } from '#app/pack/selection.js';

/**
 * @typedef {import('#app/diary/attachments/picture_list.js').PictureList} PictureList
 * @typedef {import('#app/imports/screenshots/picture_text.js').ProposedRow} ProposedRow
 * @typedef {import('#app/imports/screenshots/picture_text.js').ScreenshotReading} ScreenshotReading
 */

/** Keeps Node running: the timers of the app do not. */
let timer;
before(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const DAY = '2026-11-23';
const [WIDTH, HEIGHT] = [900, 1948];
/** @type {import('#app/imports/screenshots/picture_text.js').PictureText} */
const TEXT = {
  width: WIDTH,
  height: HEIGHT,
  lines: [{ box: [10, 10, 60, 30], words: [{ text: 'zebrafinch', box: [10, 10, 60, 30], confidence: 90 }] }],
  engine: 'tesseract',
  version: ENGINE_VERSION,
  languages: ['eng'],
};

/**
 * @param {number} place
 * @param {Partial<ProposedRow>} [over]
 * @returns {ProposedRow}
 */
const row = (place, over = {}) => ({
  box: [20, 100 * place + 10, 600, 100 * place + 90],
  side: 'left',
  type: 'text',
  time: `21:1${place}`,
  day: 'Today',
  who: null,
  text: `zebrafinch ${place}`,
  doubts: [],
  ...over,
});
/** @param {ProposedRow[]} rows @param {Partial<ScreenshotReading>} [over] @returns {ScreenshotReading} */
const reading = (rows, over = {}) => ({
  kind: 'messages',
  app: 'whatsapp',
  title: 'Sam',
  rows,
  quality: 'good',
  ...over,
});

/** A phone with a picture whose words were read, and with what the layout of that picture is said to be. */
async function phoneWithReading(found, over = {}) {
  const reader = {
    found,
    isHere: async () => true,
    megabytes: () => 4,
    /** @param {Blob} _picture @param {object} [_size] */
    read: async (_picture, _size) => TEXT,
    rows: async () => reader.found,
    stop: () => undefined,
  };
  const setup = await phoneWithEntry({ pictureReader: reader, ...over });
  const { attachment } = await setup.app.addFile(setup.record, file(PNG), { route: 'photo_picker' });
  await setup.app.readWordsIn([attachment]);
  await eventually(
    () => setup.app.pictureWords(attachment),
    ({ state }) => state === 'read',
    { what: 'the words of a picture' },
  );
  return { ...setup, attachment, reader };
}

/** @returns {PictureList} the list with the questions before its rows answered */
const asked = (list, over = {}) => ({
  ...list,
  phone: 'mine',
  channel: 'whatsapp',
  tz: 'Europe/London',
  days: Object.fromEntries(Object.keys(list.days).map((day) => [day, DAY])),
  step: 'rows',
  entry: null,
  ...over,
});
/** Take every row by itself, with its doubts in sight. @returns {PictureList} */
const taken = (list, over = {}) => ({
  ...list,
  rows: list.rows.map((one) => ({ ...one, answer: 'take', looked: [...one.read.doubts, 'covered', 'alike'], ...over })),
});
const schedulesOf = async (app) => (await app.readRecords('schedule')).map(({ fields }) => fields);

test('checked rows become a schedule and an entry, counted like those of every other source', async () => {
  const found = reading([
    row(0),
    row(1, { side: 'right' }),
    row(2, { type: 'missed_call', text: 'Missed voice call' }),
  ]);
  const { app, attachment } = await phoneWithReading(found);
  assert.deepEqual(await app.countPictureRows(attachment), { rows: 3, isBegun: false });
  const { list } = await app.openPictureList(attachment);
  const kept = await app.keepPictureList(attachment, taken(asked(list)));
  assert.deepEqual([kept.entries.length, kept.rows, kept.left], [1, 3, 0]);
  const entry = await app.readIncident(kept.entries[0]);
  assert.deepEqual(
    [entry.fields.narrative, entry.fields.count, entry.fields.channel, entry.fields.channel_account],
    ['In a picture: 1 missed call and 1 message from Sam, 1 from me, 21:10 to 21:12.', 2, 'whatsapp', 'Sam'],
  );
  assert.deepEqual(entry.fields.behaviours, ['chat_messages', 'calls']);
  assert.deepEqual(
    [entry.fields.entry_kind, entry.fields.time_source, entry.fields.attachment_ids],
    ['copied_from_other_record', 'read_in_picture', [attachment]],
  );
  const [schedule] = await schedulesOf(app);
  assert.equal(schedule.source_attachment_id, attachment);
  assert.deepEqual(schedule.import_summary.picture.phone, 'mine');
  assert.deepEqual(schedule.rows, [
    {
      msg_no: 1,
      sent_at: Date.UTC(2026, 10, 23, 21, 10),
      sent_local: `${DAY}T21:10`,
      sent_source: 'read_in_picture',
      direction: 'in',
      from: 'Sam',
      to: 'me',
      type: 'text',
      text: 'zebrafinch 0',
      attachment_id: attachment,
      page: 1,
      read_box: [20, 10, 600, 90],
    },
    {
      msg_no: 2,
      sent_at: Date.UTC(2026, 10, 23, 21, 11),
      sent_local: `${DAY}T21:11`,
      sent_source: 'read_in_picture',
      direction: 'out',
      from: 'me',
      to: 'Sam',
      type: 'text',
      text: 'zebrafinch 1',
      attachment_id: attachment,
      page: 1,
      read_box: [20, 110, 600, 190],
    },
    {
      msg_no: 3,
      sent_at: Date.UTC(2026, 10, 23, 21, 12),
      sent_local: `${DAY}T21:12`,
      sent_source: 'read_in_picture',
      direction: 'in',
      from: 'Sam',
      to: 'me',
      type: 'missed_call',
      description: 'Missed voice call',
      attachment_id: attachment,
      page: 1,
      read_box: [20, 210, 600, 290],
    },
  ]);
  const { counts } = await app.readPatterns();
  assert.deepEqual(counts.messages, { count: 2, about: false, ids: kept.entries });
  assert.ok((await app.readAttachment(attachment)).entries.some(({ record }) => record === kept.entries[0]));
});

test('what nobody checked is in no schedule, no number, no pack and no version of a record', async () => {
  const { app, phone, record, attachment } = await phoneWithReading(reading([row(0), row(1)]));
  const before = (await app.readPatterns()).counts;
  const { list } = await app.openPictureList(attachment);
  await app.putPictureList(attachment, asked(list));
  // One answered, one not: nothing is kept, not even the first.
  const half = taken(asked(list));
  half.rows[1].answer = null;
  await assert.rejects(app.keepPictureList(attachment, half), { code: 'import_unanswered' });
  assert.deepEqual(await schedulesOf(app), []);
  assert.deepEqual((await app.readPatterns()).counts, before);
  const opened = (await readDiary(phone.ctx.open)).map(openedOf);
  const { records } = selectRecords(opened, [record], { intimate: true });
  const packed = opened.filter((version) => records.has(version.record));
  assert.ok(records.has(attachment) && !JSON.stringify(packed).includes('zebrafinch'));
  // What was left out goes nowhere, and what was corrected does not take the words along that were read.
  half.rows[0].text = 'I never said zebra';
  half.rows[1].answer = 'leave';
  const kept = await app.keepPictureList(attachment, half);
  const after = (await readDiary(phone.ctx.open)).map(openedOf);
  const chosen = selectRecords(after, [record, ...kept.entries], { intimate: true }).records;
  const all = JSON.stringify(after.filter((version) => chosen.has(version.record)));
  assert.ok(all.includes('I never said zebra') && !all.includes('zebrafinch'));
  assert.deepEqual((await schedulesOf(app))[0].rows[0].corrected, ['text']);
});

test('on a phone that may be anybody’s, no row has a side until the keeper gives it one', async () => {
  const rows = [row(0), row(1, { side: 'right' }), row(2, { side: 'unknown', doubts: ['side'] })];
  const { app, attachment } = await phoneWithReading(reading(rows));
  const { list } = await app.openPictureList(attachment);
  for (const phone of /** @type {const} */ (['other', 'not_sure'])) {
    const answered = asked(list, { phone });
    assert.deepEqual(
      answered.rows.map((one) => directionOf(answered, one)),
      [null, null, null],
    );
    assert.ok(answered.rows.every((one) => !isClear(answered, one, false, NOON)));
    await assert.rejects(app.keepPictureList(attachment, taken(answered)), { code: 'import_unanswered' });
  }
  // On their phone, the right side is theirs. Whom they wrote to is asked, and is not the keeper unless they say so.
  const theirs = asked(list, { phone: 'theirs' });
  await assert.rejects(app.keepPictureList(attachment, taken(theirs)), { code: 'import_unanswered' });
  const of = (wrote) => theirs.rows.map((one) => directionOf({ ...theirs, wrote }, one));
  assert.deepEqual(of('me'), ['out', 'in', null]);
  assert.deepEqual(of('others'), ['others', 'others', null]);
  assert.deepEqual(of('not_sure'), ['unknown', 'unknown', null]);
  const told = taken({ ...theirs, wrote: 'others' });
  told.rows[2].direction = 'unknown';
  await app.keepPictureList(attachment, told);
  const [schedule] = await schedulesOf(app);
  assert.deepEqual(
    schedule.rows.map(({ direction, from, to }) => [direction, from, to]),
    [
      ['others', undefined, 'Sam'],
      ['others', 'Sam', undefined],
      ['unknown', undefined, undefined],
    ],
  );
  const [entry] = (await app.readRecords('incident')).filter(({ fields }) => fields.schedule_id);
  assert.equal(entry.fields.count, undefined); // none of them is known to be to the keeper
});

test('a row in doubt is kept only after it was looked at by itself, and with what was missing', async () => {
  const doubtful = [
    row(0, { doubts: ['text'] }),
    row(1, { doubts: ['time'], time: null }),
    row(2, { doubts: ['day'] }),
    row(3, { doubts: ['who'] }),
    row(4, { side: 'unknown', doubts: ['side'] }),
  ];
  const { app, attachment } = await phoneWithReading(reading(doubtful));
  const { list } = await app.openPictureList(attachment);
  const answered = asked(list);
  for (const place of doubtful.keys()) {
    assert.equal(isClear(answered, answered.rows[place], false, NOON), false);
    const all = taken(answered);
    Object.assign(all.rows[1], { time: '21:11' });
    Object.assign(all.rows[4], { direction: 'in' });
    all.rows[place].looked = [];
    await assert.rejects(app.keepPictureList(attachment, all), { code: 'import_unanswered' }, `row ${place}`);
  }
  const all = taken(answered);
  await assert.rejects(app.keepPictureList(attachment, all), { code: 'import_unanswered' });
  Object.assign(all.rows[1], { time: '' });
  Object.assign(all.rows[4], { direction: 'unknown' });
  const kept = await app.keepPictureList(attachment, all);
  assert.equal(kept.rows, 5);
  const [schedule] = await schedulesOf(app);
  assert.deepEqual([schedule.rows[1].sent_local, schedule.rows[1].sent_at], [DAY, undefined]);
});

test('the same picture adds nothing again, also after it was put away, and says what is kept', async () => {
  const { app, attachment, reader } = await phoneWithReading(reading([row(0), row(1)]));
  const first = taken(asked((await app.openPictureList(attachment)).list));
  first.rows[1].answer = 'leave';
  const { entries } = await app.keepPictureList(attachment, first);
  // Read again by a later version, which finds the edges a little elsewhere and other words.
  reader.found = reading([row(0, { box: [18, 14, 590, 84], text: 'zebra finch O' }), row(1)]);
  const again = await app.openPictureList(attachment);
  assert.deepEqual(
    again.list.rows.map(({ isKept }) => isKept),
    [true, false],
  );
  assert.deepEqual(again.keptIn, entries);
  const all = taken(asked(again.list));
  // A list that claims otherwise is asked about again.
  all.rows[0].isKept = false;
  const kept = await app.keepPictureList(attachment, all);
  assert.equal(kept.rows, 1);
  await assert.rejects(app.keepPictureList(attachment, all), { code: 'nothing_to_save' });
  const [schedule] = await app.readRecords('schedule');
  await app.takeOutRecord(schedule.record, 'mine');
  await assert.rejects(app.keepPictureList(attachment, all), { code: 'nothing_to_save' });
  const everything = await app.readRecords('schedule', { all: true });
  const texts = everything.flatMap(({ fields }) => fields.rows.map(({ text }) => text));
  assert.deepEqual(texts.sort(), ['zebrafinch 0', 'zebrafinch 1']);
});

test('a row that a chat export has already is in doubt, and two alike need two', async () => {
  const { app, attachment } = await phoneWithReading(
    reading([row(0, { text: 'Answer me' }), row(1, { time: '21:10', text: 'Answer me' }), row(2)]),
    { clock: fixedClock(NOON + 86_400_000) },
  );
  const chat = `23/11/2026, 21:10 - Sam: Answer me\n23/11/2026, 21:30 - Jo: no\n`;
  await app.readImport(new File([utf8(chat)], 'WhatsApp Chat with Sam.txt'));
  const plan = await app.planImport({ tz: 'Europe/London', me: 'Jo', order: 'dmy' });
  await app.keepImport({ chosen: allBursts(plan) });
  const { list } = await app.openPictureList(attachment);
  const answered = asked(list);
  assert.deepEqual(await app.alikeInList(attachment, answered), [0]);
  assert.deepEqual(await app.alikeInList(attachment, { ...answered, channel: 'sms' }), []);
  const all = taken(answered);
  all.rows[0].looked = [];
  await assert.rejects(app.keepPictureList(attachment, all), { code: 'import_unanswered' });
  all.rows[0].answer = 'leave';
  assert.equal((await app.keepPictureList(attachment, all)).rows, 2);
});

test('a message under a black box is in doubt: a pack would have the words that the box covers', async () => {
  const { app, phone, attachment } = await phoneWithReading(reading([row(0), row(1)]));
  const { open } = phone.ctx;
  const newest = await open.book.newest(attachment);
  await open.store.change(async (root, change) => {
    await open.book.stage(open.book.batch(root, change), {
      kind: 'attachment',
      record: attachment,
      open: { ...newest.fields, print_copy: 'masked' },
      restricted: { ...newest.restricted, masks: [{ at: NOON, boxes: [{ x: 30, y: 20, w: 300, h: 50 }] }] },
      openKeys: newest.keys.open,
      restrictedKeys: newest.keys.restricted,
    });
  });
  const { list } = await app.openPictureList(attachment);
  assert.deepEqual(
    list.rows.map(({ isCovered }) => isCovered),
    [true, false],
  );
  const all = taken(asked(list));
  all.rows[0].looked = [];
  all.rows[0].isCovered = false;
  await assert.rejects(app.keepPictureList(attachment, all), { code: 'import_unanswered' });
});

test('days and times that cannot be are refused', async () => {
  const { app, attachment } = await phoneWithReading(reading([row(0), row(1, { day: 'Yesterday' })]));
  const { list } = await app.openPictureList(attachment);
  for (const date of ['', '2026-11-25', '2026-02-30', '0001-01-01', '+10000-01-01', 'yesterday']) {
    const days = { Today: date, Yesterday: DAY };
    await assert.rejects(
      app.keepPictureList(attachment, taken(asked(list, { days }))),
      { code: 'import_unanswered' },
      date,
    );
  }
  for (const time of ['25:00', '24:00', '9:5', '23:59:61', 'x'])
    await assert.rejects(app.keepPictureList(attachment, taken(asked(list), { time })), { code: 'import_unanswered' });
  const future = taken(asked(list, { days: { Today: '2026-11-24', Yesterday: DAY } }), { time: '23:00' });
  await assert.rejects(app.keepPictureList(attachment, future), { code: 'import_unanswered' });
  const skipped = taken(asked(list, { days: { Today: '2026-03-29', Yesterday: DAY } }), { time: '01:30' });
  await assert.rejects(app.keepPictureList(attachment, skipped), { code: 'import_unanswered' });
  await assert.rejects(app.keepPictureList(attachment, taken(asked(list, { tz: 'Mars/North' }))), {
    code: 'import_unanswered',
  });
  const twice = taken(asked(list, { days: { Today: '2026-10-25', Yesterday: DAY } }), { time: '01:30' });
  await app.keepPictureList(attachment, twice);
  const notes = (await schedulesOf(app)).flatMap((schedule) => schedule.rows.map(({ sent_note }) => sent_note));
  assert.deepEqual(notes.sort(), ['hour_first', undefined]);
});

/** What a worker sends may have any form. */
const asRead = (value) => JSON.parse(JSON.stringify(value));

test('what a hostile picture says stays text and within bounds', () => {
  const hostile = asRead({
    kind: 'messages',
    app: 'javascript:alert(1)',
    title: '\u202eSam\u0000 <b>',
    quality: 'good',
    rows: [
      row(0, { text: '<img src=x onerror=alert(1)>\u202e\u2066gone\u0000', time: '99:99' }),
      row(1, { box: [-50, -50, 5_000, 9_000] }),
      row(2, { box: [10, 5_000, 60, 6_000] }),
      row(3, { box: [60, 300, 20, 390] }),
      { ...row(4, { text: 'x'.repeat(90_000), type: 'script' }), side: 'both' },
      { box: [1, 2, 3], text: 7 },
      null,
      'row',
      ...Array.from({ length: 10_000 }, () => row(5)),
    ],
  });
  const { rows, app, title } = boundedReading(hostile, WIDTH, HEIGHT);
  assert.deepEqual([app, title], [null, 'Sam <b>']);
  assert.ok(rows.length <= 200);
  assert.deepEqual([rows[0].text, rows[0].time, rows[0].doubts], ['<img src=x onerror=alert(1)>gone', null, ['time']]);
  assert.deepEqual(rows[1].box, [0, 0, WIDTH, HEIGHT]);
  assert.deepEqual(
    [rows[2].text.length, rows[2].type, rows[2].side, rows[2].doubts.sort()],
    [4_000, 'other', 'unknown', ['side', 'text']],
  );
  for (const odd of [7, {}, { rows: 'x' }, { kind: 'spell', rows: [row(0)] }])
    assert.deepEqual(boundedReading(asRead(odd), WIDTH, HEIGHT).rows, []);
  // The words in a picture may be those of another language: letters that join are not torn apart.
  assert.equal(
    boundedReading(reading([row(0, { text: 'می\u200cخواهم' })]), WIDTH, HEIGHT).rows[0].text,
    'می\u200cخواهم',
  );
});

test('stored words become the engine’s again, and other forms are left out', () => {
  const { lines, width, height, engine } = textFrom(fieldsOfText('a', TEXT, 1));
  assert.deepEqual([lines, width, height, engine], [TEXT.lines, WIDTH, HEIGHT, 'tesseract']);
  for (const odd of [
    null,
    7,
    'x',
    [1],
    [[1, 2, 3, 4, 'x']],
    [['a', 2, 3, 4, [['x', 1, 2, 3, 4, 5]]]],
    [[0, 0, 0, 0, [[7]]]],
  ])
    assert.deepEqual(textFrom({ lines: odd }).lines, []);
});

test('a list that was begun survives a lock and a crash, and goes with the picture', async () => {
  const { app, phone, attachment, reader } = await phoneWithReading(reading([row(0), row(1)]));
  const { list } = await app.openPictureList(attachment);
  const begun = taken(asked(list));
  begun.rows[1] = { ...begun.rows[1], answer: null, text: 'half typed' };
  await app.putPictureList(attachment, begun);
  await app.lock('asked');
  await app.unlock(WORDS);
  assert.deepEqual(await app.countPictureRows(attachment), { rows: 1, isBegun: true });
  reader.found = reading([]);
  const again = (await app.openPictureList(attachment)).list;
  assert.deepEqual([again.phone, again.rows[0].answer, again.rows[1].text], ['mine', 'take', 'half typed']);
  phone.end();
  const later = makePhone({ after: phone, pictureReader: reader });
  await later.app.start();
  await later.app.unlock(WORDS);
  assert.equal((await later.app.openPictureList(attachment)).list.rows[1].text, 'half typed');
  await later.app.purgeFile(attachment, { words: WORDS });
  assert.equal(await later.ctx.open.store.readJson(`t/list:${attachment}`), null);
});

test('a picture whose rows cannot be told apart says so, and one that is gone has none', async () => {
  const { app, attachment, reader } = await phoneWithReading(reading([], { kind: 'none' }));
  assert.deepEqual(await app.countPictureRows(attachment), { rows: 0, isBegun: false });
  reader.found = null;
  await assert.rejects(app.countPictureRows(attachment), { code: 'reader_no_picture' });
  await assert.rejects(app.openPictureList(attachment), { code: 'reader_no_picture' });
});

/** The first bytes of a PNG of this size; nothing here decodes it. */
function pngOf(width, height) {
  const bytes = Buffer.alloc(64);
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]).copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

test('the height of letters is kept with the words that were read', () => {
  /** @type {import('#app/imports/screenshots/picture_text.js').ReadWord[]} */
  const words = [
    { text: 'Stop', box: [10, 10, 60, 30], confidence: 90, capital: 17 },
    { text: 'now', box: [70, 10, 99, 30], confidence: 91 },
  ];
  /** @type {typeof TEXT} */
  const text = { ...TEXT, lines: [{ box: [10, 10, 99, 30], words }] };
  assert.deepEqual(textFrom(fieldsOfText('a', text, 1)).lines, text.lines);
});

test('a screenshot is read as it was received, and one that states too many pixels in its copy for print', async () => {
  const { app, record, reader } = await phoneWithReading(reading([row(0)]));
  const given = [];
  reader.read = async (picture, size) => {
    given.push([picture.type, picture.size, size]);
    return TEXT;
  };
  for (const [width, height] of [
    [1170, 2532],
    [60_000, 60_000],
  ]) {
    const { attachment } = await app.addFile(record, file(pngOf(width, height)), { route: 'photo_picker' });
    await app.readWordsIn([attachment]);
    await eventually(
      () => app.pictureWords(attachment),
      ({ state }) => state === 'read',
      { what: 'the words' },
    );
  }
  const size = { width: WIDTH, height: HEIGHT };
  assert.deepEqual(given, [
    ['image/png', 64, size],
    ['image/jpeg', 5000, size],
  ]);
});

test('the list may go to the entry that has the picture, and adds no second entry', async () => {
  const { app, record, attachment } = await phoneWithReading(reading([row(0), row(1)]));
  const { list, targets } = await app.openPictureList(attachment);
  assert.deepEqual(targets, [record]);
  const count = async () => (await app.readRecords('incident')).length;
  const before = await count();
  await assert.rejects(app.keepPictureList(attachment, taken(asked(list, { entry: attachment }))), {
    code: 'import_unanswered',
  });
  const kept = await app.keepPictureList(attachment, taken(asked(list, { entry: record })));
  assert.deepEqual([kept.entries, await count()], [[record], before]);
  const { parts } = await app.readSchedule(record);
  assert.deepEqual(
    parts.map(({ fields }) => fields.rows.length),
    [2],
  );
  const entry = await app.readIncident(record);
  assert.deepEqual([entry.fields.count, entry.fields.narrative], [2, 'He waited outside.']);
  assert.deepEqual((await app.openPictureList(attachment)).targets, []);
});

test('the list of calls of the keeper’s own phone counts its missed calls; other calls are asked about', async () => {
  const call = (place, over = {}) =>
    row(place, { side: 'unknown', doubts: ['side'], type: 'missed_call', text: 'Missed', who: 'Sam Field', ...over });
  const calls = reading([call(0), call(1), call(2, { type: 'call', text: 'Outgoing' })], {
    kind: 'calls',
    app: 'phone_call',
  });
  const { app, attachment } = await phoneWithReading(calls);
  const { list } = await app.openPictureList(attachment);
  const mine = asked(list, { channel: 'phone_call' });
  assert.deepEqual(
    mine.rows.map((one) => isClear(mine, one, false, NOON)),
    [true, true, false],
  );
  const theirs = asked(list, { channel: 'phone_call', phone: 'theirs', wrote: 'me' });
  assert.deepEqual(
    theirs.rows.map((one) => directionOf(theirs, one)),
    [null, null, null],
  );
  const all = taken(mine);
  await assert.rejects(app.keepPictureList(attachment, all), { code: 'import_unanswered' });
  all.rows[2].direction = 'out';
  const { entries } = await app.keepPictureList(attachment, all);
  const entry = await app.readIncident(entries[0]);
  assert.deepEqual([entry.fields.count, entry.fields.behaviours], [2, ['calls']]);
  assert.equal(entry.fields.narrative, 'In a picture: 2 missed calls from Sam Field, 1 call by me, 21:10 to 21:12.');
});

test('only a date that is written with its year is taken as it stands', () => {
  assert.equal(writtenDate('24 November 2026'), '2026-11-24');
  assert.equal(writtenDate('Tuesday, 24 November 2026'), '2026-11-24');
  assert.equal(writtenDate('24 listopada 2026'), '2026-11-24');
  assert.equal(writtenDate('3 Tachwedd 2026'), '2026-11-03');
  for (const words of ['Today', 'Monday', '24 November', '24/11/2026', '11/12/26', '31 February 2026', ''])
    assert.equal(writtenDate(words), '', words);
  const list = newList(
    {
      ...reading([row(0, { day: '24 November 2026' }), row(1)]),
      width: 1,
      height: 1,
      readAt: 1,
      engine: '',
      engineVersion: '',
    },
    'Europe/London',
  );
  assert.deepEqual(list.days, { '24 November 2026': '2026-11-24', Today: '' });
});
