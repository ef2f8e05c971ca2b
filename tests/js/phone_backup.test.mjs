/**
 * Backups of text messages and calls (.xml): each message is found by itself, one person's are chosen, and nothing else
 * of the file is kept.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { planPhoneBackup } from '#app/features/import/imports_phone.js';
import { looksLikePhoneBackup, readBackupMessage, readPhoneBackup } from '#app/imports/phone_backup.js';
import { utf8, zip } from './chat_exports.mjs';
import { allBursts, importFile, rowsOf } from './phone/importing.mjs';
import { NOON, phoneWithEntry } from './phone/phone.mjs';

let timer;
before(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const LATER = NOON + 3 * 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
const HEAD = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!--File Created By SMS Backup & Restore-->\n";
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const sourceOf = (bytes) => ({ size: bytes.length, read: async (from, to) => bytes.subarray(from, to) });
const noPause = async () => undefined;
const textOf = (bytes, { start, end }) => new TextDecoder().decode(bytes.subarray(start, end));
const read = (text) => readPhoneBackup(sourceOf(utf8(text)), LATER, noPause);
const file = (text, name = 'sms-20261103.xml') => new File([utf8(text)], name, { lastModified: NOON });
const newPhone = (options = {}) => phoneWithEntry({ clock: fixedClock(LATER), ...options });

const [SAM, SAM_ABROAD, LEE] = ['07700 900123', '+447700900123', '07700900456'];
const sms = ({ address = SAM_ABROAD, at = 0, type = 1, body = 'Answer me', name = 'Sam' }) =>
  `<sms protocol="0" address="${address}" date="${NOON + at}" type="${type}" subject="null" body="${body}" ` +
  `toa="null" service_center="null" read="1" status="-1" readable_date="3 Nov" contact_name="${name}" />`;
const call = ({ number = SAM_ABROAD, at = 0, type = 3, duration = 0, name = 'Sam' }) =>
  `<call number="${number}" duration="${duration}" date="${NOON + at}" type="${type}" presentation="1" ` +
  `readable_date="3 Nov" contact_name="${name}" />`;
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const part = ({ ct = 'text/plain', text = 'null', cl = 'null', data = '' }) =>
  `<part seq="0" ct="${ct}" name="null" chset="106" cd="null" fn="null" cid="null" cl="${cl}" text="${text}" ` +
  `${data && `data="${data}" `}/>`;
const mms = ({ address = SAM_ABROAD, at = 0, box = 1, parts = [], addrs = [], sub = 'null' }) =>
  [
    `<mms date="${NOON + at}" ct_t="application/vnd.wap.multipart.related" msg_box="${box}" address="${address}" ` +
      `sub="${sub}" contact_name="Sam">`,
    '<parts>',
    ...parts,
    '</parts>',
    '<addrs>',
    ...addrs.map(([number, type]) => `<addr address="${number}" type="${type}" charset="106" />`),
    '</addrs>',
    '</mms>',
  ].join('\n');
const messagesOf = (...items) => `${HEAD}<smses count="${items.length}">\n${items.join('\n')}\n</smses>`;
const callsOf = (...items) => `${HEAD}<calls count="${items.length}">\n${items.join('\n')}\n</calls>`;
const SMIL = part({ ct: 'application/smil', text: '&lt;smil&gt;' });
const PICTURE = mms({
  at: 3 * MINUTE,
  parts: [SMIL, part({ ct: 'image/png', cl: 'IMG 1.png', data: PNG.toString('base64') }), part({ text: 'Look' })],
  addrs: [[SAM_ABROAD, 137]],
});
const MESSAGES = [
  sms({ body: 'I know where you are' }),
  sms({ address: LEE, at: MINUTE, body: 'Lunch?', name: 'Lee' }),
  sms({ address: SAM, at: 2 * MINUTE, type: 2, body: 'Stop' }),
  PICTURE,
  sms({ at: 10 * HOUR }),
];

const importFrom = (app, text, answers) => importFile(app, file(text), { tz: 'Europe/London', ...answers });

/** Plan with the only person of a file, and return the rows that would be added. */
async function plannedRows(text) {
  const { app, phone } = await newPhone();
  const { people } = /** @type {import('#app/shell/app.js').ImportPhone} */ (await app.readImport(file(text)));
  const plan =
    /** @type {Exclude<import('#app/shell/app.js').ImportPlan, import('#app/shell/app.js').ImportChatPlan>} */ (
      await app.planImport({ tz: 'Europe/London', person: people[0].key })
    );
  const rows = [];
  for (const { index, count } of plan.bursts) rows.push(...(await app.importRows(index, 0, count)));
  phone.end();
  return { rows, plan, people };
}

