/**
 * Exports of chats as pages (.html), texts (.txt), tables (.csv) and lines of JSON (.jsonl): each is counted against
 * what was put into it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import fc from 'fast-check';
import { fixedClock } from '#app/core/clock.js';
import { FORMATS } from '#app/imports/conversations/formats.js';
import { IMESSAGE_HTML } from '#app/imports/conversations/imessage_html.js';
import { IMESSAGE_TEXT } from '#app/imports/conversations/imessage_text.js';
import { META_HTML } from '#app/imports/conversations/meta_html.js';
import { monthOfWord } from '#app/imports/conversations/month_words.js';
import { TELEGRAM_HTML } from '#app/imports/conversations/telegram_html.js';
import { telegramChat, telegramMessage, tiktokExport, tiktokMessage } from './chat_downloads.mjs';
import { ANDROID, utf8, zip } from './chat_exports.mjs';
import {
  imazingRow,
  imazingTable,
  messagesPage,
  messagesPageMessage,
  messagesText,
  messagesTime,
  metaPage,
  metaPageMessage,
  signalItem,
  signalLines,
  signalWords,
  telegramDate,
  telegramMedia,
  telegramPage,
  telegramPageMessage,
  tiktokStamp,
  tiktokText,
} from './chat_pages.mjs';
import { importFile, rowsOf } from './phone/importing.mjs';
import { NOON, phoneWithEntry } from './phone/phone.mjs';

let timer;
before(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const MINUTE = 60_000;
const LATER = NOON + 3 * 86_400_000;
const PNG = new Uint8Array(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
const TZ = 'Europe/London';
const INBOX = 'your_instagram_activity/messages/inbox/sam_1234567';
const noPause = async () => undefined;
const newPhone = () => phoneWithEntry({ clock: fixedClock(LATER) });
const loose = (text, name) => new File([utf8(text)], name, { lastModified: NOON });
const archive = (files, name = 'export.zip') =>
  new File(
    [
      zip(
        Object.fromEntries(
          Object.entries(files).map(([path, value]) => [path, typeof value === 'string' ? utf8(value) : value]),
        ),
      ),
    ],
    name,
    { lastModified: NOON },
  );

/** @typedef {Exclude<import('#app/shell/app.js').ImportPlan, import('#app/shell/app.js').ImportChatPlan>} Plan */
/** @typedef {import('#app/shell/app.js').ImportConversations} Read */

const FIELDS = ['direction', 'from', 'type', 'text', 'description'];

/**
 * Import the first conversation of a file with these answers, and return what the rows say; then read it again.
 * @param {File} file
 * @param {{ fields?: string[] } & Partial<import('#app/shell/app.js').ImportAnswers>} options
 */
async function imported(file, { fields = FIELDS, ...answers } = {}) {
  const { app, phone } = await newPhone();
  const read = /** @type {Read} */ (await app.readImport(file));
  const given = { tz: TZ, me: 'Jo', person: read.conversations[0].id, ...answers };
  const { plan, done } = await importFile(app, file, given);
  const rows = done ? await rowsOf(app, done.entries) : [];
  const extracts = [];
  for (const entry of done?.entries ?? []) {
    const { attachments } = await app.readIncident(entry);
    for (const { attachment, name } of attachments) {
      if (/\.(?:html|txt|csv|jsonl)$/.test(name)) {
        const { url } = await app.readReceived(attachment);
        extracts.push({ name, text: await phone.urls.get(url).text() });
      }
    }
  }
  await app.readImport(file);
  const again = /** @type {Plan} */ (await app.planImport(given));
  phone.end();
  return {
    read,
    plan: /** @type {Plan} */ (plan),
    rows: rows.map((row) => fields.map((name) => row[name])),
    extracts,
    again: [again.fresh, again.known],
    done,
  };
}

/** Return how a format reads the messages of a text. */
async function readAs(format, text, path = 'messages.html') {
  const bytes = utf8(text);
  const threads = (await format.readThreads(bytes, path, noPause)) ?? [];
  return threads.map(({ messages, ...thread }) => ({
    ...thread,
    messages: messages.map((span) => format.readMessage(bytes, span, LATER)),
  }));
}

const TELEGRAM_PAGE = [
  telegramPageMessage('24 November 2026', { service: true }),
  telegramPageMessage('I see you\nall of you', { at: NOON, id: 1 }),
  telegramPageMessage('Look: https://example.org', { at: NOON + MINUTE, joined: true, id: 2 }),
  telegramPageMessage('Stop', { at: NOON + 2 * MINUTE, by: 'Jo', colour: 2, id: 3 }),
  telegramPageMessage('', {
    at: NOON + 3 * MINUTE,
    media: telegramMedia('photo_wrap clearfix pull_left', { href: 'photos/1.png' }),
    id: 4,
  }),
  telegramPageMessage('', {
    at: NOON + 4 * MINUTE,
    joined: true,
    media: telegramMedia('media_call', { title: 'Jo', status: 'Missed' }),
    id: 5,
  }),
  telegramPageMessage('', {
    at: NOON + 5 * MINUTE,
    media: telegramMedia('media_call success', { title: 'Jo', status: 'Incoming (65 seconds)' }),
    id: 6,
  }),
  telegramPageMessage('', {
    at: NOON + 6 * MINUTE,
    by: 'Jo',
    colour: 2,
    media: telegramMedia('media_call', { title: 'Sam', status: 'Cancelled' }),
    id: 7,
  }),
  telegramPageMessage('', {
    at: NOON + 7 * MINUTE,
    media: telegramMedia('media_voice_message', {
      title: 'Voice message',
      status: '00:03, 12.0 KB',
      description: 'Not included, change data exporting settings to download.',
    }),
    id: 8,
  }),
  telegramPageMessage('his', {
    at: NOON + 8 * MINUTE,
    forwarded: 'Lee',
    reactions:
      '<span class="reactions"><span class="reaction"><span class="emoji">❤</span><span class="userpics">' +
      '<div class="userpic userpic2" title="Jo"></div></span></span></span>',
    id: 9,
  }),
];
const FORWARDED = `Lee ${telegramDate(NOON + 8 * MINUTE)}`;
const TELEGRAM_ROWS = [
  ['in', 'Sam', 'text', 'I see you\nall of you', undefined],
  ['in', 'Sam', 'text', 'Look: https://example.org', undefined],
  ['out', 'me', 'text', 'Stop', undefined],
  ['in', 'Sam', 'image', undefined, undefined],
  ['in', 'Sam', 'missed_call', undefined, undefined],
  ['in', 'Sam', 'call', undefined, 'Lasted 65 seconds'],
  ['out', 'me', 'call', undefined, undefined],
  [
    'in',
    'Sam',
    'voice',
    undefined,
    'Its file is not in the download. Length 00:03, 12.0 KB. File: “Voice message: Not included, ' +
      'change data exporting settings to download.”',
  ],
  ['in', 'Sam', 'text', 'his', `Reactions: ❤ by me. Forwarded from: “${FORWARDED}”`],
];

