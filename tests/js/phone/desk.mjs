/** An advocate at their desk, played in Node: with their own keys and their own way to the server. */
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

const WORDS_HERE = 'an advocate has words too';

/** Who leads the organisation of a server; the command line takes its time and is asked once. @type {WeakMap<object, any>} */
const leads = new WeakMap();

/**
 * The first of a server leads an organisation; the others are their colleagues.
 * @param {{base: string, run: Function}} server
 * @param {{name?: string, send?: Function, argon2?: Function}} [who]
 */
export async function desk(server, { name = 'Priya K', send = sender(server.base, {}), argon2 } = {}) {
  const lead = leads.get(server);
  const invite = lead
    ? (await lead.told('POST', '/v1/organisation/invitations', {}, await lead.proof())).invite
    : /14 days: (\S+)/.exec((await server.run('organisation', 'add', 'Stalking Support North')).stdout)[1];
  let token = null;
  const ask = async (method, path, sent, proof = null) => {
    const isBytes = sent instanceof Uint8Array;
    const type = isBytes ? 'application/octet-stream' : 'application/json';
    const response = await send(path, {
      method,
      headers: {
        'x-requested-by': 'app',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(proof ? { 'x-proof': proof } : {}),
        ...(sent ? { 'content-type': type } : {}),
      },
      ...(sent ? { body: isBytes ? sent : JSON.stringify(sent) } : {}),
    });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
  };
  const told = async (...args) => {
    const { status, bytes } = await ask(...args);
    assert.ok(status < 300, `${args[1]}: ${status} ${new TextDecoder().decode(bytes)}`);
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const { login, ticket } = await told('POST', '/v1/names', {});
  const engine = vaultInProcess(server.base, argon2);
  await engine.newIdentity();
  const { body } = await engine.enrolment({ login, words: WORDS_HERE });
  const [ecdsa, hpke, secret] = [await newKeyPair(), await newKeyPair(), randomBytes(20)];
  const { diary: _, ...account } = body;
  ({ token } = await told('POST', '/v1/members', {
    ...account,
    ticket,
    device_name: 'Desk',
    ecdsa_pub: b64(ecdsa.pub),
    hpke_pub: b64(hpke.pub),
    invite,
    name,
    secret: b64(secret),
    digits: digitsOf(secret),
  }));
  /** Leaves a letter with the keeper of the one grant there is; its id. */
  const writes = async (what, fields, { at = Date.now(), change = null } = {}) => {
    const {
      clients: [row],
    } = await told('GET', '/v1/clients');
    const granted = await openForAdvocate({ ecdsa, hpke }, unb64(row.sealed), row);
    const place = { diary: row.diary, grant: row.grant, letter: formatId(newId()) };
    const author = { key: await importSigningKey(ecdsa), pub: ecdsa.pub };
    const sealed = await sealLetter(author, unb64(granted.other.hpke_pub), place, {
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
    (await engine.auth({ words: WORDS_HERE, kdf: (await told('POST', '/v1/prelogin', { login })).kdf, login })).auth;
  const made = {
    ask,
    told,
    writes,
    proof,
    keys: { ecdsa, hpke },
    words: await fingerprintWords(fingerprint(ecdsa.pub, hpke.pub)),
  };
  if (!lead) leads.set(server, made);
  return made;
}

function digitsOf(secret) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** What a keeper chooses who lets an advocate see all entries. @param {any} app */
export const viewOfAll = (app) => ({
  scope: { all: true },
  rights: ['view'],
  restricted: false,
  not_after: app.usualEnd(),
  purpose: 'Help with a report',
});
