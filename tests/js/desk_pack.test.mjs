/** A pack by an advocate: made in their page of what was given and no more, said to be theirs, noted for the keeper, refused without leave. */
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
import { joined } from './phone/at_desk.mjs';
import { isKept } from './phone/keeper.mjs';
import { PNG, WORDS, file, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const FIRST = 'He stood by the bakery on Quince Street, postcode SW1A 1AA, all evening.';
const HIDDEN = 'Flat 9, Hazelnut Court';
const NOTE = 'Nobody is to read this sentence about Tuesday.';
const LATER = 'He rang from a number I do not know.';
const SAY = { when: () => 'then', at: (ms) => new Date(ms).toISOString() };
const EVERYTHING = { from: null, to: null, restricted: true, seen: [] };
let server;
let folder;
before(async () => {
  [server, folder] = await Promise.all([startServer(), mkdtemp(join(tmpdir(), 'packs-'))]);
});
after(() => Promise.all([server.stop(), rm(folder, { recursive: true, force: true })]));

/** A keeper of two entries, one with a file, a private note and something kept apart. */
async function keeper() {
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()), packActions: grantActions },
    FIRST,
  );
  await one.app.register({ words: WORDS });
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  assert.ok(attachment);
  await one.app.saveIncident({
    record: one.record,
    fields: { narrative: FIRST },
    restricted: { place_detail: HIDDEN },
  });
  await one.app.saveNote(one.record, NOTE);
  await one.app.saveIncident({ record: null, fields: { narrative: LATER, feared_violence: 'yes' }, restricted: {} });
  await until(one, isKept, 'kept');
  return one;
}

