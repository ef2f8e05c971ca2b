/** Safety advice that contradicts itself is found alike in both languages. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findAdviceConflicts } from '#app/record/safety_advice.js';

const { cases } = JSON.parse(readFileSync(new URL('../vectors/safety_advice.json', import.meta.url), 'utf8'));

test('the contradictions are those of the shared vector', () => {
  for (const { about, sources, conflicts } of cases) {
    const read = sources.map(({ worry, ...source }) => ({ ...source, isWorry: worry }));
    assert.deepEqual(findAdviceConflicts(read), conflicts, about);
  }
});
