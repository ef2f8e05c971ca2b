/**
 * Downloads of Instagram and Messenger (.zip or .json): one conversation is chosen, each entry gets a file of its own
 * messages, and nothing else of the download is kept.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import fc from 'fast-check';
import { fixedClock } from '#app/core/clock.js';
import { elementsOf, membersOf, parseSpan, wholeFile } from '#app/imports/conversations/json_spans.js';
import { META, mend } from '#app/imports/conversations/meta.js';
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
const ROOT = 'your_instagram_activity/messages/inbox';
const PNG = new Uint8Array(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const noPause = async () => undefined;
const newPhone = (options = {}) => phoneWithEntry({ clock: fixedClock(LATER), ...options });
/** Write a text as Meta does: each byte of UTF-8 as a letter. */
const asBytes = (text) => Buffer.from(text, 'utf8').toString('latin1');
/** Write JSON as Meta does: letters beyond ASCII as escapes. */
const escaped = (value) =>
  JSON.stringify(value, null, 2).replace(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** @typedef {Record<string, unknown>} Message */
/** @type {(content: string, options?: Message & { at?: number, by?: string }) => Message} */
const said = (content, { at = 0, by = 'Sam', ...rest } = {}) => ({
  sender_name: asBytes(by),
  timestamp_ms: NOON + at,
  content: asBytes(content),
  ...rest,
});
/** Meta writes the newest message first. */
const conversation = (messages, { people = ['Sam', 'Jo'], title = people[0], thread = 'inbox/sam_1234567' } = {}) => ({
  participants: people.map((name) => ({ name: asBytes(name) })),
  messages: [...messages].reverse(),
  title: asBytes(title),
  is_still_participant: true,
  thread_path: thread,
  magic_words: [],
});
/** @type {Record<string, unknown>} */
const PHOTO = {
  photos: [{ uri: `${ROOT}/sam_1234567/photos/41.png`, creation_timestamp: 1 }],
  ...said('Look', { at: 2 * MINUTE }),
};
const MESSAGES = [
  said('I know where you are'),
  said('Stop', { at: MINUTE, by: 'Jo' }),
  PHOTO,
  said('Café 😀', { at: 10 * HOUR }),
];
const LEE = conversation([said('Lunch?', { by: 'Lee' })], { people: ['Lee', 'Jo'], thread: 'inbox/lee_7654321' });
/** @returns {Record<string, Uint8Array<ArrayBuffer>>} */
const files = (own = conversation(MESSAGES)) => ({
  [`${ROOT}/sam_1234567/message_1.json`]: utf8(escaped(own)),
  [`${ROOT}/sam_1234567/photos/41.png`]: PNG,
  [`${ROOT}/lee_7654321/message_1.json`]: utf8(escaped(LEE)),
  'personal_information/account.json': utf8('{"profile": []}'),
});
const archive = (content = files(), name = 'instagram-jo.zip') =>
  new File([zip(content)], name, { lastModified: NOON });
const loose = (value, name = 'message_1.json') =>
  new File([utf8(typeof value === 'string' ? value : escaped(value))], name, { lastModified: NOON });

const ANSWERS = { tz: 'Europe/London', me: 'Jo', person: '1234567' };

const importFrom = (app, file, answers = ANSWERS) => importFile(app, file, answers);

/** Plan with the only conversation of a file, and return the rows that would be added. */
async function plannedRows(messages, { people = ['Sam', 'Jo'], me = 'Jo' } = {}) {
  const { app, phone } = await newPhone();
  const read = /** @type {import('#app/shell/app.js').ImportConversations} */ (
    await app.readImport(loose(conversation(messages, { people })))
  );
  const plan =
    /** @type {Exclude<import('#app/shell/app.js').ImportPlan, import('#app/shell/app.js').ImportChatPlan>} */ (
      await app.planImport({ tz: 'Europe/London', me, app: 'instagram', person: read.conversations[0].id })
    );
  const rows = [];
  for (const { index, count } of plan.bursts) rows.push(...(await app.importRows(index, 0, count)));
  phone.end();
  return { rows, plan, read };
}

/** Return the received bytes of the first file of an entry whose name ends so. */
async function receivedOf(app, phone, entry, ending) {
  const { attachments } = await app.readIncident(entry);
  for (const { attachment, name } of attachments) {
    if (!name.endsWith(ending)) continue;
    const { url } = await app.readReceived(attachment);
    return { name, bytes: new Uint8Array(await phone.urls.get(url).arrayBuffer()) };
  }
  return null;
}

test('one conversation of a download becomes entries, and only its messages and files are kept', async () => {
  const { app, phone } = await newPhone();
  const file = archive();
  const { found, plan, done } = await importFrom(app, file);
  assert.deepEqual(
    [found.kind, found.app, found.messages, found.damaged, found.cutOff],
    ['conversations', 'instagram', 5, [], false],
  );
  assert.deepEqual(
    found.conversations.map(({ id, title, people, senders }) => [id, title, people, Object.fromEntries(senders)]),
    [
      ['1234567', 'Sam', ['Sam', 'Jo'], { Sam: 3, Jo: 1 }],
      ['7654321', 'Lee', ['Lee', 'Jo'], { Lee: 1 }],
    ],
  );
  assert.deepEqual([plan.fresh, plan.known, plan.unread, plan.files.with, plan.mended], [4, 0, [], 1, 1]);
  assert.deepEqual(
    (await rowsOf(app, done.entries)).map(({ direction, from, to, type, text, file_name }) => [
      direction,
      from,
      to,
      type,
      text,
      file_name,
    ]),
    [
      ['in', 'Sam', 'me', 'text', 'I know where you are', undefined],
      ['out', 'me', 'Sam', 'text', 'Stop', undefined],
      ['in', 'Sam', 'me', 'image', 'Look', '41.png'],
      ['in', 'Sam', 'me', 'text', 'Café 😀', undefined],
    ],
  );
  const [schedule] = (await app.readRecords('schedule')).filter(({ fields }) =>
    fields.incident_ids.includes(done.entries[0]),
  );
  assert.deepEqual(schedule.fields.import_summary, {
    messages: 3,
    backup: {
      name: 'instagram-jo.zip',
      size: file.size,
      sha256: sha256(new Uint8Array(await file.arrayBuffer())),
      messages: 4,
    },
    conversation: {
      id: '1234567',
      files: [
        { name: `${ROOT}/sam_1234567/message_1.json`, sha256: sha256(files()[`${ROOT}/sam_1234567/message_1.json`]) },
      ],
    },
  });
  assert.deepEqual((await receivedOf(app, phone, done.entries[0], '.png')).bytes, PNG);
  const entry = (await app.readIncident(done.entries[0])).fields;
  assert.deepEqual(
    [entry.channel, entry.count, entry.behaviours, entry.source_record, entry.channel_account],
    ['instagram', 2, ['chat_messages'], 'A download of Instagram messages', 'Sam'],
  );
  phone.end();
});

test('the file of an entry has its own messages byte for byte, and can be read again', async () => {
  const { app, phone } = await newPhone();
  const { done } = await importFrom(app, archive());
  const text = escaped(conversation(MESSAGES));
  const { name, bytes } = await receivedOf(app, phone, done.entries[0], '.json');
  const own = new TextDecoder().decode(bytes);
  assert.equal(name, 'sam_1234567, from number 2.json');
  const { messages, ...frame } = JSON.parse(own);
  assert.deepEqual(frame, {
    participants: [{ name: 'Sam' }, { name: 'Jo' }],
    title: 'Sam',
    thread_path: 'inbox/sam_1234567',
  });
  const spans = (await META.readThreads(utf8(text), 'message_1.json', noPause))[0].messages;
  const each = spans.map(({ start, end }) => new TextDecoder().decode(utf8(text).subarray(start, end)));
  assert.ok(own.endsWith(`"messages":[\n${each.slice(1).join(',\n')}\n]}\n`));
  assert.equal(messages.length, 3);
  assert.ok(!own.includes('Caf'));
  const again = await importFrom(app, new File([bytes], name), { ...ANSWERS, app: 'instagram' });
  assert.deepEqual([again.plan.fresh, again.plan.known], [0, 3]);
  phone.end();
});

test('nobody else’s words, name or pictures reach the diary', async () => {
  const { app, phone } = await newPhone();
  const { done } = await importFrom(app, archive());
  const entries = await Promise.all(done.entries.map((one) => app.readIncident(one)));
  const records = JSON.stringify([await app.readRecords('schedule'), entries]);
  for (const other of ['Lunch', 'Lee', '7654321']) assert.ok(!records.includes(other), other);
  phone.end();
});

test('the same download adds nothing twice, also when somebody changed their name or moved', async () => {
  const { app, phone } = await newPhone();
  await importFrom(app, archive());
  assert.deepEqual((await importFrom(app, archive())).plan.known, 4);
  const renamed = conversation(
    [...MESSAGES, said('New', { at: 11 * HOUR })].map((message) =>
      message.sender_name === 'Sam' ? { ...message, sender_name: 'Your Ex' } : message,
    ),
    { people: ['Your Ex', 'Jo'], thread: 'inbox/yourex_1234567' },
  );
  const content = { 'messages/inbox/yourex_1234567/message_1.json': utf8(escaped(renamed)) };
  const { plan } = await importFrom(app, archive(content, 'instagram-2.zip'), { ...ANSWERS, tz: 'America/New_York' });
  assert.deepEqual([plan.fresh, plan.known], [1, 4]);
  phone.end();
});

test('the same words in the same moment count as often as they are in the file', async () => {
  const { app, phone } = await newPhone();
  const twice = [said('Answer me'), said('Answer me')];
  const content = (messages) => ({ [`${ROOT}/sam_1234567/message_1.json`]: utf8(escaped(conversation(messages))) });
  await importFrom(app, archive(content(twice.slice(1))));
  assert.deepEqual((await importFrom(app, archive(content(twice)))).plan.fresh, 1);
  phone.end();
});

test('a conversation in several files is one, with its places counted through', async () => {
  const { app, phone } = await newPhone();
  const content = {
    [`${ROOT}/sam_1234567/message_10.json`]: utf8(escaped(conversation([said('oldest')]))),
    [`${ROOT}/sam_1234567/message_2.json`]: utf8(
      escaped(conversation([said('second', { at: MINUTE }), { sender_name: 'Sam' }])),
    ),
    [`${ROOT}/sam_1234567/message_1.json`]: utf8(escaped(conversation([said('newest', { at: 2 * MINUTE })]))),
  };
  const { found, plan, done } = await importFrom(app, archive(content));
  assert.deepEqual([found.conversations.length, found.messages, plan.unread], [1, 4, [2]]);
  assert.deepEqual(
    (await rowsOf(app, done.entries)).map(({ text }) => text),
    ['oldest', 'second', 'newest'],
  );
  phone.end();
});

/** The folders in which a download can hold one conversation. */
const ARCHIVED = ROOT.replace('inbox', 'archived_threads');
const threadIn = (root, messages, number = 1) => ({
  [`${root}/sam_1234567/message_${number}.json`]: utf8(escaped(conversation(messages))),
});
const photoIn = (root, path = 'photos/41.png') => ({ uri: `${root}/sam_1234567/${path}` });

test('a message in two folders of one download counts once, before the import and after it', async () => {
  const { app, phone } = await newPhone();
  const withPhoto = (root) => said('Look', { at: 2 * MINUTE, photos: [photoIn(root)] });
  const both = [said('I know where you are'), said('Stop', { at: MINUTE, by: 'Jo' })];
  const content = {
    ...threadIn(ROOT, [...both, withPhoto(ROOT), said('newest', { at: HOUR })]),
    ...threadIn(ARCHIVED, [said('oldest', { at: -HOUR }), ...both, withPhoto(ARCHIVED)]),
    [`${ROOT}/sam_1234567/photos/41.png`]: PNG,
    [`${ARCHIVED}/sam_1234567/photos/41.png`]: PNG,
  };
  const { found, plan, done } = await importFrom(app, archive(content));
  assert.deepEqual(
    [found.messages, found.conversations.map(({ messages, senders }) => [messages, Object.fromEntries(senders)])],
    [5, [[5, { Sam: 4, Jo: 1 }]]],
  );
  assert.deepEqual([plan.fresh, plan.known, plan.unread, plan.files.with], [5, 0, [], 1]);
  const rows = await rowsOf(app, done.entries);
  assert.deepEqual(
    rows.map(({ text, file_name }) => [text, file_name]),
    [
      ['oldest', undefined],
      ['I know where you are', undefined],
      ['Stop', undefined],
      ['Look', '41.png'],
      ['newest', undefined],
    ],
  );
  const [{ fields }] = await app.readRecords('schedule');
  assert.equal(fields.import_summary.backup.messages, 5);
  const again = await importFrom(app, archive(content, 'again.zip'));
  assert.deepEqual([again.plan.fresh, again.plan.known], [0, 5]);
  phone.end();
});

test('two parts of one download that overlap add each message once, and pages as JSON', async () => {
  const { app, phone } = await newPhone();
  const part = (place, messages, number) => threadIn(`part-${place}/messages/inbox`, messages, number);
  const content = {
    ...part(1, [said('first'), said('second', { at: 1 })]),
    ...part(2, [said('second', { at: 1 }), said('third', { at: 2 })], 2),
  };
  const { found, plan } = await importFrom(app, archive(content));
  assert.deepEqual([found.messages, plan.fresh], [3, 3]);
  const box = (text) =>
    `<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_3-95 _2pim _a6-h _a6-i">Sam</h2>` +
    `<div class="_3-95 _a6-p"><div><div></div><div>${text}</div></div></div>` +
    `<div class="_3-94 _a6-o">Nov 03, 2026 9:10 am</div></div>`;
  const page = (...texts) =>
    utf8(`<html><head><title>Sam</title></head><body><div role="main">${texts.map(box).join('')}</div></body></html>`);
  const pages = {
    [`${ROOT}/sam_7777777/message_1.html`]: page('Hello', 'Answer me', 'Answer me'),
    [`${ARCHIVED}/sam_7777777/message_1.html`]: page('Hello', 'Answer me'),
  };
  const other = await importFrom(app, archive(pages, 'pages.zip'), { ...ANSWERS, person: '7777777' });
  assert.deepEqual([other.found.messages, other.plan.fresh], [3, 3]);
  phone.end();
});

test('messages that are alike but not the same stay as many as they are in one of the folders', async () => {
  const { app, phone } = await newPhone();
  const [twice, once] = [[said('Answer me'), said('Answer me')], [said('Answer me')]];
  const content = {
    ...threadIn(ROOT, [...twice, said('Look', { at: 1, photos: [photoIn(ROOT)] })]),
    ...threadIn(ROOT, [said('x', { at: 3 }), said('both files', { at: 2 })], 2),
    ...threadIn(ROOT, [said('both files', { at: 2 })], 3),
    ...threadIn(ARCHIVED, [
      ...once,
      said('Answer me', { by: 'Jo' }),
      said('Look', { at: 1, photos: [photoIn(ARCHIVED)] }),
      said('x', { at: 4 }),
      said('x', { at: 3, share: { link: 'https://example.org' } }),
    ]),
    [`${ROOT}/sam_1234567/photos/41.png`]: PNG,
    [`${ARCHIVED}/sam_1234567/photos/41.png`]: new Uint8Array([...PNG, 1]),
  };
  const { found, plan, done } = await importFrom(app, archive(content));
  assert.deepEqual([found.messages, plan.fresh, plan.files.with], [10, 10, 2]);
  assert.deepEqual(done.files, { added: 2, again: 0, failed: [] });
  assert.deepEqual((await importFrom(app, archive(content, 'again.zip'))).plan.fresh, 0);
  phone.end();
});

test('of two copies of a message, the one whose file the download has is added', async () => {
  for (const [has, lacks] of [
    [ROOT, ARCHIVED],
    [ARCHIVED, ROOT],
  ]) {
    const { app, phone } = await newPhone();
    const content = {
      ...threadIn(ROOT, [said('Look', { photos: [photoIn(ROOT)] })]),
      ...threadIn(ARCHIVED, [said('Look', { photos: [photoIn(ARCHIVED)] })]),
      [`${has}/sam_1234567/photos/41.png`]: PNG,
    };
    const { plan, done } = await importFrom(app, archive(content));
    assert.deepEqual([plan.fresh, done.files.added], [1, 1], `the file is not in ${lacks}`);
    phone.end();
  }
});

test('20,000 equal messages of one moment in two folders are counted', { timeout: 120_000 }, async () => {
  const { app, phone } = await newPhone();
  // A zip that packs more than 100 : 1 is refused, so each has a number that does not count.
  const many = Array.from({ length: 20_000 }, (_, i) => said('x', { no: sha256(String(i)) }));
  const content = { ...threadIn(ROOT, many), ...threadIn(ARCHIVED, many.slice(1)) };
  const { messages } = /** @type {import('#app/shell/app.js').ImportConversations} */ (
    await app.readImport(archive(content))
  );
  assert.equal(messages, 20_000);
  phone.end();
});

/** Return the digests of the files of rows, by the words of their messages. */
async function digestsOf(app, entries) {
  const digests = new Map((await app.readRecords('attachment')).map(({ record, fields }) => [record, fields.sha256]));
  return Object.fromEntries(
    (await rowsOf(app, entries)).map(({ text = '', attachment_id: id }) => [text, digests.get(id)]),
  );
}

test('a later download with another file of one name gives each message its own, and adds nothing twice', async () => {
  const { app, phone } = await newPhone();
  const [first, second, third] = [1, 2, 3].map((byte) => new Uint8Array([...PNG, byte]));
  const old = said('old', { photos: [photoIn(ROOT)] });
  await importFrom(
    app,
    archive({ ...threadIn(ROOT, [old]), [`${ROOT}/sam_1234567/photos/41.png`]: first }, 'first.zip'),
  );
  // Newer messages come first in a file, so the new ones are named before the old one.
  const later = {
    ...threadIn(ROOT, [
      old,
      said('new', { at: 1, photos: [photoIn(ROOT, 'videos/41.png')] }),
      said('newest', { at: 2, photos: [photoIn(ROOT, 'photos/2/41.png')] }),
    ]),
    [`${ROOT}/sam_1234567/photos/41.png`]: first,
    [`${ROOT}/sam_1234567/videos/41.png`]: second,
    [`${ROOT}/sam_1234567/photos/2/41.png`]: third,
  };
  const { plan, done } = await importFrom(app, archive(later, 'later.zip'));
  assert.deepEqual([plan.fresh, plan.known], [2, 1]);
  assert.deepEqual(await digestsOf(app, done.entries), { new: sha256(second), newest: sha256(third) });
  const again = await importFrom(app, archive(later, 'again.zip'));
  assert.deepEqual([again.plan.fresh, again.plan.known], [0, 3]);
  phone.end();
});

test('a path that now leads to other bytes gives a new message these, and the old one stays as it was', async () => {
  const { app, phone } = await newPhone();
  const [first, second] = [1, 2].map((byte) => new Uint8Array([...PNG, byte]));
  const path = `${ROOT}/sam_1234567/photos/41.png`;
  const old = said('old', { photos: [photoIn(ROOT)] });
  const before = await importFrom(app, archive({ ...threadIn(ROOT, [old]), [path]: first }, 'first.zip'));
  const later = {
    ...threadIn(ROOT, [old, said('new', { at: 1, photos: [photoIn(ROOT)] })]),
    [path]: second,
  };
  const { plan, done } = await importFrom(app, archive(later, 'later.zip'));
  assert.deepEqual([plan.fresh, plan.known], [1, 1]);
  assert.deepEqual(await digestsOf(app, done.entries), { new: sha256(second) });
  assert.deepEqual(await digestsOf(app, before.done.entries), { old: sha256(first) });
  assert.deepEqual((await importFrom(app, archive(later, 'again.zip'))).plan.fresh, 0);
  phone.end();
});

test('of two messages of one moment with files of one name, the one whose file the diary lacks is added', async () => {
  const { app, phone } = await newPhone();
  const [first, second] = [1, 2].map((byte) => new Uint8Array([...PNG, byte]));
  const one = said('', { photos: [photoIn(ROOT)] });
  const other = said('', { photos: [photoIn(ROOT, 'videos/41.png')] });
  const at = (path, bytes) => ({ [`${ROOT}/sam_1234567/${path}/41.png`]: bytes });
  await importFrom(app, archive({ ...threadIn(ROOT, [other]), ...at('videos', second) }, 'first.zip'));
  for (const messages of [
    [one, other],
    [other, one],
  ]) {
    const later = { ...threadIn(ROOT, messages), ...at('photos', first), ...at('videos', second) };
    const { plan, done } = await importFrom(app, archive(later, 'later.zip'));
    if (messages[0] === one) {
      assert.deepEqual([plan.fresh, plan.known], [1, 1]);
      assert.deepEqual(Object.values(await digestsOf(app, done.entries)), [sha256(first)]);
    } else assert.deepEqual([plan.fresh, plan.known], [0, 2]);
  }
  phone.end();
});

test('in several parts of a download, a message’s file is the one of its own part, else that of another', async () => {
  const { app, phone } = await newPhone();
  const [first, second, third] = [1, 2, 3].map((byte) => new Uint8Array([...PNG, byte]));
  const root = 'messages/inbox';
  const photo = (name) => ({ photos: [photoIn(root, `photos/${name}.png`)] });
  const inPart = (part, name, bytes) => ({ [`part-${part}/${root}/sam_1234567/photos/${name}.png`]: bytes });
  const content = {
    ...threadIn(`part-1/${root}`, [said('one', photo(1)), said('three', { at: 2, ...photo(3) })]),
    ...threadIn(`part-2/${root}`, [said('two', { at: 1, ...photo(1) })], 2),
    ...inPart(1, 1, first),
    ...inPart(2, 1, second),
    ...inPart(2, 3, third),
  };
  const { done } = await importFrom(app, archive(content));
  const own = { one: sha256(first), two: sha256(second), three: sha256(third) };
  assert.deepEqual(await digestsOf(app, done.entries), own);
  assert.deepEqual((await importFrom(app, archive(content, 'instagram-2.zip'))).plan.fresh, 0);
  phone.end();
});

test('a path that a zip has twice with other bytes gives no file to a message', async () => {
  const { app, phone } = await newPhone();
  const path = `${ROOT}/sam_1234567/photos/41.png`;
  // The two paths have one length, so one can be written over the other in the zip.
  const written = Buffer.from(
    zip({
      ...threadIn(ROOT, [said('Look', { photos: [photoIn(ROOT)] })]),
      [path]: PNG,
      [path.replace('41', '42')]: new Uint8Array([...PNG, 1]),
    }),
  );
  const bytes = new Uint8Array(Buffer.from(written.toString('latin1').replaceAll('/42.png', '/41.png'), 'latin1'));
  const { plan, done } = await importFrom(app, new File([bytes], 'x.zip', { lastModified: NOON }));
  assert.deepEqual([plan.fresh, plan.files.with, done.files.added], [1, 0, 0]);
  const [row] = await rowsOf(app, done.entries);
  assert.equal(row.description, 'Not in the download: 41.png');
  phone.end();
});

test('paths that would make one name give two files', async () => {
  const { app, phone } = await newPhone();
  const long = 'x'.repeat(450);
  const paths = ['photos/1.png', 'a b/c/1.png', 'a/b c/1.png', `${long}/a/1.png`, `${long}/b/1.png`];
  const content = {
    ...threadIn(
      ROOT,
      paths.map((path, at) => said(`${at}`, { at, photos: [photoIn(ROOT, path)] })),
    ),
    ...Object.fromEntries(paths.map((path, i) => [`${ROOT}/sam_1234567/${path}`, new Uint8Array([...PNG, i])])),
  };
  const { done } = await importFrom(app, archive(content));
  assert.deepEqual(
    await digestsOf(app, done.entries),
    Object.fromEntries(paths.map((_, i) => [`${i}`, sha256(new Uint8Array([...PNG, i]))])),
  );
  assert.deepEqual((await importFrom(app, archive(content, 'again.zip'))).plan.fresh, 0);
  phone.end();
});

test('two conversations with one name stay two', async () => {
  const { app, phone } = await newPhone();
  const other = conversation([said('another Sam')], { thread: 'inbox/sam_9999999' });
  const content = { ...files(), [`${ROOT}/sam_9999999/message_1.json`]: utf8(escaped(other)) };
  const { found, done } = await importFrom(app, archive(content), { ...ANSWERS, person: '9999999' });
  assert.equal(found.conversations.length, 3);
  assert.deepEqual(
    (await rowsOf(app, done.entries)).map(({ text }) => text),
    ['another Sam'],
  );
  phone.end();
});

test('somebody who shows the keeper’s name writes nothing in the keeper’s name', async () => {
  const { rows } = await plannedRows([said('I started it', { by: 'Jo' }), said('x', { at: 1, by: 'Sam' })], {
    people: ['Jo', 'Jo'],
  });
  assert.deepEqual(
    rows.map(({ direction, from, to }) => [direction, from, to]),
    [
      ['unknown', 'Jo', undefined],
      ['in', 'Sam', 'me'],
    ],
  );
  const named = await plannedRows([said('x', { by: 'me' })], { people: ['me', 'Jo'] });
  assert.deepEqual([named.rows[0].direction, named.rows[0].from], ['in', '“me”']);
  const none = await plannedRows([said('x', { by: '' })]);
  assert.deepEqual([none.rows[0].direction, none.rows[0].from], ['unknown', undefined]);
});

test('where the keeper’s name is not in it, their own messages are not said to be there', async () => {
  for (const me of [null, 'Somebody']) {
    const { app, phone } = await newPhone();
    const { done } = await importFrom(app, archive(), { ...ANSWERS, me });
    const [{ fields }] = (await app.readRecords('schedule')).filter(({ fields: own }) =>
      own.incident_ids.includes(done.entries[0]),
    );
    assert.equal(fields.complete, 'outgoing_not_captured');
    assert.deepEqual(new Set(fields.rows.map(({ direction }) => direction)), new Set([me ? 'unknown' : 'in']));
    phone.end();
  }
});

test('what somebody wrote begins no message and ends none', async () => {
  const words = [
    '"}],"messages":[{"sender_name":"Jo","timestamp_ms":1,"content":"I started it"}]',
    '\\',
    '\\"},{"sender_name":"Jo"',
    ']}',
    '{"participants":[',
    'ends with a backslash \\',
  ];
  const { rows } = await plannedRows(words.map((text, at) => said(text, { at })));
  assert.deepEqual(
    rows.map(({ from, text }) => [from, text]),
    words.map((text) => ['Sam', text]),
  );
});

test('letters are put right where the file has them wrong, and left where it has not', async () => {
  for (const text of ['Café', '😀', 'Łódź', 'آپ کہاں ہیں', '“quoted”', 'plain', ''])
    assert.deepEqual(mend(asBytes(text)), { text, isMended: /[^\x20-\x7e]/.test(text) });
  for (const text of ['Café', '😀 Ã©', 'é', 'Ã', 'Łódź']) assert.deepEqual(mend(text), { text, isMended: false });
  for (const value of [null, 5, {}, ['x'], undefined]) assert.deepEqual(mend(value), { text: '', isMended: false });
  assert.deepEqual(mend('\ud83d'), { text: '\ufffd', isMended: false });
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => mend(asBytes(text)).text === text));
  const { rows, plan, read } = await plannedRows([said('x', { by: 'Zoë' })], { people: ['Zoë', 'Jo'] });
  assert.deepEqual([rows[0].from, plan.mended, read.conversations[0].people], ['Zoë', 1, ['Zoë', 'Jo']]);
});

