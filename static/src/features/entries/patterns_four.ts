/** The fact sheet: counts under four words, with entry numbers. It has no tick, no total and no required number. */
import { html, nothing } from '../../shell/html.js';
import { daysBetween } from '../../record/patterns/patterns_facts.js';
import { four, numberList } from '../../record/patterns/four_counts.js';
import { number } from '../../components/chart.js';
import { patternOf } from './patterns_read.js';
import { whoOf } from './patterns_names.js';
import { heading, sentenceOf } from '../../components/parts.js';
import { dayWords } from '../../components/text/say.js';
import { lookUp, t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Line } from '../../record/patterns/four_counts.js';
import type { Stage } from '../../shell/stage.js';

function sheet(stage: Stage) {
  const { data, problem } = patternOf(stage);
  if (!data)
    return html`<div class="stack">${heading(t('four.title'))}<p role="status">${
      problem ? sentenceOf(problem) : t('frame.loading')
    }</p></div>`;
  const numbers = new Map(stage.state.entries.map(({ record, seq_no }) => [record, seq_no]));
  const name = (line: Line) =>
    lookUp(`four.${line.key}`, {
      who: line.person ? whoOf(data.known, line.person) : '',
      day: line.day ? dayWords(line.day) : '',
    });
  return html`<div class="stack-wide">
    ${heading(t('four.title'))}
    <div class="stack-close"><p>${t('four.lead')}</p><p>${t('four.no_two')}</p></div>
    ${four(data.counts, daysBetween).map(
      ({ word, lines }) => html`<section class="card stack">
      <div><h2>${t(`four.${word}`)}</h2><p class="small soft">${t(`four.${word}_why`)}</p></div>
      <table class="counts"><caption class="unseen">${t(`four.${word}`)}</caption>
        <thead class="unseen"><tr><th scope="col">${t('four.what')}</th><th
          scope="col">${t('pat.count')}</th></tr></thead>
        <tbody>${lines.map(
          (line) => html`<tr><th scope="row"><span dir="auto">${name(line)}</span>
          ${
            line.ids.length
              ? html`<span class="small soft">${t('four.numbers', {
                  list: numberList(
                    line.ids.map((one) => numbers.get(one) ?? null),
                    t('four.new'),
                    t('say.to'),
                  ),
                })}</span>`
              : nothing
          }</th>
          <td>${number(
            stage,
            line.key === 'messages' && data.counts.messages.about
              ? t('pat.about', { n: line.count })
              : String(line.count),
            name(line),
            line.ids,
          )}</td></tr>`,
        )}</tbody></table>
    </section>`,
    )}
    <p class="note">${t('four.help')}</p>
  </div>`;
}

export const views = { four: sheet };
