/**
 * The nine points of a useful screenshot, one line each. They give no score and block nothing. "Not shown" and "not
 * answered" are stored differently.
 */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { language, t } from '../../shell/strings.js';
import { hintOf, said, vocabulary } from '../../components/text/labels.js';
import './words.js';
import type { Fields, Value } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Code } from '../../record/vocabulary/code_list.js';

export type FileCardOn = {
  stage: Stage;
  entry: { record: string; fields: Fields; restricted: Fields };
  value: (name: string) => Value;
  put: (change: { fields?: Fields; restricted?: Fields }) => void;
};

export function coach(card: FileCardOn) {
  const list = vocabulary(card.stage)?.shows;
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const shown = (card.value('shows') ?? []) as string[];
  const not = (card.value('not_shown') ?? []) as string[];
  /** A second tap withdraws an answer: a blank is neither shown nor not shown. */
  const put = (code: string, answer: string, on: boolean) =>
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
      (one) => html`<li><span aria-hidden="true">${said(one)}${
        one.hint ? html`<span class="small soft">${hintOf(one)}</span>` : nothing
      }</span>
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

export function coachSummary(stage: Stage, { shows = [], not_shown = [] }: Fields) {
  const list = vocabulary(stage)?.shows;
  const words = (codes: string[]) =>
    codes
      .map((code) => list?.codes.find((one) => one.code === code))
      .filter(Boolean)
      .map((one) => said(one as Code).toLocaleLowerCase(language()))
      .join(', ');
  return [
    shows.length ? t('coach.summary', { shown: words(shows) }) : '',
    not_shown.length ? t('coach.summary_not', { not: words(not_shown) }) : '',
  ]
    .filter(Boolean)
    .join('; ');
}
