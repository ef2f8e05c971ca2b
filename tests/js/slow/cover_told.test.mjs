/**
 * One copy of an install's storage, and the source: can anybody tell whether a diary of words is in it? A hundred pairs of
 * installs that have a notebook in front, used alike, one with a diary and one without. Two classifiers open what can be
 * opened (the notebook's words too: whoever is forced gives those), measure what is left, learn from sixty pairs and are asked
 * about the other forty. Both halves are made as a person makes them, by what the app offers.
 * What lies in the open counts too: how often, and when, words were tried that opened nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBytes } from '#app/core/bytes.js';
import { createNotebookVault } from '#app/crypto/worker/notebook_vault.js';
import { Database } from '#app/store/database.js';
import { readDoor, readTries } from '#app/store/device_meta.js';
import { WORDS, makePhone, vaultInProcess } from '../phone/phone.mjs';

const PAIRS = 100;
const LEARNT = 60;
const COVER = 'milk bread onions apples';
/** Of forty pairs, chance alone gives more right answers than this in fewer than one run in a hundred. */
const MOST = 28;

/** Numbers, and bytes, that come out the same each time. */
function seeded(seed) {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  const pick = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // What is only noise may come from anywhere; what is counted by it comes out the same each time.
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

/** A phone that is opened some times, with notes, and with or without a diary that is written in. */
async function install(seed, isDiary) {
  const { pick, random: even } = seeded(seed);
  const phone = makePhone({ random: even, timers });
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
    const [isNoted, words] = [pick(3) === 0, 3 + pick(60)];
    await mistyped(app, clock, pick);
    await app.unlock(isDiary && !isNoted ? WORDS : COVER);
    if (app.state.phase === 'open') {
      app.newDraft();
      app.putDraft({ fields: { narrative: 'He rang. '.repeat(words) } });
      await app.saveIncident({ record: null, fields: {}, restricted: {} });
      await app.lock('asked');
    } else {
      if (isNoted) app.notePut(`note ${n}`, 'Milk and bread. '.repeat(1 + (words % 5)));
      await app.askLock();
    }
  }
  // The storage may be copied at any time: after tries that opened nothing, too.
  if (app.state.phase === 'notebook') await app.askLock();
  await mistyped(app, clock, pick);
  phone.end();
  return { name: phone.name, now: clock.now() };
}

/** Now and then words are mistyped, at times again and again. */
async function mistyped(app, clock, pick) {
  for (let wrong = pick(3) ? 0 : 1 + pick(pick(4) ? 2 : 12); wrong > 0; wrong--) {
    await assert.rejects(app.unlock(`not the words ${wrong}`), ({ code }) => code === 'no_match');
    clock.move(60_001);
  }
}

/** What a copy of the storage says: the notebook opened, everything else counted, weighed and looked at byte by byte. */
async function measured({ name, now }) {
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
  const given = JSON.stringify(await vaultInProcess('https://notes.example').unlock(COVER, door));
  const names = await (await database.open()).getAllKeys('b');
  const beside = await Promise.all(['d', 'k', 'f', 'l', 't', 'w', 'g', 'p0', 'p1'].map((key) => database.beside(key)));
  const bytes = new Array(256).fill(0);
  for (const one of [...closed, ...door.slots]) for (const byte of one) bytes[byte]++;
  const even = bytes.reduce((sum, count) => sum + count, 0) / 256;
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
    ...beside.map((value) =>
      value === null ? 0 : JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? one.length : one)).length,
    ),
    given.length,
    names.length,
    n,
    debt,
    at ? now - at : -1,
    at ? 1 : 0,
    Object.keys(await database.beside('t')).length,
    bytes.reduce((sum, count) => sum + (count - even) ** 2 / even, 0),
  ];
}

/** The one measure, and its side, that tells most of the pairs it learnt from apart. */
function stump(pairs) {
  const right = (i, sign) => pairs.filter(([yes, no]) => sign * (yes[i] - no[i]) > 0).length;
  const all = pairs[0][0].flatMap((_, i) => [
    [i, 1],
    [i, -1],
  ]);
  const [i, sign] = all.reduce((best, one) => (right(...one) > right(...best) ? one : best));
  return (measures) => sign * measures[i];
}

/** All measures weighed together: logistic regression on the differences of the pairs. */
function weighed(pairs) {
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

test('a notebook with a diary of words behind it and one without cannot be told apart by one copy of the storage', async () => {
  const pairs = [];
  for (let n = 0; n < PAIRS; n++)
    pairs.push([await measured(await install(2 * n, true)), await measured(await install(2 * n + 1, false))]);
  const told = Object.fromEntries(
    Object.entries({ stump, weighed }).map(([name, learn]) => {
      const score = learn(pairs.slice(0, LEARNT));
      return [
        name,
        pairs
          .slice(LEARNT)
          .reduce((sum, [yes, no]) => sum + (score(yes) > score(no) ? 1 : score(yes) === score(no) ? 0.5 : 0), 0),
      ];
    }),
  );
  console.log(`right of ${PAIRS - LEARNT} pairs: ${JSON.stringify(told)}`);
  for (const [name, right] of Object.entries(told))
    assert.ok(right <= MOST, `${name} tells ${right} of ${PAIRS - LEARNT} pairs`);
});
