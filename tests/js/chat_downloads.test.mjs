/**
 * Downloads of Telegram, Snapchat, TikTok and Discord (.zip or .json): each is counted against what was put into it.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { FORMATS } from '#app/imports/conversations/formats.js';
import {
  discordChannel,
  discordMessage,
  discordOwnMessage,
  snapchatMessage,
  telegramChat,
  telegramExport,
  telegramMessage,
  telegramService,
  tiktokExport,
  tiktokMessage,
} from './chat_downloads.mjs';
import { ANDROID, utf8, zip } from './chat_exports.mjs';
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
const JO = ['Jo', '22'];
const TZ = 'Europe/London';
const noPause = async () => undefined;
const newPhone = () => phoneWithEntry({ clock: fixedClock(LATER) });
const json = (value) => utf8(JSON.stringify(value, null, 1));
const loose = (value, name = 'result.json') => new File([json(value)], name, { lastModified: NOON });
const archive = (files, name = 'download.zip') =>
  new File(
    [
      zip(
        Object.fromEntries(
          Object.entries(files).map(([path, value]) => [path, value instanceof Uint8Array ? value : json(value)]),
        ),
      ),
    ],
    name,
    { lastModified: NOON },
  );

/** @typedef {Exclude<import('#app/shell/app.js').ImportPlan, import('#app/shell/app.js').ImportChatPlan>} Plan */
/** @typedef {import('#app/shell/app.js').ImportConversations} Read */

/** Import a file with these answers, and return what the rows say. */
async function importedRows(file, answers, fields = ['direction', 'from', 'to', 'type', 'text', 'description']) {
  const { app, phone } = await newPhone();
  const { found, plan, done } = await importFile(app, file, { tz: TZ, ...answers });
  const rows = done ? await rowsOf(app, done.entries) : [];
  const again = await app.readImport(file).then(() => app.planImport({ tz: TZ, ...answers }));
  phone.end();
  return {
    found: /** @type {Read} */ (found),
    plan: /** @type {Plan} */ (plan),
    rows: rows.map((row) => fields.map((name) => row[name])),
    again: /** @type {Plan} */ (again),
    done,
  };
}

const TELEGRAM = telegramChat([
  telegramService('invite_members', { at: NOON, members: ['Jo'] }),
  telegramMessage('I see you', { at: NOON + MINUTE }),
  telegramMessage(['Look: ', { type: 'link', text: 'https://example.org' }, ' now'], {
    at: NOON + 2 * MINUTE,
    edited_unixtime: '1',
  }),
  telegramMessage('Stop', { at: NOON + 3 * MINUTE, by: JO }),
  telegramService('phone_call', { at: NOON + 4 * MINUTE, discard_reason: 'missed' }),
  telegramService('phone_call', { at: NOON + 5 * MINUTE, discard_reason: 'hangup', duration_seconds: 65 }),
  telegramService('phone_call', { at: NOON + 6 * MINUTE, by: JO, discard_reason: 'missed' }),
  telegramMessage('', { at: NOON + 7 * MINUTE, photo: 'photos/1.png', width: 1, height: 1 }),
  telegramMessage('', {
    at: NOON + 8 * MINUTE,
    media_type: 'voice_message',
    duration_seconds: 3,
    file: '(File not included. Change data exporting settings to download.)',
  }),
  telegramMessage('his', {
    at: NOON + 9 * MINUTE,
    forwarded_from: 'Lee',
    reactions: [{ type: 'emoji', emoji: '❤', count: 1, recent: [{ from: 'Jo', from_id: 'user22' }] }],
  }),
]);
const TELEGRAM_ROWS = [
  ['in', 'Sam', 'me', 'text', 'I see you', undefined],
  ['in', 'Sam', 'me', 'text', 'Look: https://example.org now', undefined],
  ['out', 'me', 'Sam', 'text', 'Stop', undefined],
  ['in', 'Sam', 'me', 'missed_call', undefined, undefined],
  ['in', 'Sam', 'me', 'call', undefined, 'Lasted 65 seconds'],
  ['out', 'me', 'Sam', 'call', undefined, undefined],
  ['in', 'Sam', 'me', 'image', undefined, undefined],
  ['in', 'Sam', 'me', 'voice', undefined, 'Its file is not in the download. Lasts 3 seconds'],
  ['in', 'Sam', 'me', 'text', 'his', 'Reactions: ❤ by me. Forwarded from: “Lee”'],
];

