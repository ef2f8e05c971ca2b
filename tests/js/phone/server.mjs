/** A real server on a free port, with its own folder, and a sender that keeps cookies as a browser does. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * @typedef {Awaited<ReturnType<typeof startServer>>} Server
 * @typedef {import('./phone.mjs').Request} Request
 * @typedef {object} Faults of a connection
 * @property {(path: string, options: Request) => unknown} [before] may return a response in place of the server's
 * @property {(path: string, options: Request, response: Response) => unknown} [after] likewise, after it came
 * @property {boolean} [off] no signal
 */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const PYTHON = process.env.KEPT_PYTHON ?? join(ROOT, '.venv/bin/python');

/**
 * Start a server.
 * @param {{settings?: Record<string, string>, again?: {port: number, folder: string}}} [options] `again`: the port and
 * folder of a stopped server, to start it again
 */
export async function startServer({ settings = {}, again: restart } = {}) {
  const folder = restart?.folder ?? (await mkdtemp(join(tmpdir(), 'kept-')));
  const { DIARY_APP_URL: _app, DIARY_PUBLIC_URL: _public, ...outer } = process.env;
  const { port, end } = await begin(restart?.port ?? 0, {
    ...outer,
    PYTHONPATH: ROOT,
    DIARY_DATA: folder,
    ...settings,
  });
  const base = `http://localhost:${port}`;
  const env = {
    ...outer,
    DIARY_DATA: folder,
    DIARY_APP_URL: base,
    DIARY_PUBLIC_URL: `http://public.localhost:${port}`,
    ...settings,
  };
  // It already listens. Wait until it answers.
  await fetch(`http://127.0.0.1:${port}/v1/server`, { headers: { host: `localhost:${port}` } });
  return {
    base,
    port,
    folder,
    async stop() {
      await this.leave();
      await rm(folder, { recursive: true, force: true });
    },
    /** End the process and keep its files. */
    async leave() {
      await end();
    },
    /** Run a command of the server over its files. @param {...string} command */
    run: (...command) => runCommand(command, env),
  };
}

/**
 * Start a server: a new process, or, when pytest runs these tests, a fork of a running Python process.
 * @param {number} requestedPort 0: any port
 * @param {Record<string, string|undefined>} env
 * @returns {Promise<{port: number, end: () => Promise<void>}>}
 */
async function begin(requestedPort, env) {
  const { KEPT_SERVERS: servers } = process.env;
  if (servers) {
    const connection = connect(servers);
    const closed = new Promise((resolve) => connection.once('close', resolve));
    connection.on('error', () => undefined); // `closed` reports it
    connection.write(`${JSON.stringify({ port: requestedPort, environment: env })}\n`);
    const port = await new Promise((resolve, reject) => {
      connection.once('data', (data) => resolve(Number(data)));
      connection.once('close', () => reject(new Error('the server did not start')));
    });
    return {
      port,
      end: async () => {
        connection.end();
        await closed;
      },
    };
  }
  const child = spawn(PYTHON, [join(ROOT, 'tests/js/phone/serve.py'), String(requestedPort)], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once('data', (connection) => resolve(Number(connection)));
    child.once('exit', () => reject(new Error('the server did not start')));
  });
  return {
    port,
    end: async () => {
      child.kill();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

/**
 * Run a command: as a new process, or, when pytest runs these tests, in a fork of a running Python process.
 * @param {string[]} command
 * @param {Record<string, string|undefined>} env
 * @returns {Promise<{stdout: string, stderr: string}>}
 * @throws Error with `code`, `stdout` and `stderr` when the command fails
 */
async function runCommand(command, env) {
  const { KEPT_SERVERS: servers } = process.env;
  if (!servers) return promisify(execFile)(PYTHON, ['-m', 'diary', ...command], { cwd: ROOT, env });
  const connection = connect(servers);
  connection.write(`${JSON.stringify({ command, environment: env })}\n`);
  const { code, stdout, stderr } = JSON.parse(await text(connection));
  if (code) throw Object.assign(new Error(`${command.join(' ')} failed\n${stderr}`), { code, stdout, stderr });
  return { stdout, stderr };
}

/**
 * Keep a copy of a server's current state.
 * @param {Server} server is stopped and started again
 * @returns {Promise<() => Promise<void>>} puts the server back to the copy
 */
export async function copyServer(server) {
  const folder = await mkdtemp(join(tmpdir(), 'older-'));
  await server.leave();
  await cp(server.folder, folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  return async () => {
    await server.leave();
    await rm(server.folder, { recursive: true });
    await cp(folder, server.folder, { recursive: true });
    await rm(folder, { recursive: true });
    Object.assign(server, await startServer({ again: server }));
  };
}

/**
 * Make a `fetch` that keeps cookies.
 * @param {string} base
 * @param {Faults} [faults]
 * @returns {import('./phone.mjs').Send & {jar: Map<string, string>}}
 */
export function sender(base, faults = {}) {
  const jar = new Map();
  return Object.assign(
    async (path, options) => {
      if (faults.off) throw new TypeError('Failed to fetch');
      const replacement = /** @type {Response|undefined} */ (await faults.before?.(path, options));
      if (replacement) return replacement;
      const headers = { ...options.headers, origin: base, 'sec-fetch-site': 'same-origin' };
      if (jar.size && options.credentials !== 'omit')
        headers.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const { cache: _cache, credentials: _credentials, referrerPolicy: _policy, ...rest } = options;
      const response = await fetch(base + path, { ...rest, headers });
      for (const line of response.headers.getSetCookie()) {
        const [pair] = line.split(';');
        const split = pair.indexOf('=');
        if (/max-age=0|1970/i.test(line)) jar.delete(pair.slice(0, split));
        else jar.set(pair.slice(0, split), pair.slice(split + 1));
      }
      const replacedResponse = /** @type {Response|undefined} */ (await faults.after?.(path, options, response));
      return replacedResponse ?? response;
    },
    { jar },
  );
}
