/** What is refused before it is sealed, whichever screen it came from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnfit } from '../../static/js/actions/fitting.js';

/** @param {string} code */
const refused = (code) => (/** @type {any} */ error) => error.code === code;

test('a megabyte of text, a time that ends before it begins, and a shape no screen could show are refused', () => {
  assert.throws(() => refuseUnfit('incident', { narrative: 'x'.repeat(1_000_000) }, {}), refused('too_long'));
  assert.throws(() => refuseUnfit('incident', {}, { place_detail: 'x'.repeat(1_000_000) }), refused('too_long'));
  assert.throws(() => refuseUnfit('incident', { occurred_start: 2, occurred_end: 1 }, {}), refused('times_crossed'));
  assert.throws(() => refuseUnfit('order', { terms: [{ no: '1', text: 'x' }] }, {}), refused('unfit'));
  assert.throws(() => refuseUnfit('person', { aliases: 'Danny' }, {}), refused('unfit'));
});

test('words are never refused for what they are', () => {
  for (const narrative of ['\u202e\u0000', '=1+1', '😢'.repeat(1000), '']) refuseUnfit('incident', { narrative }, {});
  refuseUnfit('incident', { behaviours: ['of_a_newer_app'], occurred_start: Date.UTC(2090, 0) }, {});
  refuseUnfit('order', { expires_on: 'when I move' }, {});
});
