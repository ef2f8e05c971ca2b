/** Contacts (.vcf): whose card a number is on is never in doubt, and nothing but what is chosen reaches the diary. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { looksLikeContacts, readContacts } from '#app/imports/contacts/vcard.js';
import { accountFieldsOf, isKnown } from '#app/features/import/contact_accounts.js';
import { utf8 } from './chat_exports.mjs';
import { NOON, phoneWithEntry } from './phone/phone.mjs';

let timer;
before(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const noPause = async () => undefined;
const read = (text) => readContacts(typeof text === 'string' ? utf8(text) : text, noPause);
const card = (...lines) => ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n');
const only = async (...lines) => (await read(card(...lines))).contacts[0];
const valuesOf = async (...lines) =>
  (await only(...lines)).values.map(({ kind, value, service }) => [kind, value, service]);

test('numbers, addresses and handles are read in each version', async () => {
  assert.deepEqual(
    await valuesOf(
      'FN:Sam Hill',
      'TEL;TYPE=CELL,VOICE:07700 900123',
      'TEL;CELL;PREF:+447700900124',
      'TEL;VALUE=uri;TYPE="voice,home":tel:+44-7700-900125;ext=5',
      'item1.EMAIL;TYPE=INTERNET:sam@example.org',
      'IMPP;X-SERVICE-TYPE=WhatsApp;type=pref:x-apple:+447700900126',
      'IMPP:xmpp:sam@chat.example',
      'X-SOCIALPROFILE;type=twitter;x-user=sam_h:https://twitter.com/sam_h',
      'SOCIALPROFILE;SERVICE-TYPE=Mastodon:https://social.example/@sam',
      'X-SKYPE-USERNAME:sam.skype',
      'URL:https://sam.example/',
    ),
    [
      ['number', '07700 900123', ''],
      ['number', '+447700900124', ''],
      ['number', '+44-7700-900125', ''],
      ['email', 'sam@example.org', 'email'],
      ['handle', '+447700900126', 'whatsapp'],
      ['handle', 'sam@chat.example', 'xmpp'],
      ['handle', 'sam_h', 'twitter'],
      ['url', 'https://social.example/@sam', 'mastodon'],
      ['handle', 'sam.skype', 'skype'],
      ['url', 'https://sam.example/', ''],
    ],
  );
});

test('birthdays, home addresses, notes and pictures are not read', async () => {
  const found = await only(
    'N:Hill;Sam;;;',
    'BDAY:1990-01-02',
    'ADR;TYPE=HOME:;;1 Mill Lane;Leeds;;LS1 1AA;UK',
    'NOTE:TEL:07700900999',
    'PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ',
    ' TEL:07700900999',
    ' SkZJRg==',
    'TEL:1',
  );
  assert.deepEqual(found, { line: 1, name: 'Sam Hill', values: [{ kind: 'number', value: '1', service: '' }] });
});

test('folded lines, quoted-printable and other encodings are read', async () => {
  const old = card(
    'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB=20=',
    'Hill',
    'EMAIL:a.very.long.address',
    ' @example.org',
    'X-SKYPE;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:zo=EB',
    'X-ICQ;CHARSET=nonsense;ENCODING=QUOTED-PRINTABLE:zo=C3=AB',
  );
  for (const text of [old, old.replaceAll('\r\n', '\n'), old.replaceAll('\r\n', '\r'), `\ufeff${old}`]) {
    const { contacts } = await read(text);
    assert.ok(looksLikeContacts(utf8(text)));
    assert.deepEqual(
      [contacts[0].name, ...contacts[0].values.map(({ value }) => value)],
      ['Zoë Hill', 'a.very.long.address@example.org', 'zoë', 'zoë'],
    );
  }
  const wide = new Uint8Array(Buffer.from(`\ufeff${card('FN:Zoë', 'TEL:1')}`, 'utf16le'));
  assert.ok(looksLikeContacts(wide));
  assert.equal((await read(wide)).contacts[0].name, 'Zoë');
  const latin = new Uint8Array(Buffer.from(card('FN:Zoë', 'TEL:1'), 'latin1'));
  assert.equal((await read(latin)).contacts[0].name, 'Zoë');
});

test('a number is never taken for another contact’s', async () => {
  const cut = `BEGIN:VCARD\nFN:Cut\nTEL:1\n${card('FN:Sam', 'TEL:2')}`;
  assert.deepEqual(await read(cut), {
    contacts: [{ line: 4, name: 'Sam', values: [{ kind: 'number', value: '2', service: '' }] }],
    damaged: [1],
    tooLong: 0,
  });
  for (const agent of [
    ['AGENT:', 'BEGIN:VCARD', 'FN:Agent', 'TEL:9', 'END:VCARD'],
    ['AGENT:BEGIN:VCARD', 'FN:Agent', 'TEL:9', 'END:VCARD'],
  ])
    assert.deepEqual(await valuesOf('FN:Sam', ...agent, 'TEL:2'), [['number', '2', '']], agent[0]);
  // An unfinished quoted line does not take the end of its card with it.
  const open = card('FN;ENCODING=QUOTED-PRINTABLE:Sam=') + card('FN:Lee', 'TEL:3');
  assert.deepEqual(
    (await read(open)).contacts.map(({ name, values }) => [name, values.length]),
    [
      ['Sam=', 0],
      ['Lee', 1],
    ],
  );
  assert.deepEqual((await read(`${card('FN:Sam')}BEGIN:VCARD\nTEL:1`)).damaged, [5]);
});

test('other files are no contacts', async () => {
  for (const text of ['', 'BEGIN:VCALENDAR\n', 'x BEGIN:VCARD\n', 'BEGIN:VCARDS\n', 'FN:Sam\n']) {
    assert.ok(!looksLikeContacts(utf8(text)), text);
    await assert.rejects(read(text), { code: 'import_wrong' }, text);
  }
});

test('hostile cards neither hang nor break a record', async () => {
  const start = performance.now();
  for (const text of [
    card('FN:Sam', `TEL:${'1'.repeat(5_000_000)}`, 'TEL:2'),
    card('FN:Sam', `TEL${';a="b"'.repeat(50_000)}:1`, 'TEL:2'),
    card('FN:Sam', `TEL${';"'.repeat(50_000)}:1`, 'TEL:2'),
    card('FN:Sam', `PHOTO:x\n${' abcd\n'.repeat(400_000)}`, 'TEL:2'),
    card('FN:Sam', `NOTE;QUOTED-PRINTABLE:x=\n${'abcd=\n'.repeat(400_000)}`, 'TEL:2'),
    card('FN:Sam', ...Array(300).fill('AGENT:BEGIN:VCARD'), ...Array(300).fill('END:VCARD'), 'TEL:2'),
    card('FN:Sam', ...Array.from({ length: 1_000 }, (_, i) => `TEL:0${i}`)),
  ]) {
    const { contacts, damaged } = await read(text);
    assert.equal(contacts.length + damaged.length, 1);
    assert.ok((contacts[0]?.values ?? []).every(({ value }) => value.length <= 300));
  }
  await assert.rejects(read(card('FN:x').repeat(20_001)), { code: 'import_too_many' });
  assert.ok(performance.now() - start < 10_000);
  assert.deepEqual(await valuesOf('EMAIL:\u202egro.elpmaxe@mas', 'TEL:\ud800'), [
    ['email', 'gro.elpmaxe@mas', 'email'],
    ['number', '\ufffd', ''],
  ]);
});

test('what is known is said to be known, in any spelling, on the same service only', () => {
  const account = (fields) => ({ fields });
  const number = /** @type {const} */ ({ kind: 'number', value: '07700 900123', service: '' });
  assert.ok(isKnown(number, [account({ number: '+447700900123' })]));
  assert.ok(!isKnown(number, [account({ number: '07700900124' })]));
  const handle = (service) => /** @type {const} */ ({ kind: 'handle', value: '@Sam', service });
  assert.ok(isKnown(handle('instagram'), [account({ handle: 'sam', platform: 'instagram' })]));
  assert.ok(isKnown(handle('instagram'), [account({ handle: 'sam' })]));
  assert.ok(isKnown(handle(''), [account({ handle: 'sam', platform: 'instagram' })]));
  assert.ok(!isKnown(handle('twitter'), [account({ handle: 'sam', platform: 'instagram' })]));
  assert.deepEqual(accountFieldsOf(handle('twitter')), { handle: '@Sam', platform: 'x' });
  assert.deepEqual(accountFieldsOf(handle('icq')), { handle: '@Sam', platform: 'other', platform_text: 'icq' });
  assert.deepEqual(accountFieldsOf(handle('')), { handle: '@Sam' });
  assert.deepEqual(accountFieldsOf(number), { number: '07700 900123' });
});

test('only the value that is tapped becomes an account, and nothing else of the file is kept', async () => {
  const { app, phone } = await phoneWithEntry({ clock: fixedClock(NOON) });
  const text = card('FN:Sam Hill', 'BDAY:1990-01-02', 'TEL:07700900123', 'EMAIL:sam@example.org');
  const found = /** @type {import('#app/shell/app.js').ImportContacts} */ (
    await app.readImport(new File([utf8(text)], 'contacts.txt'))
  );
  assert.deepEqual([found.kind, found.contacts.length, found.damaged], ['contacts', 1, []]);
  await assert.rejects(app.planImport({ tz: 'Europe/London' }), { code: 'not_found' });
  await app.saveRecord({ kind: 'account', record: null, fields: accountFieldsOf(found.contacts[0].values[0]) });
  const accounts = await app.readRecords('account');
  assert.deepEqual(
    accounts.map(({ fields }) => fields),
    [{ number: '07700900123' }],
  );
  assert.ok(!JSON.stringify(accounts).includes('Sam Hill'));
  phone.end();
});
