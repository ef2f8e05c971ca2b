/** Files that are taken in: into the tray before the words are typed, and sealed part by part into the open diary. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { b64, concat, randomBytes } from '#app/core/bytes.js';
import { FILE_PART_BYTES } from '#app/core/constants.js';
import { KeptError } from '#app/core/errors.js';
import { parseCanonicalObject } from '#app/core/encoding.js';
import { readUnverifiedHeader } from '#app/crypto/envelope.js';
import { hpkeOpen } from '#app/crypto/hpke.js';
import { newKeyPair } from '#app/crypto/signing.js';
import { newDraftKey } from '#app/crypto/worker/draft_key.js';
import {
  blobsOf,
  deleteHalfFiles,
  deleteUnnamed,
  removeFromFilling,
  sealFile,
  sendBlobs,
} from '#app/diary/attachments/sealing.js';
import {
  addToTray,
  captureSealer,
  draftKeySealer,
  listTrayFiles,
  partOpener,
  removeFromTray,
} from '#app/diary/drafts/tray_files.js';
import { partName } from '#app/net/blobs.js';
import { MemoryDatabase } from '#app/store/memory.js';
import { dropParts, filesInTray, putPart } from '#app/store/staging.js';
import { NOON, PNG, file, phoneWithEntry } from './phone/phone.mjs';
import { standIn } from './phone/stand_in.mjs';

/** @typedef {import('#app/store/database.js').Database} Database */
/** @typedef {import('#app/diary/types.js').Vault} Vault */

const INSTALL = new Uint8Array(16).fill(3);
const hexDigest = (name, bytes) => createHash(name).update(bytes).digest('hex');
const newTray = () => standIn(new MemoryDatabase());
const draftOpener = (key) => partOpener({ key, vault: null, install: INSTALL });

/** Three parts, the last one short. */
const LONG = new Uint8Array(2 * FILE_PART_BYTES + 7).map((_, i) => i % 251);

/** Read a tray file as its later reader does. */
async function readAll({ source }) {
  const parts = [];
  for (let start = 0; start < source.size; start += FILE_PART_BYTES)
    parts.push(await source.read(start, Math.min(source.size, start + FILE_PART_BYTES)));
  return concat(...parts);
}

test('a file goes into the tray in sealed parts and comes out as it was', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  const progress = [];
  const received = await addToTray(database, file(LONG, 'long.bin', ''), draftKeySealer(key), {
    route: 'files',
    at: NOON,
    onProgress: (...place) => progress.push(place),
  });
  assert.deepEqual(progress, [
    [FILE_PART_BYTES, LONG.length],
    [2 * FILE_PART_BYTES, LONG.length],
    [LONG.length, LONG.length],
  ]);
  const { attachment, kind: _kind, magic: _magic, ...facts } = received;
  assert.deepEqual(facts, {
    name: 'long.bin',
    size: LONG.length,
    claimed: '',
    route: 'files',
    received_at: NOON,
    last_modified: NOON - 1000,
    sha256: hexDigest('sha256', LONG),
    sha512: hexDigest('sha512', LONG),
    flags: [],
    gps_present: null,
    received: { blob: '', key: '', n: 0 },
    renditions: [],
    outside_copy: null,
  });
  const { files, halves } = await listTrayFiles(database, draftOpener(key));
  assert.deepEqual([files.length, halves], [1, []]);
  const [waiting] = files;
  assert.deepEqual(
    [waiting.id, waiting.route, waiting.at, waiting.captured, waiting.keys.length],
    [attachment, 'files', NOON, null, 3],
  );
  const { name, type, size, lastModified } = waiting.source;
  assert.deepEqual([name, type, size, lastModified], ['long.bin', '', LONG.length, NOON - 1000]);
  assert.deepEqual(await readAll(waiting), LONG);
  await waiting.source.check();
});

test('a long name does not shift the bytes of a part', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  const name = 'n'.repeat(700);
  await addToTray(database, file(PNG, name), draftKeySealer(key), { route: 'files', at: NOON });
  const [waiting] = (await listTrayFiles(database, draftOpener(key))).files;
  assert.equal(waiting.source.name, name);
  assert.deepEqual(await readAll(waiting), PNG);
});

test('a type that does not fit the bytes is noted', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  const options = { route: 'files', at: NOON };
  const add = (bytes, name, type) => addToTray(database, file(bytes, name, type), draftKeySealer(key), options);
  assert.deepEqual((await add(PNG, 'shot.png', 'image/png')).flags, []);
  assert.equal((await add(PNG, 'shot.png', 'image/png')).magic, 'image/png');
  assert.deepEqual((await add(PNG, 'note.pdf', 'application/pdf')).flags, ['type_mismatch']);
});

