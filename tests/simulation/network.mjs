/**
 * What lies between one device and the server: requests that wait for their turn, get lost, arrive twice or cut off, and
 * answers that never come back because they are lost or the server is killed.
 */
import { decodePush } from '#app/ledger/push.js';
import { lie } from './lies.mjs';
import { machine } from './machine.mjs';
import { ORIGIN } from './server.mjs';

/** As many true answers to one question are remembered, to be given again by a server that lies. */
const REMEMBERED = 4;

export class Network {
  /**
   * @param {string} name
   * @param {import('./server.mjs').Server} server
   * @param {(line: string) => void} note every request with its fate
   */
  constructor(name, server, note) {
    Object.assign(this, { name, server, note });
    this.isOff = false;
    /** How likely a request meets a fault, and an answer a lie. */
    this.rough = this.lying = 0;
    /** Versions that went up with keys for somebody else: by grant. @type {Map<string, Set<string>>} */
    this.given = new Map();
    /** True answers, by what was asked. @type {Map<string, Buffer[]>} */
    this.past = new Map();
    this.send = (path, options) => this.ask(path, options);
  }

  /** As `fetch`. @param {string} path @param {any} options */
  ask(path, options) {
    const { signal } = options;
    return new Promise((done, failed) => {
      signal?.addEventListener('abort', () => failed(new DOMException('given up', 'AbortError')));
      this.go(path, options).then(done, failed);
    });
  }

  async go(path, options) {
    await machine.offered();
    if (this.isOff) throw lost();
    const fate =
      this.rough && machine.chance.is(this.rough)
        ? machine.chance.of(['lost', 'failed', 'twice', 'cut', 'answer lost', 'late', 'killed before', 'killed after'])
        : '';
    const body = bodyOf(options);
    this.noteGiven(path, options.method, body);
    const said = `${this.name}: ${options.method} ${short(path)}${fate && ` (${fate})`}`;
    if (fate === 'lost') return this.end(said, lost());
    if (fate === 'failed')
      return this.end(
        said,
        answer({
          status: 500,
          headers: [['content-type', 'application/json']],
          body: Buffer.from('{"error":"internal","message":"x"}'),
        }),
      );
    if (fate === 'cut') {
      await this.carry(path, options, body, { cut: machine.chance.below(body.length + 1) });
      return this.end(said, lost());
    }
    if (fate.startsWith('killed')) {
      await this.carry(path, options, body, { killed: fate.split(' ')[1] });
      return this.end(said, lost());
    }
    if (fate === 'twice') await this.carry(path, options, body);
    const told = this.bend(said, path, options, await this.carry(path, options, body));
    if (fate === 'late')
      await new Promise((go) => {
        setTimeout(go, 30_000);
      });
    await machine.offered();
    if (fate === 'answer lost' || this.isOff) throw lost();
    return answer(told);
  }

  /** The answer, or a lie in its place. */
  bend(said, path, { method }, told) {
    const past = (this.past.get(path) ?? []).filter((body) => !body.equals(told.body));
    const lied =
      this.lying && told.status < 300 && machine.chance.is(this.lying)
        ? lie({ path, method, body: told.body, past }, machine.chance)
        : null;
    if (method === 'GET' && told.status < 300) this.past.set(path, [...past, told.body].slice(-REMEMBERED));
    this.note(`${said} → ${told.status}${lied ? `, and in its place ${lied.what}` : ''}`);
    return lied ? { ...told, body: lied.body } : told;
  }

  /** Who is given the keys of a version in its own push. */
  noteGiven(path, method, body) {
    const [, version] = /\/versions\/([\w-]{22})$/.exec(path) ?? [];
    if (!version || method !== 'PUT') return;
    for (const [grant] of decodePush(new Uint8Array(body)).meta.grants)
      this.given.set(grant, (this.given.get(grant) ?? new Set()).add(version));
  }

  end(said, what) {
    this.note(said);
    if (what instanceof Error) throw what;
    return what;
  }

  /** @param {{cut?: number, killed?: string}} [how] */
  carry(path, { method, headers }, body, how = {}) {
    return this.server.ask(
      { do: 'request', path, method, headers: { ...headers, origin: ORIGIN, 'sec-fetch-site': 'same-origin' }, ...how },
      body,
    );
  }
}

const lost = () => new TypeError('Failed to fetch');

/** @param {string} path */
const short = (path) => path.replace(/[\w-]{22,}/g, (id) => (id.length === 22 ? id.slice(0, 4) : '…')).slice(0, 70);

function bodyOf({ body }) {
  if (typeof body === 'string') return Buffer.from(body);
  return body ?? new Uint8Array(0);
}

/** As much of a Response as the app reads. */
function answer({ status, headers, body }) {
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
