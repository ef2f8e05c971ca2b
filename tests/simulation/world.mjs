/**
 * A keeper's phones, their server and what lies between, under a seed: who acts, what is lost, when a process dies, when the
 * server is put back. After each run everything that was acknowledged must be there, the same on every phone and on a fresh one,
 * and no phone may warn of anything.
 *
 * A run is a list of acts, each with chance of its own, so that acts can be left out of a failing run without a change to the
 * others.
 */
import { machine } from './machine.mjs';
import { ACTS } from './acts.mjs';
import { Chance } from './chance.mjs';
import { Device, forgetPhones } from './device.mjs';
import { WORDS } from '../js/phone/phone.mjs';
import { findFaults, notInCopy } from './truths.mjs';

/**
 * @typedef {{texts: string[], out: boolean|null, files: Map<string, Uint8Array>, amended: number, by: string, at: number,
 * erasing: 'asked'|'done'|null}} Said a record's texts, the last one last; whether it was taken out; its files' bytes; how
 * often it was amended; who wrote it, and as which; whether it is to be erased for good, where that is sure
 */
/** @typedef {{act: string, seed: number}} Act */

const ROUNDS = 12;
/** Of so many days a sealed copy is made in the end, and taken in. */
const COPIED = 0.1;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How often the server tends its log. */
const ROUND = HOUR / 6;
const NOON = Date.UTC(2026, 10, 24, 12, 0, 0);

export class World {
  /** @param {import('./server.mjs').Server} server @param {{putsServerBack: boolean}} how */
  constructor(server, { putsServerBack }) {
    Object.assign(this, { server, putsServerBack });
    this.lines = [];
    this.devices = [];
    /** What was acknowledged. @type {Map<string, Said>} */
    this.said = new Map();
    this.words = WORDS;
    this.made = this.count = 0;
    this.copied = this.wasPutBack = this.isCleared = false;
    // Whether something was to be erased since the server was copied, and whether it was put back to before that.
    this.erasedSince = this.isErasedLost = false;
    this.passing = 0;
    this.advocate = null;
    /**
     * Who was let in, by grant: by which phone, and which ended it.
     * @type {Map<string, {by: Device, ended: {by: Device, from: number, isHeard: boolean}|null}>}
     */
    this.grants = new Map();
  }

  note(line) {
    this.lines.push(line);
  }

  device(name = `phone ${this.devices.length + 1}`) {
    const one = new Device(name, this.server, (line) => this.note(line));
    this.devices.push(one);
    return one;
  }

  async begin() {
    const one = this.device();
    await one.app.start();
    one.app.putDraft({ fields: { narrative: 'first' } });
    await one.app.enrolHere(this.words);
    const { record } = await one.app.saveIncident({ record: null, fields: {}, restricted: {} });
    this.said.set(record, {
      texts: ['first'],
      out: false,
      files: new Map(),
      amended: 0,
      by: one.name,
      at: 0,
      erasing: null,
    });
    const { login } = await one.app.register({ words: this.words });
    one.words = this.words;
    this.login = login;
  }

  /** @param {Act} drawn */
  async step({ act, seed }) {
    const chance = new Chance(seed);
    machine.chance = new Chance(seed ^ 0x5bd1e995);
    const one = chance.of(this.devices);
    await machine.until(Promise.resolve(ACTS[act][0](this, one, chance)));
    if (chance.is(0.5)) await machine.rest();
  }

  /** Time passes for everybody, the server too. It believes its clock when that has run evenly for an hour. */
  async pass() {
    const ms = this.passing;
    this.passing = 0;
    if (ms < DAY) return this.passMinutes(ms);
    for (const one of this.devices) if (one.isOpen) await machine.until(one.app.lock('idle'));
    await machine.pass(ms - DAY);
    for (let hour = 0; hour < 3; hour++) {
      await machine.until(this.server.ask({ do: 'purge' }));
      await this.passMinutes(HOUR);
    }
    for (const said of this.said.values()) if (said.erasing === 'asked') said.erasing = 'done';
    return undefined;
  }

  /** The server tends its log meanwhile. @param {number} ms */
  async passMinutes(ms) {
    for (let left = ms; left > 0; left -= ROUND) {
      await machine.pass(Math.min(left, ROUND));
      await machine.until(this.server.ask({ do: 'tend' }));
    }
  }

