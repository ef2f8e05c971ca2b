/** Somebody who saw it answers once: the keeper's phone, the public page's own code, and the real server between them. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { b64, randomBytes, unb64, utf8 } from '#app/core/bytes.js';
import { KeptError } from '#app/core/errors.js';
import { witnessActions } from '#app/diary/sharing/witnesses.js';
import { sha256Sync } from '#app/crypto/digests.js';
import { deriveCode, openWitnessRequest, parseWitnessWords, sealWitnessRequest } from '#app/crypto/sharing/witness.js';
import { wordList } from '#app/crypto/words.js';
import { makeRequest } from '#app/net/http.js';
import { statementsOf } from '#app/net/witnesses.js';
import { openRequest, sendStatement } from '#app/front/statement.js';
import { statementMark } from '#app/record/witness.js';
import { anotherPhone } from './phone/another.mjs';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { quickArgon2 } from './phone/quick_argon2.mjs';
import { sender, startServer } from './phone/server.mjs';

const SAID = {
  contact: '07700 900222',
  name: 'Sam Ray',
  saw_how: 'saw',
  when: 'Tuesday about nine',
  words: 'He stood by the blue gate.',
};
let server;
let address;
before(async () => {
  server = await startServer();
  address = `http://public.localhost:${server.port}/answer`;
});
after(() => server.stop());

async function asks(note = 'Tuesday at the tram stop') {
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()), packActions: witnessActions },
    'He waited outside again.',
  );
  await one.app.register({ words: WORDS });
  await until(one, ({ entries }) => entries.length && entries.every(({ state }) => state.code === 'kept'), 'kept');
  return { ...one, made: await one.app.askWitness({ name: 'Maya', note, words: WORDS }) };
}

/** fetch would write its own Host. @returns {Promise<Response>} */
function asked(path, { method = 'GET', headers, body }) {
  const host = `public.localhost:${server.port}`;
  return new Promise((answer, failed) => {
    const sending = request(
      {
        port: server.port,
        path,
        method,
        headers: {
          ...headers,
          host,
          origin: `http://${host}`,
          'sec-fetch-site': 'same-origin',
          ...(body ? { 'content-length': Buffer.byteLength(body) } : {}),
        },
      },
      async (got) => {
        const chunks = [];
        for await (const chunk of got) chunks.push(chunk);
        answer(
          new Response(got.statusCode === 204 ? null : Buffer.concat(chunks), {
            status: got.statusCode,
            headers: got.headers,
          }),
        );
      },
    );
    sending.on('error', failed).end(body);
  });
}

/** The public host as the page meets it. `sent`: every body that left the page. */
function page() {
  const sent = [];
  const wire = statementsOf(
    makeRequest(async (path, { cache: _c, credentials: _r, referrerPolicy: _p, ...options }) => {
      if (options.body) sent.push(Buffer.from(options.body));
      return asked(path, options);
    }),
  );
  return { wire, sent };
}

const looks = (wire, words) => openRequest(wire, quickArgon2, words, address);
const answers = (wire, found, files = []) =>
  sendStatement(
    wire,
    found,
    SAID,
    files,
    () => undefined,
    1_793_749_500_000,
    async () => undefined,
  );