test('Telegram: one chat, with its pictures, calls and pieces of text', async () => {
  const file = archive({ 'ChatExport/result.json': TELEGRAM, 'ChatExport/photos/1.png': PNG });
  const { found, plan, rows, again, done } = await importedRows(file, { me: 'Jo', person: '4242' });
  assert.deepEqual([found.app, found.messages, found.conversations.length], ['telegram', 10, 1]);
  assert.deepEqual([plan.fresh, plan.unread, plan.notices, plan.files?.with], [9, [], 1, 1]);
  assert.deepEqual(rows, TELEGRAM_ROWS);
  assert.deepEqual(done?.files, { added: 1, again: 0, failed: [] });
  assert.deepEqual([again.fresh, again.known], [0, 9]);
});

test('Telegram: one chat of an export of everything, and the same chat by itself adds nothing', async () => {
  const lee = telegramChat([telegramMessage('Lunch?', { at: NOON, by: ['Lee', '33'] })], { name: 'Lee', id: 5 });
  const { app, phone } = await newPhone();
  const whole = loose(telegramExport([lee, TELEGRAM]));
  const answers = { tz: TZ, me: 'Jo', person: '4242' };
  const { found, done } = await importFile(app, whole, answers);
  assert.deepEqual(
    /** @type {Read} */ (found).conversations.map(({ id, title, messages }) => [id, title, messages]),
    [
      ['4242', 'Sam', 10],
      ['5', 'Lee', 1],
    ],
  );
  assert.equal(done.rows, 9);
  const [{ attachment }] = (await app.readIncident(done.entries[0])).attachments.filter(({ name }) =>
    /json$/.test(name),
  );
  const { url } = await app.readReceived(attachment);
  const own = await phone.urls.get(url).text();
  assert.doesNotMatch(own, /Lunch|personal_information/);
  assert.deepEqual(JSON.parse(own).messages.map(({ type }) => type).length, 9);
  const again = /** @type {Plan} */ (await importFile(app, loose(TELEGRAM), answers).then(({ plan }) => plan));
  assert.deepEqual([again.fresh, again.known], [0, 9]);
  phone.end();
});

test('Telegram: two accounts with the keeper’s name, a deleted account, a time that cannot be right', async () => {
  const chat = telegramChat(
    [
      telegramMessage('from whom?', { at: NOON, by: ['Jo', '22'] }),
      telegramMessage('not me', { at: NOON + MINUTE, by: ['Jo', '66'] }),
      telegramMessage('gone', { at: NOON + 2 * MINUTE, by: [null, '77'] }),
      telegramMessage('too early', { at: 0 }),
      telegramMessage('too late', { at: LATER + 2 * 86_400_000 }),
      { type: 'message' },
      'no message',
    ],
    { type: 'private_group', name: 'Flat' },
  );
  const { plan, rows } = await importedRows(loose(chat), { me: 'Jo', person: '4242' });
  assert.deepEqual(
    rows.map(([direction, from]) => [direction, from]),
    [
      ['unknown', 'Jo'],
      ['unknown', 'Jo'],
      ['in', 'Deleted account user77'],
    ],
  );
  assert.deepEqual(plan.unread, [4, 5, 6, 7]);
});

