/** Link people, accounts, orders and other records to an entry: choose from the list, or add one here. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { hasText, lookUp, t } from '../../shell/strings.js';
import { loadVocabulary } from '../text/labels.js';
import { newRecordFields, recordName } from '../text/record_names.js';
import '../words.js';
import type { Question } from './card_table.js';
import type { ListedRecord } from '../text/record_names.js';
import type { Stage } from '../../shell/stage.js';
import type { Card } from './card.js';
import type { SharedApp } from '../../shell/app.js';

const INITIAL_CHOICES = 5;
const SEARCH_FROM = 12;

/** The records of a kind; undefined while they load. */
export function listedRecords(stage: Stage<SharedApp>, kind: string): ListedRecord[] | undefined {
  loadVocabulary(stage);
  return stage.find(`records:${kind}`, async () => (await stage.app.readRecords?.(kind, { all: true })) ?? []).data;
}

/** The name of a record by its id, or a note that the record is no longer listed. */
export function linkName(stage: Stage<SharedApp>, kind: string, id: string) {
  const records = listedRecords(stage, kind);
  const match = records?.find(({ record }) => record === id);
  return match ? recordName(kind, match.fields) : records ? t('link.gone') : '';
}

export function linksField(
  card: Pick<Card, 'stage'>,
  question: Question,
  {
    id,
    legend,
    hint,
    value,
    put,
  }: { id: string; legend: string; hint?: string | undefined; value: unknown; put: (value: unknown) => void },
) {
  const { stage } = card;
  const kind = question.recordKind as string;
  const isMultiple = question.type === 'records';
  const records = listedRecords(stage, kind);
  if (!records) return html`<p role="status">${t('frame.loading')}</p>`;
  const chosen = (Array.isArray(value) ? value : value ? [value] : []) as string[];
  const everChosen = ((stage.local.ever ??= {})[id] ??= new Set());
  for (const item of chosen) everChosen.add(item);
  const search = stage.local[`find-${id}`] ?? '';
  const visible = visibleRecords(records, kind, { everChosen, search, showAll: Boolean(stage.local.more?.[id]) });
  const missing = chosen.filter((item) => !records.some(({ record }) => record === item));
  const choices = [
    ...visible.map((item) => [item.record, recordName(kind, item.fields)] as [string, string]),
    ...missing.map((item) => [item, t('link.gone')] as [string, string]),
  ];
  const choose = (record: string, checked: boolean) =>
    put(isMultiple ? (checked ? [...chosen, record] : chosen.filter((item) => item !== record)) : record || null);
  const blankChoice = !isMultiple && everChosen.size ? [['', t('card.blank')] as [string, string]] : [];
  const hasHidden =
    records.filter(({ taken_out }) => taken_out === null || taken_out === undefined).length > visible.length && !search;
  return html`<div class="stack-close">
    ${
      choices.length
        ? chips({
            name: id,
            legend,
            multiple: isMultiple,
            chosen: chosen.length ? chosen : [''],
            choices: [...choices, ...blankChoice],
            onChange: choose,
          })
        : html`<p class="label">${legend}</p>`
    }
    ${hint ? html`<p class="small soft">${hint}</p>` : nothing}
    ${
      records.length > SEARCH_FROM
        ? textField({
            id: `${id}-find`,
            label: t('link.find'),
            type: 'search',
            value: search,
            onChange: (text) => stage.set({ [`find-${id}`]: text }),
          })
        : nothing
    }
    <div class="row">${
      hasHidden && records.length <= SEARCH_FROM
        ? button(t('card.more'), () => stage.set({ more: { ...stage.local.more, [id]: true } }), { plain: true })
        : nothing
    }
    ${
      hasText(`link.${kind}`) ? addRecordForm(card, question, id, (record) => choose(record, true)) : nothing
    }</div></div>`;
}

/** The first five, every record chosen here so far, and the matches of the search. */
function visibleRecords(
  records: ListedRecord[],
  kind: string,
  { everChosen, search, showAll }: { everChosen: Set<string>; search: string; showAll: boolean },
) {
  const query = normalise(search);
  const available = records.filter(
    ({ record, taken_out, fields }) =>
      everChosen.has(record) || ((taken_out === null || taken_out === undefined) && !fields.merged_into),
  );
  let remaining = showAll ? Infinity : INITIAL_CHOICES;
  return available.filter(({ record, fields }) => {
    if (everChosen.has(record)) return true;
    if (query) return normalise(recordName(kind, fields)).includes(query) && remaining-- > 0;
    return remaining-- > 0;
  });
}

const normalise = (text: string) => text.normalize('NFKC').toLowerCase().trim();

/** Create a record and link it in one step, with a name only. The rest can be filled in later. */
function addRecordForm(card: Pick<Card, 'stage'>, question: Question, id: string, onAdded: (record: string) => void) {
  const { stage } = card;
  const kind = question.recordKind as string;
  const name = stage.local[`new-${id}`];
  if (name === undefined)
    return button(lookUp(`link.${kind}`), () => stage.set({ [`new-${id}`]: '' }), { plain: true, icon: 'add' });
  const add = () =>
    name.trim()
      ? stage.run('link', async () => {
          const { record } = await stage.app.saveRecord({
            kind,
            record: null,
            fields: newRecordFields(kind, name, question.role),
          });
          stage.refresh(`records:${kind}`);
          stage.local[`new-${id}`] = undefined;
          onAdded(record);
        })
      : undefined;
  return html`<div class="part stack-close">${textField({
    id: `${id}-new`,
    label: lookUp(hasText(`link.${kind}_name`) ? `link.${kind}_name` : 'link.add_name'),
    value: name,
    onEnter: add,
    onChange: (text) => stage.set({ [`new-${id}`]: text }),
  })}
    <div class="row">${button(t('link.add_do'), add, { busy: stage.runningTask === 'link' })}${button(
      t('frame.cancel'),
      () => stage.set({ [`new-${id}`]: undefined }),
      { plain: true },
    )}</div></div>`;
}
