/** A witness answers once, with the keeper's phone, the public page's own code, and a real server between them. */
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
import { anotherPhone } from './phone/second_phone.mjs';
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

async function askWitness(note = 'Tuesday at the tram stop') {
  const device = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()), packActions: witnessActions },
    'He waited outside again.',
  );
  await device.app.register({ words: WORDS });
  await until(device, ({ entries }) => entries.length && entries.every(({ state }) => state.code === 'kept'), 'kept');
  return { ...device, made: await device.app.askWitness({ name: 'Maya', note, words: WORDS }) };
}

/** A request to the public host; fetch would set its own Host header. @returns {Promise<Response>} */
function publicRequest(path, { method = 'GET', headers = undefined, body = undefined }) {
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
      async (response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        answer(
          new Response(response.statusCode === 204 ? null : Buffer.concat(chunks), {
            status: response.statusCode,
            headers: /** @type {Record<string, string>} */ (response.headers),
          }),
        );
      },
    );
    sending.on('error', failed).end(body);
  });
}

/** @typedef {import('./phone/phone.mjs').Request & {body?: string|Uint8Array}} PageRequest */

/** The public host as the page sees it. `sent`: every body that left the page. */
function publicPage() {
  const sent = [];
  const wire = statementsOf(
    makeRequest(async (path, init) => {
      const { cache: _c, credentials: _r, referrerPolicy: _p, ...options } = /** @type {PageRequest} */ (init);
      if (options.body) sent.push(Buffer.from(options.body));
      return publicRequest(path, options);
    }),
  );
  return { wire, sent };
}

const openPage = (wire, words) => openRequest(wire, quickArgon2, words, address);
const sendAnswer = (wire, found, files = []) =>
  sendStatement(
    wire,
    found,
    SAID,
    files,
    () => undefined,
    1_793_749_500_000,
    async () => undefined,
  );

test('a witness’s answer becomes a statement with its files, and the code is used up', async () => {
  const device = await askWitness();
  const { wire, sent } = publicPage();
  assert.equal(device.made.address, address);
  const found = await openPage(wire, device.made.words.toUpperCase().replaceAll(' ', ', '));
  assert.deepEqual([found.asked.name, found.asked.note], ['Maya', 'Tuesday at the tram stop']);
  const files = [
    new File([randomBytes(1_200_000)], 'door.mp4', { type: 'video/mp4' }),
    new File(['a list'], 'times.txt', { type: 'text/plain' }),
  ];
  await sendAnswer(wire, found, files);
  const bytesSent = Buffer.concat(sent);
  // Two neighbouring words: one alone may be "size", which is in every request.
  const pairs = device.made.words.split(' ').flatMap((word, i, list) => (i ? [`${list[i - 1]} ${word}`] : []));
  for (const needle of [SAID.words, SAID.name, 'door.mp4', 'a list', ...pairs])
    assert.ok(!bytesSent.includes(needle), needle);
  await device.phone.ctx.open.syncing.now();
  await until(device, ({ waiting }) => waiting.answers === 1, 'arrived');
  const {
    witnesses: [answered],
  } = await device.app.readWitnesses();
  assert.deepEqual([answered.said.fields, answered.verified], [SAID, true]);
  assert.equal(device.app.state.entries.length, 1, 'it is not an entry');
  const { record } = await device.app.keepStatement(answered.witness);
  const { fields, restricted } = await device.app.readRecord(record);
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
  const keptFiles = await device.app.readRecordFiles(fields.attachment_ids);
  assert.deepEqual(
    keptFiles.map(({ name, size }) => [name, size]),
    [
      ['door.mp4', 1_200_000],
      ['times.txt', 6],
    ],
  );
  assert.deepEqual((await device.app.readWitnesses()).witnesses, []);
  assert.equal(device.app.state.waiting.answers, 0);
  await assert.rejects(openPage(publicPage().wire, device.made.words), ({ code }) => code === 'over');
});

