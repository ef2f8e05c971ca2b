/** New words and new keys: what is checked before, what each failure of the server means, and what is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  abandonRenewal,
  changeWords,
  followKeyChange,
  renewKeys,
  resumeRenewal,
  rewrapVersions,
} from '#app/diary/keys/rotating.js';
import { saveEntry } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { anotherOnSmallServer, holdSync, quietPhone, refusal } from './phone/small_server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
const OTHER = 'lantern copper meadow violin harbour quilt';

/** A registered phone with two entries on the server; it syncs only when something asks it to. */
async function phoneWithTwo() {
  const device = await quietPhone(['two']);
  device.open.syncing.restart = () => undefined;
  return device;
}
const requestsTo = ({ server }, end) => server.requests.filter((request) => request.endsWith(end)).length;
/** Answer the n-th request (from 1) of a method to an address that ends so; other requests go to the server. */
function answerOnce({ server }, method, end, answer, turns = [1]) {
  let count = 0;
  server.answer = (path, options) => {
    if (!path.endsWith(end) || (options.method ?? 'GET') !== method) return null;
    count++;
    return turns.includes(count) ? answer(path, options) : null;
  };
}
const lostAnswer = (server) => (path, options) => {
  server.answer = null;
  return server.send(path, options).then(() => {
    throw new TypeError('Failed to fetch');
  });
};
async function makeCode({ app }) {
  const { crockford } = await app.makeCode({ words: WORDS });
  await app.confirmCode(crockford);
  return crockford;
}

test('after a renewal the new words open everything, and the old words, code and keys count for nothing', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server, login, phone } = device;
  await makeCode(device);
  const progress = [];
  const before = structuredClone(server.account);
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW, onProgress: (...place) => progress.push(place) });
  const { root } = open.store;
  assert.deepEqual(
    [root.rotation, root.rewrap, root.account.recovery, root.account.code_wrap],
    [undefined, false, 'todo', undefined],
  );
  assert.deepEqual([open.typed, open.refused, open.syncing.trouble, open.syncing.suspended], [null, false, null, null]);
  assert.equal(open.proved, server.account?.auth);
  assert.notEqual(server.account?.keyset, before?.keyset);
  assert.deepEqual(progress, [
    [2, 2],
    [2, 2],
  ]);
  assert.equal(open.identity.authors.length, 2);
  assert.equal(open.syncing.link()?.epoch, 2);
  const next = await anotherOnSmallServer(server, login, {}).then(
    () => null,
    ({ code }) => code,
  );
  assert.equal(next, 'sign_in_failed');
  const fresh = makePhone({ origin: 'https://notes.example', send: server.send });
  await fresh.app.start();
  await fresh.app.signIn({ login, words: NEW });
  await fresh.ctx.open.syncing.now();
  assert.deepEqual(fresh.app.state.entries.map(({ title }) => title).sort(), ['one', 'two']);
  assert.deepEqual(fresh.ctx.open.store.root.doubts, {});
  fresh.end();
  phone.end();
});

test('a diary without an account gets new keys without any request', async () => {
  const { phone, app } = await phoneWithEntry({}, 'one');
  const { ctx } = phone;
  await assert.rejects(renewKeys(ctx, ctx.open, { words: OTHER, newWords: NEW }), { code: 'words_differ' });
  await renewKeys(ctx, ctx.open, { words: WORDS, newWords: NEW });
  assert.equal(ctx.open.proved, null);
  assert.equal(ctx.open.store.root.rewrap, false);
  await app.lock('asked');
  await app.unlock(NEW);
  assert.equal(app.state.entries[0].title, 'one');
  phone.end();
});

test('where something was written meanwhile, the change is begun again, at most three times', async () => {
  for (const code of ['conflict', 'incomplete', 'not_found']) {
    const device = await phoneWithTwo();
    answerOnce(device, 'POST', '/commit', () => refusal(409, code), [1, 2]);
    await renewKeys(device.ctx, device.open, { words: WORDS, newWords: NEW });
    assert.equal(requestsTo(device, '/rotation'), 3);
    device.phone.end();
  }
  const device = await phoneWithTwo();
  answerOnce(device, 'POST', '/commit', () => refusal(409, 'conflict'), [1, 2, 3]);
  await assert.rejects(renewKeys(device.ctx, device.open, { words: WORDS, newWords: NEW }), { code: 'conflict' });
  assert.equal(requestsTo(device, '/rotation'), 3);
  assert.equal(device.open.syncing.suspended, null, 'entries are sent again');
  assert.ok(device.open.store.root.rotation, 'it can be continued');
  await abandonRenewal(device.open);
  assert.equal(device.open.store.root.rotation, undefined);
  device.phone.end();
});