test('a witness is asked and answers with files; it is kept as a statement with its files, and the words are used up', async () => {
  const one = await asks();
  const { wire, sent } = page();
  assert.equal(one.made.address, address);
  const found = await looks(wire, one.made.words.toUpperCase().replaceAll(' ', ', '));
  assert.deepEqual([found.asked.name, found.asked.note], ['Maya', 'Tuesday at the tram stop']);
  const files = [
    new File([randomBytes(1_200_000)], 'door.mp4', { type: 'video/mp4' }),
    new File(['a list'], 'times.txt', { type: 'text/plain' }),
  ];
  await answers(wire, found, files);
  const wired = Buffer.concat(sent);
  // Two words beside each other: one alone may be "size", which every request says.
  const pairs = one.made.words.split(' ').flatMap((word, i, all) => (i ? [`${all[i - 1]} ${word}`] : []));
  for (const needle of [SAID.words, SAID.name, 'door.mp4', 'a list', ...pairs])
    assert.ok(!wired.includes(needle), needle);
  await one.phone.ctx.open.syncing.now();
  await until(one, ({ waiting }) => waiting.answers === 1, 'came');
  const {
    witnesses: [shown],
  } = await one.app.readWitnesses();
  assert.deepEqual([shown.said.fields, shown.verified], [SAID, true]);
  assert.equal(one.app.state.entries.length, 1, 'it is no entry');
  const { record } = await one.app.keepStatement(shown.witness);
  const { fields, restricted } = await one.app.readRecord(record);
  assert.deepEqual(
    [
      fields.narrative,
      fields.received_how,
      fields.saw_how,
      fields.arrived.verified,
      fields.arrived.when,
      fields.arrived.words,
    ],
    [SAID.words, 'spoken_code', 'saw', true, SAID.when, SAID.words],
  );
  assert.deepEqual(restricted, { by_name: 'Sam Ray', contact: '07700 900222' });
  const kept = await one.app.readRecordFiles(fields.attachment_ids);
  assert.deepEqual(
    kept.map(({ name, size }) => [name, size]),
    [
      ['door.mp4', 1_200_000],
      ['times.txt', 6],
    ],
  );
  assert.deepEqual((await one.app.readWitnesses()).witnesses, []);
  assert.equal(one.app.state.waiting.answers, 0);
  await assert.rejects(looks(page().wire, one.made.words), ({ code }) => code === 'over');
});

test('words work once: a second answer is told so; what is too large is refused unsent; a slip is noticed before any request', async () => {
  const one = await asks('');
  const [first, second] = [page(), page()];
  const [a, b] = [await looks(first.wire, one.made.words), await looks(second.wire, one.made.words)];
  const before = first.sent.length;
  const large = { size: 2 ** 31, slice: () => assert.fail('read') };
  await assert.rejects(answers(first.wire, a, [large]), ({ code }) => code === 'too_large');
  await assert.rejects(answers(first.wire, a, Array(6).fill(new File(['x'], 'x'))), ({ code }) => code === 'too_many');
  assert.equal(first.sent.length, before);
  await answers(first.wire, a);
  await assert.rejects(answers(second.wire, b), ({ code }) => code === 'not_found');
  await assert.rejects(looks(page().wire, one.made.words), ({ code }) => code === 'over');
  const { wire, sent } = page();
  const named = one.made.words.split(' ');
  await assert.rejects(
    looks(wire, [...named.slice(0, 3), 'xylophonist', ...named.slice(4)].join(' ')),
    ({ code, unknown }) => code === 'bad_request' && unknown.join() === 'xylophonist',
  );
  await assert.rejects(looks(wire, named.slice(1).join(' ')), ({ code }) => code === 'bad_request');
  assert.equal(sent.length, 0);
  await one.app.dropWitness(one.made.witness, { words: WORDS });
  assert.deepEqual((await one.app.readWitnesses()).witnesses, []);
});

test('a long account, a broken connection at every step, lost answers and an empty file: everything arrives, once', async () => {
  const one = await asks();
  const { wire } = page();
  const found = await looks(wire, one.made.words);
  // Two hours on, what the words gave has run out.
  found.ticket = b64(new Uint8Array(unb64(found.ticket).length));
  let turn = 0;
  const broken =
    (name, { arrives }) =>
    async (...args) => {
      if (turn++ % 3) return wire[name](...args);
      if (arrives) await wire[name](...args);
      throw new KeptError('no_network');
    };
  const weak = {
    ...wire,
    declare: broken('declare', { arrives: true }),
    part: broken('part', { arrives: false }),
    send: broken('send', { arrives: true }),
  };
  await answers(weak, found, [
    new File([], 'empty.txt'),
    new File([randomBytes(2_300_000)], 'gate.mp4', { type: 'video/mp4' }),
  ]);
  // The answer to the last step is lost, and sent by hand once more.
  const again = await one.app.askWitness({ name: 'Maya', note: '', words: WORDS });
  const second = await looks(wire, again.words);
  const lost = {
    ...wire,
    send: async (...args) => {
      await wire.send(...args);
      throw new KeptError('no_network');
    },
  };
  const files = [new File(['a list'], 'times.txt')];
  await assert.rejects(answers(lost, second, files), ({ code }) => code === 'no_network');
  await answers(wire, second, files);
  const { witnesses } = await one.app.readWitnesses();
  assert.deepEqual(
    witnesses.map(({ said }) => said?.files?.list.map(({ name }) => name)),
    [['times.txt'], ['gate.mp4']],
  );
  for (const { witness } of [one.made, again]) await one.app.keepStatement(witness);
});