test('a code works once: a second answer is refused, one too large or a mistyped code is not sent', async () => {
  const device = await askWitness('');
  const [pageA, pageB] = [publicPage(), publicPage()];
  const [foundA, foundB] = [
    await openPage(pageA.wire, device.made.words),
    await openPage(pageB.wire, device.made.words),
  ];
  const before = pageA.sent.length;
  const large = { size: 2 ** 31, slice: () => assert.fail('read') };
  await assert.rejects(sendAnswer(pageA.wire, foundA, [large]), ({ code }) => code === 'too_large');
  await assert.rejects(
    sendAnswer(pageA.wire, foundA, Array(6).fill(new File(['x'], 'x'))),
    ({ code }) => code === 'too_many',
  );
  assert.equal(pageA.sent.length, before);
  await sendAnswer(pageA.wire, foundA);
  await assert.rejects(sendAnswer(pageB.wire, foundB), ({ code }) => code === 'not_found');
  await assert.rejects(openPage(publicPage().wire, device.made.words), ({ code }) => code === 'over');
  const { wire, sent } = publicPage();
  const wordList_ = device.made.words.split(' ');
  await assert.rejects(
    openPage(wire, [...wordList_.slice(0, 3), 'xylophonist', ...wordList_.slice(4)].join(' ')),
    ({ code, unknown }) => code === 'bad_request' && unknown.join() === 'xylophonist',
  );
  await assert.rejects(openPage(wire, wordList_.slice(1).join(' ')), ({ code }) => code === 'bad_request');
  assert.equal(sent.length, 0);
  await device.app.dropWitness(device.made.witness, { words: WORDS });
  assert.deepEqual((await device.app.readWitnesses()).witnesses, []);
});

test('a long account and an empty file arrive once, despite broken connections and lost responses', async () => {
  const device = await askWitness();
  const { wire } = publicPage();
  const found = await openPage(wire, device.made.words);
  // Two hours later the ticket has expired.
  found.ticket = b64(new Uint8Array(unb64(found.ticket).length));
  let turn = 0;
  const breaksOften =
    (name, { arrives }) =>
    async (...args) => {
      if (turn++ % 3) return wire[name](...args);
      if (arrives) await wire[name](...args);
      throw new KeptError('no_network');
    };
  const weakWire = {
    ...wire,
    declare: breaksOften('declare', { arrives: true }),
    part: breaksOften('part', { arrives: false }),
    send: breaksOften('send', { arrives: true }),
  };
  await sendAnswer(weakWire, found, [
    new File([], 'empty.txt'),
    new File([randomBytes(2_300_000)], 'gate.mp4', { type: 'video/mp4' }),
  ]);
  // The answer to the last step is lost, and the witness sends again by hand.
  const request2 = await device.app.askWitness({ name: 'Maya', note: '', words: WORDS });
  const found2 = await openPage(wire, request2.words);
  const wireLosingAnswer = {
    ...wire,
    send: async (/** @type {Parameters<typeof wire.send>} */ ...args) => {
      await wire.send(...args);
      throw new KeptError('no_network');
    },
  };
  const files = [new File(['a list'], 'times.txt')];
  await assert.rejects(sendAnswer(wireLosingAnswer, found2, files), ({ code }) => code === 'no_network');
  await sendAnswer(wire, found2, files);
  const { witnesses } = await device.app.readWitnesses();
  assert.deepEqual(
    witnesses.map(({ said }) => said?.files?.list.map(({ name }) => name)),
    [['times.txt'], ['gate.mp4']],
  );
  for (const { witness } of [device.made, request2]) await device.app.keepStatement(witness);
});

test('a witness code is made and ended only with the passphrase; a copied session hides no statement', async () => {
  const device = await askWitness('');
  await device.app.setShort('274913', WORDS);
  const { ctx } = device.phone;
  for (const words of ['not the words at all', '274913', '']) {
    await assert.rejects(device.app.askWitness({ name: 'Maya', note: '', words }), ({ code }) =>
      ['no_match', 'bad_request'].includes(code),
    );
    await assert.rejects(device.app.dropWitness(device.made.witness, { words }), ({ code }) =>
      ['no_match', 'bad_request'].includes(code),
    );
  }
  await sendAnswer(publicPage().wire, await openPage(publicPage().wire, device.made.words), [
    new File(['a list'], 'times.txt'),
  ]);
  await ctx.api.withSession({
    path: `/v1/diaries/${ctx.open.identity.diary}/witnesses/${device.made.witness}/taken`,
    method: 'POST',
    expect: 'nothing',
  });
  await ctx.open.syncing.now();
  await until(device, ({ waiting }) => waiting.answers === 1, 'reported as received');
  assert.deepEqual(
    (await device.app.readWitnesses()).witnesses.map(({ said, verified }) => [said?.fields.words, verified]),
    [[SAID.words, true]],
  );
  const { record } = await device.app.keepStatement(device.made.witness);
  assert.equal((await device.app.readRecord(record)).fields.attachment_ids.length, 1);
  assert.deepEqual((await device.app.readWitnesses()).witnesses, []);
});