test('each message is found with its own bytes, and the digest is the file’s', async () => {
  const text = messagesOf(...MESSAGES);
  assert.ok(looksLikePhoneBackup(utf8(text)));
  const { kind, items, cutOff, sha256: digest } = await read(text);
  assert.deepEqual([kind, cutOff, digest], ['messages', false, sha256(utf8(text))]);
  assert.deepEqual(
    items.map((item) => textOf(utf8(text), item)),
    MESSAGES,
  );
  assert.deepEqual(items.map(({ no, numbers, name, at, way }) => [no, ...numbers, name, at - NOON, way]).slice(1, 3), [
    [2, LEE, 'Lee', MINUTE, '1'],
    [3, SAM, 'Sam', 2 * MINUTE, '2'],
  ]);
});

test('a message is found wherever the pieces of a large file end', async () => {
  const piece = 4 << 20;
  for (const shift of [-300, -200, -100, -40, -9, -8, -4, -3, -2, -1, 0, 1, 40]) {
    const head = `${HEAD}<smses count="2">\n<!--`;
    const padding = 'x'.repeat(piece + shift - head.length - 3);
    const text = `${head}${padding}-->${MESSAGES[0]}${PICTURE}</smses>`;
    const { items, sha256: digest } = await read(text);
    assert.deepEqual(
      [items.map((item) => textOf(utf8(text), item)), digest],
      [[MESSAGES[0], PICTURE], sha256(utf8(text))],
      String(shift),
    );
  }
});

test('other files are not read as a backup', async () => {
  for (const text of ['', '<smses', '<html><smses >', 'smses', `${HEAD}<smsesx >`, 'x<smses >', '<!--<smses >-->'])
    assert.ok(!looksLikePhoneBackup(utf8(text)), text);
  for (const text of ['<smses count="0"></smses>', '<calls ></calls>', '<other/><sms />'])
    await assert.rejects(read(text), { code: 'import_wrong' }, text);
});

test('what somebody wrote begins no message: tags in words, comments and sections', async () => {
  const forged = sms({ type: 2, body: 'I started it' });
  const escaped = forged.replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  const text = messagesOf(
    sms({ body: `${escaped} > /> </sms>` }),
    `<!-- ${forged} -->`,
    `<![CDATA[${forged}]]>`,
    mms({ parts: [part({ text: `${escaped}</mms>` })], addrs: [[SAM_ABROAD, 137]] }),
  );
  const { items } = await read(text);
  assert.deepEqual(
    items.map(({ tag, way }) => [tag, way]),
    [
      ['sms', '1'],
      ['mms', '1'],
    ],
  );
  assert.equal(readBackupMessage(utf8(sms({ body: escaped }))).text, forged);
});

test('references are read, an emoji also from its halves; what is no character breaks nothing', () => {
  const cases = {
    'a&#10;b &amp;lt; &#x41;': 'a\nb &lt; A',
    '&#55357;&#56832;': '😀',
    '&#128512;&#xD83D;': '😀\ufffd',
    '&#0;&#1114112;': '\ufffd\ufffd',
    '&bomb;&amp': '&bomb;&amp',
    'میں نے 😀': 'میں نے 😀',
  };
  for (const [body, words] of Object.entries(cases))
    assert.equal(readBackupMessage(utf8(sms({ body }))).text, words, body);
});

test('an entity that the file defines is not resolved', async () => {
  const bomb = '<!DOCTYPE smses [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
  const text = messagesOf(sms({ body: '&b;' })).replace('<smses', `${bomb}<smses`);
  const { items } = await read(text);
  assert.equal(readBackupMessage(utf8(text).subarray(items[0].start, items[0].end)).text, '&b;');
});