test('Telegram as pages: words, calls, pictures and what was forwarded, in two files of one chat', async () => {
  const file = archive({
    'ChatExport/messages.html': telegramPage(TELEGRAM_PAGE.slice(0, 5)),
    'ChatExport/messages2.html': telegramPage(TELEGRAM_PAGE.slice(5).map((one) => one)),
    'ChatExport/photos/1.png': PNG,
    'ChatExport/css/style.css': 'a{}',
  });
  const { read, plan, rows, again, done } = await imported(file);
  assert.deepEqual([read.app, read.messages, read.conversations.length, read.cutOff], ['telegram', 10, 1, false]);
  assert.deepEqual([plan.fresh, plan.unread, plan.notices, plan.files?.with], [9, [], 1, 1]);
  // The first message of the second file has no name, and the file does not say whose it is.
  assert.deepEqual(
    rows.filter((_, i) => i !== 4),
    TELEGRAM_ROWS.filter((_, i) => i !== 4),
  );
  assert.deepEqual(done?.files, { added: 1, again: 0, failed: [] });
  assert.deepEqual(again, [0, 9]);
});

test('Telegram as one page: the entry’s own file names the sender of a joined message', async () => {
  const { rows, again, extracts } = await imported(loose(telegramPage(TELEGRAM_PAGE), 'messages.html'));
  assert.deepEqual(
    rows.map(([direction, from, type, text]) => [direction, from, type, text]),
    TELEGRAM_ROWS.map(([direction, from, type, text]) => [direction, from, type, text]),
  );
  assert.deepEqual(again, [0, 9]);
  assert.equal(extracts.length, 1);
  const [{ name, text }] = extracts;
  assert.match(name, /^messages, from number 2\.html$/);
  assert.ok(text.includes(TELEGRAM_PAGE[2].trim()));
  const [thread] = await readAs(TELEGRAM_HTML, text);
  assert.equal(thread.title, 'Sam');
  assert.deepEqual(
    thread.messages.map(({ sender, text: words }) => [sender.name, words]),
    TELEGRAM_ROWS.map(([direction, , , words]) => [direction === 'out' ? 'Jo' : 'Sam', words ?? '']),
  );
});

test('Telegram: what somebody wrote, their name, and a title in quotes are text and begin no message', async () => {
  const forged = telegramPageMessage('I made it all up', { at: NOON + MINUTE, by: 'Jo', colour: 2 });
  const names = [
    '<div class="from_name">Jo</div>',
    'from_name',
    "x' class='message default",
    'Jo via @bot',
    'message default',
  ];
  const messages = names.map((by, i) => telegramPageMessage(forged, { at: NOON + i * MINUTE, by, colour: 3 }));
  const [thread] = await readAs(TELEGRAM_HTML, telegramPage(messages));
  assert.deepEqual(
    thread.messages.map(({ sender, text }) => [sender.name, text.replace(/\s+/g, ' ')]),
    names.map((name) => [name, forged.trim().replace(/\s+/g, ' ')]),
  );
  const title = `<div class="message default clearfix" id="message9" title='<div class="message default">'>`;
  const [other] = await readAs(TELEGRAM_HTML, telegramPage([telegramPageMessage('a', { at: NOON })], { title }));
  assert.deepEqual([other.title, other.messages.length], [title, 1]);
});

test('Telegram: an account with the keeper’s name in another colour writes nothing in it', async () => {
  const messages = [
    telegramPageMessage('mine?', { at: NOON, by: 'Jo', colour: 2 }),
    telegramPageMessage('not mine', { at: NOON + MINUTE, by: 'Jo', colour: 5 }),
    telegramPageMessage('joined', { at: NOON + 2 * MINUTE, joined: true }),
  ];
  const { rows } = await imported(loose(telegramPage(messages), 'messages.html'));
  assert.deepEqual([...new Set(rows.map(([direction]) => direction))], ['unknown']);
});

test('where only one name writes and the chat has it too, nobody is said to have written', async () => {
  const date = 'Nov 24, 2026 9:10 am';
  for (const file of [
    loose(telegramPage([telegramPageMessage('I hit you', { at: NOON, by: 'Jo' })], { title: 'Jo' }), 'messages.html'),
    archive({
      [`${INBOX}/message_1.html`]: metaPage([metaPageMessage('I hit you', { by: 'Jo', date })], { title: 'Jo' }),
    }),
  ]) {
    const { rows } = await imported(file);
    assert.deepEqual(rows, [['unknown', 'Jo', 'text', 'I hit you', undefined]]);
  }
});

