/** The texts of versions are stored beside the list: they rebuild the list quickly, and none outlives its version. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { WORDS, file, makePhone, phoneWithEntry, PNG } from './phone/phone.mjs';
import { SEGMENT_ROWS } from '#app/store/index.js';
import { Store } from '#app/store/store.js';

const DAY = 86_400_000;
const fields = (narrative, extraFields = {}) => ({
  record: null,
  fields: { narrative, precision: 'unknown', ...extraFields },
  restricted: {},
});
/** @param {import('#app/shell/app.js').State} state */
const visibleFields = ({ entries, removed }) =>
  [...entries, ...removed].map(
    ({ record, seq_no, title, pictures, additions, amendments, taken_out, erased, flags, f, links, shots, bare }) => ({
      record,
      seq_no,
      title,
      pictures,
      additions,
      amendments,
      out: taken_out !== null,
      erased,
      flags,
      f,
      links,
      shots,
      bare,
    }),
  );

/** The last store that was opened, and the names read from it since. */
let openedStore;
let namesRead = [];
const { open, readSealed } = Store.prototype;
Store.prototype.open = async function noted(...args) {
  await open.apply(this, args);
  if (this.root.line) openedStore = this;
};
Store.prototype.readSealed = function noted(names) {
  namesRead.push(...names);
  return readSealed.call(this, names);
};

const bytesAt = async (phone, name) => (await phone.database.read([openedStore.idOf(name)]))[0];
const put = (phone, name, bytes) =>
  phone.database.write(bytes ? { put: [[openedStore.idOf(name), bytes]] } : { drop: [openedStore.idOf(name)] });
const versionsAsked = () => namesRead.filter((name) => name.startsWith('v/')).length;

/** Lock the phone, `tamper` with its database, and open it again with all its work done. */
async function reopen(phone, tamper = async () => undefined) {
  await phone.app.lock('test');
  await tamper();
  const reopened = makePhone({ after: phone });
  await reopened.app.start();
  namesRead = [];
  await reopened.app.unlock(WORDS);
  return reopened;
}

test('the list is rebuilt from stored segment texts and missing versions, without an erased word', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'The very first.');
  const { record: heronEntry } = await app.saveIncident(fields('A heron by the gate.', { behaviours: ['calls'] }));
  await app.addFile(heronEntry, file(PNG, 'proof.png'), { route: 'files' });
  for (let n = 2; n < SEGMENT_ROWS + 3; n++) await app.saveIncident(fields(`Entry ${n}.`));
  const rowsBefore = visibleFields(app.state);

  const reopened1 = await reopen(phone);
  assert.deepEqual(openedStore.root.said, [0], 'of the full segment, and not of the newest');
  const storedTexts = await bytesAt(reopened1, 'said/0');
  assert.ok(storedTexts.length > 100_000);
  assert.doesNotMatch(JSON.stringify(await openedStore.readJson('said/0')), /"keys"/, 'no key of a file is in it');

  const reopened2 = await reopen(reopened1, () => put(phone, 'segment/0', null));
  assert.deepEqual(visibleFields(reopened2.app.state), rowsBefore);
  assert.equal(versionsAsked(), 0);
  assert.deepEqual(await reopened2.app.findEntries('heron'), [heronEntry]);

  phone.clock.move(11 * 60_000);
  await reopened2.app.saveIncident({
    record,
    fields: { narrative: 'The very first, and worse.' },
    restricted: {},
    reason: 'I had left it out',
  });
  const rowsAmended = visibleFields(reopened2.app.state);
  const reopened3 = await reopen(reopened2, () => put(phone, 'segment/0', null));
  assert.deepEqual(visibleFields(reopened3.app.state), rowsAmended);
  assert.equal(versionsAsked(), 1, 'only the one that is not in it');

  for (const bytes of [
    null,
    storedTexts.map((byte, i) => (i === 200 ? byte ^ 1 : byte)),
    await bytesAt(reopened3, 'segment/1'),
  ]) {
    const reopened4 = await reopen(reopened3, async () => {
      await put(phone, 'said/0', bytes);
      await put(phone, 'segment/0', null);
    });
    assert.deepEqual(
      visibleFields(reopened4.app.state),
      rowsAmended,
      'lost, altered or replaced segments are read from the versions',
    );
    assert.ok(versionsAsked() > SEGMENT_ROWS);
    assert.equal(reopened4.app.state.account.trouble, null);
    await reopened4.app.lock('test');
  }

  const reopened5 = await reopen(reopened3);
  const heron = await bytesAt(reopened5, 'said/0');
  await reopened5.app.takeOutRecord(heronEntry, '');
  await reopened5.app.askErasing(heronEntry, { words: WORDS });
  phone.clock.move(8 * DAY);
  await reopened5.app.finishErasing(heronEntry, { words: WORDS });
  assert.deepEqual(
    [openedStore.root.said, await bytesAt(reopened5, 'said/0')],
    [[], null],
    'gone with the version, in the same transaction',
  );
  const rowsErased = visibleFields(reopened5.app.state);
  const reopened6 = await reopen(reopened5);
  assert.deepEqual(openedStore.root.said, [0]);
  assert.doesNotMatch(JSON.stringify(await openedStore.readJson('said/0')), /heron/);
  // Somebody kept the old sealed bytes, and puts them back in their place.
  const reopened7 = await reopen(reopened6, async () => {
    await put(phone, 'said/0', heron);
    await put(phone, 'segment/0', null);
  });
  assert.deepEqual(visibleFields(reopened7.app.state), rowsErased);
  assert.deepEqual(await reopened7.app.findEntries('heron'), []);
});
