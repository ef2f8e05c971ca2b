/** Versions that are sealed, signed or sent again, what is compared with the server's account, and what is put back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { KeptError } from '#app/core/errors.js';
import { allVersions, compareWithServer, requeueMissing, sendAgain } from '#app/diary/sync/reconcile.js';
import { resealUnsent, signAgain } from '#app/diary/sync/resealing.js';
import { restoreVersions } from '#app/features/backup/restore_versions.js';
import { firstHead } from '#app/ledger/heads.js';
import { decodePush } from '#app/ledger/push.js';
import { readNumbers } from '#app/store/feed_numbers.js';
import { saveEntry } from './phone/keeper.mjs';
import { PNG, file, phoneWithEntry } from './phone/phone.mjs';
import { anotherOnSmallServer, quietPhone } from './phone/small_server.mjs';
import { standIn } from './phone/stand_in.mjs';

/** A phone without an account, with the unsent entries "one", "two" and "three". */
async function phoneWithUnsent() {
  const device = await phoneWithEntry({}, 'one');
  for (const words of ['two', 'three']) await saveEntry(device.app, words);
  const { open } = device.phone.ctx;
  return { ...device, open, items: open.store.root.outbox };
}
/** Reseal, and return the incidents it named. */
const reseal = (open, ...more) =>
  open.store.change((root, change) => resealUnsent(open, open.book.batch(root, change), ...more));
const changeFacts = async (open, { record, version }, change) => {
  const meta = await open.book.meta(record);
  Object.assign(
    meta.versions.find(({ v }) => v === version),
    change,
  );
  await open.store.change((_root, pending) => pending.putJson(`r/${record}`, meta));
};
/** The place on the line of each version, as it opens from the store. */
async function linesOf(open, items) {
  const lines = [];
  for (const { record, version } of items) {
    open.book.seen.delete(version);
    const opened = (await open.book.versions(record)).find((one) => one.version === version);
    const { c } = decodePush((await open.store.read(`v/${version}`)).bytes).meta;
    const facts = (await open.book.meta(record)).versions.find(({ v }) => v === version);
    assert.equal(facts.c, c);
    assert.equal(opened.altered, false);
    lines.push({ n: opened.fields._line.n, prev: opened.fields._line.prev, c, narrative: opened.fields.narrative });
  }
  return lines;
}
const END = { n: 40, prev: b64(new Uint8Array(32).fill(5)) };

