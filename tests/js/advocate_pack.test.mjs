/**
 * A pack by an advocate: their page makes it only from what was granted, names them as its author, records it for the
 * keeper, and refuses it without the right.
 */
import assert from 'node:assert/strict';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { grantActions } from '#app/features/advocates/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { readZip } from '#app/pack/zip.js';
import { openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';
import { joinDesk } from './phone/desk_page.mjs';
import { isKept } from './phone/keeper.mjs';
import { PNG, WORDS, file, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const FIRST = 'He stood by the bakery on Quince Street, postcode SW1A 1AA, all evening.';
const HIDDEN = 'Flat 9, Hazelnut Court';
const NOTE = 'Nobody is to read this sentence about Tuesday.';
const LATER = 'He rang from a number I do not know.';
const FORMATTERS = { when: () => 'then', at: (ms) => new Date(ms).toISOString() };
const EVERYTHING = { from: null, to: null, restricted: true, seen: [] };
let server;
let folder;
before(async () => {
  [server, folder] = await Promise.all([startServer(), mkdtemp(join(tmpdir(), 'packs-'))]);
});
after(() => Promise.all([server.stop(), rm(folder, { recursive: true, force: true })]));

/** Return a keeper with two entries. One has a file, a private note and a restricted field. */
async function registerKeeper() {
  const keeper = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()), packActions: grantActions },
    FIRST,
  );
  await keeper.app.register({ words: WORDS });
  const { attachment } = await keeper.app.addFile(keeper.record, file(PNG), { route: 'photo_picker' });
  assert.ok(attachment);
  await keeper.app.saveIncident({
    record: keeper.record,
    fields: { narrative: FIRST },
    restricted: { place_detail: HIDDEN },
  });
  await keeper.app.saveNote(keeper.record, NOTE);
  await keeper.app.saveIncident({ record: null, fields: { narrative: LATER, feared_violence: 'yes' }, restricted: {} });
  await until(keeper, isKept, 'kept');
  return keeper;
}

/** Make a grant for the advocate and open it at the desk. Return its id. */
async function openAsAdvocate({ desk }, keeper, choice) {
  const person = await keeper.app.meetAdvocate(await desk.ownWords());
  await keeper.app.letIn({
    met: person,
    standIn: null,
    choice: {
      scope: { all: true },
      rights: ['view', 'comment', 'pack'],
      restricted: false,
      not_after: keeper.app.usualEnd(),
      purpose: 'Help with a report',
      ...choice,
    },
    name: 'Maya',
    words: WORDS,
  });
  await desk.listClients();
  const { grant } = desk.state.clients.at(-1);
  await desk.openClient(grant);
  return grant;
}

/** Check the pack with both verifiers. Return their findings and the text of every member. */
async function verifyPack(blob, name) {
  const path = join(folder, `${name}.zip`);
  await writeFile(path, new Uint8Array(await blob.arrayBuffer()));
  const pack = /** @type {import('#app/verify/pack_reader.js').OpenedPack} */ (await openZip(blob));
  const { findings } = await checkPack(pack, { notary: null, instance: null, roots: [] });
  const { stdout } = await server.run('verify', path).catch((error) => error);
  const codes = findings.map(({ code }) => code).sort();
  assert.deepEqual(
    stdout
      .split('\n')
      .flatMap((line) => /^([a-z_]+): /.exec(line)?.[1] ?? [])
      .sort(),
    codes,
    stdout,
  );
  const members = new Map(
    [...(await readZip(new Uint8Array(await blob.arrayBuffer())))].map(([member, bytes]) => [
      member.slice(member.indexOf('/') + 1),
      Buffer.from(bytes).toString('latin1'),
    ]),
  );
  return { codes, members };
}

test('the pack contains what was granted and names its author, and both verifiers agree', async () => {
  const session = await joinDesk(server);
  const { desk, made: objectUrls } = session;
  const keeper = await registerKeeper();
  const grant = await openAsAdvocate(session, keeper, {});
  const view = await desk.packView(EVERYTHING);
  assert.deepEqual(
    [view.entries, view.files, view.whole, view.unproved, view.isPurposeUnsafe],
    [2, 1, false, 0, false],
  );
  assert.deepEqual(
    view.words.map(({ why, found }) => [why, found]),
    [['postcode', 'SW1A 1AA']],
  );
  const missing = Object.fromEntries(view.lacking.map(({ what, records }) => [what, records]));
  assert.deepEqual(
    [missing.fear, missing.looked, missing.reported, missing.recording],
    [[keeper.record], [keeper.record], [], undefined],
  );
  const pack = await desk.makePack({ ...EVERYTHING, initials: 'PK', say: FORMATTERS }, () => undefined);
  const { codes, members } = await verifyPack(objectUrls.get(pack.url), 'part');
  assert.deepEqual(codes, ['keys_from_pack', 'prepared', 'servable_only']);
  const allText = [...members].flat().join('\n');
  for (const never of [HIDDEN, NOTE, 'SW1A', 'Maya']) assert.ok(!allText.includes(never), never);
  assert.ok(allText.includes(LATER) && ![...members.keys()].some((name) => name.startsWith('data/restricted/')));
  assert.match(
    members.get('data/00_READ-FIRST.txt'),
    /PREPARED BY SOMEBODY ELSE: Priya K, Stalking Support North\.\r\n/,
  );
  assert.match(
    members.get('data/servable/01_chronology.html'),
    /Prepared by<\/dt><dd dir="auto">Priya K, Stalking Support North/,
  );
  assert.match(members.get('data/servable/01_chronology.html'), /a part of a diary/);
  assert.deepEqual(
    (await keeper.app.readGrants()).looks.filter(({ what }) => what === 'pack').map((look) => look.grant),
    [grant],
  );
  // Once the advocate says that the postcode may be seen, the pack shows it.
  const seen = await desk.makePack(
    { ...EVERYTHING, seen: ['sw1a1aa'], initials: 'PK', say: FORMATTERS },
    () => undefined,
  );
  assert.ok(
    [...(await verifyPack(objectUrls.get(seen.url), 'seen')).members.values()].some((text) =>
      text.includes('SW1A 1AA'),
    ),
  );
  desk.closeClient();
  assert.equal(objectUrls.size, 0);
  await desk.lock();
});