test('a file that is cut off gives what is whole, and says so; one that has too many is refused', async () => {
  const text = messagesOf(MESSAGES[0], PICTURE);
  for (const end of ['IMG 1', '<mms', '</smses>', 'Answer me']) {
    const whole = messagesOf(MESSAGES[0], PICTURE, sms({}));
    const cut = await read(whole.slice(0, whole.indexOf(end)));
    assert.deepEqual([cut.items.length >= 1, cut.cutOff], [true, true], end);
  }
  const missingQuote = await read(messagesOf(MESSAGES[0], '<sms address="1 />', MESSAGES[4]));
  assert.equal(missingQuote.cutOff, true);
  assert.equal((await read(text)).cutOff, false);
  await assert.rejects(read(`<calls >${'<call number="1"/>'.repeat(200_001)}</calls>`), { code: 'import_too_many' });
});

test('a message without an end takes in nobody else’s, and is named', async () => {
  const unclosed = PICTURE.replace('</mms>', '');
  const text = messagesOf(unclosed, sms({ address: LEE, body: 'Lunch?' }), sms({ type: 2, body: 'Stop' }), PICTURE);
  const { items } = await read(text);
  assert.deepEqual(
    items.map(({ tag, at }) => [tag, at === null]),
    [
      ['mms', true],
      ['sms', false],
      ['sms', false],
      ['mms', false],
    ],
  );
  assert.equal(readBackupMessage(utf8(`${unclosed}${sms({ body: 'Lunch?' })}</mms>`)).text, 'Look');
});

test('one long tag costs its own message and no other', async () => {
  const long = mms({
    parts: [part({ ct: 'video/mp4', cl: 'a.mp4', data: 'A'.repeat(70 << 20) }), part({ text: 'x' })],
  });
  const text = messagesOf(MESSAGES[0], long, MESSAGES[4]);
  const { items, cutOff } = await read(text);
  assert.deepEqual([items.map(({ tag }) => tag), cutOff], [['sms', 'mms', 'sms'], false]);
  assert.equal(textOf(utf8(text), items[2]), MESSAGES[4]);
});

test('a beginning that is made to be slow is not', () => {
  const before = process.cpuUsage().user;
  assert.ok(!looksLikePhoneBackup(utf8(`${'<!---->'.repeat(9_000)}x`)));
  assert.ok(!looksLikePhoneBackup(utf8(`<?${'<!--'.repeat(9_000)}`)));
  assert.ok(process.cpuUsage().user - before < 2_000_000);
});

test('one person’s messages become entries, with a file that has these messages and nothing else', async () => {
  const { app, phone } = await newPhone();
  const text = messagesOf(...MESSAGES);
  const { found, plan, done } = await importFrom(app, text, { person: '07700900123', gap: 6 });
  assert.deepEqual(
    [found.kind, found.messages, found.people.map(({ numbers, name, from, to }) => [name, ...numbers, from, to])],
    [
      'phone',
      5,
      [
        ['Sam', SAM_ABROAD, SAM, 3, 1],
        ['Lee', LEE, 1, 0],
      ],
    ],
  );
  assert.deepEqual([plan.fresh, plan.known, plan.unread, plan.files], [4, 0, [], { with: 1 }]);
  assert.deepEqual(
    plan.bursts.map(({ narrative }) => narrative),
    [
      `Text messages: 2 messages from ${SAM_ABROAD}, 1 from me, 12:00 to 12:03.`,
      `Text messages: 1 message from ${SAM_ABROAD}, 22:00.`,
    ],
  );
  const rows = await rowsOf(app, done.entries);
  assert.deepEqual(
    rows.map(({ direction, from, to, type, text: words, file_name: name }) => [direction, from, to, type, words, name]),
    [
      ['in', SAM_ABROAD, 'me', 'text', 'I know where you are', undefined],
      ['out', 'me', SAM, 'text', 'Stop', undefined],
      ['in', SAM_ABROAD, 'me', 'image', 'Look', '4-1 IMG 1.png'],
      ['in', SAM_ABROAD, 'me', 'text', 'Answer me', undefined],
    ],
  );
  const { fields, attachments } = await app.readIncident(done.entries[0]);
  assert.deepEqual([fields.channel, fields.channel_account, fields.count], ['sms', SAM_ABROAD, 2]);
  assert.deepEqual(fields.behaviours, ['texts']);
  const own = [MESSAGES[0], MESSAGES[2], PICTURE];
  const begin = `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count="3">`;
  const extract = `${begin}\n${own.join('\n')}\n</smses>\n`;
  assert.deepEqual(
    attachments.map(({ name, sha256: digest }) => [name, digest]),
    [
      ['sms-20261103, from number 1.xml', sha256(utf8(extract))],
      ['4-1 IMG 1.png', sha256(PNG)],
    ],
  );
  const [schedule] = await app.readRecords('schedule');
  assert.deepEqual(schedule.fields.import_summary.backup, {
    name: 'sms-20261103.xml',
    size: utf8(text).length,
    sha256: sha256(utf8(text)),
    messages: 5,
  });
  const again = await importFrom(app, text, { person: '07700900123' });
  assert.deepEqual([again.plan.fresh, again.plan.known, again.done], [0, 4, null]);
  const later = messagesOf(...MESSAGES, sms({ at: 11 * HOUR, body: 'Last chance' }));
  const more = await importFrom(app, later, { person: '07700900123' });
  assert.deepEqual([more.plan.fresh, more.done.entries.length], [1, 1]);
  phone.end();
});

