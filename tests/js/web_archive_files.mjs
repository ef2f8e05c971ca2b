/**
 * Made-up web archives, written from WARC 1.1 (ISO 28500) and WACZ 1.1.1. The truth is by hand: PAGES lists what is in
 * `site()`.
 */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { zipSync } from '../../static/vendor/fflate/browser.js';

const bytesOf = (text) => Buffer.from(text);
export const POST = 'https://posts.example/sam/42';
export const POST_HTML =
  '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Sam &amp; others</title>' +
  '<script>alert("no")</script></head><body><img src="https://posts.example/a.png" onerror="alert(1)">' +
  '<p>I know where you <b>live</b></p><p>Mill Lane caf\u00e9</p></body></html>';
export const POST_WORDS = 'I know where you live\n\nMill Lane caf\u00e9';

const digest = (name, bytes) => createHash(name).update(bytes).digest();
const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** RFC 4648. */
const base32 = (bytes) =>
  [...bytes]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .match(/.{5}/g)
    .map((bits) => BASE_32[Number.parseInt(bits, 2)])
    .join('');
export const sha1Of = (bytes) => `sha1:${base32(digest('sha1', bytes))}`;
export const sha256Of = (bytes) => `sha256:${digest('sha256', bytes).toString('hex')}`;

let records = 0;
/**
 * @typedef {{ type?: string, uri?: string, date?: string, block?: Buffer, fields?: Record<string, string | null>,
 *   lines?: string[], version?: string, end?: string }} RecordParts
 */

/**
 * Return a record. `fields`: instead of or beside the usual ones; null leaves one out. `lines`: further raw lines
 * @param {RecordParts} parts
 */
export function record({
  type = 'response',
  uri = POST,
  date = '2026-11-24T21:10:00Z',
  block = bytesOf(''),
  fields = {},
  lines = [],
  version = 'WARC/1.1',
  end = '\r\n\r\n',
} = {}) {
  const all = {
    'WARC-Type': type,
    'WARC-Record-ID': `<urn:uuid:00000000-0000-4000-8000-${String(records++ % 1e6).padStart(12, '0')}>`,
    'WARC-Date': date,
    ...(uri ? { 'WARC-Target-URI': uri } : {}),
    'Content-Type': type === 'warcinfo' ? 'application/warc-fields' : `application/http; msgtype=${type}`,
    'Content-Length': String(block.length),
    ...fields,
  };
  const head = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return Buffer.concat([bytesOf([version, ...head, ...lines, '', ''].join('\r\n')), block, bytesOf(end)]);
}

/**
 * Return the answer of a server. `type`: of its content; `fields`: of the WARC record
 * @param {RecordParts & { body?: Buffer, status?: string, headers?: string[] }} parts
 */
export function answer({
  body = bytesOf(POST_HTML),
  status = '200 OK',
  type = 'text/html; charset=utf-8',
  headers = [],
  fields = {},
  ...rest
} = {}) {
  const head = [`HTTP/1.1 ${status}`, ...(type ? [`Content-Type: ${type}`] : []), ...headers, '', ''].join('\r\n');
  const block = Buffer.concat([bytesOf(head), bytesOf(body)]);
  return record({
    block,
    fields: { 'WARC-Payload-Digest': sha1Of(bytesOf(body)), 'WARC-Block-Digest': sha256Of(block), ...fields },
    ...rest,
  });
}

/** Return a body in chunks of `size` bytes. */
export function chunked(body, size = 50) {
  const pieces = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(bytesOf(`${piece.length.toString(16)}\r\n`), piece, bytesOf('\r\n'));
  }
  return Buffer.concat([...pieces, bytesOf('0\r\n\r\n')]);
}

export const titled = (title, words) =>
  `<!doctype html><html><head><title>${title}</title></head><body><p>${words}</p></body></html>`;

/** What `site()` has, by hand: each page that a site answered with. */
export const PAGES = [
  [POST, '2026-11-24T21:10:00Z'],
  ['https://posts.example/packed', '2026-11-24T21:11:00.123456Z'],
  ['https://posts.example/gone', '2026-11-24T21:12:00Z'],
  [POST, '2026-11-25T08:00:00Z'],
];

