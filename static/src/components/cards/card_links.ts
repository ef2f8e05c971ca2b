/** Link people, accounts, orders and other records to an entry: choose from the list, or add one here. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { knows, lookUp, t } from '../../shell/strings.js';
import { vocabulary } from '../text/labels.js';
import { madeOf, nameOf } from '../text/record_names.js';
import '../words.js';
import type { Question } from './card_table.js';
import type { Listed } from '../text/record_names.js';
import type { Stage } from '../../shell/stage.js';
import type { Card } from './card.js';
import type { SharedApp } from '../../shell/app.js';

const FEW = 5;
const MANY = 12;

/** The records of a kind; undefined while they load. */
export function listed(stage: Stage<SharedApp>, kind: string): Listed[] | undefined {
  vocabulary(stage);
  return stage.find(`records:${kind}`, async () => (await stage.app.readRecords?.(kind, { all: true })) ?? []).data;
}

/** The name of a record by its id, or a note that the record is no longer listed. */
export function linkName(stage: Stage<SharedApp>, kind: string, id: string) {
  const found = listed(stage, kind);
  const one = found?.find(({ record }) => record === id);
  return one ? nameOf(kind, one.fields) : found ? t('link.gone') : '';
}

export function linksField(
  card: Pick<Card, 'stage'>,
  line: Question,
  {
    id,
    legend,
    hint,
    value,
    put,
  }: { id: string; legend: string; hint?: string | undefined; value: unknown; put: (value: unknown) => void },
) {
  const { stage } = card;
  const kind = line.record as string;
  const many = line.as === 'records';
  const found = listed(stage, kind);
  if (!found) return html`<p role="status">${t('frame.loading')}</p>`;
  const chosen = (Array.isArray(value) ? value : value ? [value] : []) as string[];
  const ever = ((stage.local.ever ??= {})[id] ??= new Set());
  for (const one of chosen) ever.add(one);
  const search = stage.local[`find-${id}`] ?? '';
  const shown = offered(found, kind, { ever, search, every: Boolean(stage.local.more?.[id]) });
  const gone = chosen.filter((one) => !found.some(({ record }) => record === one));
  const choices = [
    ...shown.map((one) => [one.record, nameOf(kind, one.fields)] as [string, string]),
    ...gone.map((one) => [one, t('link.gone')] as [string, string]),
  ];
  const choose = (record: string, on: boolean) =>
    put(many ? (on ? [...chosen, record] : chosen.filter((one) => one !== record)) : record || null);
  const blank = !many && ever.size ? [['', t('card.blank')] as [string, string]] : [];
  const hidden =
    found.filter(({ taken_out }) => taken_out === null || taken_out === undefined).length > shown.length && !search;
  return html`<div class="stack-close">
    ${
      choices.length
        ? chips({
            name: id,
            legend,
            many,
            chosen: chosen.length ? chosen : [''],
            choices: [...choices, ...blank],
            on: choose,
          })
        : html`<p class="label">${legend}</p>`
    }
    ${hint ? html`<p class="small soft">${hint}</p>` : nothing}
    ${
      found.length > MANY
        ? textField({
            id: `${id}-find`,
            label: t('link.find'),
            type: 'search',
            value: search,
            on: (typed) => stage.set({ [`find-${id}`]: typed }),
          })
        : nothing
    }
    <div class="row">${
      hidden && found.length <= MANY
        ? button(t('card.more'), () => stage.set({ more: { ...stage.local.more, [id]: true } }), { plain: true })
        : nothing
    }
    ${knows(`link.${kind}`) ? adding(card, line, id, (record) => choose(record, true)) : nothing}</div></div>`;
}

/** The first five, every record chosen here so far, and the matches of the search. */
function offered(
  found: Listed[],
  kind: string,
  { ever, search, every }: { ever: Set<string>; search: string; every: boolean },
) {
  const wanted = fold(search);
  const alive = found.filter(
    ({ record, taken_out, fields }) =>
      ever.has(record) || ((taken_out === null || taken_out === undefined) && !fields.merged_into),
  );
  let left = every ? Infinity : FEW;
  return alive.filter(({ record, fields }) => {
    if (ever.has(record)) return true;
    if (wanted) return fold(nameOf(kind, fields)).includes(wanted) && left-- > 0;
    return left-- > 0;
  });
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase().trim();

/** Create a record and link it in one step, with a name only. The rest can be filled in later. */
function adding(card: Pick<Card, 'stage'>, line: Question, id: string, chosen: (record: string) => void) {
  const { stage } = card;
  const kind = line.record as string;
  const typed = stage.local[`new-${id}`];
  if (typed === undefined)
    return button(lookUp(`link.${kind}`), () => stage.set({ [`new-${id}`]: '' }), { plain: true, icon: 'add' });
  const add = () =>
    typed.trim()
      ? stage.run('link', async () => {
          const { record } = await stage.app.saveRecord({ kind, record: null, fields: madeOf(kind, typed, line.role) });
          stage.refresh(`records:${kind}`);
          stage.local[`new-${id}`] = undefined;
          chosen(record);
        })
      : undefined;
  return html`<div class="part stack-close">${textField({
    id: `${id}-new`,
    label: lookUp(knows(`link.${kind}_name`) ? `link.${kind}_name` : 'link.add_name'),
    value: typed,
    enter: add,
    on: (text) => stage.set({ [`new-${id}`]: text }),
  })}
    <div class="row">${button(t('link.add_do'), add, { busy: stage.running === 'link' })}${button(
      t('frame.cancel'),
      () => stage.set({ [`new-${id}`]: undefined }),
      { plain: true },
    )}</div></div>`;
}
