/** What a receipt and a page of the feed change on the phone: numbers, records, rows, what waits or is fetched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { KeptError } from '#app/core/errors.js';
import { decodePush, encodePush, envDigest } from '#app/ledger/push.js';
import { pullFeed } from '#app/net/feed.js';
import { pushVersion } from '#app/net/push.js';
import { readNumbers } from '#app/store/feed_numbers.js';
import { erasureLines } from '#app/diary/attachments/custody.js';
import {
  applyItem,
  applyItems,
  applyReceipt,
  dropNumbered,
  incidentOf,
  queueAllDownloads,
  queueDownloads,
} from '#app/diary/sync/apply_feed.js';
import { saveEntry } from './phone/keeper.mjs';
import { PNG, file } from './phone/phone.mjs';
import {
  anotherOnSmallServer,
  holdSync,
  phoneOnSmallServer,
  quietPhone,
  refusal,
  smallServer,
} from './phone/small_server.mjs';
import { standIn } from './phone/stand_in.mjs';

/** Two phones of one keeper, both with the entry "one"; the second does nothing by itself. */
async function twoPhones() {
  const server = smallServer();
  const one = await phoneOnSmallServer(server);
  const two = await anotherOnSmallServer(server, one.login);
  holdSync(two);
  return { server, one, two };
}

/** What the phone would apply next: the pages of the feed, checked but not applied. */
async function fetchPages({ open }) {
  const pages = [];
  await pullFeed(open.syncing.link(), open.store.root.feed, async (items, feed, latest) => {
    pages.push({ items, feed, remaining: latest - feed.seq });
  });
  return pages;
}

const applyPage = ({ open }, { items, feed, remaining }) => applyItems(open, items, feed, remaining);

/** Save an entry on one phone and send it. Returns its record and version. */
async function sendEntry(device, narrative) {
  const { record } = await saveEntry(device.app, narrative);
  await device.open.syncing.now();
  return { record, version: (await device.open.book.meta(record)).versions.at(-1).v };
}

/** Damage a version on the server, which gives a valid receipt for the damaged bytes. */
function damage(server, seq) {
  const numbered = server.versions[seq - 1];
  const { meta, wraps, envelopes } = decodePush(numbered.push);
  const damaged = envelopes.map((envelope) => {
    const copy = envelope.slice();
    copy[copy.length - 1] ^= 1;
    return copy;
  });
  const { sig: _sig, ...facts } = numbered.receipt;
  numbered.push = encodePush({ meta, wraps, envelopes: damaged });
  numbered.env = envDigest(damaged);
  numbered.receipt = server.signed({ ...facts, env: numbered.env });
}

test('a version that does not open is kept and reported; its record stays what it was', async () => {
  const { server, one, two } = await twoPhones();
  const { record } = one;
  await one.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await one.open.syncing.now();
  damage(server, server.versions.length);
  const [page] = await fetchPages(two);
  await applyPage(two, page);
  const meta = await two.open.book.meta(record);
  assert.equal(meta.kind, 'incident');
  assert.equal(meta.of, null);
  assert.deepEqual(
    meta.versions.map(({ seq, altered }) => [seq, altered]),
    [
      [1, undefined],
      [2, true],
    ],
  );
  const row = two.open.index.findRow(record);
  assert.equal(row?.title, 'one');
  assert.deepEqual(row?.flags, ['altered']);
  assert.equal(two.open.store.root.doubts.altered, true);
  assert.deepEqual(
    (await readNumbers(two.open.store, 1, 2)).map(([, , , , , , state]) => state),
    [0, 2],
    'the numbers say which one',
  );
});

test('a record of which only a damaged version came gets its kind from the first that opens', async () => {
  const { server, one, two } = await twoPhones();
  const { record } = await sendEntry(one, 'two');
  await one.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await one.open.syncing.now();
  damage(server, 2);
  const [{ items, feed }] = await fetchPages(two);
  await applyItems(two.open, items.slice(0, 1), { seq: 2, head: feed.head }, 1);
  assert.equal((await two.open.book.meta(record)).kind, '');
  assert.equal(two.open.index.findRow(record), null);
  await applyItems(two.open, items.slice(1), feed, 0);
  assert.equal((await two.open.book.meta(record)).kind, 'incident');
  assert.ok(two.open.index.findRow(record));
});

