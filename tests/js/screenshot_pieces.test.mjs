/**
 * Lines of letters before the engine reads them, with boxes for letters and a reader instead of the engine. What the
 * engine itself makes of drawn screens is measured by tests/screenshots.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readPieces } from '#app/imports/screenshots/piece_reading.js';

const [WIDTH, HEIGHT] = [720, 800];
const WHITE = 0xffffff;
const BLACK = 0x111111;
/** Height of a letter or figure, in pixels. */
const TALL = 24;
const TOP = 100;

/** Return a white picture with filled boxes: left, top, right, bottom, colour. */
function paint(boxes) {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  const pixels = new Uint32Array(data.buffer);
  const rgba = (colour) => (255 << 24) | ((colour & 255) << 16) | (colour & 0xff00) | (colour >> 16);
  pixels.fill(rgba(WHITE));
  for (const [left, top, right, bottom, colour] of boxes)
    for (let y = top; y < bottom; y++) pixels.fill(rgba(colour), y * WIDTH + left, y * WIDTH + right);
  return { width: WIDTH, height: HEIGHT, data };
}

/** Return a letter or figure: two upright strokes, so that no flat surface is in it. */
const figure = (left, top = TOP) => [
  [left, top, left + 4, top + TALL, BLACK],
  [left + 4, top + TALL - 3, left + 12, top + TALL, BLACK],
  [left + 12, top, left + 16, top + TALL, BLACK],
];
const dot = (left, top) => [[left, top, left + 4, top + 4, BLACK]];
/** Figures and a colon, as in 21:10. */
const time = (left) => [
  ...figure(left),
  ...figure(left + 20),
  ...dot(left + 40, TOP + 8),
  ...dot(left + 40, TOP + TALL - 4),
  ...figure(left + 48),
  ...figure(left + 68),
];
/**
 * Return one word that fills a line, as the engine gives it.
 * @returns {import('#app/imports/screenshots/picture_text.js').ReadWord[]}
 */
const word = (text, { width, height }, confidence = 95) => [{ text, box: [0, 0, width, height], confidence }];

/** Return the widths of runs of columns without ink, those inside of the line only. */
function gapsOf({ width, height, data }) {
  const inked = Array.from({ length: width }, (_, x) =>
    Array.from({ length: height }, (_, y) => data[y * width + x] < 128).some(Boolean),
  );
  const [first, last] = [inked.indexOf(true), inked.lastIndexOf(true)];
  const gaps = [];
  for (let x = first, run = 0; x <= last; x++) {
    if (!inked[x]) run++;
    else {
      if (run) gaps.push(run);
      run = 0;
    }
  }
  return gaps;
}

test('a time is read twice, once as figures: sure where both agree, to be looked at where they differ', () => {
  const seen = [];
  const read = (plain) =>
    readPieces(paint(time(100)), ['eng'], (line, _, letters) => {
      seen.push(letters);
      return word(letters ? '21:10' : plain, line);
    }).flatMap(({ words }) => words);
  const [agreed] = read('21:10');
  assert.deepEqual(seen.slice(0, 2), ['0123456789:.', undefined]);
  assert.equal(agreed.text, '21:10');
  assert.ok(agreed.confidence > 90);
  const [differ] = read('27:10');
  assert.equal(differ.text, '21:10');
  assert.ok(differ.confidence <= 70);
});

test('the room beside a figure 1 never parts a time: 11:11 is not 1:11', () => {
  const one = (left) => [[left, TOP, left + 4, TOP + TALL, BLACK]];
  const boxes = [...one(100), ...one(119), ...dot(134, TOP + 8), ...dot(134, TOP + TALL - 4), ...one(148), ...one(167)];
  const widths = [];
  readPieces(paint(boxes), ['eng'], (line, _, letters) => {
    if (letters === '0123456789:.') widths.push(gapsOf(line).length);
    return word('11:11', line);
  });
  assert.deepEqual(widths, [4]);
});

