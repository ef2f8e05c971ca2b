/** Joining with an invitation, signing in with words and six digits, and ending the session. */
import { b64, randomBytes } from '../core/bytes.js';
import { SECOND_STEP_SECRET_BYTES } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { formatId, newId } from '../core/ids.js';
import { SCHEMAS } from '../record/vocabulary/schemas.js';
import type { Context } from './context.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const DEVICE_NAME = 'Desk';

export function signInMethods(ctx: Context) {
  return {
    suggestWords: async () => (await ensureVault(ctx)).suggestWords(),
    beginJoin: (input: { invite: string; name: string; words: string }) => beginJoin(ctx, input),
    finishJoin: (digits: string) => finishJoin(ctx, digits),
    signIn: (input: { login: string; words: string; digits: string }) => signIn(ctx, input),
    signInAgain: (digits: string) => enterDigits(ctx, digits),
  };
}

/** The worker, created on first use. */
async function ensureVault(ctx: Context) {
  if (ctx.vault) return ctx.vault;
  const vault = ctx.ports.makeVault();
  ctx.vault = vault;
  await vault.setSchemas(SCHEMAS);
  return vault;
}

/** Create keys under these words and the secret of the second step. Nothing is on the server yet. */
async function beginJoin(ctx: Context, { invite, name, words }: { invite: string; name: string; words: string }) {
  const vault = await ensureVault(ctx);
  const { ok } = await vault.checkWords(words);
  if (!ok) throw new KeptError('words_weak');
  const { login, ticket } = await ctx.api.reserveName();
  const { identity, body } = await vault.advocateNew({ login, words });
  const secret = randomBytes(SECOND_STEP_SECRET_BYTES);
  ctx.pendingJoin = {
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
  const { pendingJoin: joining } = ctx;
  if (!joining) throw new KeptError('locked');
  await ctx.api.joinOrganisation({ ...joining.body, digits });
  ctx.pendingJoin = null;
  return completeSignIn(ctx, joining.identity, joining.login);
}

async function signIn(ctx: Context, { login, words, digits }: { login: string; words: string; digits: string }) {
  const vault = await ensureVault(ctx);
  const { kdf } = await ctx.api.prelogin(login);
  const { auth } = await vault.auth({ words, kdf, login });
  ctx.pendingSignIn = { login, auth };
  return enterDigits(ctx, digits);
}

/** Sign in with the stored proof of the words, so that wrong digits do not require the words again. */
async function enterDigits(ctx: Context, digits: string) {
  const { pendingSignIn: pending, vault } = ctx;
  if (!pending || !vault) throw new KeptError('locked');
  const { login, auth } = pending;
  try {
    const response = await ctx.api.signIn({ login, auth, device: formatId(newId()), device_name: DEVICE_NAME, digits });
    ctx.pendingSignIn = null;
    const identity = await vault.advocateOpen({ answer: response, login });
    return await completeSignIn(ctx, identity, login);
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'second_step') ctx.pendingSignIn = null;
    throw error instanceof KeptError && error.code === 'not_opened' ? new KeptError('no_match') : error;
  }
}

async function completeSignIn(
  ctx: Context,
  { account, ecdsa_pub, hpke_pub }: { account: string; ecdsa_pub: string; hpke_pub: string },
  login: string,
) {
  ctx.account = account;
  ctx.identity = { ecdsa_pub, hpke_pub, login };
  await ctx.loadClients();
  ctx.set({ phase: 'in', lockReason: null });
  ctx.startSession();
}

/** As authenticator apps expect it; 20 bytes need no padding. */
export function base32(bytes: Uint8Array) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((chunk) => BASE32[parseInt(chunk, 2)]).join('');
}