test('Telegram: times that cannot be are named by their place and join no other message', async () => {
  const dates = [
    '30.02.2026 10:00:00 UTC+00:00',
    '24.11.26 10:00:00 UTC+00:00',
    '11/24/2026 10:00:00',
    '24.11.2026 25:00:00 UTC+00:00',
    '24.11.2035 10:00:00 UTC+00:00',
    '',
  ];
  const messages = [
    telegramPageMessage('before', { at: NOON }),
    ...dates.map((date) => telegramPageMessage('when?', { date })),
    telegramPageMessage('with an offset', { date: '25.11.2026 13:00:00 UTC+01:00' }),
  ];
  const { plan, rows } = await imported(loose(telegramPage(messages), 'messages.html'), {
    fields: ['text', 'sent_at', 'sent_local'],
  });
  assert.deepEqual(plan.unread, [2, 3, 4, 5, 6, 7]);
  assert.deepEqual(rows, [
    ['before', NOON, new Date(NOON).toISOString().slice(0, 16)],
    ['with an offset', Date.UTC(2026, 10, 25, 12), '2026-11-25T12:00'],
  ]);
});

test('Telegram: a time without a zone is read in the keeper’s, and the answer changes no identity', async () => {
  const messages = [telegramPageMessage('old form', { date: '24.11.2026 10:00:05' })];
  const file = loose(telegramPage(messages), 'messages.html');
  const { app, phone } = await newPhone();
  const read = /** @type {Read} */ (await app.readImport(file));
  const answers = { me: 'Jo', person: read.conversations[0].id };
  const { done } = await importFile(app, file, { ...answers, tz: 'America/New_York' });
  const [row] = await rowsOf(app, done.entries);
  assert.deepEqual([row.sent_at, row.sent_local], [Date.UTC(2026, 10, 24, 15, 0, 5), '2026-11-24T10:00']);
  await app.readImport(file);
  assert.equal((await app.planImport({ ...answers, tz: TZ })).fresh, 0);
  phone.end();
});

test('Telegram: JSON and pages of one chat count once, in one zip and one after the other', async () => {
  const pages = [
    telegramPageMessage('I see you', { at: NOON }),
    telegramPageMessage('Stop', { at: NOON + MINUTE, by: 'Jo' }),
  ];
  const chat = telegramChat([
    telegramMessage('I see you', { at: NOON }),
    telegramMessage('Stop', { at: NOON + MINUTE, by: ['Jo', '22'] }),
  ]);
  const both = { 'a/result.json': JSON.stringify(chat), 'a/messages.html': telegramPage(pages) };
  const { read, rows } = await imported(archive(both));
  assert.deepEqual([read.conversations.length, read.messages, rows.length], [1, 2, 2]);
  const files = [loose(JSON.stringify(chat), 'result.json'), loose(telegramPage(pages), 'messages.html')];
  for (const [first, second] of [files, files.toReversed()]) {
    const { app, phone } = await newPhone();
    for (const [file, fresh] of [
      [first, 2],
      [second, 0],
    ]) {
      const { conversations } = /** @type {Read} */ (await app.readImport(/** @type {File} */ (file)));
      const answers = { tz: TZ, me: 'Jo', person: conversations[0].id };
      const { plan } = await importFile(app, file, answers);
      assert.equal(plan.fresh, fresh);
    }
    phone.end();
  }
});

test('Telegram: two chats with one name stay two, and neither hides a message of the other', async () => {
  const page = (text) => telegramPage([telegramPageMessage(text, { at: NOON })]);
  const everything = {
    'DataExport/chats/chat_01/messages.html': page('one'),
    'DataExport/chats/chat_02/messages.html': page('two'),
    'DataExport/export_results.html': '<!DOCTYPE html><html><body></body></html>',
  };
  const { app, phone } = await newPhone();
  const read = /** @type {Read} */ (await app.readImport(archive(everything)));
  assert.deepEqual(
    read.conversations.map(({ title, messages }) => [title, messages]),
    [
      ['Sam', 1],
      ['Sam', 1],
    ],
  );
  const first = { tz: TZ, me: null, person: read.conversations[0].id };
  await importFile(app, archive(everything), first);
  const { plan } = await importFile(app, archive(everything), { ...first, person: read.conversations[1].id });
  assert.equal(plan.fresh, 1);
  phone.end();
});

