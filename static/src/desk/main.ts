/**
 * The entry point of the advocate's page. It has no service worker, no storage and no cookie. docs/threats.md
 * explains what that is worth on a computer that is not the advocate's own.
 */
import { systemClock } from '../core/clock.js';
import { createVault } from '../crypto/worker/vault.js';
import { browserPictureMaker, startCopiesWorker } from '../media/previews.js';
import { fetchAppFile, makeRequest } from '../net/http.js';
import { createPageEngine, startPageWorker } from '../pack/engine/page_engine.js';
import { phoneZone } from '../record/times.js';
import { createDesk } from './desk.js';
import { mount } from './mount.js';

const WORKER = new URL('../crypto/worker.js', import.meta.url).href;
const PAGES_WORKER = new URL('../pack/engine/worker.js', import.meta.url).href;
const COPIES_WORKER = new URL('../media/copies_worker.js', import.meta.url).href;
const trustWorkerUrl = workerUrlPolicy();

const desk = createDesk({
  request: makeRequest(),
  makeVault: () => createVault({ workerUrl: WORKER, createScriptUrl: trustWorkerUrl }),
  clock: systemClock,
  zone: phoneZone,
  visible: () => document.visibilityState === 'visible',
  timers: { after: (ms, act) => setTimeout(act, ms), stop: (timer) => clearTimeout(timer as number) },
  objectUrl: { make: (blob) => URL.createObjectURL(blob), drop: (url) => URL.revokeObjectURL(url) },
  origin: location.origin,
  pictures: browserPictureMaker(() => startCopiesWorker(COPIES_WORKER, trustWorkerUrl)),
  ...(globalThis.WebAssembly && {
    pageEngine: createPageEngine({
      startWorker: () => startPageWorker(PAGES_WORKER, trustWorkerUrl),
      fetchFile: fetchAppFile,
    }),
  }),
});
mount(desk, document.getElementById('desk') as HTMLElement);

/** Missing from TypeScript's DOM types: https://www.w3.org/TR/trusted-types/ */
type WithTrustedTypes = { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
type Policy = { createScriptURL(address: string): string };

/** Our only Trusted Types policy: it allows the URLs of our workers and nothing else. */
function workerUrlPolicy(): (address: string) => string {
  const createScriptURL = (address: string) => {
    if (![WORKER, PAGES_WORKER, COPIES_WORKER].includes(address)) throw new TypeError('not one of our workers');
    return address;
  };
  const policy = (globalThis as WithTrustedTypes).trustedTypes?.createPolicy('app-url', { createScriptURL });
  return policy ? (address) => policy.createScriptURL(address) : createScriptURL;
}
