/**
 * The terms of an order, word for word, each with its number on paper, and the entries that are said to have broken
 * them.
 */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { t, tn } from '../../shell/strings.js';
import { isoDateText, entryNumberText, occurredText } from '../text/formatting.js';
import { orderStatusOf } from '../../record/breaches.js';
import { localAt, phoneZone } from '../../record/times.js';
import { dayFault } from '../../record/moments.js';
import '../words.js';
import type { Fields, Mention, Value } from '../../shell/app.js';
import type { RegisterQuestion } from './register_table.js';
import type { Stage } from '../../shell/stage.js';
import type { MomentInput } from '../../record/moments.js';

/** Unsaved values that differ from the saved ones; times as typed in their fields */
export type TypedAnswers = { fields: Fields; restricted: Fields; times: Record<string, MomentInput> };

export type RegisterForm = {
  stage: Stage;
  kind: string;
  saved: { fields: Fields; restricted: Fields };
  typing: TypedAnswers;
  get: (name: string) => Value;
  put: (line: RegisterQuestion, value: unknown) => void;
};

type Term = { no: number | null; text: string };

const SOON_DAYS = 30;

/** Parse terms that an older or faulty app may have written. */
export function termsOf(value: unknown): Term[] {
  return (Array.isArray(value) ? value : [])
    .filter((term) => term && typeof term === 'object')
    .map(({ no, text }) => ({ no: Number.isSafeInteger(no) ? no : null, text: typeof text === 'string' ? text : '' }));
}

/** Indexes of terms whose number is invalid or a duplicate. */
export function termFaults(value: unknown): number[] {
  const terms = termsOf(value);
  return terms.flatMap(({ no }, i) =>
    no === null || no < 1 || no > 9999 || terms.findIndex((term) => term.no === no) !== i ? [i] : [],
  );
}

export function termsField(form: RegisterForm, question: RegisterQuestion) {
  const { stage } = form;
  const terms = termsOf(form.get(question.name));
  const faults = termFaults(terms);
  const nextNo = Math.max(0, ...terms.map(({ no }) => no ?? 0)) + 1;
  const updateTerm = (i: number, change: Partial<Term>) =>
    form.put(
      question,
      terms.map((term, j) => (i === j ? { ...term, ...change } : term)),
    );
  return html`<fieldset class="stack"><legend>${t('f.order.terms')}</legend>
    ${terms.map(
      ({ no, text }, i) => html`<div class="part term">
      ${textField({
        id: `term-no-${i}`,
        label: t('terms.no'),
        value: no === null ? '' : String(no),
        error: faults.includes(i) ? t('terms.no_wrong') : null,
        onChange: (input) => updateTerm(i, { no: /^\s*\d{1,4}\s*$/.test(input) ? Number(input) : null }),
      })}
      ${textField({
        id: `term-${i}`,
        label: t('terms.text', { no: no ?? '' }),
        textarea: 'low',
        value: text,
        onChange: (input) => updateTerm(i, { text: input }),
      })}
      <div>${button(
        t('terms.drop'),
        () =>
          form.put(
            question,
            terms.filter((_term, j) => j !== i),
          ),
        { plain: true },
      )}</div></div>`,
    )}
    <div>${button(
      t('terms.add'),
      () => {
        form.put(question, [...terms, { no: nextNo, text: '' }]);
        stage.draw();
      },
      { icon: 'add' },
    )}</div></fieldset>`;
}

/** The status of the order today, as text: never by colour. */
export function standingLine(fields: Fields) {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const servedOn = dayFault(String(fields.served_on ?? ''), '9999-12-31') ? '' : String(fields.served_on ?? '');
  const expiresOn = dayFault(String(fields.expires_on ?? ''), '9999-12-31') ? '' : String(fields.expires_on ?? '');
  if (expiresOn && expiresOn < today)
    return html`<p class="care small">${t('order.now_over', { day: isoDateText(expiresOn) })}</p>`;
  const isSoon = expiresOn && (Date.parse(expiresOn) - Date.parse(today)) / 86_400_000 <= SOON_DAYS;
  const text = !servedOn
    ? t('order.now_none')
    : servedOn > today
      ? t('order.now_later', { day: isoDateText(servedOn) })
      : expiresOn
        ? t('order.now_until', { day: isoDateText(expiresOn), day2: isoDateText(servedOn) })
        : t('order.now_on', { day: isoDateText(servedOn) });
  return html`<p class=${servedOn ? 'note small' : 'care small'}>${text}</p>${
    isSoon ? html`<p class="care small">${t('order.soon', { day: isoDateText(expiresOn) })}</p>` : nothing
  }`;
}