test('an empty file in a statement from some other page does not keep out the files after it', async () => {
  const device = await askWitness();
  const { wire } = publicPage();
  const found = await openPage(wire, device.made.words);
  const empty = Object.defineProperty(new File([], 'empty.txt'), 'size', {
    get: () => (new Error().stack.includes('Array.filter') ? 1 : 0),
  });
  await sendAnswer(wire, found, [empty, new File(['a list'], 'times.txt')]);
  const { record } = await device.app.keepStatement(device.made.witness);
  assert.deepEqual(
    (await device.app.readRecordFiles((await device.app.readRecord(record)).fields.attachment_ids)).map(
      ({ name }) => name,
    ),
    ['times.txt'],
  );
  assert.deepEqual((await device.app.readWitnesses()).witnesses, []);
});

test('a request with a key that is not the keeper’s is refused on the page', async () => {
  const [device, otherDevice] = [await askWitness(), await askWitness()];
  const mixed = [...device.made.words.split(' ').slice(0, 4), ...otherDevice.made.words.split(' ').slice(4)].join(' ');
  await assert.rejects(openPage(publicPage().wire, mixed), ({ code }) => code === 'bad_request' || code === 'no_match');
  // A server that found the four words could seal anything under them, but it cannot find keys with the same five
  // words.
  const words = await parseWitnessWords(device.made.words);
  const code = await deriveCode(quickArgon2, words, address);
  const { wire } = publicPage();
  const { witness, sealed } = await wire.find(b64(code.name));
  const requestFields = await openWitnessRequest(code, words.keyWords, witness, unb64(sealed));
  const otherWords = await parseWitnessWords(otherDevice.made.words);
  const otherCode = await deriveCode(quickArgon2, otherWords, address);
  const found = await wire.find(b64(otherCode.name));
  const { ecdsa_pub, hpke_pub } = await openWitnessRequest(
    otherCode,
    otherWords.keyWords,
    found.witness,
    unb64(found.sealed),
  );
  const forged = b64(await sealWitnessRequest(code, witness, { ...requestFields, ecdsa_pub, hpke_pub }));
  const lyingWire = { ...wire, find: async (name) => ({ ...(await wire.find(name)), sealed: forged }) };
  await assert.rejects(openPage(lyingWire, device.made.words), { code: 'wrong_keys' });
});

test('a code of seven words from an earlier release is still answered', async () => {
  const device = await askWitness();
  const words = await parseWitnessWords(device.made.words);
  const raw = randomBytes(5);
  const number =
    (raw.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) << 4n) |
    BigInt(sha256Sync(utf8('kept/witness-check\0'), raw)[0] >> 4);
  const list = await wordList();
  const four = Array.from({ length: 4 }, (_, i) => list[Number(BigInt.asUintN(11, number >> BigInt(11 * (3 - i))))]);
  const oldWords = [...four, ...words.keyWords.split(' ').slice(0, 3)].join(' ');
  const { wire } = publicPage();
  const code = await deriveCode(quickArgon2, words, address);
  const stored = await wire.find(b64(code.name));
  const requestFields = await openWitnessRequest(code, words.keyWords, stored.witness, unb64(stored.sealed));
  const before = await deriveCode(quickArgon2, await parseWitnessWords(oldWords), address);
  const sealed = b64(await sealWitnessRequest(before, stored.witness, requestFields));
  const wireWithOldCode = {
    ...wire,
    find: async (name) => (assert.equal(name, b64(before.name)), { ...stored, sealed }),
  };
  assert.equal((await openPage(wireWithOldCode, oldWords)).asked.note, requestFields.note);
});

