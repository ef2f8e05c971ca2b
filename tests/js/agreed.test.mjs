/** What leaves a diary takes the words, typed for it: whoever holds the open diary and not the words makes nothing, prints nothing, hands nothing over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handoverActions } from '#app/features/handover/actions.js';
import { packActions as forPacks } from '#app/features/share/actions.js';
import { PNG, WORDS, agreed, file, makePhone, noNetwork, phoneWithEntry, until } from './phone/phone.mjs';

const SAY = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const FILLED = { initials: 'JB', sheet: {}, own_words: '', start_with: [], say: SAY };
const PIN = '482-913';
const EIGHT = 'broccoli orbit squirrel umbrella lecture hospital sandwich tomorrow';
const packActions = (ctx) => ({ ...forPacks(ctx), ...handoverActions(ctx) });
const refused = { code: 'words_differ' };

/** Every way out of the diary, with what is given for the words. */
const outs = (app, given, pack) => [
  () => app.buildHere({ ...FILLED, ...given }, () => {}),
  () => app.buildPack({ ...FILLED, ...given }, () => {}),
  () => app.readChronology({ from: null, to: null, records: null, ...given }, SAY),
  () => app.handOver({ file: pack, name: 'documents-2026-11-24.zip', words: WORDS }, () => {}),
];

test('no words, wrong ones, a short secret, what was made up or agreed to before a lock: nothing is made and nothing asked of the server', async () => {
  const asked = [];
  const { app, phone } = await phoneWithEntry({
    packActions,
    send: async (url) => {
      asked.push(String(url));
      throw new TypeError('Failed to fetch');
    },
  });
  await app.setShort(PIN, WORDS);
  const before = asked.length;
  const other = new Blob(['PK a zip from somewhere else']);
  for (const given of [
    {},
    { agreed: undefined },
    { agreed: null },
    { agreed: true },
    { agreed: {} },
    { agreed: Object.freeze({}) },
    { agreed: WORDS },
    { words: WORDS },
  ]) {
    for (const one of outs(app, given, other)) await assert.rejects(one, refused);
  }
  for (const words of ['', PIN, 'cage candy arch gather drum buyer2', 'ribbon kettle orbit meadow lantern pencil'])
    await assert.rejects(app.agree(words), refused);
  assert.deepEqual(asked.slice(before), []);
  const stale = await app.agree(WORDS, 4);
  const { file: pack } = await app.buildHere(await agreed(app, FILLED), () => {});
  await app.lock('asked');
  for (const one of outs(app, { agreed: stale }, pack)) await assert.rejects(one, { code: 'locked' });
  await app.unlock(WORDS);
  await until(phone, ({ phase }) => phase === 'open');
  for (const one of outs(app, { agreed: stale }, pack)) await assert.rejects(one, refused);
  assert.equal((await app.readShared()).length, 1, 'only what the words were typed for is noted as made');
  phone.end();
});

test('asked once: for so many packs as were chosen, and for handing over what was made', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork });
  const both = { ...(await agreed(app, FILLED)), agreed: await app.agree(WORDS, 2) };
  const { file: first } = await app.buildHere(both, () => {});
  const { file: second } = await app.buildHere(both, () => {});
  await assert.rejects(
    app.buildHere(both, () => {}),
    refused,
  );
  // Let through, as far as there is a network; a copy of the same bytes is not what was made.
  for (const pack of [first, second])
    await assert.rejects(
      app.handOver({ file: pack, name: 'a.zip', words: WORDS }, () => {}),
      { code: 'offline' },
    );
  await assert.rejects(
    app.handOver({ file: new Blob([await first.arrayBuffer()]), name: 'a.zip', words: WORDS }, () => {}),
    refused,
  );
  await app.readChronology({ from: null, to: null, records: null, agreed: await app.agree(WORDS) }, SAY);
  phone.end();
});

test('a pack that was started is not begun a second time by the words of the first', async () => {
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork });
  await app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  const one = await agreed(app, FILLED);
  const [made, again] = await Promise.allSettled([app.buildHere(one, () => {}), app.buildHere(one, () => {})]);
  assert.deepEqual([made.status, again.reason?.code], ['fulfilled', 'conflict']);
  phone.end();
});

test('the eight words of a hand-over are said again only to the keeper’s own, without a signal too', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork });
  const now = phone.clock.now();
  const kept = (handover, expires_at) => ({
    handover,
    words: EIGHT,
    name: 'PACK_JB_1_20261124.zip',
    record: null,
    made_at: now,
    expires_at,
    address: 'https://kept.example/get',
  });
  await phone.ctx.open.store.change((root) => {
    root.handovers = [kept('h1', now + 1000), { ...kept('h2', now + 1000), words: '' }];
  });
  const listed = await app.readHandovers();
  assert.deepEqual(
    [listed.offline, listed.handovers.map(({ handover, known }) => [handover, known])],
    [true, [['h1', true]]],
  );
  assert.ok(!JSON.stringify(listed).includes('broccoli'));
  for (const words of ['', EIGHT, 'ribbon kettle orbit meadow lantern pencil'])
    await assert.rejects(app.sayHandover('h1', words), refused);
  assert.equal(await app.sayHandover('h1', WORDS), EIGHT);
  for (const over of ['h2', 'h3']) await assert.rejects(app.sayHandover(over, WORDS), { code: 'not_found' });
  phone.end();
});

test('on a device that is not the keeper’s the words are asked for, and enough', async () => {
  const phone = makePhone({ packActions, send: noNetwork });
  const { app } = phone;
  await app.start();
  await app.borrow();
  app.putDraft({ fields: { narrative: 'He waited outside.' } });
  await app.enrolHere(WORDS);
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  await assert.rejects(
    app.buildHere(FILLED, () => {}),
    refused,
  );
  await assert.rejects(app.agree('ribbon kettle orbit meadow lantern pencil'), refused);
  assert.ok((await app.buildHere(await agreed(app, FILLED), () => {})).file.size > 0);
  phone.end();
});
