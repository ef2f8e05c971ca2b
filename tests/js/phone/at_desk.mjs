/** A desk as its page has it, without its screens, whose answers a test may change; and somebody who has joined at it. */
import { createHmac } from 'node:crypto';
import { createDesk } from '#app/desk/desk.js';
import { makeRequest } from '#app/net/http.js';
import { eventually } from './eventually.mjs';
import { vaultInProcess } from './phone.mjs';
import { sender } from './server.mjs';

/** How often a desk looks what has changed, ms. */
const EVERY = 30_000;
export const OWN = 'an advocate has words too';

/** `made` has the addresses it made of files and has not dropped, with what they lead to; `change` bends the keys' own answers by name. */
function openDesk(server, change = {}) {
  const meddled = new Map();
  const send = sender(server.base, {});
  const made = new Map();
  const timers = new Map();
  const request = makeRequest(async (path, options) => {
    const response = await send(path, options);
    const bent = [...meddled].find(([pattern]) => new RegExp(pattern).test(path))?.[1];
    if (!bent) return response;
    const bytes = bent(new Uint8Array(await response.arrayBuffer()));
    return new Response(bytes, { status: response.status, headers: response.headers });
  });
  const desk = createDesk({
    request,
    makeVault: () => {
      const vault = vaultInProcess(server.base);
      return Object.assign(vault, ...Object.entries(change).map(([name, bend]) => ({ [name]: bend(vault[name]) })));
    },
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
        const url = `blob:${made.size}${Math.random()}`;
        made.set(url, blob);
        return url;
      },
      drop: (url) => made.delete(url),
    },
  });
  /** What a page does twice a minute, to its end: when it waits for the next time. */
  const looksAround = async () => {
    const due = [...timers];
    timers.clear();
    const looks = desk.state.phase === 'in' && due.some(([, ms]) => ms === EVERY);
    for (const [act] of due) await act();
    if (looks)
      await eventually(
        () => [...timers.values()],
        (waits) => waits.includes(EVERY),
      );
  };
  return { desk, meddled, made, looksAround };
}

let step = 0;
export async function digitsOf(secret) {
  const now = () => Math.floor(Date.now() / 30_000);
  step = Math.max(step + 1, now());
  while (step > now() + 1) await new Promise((go) => setTimeout(go, 500));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The bytes a secret that was shown spells. */
function spelt(text) {
  const bits = [...text.replaceAll(' ', '')]
    .map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from(bits.match(/.{8}/g).map((eight) => parseInt(eight, 2)));
}

export async function joined(server, change = {}) {
  const { stdout } = await server.run('organisation', 'add', 'Stalking Support North');
  const opened = openDesk(server, change);
  const setup = await opened.desk.beginJoin({ invite: /14 days: (\S+)/.exec(stdout)[1], name: 'Priya K', words: OWN });
  const secret = spelt(setup.secret);
  step = 0;
  await opened.desk.finishJoin(await digitsOf(secret));
  return { ...opened, secret, login: setup.login, address: setup.address };
}