test('two numbers with a space between them stay two', () => {
  const read = (space) => {
    const letters = [100, 119, 119 + space, 138 + space].flatMap((left) => figure(left));
    return readPieces(paint(letters), ['eng'], (line) => {
      const half = Math.round(line.width / 2);
      return [
        { text: '20', box: [14, 14, half - 4, line.height - 14], confidence: 95 },
        { text: '16', box: [half + 4, 14, line.width - 14, line.height - 14], confidence: 95 },
      ];
    })[0].words.map(({ text }) => text);
  };
  assert.deepEqual(read(23), ['20', '16']);
  assert.deepEqual(read(19), ['2016']);
});

test('a time that cannot be is none: the line keeps its plain words', () => {
  const lines = readPieces(paint(time(100)), ['eng'], (line, _, letters) => word(letters ? '71:99' : 'words', line));
  assert.deepEqual(
    lines.flatMap(({ words }) => words.map(({ text }) => text)),
    ['words'],
  );
});

test('a time beside Urdu words is read by itself, and the Urdu words without it', () => {
  const letters = [...figure(300), ...figure(318), ...figure(336)];
  const lines = readPieces(paint([...time(200), ...letters]), ['urd', 'eng'], (line, language, only) => {
    if (only) return word('12:31', line);
    if (gapsOf(line).length > 2) return word('12:31', line);
    return language === 'urd' ? word('آج', line) : word('gT', line, 40);
  });
  assert.deepEqual(lines.flatMap(({ words }) => words.map(({ text }) => text)).sort(), ['12:31', 'آج']);
});

test('ticks after a time are no words, and pm is one', () => {
  const after = (text, confidence) =>
    readPieces(paint([...time(100), ...figure(200), ...figure(219)]), ['eng'], (line, _, letters) => {
      if (letters || gapsOf(line).length > 2) return word('9:10', line);
      return word(text, line, confidence);
    }).flatMap(({ words }) => words.map((one) => one.text));
  assert.deepEqual(after('pm', 95), ['9:10', 'pm']);
  assert.deepEqual(after('vv', 70), ['9:10']);
  assert.deepEqual(after('ok', 95).sort(), ['9:10', 'ok']);
});

test('a space is drawn wider, and what is read comes back to its place in the picture', () => {
  const letters = [100, 119, 146, 165].flatMap((left) => figure(left));
  let gaps = [];
  const lines = readPieces(paint(letters), ['eng'], (line) => {
    gaps = gapsOf(line);
    const { width, height } = line;
    const half = Math.round(width / 2);
    return [
      { text: 'ab', box: [14, 14, half - 20, height - 14], confidence: 95 },
      { text: 'cd', box: [half + 16, 14, width - 14, height - 14], confidence: 95 },
    ];
  });
  assert.equal(gaps.length, 3);
  // 3 pixels in a word, 11 between words: drawn in one scale, the second would be less than four times the first.
  assert.ok(gaps[1] > gaps[0] * 5, `${gaps}`);
  const [first, second] = lines[0].words;
  assert.ok(Math.abs(first.box[0] - 100) < 3 && Math.abs(second.box[2] - 181) < 3, `${first.box} ${second.box}`);
  assert.ok(second.box[0] > 140, `${second.box}`);
});

test('words whose gaps may be spaces or not, or of which the engine sees another number, are to be looked at', () => {
  const letters = [100, 119, 146, 165].flatMap((left) => figure(left));
  const [joined] = readPieces(paint(letters), ['eng'], (line) => word('abcd', line))[0].words;
  assert.ok(joined.confidence <= 70);
});

test('an amount with fewer letters than marks is to be looked at: its point may be lost', () => {
  const marks = [
    ...figure(100),
    ...figure(119),
    ...figure(138),
    ...dot(157, TOP + TALL - 4),
    ...figure(164),
    ...figure(183),
  ];
  const read = (text) =>
    readPieces(paint(marks), ['eng'], (line) => word(text, line))
      .flatMap(({ words }) => words)
      .map((one) => [one.text, one.confidence > 80]);
  assert.deepEqual(read('£21.42'), [['£21.42', true]]);
  assert.deepEqual(read('£2142'), [['£2142', false]]);
});

test('an emoji among letters is never given to the engine', () => {
  const letters = [100, 119, 138].flatMap((left) => figure(left));
  const emoji = Array.from({ length: 8 }, (_, no) => [
    170,
    TOP - 6 + no * 4,
    202,
    TOP - 2 + no * 4,
    no % 2 ? 0xdd8800 : 0x2244cc,
  ]);
  const widths = [];
  for (const boxes of [letters, [...letters, ...emoji]])
    readPieces(paint(boxes), ['eng'], (line) => {
      widths.push(line.width);
      return word('abc', line);
    });
  assert.deepEqual(widths, [widths[0], widths[0]]);
});

