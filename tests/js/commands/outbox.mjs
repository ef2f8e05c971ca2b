/**
 * The outbox under commands, against a real server: written without a signal, answers that are lost, 500s, ends in the middle
 * of a run.
 */
import assert from 'node:assert/strict';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from '../phone/another.mjs';
import { WORDS, until } from '../phone/phone.mjs';
import { sender } from '../phone/server.mjs';
import { command, fc, play } from './adapter.mjs';
import { isPush } from '../phone/keeper.mjs';

const TEXT = fc.tuple(fc.constantFrom('He rang.', 'He wrote.', 'ملاحظة'), fc.nat(99)).map((words) => words.join(' '));
/** As often as a run is tried again before a test gives up. */
const TRIES = 200;

/**
 * What happens to the next pushes: `lost` before it arrives, `unanswered` when it has been taken in, `500` instead of an
 * answer.
 */
function network(faults) {
  const take = (path, options, kinds) =>
    isPush(path, options) && kinds.includes(faults.next[0]) ? faults.next.shift() : null;
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

const newest = (model) => [...model.entries].map(({ record, text }) => [record, text]).sort();

async function shown(app) {
  const found = [];
  for (const { record } of app.state.entries) found.push([record, (await app.readIncident(record)).fields.narrative]);
  return found.sort();
}

/** A signal, no more faults, and until everything is kept. */
async function quiet(model, real) {
  real.net.next.length = 0;
  real.net.off = false;
  real.phone.online = true;
  real.app.network();
  for (let tries = 0; ; tries++) {
    await real.pause();
    if (real.app.state.entries.every(({ state }) => state.code === 'kept')) break;
    assert.ok(tries < TRIES, `not kept: ${JSON.stringify(real.app.state.entries.map(({ state }) => state))}`);
  }
  assert.deepEqual(await shown(real.app), newest(model));
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

const Change = (which, text) =>
  command(
    `change(${which}, ${text})`,
    async (model, { app, phone }) => {
      phone.clock.move(1000);
      const entry = model.entries[which % model.entries.length];
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
const Quiet = () => command('quiet', quiet);

/** The app is ended, in the middle of whatever it does, and begun anew: what was saved is there, and goes up. */
const Restart = () =>
  command('restart', async (model, real) => {
    await real.restart();
    assert.deepEqual(await shown(real.app), newest(model));
  });

/** A phone that was never here sees the same, each entry once, under the same numbers. */
const Fresh = (server) =>
  command('a fresh phone', async (model, real) => {
    await quiet(model, real);
    const other = await anotherPhone(server.base, real.login);
    await until(other.phone, ({ entries }) => entries.length >= model.entries.length, 'the entries');
    await other.phone.rest();
    assert.deepEqual(await shown(other.app), newest(model));
    const numbers = (app) => app.state.entries.map(({ record, seq_no: n }) => [record, n]).sort();
    assert.deepEqual(numbers(other.app), numbers(real.app));
    assert.equal(other.app.state.account.trouble, null);
    other.phone.end();
  });

/** @param {{base: string}} server @param {number} runs @param {number} most */
export function playOutbox(server, runs, most) {
  const net = network({});
  return play({
    runs,
    most,
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
      fc.tuple(fc.nat(9), TEXT).map((told) => Change(...told)),
      fc.boolean().map(Signal),
      fc.array(fc.constantFrom('lost', 'unanswered', '500'), { minLength: 1, maxLength: 3 }).map(Fault),
      fc.constant(Pause()),
      fc.constant(Quiet()),
      fc.constant(Restart()),
      fc.constant(Fresh(server)),
    ],
  });
}
