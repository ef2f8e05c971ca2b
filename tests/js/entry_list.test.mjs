/** The list of entries: it follows the diary by itself, can be searched, and is rebuilt when necessary. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { foldText, searchableText, searchWords } from '#app/record/patterns/search_text.js';
import { WORDS, file, makePhone, phoneWithEntry, PNG, until } from './phone/phone.mjs';

const fields = (narrative, extraFields = {}) => ({
  record: null,
  fields: { narrative, precision: 'unknown', ...extraFields },
  restricted: {},
});

async function reopen(phone) {
  const reopened = makePhone({ after: phone });
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  return reopened;
}

/** All sealed records of the phone's table, in the order they were written. */
async function table(phone) {
  return phone.database.withRetry(async (db) =>
    Promise.all(
      (await db.getAllKeys('a')).map(async (key) => [new Uint8Array(key), new Uint8Array(await db.get('a', key))]),
    ),
  );
}

test('a search finds words, files, people and accounts; case, accents and marks do not matter', async () => {
  const { app, record } = await phoneWithEntry({}, 'He waited outside the Café Zoë.');
  const { record: dan } = await app.saveRecord({
    kind: 'person',
    record: null,
    fields: { name: 'Dan Smith', aliases: ['Danny'] },
  });
  const { record: account } = await app.saveRecord({
    kind: 'account',
    record: null,
    fields: { handle: '@dan_new', person_id: dan },
  });
  const entry2 = await app.saveIncident(
    fields('Nothing much.', {
      actor_ids: [dan],
      account_ids: [account],
      exact_words: [{ speaker: 'him', words: 'nice blue coat' }],
    }),
  );
  const entry3 = await app.saveIncident({ ...fields('At work.'), restricted: { place_detail: 'Mill Lane' } });
  const found = async (query) =>
    (await app.findEntries(query))?.map((id) => ({ [record]: 1, [entry2.record]: 2, [entry3.record]: 3 })[id]);
  assert.equal(await found('  '), undefined);
  assert.deepEqual(await found('cafe ZOE'), [1]);
  assert.deepEqual(await found('zo\u200be\u0308'), [1]);
  assert.deepEqual(await found('BLUE coat'), [2]);
  assert.deepEqual(await found('danny'), [2]);
  assert.deepEqual(await found('dan_new coat'), [2]);
  assert.deepEqual(await found('dan_new lane'), []);
  assert.deepEqual(await found('mill'), [3]);
  const { record: mergedPerson } = await app.saveRecord({
    kind: 'person',
    record: null,
    fields: { name: 'Mr Weaver' },
  });
  await app.saveRecord({ kind: 'person', record: dan, fields: { merged_into: mergedPerson } });
  assert.deepEqual(await found('weaver'), [2], 'merged records are found by either name');
  await app.saveRecord({ kind: 'person', record: dan, fields: { name: 'Robin' }, reason: 'Wrong name' });
  assert.deepEqual(await found('robin'), [2]);
  const shot = await app.addFile(entry3.record, file(PNG, 'Screenshot_Tuesday.png'), { route: 'files' });
  assert.deepEqual(app.state.entries.find((row) => row.record === entry3.record).shots, [shot.attachment]);
  assert.deepEqual(await found('screenshot_tuesday'), [3]);
});

test('a removed file is neither shown nor found by its name or description, until it is put back', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'One.');
  const { attachment } = await app.addFile(record, file(PNG, 'sunflower.png'), { route: 'photo_picker' });
  await app.saveAttachment({ attachment, fields: { description: 'marigold' } });
  const found = async () => [
    (await app.findEntries('sunflower')).length,
    (await app.findEntries('marigold')).length,
    app.state.entries[0].shots.length,
  ];
  assert.deepEqual(await found(), [1, 1, 1]);
  await app.takeOutRecord(attachment, '');
  assert.deepEqual(await found(), [0, 0, 0]);
  await app.putBackRecord(attachment);
  assert.deepEqual(await found(), [1, 1, 1]);
  await app.purgeFile(attachment, { words: WORDS });
  assert.deepEqual(await found(), [0, 0, 0], 'removed at once');
  await app.lock('test');
  await app.unlock(WORDS);
  assert.deepEqual(await found(), [0, 0, 0]);
  phone.end();
});

test('the list follows every kind of change, also over a lock, without action by the caller', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'One.');
  await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Dan' } });
  await app.saveIncident({ record, fields: { behaviours: ['calls'], actor_ids: ['p'] }, restricted: {} });
  await app.saveNote(record, 'Only mine.');
  await app.takeOutRecord(record, '');
  assert.equal(app.state.removed[0].taken_out > 0, true);
  await app.putBackRecord(record);
  await app.lock('test');
  const reopened = await reopen(phone);
  assert.deepEqual(reopened.app.state.entries[0].f.behaviours, ['calls']);
  assert.equal(reopened.app.state.entries[0].bare, false);
  assert.equal((await reopened.app.findEntries('mine')).length, 0, 'a private note is not searchable');
});

