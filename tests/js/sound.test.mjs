/**
 * The length of sounds and films by their own headers. The files are made here from the published descriptions of the
 * formats; tests/test_file_metadata.py reads a WAV that Python's library wrote.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readableBytes, readMetadata } from '#app/media/exif.js';
import { detectType, isMismatch } from '#app/media/file_type.js';

const ascii = (text) => Buffer.from(text, 'latin1');
const le32 = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
};
const be32 = (n) => Buffer.from(le32(n)).reverse();
const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const join = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
const read = (bytes) => readMetadata(readableBytes(bytes), detectType(bytes));
const lengthOf = async (bytes) => (await read(bytes))?.duration_ms ?? null;

const chunk = (name, content) => join(ascii(name), le32(content.length), content, Buffer.alloc(content.length % 2));
const FORMAT = chunk('fmt ', join(hex('0100 0100'), le32(8_000), le32(16_000), hex('0200 1000')));
const wav = (...chunks) => join(ascii('RIFF'), le32(0), ascii('WAVE'), ...chunks);
const mp3 = ({ header = 'fffb9064', side = 32, tag = 'Xing', frames = 96, id3 = true }) =>
  join(
    id3 ? hex('494433 04 00 00 00000002 0000') : [],
    hex(header),
    Buffer.alloc(side),
    ascii(tag),
    be32(1),
    be32(frames),
    Buffer.alloc(200),
  );
const amr = (frames, more = []) => join(ascii('#!AMR\n'), ...Array(frames).fill(join([0x3c], Buffer.alloc(31))), more);
function ogg(head, position, { serial = 7, more = Buffer.alloc(0) } = {}) {
  const page = (granule, number, body, own) => {
    const bytes = Buffer.alloc(27);
    bytes.write('OggS');
    bytes.writeBigInt64LE(BigInt(granule), 6);
    bytes.writeUInt32LE(own, 14);
    bytes.writeUInt32LE(number, 18);
    bytes[26] = 1;
    return join(bytes, [body.length], body);
  };
  return join(page(0, 0, head, 7), page(position, 1, Buffer.alloc(40), serial), more);
}
const OPUS = join(ascii('OpusHead'), hex('01 01 3801'), le32(48_000), hex('0000 00'));
const VORBIS = join(ascii('\x01vorbis'), hex('00000000 01'), le32(8_000), Buffer.alloc(14));
const size = (n) => [0x80 | n];
const float = (n) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(n);
  return bytes;
};
const webm = ({ length = 2_500, date = '', unknown = false, scale = '2ad7b1 83 0f4240' } = {}) => {
  const info = join(
    hex(scale),
    length === null ? [] : join(hex('4489 88'), float(length)),
    date ? hex(`4461 88 ${date}`) : [],
  );
  const content = join(hex('ec 82 0000'), hex('1549a966'), size(info.length), info);
  return join(hex('1a45dfa3 80 18538067'), unknown ? hex('01ffffffffffffff') : size(content.length), content);
};

test('the length of each format is read from its header', async () => {
  assert.equal(await lengthOf(wav(FORMAT, chunk('LIST', ascii('abc')), chunk('data', Buffer.alloc(24_000)))), 1_500);
  const flac = join(ascii('fLaC'), hex('80000022'), Buffer.alloc(10), hex('0ac442f0 0001ae24'), Buffer.alloc(16));
  assert.equal(await lengthOf(flac), Math.round((0x1ae24 / 44_100) * 1000));
  assert.equal(await lengthOf(amr(50)), 1_000);
  assert.equal(await lengthOf(join(ascii('#!AMR-WB\n'), ...Array(25).fill(join([0x44], Buffer.alloc(60))))), 500);
  assert.equal(await lengthOf(ogg(OPUS, 120_312)), 2_500);
  assert.equal(await lengthOf(ogg(VORBIS, 20_000)), 2_500);
  assert.equal(await lengthOf(mp3({})), Math.round((96 * 1_152_000) / 44_100));
  assert.equal(
    await lengthOf(mp3({ header: 'fff344c4', side: 9, tag: 'Info', id3: false })),
    Math.round((96 * 576_000) / 24_000),
  );
  assert.equal(await lengthOf(webm()), 2_500);
  assert.equal(await lengthOf(webm({ unknown: true })), 2_500);
});

test('the time of making is read where the file has one', async () => {
  const bext = join(Buffer.alloc(320), ascii('2026-11-0320:14:05'), Buffer.alloc(264));
  assert.deepEqual(await read(wav(chunk('bext', bext), FORMAT, chunk('data', Buffer.alloc(16_000)))), {
    taken_local: '2026-11-03T20:14:05',
    duration_ms: 1_000,
  });
  const moment = Date.UTC(2026, 10, 3, 20, 14, 5);
  const date = (BigInt(moment - Date.UTC(2001, 0, 1)) * 1_000_000n).toString(16).padStart(16, '0');
  assert.deepEqual(await read(webm({ date })), { taken_at: moment, duration_ms: 2_500 });
});

test('without a length in the header none is made up', async () => {
  for (const [name, bytes] of Object.entries({
    'MP3 without a frame count': mp3({ tag: 'none' }),
    'WebM as a browser records it': webm({ length: null }),
    'a length that is no number': webm({ length: Number.NaN }),
    'a length without an end': webm({ length: Number.POSITIVE_INFINITY }),
    'a length of years': webm({ length: 1e15 }),
    'a negative length': webm({ length: -5 }),
    'WAV that is cut off': wav(FORMAT, chunk('data', Buffer.alloc(24_000)).subarray(0, 20_000)),
    'WAV without a format': wav(chunk('data', Buffer.alloc(24_000))),
    'AMR with an unknown frame': amr(50, [0x60]),
    'AMR that is cut off': amr(50, [0x3c, 0]),
    'Ogg that is cut off': ogg(OPUS, 120_312).subarray(0, -3),
    'Ogg of two streams': ogg(OPUS, 120_312, { serial: 8 }),
    'Ogg of another codec': ogg(ascii('\x80theora'), 120_312),
    'Ogg with a page name in its sound': ogg(OPUS, 120_312, { more: ascii(`OggS${'x'.repeat(60)}`) }),
  }))
    assert.equal(await lengthOf(bytes), null, name);
});

test('every beginning of each format ends, and none throws', async () => {
  for (const bytes of [wav(FORMAT, chunk('data', Buffer.alloc(60))), amr(4), ogg(OPUS, 1_000), mp3({}), webm()])
    for (let length = 0; length < bytes.length; length++)
      await readMetadata(readableBytes(bytes.subarray(0, length)), detectType(bytes));
  // A chunk or element of no length does not hold the reader up.
  assert.equal(await lengthOf(wav(...Array(5_000).fill(chunk('x   ', [])))), null);
  assert.equal(
    await lengthOf(join(hex('1a45dfa3 80 18538067 01ffffffffffffff'), ...Array(5_000).fill(hex('ec80')))),
    null,
  );
});

test('the sounds of telephones are known by their bytes', () => {
  assert.equal(detectType(hex('fff344c4 00000000')), 'audio/mpeg');
  assert.ok(!isMismatch('audio/mpeg', detectType(hex('fff344c4 00000000')), 'voicemail.mp3'));
});
