/**
 * Can somebody with one copy of an install's storage, and the source code, tell whether it holds a diary behind a
 * notebook? The test makes a hundred pairs of installs that have a notebook in front and are used alike, one with a
 * diary and one without. Two classifiers open what can be opened (with the notebook's words too, since a person who
 * is forced gives those), measure the rest, learn from sixty pairs and guess the other forty. Both installs of a pair
 * are made with the app's own actions. Data in the clear counts too: how often, and when, words were tried that
 * opened nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBytes } from '#app/core/bytes.js';
import { createNotebookVault } from '#app/crypto/worker/notebook_vault.js';
import { Database } from '#app/store/database.js';
import { readDoor, readTries } from '#app/store/device_meta.js';
import { WORDS, makePhone, vaultInProcess } from '../phone/phone.mjs';

const PAIRS = 100;
const TRAINING_PAIRS = 60;
const COVER = 'milk bread onions apples';
/** Chance alone gets more of forty pairs right than this in fewer than one run in a hundred. */
const MAX_RIGHT = 28;

/** Make a source of numbers and bytes that are the same in each run. */
function seeded(seed) {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  const pick = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // Long byte strings are only noise and may be random. Short ones decide counts and must be the same in each run.
  return { pick, random: (n) => (n > 16 ? randomBytes(n) : Uint8Array.from({ length: n }, () => pick(256))) };
}

const timers = {
  after: (ms, act) => {
    const timer = setTimeout(act, ms < 200 ? 0 : ms);
    if (ms >= 200) timer.unref();
    return timer;
  },
  stop: (timer) => clearTimeout(timer),
};

/** Make a phone that was opened several times, with notes, and with or without a diary. */
async function makeInstall(seed, isDiary) {
  const { pick, random } = seeded(seed);
  const phone = makePhone({ random, timers });
  const { app, clock } = phone;
  await app.start();
  if (isDiary) {
    app.putDraft({ fields: { narrative: 'First.' } });
    await app.enrolHere(WORDS);
    await app.saveIncident({ record: null, fields: {}, restricted: {} });
    await app.setCover(COVER);
    await app.lock('asked');
  } else {
    await app.onlyNotebook(COVER, { skin: 'notes', opens: 'lock' });
    await app.askLock();
  }
  for (let n = 2 + pick(6); n > 0; n--) {
    clock.move(3_600_000 * (1 + pick(40)));
    const [opensNotebook, words] = [pick(3) === 0, 3 + pick(60)];
    await tryWrongWords(app, clock, pick);
    await app.unlock(isDiary && !opensNotebook ? WORDS : COVER);
    if (app.state.phase === 'open') {
      app.newDraft();
      app.putDraft({ fields: { narrative: 'He rang. '.repeat(words) } });
      await app.saveIncident({ record: null, fields: {}, restricted: {} });
      await app.lock('asked');
    } else {
      if (opensNotebook) app.notePut(`note ${n}`, 'Milk and bread. '.repeat(1 + (words % 5)));
      await app.askLock();
    }
  }
  // The storage may be copied at any time, also after attempts that opened nothing.
  if (app.state.phase === 'notebook') await app.askLock();
  await tryWrongWords(app, clock, pick);
  phone.end();
  return { name: phone.name, now: clock.now() };
}

/** Sometimes try wrong words, once or several times. */
async function tryWrongWords(app, clock, pick) {
  for (let wrong = pick(3) ? 0 : 1 + pick(pick(4) ? 2 : 12); wrong > 0; wrong--) {
    await assert.rejects(app.unlock(`not the words ${wrong}`), ({ code }) => code === 'no_match');
    clock.move(60_001);
  }
}

