/** A list of several segments when it is rebuilt: the newest first, only what differs, and its texts stored. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { rebuildList } from '#app/diary/index/rebuild.js';
import { SEGMENT_ROWS } from '#app/store/index.js';
import { WORDS, phoneWithEntry } from './phone/phone.mjs';

/** Six segments, the last of them with ten entries. */
const ENTRIES = 5 * SEGMENT_ROWS + 10;

let device;
let open;
let ctx;
let records;
before(async () => {
  device = await phoneWithEntry({}, 'entry 1');
  ({ ctx } = device.phone);
  ({ open } = ctx);
  records = [device.record];
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    for (let n = 2; n <= ENTRIES; n++) {
      const { record } = await open.book.stage(batch, { kind: 'incident', open: { narrative: `entry ${n}` } });
      records.push(record);
    }
  });
});
after(() => device.phone.end());

/** Rebuild some segments, or all. Returns the progress shown and the groups of entries that were read. */
async function rebuild(segments = null) {
  const { index, book } = open;
  index.isStale = true;
  index.staleSegments = new Set(segments ?? index.segments.keys());
  if (!segments) index.segments = [];
  const [states, groups, changes] = [[], [], []];
  const { set } = ctx.screen;
  const { readAgain } = book;
  const { change } = open.store;
  let shownAfter = null;
  const { show } = ctx;
  ctx.show = () => {
    shownAfter ??= states.length;
    show();
  };
  ctx.screen.set = (shown) => {
    if ('busy' in shown) states.push(shown.busy);
    return set.call(ctx.screen, shown);
  };
  book.readAgain = function (list, ...more) {
    if (list.length) groups.push(list.map((record) => records.indexOf(record) + 1));
    return Reflect.apply(readAgain, this, [list, ...more]);
  };
  open.store.change = function (act, options) {
    changes.push(options);
    return Reflect.apply(change, this, [act, options]);
  };
  try {
    assert.equal(await rebuildList(ctx, open), true);
  } finally {
    Object.assign(ctx.screen, { set });
    Object.assign(ctx, { show });
    book.readAgain = readAgain;
    open.store.change = change;
  }
  return { states, groups, changes, shownAfter };
}
const spans = (groups) => groups.map((numbers) => [numbers[0], numbers.at(-1), numbers.length]);
const titles = () => open.index.allRows().map(({ title }) => title);
const expectedTitles = Array.from({ length: ENTRIES }, (_, i) => `entry ${i + 1}`);

test('the whole list: the newest segment is written alone, then four at a time, with their progress', async () => {
  const { states, groups, shownAfter } = await rebuild();
  assert.deepEqual(spans(groups), [
    [1251, 1260, 10],
    [1001, 500, 1000],
    [1, 250, 250],
  ]);
  assert.deepEqual(states, [
    { what: 'listing', done: 0, total: ENTRIES },
    { what: 'listing', done: 10, total: ENTRIES },
    { what: 'listing', done: 1010, total: ENTRIES },
    null,
  ]);
  assert.equal(shownAfter, 1, 'the newest rows are shown before the others are read');
  assert.deepEqual(titles(), expectedTitles);
  assert.deepEqual(
    open.index.allRows().map(({ local }) => local),
    expectedTitles.map((_title, i) => i + 1),
  );
  assert.equal(open.store.root.count, ENTRIES);
});

test('only full segments have their texts stored together, as bulk, and once', async () => {
  assert.deepEqual([...(open.store.root.said ?? [])].sort(), [0, 1, 2, 3, 4]);
  const { changes } = await rebuild([2]);
  assert.ok(!changes.some((options) => options?.bulky), 'nothing was read one by one');
  await open.store.change((root) => {
    root.said = [0, 1, 3, 4];
  });
  const again = await rebuild([2]);
  assert.equal(again.changes.filter((options) => options?.bulky).length, 1);
  assert.deepEqual([...(open.store.root.said ?? [])].sort(), [0, 1, 2, 3, 4]);
});

test('a segment that differs is rebuilt alone', async () => {
  const { groups, states } = await rebuild([1]);
  assert.deepEqual(spans(groups), [[251, 500, 250]]);
  assert.deepEqual(states, [{ what: 'listing', done: 0, total: 250 }, null]);
  assert.deepEqual(titles(), expectedTitles);
});

test('a phone without room for the texts has its list all the same', async () => {
  await open.store.change((root) => {
    root.said = [0, 1, 3, 4];
  });
  const { change } = open.store;
  open.store.change = async function (act, options) {
    if (options?.bulky) throw new KeptError('no_space');
    return Reflect.apply(change, this, [act, options]);
  };
  open.index.isStale = true;
  open.index.staleSegments = new Set([2]);
  await rebuildList(ctx, open);
  open.store.change = change;
  assert.equal(open.index.isStale, false);
  assert.deepEqual(titles(), expectedTitles);
});

test('the list opens again after a lock, with every entry and its words', async () => {
  await rebuild();
  await device.app.lock('asked');
  await device.app.unlock(WORDS);
  ({ open } = device.phone.ctx);
  await open.index.whenLoaded();
  assert.equal(open.index.isStale, false);
  assert.deepEqual(titles(), expectedTitles);
  assert.deepEqual((await device.app.findEntries('1260')).length, 1);
});
