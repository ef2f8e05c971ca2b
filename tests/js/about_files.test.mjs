/** Metadata in files (camera, time, place): the app reads what it can, and a hostile file does the phone no harm. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readableBytes, readMetadata } from '#app/media/exif.js';
import { readTiff } from '#app/media/tiff.js';
import { measureCpu } from './phone/cpu_time.mjs';

const ascii = (text) => Buffer.from(text, 'latin1');
const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n >>> 0);
  return out;
};
const u64 = (n) => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(n));
  return out;
};
const bytes = (...parts) =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? ascii(part) : Buffer.from(part)))));
const box = (type, ...parts) => {
  const inside = bytes(...parts);
  return bytes(u32(inside.length + 8), ascii(type), inside);
};

/** Return a big-endian TIFF with make and model, time, UTC offset and a place. */
function tiff({ place = [1, 2], taken = '2026:11:03 20:14:05', offset = '+01:00', model = 'Phone 9' } = {}) {
  /** @type {[string, number][]} */
  const texts = [
    ['Maker', 0x010f],
    [model, 0x0110],
  ];
  const [first, heap] = [[], []];
  let at = 8 + 2 + 12 * (texts.length + 2) + 4;
  for (const [text, tag] of texts) {
    first.push(bytes(u16(tag), u16(2), u32(text.length + 1), u32(at)));
    heap.push(bytes(text, [0]));
    at += text.length + 1;
  }
  const inner = bytes(
    u16(2),
    u16(0x9003),
    u16(2),
    u32(20),
    u32(at + 30),
    u16(0x9011),
    u16(2),
    u32(7),
    u32(at + 50),
    u32(0),
    taken,
    [0],
    offset,
    [0],
  );
  const gpsAt = at + inner.length;
  const gps = bytes(u16(place.length), ...place.map((tag) => bytes(u16(tag), u16(1), u32(1), u32(0))), u32(0));
  first.push(bytes(u16(0x8769), u16(4), u32(1), u32(at)), bytes(u16(0x8825), u16(4), u32(1), u32(gpsAt)));
  return bytes('MM', u16(42), u32(8), u16(first.length), ...first, u32(0), ...heap, inner, gps);
}

const jpeg = (exif) =>
  bytes(
    [0xff, 0xd8, 0xff, 0xe0],
    u16(4),
    [0, 0, 0xff, 0xe1],
    u16(exif.length + 8),
    'Exif\0\0',
    exif,
    [0xff, 0xda, 0, 2, 1, 2, 3],
  );
const png = (...chunks) =>
  bytes(
    '\x89PNG\r\n\x1a\n',
    ...chunks.map(([type, content]) => bytes(u32(content.length), type, content, u32(0))),
    u32(0),
    'IEND',
    u32(0),
  );
const EXPECTED = { make: 'Maker', model: 'Phone 9', taken_local: '2026-11-03T20:14:05', offset_min: 60, place: true };

function mp4({ udta = [], more = [] } = {}) {
  const mvhd = box('mvhd', [0, 0, 0, 0], u32(2_082_844_800 + 1_793_650_000), u32(0), u32(600), u32(600 * 12));
  return bytes(
    box('ftyp', 'isom', u32(0)),
    box('mdat', Buffer.alloc(5000)),
    box('moov', mvhd, box('udta', ...udta), ...more),
  );
}

function appleMeta(tags) {
  const names = Object.keys(tags);
  const keys = box(
    'keys',
    u32(0),
    u32(names.length),
    ...names.map((name) => bytes(u32(name.length + 8), 'mdta', name)),
  );
  const ilst = box(
    'ilst',
    ...names.map((name, i) =>
      bytes(u32(8 + 16 + tags[name].length), u32(i + 1), box('data', u32(1), u32(0), tags[name])),
    ),
  );
  return box('meta', box('hdlr', Buffer.alloc(24)), keys, ilst);
}

