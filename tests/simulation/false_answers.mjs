/**
 * False answers of a dishonest server or a damaged connection. Each lie changes one true answer, and returns null
 * when there is nothing to change.
 */
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';

const isPush = (path, method) => method === 'PUT' && path.includes('/versions/');
const isFeed = (path, method) => method === 'GET' && path.includes('/changes?');
/** Leave the log out: an older log makes the phone warn for good that the log was changed, which is true. */
const isLog = (path) => path.startsWith('/v1/log') || path.includes('/proofs/');
const isAdvocate = (path, method) => method === 'GET' && path.includes('/advocates/');
const isPart = (path, method) => method === 'GET' && /\/blobs\/[\w-]+\/parts\//.test(path);

/**
 * Return a page of the feed with its items changed.
 * @param {Uint8Array} body
 * @param {(items: Uint8Array[]) => Uint8Array[]|null} change
 */
function changeFeed(body, change) {
  const [first, ...items] = decodeFrames(new Uint8Array(body), { maxParts: 501 });
  const changed = change(items);
  return changed && encodeFrames([first, ...changed]);
}

/**
 * `past`: earlier true answers to the same request.
 * @type {Record<string, (asked: {path: string, method: string, body: Buffer, past: Buffer[]},
 * chance: import('./chance.mjs').Chance) => Uint8Array|null>}
 */
const FALSIFICATIONS = {
  'a receipt of another time': ({ path, method, body }) => {
    if (!isPush(path, method)) return null;
    const answer = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...answer, receipt: { ...answer.receipt, ts: answer.receipt.ts + 1 } }));
  },
  'a head of another account': ({ path, method, body }) => {
    if (!isPush(path, method)) return null;
    const answer = JSON.parse(body.toString());
    return answer.head
      ? Buffer.from(JSON.stringify({ ...answer, head: { ...answer.head, seq: answer.head.seq + 1 } }))
      : null;
  },
  'a version left out': ({ path, method, body }, chance) =>
    isFeed(path, method)
      ? changeFeed(body, (items) => (items.length > 1 ? items.toSpliced(chance.below(items.length), 1) : null))
      : null,
  'a version twice': ({ path, method, body }) =>
    isFeed(path, method) ? changeFeed(body, (items) => (items.length ? [items[0], ...items] : null)) : null,
  'versions in another order': ({ path, method, body }) =>
    isFeed(path, method) ? changeFeed(body, (items) => (items.length > 1 ? [...items].reverse() : null)) : null,
  'nothing new, and an end further on': ({ path, method, body }) => {
    if (!isFeed(path, method)) return null;
    const [first] = decodeFrames(new Uint8Array(body), { maxParts: 501 });
    const answer = /** @type {{latest: number}} */ (parseCanonicalObject(first));
    return encodeFrames([canonicalBytes({ ...answer, latest: answer.latest + 1 })]);
  },
  'what it said of this before': ({ path, method, past }, chance) =>
    method === 'GET' && past.length && !isLog(path) ? chance.pick(past) : null,
  'another key for an advocate': ({ path, method, body }) => {
    if (!isAdvocate(path, method)) return null;
    const answer = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...answer, ecdsa_pub: answer.hpke_pub, hpke_pub: answer.ecdsa_pub }));
  },
  'a part with one byte changed': ({ path, method, body }, chance) => {
    if (!isPart(path, method) || !body.length) return null;
    const changed = Uint8Array.from(body);
    changed[chance.below(changed.length)] ^= 1;
    return changed;
  },
};

/**
 * @param {{path: string, method: string, body: Buffer, past: Buffer[]}} exchange a request with the body of the true
 * answer
 * @param {import('./chance.mjs').Chance} chance
 * @returns {{what: string, body: Buffer}|null}
 */
export function falsify(exchange, chance) {
  const lies = Object.entries(FALSIFICATIONS).flatMap(([title, makeLie]) => {
    const body = makeLie(exchange, chance);
    return body ? [{ what: title, body: Buffer.from(body) }] : [];
  });
  return lies.length ? chance.pick(lies) : null;
}
