/**
 * Random commands on the outbox, against a real server: entries written offline, lost responses, 500s, and restarts
 * in the middle of a sync.
 */
import assert from 'node:assert/strict';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from '../phone/second_phone.mjs';
import { WORDS, until } from '../phone/phone.mjs';
import { sender } from '../phone/server.mjs';
import { command, fc, playCommands } from './adapter.mjs';
import { isPush } from '../phone/keeper.mjs';

const TEXT = fc.tuple(fc.constantFrom('He rang.', 'He wrote.', 'ملاحظة'), fc.nat(99)).map((words) => words.join(' '));
/** How many sync runs to try before the test fails. */
const MAX_TRIES = 200;

/**
 * Add faults to the next pushes: `lost` before the server gets it, `unanswered` after the server saved it, or a `500`
 * response.
 */
function network(faults) {
  const take = (path, options, wanted) =>
    isPush(path, options) && wanted.includes(faults.next[0]) ? faults.next.shift() : null;
  faults.next = [];
  faults.before = async (path, options) => {
    const kind = take(path, options, ['lost', '500']);
    if (kind === 'lost') throw new TypeError('Failed to fetch');
    return kind === '500'
      ? new Response('{"error":"internal","message":"x"}', {
          status: 500,
          headers: { 'content-type': 'application/json' },
        })
      : null;
  };
  faults.after = async (path, options) => {
    if (take(path, options, ['unanswered'])) throw new TypeError('Failed to fetch');
    return null;
  };
  return faults;
}

const expectedTexts = (model) => [...model.entries].map(({ record, text }) => [record, text]).sort();

async function readTexts(app) {
  const texts = [];
  for (const { record } of app.state.entries) texts.push([record, (await app.readIncident(record)).fields.narrative]);
  return texts.sort();
}

/** Go online, end the faults, and run until everything is kept. */
async function settle(model, real) {
  real.net.next.length = 0;
  real.net.off = false;
  real.phone.online = true;
  real.app.network();
  for (let tries = 0; ; tries++) {
    await real.pause();
    if (real.app.state.entries.every(({ state }) => state.code === 'kept')) break;
    assert.ok(tries < MAX_TRIES, `not kept: ${JSON.stringify(real.app.state.entries.map(({ state }) => state))}`);
  }
  assert.deepEqual(await readTexts(real.app), expectedTexts(model));
  assert.equal(real.app.state.account.trouble, null, 'and no trouble is left');
}

const Save = (text) =>
  command(`save(${text})`, async (model, { app, phone }) => {
    phone.clock.move(1000);
    const { record } = await app.saveIncident({
      record: null,
      fields: { narrative: text, precision: 'unknown' },
      restricted: {},
    });
    model.entries.push({ record, text });
  });

const Change = (index, text) =>
  command(
    `change(${index}, ${text})`,
    async (model, { app, phone }) => {
      phone.clock.move(1000);
      const entry = model.entries[index % model.entries.length];
      await app.saveIncident({
        record: entry.record,
        fields: { narrative: text },
        restricted: {},
        reason: 'Remembered better',
      });
      entry.text = text;
    },
    (model) => model.entries.length > 0,
  );

const Signal = (on) =>
  command(`signal ${on ? 'on' : 'off'}`, async (_model, { app, net, phone }) => {
    net.off = !on;
    phone.online = on;
    app.network();
  });

const Fault = (kinds) =>
  command(`next: ${kinds}`, async (_model, { net }) => {
    net.next.push(...kinds);
  });
const Pause = () => command('pause', (_model, real) => real.pause());
const Quiet = () => command('quiet', settle);

/** After the app is restarted in the middle of anything, what was saved is there and is sent. */
const Restart = () =>
  command('restart', async (model, real) => {
    await real.restart();
    assert.deepEqual(await readTexts(real.app), expectedTexts(model));
  });

/** A fresh phone shows the same entries, each once, with the same numbers. */
const Fresh = (server) =>
  command('a fresh phone', async (model, real) => {
    await settle(model, real);
    const other = await anotherPhone(server.base, real.login);
    await until(other.phone, ({ entries }) => entries.length >= model.entries.length, 'the entries');
    await other.phone.waitUntilIdle();
    assert.deepEqual(await readTexts(other.app), expectedTexts(model));
    const numbers = (app) => app.state.entries.map(({ record, seq_no: n }) => [record, n]).sort();
    assert.deepEqual(numbers(other.app), numbers(real.app));
    assert.equal(other.app.state.account.trouble, null);
    other.phone.end();
  });

/** @param {{base: string}} server @param {number} runs @param {number} maxCommands */
export function playOutbox(server, runs, maxCommands) {
  const net = network({});
  return playCommands({
    runs,
    most: maxCommands,
    over: { origin: server.base, send: sender(server.base, net), clock: fixedClock(Date.now()) },
    model: () => ({ entries: [] }),
    setUp: async (real) => {
      Object.assign(net, { off: false });
      net.next.length = 0;
      real.net = net;
      ({ login: real.login } = await real.app.register({ words: WORDS }));
    },
    commands: [
      TEXT.map(Save),
      TEXT.map(Save),
      fc.tuple(fc.nat(9), TEXT).map((args) => Change(...args)),
      fc.boolean().map(Signal),
      fc.array(fc.constantFrom('lost', 'unanswered', '500'), { minLength: 1, maxLength: 3 }).map(Fault),
      fc.constant(Pause()),
      fc.constant(Quiet()),
      fc.constant(Restart()),
      fc.constant(Fresh(server)),
    ],
  });
}