test('only the entries that are chosen reach the diary, and a later backup adds only what is new', async () => {
  const { app, phone } = await newPhone();
  await app.readImport(file(messagesOf(...MESSAGES)));
  const answers = { tz: 'Europe/London', person: '07700900123' };
  const plan = await app.planImport(answers);
  const done = await app.keepImport({ chosen: allBursts(plan).slice(1), media: true });
  const { attachments } = await app.readIncident(done.entries[0]);
  const { url } = await app.readReceived(attachments[0].attachment);
  const kept = await phone.urls.get(url).text();
  assert.equal(attachments.length, 1);
  for (const other of ['I know where', 'Stop', 'Look', 'image/png']) assert.ok(!kept.includes(other), other);
  // New texts before it, a deleted one, and another time zone change no identity.
  await importFrom(app, messagesOf(...MESSAGES), answers);
  const later = messagesOf(
    sms({ address: LEE, body: 'New' }),
    sms({ at: 5 * MINUTE, body: 'New too' }),
    ...MESSAGES.slice(1),
  );
  const again = await importFrom(app, later, { ...answers, tz: 'Asia/Tokyo' });
  assert.deepEqual([again.plan.fresh, again.plan.known, again.done.rows], [1, 3, 1]);
  phone.end();
});

test('the same words to or from two people in one minute are two messages', async () => {
  const { app, phone } = await newPhone();
  const text = messagesOf(
    sms({ type: 2, body: 'Stop' }),
    sms({ type: 2, body: 'Ring you later', address: LEE, at: 1_000 }),
    sms({ type: 2, body: 'Stop', address: LEE, at: 2_000 }),
    sms({ type: 2, body: 'Leave me alone', at: 3_000 }),
    sms({ body: 'Answer me', at: 4_000 }),
    sms({ body: 'Answer me', at: 4_000 }),
  );
  const first = await importFrom(app, text, { person: LEE });
  const second = await importFrom(app, text, { person: '07700900123' });
  assert.deepEqual([first.plan.fresh, second.plan.fresh, second.plan.known, second.done.rows], [2, 4, 0, 4]);
  phone.end();
});

test('a sender who calls himself like the keeper, or like a hidden caller, stays who he is', async () => {
  for (const [address, from] of [
    ['me', '“me”'],
    ['ME', '“ME”'],
    ['Private', 'Private'],
    ['Police', 'Police'],
  ]) {
    const { rows, people } = await plannedRows(messagesOf(sms({ address, name: '(Unknown)' })));
    assert.deepEqual([rows[0].from, rows[0].to, rows[0].direction, people[0].numbers], [from, 'me', 'in', [address]]);
  }
  const group = mms({ address: `${LEE}~me`, parts: [part({ text: 'x' })], addrs: [['me', 137]] });
  assert.equal((await plannedRows(messagesOf(group))).rows[0].from, '“me”');
});