test('a lost list is rebuilt from the versions with the same rows, numbers and texts', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'First of all.');
  await app.saveIncident(fields('Second: blue.', { count: 3, behaviours: ['calls'] }));
  await app.addFile(record, file(PNG, 'proofless.png'), { route: 'files' });
  const { record: entry3 } = await app.saveIncident(fields('Third.'));
  await app.takeOutRecord(entry3, '');
  const visibleFields = (state) =>
    [...state.entries, ...state.removed].map(({ record: id, seq_no, title, pictures, taken_out, f, bare }) => ({
      id,
      seq_no,
      title,
      pictures,
      taken_out,
      f,
      bare,
    }));
  const expected = JSON.stringify(visibleFields(app.state));
  await app.lock('test');
  // Whichever sealed record holds the rows or the texts, the diary must survive its loss.
  const allRecords = await table(phone);
  let rebuiltCount = 0;
  for (const key of [null, ...allRecords.map(([id]) => id)]) {
    const copy = makePhone({ after: phone });
    let wasRebuilt = false;
    copy.app.subscribe(() => {
      wasRebuilt ||= copy.app.state.busy?.what === 'listing';
    });
    await copy.database.write({ drop: key ? [key] : [] });
    await copy.app.start();
    const opened = await copy.app.unlock(WORDS).then(
      () => true,
      () => false,
    );
    if (opened) {
      assert.equal(JSON.stringify(visibleFields(copy.app.state)), expected);
      assert.deepEqual(await copy.app.findEntries('blue').then((list) => list.length), 1);
      if (wasRebuilt) rebuiltCount++;
      assert.ok(key || !wasRebuilt, 'a complete list is not rebuilt');
      await copy.app.lock('test');
    }
    copy.end();
    await phone.database.write({ put: allRecords });
  }
  assert.equal(rebuiltCount, 2, 'the list is rebuilt without its rows and without its texts');
});

/** The phone restarted after it lost its list. It has room for `room.writes` more changes: none while it opens. */
async function fullAfterLoss(phone) {
  await phone.ctx.open.store.change((_root, change) => change.drop('segment/0'));
  const room = { writes: 0 };
  const reopened = makePhone({ after: phone });
  const write = reopened.database.write.bind(reopened.database);
  reopened.database.write = async (writing) => {
    if (room.writes <= 0) throw new KeptError('no_space');
    room.writes -= 1;
    return write(writing);
  };
  phone.end();
  await reopened.app.start();
  await assert.rejects(reopened.app.unlock(WORDS), { code: 'no_space' });
  assert.deepEqual(reopened.app.state.entries, []);
  return { reopened, room };
}

const titlesWithNumbers = ({ app }) => app.state.entries.map(({ title, seq_no }) => [title, seq_no]).sort();

test('a list that a full phone could not rebuild is rebuilt once there is room, without another unlock', async () => {
  const { phone } = await phoneWithEntry({}, 'One.');
  const { reopened, room } = await fullAfterLoss(phone);
  room.writes = Infinity;
  reopened.app.seen();
  await until(reopened, ({ entries }) => entries.length === 1, 'the list');
  await reopened.ctx.open.index.rebuilding;
  assert.deepEqual(titlesWithNumbers(reopened), [['One.', 1]]);
  assert.equal(reopened.ctx.open.index.isStale, false);
  reopened.end();
});

test('after an entry is saved while the list could not be rebuilt, the diary opens with every entry', async () => {
  const { phone } = await phoneWithEntry({}, 'One.');
  const { reopened, room } = await fullAfterLoss(phone);
  // A search needs the whole list, so the list is rebuilt in memory, but its rows cannot be written.
  await assert.rejects(reopened.app.findEntries('one'), { code: 'no_space' });
  room.writes = 1;
  await reopened.app.saveIncident(fields('Two.'));
  reopened.end();
  const reopened2 = await reopen(reopened);
  assert.deepEqual(titlesWithNumbers(reopened2), [
    ['One.', 1],
    ['Two.', 2],
  ]);
  reopened2.end();
});

test('folding text ignores spelling only, and changes nothing else', () => {
  assert.equal(foldText('ＡＢＣ  Straße\u202e İ'), 'abc straße i');
  assert.deepEqual(searchWords(' a\tB\n'), ['a', 'b']);
  assert.equal(
    searchableText([
      {
        narrative: 'A',
        behaviours: ['calls'],
        actor_ids: ['x'],
        told_others: [{ person_id: 'q', how: 'B' }],
        _ids: { a: 'c' },
      },
    ]),
    'a b',
  );
  const deep = { a: null };
  deep.a = deep;
  assert.equal(searchableText([deep]), '', 'a circle of links ends');
});

test('a long list shows its newest rows first, and a read of all rows waits for the rest', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'The very first.');
  for (let n = 0; n < 260; n++) await app.saveIncident(fields(`Entry ${n}.`));
  await app.lock('test');
  // The pause that gives every answer of the lock the same duration would leave time for the rest of the list to load.
  const timers = {
    after: (ms, act) => {
      const timer = setTimeout(act, ms < 200 ? 0 : ms);
      timer.unref?.();
      return timer;
    },
    stop: (timer) => clearTimeout(timer),
  };
  const reopened = makePhone({ after: phone, timers });
  await reopened.app.start();
  let earlyCount = 0;
  let requests = null;
  reopened.app.subscribe(() => {
    const { entries, phase } = reopened.app.state;
    if (phase !== 'open' || requests) return;
    earlyCount = entries.length;
    assert.ok(
      entries.every(({ seq_no }) => seq_no === undefined),
      'no number is shown that could still be wrong',
    );
    requests = Promise.all([
      reopened.app.findEntries('very first'),
      reopened.app.readRecords('incident'),
      reopened.app.saveIncident(fields('One more.')),
    ]);
  });
  await reopened.app.unlock(WORDS);
  const [found, allIncidents] = await requests;
  assert.equal(earlyCount, 11);
  assert.deepEqual(found, [record]);
  assert.equal(allIncidents.length, 261);
  assert.deepEqual(
    reopened.app.state.entries.map(({ seq_no }) => seq_no).sort((a, b) => a - b),
    Array.from({ length: 262 }, (_, i) => i + 1),
  );
});
