/** A phone in Node: the real app over an in-memory database, a real crypto engine with a cheap lock, and a clock. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { createApp } from '#app/app/app.js';
import { randomBytes } from '#app/core/bytes.js';
import { fixedClock } from '#app/core/clock.js';
import { KeptError } from '#app/core/errors.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { COST_CEILING } from '#app/crypto/kdf.js';
import { FUNCTION_NAMES } from '#app/crypto/worker/vault.js';
import { Api } from '#app/net/api.js';
import { makeRequest } from '#app/net/http.js';
import { Database } from '#app/store/database.js';
import { MAX_WAIT_MS } from './eventually.mjs';
import { CHEAP, quickArgon2 } from './quick_argon2.mjs';
import { trackPending, idleHelpers } from './idle.mjs';

/**
 * @typedef {Omit<RequestInit, 'headers'> & {headers?: Record<string, string>}} Request
 * @typedef {import('#app/crypto/worker/vault.js').Vault} Vault
 * @typedef {import('#app/diary/types.js').Collaborators} Collaborators
 * @typedef {import('#app/diary/sync/syncing.js').Syncing} Syncing
 * @typedef {import('#app/diary/types.js').Context & {open: {syncing: Syncing}}} Context
 * @typedef {Pick<ReturnType<typeof import('#app/app/app_diary.js').diaryMethods>, 'readReceived'>} FileMethods
 * @typedef {ReturnType<typeof import('#app/features/advocates/actions.js').grantActions>} GrantActions
 * @typedef {'usualEnd' | 'latestEnd' | 'letIn' | 'renewGrant' | 'narrowGrant'} GrantNames
 * @typedef {Pick<GrantActions, GrantNames>} GrantMethods
 * @typedef {GrantMethods & FileMethods & ReturnType<typeof createApp>} App the app, with what no screen uses
 * @typedef {ReturnType<typeof makePhone>} Phone
 * @typedef {(path: string, options: Request) => Promise<Response>} Send as `fetch`
 */

export const WORDS = 'cage candy arch gather drum buyer';
export const NOON = Date.UTC(2026, 10, 24, 12, 0, 0);

/**
 * Make a vault without a worker. As in crypto/worker/vault.ts, values are copied in and out, and after `close` every
 * call fails with `locked`.
 * @param {string} origin
 * @param {typeof quickArgon2} [argon2]
 * @returns {Vault}
 */
export function vaultInProcess(origin, argon2 = quickArgon2) {
  const engine = createEngine({ origin, argon2, policy: { floor: CHEAP, ceiling: COST_CEILING }, now: () => 0 });
  let closed = false;
  const vault = /** @type {Vault} */ ({
    onProgress: null,
    close: () => {
      closed = true;
    },
  });
  for (const name of FUNCTION_NAMES) {
    vault[name] = async (/** @type {unknown[]} */ ...args) => {
      if (closed) throw new KeptError('locked');
      /** @type {unknown[]} */
      const cheapArgs = ['enrolment', 'changeWords', 'rekeyBegin'].includes(name)
        ? [{ .../** @type {object} */ (args[0]), cost: CHEAP }]
        : name === 'newDoor'
          ? [CHEAP]
          : args;
      const value = await Reflect.apply(engine[name], engine, structuredClone(cheapArgs));
      if (closed) throw new KeptError('locked');
      return structuredClone(value);
    };
  }
  return vault;
}

/** Give each install the same chaff, and add none later, so that a test can count. */
const fixedRandom = (n) => (n === 1 ? Uint8Array.of(0) : randomBytes(n));

let phones = 0;

/**
 * Make a phone.
 * @param {Partial<Collaborators> & {send?: Send, after?: {name: string, clock: Collaborators['clock']}}} [over]
 * dependencies to replace; `after`: the phone that it restarts
 */
