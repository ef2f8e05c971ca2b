/**
 * Show someone now: what was ticked stays on the screen, the diary is locked behind it, and every exit leads to the
 * lock. Also the list of things to chase.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { NOON, PNG, WORDS, file, phoneWithEntry } from './phone/phone.mjs';
import { packActions } from '#app/features/share/actions.js';
import { SHOW_DURATION_MS } from '#app/features/show_now/actions.js';

const TICKED = [{ title: 'What happened', blocks: [{ title: 'Entry 1', lines: [{ text: 'TICKED words' }] }] }];

test('"Show" offers entries newest first, counts, people, orders and references; a requested entry leads', async () => {
  const { app, record } = await phoneWithEntry();
  const { record: second } = await app.saveIncident({
    record: null,
    fields: { narrative: 'Later', occurred_start: NOON + 1, precision: 'minute', tz: 'Europe/London' },
    restricted: {},
  });
  await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam', role: 'suspect' } });
  await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Wendy', role: 'witness' } });
  const found = await app.readForShow({});
  assert.deepEqual(
    [found.first, found.count, found.since, found.people.map(({ code }) => code)],
    [second, 2, NOON + 1, ['S1']],
  );
  assert.equal((await app.readForShow({ record, kind: 'incident' })).first, record);
});

test('an entry that is left out of packs is offered by nothing, unless it is asked for by itself', async () => {
  const { app, record } = await phoneWithEntry({ packActions });
  const { record: onlyThere } = await app.saveRecord({
    kind: 'person',
    record: null,
    fields: { name: 'X', role: 'suspect' },
  });
  const { record: inBoth } = await app.saveRecord({
    kind: 'person',
    record: null,
    fields: { name: 'Y', role: 'suspect' },
  });
  await app.saveIncident({ record, fields: { actor_ids: [inBoth] }, restricted: {} });
  const fields = {
    actor_ids: [onlyThere, inBoth],
    narrative: 'Left out',
    occurred_start: NOON + 1,
    precision: 'minute',
    tz: 'Europe/London',
  };
  const camera = { kind: 'cctv', holder: 'Shop', overwrite_due: '2999-01-01' };
  const left = { ...fields, include_in_pack: false, feared_violence: 'yes', independent_evidence: [camera] };
  const { record: leftOut } = await app.saveIncident({ record: null, fields: left, restricted: {} });
  const shown = await app.readForShow({});
  assert.deepEqual([shown.first, shown.entries.map((entry) => entry.record)], [record, [record]]);
  assert.deepEqual([shown.count, shown.since], [1, null]);
  const report = { to: 'police', crime_ref: 'CR/1', incident_ids: [leftOut] };
  await app.saveRecord({ kind: 'report', record: null, fields: report });
  await app.saveRecord({
    kind: 'report',
    record: null,
    fields: { ...report, crime_ref: 'CR/2', incident_ids: [record] },
  });
  const asked = await app.readForShow({ record: leftOut, kind: 'incident' });
  assert.deepEqual([asked.first, asked.entries.map((entry) => entry.record)], [leftOut, [leftOut, record]]);
  const facts = await app.readForQuick();
  assert.deepEqual([facts.records, facts.newest.map((entry) => entry.record)], [[record], [record]]);
  assert.deepEqual(
    facts.reports.map((item) => item.fields.crime_ref),
    ['CR/2'],
  );
  assert.deepEqual(
    facts.people.map((item) => item.record),
    [inBoth],
  );
  assert.deepEqual([facts.afraid, facts.cameras, Object.keys(facts.numbers)], [[], [], [record]]);
});

test('while showing, the state has only ticked items and no keys, and closing leads to the lock screen', async () => {
  const { app, record } = await phoneWithEntry({}, 'UNTICKED narrative');
  app.putDraft({ fields: { narrative: 'UNTICKED draft' } });
  const states = [];
  app.subscribe(() => states.push(JSON.stringify(app.state)));
  await app.showNow(TICKED);
  assert.equal(app.state.phase, 'showing');
  assert.ok(!JSON.stringify(app.state).includes('UNTICKED'));
  assert.equal(app.state.showing.sections[0].blocks[0].lines[0].text, 'TICKED words');
  for (const read of [
    () => app.readIncident(record),
    () => app.readRecords('person'),
    () => app.readForShow({}),
    () => app.showNow(TICKED),
    () => app.readSettings(),
  ])
    await assert.rejects(read(), { code: 'locked' });
  await app.lock('shown');
  assert.equal(app.state.phase, 'locked');
  assert.ok(!JSON.stringify(app.state).includes('TICKED'));
  await app.unlock(WORDS);
  assert.equal(app.state.draft.fields.narrative, 'UNTICKED draft');
});

test('showing ends at the lock screen when hidden or after three minutes, even with a stopped clock', async () => {
  const phone = await phoneWithEntry();
  const { app } = phone;
  await app.showNow(TICKED);
  phone.phone.visible = false;
  app.seen();
  assert.equal(app.state.phase, 'locked');
  phone.phone.visible = true;
  await app.unlock(WORDS);
  const timers = [];
  const otherPhone = await phoneWithEntry({
    timers: {
      after: (ms, act) => {
        timers.push({ ms, act });
        return ms;
      },
      stop: () => undefined,
    },
  });
  await otherPhone.app.showNow(TICKED);
  timers.find(({ ms }) => ms === SHOW_DURATION_MS).act();
  assert.equal(otherPhone.app.state.phase, 'locked');
});

test('the picture of an order exists only while the page is open', async () => {
  const { app, phone } = await phoneWithEntry();
  const { record } = await app.saveRecord({ kind: 'order', record: null, fields: { court: 'Lewisham' } });
  const { attachment } = await app.addRecordFile({ kind: 'order', record, field: 'copy_attachment_id' }, file(PNG), {
    route: 'photo_picker',
  });
  assert.deepEqual((await app.readForShow({})).pictures[record], { attachment, safe: false });
  await app.showNow([
    {
      title: 'Orders',
      blocks: [
        { title: '', lines: [], picture: attachment },
        { title: '', lines: [], picture: 'AAAAAAAAAAAAAAAAAAAAAA' },
      ],
    },
  ]);
  const [{ url }, missing] = app.state.showing.sections[0].blocks;
  assert.equal(phone.urls.get(url).size, 5000);
  assert.equal(missing.url, undefined);
  await app.lock('shown');
  assert.equal(phone.urls.has(url), false);
});

test('Follow-ups lists wipe dates, then updates and orders, without settled or impossible dates', async () => {
  const { app, record } = await phoneWithEntry();
  await app.saveIncident({
    record,
    restricted: {},
    fields: {
      independent_evidence: [
        { kind: 'cctv', holder: 'Shop', overwrite_due: '2026-12-01' },
        { kind: 'cctv', holder: 'Bus', overwrite_due: '2026-12-01', requested_at: '2026-11-20' },
        { kind: 'doorbell', holder: 'Next door', overwrite_due: '2026-12-01', outcome: 'got_it' },
        { kind: 'dashcam', holder: 'X', overwrite_due: '2026-02-31' },
        { kind: 'cctv', holder: 'No date' },
        { kind: 'cctv', holder: 'Gym', overwrite_due: '2026-12-02', outcome: 'They will look' },
      ],
    },
  });
  const { record: report } = await app.saveRecord({
    kind: 'report',
    record: null,
    fields: { force: 'Met', next_update_due: '2026-12-01' },
  });
  await app.saveRecord({ kind: 'order', record: null, fields: { court: 'L', expires_on: '2027-01-01' } });
  await app.saveRecord({ kind: 'order', record: null, fields: { court: 'M', expires_on: '2026-02-31' } });
  const list = await app.readChase();
  assert.deepEqual(
    list.map(({ what, due, detail }) => [what, due, detail.holder ?? '']),
    [
      ['asked', '2026-11-27', 'Bus'],
      ['wipe', '2026-12-01', 'Shop'],
      ['update', '2026-12-01', ''],
      ['wipe', '2026-12-02', 'Gym'],
      ['order', '2027-01-01', ''],
    ],
  );
  await app.chaseDone(list[1].key, true);
  assert.equal((await app.readChase())[1].done_at, NOON);
  await app.chaseDone(list[1].key, false);
  assert.equal((await app.readChase())[1].done_at, null);
  await app.saveRecord({
    kind: 'export',
    record: null,
    fields: {
      kind: 'pack',
      pack_no: 1,
      made_at: NOON,
      file_name: 'documents.zip',
      delivered_how: 'saved',
      record_ids: [record],
    },
  });
  assert.deepEqual((await app.readChase()).map(({ what, due }) => [what, due])[0], ['download', '2026-11-24']);
  await app.takeOutRecord(report);
  assert.ok(!(await app.readChase()).some(({ what }) => what === 'update'));
});
