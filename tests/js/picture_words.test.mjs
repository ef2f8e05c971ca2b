/**
 * Words in pictures: read by the real engine in Node, kept in a queue that a lock and a reload do not lose, found by
 * search, and in no pack, no grant and no number.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { eventually } from './phone/eventually.mjs';
import { engineFile } from './phone/page_engine.mjs';
import { failingDatabase, storageFull } from './phone/failing_database.mjs';
import { syncOnce, twoPhones } from './phone/keeper.mjs';
import { NOON, PNG, WORDS, file, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { startServer } from './phone/server.mjs';
import { KeptError } from '#app/core/errors.js';
import { fieldsOfText, readableText, readTexts } from '#app/diary/attachments/picture_texts.js';
import { eraseOnPhone, relatedRecords } from '#app/diary/erasing/erasing.js';
import { saveRecord } from '#app/diary/records/records.js';
import { previewScope, recordsInScope } from '#app/diary/sharing/grant_scope.js';
import { readDiary } from '#app/diary/sharing/pack_sources.js';
import { createPictureReader, hasVectors } from '#app/imports/screenshots/engine/picture_reader.js';
import { ENGINE_VERSION, linesOf } from '#app/imports/screenshots/engine/recognise.js';
import { openedOf } from '#app/pack/capsule.js';
import { selectRecords } from '#app/pack/selection.js';

/** Keeps Node running: the timers of the app do not. */
let timer;
let server;
before(async () => {
  timer = setInterval(() => {}, 1000);
  server = await startServer();
});
after(async () => {
  clearInterval(timer);
  await server.stop();
});

/** @param {string} text @param {import('#app/imports/screenshots/picture_text.js').Box} [box] */
const word = (text, box = [10, 10, 60, 30]) => ({ text, box, confidence: 91 });
/** @returns {import('#app/imports/screenshots/picture_text.js').PictureText} */
const textOf = (...lines) => ({
  width: 900,
  height: 1948,
  lines: lines.map((line) => ({ box: [10, 10, 300, 30], words: line.split(' ').map((one) => word(one)) })),
  engine: 'tesseract',
  version: ENGINE_VERSION,
  languages: ['eng'],
});

/** A reader with the answers of a test: a text, null, an error, or a promise. */
function readerOf(...answers) {
  const reader = {
    here: true,
    reads: 0,
    stops: 0,
    running: 0,
    isHere: async () => reader.here,
    megabytes: () => 4,
    rows: async () => null,
    async read() {
      assert.equal(++reader.running, 1, 'one picture at a time');
      try {
        const answer = answers[Math.min(reader.reads++, answers.length - 1)];
        const result = await (typeof answer === 'function' ? answer() : answer);
        if (result instanceof Error) throw result;
        return result;
      } finally {
        reader.running--;
      }
    },
    stop() {
      reader.stops++;
      reader.onStop?.();
    },
  };
  return reader;
}

async function phoneWithPictures(pictureReader, count = 1, over = {}) {
  const setup = await phoneWithEntry({ pictureReader, ...over });
  const pictures = [];
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.concat([Buffer.from(PNG), Buffer.from([i])]);
    pictures.push((await setup.app.addFile(setup.record, file(bytes), { route: 'photo_picker' })).attachment);
  }
  return { ...setup, pictures };
}

const isDone = (app, id) =>
  eventually(
    () => app.pictureWords(id),
    ({ state }) => state === 'read' || state === 'failed',
    { what: 'the words of a picture' },
  );

test('words are read once, kept as not checked, and found by search with a note', async () => {
  const reader = readerOf(textOf('I know where', 'Missed call 21:10'));
  const { app, record, pictures } = await phoneWithPictures(reader);
  assert.equal((await app.pictureWords(pictures[0])).state, 'unread');
  assert.deepEqual(await app.findInPictures('missed'), []);
  await app.readWordsIn(pictures);
  const { state, lines } = await isDone(app, pictures[0]);
  assert.deepEqual([state, lines], ['read', ['I know where', 'Missed call 21:10']]);
  assert.deepEqual(await app.findEntries('missed'), []);
  assert.deepEqual(await app.findInPictures('MISSED 21:10'), [record]);
  // A word of the entry and one of its picture are found together; what the entry says itself is no find in a picture.
  assert.deepEqual(await app.findInPictures('waited missed'), [record]);
  assert.deepEqual(await app.findInPictures('waited'), []);
  await app.readWordsIn(pictures);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(reader.reads, 1);
});

