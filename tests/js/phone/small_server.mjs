/**
 * A server in this process with what a keeper's phones need to sync: an account, numbers, receipts, heads and the feed.
 * It says that it has every file that is sent, and keeps none. It has no public log and knows no advocates: such
 * requests fail as `not_found`. A test can change all that it holds.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { b64 } from '#app/core/bytes.js';
import { canonicalBytes, decodeFrames, encodeFrames } from '#app/core/encoding.js';
import { fixedClock } from '#app/core/clock.js';
import { firstHead, nextHead } from '#app/ledger/heads.js';
import { decodePush, encodePush, envDigest } from '#app/ledger/push.js';
import { notaryKeyId } from '#app/ledger/receipts.js';
import { saveEntry } from './keeper.mjs';
import { WORDS, makePhone, phoneWithEntry } from './phone.mjs';
import { standIn } from './stand_in.mjs';

/**
 * @typedef {import('./phone.mjs').Request} Request
 * @typedef {ReturnType<typeof smallServer>} SmallServer
 * @typedef {Response|null|undefined} Answer
 * @typedef {Record<string, string|number>} Receipt
 * @typedef {{seq: number, record: string, version: string, c: string, env: string, receipt: Receipt, push: Uint8Array,
 *   erasedAt?: number}} Numbered
 */

const ORIGIN = 'https://notes.example';
const SIGN_INS = ['/v1/accounts', '/v1/sessions', '/v1/recoveries', '/v1/session/renewal', '/v1/log', '/v1/server'];
const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const bytes = (body) => new Response(body, { headers: { 'content-type': 'application/octet-stream' } });
export const refusal = (status, error) => json(status, { error, message: error });

export function smallServer() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const notaryPub = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  const signed = (fields) => ({ ...fields, sig: b64(new Uint8Array(sign(null, canonicalBytes(fields), privateKey))) });
  const nonce = () => b64(new Uint8Array(randomBytes(16)));
  const parts = {
    notary: b64(notaryPub),
    log: notaryKeyId(notaryPub),
    diary: '',
    /** @type {Numbered[]} */
    versions: [],
    /** @type {string[]} method and path of every request */
    requests: [],
    /** @type {((path: string, options: Request) => Answer|Promise<Answer>)|null} may answer in place of the server */
    answer: null,
    now: Date.now(),
    account: standIn(null),
    epoch: 1,
    /** of the sessions that count; new keys end all */
    tokens: new Set(),
    /** a change of keys that was begun, and the new wraps that were sent, by version */
    rotation: standIn(null),
    wraps: new Map(),
    signed,
    /** Return the signed head at a number. */
    headAt(seq) {
      const head = parts.versions
        .slice(0, seq)
        .reduce((end, numbered) => nextHead(end, numbered), /** @type {Uint8Array} */ (firstHead()));
      return seq ? signed({ diary: parts.diary, head: b64(head), seq, t: 'head/v1', ts: parts.now }) : null;
    },
    /** Give a version its number and its receipt; the same version always has the same. */
    number(record, version, push) {
      const existing = parts.versions.find((numbered) => numbered.version === version);
      if (existing) return existing;
      const { meta, envelopes } = decodePush(push);
      const [c, env] = [meta.c, envDigest(envelopes)];
      const receipt = signed({ c, env, log: parts.log, n: nonce(), t: 'rcpt/v1', ts: parts.now });
      const numbered = { seq: parts.versions.length + 1, record, version, c, env, receipt, push };
      parts.versions.push(numbered);
      return numbered;
    },
    /** Return a page of the feed as bytes. @param {number} afterSeq @param {object} [change] of its header */
    page(afterSeq, change = {}) {
      const latest = parts.versions.length;
      const header = { after: afterSeq, head: parts.headAt(latest), latest, to: latest, ...change };
      return encodeFrames([canonicalBytes(header), ...parts.versions.slice(afterSeq, header.to).map(frameOf)]);
    },
    /** @param {string} path @param {Request} options */
    async send(path, options) {
      const method = options.method ?? 'GET';
      parts.requests.push(`${method} ${path}`);
      const replaced = await parts.answer?.(path, options);
      if (replaced) return replaced;
      const [, token] = /^Bearer (.*)/.exec(options.headers?.Authorization ?? '') ?? [];
      if (token && !parts.tokens.has(token) && !SIGN_INS.includes(path)) return refusal(401, 'signed_out');
      return respond(parts, method, path, options) ?? refusal(404, 'not_found');
    },
  };
  return parts;
}

/** @param {Numbered} numbered */
function frameOf({ seq, record, version, c, env, receipt, push, erasedAt }) {
  if (erasedAt !== undefined)
    return encodeFrames([canonicalBytes({ c, env, erased_at: erasedAt, record, seq, version })]);
  const { meta, wraps, envelopes } = decodePush(push);
  const { grants: _grants, ...facts } = meta;
  return encodeFrames([canonicalBytes({ ...facts, receipt, record, seq, version }), ...wraps, ...envelopes]);
}

/** @param {SmallServer} server */
function sessionOf({ account, versions, headAt, epoch, notary, log, now, tokens }) {
  const token = `token ${randomBytes(6).toString('hex')}`;
  tokens.add(token);
  const { account: id, words_wrap, keyset, diary, code_wrap = null } = account ?? {};
  return {
    account: id,
    words_wrap,
    keyset,
    code: code_wrap !== null,
    diaries: [{ ...diary, epoch, seq: versions.length, head: headAt(versions.length) }],
    session: 'session',
    notary,
    log,
    now,
    token,
    device_token: 'device',
    renewal: 'renewal',
  };
}

