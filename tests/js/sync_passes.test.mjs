/** One pass of a sync: what it asks for, in which order, what a failure of each part means, and a lock in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { saveEntry } from './phone/keeper.mjs';
import { eventually } from './phone/eventually.mjs';
import { anotherOnSmallServer, phoneOnSmallServer, refusal, smallServer } from './phone/small_server.mjs';
import { standIn } from './phone/stand_in.mjs';

const DAY = 24 * 60 * 60 * 1000;
const json = (body) =>
  new Response(JSON.stringify(body), { status: 200, headers: { 'content-type': 'application/json' } });

/** A registered phone that syncs only when a test runs it. */
async function quietPhone(server = smallServer()) {
  const device = await phoneOnSmallServer(server);
  const { open } = device;
  open.syncing.stop();
  const { kick } = open.syncing;
  open.syncing.kick = () => undefined;
  server.requests.length = 0;
  return { ...device, server, syncing: open.syncing, kick: kick.bind(open.syncing) };
}

const logResponse = (server, change = {}) => ({
  authorities: [],
  checkpoint: null,
  closing: null,
  log: server.log,
  now: server.now,
  witnessed: null,
  witnesses: [],
  stamped: null,
  statements: [],
  ...change,
});
const answerLog = (server, change) => {
  server.answer = (path) => (path === '/v1/log' ? json(logResponse(server, change)) : null);
};
/** The requests' last parts, without ids. */
const namesOf = ({ requests }) => requests.map((request) => request.split('?')[0].split('/').at(-1));