test('a code is made, ended and thrown away with the keeper’s own words only; a copied session that says a statement was taken in hides it from nobody', async () => {
  const one = await asks('');
  await one.app.setShort('274913', WORDS);
  const { ctx } = one.phone;
  for (const words of ['not the words at all', '274913', '']) {
    await assert.rejects(one.app.askWitness({ name: 'Maya', note: '', words }), ({ code }) =>
      ['no_match', 'bad_request'].includes(code),
    );
    await assert.rejects(one.app.dropWitness(one.made.witness, { words }), ({ code }) =>
      ['no_match', 'bad_request'].includes(code),
    );
  }
  await answers(page().wire, await looks(page().wire, one.made.words), [new File(['a list'], 'times.txt')]);
  await ctx.api.withSession({
    path: `/v1/diaries/${ctx.open.identity.diary}/witnesses/${one.made.witness}/taken`,
    method: 'POST',
    expect: 'nothing',
  });
  await ctx.open.syncing.now();
  await until(one, ({ waiting }) => waiting.answers === 1, 'said to have come');
  assert.deepEqual(
    (await one.app.readWitnesses()).witnesses.map(({ said, verified }) => [said?.fields.words, verified]),
    [[SAID.words, true]],
  );
  const { record } = await one.app.keepStatement(one.made.witness);
  assert.equal((await one.app.readRecord(record)).fields.attachment_ids.length, 1);
  assert.deepEqual((await one.app.readWitnesses()).witnesses, []);
});

test('an empty file in a statement from some other page does not keep out the files after it', async () => {
  const one = await asks();
  const { wire } = page();
  const found = await looks(wire, one.made.words);
  const empty = Object.defineProperty(new File([], 'empty.txt'), 'size', {
    get: () => (new Error().stack.includes('Array.filter') ? 1 : 0),
  });
  await answers(wire, found, [empty, new File(['a list'], 'times.txt')]);
  const { record } = await one.app.keepStatement(one.made.witness);
  assert.deepEqual(
    (await one.app.readRecordFiles((await one.app.readRecord(record)).fields.attachment_ids)).map(({ name }) => name),
    ['times.txt'],
  );
  assert.deepEqual((await one.app.readWitnesses()).witnesses, []);
});

test('a key that is not the keeper’s is refused on the page', async () => {
  const [one, other] = [await asks(), await asks()];
  const mixed = [...one.made.words.split(' ').slice(0, 4), ...other.made.words.split(' ').slice(4)].join(' ');
  await assert.rejects(looks(page().wire, mixed), ({ code }) => code === 'bad_request' || code === 'no_match');
  // A server that had found the four words could seal anything under them; what it cannot do is find keys with the same five.
  const words = await parseWitnessWords(one.made.words);
  const code = await deriveCode(quickArgon2, words, address);
  const { wire } = page();
  const { witness, sealed } = await wire.find(b64(code.name));
  const { t: _type, ...told } = await openWitnessRequest(code, words.keyWords, witness, unb64(sealed));
  const theirs = await parseWitnessWords(other.made.words);
  const otherCode = await deriveCode(quickArgon2, theirs, address);
  const found = await wire.find(b64(otherCode.name));
  const { ecdsa_pub, hpke_pub } = await openWitnessRequest(
    otherCode,
    theirs.keyWords,
    found.witness,
    unb64(found.sealed),
  );
  const put = b64(await sealWitnessRequest(code, witness, { ...told, ecdsa_pub, hpke_pub }));
  const lying = { ...wire, find: async (name) => ({ ...(await wire.find(name)), sealed: put }) };
  await assert.rejects(looks(lying, one.made.words), (error) => error.code === 'wrong_keys');
});

test('a code of seven words from an earlier release is still answered', async () => {
  const one = await asks();
  const words = await parseWitnessWords(one.made.words);
  const raw = randomBytes(5);
  const number =
    (raw.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) << 4n) |
    BigInt(sha256Sync(utf8('kept/witness-check\0'), raw)[0] >> 4);
  const list = await wordList();
  const four = Array.from({ length: 4 }, (_, i) => list[Number(BigInt.asUintN(11, number >> BigInt(11 * (3 - i))))]);
  const old = [...four, ...words.keyWords.split(' ').slice(0, 3)].join(' ');
  const { wire } = page();
  const code = await deriveCode(quickArgon2, words, address);
  const known = await wire.find(b64(code.name));
  const { t: _type, ...told } = await openWitnessRequest(code, words.keyWords, known.witness, unb64(known.sealed));
  const before = await deriveCode(quickArgon2, await parseWitnessWords(old), address);
  const sealed = b64(await sealWitnessRequest(before, known.witness, told));
  const lasting = { ...wire, find: async (name) => (assert.equal(name, b64(before.name)), { ...known, sealed }) };
  assert.equal((await looks(lasting, old)).asked.note, told.note);
});

