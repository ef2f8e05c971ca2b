/**
 * What is proposed from a screenshot's words and pixels. tests/screenshots drew the stored pictures; the engine's own
 * output is stored beside every third or so of their pixels. The attacks paint their bubbles here.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { inPicture, inkOf } from '#app/imports/screenshots/prepare.js';
import { findSurfaces } from '#app/imports/screenshots/surfaces.js';
import { readScreenshot } from '#app/imports/screenshots/reading.js';

const [WIDTH, HEIGHT] = [720, 1600];
const GREEN = 0xd9fdd3;
const WHITE = 0xffffff;

/** Return a picture of one colour with filled boxes. */
function paint(boxes, { width = WIDTH, height = HEIGHT, page = 0xefeae2 } = {}) {
  const data = new Uint8ClampedArray(width * height * 4);
  const pixels = new Uint32Array(data.buffer);
  const rgba = (colour) => (255 << 24) | ((colour & 255) << 16) | (colour & 0xff00) | (colour >> 16);
  pixels.fill(rgba(page));
  for (const [left, top, right, bottom, colour] of boxes)
    for (let y = top; y < bottom; y++) pixels.fill(rgba(colour), y * width + left, y * width + right);
  return { width, height, data };
}

/** Return words as an engine gives them: `[text, left, top, height]`, 16 pixels to a letter of 24. */
function words(list, { width = WIDTH, height = HEIGHT, confidence = 95 } = {}) {
  return {
    width,
    height,
    engine: 'test',
    version: '0',
    languages: ['eng'],
    lines: list.map(([text, left, top, size = 24, sure = confidence]) => {
      const box = [left, top, left + Math.round(text.length * size * 0.6), top + size];
      return { box, words: [{ text, box, confidence: sure }] };
    }),
  };
}

/** A bubble with two words and the app's time in small type. */
const LEFT = [20, 300, 320, 380, WHITE];
const LEFT_WORDS = [
  ['Where', 44, 325],
  ['now', 150, 325],
  ['21:10', 250, 345, 16],
];
const RIGHT = [400, 420, 700, 500, GREEN];
const RIGHT_WORDS = [
  ['Home', 424, 445],
  ['21:12', 630, 465, 16],
];
const read = (text, boxes, size) => readScreenshot(words(text, size), paint(boxes, size));

function stored(name) {
  const { text, step, colours, runs, rows } = JSON.parse(
    readFileSync(new URL(`screenshots/${name}.json`, import.meta.url), 'utf8'),
  );
  const data = new Uint8ClampedArray(text.width * text.height * 4).fill(255);
  const columns = Math.floor(text.width / step);
  let cell = 0;
  for (let at = 0; at < runs.length; at += 2)
    for (let left = runs[at + 1]; left > 0; left--, cell++) {
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      for (let y = row * step; y < (row + 1) * step; y++)
        for (let x = column * step; x < (column + 1) * step; x++)
          for (let part = 0; part < 3; part++)
            data[(y * text.width + x) * 4 + part] = (colours[runs[at]] >> (16 - part * 8)) & 255;
    }
  return { text, rows, pixels: { width: text.width, height: text.height, data } };
}

for (const name of ['whatsapp', 'imessage', 'calls'])
  test(`a drawn picture of ${name}: every row has its side, and no time or call is wrong without a doubt`, () => {
    const { text, rows, pixels } = stored(name);
    const reading = readScreenshot(text, pixels);
    assert.equal(reading.quality, 'good');
    assert.ok(reading.rows.length >= rows.length);
    for (const [no, row] of rows.entries()) {
      const found = reading.rows[no];
      if (name !== 'calls') assert.equal(found.side, row.side);
      if (found.time && !found.doubts.includes('time')) assert.equal(found.time, row.time);
      if (name === 'calls') assert.equal(found.type, row.missed ? 'missed_call' : 'call');
      if (name === 'calls') assert.equal(found.who, row.who);
      if (!found.doubts.includes('text') && row.kind === 'message') assert.equal(found.text, row.text);
    }
  });

test('two bubbles: sides, times and words', () => {
  const { rows, kind } = read([...LEFT_WORDS, ...RIGHT_WORDS], [LEFT, RIGHT]);
  assert.equal(kind, 'messages');
  assert.deepEqual(
    rows.map(({ side, time, text }) => [side, time, text]),
    [
      ['left', '21:10', 'Where now'],
      ['right', '21:12', 'Home'],
    ],
  );
});