test('Telegram: an export that is cut off at any place gives its whole messages', async () => {
  const format = FORMATS.find(({ app }) => app === 'telegram');
  const lee = telegramChat([telegramMessage('Lunch?', { at: NOON })], { name: 'Lee', id: 5 });
  const text = JSON.stringify(telegramExport([lee, TELEGRAM]));
  const [, whole] = await format.readThreads(utf8(text), '', noPause);
  for (let end = text.indexOf('"list":[{') + 12; end < text.length - 1; end += 5) {
    const bytes = utf8(text.slice(0, end));
    const threads = (await format.readThreads(bytes, '', noPause)) ?? [];
    const found = threads.find(({ id }) => id === '4242');
    const expected = whole.messages.filter(({ end: to }) => to <= end);
    assert.equal(found?.messages.length ?? 0, expected.length, String(end));
    if (expected.length && expected.length < whole.messages.length) assert.equal(found.cutOff, true, String(end));
  }
});

const SNAPS = {
  'sam.b': [
    snapchatMessage('newest', { at: NOON + 5 * MINUTE }),
    snapchatMessage('', { at: NOON + 4 * MINUTE, type: 'STATUSMISSEDAUDIOCALL' }),
    snapchatMessage('', { at: NOON + 3 * MINUTE, type: 'MEDIA', 'Media IDs': 'b~abc123' }),
    snapchatMessage('', { at: NOON + 3 * MINUTE - 1, type: 'STATUSERASEDMESSAGE' }),
    snapchatMessage('Leave me alone', { at: NOON + 2 * MINUTE, by: 'jo.k', own: true }),
    snapchatMessage('oldest', { at: NOON + MINUTE }),
  ],
  'lee.x': [snapchatMessage('Lunch?', { at: NOON, by: 'lee.x' })],
};

test('Snapchat: words, snaps, files by their id, and missed calls', async () => {
  const files = {
    'mydata/json/chat_history.json': SNAPS,
    'mydata/json/snap_history.json': {
      'sam.b': [snapchatMessage(null, { at: NOON + 6 * MINUTE, type: 'IMAGE', IsSaved: false })],
    },
    'mydata/json/friends.json': { Friends: [] },
    'mydata/chat_media/2026-11-25_b~abc123.png': PNG,
  };
  const { found, plan, rows, again } = await importedRows(archive(files), { me: 'jo.k', person: 'sam.b' });
  assert.deepEqual([found.app, found.messages, plan.fresh, plan.notices, plan.files?.with], ['snapchat', 8, 6, 1, 1]);
  assert.deepEqual(
    rows.map(([direction, from, , type, text, description]) => [direction, from, type, text, description]),
    [
      ['in', 'sam.b', 'text', 'oldest', 'Saved in the chat'],
      ['out', 'me', 'text', 'Leave me alone', 'Saved in the chat'],
      ['in', 'sam.b', 'image', undefined, 'Saved in the chat'],
      ['in', 'sam.b', 'missed_call', undefined, 'Voice call'],
      ['in', 'sam.b', 'text', 'newest', 'Saved in the chat'],
      ['in', 'sam.b', 'image', undefined, 'A snap or file that the download does not have'],
    ],
  );
  assert.deepEqual([again.fresh, again.known], [0, 6]);
});

test('Snapchat: a kind of message that is not known is kept and named', async () => {
  const messages = [snapchatMessage('hello', { at: NOON, type: 'HOLOGRAM' })];
  const { plan, rows } = await importedRows(loose({ 'sam.b': messages }), { me: null, person: 'sam.b' });
  assert.equal(plan.notices, 0);
  assert.deepEqual(rows, [
    ['in', 'sam.b', undefined, 'other', 'hello', 'Saved in the chat. Kind of message in the file: HOLOGRAM'],
  ]);
});

test('Snapchat marks what the owner of the account sent: an answer that contradicts it says nothing', async () => {
  const { rows } = await importedRows(loose(SNAPS, 'chat_history.json'), { me: 'sam.b', person: 'sam.b' });
  assert.deepEqual([...new Set(rows.map(([direction]) => direction))], ['unknown']);
});

