/** Registers: codes that two devices claim at once, merging without losing a word, links in circles, settings of two devices, 500 people. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { effort } from './phone/effort.mjs';
import { WORDS, makePhone, phoneWithEntry, PNG, file } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';
import { latestValues } from '#app/diary/records/settings.js';
import { fixedClock } from '#app/core/clock.js';
import { mergedWith, mentionsOf, representativeOf } from '#app/record/links.js';

const HOUR = 3_600_000;
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const person = (app, name, role = 'suspect') =>
  app.saveRecord({ kind: 'person', record: null, fields: { name, role } });
const codes = async (app) =>
  Object.fromEntries((await app.readPeople({ all: true })).map(({ fields, code }) => [fields.name, code]));

test('codes are given by role, kept when someone is taken out, and never given again', async () => {
  const { app } = await phoneWithEntry();
  await person(app, 'Sam');
  const { record } = await person(app, 'Lee');
  await person(app, 'Wendy', 'witness');
  await app.takeOutRecord(record);
  await person(app, 'Kim');
  assert.deepEqual(await codes(app), { Sam: 'S1', Lee: 'S2', Wendy: 'W1', Kim: 'S3' });
  assert.deepEqual(
    (await app.readPeople()).map(({ fields }) => fields.role_code),
    ['S1', 'W1', 'S3'],
  );
});

test('two devices both give S1 offline: when they sync, both agree, and nobody shares a code', async () => {
  const off = [{}, {}];
  const options = (faults) => ({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  const one = await phoneWithEntry(options(off[0]));
  const { login } = await one.app.register({ words: WORDS });
  const other = makePhone(options(off[1]));
  await other.app.start();
  await other.app.signIn({ login, words: WORDS });
  await eventually(
    () => other.app.state.entries,
    (rows) => rows.length === 1,
  );
  for (const faults of off) faults.off = true;
  await person(one.app, 'Sam');
  await person(other.app, 'Lee');
  await person(other.app, 'Kim');
  assert.deepEqual([await codes(one.app), await codes(other.app)], [{ Sam: 'S1' }, { Lee: 'S1', Kim: 'S2' }]);
  for (const [i, app] of [one.app, other.app].entries()) {
    off[i].off = false;
    app.network();
    await eventually(
      async () => app.state.account.trouble ?? (await app.readPeople()).length,
      (n) => n >= 1,
    );
  }
  const all = await Promise.all(
    [one.app, other.app].map((app) =>
      eventually(
        async () => {
          app.network();
          return codes(app);
        },
        (map) => Object.keys(map).length === 3 && new Set(Object.values(map)).size === 3,
      ),
    ),
  );
  const settled = await eventually(
    async () => Promise.all([codes(one.app), codes(other.app)]),
    ([a, b]) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort()),
  );
  assert.equal(all.length, 2);
  assert.deepEqual(Object.values(settled[0]).sort(), ['S1', 'S2', 'S3']);
  await person(one.app, 'Ash');
  assert.equal((await codes(one.app)).Ash, 'S4');
});

test('merging keeps both records readable, links to either lead to both, and it can be undone', async () => {
  const { app, clock, record: entry } = await phoneWithEntry();
  const first = (
    await app.saveRecord({ kind: 'account', record: null, fields: { handle: '@one', platform: 'instagram' } })
  ).record;
  const again = (await app.saveRecord({ kind: 'account', record: null, fields: { handle: '@uno' } })).record;
  await app.saveIncident({ record: entry, fields: { account_ids: [again] }, restricted: {} });
  assert.deepEqual((await app.readMentions(first)).length, 0);
  await app.mergeRecords(again, first);
  const [found] = await app.readMentions(first);
  assert.deepEqual([found.record, found.how, found.seq_no], [entry, ['account_ids'], 1]);
  const read = await app.readRecord(again);
  assert.deepEqual([read.fields.handle, read.fields.merged_into, read.versions.length], ['@uno', first, 2]);
  const { record: report } = await app.saveRecord({ kind: 'report', record: null, fields: { force: 'Met' } });
  await app.saveIncident({ record: entry, fields: { report_ids: [report] }, restricted: {} });
  assert.deepEqual(
    (await app.readMentions(report)).map(({ how }) => how),
    [['report_ids']],
  );
  await app.mergeRecords(first, again); // they are one already: no circle is made
  assert.equal((await app.readRecord(first)).fields.merged_into, undefined);
  clock.move(HOUR);
  await assert.rejects(app.mergeRecords(again, null), { code: 'reason_needed' });
  await app.mergeRecords(again, null, 'Not the same after all');
  assert.equal((await app.readMentions(first)).length, 0);
  const other = (await person(app, 'Sam')).record;
  await assert.rejects(app.mergeRecords(again, other), { code: 'bad_request' });
});

test('circular links and links to nothing end', () => {
  const known = new Map(
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['d', 'a'],
      ['e', 'nobody'],
      ['f', 'f'],
    ].map(([record, merged_into]) => [record, { record, fields: { merged_into } }]),
  );
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e', 'f', 'nobody'].map((one) => representativeOf(one, known)),
    ['a', 'a', 'a', 'a', 'e', 'f', 'nobody'],
  );
  assert.deepEqual(mergedWith('c', known).sort(), ['a', 'b', 'c', 'd']);
  assert.deepEqual(mergedWith('nobody', known), ['nobody']);
  assert.deepEqual(
    mentionsOf(
      {
        actor_ids: 'a',
        order_id: 5,
        witness_ids: ['x', 7],
        alleged_breaches: [{ order_id: 'a', term_no: 2 }, 'odd'],
        told_others: [{ person_id: 'a' }],
      },
      new Set(['a']),
    ),
    { fields: ['actor_ids', 'told_others', 'alleged_breaches'], terms: ['2'] },
  );
});

test('the picture of an order is a file of its own, read back with its digest, and adds no entry', async () => {
  const { app } = await phoneWithEntry();
  const { record } = await app.saveRecord({ kind: 'order', record: null, fields: { court: 'Lewisham' } });
  const { attachment } = await app.addRecordFile({ kind: 'order', record, field: 'copy_attachment_id' }, file(PNG), {
    route: 'photo_picker',
  });
  assert.equal((await app.readRecord(record)).fields.copy_attachment_id, attachment);
  const [shown] = await app.readRecordFiles([attachment, 'AAAAAAAAAAAAAAAAAAAAAA']);
  assert.deepEqual([shown.attachment, shown.sha256.length, shown.preview], [attachment, 64, true]);
  assert.ok((await app.readPicture(attachment, 'preview')).url);
  assert.equal(app.state.entries.length, 1);
});

test('settings: where two devices wrote at once each field takes the later value, and a pack does not wipe the others', async () => {
  const version = (id, parents, fields, restricted = {}) => ({
    record: 's',
    version: id,
    kind: 'settings',
    fields: { ...fields, _parents: parents },
    restricted,
  });
  const first = version('1', [], { language: 'en', initials: 'AB' }, { needs: 'n' });
  const one = version('2', ['1'], { language: 'ur', initials: 'AB' }, { needs: 'n' });
  const two = version('3', ['1'], { language: 'en', initials: 'AB', help_channel: 'bsl' }, {});
  assert.deepEqual(latestValues([first, one, two]), {
    fields: { language: 'ur', initials: 'AB', help_channel: 'bsl' },
    restricted: {},
  });
  const { app } = await phoneWithEntry();
  await app.saveSettings({ fields: { help_channel: 'text' }, restricted: { needs: 'large print' } });
  await app.saveSettings({ fields: { language: 'cy' } });
  await app.saveSettings({ fields: { help_channel: null } });
  assert.deepEqual(await app.readSettings(), { fields: { language: 'cy' }, restricted: { needs: 'large print' } });
});

test('what is typed in a form is stored sealed until it is saved or discarded', async () => {
  const { app } = await phoneWithEntry();
  await app.keepTyped('order/new', { fields: { court: 'Lew' } });
  await app.lock('test');
  await app.unlock(WORDS);
  assert.deepEqual(await app.readTyped('order/new'), { fields: { court: 'Lew' } });
  await app.keepTyped('order/new', null);
  assert.equal(await app.readTyped('order/new'), null);
});

test('200 people are listed quickly once they have been opened, each with a code of their own', async () => {
  const { app } = await phoneWithEntry();
  for (let i = 0; i < 200; i++)
    await app.saveRecord({ kind: 'person', record: null, fields: { name: `Person ${i}`, role: 'other' } });
  await app.lock('test');
  await app.unlock(WORDS);
  await app.readPeople();
  const spent = effort();
  const people = await app.readPeople();
  const taken = spent();
  assert.ok(taken < 1500, `${taken} ms`);
  assert.equal(new Set(people.map(({ code }) => code)).size, 200);
});
