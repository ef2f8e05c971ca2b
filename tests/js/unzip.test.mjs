/** Hostile and damaged zip files. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { crc32, dataOffset, readEntries, baseName, unpack } from '#app/imports/unzip.js';
import { entrySource } from '#app/imports/unzip_stream.js';
import { ANDROID, androidZip, utf8, zip } from './chat_exports.mjs';

const makeSource = (bytes) => ({
  size: bytes.length,
  reads: 0,
  async read(start, end) {
    this.reads += end - start;
    assert.ok(start >= 0 && end <= bytes.length, 'within the file');
    return bytes.slice(start, end);
  },
});
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hasCode = (expected) => ({ code: expected });
const findMark = (bytes, mark, from = 0) => {
  for (let i = from; i < bytes.length - 4; i++) if (view(bytes).getUint32(i, true) === mark) return i;
  return -1;
};
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;

async function readText(bytes, name) {
  const file = makeSource(bytes);
  const entry = (await readEntries(file)).find((item) => item.name === name);
  if (!entry) throw Object.assign(new Error('another name'), { code: 'zip_absent' });
  return new TextDecoder().decode(await unpack(file, entry));
}

test('deflated and stored entries are read back, and only the requested text is read', async () => {
  const big = new Uint8Array(2_000_000).map((_, i) => (i * 7919) >> 3);
  const bytes = zip({
    '_chat.txt': utf8(ANDROID),
    'photo.jpg': [big, { level: 0 }],
    'folder/': new Uint8Array(0),
    'folder/a.txt': utf8('x'),
  });
  assert.equal(await readText(bytes, '_chat.txt'), ANDROID);
  assert.equal(await readText(bytes, 'folder/a.txt'), 'x');
  const file = makeSource(bytes);
  const entries = await readEntries(file);
  assert.deepEqual(
    entries.map(({ name }) => name),
    ['_chat.txt', 'photo.jpg', 'folder/a.txt'],
  );
  await unpack(file, entries[0]);
  assert.ok(file.reads < 200_000, String(file.reads));
  assert.equal(crc32(utf8('123456789')), 0xcbf43926);
});

test('an empty entry and an empty zip are not errors', async () => {
  assert.equal(await readText(zip({ 'a.txt': new Uint8Array(0) }), 'a.txt'), '');
  const emptyZip = new Uint8Array(22);
  view(emptyZip).setUint32(0, END, true);
  assert.deepEqual(await readEntries(makeSource(emptyZip)), []);
});

test('a truncated zip is reported as truncated, wherever it was cut', async () => {
  const intact = androidZip();
  for (const length of [0, 1, 10, 21, 100, intact.length >> 1, intact.length - 1]) {
    await assert.rejects(readEntries(makeSource(intact.slice(0, length))), hasCode('zip_half'), String(length));
  }
});

test('a byte changed anywhere never gives another text', async () => {
  const intact = zip({ '_chat.txt': utf8(ANDROID) });
  let refused = 0;
  for (let at = 0; at < intact.length; at++) {
    const bytes = intact.slice();
    bytes[at] ^= 0x55;
    const result = await readText(bytes, '_chat.txt').catch((error) => {
      assert.ok(error.code?.startsWith('zip_'), `${at}: ${error}`);
      refused++;
      return ANDROID;
    });
    assert.equal(result, ANDROID);
  }
  assert.ok(refused > intact.length * 0.7, `${refused} of ${intact.length}`);
});

test('zip bombs are refused: by ratio, by output, by number of entries, by size of the directory', async () => {
  const zeros = zip({ '_chat.txt': new Uint8Array(20_000_000) }, { level: 9 });
  const file = makeSource(zeros);
  const [entry] = await readEntries(file);
  await assert.rejects(unpack(file, entry), hasCode('zip_too_much'));
  let doneBytes = 0;
  // The header states a false size: as small as is still plausible.
  await assert.rejects(
    unpack(
      file,
      { ...entry, size: 100_000 },
      {
        pause: async (done) => {
          doneBytes = done;
        },
      },
    ),
    hasCode('zip_damaged'),
  );
  assert.ok(doneBytes < zeros.length);
  await assert.rejects(unpack(file, { ...entry, size: 70_000_000, packed: 60_000_000 }), hasCode('zip_too_much'));
  const many = zip({ 'a.txt': utf8('a') });
  view(many).setUint16(findMark(many, END) + 10, 65_000, true);
  await assert.rejects(readEntries(makeSource(many)), hasCode('zip_too_much'));
  const wide = zip({ 'a.txt': utf8('a') });
  view(wide).setUint32(findMark(wide, END) + 12, 0x7fffffff, true);
  await assert.rejects(readEntries(makeSource(wide)), hasCode('zip_too_much'));
});

test('a zip in a zip is a file like any other and is never opened', async () => {
  const bytes = zip({ 'inner.zip': androidZip() });
  assert.deepEqual(
    (await readEntries(makeSource(bytes))).map(({ name }) => name),
    ['inner.zip'],
  );
});

test('names that leave the folder are treated as text and open no path', async () => {
  const bytes = zip({ '../../../etc/_chat.txt': utf8('x'), '..\\..\\boot.txt': utf8('y') });
  assert.deepEqual(
    (await readEntries(makeSource(bytes))).map(({ name }) => baseName(name)),
    ['_chat.txt', 'boot.txt'],
  );
  assert.equal(await readText(bytes, '../../../etc/_chat.txt'), 'x');
});

test('a password, an unknown method and two names for one entry are refused', async () => {
  const locked = androidZip();
  view(locked).setUint16(findMark(locked, DIRECTORY) + 8, 1, true);
  await assert.rejects(readText(locked, 'WhatsApp Chat with Sam Hill.txt'), hasCode('zip_locked'));
  const unknownMethod = androidZip();
  view(unknownMethod).setUint16(findMark(unknownMethod, DIRECTORY) + 10, 93, true);
  await assert.rejects(readText(unknownMethod, 'WhatsApp Chat with Sam Hill.txt'), hasCode('zip_unknown'));
  const renamed = androidZip();
  renamed[30] ^= 1;
  await assert.rejects(readText(renamed, 'WhatsApp Chat with Sam Hill.txt'), hasCode('zip_damaged'));
});

/** The same zip with its numbers in zip64 form, as programs write it for large files. */
function zip64(bytes) {
  const [dir, end] = [findMark(bytes, DIRECTORY), findMark(bytes, END)];
  const v = view(bytes);
  const nameLength = v.getUint16(dir + 28, true);
  const extra = new Uint8Array(28);
  view(extra).setUint16(0, 1, true);
  view(extra).setUint16(2, 24, true);
  [v.getUint32(dir + 24, true), v.getUint32(dir + 20, true), v.getUint32(dir + 42, true)].forEach((n, i) =>
    view(extra).setBigUint64(4 + 8 * i, BigInt(n), true),
  );
  const row = bytes.slice(dir, dir + 46 + nameLength);
  for (const at of [20, 24, 42]) view(row).setUint32(at, 0xffffffff, true);
  view(row).setUint16(30, extra.length, true);
  const wide = new Uint8Array(56);
  view(wide).setUint32(0, 0x06064b50, true);
  [
    [4, 44],
    [24, 1],
    [32, 1],
    [40, row.length + extra.length],
    [48, dir],
  ].forEach(([at, n]) => view(wide).setBigUint64(at, BigInt(n), true));
  const locator = new Uint8Array(20);
  view(locator).setUint32(0, 0x07064b50, true);
  view(locator).setBigUint64(8, BigInt(dir + row.length + extra.length), true);
  const tail = bytes.slice(end);
  view(tail).setUint16(8, 0xffff, true);
  view(tail).setUint16(10, 0xffff, true);
  view(tail).setUint32(12, 0xffffffff, true);
  view(tail).setUint32(16, 0xffffffff, true);
  return new Uint8Array([...bytes.slice(0, dir), ...row, ...extra, ...wide, ...locator, ...tail]);
}

