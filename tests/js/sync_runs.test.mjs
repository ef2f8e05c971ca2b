/** When a phone syncs, how long it pauses, what stops it, and which warnings it shows. The requests are replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { Syncing } from '#app/diary/sync/syncing.js';
import { standIn } from './phone/stand_in.mjs';

const MINUTE = 60_000;
const ACCOUNT = { registered: true, notary: 'the notary', log: 'the log' };

/** Sync over an open diary that has little more than its root. `passes`: the error of each run's pass, in order. */
function makeSyncing({ root = {}, identity = {}, passes = [], isOpen = true } = {}) {
  const timers = [];
  const shown = { times: 0 };
  const phone = { online: true, visible: true };
  const store = {
    root: standIn({ account: { ...ACCOUNT }, outbox: [], uploads: [], troubles: {}, doubts: {}, ...root }),
    changes: 0,
    async change(act) {
      store.changes++;
      return act(store.root);
    },
  };
  const index = { isStale: false };
  const parts = {
    open: standIn(
      isOpen ? { store, index, identity: { diary: 'diary', authors: ['author'], earlier: [], ...identity } } : null,
    ),
  };
  const ctx = standIn({
    api: {},
    online: () => phone.online,
    visible: () => phone.visible,
    show: () => void shown.times++,
    timers: {
      after: (ms, act) => {
        const timer = { ms, act, isStopped: false };
        timers.push(timer);
        return timer;
      },
      stop: (timer) => {
        timer.isStopped = true;
      },
    },
  });
  const syncing = new Syncing(ctx, () => parts.open);
  const runs = { count: 0 };
  syncing.runPass = async () => {
    const error = passes[runs.count++];
    if (typeof error === 'function') await error();
    else if (error) throw error;
  };
  const waiting = () => timers.filter(({ isStopped }) => !isStopped);
  return { syncing, parts, store, phone, timers, waiting, shown, runs };
}

const failure = (code) => new KeptError(code);
/** Run until the run in progress has ended. */
const run = async ({ syncing }) => {
  await syncing.startRun();
};

test('a run that succeeds is followed by the next look after a minute', async () => {
  const device = makeSyncing();
  await run(device);
  assert.deepEqual(
    device.waiting().map(({ ms }) => ms),
    [MINUTE],
  );
  assert.equal(device.syncing.running, false);
  assert.equal(device.shown.times, 1);
});

test('while an entry is refused, it is tried again with growing pauses of at most a minute', async () => {
  const device = makeSyncing({ root: { troubles: { entry: 'differs' } } });
  const pauses = [];
  for (let i = 0; i < 7; i++) {
    await run(device);
    assert.equal(device.waiting().length, 1, 'a new pause takes the place of the last');
    pauses.push(device.waiting()[0].ms);
  }
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, MINUTE, MINUTE]);
  device.store.root.troubles = {};
  await run(device);
  assert.equal(device.waiting()[0].ms, MINUTE);
  device.store.root.troubles = { entry: 'differs' };
  await run(device);
  assert.equal(device.waiting()[0].ms, 2_000, 'the pauses start again once nothing is refused');
});

test('a server that does not answer is asked with growing pauses; without a signal, after a minute', async () => {
  const device = makeSyncing({ passes: [failure('server_down'), failure('server_down'), failure('no_network')] });
  await run(device);
  assert.deepEqual(
    [device.waiting()[0].ms, device.syncing.trouble, device.syncing.offline],
    [2_000, 'server_down', false],
  );
  await run(device);
  assert.equal(device.waiting()[0].ms, 4_000);
  device.phone.online = false;
  device.syncing.link = () => null; // nothing is prepared for the lock
  await run(device);
  assert.deepEqual([device.waiting()[0].ms, device.syncing.trouble, device.syncing.offline], [MINUTE, null, true]);
});

test('a connection that fails although the phone has a signal is tried again soon', async () => {
  const device = makeSyncing({ passes: [failure('no_network')] });
  device.syncing.link = () => null;
  await run(device);
  assert.equal(device.waiting()[0].ms, 2_000);
  assert.equal(device.syncing.trouble, null);
});

