/**
 * The adapter of the command tests: the only file that starts a phone, calls it and makes it fail. The phone is the
 * real app over a database whose writes can be made to fail.
 */
import fc from 'fast-check';
import { failing, full, lost } from '../phone/failing_database.mjs';
import { WORDS, makePhone } from '../phone/phone.mjs';

export { fc };
export { full, lost };

let runCount = 0;

/** The phone of one run, through all its restarts. */
export class Real {
  constructor(over = {}) {
    this.over = over;
    this.faults = { errors: [] };
    this.name = `commands-${++runCount}`;
  }

  /** Start a new app over the same database, with no other state. */
  async start() {
    this.phone?.end();
    this.phone = makePhone({
      database: failing(this.name, this.faults.errors),
      ...this.over,
      ...(this.phone ? { after: this.phone } : {}),
    });
    this.app = this.phone.app;
    await this.app.start();
  }

  async begin() {
    await this.start();
    await this.app.enrolHere(WORDS);
    await this.phone.rest();
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
    this.phone.hurry();
    await this.phone.rest();
  }

  get store() {
    return this.phone.ctx.open.store;
  }

  /** Remove a sealed record from the table, as a damaged database does. @param {string} name */
  async damage(name) {
    await this.phone.rest();
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
export async function play({
  commands,
  model,
  over: overrides,
  runs,
  most: maxCommands,
  setUp = async () => undefined,
}) {
  const sequences = fc.commands(commands, { maxCommands: maxCommands, size: 'max' });
  await fc.assert(
    fc.asyncProperty(sequences, async (commandList) => {
      const real = new Real(overrides);
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
 * @param {(model: any, real: Real) => Promise<void>} act
 * @param {(model: any) => boolean} [isAllowed]
 */
export function command(name, act, isAllowed = () => true) {
  return { check: isAllowed, run: act, toString: () => name };
}
