/**
 * The app's methods about imports and message schedules. What imports need (unzipping, MIME, phrases in six languages) is fetched when somebody
 * first asks for it, so that opening the diary does not wait for it.
 */
import { KeptError } from '../core/errors.js';
import { scheduleMethods } from './schedules.js';

/** @typedef {ReturnType<typeof import('./imports_read.js').importWork>} Work */

const NAMES = /** @type {const} */ ([
  'readImport',
  'planImport',
  'importRows',
  'keepImport',
  'dropImport',
  'readHeaders',
  'readPasted',
]);

/** @param {import('./types.d.ts').Context} ctx */
export function importMethods(ctx) {
  /** @type {Promise<Work>|null} */
  let coming = null;
  const work = () =>
    (coming ??= import('./imports_read.js').then(
      ({ importWork }) => importWork(ctx),
      () => {
        coming = null;
        throw new KeptError('unavailable');
      },
    ));
  const read = Object.fromEntries(
    NAMES.map((name) => [
      name,
      async (/** @type {any[]} */ ...args) => /** @type {any} */ ((await work())[name])(...args),
    ]),
  );
  return { ...read, ...scheduleMethods(ctx) };
}