test('Telegram: pages that are cut off, deep, huge, or never end a tag', async () => {
  const whole = telegramPage(TELEGRAM_PAGE);
  const [all] = await readAs(TELEGRAM_HTML, whole);
  const ends = [...whole.matchAll(/<div class="message /g)].map(({ index }) => index);
  for (let end = ends[0]; end < whole.length - 60; end += 97) {
    const [cut] = await readAs(TELEGRAM_HTML, whole.slice(0, end));
    const expected = all.messages.slice(0, cut.messages.length);
    assert.deepEqual(cut.messages, expected, String(end));
    assert.ok(cut.messages.length >= ends.filter((start) => start < end).length - 1, String(end));
  }
  const page = (messages) => telegramPage([telegramPageMessage('a', { at: NOON }), messages]);
  const { app, phone } = await newPhone();
  await assert.rejects(app.readImport(loose(page('<div>'.repeat(10_000)), 'messages.html')), { code: 'import_wrong' });
  phone.end();
  const start = telegramPage([telegramPageMessage('a', { at: NOON })]).replace(
    /<\/div>\s*<\/div>\s*<\/div>\s*<\/body>[^]*/,
    '',
  );
  for (const rest of ['<div class="', '<!-- ', '<script>', `<div class="message default" title="${'x'.repeat(1e6)}`]) {
    const [{ messages, cutOff }] = await readAs(TELEGRAM_HTML, start + rest);
    assert.deepEqual([messages.map((message) => message?.text), cutOff], [['a'], true], rest.slice(0, 20));
  }
  const unclosed = telegramPageMessage('unclosed', { at: NOON }).replace(/<\/div>\s*$/, '');
  const [thread] = await readAs(
    TELEGRAM_HTML,
    telegramPage([unclosed, telegramPageMessage('next', { at: NOON, by: 'Jo' })]),
  );
  assert.deepEqual(
    thread.messages.map((message) => message && [message.sender.name, message.text]),
    [null, ['Jo', 'next']],
  );
  const inner = telegramPageMessage('deep', { at: NOON }).replace('deep', `${'<b>'.repeat(10_000)}deep`);
  const [deep] = await readAs(TELEGRAM_HTML, telegramPage([inner]));
  assert.deepEqual(deep.messages, [null]);
});

test('Telegram: NUL, references to nothing, marks of direction and many languages stay text', async () => {
  const texts = ['a\u0000b', '\u202eevil\u202c', 'مرحبا · Привет · 你好', 'ਸਤ ਸ੍ਰੀ ਅਕਾਲ', '😀'];
  const bomb = `<!DOCTYPE html [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>`;
  const page = telegramPage([
    ...texts.map((text, i) => telegramPageMessage(text, { at: NOON + i * MINUTE })),
    telegramPageMessage('@', { at: NOON }).replace('\n@\n', '\n&b;&lol9;&#0;&#x110000;&amp;lt;\n'),
  ]).replace('<!DOCTYPE html>', bomb);
  const [{ messages }] = await readAs(TELEGRAM_HTML, page);
  assert.deepEqual(
    messages.map(({ text }) => text),
    [...texts, '&b;&lol9;&#0;&#x110000;&lt;'],
  );
});

test('a page of 30 MB is read in pieces', async () => {
  const one = telegramPageMessage('x'.repeat(300), { at: NOON });
  const count = Math.ceil((30 << 20) / one.length);
  const bytes = utf8(telegramPage([one.repeat(count)]));
  let longest = 0;
  let last = 0;
  const [{ messages }] = await TELEGRAM_HTML.readThreads(bytes, '', async (done) => {
    longest = Math.max(longest, done - last);
    last = done;
  });
  assert.equal(messages.length, count);
  assert.ok(longest < 1 << 17, `${longest} bytes without a pause`);
});

test('what a page is follows from its content, and a chat of WhatsApp in a zip comes first', async () => {
  const { app, phone } = await newPhone();
  const page = '<!DOCTYPE html><html><head><title>T</title></head><body><p>Hello</p></body></html>';
  for (const [file, kind] of [
    [loose(page, 'messages.html'), 'page'],
    [loose(telegramPage(TELEGRAM_PAGE), 'WhatsApp Chat.txt'), 'conversations'],
    [loose(telegramPage([]), 'messages.html'), 'page'],
    [archive({ 'WhatsApp Chat with Sam.txt': ANDROID, 'messages.html': telegramPage(TELEGRAM_PAGE) }), 'chat'],
  ])
    assert.equal((await app.readImport(/** @type {File} */ (file))).kind, kind, /** @type {File} */ (file).name);
  await assert.rejects(app.readImport(archive({ 'messages.html': page })), { code: 'import_no_chat' });
  phone.end();
});

test('any bytes are read as a conversation or refused', async () => {
  const text = telegramPage(TELEGRAM_PAGE);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.uint8Array({ maxLength: 12 }), async (at, noise) => {
      const bytes = utf8(text);
      bytes.set(noise.subarray(0, bytes.length - at), at);
      for (const format of FORMATS) {
        const read = await format.readThreads(bytes, 'messages.html', noPause).catch((error) => {
          assert.equal(error.code, 'import_wrong');
          return null;
        });
        for (const { messages } of read ?? []) for (const span of messages) format.readMessage(bytes, span, LATER);
      }
    }),
    { numRuns: 60 },
  );
});

const MESSAGES = [
  `${messagesTime(NOON - MINUTE)} You named the conversation Flat\n\n`,
  messagesText('I see you\n\nall of you', { at: NOON, read: 'Read by you after 5 seconds' }),
  messagesText('Stop', { at: NOON + MINUTE, by: 'Me' }),
  messagesText('attachments/12/34.jpeg', { at: NOON + 2 * MINUTE }),
  messagesText(`No\nTapbacks:\nLoved by Me\n\n    ${messagesTime(NOON + 4 * MINUTE)}\n    Me\n    why`, {
    at: NOON + 3 * MINUTE,
  }),
  messagesText('why\nThis message responded to an earlier message.', { at: NOON + 4 * MINUTE, by: 'Me' }),
].join('');
const MESSAGES_ROWS = [
  ['in', 'Sam', 'text', 'I see you\n\nall of you', 'Read by you after 5 seconds'],
  ['out', 'me', 'text', 'Stop', undefined],
  ['in', 'Sam', 'image', undefined, undefined],
  [
    'in',
    'Sam',
    'text',
    'No',
    'Reactions listed under it: “Loved by Me”. ' +
      `Replies listed under it: “${messagesTime(NOON + 4 * MINUTE)} · Me · why”`,
  ],
  ['out', 'me', 'text', 'why', 'A reply to an earlier message'],
];

test('iMessage as text: words over several lines, pictures, replies and lines of the app', async () => {
  const file = archive({ 'export/Sam.txt': MESSAGES, 'export/attachments/12/34.jpeg': PNG });
  const { read, plan, rows, again, done } = await imported(file, { me: 'Me' });
  assert.deepEqual([read.app, read.messages, plan.notices, plan.unread], ['imessage', 6, 1, []]);
  assert.deepEqual(rows, MESSAGES_ROWS);
  assert.deepEqual([done?.files.added, again], [1, [0, 5]]);
});

