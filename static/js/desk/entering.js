/** Joining with an invitation, signing in with words and six digits, and forgetting all of it. */
import { b64, random } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { SCHEMAS } from '../record/schemas.js';

/** @typedef {import('./desk.js').Context} Context */

const SECRET_BYTES = 20;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const DEVICE_NAME = 'Desk';

/** @param {Context} ctx */
export function enteringMethods(ctx) {
  return {
    suggestWords: async () => (await vaultOf(ctx)).suggestWords(),
    beginJoin: (/** @type {{invite: string, name: string, words: string}} */ given) => beginJoin(ctx, given),
    finishJoin: (/** @type {string} */ digits) => finishJoin(ctx, digits),
    signIn: (/** @type {{login: string, words: string, digits: string}} */ given) => signIn(ctx, given),
    signInAgain: (/** @type {string} */ digits) => enter(ctx, digits),
  };
}

/** The worker, made when first needed. @param {Context} ctx */
async function vaultOf(ctx) {
  if (ctx.vault) return ctx.vault;
  const vault = ctx.ports.makeVault();
  ctx.vault = vault;
  await vault.setSchemas(SCHEMAS);
  return vault;
}

/** New keys under these words, and the secret of the second step; nothing is on the server yet. @param {Context} ctx @param {{invite: string, name: string, words: string}} given */
async function beginJoin(ctx, { invite, name, words }) {
  const vault = await vaultOf(ctx);
  const { ok } = await vault.checkWords(words);
  if (!ok) throw new KeptError('words_weak');
  const { login, ticket } = await ctx.api.name();
  const { identity, body } = await vault.advocateNew({ login, words });
  const secret = random(SECRET_BYTES);
  ctx.joining = {
    identity,
    login,
    body: { ...body, ticket, device_name: DEVICE_NAME, invite, name, secret: b64(secret) },
  };
  const text = base32(secret);
  return {
    login,
    secret: text.match(/.{4}/g)?.join(' ') ?? '',
    address: `otpauth://totp/Desk:${login}?secret=${text}&issuer=Desk`,
  };
}

/** @param {Context} ctx @param {string} digits */
async function finishJoin(ctx, digits) {
  const { joining } = ctx;
  if (!joining) throw new KeptError('locked');
  await ctx.api.join({ ...joining.body, digits });
  ctx.joining = null;
  return within(ctx, joining.identity, joining.login);
}

/** @param {Context} ctx @param {{login: string, words: string, digits: string}} given */
async function signIn(ctx, { login, words, digits }) {
  const vault = await vaultOf(ctx);
  const { kdf } = await ctx.api.prelogin(login);
  const { auth } = await vault.auth({ words, kdf, login });
  ctx.pending = { login, auth };
  return enter(ctx, digits);
}

/** With the proof of the words that is held: wrong digits do not ask for the words again. @param {Context} ctx @param {string} digits */
async function enter(ctx, digits) {
  const { pending, vault } = ctx;
  if (!pending || !vault) throw new KeptError('locked');
  const { login, auth } = pending;
  try {
    const answer = await ctx.api.signIn({ login, auth, device: idText(newId()), device_name: DEVICE_NAME, digits });
    ctx.pending = null;
    const identity = await vault.advocateOpen({ answer, login });
    return await within(ctx, identity, login);
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'second_step') ctx.pending = null;
    throw error instanceof KeptError && error.code === 'not_opened' ? new KeptError('no_match') : error;
  }
}

/** @param {Context} ctx @param {{account: string, ecdsa_pub: string, hpke_pub: string}} identity @param {string} login */
async function within(ctx, { account, ecdsa_pub, hpke_pub }, login) {
  ctx.account = account;
  ctx.own = { ecdsa_pub, hpke_pub, login };
  await ctx.list();
  ctx.set({ phase: 'in', told: null });
  ctx.begin();
}

/** As authenticator apps take it; 20 bytes need no padding. @param {Uint8Array} bytes */
export function base32(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join('');
}