test('any other failure ends the change at once', async () => {
  const device = await phoneWithTwo();
  for (const [error, status] of /** @type {[string, number][]} */ ([
    ['internal', 500],
    ['unavailable', 503],
    ['signed_out', 401],
  ])) {
    device.server.requests.length = 0;
    device.ctx.api.signInAgain = null;
    answerOnce(device, 'POST', '/rotation', () => refusal(status, error));
    await assert.rejects(renewKeys(device.ctx, device.open, { words: WORDS, newWords: NEW }), { code: error });
    assert.equal(requestsTo(device, '/rotation'), 1);
    assert.equal(device.open.syncing.suspended, null);
  }
  device.phone.end();
});

test('entries that wait to be sent stop a change, unless the code is given', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, app, server } = device;
  const code = await makeCode(device);
  await saveEntry(app, 'three');
  const blockSending = () => {
    server.answer = (path) => (path.includes('/versions/') ? refusal(503, 'unavailable') : null);
  };
  blockSending();
  await assert.rejects(renewKeys(ctx, open, { words: WORDS, newWords: NEW }), { code: 'unavailable' });
  assert.equal(requestsTo(device, '/rotation'), 0);
  server.answer = (path) => (path.includes('/versions/') ? refusal(422, 'differs') : null);
  await assert.rejects(renewKeys(ctx, open, { words: WORDS, newWords: NEW }), { code: 'unavailable' });
  assert.equal(requestsTo(device, '/rotation'), 0);
  server.answer = (path) => (path.includes('/versions/') ? refusal(500, 'internal') : null);
  await assert.rejects(renewKeys(ctx, open, { words: WORDS, newWords: NEW, code }), { code: 'internal' });
  blockSending();
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW, code: ` ${code} ` });
  assert.equal(open.store.root.outbox.length, 1);
  server.answer = null;
  await open.syncing.now();
  assert.deepEqual(open.store.root.outbox, []);
  assert.deepEqual(open.store.root.doubts, {});
  device.phone.end();
});

test('a code that is none, or that the server refuses, changes nothing', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server } = device;
  const code = await makeCode(device);
  const renew = (given) => renewKeys(ctx, open, { words: WORDS, newWords: NEW, code: given });
  await assert.rejects(renew('not a code'), { code: 'code_wrong' });
  Object.assign(server.account ?? {}, { code_auth: 'another' });
  await assert.rejects(renew(code), { code: 'code_refused' });
  assert.equal(requestsTo(device, '/rotation'), 0);
  server.answer = (path) => (path === '/v1/recoveries' ? refusal(429, 'try_later') : null);
  await assert.rejects(renew(code), { code: 'try_later' });
  device.phone.end();
});

test('with the code, a session that somebody ended meanwhile is begun again', async () => {
  const device = await phoneWithTwo();
  const { ctx, open } = device;
  const code = await makeCode(device);
  ctx.api.signInAgain = null;
  answerOnce(device, 'POST', '/commit', () => refusal(401, 'session_ended'));
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW, code });
  assert.equal(requestsTo(device, '/v1/recoveries'), 2);
  assert.equal(requestsTo(device, '/rotation'), 2);
  const without = await phoneWithTwo();
  without.ctx.api.signInAgain = null;
  answerOnce(without, 'POST', '/commit', () => refusal(401, 'session_ended'));
  await assert.rejects(renewKeys(without.ctx, without.open, { words: WORDS, newWords: NEW }), {
    code: 'session_ended',
  });
  assert.equal(requestsTo(without, '/rotation'), 1);
  device.phone.end();
  without.phone.end();
});