test('Snapchat: a member with microseconds that is in another unit does not move a message', async () => {
  const messages = [
    snapchatMessage('a', { at: NOON, 'Created(microseconds)': NOON * 1000 + 250_000 }),
    snapchatMessage('b', { at: NOON - MINUTE, 'Created(microseconds)': 5 }),
    snapchatMessage('c', { at: NOON - 2 * MINUTE, Created: 'yesterday', 'Created(microseconds)': NOON }),
  ];
  const { plan, rows } = await importedRows(loose({ 'sam.b': messages }), { me: null, person: 'sam.b' }, [
    'text',
    'sent_at',
  ]);
  assert.deepEqual(rows, [
    ['b', NOON - MINUTE],
    ['a', NOON + 250],
  ]);
  assert.deepEqual(plan.unread, [3]);
});

test('TikTok: one conversation, under each name that its members had', async () => {
  const messages = [
    tiktokMessage('I know your school', { at: NOON }),
    tiktokMessage('Stop', { at: NOON + MINUTE, by: 'jo.k' }),
    { Date: '2026-02-30 10:00:00', From: 'sam.b', Content: 'no such day' },
  ];
  for (const path of [
    undefined,
    ['Direct Messages', 'Chat History', 'ChatHistory'],
    ['Direct Messages', 'Direct Messages', 'ChatHistory'],
  ]) {
    const value = tiktokExport(
      { 'sam.b': messages, 'lee.x': [tiktokMessage('Lunch?', { at: NOON, by: 'lee.x' })] },
      path,
    );
    const { found, plan, rows, again } = await importedRows(archive({ 'user_data_tiktok.json': value }), {
      me: 'jo.k',
      person: 'sam.b',
    });
    assert.deepEqual([found.app, found.conversations.length, plan.fresh, plan.unread], ['tiktok', 2, 2, [3]]);
    assert.deepEqual(
      rows.map(([direction, from, , , text]) => [direction, from, text]),
      [
        ['in', 'sam.b', 'I know your school'],
        ['out', 'me', 'Stop'],
      ],
    );
    assert.deepEqual([again.fresh, again.known], [0, 2]);
  }
});

test('Discord: its own package has only what the owner wrote, and says with whom', async () => {
  const files = {
    'package/Messages/index.json': { 777777: 'Direct Message with sam#0', 888888: null },
    'package/Messages/c777777/channel.json': { id: '777777', type: 'DM', recipients: ['22', '11'] },
    'package/Messages/c777777/messages.json': [
      discordOwnMessage('Please stop', { at: NOON + MINUTE }),
      discordOwnMessage('', { at: NOON, attachments: 'https://cdn.example/a/photo.png?ex=1' }),
    ],
    'package/Messages/c888888/messages.json': [discordOwnMessage('Hi', { at: NOON })],
    'package/Account/user.json': {},
  };
  const { found, rows } = await importedRows(archive(files), { me: null, person: '777777' });
  assert.deepEqual(
    found.conversations.map(({ title }) => title),
    ['Direct Message with sam#0', 'Channel 888888'],
  );
  assert.deepEqual(rows, [
    ['out', 'me', undefined, 'image', undefined, 'Not in the download: photo.png'],
    ['out', 'me', undefined, 'text', 'Please stop', undefined],
  ]);
});

test('what the owner of another person’s account wrote is not said to be the keeper’s', async () => {
  const own = [discordOwnMessage('Please stop', { at: NOON })];
  for (const [account, direction] of [
    ['mine', 'out'],
    ['shared', 'unknown'],
    ['my_childs', 'unknown'],
    ['given_to_me', 'unknown'],
    ['not_sure', 'unknown'],
  ]) {
    const file = loose(own, 'messages.json');
    const { app, phone } = await newPhone();
    const read = /** @type {Read} */ (await app.readImport(file));
    const answers = { tz: TZ, me: null, person: read.conversations[0].id, account };
    const { done } = await importFile(app, file, answers);
    const [row] = await rowsOf(app, done.entries);
    assert.deepEqual([row.direction, row.from], [direction, direction === 'out' ? 'me' : undefined], account);
    const { attachments } = await app.readIncident(done.entries[0]);
    const records = await app.readRecords('attachment');
    const fields = records.find(({ record }) => record === attachments[0].attachment)?.fields;
    assert.equal(fields?.source_account, account);
    phone.end();
  }
});

