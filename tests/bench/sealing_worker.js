/** One measurement of sealing.js in a module worker, where the product's crypto runs. */
import * as measurements from './sealing.js';

self.onmessage = async ({ data: { name, options } }) => {
  self.postMessage(await measurements[name](options));
};
