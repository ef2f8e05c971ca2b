/** Every vector check in a module worker, where the product's crypto runs. */
import { NAMES, run } from '/tests/js/vectors/all.js';

const load = async (file) => (await fetch(`/tests/vectors/${file}.json`)).json();
const failed = {};
for (const name of NAMES)
  await run(name, load).catch((thrown) => {
    failed[name] = String(thrown.stack ?? thrown);
  });
self.postMessage({ checks: NAMES.length, failed });
