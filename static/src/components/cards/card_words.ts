/**
 * The answers of an entry as text: for the line under a card's name, for the facts of an entry, and for its history.
 */
import { lineOf } from './card_table.js';
import { linkName, listed } from './card_links.js';
import { label } from '../text/labels.js';
import { nameOf } from '../text/record_names.js';
import { dayWords, whenWords } from '../text/say.js';
import { inOneLine, knows, lookUp, t } from '../../shell/strings.js';
import '../words.js';
import type { Line } from './card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp, Value } from '../../shell/app.js';

type Say = (stage: Stage<SharedApp>, line: Line, value: Value) => string;

const isNothing = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
/** A value of an unknown shape, unchanged. */
const asItIs = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
const asList = (value: Value): Value[] => (Array.isArray(value) ? value : [value]);

const labelsOf = (line: Line, value: unknown): string[] =>
  asList(value)
    .map((code) => label(line.list ?? '', typeof code === 'string' ? code : asItIs(code)))
    .filter(Boolean);
const sayCodes: Say = (_stage, line, value) => inOneLine(labelsOf(line, value));
const sayLinks: Say = (stage, line, value) =>
  inOneLine(asList(value).map((id) => linkName(stage, line.record ?? '', String(id))));

function sayObject(stage: Stage<SharedApp>, line: Line, value: Value): string {
  if (typeof value !== 'object' || value === null) return asItIs(value);
  const known = (line.lines ?? [])
    .filter(({ name }) => !isNothing(value[name]))
    .map((one) => sayAs(stage, one, value[one.name]));
  const text = Object.entries(value)
    .filter(([name, one]) => !isNothing(one) && !line.lines?.some((inner) => inner.name === name))
    .map(([, one]) => asItIs(one));
  return inOneLine([...known, ...text]);
}

function sayBreaches(stage: Stage<SharedApp>, _line: Line, value: Value): string {
  const orders = listed(stage, 'order');
  return asList(value)
    .map((one) => {
      const order = orders?.find(({ record }) => record === one?.order_id);
      const term = (Array.isArray(order?.fields.terms) ? order.fields.terms : []).find(
        ({ no }: { no: unknown }) => no === one?.term_no,
      );
      return order
        ? `${nameOf('order', order.fields)}: ${t('order.term', { no: one.term_no, text: term?.text ?? '' })}`
        : t('link.gone');
    })
    .join('\n');
}

function sayMoment(_stage: Stage<SharedApp>, _line: Line, value: Value): string {
  if (typeof value !== 'object' || value === null) return asItIs(value);
  return whenWords({
    occurred_start: value.start ?? null,
    occurred_end: value.end ?? null,
    occurred_local: value.local ?? null,
    tz: value.tz ?? '',
    utc_offset_min: value.utc_offset_min ?? null,
    precision: value.precision ?? 'unknown',
  });
}

const SAID: Record<string, Say> = {
  code: sayCodes,
  codes: sayCodes,
  records: sayLinks,
  record: sayLinks,
  object: sayObject,
  moment: sayMoment,
  yes: (_stage, _line, value) => t(value === true ? 'card.yes' : 'card.no'),
  tick: (_stage, _line, value) => t(value === true ? 'card.yes' : 'card.no'),
  pounds: (_stage, _line, value) => (typeof value === 'number' ? `£${(value / 100).toFixed(2)}` : asItIs(value)),
  day: (_stage, _line, value) => dayWords(String(value)),
  objects: (stage, line, value) =>
    asList(value)
      .map((one) => sayObject(stage, line, one))
      .join('\n'),
};
const OWN: Record<string, Say> = {
  behaviours: (_stage, line, value) => labelsOf(line, value).join('\n'),
  alleged_breaches: sayBreaches,
  attachment_ids: (_stage, _line, value) => String(asList(value).length),
  narrative_media: () => t('entry.recorded'),
  schedule_id: (stage, line, value) => sayLinks(stage, line, value),
};

function sayAs(stage: Stage<SharedApp>, line: Line, value: unknown): string {
  const say = OWN[line.name] ?? SAID[line.as];
  return say ? say(stage, line, value) : asItIs(value);
}

/** A value as text; '' if there is no answer. */
export function wordsFor(stage: Stage<SharedApp>, name: string, value: unknown) {
  if (isNothing(value)) return '';
  const line = lineOf(name);
  return line ? sayAs(stage, line, value) : asItIs(value);
}

/** The label of a field. */
export function titleOf(name: string) {
  return knows(`f.${name}`) ? lookUp(`f.${name}`) : name;
}
