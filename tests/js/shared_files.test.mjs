/** What another app shares, as the service worker keeps it. The script runs with only the globals of a worker. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import vm from 'node:vm';

const script = await readFile(new URL('../../static/sw.js', import.meta.url), 'utf8');
const ORIGIN = 'https://notes.example';

class Client {
  constructor(id) {
    this.id = id;
  }
}

/** Return a worker with its open pages, and functions that do what a browser does with it. */
function startWorker() {
  const listeners = {};
  const pages = new Map();
  const timers = [];
  const cached = { match: async () => new Response('page') };
  const self = {
    addEventListener: (name, listener) => {
      listeners[name] = listener;
    },
    location: { origin: ORIGIN },
    clients: { get: async (id) => pages.get(id) },
  };
  vm.runInNewContext(script.replace('/*@FILES@*/', "'/': 'digest'"), {
    self,
    AbortController,
    Client,
    File,
    FormData,
    Headers,
    Response: Object.assign((...given) => new Response(...given), { redirect: () => null, error: () => null }),
    URL,
    caches: { keys: async () => [], has: async () => true, open: async () => cached },
    setTimeout: (run) => timers.push(run),
  });
  return {
    /** Share files, or a text alone. */
    async share(files, text = '') {
      const form = new FormData();
      for (const file of files) form.append('f', file);
      form.append('x', text);
      const request = { method: 'POST', url: `${ORIGIN}/share`, formData: async () => form };
      let answer;
      listeners.fetch({ request, waitUntil() {}, respondWith: (given) => (answer = given) });
      await answer;
    },
    /** Open a page, in place of another one where `replaced` is given. */
    open(id, replaced) {
      pages.delete(replaced);
      const request = { method: 'GET', mode: 'navigate', url: `${ORIGIN}/` };
      listeners.fetch({ request, resultingClientId: id, respondWith: (given) => given?.catch?.(() => undefined) });
      pages.set(id, new Client(id));
    },
    /** Ask as a page does. Return the names of what it gets, or the word, and `done`. */
    async ask(id, { hasSecondPort = true } = {}) {
      const stored = {};
      const answers = [];
      let answered;
      listeners.message({
        data: 'shared',
        source: pages.get(id),
        ports: [{ postMessage: (data) => answers.push(data) }, ...(hasSecondPort ? [stored] : [])],
        waitUntil: (given) => (answered = given),
      });
      await answered;
      const [files] = answers;
      return {
        got: typeof files === 'string' ? files : Array.from(files, ({ name }) => name),
        done: () => stored.onmessage?.(),
      };
    },
    /** Let half a minute pass. */
    passTime() {
      for (const run of timers.splice(0)) run();
    },
  };
}

const named = (...names) => names.map((name) => new File([name], name));

test('a page that ends before it has stored what was shared leaves it to the next page', async () => {
  const worker = startWorker();
  await worker.share(named('one.png', 'two.png'));
  worker.open('first');
  assert.deepEqual((await worker.ask('first')).got, ['one.png', 'two.png']);
  worker.open('second', 'first');
  const { got, done } = await worker.ask('second');
  assert.deepEqual(got, ['one.png', 'two.png']);
  done();
  worker.open('third', 'second');
  assert.deepEqual((await worker.ask('third')).got, []);
});

test('no other page gets what was shared while the page that opened for it stores it', async () => {
  const worker = startWorker();
  worker.open('other');
  await worker.share(named('one.png'));
  worker.open('page');
  assert.deepEqual((await worker.ask('other')).got, []);
  const { done } = await worker.ask('page');
  assert.deepEqual((await worker.ask('other')).got, []);
  done();
  assert.deepEqual((await worker.ask('other')).got, []);
});

test('a share that comes while the last one is stored brings each file once', async () => {
  const worker = startWorker();
  await worker.share(named('one.png'));
  worker.open('page');
  const { done } = await worker.ask('page');
  await worker.share(named('two.png'));
  worker.open('next');
  done();
  assert.deepEqual((await worker.ask('next')).got, ['two.png']);
});

test('a share that replaces the page that stores the last one brings both', async () => {
  const worker = startWorker();
  await worker.share(named('one.png'));
  worker.open('page');
  await worker.ask('page');
  await worker.share(named('two.png'));
  worker.open('next', 'page');
  assert.deepEqual((await worker.ask('next')).got, ['one.png', 'two.png']);
});

test('a page of an earlier release is given what was shared once', async () => {
  const worker = startWorker();
  await worker.share(named('one.png'));
  worker.open('page');
  assert.deepEqual((await worker.ask('page', { hasSecondPort: false })).got, ['one.png']);
  assert.deepEqual((await worker.ask('page', { hasSecondPort: false })).got, []);
});

test('a share without a file is reported once, and shared files are deleted after 30 seconds', async () => {
  const worker = startWorker();
  await worker.share([]);
  worker.open('page');
  const { got, done } = await worker.ask('page');
  assert.equal(got, 'empty');
  done();
  assert.deepEqual((await worker.ask('page')).got, []);
  await worker.share(named('one.png'));
  worker.passTime();
  worker.open('late', 'page');
  assert.equal((await worker.ask('late')).got, 'empty');
});
