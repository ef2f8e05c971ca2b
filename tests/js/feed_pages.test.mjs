/** Pages of the feed and files as a phone fetches them: what each check refuses, and where it goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { canonicalBytes, decodeFrames, encodeFrames, parseCanonicalObject } from '#app/core/encoding.js';
import { KeptError } from '#app/core/errors.js';
import { firstHead } from '#app/ledger/heads.js';
import { decodePush, envDigest } from '#app/ledger/push.js';
import { downloadBlob, dropPart, partName, requireComplete } from '#app/net/blobs.js';
import { findErased, listOnServer, pullFeed } from '#app/net/feed.js';
import { checkHead, checkReceipt, pushVersion } from '#app/net/push.js';
import { saveEntry } from './phone/keeper.mjs';
import { quietPhone, smallServer } from './phone/small_server.mjs';
import { standIn } from './phone/stand_in.mjs';

const START = { seq: 0, head: b64(firstHead()) };

/** A phone whose three entries are on the server, and its requests. */
async function threeOnServer() {
  const device = await quietPhone(['two', 'three']);
  return { ...device, link: device.open.syncing.link() };
}
/** Serve these pages in turn. `asked`: the numbers they were asked after. */
const servePages = (link, pages) => {
  const asked = [];
  const changes = async (_diary, after) => {
    asked.push(after);
    return pages[asked.length - 1](after);
  };
  return { asked, link: { ...link, api: { ...link.api, changes } } };
};
async function pull(link, from = START) {
  const saved = [];
  const announced = [];
  const end = await pullFeed(
    link,
    from,
    async (items, position, latest) => void saved.push([items.map(({ seq }) => seq), position.seq, latest]),
    (latest) => announced.push(latest),
  ).then(
    ({ seq }) => seq,
    ({ code }) => code,
  );
  return { saved, announced, end };
}

test('a feed of several pages is read to its end, each page from where the last one ended', async () => {
  const { server, link } = await threeOnServer();
  const { asked, link: paged } = servePages(link, [
    (after) => server.page(after, { to: 1 }),
    (after) => server.page(after, { to: 2, head: null }),
    (after) => server.page(after),
  ]);
  assert.deepEqual(await pull(paged), {
    saved: [
      [[1], 1, 3],
      [[2], 2, 3],
      [[3], 3, 3],
    ],
    announced: [3, 3, 3],
    end: 3,
  });
  assert.deepEqual(asked, [0, 1, 2]);
});

test('each version of a page comes with its checked receipt and the bytes of its push', async () => {
  const { server, link } = await threeOnServer();
  await pullFeed(link, START, async (items) => {
    for (const [i, { record, version, push, env, at, checked, receipt, erased }] of items.entries()) {
      const sent = server.versions[i];
      assert.deepEqual(
        [record, version, env, at, checked, erased],
        [sent.record, sent.version, sent.env, server.now, true, undefined],
      );
      assert.deepEqual([decodePush(push).meta, receipt], [decodePush(sent.push).meta, sent.receipt]);
    }
  });
});

test('an empty page is the end only if a signed head there is the phone’s own', async () => {
  const { server, link, open } = await threeOnServer();
  const { feed } = open.store.root;
  const empty = (change) => servePages(link, [() => server.page(3, change)]).link;
  assert.deepEqual(await pull(empty({}), feed), { saved: [], announced: [3], end: 3 });
  assert.equal((await pull(empty({ head: null }), feed)).end, 3);
  const other = b64(new Uint8Array(32).fill(9));
  assert.equal((await pull(empty({}), { ...feed, head: other })).end, 'head_differs');
  assert.equal(
    (await pull(empty({ head: server.headAt(2) }), { ...feed, head: other })).end,
    3,
    'of an earlier number',
  );
});

test('a page with versions whose signed head differs is refused, and so is one at the end without a head', async () => {
  const { server, link } = await threeOnServer();
  const served = async (change) => {
    const { saved, end } = await pull(servePages(link, [() => server.page(0, change)]).link);
    return [saved.length, end];
  };
  const wrong = server.signed({
    diary: server.diary,
    head: b64(new Uint8Array(32)),
    seq: 3,
    t: 'head/v1',
    ts: server.now,
  });
  assert.deepEqual(await served({ head: wrong }), [0, 'head_differs']);
  assert.deepEqual(await served({ head: null }), [0, 'head_differs']);
  assert.deepEqual(await served({ head: server.headAt(2) }), [0, 'head_differs']);
  assert.deepEqual(await served({}), [1, 3]);
});

