/** Manifests on a phone: when one is due, what it states, how one that arrives is judged, and what people compare. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b64 } from '#app/core/bytes.js';
import {
  accountSummaries,
  applyManifests,
  checkManifests,
  countVersion,
  coverageOf,
  isInSentManifest,
  isManifestDue,
  requestNumberOfErased,
  writeManifest,
} from '#app/diary/sync/manifest.js';
import { firstHead } from '#app/ledger/heads.js';
import { shortCode } from '#app/ledger/manifest.js';
import { saveEntry } from './phone/keeper.mjs';
import { anotherOnSmallServer, holdSync, quietPhone } from './phone/small_server.mjs';
import { standIn } from './phone/stand_in.mjs';

/** @typedef {import('#app/store/root.js').Root} Root */
const rootWith = (fields = {}) => standIn({ outbox: [], ...fields });

/** A registered phone with the entries "one", "two" and "three", all numbered; it syncs only when a test runs it. */
const phoneWithThree = () => quietPhone(['two', 'three']);

const headOf = (server, seq) => server.headAt(seq)?.head;

test('without a manifest nothing is covered, and every version but a manifest counts towards the next', () => {
  const root = rootWith();
  assert.deepEqual(coverageOf(root), { record: null, counter: 0, seq: 0, head: b64(firstHead()), due: 0 });
  countVersion(root, 'incident');
  countVersion(root, 'note');
  countVersion(root, 'manifest');
  assert.deepEqual(coverageOf(root), { record: null, counter: 0, seq: 0, head: b64(firstHead()), due: 2 });
});

test('a manifest is due after twenty versions, or at once when it is asked for', () => {
  const withDue = (due, more = {}) =>
    isManifestDue(rootWith({ manifest: { record: null, counter: 0, seq: 0, head: '', due }, ...more }));
  assert.deepEqual([withDue(19), withDue(20), withDue(21)], [false, true, true]);
  assert.equal(withDue(0, { manifest_soon: true }), true);
  assert.equal(isManifestDue(rootWith()), false);
});

test('the number of an erased entry calls for a manifest unless one names it', () => {
  const soon = (seq) => {
    const root = rootWith({ manifest: { record: 'm', counter: 1, seq: 5, head: '', due: 0 } });
    requestNumberOfErased(root, seq);
    return root.manifest_soon;
  };
  assert.deepEqual([soon(null), soon(4), soon(5), soon(6)], [undefined, undefined, undefined, true]);
});

test('a number is in a sent manifest when it is covered and the manifest does not wait', () => {
  const manifest = { record: 'm', counter: 1, seq: 5, head: '', due: 0 };
  const root = rootWith({ manifest, outbox: [{ record: 'other', version: 'v', of: null }] });
  assert.deepEqual(
    [4, 5, 6].map((seq) => isInSentManifest(root, seq)),
    [true, true, false],
  );
  root.outbox.push({ record: 'm', version: 'w', of: null });
  assert.equal(isInSentManifest(root, 4), false);
});

test('a manifest states what came since the last one, and the account up to there', async () => {
  const { open, server, phone } = await phoneWithThree();
  await open.store.change((root) => {
    root.checkpoint = standIn('the checkpoint');
    root.lines = { other: { n: 4, c: 'their commitment' } };
  });
  assert.equal(await writeManifest(open), true);
  const manifest = coverageOf(open.store.root);
  assert.deepEqual(manifest, { record: manifest.record, counter: 1, seq: 3, head: headOf(server, 3), due: 0 });
  const [{ fields }] = await open.book.versions(/** @type {string} */ (manifest.record));
  assert.deepEqual([fields.counter, fields.seq, fields.head, fields.entries], [1, 3, headOf(server, 3), 3]);
  assert.deepEqual(
    fields.records,
    server.versions.map(({ record, version, c }) => [record, version, c]),
  );
  assert.deepEqual(
    fields.numbers,
    server.versions.map(({ record }, i) => [record, i + 1]),
  );
  assert.equal(fields.short_code, shortCode({ entries: 3, head: headOf(server, 3), seq: 3 }));
  assert.equal(fields.checkpoint, 'the checkpoint');
  assert.deepEqual(fields.lines.at(0), ['other', 4, 'their commitment']);
  assert.equal(fields.lines.length, 2);
  const [device, n, c] = fields.lines.at(1);
  assert.deepEqual([device, n, c], [open.identity.device, 3, server.versions[2].c]);
  assert.deepEqual(open.store.root.manifests_told, [[1, 3, headOf(server, 3)]]);
  phone.end();
});

