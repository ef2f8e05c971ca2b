/** Saved web pages: what the file says of address, title and time, their words, and pages that were made to mislead. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { looksLikeSavedPage, readSavedPage } from '#app/imports/saved_pages/saved_page.js';
import { MAIL, utf8 } from './chat_exports.mjs';
import { measureCpu } from './phone/cpu_time.mjs';
import { ADDRESS, SAMPLES, mhtml, plainPage, singleFile } from './saved_page_files.mjs';

const NOW = Date.UTC(2026, 11, 2);
const SAVED_AT = Date.UTC(2026, 10, 24, 21, 10);
const WORDS = 'I know where you live!\n\nMill Lane café';
/** @param {Uint8Array} bytes */
const read = (bytes) => readSavedPage(Uint8Array.from(bytes), NOW);
const withWords = (inner) => `<!doctype html><html><body>${inner}</body></html>`;

test('MHTML and SingleFile give address, title, time and words', () => {
  for (const [form, bytes] of Object.entries({ mhtml: mhtml(), single_file: singleFile() })) {
    assert.ok(looksLikeSavedPage(Uint8Array.from(bytes)));
    const page = read(bytes);
    assert.deepEqual(
      [page.form, page.address, page.title, page.saved.at, page.text, page.odd],
      [form, ADDRESS, 'Sam & others', SAVED_AT, WORDS, []],
    );
  }
});

test('an ordinary HTML file says no time, and an address only where the browser wrote one', () => {
  const plain = read(plainPage());
  assert.deepEqual([plain.form, plain.address, plain.text, plain.odd], ['html', '', WORDS, ['no_address', 'no_time']]);
  assert.equal(read(SAMPLES.browser).address, ADDRESS);
});

test('an email with pictures inside is no saved page, and a saved page is no email or chat', () => {
  const mail = mhtml({ from: 'Sam <sam@example.org>', address: '' });
  for (const bytes of [
    mail,
    mhtml({ headers: ['To: jo@example.net'] }),
    mhtml({ headers: ['Received: from a by b'] }),
    utf8(MAIL),
    utf8('24/11/2026, 21:10 - Sam: <html> is what you are'),
    Buffer.from('words <html>'),
  ])
    assert.equal(looksLikeSavedPage(Uint8Array.from(bytes)), false);
  const chat = plainPage(withWords('<p>24/11/2026, 21:10 - Sam: I see you</p>'.repeat(3)));
  assert.ok(read(chat).text.startsWith('24/11/2026, 21:10 - Sam: I see you'));
});

test('addresses that differ are all named, whoever makes the claim', () => {
  const wrongPart = read(mhtml({ location: 'https://other.example/x' }));
  assert.deepEqual(wrongPart.odd, ['addresses_differ']);
  assert.deepEqual(
    wrongPart.claims.map(({ address }) => address),
    [ADDRESS, 'https://other.example/x'],
  );
  const base = singleFile({
    html: '<!doctype html><html><head><base href="https://bank.example/"></head><body>x</body></html>',
  });
  assert.deepEqual(
    read(base).claims.map(({ by, address }) => [by, address]),
    [
      ['saver', ADDRESS],
      ['base', 'https://bank.example/'],
    ],
  );
  // What the words of a page claim is no address of it.
  const claiming = plainPage(withWords('<!-- Page saved --><p>url: https://police.example/</p>'));
  assert.deepEqual(read(claiming).claims, []);
  assert.deepEqual(
    read(singleFile({ html: withWords('<!--\nPage saved with SingleFile\nurl: https://police.example/\n-->x') }))
      .address,
    ADDRESS,
  );
});

test('marks that turn or hide letters of an address are written out', () => {
  const page = read(singleFile({ address: 'https://a.example/\u202egnp.exe\u200b' }));
  assert.equal(page.address, 'https://a.example/[U+202E]gnp.exe[U+200B]');
  assert.ok(page.odd.includes('odd_address'));
});

test('times that cannot be, or have not come, are named and never used', () => {
  assert.ok(read(mhtml({ date: 'Tue, 24 Nov 2099 21:10:00 +0000' })).odd.includes('future'));
  assert.deepEqual(read(singleFile({ saved: 'yesterday' })).odd, ['bad_time']);
  assert.equal(read(singleFile({ saved: 'Mon Feb 30 2026 10:00:00 GMT+0000' })).saved.at, null);
});

test('scripts, styles and tags are no words, and hidden parts are reported', () => {
  const page = read(
    plainPage(
      withWords(
        '<p onclick="x()">One</p><script>var a = "</p>two";</script><style>p{}</style><svg><text>three</text></svg>' +
          '<img src=x onerror="alert(1)" alt="a > b"><template>four</template><div style="display:none">five</div>' +
          '&lt;b&gt; &#x1F600; &#xD800; &bogus;',
      ),
    ),
  );
  assert.equal(page.text, 'One\n\nfive\n<b> 😀 &#xD800; &bogus;');
  assert.ok(page.odd.includes('hidden'));
});

test('pages inside pages are named, and nothing inside a part is opened', () => {
  const inner = mhtml({ html: withWords('inner words') }).toString('latin1');
  const page = read(
    mhtml({
      parts: [
        'Content-Type: text/html\r\nContent-Location: cid:frame-2\r\n\r\n<html>frame words</html>',
        `Content-Type: multipart/related; boundary="in"\r\n\r\n${inner.replaceAll('MultipartBoundary', 'Inner')}`,
      ],
    }),
  );
  assert.deepEqual([page.text, page.odd], [WORDS, ['frames']]);
});

test('old encodings are read by the name that the page gives', () => {
  const page = Buffer.from('<html><meta charset="windows-1251"><p>\xef\xf0\xe8\xe2\xe5\xf2', 'latin1');
  assert.equal(read(page).text, 'привет');
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html><p>é</p>', 'utf16le')]);
  assert.equal(looksLikeSavedPage(Uint8Array.from(utf16)), false);
});

test('a file cut off at every place is refused or read', () => {
  for (const bytes of [mhtml(), singleFile()])
    for (let size = 0; size < bytes.length; size++) {
      try {
        const page = read(bytes.subarray(0, size));
        if (page.form === 'mhtml') assert.ok(page.odd.includes('half') || page.text === WORDS);
      } catch (error) {
        assert.ok(error instanceof KeptError, String(error?.stack));
      }
    }
});

test('pages of megabytes that never end a tag, a quote, a comment or an entity are read in seconds', () => {
  const size = 4_000_000;
  const cpu = measureCpu();
  for (const piece of [
    '<',
    '<a ',
    '<a b="',
    '<!--',
    '<script>',
    '&#',
    '<p>x',
    '</',
    '<title>',
    "<a href='>",
    '=?',
    '<b> ',
    ' <p> ',
    'word',
    '\n--',
  ]) {
    const page = read(plainPage(`<html>${piece.repeat(size / piece.length)}`));
    assert.ok(page.text.length <= 100_000);
  }
  const bomb = read(plainPage(withWords(`<img src="data:image/png;base64,${'A'.repeat(40_000_000)}"><p>after</p>`)));
  assert.equal(bomb.text, 'after');
  assert.ok(cpu() < 15_000, `${cpu()} ms`);
  assert.throws(() => readSavedPage(new Uint8Array(64 * 1024 * 1024 + 1), NOW), { code: 'page_large' });
});

test('more words than fit are cut, and this is reported', () => {
  const page = read(plainPage(withWords('<p>word</p>'.repeat(60_000))));
  assert.ok(page.text.length > 90_000 && page.text.length <= 100_000);
  assert.ok(page.odd.includes('cut'));
});