test('the pauses after failures grow to a minute and no further', async () => {
  const device = makeSyncing({ passes: Array(7).fill(failure('internal')) });
  const pauses = [];
  for (let i = 0; i < 7; i++) {
    await run(device);
    pauses.push(device.waiting()[0].ms);
  }
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, MINUTE, MINUTE]);
});

test('an account in doubt stops the runs; an unknown error is shown as internal and tried again', async () => {
  for (const code of ['head_differs', 'signed_out', 'kdf_refused']) {
    const device = makeSyncing({ passes: [failure(code)] });
    await run(device);
    assert.deepEqual([device.waiting().length, device.syncing.trouble, device.syncing.pause], [0, code, 2_000]);
  }
  const device = makeSyncing({ passes: [failure('no_such_thing')] });
  await run(device);
  assert.deepEqual([device.waiting()[0].ms, device.syncing.trouble], [2_000, 'internal']);
});

test('a run that a lock or new keys ended shows no warning and is not repeated', async () => {
  const locked = makeSyncing({ passes: [failure('locked')] });
  const closed = makeSyncing({
    passes: [
      () => {
        closed.parts.open = null;
        throw failure('server_down');
      },
    ],
  });
  const suspended = makeSyncing({
    passes: [
      () => {
        suspended.syncing.suspend();
        throw failure('server_down');
      },
    ],
  });
  for (const device of [locked, closed, suspended]) {
    device.syncing.offline = true;
    device.syncing.trouble = 'garbage';
    await run(device);
    assert.deepEqual([device.timers.length, device.syncing.trouble, device.syncing.offline], [0, 'garbage', true]);
    assert.equal(device.syncing.running, false);
  }
  assert.equal(locked.syncing.lastError?.code, 'locked');
});

test('what was thrown stays known until the next run', async () => {
  const device = makeSyncing({ passes: [failure('garbage')] });
  await assert.rejects(device.syncing.now(), { code: 'garbage' });
  assert.equal(device.syncing.lastError?.code, 'garbage');
  await device.syncing.now();
  assert.equal(device.syncing.lastError, null);
});

test('a diary that is locked or not registered is not synced', async () => {
  for (const options of [{ isOpen: false }, { root: { account: { registered: false } } }]) {
    const device = makeSyncing(options);
    assert.equal(device.syncing.link(), null);
    device.syncing.kick();
    await assert.rejects(device.syncing.now(), { code: 'signed_out' });
    assert.equal(device.runs.count, 0);
  }
  const opening = makeSyncing();
  opening.parts.open = { ...opening.parts.open, identity: null };
  assert.equal(opening.syncing.link(), null, 'the rows come before the identity');
  const suspended = makeSyncing();
  suspended.syncing.suspend();
  assert.equal(suspended.syncing.link(), null);
});

test('requests name the pinned keys, the authors, and the epoch of the last change of keys', () => {
  const { syncing, parts } = makeSyncing();
  assert.deepEqual(syncing.link(), {
    api: {},
    store: parts.open.store,
    diary: 'diary',
    pins: { notary: 'the notary', log: 'the log', olds: [] },
    authors: ['author'],
    epoch: 1,
  });
  const olds = [{ log: 'earlier', pub: 'key', below: 7 }];
  const later = makeSyncing({
    root: { account: { ...ACCOUNT, olds } },
    identity: { earlier: [{ epoch: 2 }, { epoch: 5 }] },
  });
  assert.deepEqual(later.syncing.link()?.pins.olds, olds);
  assert.equal(later.syncing.link()?.epoch, 5);
});

test('a kick during a run adds one more pass; a kick in a pause ends the pause', async () => {
  const device = makeSyncing({ passes: [() => device.syncing.kick(), () => undefined] });
  device.syncing.kick();
  await device.syncing.current;
  assert.equal(device.runs.count, 2);
  const [pause] = device.waiting();
  device.syncing.soon();
  assert.equal(pause.isStopped, true);
  await device.syncing.current;
  assert.equal(device.runs.count, 3);
});

test('a lock during a run ends it after the pass', async () => {
  const device = makeSyncing({
    passes: [
      () => {
        device.syncing.kick();
        device.parts.open = null;
      },
    ],
  });
  await run(device);
  assert.equal(device.runs.count, 1);
});