test('what a sender chose breaks no record: long names, marks, halves of characters', async () => {
  const { app, phone } = await newPhone();
  const name = `../../${'&#8238;&#1;'.repeat(50)}${'&#55357;'.repeat(9_000)}/gnp.exe`;
  const long = `${'x'.repeat(3_990)}${'&#55357;&#56832;'.repeat(20)}`;
  const text = messagesOf(
    mms({
      sub: long,
      parts: [part({ ct: 'image/png', cl: name, data: PNG.toString('base64') })],
      addrs: [[`${'1'.repeat(5_000)}&#55357;`, 137]],
    }),
  );
  const { done } = await importFrom(app, text, { person: '07700900123' });
  const [row] = await rowsOf(app, done.entries);
  assert.deepEqual(
    [row.file_name, row.from.length <= 200, row.description.length <= 4_000],
    ['1-1 gnp.exe', true, true],
  );
  phone.end();
});

test('parts: types with parameters are read; a value that the phone does not have is none', () => {
  const message = (...parts) => readBackupMessage(utf8(mms({ parts })));
  assert.equal(message(part({ ct: 'text/plain; charset=utf-8', text: 'Look' })).text, 'Look');
  assert.equal(readBackupMessage(utf8(sms({ body: 'null' }))).text, '');
  assert.deepEqual(
    message(part({ ct: 'image/png', data: 'null' }), part({ ct: 'text/html', text: '&lt;p&gt;' })).files.map(
      ({ size }) => size,
    ),
    [0, 0],
  );
  assert.deepEqual(
    message(part({ data: Buffer.from('Words in a file').toString('base64') })).files.map(({ type, size }) => [
      type,
      size,
    ]),
    [['text/plain', 15]],
  );
});

test('nobody else’s words, name or number reach the diary', async () => {
  const { app, phone } = await newPhone();
  const { done } = await importFrom(app, messagesOf(...MESSAGES), { person: '07700900123' });
  const { attachments } = await app.readIncident(done.entries[0]);
  const { url } = await app.readReceived(attachments[0].attachment);
  const kept = await phone.urls.get(url).text();
  const entries = await Promise.all(done.entries.map((one) => app.readIncident(one)));
  const records = JSON.stringify([await app.readRecords('schedule'), entries]);
  for (const other of ['Lunch', 'Lee', LEE]) assert.ok(!kept.includes(other) && !records.includes(other), other);
  phone.end();
});

test('calls: missed, answered, made, rejected and with no number shown', async () => {
  const { app, phone } = await newPhone();
  const hidden = { number: '-2', name: '(Unknown)' };
  const text = callsOf(
    call({}),
    call({ at: MINUTE, type: 1, duration: 35 }),
    call({ at: 2 * MINUTE, type: 2, duration: 0 }),
    call({ at: 3 * MINUTE, type: 5 }),
    call({ at: 4 * MINUTE, type: 6 }),
    call({ ...hidden, at: 5 * MINUTE }),
    call({ ...hidden, number: '', at: 6 * MINUTE }),
  );
  const { found, done } = await importFrom(app, text, { person: '07700900123' });
  assert.deepEqual(
    [found.holds, found.people.map(({ key, numbers, from, to }) => [key, numbers.length, from, to])],
    [
      'calls',
      [
        ['07700900123', 1, 4, 1],
        ['', 0, 2, 0],
      ],
    ],
  );
  assert.deepEqual(
    (await rowsOf(app, done.entries)).map(({ direction, type, description }) => [direction, type, description]),
    [
      ['in', 'missed_call', undefined],
      ['in', 'call', 'Lasted 35 seconds'],
      ['out', 'call', 'Lasted 0 seconds'],
      ['in', 'missed_call', 'Rejected'],
      ['in', 'missed_call', 'Blocked by the phone'],
    ],
  );
  const { fields } = await app.readIncident(done.entries[0]);
  assert.equal(fields.narrative, `Calls: 3 missed calls and 1 call from ${SAM_ABROAD}, 1 call by me, 12:00 to 12:04.`);
  assert.deepEqual([fields.channel, fields.count, fields.behaviours], ['phone_call', 4, ['calls']]);
  const withheld = await importFrom(app, text, { person: '' });
  const rows = await rowsOf(app, withheld.done.entries);
  assert.deepEqual(
    rows.map(({ from, type }) => [from, type]),
    [
      [undefined, 'missed_call'],
      [undefined, 'missed_call'],
    ],
  );
  phone.end();
});