/** Whether an order is in force today: served and not over. */
export function isInForce(fields: Fields, today: string) {
  const servedOn = String(fields.served_on ?? '');
  const expiresOn = String(fields.expires_on ?? '');
  return (
    Boolean(servedOn) &&
    servedOn <= today &&
    !(expiresOn && expiresOn < today) &&
    !['expired', 'ended', 'refused', 'applied_for'].includes(String(fields.status ?? ''))
  );
}

/** Whether an order has ended, by its date or by the status the keeper entered. */
export function isExpired(fields: Fields) {
  const expiresOn = String(fields.expires_on ?? '');
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  return (
    (/^\d{4}-\d\d-\d\d$/.test(expiresOn) && expiresOn < today) ||
    ['expired', 'ended'].includes(String(fields.status ?? ''))
  );
}

/** The terms, each with the entries said to break it. */
export function termsList(stage: Stage, fields: Fields, mentions: Mention[]) {
  const terms = termsOf(fields.terms);
  const termNos = new Set(terms.map(({ no }) => String(no)));
  const missingNos = [...new Set(mentions.flatMap((mention) => mention.terms))].filter((no) => !termNos.has(no));
  if (!terms.length && !missingNos.length) return nothing;
  return html`<section class="stack-close"><h2>${t('f.order.terms')}</h2><ol class="rows terms">
    ${terms.map(
      ({ no, text }) =>
        html`<li class="page-item stack-close"><p><strong>${t('terms.nth', { no: no ?? '–' })}</strong></p><p
          class="narrative-small" dir="auto">${text}</p>${breachesOfTerm(stage, fields, mentions, String(no))}</li>`,
    )}
    ${missingNos.map(
      (no) =>
        html`<li class="page-item stack-close"><p><strong>${t('terms.gone', { no })}</strong></p>${breachesOfTerm(
          stage,
          fields,
          mentions,
          no,
        )}</li>`,
    )}</ol></section>`;
}

/**
 * Entries that name a term but happened before the order was served: its date changed after they were linked. None is
 * removed.
 */
export function earlyBreachLine(order: Fields, mentions: Mention[]) {
  const earlyMentions = mentions.filter(
    (mention) =>
      mention.kind === 'incident' && mention.terms.length && orderStatusOf(order, mention.fields) === 'not_served',
  );
  return earlyMentions.length
    ? html`<p class="care small" role="status">${tn('order.early', earlyMentions.length)} ${t('order.early_more')}</p>`
    : nothing;
}

function breachesOfTerm(stage: Stage, order: Fields, mentions: Mention[], no: string) {
  const entries = mentions.filter((mention) => mention.kind === 'incident' && mention.terms.includes(no));
  if (!entries.length) return html`<p class="small soft">${t('terms.never')}</p>`;
  return html`<p class="small">${tn('terms.broken', entries.length)}</p><ul class="stack-close">${entries.map(
    (mention) => {
      const standing = orderStatusOf(order, mention.fields);
      return html`<li>${button(
        `${entryNumberText(mention.seq_no, 'reg')} · ${occurredText({ precision: 'unknown', ...mention.fields })}`,
        () => stage.go({ name: 'entry', record: mention.record }),
        { plain: true },
      )}
      ${
        standing === 'not_served'
          ? html`<p class="care small">${t('order.before')}</p>`
          : standing === 'expired'
            ? html`<p class="care small">${t('order.after')}</p>`
            : nothing
      }</li>`;
    },
  )}</ul>`;
}
