/**
 * The sealed store under commands: changes that are kept, that fail on the way, and that come to nothing; opened again and
 * again.
 */
import assert from 'node:assert/strict';
import { command, fc, full, lost, play } from './adapter.mjs';

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

function kept(model, put, drop, mark) {
  for (const [name, value] of Object.entries(put)) model.records.set(name, value);
  for (const name of drop) model.records.delete(name);
  model.mark = mark;
}

const Change = (put, drop, mark) =>
  command(`change(${Object.keys(put)}; -${drop}; ${mark})`, async (model, real) => {
    await real.store.change(fill(put, drop, mark));
    kept(model, put, drop, mark);
    await check(model, real);
  });

/** Two at once: one after the other, in the order in which they were asked for. */
const Both = (one, two, mark) =>
  command(`both(${Object.keys(one)}; ${Object.keys(two)})`, async (model, real) => {
    await Promise.all([real.store.change(fill(one, [], mark)), real.store.change(fill(two, [], mark + 1))]);
    kept(model, one, [], mark);
    kept(model, two, [], mark + 1);
    await check(model, real);
  });

const FAULTS = {
  'lost once': { errors: () => [lost()], code: null },
  'lost twice': { errors: () => [lost(), lost()], code: 'store_lost' },
  // More refusals than there is ballast to give up.
  full: { errors: () => Array.from({ length: 40 }, full), code: 'no_space' },
};

/** What fails changes nothing, in memory or on the phone; a connection that was lost once costs nothing. */
const Fails = (put, drop, mark, fault) =>
  command(`fails(${fault}; ${Object.keys(put)}; -${drop})`, async (model, real) => {
    const { errors, code } = FAULTS[fault];
    await real.phone.rest();
    real.faults.errors.push(...errors());
    const done = await real.store.change(fill(put, drop, mark)).then(
      () => null,
      (error) => error.code,
    );
    real.faults.errors.length = 0;
    assert.equal(done, code);
    if (!code) kept(model, put, drop, mark);
    await check(model, real);
  });

/** A change that throws while it is put together, and one that gives way: nothing of either is written. */
const Nothing = (put, gives) =>
  command(`nothing(${Object.keys(put)}; ${gives ? 'gives way' : 'throws'})`, async (model, real) => {
    const { store } = real;
    await assert.rejects(
      store.change((root, change) => {
        fill(put, NAMES, -1)(root, change);
        if (!gives) throw new Error('on purpose');
        store.abortPending();
      }),
      gives ? { code: 'locked' } : /on purpose/,
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

/** @param {number} runs @param {number} most */
export function playStore(runs, most) {
  const mark = fc.nat(1000);
  return play({
    runs,
    most,
    model: () => ({ records: new Map(), mark: null }),
    commands: [
      fc.tuple(PUT, DROP, mark).map((told) => Change(...told)),
      fc.tuple(PUT, PUT, mark).map((told) => Both(...told)),
      fc.tuple(PUT, DROP, mark, fc.constantFrom(...Object.keys(FAULTS))).map((told) => Fails(...told)),
      fc.tuple(PUT, fc.boolean()).map((told) => Nothing(...told)),
      fc.constant(Check()),
      fc.constant(Lock()),
      fc.constant(Restart()),
    ],
  });
}