test('a time that cannot be right is named by its place, and the others are planned', async () => {
  const times = [undefined, null, '1762171200000', 0, -1, 1.5, 1e20, LATER + 2 * 86_400_000];
  const wrong = times.map((timestamp_ms) => ({ ...said('x'), timestamp_ms }));
  const { rows, plan } = await plannedRows([said('right'), ...wrong]);
  assert.deepEqual([rows.map(({ text }) => text), plan.unread], [['right'], [1, 2, 3, 4, 5, 6, 7, 8]]);
});

test('items that are no messages are named by their place', async () => {
  const odd = [null, 5, 'text', [], [said('x')], {}];
  const { rows, plan } = await plannedRows([...odd, said('right')]);
  assert.deepEqual([rows.map(({ text }) => text), plan.unread], [['right'], [2, 3, 4, 5, 6, 7]]);
});

test('calls, unsent messages, reactions and what was shared', async () => {
  const { rows } = await plannedRows([
    said('Sam called you.', { call_duration: 65 }),
    said('You missed a call from Sam.', { at: 1, call_duration: 0 }),
    said('Sam missed your call.', { at: 2, by: 'Jo', call_duration: 0 }),
    { ...said('', { at: 3 }), content: undefined, is_unsent: true },
    said('Look', { at: 4, reactions: [{ reaction: asBytes('❤'), actor: 'Jo' }, null, { reaction: '!' }] }),
    said('See this', { at: 5, share: { link: 'https://example.org/1', original_content_owner: 'x', share_text: 'y' } }),
    { ...said('', { at: 6 }), content: undefined },
    said('', { at: 7, sticker: { uri: 'messages/stickers_used/1.png' } }),
    said('', {
      at: 8,
      audio_files: [{ uri: 'messages/inbox/a/audio/1.mp4' }],
      photos: 'none',
      videos: [{}, { uri: 5 }],
    }),
  ]);
  assert.deepEqual(
    rows.map(({ direction, type, text, description }) => [direction, type, text, description]),
    [
      ['in', 'call', undefined, 'Sam called you. Lasted 65 seconds'],
      ['in', 'missed_call', undefined, 'You missed a call from Sam'],
      ['out', 'call', undefined, 'Sam missed your call'],
      ['in', 'deleted', undefined, 'Unsent by the sender'],
      ['in', 'text', 'Look', 'Reactions: ❤ by me, !'],
      ['in', 'text', 'See this', 'Shared: “https://example.org/1”. By: “x”. Words of what was shared: “y”'],
      ['in', 'text', undefined, 'No words'],
      ['in', 'sticker', undefined, 'Not in the download: 1.png'],
      ['in', 'voice', undefined, 'Not in the download: 1.mp4'],
    ],
  );
});

