/**
 * Registers: codes that two devices claim at once, merging without loss, circular links, settings of two devices, many
 * people.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { measureCpu } from './phone/cpu_time.mjs';
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

const savePerson = (app, name, role = 'suspect') =>
  app.saveRecord({ kind: 'person', record: null, fields: { name, role } });
const codesByName = async (app) =>
  Object.fromEntries((await app.readPeople({ all: true })).map(({ fields, code }) => [fields.name, code]));

test('codes are assigned by role, kept when a person is removed, and never reused', async () => {
  const { app } = await phoneWithEntry();
  await savePerson(app, 'Sam');
  const { record } = await savePerson(app, 'Lee');
  await savePerson(app, 'Wendy', 'witness');
  await app.takeOutRecord(record);
  await savePerson(app, 'Kim');
  assert.deepEqual(await codesByName(app), { Sam: 'S1', Lee: 'S2', Wendy: 'W1', Kim: 'S3' });
  assert.deepEqual(
    (await app.readPeople()).map(({ fields }) => fields.role_code),
    ['S1', 'W1', 'S3'],
  );
});

test('two devices that both assign S1 offline agree after a sync, and no two people share a code', async () => {
  const faultsOfBoth = [{}, {}];
  const options = (faults) => ({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  const deviceA = await phoneWithEntry(options(faultsOfBoth[0]));
  const { login } = await deviceA.app.register({ words: WORDS });
  const deviceB = makePhone(options(faultsOfBoth[1]));
  await deviceB.app.start();
  await deviceB.app.signIn({ login, words: WORDS });
  await eventually(
    () => deviceB.app.state.entries,
    (rows) => rows.length === 1,
  );
  for (const faults of faultsOfBoth) faults.off = true;
  await savePerson(deviceA.app, 'Sam');
  await savePerson(deviceB.app, 'Lee');
  await savePerson(deviceB.app, 'Kim');
  assert.deepEqual(
    [await codesByName(deviceA.app), await codesByName(deviceB.app)],
    [{ Sam: 'S1' }, { Lee: 'S1', Kim: 'S2' }],
  );
  for (const [i, app] of [deviceA.app, deviceB.app].entries()) {
    faultsOfBoth[i].off = false;
    app.network();
    await eventually(
      async () => app.state.account.trouble ?? (await app.readPeople()).length,
      (n) => n >= 1,
    );
  }
  const codesBoth = await Promise.all(
    [deviceA.app, deviceB.app].map((app) =>
      eventually(
        async () => {
          app.network();
          return codesByName(app);
        },
        (map) => Object.keys(map).length === 3 && new Set(Object.values(map)).size === 3,
      ),
    ),
  );
  const codesSettled = await eventually(
    async () => Promise.all([codesByName(deviceA.app), codesByName(deviceB.app)]),
    ([a, b]) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort()),
  );
  assert.equal(codesBoth.length, 2);
  assert.deepEqual(Object.values(codesSettled[0]).sort(), ['S1', 'S2', 'S3']);
  await savePerson(deviceA.app, 'Ash');
  assert.equal((await codesByName(deviceA.app)).Ash, 'S4');
});

test('merging keeps both records readable, links to either lead to both, and it can be undone', async () => {
  const { app, clock, record: entry } = await phoneWithEntry();
  const account1 = (
    await app.saveRecord({ kind: 'account', record: null, fields: { handle: '@one', platform: 'instagram' } })
  ).record;
  const account2 = (await app.saveRecord({ kind: 'account', record: null, fields: { handle: '@uno' } })).record;
  await app.saveIncident({ record: entry, fields: { account_ids: [account2] }, restricted: {} });
  assert.deepEqual((await app.readMentions(account1)).length, 0);
  await app.mergeRecords(account2, account1);
  const [found] = await app.readMentions(account1);
  assert.deepEqual([found.record, found.how, found.seq_no], [entry, ['account_ids'], 1]);
  const read = await app.readRecord(account2);
  assert.deepEqual([read.fields.handle, read.fields.merged_into, read.versions.length], ['@uno', account1, 2]);
  const { record: report } = await app.saveRecord({ kind: 'report', record: null, fields: { force: 'Met' } });
  await app.saveIncident({ record: entry, fields: { report_ids: [report] }, restricted: {} });
  assert.deepEqual(
    (await app.readMentions(report)).map(({ how }) => how),
    [['report_ids']],
  );
  await app.mergeRecords(account1, account2); // they are merged already, so no circle is made
  assert.equal((await app.readRecord(account1)).fields.merged_into, undefined);
  clock.move(HOUR);
  await assert.rejects(app.mergeRecords(account2, null), { code: 'reason_needed' });
  await app.mergeRecords(account2, null, 'Not the same after all');
  assert.equal((await app.readMentions(account1)).length, 0);
  const person2 = (await savePerson(app, 'Sam')).record;
  await assert.rejects(app.mergeRecords(account2, person2), { code: 'bad_request' });
});

test('circular links and links to nothing end', () => {
  const records = new Map(
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
    ['a', 'b', 'c', 'd', 'e', 'f', 'nobody'].map((id) => representativeOf(id, records)),
    ['a', 'a', 'a', 'a', 'e', 'f', 'nobody'],
  );
  assert.deepEqual(mergedWith('c', records).sort(), ['a', 'b', 'c', 'd']);
  assert.deepEqual(mergedWith('nobody', records), ['nobody']);
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

test('settings written on two devices at once: each field takes the later value; a pack wipes no other', async () => {
  const version = (id, parents, fields, restricted = {}) => ({
    record: 's',
    version: id,
    kind: 'settings',
    fields: { ...fields, _parents: parents },
    restricted,
    keys: { open: [], restricted: [] },
    altered: false,
    seeds: null,
    digests: null,
  });
  const original = version('1', [], { language: 'en', initials: 'AB' }, { needs: 'n' });
  const versionA = version('2', ['1'], { language: 'ur', initials: 'AB' }, { needs: 'n' });
  const versionB = version('3', ['1'], { language: 'en', initials: 'AB', help_channel: 'bsl' }, {});
  assert.deepEqual(latestValues([original, versionA, versionB]), {
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
  const elapsed = measureCpu();
  const people = await app.readPeople();
  const duration = elapsed();
  assert.ok(duration < 1500, `${duration} ms`);
  assert.equal(new Set(people.map(({ code }) => code)).size, 200);
});
