/** Web archives: their pages, what the file says of them, digests that do not fit, and files that were made to harm. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import test from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { looksLikeWarc, readArchivedPage, readWacz, readWarc } from '#app/imports/web_archives/archive.js';
import { bodyOf, readAnswerHead } from '#app/imports/web_archives/http_answer.js';
import { checkParts, isWacz, startsLikeWacz } from '#app/imports/web_archives/wacz.js';
import { readEntries } from '#app/imports/unzip.js';
import { ANDROID, androidZip, utf8 } from './chat_exports.mjs';
import { measureCpu } from './phone/cpu_time.mjs';
import {
  LINES,
  PAGES,
  POST,
  POST_HTML,
  POST_WORDS,
  SAMPLES,
  answer,
  chunked,
  linesOf,
  record,
  site,
  titled,
  wacz,
  warc,
  warcGz,
  zipOf,
} from './web_archive_files.mjs';

const NOW = Date.UTC(2026, 11, 2);
const pause = async () => undefined;
const source = (bytes) => ({ size: bytes.length, read: async (from, to) => Uint8Array.from(bytes.subarray(from, to)) });
const isZip = (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b;
const list = async (bytes) =>
  isZip(bytes) ? readWacz(source(bytes), await readEntries(source(bytes)), pause) : readWarc(source(bytes), pause);
const open = async (bytes, place = 0, now = NOW) =>
  readArchivedPage(source(bytes), await list(bytes), { place, now }, pause);
const refused = (bytes, code) => assert.rejects(list(bytes), { code });
const listed = ({ pages }) => pages.map(({ address, at }) => [address, at]);

test('every page of a WARC is listed with its time, packed by record, as a whole or not at all', async () => {
  for (const bytes of [warc(), warcGz(), gzipSync(warc())]) {
    assert.ok(await looksLikeWarc(Uint8Array.from(bytes.subarray(0, 65_536))));
    assert.deepEqual(listed(await list(bytes)), PAGES);
  }
});

test('a page of a WARC gives address, title, words and the time that its record has', async () => {
  for (const bytes of [warc(), warcGz()]) {
    const page = await open(bytes);
    assert.deepEqual(
      [page.form, page.address, page.title, page.saved, page.text, page.odd],
      [
        'web_archive',
        POST,
        'Sam & others',
        { at: Date.UTC(2026, 10, 24, 21, 10), raw: '2026-11-24 21:10:00 UTC' },
        POST_WORDS,
        [],
      ],
    );
  }
  const packed = await open(warc(), 1);
  assert.deepEqual([packed.title, packed.text, packed.odd], ['Packed', 'I am outside', []]);
  assert.equal(packed.saved.raw, '2026-11-24 21:11:00.123456 UTC');
  const gone = await open(warc(), 2);
  assert.deepEqual([gone.text, gone.odd], ['Deleted', ['answer_error']]);
  const later = await open(warc(), 3);
  assert.deepEqual([later.title, later.text], ['Sam, later', 'You cannot hide']);
});

test('a WACZ is listed by its pages, each read from the record of its address that is nearest in time', async () => {
  for (const bytes of [wacz(), wacz({ level: 6 })]) {
    const archive = await list(bytes);
    assert.deepEqual(
      archive.pages.map(({ title, at }) => [title, at]),
      [
        ['Sam and others', '2026-11-24T21:10:02Z'],
        ['', '2026-11-25T08:00:01.5Z'],
        ['Never kept', '2026-11-24T21:20:00Z'],
      ],
    );
    assert.deepEqual(archive.parts, { changed: [], absent: [], unlisted: [], hasDigests: true });
    const first = await open(bytes, 0);
    assert.deepEqual([first.title, first.text, first.odd], ['Sam and others', POST_WORDS, []]);
    const second = await open(bytes, 1);
    assert.deepEqual(
      [second.title, second.text, second.saved.raw, second.odd],
      ['Sam, later', 'You cannot hide\nfrom me', '2026-11-25 08:00:00 UTC', ['noted_words']],
    );
    const third = await open(bytes, 2);
    assert.deepEqual([third.text, third.saved.raw], ['', '2026-11-24 21:20:00 UTC']);
    assert.deepEqual(third.odd, ['no_record', 'no_words']);
  }
  await assert.rejects(open(wacz(), 3), { code: 'not_found' });
});

test('without a list of pages, a WACZ is listed by its records; further lists are read too', async () => {
  assert.deepEqual(listed(await list(wacz({ lines: null }))), PAGES);
  assert.deepEqual(listed(await list(wacz({ lines: LINES.slice(0, 1) }))), PAGES);
  const more = { 'pages/extraPages.jsonl': linesOf([{ format: 'json-pages-1.0' }, { url: 'https://b.example/' }]) };
  assert.equal((await list(wacz({ more }))).pages.length, 4);
});

test('parts that differ from the list of digests are named, and so is the page', async () => {
  const other = linesOf([...LINES, { url: 'https://b.example/', ts: '2026-11-24T21:20:00Z' }]);
  const changed = wacz({ change: { 'pages/pages.jsonl': other } });
  assert.deepEqual((await list(changed)).parts.changed, ['pages/pages.jsonl']);
  assert.deepEqual((await open(changed)).odd, ['parts_differ']);
  const put = wacz({ change: { 'pages/more.jsonl': other, 'indexes/index.cdx': null } });
  const { parts } = await list(put);
  assert.deepEqual([parts.changed, parts.absent, parts.unlisted], [[], ['indexes/index.cdx'], ['pages/more.jsonl']]);
  const swapped = wacz({
    change: { 'archive/data.warc.gz': warcGz([answer({ body: Buffer.from(titled('x', 'other')) })]) },
  });
  assert.deepEqual((await list(swapped)).parts.changed, ['archive/data.warc.gz']);
  // The list itself, by the digest that stands beside it.
  const list_ = (all) => ({ ...all, title: 'changed' });
  const digest = Buffer.from(JSON.stringify({ path: 'datapackage.json', hash: `sha256:${'0'.repeat(64)}` }));
  const itself = wacz({ manifest: list_, change: { 'datapackage-digest.json': digest } });
  assert.deepEqual((await list(itself)).parts.changed, ['datapackage.json']);
  // A size alone, and no digests.
  const size = wacz({
    manifest: ({ resources, ...all }) => ({
      ...all,
      resources: resources.map((one) => ({ ...one, bytes: one.bytes + 1 })),
    }),
  });
  assert.equal((await list(size)).parts.changed.length, 3);
  const bare = wacz({
    manifest: ({ resources, ...all }) => ({ ...all, resources: resources.map(({ path }) => ({ path })) }),
  });
  assert.deepEqual((await list(bare)).parts, { changed: [], absent: [], unlisted: [], hasDigests: false });
});

test('a record that its own digests do not fit is named', async () => {
  const wrong = 'sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  for (const fields of [
    { 'WARC-Payload-Digest': wrong },
    { 'WARC-Block-Digest': wrong },
    { 'WARC-Block-Digest': `sha256:${'0'.repeat(64)}` },
  ])
    assert.deepEqual((await open(warc([answer({ fields })]))).odd, ['digest_wrong']);
  for (const value of [null, 'md5:00', 'words']) {
    const fields = { 'WARC-Payload-Digest': value, 'WARC-Block-Digest': value };
    assert.deepEqual((await open(warc([answer({ fields })]))).odd, []);
  }
  const bytes = warc();
  bytes[bytes.indexOf('Mill Lane')] = 0x42;
  assert.deepEqual((await open(bytes)).odd, ['digest_wrong']);
  const cut = answer({ fields: { 'WARC-Truncated': 'length', 'WARC-Payload-Digest': wrong } });
  assert.deepEqual((await open(warc([cut]))).odd, ['half']);
});

test('a redirect, a page in another packing, addresses and times that differ are named', async () => {
  const at = (lines) => wacz({ lines: [LINES[0], ...lines] });
  assert.ok((await open(at([{ url: 'https://posts.example/', ts: '2026-11-24T21:10:00Z' }]))).odd.includes('sent_on'));
  const brotli = await open(warc([answer({ headers: ['Content-Encoding: br'] })]));
  assert.deepEqual(brotli.odd, ['packed', 'no_words']);
  assert.ok((await open(at([{ url: POST, ts: '2020-01-01T00:00:00Z' }]))).odd.includes('times_differ'));
  const zoned = await open(at([{ url: POST, ts: '2026-11-24T22:10:00+01:00' }]));
  assert.deepEqual([zoned.odd, zoned.saved.raw], [[], '2026-11-24 21:10:00 UTC']);
  const base = POST_HTML.replace('<head>', '<head><base href="https://bank.example/">');
  assert.deepEqual((await open(warc([answer({ body: Buffer.from(base) })]))).odd, ['addresses_differ']);
  const marks = await open(warc([answer({ uri: 'https://a.example/\u202egnp' })]));
  assert.deepEqual([marks.address, marks.odd], ['https://a.example/[U+202E]gnp', ['odd_address']]);
});

test('times that cannot be, or have not come, are as they are written', async () => {
  /** @type {[string, string, string[]][]} */
  const times = [
    ['2026-02-30T10:00:00Z', '2026-02-30T10:00:00Z', ['bad_time']],
    ['yesterday', 'yesterday', ['bad_time']],
    ['2099-01-01T00:00:00Z', '2099-01-01 00:00:00 UTC', ['future']],
    ['2026-11', '2026-11', []],
  ];
  for (const [date, raw, odd] of times) {
    const { saved, odd: found } = await open(warc([answer({ date })]));
    assert.deepEqual([saved.raw, found], [raw, odd]);
  }
});

