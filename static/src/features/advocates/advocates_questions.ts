/** The page that lists all open questions of advocates, each under its entry. */
import { html } from '../../shell/html.js';
import { button, errorSummary, heading, loading } from '../../components/parts.js';
import { joinWithDots, t } from '../../shell/strings.js';
import { questionForm } from '../../components/text/advocate_lines.js';
import './words.js';
import { entryNumberText } from '../../components/text/formatting.js';
import type { PendingQuestion } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export function questionsView(stage: Stage) {
  const questions = stage.find('asked', () => stage.app.readAsked()).data as PendingQuestion[] | undefined;
  if (!questions) return loading();
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('adv.asked_title'))}<p
    class="soft">${t('adv.asked_lead')}</p></div>${errorSummary(stage)}
    ${
      questions.length
        ? html`<ul class="stack">${questions.map(
            (item) => html`<li class="stack-close"><p class="small">${t('adv.asked_about', {
              entry: joinWithDots([entryNumberText(item.seq_no), item.title]),
            })}</p>
      <div>${button(t('adv.asked_open'), () => stage.go({ name: 'entry', record: item.about }), {
        plain: true,
      })}</div><ul class="stack">${questionForm(stage, item)}</ul></li>`,
          )}</ul>`
        : html`<p>${t('adv.asked_none')}</p>`
    }</div>`;
}
