/**
 * The nine points of a useful screenshot, one line each. They give no score and block nothing. "Not shown" and "not
 * answered" are stored differently.
 */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { language, t } from '../../shell/strings.js';
import { hintOf, labelOf, loadVocabulary } from '../../components/text/labels.js';
import './words.js';
import type { Fields, Value } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Code } from '../../record/vocabulary/code_list.js';

export type FileCardContext = {
  stage: Stage;
  entry: { record: string; fields: Fields; restricted: Fields };
  value: (name: string) => Value;
  put: (change: { fields?: Fields; restricted?: Fields }) => void;
};

export function coach(card: FileCardContext) {
  const list = loadVocabulary(card.stage)?.shows;
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const shown = (card.value('shows') ?? []) as string[];
  const notShown = (card.value('not_shown') ?? []) as string[];
  /** A second tap withdraws an answer: a blank is neither shown nor not shown. */
  const put = (code: string, answer: string, isOn: boolean) =>
    card.put({
      fields: {
        shows:
          isOn && answer === 'yes'
            ? [...shown.filter((point) => point !== code), code]
            : shown.filter((point) => point !== code),
        not_shown:
          isOn && answer === 'no'
            ? [...notShown.filter((point) => point !== code), code]
            : notShown.filter((point) => point !== code),
      },
    });
  return html`<p class="small soft">${t('coach.lead')}</p>
    <ul class="coach">${list.codes.map(
      (point) => html`<li><span aria-hidden="true">${labelOf(point)}${
        point.hint ? html`<span class="small soft">${hintOf(point)}</span>` : nothing
      }</span>
      ${chips({
        name: `coach-${point.code}`,
        legend: labelOf(point),
        hideLegend: true,
        multiple: true,
        chosen: shown.includes(point.code) ? ['yes'] : notShown.includes(point.code) ? ['no'] : [],
        choices: [
          ['yes', t('coach.yes')],
          ['no', t('coach.no')],
        ],
        onChange: (answer, isOn) => put(point.code, answer, isOn),
      })}</li>`,
    )}</ul>
    <p class="small soft">${t('coach.warn')}</p>`;
}

export function coachSummary(stage: Stage, { shows = [], not_shown = [] }: Fields) {
  const list = loadVocabulary(stage)?.shows;
  const labels = (codes: string[]) =>
    codes
      .map((code) => list?.codes.find((point) => point.code === code))
      .filter(Boolean)
      .map((point) => labelOf(point as Code).toLocaleLowerCase(language()))
      .join(', ');
  return [
    shows.length ? t('coach.summary', { shown: labels(shows) }) : '',
    not_shown.length ? t('coach.summary_not', { not: labels(not_shown) }) : '',
  ]
    .filter(Boolean)
    .join('; ');
}
