/**
 * The answers of an entry as text: for the line under a card's name, for the facts of an entry, and for its history.
 */
import { questionOf } from './card_table.js';
import { linkName, listedRecords } from './card_links.js';
import { labelForCode } from '../text/labels.js';
import { recordName } from '../text/record_names.js';
import { isoDateText, occurredText } from '../text/formatting.js';
import { joinInLine, hasText, lookUp, t } from '../../shell/strings.js';
import '../words.js';
import type { CardQuestion } from './card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp, Value } from '../../shell/app.js';

type Formatter = (stage: Stage<SharedApp>, question: CardQuestion, value: Value) => string;

const isBlank = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
/** A value of an unknown shape, unchanged. */
const rawText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
const asList = (value: Value): Value[] => (Array.isArray(value) ? value : [value]);

const labelsOf = (question: CardQuestion, value: unknown): string[] =>
  asList(value)
    .map((code) => labelForCode(question.list ?? '', typeof code === 'string' ? code : rawText(code)))
    .filter(Boolean);
const formatCodes: Formatter = (_stage, question, value) => joinInLine(labelsOf(question, value));
const formatLinks: Formatter = (stage, question, value) =>
  joinInLine(asList(value).map((id) => linkName(stage, question.recordKind ?? '', String(id))));

function formatObject(stage: Stage<SharedApp>, question: CardQuestion, value: Value): string {
  if (typeof value !== 'object' || value === null) return rawText(value);
  const knownTexts = (question.questions ?? [])
    .filter(({ name }) => !isBlank(value[name]))
    .map((innerQuestion) => formatAnswer(stage, innerQuestion, value[innerQuestion.name]));
  const otherTexts = Object.entries(value)
    .filter(([name, item]) => !isBlank(item) && !question.questions?.some((inner) => inner.name === name))
    .map(([, item]) => rawText(item));
  return joinInLine([...knownTexts, ...otherTexts]);
}

function formatBreaches(stage: Stage<SharedApp>, _question: CardQuestion, value: Value): string {
  const orders = listedRecords(stage, 'order');
  return asList(value)
    .map((breach) => {
      const order = orders?.find(({ record }) => record === breach?.order_id);
      const term = (Array.isArray(order?.fields.terms) ? order.fields.terms : []).find(
        ({ no }: { no: unknown }) => no === breach?.term_no,
      );
      return order
        ? `${recordName('order', order.fields)}: ${t('order.term', { no: breach.term_no, text: term?.text ?? '' })}`
        : t('link.gone');
    })
    .join('\n');
}

function formatMoment(_stage: Stage<SharedApp>, _question: CardQuestion, value: Value): string {
  if (typeof value !== 'object' || value === null) return rawText(value);
  return occurredText({
    occurred_start: value.start ?? null,
    occurred_end: value.end ?? null,
    occurred_local: value.local ?? null,
    tz: value.tz ?? '',
    utc_offset_min: value.utc_offset_min ?? null,
    precision: value.precision ?? 'unknown',
  });
}

const FORMATTERS: Record<string, Formatter> = {
  code: formatCodes,
  codes: formatCodes,
  records: formatLinks,
  record: formatLinks,
  object: formatObject,
  moment: formatMoment,
  yes: (_stage, _question, value) => t(value === true ? 'card.yes' : 'card.no'),
  tick: (_stage, _question, value) => t(value === true ? 'card.yes' : 'card.no'),
  pounds: (_stage, _question, value) => (typeof value === 'number' ? `£${(value / 100).toFixed(2)}` : rawText(value)),
  day: (_stage, _question, value) => isoDateText(String(value)),
  objects: (stage, question, value) =>
    asList(value)
      .map((item) => formatObject(stage, question, item))
      .join('\n'),
};
const FIELD_FORMATTERS: Record<string, Formatter> = {
  behaviours: (_stage, question, value) => labelsOf(question, value).join('\n'),
  alleged_breaches: formatBreaches,
  attachment_ids: (_stage, _question, value) => String(asList(value).length),
  narrative_media: () => t('entry.recorded'),
  schedule_id: (stage, question, value) => formatLinks(stage, question, value),
};

function formatAnswer(stage: Stage<SharedApp>, question: CardQuestion, value: unknown): string {
  const format = FIELD_FORMATTERS[question.name] ?? FORMATTERS[question.type];
  return format ? format(stage, question, value) : rawText(value);
}

/** A value as text; '' if there is no answer. */
export function answerText(stage: Stage<SharedApp>, name: string, value: unknown) {
  if (isBlank(value)) return '';
  const question = questionOf(name);
  return question ? formatAnswer(stage, question, value) : rawText(value);
}

/** The label of a field. */
export function fieldTitle(name: string) {
  return hasText(`f.${name}`) ? lookUp(`f.${name}`) : name;
}
