/** What is refused before it is sealed, whichever screen it came from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phoneWithEntry } from './phone/phone.mjs';
import { refuseUnfit } from '#app/diary/records/validation.js';

/** @param {string} code */
const refused = (code) => (/** @type {any} */ error) => error.code === code;

test('a megabyte of text, a time that ends before it begins, and a shape no screen could show are refused', () => {
  assert.throws(() => refuseUnfit('incident', { narrative: 'x'.repeat(1_000_000) }, {}), refused('too_long'));
  assert.throws(() => refuseUnfit('incident', {}, { place_detail: 'x'.repeat(1_000_000) }), refused('too_long'));
  assert.throws(() => refuseUnfit('incident', { occurred_start: 2, occurred_end: 1 }, {}), refused('times_crossed'));
  assert.throws(() => refuseUnfit('incident', { occurred_start: Date.UTC(1850, 5) }, {}), refused('no_calendar_time'));
  assert.throws(() => refuseUnfit('order', { terms: [{ no: '1', text: 'x' }] }, {}), refused('unfit'));
  assert.throws(() => refuseUnfit('person', { aliases: 'Danny' }, {}), refused('unfit'));
});

test('words are never refused for what they are', () => {
  for (const narrative of ['\u202e\u0000', '=1+1', '😢'.repeat(1000), '']) refuseUnfit('incident', { narrative }, {});
  refuseUnfit('incident', { behaviours: ['of_a_newer_app'], occurred_start: Date.UTC(2090, 0) }, {});
  refuseUnfit('order', { expires_on: 'when I move' }, {});
});

test('a term can be said to be broken only after its order was given to them, and only a term there is', async () => {
  const { app, record } = await phoneWithEntry();
  const order = (
    await app.saveRecord({
      kind: 'order',
      record: null,
      fields: { kind: 'spo', served_on: '2026-11-10', terms: [{ no: 1, text: 'Not to contact me' }] },
    })
  ).record;
  const at = (/** @type {number} */ day) => ({
    occurred_start: Date.UTC(2026, 10, day, 9),
    precision: 'minute',
    tz: 'Europe/London',
    utc_offset_min: 0,
  });
  const breach = (/** @type {number} */ term) => ({ alleged_breaches: [{ order_id: order, term_no: term }] });
  const save = (/** @type {any} */ fields) => app.saveIncident({ record, fields, restricted: {} });
  await assert.rejects(save({ ...at(9), ...breach(1) }), refused('before_service'));
  await assert.rejects(save({ ...at(12), ...breach(2) }), refused('no_such_term'));
  await save({ ...at(12), ...breach(1) });
  await assert.rejects(save(at(9)), refused('before_service'), 'moved to before it');
  await save({ feelings_then_text: 'Scared' });
  await assert.rejects(
    app.saveIncident({ record: null, fields: { narrative: 'x', ...at(1), ...breach(1) }, restricted: {} }),
    refused('before_service'),
  );
  const entry = await app.readIncident(record);
  assert.deepEqual(entry.fields.alleged_breaches, breach(1).alleged_breaches);
  assert.equal(entry.fields.occurred_start, at(12).occurred_start);
});
