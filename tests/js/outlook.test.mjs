/** Outlook's .msg and winmail.dat: who, when, words, files and messages inside, and files that were made to harm. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { KeptError } from '#app/core/errors.js';
import { looksLikeOutlook, readMail } from '#app/imports/mail.js';
import { wordsOfRtf } from '#app/imports/outlook/rtf.js';
import {
  HTML_RTF,
  MESSAGE,
  SAMPLES,
  SECTOR,
  SENT,
  TEXT_RTF,
  TRANSPORT_HEADERS,
  compoundFile,
  mailWith,
  msg,
  msgTree,
  packedRtf,
  rtfHeader,
  tnef,
  tnefAttribute,
} from './outlook_files.mjs';
import { measureCpu } from './phone/cpu_time.mjs';

const [END, FREE] = [0xfffffffe, 0xffffffff];
const changed = (bytes, at, value) => {
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
};
const refusal = (bytes) =>
  readMail(bytes).then(
    () => null,
    (error) => (error instanceof KeptError ? error.code : error),
  );
const essence = ({ from, to, subject, text, files, inside, sent }) => ({
  from,
  to,
  subject,
  text,
  files,
  at: sent.at,
  inside: inside.map((one) => [one.from, one.subject, one.text, one.sent.at]),
});
const EXPECTED = {
  from: 'Sám <sam@example.org>',
  to: ['jo@example.net'],
  subject: 'Café tonight',
  text: 'I saw you €\nAnswer me.',
  files: [{ name: 'häus.png', type: 'image/png', size: 8 }],
  at: SENT.getTime(),
  inside: [['Lee <lee@example.com>', 'her address', 'Mill Lane', Date.UTC(2026, 10, 23, 14)]],
};

test('a .msg and a winmail.dat give the same message, with the time that Outlook kept', async () => {
  for (const bytes of [msg(MESSAGE), tnef(MESSAGE)]) {
    assert.ok(looksLikeOutlook(bytes.subarray(0, 8)));
    const mail = await readMail(bytes);
    assert.deepEqual(essence(mail), EXPECTED);
    assert.deepEqual([mail.sent.raw, mail.odd, mail.headers], ['2026-11-24T21:10:00Z', ['outlook_time'], []]);
  }
});

test('headers as they were sent come first, and what Outlook kept otherwise is named', async () => {
  const mail = await readMail(msg({ ...MESSAGE, headers: TRANSPORT_HEADERS }));
  assert.deepEqual(essence(mail), EXPECTED);
  assert.deepEqual([mail.sent.raw, mail.sent.offset_min, mail.odd], ['Tue, 24 Nov 2026 22:10:00 +0100', 60, []]);
  assert.equal(mail.headers[0].read, 'from mail.example (192.0.2.1)');
  const edited = await readMail(
    msg({
      ...MESSAGE,
      headers: TRANSPORT_HEADERS,
      submitted: new Date(SENT.getTime() + 3_600_000),
      senderAddress: 'jo@example.net',
      flags: 8,
    }),
  );
  assert.deepEqual(edited.odd, ['times_differ', 'senders_differ', 'unsent']);
  assert.deepEqual([edited.from, edited.sent.at], ['Sám <sam@example.org>', SENT.getTime()]);
});

test('text in an old encoding is decoded with the code page that the message names', async () => {
  const cyrillic = { text8: [0xef, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0] };
  const mail = await readMail(msg({ codePage: 1251, subject: cyrillic, body: cyrillic, senderName: cyrillic }));
  assert.deepEqual([mail.subject, mail.text, mail.from], ['привет', 'привет', 'привет']);
});

test('without a plain text the words come from the HTML or the RTF, and this is reported', async () => {
  const html = Buffer.from('<p>You <b>know</b></p><script>alert(1)</script>');
  const { body: _body, ...rest } = MESSAGE;
  const fromHtml = await readMail(msg({ ...rest, html }));
  assert.equal(fromHtml.text.trim(), 'You know');
  assert.ok(fromHtml.odd.includes('words_from_html'));
  for (const make of [msg, tnef]) {
    const packed = await readMail(make({ ...rest, rtf: packedRtf(HTML_RTF) }));
    assert.equal(packed.text.trim(), 'Wait für me');
    assert.ok(packed.odd.includes('words_from_html'));
    const plain = await readMail(make({ ...rest, rtf: packedRtf(TEXT_RTF) }));
    assert.equal(plain.text, 'I know\n€20 ');
    assert.ok(plain.odd.includes('words_from_rtf'));
  }
});

test('compressed RTF uses the window that the specification gives, and damage is reported', () => {
  // The place 0 of the window, 2 + 4 letters: `{\rtf1`, then the end.
  const contents = Buffer.from([0b0000_0101, 0x00, 0x04, 0x7d, 0x0d, 0x60]);
  assert.deepEqual(wordsOfRtf(rtfHeader(contents, 7)), { text: '', isHtml: false, isWhole: true });
  const reference = Buffer.from([0b0000_0001, 0x00, 0x04]);
  assert.deepEqual(wordsOfRtf(rtfHeader(reference, 6)).isWhole, true);
  assert.equal(wordsOfRtf(rtfHeader(contents, 7, 1)).isWhole, false);
  assert.equal(wordsOfRtf(packedRtf(TEXT_RTF).subarray(0, 60)).isWhole, false);
  assert.equal(wordsOfRtf(rtfHeader(contents, 0xffffffff)), null);
  assert.equal(wordsOfRtf(new Uint8Array(15)), null);
});

test('a winmail.dat inside an email gives its words and files', async () => {
  const mail = await readMail(mailWith(tnef(MESSAGE)));
  assert.equal(mail.text, 'I saw you €\nAnswer me.');
  assert.deepEqual(
    mail.files.map(({ name }) => name),
    ['winmail.dat', 'häus.png'],
  );
  assert.deepEqual(
    mail.inside.map(({ text }) => text),
    ['Mill Lane'],
  );
  assert.equal(mail.from, 'Sam <sam@example.org>');
  const both = await readMail(mailWith(tnef(MESSAGE), 'The words that were sent.'));
  assert.equal(both.text.trim(), 'The words that were sent.');
  const half = await readMail(mailWith(tnef(MESSAGE).subarray(0, 200), 'Words.'));
  assert.ok(half.odd.includes('part_unread'));
});

test('a local time without a zone gives no instant, and is shown as it is', async () => {
  const date = Buffer.from([...[2026, 11, 24, 21, 10, 0, 2].flatMap((n) => [n & 255, n >> 8])]);
  const mail = await readMail(tnef({ subject: 'hi', body: 'x' }, [tnefAttribute(1, 0x00038005, date)]));
  assert.deepEqual([mail.sent.at, mail.sent.raw], [null, '2026-11-24 21:10:00']);
  assert.ok(mail.odd.includes('bad_date'));
});

test('a compound file of another program is no email', async () => {
  assert.equal(await refusal(compoundFile({ WordDocument: Buffer.alloc(5000) })), 'import_wrong');
});

test('truncated at every place, it is refused or read and reported', async () => {
  const long = { ...MESSAGE, body: 'words '.repeat(1500) };
  // Where a winmail.dat ends between two of its parts, nothing in it tells that others followed.
  for (const [whole, untold] of [
    [msg(long), 0],
    [tnef(MESSAGE), 8],
  ]) {
    const read = essence(await readMail(whole));
    let silent = 0;
    for (let size = 8; size < whole.length; size += whole.length > 8000 ? 37 : 1) {
      try {
        const mail = await readMail(whole.slice(0, size));
        if (mail.odd.includes('part_unread')) continue;
        if (!isDeepStrictEqual(essence(mail), read)) silent++;
      } catch (error) {
        assert.ok(error instanceof KeptError, String(error?.stack));
      }
    }
    assert.ok(silent <= untold, `${silent} of ${whole.length}`);
  }
});

test('chains that run in a circle or share sectors, and sizes beyond the file, are refused or reported', async () => {
  const whole = msg({ ...MESSAGE, body: 'words '.repeat(3000) });
  const fat = whole.length - SECTOR * new DataView(whole.buffer).getUint32(44, true);
  const directory = (new DataView(whole.buffer).getUint32(48, true) + 1) * SECTOR;
  const cpu = measureCpu();
  const tryChanged = async (at, value) => {
    const mail = await readMail(changed(whole, at, value)).catch((error) => error);
    assert.ok(mail instanceof KeptError || mail.odd, String(mail?.stack));
  };
  for (let i = 0; i < 120; i++)
    for (const target of [i, 0, i - 1, END, FREE, 0xfffffff0]) await tryChanged(fat + 4 * i, target >>> 0);
  for (let at = directory; at < fat; at += 128) {
    for (const [field, value] of [
      [68, 0],
      [72, 1],
      [76, 1],
      [116, 0],
      [120, 0xffffffff],
      [120, whole.length],
    ])
      await tryChanged(at + field, value);
  }
  assert.ok(cpu() < 20_000);
  assert.equal(await refusal(changed(whole, directory + 128 + 68, 1)), 'mail_damaged');
});

test('a list of tables that names itself as the next is refused', async () => {
  const whole = compoundFile({ '__properties_version1.0': Buffer.alloc(8_000_000) });
  const list = new DataView(whole.buffer).getUint32(68, true);
  assert.equal(await refusal(changed(whole, (list + 2) * SECTOR - 4, list)), 'mail_damaged');
});

test('messages inside messages are read four deep and listed below', async () => {
  let message = { subject: 'deepest', body: 'x' };
  for (let i = 0; i < 8; i++) message = { subject: `level ${i}`, body: 'x', files: [{ displayName: 'in', message }] };
  for (const make of [msg, tnef]) {
    let mail = await readMail(make(message));
    let depth = 0;
    for (; mail.inside.length; depth++) [mail] = mail.inside;
    assert.equal(depth, 4);
    assert.ok(mail.odd.includes('too_deep'));
    assert.deepEqual(
      mail.files.map(({ name }) => name),
      ['in'],
    );
  }
});

test('a million properties are refused at once', async () => {
  const list = Buffer.alloc(32 + 16 * 1_000_000);
  assert.equal(await refusal(compoundFile({ '__properties_version1.0': list })), 'mail_damaged');
  const count = Buffer.alloc(8_000_004);
  count.writeUInt32LE(1_000_000);
  const header = tnef({ subject: 'x' }).subarray(0, 6);
  const bytes = Uint8Array.from(Buffer.concat([header, tnefAttribute(1, 0x00069003, count)]));
  assert.equal(await refusal(bytes), 'mail_damaged');
});

test('a stream that many entries share does not grow', async () => {
  const tree = msgTree(MESSAGE);
  for (let i = 0; i < 1000; i++) tree[`__recip_version1.0_#${i}`] = { '__properties_version1.0': Buffer.alloc(5000) };
  const whole = compoundFile(tree);
  const view = new DataView(whole.buffer);
  let [from, changes] = [0, 0];
  for (let at = SECTOR; at + 128 <= whole.length; at += 128)
    if (view.getUint16(at, true) === 0x5f && whole[at + 66] === 2 && view.getUint32(at + 120, true) === 5000) {
      if (!from) from = view.getUint32(at + 116, true);
      view.setUint32(at + 116, from, true);
      view.setUint32(at + 120, whole.length - 1, true);
      changes++;
    }
  assert.equal(changes, 1000);
  const read = await readMail(whole).catch((error) => error);
  assert.ok(read instanceof KeptError || read.odd.includes('part_unread'));
});

test('lone surrogates and marks of direction stay harmless text', async () => {
  const mail = await readMail(msg({ ...MESSAGE, subject: 'a\ud800\u202egpj', senderName: '\udc00me' }));
  assert.doesNotMatch(mail.subject + mail.from, /\p{Surrogate}/u);
});

test('the samples are read without a fault', async () => {
  for (const bytes of [SAMPLES.message, SAMPLES.rtf, SAMPLES.winmail, SAMPLES.text])
    assert.ok(!(await readMail(bytes)).odd.includes('part_unread'));
});
