/** The page engine, with workers and files of the test's own: what is stopped, left out, and given up. */
import assert from 'node:assert/strict';
import test, { mock } from 'node:test';
import { createPageEngine } from '#app/pack/engine/page_engine.js';

const PDF = new Uint8Array([37, 80, 68, 70]);
const DOCUMENT = {
  path: 'servable/01_chronology.pdf',
  template: 'chronology',
  files: new Map(),
  pictures: {},
  fonts: ['A.ttf'],
};

/**
 * Return an engine with what its workers were asked.
 * @param {Record<string, (...args: unknown[]) => unknown>} [answers] in place of the usual ones, by function
 * @param {(address: string) => Promise<void> | void} [onFetch]
 */
function setUp(answers = {}, onFetch = () => undefined) {
  /** @type {string[]} */
  const calls = [];
  /** @type {ArrayBuffer[][]} */
  const given = [];
  let started = 0;
  let living = 0;
  const usual = {
    begin: () => undefined,
    addPicture: () => true,
    addMail: () => true,
    drawLetter: () => [PDF, PDF],
    writeFiles: () => ({ made_at: 0, text: new Map([['00.txt', PDF]]), documents: [DOCUMENT] }),
    nextAttempt: () => null,
    unprintedLabels: () => [],
    typeset: () => PDF,
  };
  const engine = createPageEngine({
    startWorker: () => {
      started++;
      living++;
      let hasEnded = false;
      return {
        call: async (name, args, buffers = []) => {
          assert.ok(!hasEnded, 'an ended worker is asked nothing');
          calls.push(name);
          if (name === 'typeset') given.push(buffers);
          return (answers[name] ?? usual[name])(...args);
        },
        end: () => {
          if (!hasEnded) living--;
          hasEnded = true;
        },
      };
    },
    fetchFile: async (address) => {
      await onFetch(address);
      // The smallest program in WebAssembly.
      return new Response(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    },
  });
  const stopper = new AbortController();
  /** @param {import('#app/pack/engine/page_engine.js').PrintedFile[]} files */
  const layOut = (files = []) =>
    engine.layOut({
      capsule: PDF,
      printed: async function* printed() {
        yield* files;
      },
      onStep: () => undefined,
      signal: stopper.signal,
    });
  return { engine, calls, given, layOut, stopper, started: () => started, living: () => living };
}

const cancelled = { code: 'cancelled' };

test('each document has a worker of its own, and none is left', async () => {
  const { layOut, started, living } = setUp();
  const { files } = await layOut();
  assert.deepEqual([...files.keys()], ['data/00.txt', 'data/servable/01_chronology.pdf']);
  assert.deepEqual([started(), living()], [2, 0]);
});

test('no other worker is alive while a document is typeset, and fonts are given without a copy', async () => {
  const second = { ...DOCUMENT, path: 'servable/08_impact.pdf' };
  /** @type {number[]} */
  const alive = [];
  const { layOut, living, given } = setUp({
    writeFiles: () => ({ made_at: 0, text: new Map(), documents: [DOCUMENT, second] }),
    typeset: () => {
      alive.push(living());
      return PDF;
    },
  });
  await layOut();
  assert.deepEqual(alive, [1, 1]);
  assert.deepEqual(
    given.map((buffers) => buffers.length),
    [1, 1],
  );
});

test('what was stopped before it begins starts no worker and fetches nothing', async () => {
  /** @type {string[]} */
  const fetched = [];
  const { layOut, stopper, started } = setUp({}, (address) => void fetched.push(address));
  stopper.abort();
  await assert.rejects(layOut(), cancelled);
  assert.deepEqual([started(), fetched], [0, []]);
});

test('a stop while programs or fonts are fetched gives the words to no worker', async () => {
  for (const [place, workers] of /** @type {const} */ ([
    ['pages.zip', 0],
    ['A.ttf', 1],
  ])) {
    const setup = setUp({}, (address) => {
      if (address.endsWith(place)) setup.engine.stop();
    });
    await assert.rejects(setup.layOut(), cancelled);
    assert.deepEqual([setup.started(), setup.living()], [workers, 0], place);
    assert.ok(!setup.calls.includes('typeset'));
  }
});

test('after a stop the next layout begins anew', async () => {
  const setup = setUp();
  setup.engine.stop();
  setup.engine.forget();
  assert.equal((await setup.layOut()).files.size, 2);
});

test('programs are fetched once until they are dropped', async () => {
  let count = 0;
  const { engine, layOut } = setUp({}, (address) => {
    if (address.endsWith('.wasm')) count++;
  });
  await layOut();
  await layOut();
  assert.equal(count, 2);
  engine.forget();
  await layOut();
  assert.equal(count, 4);
});

test('an e-mail that cannot be read is left out, and everything else is printed', async () => {
  const { layOut, calls } = setUp({ addMail: () => Promise.reject(new Error('cannot')) });
  const jpeg = new Blob([PDF]);
  const { files } = await layOut([
    ['picture', 'JB/1', jpeg],
    ['mail', 'JB/2', jpeg],
    ['picture', 'JB/3', jpeg],
  ]);
  assert.equal(files.size, 2);
  assert.equal(calls.filter((name) => name === 'addMail').length, 1, 'it is not tried again');
  assert.equal(calls.filter((name) => name === 'begin').length, 2, 'the worker that failed is not used again');
});

test('an e-mail that takes too long is left out', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let asked = () => {};
    const isAsked = new Promise((resolve) => {
      asked = () => resolve(undefined);
    });
    const { layOut } = setUp({
      addMail: () => {
        asked();
        return new Promise(() => {});
      },
    });
    const laidOut = layOut([['mail', 'JB/2', new Blob([PDF])]]);
    await isAsked;
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(10_000);
    assert.equal((await laidOut).files.size, 2);
  } finally {
    mock.timers.reset();
  }
});

