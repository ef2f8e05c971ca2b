/** The nine points of a useful screenshot, one line each. Never a mark, never a hurdle; not shown is kept apart from not answered. */
import { html, nothing } from './html.js';
import { chips } from './fields.js';
import { language, t } from './strings.js';
import { hintOf, said, vocabulary } from './labels.js';

/** @typedef {import('./attachment_cards.js').FileCardOn} FileCardOn */

/** @param {FileCardOn} card */
export function coach(card) {
  const list = vocabulary(card.stage)?.['shows'];
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const shown = /** @type {string[]} */ (card.value('shows') ?? []);
  const not = /** @type {string[]} */ (card.value('not_shown') ?? []);
  /** Touched again, an answer is taken back: blank is neither shown nor not shown. @param {string} code @param {string} answer @param {boolean} on */
  const put = (code, answer, on) =>
    card.put({
      fields: {
        shows:
          on && answer === 'yes' ? [...shown.filter((one) => one !== code), code] : shown.filter((one) => one !== code),
        not_shown:
          on && answer === 'no' ? [...not.filter((one) => one !== code), code] : not.filter((one) => one !== code),
      },
    });
  return html`<p class="small soft">${t('coach.lead')}</p>
    <ul class="coach">${list.codes.map(
      (
        one,
      ) => html`<li><span aria-hidden="true">${said(one)}${one.hint ? html`<span class="small soft">${hintOf(one)}</span>` : nothing}</span>
      ${chips({
        name: `coach-${one.code}`,
        legend: said(one),
        quiet: true,
        many: true,
        chosen: shown.includes(one.code) ? ['yes'] : not.includes(one.code) ? ['no'] : [],
        choices: [
          ['yes', t('coach.yes')],
          ['no', t('coach.no')],
        ],
        on: (answer, on) => put(one.code, answer, on),
      })}</li>`,
    )}</ul>
    <p class="small soft">${t('coach.warn')}</p>`;
}

/** @param {import('./stage.js').Stage} stage @param {import('./app.d.ts').Fields} fields */
export function coachSummary(stage, { shows = [], not_shown = [] }) {
  const list = vocabulary(stage)?.['shows'];
  const words = (/** @type {string[]} */ codes) =>
    codes
      .map((code) => list?.codes.find((one) => one.code === code))
      .filter(Boolean)
      .map((one) => said(/** @type {any} */ (one)).toLocaleLowerCase(language()))
      .join(', ');
  return [
    shows.length ? t('coach.summary', { shown: words(shows) }) : '',
    not_shown.length ? t('coach.summary_not', { not: words(not_shown) }) : '',
  ]
    .filter(Boolean)
    .join('; ');
}
