/**
 * A keeper's phones, their server and the network between them, under a seed. The seed decides who acts, what is
 * lost, when a process dies and when the server is put back. After each run everything that was acknowledged must be
 * there, the same on every phone and on a fresh one, and no phone may show a warning.
 *
 * A run is a list of acts. Each act has its own random source, so that acts can be left out of a failing run without
 * changing the others.
 */
import { scheduler } from './scheduler.mjs';
import { ACTS } from './acts.mjs';
import { Chance } from './chance.mjs';
import { Device, forgetPhones } from './device.mjs';
import { WORDS } from '../js/phone/phone.mjs';
import { findFaults, findCopyFaults } from './invariants.mjs';

/**
 * @typedef {{texts: string[], out: boolean|null, files: Map<string, Uint8Array>, amended: number, by: string, at:
 * number, erasing: 'asked'|'done'|null, isAsked?: boolean, erasedFiles?: Set<string>,
 * mayBeLost?: boolean}} Expected what a record must contain: its texts, newest last; whether it was
 * taken out; its files' bytes; how often it was amended; the phone that wrote it and when in order; whether it is to
 * be erased for good, when that is certain; whether that was ever asked, and the files it had when the days were over;
 * whether it may be lost with a server
 */
/** @typedef {{act: string, seed: number}} Act */

const MAX_ROUNDS = 12;
/** The share of runs in which a sealed copy is made at the end and restored. */
const COPY_SHARE = 0.1;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How often the server updates its log, ms. */
const LOG_INTERVAL = HOUR / 6;
const NOON = Date.UTC(2026, 10, 24, 12, 0, 0);

export class World {
  /** @param {import('./server.mjs').Server} server @param {{putsServerBack: boolean}} how */
  constructor(server, { putsServerBack }) {
    this.server = server;
    this.putsServerBack = putsServerBack;
    this.lines = [];
    this.devices = [];
    /** What was acknowledged, by record. @type {Map<string, Expected>} */
    this.expected = new Map();
    this.words = WORDS;
    this.counter = this.order = 0;
    this.hasCopy = this.wasPutBack = this.isCleared = false;
    // Whether anything was erased since the server was copied, and whether the server was put back to before that.
    this.erasedSinceCopy = this.hasLostErasures = false;
    // What the server's copy has: files and number of amendments by record. The phones that were cleared since, and
    // whether the server was put back after that: see [Note: cleared before a restore], invariants.mjs.
    /** @type {Map<string, {files: Set<string>, amended: number}>} */
    this.copied = new Map();
    /** @type {Set<string>} */
    this.clearedSinceCopy = new Set();
    this.hasLostVersions = false;
    this.timeToPass = 0;
    this.advocate = null;
    /**
     * Grants by id: the phone that made each, and the phone that ended it.
     * @type {Map<string, {by: Device, ended: {by: Device, from: number, wasReported: boolean}|null}>}
     */
    this.grants = new Map();
  }

  /** The server was put back to its copy, and a phone that was cleared since may have had the only other versions. */
  expectLosses() {
    this.hasLostVersions = true;
    for (const [record, expected] of this.expected) {
      const copied = this.copied.get(record);
      expected.mayBeLost = !copied;
      expected.amended = Math.min(expected.amended, copied?.amended ?? 0);
      for (const attachment of [...expected.files.keys()])
        if (!copied?.files.has(attachment)) expected.files.delete(attachment);
    }
  }

  note(line) {
    this.lines.push(line);
  }

  device(name = `phone ${this.devices.length + 1}`) {
    const device = new Device(name, this.server, (line) => this.note(line));
    this.devices.push(device);
    return device;
  }

  async begin() {
    const device = this.device();
    await device.app.start();
    device.app.putDraft({ fields: { narrative: 'first' } });
    await device.app.enrolHere(this.words);
    const { record } = await device.app.saveIncident({ record: null, fields: {}, restricted: {} });
    this.expected.set(record, {
      texts: ['first'],
      out: false,
      files: new Map(),
      amended: 0,
      by: device.name,
      at: 0,
      erasing: null,
    });
    const { login } = await device.app.register({ words: this.words });
    device.words = this.words;
    this.login = login;
  }

  /** @param {Act} drawn */
  async step({ act, seed }) {
    const chance = new Chance(seed);
    scheduler.chance = new Chance(seed ^ 0x5bd1e995);
    const device = chance.pick(this.devices);
    await scheduler.until(Promise.resolve(ACTS[act][0](this, device, chance)));
    if (chance.occurs(0.5)) await scheduler.rest();
  }

  /**
   * Let time pass for everybody, including the server. The server trusts its clock once it has run evenly for an
   * hour.
   */
  async pass() {
    const ms = this.timeToPass;
    this.timeToPass = 0;
    if (ms < DAY) return this.passMinutes(ms);
    for (const device of this.devices) if (device.isOpen) await scheduler.until(device.app.lock('idle'));
    await scheduler.pass(ms - DAY);
    for (let hour = 0; hour < 3; hour++) {
      await scheduler.until(this.server.ask({ do: 'purge' }));
      await this.passMinutes(HOUR);
    }
    for (const expected of this.expected.values()) {
      if (expected.erasing === 'asked') expected.erasing = 'done';
      if (expected.isAsked) expected.erasedFiles = new Set(expected.files.keys());
    }
    return undefined;
  }