test('a draft is never said to be sent; a message that failed says so', async () => {
  const { rows, plan, people } = await plannedRows(
    messagesOf(
      sms({}),
      sms({ at: MINUTE, type: 3, body: 'I will come to you' }),
      mms({ at: 2 * MINUTE, box: 3, parts: [part({ text: 'draft' })] }),
      sms({ at: 3 * MINUTE, type: 5, body: 'Stop' }),
      sms({ at: 4 * MINUTE, type: 9, body: 'What is this' }),
    ),
  );
  assert.equal(plan.drafts, 2);
  assert.deepEqual(
    rows.map(({ direction, from, text, description }) => [direction, from, text, description]),
    [
      ['in', SAM_ABROAD, 'Answer me', undefined],
      ['out', 'me', 'Stop', 'Sending failed'],
      ['unknown', undefined, 'What is this', `With ${SAM_ABROAD}`],
    ],
  );
  assert.deepEqual(
    people.map(({ from, to }) => [from, to]),
    [[1, 1]],
  );
});

test('a message without a time that can be is named by its place, and the others are planned', async () => {
  const late = sms({}).replace(String(NOON), String(LATER + 2 * 86_400_000));
  const undated = sms({}).replace(String(NOON), 'null');
  const inSeconds = sms({}).replace(String(NOON), String(NOON / 1000));
  const { plan } = await plannedRows(
    messagesOf(late, sms({}), undated, sms({}).replace(String(NOON), '-5'), inSeconds),
  );
  assert.deepEqual([plan.fresh, plan.unread], [1, [1, 3, 4, 5]]);
});

test('a message that came long after it was sent says when the network had it', async () => {
  const delayed = sms({}).replace('type=', `date_sent="${NOON - 9 * HOUR}" type=`);
  const prompt = sms({ at: MINUTE }).replace('type=', `date_sent="${NOON + MINUTE - 900}" type=`);
  const { rows } = await plannedRows(messagesOf(delayed, prompt));
  assert.deepEqual(
    rows.map(({ sent_local: local, description }) => [local, description]),
    [
      ['2026-11-24T12:00', 'The network gives 2026-11-24 03:00 as the time it was sent'],
      ['2026-11-24T12:01', undefined],
    ],
  );
});

test('of a message to several people the sender is the one that the message names', async () => {
  const group = `${SAM_ABROAD}~${LEE}`;
  const { rows, people } = await plannedRows(
    messagesOf(
      mms({
        address: group,
        parts: [part({ text: 'Both of you' })],
        addrs: [
          [LEE, 137],
          [SAM_ABROAD, 151],
        ],
      }),
      mms({ address: group, at: MINUTE, parts: [part({ text: 'Who?' })] }),
      mms({
        address: group,
        at: 2 * MINUTE,
        box: 2,
        parts: [part({ text: 'No' })],
        addrs: [['insert-address-token', 137]],
      }),
    ),
  );
  assert.deepEqual([people.length, people[0].numbers], [1, [SAM_ABROAD, LEE]]);
  assert.deepEqual(
    rows.map(({ from, to, text }) => [from, to, text]),
    [
      [LEE, 'me', 'Both of you'],
      [undefined, 'me', 'Who?'],
      ['me', `${SAM_ABROAD}, ${LEE}`, 'No'],
    ],
  );
});