test('a page adds entries, numbers, rows and receipts, and the end of the account moves', async () => {
  const { server, one, two } = await twoPhones();
  const { record } = await sendEntry(one, 'two');
  const [page] = await fetchPages(two);
  await applyPage(two, page);
  const { root } = two.open.store;
  assert.deepEqual(root.feed, page.feed);
  assert.deepEqual(root.feed, one.open.store.root.feed);
  assert.equal(root.coming, undefined);
  const [facts] = (await two.open.book.meta(record)).versions;
  const sent = server.versions[1];
  assert.deepEqual(
    [facts.v, facts.c, facts.seq, facts.at, facts.checked, facts.receipt, facts.parents],
    [sent.version, sent.c, 2, server.now, true, sent.receipt, []],
  );
  assert.deepEqual(await readNumbers(two.open.store, 2, 2), [
    [2, record, sent.version, sent.c, sent.env, server.now, 0],
  ]);
  assert.equal(two.open.index.findRow(record)?.title, 'two');
  assert.equal(root.count, 2);
});

test('until the last page is here, the root says how many versions are to come', async () => {
  const { server, one, two } = await twoPhones();
  await sendEntry(one, 'two');
  await sendEntry(one, 'three');
  const [{ items, feed }] = await fetchPages(two);
  assert.equal(items.length, 2);
  await applyItems(two.open, items.slice(0, 1), { seq: 2, head: server.headAt(2)?.head }, 1);
  assert.equal(two.open.store.root.coming, 1);
  await applyItems(two.open, items.slice(1), feed, 0);
  assert.equal('coming' in two.open.store.root, false);
});

test('a page that does not continue the account, or was opened with other keys, changes nothing', async () => {
  const { one, two } = await twoPhones();
  await sendEntry(one, 'two');
  await sendEntry(one, 'three');
  const [{ items, feed }] = await fetchPages(two);
  const before = structuredClone(two.open.store.root);
  await assert.rejects(applyItems(two.open, items.slice(1), feed, 0), { code: 'locked' });
  const { open } = two;
  const applying = applyItems(open, items, feed, 0);
  open.identity = { ...open.identity };
  await assert.rejects(applying, { code: 'locked' });
  assert.deepEqual(open.store.root, before);
  await applyItems(open, items, feed, 0);
  assert.equal(open.store.root.feed.seq, 3);
});

test('what came by the feed waits no longer, unless its receipt was invalid', async () => {
  const { one, two } = await twoPhones();
  const sent = await sendEntry(one, 'two');
  const item = { record: sent.record, version: sent.version, of: sent.record };
  const other = { record: 'other', version: 'other', of: 'other' };
  const [page] = await fetchPages(two);
  await two.open.store.change((root) => {
    root.outbox = [item, other];
    root.troubles = { [sent.record]: 'receipt_wrong' };
  });
  await applyPage(two, page);
  assert.deepEqual(two.open.store.root.outbox, [item, other]);
  const third = await sendEntry(one, 'three');
  const [nextPage] = await fetchPages(two);
  await two.open.store.change((root) => {
    root.outbox = [{ ...item, record: third.record, version: third.version, of: third.record }, other];
    root.troubles = { [third.record]: 'conflict' };
  });
  await applyPage(two, nextPage);
  assert.deepEqual(two.open.store.root.outbox, [other]);
});

test('a number seen in a receipt stays noted until the feed has reached it', async () => {
  const { one, two } = await twoPhones();
  await sendEntry(one, 'two');
  await sendEntry(one, 'three');
  const [{ items, feed }] = await fetchPages(two);
  await two.open.store.change((root) => {
    root.top = 3;
  });
  await applyItems(two.open, items.slice(0, 1), { seq: 2, head: feed.head }, 1);
  assert.equal(two.open.store.root.top, 3);
  await applyItems(two.open, items.slice(1), feed, 0);
  assert.equal('top' in two.open.store.root, false);
});

