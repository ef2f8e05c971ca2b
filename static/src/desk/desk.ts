/**
 * The advocate's page, without its screens. All state is in memory: a lock, a reload or a closed tab ends the
 * session, and no client data stays on the computer. docs/formats.md, section 8; docs/threats.md, the advocate's
 * computer.
 */
import { KeptError } from '../core/errors.js';
import { fingerprint, fingerprintWords } from '../crypto/sharing/fingerprints.js';
import { unb64 } from '../core/bytes.js';
import { deskApi } from '../net/clients.js';
import { isSessionOver } from '../net/http.js';
import { clientMethods, closeClient, endClient, loadClients } from './clients.js';
import { signInMethods } from './sign_in.js';
import { fileMethods } from './desk_files.js';
import { IdleLock } from './idle.js';
import { markMethods } from './mark_methods.js';
import { organisationMethods } from './organisation.js';
import { packingMethods } from './packing.js';
import type { Context, DeskState, Ports } from './context.js';

/** How often to check that the open grant is still valid. */
const CHECK_INTERVAL_MS = 30_000;
const UNREACHABLE_CODES = new Set(['no_network', 'server_slow', 'server_down', 'captive_portal', 'garbage']);

const initialState = (): DeskState => ({
  phase: 'out',
  language: 'en',
  clients: [],
  refused: 0,
  you: null,
  now: 0,
  client: null,
  entries: [],
  removed: [],
  marks: {},
  newer: false,
  ended: null,
  lockReason: null,
  lockIn: null,
  draft: null,
  account: { registered: true },
});

export function createDesk(ports: Ports) {
  const listeners: Set<() => void> = new Set();
  const ctx: Context = {
    ports,
    api: deskApi(ports.request),
    vault: null,
    state: initialState(),
    identity: null,
    pendingJoin: null,
    account: '',
    lockWith: (reason) => lock(reason),
    pendingSignIn: null,
    diary: null,
    loadingDiary: null,
    urls: new Set(),
    packStopper: null,
    sentLetters: [],
    requireVault() {
      if (!ctx.vault || !ctx.identity) throw new KeptError('signed_out');
      return ctx.vault;
    },
    set(change) {
      desk.state = ctx.state = { ...ctx.state, ...change };
      listeners.forEach((listener) => listener());
    },
    loadClients: () => loadClients(ctx),
    startSession: () => {
      idle.start();
      scheduleCheck();
    },
  };
  const lock = (reason: string | null = null) => clearSession(ctx, idle, reason);
  const idle = new IdleLock({
    now: () => ports.clock.now(),
    visible: ports.visible,
    after: ports.timers.after,
    stop: ports.timers.stop,
    onCountdown: (lockIn) => {
      if (lockIn !== ctx.state.lockIn) ctx.set({ lockIn });
    },
    lock: () => lock('idle'),
  });
  const scheduleCheck = () => {
    ports.timers.after(CHECK_INTERVAL_MS, () => {
      if (ctx.state.phase === 'in') void checkGrant(ctx, lock).finally(scheduleCheck);
    });
  };
  const { marked, ...marking } = markMethods(ctx);
  const methods = {
    ...signInMethods(ctx),
    ...clientMethods(ctx),
    ...marking,
    ...packingMethods(ctx),
    ...fileMethods(ctx),
    ...organisationMethods(ctx),
  };
  const desk = {
    state: ctx.state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...(Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        (...args: unknown[]) => guardSession(() => (method as Method)(...args), ctx, lock),
      ]),
    ) as AsyncMethods<typeof methods>),
    /** The nine words to read out. They come from the keys in this page, not from the server. */
    ownWords: async () =>
      fingerprintWords(fingerprint(unb64(ctx.identity?.ecdsa_pub ?? ''), unb64(ctx.identity?.hpke_pub ?? ''))),
    login: () => ctx.identity?.login ?? '',
    asked: () => ctx.sentLetters,
    marked,
    /** How many of the open client's versions were left out. */
    unsigned: () => ctx.diary?.refused ?? 0,
    setLanguage: async (language: string) => ctx.set({ language }),
    touch: () => idle.touch(),
    seen: () => idle.seen(),
    knowEnded: () => ctx.set({ ended: null }),
    lock,
    /** The page is closing: end the session. */
    gone: () => {
      void ctx.api.signOut(true);
      clearSession(ctx, idle, null);
    },
  };
  return desk;
}
export type Desk = ReturnType<typeof createDesk>;
/** Any of these methods. The type `Desk` checks the arguments at each call. */
type Method = (...args: unknown[]) => Promise<unknown>;

/** The methods as the screens call them: each returns a promise (`guardSession`). */
type AsyncMethods<M> = {
  [N in keyof M]: M[N] extends (...args: infer G) => infer R ? (...args: G) => Promise<Awaited<R>> : never;
};

/** Lock this page if the server reports that the session has ended, whatever the call was. */
async function guardSession<T>(method: () => Promise<T>, ctx: Context, lock: (reason: string) => void): Promise<T> {
  try {
    return await method();
  } catch (error) {
    if (isSessionOver(error) && ctx.state.phase === 'in') lock('signed_out');
    // Network messages are written for a phone, where everything is stored. Nothing is stored here, so use another
    // message.
    throw error instanceof KeptError && UNREACHABLE_CODES.has(error.code) ? new KeptError('unavailable') : error;
  }
}

/** Check whether the open grant is still valid and whether it has more. This is not a look: nothing is read. */
async function checkGrant(ctx: Context, lock: (reason: string) => void) {
  if (!ctx.ports.visible()) return;
  const { client } = ctx.state;
  try {
    if (!client) return await ctx.api.session();
    const { newest, not_after } = await ctx.api.grantStatus(client.grant);
    if (ctx.state.client?.grant !== client.grant) return;
    if (not_after <= ctx.ports.clock.now()) endClient(ctx);
    else if (newest > (ctx.diary?.latestSeq ?? 0) && !ctx.state.newer) ctx.set({ newer: true });
  } catch (error) {
    if (!(error instanceof KeptError)) return;
    if (isSessionOver(error)) lock('signed_out');
    // For a former member the server answers as for a missing grant.
    else if (error.code === 'not_found')
      await ctx.api.session().then(
        () => endClient(ctx),
        () => lock('signed_out'),
      );
  }
}

function clearSession(ctx: Context, idle: IdleLock, reason: string | null) {
  idle.stop();
  closeClient(ctx);
  ctx.vault?.close();
  Object.assign(ctx, { vault: null, identity: null, pendingJoin: null, pendingSignIn: null, sentLetters: [] });
  const { language } = ctx.state;
  void ctx.api.signOut();
  ctx.set({ ...initialState(), language, lockReason: reason });
}