test('keys change only over the server’s own account: not behind it, not before it, not beside it', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server, login } = device;
  const answerSession = (change) => {
    server.answer = async (path, { method }) => {
      if (path !== '/v1/session' || (method ?? 'GET') !== 'GET') return null;
      server.answer = null;
      const body = await (await server.send(path, { method: 'GET' })).json();
      return new Response(JSON.stringify(change(body)), { headers: { 'content-type': 'application/json' } });
    };
  };
  const renew = () => renewKeys(ctx, open, { words: WORDS, newWords: NEW });
  const withDiary = (change) => (body) => ({ ...body, diaries: body.diaries.map((row) => ({ ...row, ...change })) });
  answerSession(withDiary({ seq: 1 }));
  await assert.rejects(renew(), { code: 'conflict' });
  answerSession((body) => ({ ...body, diaries: [] }));
  await assert.rejects(renew(), { code: 'conflict' });
  answerSession(withDiary({ diary: 'another' }));
  await assert.rejects(renew(), { code: 'conflict' });
  answerSession(withDiary({ head: server.headAt(1) }));
  await assert.rejects(renew(), { code: 'head_differs' });
  assert.equal(requestsTo(device, '/rotation'), 0);
  const other = await anotherOnSmallServer(server, login);
  holdSync(other);
  await saveEntry(other.app, 'theirs');
  answerSession((body) => body);
  const { answer } = server;
  server.answer = async (path, options) => {
    if (path === '/v1/session') await other.open.syncing.now();
    return answer?.(path, options);
  };
  await renew();
  assert.equal(requestsTo(device, '/rotation'), 2, 'more was written: begun at once, to keep more away, and again');
  assert.equal(open.store.root.feed.seq, 3);
  device.phone.end();
  other.phone.end();
});

test('a last answer that was lost is found out by signing in with the new words', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server } = device;
  answerOnce(device, 'POST', '/commit', lostAnswer(server));
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW });
  assert.equal(server.epoch, 2);
  assert.equal(open.store.root.rotation, undefined);
  device.phone.end();
});

test('a sign-in that fails right after the change is tried again with the new keys', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server } = device;
  answerOnce(device, 'POST', '/v1/sessions', () => refusal(500, 'internal'));
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW });
  assert.ok(server.tokens.has(ctx.api.token), 'the phone is signed in');
  assert.equal(open.store.root.session?.token, ctx.api.token);
  device.phone.end();
});

test('where another device’s keys were taken instead, this phone is signed out', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server } = device;
  server.answer = (path) => {
    if (!path.endsWith('/commit')) return null;
    Object.assign(server.account ?? {}, { auth: 'of another device' });
    return new Response(null, { status: 204 });
  };
  await assert.rejects(renewKeys(ctx, open, { words: WORDS, newWords: NEW }), { code: 'signed_out' });
  assert.ok(open.store.root.rotation);
  assert.equal(open.syncing.suspended, null);
  device.phone.end();
});

/** A phone whose change of keys stopped before its end. */
async function interrupted(isCommitted) {
  const device = await phoneWithTwo();
  const { ctx, open, server } = device;
  const code = await makeCode(device);
  server.answer = (path, options) => {
    if (path.endsWith('/commit')) {
      server.answer = (next) => {
        if (next === '/v1/sessions') throw new TypeError('Failed to fetch');
        return null;
      };
      return isCommitted ? lostAnswer({ ...server, send: server.send })(path, options) : refusal(500, 'internal');
    }
    return null;
  };
  if (isCommitted)
    server.answer = async (path, options) => {
      if (!path.endsWith('/commit')) return null;
      server.answer = null;
      await server.send(path, options);
      server.answer = (next) => {
        if (next === '/v1/sessions') throw new TypeError('Failed to fetch');
        return null;
      };
      throw new TypeError('Failed to fetch');
    };
  await assert.rejects(renewKeys(ctx, open, { words: WORDS, newWords: NEW }));
  server.answer = null;
  server.requests.length = 0;
  assert.ok(open.store.root.rotation);
  return { ...device, code };
}

