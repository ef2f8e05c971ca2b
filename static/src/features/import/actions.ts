/**
 * The app's methods for imports and message schedules. The import code (unzipping, MIME, phrases in six languages) is
 * loaded on first use, so that opening the diary does not wait for it.
 */
import { KeptError } from '../../core/errors.js';
import { scheduleMethods } from '../../diary/records/schedules.js';
import type { importWork } from './imports_read.js';
import type { Context } from '../../diary/types.js';

type Work = ReturnType<typeof importWork>;
/** Any of these methods. The type `App` checks the arguments at each call. */
type Act = (...args: unknown[]) => unknown;

const NAMES = [
  'readImport',
  'planImport',
  'importRows',
  'keepImport',
  'dropImport',
  'readHeaders',
  'readPasted',
] as const;

export function importMethods(ctx: Context) {
  let coming: Promise<Work> | null = null;
  const work = () =>
    (coming ??= import('./imports_read.js').then(
      ({ importWork }) => importWork(ctx),
      () => {
        coming = null;
        throw new KeptError('unavailable');
      },
    ));
  const read = Object.fromEntries(
    NAMES.map((name) => [name, async (...args: unknown[]) => ((await work())[name] as Act)(...args)]),
  );
  return { ...read, ...scheduleMethods(ctx) };
}
