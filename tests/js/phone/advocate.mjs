/** An advocate's desk in Node, with its own keys and its own connection to the server. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { b64, randomBytes, unb64 } from '#app/core/bytes.js';
import { formatId, newId } from '#app/core/ids.js';
import { fingerprint, fingerprintWords } from '#app/crypto/sharing/fingerprints.js';
import { openForAdvocate } from '#app/crypto/sharing/grants.js';
import { sealLetter } from '#app/crypto/sharing/letters.js';
import { importSigningKey, newKeyPair } from '#app/crypto/signing.js';
import { vaultInProcess } from './phone.mjs';
import { sender } from './server.mjs';

const DESK_WORDS = 'an advocate has words too';

/** @typedef {import('#app/crypto/argon2.js').Argon2id} Argon2id */

/**
 * The leader of each server's organisation. The command line is slow, so it runs once per server.
 * @type {WeakMap<object, {askJson: (...request: unknown[]) => Promise<{invite: string}>, proof(): Promise<string>}>}
 */
const leaders = new WeakMap();

/**
 * Make an advocate. The first on a server leads an organisation; the others join it.
 * @param {{base: string, run(...command: string[]): Promise<{stdout: string}>}} server
 * @param {{name?: string, send?: import('./phone.mjs').Send, argon2?: Argon2id}} [options]
 */
export async function makeAdvocate(server, { name = 'Priya K', send = sender(server.base, {}), argon2 } = {}) {
  const leader = leaders.get(server);
  const invite = leader
    ? (await leader.askJson('POST', '/v1/organisation/invitations', {}, await leader.proof())).invite
    : /14 days: (\S+)/.exec((await server.run('organisation', 'add', 'Stalking Support North')).stdout)[1];
  let token = null;
  const ask = async (method, path, payload, proof = null) => {
    const isBytes = payload instanceof Uint8Array;
    const contentType = isBytes ? 'application/octet-stream' : 'application/json';
    const response = await send(path, {
      method,
      headers: {
        'x-requested-by': 'app',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(proof ? { 'x-proof': proof } : {}),
        ...(payload ? { 'content-type': contentType } : {}),
      },
      ...(payload ? { body: isBytes ? /** @type {BodyInit} */ (payload) : JSON.stringify(payload) } : {}),
    });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
  };
  const askJson = async (...args) => {
    const { status, bytes } = await ask(...args);
    assert.ok(status < 300, `${args[1]}: ${status} ${new TextDecoder().decode(bytes)}`);
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const { login, ticket } = await askJson('POST', '/v1/names', {});
  const engine = vaultInProcess(server.base, argon2);
  await engine.newIdentity();
  const { body } = await engine.enrolment({ login, words: DESK_WORDS });
  const [ecdsa, hpke, secret] = [await newKeyPair(), await newKeyPair(), randomBytes(20)];
  const { diary: _, ...account } = body;
  ({ token } = await askJson('POST', '/v1/members', {
    ...account,
    ticket,
    device_name: 'Desk',
    ecdsa_pub: b64(ecdsa.pub),
    hpke_pub: b64(hpke.pub),
    invite,
    name,
    secret: b64(secret),
    digits: codeOfNow(secret),
  }));
  /** Send a letter to the keeper of the only grant. Returns its id. */
  const sendLetter = async (what, fields, { at = Date.now(), change = null } = {}) => {
    const {
      clients: [row],
    } = await askJson('GET', '/v1/clients');
    const grant = await openForAdvocate({ ecdsa, hpke }, unb64(row.sealed), row);
    const place = { diary: row.diary, grant: row.grant, letter: formatId(newId()) };
    const signer = { key: await importSigningKey(ecdsa), pub: ecdsa.pub };
    const sealed = await sealLetter(signer, unb64(grant.other.hpke_pub), place, {
      fields,
      from: b64(fingerprint(ecdsa.pub, hpke.pub)),
      made_at: at,
      what,
    });
    const { status } = await ask(
      'PUT',
      `/v1/clients/${row.grant}/letters/${place.letter}`,
      change ? change(sealed) : sealed,
    );
    assert.equal(status, 204);
    return place.letter;
  };
  const proof = async () =>
    (await engine.auth({ words: DESK_WORDS, kdf: (await askJson('POST', '/v1/prelogin', { login })).kdf, login })).auth;
  const member = {
    ask,
    askJson,
    sendLetter,
    proof,
    keys: { ecdsa, hpke },
    words: await fingerprintWords(fingerprint(ecdsa.pub, hpke.pub)),
  };
  if (!leader) leaders.set(server, member);
  return member;
}

function codeOfNow(secret) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/**
 * The choice of a keeper who lets an advocate see all entries.
 * @param {{usualEnd(): number}} app
 * @returns {import('#app/shell/advocate_types.js').GrantChoice}
 */
export const viewAllChoice = (app) => ({
  scope: { all: true },
  rights: ['view'],
  restricted: false,
  not_after: app.usualEnd(),
  purpose: 'Help with a report',
});
