/** Zip files that somebody made to hurt, or that broke on the way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { crc32, entriesOf, plainName, unpack } from '../../static/js/record/unzip.js';
import { ANDROID, androidZip, utf8, zip } from './exports.mjs';

const source = (bytes) => ({ size: bytes.length, reads: 0, async read(from, to) { this.reads += to - from; assert.ok(from >= 0 && to <= bytes.length, 'within the file'); return bytes.slice(from, to); } });
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const code = (expected) => ({ code: expected });
const find = (bytes, mark, from = 0) => { for (let i = from; i < bytes.length - 4; i++) if (view(bytes).getUint32(i, true) === mark) return i; return -1; };
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;

async function text(bytes, name) {
  const file = source(bytes);
  const entry = (await entriesOf(file)).find((one) => one.name === name);
  if (!entry) throw Object.assign(new Error('another name'), { code: 'zip_absent' });
  return new TextDecoder().decode(await unpack(file, entry));
}

test('what was packed comes out, packed or stored, and only the text asked for is read', async () => {
  const big = new Uint8Array(2_000_000).map((_, i) => (i * 7919) >> 3);
  const bytes = zip({ '_chat.txt': utf8(ANDROID), 'photo.jpg': [big, { level: 0 }], 'folder/': new Uint8Array(0), 'folder/a.txt': utf8('x') });
  assert.equal(await text(bytes, '_chat.txt'), ANDROID);
  assert.equal(await text(bytes, 'folder/a.txt'), 'x');
  const file = source(bytes);
  const entries = await entriesOf(file);
  assert.deepEqual(entries.map(({ name }) => name), ['_chat.txt', 'photo.jpg', 'folder/a.txt']);
  await unpack(file, entries[0]);
  assert.ok(file.reads < 200_000, String(file.reads));
  assert.equal(crc32(utf8('123456789')), 0xcbf43926);
});

test('an empty entry and an empty zip are no failure', async () => {
  assert.equal(await text(zip({ 'a.txt': new Uint8Array(0) }), 'a.txt'), '');
  const none = new Uint8Array(22);
  view(none).setUint32(0, END, true);
  assert.deepEqual(await entriesOf(source(none)), []);
});

test('half a zip is named as half, wherever it was cut', async () => {
  const whole = androidZip();
  for (const part of [0, 1, 10, 21, 100, whole.length >> 1, whole.length - 1]) {
    await assert.rejects(entriesOf(source(whole.slice(0, part))), code('zip_half'), String(part));
  }
});

test('a byte changed anywhere never gives other words', async () => {
  const whole = zip({ '_chat.txt': utf8(ANDROID) });
  let refused = 0;
  for (let at = 0; at < whole.length; at++) {
    const bytes = whole.slice();
    bytes[at] ^= 0x55;
    const got = await text(bytes, '_chat.txt').catch((error) => { assert.ok(error.code?.startsWith('zip_'), `${at}: ${error}`); refused++; return ANDROID; });
    assert.equal(got, ANDROID);
  }
  assert.ok(refused > whole.length * 0.7, `${refused} of ${whole.length}`);
});

test('bombs: by ratio, by what comes out, by number of entries, by size of the directory', async () => {
  const zeros = zip({ '_chat.txt': new Uint8Array(20_000_000) }, { level: 9 });
  const file = source(zeros);
  const [entry] = await entriesOf(file);
  await assert.rejects(unpack(file, entry), code('zip_too_much'));
  let out = 0;
  // The header lies: it says as little as would be believed.
  await assert.rejects(unpack(file, { ...entry, size: 100_000 }, { pause: async (done) => { out = done; } }), code('zip_damaged'));
  assert.ok(out < zeros.length);
  await assert.rejects(unpack(file, { ...entry, size: 70_000_000, packed: 60_000_000 }), code('zip_too_much'));
  const many = zip({ 'a.txt': utf8('a') });
  view(many).setUint16(find(many, END) + 10, 65_000, true);
  await assert.rejects(entriesOf(source(many)), code('zip_too_much'));
  const wide = zip({ 'a.txt': utf8('a') });
  view(wide).setUint32(find(wide, END) + 12, 0x7fffffff, true);
  await assert.rejects(entriesOf(source(wide)), code('zip_too_much'));
});

test('a zip in a zip is a file like another and is never opened', async () => {
  const bytes = zip({ 'inner.zip': androidZip() });
  assert.deepEqual((await entriesOf(source(bytes))).map(({ name }) => name), ['inner.zip']);
});

test('names that climb are text, and lead nowhere', async () => {
  const bytes = zip({ '../../../etc/_chat.txt': utf8('x'), '..\\..\\boot.txt': utf8('y') });
  assert.deepEqual((await entriesOf(source(bytes))).map(({ name }) => plainName(name)), ['_chat.txt', 'boot.txt']);
  assert.equal(await text(bytes, '../../../etc/_chat.txt'), 'x');
});

test('a password, another way of packing, two names for one entry', async () => {
  const locked = androidZip();
  view(locked).setUint16(find(locked, DIRECTORY) + 8, 1, true);
  await assert.rejects(text(locked, 'WhatsApp Chat with Sam Hill.txt'), code('zip_locked'));
  const odd = androidZip();
  view(odd).setUint16(find(odd, DIRECTORY) + 10, 93, true);
  await assert.rejects(text(odd, 'WhatsApp Chat with Sam Hill.txt'), code('zip_unknown'));
  const two = androidZip();
  two[30] ^= 1;
  await assert.rejects(text(two, 'WhatsApp Chat with Sam Hill.txt'), code('zip_damaged'));
});

/** The same zip with its numbers in zip64 form, as writers of large files make it. */
function zip64(bytes) {
  const [dir, end] = [find(bytes, DIRECTORY), find(bytes, END)];
  const v = view(bytes);
  const nameLength = v.getUint16(dir + 28, true);
  const extra = new Uint8Array(28);
  view(extra).setUint16(0, 1, true);
  view(extra).setUint16(2, 24, true);
  [v.getUint32(dir + 24, true), v.getUint32(dir + 20, true), v.getUint32(dir + 42, true)].forEach((n, i) => view(extra).setBigUint64(4 + 8 * i, BigInt(n), true));
  const row = bytes.slice(dir, dir + 46 + nameLength);
  for (const at of [20, 24, 42]) view(row).setUint32(at, 0xffffffff, true);
  view(row).setUint16(30, extra.length, true);
  const wide = new Uint8Array(56);
  view(wide).setUint32(0, 0x06064b50, true);
  [[4, 44], [24, 1], [32, 1], [40, row.length + extra.length], [48, dir]].forEach(([at, n]) => view(wide).setBigUint64(at, BigInt(n), true));
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

test('zip64 is read, and its lies are refused', async () => {
  const bytes = zip64(zip({ '_chat.txt': utf8(ANDROID) }));
  assert.equal(await text(bytes, '_chat.txt'), ANDROID);
  for (const at of [8, 32, 40, 48]) {
    const lies = bytes.slice();
    const wide = find(lies, 0x06064b50);
    view(lies).setBigUint64(at === 8 ? find(lies, 0x07064b50) + 8 : wide + at, 0xffffffffffffffffn, true);
    await assert.rejects(entriesOf(source(lies)), ({ code: c }) => ['zip_damaged', 'zip_too_much'].includes(c));
  }
});

test('unpacking is stopped between two pieces', async () => {
  const noise = new Uint8Array(400_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
  const file = source(zip({ 'a.txt': noise }));
  const [entry] = await entriesOf(file);
  await assert.rejects(unpack(file, entry, { pause: async () => { throw new Error('stopped'); } }), /stopped/);
  assert.ok(file.reads < 200_000);
});