test('the next manifest follows the last, and covers only what came since', async () => {
  const { app, open, server, phone } = await phoneWithThree();
  await writeManifest(open);
  await open.syncing.now();
  const { record } = coverageOf(open.store.root);
  assert.equal(await writeManifest(open), false, 'the manifest itself calls for no other');
  await saveEntry(app, 'four');
  await open.syncing.now();
  assert.equal(coverageOf(open.store.root).due, 1);
  assert.equal(await writeManifest(open), true);
  const manifest = coverageOf(open.store.root);
  assert.deepEqual(manifest, { record, counter: 2, seq: 5, head: headOf(server, 5), due: 0 });
  const versions = await open.book.versions(/** @type {string} */ (record));
  const { fields } = /** @type {typeof versions[0]} */ (versions.at(-1));
  assert.deepEqual(
    fields.records.map(([, version]) => version),
    server.versions.slice(3).map(({ version }) => version),
  );
  assert.deepEqual(fields.numbers, [[server.versions[4].record, 4]]);
  assert.equal(fields.checkpoint, undefined);
  assert.equal(open.store.root.manifests_told?.length, 2);
  phone.end();
});

test('a manifest asked for is written once, also when nothing else is due', async () => {
  const { open, phone } = await phoneWithThree();
  await open.store.change((root) => {
    root.manifest = { ...coverageOf(root), due: 0 };
    root.manifest_soon = true;
  });
  assert.equal(await writeManifest(open), true);
  assert.equal(open.store.root.manifest_soon, undefined);
  assert.equal(await writeManifest(open), false);
  phone.end();
});

test('no manifest is written without an account, with an incomplete list, or over a gap in the numbers', async () => {
  const { open, phone } = await phoneWithThree();
  const { store, index } = open;
  const before = structuredClone(store.root.manifest);
  await store.change((root) => {
    root.account.registered = false;
  });
  assert.equal(await writeManifest(open), false);
  await store.change((root) => {
    root.account.registered = true;
  });
  index.isStale = true;
  assert.equal(await writeManifest(open), false);
  index.isStale = false;
  index.loading = Promise.resolve();
  assert.equal(await writeManifest(open), false);
  index.loading = null;
  const page = await store.readJson('f/0');
  await store.change((_root, change) => change.putJson('f/0', [page[0], page[2]]));
  assert.equal(await writeManifest(open), false);
  assert.deepEqual(store.root.manifest, before);
  await store.change((_root, change) => change.putJson('f/0', page));
  await store.change((root) => {
    root.manifest = { ...coverageOf(root), seq: 3, due: 1 };
  });
  assert.equal(await writeManifest(open), false, 'nothing has come since');
  phone.end();
});

test('an entry that is erased keeps its number in the manifest that covers it', async () => {
  const { open, server, phone } = await phoneWithThree();
  const { index } = open;
  const [{ record }] = server.versions;
  await open.store.change((root) => {
    root.numbered = { [record]: 1, elsewhere: 9 };
  });
  const rows = index.allRows();
  index.allRows = () => rows.filter((row) => row.record !== record);
  await writeManifest(open);
  const [{ fields }] = await open.book.versions(/** @type {string} */ (coverageOf(open.store.root).record));
  assert.deepEqual(
    [...fields.numbers].sort(([, a], [, b]) => a - b),
    server.versions.map(({ record: id }, i) => [id, i + 1]),
  );
  assert.equal(fields.entries, 2);
  phone.end();
});

/** Two phones, and the manifest that the first has written and sent: the fourth version. */
async function manifestOfOther() {
  const { server, ...one } = await phoneWithThree();
  const two = await anotherOnSmallServer(server, one.login);
  holdSync(two);
  await writeManifest(one.open);
  await one.open.syncing.now();
  return { server, one, two };
}

/** Judge a manifest with these fields as if it had just arrived. */
async function judge({ open }, fields, more = {}) {
  open.book.seen.set('the version', {
    record: 'the record',
    version: 'the version',
    kind: 'manifest',
    fields,
    ...more,
  });
  await applyManifests(open, [{ version: 'unknown' }, { version: 'the version' }]);
  return open.store.root;
}

