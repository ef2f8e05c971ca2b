/** The desk of an advocate's page without its screens. Tests can change its responses, and join as an advocate. */
import { createHmac } from 'node:crypto';
import { createDesk } from '#app/desk/desk.js';
import { makeRequest } from '#app/net/http.js';
import { eventually } from './eventually.mjs';
import { vaultInProcess } from './phone.mjs';
import { sender } from './server.mjs';

/** @typedef {import('#app/pack/engine/page_engine.js').PageEngine} PageEngine */
/** @typedef {import('#app/media/previews.js').PictureMaker} PictureMaker */

/** How often a desk polls for changes, ms. */
const POLL_INTERVAL_MS = 30_000;
export const DESK_WORDS = 'an advocate has words too';

/**
 * `change`: wrappers for functions of the vault, by name; `pageEngine`: lays out pages; `pictures`: copies pictures;
 * `onRequest`: is called before each request. Returns `made`, the object URLs not yet dropped with their blobs, and
 * `meddled`, response overrides by path pattern.
 * @param {{base: string, run(...command: string[]): Promise<{stdout: string}>}} server
 * @param {object} [change]
 * @param {{pageEngine?: object, pictures?: PictureMaker, onRequest?: (path: string) => Promise<void>}} [ports]
 */
function openDesk(server, change = {}, { pageEngine, onRequest, pictures = { make: async () => null } } = {}) {
  const overrides = new Map();
  const send = sender(server.base, {});
  const objectUrls = new Map();
  const timers = new Map();
  const request = makeRequest(async (path, options) => {
    await onRequest?.(path);
    const response = await send(path, options);
    const override = [...overrides].find(([pattern]) => new RegExp(pattern).test(path))?.[1];
    if (!override) return response;
    const bytes = override(new Uint8Array(await response.arrayBuffer()));
    return new Response(bytes, { status: response.status, headers: response.headers });
  });
  const desk = createDesk({
    request,
    makeVault: () => {
      const vault = vaultInProcess(server.base);
      return Object.assign(vault, ...Object.entries(change).map(([name, wrap]) => ({ [name]: wrap(vault[name]) })));
    },
    origin: server.base,
    pictures,
    ...(pageEngine && { pageEngine: /** @type {PageEngine} */ (pageEngine) }),
    clock: { now: () => Date.now() },
    zone: () => 'Europe/London',
    visible: () => true,
    timers: {
      after: (ms, act) => {
        timers.set(act, ms);
        return act;
      },
      stop: (act) => timers.delete(act),
    },
    objectUrl: {
      make: (blob) => {
        const url = `blob:${objectUrls.size}${Math.random()}`;
        objectUrls.set(url, blob);
        return url;
      },
      drop: (url) => objectUrls.delete(url),
    },
  });
  /** Run the page's poll, which it does twice a minute, until it waits for the next one. */
  const pollOnce = async () => {
    const due = [...timers];
    timers.clear();
    const isPolling = desk.state.phase === 'in' && due.some(([, ms]) => ms === POLL_INTERVAL_MS);
    for (const [act] of due) await act();
    if (isPolling)
      await eventually(
        () => [...timers.values()],
        (delays) => delays.includes(POLL_INTERVAL_MS),
      );
  };
  return { desk, meddled: overrides, made: objectUrls, looksAround: pollOnce };
}

let step = 0;
export async function codeOfNow(secret) {
  const now = () => Math.floor(Date.now() / 30_000);
  step = Math.max(step + 1, now());
  while (step > now() + 1) await new Promise((resolve) => setTimeout(resolve, 500));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Decode a secret that was shown in base32. */
function decodeSecret(text) {
  const bits = [...text.replaceAll(' ', '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/**
 * @param {{base: string, run(...command: string[]): Promise<{stdout: string}>}} server
 * @param {object} [change]
 * @param {Parameters<typeof openDesk>[2]} [ports]
 */
export async function joinDesk(server, change = {}, ports = {}) {
  const { stdout } = await server.run('organisation', 'add', 'Stalking Support North');
  const opened = openDesk(server, change, ports);
  const setup = await opened.desk.beginJoin({
    invite: /14 days: (\S+)/.exec(stdout)[1],
    name: 'Priya K',
    words: DESK_WORDS,
  });
  const secret = decodeSecret(setup.secret);
  step = 0;
  await opened.desk.finishJoin(await codeOfNow(secret));
  return { ...opened, secret, login: setup.login, address: setup.address };
}
