/** The fact sheet: counts under four words, with entry numbers. It has no tick, no total and no required number. */
import { html, nothing } from '../../shell/html.js';
import { daysBetween } from '../../record/patterns/patterns_facts.js';
import { fourCounts, numberList } from '../../record/patterns/four_counts.js';
import { numberLink } from '../../components/chart.js';
import { readPattern } from './read_patterns.js';
import { recordLabel } from './pattern_labels.js';
import { heading, problemSentence } from '../../components/parts.js';
import { isoDateText } from '../../components/text/formatting.js';
import { lookUp, t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { CountLine } from '../../record/patterns/four_counts.js';
import type { Stage } from '../../shell/stage.js';

function factSheetView(stage: Stage) {
  const { data, problem } = readPattern(stage);
  if (!data)
    return html`<div class="stack">${heading(t('four.title'))}<p role="status">${
      problem ? problemSentence(problem) : t('frame.loading')
    }</p></div>`;
  const numbers = new Map(stage.state.entries.map(({ record, seq_no }) => [record, seq_no]));
  const lineText = (line: CountLine) =>
    lookUp(`four.${line.key}`, {
      who: line.person ? recordLabel(data.known, line.person) : '',
      day: line.day ? isoDateText(line.day) : '',
    });
  return html`<div class="stack-wide">
    ${heading(t('four.title'))}
    <div class="stack-close"><p>${t('four.lead')}</p><p>${t('four.no_two')}</p></div>
    ${fourCounts(data.counts, daysBetween).map(
      ({ word, lines }) => html`<section class="card stack counts-card">
      <div><h2>${t(`four.${word}`)}</h2><p class="small soft">${t(`four.${word}_why`)}</p></div>
      <table class="counts"><caption class="unseen">${t(`four.${word}`)}</caption>
        <thead class="unseen"><tr><th scope="col">${t('four.what')}</th><th
          scope="col">${t('pat.count')}</th></tr></thead>
        <tbody>${lines.map(
          (line) => html`<tr><th scope="row"><span dir="auto">${lineText(line)}</span>
          ${
            line.ids.length
              ? html`<span class="small soft">${t('four.numbers', {
                  list: numberList(
                    line.ids.map((record) => numbers.get(record) ?? null),
                    t('four.new'),
                    t('say.to'),
                  ),
                })}</span>`
              : nothing
          }</th>
          <td>${numberLink(
            stage,
            line.key === 'messages' && data.counts.messages.about
              ? t('pat.about', { n: line.count })
              : String(line.count),
            lineText(line),
            line.ids,
          )}</td></tr>`,
        )}</tbody></table>
    </section>`,
    )}
    <p class="note">${t('four.help')}</p>
  </div>`;
}

export const views = { four: factSheetView };