test('pictures: in the same zip only; two of one name are two; one that is missing is said', async () => {
  const { app, phone } = await newPhone();
  const other = new Uint8Array([...PNG, 1]);
  const at = (path) => ({ uri: `${ROOT}/sam_1234567/${path}` });
  const own = conversation([
    said('one', { photos: [at('photos/1.png'), at('videos/1.png'), at('photos/gone.png')] }),
    said('two', { at: 1, photos: [{ uri: 'https://example.org/41.png' }, { uri: '../../../etc/passwd' }] }),
    said('three', { at: 2, photos: [{ uri: `./photos/2.png` }] }),
  ]);
  const content = {
    [`${ROOT}/sam_1234567/message_1.json`]: utf8(escaped(own)),
    [`${ROOT}/sam_1234567/photos/1.png`]: PNG,
    [`${ROOT}/sam_1234567/videos/1.png`]: other,
    [`${ROOT}/sam_1234567/photos/2.png`]: new Uint8Array([...PNG, 2]),
    '41.png': PNG,
  };
  const { plan, done } = await importFrom(app, archive(content));
  assert.equal(plan.files.with, 3);
  assert.deepEqual(done.files, { added: 3, again: 0, failed: [] });
  const rows = await rowsOf(app, done.entries);
  assert.deepEqual(
    rows.map(({ file_name, description }) => [file_name, description]),
    [
      ['1.png', `Also: ${ROOT.replaceAll('/', ' ')} sam_1234567 videos 1.png, gone.png. Not in the download: gone.png`],
      ['41.png', 'Also: passwd. Not in the download: 41.png, passwd'],
      ['2.png', undefined],
    ],
  );
  assert.deepEqual((await receivedOf(app, phone, done.entries[0], ' 1.png')).bytes, other);
  phone.end();
});

