/**
 * A keeper's phones, their server and what lies between, under a seed: who acts, what is lost, when a process dies, when the
 * server is put back. After each run everything that was acknowledged must be there, the same on every phone and on a fresh one,
 * and no phone may warn of anything.
 */
import { PNG, WORDS, file } from '../js/phone/phone.mjs';
import { copyServer } from '../js/phone/server.mjs';
import { Chance } from './chance.mjs';
import { Device } from './device.mjs';

/** @typedef {{texts: string[], out: boolean|null, files: Map<string, Uint8Array>, amended: number, by: string, at: number}} Said */

const MOST = 3;
const ROUNDS = 12;

export class World {
  /** @param {number} seed @param {any} server running; may be stopped and started again */
  constructor(seed, server) {
    this.seed = seed;
    this.server = server;
    this.chance = new Chance(seed);
    this.lines = [];
    this.devices = [];
    /** What was acknowledged: a record's texts, the last one last; whether it was taken out; its files' bytes; how often it was amended; who wrote it, and as which. @type {Map<string, Said>} */
    this.said = new Map();
    this.words = WORDS;
    this.made = 0;
    /** Keys changed after a copy was made would not be those of the server that is put back. */
    this.isCopied = false;
  }

  note(line) { this.lines.push(line); }

  device() {
    const one = new Device(`phone ${this.devices.length + 1}`, this.server.base, this.chance, (line) => this.note(line));
    this.devices.push(one);
    return one;
  }

  async begin() {
    const one = this.device();
    await one.app.start();
    one.app.putDraft({ fields: { narrative: 'first' } });
    await one.app.enrolHere(this.words);
    const { record } = await one.app.saveIncident({ record: null, fields: {}, restricted: {} });
    this.said.set(record, { texts: ['first'], out: false, files: new Map(), amended: 0, by: one.name, at: 0 });
    const { login } = await one.app.register({ words: this.words });
    one.words = this.words;
    this.login = login;
    await one.rest();
  }

  /** One act, drawn by chance. */
  async step() {
    const { chance } = this;
    const one = chance.of(this.devices);
    const act = chance.weighed(ACTS);
    await act(this, one, chance);
    if (chance.is(0.5)) await one.rest();
  }

  /** The weather clears, everybody comes back, and nothing is left to do. */
  async settle() {
    for (const one of this.devices) {
      one.rough = 0;
      if (!one.isOpen) await this.opens(one);
      one.setAway(false);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const one of this.devices) await this.comesBack(one);
      for (const one of this.devices) {
        // One whose session was ended locks by itself: it comes back in the next round.
        await one.open?.syncing.now().catch(() => undefined);
        await one.rest();
      }
      if (this.devices.every((other) => other.isOpen && isQuiet(other))) break;
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
      if (await one.tries('signs in again', () => one.app.catchUp({ words: this.words })) === null) one.words = this.words;
    } else if (code === 'server_behind' || code === 'head_differs') await one.tries('sends again', () => one.app.sendAgain());
    await one.rest();
  }

  /** What is wrong at the end, a line each. */
  async faults() {
    const found = this.devices.filter((one) => !one.isOpen).map((one) => `${one.name} cannot be opened again`);
    if (found.length) return found;
    const fresh = new Device('fresh phone', this.server.base, this.chance, (line) => this.note(line));
    await fresh.app.start();
    await fresh.app.signIn({ login: this.login, words: this.words });
    for (let i = 0; i < 3; i++) { await fresh.open.syncing.now().catch(() => undefined); await fresh.rest(); }
    const all = [...this.devices, fresh];
    const first = all[0].entries();
    for (const one of all) {
      const { account } = one.app.state;
      if (account.trouble) found.push(`${one.name} warns: ${account.trouble.code}`);
      const { doubts } = one.open.store.root;
      if (Object.keys(doubts ?? {}).length) found.push(`${one.name} doubts: ${JSON.stringify(doubts)}`);
      const entries = one.entries();
      for (const [record, { title, seq_no, state, why }] of entries) {
        if (state !== 'kept') found.push(`${one.name}: ${title} is ${state} (${why})`);
        const same = first.get(record);
        if (!same || same.title !== title || same.seq_no !== seq_no) found.push(`${one.name}: ${title} (${seq_no}) is ${same ? `${same.title} (${same.seq_no})` : 'nothing'} on ${all[0].name}`);
      }
      found.push(...this.outOfOrder(one, entries), ...await notAsListed(one, entries));
      const numbers = [...entries.values()].map(({ seq_no }) => seq_no);
      if (new Set(numbers).size !== numbers.length) found.push(`${one.name}: numbers repeat: ${numbers}`);
      for (const [record, { texts, out, files, amended }] of this.said) {
        const entry = entries.get(record);
        if (out === false && !entry) found.push(`${one.name} lacks ${texts.at(-1)}`);
        if (out === true && entry) found.push(`${one.name} shows ${texts.at(-1)}, which was taken out`);
        if (entry) found.push(...await lostFiles(one, files));
        const versions = entry ? await one.versionsOf(record) : 0;
        if (entry && versions <= amended) found.push(`${one.name}: ${texts[0]} was amended ${amended} times and has ${versions} versions`);
        if (entry && !texts.includes(entry.title)) found.push(`${one.name} says ${entry.title} where ${texts} was written`);
      }
    }
    for (const one of all) one.phone.end();
    return found;
  }

  /** What one phone wrote has numbers in the order in which it was written. @param {Device} one @param {Map<string, any>} entries */
  outOfOrder(one, entries) {
    const found = [];
    const last = new Map();
    for (const [record, { by, texts }] of [...this.said].sort(([, a], [, b]) => a.at - b.at)) {
      const entry = entries.get(record);
      if (!entry) continue;
      if (last.has(by) && last.get(by).seq_no > entry.seq_no) found.push(`${one.name}: ${texts[0]} is ${entry.seq_no}, and ${last.get(by).title} before it ${last.get(by).seq_no}`);
      last.set(by, entry);
    }
    return found;
  }
}