test('each letter is drawn in a worker of its own, and its pages are placed as pictures', async () => {
  /** @type {unknown[]} */
  const placed = [];
  /** @type {string[]} */
  const fetched = [];
  const { layOut, calls, started, living } = setUp(
    { addPicture: (key) => placed.push(key) },
    (address) => void fetched.push(address),
  );
  const file = new Blob([PDF]);
  await layOut([['picture', 'JB/1', file]]);
  assert.ok(!fetched.some((address) => address.includes('pdfium')), 'a pack without a letter needs no PDFium');
  await layOut([
    ['letter', 'JB/2', file],
    ['letter', 'JB/3', file],
  ]);
  assert.deepEqual(placed, ['JB/1', 'JB/2 page 1', 'JB/2 page 2', 'JB/3 page 1', 'JB/3 page 2']);
  assert.equal(calls.filter((name) => name === 'drawLetter').length, 2);
  assert.deepEqual([started(), living()], [2 + 4, 0]);
  assert.equal(fetched.filter((address) => address.includes('pdfium')).length, 1);
});

test('a letter that cannot be drawn, or whose worker was taken over, is left out', async () => {
  for (const answer of [
    () => Promise.reject(new Error('cannot')),
    () => null,
    () => [],
    () => 'pages',
    () => [PDF, 'page'],
    () => Array.from({ length: 41 }, () => PDF),
  ]) {
    /** @type {unknown[]} */
    const placed = [];
    const { layOut } = setUp({ drawLetter: answer, addPicture: (key) => placed.push(key) });
    const file = new Blob([PDF]);
    const { files } = await layOut([
      ['letter', 'JB/1', file],
      ['picture', 'JB/2', file],
    ]);
    assert.deepEqual([files.size, placed], [2, ['JB/2']], String(answer));
  }
});

test('a letter is left out where PDFium cannot be fetched', async () => {
  const { layOut, calls } = setUp({}, (address) =>
    address.includes('pdfium') ? Promise.reject(new TypeError('offline')) : undefined,
  );
  assert.equal((await layOut([['letter', 'JB/1', new Blob([PDF])]])).files.size, 2);
  assert.ok(!calls.includes('drawLetter'));
});