test('what a phone put back had not sent is numbered after the end of its line, in one chain', async () => {
  const { open, items, phone } = await phoneWithUnsent();
  const before = await linesOf(open, items);
  const incidents = await reseal(open, END);
  assert.deepEqual(
    incidents,
    items.map(({ of }) => of),
  );
  const lines = await linesOf(open, items);
  assert.deepEqual(
    lines.map(({ n }) => n),
    [41, 42, 43],
  );
  assert.deepEqual(
    lines.map(({ prev }) => prev),
    [END.prev, lines[0].c, lines[1].c],
  );
  assert.deepEqual(
    lines.map(({ narrative }) => narrative),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(open.store.root.line, { n: 43, prev: lines[2].c });
  assert.ok(lines.every(({ c }, i) => c !== before[i].c));
  phone.end();
});

test('sealed under other keys, versions keep their numbers and form one chain', async () => {
  const { open, items, phone } = await phoneWithUnsent();
  const before = await linesOf(open, items);
  const { n } = open.store.root.line;
  await reseal(open);
  const lines = await linesOf(open, items);
  assert.deepEqual(
    lines.map((line) => line.n),
    before.map((line) => line.n),
  );
  assert.deepEqual(
    lines.map(({ prev }) => prev),
    [before[0].prev, lines[0].c, lines[1].c],
  );
  assert.deepEqual(open.store.root.line, { n, prev: lines[2].c });
  phone.end();
});

test('what a server has, or what came by the feed with a receipt, stays as it is', async () => {
  for (const isSent of [true, false]) {
    const { open, items, phone } = await phoneWithUnsent();
    if (!isSent) await changeFacts(open, items[1], { receipt: { ts: 1 } });
    const before = await linesOf(open, items);
    const incidents = await reseal(open, END, new Set(isSent ? [items[1].version] : []));
    assert.deepEqual(incidents, [items[0].of, items[2].of]);
    const lines = await linesOf(open, items);
    assert.deepEqual([lines[0].n, lines[1], lines[2].n], [41, before[1], 42]);
    assert.equal(lines[2].prev, lines[0].c, 'the numbers go on without it');
    phone.end();
  }
});

test('with its numbers kept, what follows a version that stays is sealed on that version', async () => {
  const { open, items, phone } = await phoneWithUnsent();
  await changeFacts(open, items[1], { receipt: { ts: 1 } });
  const before = await linesOf(open, items);
  await reseal(open);
  const lines = await linesOf(open, items);
  assert.deepEqual(lines[1], before[1]);
  assert.deepEqual([lines[2].n, lines[2].prev], [before[2].n, before[2].prev]);
  phone.end();
});

test('a version with an earlier receipt is sealed again only if this phone sealed it', async () => {
  for (const here of [true, undefined]) {
    const { open, items, phone } = await phoneWithUnsent();
    await changeFacts(open, items[1], { here, before: [{ seq: 1, at: 1, receipt: {} }] });
    const before = await linesOf(open, items);
    await reseal(open, END);
    const lines = await linesOf(open, items);
    assert.deepEqual(
      lines.map(({ n }) => n),
      here ? [41, 42, 43] : [41, before[1].n, 42],
      'in its own name anyone with the old keys could have written it',
    );
    phone.end();
  }
});

test('a version with an earlier receipt keeps its bytes where the numbers stay', async () => {
  const { open, items, phone } = await phoneWithUnsent();
  await changeFacts(open, items[1], { before: [{ seq: 1, at: 1, receipt: {} }] });
  const before = await linesOf(open, items);
  await reseal(open);
  assert.deepEqual((await linesOf(open, items))[1], before[1]);
  phone.end();
});

test('a version of another device, or one that does not open, is not sealed again', async () => {
  const { open, items, phone } = await phoneWithUnsent();
  const { device } = open.identity;
  open.identity.device = 'another';
  assert.deepEqual(await reseal(open, END), []);
  open.identity.device = device;
  await open.store.change((_root, change) => {
    for (const { version } of items) change.drop(`v/${version}`);
  });
  assert.deepEqual(await reseal(open), []);
  assert.deepEqual(open.store.root.line, END);
  phone.end();
});

/** What `signAgain` writes, for facts and keys as given. */
async function signed({ facts, stored = true, keys = 2, isValid = false, signature = 'new', anyAuthor = undefined }) {
  const { open, items, phone } = await phoneWithUnsent();
  const [{ record, version }] = items;
  const bytes = (await open.store.read(`v/${version}`)).bytes;
  const own = open.identity.authors;
  const authors = isValid ? [...own, ...own].slice(0, keys) : Array(keys).fill({ ...own[0], pub: randomBytes(65) });
  const asked = [];
  const written = [];
  await signAgain(
    standIn({
      store: { read: async () => (stored ? { bytes } : null) },
      book: { meta: async () => (facts ? { versions: [{ v: version, ...facts }] } : null) },
      vault: {
        signAgain: async (pushed, options) => {
          asked.push([pushed.record, pushed.version, pushed.meta.c, options]);
          if (!signature) throw new KeptError('not_opened');
          return signature === 'new' ? b64(new Uint8Array(64)) : signature;
        },
      },
      identity: { authors, diary: open.identity.diary },
    }),
    standIn({ change: { put: (...item) => written.push(item) } }),
    record,
    version,
    ...(anyAuthor === undefined ? [] : [anyAuthor]),
  );
  phone.end();
  return { asked, written, version, record, original: decodePush(bytes) };
}

test('a lost version of this phone is signed with the current key, and nothing else of it changes', async () => {
  const { asked, written, version, record, original } = await signed({ facts: { here: true } });
  assert.deepEqual(asked, [[record, version, original.meta.c, { whoever: false }]]);
  const [[name, kind, bytes]] = written;
  assert.deepEqual([name, kind], [`v/${version}`, { k: 'version' }]);
  const { meta, wraps, envelopes } = decodePush(bytes);
  assert.deepEqual(meta, { ...original.meta, sig: b64(new Uint8Array(64)) });
  assert.deepEqual([wraps, envelopes], [original.wraps, original.envelopes]);
});

test('what this phone did not seal, has not, or need not sign stays as it is', async () => {
  for (const situation of [
    { facts: {} },
    { facts: null },
    { facts: { here: true }, stored: false },
    { facts: { here: true }, keys: 1 },
    { facts: { here: true }, isValid: true },
  ]) {
    const { asked, written } = await signed(situation);
    assert.deepEqual([asked, written], [[], []], JSON.stringify(situation));
  }
  const refused = await signed({ facts: { here: true }, signature: '' });
  assert.deepEqual([refused.asked.length, refused.written], [1, []]);
});

test('the phone that makes the new keys signs what has no number, whoever wrote it', async () => {
  for (const facts of [{}, null]) {
    const { asked, written } = await signed({ facts, anyAuthor: true });
    assert.deepEqual([asked[0][3], written.length], [{ whoever: true }, 1]);
  }
});

/** A registered phone with three numbered entries, quiet. */
const phoneWithThree = () => quietPhone(['two', 'three']);

test('a comparison counts what each side lacks, shows its progress, and changes nothing', async () => {
  const { open, server, phone } = await phoneWithThree();
  const progress = [];
  const compare = () => compareWithServer(open, (...place) => progress.push(place));
  assert.deepEqual(await compare(), { missing: 0, extra: 0 });
  assert.deepEqual(progress, [[3, 3]]);
  const before = structuredClone(open.store.root);
  const lost = server.versions.pop();
  assert.deepEqual(await compareWithServer(open), { missing: 1, extra: 0 });
  server.versions = server.versions.slice(0, 1);
  assert.deepEqual(await compareWithServer(open), { missing: 2, extra: 0 });
  assert.deepEqual(open.store.root, before);
  assert.ok(lost);
  const other = await anotherOnSmallServer(server, open.store.root.account.login);
  await saveEntry(other.app, 'theirs');
  await other.open.syncing.now();
  assert.deepEqual(await compareWithServer(open), { missing: 2, extra: 1 });
  open.syncing.suspend();
  await assert.rejects(compareWithServer(open), { code: 'signed_out' });
  phone.end();
});

test('sending again first lists everything that had a number, and begins the account anew', async () => {
  const { open, server, phone } = await phoneWithThree();
  const stray = ['stray record', 'stray version'];
  await open.store.change((root) => {
    Object.assign(root, {
      strays: [stray],
      top: 3,
      lines: { other: { n: 1, c: 'c' } },
      manifests_unsure: [['r', 'v']],
      manifests_told: [[1, 1, 'h']],
      manifests_judged: '1 1',
      doubts: { omitted: true, altered: true },
      manifest: { record: 'm', counter: 4, seq: 3, head: 'h', due: 2 },
    });
  });
  await sendAgain(open);
  const { root } = open.store;
  const listed = server.versions.map(({ record, version }) => [record, version]);
  assert.deepEqual(await open.store.readJson('again'), [...listed, stray]);
  assert.deepEqual(await readNumbers(open.store, 1, 9), []);
  const head = b64(firstHead());
  assert.deepEqual(root.feed, { seq: 0, head });
  assert.deepEqual(root.manifest, { record: 'm', counter: 4, seq: 0, head, due: 0 });
  assert.deepEqual([root.again, root.lines, root.doubts], [true, {}, { altered: true }]);
  for (const name of ['top', 'strays', 'manifests_unsure', 'manifests_told', 'manifests_judged'])
    assert.equal(name in root, false, name);
  await sendAgain(open);
  assert.deepEqual(await open.store.readJson('again'), [...listed, stray], 'after a crash the list is still whole');
  phone.end();
});

test('numbers above the end of the account are listed too, with and without a note of the highest', async () => {
  for (const top of [5, undefined]) {
    const { open, phone } = await phoneWithThree();
    await open.store.change(async (root, change) => {
      const page = standIn(await open.store.readJson('f/0'));
      change.putJson('f/0', [...page, [5, 'ahead', 'the version ahead', 'c', 'e']]);
      if (top) root.top = top;
    });
    await sendAgain(open);
    assert.deepEqual(standIn(await open.store.readJson('again')).at(-1), ['ahead', 'the version ahead']);
    phone.end();
  }
});

test('what the server lacks is sent again first, keeps its earlier receipt, and a manifest follows', async () => {
  const { app, open, server, phone } = await phoneWithThree();
  const lost = server.versions.splice(1);
  await saveEntry(app, 'four');
  const [waiting] = open.store.root.outbox;
  assert.equal(await requeueMissing(open), false, 'nothing was asked for');
  await sendAgain(open);
  const { syncing } = open;
  syncing.pushVersions = async () => undefined;
  const { writeAccount } = syncing;
  syncing.writeAccount = async () => undefined;
  await syncing.now();
  const { root } = open.store;
  assert.deepEqual(
    root.outbox.map(({ version }) => version),
    [...lost.map(({ version }) => version), waiting.version],
    'in the order in which it was first sent',
  );
  assert.deepEqual(root.outbox[0], { record: lost[0].record, version: lost[0].version, of: lost[0].record });
  const [facts] = (await open.book.meta(lost[0].record)).versions;
  assert.deepEqual(
    [facts.seq, facts.at, facts.receipt, facts.before],
    [null, null, null, [{ seq: 2, at: server.now, receipt: lost[0].receipt }]],
  );
  assert.deepEqual([root.again, root.manifest_soon], [false, true]);
  assert.equal(await open.store.readJson('again'), null);
  assert.equal(open.index.findRow(lost[0].record)?.seq, null, 'the list shows that it waits');
  Object.assign(syncing, { writeAccount });
  delete standIn(syncing).pushVersions;
  await syncing.now();
  assert.deepEqual(open.store.root.outbox, []);
  assert.equal((await open.book.meta(lost[0].record)).versions[0].seq, 2);
  phone.end();
});

test('the files of what is sent again are sent again as well, and of what the server has', async () => {
  const { app, open, server, phone, record } = await phoneWithThree();
  const { attachment } = await app.addFile(record, file(PNG), { route: 'photo_picker' });
  await open.syncing.now();
  const [{ keys }] = await open.book.versions(attachment);
  const blobs = [...keys.open, ...keys.restricted].map(([blob]) => blob).sort();
  assert.deepEqual(open.store.root.uploads, []);
  for (const isLost of [true, false]) {
    await sendAgain(open);
    const kept = server.versions;
    if (isLost) server.versions = kept.filter((numbered) => numbered.record !== attachment).slice(0, 3);
    const { syncing } = open;
    syncing.pushVersions = async () => undefined;
    syncing.writeAccount = async () => undefined;
    server.answer = (path) => {
      if (path.includes('/blobs/')) throw new TypeError('Failed to fetch');
      return null;
    };
    await syncing.now().catch(() => undefined);
    assert.deepEqual(open.store.root.uploads.map(({ blob }) => blob).sort(), blobs, String(isLost));
    assert.ok(open.store.root.uploads.every(({ of }) => of === record));
    server.answer = null;
    server.versions = kept;
    await open.store.change((root) => {
      root.uploads = [];
      root.outbox = [];
      root.again = false;
    });
    for (const name of ['pushVersions', 'writeAccount']) delete standIn(syncing)[name];
    await syncing.now();
  }
  phone.end();
});

test('every version on the phone is named once: numbered, listed to look for, stray and waiting', async () => {
  const { app, open, server, phone } = await phoneWithThree();
  await saveEntry(app, 'four');
  const [waiting] = open.store.root.outbox;
  const numbered = server.versions.map(({ record, version }) => ({ record, version }));
  const unsent = { record: waiting.record, version: waiting.version };
  assert.deepEqual(await allVersions(open), [...numbered, unsent]);
  await open.store.change((root, change) => {
    root.strays = [
      ['stray', 'its version'],
      [numbered[0].record, numbered[0].version],
    ];
    change.putJson('again', [['listed', 'its version too']]);
  });
  assert.deepEqual(await allVersions(open), [...numbered, { record: 'stray', version: 'its version' }, unsent]);
  await open.store.change((root) => {
    root.again = true;
  });
  assert.deepEqual(await allVersions(open), [
    ...numbered,
    { record: 'listed', version: 'its version too' },
    { record: 'stray', version: 'its version' },
    unsent,
  ]);
  await open.store.change((root, change) => {
    delete root.strays;
    change.drop('again');
    root.feed = { ...root.feed, seq: 1 };
    root.top = 2;
  });
  assert.deepEqual(await allVersions(open), [...numbered.slice(0, 2), unsent]);
  phone.end();
});

test('versions put back from a copy have no number, keep their earlier receipts, and wait to be sent', async () => {
  const one = await phoneWithThree();
  await one.app.saveNote(one.record, 'private');
  const { record: person } = await one.app.saveRecord({ kind: 'person', record: null, fields: { name: 'Dan' } });
  await one.open.syncing.now();
  const { server } = one;
  const two = await anotherOnSmallServer(server, one.login);
  const { open } = two;
  open.syncing.stop();
  open.syncing.kick = () => undefined;
  const rows = server.versions.map(({ record, version, seq, receipt, push }, i) => ({
    about: { record, version, seq, receipt: i === 1 ? null : receipt },
    push,
    meta: decodePush(push).meta,
  }));
  await open.store.change((root, change) => {
    for (const { record, version } of server.versions) {
      change.drop(`r/${record}`);
      change.drop(`v/${version}`);
    }
    change.drop('k/person');
    change.drop(`n/${one.record}`);
    root.outbox = [];
    root.doubts = {};
  });
  open.book.seen.clear();
  await restoreVersions(open, standIn(rows));
  assert.deepEqual(
    open.store.root.outbox,
    server.versions.map(({ record, version }, i) => ({
      record,
      version,
      of: i < 3 ? record : i === 3 ? one.record : null,
    })),
  );
  const [first] = (await open.book.meta(server.versions[0].record)).versions;
  const { version, c, receipt } = server.versions[0];
  assert.deepEqual(first, {
    v: version,
    parents: [],
    c,
    seq: null,
    at: null,
    receipt: null,
    before: [{ seq: 1, at: server.now, receipt }],
  });
  assert.deepEqual((await open.book.meta(server.versions[1].record)).versions[0].before, []);
  assert.deepEqual(await open.store.readJson(`n/${one.record}`), { note: server.versions[3].record });
  assert.deepEqual(await open.store.readJson('k/person'), [person]);
  assert.equal((await two.app.readIncident(one.record)).note, 'private');
  assert.equal(open.index.findRow(one.record)?.title, 'one');
  assert.equal(open.store.root.doubts.altered, undefined);
  one.phone.end();
  two.phone.end();
});