test('letters are read by the name that the server gave, and nothing of a page is words but its words', async () => {
  const russian = Buffer.from('<html><p>\xef\xf0\xe8\xe2\xe5\xf2<script>x</script>', 'latin1');
  assert.equal((await open(warc([answer({ type: 'text/html; charset=windows-1251', body: russian })]))).text, 'привет');
});

test('a WARC is refused at the first record that does not keep to the form', async () => {
  const one = answer();
  for (const bad of [
    answer({ version: 'WARC/2.0' }),
    answer({ version: 'WARC/1.1x' }),
    answer({ end: '\r\n' }),
    answer({ end: 'xxxx' }),
    answer({ lines: ['Content-Length: 1'] }),
    answer({ lines: ['WARC-Target-URI: https://police.example/'] }),
    answer({ lines: ['no field'] }),
    answer({ lines: ['X: a\u0000b'] }),
    answer({ fields: { 'WARC-Date': null } }),
    answer({ fields: { 'WARC-Record-ID': null } }),
    answer({ fields: { 'WARC-Type': null } }),
    answer({ fields: { 'Content-Length': null } }),
    answer({ fields: { 'Content-Length': '-1' } }),
    answer({ fields: { 'Content-Length': '1e3' } }),
    answer({ uri: '' }),
    answer({ fields: { X: 'a'.repeat(70_000) } }),
    Buffer.from('words after the end'.repeat(9_000)),
  ]) {
    await refused(warc([one, bad, one]), 'archive_damaged');
    await refused(warcGz([one, bad, one]), 'archive_damaged');
  }
  await refused(warc([answer({ fields: { 'Content-Length': '999999999999999' } })]), 'archive_half');
  await refused(warc([record({ type: 'warcinfo', uri: '' })]), 'archive_no_pages');
  await refused(warc(site().filter((one) => !one.includes('text/html'))), 'archive_no_pages');
});

