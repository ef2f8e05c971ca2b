/**
 * What a server that lies, or a line that damages, makes of an answer. Each changes one true answer, and null where it has
 * nothing to change.
 */
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';

const isPush = (path, method) => method === 'PUT' && path.includes('/versions/');
const isFeed = (path, method) => method === 'GET' && path.includes('/changes?');
/** An older log than the one before says for good that the log was changed, and is true. */
const isLog = (path) => path.startsWith('/v1/log') || path.includes('/proofs/');
const isAdvocate = (path, method) => method === 'GET' && path.includes('/advocates/');
const isPart = (path, method) => method === 'GET' && /\/blobs\/[\w-]+\/parts\//.test(path);

/**
 * The items of a page of the feed, changed.
 * @param {Uint8Array} body
 * @param {(items: Uint8Array[]) => Uint8Array[]|null} change
 */
function inFeed(body, change) {
  const [first, ...items] = decodeFrames(new Uint8Array(body), { maxParts: 501 });
  const changed = change(items);
  return changed && encodeFrames([first, ...changed]);
}

/**
 * `past`: other answers to the same question that were true once.
 * @type {Record<string, (asked: {path: string, method: string, body: Buffer, past: Buffer[]},
 * chance: import('./chance.mjs').Chance) => Uint8Array|null>}
 */
const LIES = {
  'a receipt of another time': ({ path, method, body }) => {
    if (!isPush(path, method)) return null;
    const said = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...said, receipt: { ...said.receipt, ts: said.receipt.ts + 1 } }));
  },
  'a head of another account': ({ path, method, body }) => {
    if (!isPush(path, method)) return null;
    const said = JSON.parse(body.toString());
    return said.head ? Buffer.from(JSON.stringify({ ...said, head: { ...said.head, seq: said.head.seq + 1 } })) : null;
  },
  'a version left out': ({ path, method, body }, chance) =>
    isFeed(path, method)
      ? inFeed(body, (items) => (items.length > 1 ? items.toSpliced(chance.below(items.length), 1) : null))
      : null,
  'a version twice': ({ path, method, body }) =>
    isFeed(path, method) ? inFeed(body, (items) => (items.length ? [items[0], ...items] : null)) : null,
  'versions in another order': ({ path, method, body }) =>
    isFeed(path, method) ? inFeed(body, (items) => (items.length > 1 ? [...items].reverse() : null)) : null,
  'nothing new, and an end further on': ({ path, method, body }) => {
    if (!isFeed(path, method)) return null;
    const [first] = decodeFrames(new Uint8Array(body), { maxParts: 501 });
    const said = parseCanonicalObject(first);
    return encodeFrames([canonicalBytes({ ...said, latest: said.latest + 1 })]);
  },
  'what it said of this before': ({ path, method, past }, chance) =>
    method === 'GET' && past.length && !isLog(path) ? chance.of(past) : null,
  'another key for an advocate': ({ path, method, body }) => {
    if (!isAdvocate(path, method)) return null;
    const said = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...said, ecdsa_pub: said.hpke_pub, hpke_pub: said.ecdsa_pub }));
  },
  'a part with one byte changed': ({ path, method, body }, chance) => {
    if (!isPart(path, method) || !body.length) return null;
    const changed = Uint8Array.from(body);
    changed[chance.below(changed.length)] ^= 1;
    return changed;
  },
};

/**
 * @param {{path: string, method: string, body: Buffer, past: Buffer[]}} asked with the true answer's body
 * @param {import('./chance.mjs').Chance} chance
 * @returns {{what: string, body: Buffer}|null}
 */
export function lie(asked, chance) {
  const fitting = Object.entries(LIES).flatMap(([what, make]) => {
    const body = make(asked, chance);
    return body ? [{ what, body: Buffer.from(body) }] : [];
  });
  return fitting.length ? chance.of(fitting) : null;
}