test('versions that do not count as entries belong to their entry, or to none', async () => {
  const { one, two } = await twoPhones();
  await one.app.saveNote(one.record, 'private');
  await one.open.syncing.now();
  const [{ items, feed }] = await fetchPages(two);
  await two.open.book.open(items);
  const [item] = items;
  await two.open.store.change(async (root, change) => {
    const batch = two.open.book.batch(root, change);
    assert.equal(await applyItem(batch, two.open.book, item), one.record, 'a note belongs to its entry');
    assert.equal((await two.open.book.meta(item.record, batch)).kind, 'note');
  });
  assert.deepEqual(await two.open.store.readJson(`n/${one.record}`), { note: item.record });
  assert.ok(feed.seq >= 2);
  assert.equal(incidentOf(undefined), null);
  assert.equal(incidentOf({ kind: 'incident', fields: { of_id: 'x', incident_ids: ['y'] } }), null);
  assert.equal(incidentOf({ kind: 'note', fields: { of_id: 'x' } }), 'x');
  assert.equal(incidentOf({ kind: 'note', fields: {} }), null);
  assert.equal(incidentOf({ kind: 'attachment', fields: { incident_ids: ['y', 'z'] } }), 'y');
  assert.equal(incidentOf({ kind: 'attachment', fields: { incident_ids: [] } }), null);
  assert.equal(incidentOf({ kind: 'attachment', fields: {} }), null);
});

test('each arrived version makes a manifest more due, and manifests do not', async () => {
  const { one, two } = await twoPhones();
  const due = () => two.open.store.root.manifest?.due ?? 0;
  const before = due();
  await sendEntry(one, 'two');
  await sendEntry(one, 'three');
  await applyPage(two, (await fetchPages(two))[0]);
  assert.equal(due(), before + 2);
});

/** An entry that the server has numbered, and whose receipt the phone has not applied yet. */
async function pushedEntry() {
  const { app, open } = await quietPhone();
  const { record } = await saveEntry(app, 'two');
  const [item] = open.store.root.outbox;
  return { record, open, item, result: await pushVersion(open.syncing.link(), item, open.store.root.feed) };
}

test('a receipt gives a version its number, and the account ends with it', async () => {
  const { record, open, item, result } = await pushedEntry();
  const dueBefore = open.store.root.manifest?.due ?? 0;
  assert.equal(await applyReceipt(open, item, result), true);
  const { root } = open.store;
  assert.deepEqual([root.outbox, root.feed, root.top, root.gone_back], [[], result.feed, undefined, undefined]);
  assert.equal(root.manifest?.due, dueBefore + 1);
  const [facts] = (await open.book.meta(record)).versions;
  assert.deepEqual([facts.seq, facts.at, facts.receipt, facts.checked], [2, result.at, result.receipt, true]);
  assert.equal(open.index.findRow(record)?.kept_at, result.at);
  assert.deepEqual(await readNumbers(open.store, 2, 2), [
    [2, record, item.version, result.c, result.env, result.at, 0],
  ]);
});

test('an entry is kept since its latest receipt, also when an earlier one is applied after it', async () => {
  const { record, open, item, result } = await pushedEntry();
  await applyReceipt(open, item, result);
  await applyReceipt(open, item, { ...result, feed: null, at: result.at - 5_000 });
  assert.equal(open.index.findRow(record)?.kept_at, result.at);
  await applyReceipt(open, item, { ...result, feed: null, at: result.at + 5_000 });
  assert.equal(open.index.findRow(record)?.kept_at, result.at + 5_000);
});

test('a receipt with a number above the account’s end is noted as the highest seen', async () => {
  const { open, item, result: answered } = await pushedEntry();
  const result = { ...answered, feed: null };
  const { feed } = open.store.root;
  await applyReceipt(open, item, { ...result, seq: 9 });
  assert.deepEqual([open.store.root.top, open.store.root.feed], [9, feed]);
  await applyReceipt(open, { ...item, version: 'later' }, { ...result, seq: 7 });
  assert.equal(open.store.root.top, 9);
});