test('a picture without words says so; one that fails says so, and the next is read', async () => {
  const reader = readerOf(new KeptError('reader_failed'), null, new Error('crash'), { ...textOf(), lines: [] });
  const { app, pictures } = await phoneWithPictures(reader, 4);
  await app.readWordsIn(pictures);
  const results = [];
  for (const id of pictures) results.push(await isDone(app, id));
  assert.deepEqual(
    results.map(({ state, code }) => [state, code]),
    [
      ['failed', 'reader_failed'],
      ['failed', 'reader_no_picture'],
      ['failed', 'reader_failed'],
      ['read', null],
    ],
  );
  assert.deepEqual(results[3].lines, []);
});

test('a lock pauses the reading, and an unlock in a new page goes on with it', async () => {
  let reject;
  const first = readerOf(
    () =>
      new Promise((_, fail) => {
        reject = fail;
      }),
  );
  first.onStop = () => reject?.(new KeptError('cancelled'));
  const { app, phone, pictures } = await phoneWithPictures(first, 2);
  await app.readWordsIn(pictures);
  await eventually(
    async () => first.running,
    (running) => running === 1,
    { what: 'the first picture' },
  );
  assert.deepEqual(app.state.reading, { done: 0, total: 2 });
  await app.lock('asked');
  assert.ok(first.stops >= 1);
  assert.equal(app.state.reading, null);
  await assert.rejects(app.pictureWords(pictures[0]), { code: 'locked' });
  await assert.rejects(app.findInPictures('street'), { code: 'locked' });
  phone.end();
  const second = readerOf(textOf('Which street'));
  const later = makePhone({ after: phone, pictureReader: second });
  await later.app.start();
  await later.app.unlock(WORDS);
  for (const id of pictures) assert.equal((await isDone(later.app, id)).state, 'read');
  assert.equal(second.reads, 2);
});

test('nothing is fetched after an unlock without being asked for', async () => {
  const missing = readerOf(new KeptError('reader_missing'));
  missing.here = false;
  const { app, phone, pictures } = await phoneWithPictures(missing);
  assert.equal((await app.pictureWords(pictures[0])).reader, 'asks');
  await app.readWordsIn(pictures);
  await eventually(
    async () => app.state.reading,
    (reading) => reading?.code === 'reader_missing',
    { what: 'that it is missing' },
  );
  assert.equal((await app.pictureWords(pictures[0])).state, 'waiting');
  await app.lock('asked');
  await app.unlock(WORDS);
  await phone.idle?.();
  assert.equal(missing.reads, 1);
});

test('a picture that ends the browser each time is given up at the third unlock after it', async () => {
  const never = () => new Promise(() => {});
  let reader = readerOf(never);
  let { app, phone, pictures } = await phoneWithPictures(reader, 2);
  await app.readWordsIn(pictures);
  for (let crash = 0; crash < 3; crash++) {
    await eventually(
      async () => reader.reads,
      (reads) => reads === 1,
      { what: 'the first picture' },
    );
    phone.end();
    reader = readerOf(crash === 2 ? textOf('second') : never);
    phone = makePhone({ after: phone, pictureReader: reader });
    app = phone.app;
    await app.start();
    await app.unlock(WORDS);
  }
  assert.equal((await isDone(app, pictures[1])).state, 'read');
  assert.deepEqual([(await app.pictureWords(pictures[0])).code, reader.reads], ['reader_failed', 1]);
  // The keeper may try it again.
  await app.readWordsIn([pictures[0]]);
  assert.equal((await isDone(app, pictures[0])).state, 'read');
});

test('on a full phone the picture waits, the screen says why, and it is read once there is room', async () => {
  const errors = [];
  const name = `full-${process.pid}`;
  const reader = readerOf(() => {
    errors.push(...Array.from({ length: 9 }, storageFull));
    return textOf('room at last');
  });
  const { app, pictures } = await phoneWithPictures(reader, 1, { database: failingDatabase(name, errors) });
  await app.readWordsIn(pictures);
  await eventually(
    async () => app.state.reading,
    (reading) => reading?.code === 'no_space',
    { what: 'that the phone is full' },
  );
  errors.length = 0;
  assert.equal((await app.pictureWords(pictures[0])).state, 'waiting');
  reader.read = async () => textOf('room at last');
  await app.readWordsIn(pictures);
  assert.deepEqual((await isDone(app, pictures[0])).lines, ['room at last']);
});

