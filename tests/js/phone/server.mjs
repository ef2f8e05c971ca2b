/** A real server on a free port, with its own folder, and a sender that keeps cookies as a browser would. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const PYTHON = process.env.KEPT_PYTHON ?? join(ROOT, '.venv/bin/python');

/** @param {{settings?: Record<string, string>, again?: {port: number, folder: string}}} [how] `again`: where one that was left lies */
export async function startServer({ settings = {}, again } = {}) {
  const folder = again?.folder ?? (await mkdtemp(join(tmpdir(), 'kept-')));
  const { DIARY_APP_URL: _app, DIARY_PUBLIC_URL: _public, ...outer } = process.env;
  const { port, end } = await begin(again?.port ?? 0, { ...outer, PYTHONPATH: ROOT, DIARY_DATA: folder, ...settings });
  const base = `http://localhost:${port}`;
  const env = {
    ...outer,
    DIARY_DATA: folder,
    DIARY_APP_URL: base,
    DIARY_PUBLIC_URL: `http://public.localhost:${port}`,
    ...settings,
  };
  // It listens already: this waits until it answers.
  await fetch(`http://127.0.0.1:${port}/v1/server`, { headers: { host: `localhost:${port}` } });
  return {
    base,
    port,
    folder,
    async stop() {
      await this.leave();
      await rm(folder, { recursive: true, force: true });
    },
    /** Ends the process and leaves its files where they are. */
    async leave() {
      await end();
    },
    /** A command of the server's own, over its files. @param {...string} command */
    run: (...command) => promisify(execFile)(PYTHON, ['-m', 'diary', ...command], { cwd: ROOT, env }),
  };
}

/**
 * Starts a server: a process of its own, or, where pytest runs these tests, one that a running Python forks.
 * @param {number} asked 0: any port @param {Record<string, string|undefined>} env @returns {Promise<{port: number, end: () =>
 * Promise<void>}>}
 */
async function begin(asked, env) {
  const { KEPT_SERVERS: servers } = process.env;
  if (servers) {
    const line = connect(servers);
    const over = new Promise((gone) => line.once('close', gone));
    line.on('error', () => undefined); // `over` says it
    line.write(`${JSON.stringify({ port: asked, environment: env })}\n`);
    const port = await new Promise((ready, failed) => {
      line.once('data', (told) => ready(Number(told)));
      line.once('close', () => failed(new Error('the server did not start')));
    });
    return {
      port,
      end: async () => {
        line.end();
        await over;
      },
    };
  }
  const child = spawn(PYTHON, [join(ROOT, 'tests/js/phone/serve.py'), String(asked)], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise((ready, failed) => {
    child.stdout.once('data', (line) => ready(Number(line)));
    child.once('exit', () => failed(new Error('the server did not start')));
  });
  return {
    port,
    end: async () => {
      child.kill();
      await new Promise((gone) => child.once('exit', gone));
    },
  };
}

/**
 * Keep a copy of a server as it is now.
 * @param {any} server is stopped and started again @returns {Promise<() => Promise<void>>} puts the server back to the copy
 */
export async function copyServer(server) {
  const older = await mkdtemp(join(tmpdir(), 'older-'));
  await server.leave();
  await cp(server.folder, older, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  return async () => {
    await server.leave();
    await rm(server.folder, { recursive: true });
    await cp(older, server.folder, { recursive: true });
    await rm(older, { recursive: true });
    Object.assign(server, await startServer({ again: server }));
  };
}

/** @param {string} base @param {{before?: (path: string, options: any) => any, off?: boolean}} [faults] `before` may answer in the server's place; `off` is no signal */
export function sender(base, faults = {}) {
  const jar = new Map();
  return Object.assign(
    async (path, options) => {
      if (faults.off) throw new TypeError('Failed to fetch');
      const instead = await faults.before?.(path, options);
      if (instead) return instead;
      const headers = { ...options.headers, origin: base, 'sec-fetch-site': 'same-origin' };
      if (jar.size && options.credentials !== 'omit')
        headers.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const { cache: _cache, credentials: _credentials, referrerPolicy: _policy, ...rest } = options;
      const response = await fetch(base + path, { ...rest, headers });
      for (const line of response.headers.getSetCookie()) {
        const [pair] = line.split(';');
        const at = pair.indexOf('=');
        if (/max-age=0|1970/i.test(line)) jar.delete(pair.slice(0, at));
        else jar.set(pair.slice(0, at), pair.slice(at + 1));
      }
      const instead2 = await faults.after?.(path, options, response);
      return instead2 ?? response;
    },
    { jar },
  );
}
