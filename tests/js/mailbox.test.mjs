/**
 * Mailbox files (.mbox): each email is found by itself, one person's are chosen, and nothing else of the file is kept.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { looksLikeMailbox, readMailbox } from '#app/imports/mailbox.js';
import { utf8, zip } from './chat_exports.mjs';
import { allBursts } from './phone/importing.mjs';
import { NOON, phoneWithEntry } from './phone/phone.mjs';

let timer;
before(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const LATER = NOON + 3 * 86_400_000;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const email = ({ from, to, date = '01 Nov 2026 21:10:00 +0000', subject = 'x', extra = [], body = ['Words.'] }) =>
  [`From: ${from}`, `To: ${to}`, `Date: ${date}`, `Subject: ${subject}`, ...extra, '', ...body, ''].join('\n');

const SAM = 'Sam Hill <Sam@example.org>';
const JO = 'jo@example.net';
const [FIRST, NEWS, ANSWER, SECOND] = [
  email({ from: SAM, to: JO, subject: 'one', body: ['I know where you are.'] }),
  email({ from: 'Shop <news@shop.example>', to: JO, subject: 'sale', body: ['All must go.'] }),
  email({
    from: JO,
    to: SAM,
    date: '02 Nov 2026 21:10:00 +0000',
    subject: 'stop',
    body: ['Leave me alone.', '', 'From now on I will not answer.', '', '>From what you wrote I go.'],
  }),
  email({
    from: 'sam@EXAMPLE.org',
    to: `Lee <lee@example.com>, ${JO}`,
    date: '03 Nov 2026 09:00:00 +0000',
    subject: 'two',
    body: ['She is lying.'],
  }),
];
const EMAILS = [SECOND, NEWS, FIRST, ANSWER];
const mailboxOf = (emails, lineEnd = '\n') =>
  utf8(emails.map((text) => `From - Tue Nov 24 21:10:00 2026\n${text}\n`.replaceAll('\n', lineEnd)).join(''));
const sourceOf = (bytes) => ({ size: bytes.length, read: async (from, to) => bytes.subarray(from, to) });
const noPause = async () => undefined;
const textOf = (bytes, { start, end }) => new TextDecoder().decode(bytes.subarray(start, end));
const file = (bytes, name = 'All mail.mbox') => new File([bytes], name, { lastModified: NOON });
const ANSWERS = { tz: 'Europe/London', me: JO, person: 'sam@example.org' };
const newPhone = (options = {}) => phoneWithEntry({ clock: fixedClock(LATER), ...options });

async function importFrom(app, bytes, answers = ANSWERS) {
  const read = await app.readImport(file(bytes));
  const plan = await app.planImport(answers);
  return { read, plan, done: plan.bursts.length ? await app.keepImport({ chosen: allBursts(plan) }) : null };
}

/** Return each entry's narrative, with the direction of its rows. */
async function narratives(app, entries) {
  const schedules = await app.readRecords('schedule');
  return Promise.all(
    entries.map(async (record) => {
      const { fields } = await app.readIncident(record);
      const own = schedules.find((schedule) => schedule.fields.incident_ids.includes(record));
      return [fields.narrative, own.fields.rows.map(({ direction }) => direction).join()];
    }),
  );
}

for (const [name, lineEnd] of Object.entries({ LF: '\n', CRLF: '\r\n' }))
  test(`each email is found with its own bytes, and the digest is the file’s: ${name}`, async () => {
    const bytes = mailboxOf(EMAILS, lineEnd);
    assert.ok(looksLikeMailbox(bytes));
    const { messages, sha256: digest } = await readMailbox(sourceOf(bytes), noPause);
    assert.deepEqual(
      messages.map((message) => textOf(bytes, message)),
      EMAILS.map((text) => text.replaceAll('\n', lineEnd)),
    );
    assert.deepEqual(
      messages.map(({ from, to }) => [from.named, to.map(({ named }) => named)]),
      [
        ['sam@EXAMPLE.org', ['Lee <lee@example.com>', JO]],
        ['Shop <news@shop.example>', [JO]],
        [SAM, [JO]],
        [JO, [SAM]],
      ],
    );
    assert.equal(digest, sha256(bytes));
  });