test('iMessage as text: a chat of WhatsApp is no such text, and the other way round', async () => {
  const { app, phone } = await newPhone();
  for (const [text, kind] of [
    [MESSAGES, 'conversations'],
    [ANDROID, 'chat'],
    [`24/11/2026, 21:10 - Sam: hi\n\n${MESSAGES}`, 'chat'],
  ])
    assert.equal((await app.readImport(loose(text, 'x.txt'))).kind, kind);
  phone.end();
});

test('iMessage as text: a time that cannot be read joins no message; one in a sentence begins none', async () => {
  const messages = [
    messagesText('before', { at: NOON }),
    ...['Feb 30, 2026  5:29:42 PM', 'Nov 24, 26 5:29:42 PM', 'Nov 24, 2026 21:10:05', 'lis 24, 2026 21:10'].map(
      (time) => messagesText('when?', { time }),
    ),
    messagesText(`at Nov 24, 2026  5:29:42 PM\n${messagesTime(NOON)}\nMe\nnot mine`, { at: NOON + MINUTE }),
  ];
  const { plan, rows } = await imported(loose(messages.join(''), 'Sam.txt'), { me: null, fields: ['from', 'text'] });
  assert.deepEqual(plan.unread, [2, 3, 4, 5]);
  assert.deepEqual(rows, [
    ['Sam', 'before'],
    ['Sam', `at Nov 24, 2026  5:29:42 PM\n${messagesTime(NOON)}\nMe\nnot mine`],
  ]);
});

const MESSAGES_PAGE = [
  `\n<div class="announcement"><p><span class="timestamp">${messagesTime(NOON)}</span> Sam left</p></div>\n`,
  messagesPageMessage('I see you\n\nall of you', { at: NOON, read: 'Read by you after 5 seconds' }),
  messagesPageMessage('Stop', { at: NOON + MINUTE, by: 'Me' }),
  messagesPageMessage('', {
    at: NOON + 2 * MINUTE,
    inner: '<hr><div class="message_part"><img src="attachments/12/34.jpeg" loading="lazy"></div>',
  }),
  messagesPageMessage('No', {
    at: NOON + 3 * MINUTE,
    inner:
      '<div class="tapbacks"><p>Tapbacks:</p><div class="tapback">' +
      '<span class="tapback"><b>Loved</b> by Me</span></div></div><div class="replies"><div class="reply">' +
      `${messagesPageMessage('why', { at: NOON + 4 * MINUTE, by: 'Me' })}</div></div>`,
  }),
  messagesPageMessage('why', {
    at: NOON + 4 * MINUTE,
    by: 'Me',
    inner: '<span class="reply_context">This message responded to an earlier message.</span>',
  }),
  messagesPageMessage('', {
    at: NOON + 5 * MINUTE,
    inner:
      '<hr><div class="message_part"><div class="edited"><table><tbody><tr><td><span class="timestamp"></span></td>' +
      '<td>I will</td></tr></tbody><tfoot><tr><td>Edited 2 seconds later</td><td>I won’t</td></tr></tfoot></table>' +
      '</div></div>',
  }),
];

test('iMessage as a page: the same, with what the tags say of replies and reactions', async () => {
  const file = archive({ 'Sam.html': messagesPage(MESSAGES_PAGE), 'attachments/12/34.jpeg': PNG });
  const { read, plan, rows, again, extracts } = await imported(file, { me: 'Me' });
  assert.deepEqual([read.app, read.messages, plan.notices, plan.unread], ['imessage', 7, 1, []]);
  assert.deepEqual(rows.slice(0, 3), MESSAGES_ROWS.slice(0, 3));
  assert.deepEqual(rows.slice(3), [
    ['in', 'Sam', 'text', 'No', 'Reactions: Loved by me'],
    ['out', 'me', 'text', 'why', 'A reply to an earlier message'],
    ['in', 'Sam', 'text', 'I won’t', 'Before it was edited: “I will · Edited 2 seconds later”'],
  ]);
  assert.deepEqual(again, [0, 6]);
  const [thread] = await readAs(IMESSAGE_HTML, extracts[0].text, 'x.html');
  assert.deepEqual(
    thread.messages.map(({ sender }) => sender.name),
    ['Sam', 'Me', 'Sam', 'Sam', 'Me', 'Sam'],
  );
});

test('iMessage: text, page and table of one conversation count once', async () => {
  const at = [NOON, NOON + MINUTE];
  const dates = at.map((one) => new Date(one).toISOString().slice(0, 19).replace('T', ' '));
  const files = [
    loose(messagesText('I see you', { at: at[0] }) + messagesText('Stop', { at: at[1], by: 'Me' }), 'Sam.txt'),
    loose(
      messagesPage([
        messagesPageMessage('I see you', { at: at[0] }),
        messagesPageMessage('Stop', { at: at[1], by: 'Me' }),
      ]),
      'Sam.html',
    ),
    loose(
      imazingTable([
        imazingRow('I see you', { date: dates[0] }),
        imazingRow('Stop', { date: dates[1], type: 'Outgoing', name: '', id: '' }),
      ]),
      'Messages - Sam.csv',
    ),
  ];
  for (const order of [files, files.toReversed()]) {
    const { app, phone } = await newPhone();
    const fresh = [];
    for (const file of order) {
      const { conversations } = /** @type {Read} */ (await app.readImport(file));
      const answers = { tz: TZ, me: 'Me', person: conversations[0].id };
      fresh.push((await importFile(app, file, answers)).plan.fresh);
    }
    assert.deepEqual(fresh, [2, 0, 0]);
    phone.end();
  }
});

