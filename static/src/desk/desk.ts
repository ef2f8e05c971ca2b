/**
 * The advocate's page, without its screens. All it knows is in memory: a lock, a reload or a closed tab ends the
 * session, and there is nothing of any client on the computer. docs/formats.md, section 8; docs/threats.md, the
 * advocate's computer.
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

/** How often it is asked whether what is open still stands. */
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
    /** The nine words to read out, made of the keys in this page and not of what the server says. */
    ownWords: async () =>
      fingerprintWords(fingerprint(unb64(ctx.own?.ecdsa_pub ?? ''), unb64(ctx.own?.hpke_pub ?? ''))),
    login: () => ctx.own?.login ?? '',
    asked: () => ctx.asked,
    marked,
    /** How many versions of the open client's were left out. */
    unsigned: () => ctx.diary?.refused ?? 0,
    setLanguage: async (language: string) => ctx.set({ language }),
    touch: () => idle.touch(),
    seen: () => idle.seen(),
    knowEnded: () => ctx.set({ ended: null }),
    lock,
    /** The page goes away: the session with it. */
    gone: () => {
      void ctx.api.signOut(true);
      forget(ctx, idle, null);
    },
  };
  return desk;
}
export type Desk = ReturnType<typeof createDesk>;
/** Any of these methods; their arguments are checked where they are called, by the type `Desk`. */
type Act = (...args: unknown[]) => Promise<unknown>;

/** The methods as the screens call them: each returns a promise (`watched`). */
type Watched<M> = {
  [N in keyof M]: M[N] extends (...given: infer G) => infer R ? (...given: G) => Promise<Awaited<R>> : never;
};

/** A session that has ended ends this page's too, whatever was asked. */
async function watched<T>(act: () => Promise<T>, ctx: Context, lock: (why: string) => void): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isOver(error) && ctx.state.phase === 'in') lock('signed_out');
    // What the way to the server says is made for a phone, where everything is safe; here nothing is kept.
    throw error instanceof KeptError && UNREACHED.has(error.code) ? new KeptError('unavailable') : error;
  }
}

/** Whether what is open still stands, and whether there is more of it. It is no look: nothing is read. */
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
    // Not a member any more answers like a grant that is not there.
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