test('a time that a sender wrote in the type of a message is no time of the app', () => {
  const { rows } = read([...RIGHT_WORDS, ['21:55', 44, 325]], [[20, 300, 320, 380, WHITE], RIGHT]);
  assert.equal(rows[0].time, null);
  assert.equal(rows[0].text, '21:55');
  assert.ok(rows[0].doubts.includes('time'));
});

test('a day and "Missed call" that a sender wrote stay messages', () => {
  const { rows } = read(
    [
      ['Yesterday', 44, 325],
      ['21:10', 250, 345, 16],
      ['Missed', 424, 445],
      ['call', 540, 445],
      ['21:12', 630, 465, 16],
    ],
    [LEFT, RIGHT],
  );
  assert.deepEqual(
    rows.map(({ type, day, text }) => [type, day, text]),
    [
      ['text', null, 'Yesterday'],
      ['text', null, 'Missed call'],
    ],
  );
  assert.ok(rows[1].doubts.includes('text'));
});

test('words of a quote, or of a picture in a bubble, are never the words of the message', () => {
  const { rows } = read(
    [['Never', 60, 320], ...RIGHT_WORDS, ['Yes', 44, 425], ['21:10', 250, 445, 16]],
    [
      [20, 300, 320, 480, WHITE],
      [40, 310, 300, 360, 0xc0d0e0],
      [400, 520, 700, 600, GREEN],
    ],
  );
  const left = rows.find(({ side }) => side === 'left');
  assert.equal(left.text, 'Yes');
  assert.ok(left.doubts.includes('text'));
});

test('a bubble cut at the edge, or as wide as the page, has no side', () => {
  const { rows } = read([...LEFT_WORDS, ...RIGHT_WORDS], [[0, 300, 320, 380, WHITE], RIGHT]);
  assert.equal(rows[0].side, 'unknown');
  assert.ok(rows[0].doubts.includes('side'));
  const wide = read(LEFT_WORDS, [[40, 300, 690, 380, WHITE]]);
  for (const row of wide.rows) assert.ok(row.side === 'unknown' && row.doubts.includes('side'));
});

test('one colour on both sides makes both sides doubtful', () => {
  const { rows } = read([...LEFT_WORDS, ...RIGHT_WORDS], [LEFT, [...RIGHT.slice(0, 4), WHITE]]);
  for (const { doubts } of rows) assert.ok(doubts.includes('side'));
});

test('a message at the top is no title', () => {
  assert.equal(read([['Sam', 44, 65], ...RIGHT_WORDS], [[20, 40, 320, 110, WHITE], RIGHT]).title, null);
});

test('a time that lost its pm, or goes back, is doubted', () => {
  const lost = read(
    [...LEFT_WORDS.slice(0, 2), ['9:10', 210, 345, 16], ['pm', 262, 345, 16], ...RIGHT_WORDS],
    [LEFT, RIGHT],
  );
  assert.equal(lost.rows[1].time, null);
  const back = read([...LEFT_WORDS, ['Home', 424, 445], ['20:12', 630, 465, 16]], [LEFT, RIGHT]);
  for (const { doubts } of back.rows) assert.ok(doubts.includes('time'));
});

test('a figure just before the time of a message makes it doubtful: it may be its first', () => {
  const { rows } = read(
    [
      ['Home', 424, 445],
      ['1', 610, 465, 16],
      ['1:28', 622, 465, 16],
    ],
    [RIGHT],
  );
  assert.ok(rows[0].doubts.includes('time'));
});

test('words from right to left are in reading order and always to be looked at', () => {
  const { rows } = read([['کرو', 60, 325], ['مت', 160, 325], ...RIGHT_WORDS], [LEFT, RIGHT]);
  assert.equal(rows[0].text, 'مت کرو');
  assert.ok(rows[0].doubts.includes('text'));
});