test('a WARC or WACZ that is cut off at any place is refused, or is whole up to there', async () => {
  const [plain, packed, zipped] = [SAMPLES.warc, SAMPLES.warc_gz, SAMPLES.wacz];
  const ends = (records) => records.reduce((all, one) => [...all, (all.at(-1) ?? 0) + one.length], []);
  const whole = new Set(ends([0, 1, 2].map((i) => splitRecords(plain)[i])));
  for (let size = 1; size < plain.length; size++) {
    const read = await list(plain.subarray(0, size)).then(
      () => true,
      (error) => error instanceof KeptError && error.code,
    );
    assert.equal(
      read,
      whole.has(size) ? (size === [...whole][0] ? 'archive_no_pages' : true) : 'archive_half',
      String(size),
    );
  }
  let read = 0;
  for (let size = 1; size < packed.length; size++)
    await list(packed.subarray(0, size)).then(
      () => read++,
      (error) =>
        assert.ok(['archive_half', 'archive_damaged', 'archive_no_pages'].includes(error.code), String(error.stack)),
    );
  assert.equal(read, 1); // between two records
  for (let size = 1; size < zipped.length; size += 7)
    await assert.rejects(list(zipped.subarray(0, size)), (error) => error instanceof KeptError);
  assert.ok(startsLikeWacz(Uint8Array.from(zipped.subarray(0, 200))));
  assert.ok(!startsLikeWacz(Uint8Array.from(androidZip().subarray(0, 200))));
});

/** Cut a WARC before each of its records. */
const splitRecords = (bytes) => bytes.toString('latin1').split(/(?=WARC\/1\.1\r\n)/);

test('a packed WARC whose checksum does not fit, or with other bytes behind it, is refused', async () => {
  const bytes = warcGz();
  const at = gzipSync(site()[0]).length - 8;
  bytes[at] ^= 1;
  await refused(bytes, 'archive_damaged');
  for (const more of ['x', 'words', Buffer.alloc(40)])
    await refused(Buffer.concat([warcGz(), Buffer.from(more)]), 'archive_damaged');
});