test('a file in the tray is read part by part, and a part that is lost or of another length is reported', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  await addToTray(database, file(LONG, 'long.bin', ''), draftKeySealer(key), { route: 'files', at: NOON });
  const [{ source, keys }] = (await listTrayFiles(database, draftOpener(key))).files;
  for (const [start, end] of [
    [1, 5],
    [0, FILE_PART_BYTES + 1],
    [FILE_PART_BYTES - 1, FILE_PART_BYTES],
    [1, FILE_PART_BYTES + 2],
  ])
    await assert.rejects(source.read(start, end), RangeError);
  await assert.rejects(source.read(0, 5), { code: 'store_lost' });
  await assert.rejects(source.read(2 * FILE_PART_BYTES, 3 * FILE_PART_BYTES), { code: 'store_lost' });
  await assert.rejects(source.read(3 * FILE_PART_BYTES, 3 * FILE_PART_BYTES + 1), { code: 'store_lost' });
  await dropParts(database, [keys[1]]);
  await assert.rejects(source.read(FILE_PART_BYTES, 2 * FILE_PART_BYTES), { code: 'store_lost' });
  assert.equal((await source.read(0, FILE_PART_BYTES)).length, FILE_PART_BYTES);
});

test('half a file is told apart from a whole one, and what does not open is in neither list', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  const add = (name, at, opener = key) =>
    addToTray(database, file(LONG, name, ''), draftKeySealer(opener), { route: 'files', at });
  await add('second', NOON + 1);
  await add('first', NOON);
  await add('half', NOON + 2);
  await add('of another key', NOON, await newDraftKey());
  const before = (await listTrayFiles(database, draftOpener(key))).files;
  assert.deepEqual(
    before.map(({ source }) => source.name),
    ['first', 'second', 'half'],
    'the oldest first',
  );
  await dropParts(database, [before[2].keys[2]]);
  const { files, halves } = await listTrayFiles(database, draftOpener(key));
  assert.deepEqual(
    files.map(({ source }) => source.name),
    ['first', 'second'],
  );
  assert.deepEqual(halves, before[2].keys.slice(0, 2));
  assert.equal((await filesInTray(database)).length, 4);
});

test('a lock or a lost store while the tray is read is not taken for a file that does not open', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  await addToTray(database, file(PNG), draftKeySealer(key), { route: 'files', at: NOON });
  const failing = (code) => async () => {
    throw new KeptError(code);
  };
  for (const code of ['locked', 'store_lost']) await assert.rejects(listTrayFiles(database, failing(code)), { code });
  assert.deepEqual(await listTrayFiles(database, failing('not_opened')), { files: [], halves: [] });
  const withoutKey = partOpener({ key: null, vault: null, install: INSTALL });
  assert.deepEqual(await listTrayFiles(database, withoutKey), { files: [], halves: [] });
  assert.throws(() => withoutKey(new Uint8Array(40)), { code: 'not_opened' });
});

test('a file captured on a locked phone opens only with the vault, for this install and this moment', async () => {
  const database = newTray();
  const pair = await newKeyPair();
  const opened = [];
  const vault = standIn({
    openCapture: async (sealed, header) => {
      opened.push(header);
      return hpkeOpen(pair.scalar, sealed, 'capture', header);
    },
  });
  const sealer = captureSealer({ install: INSTALL, capture_pub: pair.pub }, NOON);
  await addToTray(database, file(LONG, 'long.bin', ''), sealer, {
    route: 'camera',
    at: NOON,
    captured: { tz: 'Europe/London', by: 'picture page' },
  });
  const [{ keys }] = await filesInTray(database);
  const sealed = await database.trayItem(keys[0]);
  assert.deepEqual(readUnverifiedHeader(sealed, 'capture'), { at: NOON, install: b64(INSTALL), t: 'capture' });
  const unseal = partOpener({ key: null, vault, install: INSTALL });
  const plaintext = await unseal(sealed);
  const header = parseCanonicalObject(plaintext.subarray(2, 2 + plaintext[0] * 256 + plaintext[1]));
  assert.deepEqual(header, {
    k: 'captured',
    tz: 'Europe/London',
    by: 'picture page',
    sha256: hexDigest('sha256', LONG),
    at: NOON,
    i: 0,
    n: 3,
    name: 'long.bin',
    type: '',
    size: LONG.length,
    last_modified: NOON - 1000,
    route: 'camera',
  });
  const [waiting] = (await listTrayFiles(database, unseal)).files;
  assert.deepEqual(waiting.captured, { tz: 'Europe/London', sha256: hexDigest('sha256', LONG) });
  assert.deepEqual(await readAll(waiting), LONG);
  assert.deepEqual(opened.at(-1), { at: NOON, install: b64(INSTALL), t: 'capture' });
  await assert.rejects(listTrayFiles(database, partOpener({ key: null, vault: null, install: INSTALL })), {
    code: 'locked',
  });
  const elsewhere = partOpener({ key: null, vault, install: new Uint8Array(16) });
  assert.deepEqual((await listTrayFiles(database, elsewhere)).files, []);
});