test('iMessage as a page: words and names are text; a message without its end joins no other', async () => {
  const forged = messagesPageMessage('I made it all up', { at: NOON, by: 'Me' });
  const page = messagesPage([
    messagesPageMessage(forged, { at: NOON, by: '<span class="sender">Me</span>' }),
    messagesPageMessage('unclosed', { at: NOON }).replace(/<\/div>\s*$/, ''),
    messagesPageMessage('inside', { at: NOON, by: 'Me' }),
  ]);
  const [{ messages, cutOff }] = await readAs(IMESSAGE_HTML, page, 'Sam.html');
  assert.deepEqual(
    messages.map((message) => message && [message.sender.name, message.text.trim(), message.isOwn]),
    [['<span class="sender">Me</span>', forged.trim(), false]],
  );
  assert.equal(cutOff, true);
  const [text] = await readAs(IMESSAGE_TEXT, messagesText(forged, { at: NOON }), 'Sam.txt');
  assert.equal(text.messages.length, 1);
});

test('iMazing: its table, with dates that can be read two ways asked once', async () => {
  const rows = [
    imazingRow('I see you, "all"\nof you', { date: '03/04/2026 21:10:05' }),
    imazingRow('Stop', { date: '03/04/2026 21:11:00', type: 'Outgoing', name: '', id: '' }),
    imazingRow('', { date: '03/04/2026 21:12:00', attachment: 'IMG_1.jpeg' }),
    imazingRow('Sam left', { date: '03/04/2026 21:13:00', type: 'Notification' }),
    imazingRow('when?', { date: '30/02/2026 21:14:00' }),
    imazingRow('=HYPERLINK("x")', { date: '04/04/2026 21:14:00', edited: '04/04/2026 21:15:00' }),
    'a line "of" no table',
  ];
  const files = { 'csv/Messages - Sam.csv': imazingTable(rows), 'files/2026 - Sam - IMG_1.jpeg': PNG };
  const { app, phone } = await newPhone();
  const file = archive(files);
  const read = /** @type {Read} */ (await app.readImport(file));
  assert.deepEqual(read.dates, {
    orders: ['dmy', 'mdy'],
    example: {
      written: '03/04/2026',
      days: [
        ['dmy', '2026-04-03'],
        ['mdy', '2026-03-04'],
      ],
    },
  });
  assert.equal(read.conversations[0].title, 'Sam');
  const answers = { tz: TZ, me: 'Me', person: read.conversations[0].id };
  await assert.rejects(app.planImport(answers), { code: 'import_unanswered' });
  const { plan, done } = await importFile(app, file, { ...answers, order: 'dmy' });
  assert.deepEqual([plan.fresh, plan.unread, plan.notices], [4, [5, 7], 1]);
  assert.deepEqual(
    (await rowsOf(app, done.entries)).map(({ direction, type, text, sent_local }) => [
      direction,
      type,
      text,
      sent_local,
    ]),
    [
      ['in', 'text', 'I see you, "all"\nof you', '2026-04-03T21:10'],
      ['out', 'text', 'Stop', '2026-04-03T21:11'],
      ['in', 'image', undefined, '2026-04-03T21:12'],
      ['in', 'text', '=HYPERLINK("x")', '2026-04-04T21:14'],
    ],
  );
  assert.equal(done.files.added, 1);
  await app.readImport(file);
  assert.equal((await app.planImport({ ...answers, order: 'dmy' })).fresh, 0);
  phone.end();
});

test('TikTok as text: lines, words over several lines, and the same as JSON', async () => {
  const lines = [
    `${tiktokStamp(NOON + 2 * MINUTE)} jo.k: Stop: now`,
    `${tiktokStamp(NOON + MINUTE)} sam.b: I see you`,
    '',
    'all of you',
    '2026-02-30 10:00:00 UTC sam.b: no such day',
    '26-11-24 21:10:05 UTC jo.k: a short year',
    `${tiktokStamp(NOON)} sam.b: https://www.tiktokv.com/share/video/1/`,
  ];
  const text = tiktokText({ 'sam.b': lines, 'lee.x': [`${tiktokStamp(NOON)} lee.x: Lunch?`] });
  const file = archive({ 'TikTok/Direct Messages/Direct Messages.txt': text, 'TikTok/Comment/Comments.txt': 'none' });
  const { read, plan, rows, again, extracts } = await imported(file, { me: 'jo.k', person: 'sam.b' });
  assert.deepEqual([read.app, read.conversations.length, plan.fresh, plan.unread], ['tiktok', 2, 3, [3, 4]]);
  assert.deepEqual(
    rows.map(([direction, from, , words]) => [direction, from, words]),
    [
      ['in', 'sam.b', 'https://www.tiktokv.com/share/video/1/'],
      ['in', 'sam.b', 'I see you\n\nall of you'],
      ['out', 'me', 'Stop: now'],
    ],
  );
  assert.deepEqual(again, [0, 3]);
  assert.doesNotMatch(extracts[0].text, /Lunch/);
  const { app, phone } = await newPhone();
  const value = tiktokExport({ 'sam.b': [tiktokMessage('Stop: now', { at: NOON + 2 * MINUTE, by: 'jo.k' })] });
  const answers = { tz: TZ, me: 'jo.k', person: 'sam.b' };
  await importFile(app, loose(JSON.stringify(value), 'user_data_tiktok.json'), answers);
  const { plan: after } = await importFile(app, loose(text, 'Direct Messages.txt'), answers);
  assert.deepEqual([after.fresh, after.known], [2, 1]);
  phone.end();
});

