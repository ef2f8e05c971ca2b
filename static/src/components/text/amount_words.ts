/**
 * How many messages and calls, from whom and when, in the language of the screens. record/schedule.js writes the text
 * that goes into an entry.
 */
import { inItsOrder, language, t, tn } from '../../shell/strings.js';
import '../words.js';
import type { Amount } from '../../record/schedule.js';

const NAMED = 3;

const listed = (parts: string[]) => new Intl.ListFormat(language(), { type: 'unit' }).format(parts);

/** @returns `43 missed calls and 2 messages from Sam, 1 from me, 21:10 to 23:55` */
export function amountSaid(amount: Amount): string {
  const messages = Math.max(0, amount.in - amount.calls);
  const [calls, texts] = [
    amount.calls ? tn('amount.calls', amount.calls) : '',
    messages ? tn('amount.messages', messages) : '',
  ];
  const came = calls && texts ? t('amount.and', { a: calls, b: texts }) : calls || texts;
  const names =
    amount.from.length > NAMED ? tn('amount.people', amount.from.length) : amount.from.map(inItsOrder).join(', ');
  const mine = amount.out ? tn(came ? 'amount.mine' : 'amount.only_mine', amount.out) : '';
  const parts = [
    came && names ? t('amount.from', { what: came, names }) : came,
    mine,
    amount.unsure ? tn('amount.unsure', amount.unsure) : '',
  ].filter(Boolean);
  return listed([...(parts.length ? parts : [t('amount.none')]), ...span(amount)]);
}

/** The hours, if everything was on one day. */
function span({ first, last }: Amount): string[] {
  const [from, to] = [first?.slice(11, 16) ?? '', last?.slice(11, 16) ?? ''];
  if (!from || first?.slice(0, 10) !== last?.slice(0, 10)) return [];
  return [from === to ? from : t('amount.span', { from, to })];
}
