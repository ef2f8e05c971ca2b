/**
 * The terms of an order, word for word, each with its number on paper, and the entries that are said to have broken
 * them.
 */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { t, tn } from '../../shell/strings.js';
import { dayWords, entryNumber, whenWords } from '../text/say.js';
import { standingOf } from '../../record/breaches.js';
import { localAt, phoneZone } from '../../record/times.js';
import { dayFault } from '../../record/moments.js';
import '../words.js';
import type { Fields, Mention, Value } from '../../shell/app.js';
import type { Line } from './register_table.js';
import type { Stage } from '../../shell/stage.js';
import type { Typed } from '../../record/moments.js';

/** Unsaved values that differ from the saved ones; times as typed in their fields */
export type Typing = { fields: Fields; restricted: Fields; times: Record<string, Typed> };

export type Form = {
  stage: Stage;
  kind: string;
  kept: { fields: Fields; restricted: Fields };
  typing: Typing;
  get: (name: string) => Value;
  put: (line: Line, value: unknown) => void;
};

type Term = { no: number | null; text: string };

const SOON_DAYS = 30;

/** Parse terms that an older or faulty app may have written. */
export function termsOf(value: unknown): Term[] {
  return (Array.isArray(value) ? value : [])
    .filter((one) => one && typeof one === 'object')
    .map(({ no, text }) => ({ no: Number.isSafeInteger(no) ? no : null, text: typeof text === 'string' ? text : '' }));
}

/** Indexes of terms whose number is invalid or a duplicate. */
export function termFaults(value: unknown): number[] {
  const terms = termsOf(value);
  return terms.flatMap(({ no }, i) =>
    no === null || no < 1 || no > 9999 || terms.findIndex((one) => one.no === no) !== i ? [i] : [],
  );
}

export function termsField(self: Form, line: Line) {
  const { stage } = self;
  const terms = termsOf(self.get(line.name));
  const wrong = termFaults(terms);
  const next = Math.max(0, ...terms.map(({ no }) => no ?? 0)) + 1;
  const put = (i: number, change: Partial<Term>) =>
    self.put(
      line,
      terms.map((one, j) => (i === j ? { ...one, ...change } : one)),
    );
  return html`<fieldset class="stack"><legend>${t('f.order.terms')}</legend>
    ${terms.map(
      ({ no, text }, i) => html`<div class="part term">
      ${textField({
        id: `term-no-${i}`,
        label: t('terms.no'),
        value: no === null ? '' : String(no),
        error: wrong.includes(i) ? t('terms.no_wrong') : null,
        on: (typed) => put(i, { no: /^\s*\d{1,4}\s*$/.test(typed) ? Number(typed) : null }),
      })}
      ${textField({
        id: `term-${i}`,
        label: t('terms.text', { no: no ?? '' }),
        lines: 'low',
        value: text,
        on: (typed) => put(i, { text: typed }),
      })}
      <div>${button(
        t('terms.drop'),
        () =>
          self.put(
            line,
            terms.filter((_one, j) => j !== i),
          ),
        { plain: true },
      )}</div></div>`,
    )}
    <div>${button(
      t('terms.add'),
      () => {
        self.put(line, [...terms, { no: next, text: '' }]);
        stage.draw();
      },
      { icon: 'add' },
    )}</div></fieldset>`;
}

/** The status of the order today, as text: never by colour. */
export function standingLine(fields: Fields) {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const served = dayFault(String(fields.served_on ?? ''), '9999-12-31') ? '' : String(fields.served_on ?? '');
  const ends = dayFault(String(fields.expires_on ?? ''), '9999-12-31') ? '' : String(fields.expires_on ?? '');
  if (ends && ends < today) return html`<p class="care small">${t('order.now_over', { day: dayWords(ends) })}</p>`;
  const soon = ends && (Date.parse(ends) - Date.parse(today)) / 86_400_000 <= SOON_DAYS;
  const now = !served
    ? t('order.now_none')
    : served > today
      ? t('order.now_later', { day: dayWords(served) })
      : ends
        ? t('order.now_until', { day: dayWords(ends), day2: dayWords(served) })
        : t('order.now_on', { day: dayWords(served) });
  return html`<p class=${served ? 'note small' : 'care small'}>${now}</p>${
    soon ? html`<p class="care small">${t('order.soon', { day: dayWords(ends) })}</p>` : nothing
  }`;
}

/** Whether an order is in force today: served and not over. */
export function isInForce(fields: Fields, today: string) {
  const served = String(fields.served_on ?? '');
  const ends = String(fields.expires_on ?? '');
  return (
    Boolean(served) &&
    served <= today &&
    !(ends && ends < today) &&
    !['expired', 'ended', 'refused', 'applied_for'].includes(String(fields.status ?? ''))
  );
}

/** Whether an order has ended, by its date or by the status the keeper entered. */
export function isOver(fields: Fields) {
  const ends = String(fields.expires_on ?? '');
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  return (/^\d{4}-\d\d-\d\d$/.test(ends) && ends < today) || ['expired', 'ended'].includes(String(fields.status ?? ''));
}

/** The terms, each with the entries said to break it. */
export function termsShown(stage: Stage, fields: Fields, mentioned: Mention[]) {
  const terms = termsOf(fields.terms);
  const named = new Set(terms.map(({ no }) => String(no)));
  const gone = [...new Set(mentioned.flatMap((one) => one.terms))].filter((no) => !named.has(no));
  if (!terms.length && !gone.length) return nothing;
  return html`<section class="stack-close"><h2>${t('f.order.terms')}</h2><ol class="rows terms">
    ${terms.map(
      ({ no, text }) =>
        html`<li class="page-item stack-close"><p><strong>${t('terms.nth', { no: no ?? '–' })}</strong></p><p
          class="narrative-small" dir="auto">${text}</p>${broken(stage, fields, mentioned, String(no))}</li>`,
    )}
    ${gone.map(
      (no) =>
        html`<li class="page-item stack-close"><p><strong>${t('terms.gone', { no })}</strong></p>${broken(
          stage,
          fields,
          mentioned,
          no,
        )}</li>`,
    )}</ol></section>`;
}

/**
 * Entries that name a term but happened before the order was served: its date changed after they were linked. None is
 * removed.
 */
export function earlierLine(order: Fields, mentioned: Mention[]) {
  const early = mentioned.filter(
    (one) => one.kind === 'incident' && one.terms.length && standingOf(order, one.fields) === 'not_served',
  );
  return early.length
    ? html`<p class="care small" role="status">${tn('order.early', early.length)} ${t('order.early_more')}</p>`
    : nothing;
}

function broken(stage: Stage, order: Fields, mentioned: Mention[], no: string) {
  const entries = mentioned.filter((one) => one.kind === 'incident' && one.terms.includes(no));
  if (!entries.length) return html`<p class="small soft">${t('terms.never')}</p>`;
  return html`<p class="small">${tn('terms.broken', entries.length)}</p><ul class="stack-close">${entries.map((one) => {
    const standing = standingOf(order, one.fields);
    return html`<li>${button(
      `${entryNumber(one.seq_no, 'reg')} · ${whenWords({ precision: 'unknown', ...one.fields })}`,
      () => stage.go({ name: 'entry', record: one.record }),
      { plain: true },
    )}
      ${
        standing === 'not_served'
          ? html`<p class="care small">${t('order.before')}</p>`
          : standing === 'expired'
            ? html`<p class="care small">${t('order.after')}</p>`
            : nothing
      }</li>`;
  })}</ul>`;
}