test('keys renewed while the words are out and while an answer waits: both statements open on every phone with the keys, checked', async () => {
  const one = await asks();
  const later = await one.app.askWitness({ name: 'Maya', note: '', words: WORDS });
  const { login } = one.app.state.account;
  const two = await anotherPhone(server.base, login, WORDS, {}, { packActions: witnessActions });
  await answers(page().wire, await looks(page().wire, one.made.words), [
    new File([randomBytes(2000)], 'gate.jpg', { type: 'image/jpeg' }),
  ]);
  const found = await looks(page().wire, later.words);
  for (const words of ['orbit velvet canyon maple drift spoon', 'glove pepper window harbor mint lamp'])
    await one.app.renewKeys({
      words: words.startsWith('orbit') ? WORDS : 'orbit velvet canyon maple drift spoon',
      newWords: words,
    });
  await answers(page().wire, found);
  two.app.network();
  await until(two, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await two.app.catchUp({ words: 'glove pepper window harbor mint lamp' });
  await one.app.lock('asked');
  await one.app.unlock('glove pepper window harbor mint lamp');
  for (const [phone, verified] of [
    [one, true],
    [two, null],
  ]) {
    const { witnesses } = await phone.app.readWitnesses();
    assert.deepEqual(
      witnesses.map(({ said, verified: checked }) => [said?.fields.words, checked]),
      [
        [SAID.words, verified],
        [SAID.words, verified],
      ],
    );
  }
  const { record } = await one.app.keepStatement(one.made.witness);
  assert.equal((await one.app.readRecord(record)).fields.attachment_ids.length, 1);
  for (const { phone } of [one, two]) phone.end();
});

test('another device of the diary sees that an answer came, opens it and says that it cannot check it; kept there, it is marked so', async () => {
  const one = await asks();
  const { wire } = page();
  const faults = {};
  const other = await anotherPhone(server.base, one.app.state.account.login, WORDS, faults, {
    packActions: witnessActions,
  });
  await other.phone.ctx.open.syncing.now();
  assert.equal(other.app.state.waiting.answers, 0, 'a code is out and nothing has come');
  await answers(wire, await looks(wire, one.made.words), [new File(['a list'], 'times.txt', { type: 'text/plain' })]);
  // What a server put there that is no statement is nobody's, and not said to have come.
  faults.after = async (path, _options, response) => {
    if (!path.endsWith('/witnesses?taken=1')) return undefined;
    const told = await response.json();
    return new Response(
      JSON.stringify({ ...told, witnesses: told.witnesses.map((row) => ({ ...row, statement: row.sealed })) }),
    );
  };
  await other.phone.ctx.open.syncing.now();
  assert.equal(other.app.state.waiting.answers, 0);
  faults.after = undefined;
  await other.phone.ctx.open.syncing.now();
  await until(other, ({ waiting }) => waiting.answers === 1, 'said on a device that did not ask');
  const {
    witnesses: [shown],
  } = await other.app.readWitnesses();
  assert.deepEqual([shown.words, shown.verified, shown.said.fields.words], [null, null, SAID.words]);
  const { record } = await other.app.keepStatement(shown.witness);
  const { fields } = await other.app.readRecord(record);
  assert.deepEqual(
    [fields.arrived.verified, statementMark(fields)],
    [null, 'Not the keeper’s words: sent to the keeper; NOT checked whether whoever wrote it had the spoken words'],
  );
  assert.equal((await other.app.readRecordFiles(fields.attachment_ids)).length, 1);
  assert.equal(other.app.state.waiting.answers, 0);
  // The device that made the words, looking too late, makes no second one of it.
  await other.phone.ctx.open.syncing.now();
  await assert.rejects(one.app.keepStatement(shown.witness), ({ code }) => code === 'not_found');
});