test('a manifest of another device that agrees is taken over, and one that does not is in doubt', async () => {
  const { server, one, two } = await manifestOfOther();
  await two.open.syncing.now();
  const { record, counter, seq, head } = coverageOf(two.open.store.root);
  assert.deepEqual([record, counter, seq, head], [coverageOf(one.open.store.root).record, 1, 3, headOf(server, 3)]);
  assert.equal(coverageOf(two.open.store.root).due, 0);
  assert.deepEqual(two.open.store.root.manifests_told, [[1, 3, headOf(server, 3)]]);
  assert.equal(two.open.store.root.manifests_unsure, undefined);
  const [{ fields }] = await one.open.book.versions(/** @type {string} */ (record));
  const before = structuredClone(coverageOf(two.open.store.root));
  const swapped = { ...fields, counter: 2, records: [fields.records[1], fields.records[0], fields.records[2]] };
  const root = await judge(two, swapped);
  assert.deepEqual(root.manifests_unsure, [['the record', 'the version']]);
  assert.deepEqual(root.manifest, before, 'what is in doubt covers nothing');
  assert.deepEqual(root.manifests_told?.at(-1), [2, 3, fields.head]);
});

test('a manifest whose head is wrong is in doubt only where this phone can compute it', async () => {
  const { server, two } = await manifestOfOther();
  const rows = server.versions.slice(0, 3).map(({ record, version, c }) => [record, version, c]);
  const wrong = b64(new Uint8Array(32));
  const fields = { counter: 1, seq: 3, head: wrong, records: rows, numbers: [] };
  let root = await judge(two, fields);
  assert.equal(root.manifests_unsure?.length, 1);
  assert.equal(root.manifest?.seq ?? 0, 0);
  root = await judge(two, { ...fields, records: rows.slice(1) });
  assert.equal(root.manifests_unsure?.length, 1, 'it begins later: the head before it is unknown');
  assert.deepEqual([root.manifest?.seq, root.manifest?.head], [3, wrong]);
});

test('a manifest of another shape, or one that does not open, changes nothing', async () => {
  const { server, two } = await manifestOfOther();
  const rows = server.versions.slice(0, 3).map(({ record, version, c }) => [record, version, c]);
  const fields = { counter: 1, seq: 3, head: headOf(server, 3), records: rows, numbers: [] };
  const before = structuredClone(two.open.store.root);
  for (const change of [{ seq: '3' }, { seq: undefined }, { records: 'x' }, { records: undefined }])
    await judge(two, { ...fields, ...change });
  await judge(two, fields, { altered: true });
  await judge(two, fields, { kind: 'note' });
  assert.deepEqual(two.open.store.root.manifest, before.manifest);
  assert.deepEqual(two.open.store.root.manifests_told, before.manifests_told);
  const root = await judge(two, { ...fields, records: rows.slice(1), head: 7 });
  assert.deepEqual([root.manifest, root.manifests_told], [before.manifest, before.manifests_told], 'no head');
});

test('an older manifest does not move the account back, and a higher counter is never lost', async () => {
  const { server, two } = await manifestOfOther();
  const rows = server.versions.slice(0, 3).map(({ record, version, c }) => [record, version, c]);
  await two.open.store.change((root) => {
    root.manifest = { record: 'own', counter: 9, seq: 2, head: headOf(server, 2), due: 0 };
  });
  const older = { counter: 3, seq: 1, head: headOf(server, 1), records: rows.slice(0, 1), numbers: [] };
  assert.equal((await judge(two, older)).manifest?.seq, 2);
  const next = { counter: 3, seq: 3, head: headOf(server, 3), records: rows.slice(2), numbers: [] };
  const { manifest } = await judge(two, next);
  assert.deepEqual(manifest, { record: 'own', counter: 9, seq: 3, head: headOf(server, 3), due: 0 });
  const again = await judge(two, { ...next, counter: 12 });
  assert.equal(again.manifest?.counter, 12);
  assert.equal((await judge(two, { ...next, counter: 'many' })).manifest?.counter, 12);
});

test('a manifest leaves due what came after it, without itself', async () => {
  const { server, two } = await manifestOfOther();
  const rows = server.versions.slice(0, 1).map(({ record, version, c }) => [record, version, c]);
  const { manifest } = await judge(two, {
    counter: 1,
    seq: 1,
    head: headOf(server, 1),
    records: rows,
    numbers: [],
  });
  assert.equal(two.open.store.root.feed.seq, 3);
  assert.equal(manifest?.due, 1);
});