test('a server that has less than a receipt once showed is behind, and nothing is announced', async () => {
  const { link } = await threeOnServer();
  const result = await pull(link, { ...START, top: 4 });
  assert.deepEqual(result, { saved: [], announced: [], end: 'server_behind' });
  assert.equal((await pull(link, { ...START, top: 3 })).end, 3);
});

test('a version under keys of a later epoch signs the device out; others are read', async () => {
  const { server, link } = await threeOnServer();
  assert.equal((await pull({ ...link, epoch: 0 })).end, 'signed_out');
  assert.equal((await pull({ ...link, epoch: 1 })).end, 3);
  assert.equal((await pull({ ...link, epoch: 2 })).end, 3);
  const [header, ...frames] = decodeFrames(server.page(0), { maxParts: 501 });
  const unreadable = frames.map((frame) => {
    const [facts, , envelope] = decodeFrames(frame, { maxParts: 5 });
    return encodeFrames([facts, Uint8Array.of(1), envelope]);
  });
  const { link: served } = servePages(link, [() => encodeFrames([header, ...unreadable])]);
  assert.equal((await pull({ ...served, epoch: 0 })).end, 3, 'what is no wrap is of no later epoch');
});

test('a version with a wrap that is no wrap, another signature or an invalid receipt is refused', async () => {
  const { server, link } = await threeOnServer();
  const [header, ...frames] = decodeFrames(server.page(0), { maxParts: 501 });
  const altered = async (change) => {
    const [facts, ...sealed] = decodeFrames(frames[1], { maxParts: 5 });
    const [newFacts, newSealed] = change(parseCanonicalObject(facts), sealed);
    const item = encodeFrames([canonicalBytes(newFacts), ...newSealed]);
    const page = encodeFrames([header, frames[0], item, frames[2]]);
    return (await pull(servePages(link, [() => page]).link)).end;
  };
  assert.equal(await altered((facts, sealed) => [facts, sealed]), 3);
  assert.equal(await altered((facts, sealed) => [{ ...facts, sig: b64(randomBytes(64)) }, sealed]), 'feed_altered');
  assert.equal(
    await altered(({ receipt, ...facts }, sealed) => [{ ...facts, receipt: { ...receipt, ts: 5 } }, sealed]),
    'receipt_wrong',
  );
  const broken = await altered((facts, [_wrap, ...sealed]) => [facts, [Uint8Array.of(1), ...sealed]]);
  assert.equal(broken, 3, 'it opens under no key: the wrap is not part of what was signed');
  for (const change of [
    (facts, sealed) => [{ ...facts, record: 'x' }, sealed],
    (facts, sealed) => [{ ...facts, version: 'x' }, sealed],
    (facts, sealed) => [{ ...facts, seq: '2' }, sealed],
    (facts, sealed) => [facts, sealed.slice(1)],
    (facts, sealed) => [facts, [...sealed, Uint8Array.of(1)]],
  ])
    assert.equal(await altered(change), 'garbage');
  assert.equal((await pull(servePages(link, [() => Uint8Array.of(1, 2)]).link)).end, 'garbage');
});

test('of an erased version only its place is left, which must be whole', async () => {
  const { server, link } = await threeOnServer();
  server.versions[1].erasedAt = 77;
  let erased = null;
  await pullFeed(link, START, async (items) => {
    erased = items[1];
  });
  const { record, version, c, env } = server.versions[1];
  assert.deepEqual(erased, {
    seq: 2,
    record,
    version,
    receipt: null,
    meta: { blobs: [], c, grants: [], parents: [], parts: [], sig: '' },
    wraps: [],
    envelopes: [],
    push: new Uint8Array(0),
    erased: { at: 77, env },
    env,
    at: 0,
    checked: false,
  });
  const facts = { c, env, erased_at: 77, record, seq: 2, version };
  const [header, first, , third] = decodeFrames(server.page(0), { maxParts: 501 });
  const end = async (change, more = []) => {
    const item = encodeFrames([canonicalBytes({ ...facts, ...change }), ...more]);
    return (await pull(servePages(link, [() => encodeFrames([header, first, item, third])]).link)).end;
  };
  assert.equal(await end({}), 3);
  const short = b64(new Uint8Array(31));
  for (const change of [{ seq: '2' }, { erased_at: '77' }, { erased_at: null }, { c: short }, { env: short }])
    assert.equal(await end(change), 'garbage', JSON.stringify(change));
  assert.equal(await end({}, [Uint8Array.of(1)]), 'garbage');
  assert.equal(await end({ c: b64(new Uint8Array(32)) }), 'head_differs', 'its place is in the signed head');
});