test('parts with unsafe or doubled names, or bytes of another part, are refused', async () => {
  for (const name of [
    '../a',
    'archive/../../a',
    '/etc/a',
    'C:a',
    'a\\..\\b',
    'a//b',
    './a',
    'a\u0000b',
    'PAGES/pages.jsonl',
  ])
    await refused(wacz({ change: { [name]: Buffer.from('x') } }), 'archive_damaged');
  // A part whose own header lies among the bytes of another part.
  const entries = await readEntries(source(wacz()));
  checkParts(entries);
  const [first, ...others] = entries;
  const inner = { ...first, name: 'archive/inner.warc', offset: first.offset + 60, packed: 10, size: 10 };
  assert.throws(() => checkParts([first, inner, ...others]), { code: 'archive_damaged' });
  const large = { ...first, name: 'archive/large.warc', offset: 1e9, size: 2 ** 31 };
  assert.throws(() => checkParts([...entries, large]), { code: 'archive_large' });
});

test('a part whose bytes do not fit the checksum of the zip is refused', async () => {
  for (const words of ['example)/', 'All Pages', 'wacz_version', 'datapackage.json"']) {
    const bytes = wacz();
    bytes[bytes.indexOf(words)] ^= 0x20;
    await refused(bytes, 'archive_damaged');
  }
});

test('a list of parts that is cut off, doubled, deep or of other archives is refused', async () => {
  const text = (change) => wacz({ manifest: (all) => change(JSON.stringify(all)) });
  for (const bytes of [
    text((json) => json.slice(0, -20)),
    text((json) => `${json}x`),
    text(() => '[]'),
    text(() => '{"resources": {}}'),
    text(() => `{"resources":${'['.repeat(100_000)}`),
    text((json) => json.replace('{', '{"resources":[],')),
    wacz({ manifest: (all) => ({ ...all, resources: [...all.resources, all.resources[0]] }) }),
  ])
    await refused(bytes, 'archive_damaged');
  await refused(wacz({ manifest: (all) => ({ ...all, profile: 'multi-wacz-package' }) }), 'archive_list');
  await refused(wacz({ manifest: (all) => ({ ...all, title: 'x'.repeat(5 << 20) }) }), 'archive_large');
});

test('lines of a list of pages that cannot be read are counted', async () => {
  const bad = [
    '{',
    '{"url": 5}',
    '[]',
    '{"url":"a","url":"b"}',
    `{"url":"a","x":${'['.repeat(9_000)}`,
    'x'.repeat(3 << 20),
  ];
  const { pages, unread } = await list(wacz({ lines: [...LINES, ...bad] }));
  assert.deepEqual([pages.length, unread], [3, bad.length]);
  const many = Array.from({ length: 20_001 }, (_, i) => `{"url":"https://a.example/${i}"}`);
  await refused(wacz({ lines: many }), 'archive_large');
});

test('bombs are refused by the bytes that come out, in seconds', async () => {
  const cpu = measureCpu();
  const zeros = Buffer.alloc(300 << 20);
  await refused(gzipSync(Buffer.concat([warc(), record({ type: 'metadata', block: zeros })])), 'archive_large');
  const inside = gzipSync(zeros);
  await assert.rejects(open(warc([answer({ headers: ['Content-Encoding: gzip'], body: inside })])), {
    code: 'archive_large',
  });
  await refused(
    zipOf(
      [
        ['datapackage.json', Buffer.from('{"resources":[]}')],
        ['archive/a.warc', Buffer.alloc(64 << 20)],
      ],
      9,
    ),
    'archive_large',
  );
  const huge = answer({ body: Buffer.alloc((65 << 20) + 1, 65) });
  await assert.rejects(open(warc([huge])), { code: 'page_large' });
  const head = readAnswerHead(Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'));
  const packed = gzipSync(Buffer.alloc(1_001, 65));
  assert.equal((await bodyOf(head, packed, 1_001)).length, 1_001);
  await assert.rejects(bodyOf(head, packed, 1_000), { code: 'page_large' });
  // Many members of nothing, and a body of many chunks.
  const empty = gzipSync(Buffer.alloc(0));
  assert.deepEqual(listed(await list(Buffer.concat([warcGz(), ...Array(200_000).fill(empty)]))), PAGES);
  const chunks = chunked(Buffer.alloc(1 << 20, 65), 1);
  assert.ok(await open(warc([answer({ headers: ['Transfer-Encoding: chunked'], body: chunks })])));
  assert.ok(cpu() < 30_000, `${cpu()} ms`);
});

test('a chat, a zip of other files and a packed text are no web archive', async () => {
  assert.equal(await looksLikeWarc(utf8(ANDROID)), false);
  assert.equal(await looksLikeWarc(Uint8Array.from(gzipSync('words'.repeat(99)))), false);
  assert.equal(await looksLikeWarc(Uint8Array.from([0x1f, 0x8b, 8])), false);
  for (const bytes of [
    androidZip(),
    zipOf([['datapackage.json', Buffer.from('{}')]]),
    zipOf([['a/archive/b.warc', warc()]]),
  ])
    assert.equal(isWacz(await readEntries(source(Buffer.from(bytes)))), false);
});
