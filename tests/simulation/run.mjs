/**
 * `make simulate SEEDS=200 FIRST=1`: run seeds. For each seed that fails print the seed, the commit, the faults, and
 * the shortest list of its acts that still fails, with everything that was sent. Exit with 1 when a seed failed.
 *
 *   UNTIL_WRONG=1  stop at the first failure    ONLY=3,7,8  run only these acts of one seed (counted from 0)
 *   SHRINK=0       do not shorten the acts      PUT_BACK=0  never put the server back to an older copy
 *   TRACE=1        print every run              DIGEST=1    print a digest of everything that happened
 *   EACH=5,9,12    run these seeds, whatever FIRST and SEEDS say
 *   WITH=renews,dies  run only seeds that have all of these acts, in this order
 */
import './scheduler.mjs';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Server } from './server.mjs';
import { shrink } from './shrink.mjs';
import { draw, run } from './world.mjs';

const {
  FIRST = '1',
  SEEDS = '50',
  UNTIL_WRONG = '',
  PUT_BACK = '1',
  TRACE = '',
  DIGEST = '',
  ONLY = '',
  SHRINK = '1',
  WITH = '',
  EACH = '',
} = process.env;
const [first, count] = [Number(FIRST), Number(SEEDS)];
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1)
  throw new Error(`FIRST and SEEDS are whole numbers, and SEEDS is 1 or more: ${FIRST}, ${SEEDS}`);
const server = new Server();
const putsServerBack = PUT_BACK === '1';

/** Return the kind of the first fault, without names and numbers. @param {string[]} faults */
const kindOf = ([fault = '']) =>
  fault
    .split('\n')[0]
    .replace(/phone \d|fresh phone|text \d+|\d+|\b[\w-]{4}\b/g, '')
    .slice(0, 60);

/** @param {number} seed @param {number[]} numbers of acts @param {string[]} faults */
async function shortest(seed, numbers, faults) {
  const acts = draw(seed);
  const runActs = (numbersTried) => run(seed, server, { acts: numbersTried.map((i) => acts[i]), putsServerBack });
  const needed =
    SHRINK === '1'
      ? await shrink(numbers, async (numbersTried) => kindOf((await runActs(numbersTried)).faults) === kindOf(faults))
      : numbers;
  return { left: needed, acts: needed.map((i) => acts[i].act), ...(await runActs(needed)) };
}

/** @param {number} seed @param {string[]} faults @param {number[]} numbers */
async function report(seed, faults, numbers) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const { left: needed, acts, lines, faults: faultsAgain } = await shortest(seed, numbers, faults);
  console.log(`seed ${seed}:\n  ${faults.join('\n  ')}`);
  console.log(`  at ${commit}; with no more than ONLY=${needed.join(',')} (${acts.join(', ')}):`);
  console.log(`  ${faultsAgain.join('\n  ')}\n  after\n    ${lines.join('\n    ')}`);
}

/** @param {string[]} acts @param {string[]} wanted */
function hasInOrder(acts, wanted) {
  let matched = 0;
  for (const act of acts) if (act === wanted[matched]) matched++;
  return matched >= wanted.length;
}

let [failed, ran] = [0, 0];
const seeds = EACH ? EACH.split(',').map(Number) : Array.from({ length: count }, (_, i) => first + i);
for (const seed of seeds) {
  if (failed && UNTIL_WRONG) break;
  const acts = draw(seed);
  if (
    WITH &&
    !hasInOrder(
      acts.map(({ act }) => act),
      WITH.split(','),
    )
  )
    continue;
  const numbers = ONLY ? ONLY.split(',').map(Number) : [...acts.keys()];
  const { faults, lines } = await run(seed, server, { acts: numbers.map((i) => acts[i]), putsServerBack });
  ran++;
  if (TRACE) console.log(lines.join('\n'));
  if (DIGEST)
    console.log(`seed ${seed}: ${createHash('sha256').update(lines.join('\n')).digest('hex')}, ${lines.length} lines`);
  if (!faults.length) continue;
  failed++;
  await report(seed, faults, numbers);
}
await server.stop();
const { user, system } = process.cpuUsage();
const seconds = ((user + system) / 1e6).toFixed(1);
console.log(`${ran} seeds from ${seeds[0]}: ${failed} went wrong; ${seconds} s of processor time beside the server's`);
process.exit(failed ? 1 : 0);
