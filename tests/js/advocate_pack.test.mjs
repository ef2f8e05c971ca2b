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
import { packActions } from '#app/features/share/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { KeptError } from '#app/core/errors.js';
import { createPageEngine } from '#app/pack/engine/page_engine.js';
import { readZip } from '#app/pack/zip.js';
import { openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';
import { joinDesk } from './phone/desk_page.mjs';
import { isKept } from './phone/keeper.mjs';
import { nodeHost } from './phone/page_engine.mjs';
import { PNG, WORDS, file, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const FIRST = 'He stood by the bakery on Quince Street, postcode SW1A 1AA, all evening.';
const HIDDEN = 'Flat 9, Hazelnut Court';
const NOTE = 'Nobody is to read this sentence about Tuesday.';
const LATER = 'He rang from a number I do not know.';
const FORMATTERS = { when: () => 'then', at: (ms) => new Date(ms).toISOString() };
const EVERYTHING = { from: null, to: null, restricted: true, seen: [] };
const SNAPSHOT_PYTHON = new URL('phone/python_snapshot.mjs', import.meta.url).href;
/** A picture of 90 by 160 pixels without metadata. */
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19i' +
    'Z2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj' +
    'Y2NjY2NjY2P/wAARCACgAFoDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF' +
    'BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW' +
    'V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi' +
    '4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC' +
    'AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm' +
    'Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq' +
    '8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDcooorE2CiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKK' +
    'KACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACi' +
    'iigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigA' +
    'ooooAKKKKACiiigAooooAKKKKACiiigAooooAKKKKACiiigAooooA//Z',
  'base64',
);
let server;
let folder;
before(async () => {
  [server, folder] = await Promise.all([startServer(), mkdtemp(join(tmpdir(), 'packs-'))]);
});
after(() => Promise.all([server.stop(), rm(folder, { recursive: true, force: true })]));

/** Return a keeper with two entries. One has a file, a private note and a restricted field. */
async function registerKeeper() {
  const keeper = await phoneWithEntry(
    {
      origin: server.base,
      send: sender(server.base, {}),
      clock: fixedClock(Date.now()),
      packActions: (ctx) => ({ ...packActions(ctx), ...grantActions(ctx) }),
      pictures: {
        make: async () => [
          {
            purpose: 'print',
            bytes: new Uint8Array(JPEG),
            width: 90,
            height: 160,
            media_type: 'image/jpeg',
            recipe: 'test',
          },
        ],
      },
    },
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

/** Check that a pack without its restricted part has no other finding. */
async function requireServableOnly(pack, name) {
  assert.deepEqual((await verifyPack(pack, name)).codes, ['keys_from_pack', 'prepared', 'servable_only']);
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
  return { codes, members: await membersOf(blob) };
}

/** Return the text of every member, by path in the pack. */
async function membersOf(blob) {
  return new Map(
    [...(await readZip(new Uint8Array(await blob.arrayBuffer())))].map(([member, bytes]) => [
      member.slice(member.indexOf('/') + 1),
      Buffer.from(bytes).toString('latin1'),
    ]),
  );
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
  await requireServableOnly(session.made.get(without.url), 'without');
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

/** Return a keeper as above, who decided what the picture shows: `fine`, `hold`. */
async function registerReviewedKeeper(decision) {
  const keeper = await registerKeeper();
  const [{ attachment }] = (await keeper.app.readIncident(keeper.record)).attachments;
  await keeper.app.decidePicture(attachment, decision);
  await until(keeper, isKept, 'kept');
  return keeper;
}

/** Return an engine that prepares the pages as they are, and sets each document as an empty PDF. */
function quickEngine() {
  const host = nodeHost({ python: SNAPSHOT_PYTHON });
  return createPageEngine({
    ...host,
    startWorker: () => {
      const worker = host.startWorker();
      const typeset = async () => new Uint8Array(Buffer.from('%PDF-1.7'));
      return { ...worker, call: (name, args) => (name === 'typeset' ? typeset() : worker.call(name, args)) };
    },
  });
}

const ask = (desk, change = {}) =>
  desk.makePack({ ...EVERYTHING, initials: 'PK', say: FORMATTERS, ...change }, () => undefined);

test('the pages are set on the computer, say who prepared them, and both verifiers agree', async () => {
  /** @type {string[]} */
  const fetched = [];
  const session = await joinDesk(
    server,
    {},
    {
      pageEngine: createPageEngine(nodeHost({ python: SNAPSHOT_PYTHON })),
      onRequest: async (path) => void fetched.push(path),
    },
  );
  await openAsAdvocate(session, await registerReviewedKeeper('fine'), { restricted: true });
  const whole = await ask(session.desk);
  assert.deepEqual([whole.isPlain, whole.unprinted], [false, []]);
  const { codes, members } = await verifyPack(session.made.get(whole.url), 'set');
  assert.deepEqual(codes, ['keys_from_pack', 'prepared']);
  for (const name of [
    'servable/01_chronology.pdf',
    'servable/04_exhibits.pdf',
    'restricted/06_RESTRICTED_officer-sheet.pdf',
    'restricted/10_RESTRICTED_how-this-record-was-made.pdf',
    'restricted/11_custody-log.csv',
  ])
    assert.ok(members.has(`data/${name}`), name);
  assert.match(
    members.get('data/00_READ-FIRST.txt'),
    /\r\nPREPARED BY SOMEBODY ELSE: Priya K, Stalking Support North\.\r\n/,
  );
  assert.match(members.get('data/restricted/11_custody-log.csv'), /,PK\/1,advocate,/);
  for (const [name, text] of members)
    assert.ok(
      !text.includes(NOTE) &&
        (name.startsWith('data/restricted/') || !(text.includes(HIDDEN) || text.includes('SW1A'))),
      name,
    );
  // The file is printed and goes in as received, too: one look is reported for it.
  const parts = fetched.filter((path) => /\/blobs\/[^/]+\/parts\/\d+$/.test(path));
  assert.ok(parts.length);
  assert.equal(new Set(parts).size, parts.length, parts.join());
  const rerendered = await server.run('verify', join(folder, 'set.zip'), '--rerender').catch((error) => error);
  const found = rerendered.stdout.split('\n').flatMap((line) => /^([a-z_]+): /.exec(line)?.[1] ?? []);
  assert.deepEqual([...new Set(found)].sort(), ['keys_from_pack', 'other_engine', 'prepared'], rerendered.stdout);
  const part = await ask(session.desk, { restricted: false });
  await requireServableOnly(session.made.get(part.url), 'set-part');
  await session.desk.lock();
});

test('without what is kept apart no picture is printed, since it may show where the keeper lives', async () => {
  for (const decision of ['hold', 'fine']) {
    /** @type {unknown[][]} */
    const printed = [];
    const engine = quickEngine();
    const pageEngine = { ...engine, layOut: (task) => engine.layOut({ ...task, printed: () => noted(task, printed) }) };
    const session = await joinDesk(server, {}, { pageEngine });
    await openAsAdvocate(session, await registerReviewedKeeper(decision), { restricted: false });
    const made = await ask(session.desk);
    assert.deepEqual([made.isPlain, printed], [false, []], decision);
    await session.desk.lock();
  }
});

/** Pass on what is printed, and note it. */
async function* noted({ printed }, into) {
  for await (const [kind, key, content] of printed()) {
    into.push([kind, key]);
    yield [kind, key, content];
  }
}

test('pages that cannot be set, or are not as they must be, are plain', async () => {
  const engine = quickEngine();
  const nothing = { stop: () => undefined, forget: () => undefined };
  const fails = (code) => ({ ...nothing, layOut: () => Promise.reject(new KeptError(code)) });
  const changed = (change) => ({
    ...nothing,
    layOut: async (task) => {
      const pages = await engine.layOut(task);
      change(pages.files);
      return pages;
    },
  });
  const replace = (name, from, to) => (files) => {
    const text = Buffer.from(files.get(name)).toString();
    assert.ok(text.includes(from), `${name} ${from}`);
    files.set(name, new Uint8Array(Buffer.from(text.replaceAll(from, to))));
  };
  /** @type {[string, object][]} */
  const engines = [
    ['not fetched', fails('pages_missing')],
    ['a document fails', fails('pages_failed')],
    ['another preparer', changed(replace('data/00_READ-FIRST.txt', 'Priya K', 'Detective Smith'))],
    ['a word shown', changed(replace('data/servable/02_chronology.csv', '[held back, see 06]', 'SW1A 1AA'))],
    ['a file less', changed((files) => files.delete('data/servable/01_chronology.pdf'))],
  ];
  let current;
  const session = await joinDesk(server, {}, { pageEngine: { ...nothing, layOut: (task) => current.layOut(task) } });
  await openAsAdvocate(session, await registerKeeper(), {});
  for (const [name, pageEngine] of engines) {
    current = pageEngine;
    const made = await ask(session.desk);
    assert.deepEqual([made.isPlain, made.hasHeldWords], [true, name === 'a word shown'], name);
    const members = await membersOf(session.made.get(made.url));
    assert.ok(members.has('data/servable/01_chronology.html') && !members.has('data/servable/01_chronology.pdf'), name);
    assert.ok(![...members.values()].some((text) => text.includes('SW1A')), name);
    assert.match(members.get('data/00_READ-FIRST.txt'), /PREPARED BY SOMEBODY ELSE: Priya K/);
  }
  await session.desk.lock();
});

test('more words than the pages can hold back make plain ones, and none is shown', async () => {
  const session = await joinDesk(server, {}, { pageEngine: quickEngine() });
  const keeper = await registerKeeper();
  const numbers = Array.from({ length: 501 }, (_, i) => `07700900${String(i).padStart(3, '0')}`);
  await keeper.app.saveIncident({ record: null, fields: { narrative: numbers.join(' and ') }, restricted: {} });
  await until(keeper, isKept, 'kept');
  await openAsAdvocate(session, keeper, {});
  const made = await ask(session.desk);
  assert.deepEqual([made.isPlain, made.hasHeldWords], [true, true]);
  const members = await membersOf(session.made.get(made.url));
  assert.ok(![...members.values()].some((text) => text.includes('07700900')));
  await session.desk.lock();
});

/** The words of each record of `registerTellingKeeper` that look like a postcode or a number. */
const TELLING = ['M1 1AE', 'LS2 9JT', 'NE1 7RU', '07700 900111', 'BS1 4DJ', 'CF10 1EP', 'L1 8JQ', '07700 900222'];

/** Return a keeper whose earlier words, order, message list, report and person tell where she is. */
async function registerTellingKeeper() {
  const keeper = await registerKeeper();
  const { app } = keeper;
  const save = (kind, fields) => app.saveRecord({ kind, record: null, fields, restricted: {} });
  const account = await save('account', { platform: 'phone_call', number: '07700 900456' });
  const schedule = await save('schedule', {
    channel: 'text',
    title: 'Texts near CF10 1EP',
    tz: 'Europe/London',
    rows: [
      { msg_no: 1, from: '07700 900456', to: '07700 900222', text: 'I see you in NE1 7RU' },
      { msg_no: 2, from: '07700 900456', to: 'me', text: 'Ring me on 07700 900111, or come to NE17RU' },
    ],
  });
  await save('order', { court: 'Leeds', kind: 'nmo', terms: [{ no: 1, text: 'Not within 100 m of LS2 9JT' }] });
  await save('report', { what_i_said: 'That I moved to BS1 4DJ' });
  const person = await save('person', { role: 'suspect', name: 'Sam', description: 'Lives by L1 8JQ' });
  const { record } = await app.saveIncident({
    record: null,
    fields: { narrative: 'He waited at M1 1AE.' },
    restricted: {},
  });
  await app.saveIncident({
    record,
    fields: {
      narrative: 'He waited.',
      schedule_id: schedule.record,
      account_ids: [account.record],
      actor_ids: [person.record],
    },
    restricted: {},
  });
  await until(keeper, isKept, 'kept');
  return keeper;
}

test('every version and register is searched for words that tell a place; accounts keep their numbers', async () => {
  let pageEngine;
  const nothing = { stop: () => undefined, forget: () => undefined };
  const session = await joinDesk(server, {}, { pageEngine: { ...nothing, layOut: (task) => pageEngine.layOut(task) } });
  await openAsAdvocate(session, await registerTellingKeeper(), {});
  const { words } = await session.desk.packView(EVERYTHING);
  assert.deepEqual([...new Set(words.map(({ found }) => found))].sort(), ['SW1A 1AA', 'NE17RU', ...TELLING].sort());
  for (const [name, engine] of [
    ['set', quickEngine()],
    ['plain', { layOut: () => Promise.reject(new KeptError('pages_failed')) }],
  ]) {
    pageEngine = engine;
    const made = await ask(session.desk);
    assert.deepEqual([made.isPlain, made.hasHeldWords], [name === 'plain', false], String(name));
    const members = await membersOf(session.made.get(made.url));
    for (const word of [...TELLING, 'NE17RU'])
      for (const [member, text] of members) assert.ok(!text.includes(word), `${name} ${member} ${word}`);
    assert.ok([...members.values()].some((text) => text.includes('07700 900456')));
  }
  await session.desk.lock();
});

test('an entry with the number of the helpline that 00 names gets set pages', async () => {
  const session = await joinDesk(server, {}, { pageEngine: quickEngine() });
  const keeper = await registerKeeper();
  await keeper.app.saveIncident({
    record: null,
    fields: { narrative: 'I rang the National Stalking Helpline on 0808 802 0300.' },
    restricted: {},
  });
  await until(keeper, isKept, 'kept');
  await openAsAdvocate(session, keeper, {});
  const made = await ask(session.desk);
  assert.deepEqual([made.isPlain, made.hasHeldWords], [false, false]);
  const members = await membersOf(session.made.get(made.url));
  for (const [member, text] of members)
    assert.equal(text.includes('0808 802 0300'), member === 'data/00_READ-FIRST.txt', member);
  await session.desk.lock();
});

test('a file that is missing or damaged is not printed, and the pages are set all the same', async () => {
  for (const [name, pattern, change] of /** @type {const} */ ([
    ['damaged', String.raw`/blobs/[^/]+/parts/\d+$`, (bytes) => bytes.map((byte) => byte ^ 1)],
    ['missing', String.raw`/blobs/[^/]+/parts/\d+$`, null],
    ['of other length', String.raw`/blobs/[^/]+$`, () => Buffer.from('{"complete":true,"parts":7,"size":1}')],
  ])) {
    /** @type {unknown[][]} */
    const printed = [];
    const engine = quickEngine();
    const pageEngine = { ...engine, layOut: (task) => engine.layOut({ ...task, printed: () => noted(task, printed) }) };
    let isMissing = false;
    const session = await joinDesk(
      server,
      {},
      {
        pageEngine,
        onRequest: async (path) => {
          if (isMissing && /\/blobs\/[^/]+\/parts\/\d+$/.test(path)) throw new KeptError('not_found');
        },
      },
    );
    await openAsAdvocate(session, await registerReviewedKeeper('fine'), { restricted: true });
    isMissing = change === null;
    if (change) session.meddled.set(pattern, change);
    const made = await ask(session.desk, { restricted: false });
    assert.deepEqual([made.isPlain, printed], [false, []], name);
    assert.equal(session.desk.state.phase, 'in');
    assert.ok(session.desk.state.client, name);
    await session.desk.lock();
  }
});

test('while pages are made, closing the client, a lock or Stop ends the workers, and there is no pack', async () => {
  const keeper = await registerKeeper();
  for (const [name, end, left] of /** @type {const} */ ([
    ['closed', (desk) => desk.closeClient(), 'in'],
    ['locked', (desk) => desk.lock('idle'), 'out'],
    ['opened again', (desk) => desk.lookAgain(), 'in'],
    ['stopped', (desk) => desk.cancelPack(), 'in'],
  ])) {
    let living = 0;
    let forgotten = 0;
    let begun = () => {};
    const isBegun = new Promise((resolve) => {
      begun = () => resolve(undefined);
    });
    const engine = createPageEngine({
      ...nodeHost(),
      startWorker: () => {
        living++;
        /** @type {(error: Error) => void} */
        let fail = () => undefined;
        return {
          call: () => {
            begun();
            return new Promise((_, reject) => {
              fail = reject;
            });
          },
          end: () => {
            living = 0;
            fail(new KeptError('pages_missing'));
          },
        };
      },
    });
    const pageEngine = {
      ...engine,
      forget: () => {
        forgotten++;
        engine.forget();
      },
    };
    let picturesEnded = 0;
    const pictures = { make: async () => null, end: () => void picturesEnded++ };
    const session = await joinDesk(server, {}, { pageEngine, pictures });
    await openAsAdvocate(session, keeper, {});
    forgotten = picturesEnded = 0;
    const making = ask(session.desk);
    making.catch(() => undefined);
    await isBegun;
    assert.equal(living, 1, name);
    const ended = end(session.desk);
    assert.equal(await Promise.race([making.catch(({ code }) => code), later(5_000)]), 'cancelled', name);
    await ended;
    assert.deepEqual([living, session.made.size, session.desk.state.phase], [0, 0, left], name);
    assert.equal(forgotten > 0, ['closed', 'locked'].includes(name), name);
    assert.ok(picturesEnded > 0, name);
    await session.desk.lock();
  }
});

const later = (ms) => new Promise((resolve) => setTimeout(() => resolve('never'), ms).unref());