test('a pass reads the log, pulls, sends what waits, pulls again, and looks after erasures and sign-ins', async () => {
  const { server, syncing, app } = await quietPhone();
  await saveEntry(app, 'two');
  await syncing.now();
  const names = namesOf(server);
  assert.deepEqual(names.slice(0, 2), ['log', 'changes']);
  assert.match(server.requests[2], /^PUT .*\/versions\//);
  assert.deepEqual(names.slice(3, 6), ['changes', 'erasures', 'sign-ins']);
  assert.deepEqual([syncing.trouble, syncing.offline, syncing.lastError], [null, false, null]);
  server.requests.length = 0;
  await syncing.now();
  assert.deepEqual(namesOf(server).slice(0, 3), ['log', 'changes', 'erasures'], 'nothing to send: one pull');
});

test('the log’s dates, limit and clock are stored, and a log without them clears them', async () => {
  const { server, syncing, open, phone } = await quietPhone();
  const closing = { on: server.now + DAY, off: server.now + 2 * DAY };
  answerLog(server, { closing, file_bytes: 100_000_000, now: phone.clock.now() + 2 * DAY });
  await syncing.now();
  assert.deepEqual(open.store.root.account.closing, closing);
  assert.equal(open.store.root.account.file_bytes, 100_000_000);
  assert.equal(open.store.root.clock_off, true);
  assert.equal(open.store.root.clock_offset, 2 * DAY);
  assert.equal(syncing.lastOffset, 2 * DAY);
  answerLog(server, { now: phone.clock.now() - 5_000 });
  await syncing.now();
  assert.deepEqual(
    [
      open.store.root.account.closing,
      open.store.root.account.file_bytes,
      open.store.root.clock_off,
      syncing.lastOffset,
    ],
    [undefined, undefined, false, -5_000],
  );
  answerLog(server, { now: 'noon' });
  await syncing.now();
  assert.equal(syncing.lastOffset, -5_000, 'what is no time changes nothing');
});

test('a log that fails leaves what is known, and entries are sent all the same', async () => {
  const { server, syncing, open, app } = await quietPhone();
  const closing = { on: server.now + DAY, off: server.now + 2 * DAY };
  answerLog(server, { closing });
  await syncing.now();
  server.answer = null; // 404
  await saveEntry(app, 'two');
  await syncing.now();
  assert.deepEqual(open.store.root.account.closing, closing);
  assert.deepEqual(open.store.root.outbox, []);
});

test('without a connection the first pull is not waited for; after another failure of the log it is', async () => {
  const { server, syncing } = await quietPhone();
  for (const [answer, isWaiting] of /** @type {[() => Response, boolean][]} */ ([
    [() => refusal(503, 'unavailable'), true],
    [
      () => {
        throw new TypeError('Failed to fetch');
      },
      false,
    ],
    [() => new Response('<html>', { headers: { 'content-type': 'text/html' } }), false],
    [
      () => {
        throw new KeptError('server_slow');
      },
      false,
    ],
  ])) {
    let wasResolved = false;
    let stateAtPull = null;
    server.answer = async (path) => {
      if (path === '/v1/log') return answer();
      await new Promise(setImmediate);
      if (path.includes('/changes')) stateAtPull ??= wasResolved;
      return null;
    };
    const run = syncing.startRun();
    void syncing.firstPull.then(() => {
      wasResolved = true;
    });
    await run;
    assert.equal(stateAtPull, !isWaiting);
  }
});

test('a log under another key stops the pass before anything is sent', async () => {
  const { server, syncing, open, app } = await quietPhone();
  await saveEntry(app, 'two');
  answerLog(server, { log: 'another' });
  await assert.rejects(syncing.now(), { code: 'wrong_notary' });
  assert.equal(open.store.root.outbox.length, 1);
  assert.equal(syncing.trouble, 'wrong_notary');
});

test('a log that had checkpoints and shows none puts it in doubt', async () => {
  const { server, syncing, open } = await quietPhone();
  answerLog(server, {});
  await syncing.now();
  assert.equal(open.store.root.doubts.log, undefined, 'there never was one');
  await open.store.change((root) => {
    root.log = { size: 1, root: 'x', note: 'x', proved: 0, late: false };
  });
  await syncing.now();
  assert.equal(open.store.root.doubts.log, true);
});

test('a lock during any request of a pass ends it without an error of the app', async () => {
  for (const name of ['log', 'changes', 'versions', 'erasures', 'sign-ins', 'witnesses']) {
    const { server, syncing, open, app, phone } = await quietPhone();
    await saveEntry(app, 'two');
    if (name === 'log') answerLog(server, {});
    let isClosed = false;
    const openNow = syncing.openNow;
    syncing.openNow = () => (isClosed ? null : openNow());
    const { answer } = server;
    server.answer = (path, options) => {
      if (path.includes(`/${name}`)) isClosed = true;
      return answer?.(path, options);
    };
    await syncing.startRun();
    assert.ok(isClosed, name);
    assert.ok([undefined, 'locked'].includes(syncing.lastError?.code), `${name}: ${syncing.lastError?.code}`);
    assert.equal(syncing.trouble, null);
    assert.equal(syncing.running, false);
    assert.ok(open.store.root.outbox.length <= 1);
    phone.end();
  }
});

test('while the keys change nothing more is asked, and the run ends as at a lock', async () => {
  for (const name of ['/v1/log', '/changes', '/versions/', '/erasures', '/sign-ins']) {
    const { server, syncing, app } = await quietPhone();
    await saveEntry(app, 'two');
    server.answer = (path) => {
      if (path.includes(name)) syncing.suspend();
      return null;
    };
    await syncing.startRun();
    assert.ok([undefined, 'locked'].includes(syncing.lastError?.code), `${name}: ${syncing.lastError?.code}`);
    const last = server.requests.findIndex((request) => request.includes(name));
    const afterwards = namesOf({ requests: server.requests.slice(last + 1) });
    assert.ok(!afterwards.includes('changes'), name);
    assert.ok(!afterwards.includes('erasures'), name);
    if (name !== '/erasures' && name !== '/sign-ins') assert.equal(syncing.lastError?.code, 'locked', name);
  }
});

test('a passing failure of the side requests does not stop a pass; a lasting one does', async () => {
  for (const [error, isPassing] of /** @type {[string, boolean][]} */ ([
    ['try_later', true],
    ['not_found', true],
    ['garbage', true],
    ['unavailable', true],
    ['differs', false],
    ['conflict', false],
  ])) {
    const { server, syncing, open } = await quietPhone();
    open.signInsLooked = false;
    server.answer = (path) => (path.startsWith('/v1/sign-ins') ? refusal(409, error) : null);
    const result = await syncing.now().then(
      () => null,
      ({ code }) => code,
    );
    assert.equal(result, isPassing ? null : error);
  }
});

test('an entry that the server refuses is reported and tried again; any other error stops the run', async () => {
  const { server, syncing, open, app } = await quietPhone();
  const { record } = await saveEntry(app, 'two');
  const refuse = (error) => {
    server.answer = (path) => (path.includes('/versions/') ? refusal(422, error) : null);
  };
  for (const error of ['differs', 'conflict', 'bad_signature', 'too_large']) {
    refuse(error);
    await syncing.now();
    assert.deepEqual(open.store.root.troubles, { [record]: error });
    assert.deepEqual([syncing.lastError, syncing.skipped.size], [null, 0]);
  }
  refuse('no_such_thing');
  await assert.rejects(syncing.now(), { code: 'no_such_thing' });
  assert.equal(syncing.trouble, 'internal');
  assert.deepEqual(open.store.root.troubles, { [record]: 'too_large' });
  server.answer = null;
  await syncing.now();
  assert.deepEqual([open.store.root.troubles, open.store.root.outbox], [{}, []]);
});

test('a version that is refused for its signature, but came by the feed, is no longer sent', async () => {
  for (const error of ['bad_signature', 'conflict', 'differs']) {
    const { server, syncing, open, record } = await quietPhone();
    const { version } = server.versions[0];
    await open.store.change((root) => {
      root.outbox = [{ record, version, of: record }];
      root.again = false;
    });
    server.answer = (path) => (path.includes('/versions/') ? refusal(409, error) : null);
    await syncing.now();
    assert.equal(open.store.root.outbox.length, error === 'differs' ? 1 : 0, error);
    assert.equal(Object.keys(open.store.root.troubles).length, error === 'differs' ? 1 : 0);
    assert.equal(server.requests.filter((request) => request.startsWith('PUT')).length, 1);
  }
});

test('a server that gives the number of another version has gone back, and the run stops', async () => {
  const { server, syncing, open, app } = await quietPhone();
  await saveEntry(app, 'two');
  server.answer = async (path, { body }) => {
    const place = /records\/([^/]+)\/versions\/([^/]+)$/.exec(path);
    if (!place) return null;
    const [first] = server.versions.splice(0);
    const { receipt } = server.number(place[1], place[2], new Uint8Array(/** @type {Uint8Array} */ (body)));
    server.versions = [first];
    return json({ receipt, head: server.headAt(1), seq: 1 });
  };
  await assert.rejects(syncing.now(), { code: 'server_behind' });
  assert.deepEqual([open.store.root.gone_back, syncing.trouble], [true, 'server_behind']);
});

test('a manifest is written after twenty versions, and sent in the same run', async () => {
  const { server, syncing, open, app } = await quietPhone();
  await open.store.change((root) => {
    root.manifest = { ...root.manifest, record: null, counter: 0, seq: 0, head: root.manifest?.head, due: 18 };
  });
  await saveEntry(app, 'two');
  await syncing.now();
  assert.equal(server.versions.length, 2, 'nineteen');
  await saveEntry(app, 'three');
  await syncing.now();
  const { manifest } = open.store.root;
  assert.equal(manifest?.counter, 1);
  assert.equal(manifest?.seq, 3);
  assert.equal(server.versions.length, 4);
  assert.equal(server.versions[3].record, manifest?.record);
  assert.equal(open.store.root.outbox.length, 0);
});

test('typed words are forgotten after a pass, unless something still needs them', async () => {
  const { syncing, open } = await quietPhone();
  open.typed = 'the words';
  await open.store.change((root) => {
    root.purges = ['file'];
    root.outbox = [{ record: 'file', version: 'v', of: null }];
  });
  syncing.pushVersions = async () => undefined;
  await syncing.now();
  assert.equal(open.typed, 'the words');
  await open.store.change((root) => {
    delete root.purges;
    root.outbox = [];
  });
  await syncing.now();
  assert.equal(open.typed, null);
});

test('no files are sent or fetched while another pass is due, and nothing is freed in a pause', async () => {
  const { server, syncing, open, phone } = await quietPhone();
  await open.store.change((root) => {
    root.fetch = [{ blob: 'AAAAAAAAAAAAAAAAAAAAAA', of: null, size: 5 }];
  });
  const blobRequests = () => server.requests.filter((request) => request.includes('/blobs/')).length;
  await syncing.now();
  assert.equal(blobRequests(), 1);
  server.requests.length = 0;
  let isFirst = true;
  server.answer = (path) => {
    if (path.includes('/erasures') && isFirst) {
      isFirst = false;
      syncing.runAgain = true;
      assert.equal(blobRequests(), 0);
    } else if (path === '/v1/log') assert.equal(blobRequests(), 0, 'not at the end of the first pass');
    return null;
  };
  await syncing.now();
  assert.equal(blobRequests(), 1);
  phone.end();
});

test('after a failure for want of a signal, what is being sent is prepared to go on while locked', async () => {
  const { server, syncing, phone } = await quietPhone();
  const prepared = [];
  phone.ctx.carrier = standIn({ prepare: async (...facts) => void prepared.push(facts[1]), stop: () => undefined });
  server.answer = () => {
    throw new TypeError('Failed to fetch');
  };
  await assert.rejects(syncing.now(), { code: 'no_network' });
  assert.deepEqual(prepared, [false]);
  server.answer = () => refusal(500, 'internal');
  await assert.rejects(syncing.now(), { code: 'internal' });
  assert.equal(prepared.length, 1, 'the server answered');
});

test('the list is rebuilt after a run, or by a kick without an account, and not while the keys change', async () => {
  const { syncing, open, kick } = await quietPhone();
  const makeStale = () => {
    open.index.isStale = true;
    open.index.staleSegments = new Set();
  };
  const isFresh = () =>
    eventually(
      () => open.index.isStale,
      (isStale) => !isStale,
      { what: 'the list' },
    );
  makeStale();
  await syncing.startRun();
  await isFresh();
  syncing.suspend();
  makeStale();
  kick();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(open.index.isStale, true);
  syncing.suspended = null;
  await open.store.change((root) => {
    root.account.registered = false;
  });
  kick();
  await isFresh();
});

test('whoever waits for what the server has gets it, and is not held up by a failed run', async () => {
  const server = smallServer();
  const one = await quietPhone(server);
  const two = await anotherOnSmallServer(server, one.login);
  const { syncing } = two.open;
  await saveEntry(one.app, 'two');
  await one.syncing.now();
  let release = () => {};
  const held = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  server.answer = async (path) => {
    if (path.includes('/changes')) await held;
    return null;
  };
  syncing.kick();
  await eventually(() => syncing.pulling !== null, Boolean, { what: 'a pull' });
  let isOver = false;
  const waited = syncing.waitForPull().then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isOver, false, 'a pull in progress is waited for');
  release();
  await waited;
  assert.equal(two.open.index.allRows().length, 2);
  await syncing.current;
  server.answer = () => refusal(500, 'internal');
  const failed = syncing.startRun();
  await syncing.waitForPull();
  await failed;
});

test('on a phone that is still to get everything, the first pull of the run is waited for', async () => {
  const server = smallServer();
  const one = await quietPhone(server);
  const two = await anotherOnSmallServer(server, one.login);
  const { syncing, store } = two.open;
  syncing.stop();
  await store.change((root) => {
    root.coming = 1;
  });
  await syncing.waitForPull(); // no run: nothing to wait for
  assert.equal(store.root.coming, 1);
  let release = () => {};
  const held = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  server.answer = async (path) => {
    if (path === '/v1/log') await held;
    return null;
  };
  const run = syncing.startRun();
  const waited = syncing.waitForPull();
  release();
  await waited;
  assert.equal(store.root.coming, undefined);
  await run;
});

test('a list that is out of date is rebuilt before what the server has counts as here', async () => {
  const { syncing, open } = await quietPhone();
  open.index.isStale = true;
  await syncing.waitForPull();
  assert.equal(open.index.isStale, false);
});