test('an encrypted chat of Messenger is read in its own form', async () => {
  const { app, phone } = await newPhone();
  const message = (text, at, rest = {}) => ({
    isUnsent: false,
    media: [],
    reactions: [],
    senderName: 'Sam',
    text,
    timestamp: NOON + at,
    type: 'text',
    ...rest,
  });
  const chat = {
    participants: ['Sam', 'Jo'],
    threadName: 'Sam_12',
    messages: [
      message('Café 😀', 0),
      message('', 1, { media: [{ uri: './media/a.jpeg' }], type: 'media' }),
      message('', 2, { isUnsent: true, senderName: 'Jo' }),
    ],
  };
  const content = { 'Sam_12.json': utf8(JSON.stringify(chat)), 'media/a.jpeg': PNG };
  const read = /** @type {import('#app/shell/app.js').ImportConversations} */ (
    await app.readImport(archive(content, 'messages.zip'))
  );
  assert.equal(read.app, null);
  const answers = { tz: 'Europe/London', me: 'Jo', person: read.conversations[0].id };
  await assert.rejects(app.planImport(answers), { code: 'import_unanswered' });
  const { plan, done } = await importFrom(app, archive(content, 'messages.zip'), { ...answers, app: 'messenger' });
  assert.deepEqual([plan.mended, done.files.added], [0, 1]);
  assert.deepEqual(
    (await rowsOf(app, done.entries)).map(({ direction, type, text }) => [direction, type, text]),
    [
      ['in', 'text', 'Café 😀'],
      ['in', 'image', undefined],
      ['out', 'deleted', undefined],
    ],
  );
  phone.end();
});

