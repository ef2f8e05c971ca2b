/**
 * The adapter of the command tests: the only file that starts a phone, calls it and makes it fail. The phone is the
 * real app over a database whose writes can be made to fail.
 */
import fc from 'fast-check';
import { failingDatabase, storageFull, connectionError } from '../phone/failing_database.mjs';
import { WORDS, makePhone } from '../phone/phone.mjs';

export { fc };
export { storageFull as full, connectionError as lost };

let runCount = 0;

/** The phone of one run, through all its restarts. */
export class RealPhone {
  /** @param {Parameters<typeof makePhone>[0]} [over] */
  constructor(over = {}) {
    this.over = over;
    this.faults = { errors: [] };
    this.name = `commands-${++runCount}`;
    /** What the commands of one file add: the network, and the name to sign in with. */
    this.net = undefined;
    this.login = '';
  }

  /** Start a new app over the same database, with no other state. */
  async start() {
    this.phone?.end();
    this.phone = makePhone({
      database: failingDatabase(this.name, this.faults.errors),
      ...this.over,
      ...(this.phone ? { after: this.phone } : {}),
    });
    this.app = this.phone.app;
    await this.app.start();
  }

  async begin() {
    await this.start();
    await this.app.enrolHere(WORDS);
    await this.phone.waitUntilIdle();
  }

  /** End the app without warning, as a flat battery does, and start it again. */
  async restart() {
    this.faults.errors.length = 0;
    await this.start();
    await this.app.unlock(WORDS);
  }

  async lock() {
    await this.app.lock('test');
    await this.app.unlock(WORDS);
  }

  /** Do at once what a pause of 300 ms does. */
  async pause() {
    this.phone.skipPauses();
    await this.phone.waitUntilIdle();
  }

  get store() {
    return this.phone.ctx.open.store;
  }

  /** Remove a sealed record from the table, as a damaged database does. @param {string} name */
  async damage(name) {
    await this.phone.waitUntilIdle();
    await this.phone.database.write({ drop: [this.store.idOf(name)] });
  }

  end() {
    this.phone.end();
  }
}

/**
 * Run sequences of commands against a model. The sequences are the same each time unless SEED changes them. A failing
 * sequence is shortened.
 */
export async function playCommands({
  commands,
  model,
  over: overrides = {},
  runs,
  most: maxCommands,
  setUp = async (/** @type {RealPhone} */ _real) => undefined,
}) {
  const sequences = fc.commands(commands, { maxCommands: maxCommands, size: 'max' });
  await fc.assert(
    fc.asyncProperty(sequences, async (commandList) => {
      const real = new RealPhone(overrides);
      await real.begin();
      await setUp(real);
      try {
        await fc.asyncModelRun(() => ({ model: model(), real }), commandList);
      } finally {
        real.end();
      }
    }),
    { numRuns: runs, seed: Number(process.env.SEED ?? 16), includeErrorInReport: true },
  );
}

/**
 * Make a command from a name and an action.
 * @param {string} name
 * @template Model
 * @param {(model: Model, real: RealPhone) => Promise<void>} act
 * @param {(model: Model) => boolean} [isAllowed]
 */
export function command(name, act, isAllowed = () => true) {
  return { check: isAllowed, run: act, toString: () => name };
}
