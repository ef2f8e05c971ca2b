/**
 * Preloaded with `node --import`: writes to KEPT_COVERED which lines of static/js each test of a file runs and what it
 * costs in processor seconds. What runs before the first test (imports, servers that all share) counts for every test
 * of the file.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';

const session = new Session();
session.connect();
// Without a way to wait: answers of an inspector in the same thread come at once.
const ask = (method, given) => {
  let answer;
  session.post(method, given, (error, told) => {
    if (error) throw error;
    answer = told;
  });
  return answer;
};
ask('Profiler.enable');
ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** file: where each of its lines begins, without the space before it */
const starts = new Map();
const startsOf = (file) => {
  if (!starts.has(file)) {
    let at = 0;
    starts.set(
      file,
      readFileSync(file, 'utf8')
        .split('\n')
        .map((text) => {
          const here = at + text.length - text.trimStart().length;
          at += text.length + 1;
          return text.trim() ? here : -1;
        }),
    );
  }
  return starts.get(file);
};

/** The lines run since this was last asked, by file. */
function lines() {
  const found = {};
  for (const { url, functions } of ask('Profiler.takePreciseCoverage').result) {
    if (!url.startsWith('file:') || !url.includes('/static/js/')) continue;
    const file = fileURLToPath(url);
    const begins = startsOf(file);
    const run = new Array(begins.length).fill(false);
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        for (let n = 0; n < begins.length; n += 1) {
          // The line on which a function or a block begins is run when what is in it is run.
          const next = n + 1 < begins.length && begins[n + 1] >= 0 ? begins[n + 1] : Infinity;
          if (
            count
              ? begins[n] >= 0 && begins[n] < endOffset && next > startOffset
              : begins[n] >= startOffset && begins[n] < endOffset
          )
            run[n] = count > 0;
        }
      }
    }
    const numbers = run.flatMap((is, n) => (is ? [n + 1] : []));
    if (numbers.length) found[file.slice(file.indexOf('/static/js/') + 1)] = numbers;
  }
  return found;
}

const used = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const told = { before: null, cost: 0, tests: {} };
let began = 0;
beforeEach(() => {
  if (!told.before) {
    told.before = lines();
    told.cost = used();
  } else lines();
  began = used();
});
afterEach((test) => {
  const cost = used() - began;
  const earlier = told.tests[test.name];
  told.tests[test.name] = { cost: cost + (earlier?.cost ?? 0), lines: lines() };
  if (earlier) told.twice = test.name;
});
process.on('exit', (code) => {
  if (code === 0 && told.before) writeFileSync(process.env.KEPT_COVERED, JSON.stringify(told));
});
