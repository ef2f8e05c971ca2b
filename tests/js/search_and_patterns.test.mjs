/** Searching entries by their words and by the records they name, and the patterns of a diary, on one phone. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { makePhone, WORDS } from './phone/phone.mjs';

let phone;
let app;
const records = {};
const save = async (kind, fields, name) => {
  records[name] = (await app.saveRecord({ kind, record: null, fields, restricted: {} })).record;
  return records[name];
};
const entry = async (fields) => (await app.saveIncident({ record: null, fields, restricted: {} })).record;
before(async () => {
  phone = makePhone();
  ({ app } = phone);
  await app.start();
  await app.enrolHere(WORDS);
  await save('person', { name: 'Sam Hill', aliases: ['Sparrow'] }, 'sam');
  await save('person', { name: 'Lee', merged_into: records.sam }, 'lee');
  await save('account', { person_id: records.sam, handle: '@rowan' }, 'handle');
  await save('account', { number: '07700 900123' }, 'number');
  await save('account', { url: 'https://rowan.example' }, 'page');
  await save('order', { kind: 'spo', court: 'York', case_no: 'AB12' }, 'order');
  records.one = await entry({ narrative: 'He waited by the BLUE gate.', actor_ids: [records.sam] });
  records.two = await entry({
    narrative: 'A call from the gate.',
    account_ids: [records.number],
    actor_ids: [records.lee],
  });
  records.three = await entry({ narrative: 'Nobody came.', order_ids: [records.order] });
});
after(() => phone.end());

const found = async (query) =>
  ((await app.findEntries(query)) ?? ['no query'])
    .map((id) => Object.keys(records).find((name) => records[name] === id) ?? id)
    .sort();

for (const [query, names] of /** @type {[string, string[]][]} */ ([
  ['', ['no query']],
  ['   ', ['no query']],
  ['blue', ['one']],
  ['BLUE Gate', ['one']],
  ['gate', ['one', 'two']],
  ['blue call', []],
  ['came', ['three']],
  ['elsewhere', []],
  ['sam', ['one', 'two']],
  ['sparrow', ['one', 'two']],
  ['lee', ['two']],
  ['sam gate', ['one', 'two']],
  ['sam blue', ['one']],
  ['900123', ['two']],
  ['ab12 york', ['three']],
  ['rowan', []],
])) {
  test(`a search for "${query}" finds: ${names.join(', ') || 'nothing'}`, async () =>
    assert.deepEqual(await found(query), names));
}

test('a record is called by its name, else by handle, number or address, and has no name otherwise', async () => {
  const named = await app.readKnown();
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(records).flatMap(([name, record]) =>
        named[record] ? [[name, [named[record].kind, named[record].name]]] : [],
      ),
    ),
    {
      sam: ['person', 'Sam Hill'],
      lee: ['person', 'Lee'],
      handle: ['account', '@rowan'],
      number: ['account', '07700 900123'],
      page: ['account', 'https://rowan.example'],
      order: ['order', ''],
    },
  );
  assert.equal(named[records.sam].fields.name, 'Sam Hill');
});

test('the patterns follow the entries, and are computed once until something is written', async () => {
  const firstRead = await app.readPatterns();
  assert.deepEqual(firstRead.counts.all.toSorted(), [records.one, records.two, records.three].toSorted());
  assert.equal(firstRead.known[records.sam].name, 'Sam Hill');
  assert.equal(await app.readPatterns(), firstRead);
  records.four = await entry({ narrative: 'Once more.' });
  const secondRead = await app.readPatterns();
  assert.notEqual(secondRead, firstRead);
  assert.equal(secondRead.counts.all.length, 4);
  assert.deepEqual(await found('once'), ['four']);
});
