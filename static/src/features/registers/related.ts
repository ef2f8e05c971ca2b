/** Rows from a person, an order or a report to what belongs with it. */
import { html, nothing } from '../../shell/html.js';
import { row } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { REGISTERS } from '../../components/registers/register_table.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

/** The kinds that belong with a kind. */
const RELATED: Readonly<Record<string, readonly string[]>> = {
  person: ['notice', 'order', 'background'],
  order: ['notice', 'report'],
  report: ['order', 'notice', 'case'],
};

/** Return the rows below the list of a kind and below each of its records. */
export function relatedRows(stage: Stage, kind: string) {
  const kinds = RELATED[kind];
  if (!kinds) return nothing;
  return html`<section class="stack-close"><h2>${t('reg.related')}</h2><ul class="rows">${kinds.map((other) => {
    const { icon, place } = REGISTERS[other] ?? { icon: 'list' as const, place: 'more' };
    return html`<li>${row({
      title: lookUp(`reg.${other}.title`),
      icon,
      onClick: () => stage.go({ name: place }),
    })}</li>`;
  })}</ul></section>`;
}