test('a line in which nothing is found is drawn in another size', () => {
  const letters = [100, 119, 138, 157, 176].flatMap((left) => figure(left));
  const heights = [];
  const lines = readPieces(paint(letters), ['eng'], (line) => {
    heights.push(line.height);
    return heights.length > 1 ? word('abcde', line) : [];
  });
  assert.ok(heights[1] < heights[0]);
  assert.equal(lines[0].words[0].text, 'abcde');
});

/** Return lines of letters below each other, one for each number of letters. */
const linesOf = (counts) =>
  counts.flatMap((count, no) => Array.from({ length: count }, (_, at) => figure(100 + at * 19, TOP + no * 50)).flat());

/**
 * Read eight lines of different lengths in Polish and English, as an engine that is as sure as `sureOf` says.
 * @returns how often each language was read, and what was chosen
 */
function readInTwo(sureOf, textOf = (_, language) => language) {
  const reads = { pol: 0, eng: 0 };
  const lines = readPieces(paint(linesOf([4, 5, 6, 7, 8, 9, 10, 11])), ['pol', 'eng'], (line, language, letters) => {
    if (!letters) reads[language]++;
    return word(textOf(line, language), line, sureOf(line, language));
  });
  return { reads, words: lines.flatMap(({ words }) => words) };
}

test('where the language of a picture is plain, lines that are read well in it are read in no other', () => {
  const { reads, words } = readInTwo((_, language) => (language === 'pol' ? 95 : 60));
  assert.deepEqual(reads, { pol: 8, eng: 5 });
  assert.deepEqual(new Set(words.map(({ text }) => text)), new Set(['pol']));
  // English on a phone in Polish: the second language may be the plain one.
  const english = readInTwo((_, language) => (language === 'eng' ? 95 : 60));
  assert.deepEqual(english.reads, { pol: 5, eng: 8 });
  assert.deepEqual(new Set(english.words.map(({ text }) => text)), new Set(['eng']));
});

test('a line read badly in the language of the picture is read in each, and doubted if they see other words', () => {
  const shortest = (line) => line.width < 170;
  const twoWords = (line, language) => (shortest(line) && language === 'eng' ? 'a' : language);
  const { reads, words } = readInTwo(
    (line, language) => (language === 'eng' ? 60 : shortest(line) ? 80 : 95),
    twoWords,
  );
  assert.ok(reads.eng > 5 && reads.pol === 8, JSON.stringify(reads));
  assert.ok(words.every(({ text }) => text === 'pol'));
});

test('where two languages are read alike, every line is read in both', () => {
  assert.deepEqual(readInTwo(() => 95).reads, { pol: 8, eng: 8 });
});

test('beside Urdu every line is read in both languages: a name may be of another script', () => {
  const reads = { urd: 0, eng: 0 };
  readPieces(paint(linesOf([4, 5, 6, 7, 8, 9, 10, 11])), ['urd', 'eng'], (line, language, letters) => {
    if (!letters) reads[language]++;
    return word('ab', line, language === 'eng' ? 95 : 40);
  });
  assert.ok(reads.urd >= 8 && reads.eng >= 8, JSON.stringify(reads));
});

test('lines that are drawn alike are read once, and each has its own place', () => {
  let reads = 0;
  const lines = readPieces(paint(linesOf([6, 6, 6, 5])), ['eng'], (line) => {
    reads++;
    return word('abcdef', line);
  });
  assert.equal(reads, 2);
  assert.equal(lines.length, 4);
  const tops = lines.map(({ box }) => Math.round(box[1] / 10));
  assert.equal(new Set(tops).size, 4, `${tops}`);
  // One pixel makes another line.
  let differing = 0;
  const letters = linesOf([6, 6]);
  letters.push([105, TOP + 56, 107, TOP + 60, BLACK]);
  readPieces(paint(letters), ['eng'], (line) => {
    differing++;
    return word('abcdef', line);
  });
  assert.equal(differing, 2);
});
