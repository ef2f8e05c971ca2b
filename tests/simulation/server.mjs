/** The real server of a simulation, in a process of its own, which answers one command at a time (server_adapter.py). */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './machine.mjs';

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
    this.waiting = null;
    this.turn = Promise.resolve();
    this.child.stdout.on('data', (some) => {
      this.read = this.read.length ? Buffer.concat([this.read, some]) : some;
      this.waiting?.go();
    });
    this.child.once('exit', () => {
      this.gone = true;
      this.waiting?.failed(new Error('the server has ended'));
    });
  }

  /**
   * @param {{do: string} & Record<string, any>} told @param {Uint8Array} [body]
   * @returns {Promise<any>} the answer, with `body`
   */
  ask(told, body = new Uint8Array(0)) {
    const asked = this.turn.then(() => this.askNow({ now: machine.now, ...told }, body));
    this.turn = asked.catch(() => undefined);
    return machine.waitFor(asked);
  }

  async askNow(told, body) {
    if (this.gone) throw new Error('the server has ended');
    const header = Buffer.from(JSON.stringify(told));
    this.child.stdin.write(Buffer.concat([length(header), header, length(body), body]));
    const answer = JSON.parse((await this.frame()).toString());
    return { ...answer, body: await this.frame() };
  }

  async frame() {
    const size = (await this.bytes(4)).readUInt32BE();
    return this.bytes(size);
  }

  async bytes(count) {
    while (this.read.length < count)
      await new Promise((go, failed) => {
        this.waiting = { go, failed };
      });
    const some = this.read.subarray(0, count);
    this.read = this.read.subarray(count);
    return some;
  }

  async stop() {
    this.child.stdin.end();
    if (!this.gone)
      await new Promise((go) => {
        this.child.once('exit', go);
      });
    rmSync(this.outer, { recursive: true, force: true });
  }
}

function length(bytes) {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(bytes.length);
  return four;
}