test('zip64 is read, and false numbers in it are refused', async () => {
  const bytes = zip64(zip({ '_chat.txt': utf8(ANDROID) }));
  assert.equal(await readText(bytes, '_chat.txt'), ANDROID);
  for (const at of [8, 32, 40, 48]) {
    const tampered = bytes.slice();
    const wide = findMark(tampered, 0x06064b50);
    view(tampered).setBigUint64(at === 8 ? findMark(tampered, 0x07064b50) + 8 : wide + at, 0xffffffffffffffffn, true);
    await assert.rejects(readEntries(makeSource(tampered)), ({ code: c }) =>
      ['zip_damaged', 'zip_too_much'].includes(c),
    );
  }
});

test('unpacking can be stopped between two pieces', async () => {
  const noise = new Uint8Array(400_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
  const file = makeSource(zip({ 'a.txt': noise }));
  const [entry] = await readEntries(file);
  await assert.rejects(
    unpack(file, entry, {
      pause: async () => {
        throw new Error('stopped');
      },
    }),
    /stopped/,
  );
  assert.ok(file.reads < 200_000);
});

/** A copy with some numbers changed: [place, value], 16 bits wide, or 32 if a third item is true. */
function withNumbers(bytes, ...changes) {
  const copy = bytes.slice();
  for (const [at, value, wide] of changes) {
    if (wide) view(copy).setUint32(at, value, true);
    else view(copy).setUint16(at, value, true);
  }
  return copy;
}
const LOCAL = 0x04034b50;
const damaged = hasCode('zip_damaged');

test('each signature must be there: of an entry, of the directory, of the zip64 end and of its locator', async () => {
  const twoEntries = zip({ 'a.txt': utf8('a'), 'b.txt': utf8('b') });
  const firstRow = findMark(twoEntries, DIRECTORY);
  for (const at of [firstRow, findMark(twoEntries, DIRECTORY, firstRow + 4)])
    await assert.rejects(readEntries(makeSource(withNumbers(twoEntries, [at, 1, true]))), damaged);
  for (const [name, at] of [
    ['a.txt', 0],
    ['b.txt', findMark(twoEntries, LOCAL, 4)],
  ])
    await assert.rejects(readText(withNumbers(twoEntries, [at, 1, true]), name), damaged);
  const wide = zip64(zip({ 'a.txt': utf8('a') }));
  for (const mark of [0x06064b50, 0x07064b50])
    await assert.rejects(readEntries(makeSource(withNumbers(wide, [findMark(wide, mark), 1, true]))), damaged);
  const bareEnd = new Uint8Array(22);
  await assert.rejects(readEntries(makeSource(withNumbers(bareEnd, [0, END, true], [10, 0xffff]))), damaged);
});

test('an end record with only one zip64 number is read as zip64', async () => {
  const wide = zip64(zip({ 'a.txt': utf8('a') }));
  const plain = zip({ 'a.txt': utf8('a') });
  const [end, was] = [findMark(wide, END), findMark(plain, END)];
  const directory = {
    count: view(plain).getUint16(was + 10, true),
    size: 46 + 5 + 28,
    at: view(plain).getUint32(was + 16, true),
  };
  for (const keep of ['count', 'size', 'at']) {
    const numbers = [
      [end + 10, keep === 'count' ? 0xffff : directory.count],
      [end + 12, keep === 'size' ? 0xffffffff : directory.size, true],
      [end + 16, keep === 'at' ? 0xffffffff : directory.at, true],
    ];
    assert.equal(await readText(withNumbers(wide, ...numbers), 'a.txt'), 'a');
    // The zip64 numbers count, so false ones are refused.
    const tampered = withNumbers(wide, ...numbers);
    view(tampered).setBigUint64(findMark(tampered, 0x06064b50) + 32, 2n, true);
    await assert.rejects(readEntries(makeSource(tampered)), damaged);
  }
});

test('a comment may be as long as allowed, with what looks like an end in it', async () => {
  const bytes = zip({ 'a.txt': utf8('a') });
  for (const length of [1, 21, 300, 65_535]) {
    const comment = new Uint8Array(length);
    if (length > 40) view(comment).setUint32(length - 30, END, true);
    const withComment = new Uint8Array([...withNumbers(bytes, [bytes.length - 2, length]), ...comment]);
    assert.equal(await readText(withComment, 'a.txt'), 'a', String(length));
    await assert.rejects(readEntries(makeSource(withComment.slice(0, -1))), hasCode('zip_half'));
  }
});

test('unknown extra fields before, after and inside are skipped', async () => {
  const extra = { 0x7777: new Uint8Array(300).fill(1), 0x7778: new Uint8Array(3) };
  const bytes = zip({
    'a.txt': [utf8('first'), { extra, comment: 'c'.repeat(300) }],
    'b.txt': [utf8('second'), { extra }],
  });
  assert.deepEqual([await readText(bytes, 'a.txt'), await readText(bytes, 'b.txt')], ['first', 'second']);
  // The zip64 numbers after another extra field of the same entry.
  const plain = zip64(zip({ 'a.txt': utf8('a') }));
  const [dir, wide, locator] = [DIRECTORY, 0x06064b50, 0x07064b50].map((mark) => findMark(plain, mark));
  const extraField = new Uint8Array([0x77, 0x77, 5, 0, 1, 2, 3, 4, 5]);
  const at = dir + 46 + 5;
  const grown = new Uint8Array([...plain.slice(0, at), ...extraField, ...plain.slice(at)]);
  view(grown).setUint16(dir + 30, 28 + extraField.length, true);
  view(grown).setBigUint64(wide + extraField.length + 40, BigInt(wide + extraField.length - dir), true);
  view(grown).setBigUint64(locator + extraField.length + 8, BigInt(wide + extraField.length), true);
  assert.equal(await readText(grown, 'a.txt'), 'a');
  for (const length of [0, 8, 23])
    await assert.rejects(
      readEntries(makeSource(withNumbers(grown, [at + extraField.length + 2, length]))),
      damaged,
      String(length),
    );
});

test('what the directory says must fit inside the file, to the byte', async () => {
  const bytes = zip({ 'a.txt': [utf8('stored'), { level: 0 }] });
  const [dir, end] = [findMark(bytes, DIRECTORY), findMark(bytes, END)];
  for (const changes of [
    [[end + 10, 2]],
    [[end + 12, 50, true]],
    [[end + 16, dir + 1, true]],
    [[dir + 28, 6]],
    [[dir + 30, 1]],
    [[dir + 20, 100, true]],
    [[dir + 42, dir, true]],
  ])
    await assert.rejects(readEntries(makeSource(withNumbers(bytes, ...changes))), damaged, JSON.stringify(changes));
  const file = makeSource(bytes);
  const [entry] = await readEntries(file);
  assert.equal(await dataOffset(file, entry), 35);
  for (const change of [
    { offset: bytes.length - 29 },
    { offset: bytes.length },
    { packed: bytes.length - 34 },
    { name: 'b.txt' },
    { offset: 1 },
  ]) {
    await assert.rejects(dataOffset(file, { ...entry, ...change }), damaged, JSON.stringify(change));
  }
  assert.equal(await dataOffset(file, { ...entry, packed: bytes.length - 35 }), 35);
});

test('unpacking gives exactly what the directory says, and otherwise fails', async () => {
  const noise = new Uint8Array(200_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
  for (const level of [0, 6]) {
    const file = makeSource(zip({ 'a.txt': [noise, { level }] }));
    const [entry] = await readEntries(file);
    const progress = [];
    assert.deepEqual(
      await unpack(file, entry, {
        pause: async (done, total) => {
          progress.push([done, total]);
        },
      }),
      noise,
    );
    assert.deepEqual(
      [progress.length, progress.at(-1)],
      [Math.ceil(entry.packed / 65_536), [entry.packed, entry.packed]],
    );
    for (const [change, options, end] of /** @type {[Partial<typeof entry>, {limit?: number}, string][]} */ ([
      [{ crc: entry.crc ^ 1 }, {}, 'zip_damaged'],
      [{ size: entry.size - 1 }, {}, 'zip_damaged'],
      [{ size: entry.size + 1 }, {}, 'zip_damaged'],
      [{ packed: entry.packed - 1 }, {}, 'zip_damaged'],
      [{ locked: true }, {}, 'zip_locked'],
      [{ method: 9 }, {}, 'zip_unknown'],
      [{}, { limit: entry.size - 1 }, 'zip_too_much'],
      [{ packed: 1, size: 65_536 + 101 }, {}, 'zip_too_much'],
    ]))
      await assert.rejects(
        unpack(file, { ...entry, ...change }, options),
        hasCode(end),
        JSON.stringify([level, change, options]),
      );
    assert.equal((await unpack(file, entry, { limit: entry.size })).length, noise.length);
  }
  const broken = makeSource(zip({ 'a.txt': [noise, { level: 6 }] }).map((byte, i) => (i === 35 ? 0xff : byte)));
  await assert.rejects(unpack(broken, (await readEntries(broken))[0]), damaged);
});

/** All bytes of an entry, read as a file in pieces of `size`. */
async function streamed(file, entry, size) {
  const entryFile = await entrySource(file, entry);
  const pieces = [];
  for (let at = 0; at < entryFile.size; at += size)
    pieces.push(await entryFile.read(at, Math.min(entryFile.size, at + size)));
  await entryFile.check();
  return Buffer.concat(pieces);
}

test('an entry as a file: it is read from front to back in pieces of any size, and checked at the end', async () => {
  const noise = new Uint8Array(200_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
  for (const level of [0, 6]) {
    const file = makeSource(zip({ 'a.bin': [noise, { level }] }));
    const [entry] = await readEntries(file);
    for (const size of [1_000, 65_536, 100_001, 200_000])
      assert.deepEqual(await streamed(file, entry, size), Buffer.from(noise));
    const entryFile = await entrySource(file, entry);
    assert.equal(entryFile.size, noise.length);
    for (const at of [1, 100]) await assert.rejects(entryFile.read(at, 200), damaged, 'not where the last one ended');
    assert.deepEqual(await entryFile.read(0, 100), noise.slice(0, 100));
    for (const at of [0, 99, 101]) await assert.rejects(entryFile.read(at, 200), damaged);
    assert.deepEqual(await entryFile.read(100, 200), noise.slice(100, 200));
    await assert.rejects(entryFile.check(), damaged, 'not all of it was read');
    await assert.rejects(entryFile.read(200, 200_001), damaged, 'more bytes than there are');
    /** @type {Partial<typeof entry>[]} */
    const changes = [
      { crc: entry.crc ^ 1 },
      { size: entry.size - 1 },
      { size: entry.size + 1 },
      { packed: entry.packed - 1 },
      { name: 'b' },
    ];
    for (const change of changes)
      await assert.rejects(streamed(file, { ...entry, ...change }, 65_536), damaged, JSON.stringify([level, change]));
    for (const [change, end] of /** @type {[Partial<typeof entry>, string][]} */ ([
      [{ locked: true }, 'zip_locked'],
      [{ method: 9 }, 'zip_unknown'],
      [{ packed: 1, size: 65_536 + 101, method: 8 }, 'zip_too_much'],
    ]))
      await assert.rejects(entrySource(file, { ...entry, ...change }), hasCode(end));
  }
  const stored = makeSource(zip({ 'a.bin': [noise, { level: 0 }] }));
  const [entry] = await readEntries(stored);
  await assert.rejects(
    entrySource(stored, { ...entry, size: entry.size - 1 }),
    damaged,
    'a stored entry has the stated length',
  );
  const broken = makeSource(zip({ 'a.bin': [noise, { level: 6 }] }).map((byte, i) => (i === 35 ? 0xff : byte)));
  await assert.rejects(streamed(broken, (await readEntries(broken))[0], 65_536), damaged);
  const emptyEntry = makeSource(zip({ 'a.bin': new Uint8Array(0) }));
  assert.equal((await streamed(emptyEntry, (await readEntries(emptyEntry))[0], 10)).length, 0);
});

test('the CRC goes on from an earlier value', () => {
  assert.equal(crc32(utf8('6789'), crc32(utf8('12345'))), crc32(utf8('123456789')));
  assert.deepEqual(
    [crc32(new Uint8Array(0)), crc32(Uint8Array.of(0)), crc32(Uint8Array.of(255))],
    [0, 0xd202ef8d, 0xff000000],
  );
});