test('Discord: an export of a channel, with calls, links and lines of the app', async () => {
  const channel = discordChannel([
    discordMessage('Pinned a message.', { at: NOON, type: 'ChannelPinnedMessage' }),
    discordMessage('Open the door', { at: NOON + MINUTE, timestampEdited: '2026-11-25T13:00:00+00:00' }),
    discordMessage('Started a call.', {
      at: NOON + 2 * MINUTE,
      type: 'Call',
      callEndedTimestamp: new Date(NOON + 3 * MINUTE).toISOString(),
    }),
    discordMessage('No', { at: NOON + 4 * MINUTE, by: JO, type: 'Reply' }),
    discordMessage('see', {
      at: NOON + 5 * MINUTE,
      attachments: [{ id: '1', url: 'Sam_Files/door-1A2B.png', fileName: 'door.png', fileSizeBytes: 16 }],
      embeds: [{ title: 'A shop', description: 'Knives' }],
      reactions: [{ emoji: { name: '👍' }, count: 2 }],
    }),
  ]);
  const files = { 'Sam [777777].json': channel, 'Sam_Files/door-1A2B.png': PNG };
  const { found, plan, rows, again } = await importedRows(archive(files), { me: 'Jo', person: '777777' });
  assert.deepEqual([found.app, plan.fresh, plan.notices, plan.files?.with], ['discord', 4, 1, 1]);
  assert.deepEqual(rows, [
    ['in', 'Sam', 'me', 'text', 'Open the door', undefined],
    ['in', 'Sam', 'me', 'call', undefined, 'Lasted 60 seconds, with the time until an answer'],
    ['out', 'me', 'Sam', 'text', 'No', undefined],
    ['in', 'Sam', 'me', 'image', 'see', 'Reactions: 👍 2. Shown with a link: “A shop: Knives”'],
  ]);
  assert.deepEqual([again.fresh, again.known], [0, 4]);
});

test('a document that somebody sent decides no download', async () => {
  const { app, phone } = await newPhone();
  const forged = telegramChat([telegramMessage('I am sorry', { at: NOON, by: JO })], { name: 'Sam' });
  const kinds = {
    chat: { 'WhatsApp Chat with Sam Hill.txt': utf8(ANDROID), 'result.json': forged },
    telegram: {
      'Export/result.json': TELEGRAM,
      'Export/files/result.json': forged,
      'Export/files/_chat.txt': utf8(ANDROID),
    },
    snapchat: { 'json/chat_history.json': SNAPS, 'chat_media/x/json/chat_history.json': { 'sam.b': [] } },
  };
  for (const [kind, files] of Object.entries(kinds)) {
    const read = await app.readImport(archive(files));
    assert.equal(read.kind === 'conversations' ? read.app : read.kind, kind);
    if (read.kind === 'conversations') assert.doesNotMatch(JSON.stringify(read.conversations), /sorry/);
    if (kind === 'telegram') assert.equal(/** @type {Read} */ (read).messages, 10);
  }
  phone.end();
});

test('names of apps that the record knows', async () => {
  const { app, phone } = await newPhone();
  const { done } = await importFile(app, loose(TELEGRAM), { tz: TZ, me: 'Jo', person: '4242' });
  const { fields } = (await app.readRecords('incident')).find(({ record }) => record === done.entries[0]);
  assert.deepEqual(
    [fields.channel, fields.source_record, fields.count],
    ['telegram', 'An export of Telegram messages', 7],
  );
  assert.match(String(fields.narrative), /^Telegram: /);
  phone.end();
});
