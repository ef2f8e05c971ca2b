/** Saved emails: raw and decoded headers, text in any charset, files, nested messages, and damaged emails. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { looksLikeMail, readMail, parseDateHeader } from '#app/imports/mail.js';
import { MAIL, utf8 } from './chat_exports.mjs';
import { measureCpu } from './phone/cpu_time.mjs';

const joinLines = (...texts) => utf8(texts.join('\r\n'));
const HEAD = [
  'From: Sam <sam@example.org>',
  'To: jo@example.net',
  'Date: Tue, 24 Nov 2026 21:10:00 +0000',
  'Subject: hi',
];

test('an email gives its raw and decoded headers, its text, its file and the message inside', async () => {
  const mail = await readMail(utf8(MAIL));
  assert.deepEqual(
    [mail.from, mail.to, mail.subject, mail.text],
    ['Sám <sam@example.org>', ['jo@example.net'], 'Café tonight', 'I saw you €\nAnswer me.'],
  );
  assert.deepEqual(mail.sent, {
    at: Date.UTC(2026, 10, 24, 21, 10),
    raw: 'Tue, 24 Nov 2026 22:10:00 +0100',
    offset_min: 60,
  });
  assert.equal(
    mail.headers[0].raw,
    'Received: from mail.example (192.0.2.1)\r\n by mx.example; Tue, 24 Nov 2026 21:10:05 +0000',
  );
  assert.deepEqual(
    [mail.headers[1].raw, mail.headers[1].read],
    ['From: =?UTF-8?Q?S=C3=A1m?= <sam@example.org>', 'Sám <sam@example.org>'],
  );
  assert.ok(MAIL.startsWith(mail.raw_headers));
  assert.deepEqual(mail.files, [{ name: 'häus.png', type: 'image/png', size: 8 }]);
  assert.deepEqual(
    mail.inside.map(({ from, subject, text, sent }) => [from, subject, text, sent.at]),
    [['Lee <lee@example.com>', 'her address', 'Mill Lane', Date.UTC(2026, 10, 23, 14)]],
  );
  assert.deepEqual(mail.odd, []);
});

test('the bytes are decoded with the charset that the header names', async () => {
  const body = [...joinLines(...HEAD, 'Content-Type: text/plain; charset=iso-8859-1', '', ''), 0xe9, 0xe8];
  assert.equal((await readMail(Uint8Array.from(body))).text, 'éè');
  const base64 = joinLines(
    ...HEAD,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    btoa(unescape(encodeURIComponent('آپ کہاں ہیں'))),
  );
  assert.equal((await readMail(base64)).text, 'آپ کہاں ہیں');
  assert.ok(
    (await readMail(joinLines(...HEAD, 'Content-Type: text/plain; charset=made-up', '', 'plain words'))).text.includes(
      'plain words',
    ),
  );
});

test('an email with only pictures and markup is turned into text, and this is reported', async () => {
  const mail = await readMail(
    joinLines(
      ...HEAD,
      'Content-Type: text/html',
      '',
      '<p>You <b>know</b></p><script>alert(1)</script><img src="https://tracker.example/x.gif">',
    ),
  );
  assert.match(mail.text, /You know/);
  assert.doesNotMatch(mail.text, /alert|tracker/);
  assert.deepEqual(mail.odd, ['words_from_html']);
});

test('what is missing is reported, never made up', async () => {
  const noDate = await readMail(joinLines('From: a@b.example', 'Subject: x', '', 'words'));
  assert.deepEqual([noDate.sent, noDate.odd], [{ at: null, raw: '', offset_min: null }, ['no_date']]);
  const badDate = await readMail(
    joinLines('To: a@b.example', 'Subject: x', 'Date: 31 Feb 2026 10:00:00 +0000', '', ''),
  );
  assert.deepEqual([badDate.sent.at, badDate.odd], [null, ['bad_date', 'no_from', 'no_words']]);
  assert.deepEqual((await readMail(utf8(MAIL.slice(0, MAIL.indexOf('iVBOR'))))).odd, ['half']);
  assert.deepEqual((await readMail(joinLines(...HEAD))).odd, ['no_words']);
});

test('a date without a time zone is not a moment', () => {
  assert.equal(parseDateHeader('Tue, 24 Nov 2026 21:10:00').at, null);
  assert.equal(parseDateHeader('24 Nov 26 21:10 GMT').at, Date.UTC(2026, 10, 24, 21, 10));
  assert.equal(parseDateHeader('Sun, 25 Oct 2026 01:30:00 BST').at, Date.UTC(2026, 9, 25, 0, 30));
  for (const raw of [
    '',
    'yesterday',
    '24 Nov 2026 25:10:00 +0000',
    '24 Foo 2026 10:00:00 +0000',
    '24 Nov 2026 10:00:00 +9900',
  ])
    assert.equal(parseDateHeader(raw).at, null);
});

for (const [zone, hours] of Object.entries({
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  gmt: 0,
  BST: 1,
  CET: 1,
  CEST: 2,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  '+0100': 1,
  '-0330': -3.5,
  '+1400': 14,
  '-1400': -14,
})) {
  test(`a date in the zone ${zone}`, () => {
    const { at, offset_min } = parseDateHeader(`Tue, 24 Nov 2026 12:10:05 ${zone}`);
    assert.deepEqual([at, offset_min], [Date.UTC(2026, 10, 24, 12, 10, 5) - hours * 3_600_000, hours * 60]);
  });
}

test('dates: every month, years of two digits, and the limits of a day', () => {
  const months = ['Jan', 'feb', 'March', 'APR', 'May', 'Jun', 'Jul', 'August', 'Sept', 'Oct', 'Nov', 'Dec'];
  for (const [i, month] of months.entries())
    assert.equal(parseDateHeader(`1 ${month} 2026 00:00 UTC`).at, Date.UTC(2026, i, 1), month);
  for (const [year, fullYear] of /** @type {[string, number][]} */ ([
    ['00', 2000],
    ['49', 2049],
    ['50', 1950],
    ['99', 1999],
    ['2026', 2026],
  ])) {
    assert.equal(new Date(parseDateHeader(`1 Jan ${year} 00:00 UTC`).at).getUTCFullYear(), fullYear, year);
  }
  assert.equal(parseDateHeader('24 Nov 2026 23:59:59 UTC').at, Date.UTC(2026, 10, 24, 23, 59, 59));
  for (const raw of [
    '24 Nov 2026 24:00 UTC',
    '24 Nov 2026 23:60 UTC',
    '31 Nov 2026 10:00 UTC',
    '0 Nov 2026 10:00 UTC',
    '24 Nov 2026 10:00 XYZ',
    '24 Nov 2026 10:00 +1401',
  ]) {
    assert.deepEqual(parseDateHeader(raw), { at: null, raw, offset_min: null });
  }
});

