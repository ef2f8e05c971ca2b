/** The real server of a simulation, in its own process. It answers one command at a time (server_adapter.py). */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
    this.child = spawn(PYTHON, ['-m', 'tests.simulation.server_adapter', join(this.outer, 'server')], {
      cwd: ROOT,
      env: { ...env, PYTHONHASHSEED: '0' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.read = Buffer.alloc(0);
    /** @type {{go: () => void, failed: (error: Error) => void}|null} */
    this.waiting = null;
    this.queue = Promise.resolve();
    this.child.stdout.on('data', (chunk) => {
      this.read = this.read.length ? Buffer.concat([this.read, chunk]) : chunk;
      this.waiting?.go();
    });
    this.child.once('exit', () => {
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
    this.child.stdin.write(Buffer.concat([lengthOf(header), header, lengthOf(body), body]));
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
    this.child.stdin.end();
    if (!this.gone)
      await new Promise((resolve) => {
        this.child.once('exit', resolve);
      });
    rmSync(this.outer, { recursive: true, force: true });
  }
}

function lengthOf(bytes) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return size;
}
