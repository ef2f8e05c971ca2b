/**
 * The advocate's page, without its screens. All state is in memory: a lock, a reload or a closed tab ends the
 * session, and no client data stays on the computer. docs/formats.md, section 8; docs/threats.md, the advocate's
 * computer.
 */
import { KeptError } from '../core/errors.js';
import { fingerprint, fingerprintWords } from '../crypto/sharing/fingerprints.js';
import { unb64 } from '../core/bytes.js';
import { deskApi } from '../net/clients.js';
import { isOver } from '../net/http.js';
import { clientMethods, closeClient, gone, list } from './clients.js';
import { enteringMethods } from './entering.js';
import { Idle } from './idle.js';
import { markMethods } from './marking.js';
import { organisationMethods } from './organisation.js';
import { packingMethods } from './packing.js';
import type { Context, DeskState, Ports } from './context.js';

/** How often to check that the open grant is still valid. */
const EVERY = 30_000;
const UNREACHED = new Set(['no_network', 'server_slow', 'server_down', 'captive_portal', 'garbage']);

const fresh = (): DeskState => ({
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
  told: null,
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
    state: fresh(),
    own: null,
    joining: null,
    account: '',
    leave: (why) => lock(why),
    pending: null,
    diary: null,
    reading: null,
    urls: new Set(),
    asked: [],
    opened() {
      if (!ctx.vault || !ctx.own) throw new KeptError('signed_out');
      return ctx.vault;
    },
    set(change) {
      desk.state = ctx.state = { ...ctx.state, ...change };
      listeners.forEach((listener) => listener());
    },
    list: () => list(ctx),
    begin: () => {
      idle.start();
      watching();
    },
  };
  const lock = (why: string | null = null) => forget(ctx, idle, why);
  const idle = new Idle({
    now: () => ports.clock.now(),
    visible: ports.visible,
    after: ports.timers.after,
    stop: ports.timers.stop,
    tell: (lockIn) => {
      if (lockIn !== ctx.state.lockIn) ctx.set({ lockIn });
    },
    lock: () => lock('idle'),
  });
  const watching = () => {
    ports.timers.after(EVERY, () => {
      if (ctx.state.phase === 'in') void watch(ctx, lock).finally(watching);
    });
  };
  const { marked, ...marking } = markMethods(ctx);
  const methods = {
    ...enteringMethods(ctx),
    ...clientMethods(ctx),
    ...marking,
    ...packingMethods(ctx),
    ...organisationMethods(ctx),
  };
  const desk = {
    state: ctx.state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...(Object.fromEntries(
      Object.entries(methods).map(([name, act]) => [
        name,
        (...args: unknown[]) => watched(() => (act as Act)(...args), ctx, lock),
      ]),
    ) as Watched<typeof methods>),
    /** The nine words to read out. They come from the keys in this page, not from the server. */
    ownWords: async () =>
      fingerprintWords(fingerprint(unb64(ctx.own?.ecdsa_pub ?? ''), unb64(ctx.own?.hpke_pub ?? ''))),
    login: () => ctx.own?.login ?? '',
    asked: () => ctx.asked,
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
      forget(ctx, idle, null);
    },
  };
  return desk;
}
export type Desk = ReturnType<typeof createDesk>;
/** Any of these methods. The type `Desk` checks the arguments at each call. */
type Act = (...args: unknown[]) => Promise<unknown>;

/** The methods as the screens call them: each returns a promise (`guardSession`). */
type Watched<M> = {
  [N in keyof M]: M[N] extends (...given: infer G) => infer R ? (...given: G) => Promise<Awaited<R>> : never;
};

/** Lock this page if the server reports that the session has ended, whatever the call was. */
async function watched<T>(act: () => Promise<T>, ctx: Context, lock: (why: string) => void): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isOver(error) && ctx.state.phase === 'in') lock('signed_out');
    // Network messages are written for a phone, where everything is stored. Nothing is stored here, so use another
    // message.
    throw error instanceof KeptError && UNREACHED.has(error.code) ? new KeptError('unavailable') : error;
  }
}

/** Check whether the open grant is still valid and whether it has more. This is not a look: nothing is read. */
async function watch(ctx: Context, lock: (why: string) => void) {
  if (!ctx.ports.visible()) return;
  const { client } = ctx.state;
  try {
    if (!client) return await ctx.api.session();
    const { newest, not_after } = await ctx.api.stands(client.grant);
    if (ctx.state.client?.grant !== client.grant) return;
    if (not_after <= ctx.ports.clock.now()) gone(ctx);
    else if (newest > (ctx.diary?.latest ?? 0) && !ctx.state.newer) ctx.set({ newer: true });
  } catch (error) {
    if (!(error instanceof KeptError)) return;
    if (isOver(error)) lock('signed_out');
    // For a former member the server answers as for a missing grant.
    else if (error.code === 'not_found')
      await ctx.api.session().then(
        () => gone(ctx),
        () => lock('signed_out'),
      );
  }
}

function forget(ctx: Context, idle: Idle, why: string | null) {
  idle.stop();
  closeClient(ctx);
  ctx.vault?.close();
  Object.assign(ctx, { vault: null, own: null, joining: null, pending: null, asked: [] });
  const { language } = ctx.state;
  void ctx.api.signOut();
  ctx.set({ ...fresh(), language, told: why });
}