test('numbers of entries that are not on this phone are taken from a manifest, whatever its shape', async () => {
  const { server, two } = await manifestOfOther();
  const [{ record }] = server.versions;
  const fields = { counter: 1, seq: 3, head: headOf(server, 3), records: [] };
  await judge(two, { ...fields, numbers: 'x' });
  assert.equal(two.open.store.root.numbered, undefined);
  await judge(two, {
    ...fields,
    numbers: [
      [record, 1],
      ['erased', 2],
      ['text', '3'],
      [4, 4],
    ],
  });
  assert.deepEqual(two.open.store.root.numbered, { erased: 2 });
});

test('a doubted manifest warns until all it names is here and a later one covers it', async () => {
  const { server, two } = await manifestOfOther();
  const { open } = two;
  const rows = server.versions.slice(0, 3).map(({ record, version, c }) => [record, version, c]);
  const doubted = { counter: 1, seq: 3, head: headOf(server, 3), records: [rows[0], rows[2], rows[1]] };
  const { versions } = open.book;
  let stated = standIn(doubted);
  open.book.versions = async (record, batch) =>
    record === 'doubted'
      ? standIn([
          { version: 'other', fields: {} },
          { version: 'v', fields: stated },
        ])
      : versions.call(open.book, record, batch);
  const check = async (change) => {
    await open.store.change((root) => {
      root.manifests_unsure = [['doubted', 'v']];
      delete root.manifests_judged;
      Object.assign(root, change);
    });
    await checkManifests(open);
    const { doubts, manifests_unsure: unsure } = open.store.root;
    return [doubts.omitted ?? false, unsure?.length];
  };
  const later = [2, 3, headOf(server, 3)];
  assert.deepEqual(await check({ manifests_told: [] }), [true, 1]);
  assert.equal(open.store.root.manifests_judged, '3 1');
  assert.deepEqual(await check({ manifests_told: [later] }), [false, 0]);
  assert.equal(open.store.root.manifests_judged, '3 0');
  assert.deepEqual(await check({ manifests_told: [[1, 3, headOf(server, 3)]] }), [true, 1], 'no later counter');
  assert.deepEqual(await check({ manifests_told: [[2, 3, headOf(server, 2)]] }), [true, 1], 'another account');
  assert.deepEqual(await check({ manifests_told: [[2, 1, headOf(server, 1)]] }), [true, 1], 'it ends before');
  assert.deepEqual(await check({ manifests_told: [[2, 2, headOf(server, 2)]] }), [false, 0], 'up to the difference');
  stated = { ...doubted, records: [...doubted.records.slice(1), ['gone', 'v', 'c']] };
  assert.deepEqual(await check({ manifests_told: [later] }), [true, 1], 'a version is missing');
  await open.store.change((root) => {
    root.doubts = {};
  });
  await checkManifests(open);
  assert.equal(open.store.root.doubts.omitted, undefined, 'judged already: nothing has come since');
});

test('the account is six letters to compare, with those of earlier manifests, the newest first', async () => {
  const { open, server, phone, app } = await phoneWithThree();
  const code = (entries, seq) => shortCode({ entries, head: headOf(server, seq), seq });
  assert.deepEqual(await accountSummaries(open), {
    now: { entries: 3, at: phone.clock.now(), code: code(3, 3) },
    earlier: [],
  });
  await writeManifest(open);
  const [writtenAt] = [phone.clock.now()];
  await open.syncing.now();
  phone.clock.move(60_000);
  await saveEntry(app, 'not sent');
  const { now, earlier } = await accountSummaries(open);
  assert.deepEqual(now, { entries: 3, at: phone.clock.now(), code: code(3, 4) }, 'without what has no number');
  assert.deepEqual(earlier, [{ entries: 3, at: writtenAt, code: code(3, 3) }]);
  await open.syncing.now();
  await writeManifest(open);
  assert.deepEqual(
    (await accountSummaries(open)).earlier.map(({ entries }) => entries),
    [4, 3],
  );
  await open.store.change((root) => {
    root.account.registered = false;
  });
  assert.deepEqual(await accountSummaries(open), { now: null, earlier: [] });
  phone.end();
});