  /** Let time pass while the server updates its log. @param {number} ms */
  async passMinutes(ms) {
    for (let left = ms; left > 0; left -= LOG_INTERVAL) {
      await scheduler.pass(Math.min(left, LOG_INTERVAL));
      await scheduler.until(this.server.ask({ do: 'tend' }));
    }
  }

  /** End all faults, bring every phone back, and run until nothing is left to do. */
  async settle() {
    for (const device of this.devices) {
      Object.assign(device, { faultRate: 0, lieRate: 0, isFull: false, skew: 0 });
      // What found no room at the last unlock comes at the next.
      if (device.isOpen && (await device.inTray()).size) await device.app.lock('asked');
      if (!device.isOpen) await this.unlock(device);
      device.setAway(false);
    }
    // One more round after all are quiet, so that each phone has what the others sent last.
    for (let [round, quiet] = [0, 0]; round < MAX_ROUNDS && quiet < 2; round++) {
      await this.server.ask({ do: 'tend' });
      for (const device of this.devices) await this.recover(device);
      // A phone whose session was ended locks by itself. It recovers in the next round.
      for (const device of this.devices) await device.open?.syncing.now().catch(() => undefined);
      quiet = this.devices.every((other) => other.isOpen && isQuiet(other)) ? quiet + 1 : 0;
    }
  }

  /** @param {Device} device */
  async unlock(device) {
    await device.unlock();
  }

  /** Do what the screen asks for. @param {Device} device */
  async recover(device) {
    if (!device.isOpen) await this.unlock(device);
    const trouble = device.app.state.account?.trouble?.code;
    if (trouble === 'signed_out' || trouble === 'session_ended' || trouble === 'needs_words') {
      if ((await device.attempt('signs in again', () => device.app.catchUp({ words: this.words }))) === null)
        device.words = this.words;
    } else if (trouble === 'server_behind' || trouble === 'head_differs')
      await device.attempt('sends again', () => device.app.sendAgain());
  }

  /** Return the faults at the end, a line each. */
  async faults() {
    const findLocked = () =>
      this.devices.filter((device) => !device.isOpen).map((device) => `${device.name} cannot be opened again`);
    if (findLocked().length) return findLocked();
    // Restart one phone, so that what it shows is read from its database.
    const restarted = scheduler.chance.pick(this.devices);
    await restarted.crash(false);
    await this.unlock(restarted);
    await restarted.open?.syncing.now().catch(() => undefined);
    if (findLocked().length) return findLocked();
    const fresh = new Device('fresh phone', this.server, (line) => this.note(line));
    await fresh.app.start();
    await fresh.app.signIn({ login: this.login, words: this.words });
    for (let i = 0; i < 3; i++) await fresh.open.syncing.now().catch(() => undefined);
    this.devices.push(fresh);
    if (findLocked().length) return findLocked();
    for (const device of this.devices)
      this.note(`${device.name} ends with ${JSON.stringify([...device.entries()])} ${device.warnings()}`);
    const found = await findFaults(this, this.devices);
    if (scheduler.chance.occurs(COPY_SHARE)) {
      const spare = new Device('spare phone', this.server, (line) => this.note(line));
      spare.words = this.devices[0].words;
      found.push(...(await findCopyFaults(this, this.devices[0], spare)));
      spare.end();
    }
    return found;
  }
}

/** @param {Device} device */
function isQuiet(device) {
  return !device.app.state.account?.trouble && [...device.entries().values()].every(({ state }) => state === 'kept');
}

/** Return the acts of a seed. @param {number} seed @returns {Act[]} */
export function draw(seed) {
  const chance = new Chance(seed);
  const weights = Object.entries(ACTS).map(([act, [, weight]]) => /** @type {const} */ ([act, weight]));
  return Array.from({ length: 15 + chance.below(25) }, () => ({
    act: chance.pickWeighted(weights),
    seed: chance.below(2 ** 32),
  }));
}

/** Errors that no code of the app handled. @type {string[]} */
let unhandled = [];
process.on('unhandledRejection', (error) => {
  unhandled.push(`nobody handled: ${error instanceof Error ? error.stack : error}`);
});

/**
 * Run acts.
 * @param {number} seed
 * @param {import('./server.mjs').Server} server
 * @param {{acts?: Act[], putsServerBack?: boolean}} [options]
 * @returns {Promise<{faults: string[], lines: string[]}>}
 */
export async function run(seed, server, { acts = draw(seed), putsServerBack = true } = {}) {
  scheduler.begin(seed, NOON);
  forgetPhones();
  unhandled = [];
  await server.ask({ do: 'reset', seed });
  const world = new World(server, { putsServerBack });
  try {
    await scheduler.until(world.begin());
    await scheduler.rest();
    for (const act of acts) {
      await world.step(act);
      if (world.timeToPass) await world.pass();
    }
    scheduler.chance = new Chance(seed ^ 0x2545f491);
    await scheduler.until(world.settle());
    await scheduler.rest();
    return { faults: [...(await scheduler.until(world.faults())), ...unhandled], lines: world.lines };
  } catch (error) {
    return { faults: [`threw: ${error.stack}`], lines: world.lines };
  } finally {
    for (const device of world.devices) {
      device.isFull = false;
      device.end();
    }
  }
}