test('which versions were erased is asked page by page, and each page once', async () => {
  const { server, link } = await threeOnServer();
  server.versions[0].erasedAt = 11;
  server.versions[2].erasedAt = 33;
  const { asked, link: paged } = servePages(link, [
    (after) => server.page(after, { to: 2 }),
    (after) => server.page(after),
  ]);
  assert.deepEqual(
    [...(await findErased(paged.api, link.diary, [3, 1, 2]))],
    [
      [server.versions[0].version, 11],
      [server.versions[2].version, 33],
    ],
  );
  assert.deepEqual(asked, [0, 2]);
  assert.equal((await findErased(servePages(link, []).link.api, link.diary, [])).size, 0);
});

test('what the server has after a number is listed to the end, without what was erased', async () => {
  const { server, link } = await threeOnServer();
  server.versions[1].erasedAt = 11;
  const digestsOf = (numbers) => numbers.map((seq) => [server.versions[seq - 1].version, server.versions[seq - 1].env]);
  const { asked, link: paged } = servePages(link, [
    (after) => server.page(after, { to: 1 }),
    (after) => server.page(after),
  ]);
  assert.deepEqual([...(await listOnServer(paged.api, link.diary, 0))], digestsOf([1, 3]));
  assert.deepEqual(asked, [0, 1]);
  assert.deepEqual([...(await listOnServer(link.api, link.diary, 2))], digestsOf([3]));
  const stuck = servePages(link, [() => server.page(3, { latest: 9, to: 3 })]);
  assert.equal((await listOnServer(stuck.link.api, link.diary, 3)).size, 0, 'a server that does not move on');
});

/** A phone with `stored` parts of a file, and a server that has `parts` of it. */
function fileLink({ parts = 3, complete = true, catalogue = null, status = {} } = {}) {
  const stored = new Map(catalogue ? [['b/file', catalogue]] : []);
  const fetched = [];
  const link = standIn({
    diary: 'diary',
    api: {
      blob: async () => ({ parts, have: [], complete, ...status }),
      part: async (_diary, _blob, i) => {
        fetched.push(i);
        return Uint8Array.of(i, i);
      },
    },
    store: {
      readJson: async (name) => stored.get(name) ?? null,
      change: async (act, options) => {
        assert.deepEqual(options, { bulky: true });
        act(null, {
          put: (name, facts, bytes) => {
            assert.deepEqual(facts, { k: 'part' });
            stored.set(name, bytes);
          },
          putJson: (name, value) => stored.set(name, value),
        });
      },
    },
  });
  return { link, stored, fetched };
}

