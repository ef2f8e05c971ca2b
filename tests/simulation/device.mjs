/**
 * One phone of the simulation: the real app in Node, over a database that outlives it and a network that chance disturbs.
 * The only file of the simulation that knows the app's own names.
 */
import { fixedClock } from '../../static/js/core/clock.js';
import { KeptError } from '../../static/js/core/errors.js';
import { makePhone } from '../js/phone/phone.mjs';
import { sender } from '../js/phone/server.mjs';

/** What may come of an act on a phone whose network, server and keys change meanwhile. Anything else is a fault of the app. */
const MAY = new Set(['offline', 'unavailable', 'internal', 'signed_out', 'session_ended', 'no_match', 'sign_in_failed', 'locked', 'conflict', 'closing', 'try_later', 'needs_words',
  'words_differ', 'no_network', 'server_behind', 'head_differs', 'not_found', 'differs', 'store_lost', 'rekeying', 'not_registered', 'wrong_type', 'needs_reason']);

export class Device {
  /** @param {string} name @param {string} base @param {import('./chance.mjs').Chance} chance @param {(line: string) => void} note */
  constructor(name, base, chance, note) {
    Object.assign(this, { name, base, chance, note, away: false, rough: 0, faults: {}, words: '' });
    this.faults.before = (path, options) => this.disturb(path, options);
    this.faults.after = (path) => this.loseAnswer(path);
    this.phone = this.make(null);
  }

  make(after) {
    return makePhone({ origin: this.base, send: sender(this.base, this.faults), clock: after?.clock ?? fixedClock(Date.now()), after });
  }

  get app() { return this.phone.app; }
  get isOpen() { return this.app.state.phase === 'open'; }
  get open() { return this.phone.ctx.open; }

  /** A request that gets nowhere, or is answered with a failure. */
  async disturb(path, options) {
    if (!this.rough) return undefined;
    if (this.chance.is(this.rough)) { this.note(`${this.name}: lost ${options.method} ${short(path)}`); throw new TypeError('Failed to fetch'); }
    if (this.chance.is(this.rough)) { this.note(`${this.name}: 500 ${options.method} ${short(path)}`); return new Response('{"error":"internal","message":"x"}', { status: 500, headers: { 'content-type': 'application/json' } }); }
    if (this.chance.is(this.rough)) { this.note(`${this.name}: twice ${options.method} ${short(path)}`); await fetchAgain(this.base, path, options); }
    return undefined;
  }

  /** A request that was carried out, whose answer is lost. */
  async loseAnswer(path) {
    if (this.rough && this.chance.is(this.rough)) { this.note(`${this.name}: answer lost ${short(path)}`); throw new TypeError('Failed to fetch'); }
    return undefined;
  }

  /** Do something. What may fail gives its code, what may not throws. @param {string} what @param {() => Promise<unknown>} act @returns {Promise<string|null>} */
  async tries(what, act) {
    try {
      await act();
      this.note(`${this.name}: ${what}`);
      return null;
    } catch (error) {
      if (!(error instanceof KeptError) || !MAY.has(error.code)) throw Object.assign(error, { message: `${this.name}: ${what}: ${error.code ?? ''} ${error.message}` });
      this.note(`${this.name}: ${what} → ${error.code}`);
      return error.code;
    }
  }

  setAway(away) {
    this.away = this.faults.off = away;
    this.phone.online = !away;
    this.app.network();
  }

  /** The process ends where it is; another begins over the same database. */
  async crash() {
    this.phone.end();
    const { phone } = this;
    this.phone = this.make({ ...phone, name: phone.name, clock: phone.clock });
    this.phone.online = !this.away;
    await this.app.start();
  }

  async rest() {
    await this.phone.rest();
  }

  /** A file as it was received. @param {string} attachment @returns {Promise<Uint8Array>} */
  async bytesOf(attachment) {
    const { url } = await this.app.readReceived(attachment);
    return new Uint8Array(await this.phone.urls.get(url).arrayBuffer());
  }

  /** How many versions of a record this phone has. @param {string} record */
  async versionsOf(record) {
    return (await this.open.book.meta(record)).versions.length;
  }

  /** Entries by their record, as the screens have them. */
  entries() {
    return new Map(this.app.state.entries.map(({ record, title, seq_no, state }) => [record, { title, seq_no, state: state.code, why: state.why ?? null }]));
  }
}

/** @param {string} path */
const short = (path) => path.replace(/[\w-]{22}/g, (id) => id.slice(0, 4)).slice(0, 70);

/** The same request once more, before it is sent the first time as the app sees it. */
async function fetchAgain(base, path, options) {
  const { cache: _cache, credentials: _credentials, referrerPolicy: _policy, ...rest } = options;
  await fetch(base + path, { ...rest, headers: { ...options.headers, origin: base, 'sec-fetch-site': 'same-origin' } }).then((answer) => answer.arrayBuffer()).catch(() => undefined);
}