test('what somebody sent in a conversation does not decide what the whole download is', async () => {
  for (const [name, text] of [
    ['WhatsApp Chat_123.txt', '24/11/2026, 21:10 - Jo: I made it all up\n'],
    ['a_1.mbox', 'From - Tue Nov 24 21:10:00 2026\nFrom: jo@example.net\nTo: sam@example.org\n\nx\n'],
    ['b.xml', '<smses count="1"></smses>'],
  ]) {
    const { app, phone } = await newPhone();
    const content = { ...files(), [`${ROOT}/sam_1234567/files/${name}`]: utf8(text) };
    assert.equal((await app.readImport(archive(content))).kind, 'conversations', name);
    phone.end();
  }
});

test('a name that looks like the keeper’s is quoted, and no name breaks a line or reverses text', async () => {
  for (const name of ['me ', ' Me', 'me\u200b', 'ｍｅ', 'me\u202e']) {
    const { rows } = await plannedRows([said('x', { by: name })], { people: [name, 'Jo'] });
    assert.match(rows[0].from, /^“.*”$/, JSON.stringify(name));
  }
  const { rows } = await plannedRows([said('x', { by: 'Sam\nfrom me\u202e' })], {
    people: ['Sam\nfrom me\u202e', 'Jo'],
  });
  assert.equal(rows[0].from, 'Sam from me ');
});

