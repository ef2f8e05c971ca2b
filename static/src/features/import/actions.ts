/**
 * The app's methods for imports and message schedules. The import code (unzipping, MIME, phrases in six languages) is
 * loaded on first use, so that opening the diary does not wait for it.
 */
import { KeptError } from '../../core/errors.js';
import { scheduleMethods } from '../../diary/records/schedules.js';
import type { createImportMethods } from './imports_read.js';
import type { Context } from '../../diary/types.js';

type ImportMethods = ReturnType<typeof createImportMethods>;
/** Any of these methods. The type `App` checks the arguments at each call. */
type AnyMethod = (...args: unknown[]) => unknown;

const METHOD_NAMES = [
  'readImport',
  'planImport',
  'readArchivedPage',
  'askAboutBill',
  'importRows',
  'keepImport',
  'dropImport',
  'readHeaders',
  'readMailWords',
  'readPasted',
  'openPictureList',
  'alikeInList',
  'putPictureList',
  'keepPictureList',
] as const;

export function importMethods(ctx: Context) {
  let loading: Promise<ImportMethods> | null = null;
  const loadMethods = () =>
    (loading ??= import('./imports_read.js').then(
      ({ createImportMethods }) => createImportMethods(ctx),
      () => {
        loading = null;
        throw new KeptError('unavailable');
      },
    ));
  const lazyMethods = Object.fromEntries(
    METHOD_NAMES.map((name) => [
      name,
      async (...args: unknown[]) => ((await loadMethods())[name] as AnyMethod)(...args),
    ]),
  );
  return { ...lazyMethods, ...scheduleMethods(ctx) };
}