/** The list is what the entries themselves say. @param {Device} one @param {Map<string, any>} entries */
async function notAsListed(one, entries) {
  const found = [];
  for (const [record, { title }] of entries) {
    const { fields } = await one.app.readIncident(record);
    if (fields.narrative !== title) found.push(`${one.name} lists ${title}, which says ${fields.narrative}`);
  }
  return found;
}

/** Files that were acknowledged and are not there byte for byte. @param {Device} one @param {Map<string, Uint8Array>} files */
async function lostFiles(one, files) {
  const found = [];
  for (const [attachment, bytes] of files) {
    const read = await one.bytesOf(attachment).catch((error) => error.code ?? error.message);
    if (typeof read === 'string' || Buffer.compare(read, bytes)) found.push(`${one.name}: file ${attachment.slice(0, 4)} of ${bytes.length} is ${typeof read === 'string' ? read : `${read.length} other bytes`}`);
  }
  return found;
}

/** @param {Device} one */
function isQuiet(one) {
  return !one.app.state.account?.trouble && [...one.entries().values()].every(({ state }) => state === 'kept');
}

/** A record that a phone shows. @param {Device} one @param {Chance} chance */
function anyRecord(one, chance) {
  const records = [...one.entries().keys()].sort();
  return records.length ? chance.of(records) : null;
}

async function writes(world, one) {
  if (!one.isOpen) return;
  const text = `text ${++world.made}`;
  await one.tries(`writes ${text}`, async () => {
    const { record } = await one.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
    world.said.set(record, { texts: [text], out: false, files: new Map(), amended: 0, by: one.name, at: world.made });
  });
}

async function amends(world, one, chance) {
  if (!one.isOpen) return;
  const record = anyRecord(one, chance);
  if (!record) return;
  const text = `text ${++world.made}`;
  const before = world.said.get(record);
  // Said before it is done: one that fails half-way may be there or not.
  before.texts.push(text);
  const failed = await one.tries(`amends ${record.slice(0, 4)} to ${text}`, () => one.app.saveIncident({ record, fields: { narrative: text }, restricted: {}, reason: 'I remembered more.' }));
  if (failed === null) before.amended++;
}

async function takesOut(world, one, chance) {
  if (!one.isOpen) return;
  const record = anyRecord(one, chance);
  if (!record || one.entries().size < 2) return;
  // Others may change it meanwhile: whether it shows in the end is for the app to say, the same on all.
  world.said.get(record).out = null;
  await one.tries(`takes out ${record.slice(0, 4)}`, () => one.app.takeOutRecord(record, ''));
}

async function addsFile(world, one, chance) {
  if (!one.isOpen) return;
  const record = anyRecord(one, chance);
  if (!record) return;
  const bytes = new Uint8Array(chance.of([1, 900, 70_000, 300_000])).fill(++world.made % 251);
  bytes.set(PNG.subarray(0, bytes.length));
  await one.tries(`adds a file of ${bytes.length} to ${record.slice(0, 4)}`, async () => {
    const { attachment } = await one.app.addFile(record, file(bytes, `${world.made}.png`), { route: 'photo_picker' });
    world.said.get(record).files.set(attachment, bytes);
  });
}

async function writesNote(world, one, chance) {
  if (!one.isOpen) return;
  const record = anyRecord(one, chance);
  if (record) await one.tries(`notes on ${record.slice(0, 4)}`, () => one.app.saveNote(record, `note ${++world.made}`));
}

async function endsOthers(world, one) {
  if (one.isOpen && !one.away) await one.tries('ends the other sessions', () => one.app.endOthers({ words: one.words }));
}