test('stopping forgets what waits, and keeps what was read', async () => {
  let release;
  const reader = readerOf(textOf('one'), () => new Promise((_, fail) => (release = fail)));
  reader.onStop = () => release?.(new KeptError('cancelled'));
  const { app, pictures } = await phoneWithPictures(reader, 3);
  await app.readWordsIn(pictures);
  await eventually(
    async () => reader.reads,
    (reads) => reads === 2,
    { what: 'the second picture' },
  );
  await app.stopReadingWords();
  const states = await Promise.all(pictures.map((id) => app.pictureWords(id)));
  assert.deepEqual(
    states.map(({ state }) => state),
    ['read', 'unread', 'unread'],
  );
});

test('unchecked words are in no pack, no grant, no number and no version of the picture', async () => {
  const { app, phone, record, pictures } = await phoneWithPictures(readerOf(textOf('zebrafinch 21:10')));
  const before = await app.readPatterns();
  const historyBefore = (await app.readAttachment(pictures[0])).versions.length;
  await app.readWordsIn(pictures);
  await isDone(app, pictures[0]);
  assert.deepEqual((await app.readPatterns()).counts, before.counts);
  const file = await app.readAttachment(pictures[0]);
  assert.equal(file.versions.length, historyBefore);
  assert.ok(!JSON.stringify(file).includes('zebrafinch'));
  const versions = await readDiary(phone.ctx.open);
  const opened = versions.map(openedOf);
  const { records } = selectRecords(opened, [record], { intimate: true });
  assert.ok(records.has(pictures[0]));
  const packed = opened.filter((version) => records.has(version.record));
  assert.ok(packed.length >= 2 && !JSON.stringify(packed).includes('zebrafinch'));
  // A grant to everything, even if the words were read with the rest.
  const everything = await readDiary(phone.ctx.open, ['picture_text']);
  assert.ok(JSON.stringify(everything).includes('zebrafinch'));
  const given = recordsInScope(everything, { all: true }).records;
  assert.ok(given.has(pictures[0]));
  const text = everything.find(({ kind }) => kind === 'picture_text');
  assert.ok(!given.has(text.record));
  assert.deepEqual(previewScope(everything, { all: true }), previewScope(versions, { all: true }));
});

test('a picture that is deleted for good takes its words along', async () => {
  const { app, phone, pictures } = await phoneWithPictures(readerOf(textOf('zebrafinch')));
  await app.readWordsIn(pictures);
  await isDone(app, pictures[0]);
  await app.purgeFile(pictures[0], { words: WORDS });
  assert.deepEqual(await app.findInPictures('zebrafinch'), []);
  assert.equal((await readTexts(phone.ctx.open)).size, 0);
  const [text] = /** @type {string[]} */ (await phone.ctx.open.store.readJson('k/picture_text'));
  assert.deepEqual(phone.ctx.open.store.root.purges, [pictures[0], text]);
});

test('an entry that is erased for good takes the words of its pictures along', async () => {
  const { app, phone, record, pictures } = await phoneWithPictures(readerOf(textOf('zebrafinch')));
  await app.readWordsIn(pictures);
  await isDone(app, pictures[0]);
  const { open } = phone.ctx;
  const [text] = /** @type {string[]} */ (await open.store.readJson('k/picture_text'));
  const related = await relatedRecords(open, record);
  assert.ok(related.includes(text));
  await eraseOnPhone(open, related, NOON);
  assert.equal((await readTexts(open)).size, 0);
  assert.deepEqual(await app.findInPictures('zebrafinch'), []);
});

test('words that another device read before it learned that the picture was deleted go too', async () => {
  const { one, two } = await twoPhones(server);
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await syncOnce(one);
  await syncOnce(two);
  for (const device of [one, two]) device.phone.ctx.pictureReader = readerOf(textOf('zebrafinch'));
  await one.app.readWordsIn([attachment]);
  await isDone(one.app, attachment);
  await two.app.readWordsIn([attachment]);
  await isDone(two.app, attachment);
  await one.app.purgeFile(attachment, { words: WORDS });
  await syncOnce(one);
  await syncOnce(two);
  await syncOnce(one);
  for (const device of [one, two]) {
    await device.app.lock('asked');
    await device.app.unlock(WORDS);
    await eventually(
      async () => (await readTexts(device.phone.ctx.open)).size,
      (size) => size === 0,
      { what: 'that no words are left' },
    );
    await syncOnce(device);
    assert.deepEqual(await device.app.findInPictures('zebrafinch'), []);
  }
});

