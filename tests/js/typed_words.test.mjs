/** The six words of a suggestion, however they are typed: what opens, what is derived, and what is stored. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { KeptError } from '#app/core/errors.js';
import { findListedWords, wordList } from '#app/crypto/words.js';
import { judgeWords, wordsToUse } from '#app/components/forms/judge_words.js';
import { completeWord, matchingWords } from '#app/components/forms/matching_words.js';
import { readTries } from '#app/store/device_meta.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, registeredPhone, syncOnce, titlesOf } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until, vaultInProcess } from './phone/phone.mjs';
import { quickArgon2 } from './phone/quick_argon2.mjs';
import { sender, startServer } from './phone/server.mjs';

const PIN = '274913';
const JOINED = WORDS.replaceAll(' ', '');
const CARELESS = [
  WORDS.toUpperCase(),
  JOINED,
  'CageCandyArchGatherDrumBuyer',
  ' Cage  candyarch. Gather-drum, buyer. ',
  WORDS.replaceAll(' ', '\u00a0'),
];
const hasCode = (code) => (error) => error instanceof KeptError && error.code === code;

/** @type {import('./phone/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Lock a phone. */
const lock = ({ app }) => app.lock('asked');

test('six words are found whatever their capitals and spaces; anything else is left alone', async () => {
  for (const typed of [WORDS, ...CARELESS]) assert.equal(await findListedWords(typed), WORDS, typed);
  for (const other of [
    '',
    PIN,
    'abandon',
    'cage candy arch gather drum',
    `${WORDS} cage`,
    'cage candy arch gather drum buyers',
    'ca ge candy arch gather drum buyer',
    'my own words, which nobody suggested',
    'żółw na wysokiej górze czeka',
    'cage candy arch gather drum buyer 7',
  ])
    assert.equal(await findListedWords(other), null, other);
});

test('letters that are six words in two ways are not guessed at', async () => {
  const words = await wordList();
  const known = new Set(words);
  // Two words that are two others as well when they are written together.
  let pair = /** @type {[string, string, string] | null} */ (null);
  for (const first of words)
    for (const second of words) {
      const joined = first + second;
      for (let cut = 3; !pair && cut <= joined.length - 3; cut++)
        if (cut !== first.length && known.has(joined.slice(0, cut)) && known.has(joined.slice(cut)))
          pair = [first, second, joined];
      if (pair) break;
    }
  assert.ok(pair, 'the list has such a pair');
  const [first, second, joined] = pair;
  assert.equal(await findListedWords(`${joined}archgatherdrumbuyer`), null);
  assert.equal(
    await findListedWords(`${first} ${second}archgatherdrumbuyer`),
    `${first} ${second} arch gather drum buyer`,
  );
});

test('a suggestion opens its diary with capitals and without spaces', async () => {
  const device = await phoneWithEntry({}, 'He waited outside.');
  for (const typed of [WORDS, ...CARELESS]) {
    await lock(device);
    await device.app.unlock(typed);
    assert.deepEqual(titlesOf(device), ['He waited outside.'], typed);
  }
});

test('words of one’s own open as they were chosen, even where they look like six of the list', async () => {
  const own = 'Cage Candy Arch Gather Drum Buyer';
  const device = makePhone({});
  await device.app.start();
  await device.app.enrolHere(own);
  await device.app.lock('asked');
  await device.app.unlock(own);
  assert.equal(device.app.state.phase, 'open');
  await device.app.lock('asked');
  await assert.rejects(device.app.unlock(WORDS), hasCode('no_match'));
  device.end();
});

test('a try derives the words as typed and one other form at most, and counts as one', async () => {
  /** @type {string[]} */
  const derived = [];
  const recording = async (/** @type {Parameters<typeof quickArgon2>} */ ...args) => {
    derived.push(new TextDecoder().decode(args[0]));
    return quickArgon2(...args);
  };
  const makeVault = () => vaultInProcess('https://notes.example', recording);
  await makeVault().selfTest();
  const selfTest = new Set(derived);
  const { phone, app } = await phoneWithEntry({ makeVault }, 'He waited outside.');
  await app.lock('asked');
  for (const [typed, ...others] of [
    [PIN],
    ['some words of my own choice'],
    ['Orbit velvet'],
    ['orbit velvet canyon maple drift spoon'],
    ['orbitvelvetcanyonmapledriftspoon', 'orbit velvet canyon maple drift spoon'],
  ]) {
    derived.length = 0;
    await assert.rejects(app.unlock(typed), hasCode('no_match'));
    assert.deepEqual(
      derived.filter((text) => !selfTest.has(text)),
      [typed, ...others],
    );
    assert.equal((await readTries(phone.database)).n, 1, typed);
    await app.unlock(WORDS);
    await app.lock('asked');
  }
});

test('what is made from carelessly typed words opens with the words as suggested', async () => {
  const device = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) },
    'one',
  );
  const { login } = await device.app.register({ words: JOINED });
  await until(device, isKept, 'kept');
  await syncOnce(device);
  const second = await anotherPhone(server.base, login, WORDS);
  await until(second, isKept, 'on the second');
  const third = await anotherPhone(server.base, login, WORDS.toUpperCase());
  await until(third, isKept, 'on the third');
  await lock(third);
  await third.app.unlock(WORDS);
  assert.deepEqual(titlesOf(third), ['one']);
  const copy = await device.app.makeCopy({ words: JOINED });
  for (const typed of [WORDS, JOINED]) {
    const restored = makePhone({});
    await restored.app.start();
    await restored.app.takeCopy({ file: copy.file, words: typed });
    await restored.app.lock('asked');
    await restored.app.unlock(WORDS);
    assert.deepEqual(titlesOf({ app: restored.app }), ['one']);
    restored.end();
  }
});

