/** Values that are refused before they are sealed, whichever screen they come from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phoneWithEntry } from './phone/phone.mjs';
import { refuseUnfit } from '#app/diary/records/validation.js';

/** @param {string} code */
const hasCode = (code) => (error) => error.code === code;

test('half of a character is refused wherever it stands, and the answer is named', () => {
  /** @type {[string, Parameters<typeof refuseUnfit>[1], Parameters<typeof refuseUnfit>[2], string][]} */
  const cases = [
    ['incident', { narrative: 'He rang \ud83d' }, {}, 'incident.narrative'],
    ['incident', { narrative: 'x', exact_words: [{ words: 'a \udc40' }] }, {}, 'incident.exact_words'],
    ['incident', { narrative: 'x' }, { place_detail: '\ud83d' }, 'incident.place_detail'],
    ['person', { name: '\udc40' }, {}, 'person.name'],
  ];
  for (const [kind, open, restricted, field] of cases)
    assert.throws(() => refuseUnfit(kind, open, restricted), { code: 'half_character', field });
  assert.doesNotThrow(() => refuseUnfit('incident', { narrative: '\ud83d\udc40' }, {}));
  assert.throws(() => refuseUnfit('incident', { narrative: 'x'.repeat(1_000_000) }, {}), {
    field: 'incident.narrative',
  });
  assert.throws(() => refuseUnfit('order', { terms: [{ no: '1', text: 'x' }] }, {}), { field: 'order.terms' });
});

test('a megabyte of text, a time that ends before it begins, and a shape no screen could show are refused', () => {
  assert.throws(() => refuseUnfit('incident', { narrative: 'x'.repeat(1_000_000) }, {}), hasCode('too_long'));
  assert.throws(() => refuseUnfit('incident', {}, { place_detail: 'x'.repeat(1_000_000) }), hasCode('too_long'));
  assert.throws(() => refuseUnfit('incident', { occurred_start: 2, occurred_end: 1 }, {}), hasCode('times_crossed'));
  assert.throws(() => refuseUnfit('incident', { occurred_start: Date.UTC(1850, 5) }, {}), hasCode('no_calendar_time'));
  assert.throws(() => refuseUnfit('order', { terms: [{ no: '1', text: 'x' }] }, {}), hasCode('unfit'));
  assert.throws(() => refuseUnfit('person', { aliases: 'Danny' }, {}), hasCode('unfit'));
});

test('texts are never refused for their content', () => {
  for (const narrative of ['\u202e\u0000', '=1+1', '😢'.repeat(1000), '']) refuseUnfit('incident', { narrative }, {});
  refuseUnfit('incident', { behaviours: ['of_a_newer_app'], occurred_start: Date.UTC(2090, 0) }, {});
  refuseUnfit('order', { expires_on: 'when I move' }, {});
});

test('a breach can name only a term that exists, and only after the order was served', async () => {
  const { app, record } = await phoneWithEntry();
  const order = (
    await app.saveRecord({
      kind: 'order',
      record: null,
      fields: { kind: 'spo', served_on: '2026-11-10', terms: [{ no: 1, text: 'Not to contact me' }] },
    })
  ).record;
  const occurredOn = (/** @type {number} */ day) => ({
    occurred_start: Date.UTC(2026, 10, day, 9),
    precision: 'minute',
    tz: 'Europe/London',
    utc_offset_min: 0,
  });
  const breachOf = (/** @type {number} */ term) => ({ alleged_breaches: [{ order_id: order, term_no: term }] });
  const save = (fields) => app.saveIncident({ record, fields, restricted: {} });
  await assert.rejects(save({ ...occurredOn(9), ...breachOf(1) }), hasCode('before_service'));
  await assert.rejects(save({ ...occurredOn(12), ...breachOf(2) }), hasCode('no_such_term'));
  await save({ ...occurredOn(12), ...breachOf(1) });
  await assert.rejects(save(occurredOn(9)), hasCode('before_service'), 'moved to before it');
  await save({ feelings_then_text: 'Scared' });
  await assert.rejects(
    app.saveIncident({ record: null, fields: { narrative: 'x', ...occurredOn(1), ...breachOf(1) }, restricted: {} }),
    hasCode('before_service'),
  );
  const entry = await app.readIncident(record);
  assert.deepEqual(entry.fields.alleged_breaches, breachOf(1).alleged_breaches);
  assert.equal(entry.fields.occurred_start, occurredOn(12).occurred_start);
});