test('a receipt with a number that another version has shows that the server has gone back', async () => {
  const server = smallServer();
  const one = await phoneOnSmallServer(server);
  holdSync(one);
  const { open } = one;
  await saveEntry(one.app, 'two');
  const [item] = open.store.root.outbox;
  const result = await pushVersion(open.syncing.link(), item, open.store.root.feed);
  const before = await readNumbers(open.store, 1, 1);
  assert.equal(await applyReceipt(open, item, { ...result, seq: 1, feed: null }), false);
  const { root } = open.store;
  assert.deepEqual([root.gone_back, root.strays, root.top], [true, [[item.record, item.version]], undefined]);
  assert.deepEqual(await readNumbers(open.store, 1, 1), before, 'the number stays with the version that has it');
  assert.deepEqual(root.outbox, []);
});

test('a version that the server refuses waits no longer only if it came by the feed with a receipt', async () => {
  const server = smallServer();
  const one = await phoneOnSmallServer(server);
  holdSync(one);
  const { open } = one;
  const { record } = await saveEntry(one.app, 'two');
  const [item] = open.store.root.outbox;
  await open.store.change((root) => {
    root.troubles = { [record]: 'conflict', other: 'differs' };
    root.outbox = [...root.outbox, { record: 'x', version: 'y', of: null }];
  });
  assert.equal(await dropNumbered(open, item), false);
  assert.equal(await dropNumbered(open, { record: 'unknown', version: 'v', of: null }), false);
  assert.equal(open.store.root.outbox.length, 2);
  const { version } = server.versions[0];
  const numbered = { record: one.record, version, of: one.record };
  await open.store.change((root) => {
    root.outbox = [numbered, item];
    root.troubles[one.record] = 'bad_signature';
  });
  assert.equal(await dropNumbered(open, numbered), true);
  assert.deepEqual(open.store.root.outbox, [item]);
  assert.deepEqual(open.store.root.troubles, { [record]: 'conflict', other: 'differs' });
});

/** A file record as it opens, with a print, a preview and the received file. */
const openedFile = (fields = {}) =>
  standIn({
    kind: 'attachment',
    fields: {
      _author: { device: 'other' },
      incident_ids: ['entry'],
      renditions: [{ size_bytes: 5_000 }, { size_bytes: 900 }],
      size_bytes: 70_000,
      ...fields,
    },
    keys: {
      open: [
        ['print', 'k'],
        ['preview', 'k'],
      ],
      restricted: [['received', 'k']],
    },
  });
const storeWith = (stored = {}) =>
  standIn({ readJsonMany: async (names) => names.map((name) => stored[name] ?? null) });
const rootWith = (fetch = [], more = {}) => standIn({ fetch, ...more });

test('the files of another device are fetched, small ones first, each once, and not those that are here', async () => {
  const root = rootWith([{ blob: 'waiting', of: 'x', size: 3_000 }]);
  await queueAllDownloads(root, storeWith({ 'b/preview': { have: [0] } }), openedFile());
  assert.deepEqual(root.fetch, [
    { blob: 'preview', of: 'entry', size: 900 },
    { blob: 'waiting', of: 'x', size: 3_000 },
    { blob: 'print', of: 'entry', size: 5_000 },
    { blob: 'received', of: 'entry', size: 70_000 },
  ]);
  await queueAllDownloads(root, storeWith(), openedFile());
  assert.equal(root.fetch.length, 4);
  const complete = rootWith();
  await queueAllDownloads(
    complete,
    storeWith({ 'b/print': { have: true }, 'b/received': { have: true } }),
    openedFile(),
  );
  assert.deepEqual(complete.fetch, [{ blob: 'preview', of: 'entry', size: 900 }]);
  const withoutSizes = rootWith();
  await queueAllDownloads(withoutSizes, storeWith(), openedFile({ renditions: 'none', size_bytes: '70000' }));
  assert.deepEqual(withoutSizes.fetch, []);
});

test('a phone fetches its own files only if it was cleared', async () => {
  const fetched = async (ownDevice, opened, more = {}) => {
    const root = rootWith([], more);
    await queueDownloads(root, storeWith(), ownDevice, opened);
    return root.fetch.length;
  };
  assert.equal(await fetched('other', openedFile()), 0);
  assert.equal(await fetched('other', openedFile(), { cleared: true }), 3);
  assert.equal(await fetched('this', openedFile()), 3);
  assert.equal(await fetched(null, openedFile()), 3, 'this phone did not have the version');
  assert.equal(await fetched(null, undefined), 0);
  assert.equal(await fetched(null, { ...openedFile(), kind: 'note' }), 0);
  assert.equal(await fetched('other', openedFile({ _author: undefined })), 3);
});