test('a sign-in sends a second proof only for six words typed without care that are not the suggestion', async () => {
  const [own, other] = ['Cage Candy Arch Gather Drum Buyer', 'orbit velvet canyon maple drift spoon'];
  const otherJoined = other.replaceAll(' ', '');
  let sent = 0;
  const faults = {
    before: (/** @type {string} */ path, /** @type {{method?: string}} */ { method }) => {
      if (path === '/v1/sessions' && method === 'POST') sent += 1;
    },
  };
  /** Return how many proofs were sent, and whether one of them was right. */
  const countSent = async (/** @type {() => Promise<unknown>} */ act) => {
    sent = 0;
    const isRight = await act().then(
      () => true,
      (error) => {
        if (!hasCode('sign_in_failed')(error)) throw error;
        return false;
      },
    );
    return [sent, isRight];
  };
  const { app, login } = await registeredPhone(server);
  const signIn = (/** @type {string} */ name) => (/** @type {string} */ typed) =>
    countSent(() => anotherPhone(server.base, name, typed, faults));
  for (const typed of [WORDS, ...CARELESS]) assert.deepEqual(await signIn(login)(typed), [1, true], typed);
  assert.deepEqual(await signIn(login)(other), [1, false]);
  assert.deepEqual(await signIn(login)('some words of my own choice'), [1, false]);
  assert.deepEqual(await signIn(login)(otherJoined), [2, false]);

  const second = await anotherPhone(server.base, login, WORDS, faults);
  await app.changeWords({ words: WORDS, newWords: other });
  const catchUp = (/** @type {string} */ words) => countSent(() => second.app.catchUp({ words }));
  assert.deepEqual(await catchUp(JOINED), [2, false]);
  assert.deepEqual(await catchUp(otherJoined), [1, true]);

  const ofOwnWords = makePhone({ origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) });
  await ofOwnWords.app.start();
  await ofOwnWords.app.enrolHere(own);
  const { login: ownLogin } = await ofOwnWords.app.register({ words: own });
  assert.deepEqual(await signIn(ownLogin)(own), [2, true]);
  assert.deepEqual(await signIn(ownLogin)(WORDS), [1, false]);
  ofOwnWords.end();
});

test('acts that ask for the words take them carelessly typed; wrong ones are one wrong proof', async () => {
  const { app, phone } = await registeredPhone(server);
  assert.equal((await app.sessions({ words: JOINED })).length, 1);
  const sent = [];
  const prelogin = phone.ctx.api.prelogin.bind(phone.ctx.api);
  phone.ctx.api.prelogin = (login) => {
    sent.push(login);
    return prelogin(login);
  };
  await assert.rejects(app.sessions({ words: 'orbitvelvetcanyonmapledriftspoon' }));
  assert.equal(sent.length, 1);
  await app.makeCode({ words: JOINED });
  await app.changeWords({ words: JOINED, newWords: 'orbit velvet canyon maple drift spoon' });
  await app.lock('asked');
  await app.unlock('Orbit Velvet Canyon Maple Drift Spoon');
  assert.equal(app.state.phase, 'open');
});

test('three letters are enough for an offer; a tap completes the last word only', async () => {
  const words = await wordList();
  assert.deepEqual(matchingWords('ab', words), []);
  assert.deepEqual(matchingWords('aba', words), ['abandon']);
  assert.deepEqual(matchingWords('cage ABA', words), ['abandon']);
  assert.deepEqual(matchingWords('abandon', words), []);
  assert.deepEqual(matchingWords('abandon ', words), []);
  assert.deepEqual(matchingWords('abando ', words), []);
  assert.deepEqual(matchingWords('zzz', words), []);
  assert.deepEqual(matchingWords('1aba', words), []);
  assert.deepEqual(
    matchingWords('act', words),
    words.filter((word) => word.startsWith('act')),
  );
  assert.equal(completeWord('Cage aba', 'abandon'), 'Cage abandon ');
  assert.equal(completeWord('aba', 'abandon'), 'abandon ');
});

test('a suggestion typed without care is locked as it was shown; other words as they were typed', () => {
  for (const typed of CARELESS) {
    assert.equal(wordsToUse(typed, WORDS), WORDS, typed);
    assert.equal(judgeWords(typed, WORDS, undefined), 'fine', typed);
  }
  assert.equal(wordsToUse('My own words', WORDS), 'My own words');
  assert.equal(wordsToUse('My own words', ''), 'My own words');
  assert.equal(judgeWords('', WORDS, undefined), 'none');
});

test('every word of the list is offered after its third letter', async () => {
  const words = await wordList();
  for (const word of words)
    if (word.length > 3 || words.some((other) => other !== word && other.startsWith(word)))
      assert.ok(matchingWords(word.slice(0, 3), words).includes(word), word);
});
