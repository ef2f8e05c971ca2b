/** The title of a register's record and its answers, as text. */
import { html, nothing } from '../../shell/html.js';
import { linkName } from '../cards/card_links.js';
import { isEmpty } from '../cards/card_forms.js';
import { label } from '../text/labels.js';
import { nameOf } from '../text/record_names.js';
import { dayWords, entryNumber, whenWords } from '../text/say.js';
import { inOneLine, lookUp, t } from '../../shell/strings.js';
import { isOver, termsOf } from './register_terms.js';
import '../words.js';
import type { Fields, Value } from '../../shell/app.js';
import type { Line } from './register_table.js';
import type { Stage } from '../../shell/stage.js';

const joined = (...parts: unknown[]) =>
  inOneLine(parts.filter((part) => typeof part === 'string' && part.trim()) as string[]);

/** Kinds whose title comes from several fields. */
const TITLES: Record<string, (stage: Stage, fields: Fields) => string> = {
  sighting: (_stage, fields) =>
    joined(fields.handle || fields.number || fields.display_name || fields.url, label('channels', fields.platform)),
  report: (_stage, fields) =>
    joined(fields.force || label('report_to', fields.to), fields.crime_ref || fields.incident_ref),
  notice: (_stage, fields) => joined(label('notice_ways', fields.how), fields.exact_words),
  impact: (_stage, fields) => joined(label('impact_domains', fields.domain), fields.after || fields.before),
  background: (_stage, fields) => joined(label('relationships', fields.relationship), fields.narrative),
  statement: (stage, fields) =>
    joined(fields.by_id ? linkName(stage, 'person', fields.by_id) : '', fields.narrative || fields.exact_words),
};
const LONG = 120;

/** @returns never empty */
export function titleOf(stage: Stage, kind: string, fields: Fields): string {
  const made = (TITLES[kind]?.(stage, fields) ?? nameOf(kind, fields)).trim();
  return (made.length > LONG ? `${made.slice(0, LONG)}…` : made) || t('reg.unnamed');
}

/** The second line of a row, to tell similar records apart. */
export function secondLine(stage: Stage, kind: string, fields: Fields) {
  if (kind === 'person') return joined(label('person_roles', fields.role), fields.description);
  if (kind === 'account')
    return joined(
      fields.person_id ? linkName(stage, 'person', fields.person_id) : '',
      fields.blocked_on ? `${t('f.account.blocked_on')} ${dayWords(String(fields.blocked_on))}` : '',
    );
  if (kind === 'order')
    return joined(
      isOver(fields) ? t('order.over') : '',
      fields.served_on ? `${t('f.order.served_on')} ${dayWords(String(fields.served_on))}` : '',
      fields.expires_on ? `${t('f.order.expires_on')} ${dayWords(String(fields.expires_on))}` : '',
    );
  if (kind === 'report')
    return joined(
      momentWords(fields.at),
      fields.next_update_due ? `${t('f.report.next_update_due')} ${dayWords(String(fields.next_update_due))}` : '',
    );
  return momentWords(fields.at ?? fields.started ?? fields.first_seen ?? fields.when_met);
}

export function momentWords(moment: Value): string {
  if (typeof moment === 'string') return dayWords(moment);
  if (!moment || typeof moment !== 'object') return '';
  const { start = null, end = null, local = null, tz = '', utc_offset_min = null, precision = 'unknown' } = moment;
  if (precision === 'month' && typeof local === 'string' && /^\d{4}-\d\d$/.test(local))
    return dayWords(`${local}-01`).replace(/^\d+ /, '');
  const year = precision === 'date_range' && /^(\d{4})-01-01\/\1-12-31$/.exec(String(local));
  if (year) return String(year[1]);
  return whenWords({
    occurred_start: start,
    occurred_end: end,
    occurred_local: local,
    tz,
    utc_offset_min,
    precision: precision === 'unknown' && start !== null ? 'day' : precision,
  });
}

/**
 * One answer as text; '' if there is none.
 * @param details its `_text`
 */
export function lineWords(stage: Stage, kind: string, line: Line, value: unknown, more: string = ''): string {
  if (isEmpty(value)) return more;
  const many = Array.isArray(value) ? value : [value];
  switch (line.as) {
    case 'code':
    case 'codes':
      return [...many.map((code) => label(line.list ?? '', String(code))), more].filter(Boolean).join('\n');
    case 'record':
    case 'records':
      return many
        .map((id) => linkName(stage, line.record ?? '', String(id)))
        .filter(Boolean)
        .join('\n');
    case 'entries':
      return many.map((id) => entryWords(stage, String(id))).join('\n');
    case 'moment':
      return momentWords(value);
    case 'day':
      return dayWords(String(value));
    case 'yes':
    case 'tick':
      return value === true ? t('card.yes') : value === false ? t('card.no') : String(value);
    case 'pounds':
      return typeof value === 'number' ? `£${(value / 100).toFixed(2)}` : String(value);
    case 'strings':
      return many.filter((one) => typeof one === 'string').join('\n');
    case 'terms':
      return termsOf(value)
        .map(({ no, text }) => `${no ?? '–'}. ${text}`)
        .join('\n');
    case 'objects':
      return many
        .map((one) =>
          (line.lines ?? [])
            .map((inner) => lineWords(stage, kind, inner, one?.[inner.name]))
            .filter(Boolean)
            .join(': '),
        )
        .filter(Boolean)
        .join('\n');
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function entryWords(stage: Stage, record: string) {
  const row = stage.state.entries.find((one) => one.record === record);
  return row ? `${entryNumber(row.seq_no, 'reg')} · ${row.title.slice(0, 80)}` : t('reg.missing');
}

/** Every answer; the restricted ones in a group of their own. */
export function factsOf(
  stage: Stage,
  kind: string,
  lines: readonly Line[],
  { fields, restricted }: { fields: Fields; restricted: Fields },
) {
  const said = lines
    .filter(({ as }) => as !== 'files' && as !== 'file' && as !== 'terms')
    .flatMap((line) => {
      const part = line.apart ? restricted : fields;
      const words = lineWords(
        stage,
        kind,
        line,
        part[line.name],
        typeof fields[`${line.name}_text`] === 'string' ? fields[`${line.name}_text`] : '',
      );
      return words ? [{ line, words }] : [];
    });
  const list = (rows: typeof said) =>
    html`<dl class="facts card">${rows.map(
      ({ line, words }) => html`<div><dt>${lookUp(`f.${kind}.${line.name}`)}</dt><dd dir="auto">${words}</dd></div>`,
    )}</dl>`;
  const [open, apart] = [said.filter(({ line }) => !line.apart), said.filter(({ line }) => line.apart)];
  return html`${open.length ? list(open) : nothing}${
    apart.length ? html`<section class="stack-close"><h2>${t('reg.apart')}</h2>${list(apart)}</section>` : nothing
  }`;
}