test('statements from before and after a key renewal open, checked, on every phone with the keys', async () => {
  const device = await askWitness();
  const laterRequest = await device.app.askWitness({ name: 'Maya', note: '', words: WORDS });
  const { login } = device.app.state.account;
  const deviceB = await anotherPhone(server.base, login, WORDS, {}, { packActions: witnessActions });
  await sendAnswer(publicPage().wire, await openPage(publicPage().wire, device.made.words), [
    new File([randomBytes(2000)], 'gate.jpg', { type: 'image/jpeg' }),
  ]);
  const found = await openPage(publicPage().wire, laterRequest.words);
  for (const words of ['orbit velvet canyon maple drift spoon', 'glove pepper window harbor mint lamp'])
    await device.app.renewKeys({
      words: words.startsWith('orbit') ? WORDS : 'orbit velvet canyon maple drift spoon',
      newWords: words,
    });
  await sendAnswer(publicPage().wire, found);
  deviceB.app.network();
  await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await deviceB.app.catchUp({ words: 'glove pepper window harbor mint lamp' });
  await device.app.lock('asked');
  await device.app.unlock('glove pepper window harbor mint lamp');
  for (const [phone, verified] of /** @type {[typeof deviceB, boolean|null][]} */ ([
    [device, true],
    [deviceB, null],
  ])) {
    const { witnesses } = await phone.app.readWitnesses();
    assert.deepEqual(
      witnesses.map(({ said, verified: checked }) => [said?.fields.words, checked]),
      [
        [SAID.words, verified],
        [SAID.words, verified],
      ],
    );
  }
  const { record } = await device.app.keepStatement(device.made.witness);
  assert.equal((await device.app.readRecord(record)).fields.attachment_ids.length, 1);
  for (const { phone } of [device, deviceB]) phone.end();
});

test('another device opens an answer, reports that it cannot check it, and stores it marked so', async () => {
  const device = await askWitness();
  const { wire } = publicPage();
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const otherDevice = await anotherPhone(server.base, device.app.state.account.login, WORDS, faults, {
    packActions: witnessActions,
  });
  await otherDevice.phone.ctx.open.syncing.now();
  assert.equal(otherDevice.app.state.waiting.answers, 0, 'a code is in use and nothing has arrived');
  await sendAnswer(wire, await openPage(wire, device.made.words), [
    new File(['a list'], 'times.txt', { type: 'text/plain' }),
  ]);
  // Something from the server that is not a statement is ignored, and not announced.
  faults.after = async (path, _options, response) => {
    if (!path.endsWith('/witnesses?taken=1')) return undefined;
    const reply = await response.json();
    return new Response(
      JSON.stringify({ ...reply, witnesses: reply.witnesses.map((row) => ({ ...row, statement: row.sealed })) }),
    );
  };
  await otherDevice.phone.ctx.open.syncing.now();
  assert.equal(otherDevice.app.state.waiting.answers, 0);
  faults.after = undefined;
  await otherDevice.phone.ctx.open.syncing.now();
  await until(otherDevice, ({ waiting }) => waiting.answers === 1, 'reported on a device that did not ask');
  const {
    witnesses: [answered],
  } = await otherDevice.app.readWitnesses();
  assert.deepEqual([answered.words, answered.verified, answered.said.fields.words], [null, null, SAID.words]);
  const { record } = await otherDevice.app.keepStatement(answered.witness);
  const { fields } = await otherDevice.app.readRecord(record);
  assert.deepEqual(
    [fields.arrived.verified, statementMark(fields)],
    [null, 'Not the keeper’s words: sent to the keeper; NOT checked whether whoever wrote it had the spoken words'],
  );
  assert.equal((await otherDevice.app.readRecordFiles(fields.attachment_ids)).length, 1);
  assert.equal(otherDevice.app.state.waiting.answers, 0);
  // The device that made the words looks too late, and does not keep it a second time.
  await otherDevice.phone.ctx.open.syncing.now();
  await assert.rejects(device.app.keepStatement(answered.witness), ({ code }) => code === 'not_found');
});
