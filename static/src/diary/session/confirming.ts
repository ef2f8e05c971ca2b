/**
 * Ask for the words of this phone again, before an act that destroys, reveals, or lets somebody come back later.
 *
 * [Note: agreed once] A pack is confirmed once, however many files it is made in: a tired person who is asked at
 * every tap types without reading. The confirmation is remembered here, for one opening of the diary; the words never
 * are. A screen that forgets to ask gets nothing made. Handing a pack over takes the words once more, because the
 * server needs a proof of them and none is stored until then.
 */
import { KeptError } from '../../core/errors.js';
import { readDoor } from '../../store/device_meta.js';
import { tryBothForms } from './typed_words.js';
import type { Door } from '../../store/device_meta.js';
import type { Context, Open } from '../types.js';

/** An empty token. This module records which opening it belongs to, and how often it still counts. */
export type Agreement = Readonly<Record<string, never>>;

/** How often each token still counts */
const agreementCounts: WeakMap<Open, WeakMap<Agreement, number>> = new WeakMap();
/** Files that were made after the words were typed */
const confirmedFiles: WeakMap<Open, WeakSet<Blob>> = new WeakMap();

/**
 * @param words a short secret is not enough
 * @returns the door that these words open, and the words in the form that opened it: what is made from words is made
 *   from these, since the typed ones may be written otherwise (typed_words.ts)
 * @throws words_differ
 */
export async function confirmWords(
  ctx: Context,
  { vault }: Open,
  words: string,
): Promise<{ door: Door; words: string }> {
  const door = (await readDoor(ctx.database)) as Door;
  const attempt = async (tried: string) => {
    await vault.confirmWords(tried, door);
    return tried;
  };
  const matching = await tryBothForms(words, attempt).catch((error) => {
    throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('words_differ') : error;
  });
  return { door, words: matching };
}

/**
 * Confirm with the words something that is about to leave the diary. See [Note: agreed once].
 * @param count how many files may be made from the selection
 * @returns a token that is valid until the lock
 * @throws words_differ
 */
export async function createAgreement(ctx: Context, open: Open, words: string, count: number = 1): Promise<Agreement> {
  await confirmWords(ctx, open, words);
  const agreement = Object.freeze({});
  const counts = agreementCounts.get(open) ?? new WeakMap();
  agreementCounts.set(open, counts.set(agreement, count));
  return agreement;
}

/**
 * Use one count of a token.
 * @throws words_differ when nothing was confirmed in this opening, or all counts are used
 */
export function useAgreement(open: Open, agreement: Agreement | undefined) {
  const counts = agreementCounts.get(open);
  const remaining = (agreement && counts?.get(agreement)) ?? 0;
  if (!agreement || remaining < 1) throw new KeptError('words_differ');
  counts?.set(agreement, remaining - 1);
}

/** Record that this file was made after the words were typed. */
export function markConfirmed(open: Open, file: Blob | null | undefined) {
  if (file) confirmedFiles.set(open, (confirmedFiles.get(open) ?? new WeakSet()).add(file));
}

/**
 * Check that a file was made after the words were typed. Nothing else may leave.
 * @throws words_differ
 */
export function checkConfirmed(open: Open, file: Blob) {
  if (!confirmedFiles.get(open)?.has(file)) throw new KeptError('words_differ');
}