test('with restricted parts ticked, the pack has the record, the files as received and their digests', async () => {
  const session = await joinDesk(server);
  const keeper = await registerKeeper();
  await openAsAdvocate(session, keeper, { restricted: true });
  const pack = await session.desk.makePack({ ...EVERYTHING, initials: 'PK', say: FORMATTERS }, () => undefined);
  const { codes, members } = await verifyPack(session.made.get(pack.url), 'whole');
  assert.deepEqual(codes, ['keys_from_pack', 'prepared']);
  assert.equal(members.get('data/restricted/13_exhibits-as-received/PK-1.png'), Buffer.from(PNG).toString('latin1'));
  const {
    pack: packRecord,
    custody,
    counts,
  } = JSON.parse(Buffer.from(members.get('data/restricted/12_record.json'), 'latin1').toString());
  assert.deepEqual(
    [packRecord.prepared.by, packRecord.prepared.organisation, packRecord.initials, counts.total],
    ['Priya K', 'Stalking Support North', 'PK', 2],
  );
  assert.deepEqual(
    custody.filter(({ action }) => action === 'exported').map(({ actor }) => actor),
    ['advocate'],
  );
  for (const [name, text] of members)
    assert.ok(!text.includes(NOTE) && (name.startsWith('data/restricted/') || !text.includes(HIDDEN)), name);
  const without = await session.desk.makePack(
    { ...EVERYTHING, restricted: false, initials: 'PK', say: FORMATTERS },
    () => undefined,
  );
  assert.deepEqual((await verifyPack(session.made.get(without.url), 'without')).codes, [
    'keys_from_pack',
    'prepared',
    'servable_only',
  ]);
  await session.desk.lock();
});

test('no pack is made without the right or after the grant ended, and an unfinished pack leaves nothing', async () => {
  let beforeSealing = async () => undefined;
  const session = await joinDesk(server, {
    preparedSeal:
      (seal) =>
      async (...args) => {
        await beforeSealing();
        return seal(...args);
      },
  });
  const { desk, made: objectUrls } = session;
  const keeper = await registerKeeper();
  await openAsAdvocate(session, keeper, { rights: ['view', 'comment'] });
  const makePack = () => desk.makePack({ ...EVERYTHING, initials: 'PK', say: FORMATTERS }, () => undefined);
  await assert.rejects(desk.packView(EVERYTHING), { code: 'not_found' });
  await assert.rejects(makePack(), { code: 'not_found' });
  // A page that was tricked into the right still lacks what a pack needs.
  desk.state.client.terms.rights.push('pack');
  await assert.rejects(makePack(), { code: 'bad_request' }); // the keeper's phone gave no digests
  desk.closeClient();
  const secondKeeper = await registerKeeper();
  const grant = await openAsAdvocate(session, secondKeeper, {});
  await assert.rejects(
    desk.makePack({ ...EVERYTHING, initials: 'pk 1', say: FORMATTERS }, () => undefined),
    { code: 'bad_request' },
  );
  assert.deepEqual(
    (await secondKeeper.app.readGrants()).looks.filter(({ what }) => what === 'pack'),
    [],
  );
  // The grant ends while the pack is made: the pack was recorded, and its parts are dropped.
  beforeSealing = () => secondKeeper.app.endGrant(grant, { words: WORDS });
  await assert.rejects(makePack(), { code: 'not_found' });
  assert.deepEqual([objectUrls.size, desk.state.client, desk.state.ended], [0, null, 'Maya']);
  await assert.rejects(makePack(), { code: 'not_found' });
  assert.equal((await secondKeeper.app.readGrants()).looks.filter(({ what }) => what === 'pack').length, 1);
  await desk.lock();
});

test('a false name, grant or signature in the pack is found by either verifier', async () => {
  const forgeries = [
    (prepared) => {
      prepared.by = 'Detective Smith';
    },
    (prepared) => {
      prepared.grant.rights = ['view', 'pack'];
    },
    (prepared) => {
      prepared.grant.not_after += 1;
    },
    (prepared) => {
      prepared.list = prepared.list.replace(/^./, (character) => (character === 'A' ? 'B' : 'A'));
    },
    (prepared) => {
      prepared.made_at += 1;
    },
  ];
  let forgery = null;
  const session = await joinDesk(server, {
    preparedSeal:
      (seal) =>
      async (...args) => {
        const prepared = JSON.parse(Buffer.from(await seal(...args)).toString());
        forgery?.(prepared);
        return canonicalBytes(prepared);
      },
  });
  await openAsAdvocate(session, await registerKeeper(), {});
  for (forgery of [null, ...forgeries]) {
    const { url } = await session.desk.makePack({ ...EVERYTHING, initials: 'PK', say: FORMATTERS }, () => undefined);
    const { codes } = await verifyPack(session.made.get(url), 'forged');
    assert.deepEqual(codes, ['keys_from_pack', forgery ? 'preparer' : 'prepared', 'servable_only'], String(forgery));
  }
  await session.desk.lock();
});
