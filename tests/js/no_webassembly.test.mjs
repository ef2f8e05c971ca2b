/** A browser without WebAssembly (Lockdown Mode): everything runs in JavaScript, at the minimum cost. */
import assert from 'node:assert/strict';
import test from 'node:test';

delete globalThis.WebAssembly;
const { createEngine } = await import('#app/crypto/worker/engine.js');
const { COST_FLOOR: FLOOR } = await import('#app/crypto/kdf.js');

const WORDS = 'cage candy arch gather drum buyer';

test('without WebAssembly, slots are made, a diary is registered and unlocked, and sealed text opens', async () => {
  const progress = [];
  const settings = { origin: 'https://notes.example', onProgress: (done) => progress.push(done) };
  const engine = createEngine(settings);
  assert.deepEqual(await engine.selfTest(), { engine: 'noble' });
  const emptyDoor = await engine.newDoor({ ...FLOOR });
  const { account } = await engine.newIdentity();
  const pins = { notary: null, log: null, kdf_high: 0 };
  const door = await engine.setSlot(emptyDoor, WORDS, 'diary', { account, login: '', pins });
  const { body } = await engine.enrolment({ login: 'calm-river-7f3k', words: WORDS });
  assert.deepEqual([body.kdf.m, body.kdf.t], [FLOOR.m, FLOOR.t]);
  const otherEngine = createEngine(settings);
  assert.equal((await otherEngine.unlock(WORDS, door)).account, account);
  assert.deepEqual(await otherEngine.auth({ words: WORDS, kdf: body.kdf, login: 'calm-river-7f3k' }), {
    auth: body.auth,
  });
  assert.ok(progress.length > 10 && progress.at(-1) === 1, 'slow derivations report progress');
});