  /** The weather clears, everybody comes back, and nothing is left to do. */
  async settle() {
    for (const one of this.devices) {
      Object.assign(one, { rough: 0, lying: 0, isFull: false, skew: 0 });
      if (!one.isOpen) await this.opens(one);
      one.setAway(false);
    }
    // Once more after all are quiet, so that each has what the others sent last.
    for (let [round, quiet] = [0, 0]; round < ROUNDS && quiet < 2; round++) {
      await this.server.ask({ do: 'tend' });
      for (const one of this.devices) await this.comesBack(one);
      // One whose session was ended locks by itself: it comes back in the next round.
      for (const one of this.devices) await one.open?.syncing.now().catch(() => undefined);
      quiet = this.devices.every((other) => other.isOpen && isQuiet(other)) ? quiet + 1 : 0;
    }
  }

  /** @param {Device} one */
  async opens(one) {
    if (one.app.state.phase === 'notebook') one.app.askLock();
    await one.app.unlock(one.words);
  }

  /** Does what the screen asks for. @param {Device} one */
  async comesBack(one) {
    if (!one.isOpen) await this.opens(one);
    const code = one.app.state.account?.trouble?.code;
    if (code === 'signed_out' || code === 'session_ended' || code === 'needs_words') {
      if ((await one.tries('signs in again', () => one.app.catchUp({ words: this.words }))) === null)
        one.words = this.words;
    } else if (code === 'server_behind' || code === 'head_differs')
      await one.tries('sends again', () => one.app.sendAgain());
  }

  /** What is wrong at the end, a line each. */
  async faults() {
    const closed = () => this.devices.filter((one) => !one.isOpen).map((one) => `${one.name} cannot be opened again`);
    if (closed().length) return closed();
    // What one of them shows then it read from its database.
    const again = machine.chance.of(this.devices);
    await again.crash(false);
    await this.opens(again);
    await again.open?.syncing.now().catch(() => undefined);
    if (closed().length) return closed();
    const fresh = new Device('fresh phone', this.server, (line) => this.note(line));
    await fresh.app.start();
    await fresh.app.signIn({ login: this.login, words: this.words });
    for (let i = 0; i < 3; i++) await fresh.open.syncing.now().catch(() => undefined);
    this.devices.push(fresh);
    if (closed().length) return closed();
    for (const one of this.devices)
      this.note(`${one.name} ends with ${JSON.stringify([...one.entries()])} ${one.warnings()}`);
    const found = await findFaults(this, this.devices);
    if (machine.chance.is(COPIED)) {
      const spare = new Device('spare phone', this.server, (line) => this.note(line));
      spare.words = this.devices[0].words;
      found.push(...(await notInCopy(this, this.devices[0], spare)));
      spare.end();
    }
    return found;
  }
}

/** @param {Device} one */
function isQuiet(one) {
  return !one.app.state.account?.trouble && [...one.entries().values()].every(({ state }) => state === 'kept');
}

/** The acts of a seed. @param {number} seed @returns {Act[]} */
export function draw(seed) {
  const chance = new Chance(seed);
  const weights = Object.entries(ACTS).map(([act, [, weight]]) => /** @type {const} */ ([act, weight]));
  return Array.from({ length: 15 + chance.below(25) }, () => ({
    act: chance.weighed(weights),
    seed: chance.below(2 ** 32),
  }));
}

/** Errors that the app left to nobody. @type {string[]} */
let unhandled = [];
process.on('unhandledRejection', (error) => {
  unhandled.push(`nobody handled: ${/** @type {any} */ (error)?.stack ?? error}`);
});

/**
 * Runs acts.
 * @param {number} seed
 * @param {import('./server.mjs').Server} server
 * @param {{acts?: Act[], putsServerBack?: boolean}} [how]
 * @returns {Promise<{faults: string[], lines: string[]}>}
 */
export async function run(seed, server, { acts = draw(seed), putsServerBack = true } = {}) {
  machine.begin(seed, NOON);
  forgetPhones();
  unhandled = [];
  await server.ask({ do: 'reset', seed });
  const world = new World(server, { putsServerBack });
  try {
    await machine.until(world.begin());
    await machine.rest();
    for (const act of acts) {
      await world.step(act);
      if (world.passing) await world.pass();
    }
    machine.chance = new Chance(seed ^ 0x2545f491);
    await machine.until(world.settle());
    await machine.rest();
    return { faults: [...(await machine.until(world.faults())), ...unhandled], lines: world.lines };
  } catch (error) {
    return { faults: [`threw: ${error.stack}`], lines: world.lines };
  } finally {
    for (const one of world.devices) {
      one.isFull = false;
      one.end();
    }
  }
}
