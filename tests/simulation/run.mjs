/**
 * `make simulate SEEDS=200 FIRST=1`: runs seeds, and for each that goes wrong prints the seed, the commit, what went wrong, and
 * the shortest list of its acts that still goes wrong, with all that was sent. Ends with 1 when one did.
 *
 *   UNTIL_WRONG=1  stops at the first       ONLY=3,7,8  of one seed, these acts only (counted from 0)
 *   SHRINK=0       leaves the acts whole    PUT_BACK=0  never puts the server back to an older copy
 *   TRACE=1        prints every run         DIGEST=1    prints a digest of all that happened
 *   WITH=renews,dies  runs only those seeds that have all of these acts, in this order
 */
import './machine.mjs';
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
} = process.env;
const [first, count] = [Number(FIRST), Number(SEEDS)];
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1)
  throw new Error(`FIRST and SEEDS are whole numbers, and SEEDS is 1 or more: ${FIRST}, ${SEEDS}`);
const server = new Server();
const putsServerBack = PUT_BACK === '1';

/** What a fault is, whatever names and numbers it is about. @param {string[]} faults */
const kindOf = ([fault = '']) =>
  fault
    .split('\n')[0]
    .replace(/phone \d|fresh phone|text \d+|\d+|\b[\w-]{4}\b/g, '')
    .slice(0, 60);

/** @param {number} seed @param {number[]} numbers of acts @param {string[]} faults */
async function shortest(seed, numbers, faults) {
  const acts = draw(seed);
  const asked = (some) => run(seed, server, { acts: some.map((i) => acts[i]), putsServerBack });
  const left =
    SHRINK === '1'
      ? await shrink(numbers, async (some) => kindOf((await asked(some)).faults) === kindOf(faults))
      : numbers;
  return { left, acts: left.map((i) => acts[i].act), ...(await asked(left)) };
}

/** @param {number} seed @param {string[]} faults @param {number[]} numbers */
async function report(seed, faults, numbers) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const { left, acts, lines, faults: again } = await shortest(seed, numbers, faults);
  console.log(`seed ${seed}:\n  ${faults.join('\n  ')}`);
  console.log(`  at ${commit}; with no more than ONLY=${left.join(',')} (${acts.join(', ')}):`);
  console.log(`  ${again.join('\n  ')}\n  after\n    ${lines.join('\n    ')}`);
}

/** @param {string[]} acts @param {string[]} wanted */
function hasInOrder(acts, wanted) {
  let at = 0;
  for (const act of acts) if (act === wanted[at]) at++;
  return at >= wanted.length;
}

let [wrong, ran] = [0, 0];
for (let seed = first; seed < first + count && !(wrong && UNTIL_WRONG); seed++) {
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
  wrong++;
  await report(seed, faults, numbers);
}
await server.stop();
const { user, system } = process.cpuUsage();
const seconds = ((user + system) / 1e6).toFixed(1);
console.log(`${ran} seeds from ${first}: ${wrong} went wrong; ${seconds} s of processor time beside the server's`);
process.exit(wrong ? 1 : 0);
