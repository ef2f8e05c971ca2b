/**
 * How many messages and calls, from whom and when, in the language of the screens. record/schedule.js writes the text
 * that goes into an entry.
 */
import { isolateDirection, language, t, tn } from '../../shell/strings.js';
import '../words.js';
import type { BurstTotals } from '../../record/schedule.js';

const MAX_NAMES = 3;

const formatList = (parts: string[]) => new Intl.ListFormat(language(), { type: 'unit' }).format(parts);

/** @returns `43 missed calls and 2 messages from Sam, 1 from me, 21:10 to 23:55` */
export function amountText(amount: BurstTotals): string {
  const messages = Math.max(0, amount.in - amount.calls - amount.answered);
  const sent = Math.max(0, amount.out - amount.made);
  const received = joinAll([
    amount.calls ? tn('amount.calls', amount.calls) : '',
    amount.answered ? tn('amount.answered', amount.answered) : '',
    messages ? tn('amount.messages', messages) : '',
  ]);
  const names =
    amount.from.length > MAX_NAMES
      ? tn('amount.people', amount.from.length)
      : amount.from.map(isolateDirection).join(', ');
  const parts = [
    received && names ? t('amount.from', { what: received, names }) : received,
    amount.made ? tn('amount.made', amount.made) : '',
    sent ? tn(messages ? 'amount.mine' : 'amount.only_mine', sent) : '',
    amount.unsure ? tn('amount.unsure', amount.unsure) : '',
  ].filter(Boolean);
  return formatList([...(parts.length ? parts : [t('amount.none')]), ...timeSpan(amount)]);
}

/** @returns `a`, `a and b` or `a, b and c` */
function joinAll(parts: string[]): string {
  const given = parts.filter(Boolean);
  const last = given.pop() ?? '';
  return given.length ? t('amount.and', { a: formatList(given), b: last }) : last;
}

/** The hours, if everything was on one day. */
function timeSpan({ first, last }: BurstTotals): string[] {
  const [from, to] = [first?.slice(11, 16) ?? '', last?.slice(11, 16) ?? ''];
  if (!from || first?.slice(0, 10) !== last?.slice(0, 10)) return [];
  return [from === to ? from : t('amount.span', { from, to })];
}
