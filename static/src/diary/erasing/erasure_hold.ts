/**
 * Hold: the keeper's own switch, for when somebody asked them to preserve everything. While it is on, this phone
 * erases nothing in any way. Whoever runs the server can neither see nor change it.
 */
import { ERASURE_DAYS } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { confirmWords } from '../session/confirming.js';
import { readSettings, saveSettings } from '../records/settings.js';
import type { Context, Open } from '../types.js';

type Hold = { who: string; reference: string; since: number; lift_asked_at: number | null };

export const ERASURE_DELAY_MS = ERASURE_DAYS * 24 * 60 * 60 * 1000;

/**
 * Return the hold that is on at `now`, or null. A hold ends seven days after the keeper asked to lift it with the
 * words.
 * @param now ms
 */
export async function readHold(open: Open, now: number): Promise<Hold | null> {
  const { hold } = (await readSettings(open)).fields;
  if (typeof hold !== 'object' || hold === null || !Number.isSafeInteger(hold.since)) return null;
  const lift_asked_at = Number.isSafeInteger(hold.lift_asked_at) ? hold.lift_asked_at : null;
  if (lift_asked_at !== null && now >= lift_asked_at + ERASURE_DELAY_MS) return null;
  return { who: String(hold.who ?? ''), reference: String(hold.reference ?? ''), since: hold.since, lift_asked_at };
}

/** @throws nothing_to_save when it is not stated who asked */
export async function turnHoldOn(ctx: Context, open: Open, { who, reference }: { who: string; reference: string }) {
  if (!who.trim()) throw new KeptError('nothing_to_save');
  const current = await readHold(open, ctx.clock.now());
  await saveSettings(open, {
    fields: {
      hold: {
        who: who.trim(),
        reference: reference.trim(),
        since: current?.since ?? ctx.clock.now(),
        lift_asked_at: null,
      },
    },
  });
}

/**
 * Lift the hold in seven days, so that nobody can force an erasure today.
 * @throws words_differ
 */
export async function requestLift(ctx: Context, open: Open, words: string) {
  const hold = await readHold(open, ctx.clock.now());
  if (!hold) return;
  await confirmWords(ctx, open, words);
  if (hold.lift_asked_at === null)
    await saveSettings(open, { fields: { hold: { ...hold, lift_asked_at: ctx.clock.now() } } });
}

export async function keepHold(ctx: Context, open: Open) {
  const hold = await readHold(open, ctx.clock.now());
  if (hold) await saveSettings(open, { fields: { hold: { ...hold, lift_asked_at: null } } });
}