test('the header of a part of a chosen file names it as a file, with its part number', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  await addToTray(database, file(LONG, 'long.bin', ''), draftKeySealer(key), { route: 'files', at: NOON });
  const [{ keys }] = await filesInTray(database);
  const headers = [];
  for (const partKey of keys) {
    const plaintext = await draftOpener(key)(await database.trayItem(partKey));
    headers.push(parseCanonicalObject(plaintext.subarray(2, 2 + plaintext[0] * 256 + plaintext[1])));
  }
  assert.deepEqual(
    headers.map(({ k, i, n, sha256 }) => [k, i, n, sha256]),
    [
      ['file', 0, 3, undefined],
      ['file', 1, 3, undefined],
      ['file', 2, 3, undefined],
    ],
  );
});

test('removing files from the tray leaves the others', async () => {
  const [database, key] = [newTray(), await newDraftKey()];
  const options = { route: 'files', at: NOON };
  const first = await addToTray(database, file(LONG, 'first', ''), draftKeySealer(key), options);
  const second = await addToTray(database, file(PNG, 'second'), draftKeySealer(key), options);
  await removeFromTray({ database }, key, [first.attachment]);
  assert.deepEqual(
    (await filesInTray(database)).map(({ id }) => b64(id)),
    [second.attachment],
  );
  await putPart(database, randomBytes(16), 0, new Uint8Array(50));
  await removeFromTray({ database }, key, [second.attachment]);
  assert.equal((await filesInTray(database)).length, 1, 'what does not open stays');
});

let device;
before(async () => {
  device = await phoneWithEntry();
});
after(() => device.phone.end());

const sourceOf = (bytes, name = 'shot.png', type = 'image/png', more = {}) => ({
  name,
  type,
  size: bytes.length,
  lastModified: NOON,
  read: async (start, end) => bytes.slice(start, end),
  check: async () => undefined,
  ...more,
});
const copy = (purpose, length) => ({
  purpose,
  bytes: new Uint8Array(length).fill(7),
  width: 90,
  height: 190,
  media_type: 'image/jpeg',
  recipe: 'test',
});
/** @returns {import('#app/media/previews.js').PictureMaker} */
const maker = (change = {}) => standIn({ make: async () => [copy('print', 500), copy('preview', 90)], ...change });
const seal = (source, pictures = maker(), more = {}) =>
  sealFile(device.phone.ctx.open, source, { route: 'files', at: NOON, pictures, ...more });
const storeNow = () => device.phone.ctx.open.store;
const isStored = async ({ blob }) => (await storeNow().readJson(`b/${blob}`)) !== null;

test('a sealed file has its digests, its copies and its catalogue, and waits to be named', async () => {
  const picture = concat(PNG, new Uint8Array(3_000));
  const progress = [];
  const sealed = await seal(sourceOf(picture), maker(), {
    attachment: 'given',
    onProgress: (...place) => progress.push(place),
  });
  assert.deepEqual(progress, [[picture.length, picture.length]]);
  assert.deepEqual(
    [sealed.attachment, sealed.sha256, sealed.sha512, sealed.flags, sealed.about, sealed.outside_copy],
    ['given', hexDigest('sha256', picture), hexDigest('sha512', picture), [], { place: false }, null],
  );
  assert.deepEqual(
    sealed.renditions.map(({ purpose, sha256, size_bytes, width, height, media_type, recipe, n }) => [
      purpose,
      sha256,
      size_bytes,
      width,
      height,
      media_type,
      recipe,
      n,
    ]),
    [
      ['print', hexDigest('sha256', copy('', 500).bytes), 500, 90, 190, 'image/jpeg', 'test', 1],
      ['preview', hexDigest('sha256', copy('', 90).bytes), 90, 90, 190, 'image/jpeg', 'test', 1],
    ],
  );
  const blobs = blobsOf(sealed);
  assert.equal(blobs.length, 3);
  assert.deepEqual(
    storeNow().root.filling,
    blobs.map(({ blob }) => blob),
  );
  for (const { blob } of blobs) {
    const { n, digest, have, kept, size } = await storeNow().readJson(`b/${blob}`);
    assert.deepEqual([n, typeof digest, have, kept], [1, 'string', true, false]);
    assert.equal((await storeNow().read(partName(blob, 0))).bytes.length, size);
  }
  await storeNow().change((root) => sendBlobs(root, blobs.slice(1), 'entry'));
  assert.deepEqual(storeNow().root.filling, [blobs[0].blob]);
  assert.deepEqual(
    storeNow().root.uploads,
    blobs.slice(1).map(({ blob }) => ({ blob, of: 'entry' })),
  );
  await storeNow().change((root) => {
    removeFromFilling(root, blobs);
    root.uploads = [];
  });
  assert.deepEqual(storeNow().root.filling, []);
});

