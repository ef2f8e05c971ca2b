/** The states of an entry, and what each may claim. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { comingState, missingFiles, shownRows, entryState } from '#app/diary/index/showing.js';

const facts = { registered: true, troubles: {}, sending: false, offline: false };

test('"Backed up" is shown only if the receipt was checked here and every file is known to be stored', () => {
  const row = { record: 'r', kept_at: 5 };
  assert.deepEqual(entryState(row, 0, 0, facts), { code: 'kept', at: 5 });
  assert.deepEqual(entryState({ ...row, unproved: true }, 0, 0, facts), { code: 'kept', at: 5, why: 'unproved' });
  assert.deepEqual(entryState(row, 0, 2, facts), { code: 'sending', at: 5, why: 'files', files: 2 });
  assert.deepEqual(entryState(row, 0, 1, { ...facts, part: { of: 'r', share: 0.377 } }), {
    code: 'sending',
    at: 5,
    why: 'files',
    files: 1,
    percent: 37,
  });
  const here = (missing, over = {}) => entryState(row, 0, 0, { ...facts, ...over }, missing);
  assert.deepEqual(here('absent'), { code: 'sending', at: 5, why: 'elsewhere' });
  assert.deepEqual(here('unknown'), { code: 'sending', at: 5, why: 'unchecked' });
  assert.deepEqual(here('unknown', { sending: true }), { code: 'sending', at: 5, why: 'checking' });
  assert.deepEqual(here('unknown', { sending: true, offline: true }), { code: 'sending', at: 5, why: 'unchecked' });
});

test('a file is on its way only while a server that answers does not have it', () => {
  const [a, b] = ['a', 'b'].map((blob) => ({ blob, of: 'r', size: 1 }));
  assert.equal(missingFiles([], new Set(['a']), false), null);
  assert.equal(missingFiles([a, b], new Set(['b']), false), 'absent');
  assert.equal(missingFiles([a, b], new Set(['b']), true), 'unknown', 'it may have been sent since');
  assert.equal(missingFiles([a], new Set(['b']), false), 'unknown');
  assert.equal(missingFiles([{ ...a, there: true }], new Set(), false), null, 'left on the server');
});

test('what is to come is counted by the server’s number, and without one it is not counted', () => {
  const calm = { announced: null, offline: false, failed: false };
  assert.equal(comingState({ feed: { seq: 3 } }, { ...calm, announced: 9 }), null);
  assert.deepEqual(comingState({ coming: 1, feed: { seq: 0 } }, calm), { here: 0, total: null, state: 'fetching' });
  assert.deepEqual(comingState({ coming: 4, feed: { seq: 2 } }, calm), { here: 2, total: 6, state: 'fetching' });
  assert.deepEqual(comingState({ coming: 4, feed: { seq: 2 } }, { announced: 7, offline: true, failed: true }), {
    here: 2,
    total: 7,
    state: 'offline',
  });
  assert.equal(comingState({ coming: 1, feed: { seq: 0 } }, { ...calm, failed: true }).state, 'stopped');
});

test('an entry whose files another device still has to send does not count as kept', () => {
  const rows = [
    {
      record: 'r',
      seq: 1,
      local: 1,
      title: '',
      occurred: {},
      recorded_at: 1,
      received_at: 2,
      kept_at: 2,
      pictures: 1,
      additions: 0,
      amendments: 0,
      flags: [],
    },
  ];
  const root = {
    outbox: [],
    uploads: [],
    fetch: [{ blob: 'b', of: 'r', size: 1 }],
    unregistered: 0,
    account: { registered: true },
    troubles: {},
    feed: { seq: 1 },
  };
  const [row] = shownRows({ index: { allRows: () => rows }, store: { root } }, false);
  assert.equal(row.state.code, 'sending');
});

test('an entry has no number yet while earlier entries of another device are missing', () => {
  const row = (record, seq, local) => ({
    record,
    seq,
    local,
    title: '',
    occurred: {},
    recorded_at: local,
    received_at: 2,
    kept_at: 2,
    pictures: 0,
    additions: 0,
    amendments: 0,
    flags: [],
  });
  const root = {
    outbox: [],
    uploads: [],
    fetch: [],
    unregistered: 0,
    account: { registered: true },
    troubles: {},
    feed: { seq: 1 },
  };
  const numbers = (rows) =>
    new Map(
      shownRows({ index: { allRows: () => rows }, store: { root } }, false).map(({ record, seq_no }) => [
        record,
        seq_no,
      ]),
    );
  assert.deepEqual([...numbers([row('a', 1, 1), row('b', 3, 2)])].sort(), [
    ['a', 1],
    ['b', null],
  ]);
  root.feed.seq = 3;
  assert.equal(numbers([row('a', 1, 1), row('b', 3, 2), row('c', 2, 3)]).get('b'), 3);
});