test('JPEG, PNG, WebP and TIFF give camera, time and place', async () => {
  const exif = tiff();
  const webp = bytes(
    'RIFF',
    Buffer.from([0, 0, 0, 0]),
    'WEBP',
    'VP8 ',
    Buffer.from([3, 0, 0, 0]),
    [1, 2, 3, 0],
    'EXIF',
    Buffer.from(Uint32Array.of(exif.length).buffer),
    exif,
  );
  assert.deepEqual(await readMetadata(readableBytes(jpeg(exif)), 'image/jpeg'), EXPECTED);
  assert.deepEqual(
    await readMetadata(
      readableBytes(png(['IHDR', Buffer.alloc(13)], ['IDAT', Buffer.alloc(900)], ['eXIf', exif])),
      'image/png',
    ),
    EXPECTED,
  );
  assert.deepEqual(await readMetadata(readableBytes(webp), 'image/webp'), EXPECTED);
  assert.deepEqual(await readMetadata(readableBytes(exif), 'image/tiff'), EXPECTED);
});

test('a GPS directory with only its version number is no place; an unreadable one counts as a place', async () => {
  assert.equal(readTiff(tiff({ place: [0] })).place, false);
  assert.equal(readTiff(tiff({ place: [] })).place, false);
  assert.equal(readTiff(tiff({ place: [2] })).place, true);
  const cut = tiff();
  assert.equal(readTiff(cut.subarray(0, cut.length - 30)).place, true);
});

test('a place in the XMP metadata of a picture counts too', async () => {
  const xmp = bytes('http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude="53,22N"/>');
  const picture = bytes([0xff, 0xd8, 0xff, 0xe1], u16(xmp.length + 2), xmp, [0xff, 0xda]);
  assert.deepEqual(await readMetadata(readableBytes(picture), 'image/jpeg'), { place: true });
  assert.deepEqual(await readMetadata(readableBytes(png(['iTXt', xmp])), 'image/png'), { place: true });
});

test('a film gives its time, its length, its camera and whether it contains a place', async () => {
  assert.deepEqual(await readMetadata(readableBytes(mp4()), 'video/mp4'), {
    place: false,
    taken_at: 1_793_650_000_000,
    duration_ms: 12_000,
  });
  assert.equal(
    (await readMetadata(readableBytes(mp4({ udta: [box('\xa9xyz', u16(8), u16(0), '+53.3-6/')] })), 'video/mp4')).place,
    true,
  );
  const iphone = mp4({
    more: [
      appleMeta({
        'com.apple.quicktime.make': 'Apple',
        'com.apple.quicktime.model': 'iPhone 12',
        'com.apple.quicktime.creationdate': '2026-11-03T20:14:05+0000',
        'com.apple.quicktime.location.ISO6709': '+53-6/',
      }),
    ],
  });
  assert.deepEqual(await readMetadata(readableBytes(iphone), 'video/quicktime'), {
    place: true,
    taken_at: 1_793_650_000_000,
    duration_ms: 12_000,
    make: 'Apple',
    model: 'iPhone 12',
    taken_local: '2026-11-03T20:14:05',
    offset_min: 0,
  });
});

test('reading the metadata of a 200 MB file takes a few hundred bytes, wherever it is', async () => {
  const picture = 200_000_000;
  const front = bytes('\x89PNG\r\n\x1a\n', u32(13), 'IHDR', Buffer.alloc(17), u32(picture), 'IDAT');
  const exif = tiff();
  const film = mp4({ udta: [box('\xa9xyz', u16(8), u16(0), '+53.3-6/')] });
  const moov = film.subarray(Buffer.from(film).indexOf('moov') - 4);
  for (const [type, start, end] of /** @type {[string, Uint8Array, Uint8Array][]} */ ([
    ['image/png', front, bytes(u32(0), u32(exif.length), 'eXIf', exif, u32(0), u32(0), 'IEND', u32(0))],
    ['video/mp4', bytes(box('ftyp', 'isom', u32(0)), u32(picture + 8), 'mdat'), moov],
  ])) {
    const size = start.length + picture + end.length;
    let read = 0;
    const metadata = await readMetadata(
      {
        size,
        bytes: async (from, length) => {
          const to = Math.min(size, from + length);
          read += to - from;
          const content = new Uint8Array(to - from);
          for (let at = from; at < to; at++)
            content[at - from] = at < start.length ? start[at] : (end[at - start.length - picture] ?? 0);
          return content;
        },
      },
      type,
    );
    assert.equal(metadata?.place, true, type);
    assert.ok(read < 2_000, `${type}: read ${read} bytes`);
  }
});

