/** Random commands on the sealed store: changes that are saved, fail half-way or are aborted, with many restarts. */
import assert from 'node:assert/strict';
import { command, fc, full, lost, playCommands } from './adapter.mjs';

const NAMES = ['x/1', 'x/2', 'x/3', 'x/4', 'u/half-typed'];
const PUT = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.oneof(
    fc.integer(),
    fc.string({ maxLength: 40 }),
    fc.constant(null),
    fc.string({ minLength: 3000, maxLength: 9000 }),
  ),
  { maxKeys: 4 },
);
const DROP = fc.subarray(NAMES, { maxLength: 2 });

const Check = () => command('check', check);

async function check(model, real) {
  const { store } = real;
  const found = await store.readJsonMany(NAMES);
  assert.deepEqual(
    found,
    NAMES.map((name) => model.records.get(name) ?? null),
    "every record is the model's",
  );
  assert.equal(store.root.mark ?? null, model.mark, 'and so is the root');
}

/** @param {Record<string, unknown>} put @param {string[]} drop */
function fill(put, drop, mark) {
  return (root, change) => {
    root.mark = mark;
    for (const [name, value] of Object.entries(put)) change.putJson(name, value);
    for (const name of drop) change.drop(name);
  };
}

function apply(model, put, drop, mark) {
  for (const [name, value] of Object.entries(put)) model.records.set(name, value);
  for (const name of drop) model.records.delete(name);
  model.mark = mark;
}

const Change = (put, drop, mark) =>
  command(`change(${Object.keys(put)}; -${drop}; ${mark})`, async (model, real) => {
    await real.store.change(fill(put, drop, mark));
    apply(model, put, drop, mark);
    await check(model, real);
  });

/** Two changes at once are applied one after the other, in the order of the calls. */
const ChangeTwice = (first, second, mark) =>
  command(`both(${Object.keys(first)}; ${Object.keys(second)})`, async (model, real) => {
    await Promise.all([real.store.change(fill(first, [], mark)), real.store.change(fill(second, [], mark + 1))]);
    apply(model, first, [], mark);
    apply(model, second, [], mark + 1);
    await check(model, real);
  });

const FAULTS = {
  'lost once': { errors: () => [lost()], code: null },
  'lost twice': { errors: () => [lost(), lost()], code: 'store_lost' },
  // More failures than there is ballast to free.
  full: { errors: () => Array.from({ length: 40 }, full), code: 'no_space' },
};

/** A failed change changes nothing, in memory or in the database. A connection lost once does no harm. */
const ChangeFails = (put, drop, mark, fault) =>
  command(`fails(${fault}; ${Object.keys(put)}; -${drop})`, async (model, real) => {
    const { errors, code } = FAULTS[fault];
    await real.phone.waitUntilIdle();
    real.faults.errors.push(...errors());
    const result = await real.store.change(fill(put, drop, mark)).then(
      () => null,
      (error) => error.code,
    );
    real.faults.errors.length = 0;
    assert.equal(result, code);
    if (!code) apply(model, put, drop, mark);
    await check(model, real);
  });

/** A change that throws while it is built, or is aborted, writes nothing. */
const ChangeAborted = (put, isAborted) =>
  command(`nothing(${Object.keys(put)}; ${isAborted ? 'gives way' : 'throws'})`, async (model, real) => {
    const { store } = real;
    await assert.rejects(
      store.change((root, change) => {
        fill(put, NAMES, -1)(root, change);
        if (!isAborted) throw new Error('on purpose');
        store.abortPending();
      }),
      isAborted ? { code: 'locked' } : /on purpose/,
    );
    await check(model, real);
  });

const Lock = () =>
  command('lock', async (model, real) => {
    await real.lock();
    await check(model, real);
  });
const Restart = () =>
  command('restart', async (model, real) => {
    await real.restart();
    await check(model, real);
  });

/** @param {number} runs @param {number} maxCommands */
export function playStore(runs, maxCommands) {
  const mark = fc.nat(1000);
  return playCommands({
    runs,
    most: maxCommands,
    model: () => ({ records: new Map(), mark: null }),
    commands: [
      fc.tuple(PUT, DROP, mark).map((args) => Change(...args)),
      fc.tuple(PUT, PUT, mark).map((args) => ChangeTwice(...args)),
      fc.tuple(PUT, DROP, mark, fc.constantFrom(...Object.keys(FAULTS))).map((args) => ChangeFails(...args)),
      fc.tuple(PUT, fc.boolean()).map((args) => ChangeAborted(...args)),
      fc.constant(Check()),
      fc.constant(Lock()),
      fc.constant(Restart()),
    ],
  });
}
