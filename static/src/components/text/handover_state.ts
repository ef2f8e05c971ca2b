/** The state of a hand-over, as text. */
import { t } from '../../shell/strings.js';
import { dateText, clockTime } from './formatting.js';
import '../words.js';
import type { Handover } from '../../shell/app.js';

export function handoverState({ ended_at, expires_at, openings, openings_most }: Handover): {
  text: string;
  over: boolean;
} {
  if (ended_at !== null) return { text: t('hand.ended', { when: handoverTime(ended_at) }), over: true };
  if (expires_at <= Date.now()) return { text: t('hand.ran_out', { when: handoverTime(expires_at) }), over: true };
  return openings_most && openings.length >= openings_most
    ? { text: t('hand.used_up'), over: true }
    : { text: '', over: false };
}

export function handoverTime(at: number) {
  return dateText(at) === dateText(Date.now())
    ? t('hand.today', { clock: clockTime(at) })
    : t('hand.on', { day: dateText(at), clock: clockTime(at) });
}