test('a file of several parts is reported part by part, and other files get no copies', async () => {
  const progress = [];
  const made = [];
  const sealed = await seal(
    sourceOf(LONG, 'long.bin', ''),
    maker({ make: async (blob) => void made.push(blob), film: async (blob) => void made.push(blob) }),
    { onProgress: (...place) => progress.push(place) },
  );
  assert.deepEqual(progress, [
    [FILE_PART_BYTES, LONG.length],
    [2 * FILE_PART_BYTES, LONG.length],
    [LONG.length, LONG.length],
  ]);
  assert.deepEqual([sealed.received.n, sealed.renditions, made, sealed.flags], [3, [], [], []]);
});

test('a picture without a copy says so; a film gets a still and its length, where films are read', async () => {
  const without = await seal(sourceOf(PNG), maker({ make: async () => null }));
  assert.deepEqual([without.flags, without.renditions, without.gps_present], [['no_print_copy'], [], false]);
  const film = concat(Uint8Array.of(0, 0, 0, 24), new TextEncoder().encode('ftypisom'), new Uint8Array(60));
  const seen = [];
  const still = await seal(
    sourceOf(film, 'film.mp4', 'video/mp4'),
    maker({
      film: async (blob) => {
        seen.push([blob.type, blob.size]);
        return { made: [copy('preview', 90)], duration_ms: 4_000 };
      },
    }),
  );
  assert.deepEqual(seen, [['video/mp4', film.length]]);
  assert.deepEqual([still.renditions.length, still.flags, still.about?.duration_ms], [1, [], 4_000]);
  const noFilms = await seal(sourceOf(film, 'film.mp4', 'video/mp4'));
  assert.deepEqual([noFilms.renditions, noFilms.about?.duration_ms], [[], undefined]);
  const failed = await seal(sourceOf(film, 'film.mp4', 'video/mp4'), maker({ film: async () => null }));
  assert.deepEqual([failed.renditions, failed.flags], [[], []]);
});

test('a picture whose type does not fit its name is noted', async () => {
  const sealed = await seal(sourceOf(PNG, 'note.pdf', 'application/pdf'));
  assert.deepEqual(sealed.flags, ['type_mismatch']);
  assert.equal(sealed.magic, 'image/png');
});

test('a file that fails half-way leaves nothing on the phone', async () => {
  const before = [...storeNow().root.filling];
  const failing = async (source, pictures = maker()) => {
    await assert.rejects(seal(source, pictures), { code: 'file_changed' });
    assert.deepEqual(storeNow().root.filling, before);
  };
  const changed = async () => {
    throw new KeptError('file_changed');
  };
  await failing(sourceOf(PNG, 'a.png', 'image/png', { check: changed }));
  await failing(
    sourceOf(LONG, 'long.bin', '', {
      read: async (start, end) => (start ? changed() : LONG.slice(start, end)),
    }),
  );
  await failing(sourceOf(PNG), maker({ make: changed }));
  const begun = new Set();
  const { change } = storeNow();
  storeNow().change = function (act, options) {
    return Reflect.apply(change, this, [
      async (root, pending) => {
        const result = await act(root, pending);
        for (const blob of root.filling) begun.add(blob);
        return result;
      },
      options,
    ]);
  };
  await failing(sourceOf(LONG, 'long.bin', '', { check: changed }));
  storeNow().change = change;
  const [ofThis] = [...begun].filter((blob) => !before.includes(blob));
  assert.ok(ofThis, 'a part was stored');
  assert.equal(await isStored({ blob: ofThis }), false);
  assert.equal(await storeNow().read(partName(ofThis, 0)), null);
});

test('at an unlock only what nothing names is deleted', async () => {
  const [kept, half] = [await seal(sourceOf(PNG)), await seal(sourceOf(PNG))];
  const all = [...blobsOf(kept), ...blobsOf(half)];
  await storeNow().change((root) => {
    root.filling = blobsOf(half).map(({ blob }) => blob);
  });
  await deleteHalfFiles(
    storeNow(),
    all.map(({ blob }) => blob),
  );
  for (const blob of blobsOf(kept)) assert.equal(await isStored(blob), true);
  for (const blob of blobsOf(half)) {
    assert.equal(await isStored(blob), false);
    assert.equal(await storeNow().read(partName(blob.blob, 0)), null);
  }
  assert.deepEqual(storeNow().root.filling, []);
  await deleteUnnamed(storeNow(), blobsOf(kept));
  for (const blob of blobsOf(kept)) assert.equal(await isStored(blob), true);
});