test('an email is found wherever the pieces of a large file end', async () => {
  const piece = 1 << 20;
  for (const lineEnd of ['\n', '\r\n'])
    for (let shift = -60; shift <= 8; shift++) {
      const head = `From x Tue${lineEnd}${FIRST.replaceAll('\n', lineEnd)}`;
      const padding = 'x'.repeat(piece + shift - head.length - 2 * lineEnd.length);
      const second = NEWS.replaceAll('\n', lineEnd);
      const bytes = utf8(`${head}${padding}${lineEnd}${lineEnd}From y Tue${lineEnd}${second}${lineEnd}`);
      const { messages, sha256: digest } = await readMailbox(sourceOf(bytes), noPause);
      assert.deepEqual([messages.length, digest], [2, sha256(bytes)], String(shift));
      assert.equal(textOf(bytes, messages[0]), `${head.slice(10 + lineEnd.length)}${padding}${lineEnd}`, String(shift));
      assert.equal(textOf(bytes, messages[1]), second, String(shift));
    }
});

test('other files are not read as a mailbox; one that is cut off gives the emails that it has', async () => {
  for (const text of ['From', 'From x\nno header', 'Subject: x\nFrom: y\n\nbody', 'from x\nFrom: y'])
    assert.ok(!looksLikeMailbox(utf8(text)), text);
  const bytes = mailboxOf(EMAILS).subarray(0, -12);
  const { messages } = await readMailbox(sourceOf(bytes), noPause);
  assert.deepEqual([messages.length, messages.at(-1)?.end], [4, bytes.length]);
});

test('of two file ends the empty line belongs to the mailbox, and only that', async () => {
  for (const [end, own] of [
    ['\n\n', 'Words.\n'],
    ['\n', 'Words.\n'],
    ['', 'Words.'],
    ['\n\n\n', 'Words.\n\n'],
  ]) {
    const bytes = utf8(`From x Tue\nFrom: ${SAM}\n\nWords.${end}`);
    const { messages } = await readMailbox(sourceOf(bytes), noPause);
    assert.equal(textOf(bytes, messages[0]), `From: ${SAM}\n\n${own}`, JSON.stringify(end));
  }
});

test('an email without an empty line before it joins no other; a sentence does not begin one', async () => {
  const bytes = utf8(
    [
      'From sam@example.org Tue Nov 24 21:10:00 2026',
      `From: ${SAM}`,
      '',
      'From now on:',
      'do as I say.',
      'From 1@xxx Tue Nov  3 21:10:00 +0000 2026',
      'From: jo@example.net',
      '',
      'No.',
      '',
    ].join('\n'),
  );
  const { messages } = await readMailbox(sourceOf(bytes), noPause);
  assert.deepEqual(
    messages.map((message) => textOf(bytes, message)),
    [`From: ${SAM}\n\nFrom now on:\ndo as I say.\n`, 'From: jo@example.net\n\nNo.\n'],
  );
});

test('a sentence after an empty line, and a word with a colon, do not cut an email short', async () => {
  const body = ['Words.', '', 'From my page', 'https://example.org', '', 'From now on', 'Note: do as I say.'];
  const text = email({ from: SAM, to: JO, body });
  const bytes = utf8(`From \n${text}\nFrom \n${NEWS}\n`);
  const { messages } = await readMailbox(sourceOf(bytes), noPause);
  assert.deepEqual(
    messages.map((message) => textOf(bytes, message)),
    [text, NEWS],
  );
});

test('a file with more than 50,000 emails is refused before it fills the memory', async () => {
  const bytes = utf8('From x Tue Nov 24 21:10:00 2026\nFrom: y\n\n'.repeat(50_001));
  await assert.rejects(readMailbox(sourceOf(bytes), noPause), { code: 'import_too_many' });
});