test('an interrupted change goes on with the new words', async () => {
  const device = await interrupted(false);
  const { ctx, open, server } = device;
  await assert.rejects(resumeRenewal(ctx, open, { newWords: OTHER }), { code: 'no_match' });
  open.typed = null;
  await assert.rejects(resumeRenewal(ctx, open, { newWords: NEW }), { code: 'needs_words' });
  assert.equal(open.syncing.suspended, null);
  open.typed = WORDS;
  await resumeRenewal(ctx, open, { newWords: NEW });
  assert.deepEqual([server.epoch, open.store.root.rotation, open.store.root.rewrap], [2, undefined, false]);
  await assert.rejects(resumeRenewal(ctx, open, { newWords: NEW }), { code: 'not_found' });
  device.phone.end();
});

test('an interrupted change that the server has finished needs only the new words', async () => {
  const device = await interrupted(true);
  const { ctx, open, server } = device;
  assert.equal(server.epoch, 2);
  open.typed = null;
  await resumeRenewal(ctx, open, { newWords: NEW });
  assert.equal(requestsTo(device, '/commit'), 0);
  assert.equal(open.store.root.rotation, undefined);
  device.phone.end();
});

test('an interrupted change goes on with the code alone, also while sign-ins by words are delayed', async () => {
  for (const isDelayed of [false, true]) {
    const device = await interrupted(false);
    const { ctx, open, server, code } = device;
    open.typed = null;
    if (isDelayed) answerOnce(device, 'POST', '/v1/sessions', () => refusal(429, 'try_later'));
    await resumeRenewal(ctx, open, { newWords: NEW, code });
    assert.equal(server.epoch, 2);
    device.phone.end();
  }
  const device = await interrupted(false);
  answerOnce(device, 'POST', '/v1/sessions', () => refusal(429, 'try_later'));
  await assert.rejects(resumeRenewal(device.ctx, device.open, { newWords: NEW }), { code: 'try_later' });
  answerOnce(device, 'POST', '/v1/sessions', () => refusal(500, 'internal'));
  await assert.rejects(resumeRenewal(device.ctx, device.open, { newWords: NEW, code: device.code }), {
    code: 'internal',
  });
  device.phone.end();
});

test('an interrupted change that is out of date is begun again', async () => {
  const device = await interrupted(false);
  const { ctx, open, server } = device;
  open.typed = WORDS;
  answerOnce(device, 'POST', '/commit', () => refusal(409, 'conflict'));
  await resumeRenewal(ctx, open, { newWords: NEW });
  assert.equal(requestsTo(device, '/rotation'), 2);
  assert.equal(server.epoch, 2);
  const failing = await interrupted(false);
  failing.open.typed = WORDS;
  answerOnce(failing, 'POST', '/rotation', () => refusal(500, 'internal'));
  await assert.rejects(resumeRenewal(failing.ctx, failing.open, { newWords: NEW }), { code: 'internal' });
  assert.equal(requestsTo(failing, '/rotation'), 1);
  device.phone.end();
  failing.phone.end();
});

test('another phone is signed out by new keys, refuses other words, and follows with the new ones', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server, login } = device;
  const other = await anotherOnSmallServer(server, login);
  holdSync(other);
  await saveEntry(other.app, 'theirs');
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW });
  await assert.rejects(other.open.syncing.now(), { code: 'signed_out' });
  const follow = (words) => followKeyChange(other.phone.ctx, other.open, { words });
  await assert.rejects(follow(OTHER), { code: 'sign_in_failed' });
  assert.equal(other.open.syncing.suspended, null);
  server.answer = (path) => (path === '/v1/prelogin' ? refusal(500, 'internal') : null);
  await assert.rejects(follow(NEW), { code: 'internal' });
  server.answer = null;
  other.open.refused = true;
  other.open.syncing.trouble = 'signed_out';
  const progress = [];
  await followKeyChange(other.phone.ctx, other.open, { words: NEW, onProgress: (...place) => progress.push(place) });
  assert.deepEqual([other.open.refused, other.open.syncing.trouble], [false, null]);
  assert.deepEqual(progress, [[3, 3]]);
  assert.equal(other.open.store.root.rewrap, false);
  await other.open.syncing.now();
  assert.deepEqual(other.open.store.root.outbox, []);
  assert.equal(server.versions.length, 3);
  await open.syncing.now();
  assert.deepEqual([open.store.root.doubts, other.open.store.root.doubts], [{}, {}]);
  assert.deepEqual(device.app.state.entries.map(({ title }) => title).sort(), ['one', 'theirs', 'two']);
  await other.app.lock('asked');
  await other.app.unlock(NEW);
  device.phone.end();
  other.phone.end();
});