test('a picture that two devices read has both records, and the newer words', async () => {
  const { app, phone, pictures } = await phoneWithPictures(readerOf(textOf('older')));
  await app.readWordsIn(pictures);
  await isDone(app, pictures[0]);
  const { open } = phone.ctx;
  const fields = fieldsOfText(pictures[0], textOf('newer'), NOON + 1000);
  await saveRecord(phone.ctx, open, { kind: 'picture_text', record: null, fields });
  assert.equal((await readTexts(open)).get(pictures[0]).records.length, 2);
  assert.deepEqual((await app.pictureWords(pictures[0])).lines, ['newer']);
  await app.purgeFile(pictures[0], { words: WORDS });
  assert.equal((await readTexts(open)).size, 0);
});

test('a picture that is put away is not found by its words', async () => {
  const { app, pictures } = await phoneWithPictures(readerOf(textOf('zebrafinch')));
  await app.readWordsIn(pictures);
  await isDone(app, pictures[0]);
  await app.takeOutRecord(pictures[0], 'mine');
  assert.deepEqual(await app.findInPictures('zebrafinch'), []);
});

test('text is bounded, and stored text of any other form is no words', () => {
  const long = textOf(...Array.from({ length: 900 }, () => 'x'.repeat(90)));
  const fields = fieldsOfText('a', long, 1);
  assert.ok(JSON.stringify(fields).length < 60_000);
  assert.ok(readableText(fields).lines.length > 100);
  for (const lines of [null, 7, 'x', [1], [[1, 2, 3, 4, 'x']], [[1, 2, 3, 4, [['']]]].slice(1), [[0, 0, 0, 0, [[7]]]]])
    assert.deepEqual(readableText({ lines }), { lines: [], isPoor: false });
});

test('the table of the engine becomes lines; rows that are not whole are left out', () => {
  const table = [
    '4\t1\t1\t1\t1\t0\t10\t20\t300\t40\t-1\t',
    '5\t1\t1\t1\t1\t1\t10\t20\t100\t40\t96.4\tMissed',
    '5\t1\t1\t1\t1\t2\t120\t22\t80\t40\t90.8\tcall',
    '5\t1\t2\t1\t1\t1\t10\t90\t80\t40\t-3\t<b>x</b>',
    '5\t1\t2\t1\t1\t1\tleft\t90\t80\t40\t50\tno',
    '5\t1\t2',
    '5\t1\t2\t1\t1\t1\t10\t90\t80\t40\t50\t   ',
  ].join('\n');
  assert.deepEqual(linesOf(table, 2), [
    {
      box: [5, 10, 100, 31],
      words: [
        { text: 'Missed', box: [5, 10, 55, 30], confidence: 96 },
        { text: 'call', box: [60, 11, 100, 31], confidence: 91 },
      ],
    },
    { box: [5, 45, 45, 65], words: [{ text: '<b>x</b>', box: [5, 45, 45, 65], confidence: 0 }] },
  ]);
});

const packages = new URL('../../node_modules/', import.meta.url);
const version = (name) => JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8')).version;

test('the version that is stored is the one that is installed', () => {
  assert.equal(version('tesseract.js-core'), ENGINE_VERSION);
});

test('a failed worker is ended, and the next picture has another', async () => {
  let started = 0;
  let ended = 0;
  const reader = createPictureReader({
    startWorker: () => {
      const nth = ++started;
      return {
        call: async (name) => {
          if (name === 'begin') return undefined;
          if (nth === 1) throw new KeptError('reader_failed');
          return textOf('fine');
        },
        end: () => void ended++,
      };
    },
    fetchFile: async (address) => new Response(engineFile(address)),
    isKept: async () => true,
    hasVectors,
    language: () => 'en',
  });
  await assert.rejects(reader.read(new Blob([])), { code: 'reader_failed' });
  assert.deepEqual([started, ended], [1, 1]);
  assert.equal((await reader.read(new Blob([]))).lines.length, 1);
  assert.deepEqual([started, ended], [2, 1]);
});

test('a picture that takes too long is given up', async () => {
  const reader = createPictureReader({
    startWorker: () => ({
      call: (name) => (name === 'begin' ? Promise.resolve() : new Promise(() => {})),
      end: () => undefined,
    }),
    fetchFile: async (address) => new Response(engineFile(address)),
    isKept: async () => true,
    hasVectors,
    language: () => 'en',
    limitMs: 20,
  });
  await assert.rejects(reader.read(new Blob([])), { code: 'reader_failed' });
});