/** Measure a copy of the storage: open the notebook, and count, size and byte-check everything else. */
async function measure({ name, now }) {
  const database = new Database({ name });
  const [ids, tray, door] = [await database.ids(), await database.trayKeys(), await readDoor(database)];
  const values = await database.read(ids);
  const vault = await createNotebookVault(door);
  const opens = await Promise.all(
    ids.map((id, i) =>
      vault.boxOpenMany([[id, values[i]]]).then(
        () => true,
        () => false,
      ),
    ),
  );
  const closed = values.filter((_, i) => !opens[i]);
  const sizes = closed.map(({ length }) => length);
  const counts = [4, 8, 16, 32, 64].map((kib) => sizes.filter((size) => size === kib * 1024 + 72).length);
  const { n, at, debt } = await readTries(database);
  const unlocked = JSON.stringify(await vaultInProcess('https://notes.example').unlock(COVER, door));
  const names = await (await database.open()).getAllKeys('b');
  const items = await Promise.all(['d', 'k', 'f', 'l', 't', 'w', 'g', 'p0', 'p1'].map((key) => database.beside(key)));
  const bytes = new Array(256).fill(0);
  for (const value of [...closed, ...door.slots]) for (const byte of value) bytes[byte]++;
  const uniform = bytes.reduce((sum, count) => sum + count, 0) / 256;
  await database.close();
  return [
    closed.length,
    ids.length,
    opens.filter(Boolean).length,
    ...counts,
    sizes.length - counts.reduce((sum, count) => sum + count, 0),
    Math.max(...sizes),
    sizes.reduce((sum, size) => sum + size, 0),
    tray.length,
    ...items.map((value) =>
      value === null ? 0 : JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? item.length : item)).length,
    ),
    unlocked.length,
    names.length,
    n,
    debt,
    at ? now - at : -1,
    at ? 1 : 0,
    Object.keys(await database.beside('t')).length,
    bytes.reduce((sum, count) => sum + (count - uniform) ** 2 / uniform, 0),
  ];
}

/** Classify by the one measure, and its sign, that separates most training pairs. */
function bestMeasure(pairs) {
  const right = (i, sign) => pairs.filter(([yes, no]) => sign * (yes[i] - no[i]) > 0).length;
  const all = pairs[0][0].flatMap((_, i) => [
    [i, 1],
    [i, -1],
  ]);
  const [i, sign] = all.reduce((best, choice) => (right(...choice) > right(...best) ? choice : best));
  return (measures) => sign * measures[i];
}

/** Classify by all measures: logistic regression on the differences of the pairs. */
function regression(pairs) {
  const width = pairs[0][0].length;
  const spread = Array.from(
    { length: width },
    (_, i) => Math.sqrt(pairs.reduce((sum, [yes, no]) => sum + (yes[i] - no[i]) ** 2, 0) / pairs.length) || 1,
  );
  const weights = new Array(width).fill(0);
  for (let turn = 0; turn < 400; turn++) {
    for (const [yes, no] of pairs) {
      const apart = yes.map((value, i) => (value - no[i]) / spread[i]);
      const wrong = 1 / (1 + Math.exp(apart.reduce((sum, value, i) => sum + value * weights[i], 0)));
      apart.forEach((value, i) => {
        weights[i] += 0.02 * (wrong * value - 0.01 * weights[i]);
      });
    }
  }
  return (measures) => measures.reduce((sum, value, i) => sum + (value / spread[i]) * weights[i], 0);
}

test('one copy of the storage does not show whether a notebook has a diary behind it', async () => {
  const pairs = [];
  for (let n = 0; n < PAIRS; n++)
    pairs.push([await measure(await makeInstall(2 * n, true)), await measure(await makeInstall(2 * n + 1, false))]);
  const rightCounts = Object.fromEntries(
    Object.entries({ stump: bestMeasure, weighed: regression }).map(([name, learn]) => {
      const score = learn(pairs.slice(0, TRAINING_PAIRS));
      return [
        name,
        pairs
          .slice(TRAINING_PAIRS)
          .reduce((sum, [yes, no]) => sum + (score(yes) > score(no) ? 1 : score(yes) === score(no) ? 0.5 : 0), 0),
      ];
    }),
  );
  console.log(`right of ${PAIRS - TRAINING_PAIRS} pairs: ${JSON.stringify(rightCounts)}`);
  for (const [name, right] of Object.entries(rightCounts))
    assert.ok(right <= MAX_RIGHT, `${name} tells ${right} of ${PAIRS - TRAINING_PAIRS} pairs`);
});
