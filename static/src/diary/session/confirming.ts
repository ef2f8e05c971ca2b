/**
 * The words of this phone, typed once more: before what destroys, reveals, or lets somebody come back later.
 *
 * [Note: agreed once] A pack is agreed to once, however many files it is made in: a tired person who is asked at every
 * tap types without reading. What was agreed to is remembered here, for one opening of the diary, and never the words.
 * A screen that forgets to ask gets nothing made. Handing a pack over takes the words once more, because the server
 * needs a proof of them and none is kept until then.
 */
import { KeptError } from '../../core/errors.js';
import { readDoor } from '../../store/device_meta.js';
import type { Door } from '../../store/device_meta.js';
import type { Context, Open } from '../types.js';

/** Says nothing by itself: which opening it belongs to, and how often it still counts, is known here */
export type Agreed = Readonly<Record<string, never>>;

/** How often each still counts */
const agreements: WeakMap<Open, WeakMap<Agreed, number>> = new WeakMap();
/** Files that were made after the words */
const made: WeakMap<Open, WeakSet<Blob>> = new WeakMap();

/**
 * @param words a short secret is not enough
 * @returns the door these words open
 * @throws words_differ
 */
export async function confirm(ctx: Context, { vault }: Open, words: string): Promise<Door> {
  const door = (await readDoor(ctx.database)) as Door;
  await vault.confirmWords(words, door).catch((error) => {
    throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('words_differ') : error;
  });
  return door;
}

/**
 * The words, typed for something that is about to leave the diary. See [Note: agreed once].
 * @param times how many things are made of what was chosen
 * @returns good until the lock
 * @throws words_differ
 */
export async function agree(ctx: Context, open: Open, words: string, times: number = 1): Promise<Agreed> {
  await confirm(ctx, open, words);
  const agreed = Object.freeze({});
  const known = agreements.get(open) ?? new WeakMap();
  agreements.set(open, known.set(agreed, times));
  return agreed;
}

/**
 * Takes one of what was agreed to.
 * @throws words_differ where nothing was agreed to in this opening, or all of it is made
 */
export function claim(open: Open, agreed: Agreed | undefined) {
  const known = agreements.get(open);
  const left = (agreed && known?.get(agreed)) ?? 0;
  if (!agreed || left < 1) throw new KeptError('words_differ');
  known?.set(agreed, left - 1);
}

/** This file was made after the words. */
export function madeAfterWords(open: Open, file: Blob | null | undefined) {
  if (file) made.set(open, (made.get(open) ?? new WeakSet()).add(file));
}

/**
 * Nothing else leaves.
 * @throws words_differ
 */
export function mustBeAgreed(open: Open, file: Blob) {
  if (!made.get(open)?.has(file)) throw new KeptError('words_differ');
}
