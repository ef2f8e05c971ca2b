/**
 * The network between one device and the server. Requests wait for their turn, get lost, arrive twice or are cut off.
 * Answers get lost, or never come because the server is killed.
 */
import { decodePush } from '#app/ledger/push.js';
import { falsify } from './false_answers.mjs';
import { scheduler } from './scheduler.mjs';
import { ORIGIN } from './server.mjs';

/** How many true answers to one request are kept, for a dishonest server to return again. */
const REMEMBERED = 4;

export class Network {
  /**
   * @param {string} name
   * @param {import('./server.mjs').Server} server
   * @param {(line: string) => void} note logs every request and its fault
   */
  constructor(name, server, note) {
    this.name = name;
    this.server = server;
    this.note = note;
    this.isOff = false;
    /** The probability of a fault for a request, and of a lie for an answer. */
    this.faultRate = this.lieRate = 0;
    /** Versions sent with keys for an advocate, by grant. @type {Map<string, Set<string>>} */
    this.grantedVersions = new Map();
    /** True answers, by request path. @type {Map<string, Buffer[]>} */
    this.past = new Map();
    this.send = (path, options) => this.ask(path, options);
  }

  /** As `fetch`. @param {string} path */
  ask(path, options) {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
      this.transmit(path, options).then(resolve, reject);
    });
  }

  async transmit(path, options) {
    await scheduler.waitForTurn();
    if (this.isOff) throw networkError();
    const fault =
      this.faultRate && scheduler.chance.occurs(this.faultRate)
        ? scheduler.chance.pick([
            'lost',
            'failed',
            'twice',
            'cut',
            'answer lost',
            'late',
            'killed before',
            'killed after',
          ])
        : '';
    const body = bodyOf(options);
    this.recordGranted(path, options.method, body);
    const line = `${this.name}: ${options.method} ${shorten(path)}${fault && ` (${fault})`}`;
    if (fault === 'lost') return this.finish(line, networkError());
    if (fault === 'failed')
      return this.finish(
        line,
        makeResponse({
          status: 500,
          headers: [['content-type', 'application/json']],
          body: Buffer.from('{"error":"internal","message":"x"}'),
        }),
      );
    if (fault === 'cut') {
      await this.carry(path, options, body, { cut: scheduler.chance.below(body.length + 1) });
      return this.finish(line, networkError());
    }
    if (fault.startsWith('killed')) {
      await this.carry(path, options, body, { killed: fault.split(' ')[1] });
      return this.finish(line, networkError());
    }
    if (fault === 'twice') await this.carry(path, options, body);
    const response = this.maybeLie(line, path, options, await this.carry(path, options, body));
    if (fault === 'late')
      await new Promise((resolve) => {
        setTimeout(resolve, 30_000);
      });
    await scheduler.waitForTurn();
    if (fault === 'answer lost' || this.isOff) throw networkError();
    return makeResponse(response);
  }

  /** Return the response, or a lie in its place. */
  maybeLie(line, path, { method }, response) {
    const earlier = (this.past.get(path) ?? []).filter((body) => !body.equals(response.body));
    const lieTold =
      this.lieRate && response.status < 300 && scheduler.chance.occurs(this.lieRate)
        ? falsify({ path, method, body: response.body, past: earlier }, scheduler.chance)
        : null;
    if (method === 'GET' && response.status < 300) this.past.set(path, [...earlier, response.body].slice(-REMEMBERED));
    this.note(`${line} → ${response.status}${lieTold ? `, and in its place ${lieTold.what}` : ''}`);
    return lieTold ? { ...response, body: lieTold.body } : response;
  }

  /** Note the grants that receive keys in a version's push. */
  recordGranted(path, method, body) {
    const [, version] = /\/versions\/([\w-]{22})$/.exec(path) ?? [];
    if (!version || method !== 'PUT') return;
    for (const [grant] of decodePush(new Uint8Array(body)).meta.grants)
      this.grantedVersions.set(grant, (this.grantedVersions.get(grant) ?? new Set()).add(version));
  }

  finish(line, outcome) {
    this.note(line);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /** @param {{cut?: number, killed?: string}} [fault] */
  carry(path, { method, headers }, body, fault = {}) {
    return this.server.ask(
      {
        do: 'request',
        path,
        method,
        headers: { ...headers, origin: ORIGIN, 'sec-fetch-site': 'same-origin' },
        ...fault,
      },
      body,
    );
  }
}

const networkError = () => new TypeError('Failed to fetch');

/** @param {string} path */
const shorten = (path) => path.replace(/[\w-]{22,}/g, (id) => (id.length === 22 ? id.slice(0, 4) : '…')).slice(0, 70);

function bodyOf({ body }) {
  if (typeof body === 'string') return Buffer.from(body);
  return body ?? new Uint8Array(0);
}

/** Return an object with the members of a Response that the app reads. */
function makeResponse({ status, headers, body }) {
  const named = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  return {
    status,
    ok: status >= 200 && status < 300,
    type: 'basic',
    headers: { get: (name) => named.get(name.toLowerCase()) ?? null },
    text: async () => body.toString(),
    arrayBuffer: async () => new Uint8Array(body).buffer,
  };
}
