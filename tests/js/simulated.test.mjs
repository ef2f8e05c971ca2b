/**
 * A few seeds of the simulation (tests/simulation), and each fault planted in the app is found by it. `make simulate` runs as many as
 * wanted, and puts the server back to older copies too: after that an honest phone may say for ever that something was left out (seed 2026).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { PLANTED } from '../simulation/planted.mjs';

const path = (name) => fileURLToPath(new URL(`../simulation/${name}`, import.meta.url));

/** @param {{FIRST: string, SEEDS: string, PLANT?: string}} asked */
function simulates(asked) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', path('planted.mjs'), path('run.mjs')], { env: { ...process.env, PUT_BACK: '0', ...asked }, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

test('nothing that was acknowledged is lost, and no phone warns of anything', () => {
  const { status, said } = simulates({ FIRST: '1', SEEDS: '8' });
  assert.equal(status, 0, said);
});

for (const name of Object.keys(PLANTED)) {
  test(`a planted fault is found: ${name}`, () => {
    const { status, said } = simulates({ FIRST: '1', SEEDS: '60', PLANT: name, UNTIL_WRONG: '1' });
    assert.match(said, /^seed \d+:$/m);
    assert.equal(status, 1, said);
  });
}