test('the same version under a later signature is stored with it, and another version is not', async () => {
  const { server, one, two } = await twoPhones();
  const sent = await sendEntry(one, 'two');
  const [page] = await fetchPages(two);
  await applyPage(two, page);
  const [item] = page.items;
  const stored = async () => decodePush((await two.open.store.read(`v/${sent.version}`)).bytes).meta.sig;
  const original = await stored();
  const again = async (meta) => {
    await two.open.store.change((root) => {
      root.feed = { seq: 1, head: server.headAt(1)?.head };
    });
    await applyItems(two.open, [{ ...item, meta: { ...item.meta, ...meta } }], page.feed, 0);
    return stored();
  };
  const later = b64(randomBytes(64));
  assert.equal(await again({ sig: later }), original, 'with one author key no signature is replaced');
  two.open.identity.authors = [...two.open.identity.authors, ...two.open.identity.authors];
  assert.equal(await again({ sig: later, c: b64(randomBytes(32)) }), original);
  assert.equal(await again({ sig: later }), later);
});

test('a refused entry does not hold up the next, and a wrong server stops the run', async () => {
  const server = smallServer();
  const one = await phoneOnSmallServer(server);
  const { open } = one;
  holdSync(one);
  const { record: refused } = await saveEntry(one.app, 'refused');
  const { record: accepted } = await saveEntry(one.app, 'accepted');
  server.answer = (path) => (path.includes(`/records/${refused}/`) ? refusal(422, 'differs') : null);
  await open.syncing.now();
  assert.deepEqual(open.store.root.troubles, { [refused]: 'differs' });
  assert.deepEqual(
    open.store.root.outbox.map(({ record }) => record),
    [refused],
  );
  assert.equal((await open.book.meta(accepted)).versions[0].seq, 2);
  server.answer = null;
  await open.syncing.now();
  assert.deepEqual([open.store.root.troubles, open.store.root.outbox], [{}, []]);
  assert.equal((await open.book.meta(refused)).versions[0].seq, 3);
});

test('an erased version that was never here leaves its place and its number, and no time', async () => {
  const { server, one, two } = await twoPhones();
  const { record, version } = await sendEntry(one, 'two');
  server.versions[1].erasedAt = 77;
  await applyPage(two, (await fetchPages(two))[0]);
  const { c, env } = server.versions[1];
  assert.deepEqual(await readNumbers(two.open.store, 2, 2), [[2, record, version, c, env]]);
  const meta = await two.open.book.meta(record);
  assert.deepEqual([meta.kind, meta.erased_at, meta.versions.length], ['', 77, 1]);
  assert.deepEqual([meta.versions[0].erased, meta.versions[0].seq, meta.versions[0].at], [77, 2, null]);
  assert.equal(two.open.index.findRow(record), null);
  assert.equal(two.open.store.root.feed.seq, 2);
  assert.equal(two.open.store.root.doubts.altered, undefined, 'nothing was opened');
});

test('an erased file of an entry leaves the entry’s row without it', async () => {
  const { server, one, two } = await twoPhones();
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await one.open.syncing.now();
  await applyPage(two, (await fetchPages(two))[0]);
  assert.deepEqual(two.open.index.findRow(one.record)?.shots, [attachment]);
  await one.app.takeOutRecord(attachment, '');
  await one.open.syncing.now();
  await applyPage(two, (await fetchPages(two))[0]);
  const seq = server.versions.findIndex((numbered) => numbered.record === attachment) + 1;
  server.versions[seq - 1].erasedAt = 99;
  await two.open.store.change((root) => {
    root.feed = { seq: seq - 1, head: server.headAt(seq - 1)?.head };
  });
  const [{ items, feed }] = await fetchPages(two);
  await applyItems(two.open, items.slice(0, 1), { seq, head: feed.head }, 1);
  assert.equal((await two.open.book.meta(attachment)).erased_at, 99);
  assert.deepEqual(two.open.index.findRow(one.record)?.shots, []);
});