const META_MESSAGES = [
  metaPageMessage('I see you\nall of you', { date: 'Nov 24, 2026 9:10 am' }),
  metaPageMessage('Stop', { by: 'Jo', date: 'Nov 24, 2026, 9:11 AM', form: 'before 2023' }),
  metaPageMessage('', {
    date: 'Nov 24, 2026 12:05 pm',
    inner:
      `<div><div><a target="_blank" href="${INBOX}/photos/41.png">` +
      `<img src="${INBOX}/photos/41.png" class="_a6_o _3-96" /></a></div></div>`,
  }),
  metaPageMessage('Look', {
    date: 'Nov 24, 2026 12:06 pm',
    inner:
      `<div><video src="${INBOX}/audio/9.mp4" controls="1"><a href="${INBOX}/audio/9.mp4">` +
      '<div>Click for video:</div></a></video></div>' +
      '<div><ul class="_a6-q"><li><span>❤Jo<span> (Nov 24, 2026 12:07 pm)</span></span></li></ul></div>',
  }),
  metaPageMessage('You missed a call from Sam.', { date: '24 November 2026, 21:41', form: 'old' }),
];

test('Instagram as pages: words, pictures, voice and reactions, in two files and three forms', async () => {
  const file = archive({
    [`${INBOX}/message_2.html`]: metaPage(META_MESSAGES.slice(0, 2)),
    [`${INBOX}/message_1.html`]: metaPage([...META_MESSAGES.slice(2, 4), META_MESSAGES[4]]),
    [`${INBOX}/photos/41.png`]: PNG,
    'your_instagram_activity/messages/inbox/lee_7654321/message_1.html': metaPage(
      [metaPageMessage('Lunch?', { by: 'Lee', date: 'Nov 24, 2026 9:10 am' })],
      { title: 'Lee' },
    ),
  });
  const { read, plan, rows, again, extracts } = await imported(file, {
    person: '1234567',
    fields: ['sent_local', ...FIELDS],
  });
  assert.deepEqual([read.app, read.conversations.length, read.messages, plan.unread], ['instagram', 2, 6, []]);
  assert.deepEqual(read.dates, { orders: ['dmy'], example: null });
  assert.deepEqual(rows, [
    ['2026-11-24T09:10', 'in', 'Sam', 'text', 'I see you\nall of you', undefined],
    ['2026-11-24T09:11', 'out', 'me', 'text', 'Stop', undefined],
    ['2026-11-24T12:05', 'in', 'Sam', 'image', undefined, undefined],
    [
      '2026-11-24T12:06',
      'in',
      'Sam',
      'voice',
      'Look',
      'Not in the download: 9.mp4. Reactions: ❤Jo (Nov 24, 2026 12:07 pm)',
    ],
    ['2026-11-24T21:41', 'in', 'Sam', 'text', 'You missed a call from Sam.', undefined],
  ]);
  assert.deepEqual(again, [0, 5]);
  assert.doesNotMatch(extracts.map(({ text }) => text).join(''), /Lunch/);
});

test('Instagram as pages: dates in other languages are read only where they mean one day', async () => {
  const day = '2026-11-05';
  const dates = [
    ['Nov 05, 2026 9:41 pm', `${day} 21:41`],
    ['5 Nov 2026, 21:41', `${day} 21:41`],
    ['Nov 5, 2026 at 9:41:07 PM', `${day} 21:41:07`],
    ['05. Nov. 2026, 9:41 PM', `${day} 21:41`],
    ['nov. 5, 2026 9:41 pm', `${day} 21:41`],
    ['5 de noviembre de 2026, 21:41', `${day} 21:41`],
    ['5 listopad 2026, 21:41', null],
    ['Kolmas 5, 2026 9:41 pm', null],
    ['Nov 5, 2026 9:41 xx', null],
    ['Nov 5, 26 9:41 pm', null],
    ['Feb 30, 2026 9:41 pm', null],
    ['Nov 5, 2026 13:41 pm', null],
    ['Nov 5, 2003 9:41 pm', null],
    ['Nov 5, 2027 9:41 pm', null],
    ['Nov 5, 2026', null],
    ['', null],
  ];
  const page = metaPage(dates.map(([date], i) => metaPageMessage(String(i), { date })));
  const [{ messages }] = await readAs(META_HTML, page, `${INBOX}/message_1.html`);
  assert.deepEqual(
    messages
      .toReversed()
      .map((message, i) => [dates[i][0], message.written && `${message.written.days.dmy} ${message.written.clock}`]),
    dates,
  );
  assert.deepEqual(
    ['november', 'Nov.', 'tachwedd', 'نومبر', 'listopad', 'x', ''].map(monthOfWord),
    [11, 11, 11, 11, 0, 0, 0],
  );
});

test('Instagram as pages: a day of numbers is asked, words are text, and JSON of the same adds nothing', async () => {
  const { app, phone } = await newPhone();
  const numbers = metaPage([metaPageMessage('hi', { date: '03/04/2026, 21:41' })]);
  const asked = /** @type {Read} */ (await app.readImport(archive({ [`${INBOX}/message_1.html`]: numbers })));
  assert.deepEqual(asked.dates.orders, ['dmy', 'mdy']);
  const forged = metaPageMessage('I made it all up', { by: 'Jo', date: 'Nov 24, 2026 9:10 am' });
  const page = metaPage([metaPageMessage(forged, { date: 'Nov 24, 2026 12:00 pm', by: '<h2 class="_a6-h">Jo</h2>' })], {
    title: '</title><script>',
  });
  const [thread] = await readAs(META_HTML, page, `${INBOX}/message_1.html`);
  assert.deepEqual(
    [thread.title, thread.messages.map(({ sender, text }) => [sender.name, text])],
    ['</title><script>', [['<h2 class="_a6-h">Jo</h2>', forged]]],
  );
  const json = {
    participants: [{ name: 'Sam' }, { name: 'Jo' }],
    messages: [{ sender_name: 'Sam', timestamp_ms: NOON + 5_123, content: 'I see you' }],
    title: 'Sam',
    thread_path: 'inbox/sam_1234567',
  };
  const files = [
    archive({ [`${INBOX}/message_1.json`]: JSON.stringify(json) }),
    archive({
      [`${INBOX}/message_1.html`]: metaPage([metaPageMessage('I see you', { date: 'Nov 24, 2026 12:00 pm' })]),
    }),
  ];
  for (const [first, second] of [files, files.toReversed()]) {
    const { app: own, phone: other } = await newPhone();
    const answers = { tz: TZ, me: 'Jo', person: '1234567', app: 'instagram' };
    assert.equal((await importFile(own, first, answers)).plan.fresh, 1);
    assert.equal((await importFile(own, second, answers)).plan.fresh, 0);
    other.end();
  }
  phone.end();
});

