/** Joining with an invitation, signing in with words and six digits, and ending the session. */
import { b64, random } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { SCHEMAS } from '../record/vocabulary/schemas.js';
import type { Context } from './context.js';

const SECRET_BYTES = 20;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const DEVICE_NAME = 'Desk';

export function enteringMethods(ctx: Context) {
  return {
    suggestWords: async () => (await vaultOf(ctx)).suggestWords(),
    beginJoin: (given: { invite: string; name: string; words: string }) => beginJoin(ctx, given),
    finishJoin: (digits: string) => finishJoin(ctx, digits),
    signIn: (given: { login: string; words: string; digits: string }) => signIn(ctx, given),
    signInAgain: (digits: string) => enter(ctx, digits),
  };
}

/** The worker, created on first use. */
async function vaultOf(ctx: Context) {
  if (ctx.vault) return ctx.vault;
  const vault = ctx.ports.makeVault();
  ctx.vault = vault;
  await vault.setSchemas(SCHEMAS);
  return vault;
}

/** Create keys under these words and the secret of the second step. Nothing is on the server yet. */
async function beginJoin(ctx: Context, { invite, name, words }: { invite: string; name: string; words: string }) {
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

async function finishJoin(ctx: Context, digits: string) {
  const { joining } = ctx;
  if (!joining) throw new KeptError('locked');
  await ctx.api.join({ ...joining.body, digits });
  ctx.joining = null;
  return within(ctx, joining.identity, joining.login);
}

async function signIn(ctx: Context, { login, words, digits }: { login: string; words: string; digits: string }) {
  const vault = await vaultOf(ctx);
  const { kdf } = await ctx.api.prelogin(login);
  const { auth } = await vault.auth({ words, kdf, login });
  ctx.pending = { login, auth };
  return enter(ctx, digits);
}

/** Sign in with the stored proof of the words, so that wrong digits do not require the words again. */
async function enter(ctx: Context, digits: string) {
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

async function within(
  ctx: Context,
  { account, ecdsa_pub, hpke_pub }: { account: string; ecdsa_pub: string; hpke_pub: string },
  login: string,
) {
  ctx.account = account;
  ctx.own = { ecdsa_pub, hpke_pub, login };
  await ctx.list();
  ctx.set({ phase: 'in', told: null });
  ctx.begin();
}

/** As authenticator apps expect it; 20 bytes need no padding. */
export function base32(bytes: Uint8Array) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join('');
}