test('an unsure "not" is doubted, and an unsure picture proposes nothing', () => {
  const { rows } = read([['not', 44, 325, 24, 85], ['21:10', 250, 345, 16], ...RIGHT_WORDS], [LEFT, RIGHT]);
  assert.ok(rows[0].doubts.includes('text'));
  const poor = read(
    [...LEFT_WORDS, ...RIGHT_WORDS].map(([a, b, c, d = 24]) => [a, b, c, d, 40]),
    [LEFT, RIGHT],
  );
  assert.deepEqual(poor, { kind: 'none', app: null, title: null, rows: [], quality: 'poor' });
});

test('messages "Missed call" on a page without bubbles are no list of calls', () => {
  const said = [300, 400, 500, 600].flatMap((top) => [
    ['ROBIN', 44, top, 16],
    ['Missed', 44, top + 26],
    ['call', 140, top + 26],
  ]);
  assert.notEqual(read(said, []).kind, 'calls');
  const listed = said.concat([300, 400, 500, 600].map((top, no) => [`21:1${no}`, 640, top + 10, 16]));
  assert.equal(read(listed, []).kind, 'calls');
});

test('a frame in the colour of the page is a quote, and no message', () => {
  const frame = [
    [20, 300, 320, 380, 0x888888],
    [22, 302, 318, 378, 0xefeae2],
  ];
  const { rows } = read([['Never', 44, 325], ...RIGHT_WORDS], [...frame, RIGHT]);
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['Home'],
  );
});

test('words on a coloured spot as small as an emoji are no message', () => {
  const { rows } = read([['e', 52, 312, 16], ...RIGHT_WORDS], [[44, 300, 84, 340, 0xdd2233], RIGHT]);
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['Home'],
  );
});

test('a name in small type that begins with a small letter is to be looked at', () => {
  const named = (name) =>
    read([[name, 30, 280, 14], ['Where', 44, 325], ['now', 150, 325], ...RIGHT_WORDS], [LEFT, RIGHT]).rows[0];
  assert.equal(named('sam').who, 'sam');
  assert.ok(named('sam').doubts.includes('who'));
  assert.ok(!named('Sam').doubts.includes('who'));
});

test('no pixels, pixels of another size, boxes that are no numbers and 100,000 words', () => {
  const text = words([...LEFT_WORDS, ...RIGHT_WORDS]);
  const none = { width: 0, height: 0, data: new Uint8ClampedArray(0) };
  assert.equal(readScreenshot(text, none).quality, 'poor');
  assert.equal(readScreenshot(text, paint([], { width: 300, height: 300 })).quality, 'poor');
  const broken = {
    ...text,
    lines: [...text.lines, { box: [0, 0, 0, 0], words: [{ text: 'x', box: [Number.NaN, 1, 2, 3], confidence: 99 }] }],
  };
  assert.equal(readScreenshot(broken, paint([LEFT, RIGHT])).rows.length, 2);
  const many = words(Array.from({ length: 100_000 }, (_, no) => ['word', no % 700, no % 1500]));
  assert.equal(readScreenshot(many, paint([LEFT])).quality, 'poor');
  const most = words(Array.from({ length: 19_000 }, (_, no) => ['word', no % 600, no % 1500]));
  const start = performance.now();
  readScreenshot(most, paint([LEFT]));
  assert.ok(performance.now() - start < 5000);
});

test('a picture of 20,000 rows is read to its end', () => {
  const size = { height: 20_000 };
  const { rows } = read(
    [...LEFT_WORDS, ['Last', 44, 19_725], ['21:30', 250, 19_745, 16]],
    [LEFT, [20, 19_700, 320, 19_780, WHITE]],
    size,
  );
  assert.equal(rows.at(-1).text, 'Last');
  assert.equal(rows.at(-1).time, '21:30');
});

test('dark mode becomes dark letters on white, and boxes come back to the size of the picture', () => {
  const pixels = paint([[60, 325, 64, 350, 0xf2f2f2]], { page: 0x0b141a });
  const ink = inkOf(pixels, findSurfaces(pixels));
  const at = (x, y) => ink[y * WIDTH + x];
  assert.ok(at(62, 337) < 60);
  assert.equal(at(300, 300), 255);
  const twice = words([['a', 100, 100]], { width: WIDTH * 2, height: HEIGHT * 2 });
  assert.deepEqual(
    inPicture(twice, WIDTH, HEIGHT).lines[0].box,
    twice.lines[0].box.map((value) => value / 2),
  );
});
