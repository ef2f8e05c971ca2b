/**
 * A phone reads a feed of many versions: interrupted three times, resumed, checked to the last signature, in bounded
 * memory.
 *
 *   node --expose-gc tests/js/long/feed.mjs 100000
 *
 * Prints one line of JSON. One version is sealed once and sent under many ids. Each has a signature, a receipt and a
 * signed head, since checking those is most of a phone's work.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { b64, unb64 } from '#app/core/bytes.js';
import { canonicalBytes, encodeFrames } from '#app/core/encoding.js';
import { KeptError } from '#app/core/errors.js';
import { bytesToSign } from '#app/crypto/versions.js';
import { firstHead, nextHead } from '#app/ledger/heads.js';
import { envDigest } from '#app/ledger/push.js';
import { pullFeed } from '#app/net/feed.js';

const N = Number(process.argv[2] ?? 100_000);
const PAGE = 500;
const id = () => randomBytes(16).toString('base64url');
const author = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const notary = generateKeyPairSync('ed25519');
const { x, y } = author.publicKey.export({ format: 'jwk' });
const authorPub = b64(
  new Uint8Array(Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])),
);
const notaryPub = notary.publicKey.export({ format: 'jwk' }).x;
const log = createHash('sha256').update(Buffer.from(notaryPub, 'base64url')).digest('base64url');
const diary = id();
const envelopes = [new Uint8Array(randomBytes(1300))];
const env = envDigest(envelopes);
const wrap = new Uint8Array(randomBytes(180));
const signedByNotary = (fields) => ({
  ...fields,
  sig: sign(null, canonicalBytes(fields), notary.privateKey).toString('base64url'),
});

/** The server's side: it makes each page when requested, and keeps the head before each page. */
const headsAt = new Map([[0, firstHead()]]);
let requests = 0;
async function changes(_diary, after) {
  requests += 1;
  const to = Math.min(N, after + PAGE);
  let head = headsAt.get(after);
  const rows = [];
  for (let seq = after + 1; seq <= to; seq++) {
    const [record, version, c] = [id(), id(), randomBytes(32).toString('base64url')];
    const sig = sign('sha256', bytesToSign(c, { diary, record, version }), {
      key: author.privateKey,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url');
    const receipt = signedByNotary({ c, env, log, n: id(), t: 'rcpt/v1', ts: 1_790_000_000_000 + seq });
    rows.push(
      encodeFrames([
        canonicalBytes({ blobs: [], c, parents: [], parts: ['open'], receipt, record, seq, sig, version }),
        wrap,
        ...envelopes,
      ]),
    );
    head = nextHead(head, { seq, record, version, c, env });
  }
  headsAt.set(to, head);
  const signed =
    to === N ? signedByNotary({ diary, head: b64(head), seq: N, t: 'head/v1', ts: 1_790_000_000_000 }) : null;
  return encodeFrames([canonicalBytes({ head: signed, latest: N, to }), ...rows]);
}

const link = {
  api: { changes },
  diary,
  authors: [{ pub: authorPub, seq: null }],
  pins: { notary: notaryPub, log, olds: [] },
};
let feed = { seq: 0, head: b64(firstHead()) };
let [received, peak, cutCount] = [0, 0, 0];
const shown = [];
const startedAt = process.hrtime.bigint();
globalThis.gc();
const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
while (feed.seq < N) {
  try {
    await pullFeed(link, feed, async (items, next, latest) => {
      if (items[0].seq !== feed.seq + 1) throw new Error('a version came twice or never');
      if (cutCount < 3 && next.seq > ((cutCount + 1) * N) / 4) {
        // the connection fails before this page is saved
        cutCount += 1;
        throw new KeptError('no_network');
      }
      received += items.length;
      feed = next;
      shown.push(next.seq / latest);
      if (received % (PAGE * 20) === 0) {
        globalThis.gc();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        peak = Math.max(peak, heapUsed + arrayBuffers - before);
      }
    });
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'no_network') throw error;
  }
}
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
const isRising = shown.every((share, i) => i === 0 || share > shown[i - 1]);
const alteredFeed = { ...feed, head: b64(unb64(feed.head).map((byte) => byte ^ 1)) };
const refused = await pullFeed(link, alteredFeed, async () => undefined).then(
  () => null,
  (error) => error.code,
);
process.stdout.write(
  `${JSON.stringify({
    taken: received,
    cuts: cutCount,
    asked: requests,
    megabytes: peak / 1e6,
    seconds,
    isRising,
    last: shown.at(-1),
    refused,
  })}\n`,
);