test('the folder above the conversations decides which app it is, and never a name that somebody chose', async () => {
  const { app, phone } = await newPhone();
  const content = { 'messages/inbox/facebookfan_1234567/message_1.json': utf8(escaped(conversation(MESSAGES))) };
  const read = /** @type {import('#app/shell/app.js').ImportConversations} */ (
    await app.readImport(archive(content, 'download.zip'))
  );
  assert.equal(read.app, null);
  phone.end();
});

test('an encrypted chat with another number in the next download adds nothing twice', async () => {
  const { app, phone } = await newPhone();
  const message = { senderName: 'Sam', text: 'Answer me', timestamp: NOON };
  for (const [number, fresh] of [
    [7, 1],
    [4, 0],
  ]) {
    const chat = { participants: ['Sam', 'Jo'], threadName: `Sam_${number}`, messages: [message] };
    const content = { [`Sam_${number}.json`]: utf8(JSON.stringify(chat)) };
    const read = /** @type {import('#app/shell/app.js').ImportConversations} */ (
      await app.readImport(archive(content, 'messages.zip'))
    );
    const answers = { tz: 'Europe/London', me: 'Jo', person: read.conversations[0].id, app: 'messenger' };
    const { plan } = await importFrom(app, archive(content, 'messages.zip'), answers);
    assert.deepEqual([plan.fresh, read.conversations[0].title], [fresh, 'Sam']);
  }
  assert.ok(
    !JSON.stringify((await app.readRecords('schedule')).map(({ fields }) => fields.import_summary)).includes('Jo'),
  );
  phone.end();
});