test('a file is fetched part by part, and each part is stored as it comes', async () => {
  const { link, stored, fetched } = fileLink();
  const progress = [];
  assert.equal(await downloadBlob(link, 'file', 3, { onPart: (...place) => progress.push(place) }), true);
  assert.deepEqual(fetched, [0, 1, 2]);
  assert.deepEqual(progress, [
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  assert.deepEqual(stored.get(partName('file', 2)), Uint8Array.of(2, 2));
  assert.deepEqual(stored.get('b/file'), { n: 3, size: 6, digest: null, have: true, kept: true });
  assert.equal(await downloadBlob(link, 'file', 3), true);
  assert.equal(fetched.length, 3, 'a file that is here is not asked for');
});

test('a fetch that stops goes on with the part that is missing', async () => {
  const { link, stored, fetched } = fileLink();
  assert.equal(await downloadBlob(link, 'file', 3, { shouldStop: () => true }), false);
  assert.deepEqual(stored.get('b/file'), { n: 3, size: 2, digest: null, have: [0], kept: true });
  assert.equal(await downloadBlob(link, 'file', 3, { shouldStop: () => fetched.length === 2 }), false);
  const atTheEnd = () => fetched.length === 3;
  assert.equal(await downloadBlob(link, 'file', 3, { shouldStop: atTheEnd }), true, 'a whole file needs no more');
  assert.deepEqual(fetched, [0, 1, 2]);
  assert.deepEqual(stored.get('b/file'), { n: 3, size: 6, digest: null, have: true, kept: true });
});

test('a file that is not sent completely is not there yet, and one of another size is altered', async () => {
  await assert.rejects(downloadBlob(fileLink({ complete: false }).link, 'file', 3), { code: 'not_there_yet' });
  await assert.rejects(downloadBlob(fileLink({ parts: 4 }).link, 'file', 3), { code: 'feed_altered' });
  const failing = (code) => ({
    diary: 'diary',
    api: {
      blob: async () => {
        throw new KeptError(code);
      },
    },
  });
  const check = (link) => requireComplete(standIn(link), 'file', 3);
  await assert.rejects(check(failing('not_found')), { code: 'not_there_yet' });
  await assert.rejects(check(failing('erased')), { code: 'erased' });
  await assert.rejects(check({ diary: 'd', api: { blob: async () => Promise.reject(new TypeError('x')) } }), TypeError);
});

test('a damaged part is dropped from a whole file and from half a file', () => {
  const dropped = [];
  const dropFrom = (have) => {
    let facts = null;
    const change = standIn({ drop: (name) => dropped.push(name), putJson: (_name, value) => (facts = value) });
    dropPart(change, { n: 3, size: 60, digest: null, have, kept: true }, 'file', 1, 20);
    return facts;
  };
  assert.deepEqual(dropFrom(true), { n: 3, size: 40, digest: null, have: [0, 2], kept: true });
  assert.deepEqual(dropFrom([1, 2]), { n: 3, size: 40, digest: null, have: [2], kept: true });
  assert.deepEqual(dropped, [partName('file', 1), partName('file', 1)]);
});

test('a receipt under an earlier key counts, and says whether others may have had that key', async () => {
  const { server, link } = await threeOnServer();
  const earlier = smallServer();
  const { c, env } = server.versions[0];
  const receipt = earlier.signed({ c, env, log: earlier.log, n: b64(randomBytes(16)), t: 'rcpt/v1', ts: 5 });
  const check = (olds) => checkReceipt(standIn(receipt), { ...link.pins, olds }, { c, env });
  await assert.rejects(check([]), { code: 'receipt_wrong' });
  await assert.rejects(check(undefined), { code: 'receipt_wrong' });
  const old = { log: earlier.log, pub: earlier.notary };
  assert.deepEqual(await check([{ ...old, below: null }]), { at: 5, checked: true });
  assert.deepEqual(await check([{ ...old, below: 9 }]), { at: 5, checked: false });
  await assert.rejects(check([{ ...old, log: 'other', below: null }]), { code: 'receipt_wrong' });
  await assert.rejects(checkReceipt(null, link.pins, { c, env }), { code: 'receipt_wrong' });
});

test('a head may still carry the signature of an earlier key', async () => {
  const { server, link } = await threeOnServer();
  const earlier = smallServer();
  const { sig: _sig, ...fields } = server.headAt(3);
  const head = earlier.signed(fields);
  const [diary, seq] = [link.diary, 3];
  const own = Uint8Array.from(Buffer.from(fields.head, 'base64url'));
  const check = (olds) => checkHead(standIn(head), { pins: { ...link.pins, olds }, diary, seq, head: own });
  await assert.rejects(check([]), { code: 'head_differs' });
  await check([{ log: earlier.log, pub: earlier.notary, below: 2 }]);
  await assert.rejects(checkHead(null, { pins: link.pins, diary, seq, head: own }), { code: 'head_differs' });
});

test('a version counts as stored only with a whole number, a valid receipt and the head that follows', async () => {
  const { server, open, app, link } = await threeOnServer();
  await saveEntry(app, 'four');
  const [item] = open.store.root.outbox;
  const { feed } = open.store.root;
  const sent = [];
  const pushWith = (change = {}, from = feed) =>
    pushVersion(
      {
        ...link,
        api: standIn({
          push: async (_diary, record, version, bytes) => {
            sent.push([record, version, bytes]);
            const { seq, receipt } = server.number(record, version, bytes);
            return { seq, receipt, head: server.headAt(seq), ...change };
          },
        }),
      },
      item,
      from,
    );
  const result = await pushWith();
  const { c, env, receipt } = server.versions[3];
  assert.deepEqual(result, {
    receipt,
    seq: 4,
    at: server.now,
    checked: true,
    c,
    env,
    feed: { seq: 4, head: server.headAt(4)?.head },
  });
  assert.deepEqual(sent[0].slice(0, 2), [item.record, item.version]);
  assert.equal(envDigest(decodePush(sent[0][2]).envelopes), env);
  assert.equal((await pushWith({}, { seq: 2, head: feed.head })).feed, null, 'another device wrote in between');
  for (const seq of [0, -1, '4', 4.5, null]) await assert.rejects(pushWith({ seq }), { code: 'garbage' });
  assert.equal((await pushWith({ seq: 1 })).seq, 1);
  await assert.rejects(pushWith({ receipt: { ...receipt, ts: 1 } }), { code: 'receipt_wrong' });
  await assert.rejects(pushWith({ head: server.headAt(3) }), { code: 'head_differs' });
  await assert.rejects(pushWith({}, { ...feed, head: b64(new Uint8Array(32)) }), { code: 'head_differs' });
  await assert.rejects(pushVersion(link, { record: item.record, version: 'gone' }, feed), { code: 'store_lost' });
});
