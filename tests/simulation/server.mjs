/** The real server of a simulation, in its own process. It answers one command at a time (server_adapter.py). */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scheduler } from './scheduler.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PYTHON = process.env.KEPT_PYTHON ?? join(ROOT, '.venv/bin/python');

export const ORIGIN = 'http://localhost:1';

export class Server {
  constructor() {
    this.outer = mkdtempSync(join(tmpdir(), 'simulated-'));
    const { DIARY_APP_URL: _app, DIARY_PUBLIC_URL: _public, ...env } = process.env;
    this.link = connectServer(join(this.outer, 'server'), env);
    this.read = Buffer.alloc(0);
    /** @type {{go: () => void, failed: (error: Error) => void}|null} */
    this.waiting = null;
    this.queue = Promise.resolve();
    this.link.output.on('data', (chunk) => {
      this.read = this.read.length ? Buffer.concat([this.read, chunk]) : chunk;
      this.waiting?.go();
    });
    this.link.ended.then(() => {
      this.gone = true;
      this.waiting?.failed(new Error('the server has ended'));
    });
  }

  /**
   * @param {{do: string} & Record<string, unknown>} command @param {Uint8Array} [body]
   * @returns {Promise<{body: Buffer} & Record<string, never>>} the answer, with `body`
   */
  ask(command, body = new Uint8Array(0)) {
    const answer = this.queue.then(() => this.askNow({ now: scheduler.now, ...command }, body));
    this.queue = answer.catch(() => undefined);
    return scheduler.waitFor(answer);
  }

  async askNow(command, body) {
    if (this.gone) throw new Error('the server has ended');
    const header = Buffer.from(JSON.stringify(command));
    this.link.input.write(Buffer.concat([lengthOf(header), header, lengthOf(body), body]));
    const answer = JSON.parse((await this.frame()).toString());
    return { ...answer, body: await this.frame() };
  }

  async frame() {
    const size = (await this.bytes(4)).readUInt32BE();
    return this.bytes(size);
  }

  async bytes(count) {
    while (this.read.length < count)
      await new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
        this.waiting = { go: resolve, failed: reject };
      });
    const chunk = this.read.subarray(0, count);
    this.read = this.read.subarray(count);
    return chunk;
  }

  async stop() {
    this.link.input.end();
    await this.link.ended;
    rmSync(this.outer, { recursive: true, force: true });
  }
}

/**
 * Start a server with its files in `folder`: by the process that starts servers for this worker's tests, which has
 * loaded the code already, else in a new process.
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {{input: import('node:stream').Writable, output: import('node:stream').Readable, ended: Promise<void>}}
 */
function connectServer(folder, env) {
  if (env.KEPT_SERVERS) {
    const connection = connect(env.KEPT_SERVERS);
    connection.on('error', () => undefined); // `ended` reports it
    connection.write(`${JSON.stringify({ simulate: folder, environment: env })}\n`);
    return { input: connection, output: connection, ended: once(connection, 'close') };
  }
  const child = spawn(PYTHON, ['-m', 'tests.simulation.server_adapter', folder], {
    cwd: ROOT,
    env: { ...env, PYTHONHASHSEED: '0' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { input: child.stdin, output: child.stdout, ended: once(child, 'exit') };
}

/** @param {import('node:events').EventEmitter} emitter @param {string} event @returns {Promise<void>} */
const once = (emitter, event) =>
  new Promise((resolve) => {
    emitter.once(event, () => resolve());
  });

function lengthOf(bytes) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return size;
}