test('two people with one name stay two in encrypted chats', async () => {
  const { app, phone } = await newPhone();
  const chat = (threadName, text) =>
    utf8(
      JSON.stringify({
        participants: ['Sam', 'Jo'],
        threadName,
        messages: [{ senderName: 'Sam', text, timestamp: NOON }],
      }),
    );
  const content = { 'Sam_1.json': chat('Sam', 'one'), 'Sam_2.json': chat('Sam', 'another') };
  const read = /** @type {import('#app/shell/app.js').ImportConversations} */ (await app.readImport(archive(content)));
  assert.deepEqual(
    read.conversations.map(({ messages }) => messages),
    [1, 1],
  );
  phone.end();
});

test('a file that is cut off gives its whole messages and is said to be cut off', async () => {
  const text = escaped(conversation(MESSAGES));
  const [whole] = await META.readThreads(utf8(text), '', noPause);
  const list = text.indexOf('"messages"');
  for (let end = list; end < text.length; end += 7) {
    const bytes = utf8(text.slice(0, end));
    const [cut = null] = (await META.readThreads(bytes, '', noPause)) ?? [];
    if (!cut) {
      assert.ok(end < text.indexOf('[', list), String(end));
      continue;
    }
    assert.equal(cut.cutOff, true, String(end));
    assert.deepEqual(
      cut.messages.map(({ start, end: to }) => text.slice(start, to)),
      whole.messages.filter(({ end: to }) => to <= end).map(({ start, end: to }) => text.slice(start, to)),
    );
  }
  assert.equal(whole.cutOff, false);
});

test('other JSON is refused, and nothing is added', async () => {
  const { app, phone } = await newPhone();
  const deep = (n) => `{"participants":[{"name":"Sam"}],"messages":[${'['.repeat(n)}${']'.repeat(n)}]}`;
  for (const text of [
    '{}',
    '[]',
    '{"messages":[]}',
    '{"participants":[],"messages":[]}',
    '{"participants":{},"messages":[1]}',
    '{"participants":[{"name":"Sam"}],"messages":{}}',
    '{"participants":[{"name":"Sam"}],"messages":[{}],"messages":[{}]}',
    '{"participants":[{"name":"Sam"}] "messages" [1]}',
    '{"participants":[}],"messages":[1]}',
    '{"participants" "messages":',
    deep(100_000),
  ])
    await assert.rejects(app.readImport(loose(text)), { code: 'import_wrong' }, text.slice(0, 80));
  const other = { 'a.json': utf8('{"messages":[{"creator":{"name":"Sam"}}]}') };
  await assert.rejects(app.readImport(archive(other)), { code: 'import_no_chat' });
  const chat = { ...other, 'chat.txt': utf8('24/11/2026, 21:10 - Sam: x\n') };
  assert.equal((await app.readImport(archive(chat))).kind, 'chat');
  await assert.rejects(app.readImport(archive({ 'a.json': utf8('{}') })), { code: 'import_no_chat' });
  phone.end();
});