for (const [what, fetchFile] of /** @type {[string, () => Promise<Response>][]} */ ([
  ['no network', async () => Promise.reject(new TypeError('Failed to fetch'))],
  // The service worker answers like this where the digest is another.
  ['other bytes', async () => Response.error()],
]))
  test(`with ${what} nothing begins`, async () => {
    let began = 0;
    const reader = createPictureReader({
      startWorker: () => ({ call: async () => void began++, end: () => undefined }),
      fetchFile,
      isKept: async () => false,
      hasVectors,
      language: () => 'en',
    });
    assert.equal(await reader.isHere(), false);
    await assert.rejects(reader.read(new Blob([])), { code: 'reader_missing' });
    assert.equal(began, 0);
  });

/** @param {unknown[]} args of `begin` */
const codesOf = ([, files]) => Object.keys(/** @type {{languages: object}} */ (files).languages);

for (const [language, codes] of Object.entries({
  en: ['eng'],
  cy: ['eng', 'cym'],
  pl: ['eng', 'pol'],
  ur: ['eng', 'urd'],
}))
  test(`in ${language}, ${codes.join(' and ')} is fetched, and takes the room that the screen says`, async () => {
    const fetched = [];
    let given;
    const reader = createPictureReader({
      startWorker: () => ({
        call: async (name, args) => {
          if (name === 'begin') given = codesOf(args);
          return textOf('fine');
        },
        end: () => undefined,
      }),
      fetchFile: async (address) => {
        fetched.push(address);
        return new Response(engineFile(address));
      },
      isKept: async () => true,
      hasVectors,
      language: () => language,
    });
    await reader.read(new Blob([]));
    assert.deepEqual(given, codes);
    const files = ['/static/engine/reader/simd.mjs', ...fetched];
    const sizes = files.map((address) => readFileSync(new URL(`../..${address}.gz`, import.meta.url)).length);
    assert.equal(reader.megabytes(), Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e6));
  });

test('after the language of the screens has changed, the next picture is read by another worker', async () => {
  let language = 'en';
  const given = [];
  let ended = 0;
  const reader = createPictureReader({
    startWorker: () => ({
      call: async (name, args) => (name === 'begin' ? given.push(codesOf(args)) : textOf('fine')),
      end: () => void ended++,
    }),
    fetchFile: async (address) => new Response(engineFile(address)),
    isKept: async () => true,
    hasVectors,
    language: () => language,
  });
  await reader.read(new Blob([]));
  await reader.read(new Blob([]));
  language = 'pl';
  await reader.read(new Blob([]));
  assert.deepEqual([given, ended], [[['eng'], ['eng', 'pol']], 1]);
});

test('a line that was read badly is no words, and a picture that is mostly such lines says so', async () => {
  /** @param {[string, number][]} words */
  const line = (...words) => ({
    box: [0, 0, 9, 9],
    words: words.map(([text, confidence]) => ({ text, box: [0, 0, 9, 9], confidence })),
  });
  const urdu = line(['olS:', 28], ['@:', 69], ['ug', 55], ['Le', 46]);
  const english = line(['Iknow', 42], ['which', 93], ['street', 91]);
  const marks = line(['|', 91], ['—', 77]);
  const text = (...lines) => readableText(fieldsOfText('a', { ...textOf(), lines }, 1));
  assert.deepEqual(text(urdu, english, marks), { lines: ['Iknow which street'], isPoor: false });
  assert.deepEqual(text(urdu, urdu, urdu, english), { lines: ['Iknow which street'], isPoor: true });
  assert.deepEqual(text(urdu), { lines: [], isPoor: true });
  const { app, pictures } = await phoneWithPictures(readerOf({ ...textOf(), lines: [urdu] }));
  await app.readWordsIn(pictures);
  assert.deepEqual((await isDone(app, pictures[0])).lines, []);
  assert.deepEqual(await app.findInPictures('ug'), []);
});

test('all pictures that were not read are offered at once', async () => {
  const { app, pictures } = await phoneWithPictures(readerOf(textOf('one'), textOf('two'), textOf('three')), 3);
  const { unread } = await app.pictureWords(pictures[0]);
  assert.deepEqual([...unread].sort(), [...pictures].sort());
  await app.readWordsIn(unread);
  for (const id of pictures) assert.equal((await isDone(app, id)).state, 'read');
  assert.deepEqual((await app.pictureWords(pictures[0])).unread, []);
});