test('a letter that takes too long is left out, and so are those after three minutes', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const now = mock.method(performance, 'now', () => time);
  let time = 0;
  try {
    let asked = () => {};
    const { layOut, calls, living } = setUp({
      drawLetter: () => {
        asked();
        return new Promise(() => {});
      },
    });
    const letters = ['JB/1', 'JB/2', 'JB/3', 'JB/4'];
    const laidOut = layOut(letters.map((item) => /** @type {const} */ (['letter', item, new Blob([PDF])])));
    for (let count = 0; count < 3; count++) {
      await new Promise((resolve) => {
        asked = () => resolve(undefined);
      });
      await new Promise((resolve) => setImmediate(resolve));
      time += 60_000;
      mock.timers.tick(60_000);
    }
    assert.equal((await laidOut).files.size, 2);
    assert.equal(calls.filter((name) => name === 'drawLetter').length, 3, 'the fourth is not begun');
    assert.equal(living(), 0);
  } finally {
    now.mock.restore();
    mock.timers.reset();
  }
});

test('a pack has at most 80 pages of letters, and no letter is cut short for that', async () => {
  /** @type {unknown[]} */
  const left = [];
  const { layOut } = setUp({
    drawLetter: (_module, _program, _letter, pagesLeft) => {
      left.push(pagesLeft);
      return Array.from({ length: 35 }, () => PDF);
    },
  });
  await layOut(['JB/1', 'JB/2', 'JB/3'].map((item) => /** @type {const} */ (['letter', item, new Blob([PDF])])));
  assert.deepEqual(left, [80, 45, 10]);
});

test('letters are drawn once, also where an e-mail makes the pack begin again', async () => {
  /** @type {unknown[]} */
  const placed = [];
  const { layOut, calls } = setUp({
    addMail: () => Promise.reject(new Error('cannot')),
    addPicture: (key) => placed.push(key),
  });
  const file = new Blob([PDF]);
  await layOut([
    ['letter', 'JB/1', file],
    ['mail', 'JB/2', file],
  ]);
  assert.equal(calls.filter((name) => name === 'drawLetter').length, 1);
  assert.deepEqual(placed, ['JB/1 page 1', 'JB/1 page 2', 'JB/1 page 1', 'JB/1 page 2']);
});

test('a stop while a letter is drawn ends its worker', async () => {
  const setup = setUp({
    drawLetter: () => {
      setup.engine.stop();
      return [PDF];
    },
  });
  await assert.rejects(setup.layOut([['letter', 'JB/1', new Blob([PDF])]]), cancelled);
  assert.equal(setup.living(), 0);
});

test('a document is set again without the words that make it fail, or given up', async () => {
  const again = [DOCUMENT, DOCUMENT, 'printed'];
  let tries = 0;
  const { layOut } = setUp({ typeset: () => (++tries < 3 ? null : PDF), nextAttempt: () => again.shift() });
  assert.deepEqual((await layOut()).files.get('data/servable/01_chronology.pdf'), PDF);
  assert.equal(tries, 3);
  await assert.rejects(setUp({ typeset: () => null }).layOut(), { code: 'pages_failed' });
});

test('a document that failed is prepared again from the same files', async () => {
  const blob = new Blob([PDF]);
  let reads = 0;
  const seen = /** @type {unknown[]} */ ([]);
  let tries = 0;
  const answers = ['again', 'printed'];
  const { engine, stopper } = setUp({
    addPicture: (key) => seen.push(key),
    typeset: () => (++tries === 1 ? null : PDF),
    nextAttempt: () => (answers.shift() === 'again' ? DOCUMENT : 'printed'),
  });
  await engine.layOut({
    capsule: PDF,
    printed: async function* printed() {
      yield ['picture', `read ${++reads}`, blob];
    },
    onStep: () => undefined,
    signal: stopper.signal,
  });
  assert.deepEqual([reads, seen], [1, ['read 1', 'read 1']]);
});

test('a program that could not be compiled once is compiled for the next pack', async () => {
  const { layOut } = setUp();
  const compile = mock.method(WebAssembly, 'compile', () => Promise.reject(new RangeError('out of memory')), {
    times: 1,
  });
  try {
    await assert.rejects(layOut(), { code: 'pages_missing' });
    assert.equal((await layOut()).files.size, 2);
  } finally {
    compile.mock.restore();
  }
});

test('what cannot be fetched is no layout', async () => {
  const { layOut } = setUp({}, () => Promise.reject(new TypeError('offline')));
  await assert.rejects(layOut(), { code: 'pages_missing' });
});