/**
 * Replace the account's words or code, or all keys. Each needs a proof of the words or of the code.
 * @param {SmallServer} server @param {string} name method and last part of the path @param {Request} options
 */
function changeKeys(server, name, { body, headers = {} }) {
  const { account } = server;
  const readJson = () => JSON.parse(String(body));
  if (name === 'PUT wraps') {
    const [, ...items] = decodeFrames(new Uint8Array(/** @type {Uint8Array} */ (body)), { maxParts: 501 });
    for (const item of items) {
      const [version, ...wraps] = decodeFrames(item, { maxParts: 3 });
      server.wraps.set(b64(version), wraps);
    }
    return json(200, { lacking: server.versions.length - server.wraps.size });
  }
  if (![account?.auth, account?.code_auth].includes(headers['X-Proof'])) return refusal(401, 'no_match');
  switch (name) {
    case 'PUT words':
    case 'PUT code':
      Object.assign(account ?? {}, readJson());
      return new Response(null, { status: 204 });
    case 'POST rotation':
      server.rotation = readJson();
      server.wraps.clear();
      return json(201, { to: 0 });
    default: {
      const { diary_wrap: wrap, ...keys } = server.rotation ?? {};
      for (const numbered of server.versions)
        if (numbered.push.length)
          numbered.push = encodePush({ ...decodePush(numbered.push), wraps: server.wraps.get(numbered.version) ?? [] });
      Object.assign(account ?? {}, keys, { code_auth: null, code_wrap: null, diary: { ...account?.diary, wrap } });
      server.epoch += 1;
      server.tokens.clear();
      server.rotation = null;
      return new Response(null, { status: 204 });
    }
  }
}

/** @param {SmallServer} server @param {string} method @param {string} path @param {Request} options */
function respond(server, method, path, options) {
  const { notary, log, now } = server;
  const { body } = options;
  const readJson = () => JSON.parse(String(body));
  const keyChange = /\/(?:account\/(words|code)|rotation(?:\/(wraps|commit))?)$/.exec(path);
  if (keyChange) return changeKeys(server, `${method} ${keyChange[1] ?? keyChange[2] ?? 'rotation'}`, options);
  const place = /\/v1\/diaries\/[^/]+\/records\/([^/]+)\/versions\/([^/]+)$/.exec(path);
  if (place && method === 'PUT') {
    const { seq, receipt } = server.number(place[1], place[2], new Uint8Array(/** @type {Uint8Array} */ (body)));
    return json(201, { receipt, head: server.headAt(seq), seq });
  }
  if (method === 'PUT' && /\/blobs\/[^/]+$/.test(path)) return json(200, { have: [], complete: true });
  const after = /\/changes\?after=(\d+)$/.exec(path);
  if (after) return bytes(server.page(Number(after[1])));
  switch (`${method} ${path}`) {
    case 'GET /v1/server':
      return json(200, { closing: null, enrolment: 'open', instance: null, log, notary, now, origin: ORIGIN });
    case 'POST /v1/names':
      return json(201, { login: 'amber-otter-7', ticket: 'ticket' });
    case 'POST /v1/accounts': {
      server.account = readJson();
      server.diary = server.account?.diary.diary;
      return json(201, sessionOf(server));
    }
    case 'POST /v1/prelogin':
      return json(200, { kdf: server.account?.kdf });
    case 'POST /v1/session/renewal':
      return refusal(401, 'signed_out');
    case 'GET /v1/session':
      return json(200, sessionOf(server));
    case 'POST /v1/sessions':
      return readJson().auth === server.account?.auth ? json(201, sessionOf(server)) : refusal(401, 'no_match');
    case 'POST /v1/recoveries':
      return readJson().code_auth === server.account?.code_auth
        ? json(201, { ...sessionOf(server), words_wrap: undefined, code_wrap: server.account?.code_wrap })
        : refusal(401, 'no_match');
    default:
      return path.endsWith('/erasures') && method === 'GET' ? json(200, { erasures: [] }) : null;
  }
}

/** Make a registered phone on a small server; everything it wrote has been sent. */
export async function phoneOnSmallServer(server, words = 'one', over = {}) {
  const device = await phoneWithEntry(
    { origin: ORIGIN, send: server.send, clock: fixedClock(Date.now()), ...over },
    words,
  );
  const { login } = await device.app.register({ words: WORDS });
  await device.phone.ctx.open.syncing.now();
  return { ...device, login, open: device.phone.ctx.open };
}

/** Let a device sync only when a test runs it. */
export function holdSync({ open }) {
  open.syncing.stop();
  open.syncing.kick = () => undefined;
}

/**
 * Make a registered phone and its server, with the entry "one" and one for each of `words`, all numbered. It syncs only
 * when a test runs it, and the server has noted no request yet.
 */
export async function quietPhone(words = [], over = {}) {
  const server = smallServer();
  const device = await phoneOnSmallServer(server, 'one', over);
  for (const more of words) await saveEntry(device.app, more);
  if (words.length) await device.open.syncing.now();
  holdSync(device);
  server.requests.length = 0;
  return { ...device, server, ctx: device.phone.ctx };
}

/** Sign in on another phone of the same keeper; it has everything that the server has. */
export async function anotherOnSmallServer(server, login, over = {}) {
  const phone = makePhone({ origin: ORIGIN, send: server.send, clock: fixedClock(Date.now()), ...over });
  await phone.app.start();
  await phone.app.signIn({ login, words: WORDS });
  await phone.ctx.open.syncing.now();
  return { phone, app: phone.app, open: phone.ctx.open };
}