test('one person’s emails become entries with files of their own; nothing else of the mailbox is kept', async () => {
  const { app, phone } = await newPhone();
  const bytes = mailboxOf(EMAILS);
  await app.readImport(file(bytes));
  for (const missing of [
    { tz: 'Europe/London' },
    { ...ANSWERS, me: undefined },
    { ...ANSWERS, person: undefined },
    { ...ANSWERS, tz: 'Nowhere' },
  ])
    await assert.rejects(app.planImport(missing), { code: 'import_unanswered' });
  const { read, plan, done } = await importFrom(app, bytes);
  assert.deepEqual(
    [read.kind, read.messages, read.people.map(({ address, from, to }) => [address, from, to])],
    [
      'mailbox',
      4,
      [
        ['sam@example.org', 2, 1],
        [JO, 1, 3],
        ['news@shop.example', 1, 0],
        ['lee@example.com', 0, 1],
      ],
    ],
  );
  assert.deepEqual([plan.fresh, plan.known, plan.unread, done.entries.length, done.rows], [3, 0, [], 3, 3]);
  assert.deepEqual(await narratives(app, done.entries), [
    [`Email from ${SAM}: one, 21:10.`, 'in'],
    [`Email to ${SAM}: stop, 21:10.`, 'out'],
    ['Email from sam@EXAMPLE.org: two, 09:00.', 'in'],
  ]);
  const entries = await Promise.all(done.entries.map((record) => app.readIncident(record)));
  assert.deepEqual(
    entries.map(({ fields, attachments }) => [
      fields.count ?? 0,
      attachments.map(({ name, sha256: own }) => [name, own]),
    ]),
    [
      [1, [['All mail, email 3.eml', sha256(utf8(FIRST))]]],
      [0, [['All mail, email 4.eml', sha256(utf8(ANSWER))]]],
      [1, [['All mail, email 1.eml', sha256(utf8(SECOND))]]],
    ],
  );
  const schedules = await app.readRecords('schedule');
  assert.deepEqual(
    schedules.map(({ fields }) => fields.import_summary.mailbox).sort((a, b) => a.no - b.no),
    [SECOND, FIRST, ANSWER].map((text) => {
      const start = new TextDecoder().decode(bytes).indexOf(text);
      const no = EMAILS.indexOf(text) + 1;
      const place = { no, start, end: start + text.length };
      return { name: 'All mail.mbox', size: bytes.length, sha256: sha256(bytes), messages: 4, ...place };
    }),
  );
  const again = await importFrom(app, bytes);
  assert.deepEqual([again.plan.fresh, again.plan.known, again.done], [0, 3, null]);
  phone.end();
});

test('an email of or to somebody else is never said to be between the keeper and the person', async () => {
  const { app, phone } = await newPhone();
  const third = 'officer@police.example';
  const emails = [
    email({ from: third, to: `${SAM}, ${JO}`, subject: 'third to both' }),
    email({ from: SAM, to: third, subject: 'person to third' }),
    email({ from: SAM, to: 'list@example.com', extra: [`Delivered-To: ${JO}`], subject: 'through a list' }),
    email({ from: third, to: JO, subject: 'not the person' }),
  ];
  const { done } = await importFrom(app, mailboxOf(emails));
  assert.deepEqual(await narratives(app, done.entries), [
    [`Email from ${third}: third to both, 21:10.`, 'unknown'],
    [`Email from ${SAM}: person to third, 21:10.`, 'unknown'],
    [`Email from ${SAM}: through a list, 21:10.`, 'in'],
  ]);
  phone.end();
});

test('an email that only says that the keeper wrote it, and a draft, are not said to be from the keeper', async () => {
  const { app, phone } = await newPhone();
  const encoded = `=?utf-8?B?${Buffer.from(JO).toString('base64')}=?=`;
  const emails = [
    email({ from: JO, to: SAM, subject: 'forged', extra: [`Delivered-To: ${JO}`] }),
    email({ from: JO, to: SAM, subject: 'draft', extra: ['X-Gmail-Labels: Drafts,Opened'] }),
    email({ from: JO, to: SAM, subject: 'thunderbird', extra: ['X-Mozilla-Draft-Info: internal/draft'] }),
    email({ from: `${encoded} <other@example.org>`, to: SAM, subject: 'a name like the address' }),
    email({ from: encoded, to: SAM, subject: 'a name alone' }),
  ];
  const { done, plan } = await importFrom(app, mailboxOf(emails));
  assert.deepEqual(
    (await narratives(app, done.entries)).map(([, direction]) => direction),
    ['unknown', 'unknown', 'unknown', 'unknown'],
  );
  assert.deepEqual(plan.unread, [5], 'an email without a sender’s address is listed as unread');
  phone.end();
});

test('an email whose sender stands behind very long headers is named, not lost', async () => {
  const { app, phone } = await newPhone();
  const padding = Array.from({ length: 1_500 }, (_, i) => `X-Padding-${i}: ${'x'.repeat(60)}`);
  const hidden = [...padding, FIRST].join('\n');
  const { plan } = await importFrom(app, mailboxOf([ANSWER, hidden]));
  assert.deepEqual([plan.fresh, plan.unread], [1, [2]]);
  phone.end();
});

