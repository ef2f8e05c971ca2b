/** Sending a pack's capsule to a server that also makes packs for others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KeptError } from '#app/core/errors.js';
import { PackJob } from '#app/net/packs.js';

/** A job whose server gives these answers in turn, and a list of its requests. */
function jobWith(answers) {
  /** @type {string[]} */
  const requests = [];
  const api = /** @type {import('#app/net/api.js').Api} */ ({
    withSession: async ({ path, method = 'GET' }) => {
      requests.push(`${method} ${path.split('/').pop()}`);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const job = new PackJob(api, {
    signal: new AbortController().signal,
    pause: async () => {
      requests.push('pause');
    },
  });
  job.id = 'p';
  return { job, requests };
}

test('a capsule that has to wait for another is sent again when its turn comes', async () => {
  const { job, requests } = jobWith([new KeptError('conflict'), { state: 'queued' }, { state: 'ready' }, null]);
  let waits = 0;
  await job.sendCapsule(new Uint8Array(1), () => {
    waits += 1;
  });
  assert.deepEqual(requests, ['PUT capsule', 'pause', 'GET p', 'pause', 'GET p', 'PUT capsule']);
  assert.equal(waits, 2);
});

test('a capsule that arrived is not sent twice when its answer was lost', async () => {
  const { job, requests } = jobWith([new KeptError('conflict'), { state: 'building' }]);
  await job.sendCapsule(new Uint8Array(1), () => undefined);
  assert.deepEqual(requests, ['PUT capsule', 'pause', 'GET p']);
});

test('only labels of what could not be printed are taken from the server', async () => {
  const unprinted = ['7', 'U1', 'JB/3', 'S1', 'own words', "officer's sheet", '<b>', 'Call 07700 900123', 7, null];
  const { job } = jobWith([{ state: 'done', unprinted }]);
  await job.waitUntil(['done'], () => undefined);
  assert.deepEqual(job.unprinted, ['7', 'U1', 'JB/3', 'S1', 'own words', "officer's sheet", '7']);
  const { job: older } = jobWith([{ state: 'done' }]);
  await older.waitUntil(['done'], () => undefined);
  assert.deepEqual(older.unprinted, []);
});

test('any other refusal is reported', async () => {
  const { job } = jobWith([new KeptError('too_large')]);
  await assert.rejects(
    job.sendCapsule(new Uint8Array(1), () => undefined),
    { code: 'too_large' },
  );
});