test('a version that comes again under another number has it once, with the later receipt', async () => {
  const { server, one, two } = await twoPhones();
  const { record } = await sendEntry(one, 'two');
  const [page] = await fetchPages(two);
  await applyPage(two, page);
  const receipt = { ...page.items[0].receipt, ts: 5 };
  const again = { ...page.items[0], seq: 3, at: 5, receipt, checked: false };
  await applyItems(two.open, [again], { seq: 3, head: page.feed.head }, 0);
  const { versions } = await two.open.book.meta(record);
  assert.equal(versions.length, 1);
  assert.deepEqual([versions[0].seq, versions[0].at, versions[0].receipt, versions[0].checked], [3, 5, receipt, false]);
  assert.equal(two.open.index.findRow(record)?.unproved, true);
  assert.ok(server);
});

test('a new version of an erased record stands; one more removal leaves it erased', async () => {
  const { one, two } = await twoPhones();
  const { record } = one;
  const erase = async () => {
    const meta = await two.open.book.meta(record);
    await two.open.store.change((_root, change) => change.putJson(`r/${record}`, { ...meta, erased_at: 5 }));
  };
  await one.app.takeOutRecord(record, '');
  await one.open.syncing.now();
  await erase();
  await applyPage(two, (await fetchPages(two))[0]);
  assert.equal((await two.open.book.meta(record)).erased_at, 5);
  await one.app.putBackRecord(record);
  await one.open.syncing.now();
  await applyPage(two, (await fetchPages(two))[0]);
  assert.equal((await two.open.book.meta(record)).erased_at, undefined);
});

test('a version stays readable after a lock, in the list of its kind, and settings are found by the root', async () => {
  const { one, two } = await twoPhones();
  const { record: person } = await one.app.saveRecord({ kind: 'person', record: null, fields: { name: 'Dan' } });
  const settings = await one.open.store.change(async (root, change) =>
    one.open.book.stage(one.open.book.batch(root, change), { kind: 'settings', open: {} }),
  );
  await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await one.open.syncing.now();
  await applyPage(two, (await fetchPages(two))[0]);
  assert.deepEqual(await two.open.store.readJson('k/person'), [person]);
  assert.equal(two.open.store.root.settings, settings.record);
  assert.equal(await two.open.store.readJson('k/settings'), null);
  assert.equal(await two.open.store.readJson(`n/${one.record}`), null, 'a file is no note');
  assert.equal(await two.open.store.readJson('n/null'), null);
  const stored = await two.open.store.read(`v/${settings.version}`);
  assert.deepEqual(stored.desc, { k: 'version' });
  two.open.book.seen.clear();
  assert.equal((await two.open.book.newest(person)).fields.name, 'Dan');
});

test('a changed description of a file changes what its entry is found by', async () => {
  const { one, two } = await twoPhones();
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await one.open.syncing.now();
  await applyPage(two, (await fetchPages(two))[0]);
  await one.app.saveAttachment({ attachment, fields: { description: 'marigold' } });
  await one.open.syncing.now();
  assert.deepEqual(await two.app.findEntries('marigold'), []);
  await applyPage(two, (await fetchPages(two))[0]);
  assert.deepEqual(await two.app.findEntries('marigold'), [one.record]);
});

test('what another device logged as erased is noted from a custody record that opens, and from no other', async () => {
  const { one, two } = await twoPhones();
  await sendEntry(one, 'two');
  const [{ items }] = await fetchPages(two);
  const [item] = items;
  await two.open.book.open(items);
  const opened = two.open.book.seen.get(item.version);
  const lines = erasureLines(['erased entry'], 5);
  const told = async (change) => {
    two.open.book.seen.set(item.version, { ...opened, fields: { ...opened.fields, lines }, ...change });
    let result;
    await two.open.store
      .change(async (root, pending) => {
        delete root.told_erased;
        await applyItem(two.open.book.batch(root, pending), two.open.book, item);
        result = root.told_erased;
        throw new KeptError('locked');
      })
      .catch(() => undefined);
    return result;
  };
  assert.equal(await told({ kind: 'incident' }), undefined);
  assert.equal(await told({ kind: 'custody', altered: true }), undefined);
  const noted = await told({ kind: 'custody' });
  assert.deepEqual(noted, ['erased entry']);
});