export function makePhone({
  origin = 'https://notes.example',
  send = noNetwork,
  after: previous = null,
  clock = previous?.clock ?? fixedClock(NOON),
  ...over
} = {}) {
  const name = previous?.name ?? `phone-${++phones}`;
  const timers = new Map();
  const parts = {
    name,
    clock: /** @type {ReturnType<typeof fixedClock>} */ (clock),
    online: true,
    visible: true,
    made: 0,
    held: null,
    ended: false,
    erased: false,
    app: /** @type {App} */ (undefined),
    ctx: /** @type {Context} */ (undefined),
    urls: new Map(),
    database: over.database ?? new Database({ name }),
    end() {
      for (const timer of timers.keys()) clearTimeout(timer);
      parts.ended = true;
    },
  };
  const pendingRequests = new Set();
  const phone = Object.assign(parts, idleHelpers(parts, timers, pendingRequests));
  // A phone that has ended sends nothing: a request may take two minutes, and would keep Node running.
  const request = makeRequest(/** @type {typeof fetch} */ (send));
  const app = createApp({
    database: phone.database,
    api: new Api((input) => (phone.ended ? new Promise(() => {}) : trackPending(pendingRequests, request(input)))),
    makeVault: () => {
      phone.made++;
      return vaultInProcess(origin);
    },
    releaseName: async () => '',
    pictures: {
      make: async () => [
        {
          purpose: 'print',
          bytes: new Uint8Array(5000).fill(7),
          width: 900,
          height: 1948,
          media_type: 'image/jpeg',
          recipe: 'test',
        },
        {
          purpose: 'preview',
          bytes: new Uint8Array(900).fill(8),
          width: 320,
          height: 693,
          media_type: 'image/jpeg',
          recipe: 'test',
        },
      ],
    },
    clock,
    origin,
    zone: () => 'Europe/London',
    random: fixedRandom,
    hold: async () => () => undefined,
    online: () => phone.online,
    visible: () => phone.visible,
    objectUrl: {
      make: (blob) => {
        const url = `blob:${phone.urls.size}`;
        phone.urls.set(url, blob);
        return url;
      },
      drop: (url) => {
        phone.urls.delete(url);
      },
    },
    timers: {
      after: (ms, act) => {
        const timer = setTimeout(
          () => {
            timers.delete(timer);
            act();
          },
          Math.min(ms, 2 ** 30),
        );
        timers.set(timer, act);
        if (ms > 500) timer.unref?.();
        return timer;
      },
      stop: (/** @type {NodeJS.Timeout} */ timer) => {
        clearTimeout(timer);
        timers.delete(timer);
      },
      // A busy machine takes longer for what a phone does in a second, and that must not make a lock give up.
      deadline: (ms, act) => {
        setTimeout(act, ms * 30).unref();
      },
    },
    packActions: (ctx) => {
      phone.ctx = /** @type {Context} */ (ctx);
      return over.packActions?.(ctx) ?? {};
    },
    deviceName: 'Test',
    supported: () => true,
    installOffline: async () => undefined,
    keepOffline: async () => undefined,
    applyUpdate: async () => undefined,
    leaveNothing: async () => {
      phone.erased = true;
    },
    phoneBytes: async () => 0,
    roomBytes: async () => null,
    connection: () => null,
    ...Object.fromEntries(Object.entries(over).filter(([name]) => name !== 'packActions')),
  });
  phone.app = /** @type {App} */ (app);
  return phone;
}

/** @returns {Promise<Response>} */
export async function noNetwork() {
  throw new TypeError('Failed to fetch');
}

/** Wait until `isDone` returns true for the phone's state. */
export async function until(phone, isDone, label = 'state', ms = MAX_WAIT_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const state = phone.app.state;
    if (isDone(state)) return state;
    if (Date.now() > end)
      throw new Error(
        `${label} did not come: ${JSON.stringify({ ...state, entries: state.entries.map((entry) => entry.state) })}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Make a phone with words and one saved entry. */
export async function phoneWithEntry(options = {}, words = 'He waited outside.') {
  const phone = makePhone(options);
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: words } });
  await phone.app.enrolHere(WORDS);
  const { record } = await phone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  return { ...phone, phone, app: phone.app, record };
}

/** Return the options for a pack, reviewed and confirmed with the words, as the screens do it. */
export async function confirmPack(app, options, words = WORDS) {
  const { looked } = await app.chooseForPack({ from: null, to: null, records: null, ...options });
  return { ...options, looked, agreed: await app.agree(words) };
}

export function file(bytes, name = 'shot.png', type = 'image/png') {
  return new File([bytes], name, { type, lastModified: NOON - 1000 });
}

export const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13);
export { IDBFactory };
