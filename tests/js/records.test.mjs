/** Records other than entries: listed, changed with a reason, taken out and put back, and synced to a second device. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { NOON, WORDS, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';
import { isTakenOut, currentVersionOf, filesOf, stepsOf } from '#app/record/current_version.js';

const MINUTE = 60_000;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('a record of any kind is saved, listed by its kind, and still there after a lock', async () => {
  const { app } = await phoneWithEntry();
  const { record } = await app.saveRecord({
    kind: 'person',
    record: null,
    fields: { name: 'Sam', aliases: ['Sammy'] },
    restricted: { contact: '07700 900123' },
  });
  await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Lee' } });
  assert.deepEqual(
    (await app.readRecords('person')).map(({ fields }) => fields.name),
    ['Sam', 'Lee'],
  );
  assert.deepEqual(await app.readRecords('order'), []);
  await app.lock('test');
  await assert.rejects(app.readRecords('person'), { code: 'locked' });
  await app.unlock(WORDS);
  const [first] = await app.readRecords('person');
  assert.equal(first.record, record);
  assert.deepEqual(
    [first.fields.aliases, first.restricted.contact, first.taken_out, first.versions],
    [['Sammy'], '07700 900123', null, 1],
  );
});

test('a slip can be corrected within ten minutes; later a change needs a reason and an addition does not', async () => {
  const { app, clock } = await phoneWithEntry();
  const { record } = await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam' } });
  await app.saveRecord({ kind: 'person', record, fields: { name: 'Samuel' } });
  clock.move(11 * MINUTE);
  await app.saveRecord({ kind: 'person', record, fields: { description: 'Tall' } });
  assert.equal(await app.needsRecordReason(record, { fields: { name: 'S.' } }), true);
  await assert.rejects(app.saveRecord({ kind: 'person', record, fields: { name: 'S.' } }), { code: 'reason_needed' });
  await app.saveRecord({ kind: 'person', record, fields: { name: 'S.' }, reason: 'Not sure of the name' });
  await app.saveRecord({ kind: 'person', record, fields: { name: 'S.' } });
  const read = await app.readRecord(record);
  assert.deepEqual(
    read.versions.map(({ kind }) => kind),
    ['first', 'first', 'addition', 'amendment'],
  );
  assert.equal(read.versions[3].reason, 'Not sure of the name');
  assert.deepEqual(read.versions[3].changes, [{ field: 'name', old: 'Samuel', new: 'S.' }]);
  assert.equal(read.fields.reason, undefined);
});

test('a removed record leaves the list but not the diary, and restoring it brings back every word', async () => {
  const { app, clock } = await phoneWithEntry();
  const { record } = await app.saveRecord({
    kind: 'person',
    record: null,
    fields: { name: 'Sam' },
    restricted: { notes: 'n' },
  });
  clock.move(60 * MINUTE);
  await app.takeOutRecord(record, 'Not safe to keep');
  await app.takeOutRecord(record, 'twice');
  assert.deepEqual(await app.readRecords('person'), []);
  const [takenOut] = await app.readRecords('person', { all: true });
  assert.deepEqual(
    [takenOut.taken_out, takenOut.out_reason, takenOut.fields.name, takenOut.versions],
    [NOON + 60 * MINUTE, 'Not safe to keep', 'Sam', 2],
  );
  assert.deepEqual(Object.keys((await app.readRecord(record)).versions[1].fields).sort(), ['reason', 'taken_out']);
  await app.putBackRecord(record);
  await app.putBackRecord(record);
  const [putBack] = await app.readRecords('person');
  assert.deepEqual(
    [putBack.fields, putBack.restricted, putBack.versions],
    [{ name: 'Sam', role_code: 'P2' }, { notes: 'n' }, 3],
  );
  assert.deepEqual(
    (await app.readRecord(record)).versions.map(({ kind }) => kind),
    ['first', 'taken_out', 'put_back'],
  );
});

test('an empty record and a field that its kind does not have are refused, and nothing is written', async () => {
  const { app } = await phoneWithEntry();
  await assert.rejects(app.saveRecord({ kind: 'person', record: null, fields: { name: '', aliases: [] } }), {
    code: 'nothing_to_save',
  });
  await assert.rejects(app.saveRecord({ kind: 'person', record: null, fields: { offence: 'x' } }), {
    code: 'bad_request',
  });
  await assert.rejects(app.readRecord('AAAAAAAAAAAAAAAAAAAAAA'), { code: 'not_found' });
  assert.deepEqual(await app.readRecords('person'), []);
});

const makeVersion = (version, parents, fields, restricted = {}) => ({
  record: 'r',
  version,
  kind: 'person',
  fields: { ...fields, _parents: parents, _clock: { utc: NOON } },
  restricted,
});

test('the files of every version that nothing follows count, the shown version’s first', () => {
  const original = makeVersion('1', [], { narrative: 'A', attachment_ids: ['a'] });
  const withB = makeVersion('2', ['1'], { narrative: 'B', attachment_ids: ['a', 'b'] });
  const withC = makeVersion('3', ['1'], { narrative: 'C', attachment_ids: ['c', 'a'] });
  assert.deepEqual(filesOf([original]), ['a']);
  assert.deepEqual(filesOf([original, withB, withC]), ['c', 'a', 'b']);
  const takenOut = makeVersion('4', ['2'], { taken_out: NOON, reason: 'why' });
  assert.deepEqual(filesOf([original, withB, takenOut]), ['a', 'b'], 'what was taken out keeps its files');
  assert.deepEqual(filesOf([original, withB, withC, takenOut]), ['c', 'a']);
  const merged = makeVersion('5', ['2', '3'], { narrative: 'D', attachment_ids: ['b'] });
  assert.deepEqual(filesOf([original, withB, withC, merged]), ['b'], 'what both were followed by decides');
});

test('text written on another device while a record is removed keeps the record', () => {
  const original = makeVersion('1', [], { name: 'A' });
  const takenOut = makeVersion('2', ['1'], { taken_out: NOON, reason: 'why' });
  const edited = makeVersion('3', ['1'], { name: 'B' });
  assert.equal(currentVersionOf([original, takenOut]).taken_out, NOON);
  for (const versions of [
    [original, takenOut, edited],
    [original, edited, takenOut],
  ]) {
    assert.deepEqual([currentVersionOf(versions).taken_out, currentVersionOf(versions).shown.fields.name], [null, 'B']);
  }
  const takenOutAgain = makeVersion('4', ['2', '3'], { taken_out: NOON + 1 });
  assert.deepEqual(
    [
      currentVersionOf([original, takenOut, edited, takenOutAgain]).taken_out,
      currentVersionOf([original, takenOut, edited, takenOutAgain]).shown.fields.name,
    ],
    [NOON + 1, 'B'],
  );
});

test('only a version with the exact marker and a numeric time removes a record', () => {
  assert.equal(isTakenOut({ fields: { taken_out: 5, name: 'x' } }), false);
  assert.equal(isTakenOut({ fields: { taken_out: 5 }, restricted: { notes: 'x' } }), false);
  assert.equal(isTakenOut({ fields: { taken_out: '5' } }), false);
  assert.equal(isTakenOut({ fields: { taken_out: 5, reason: 'r', _kind: 'person' } }), true);
  assert.deepEqual(
    stepsOf([makeVersion('1', [], { taken_out: 5 })]).map(({ kind }) => kind),
    ['taken_out'],
  );
});

test('two devices list each other’s records, and keep both texts when they wrote at once', async () => {
  const options = () => ({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  const deviceA = await phoneWithEntry(options());
  const { login } = await deviceA.app.register({ words: WORDS });
  const { record } = await deviceA.app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam' } });
  const deviceB = makePhone(options());
  await deviceB.app.start();
  await deviceB.app.signIn({ login, words: WORDS });
  await eventually(
    () => deviceB.app.readRecords('person'),
    (list) => list[0]?.fields.name === 'Sam',
  );
  await Promise.all([
    deviceA.app.saveRecord({ kind: 'person', record, fields: { description: 'Tall' } }),
    deviceB.app.saveRecord({ kind: 'person', record, fields: { relationship: 'ex_partner' } }),
  ]);
  for (const { app } of [deviceA, deviceB]) {
    const settled = await eventually(
      async () => {
        app.network();
        return app.readRecord(record);
      },
      ({ versions }) => versions.length === 3,
    );
    assert.equal(settled.two, true);
    assert.deepEqual(settled.versions.flatMap(({ changes }) => changes.map(({ field }) => field)).sort(), [
      'description',
      'relationship',
    ]);
  }
  const { ends, together: merged } = await deviceA.app.readRecord(record);
  assert.deepEqual(ends.map(({ fields }) => [fields.description ?? '', fields.relationship ?? '']).sort(), [
    ['', 'ex_partner'],
    ['Tall', ''],
  ]);
  assert.deepEqual(
    [merged.fields.description, merged.fields.relationship, merged.fields.name],
    ['Tall', 'ex_partner', 'Sam'],
  );
  await deviceA.app.saveRecord({ kind: 'person', record, fields: merged.fields, reason: 'Brought together' });
  const settled = await eventually(
    async () => {
      deviceB.app.network();
      return deviceB.app.readRecord(record);
    },
    ({ versions }) => versions.length === 4,
  );
  assert.deepEqual(
    [settled.two, settled.ends.length, settled.fields.description, settled.fields.relationship],
    [false, 1, 'Tall', 'ex_partner'],
  );
});
