/** The title of a register's record and its answers, as text. */
import { html, nothing } from '../../shell/html.js';
import { linkName } from '../cards/card_links.js';
import { isEmpty } from '../cards/card_forms.js';
import { labelForCode } from '../text/labels.js';
import { recordName } from '../text/record_names.js';
import { isoDateText, entryNumberText, occurredText } from '../text/formatting.js';
import { joinInLine, lookUp, t } from '../../shell/strings.js';
import { isExpired, termsOf } from './register_terms.js';
import '../words.js';
import type { Fields, Value } from '../../shell/app.js';
import type { RegisterQuestion } from './register_table.js';
import type { Stage } from '../../shell/stage.js';

const joinText = (...parts: unknown[]) =>
  joinInLine(parts.filter((part) => typeof part === 'string' && part.trim()) as string[]);

/** Kinds whose title comes from several fields. */
const TITLES: Record<string, (stage: Stage, fields: Fields) => string> = {
  sighting: (_stage, fields) =>
    joinText(
      fields.handle || fields.number || fields.display_name || fields.url,
      labelForCode('channels', fields.platform),
    ),
  report: (_stage, fields) =>
    joinText(fields.force || labelForCode('report_to', fields.to), fields.crime_ref || fields.incident_ref),
  notice: (_stage, fields) => joinText(labelForCode('notice_ways', fields.how), fields.exact_words),
  impact: (_stage, fields) => joinText(labelForCode('impact_domains', fields.domain), fields.after || fields.before),
  background: (_stage, fields) => joinText(labelForCode('relationships', fields.relationship), fields.narrative),
  statement: (stage, fields) =>
    joinText(fields.by_id ? linkName(stage, 'person', fields.by_id) : '', fields.narrative || fields.exact_words),
};
const TITLE_LENGTH = 120;

/** @returns never empty */
export function recordTitle(stage: Stage, kind: string, fields: Fields): string {
  const title = (TITLES[kind]?.(stage, fields) ?? recordName(kind, fields)).trim();
  return (title.length > TITLE_LENGTH ? `${title.slice(0, TITLE_LENGTH)}…` : title) || t('reg.unnamed');
}

/** The second line of a row, to tell similar records apart. */
export function recordSubtitle(stage: Stage, kind: string, fields: Fields) {
  if (kind === 'person') return joinText(labelForCode('person_roles', fields.role), fields.description);
  if (kind === 'account')
    return joinText(
      fields.person_id ? linkName(stage, 'person', fields.person_id) : '',
      fields.blocked_on ? `${t('f.account.blocked_on')} ${isoDateText(String(fields.blocked_on))}` : '',
    );
  if (kind === 'order')
    return joinText(
      isExpired(fields) ? t('order.over') : '',
      fields.served_on ? `${t('f.order.served_on')} ${isoDateText(String(fields.served_on))}` : '',
      fields.expires_on ? `${t('f.order.expires_on')} ${isoDateText(String(fields.expires_on))}` : '',
    );
  if (kind === 'report')
    return joinText(
      momentText(fields.at),
      fields.next_update_due ? `${t('f.report.next_update_due')} ${isoDateText(String(fields.next_update_due))}` : '',
    );
  return momentText(fields.at ?? fields.started ?? fields.first_seen ?? fields.when_met);
}

export function momentText(moment: Value): string {
  if (typeof moment === 'string') return isoDateText(moment);
  if (!moment || typeof moment !== 'object') return '';
  const { start = null, end = null, local = null, tz = '', utc_offset_min = null, precision = 'unknown' } = moment;
  if (precision === 'month' && typeof local === 'string' && /^\d{4}-\d\d$/.test(local))
    return isoDateText(`${local}-01`).replace(/^\d+ /, '');
  const year = precision === 'date_range' && /^(\d{4})-01-01\/\1-12-31$/.exec(String(local));
  if (year) return String(year[1]);
  return occurredText({
    occurred_start: start,
    occurred_end: end,
    occurred_local: local,
    tz,
    utc_offset_min,
    precision: precision === 'unknown' && start !== null ? 'day' : precision,
  });
}

/**
 * Return one answer as text, or '' for a question without an answer.
 * @param details its `_text`
 */
export function registerAnswerText(
  stage: Stage,
  kind: string,
  question: RegisterQuestion,
  value: unknown,
  details: string = '',
): string {
  if (isEmpty(value)) return details;
  const values = Array.isArray(value) ? value : [value];
  switch (question.type) {
    case 'code':
    case 'codes':
      return [...values.map((code) => labelForCode(question.list ?? '', String(code))), details]
        .filter(Boolean)
        .join('\n');
    case 'record':
    case 'records':
      return values
        .map((id) => linkName(stage, question.recordKind ?? '', String(id)))
        .filter(Boolean)
        .join('\n');
    case 'entries':
      return values.map((id) => entryText(stage, String(id))).join('\n');
    case 'moment':
      return momentText(value);
    case 'day':
      return isoDateText(String(value));
    case 'yes':
    case 'tick':
      return value === true ? t('card.yes') : value === false ? t('card.no') : String(value);
    case 'pounds':
      return typeof value === 'number' ? `£${(value / 100).toFixed(2)}` : String(value);
    case 'strings':
      return values.filter((item) => typeof item === 'string').join('\n');
    case 'terms':
      return termsOf(value)
        .map(({ no, text }) => `${no ?? '–'}. ${text}`)
        .join('\n');
    case 'objects':
      return values
        .map((item) =>
          (question.questions ?? [])
            .map((innerQuestion) => registerAnswerText(stage, kind, innerQuestion, item?.[innerQuestion.name]))
            .filter(Boolean)
            .join(': '),
        )
        .filter(Boolean)
        .join('\n');
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function entryText(stage: Stage, record: string) {
  const row = stage.state.entries.find((entry) => entry.record === record);
  return row ? `${entryNumberText(row.seq_no, 'reg')} · ${row.title.slice(0, 80)}` : t('reg.missing');
}

/** Every answer; the restricted ones in a group of their own. */
export function registerFacts(
  stage: Stage,
  kind: string,
  questions: readonly RegisterQuestion[],
  { fields, restricted }: { fields: Fields; restricted: Fields },
) {
  const facts = questions
    .filter(({ type: as }) => as !== 'files' && as !== 'file' && as !== 'terms')
    .flatMap((question) => {
      const source = question.restricted ? restricted : fields;
      const text = registerAnswerText(
        stage,
        kind,
        question,
        source[question.name],
        typeof fields[`${question.name}_text`] === 'string' ? fields[`${question.name}_text`] : '',
      );
      return text ? [{ line: question, words: text }] : [];
    });
  const factList = (rows: typeof facts) =>
    html`<dl class="facts card">${rows.map(
      ({ line: question, words: text }) =>
        html`<div><dt>${lookUp(`f.${kind}.${question.name}`)}</dt><dd dir="auto">${text}</dd></div>`,
    )}</dl>`;
  const [openFacts, restrictedFacts] = [
    facts.filter(({ line: question }) => !question.restricted),
    facts.filter(({ line: question }) => question.restricted),
  ];
  return html`${openFacts.length ? factList(openFacts) : nothing}${
    restrictedFacts.length
      ? html`<section class="stack-close"><h2>${t('reg.apart')}</h2><p class="soft small">${t('reg.apart_more')}</p>
          ${factList(restrictedFacts)}</section>`
      : nothing
  }`;
}