/** The records of a small site: two captures of one post, a packed page, one that is gone, and what is no page. */
export const site = () => [
  record({ type: 'warcinfo', uri: '', block: bytesOf('software: made-up/1.0\r\nformat: WARC File Format 1.1\r\n') }),
  record({ type: 'request', block: bytesOf('GET /sam/42 HTTP/1.1\r\nHost: posts.example\r\n\r\n') }),
  answer(),
  answer({ uri: 'https://posts.example/a.png', type: 'image/png', body: Buffer.alloc(9_000, 7) }),
  answer({ uri: 'https://posts.example/', status: '301 Moved', headers: [`Location: ${POST}`], body: bytesOf('<a>') }),
  answer({
    uri: 'https://posts.example/packed',
    date: '2026-11-24T21:11:00.123456Z',
    headers: ['Transfer-Encoding: chunked', 'Content-Encoding: gzip'],
    body: chunked(gzipSync(bytesOf(titled('Packed', 'I am outside')))),
  }),
  answer({
    uri: 'https://posts.example/gone',
    date: '2026-11-24T21:12:00Z',
    status: '410 Gone',
    body: bytesOf(titled('Gone', 'Deleted')),
  }),
  record({
    type: 'revisit',
    fields: { 'WARC-Profile': 'http://netpreserve.org/warc/1.1/revisit/identical-payload-digest' },
  }),
  record({ type: 'resource', uri: 'urn:text:1', block: bytesOf('text'), fields: { 'Content-Type': 'text/html' } }),
  answer({ date: '2026-11-25T08:00:00Z', body: bytesOf(titled('Sam, later', 'You cannot hide')) }),
];

export const warc = (list = site()) => Buffer.concat(list);
/** A WARC with a gzip member for each record, as crawlers write it. */
export const warcGz = (list = site()) => Buffer.concat(list.map((one) => gzipSync(one)));

const MTIME = new Date(2026, 10, 24, 12);
/**
 * Return a zip.
 * @param {[string, Uint8Array][]} parts
 * @param {0 | 6 | 9} level
 */
export const zipOf = (parts, level = 0) =>
  Buffer.from(
    zipSync(Object.fromEntries(parts.map(([name, bytes]) => [name, Uint8Array.from(bytes)])), { level, mtime: MTIME }),
  );

/**
 * @typedef {string | Record<string, unknown>} Line
 * @typedef {{
 *   resources: { name: string, path: string, hash: string, bytes: number }[], profile: string, wacz_version: string,
 *   created: string }} Manifest
 */

/** @type {Line[]} */
export const LINES = [
  { format: 'json-pages-1.0', id: 'pages', title: 'All Pages' },
  { id: '1', url: POST, ts: '2026-11-24T21:10:02Z', title: 'Sam and others', size: 9 },
  { id: '2', url: `${POST}#top`, ts: '2026-11-25T08:00:01.5Z', title: '', text: 'You cannot hide\nfrom me' },
  { id: '3', url: 'https://posts.example/never', ts: '2026-11-24T21:20:00Z', title: 'Never kept' },
];
export const linesOf = (lines) =>
  bytesOf(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n');

/**
 * Return a WACZ. `change`: parts by name after the list of digests was made, null leaves one out; `manifest`: changes
 * the list; `more`: parts that the list has too
 * @param {{ lines?: Line[] | null, archive?: Buffer, change?: Record<string, Uint8Array | null>,
 *   manifest?: (list: Manifest) => unknown, more?: Record<string, Uint8Array>, level?: 0 | 6 | 9 }} options
 */
export function wacz({
  lines = LINES,
  archive = warcGz(),
  change = {},
  manifest = (list) => list,
  more = {},
  level = 0,
} = {}) {
  const parts = {
    'archive/data.warc.gz': archive,
    'indexes/index.cdx': bytesOf('example)/ 20261124211000 {}\n'),
    ...(lines ? { 'pages/pages.jsonl': linesOf(lines) } : {}),
    ...more,
  };
  const resources = Object.entries(parts).map(([path, bytes]) => ({
    name: path.split('/').at(-1),
    path,
    hash: sha256Of(bytes),
    bytes: bytes.length,
  }));
  const list = manifest({ profile: 'data-package', wacz_version: '1.1.1', created: '2026-11-24T21:30:00Z', resources });
  const packageBytes = typeof list === 'string' ? bytesOf(list) : bytesOf(JSON.stringify(list, null, 2));
  const all = {
    ...parts,
    'datapackage.json': packageBytes,
    'datapackage-digest.json': bytesOf(JSON.stringify({ path: 'datapackage.json', hash: sha256Of(packageBytes) })),
    ...change,
  };
  return zipOf(
    Object.entries(all).filter(([, bytes]) => bytes),
    level,
  );
}

const small = () => [
  site()[0],
  answer(),
  answer({ uri: 'https://posts.example/a.png', type: 'image/png', body: bytesOf('x') }),
];
export const SAMPLES = {
  warc: warc(small()),
  warc_gz: warcGz(small()),
  one_member: gzipSync(warc(small())),
  wacz: wacz({ archive: warcGz(small()) }),
  stored_warc: wacz({
    archive: Buffer.alloc(0),
    change: { 'archive/data.warc.gz': null, 'archive/data.warc': warc(small()) },
  }),
  packed: warc([
    answer({
      headers: ['Transfer-Encoding: chunked', 'Content-Encoding: gzip'],
      body: chunked(gzipSync(bytesOf(POST_HTML))),
    }),
  ]),
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(
    JSON.stringify(
      Object.fromEntries(Object.entries(SAMPLES).map(([name, bytes]) => [name, bytes.toString('base64')])),
    ),
  );
