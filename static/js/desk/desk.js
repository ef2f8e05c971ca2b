/**
 * The advocate's page, without its screens. All it knows is in memory: a lock, a reload or a closed tab ends the session, and
 * there is nothing of any client on the computer. docs/formats.md, section 8; docs/threats.md, the advocate's computer.
 */
import { KeptError } from '../core/errors.js';
import { fingerprint, fingerprintWords } from '../crypto/fingerprints.js';
import { unb64 } from '../core/bytes.js';
import { deskApi } from '../net/clients.js';
import { isOver } from '../net/http.js';
import { clientMethods, closeClient, gone, list } from './clients.js';
import { enteringMethods } from './entering.js';
import { Idle } from './idle.js';
import { markMethods } from './marking.js';
import { organisationMethods } from './organisation.js';
import { packingMethods } from './packing.js';

/**
 * @typedef {object} Ports what the browser offers
 * @property {import('../net/http.js').Request} request
 * @property {() => import('../crypto/vault.js').Vault} makeVault
 * @property {{now(): number}} clock
 * @property {() => string} zone
 * @property {() => boolean} visible
 * @property {{after: (ms: number, act: () => void) => unknown, stop: (timer: any) => void}} timers
 * @property {{make: (blob: Blob) => string, drop: (url: string) => void}} objectUrl
 */
/** @typedef {{letter: string, grant: string, about: string|null, text: string, at: number}} Asked a letter sent in this session */
/**
 * @typedef {object} DeskState what the screens show; `ended` is the name of a client who has just ended it, `told` a code of why it locked
 * @property {'out'|'in'} phase
 * @property {string} language
 * @property {import('./order.js').Client[]} clients
 * @property {number} refused grants that do not hold and are left out
 * @property {import('../net/clients.js').You|null} you
 * @property {number} now the server's, when the list was read
 * @property {import('./order.js').Client|null} client the one that is open
 * @property {import('../ui/app.d.ts').Row[]} entries
 * @property {import('../ui/app.d.ts').Row[]} removed
 * @property {import('./marks.js').ByRecord} marks what was looked through of that client
 * @property {boolean} newer there is more of this client than is shown
 * @property {string|null} ended
 * @property {string|null} told
 * @property {number|null} lockIn
 * @property {null} draft
 * @property {{registered: boolean}} account
 */
/**
 * @typedef {object} Context
 * @property {Ports} ports
 * @property {ReturnType<typeof deskApi>} api
 * @property {import('../crypto/vault.js').Vault|null} vault
 * @property {() => import('../crypto/vault.js').Vault} opened
 * @property {DeskState} state
 * @property {(change: Partial<DeskState>) => void} set
 * @property {() => Promise<void>} list
 * @property {() => void} begin
 * @property {{ecdsa_pub: string, hpke_pub: string, login: string}|null} own
 * @property {any} joining
 * @property {string} account the own account's id
 * @property {(why: string) => void} leave locks, and says why
 * @property {{login: string, auth: string}|null} pending
 * @property {import('./diary.js').Diary|null} diary
 * @property {import('./diary.js').Diary|null} reading
 * @property {Set<string>} urls
 * @property {Asked[]} asked
 */

/** How often it is asked whether what is open still stands. */
const EVERY = 30_000;
const UNREACHED = new Set(['no_network', 'server_slow', 'server_down', 'captive_portal', 'garbage']);

/** @returns {DeskState} */
const fresh = () => ({
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

/** @param {Ports} ports */
export function createDesk(ports) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** @type {Context} */
  const ctx = {
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
  const lock = (/** @type {string|null} */ why = null) => forget(ctx, idle, why);
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
    subscribe(/** @type {() => void} */ listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...Object.fromEntries(
      Object.entries(methods).map(([name, act]) => [
        name,
        (/** @type {any[]} */ ...args) => watched(() => /** @type {any} */ (act)(...args), ctx, lock),
      ]),
    ),
    /** The nine words to read out, made of the keys in this page and not of what the server says. */
    ownWords: async () =>
      fingerprintWords(fingerprint(unb64(ctx.own?.ecdsa_pub ?? ''), unb64(ctx.own?.hpke_pub ?? ''))),
    login: () => ctx.own?.login ?? '',
    asked: () => ctx.asked,
    marked,
    /** How many versions of the open client's were left out. */
    unsigned: () => ctx.diary?.refused ?? 0,
    setLanguage: async (/** @type {string} */ language) => ctx.set({ language }),
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
/** @typedef {ReturnType<typeof createDesk> & ReturnType<typeof enteringMethods> & ReturnType<typeof clientMethods> & ReturnType<typeof markMethods> & ReturnType<typeof packingMethods> & ReturnType<typeof organisationMethods>} Desk */

/** A session that has ended ends this page's too, whatever was asked. @template T @param {() => Promise<T>} act @param {Context} ctx @param {(why: string) => void} lock @returns {Promise<T>} */
async function watched(act, ctx, lock) {
  try {
    return await act();
  } catch (error) {
    if (isOver(error) && ctx.state.phase === 'in') lock('signed_out');
    // What the way to the server says is made for a phone, where everything is safe; here nothing is kept.
    throw error instanceof KeptError && UNREACHED.has(error.code) ? new KeptError('unavailable') : error;
  }
}

/** Whether what is open still stands, and whether there is more of it. It is no look: nothing is read. @param {Context} ctx @param {(why: string) => void} lock */
async function watch(ctx, lock) {
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

/** @param {Context} ctx @param {Idle} idle @param {string|null} why */
function forget(ctx, idle, why) {
  idle.stop();
  closeClient(ctx);
  ctx.vault?.close();
  Object.assign(ctx, { vault: null, own: null, joining: null, pending: null, asked: [] });
  const { language } = ctx.state;
  void ctx.api.signOut();
  ctx.set({ ...fresh(), language, told: why });
}