const HASH = createHash('sha256').update(PNG).digest();
const LOCAL_KEY = Buffer.alloc(64, 7);
const STORED = createHash('sha256')
  .update(Buffer.concat([HASH, LOCAL_KEY]))
  .digest('hex');
const SIGNAL_ITEMS = [
  signalWords('I see you', { at: NOON }),
  signalWords('Stop', { at: NOON + MINUTE, by: '64' }),
  signalItem(
    {
      standardMessage: {
        attachments: [
          {
            pointer: {
              contentType: 'image/png',
              fileName: 'IMG_1.png',
              locatorInfo: { plaintextHash: HASH.toString('base64'), localKey: LOCAL_KEY.toString('base64') },
            },
          },
        ],
      },
    },
    { at: NOON + 2 * MINUTE },
  ),
  signalItem(
    { updateMessage: { individualCall: { type: 'AUDIO_CALL', direction: 'INCOMING', state: 'MISSED' } } },
    {
      at: NOON + 3 * MINUTE,
      way: 'directionless',
    },
  ),
  signalItem(
    { updateMessage: { individualCall: { type: 'VIDEO_CALL', direction: 'OUTGOING', state: 'NOT_ACCEPTED' } } },
    {
      at: NOON + 4 * MINUTE,
      way: 'directionless',
    },
  ),
  signalItem(
    { updateMessage: { profileChange: { previousName: 'Sam', newName: 'Samuel' } } },
    {
      at: NOON + 5 * MINUTE,
      way: 'directionless',
    },
  ),
  signalItem({ remoteDeletedMessage: {} }, { at: NOON + 6 * MINUTE }),
  signalItem(
    {
      standardMessage: { text: { body: 'I won’t' }, reactions: [{ emoji: '❤', authorId: '64' }] },
      revisions: [{ standardMessage: { text: { body: 'I will' } } }],
    },
    { at: NOON + 7 * MINUTE },
  ),
  signalWords('Lunch?', { at: NOON, by: '2', chat: '8' }),
  '{"chatItem":{"chatId":"7","authorId":"1","dateSent":"1","standardMessage":{"text":{"body":"broken}',
  signalItem({ hologram: {} }, { at: NOON + 8 * MINUTE }),
];

test('Signal: one conversation of the export, with calls, pictures, and what was edited or deleted', async () => {
  const file = archive({
    'signal-export-2026-11-24/main.jsonl': signalLines(SIGNAL_ITEMS),
    'signal-export-2026-11-24/metadata.json': '{"version":1}',
    [`signal-export-2026-11-24/files/${STORED.slice(0, 2)}/${STORED}.png`]: PNG,
  });
  const { read, plan, rows, again, extracts, done } = await imported(file);
  assert.deepEqual(
    [read.app, read.conversations.map(({ title, messages }) => [title, messages])],
    [
      'signal',
      [
        ['Sam', 10],
        ['Flat', 1],
      ],
    ],
  );
  assert.deepEqual([plan.fresh, plan.unread, plan.notices, done?.files.added], [8, [9], 1, 1]);
  assert.deepEqual(rows, [
    ['in', 'Sam', 'text', 'I see you', undefined],
    ['out', 'me', 'text', 'Stop', undefined],
    ['in', 'Sam', 'image', undefined, undefined],
    ['in', 'Sam', 'missed_call', undefined, 'Voice call'],
    ['out', 'me', 'call', undefined, 'Video call. Not answered'],
    ['in', 'Sam', 'deleted', undefined, 'Deleted for everyone'],
    ['in', 'Sam', 'text', 'I won’t', 'Reactions: ❤ by me. Before it was edited: “I will”'],
    ['in', 'Sam', 'other', undefined, 'A kind of message that is not known'],
  ]);
  assert.deepEqual(again, [0, 8]);
  const [{ name, text }] = extracts;
  assert.match(name, /\.jsonl$/);
  assert.doesNotMatch(text, /secret|447700900123|Lunch|Lee/);
  const [own] = await readAs(
    FORMATS.find(({ app }) => app === 'signal'),
    text,
    'x.jsonl',
  );
  assert.deepEqual(own.id, read.conversations[0].id);
  assert.equal(own.messages.length, 8);
});

test('Signal: somebody with the keeper’s name writes nothing in it; an export that is cut off says so', async () => {
  const text = signalLines([signalWords('mine?', { at: NOON }), signalWords('yes', { at: NOON + 1, by: '64' })], {
    name: 'Jo',
  });
  const { rows } = await imported(loose(text, 'main.jsonl'));
  assert.deepEqual(
    rows.map(([direction, , , words]) => [direction, words]),
    [
      ['unknown', 'mine?'],
      ['out', 'yes'],
    ],
  );
  const { app, phone } = await newPhone();
  const read = /** @type {Read} */ (await app.readImport(loose(text.slice(0, -20), 'main.jsonl')));
  assert.deepEqual([read.cutOff, read.messages], [true, 1]);
  await assert.rejects(app.readImport(loose('{"version":1}\n{"chat":{}}\n', 'main.jsonl')), { code: 'import_wrong' });
  const deep = `{"chatItem":{"chatId":"7","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
  const other = /** @type {Read} */ (
    await app.readImport(loose(signalLines([deep, signalWords('a', { at: NOON })]), 'm'))
  );
  assert.ok(other.messages >= 1);
  phone.end();
});
