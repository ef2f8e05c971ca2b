/**
 * An advocate's page after keys were replaced. Versions by the keeper's earlier key count up to its end, and receipts
 * by the server's earlier key stay valid. Real server.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { grantActions } from '#app/features/advocates/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';
import { joinDesk } from './phone/desk_page.mjs';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW_WORDS = 'orbit velvet canyon maple drift spoon';
const [BEFORE, BETWEEN, AFTER] = [
  'Before the new keys.',
  'By the new key, for the old server key.',
  'By the new keys of both.',
];

/** Start a server with an instance key. `replaceNotaryKey` replaces its notary key. */
async function serverWithInstanceKey(context) {
  const own = await startServer();
  const hosted = { running: own };
  context.after(() => hosted.running.stop());
  const [key, wish, statement] = ['instance.key', 'wish.json', 'statement.json'].map((name) => join(own.folder, name));
  await own.run('keys', 'new-instance', key);
  hosted.replaceNotaryKey = async (reason) => {
    await own.run('keys', 'wish', `${wish}-${reason}`, '--why', reason);
    await own.run('keys', 'sign', `${wish}-${reason}`, `${statement}-${reason}`, '--instance', key);
    await own.run('keys', 'publish', `${statement}-${reason}`);
    await hosted.running.leave();
    hosted.running = await startServer({ again: own });
  };
  await hosted.replaceNotaryKey('first');
  return hosted;
}

/** Give each version of a feed the number that `numberOf` returns; null leaves it out. */
const renumber = (numberOf) => (bytes) =>
  Buffer.from(
    encodeFrames(
      decodeFrames(bytes, { maxParts: 400 }).flatMap((frame) => {
        const [facts, ...more] = decodeFrames(frame, { maxParts: 3 });
        const values = parseCanonicalObject(facts);
        const seq = numberOf(values.seq);
        return seq === null ? [] : [encodeFrames([canonicalBytes({ ...values, seq }), ...more])];
      }),
    ),
  );

test('entries signed with the earlier key are read up to its end, and packed with their receipts', async (context) => {
  const hosted = await serverWithInstanceKey(context);
  const setup = await phoneWithEntry(
    {
      origin: hosted.running.base,
      send: sender(hosted.running.base, {}),
      clock: fixedClock(Date.now()),
      packActions: grantActions,
    },
    BEFORE,
  );
  const { app } = setup;
  await app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  await app.renewKeys({ words: WORDS, newWords: NEW_WORDS });
  await saveEntry(app, BETWEEN);
  await until(setup, (state) => isKept(state) && state.entries.length === 2, 'kept under the new keys');
  await hosted.replaceNotaryKey('rotated');
  await saveEntry(app, AFTER);
  app.network();
  await until(setup, (state) => isKept(state) && state.entries.length === 3, 'kept by the new server key');

  const { desk, meddled, made: files } = await joinDesk(hosted.running);
  /** @type {import('#app/shell/advocate_types.js').GrantChoice} */
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
    words: NEW_WORDS,
  });
  await desk.listClients();
  const [{ grant }] = desk.state.clients;
  const readTitles = async () => {
    await desk.openClient(grant);
    return [desk.state.entries.map(({ title }) => title).sort(), desk.unsigned() > 0];
  };
  assert.deepEqual(await readTitles(), [[BEFORE, BETWEEN, AFTER].sort(), false]);

  // A version by the old key with a number after its end is not shown, whatever number the server gives.
  let first = 0;
  meddled.set(
    '/changes',
    renumber((seq) => {
      first ||= seq;
      return seq === first ? seq : null;
    }),
  );
  assert.deepEqual(await readTitles(), [[BEFORE], false]);
  meddled.set(
    '/changes',
    renumber((seq) => (seq === first ? 1000 : null)),
  );
  assert.deepEqual(await readTitles(), [[], true]);
  meddled.clear();
  await readTitles();

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
  const { instance } = await (await sender(hosted.running.base)('/v1/server', {})).json();
  const { findings } = await checkPack(
    /** @type {import('#app/verify/pack_reader.js').OpenedPack} */ (await openZip(blob)),
    { notary: null, instance, roots: [] },
  );
  const [zip, key] = ['pack.zip', 'instance.pub'].map((name) => join(hosted.running.folder, name));
  await Promise.all([writeFile(zip, new Uint8Array(await blob.arrayBuffer())), writeFile(key, `${instance}\n`)]);
  const { stdout } = await hosted.running.run('verify', zip, '--instance', key).catch((error) => error);
  assert.deepEqual(
    [findings.map(({ code }) => code), stdout.split('\n').flatMap((line) => /^([a-z_]+): /.exec(line)?.[1] ?? [])],
    [['prepared'], ['prepared']],
    stdout,
  );
  // Without the instance key from another source, nothing vouches for the server's earlier key.
  const codesWithoutKey = (
    await checkPack(/** @type {import('#app/verify/pack_reader.js').OpenedPack} */ (await openZip(blob)), {
      notary: null,
      instance: null,
      roots: [],
    })
  ).findings.map(({ code }) => code);
  assert.ok(codesWithoutKey.includes('other_key') && codesWithoutKey.includes('keys_from_pack'));
  await desk.lock();
});