/** Lets the desk in and opens what was given. */
async function opened({ desk }, one, choice) {
  const met = await one.app.meetAdvocate(await desk.ownWords());
  await one.app.letIn({
    met,
    standIn: null,
    choice: {
      scope: { all: true },
      rights: ['view', 'comment', 'pack'],
      restricted: false,
      not_after: one.app.usualEnd(),
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

/** What both verifiers find, and every member with its text. */
async function looked(blob, name) {
  const path = join(folder, `${name}.zip`);
  await writeFile(path, new Uint8Array(await blob.arrayBuffer()));
  const pack = await openZip(blob);
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

test('what was given becomes a pack that says whose it is, and both verifiers hold it', async () => {
  const at = await joined(server);
  const { desk, made } = at;
  const one = await keeper();
  const grant = await opened(at, one, {});
  const view = await desk.packView(EVERYTHING);
  assert.deepEqual(
    [view.entries, view.files, view.whole, view.unproved, view.isPurposeUnsafe],
    [2, 1, false, 0, false],
  );
  assert.deepEqual(
    view.words.map(({ why, found }) => [why, found]),
    [['postcode', 'SW1A 1AA']],
  );
  const lacks = Object.fromEntries(view.lacking.map(({ what, records }) => [what, records]));
  assert.deepEqual(
    [lacks.fear, lacks.looked, lacks.reported, lacks.recording],
    [[one.record], [one.record], [], undefined],
  );
  const pack = await desk.makePack({ ...EVERYTHING, initials: 'PK', say: SAY }, () => undefined);
  const { codes, members } = await looked(made.get(pack.url), 'part');
  assert.deepEqual(codes, ['keys_from_pack', 'prepared', 'servable_only']);
  const all = [...members].flat().join('\n');
  for (const never of [HIDDEN, NOTE, 'SW1A', 'Maya']) assert.ok(!all.includes(never), never);
  assert.ok(all.includes(LATER) && ![...members.keys()].some((name) => name.startsWith('data/restricted/')));
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
    (await one.app.readGrants()).looks.filter(({ what }) => what === 'pack').map((look) => look.grant),
    [grant],
  );
  // Said to be of nothing apart: what may be seen is then read.
  const seen = await desk.makePack({ ...EVERYTHING, seen: ['sw1a1aa'], initials: 'PK', say: SAY }, () => undefined);
  assert.ok([...(await looked(made.get(seen.url), 'seen')).members.values()].some((text) => text.includes('SW1A 1AA')));
  desk.closeClient();
  assert.equal(made.size, 0);
  await desk.lock();
});

test('with what is kept apart ticked, it is whole: the record, the files as they came, and their digests', async () => {
  const at = await joined(server);
  const one = await keeper();
  await opened(at, one, { restricted: true });
  const pack = await at.desk.makePack({ ...EVERYTHING, initials: 'PK', say: SAY }, () => undefined);
  const { codes, members } = await looked(at.made.get(pack.url), 'whole');
  assert.deepEqual(codes, ['keys_from_pack', 'prepared']);
  assert.equal(members.get('data/restricted/13_exhibits-as-received/PK-1.png'), Buffer.from(PNG).toString('latin1'));
  const {
    pack: told,
    custody,
    counts,
  } = JSON.parse(Buffer.from(members.get('data/restricted/12_record.json'), 'latin1'));
  assert.deepEqual(
    [told.prepared.by, told.prepared.organisation, told.initials, counts.total],
    ['Priya K', 'Stalking Support North', 'PK', 2],
  );
  assert.deepEqual(
    custody.filter(({ action }) => action === 'exported').map(({ actor }) => actor),
    ['advocate'],
  );
  for (const [name, text] of members)
    assert.ok(!text.includes(NOTE) && (name.startsWith('data/restricted/') || !text.includes(HIDDEN)), name);
  const without = await at.desk.makePack(
    { ...EVERYTHING, restricted: false, initials: 'PK', say: SAY },
    () => undefined,
  );
  assert.deepEqual((await looked(at.made.get(without.url), 'without')).codes, [
    'keys_from_pack',
    'prepared',
    'servable_only',
  ]);
  await at.desk.lock();
});

test('without the right, past its end or ended by the keeper there is none, and nothing is left of one begun', async () => {
  let meanwhile = async () => undefined;
  const at = await joined(server, {
    preparedSeal:
      (seal) =>
      async (...args) => {
        await meanwhile();
        return seal(...args);
      },
  });
  const { desk, made } = at;
  const one = await keeper();
  await opened(at, one, { rights: ['view', 'comment'] });
  const make = () => desk.makePack({ ...EVERYTHING, initials: 'PK', say: SAY }, () => undefined);
  await assert.rejects(desk.packView(EVERYTHING), { code: 'not_found' });
  await assert.rejects(make(), { code: 'not_found' });
  // A page that was made to believe otherwise still has keys that sign nothing.
  desk.state.client.terms.rights.push('pack');
  await assert.rejects(make(), { code: 'bad_request' }); // and its client's phone gave no digests
  desk.closeClient();
  const two = await keeper();
  const grant = await opened(at, two, {});
  await assert.rejects(
    desk.makePack({ ...EVERYTHING, initials: 'pk 1', say: SAY }, () => undefined),
    { code: 'bad_request' },
  );
  assert.deepEqual(
    (await two.app.readGrants()).looks.filter(({ what }) => what === 'pack'),
    [],
  );
  // Ended while it is made: it was noted, and what was begun is dropped.
  meanwhile = () => two.app.endGrant(grant, { words: WORDS });
  await assert.rejects(make(), { code: 'not_found' });
  assert.deepEqual([made.size, desk.state.client, desk.state.ended], [0, null, 'Maya']);
  await assert.rejects(make(), { code: 'not_found' });
  assert.equal((await two.app.readGrants()).looks.filter(({ what }) => what === 'pack').length, 1);
  await desk.lock();
});

test('a name, a grant or a signature that is not so is found in the pack by anyone', async () => {
  const bends = [
    (said) => {
      said.by = 'Detective Smith';
    },
    (said) => {
      said.grant.rights = ['view', 'pack'];
    },
    (said) => {
      said.grant.not_after += 1;
    },
    (said) => {
      said.list = said.list.replace(/^./, (one) => (one === 'A' ? 'B' : 'A'));
    },
    (said) => {
      said.made_at += 1;
    },
  ];
  let bend = null;
  const at = await joined(server, {
    preparedSeal:
      (seal) =>
      async (...args) => {
        const said = JSON.parse(Buffer.from(await seal(...args)));
        bend?.(said);
        return canonicalBytes(said);
      },
  });
  await opened(at, await keeper(), {});
  for (bend of [null, ...bends]) {
    const { url } = await at.desk.makePack({ ...EVERYTHING, initials: 'PK', say: SAY }, () => undefined);
    const { codes } = await looked(at.made.get(url), 'forged');
    assert.deepEqual(codes, ['keys_from_pack', bend ? 'preparer' : 'prepared', 'servable_only'], String(bend));
  }
  await at.desk.lock();
});