test('impossible times and control characters, such as a change of text direction, are left out', async () => {
  for (const taken of ['0000:00:00 00:00:00', '2026:02:30 10:00:00', '2026:11:03 24:00:00', '    :  :     :  :  '])
    assert.equal(readTiff(tiff({ taken })).taken_local, undefined, taken);
  assert.equal(
    readTiff(tiff({ model: '\u202eenohp' })).model,
    readTiff(tiff({ model: '\u202eenohp' })).model.replace(/\p{C}/gu, ''),
  );
  assert.doesNotMatch(readTiff(tiff({ model: 'A\x07\nB' })).model, /[\p{C}]/u);
  assert.equal(readTiff(tiff({ model: 'x'.repeat(500) })).model.length, 64);
});

test('hostile: 20,000 damaged files are read quickly, without an error and without a large read', async () => {
  /** @type {[string, Uint8Array][]} */
  const samples = [
    ['image/jpeg', jpeg(tiff())],
    ['image/png', png(['eXIf', tiff()])],
    ['video/mp4', mp4({ more: [appleMeta({ 'com.apple.quicktime.model': 'x' })] })],
    [
      'image/heic',
      bytes(
        box('ftyp', 'heic', u32(0)),
        box(
          'meta',
          u32(0),
          box('iinf', u32(0), u16(1), box('infe', [2, 0, 0, 0], u16(1), u16(0), 'Exif')),
          box('iloc', [1, 0, 0, 0], [0x44, 0x40], u16(1), u16(1), u16(0), u16(0), u32(0), u16(1), u32(300), u32(40)),
        ),
        Buffer.alloc(400),
      ),
    ],
    ['image/tiff', tiff()],
    ['image/webp', bytes('RIFF', u32(0), 'WEBP', 'EXIF', Buffer.from([9, 0, 0, 0]), tiff())],
  ];
  let state = 1;
  const random = (n) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state % n;
  };
  let largest = 0;
  const elapsed = measureCpu();
  for (let i = 0; i < 20_000; i++) {
    const [type, sample] = samples[i % samples.length];
    const file = sample.slice(0, random(4) ? sample.length : 1 + random(sample.length));
    for (let n = 0; n < 1 + random(8); n++) file[random(file.length)] = random(3) ? random(256) : 255;
    const source = {
      size: file.length,
      bytes: async (from, length) => {
        largest = Math.max(largest, length);
        return file.subarray(from, Math.max(from, from + length));
      },
    };
    const metadata = await readMetadata(source, type);
    for (const [name, value] of Object.entries(metadata ?? {}))
      assert.ok(
        ['string', 'number', 'boolean'].includes(typeof value) &&
          (typeof value !== 'string' || value.length <= 64) &&
          (typeof value !== 'number' || Number.isSafeInteger(value)),
        `${name}: ${value}`,
      );
  }
  assert.ok(largest <= 1 << 20, `read ${largest} bytes at once`);
  assert.ok(elapsed() < 30_000);
});

test('hostile: thousands of boxes, boxes without a size and boxes of enormous size do no harm', async () => {
  const many = bytes(box('ftyp', 'isom'), ...Array.from({ length: 50_000 }, () => box('free')));
  let reads = 0;
  await readMetadata(
    {
      size: many.length,
      bytes: async (from, length) => {
        reads++;
        return many.subarray(from, from + length);
      },
    },
    'video/mp4',
  );
  assert.ok(reads <= 2_100, `${reads} reads`);
  assert.deepEqual(await readMetadata(readableBytes(bytes(u32(1), 'moov', u64(2n ** 63n))), 'video/mp4'), {});
  assert.deepEqual(await readMetadata(readableBytes(bytes(u32(7), 'moov', u32(0))), 'video/mp4'), {});
  assert.equal(await readMetadata(readableBytes(bytes('hello')), 'text/plain'), null);
});
