/**
 * The only file of the command tests that knows how a phone is started, asked and made to fail. A phone here is the real app
 * over a database of which one writing can be made to fail.
 */
import fc from 'fast-check';
import { failing, full, lost } from '../phone/failing_database.mjs';
import { WORDS, makePhone } from '../phone/phone.mjs';

export { fc };
export { full, lost };

let names = 0;

/** The phone of one run, in all its restarts. */
export class Real {
  constructor(over = {}) {
    this.over = over;
    this.faults = { errors: [] };
    this.name = `commands-${++names}`;
  }

  /** A new app over the same database, which knows nothing but what lies there. */
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

  /** End the app without a signal, as a flat battery does, and start it again. */
  async restart() {
    this.faults.errors.length = 0;
    await this.start();
    await this.app.unlock(WORDS);
  }

  async lock() {
    await this.app.lock('test');
    await this.app.unlock(WORDS);
  }

  /** What a pause of 300 ms does, at once. */
  async pause() {
    this.phone.hurry();
    await this.phone.rest();
  }

  get store() {
    return this.phone.ctx.open.store;
  }

  /** A sealed record is gone from the table, as after a database was damaged. @param {string} name */
  async damage(name) {
    await this.phone.rest();
    await this.phone.database.write({ drop: [this.store.idOf(name)] });
  }

  end() {
    this.phone.end();
  }
}

/**
 * Runs of commands against a model: the same ones each time, unless SEED says otherwise; what fails is cut down to its
 * shortest.
 */
export async function play({ commands, model, over, runs, most, setUp = async () => undefined }) {
  const made = fc.commands(commands, { maxCommands: most, size: 'max' });
  await fc.assert(
    fc.asyncProperty(made, async (list) => {
      const real = new Real(over);
      await real.begin();
      await setUp(real);
      try {
        await fc.asyncModelRun(() => ({ model: model(), real }), list);
      } finally {
        real.end();
      }
    }),
    { numRuns: runs, seed: Number(process.env.SEED ?? 16), includeErrorInReport: true },
  );
}

/**
 * A command out of a name and what it does.
 * @param {string} name
 * @param {(model: any, real: Real) => Promise<void>} act
 * @param {(model: any) => boolean} [may]
 */
export function command(name, act, may = () => true) {
  return { check: may, run: act, toString: () => name };
}