test('a download that changes after it was chosen is refused, each time', async () => {
  for (const at of [40, -10]) {
    const { app, phone } = await newPhone();
    const bytes = zip({ ...files(), 'filler.bin': new Uint8Array(100_000).map((_, i) => i * 7) }, { level: 0 });
    const file = new File([bytes], 'instagram.zip');
    let isChanged = false;
    Object.defineProperty(file, 'slice', {
      value: (from, to) => ({
        arrayBuffer: async () => {
          const piece = bytes.slice(from, to);
          const place = (at < 0 ? bytes.length + at : at) - from;
          if (isChanged && place >= 0 && place < piece.length) piece[place] ^= 1;
          return piece.buffer;
        },
      }),
    });
    await app.readImport(file);
    const plan = await app.planImport(ANSWERS);
    isChanged = true;
    for (let n = 0; n < 2; n++)
      await assert.rejects(app.keepImport({ chosen: allBursts(plan) }), { code: 'file_changed' }, `${at} ${n}`);
    isChanged = false;
    assert.equal((await app.keepImport({ chosen: allBursts(plan) })).entries.length, 2);
    phone.end();
  }
});

test('a damaged file in a download is named, and the others are listed', async () => {
  const { app, phone } = await newPhone();
  const bytes = zip(files());
  const at =
    Buffer.from(bytes).indexOf(`${ROOT}/lee_7654321/message_1.json`) + `${ROOT}/lee_7654321/message_1.json`.length;
  bytes.set([0xff, 0xff, 0xff], at + 20);
  const read = /** @type {import('#app/shell/app.js').ImportConversations} */ (
    await app.readImport(new File([bytes], 'instagram.zip'))
  );
  assert.deepEqual(
    [read.damaged, read.conversations.map(({ title }) => title)],
    [[`${ROOT}/lee_7654321/message_1.json`], ['Sam']],
  );
  phone.end();
});

test('what a sender chose breaks no record: long names, marks, halves of characters', async () => {
  const name = `${'\u202e\u0001'.repeat(50)}${'😀'.repeat(3_000)}`;
  const { app, phone } = await newPhone();
  const own = conversation(
    [
      said('x'.repeat(300_000), {
        by: name,
        photos: [{ uri: `a/${name}/${name}.png` }, { uri: `b/${name}/${name}.png` }],
      }),
      { ...said('', { at: 1, by: name }), content: '\ud83d', share: { link: `https://x/${'y'.repeat(9_000)}\ud83d` } },
    ],
    { people: [name, 'Jo'], title: name },
  );
  const content = { [`${ROOT}/sam_1234567/message_1.json`]: utf8(JSON.stringify(own)) };
  const file = new File([zip(content, { level: 0 })], 'instagram.zip');
  const { done } = await importFrom(app, file);
  const rows = await rowsOf(app, done.entries);
  assert.deepEqual(
    rows.map((row) => [row.from.length <= 200, (row.description ?? '').length <= 4_000, row.direction]),
    [
      [true, true, 'in'],
      [true, true, 'in'],
    ],
  );
  assert.ok(rows[0].text.length === 100_000 && rows[0].file_name.length <= 400);
  phone.end();
});

test('values are found wherever they are, as JSON.parse has them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.json({ maxDepth: 5 }), { maxKeys: 6 }), async (texts) => {
      const value = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, JSON.parse(text)]));
      for (const space of [0, 2]) {
        const bytes = utf8(JSON.stringify(value, null, space));
        const members = await membersOf(bytes, wholeFile(bytes), noPause);
        const found = Object.fromEntries([...members].map(([key, span]) => [key, parseSpan(bytes, span)]));
        assert.deepEqual(found, JSON.parse(JSON.stringify(value)));
        const list = utf8(JSON.stringify(Object.values(value), null, space));
        const elements = await elementsOf(list, wholeFile(list), noPause);
        assert.deepEqual(
          elements.map((span) => parseSpan(list, span)),
          Object.values(JSON.parse(JSON.stringify(value))),
        );
      }
    }),
  );
});

test('any bytes are read as a conversation or refused, and each message is one or none', async () => {
  const text = escaped(conversation(MESSAGES));
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.uint8Array({ maxLength: 12 }), async (at, noise) => {
      const bytes = utf8(text);
      bytes.set(noise.subarray(0, bytes.length - at), at);
      const read = await META.readThreads(bytes, '', noPause).catch((error) => {
        assert.equal(error.code, 'import_wrong');
        return null;
      });
      for (const { messages } of read ?? []) for (const span of messages) META.readMessage(bytes, span, LATER);
    }),
  );
});

test('a plan needs a conversation, a name and a zone', async () => {
  const { app, phone } = await newPhone();
  await app.readImport(archive());
  for (const missing of [{ person: undefined }, { me: undefined }, { tz: 'Nowhere' }, { person: 'none' }])
    await assert.rejects(app.planImport({ ...ANSWERS, ...missing }), { code: 'import_unanswered' });
  phone.end();
});