test('a pause that ends starts a run only on a page in view', async () => {
  const device = makeSyncing();
  await run(device);
  device.phone.visible = false;
  device.waiting()[0].act();
  assert.equal(device.syncing.running, false);
  assert.equal(device.syncing.timer, null);
  device.phone.visible = true;
  device.timers[0].act();
  assert.equal(device.syncing.running, true);
  await device.syncing.current;
  assert.equal(device.timers[0].isStopped, false, 'a pause that is over is not stopped again');
});

test('stopping ends the pause and what was to follow', async () => {
  const device = makeSyncing();
  await run(device);
  device.syncing.runAgain = true;
  device.syncing.stop();
  assert.equal(device.waiting().length, 0);
  assert.deepEqual([device.syncing.timer, device.syncing.runAgain], [null, false]);
  device.syncing.stop();
});

test('after a restart a fresh run follows the run in progress, even one that fails for good', async () => {
  const device = makeSyncing({ passes: [failure('signed_out')] });
  const first = device.syncing.startRun();
  device.syncing.restart();
  await first;
  await Promise.resolve();
  await device.syncing.current;
  assert.deepEqual([device.runs.count, device.syncing.lastError], [2, null]);
  device.syncing.restart();
  assert.equal(device.syncing.running, true, 'at once, when nothing runs');
  await device.syncing.current;
});

test('a sync that someone waits for begins after the run in progress', async () => {
  let release = () => {};
  const device = makeSyncing({
    passes: [
      () =>
        new Promise((resolve) => {
          release = () => resolve(undefined);
        }),
    ],
  });
  const first = device.syncing.startRun();
  const waited = device.syncing.now();
  await new Promise(setImmediate);
  assert.equal(device.runs.count, 1);
  release();
  await first;
  await waited;
  assert.equal(device.runs.count, 2);
});

test('nothing is sent while the keys change; afterwards a run follows, for everyone who waits', async () => {
  const device = makeSyncing();
  device.syncing.suspend();
  const { suspended } = device.syncing;
  device.syncing.suspend();
  assert.equal(device.syncing.suspended, suspended, 'suspended once');
  const waited = device.syncing.now();
  device.syncing.kick();
  await new Promise(setImmediate);
  assert.equal(device.runs.count, 0);
  device.syncing.resume();
  await waited;
  assert.equal(device.runs.count, 2, 'the run that follows, and the one that was waited for');
  device.syncing.resume();
  await device.syncing.current;
  assert.equal(device.runs.count, 2, 'nothing was suspended any more');
});

test('background work waits for everyone who paused it, and each can end a pause once', async () => {
  const device = makeSyncing();
  const [endFirst, endSecond] = [device.syncing.pauseBackgroundWork(), device.syncing.pauseBackgroundWork()];
  assert.equal(device.syncing.backgroundPauses, 2);
  endFirst();
  endFirst();
  assert.equal(device.syncing.backgroundPauses, 1);
  await device.syncing.current;
  assert.equal(device.runs.count, 1, 'a run at the end of a pause');
  endSecond();
  assert.equal(device.syncing.backgroundPauses, 0);
  await device.syncing.current;
});

test('the first pull is over at the end of a run that made none', async () => {
  const device = makeSyncing({ passes: [failure('no_network')] });
  device.syncing.link = () => null;
  await run(device);
  await device.syncing.firstPull;
});

test('the error of an entry is stored once and cleared once', async () => {
  const { syncing, parts, store } = makeSyncing();
  await syncing.setTrouble(parts.open, 'entry', 'differs');
  await syncing.setTrouble(parts.open, 'entry', 'differs');
  assert.deepEqual([store.root.troubles, store.changes], [{ entry: 'differs' }, 1]);
  await syncing.setTrouble(parts.open, 'entry', 'conflict');
  await syncing.setTrouble(parts.open, 'other', 'differs');
  assert.deepEqual(store.root.troubles, { entry: 'conflict', other: 'differs' });
  await syncing.clearTrouble(parts.open, 'entry');
  assert.deepEqual([store.root.troubles, store.changes], [{ other: 'differs' }, 4]);
  await syncing.clearTrouble(parts.open, 'entry');
  assert.equal(store.changes, 4, 'nothing to clear, nothing written');
});

