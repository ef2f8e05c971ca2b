/** `make simulate` in several processes: each runs an equal part of the seeds, with its own server. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { FIRST = '1', SEEDS = '50', WORKERS = '2' } = process.env;
const [first, count, workers] = [FIRST, SEEDS, WORKERS].map(Number);
if (![first, count, workers].every(Number.isSafeInteger) || count < 1 || workers < 1)
  throw new Error(`FIRST, SEEDS and WORKERS are whole numbers, the last two 1 or more: ${FIRST}, ${SEEDS}, ${WORKERS}`);
const began = Date.now();
const run = fileURLToPath(new URL('run.mjs', import.meta.url));
const cuts = Array.from({ length: workers + 1 }, (_, i) => first + Math.floor((count * i) / workers));
const statuses = await Promise.all(
  cuts.slice(1).map((to, i) =>
    to === cuts[i]
      ? 0
      : new Promise((done) => {
          const env = { ...process.env, FIRST: String(cuts[i]), SEEDS: String(to - cuts[i]) };
          spawn(process.execPath, [...process.execArgv, run], { env, stdio: 'inherit' }).once('exit', (status) =>
            done(status ?? 1),
          );
        }),
  ),
);
console.log(`all in ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(statuses.some(Boolean) ? 1 : 0);
