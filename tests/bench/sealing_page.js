/** What tests/bench/sealing.py calls: a measurement by name, in the page or in a worker. */
import * as measurements from './sealing.js';

const policy = trustedTypes.createPolicy('app-url', { createScriptURL: (url) => url });

function inWorker(name, options) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(policy.createScriptURL('/tests/bench/sealing_worker.js'), { type: 'module' });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ name, options });
  });
}

window.measure = { inPage: (name, options) => measurements[name](options), inWorker };
