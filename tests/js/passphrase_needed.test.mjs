/**
 * Taking anything out of a diary needs the passphrase, typed for it. Somebody who holds the open diary but does not
 * know the passphrase can make no pack, print nothing and hand nothing over.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handoverActions } from '#app/features/handover/actions.js';
import { packActions as basePackActions } from '#app/features/share/actions.js';
import { PNG, WORDS, confirmPack, file, makePhone, noNetwork, phoneWithEntry, until } from './phone/phone.mjs';

const FORMATTERS = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const PACK_OPTIONS = { initials: 'JB', sheet: {}, own_words: '', start_with: [], say: FORMATTERS };
const PIN = '482-913';
const HANDOVER_WORDS = 'broccoli orbit squirrel umbrella lecture hospital sandwich tomorrow';
const packActions = (ctx) => ({ ...basePackActions(ctx), ...handoverActions(ctx) });
const wordsDiffer = { code: 'words_differ' };

/** Return every way out of the diary; `confirmation` stands in for the typed passphrase. */
const exportAttempts = (app, confirmation, pack) => [
  () => app.buildHere({ ...PACK_OPTIONS, ...confirmation }, () => {}),
  () => app.buildPack({ ...PACK_OPTIONS, ...confirmation }, () => {}),
  () => app.readChronology({ from: null, to: null, records: null, ...confirmation }, FORMATTERS),
  () => app.handOver({ file: pack, name: 'documents-2026-11-24.zip', words: WORDS }, () => {}),
];

test('no pack is made and no request sent without a passphrase that was confirmed since the last lock', async () => {
  const requests = [];
  const { app, phone } = await phoneWithEntry({
    packActions,
    send: async (url) => {
      requests.push(String(url));
      throw new TypeError('Failed to fetch');
    },
  });
  await app.setShort(PIN, WORDS);
  const before = requests.length;
  const foreignPack = new Blob(['PK a zip from somewhere else']);
  for (const confirmation of [
    {},
    { agreed: undefined },
    { agreed: null },
    { agreed: true },
    { agreed: {} },
    { agreed: Object.freeze({}) },
    { agreed: WORDS },
    { words: WORDS },
  ]) {
    for (const attempt of exportAttempts(app, confirmation, foreignPack)) await assert.rejects(attempt, wordsDiffer);
  }
  for (const words of ['', PIN, 'cage candy arch gather drum buyer2', 'ribbon kettle orbit meadow lantern pencil'])
    await assert.rejects(app.agree(words), wordsDiffer);
  assert.deepEqual(requests.slice(before), []);
  const stale = await app.agree(WORDS, 4);
  const { file: pack } = await app.buildHere(await confirmPack(app, PACK_OPTIONS), () => {});
  await app.lock('asked');
  for (const attempt of exportAttempts(app, { agreed: stale }, pack)) await assert.rejects(attempt, { code: 'locked' });
  await app.unlock(WORDS);
  await until(phone, ({ phase }) => phase === 'open');
  for (const attempt of exportAttempts(app, { agreed: stale }, pack)) await assert.rejects(attempt, wordsDiffer);
  assert.equal((await app.readShared()).length, 1, 'only packs confirmed with the passphrase are recorded as made');
  phone.end();
});

test('one confirmation covers as many packs as were chosen, and handing over the packs that were made', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork });
  const optionsForTwo = { ...(await confirmPack(app, PACK_OPTIONS)), agreed: await app.agree(WORDS, 2) };
  const { file: first } = await app.buildHere(optionsForTwo, () => {});
  const { file: second } = await app.buildHere(optionsForTwo, () => {});
  await assert.rejects(
    app.buildHere(optionsForTwo, () => {}),
    wordsDiffer,
  );
  // Allowed, but there is no network. A copy of the same bytes is not the pack that was made.
  for (const pack of [first, second])
    await assert.rejects(
      app.handOver({ file: pack, name: 'a.zip', words: WORDS }, () => {}),
      { code: 'offline' },
    );
  await assert.rejects(
    app.handOver({ file: new Blob([await first.arrayBuffer()]), name: 'a.zip', words: WORDS }, () => {}),
    wordsDiffer,
  );
  await app.readChronology({ from: null, to: null, records: null, agreed: await app.agree(WORDS) }, FORMATTERS);
  phone.end();
});

test('one confirmation cannot start a second pack while the first is made', async () => {
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork });
  await app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  const options = await confirmPack(app, PACK_OPTIONS);
  const [first, second] = await Promise.allSettled([
    app.buildHere(options, () => {}),
    app.buildHere(options, () => {}),
  ]);
  assert.deepEqual([first.status, second.status === 'rejected' && second.reason.code], ['fulfilled', 'conflict']);
  phone.end();
});

test('the eight words of a hand-over are shown again only after the passphrase, also offline', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork });
  const now = phone.clock.now();
  const handoverRow = (handover, expires_at) => ({
    handover,
    words: HANDOVER_WORDS,
    name: 'PACK_JB_1_20261124.zip',
    record: null,
    made_at: now,
    expires_at,
    address: 'https://kept.example/get',
  });
  await phone.ctx.open.store.change((root) => {
    root.handovers = [handoverRow('h1', now + 1000), { ...handoverRow('h2', now + 1000), words: '' }];
  });
  const listed = await app.readHandovers();
  assert.deepEqual(
    [listed.offline, listed.handovers.map(({ handover, known }) => [handover, known])],
    [true, [['h1', true]]],
  );
  assert.ok(!JSON.stringify(listed).includes('broccoli'));
  for (const words of ['', HANDOVER_WORDS, 'ribbon kettle orbit meadow lantern pencil'])
    await assert.rejects(app.sayHandover('h1', words), wordsDiffer);
  assert.equal(await app.sayHandover('h1', WORDS), HANDOVER_WORDS);
  for (const id of ['h2', 'h3']) await assert.rejects(app.sayHandover(id, WORDS), { code: 'not_found' });
  phone.end();
});

test('on a borrowed device a pack needs the passphrase and nothing more', async () => {
  const phone = makePhone({ packActions, send: noNetwork });
  const { app } = phone;
  await app.start();
  await app.borrow();
  app.putDraft({ fields: { narrative: 'He waited outside.' } });
  await app.enrolHere(WORDS);
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  await assert.rejects(
    app.buildHere(PACK_OPTIONS, () => {}),
    wordsDiffer,
  );
  await assert.rejects(app.agree('ribbon kettle orbit meadow lantern pencil'), wordsDiffer);
  assert.ok((await app.buildHere(await confirmPack(app, PACK_OPTIONS), () => {})).file.size > 0);
  phone.end();
});