test('an error ends with the last thing that waits of its entry', async () => {
  const device = makeSyncing({
    root: {
      outbox: [{ record: 'a', version: 'v', of: null }],
      uploads: [{ blob: 'b', of: 'entry' }],
      troubles: { a: 'differs', entry: 'too_large', gone: 'conflict', erased: 'differs' },
    },
  });
  await device.syncing.clearResolvedTroubles();
  assert.deepEqual(device.store.root.troubles, { a: 'differs', entry: 'too_large' });
  assert.equal(device.store.changes, 1);
  await device.syncing.clearResolvedTroubles();
  assert.equal(device.store.changes, 1);
  device.parts.open = null;
  await device.syncing.clearResolvedTroubles();
});

test('all warnings are shown, each once: the connection first, then records of no entry, then what stands', () => {
  const device = makeSyncing({
    root: {
      outbox: [
        { record: 'person', version: 'v', of: null },
        { record: 'entry', version: 'w', of: 'entry' },
      ],
      uploads: [{ blob: 'file', of: null }],
      troubles: { person: 'differs', entry: 'conflict', file: 'too_large' },
      doubts: { altered: true },
    },
  });
  const codes = () => device.syncing.warnings().map(({ code }) => code);
  device.syncing.trouble = 'garbage';
  assert.deepEqual(codes(), ['garbage', 'differs', 'too_large', 'altered']);
  device.syncing.trouble = 'differs';
  assert.deepEqual(codes(), ['differs', 'too_large', 'altered']);
  assert.ok(device.syncing.warnings().every(({ sentence, act }) => sentence.length > 10 && act === null));
  device.parts.open = null;
  assert.deepEqual(codes(), [], 'none while locked');
});

test('where nothing is wrong nothing is shown, also while records of no entry wait', () => {
  const device = makeSyncing({
    root: { outbox: [{ record: 'person', version: 'v', of: null }], uploads: [{ blob: 'file', of: null }] },
  });
  assert.deepEqual(device.syncing.warnings(), []);
});

test('a server that has announced its end has a line of its own in place of a warning', () => {
  const device = makeSyncing();
  device.syncing.trouble = 'closed';
  assert.deepEqual(
    device.syncing.warnings().map(({ code }) => code),
    ['closed'],
  );
  device.store.root.account.closing = { on: 1, off: 2 };
  assert.deepEqual(device.syncing.warnings(), []);
  device.syncing.trouble = 'garbage';
  assert.equal(device.syncing.warnings().length, 1);
});

test('the offset of the clock is the last one measured, else the one stored, else none', () => {
  const device = makeSyncing();
  assert.equal(device.syncing.clockOffset(), 0);
  device.store.root.clock_offset = 7_000;
  assert.equal(device.syncing.clockOffset(), 7_000);
  device.syncing.lastOffset = 0;
  assert.equal(device.syncing.clockOffset(), 0);
  const locked = makeSyncing({ isOpen: false });
  assert.equal(locked.syncing.clockOffset(), 0);
  assert.deepEqual([locked.syncing.rows(), locked.syncing.coming()], [[], null]);
});

test('the progress of a file is shown with its entry, and of no entry not at all', () => {
  const device = makeSyncing();
  device.syncing.setUploadProgress('entry', 0.5);
  assert.deepEqual(device.syncing.part, { of: 'entry', share: 0.5 });
  device.syncing.setUploadProgress(null, 1);
  assert.equal(device.syncing.part, null);
  assert.equal(device.shown.times, 2);
});

test('how much is still to come says whether it can be fetched now', () => {
  const device = makeSyncing({ root: { coming: 5, feed: { seq: 3 } } });
  const state = () => device.syncing.coming()?.state;
  assert.deepEqual(device.syncing.coming(), { here: 3, total: 8, state: 'fetching' });
  device.syncing.announced = 20;
  assert.equal(device.syncing.coming()?.total, 20);
  device.phone.online = false;
  assert.equal(state(), 'offline');
  device.phone.online = true;
  device.syncing.offline = true;
  assert.equal(state(), 'offline', 'the signal reaches no server');
  device.syncing.offline = false;
  device.syncing.lastError = failure('server_down');
  assert.equal(state(), 'stopped');
  device.syncing.running = true;
  assert.equal(state(), 'fetching', 'a run in progress has not failed');
});
