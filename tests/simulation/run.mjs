/**
 * `make simulate SEEDS=200 FIRST=1`: runs seeds, prints what went wrong with its seed and the acts that led there, and ends with 1
 * when something did. `UNTIL_WRONG=1` stops at the first; `PUT_BACK=0` leaves
 * out that the server is put back to an older copy.
 */
import { startServer } from '../js/phone/server.mjs';
import { run } from './world.mjs';

const { FIRST = '1', SEEDS = '50', UNTIL_WRONG = '', PUT_BACK = '1' } = process.env;
const [first, count] = [Number(FIRST), Number(SEEDS)];
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) throw new Error(`FIRST and SEEDS are whole numbers, and SEEDS is 1 or more: ${FIRST}, ${SEEDS}`);
const server = await startServer();
const began = Date.now();
let [wrong, ran] = [0, 0];
for (let seed = first; seed < first + count && !(wrong && UNTIL_WRONG); seed++) {
  const { faults, lines } = await run(seed, server, { putsServerBack: PUT_BACK === '1' });
  ran++;
  if (!faults.length) continue;
  wrong++;
  console.log(`seed ${seed}:\n  ${faults.join('\n  ')}\n  after\n    ${lines.join('\n    ')}`);
}
await server.stop();
console.log(`${ran} seeds from ${first}: ${wrong} went wrong, in ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(wrong ? 1 : 0);
