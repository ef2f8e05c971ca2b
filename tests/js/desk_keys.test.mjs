/** An advocate's page where keys were replaced: the keeper's, whose earlier versions count up to their end, and the server's, whose earlier receipts hold. Real server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { grantActions } from '#app/features/advocates/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';
import { joined } from './phone/at_desk.mjs';
import { isKept, save } from './phone/keeper.mjs';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
const [BEFORE, BETWEEN, AFTER] = [
  'Before the new keys.',
  'By the new key, for the old server key.',
  'By the new keys of both.',
];

/** A server whose keys an instance key vouches for; `replaced` ends its notary key. */
async function vouched(context) {
  const own = await startServer();
  const at = { running: own };
  context.after(() => at.running.stop());
  const [key, wish, statement] = ['instance.key', 'wish.json', 'statement.json'].map((name) => join(own.folder, name));
  await own.run('keys', 'new-instance', key);
  at.replaced = async (why) => {
    await own.run('keys', 'wish', `${wish}-${why}`, '--why', why);
    await own.run('keys', 'sign', `${wish}-${why}`, `${statement}-${why}`, '--instance', key);
    await own.run('keys', 'publish', `${statement}-${why}`);
    await at.running.leave();
    at.running = await startServer({ again: own });
  };
  await at.replaced('first');
  return at;
}

/** The feed with another number for each version, in order; null leaves one out. */
const numbered = (numberOf) => (bytes) =>
  Buffer.from(
    encodeFrames(
      decodeFrames(bytes, { maxParts: 400 }).flatMap((frame) => {
        const [facts, ...more] = decodeFrames(frame, { maxParts: 3 });
        const said = parseCanonicalObject(facts);
        const seq = numberOf(said.seq);
        return seq === null ? [] : [encodeFrames([canonicalBytes({ ...said, seq }), ...more])];
      }),
    ),
  );

test('entries by the key before are read up to its end, nothing after; a pack holds them, and receipts by the server’s key before', async (context) => {
  const at = await vouched(context);
  const made = await phoneWithEntry(
    {
      origin: at.running.base,
      send: sender(at.running.base, {}),
      clock: fixedClock(Date.now()),
      packActions: grantActions,
    },
    BEFORE,
  );
  const { app } = made;
  await app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  await app.renewKeys({ words: WORDS, newWords: NEW });
  await save(app, BETWEEN);
  await until(made, (state) => isKept(state) && state.entries.length === 2, 'kept under the new keys');
  await at.replaced('rotated');
  await save(app, AFTER);
  app.network();
  await until(made, (state) => isKept(state) && state.entries.length === 3, 'kept by the new server key');

  const { desk, meddled, made: files } = await joined(at.running);
  const choice = {
    scope: { all: true },
    rights: ['view', 'pack'],
    restricted: true,
    not_after: app.usualEnd(),
    purpose: 'Help with a report',
  };
  await app.letIn({
    met: await app.meetAdvocate(await desk.ownWords()),
    standIn: null,
    choice,
    name: 'Maya',
    words: NEW,
  });
  await desk.listClients();
  const [{ grant }] = desk.state.clients;
  const titles = async () => {
    await desk.openClient(grant);
    return [desk.state.entries.map(({ title }) => title).sort(), desk.unsigned() > 0];
  };
  assert.deepEqual(await titles(), [[BEFORE, BETWEEN, AFTER].sort(), false]);

  // What the old key signed, with a number after its end: nobody's, whoever gives the number.
  let first = 0;
  meddled.set(
    '/changes',
    numbered((seq) => {
      first ||= seq;
      return seq === first ? seq : null;
    }),
  );
  assert.deepEqual(await titles(), [[BEFORE], false]);
  meddled.set(
    '/changes',
    numbered((seq) => (seq === first ? 1000 : null)),
  );
  assert.deepEqual(await titles(), [[], true]);
  meddled.clear();
  await titles();

  const pack = await desk.makePack(
    {
      from: null,
      to: null,
      restricted: true,
      seen: [],
      initials: 'PK',
      say: { when: () => 'then', at: (ms) => new Date(ms).toISOString() },
    },
    () => undefined,
  );
  const blob = files.get(pack.url);
  const { instance } = await (await sender(at.running.base)('/v1/server', {})).json();
  const { findings } = await checkPack(await openZip(blob), { notary: null, instance, roots: [] });
  const [zip, key] = ['pack.zip', 'instance.pub'].map((name) => join(at.running.folder, name));
  await Promise.all([writeFile(zip, new Uint8Array(await blob.arrayBuffer())), writeFile(key, `${instance}\n`)]);
  const { stdout } = await at.running.run('verify', zip, '--instance', key).catch((error) => error);
  assert.deepEqual(
    [findings.map(({ code }) => code), stdout.split('\n').flatMap((line) => /^([a-z_]+): /.exec(line)?.[1] ?? [])],
    [['prepared'], ['prepared']],
    stdout,
  );
  // Without that key from elsewhere nobody can vouch for the server's key before.
  const alone = (await checkPack(await openZip(blob), { notary: null, instance: null, roots: [] })).findings.map(
    ({ code }) => code,
  );
  assert.ok(alone.includes('other_key') && alone.includes('keys_from_pack'));
  await desk.lock();
});