test('a server that answers with keys from before is refused, and the session ended', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server } = device;
  const old = structuredClone({ account: server.account, versions: server.versions });
  await renewKeys(ctx, open, { words: WORDS, newWords: NEW });
  Object.assign(server, { account: old.account, versions: old.versions, epoch: 1 });
  server.requests.length = 0;
  server.answer = (path, { method }) =>
    path === '/v1/session' && method === 'DELETE' ? refusal(500, 'internal') : null;
  await assert.rejects(followKeyChange(ctx, open, { words: WORDS }), { code: 'keys_older' });
  assert.deepEqual(server.requests.slice(-1), ['DELETE /v1/session'], 'nothing is done in it');
  device.phone.end();
});

test('new words alone leave the keys; the same words are refused, and a lost answer is found out', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, server, app } = device;
  await assert.rejects(changeWords(ctx, open, { words: WORDS, newWords: ` ${WORDS} ` }), { code: 'words_in_use' });
  await assert.rejects(changeWords(ctx, open, { words: OTHER, newWords: NEW }), { code: 'words_differ' });
  const { keyset } = server.account ?? {};
  answerOnce(device, 'PUT', '/account/words', lostAnswer(server));
  await assert.rejects(changeWords(ctx, open, { words: WORDS, newWords: NEW }), { code: 'no_network' });
  await changeWords(ctx, open, { words: WORDS, newWords: NEW });
  assert.equal(server.account?.keyset, keyset);
  await app.lock('asked');
  await app.unlock(NEW);
  const again = device.phone.ctx.open;
  again.syncing.stop();
  again.syncing.kick = () => undefined;
  server.answer = (path, { method }) => (method === 'PUT' && path.endsWith('/words') ? refusal(401, 'no_match') : null);
  await assert.rejects(changeWords(ctx, again, { words: NEW, newWords: OTHER }), { code: 'no_match' });
  server.answer = (path, { method }) => (method === 'PUT' && path.endsWith('/words') ? refusal(500, 'internal') : null);
  await assert.rejects(changeWords(ctx, again, { words: NEW, newWords: OTHER }), { code: 'internal' });
  server.answer = null;
  await changeWords(ctx, again, { words: NEW, newWords: OTHER });
  await app.lock('asked');
  await app.unlock(OTHER);
  device.phone.end();
});

test('a phone that stops right after it took the new keys into use opens with the new words', async () => {
  const device = await phoneWithTwo();
  const { ctx, open, app } = device;
  let isInUse = false;
  const onProgress = () => {
    if (isInUse) throw new TypeError('stopped');
  };
  const { rekeyAdopt } = open.vault;
  open.vault.rekeyAdopt = async (...args) => {
    isInUse = true;
    return Reflect.apply(rekeyAdopt, open.vault, args);
  };
  await assert.rejects(renewKeys(ctx, open, { words: WORDS, newWords: NEW, onProgress }), TypeError);
  assert.equal(open.store.root.rewrap, true);
  await app.lock('asked');
  await app.unlock(NEW);
  assert.equal(app.state.entries.length, 2);
  assert.equal(device.phone.ctx.open.identity.authors.length, 2, 'with the new identity');
  device.phone.end();
});

test('wraps are made once after a change, one run after the other', async () => {
  const device = await phoneWithTwo();
  const { open } = device;
  const progress = [];
  await rewrapVersions(open, (...place) => progress.push(place));
  assert.deepEqual(progress, [], 'nothing has changed');
  await open.store.change((root) => {
    root.rewrap = true;
  });
  await Promise.all([
    rewrapVersions(open, (...place) => progress.push(['first', ...place])),
    rewrapVersions(open, (...place) => progress.push(['second', ...place])),
  ]);
  assert.deepEqual(progress, [['first', 2, 2]]);
  assert.equal(open.store.root.rewrap, false);
  device.phone.end();
});
