/** What versions say is kept together beside the list: it makes the list again quickly, and no word in it outlives its version. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { WORDS, file, makePhone, phoneWithEntry, PNG } from './phone/phone.mjs';
import { SEGMENT_ROWS } from '#app/store/index.js';
import { Store } from '#app/store/store.js';

const DAY = 86_400_000;
const fields = (narrative, more = {}) => ({
  record: null,
  fields: { narrative, precision: 'unknown', ...more },
  restricted: {},
});
const shown = ({ entries, removed }) =>
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

/** The store that was opened last, and the names it was asked for since. */
let opened;
let asked = [];
const { open, readSealed: lying } = Store.prototype;
Store.prototype.open = async function noted(...given) {
  await open.apply(this, given);
  if (this.root.line) opened = this;
};
Store.prototype.readSealed = function noted(names) {
  asked.push(...names);
  return lying.call(this, names);
};

const bytesAt = async (phone, name) => (await phone.database.read([opened.idOf(name)]))[0];
const put = (phone, name, bytes) =>
  phone.database.write(bytes ? { put: [[opened.idOf(name), bytes]] } : { drop: [opened.idOf(name)] });
const versionsAsked = () => asked.filter((name) => name.startsWith('v/')).length;

/** Locked; `meddle` with what lies there; opened again, all of its work done. */
async function again(phone, meddle = async () => undefined) {
  await phone.app.lock('test');
  await meddle();
  const next = makePhone({ after: phone });
  await next.app.start();
  asked = [];
  await next.app.unlock(WORDS);
  return next;
}

test('the list is rebuilt from the stored segment texts; missing versions are opened; an erased word is in neither', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'The very first.');
  const { record: second } = await app.saveIncident(fields('A heron by the gate.', { behaviours: ['calls'] }));
  await app.addFile(second, file(PNG, 'proof.png'), { route: 'files' });
  for (let n = 2; n < SEGMENT_ROWS + 3; n++) await app.saveIncident(fields(`Entry ${n}.`));
  const whole = shown(app.state);

  const first = await again(phone);
  assert.deepEqual(opened.root.said, [0], 'of the full segment, and not of the newest');
  const kept = await bytesAt(first, 'said/0');
  assert.ok(kept.length > 100_000);
  assert.doesNotMatch(JSON.stringify(await opened.readJson('said/0')), /"keys"/, 'no key of a file is in it');

  const quick = await again(first, () => put(phone, 'segment/0', null));
  assert.deepEqual(shown(quick.app.state), whole);
  assert.equal(versionsAsked(), 0);
  assert.deepEqual(await quick.app.findEntries('heron'), [second]);

  phone.clock.move(11 * 60_000);
  await quick.app.saveIncident({
    record,
    fields: { narrative: 'The very first, and worse.' },
    restricted: {},
    reason: 'I had left it out',
  });
  const amended = shown(quick.app.state);
  const missed = await again(quick, () => put(phone, 'segment/0', null));
  assert.deepEqual(shown(missed.app.state), amended);
  assert.equal(versionsAsked(), 1, 'only the one that is not in it');

  for (const bytes of [
    null,
    kept.map((byte, i) => (i === 200 ? byte ^ 1 : byte)),
    await bytesAt(missed, 'segment/1'),
  ]) {
    const slow = await again(missed, async () => {
      await put(phone, 'said/0', bytes);
      await put(phone, 'segment/0', null);
    });
    assert.deepEqual(shown(slow.app.state), amended, 'lost, changed or another record: the versions tell');
    assert.ok(versionsAsked() > SEGMENT_ROWS);
    assert.equal(slow.app.state.account.trouble, null);
    await slow.app.lock('test');
  }

  const last = await again(missed);
  const heron = await bytesAt(last, 'said/0');
  await last.app.takeOutRecord(second, '');
  await last.app.askErasing(second, { words: WORDS });
  phone.clock.move(8 * DAY);
  await last.app.finishErasing(second, { words: WORDS });
  assert.deepEqual(
    [opened.root.said, await bytesAt(last, 'said/0')],
    [[], null],
    'gone with the version, in the same transaction',
  );
  const erased = shown(last.app.state);
  const after = await again(last);
  assert.deepEqual(opened.root.said, [0]);
  assert.doesNotMatch(JSON.stringify(await opened.readJson('said/0')), /heron/);
  // Somebody kept the sealed bytes of before, and puts them back where they lay.
  const back = await again(after, async () => {
    await put(phone, 'said/0', heron);
    await put(phone, 'segment/0', null);
  });
  assert.deepEqual(shown(back.app.state), erased);
  assert.deepEqual(await back.app.findEntries('heron'), []);
});