test('files of one name are two; one that is missing or damaged is said, and the rest is added', async () => {
  const { app, phone } = await newPhone();
  const picture = (data) => part({ ct: 'image/png', cl: 'a.png', data });
  const other = Buffer.concat([PNG, Buffer.from([1])]);
  const text = messagesOf(
    mms({
      parts: [picture(PNG.toString('base64')), picture(other.toString('base64')), picture(''), picture('!not base64!')],
      addrs: [[SAM_ABROAD, 137]],
    }),
  );
  const { plan, done } = await importFrom(app, text, { person: '07700900123' });
  assert.deepEqual([plan.files, done.files.added, done.files.failed], [{ with: 3 }, 2, ['1-4 a.png']]);
  const rows = await rowsOf(app, done.entries);
  assert.deepEqual(
    rows.map(({ type, file_name: name, description, attachment_id: id, more_files: more }) => [
      type,
      name,
      description,
      Boolean(id),
      more,
    ]),
    [['image', '1-1 a.png', 'Also: 1-2 a.png, 1-3 a.png, 1-4 a.png. Not in the backup: 1-3 a.png', true, undefined]],
  );
  const { attachments } = await app.readIncident(done.entries[0]);
  assert.deepEqual(
    attachments.map(({ name }) => name),
    ['sms-20261103, from number 1.xml', '1-1 a.png', '1-2 a.png'],
  );
  phone.end();
});

test('messages that do not fit into one file become several entries, each with the messages of its own', async () => {
  const own = [0, 1, 2].map((n) => sms({ at: n * MINUTE, body: `${n}${'x'.repeat(1_000)}` }));
  const text = utf8(messagesOf(...own));
  const source = { name: 'sms.xml', type: '', lastModified: null, check: noPause, ...sourceOf(text) };
  const backup = await readPhoneBackup(source, LATER, noPause);
  const answers = { tz: 'Europe/London', person: '07700900123' };
  const { planned } = await planPhoneBackup(
    { bills: [], others: [] },
    { source, backup, limit: 3_600 },
    answers,
    noPause,
  );
  assert.deepEqual(
    planned.map(({ source: { size }, plan }) => [size <= 3_600, plan.bursts.flat().length]),
    [
      [true, 2],
      [true, 1],
    ],
  );
  const whole = (bytes) => textOf(bytes, { start: 0, end: bytes.length });
  const [first, second] = await Promise.all(
    planned.map(async ({ source: part }) => whole(await part.read(0, part.size))),
  );
  assert.ok(first.includes(`${own[0]}\n${own[1]}\n</smses>`));
  assert.ok(second.includes(`count="1">\n${own[2]}\n</smses>`));
  assert.equal(whole(await planned[0].source.read(50, 1_500)), first.slice(50, 1_500));
  const small = await planPhoneBackup({ bills: [], others: [] }, { source, backup, limit: 1_500 }, answers, noPause);
  assert.deepEqual([small.planned, small.unread], [[], [1, 2, 3]]);
});

test('a backup in a zip is read; with several, the screen says to unpack it', async () => {
  const { app, phone } = await newPhone();
  const text = messagesOf(...MESSAGES);
  const { kind, name } = await app.readImport(
    file('', 'x.zip').constructor && new File([zip({ 'sms.xml': utf8(text) })], 'b.zip'),
  );
  assert.deepEqual([kind, name], ['phone', 'b.zip']);
  const two = new File([zip({ 'sms.xml': utf8(text), 'calls.xml': utf8(callsOf(call({}))) })], 'b.zip');
  await assert.rejects(app.readImport(two), { code: 'import_unpack_first' });
  const none = new File([zip({ 'other.xml': utf8('<a/>') })], 'b.zip');
  await assert.rejects(app.readImport(none), { code: 'import_no_chat' });
  const fromMac = new File([zip({ 'sms.xml': utf8(text), '__MACOSX/._sms.xml': utf8('x') })], 'b.zip');
  assert.equal((await app.readImport(fromMac)).kind, 'phone');
  phone.end();
});

test('a plan needs a person and a zone', async () => {
  const { app, phone } = await newPhone();
  await app.readImport(file(messagesOf(...MESSAGES)));
  for (const missing of [{ tz: 'Europe/London' }, { tz: 'Nowhere', person: '07700900123' }])
    await assert.rejects(app.planImport(missing), { code: 'import_unanswered' });
  phone.end();
});
