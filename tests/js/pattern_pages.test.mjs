/** The screens of Patterns as words: what stands on each page, for diaries of every size. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { countPatterns } from '#app/record/patterns/patterns.js';
import { factOf } from '#app/record/patterns/patterns_facts.js';
import { timelineOf } from '#app/record/patterns/timeline.js';

// lit-html needs these when it is imported; nothing is drawn here.
globalThis.document ??= /** @type {Document} */ (
  /** @type {object} */ ({ createTreeWalker: () => ({}), createComment: () => ({}) })
);
const BUILT = new URL('../../static/js/', import.meta.url);
for (const name of readdirSync(new URL('../src/', BUILT), { recursive: true, encoding: 'utf8' }))
  if (/(^|\/)words(_\w+)?\.json$/.test(name)) await import(new URL(name.replace(/json$/, 'js'), BUILT).href);
const { views } = await import('#app/features/entries/patterns.js');
const { PATTERN_PAGES } = await import('#app/features/entries/pattern_pages.js');

const DAY = 86_400_000;
const START = Date.UTC(2024, 0, 8, 12);

function markupOf(drawn) {
  if (Array.isArray(drawn)) return drawn.map(markupOf).join('');
  if (drawn?.strings) return drawn.strings.map((part, i) => part + markupOf(drawn.values[i])).join('');
  return ['string', 'number'].includes(typeof drawn) ? String(drawn) : '';
}
const wordsOf = (markup) =>
  markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** Return the markup of the first screen and of each page, by name ('' for the first). */
function screensOf(incidents) {
  const facts = incidents.map((fields, i) => factOf(`r${i}`, fields, {}));
  const counts = countPatterns(facts, {}, 'Europe/London');
  const timeline = timelineOf(facts, {}, 'Europe/London', counts);
  const place = { name: 'patterns', page: '' };
  const stage = {
    app: { saveIncident() {}, readPatterns() {} },
    cache: new Map(),
    draw() {},
    find: () => ({ data: { counts, timeline, known: {} } }),
    local: {},
    place,
    state: { entries: [] },
  };
  const draw = /** @type {(stage: object) => unknown} */ (views.patterns);
  return Object.fromEntries(
    ['', ...PATTERN_PAGES].map((page) => {
      place.page = page;
      return [page, markupOf(draw(stage))];
    }),
  );
}

const entryOn = (day, fields = {}) => ({
  occurred_start: START + day * DAY,
  occurred_end: START + day * DAY,
  precision: 'minute',
  tz: 'Europe/London',
  utc_offset_min: 0,
  behaviours: ['follow'],
  ...fields,
});
const rowCount = (markup) => markup.split('<tr><th scope="row">').length - 1;

test('two entries three years apart have a row each, and none for the months, days and hours between', () => {
  const screens = screensOf([entryOn(0), entryOn(1_100)]);
  assert.equal(rowCount(screens.often), 2);
  // Two weekdays and two hours.
  assert.equal(rowCount(screens.when), 4);
  assert.ok(!/>\s*0\s*</.test(Object.values(screens).join('')), 'a row with nothing');
});

test('a heading names its table once', () => {
  for (const [page, markup] of Object.entries(screensOf([entryOn(0), entryOn(40)]))) {
    const headings = [...markup.matchAll(/<(h1|h2|caption)\b[^>]*>(.*?)<\/\1>/gs)].map((match) => match[2]);
    assert.equal(new Set(headings).size, headings.length, page);
  }
});

test('one entry, undated entries and none have whole sentences', () => {
  assert.match(wordsOf(screensOf([entryOn(0)])['']), /^Patterns 1 time on 8 Jan 2024\. On 1 day\. 1 kind of thing\./);
  const undated = wordsOf(screensOf([{ precision: 'unknown' }, { precision: 'unknown' }])['']);
  assert.match(undated, /^Patterns 2 times\. No entry has a known day yet\. The kind is not noted yet\./);
  assert.match(wordsOf(screensOf([])['']), /^Patterns There is nothing to count yet\./);
});

test('of two kinds that are equally frequent neither is called the most frequent', () => {
  const kinds = [['follow'], ['calls'], ['calls']].map((behaviours, i) => entryOn(i, { behaviours }));
  assert.match(wordsOf(screensOf(kinds)['']), /2 kinds of things\. Most often: \S+ \(2\)\./);
  assert.ok(!wordsOf(screensOf(kinds.slice(0, 2))['']).includes('Most often'));
});

test('thousands of entries are drawn as a few shapes', () => {
  const many = Array.from({ length: 5_000 }, (_, i) =>
    entryOn(i % 900, { behaviours: i % 2 ? ['follow'] : ['calls'] }),
  );
  const markup = screensOf(many)[''];
  assert.match(wordsOf(markup), /^Patterns 5000 times since 8 Jan 2024\./);
  // Two kinds, each with six shapes.
  assert.equal(markup.split('<svg viewBox="0 0 294').length - 1, 2);
});