test('a copy with the same bytes is one email', async () => {
  const { app, phone } = await newPhone();
  const { done } = await importFrom(app, mailboxOf([FIRST, NEWS, FIRST]));
  assert.equal(done.entries.length, 1);
  phone.end();
});

test('where none of the addresses is the keeper’s, no email is said to be to or from them', async () => {
  const { app, phone } = await newPhone();
  const { done } = await importFrom(app, mailboxOf([FIRST, ANSWER]), { ...ANSWERS, me: null });
  assert.deepEqual(await narratives(app, done.entries), [
    [`Email from ${SAM}: one, 21:10.`, 'unknown'],
    [`Email from ${JO}: stop, 21:10.`, 'unknown'],
  ]);
  phone.end();
});

test('two emails of one minute with the same words are two; a later mailbox with a third adds the third', async () => {
  const { app, phone } = await newPhone();
  const again = (id) => email({ from: SAM, to: JO, extra: [`Message-ID: <${id}@example.org>`], body: ['Answer me'] });
  const first = await importFrom(app, mailboxOf([again(1), again(2)]));
  const second = await importFrom(app, mailboxOf([again(1), again(2), again(3)]));
  assert.deepEqual([first.done.entries.length, second.done.entries.length, second.plan.known], [2, 1, 2]);
  phone.end();
});

test('of a mailbox with emails that cannot be read the others are added, and these are named', async () => {
  const { app, phone } = await newPhone();
  const broken = `From: ${SAM}\n\nno other header`;
  const { plan, done } = await importFrom(app, mailboxOf([FIRST, broken, SECOND]));
  assert.deepEqual([plan.unread, done.entries.length], [[2], 2]);
  phone.end();
});

test('a mailbox in a zip is read, as Google gives it', async () => {
  const { app, phone } = await newPhone();
  const path = 'Takeout/Mail/Sam.mbox';
  const zipped = zip({ 'Takeout/archive_browser.html': utf8('<p>x'), [path]: mailboxOf(EMAILS) });
  const { kind, name, messages } = /** @type {import('#app/shell/app.js').ImportMailbox} */ (
    await app.readImport(file(zipped, 'takeout-1.zip'))
  );
  assert.deepEqual([kind, name, messages], ['mailbox', 'takeout-1.zip', 4]);
  const plan = await app.planImport(ANSWERS);
  const done = await app.keepImport({ chosen: allBursts(plan).slice(1, 2) });
  const { attachments } = await app.readIncident(done.entries[0]);
  assert.deepEqual(
    attachments.map(({ name, sha256: own }) => [name, own]),
    [['Sam, email 4.eml', sha256(utf8(ANSWER))]],
  );
  phone.end();
});

test('a zip with several mailboxes is refused with what to do: none of them may be lost', async () => {
  const { app, phone } = await newPhone();
  const zipped = zip({ 'Mail/Inbox.mbox': mailboxOf(EMAILS), 'Mail/Sent.mbox': mailboxOf([ANSWER]) });
  await assert.rejects(app.readImport(file(zipped, 'takeout-1.zip')), { code: 'import_unpack_first' });
  phone.end();
});

/** A clock that moves on, so that every pause of the import reports. */
const movingClock = () => ({
  at: LATER,
  now() {
    return (this.at += 13);
  },
  move() {},
});

async function countRows(database) {
  return (await (await database.open()).getAllKeys('a')).length;
}

for (const stopAt of [1, 2, 4, 6])
  test(`saving that is stopped at pause ${stopAt} leaves no email behind, and the next try adds all`, async () => {
    const { app, phone } = await newPhone({ clock: movingClock() });
    const before = await countRows(phone.database);
    await app.readImport(file(mailboxOf(EMAILS)));
    const plan = await app.planImport(ANSWERS);
    const signal = { stopped: false };
    let pauses = 0;
    const onProgress = () => {
      signal.stopped ||= ++pauses === stopAt;
    };
    await assert.rejects(app.keepImport({ chosen: allBursts(plan) }, { signal, onProgress }), { code: 'cancelled' });
    assert.equal(await countRows(phone.database), before);
    assert.deepEqual([app.state.entries.length, await app.readRecords('schedule')], [1, []]);
    const done = await app.keepImport({ chosen: allBursts(plan) });
    assert.deepEqual([done.entries.length, app.state.entries.length], [3, 4]);
    phone.end();
  });