test('a file that is not an email is refused, whatever it begins with', async () => {
  for (const text of ['', 'hello: you\nthere: you\n\n', '24/11/2026, 21:10 - Sam: a\n', '<html>', '{"from":"a"}']) {
    assert.equal(looksLikeMail(utf8(text)), false);
    await assert.rejects(readMail(utf8(text)), { code: 'import_not_mail' });
  }
  await assert.rejects(readMail(/** @type {Uint8Array} */ ({ length: 41 * 1024 * 1024 })), { code: 'too_large' });
});

test('hostile input: deep nesting, endless headers, 10,000 parts, messages inside messages', async () => {
  const deep = Array.from(
    { length: 200 },
    (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`,
  ).join('');
  await assert.rejects(readMail(utf8(`${HEAD.join('\r\n')}\r\n${deep}`)), { code: 'mail_damaged' });
  const elapsed = measureCpu();
  await readMail(utf8(`${HEAD.join('\r\n')}\r\nX-Long: ${'a b'.repeat(300_000)}\r\n\r\nx`));
  const part = '--b\r\nContent-Type: text/csv\r\n\r\nx\r\n';
  const parts = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(10_000)}--b--\r\n`;
  assert.equal((await readMail(utf8(`${HEAD.join('\r\n')}\r\n${parts}`))).files.length, 10_000);
  let inner = 'From: x@y.example\r\nTo: z@y.example\r\n\r\nend';
  for (let i = 0; i < 8; i++)
    inner =
      `From: x@y.example\r\nTo: z@y.example\r\nContent-Type: multipart/mixed; boundary=c${i}\r\n\r\n` +
      `--c${i}\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--c${i}--\r\n`;
  const mail = await readMail(utf8(inner));
  assert.equal(mail.inside[0].inside[0].inside[0].inside[0].inside.length, 0);
  assert.ok(mail.inside[0].inside[0].inside[0].inside[0].odd.includes('too_deep'));
  assert.ok(elapsed() < 8000);
});