/** Two phones at once: what each does first is for the machine to say. */
async function together(world, one, chance) {
  const two = chance.of(world.devices);
  if (two === one) return;
  const among = [writes, amends, takesOut, putsBack, looks, addsFile, sendsAgain];
  const [first, second] = [chance.of(among), chance.of(among)];
  await Promise.all([first(world, one, chance), second(world, two, chance)]);
}

async function putsBack(world, one, chance) {
  if (!one.isOpen) return;
  const { removed } = one.app.state;
  if (!removed?.length) return;
  const { record } = chance.of([...removed].sort((a, b) => (a.record < b.record ? -1 : 1)));
  await one.tries(`puts back ${record.slice(0, 4)}`, () => one.app.putBackRecord(record));
}

async function locks(_world, one) {
  if (one.isOpen) await one.tries('locks', () => one.app.lock('asked'));
}

async function unlocks(world, one) {
  if (!one.isOpen) await one.tries('unlocks', () => world.opens(one));
}

async function crashes(_world, one) {
  one.note(`${one.name}: dies`);
  await one.crash();
}

async function looks(_world, one) {
  if (one.isOpen) await one.open.syncing.now().catch(() => undefined);
}

const goesAway = async (_world, one) => { one.note(`${one.name}: no signal`); one.setAway(true); };
const comesNear = async (_world, one) => { one.note(`${one.name}: a signal`); one.setAway(false); };

async function weather(_world, one, chance) {
  one.rough = chance.of([0, 0.05, 0.15, 0.3]);
  one.note(`${one.name}: requests fail with ${one.rough}`);
}

async function joins(world, _one, chance) {
  if (world.devices.length >= MOST) return;
  const two = world.device();
  await two.app.start();
  if (await two.tries('signs in', () => two.app.signIn({ login: world.login, words: world.words })) !== null) {
    two.phone.end();
    world.devices.pop();
    return;
  }
  two.words = world.words;
  if (chance.is(0.5)) await two.rest();
}

async function changesWords(world, one) {
  if (!one.isOpen || one.away || world.isCopied) return;
  const newWords = `other words number ${++world.made} for this`;
  await newLock(world, one, 'changes words', newWords, () => one.app.changeWords({ words: one.words, newWords }));
}

async function renews(world, one) {
  if (!one.isOpen || one.away || world.isCopied) return;
  const newWords = `other words number ${++world.made} for this`;
  await newLock(world, one, 'makes every key new', newWords, () => one.app.renewKeys({ words: one.words, newWords }));
}

/** New words. Where the network breaks in the middle, the person goes on with it until it is done, as the screen asks. */
async function newLock(world, one, what, newWords, act) {
  let code = await one.tries(what, act);
  const begun = () => one.app.state.account?.rekeying;
  if (code !== null && begun()) {
    one.rough = 0;
    code = await one.tries('goes on with it', () => one.app.renewOn({ newWords }));
  }
  else if (code === 'offline') {
    // Whether the server took them is not known: whoever asked tries the same again.
    one.rough = 0;
    code = await one.tries('tries again', act);
  }
  if (code === null) world.words = one.words = newWords;
}

async function sendsAgain(world, one) {
  if (one.isOpen) await world.comesBack(one);
}

/** Each act, and how often it is drawn. */
const ACTS = [
  [writes, 10], [amends, 5], [takesOut, 2], [putsBack, 2], [addsFile, 3], [writesNote, 2],
  [locks, 2], [unlocks, 4], [crashes, 1], [looks, 6], [goesAway, 3], [comesNear, 5], [weather, 2],
  [joins, 2], [endsOthers, 0.7], [changesWords, 0.5], [renews, 0.7], [sendsAgain, 3], [together, 5],
];

/** Runs one seed. @param {number} seed @param {any} server @param {{putsServerBack?: boolean}} [how] @returns {Promise<{faults: string[], lines: string[]}>} */
export async function run(seed, server, { putsServerBack = true } = {}) {
  const world = new World(seed, server);
  try {
    await world.begin();
    const steps = 15 + world.chance.below(25);
    const [copies, back] = world.chance.is(putsServerBack ? 0.15 : 0) ? [world.chance.below(steps), world.chance.below(steps)].sort((a, b) => a - b) : [-1, -1];
    let putBack = null;
    for (let i = 0; i < steps; i++) {
      if (i === copies) { putBack = await copyServer(server); world.isCopied = true; world.note('the server is copied'); }
      if (i === back && putBack) { await putBack(); putBack = null; world.isCopied = false; world.note('the server is put back'); }
      await world.step();
    }
    await world.settle();
    return { faults: await world.faults(), lines: world.lines };
  } catch (error) {
    for (const { phone } of world.devices) phone.end();
    return { faults: [`threw: ${error.stack}`], lines: world.lines };
  }
}
