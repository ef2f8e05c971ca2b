/** The page that lists all open questions of advocates, each under its entry. */
import { html } from '../../shell/html.js';
import { button, errorSummary, heading, waiting } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import { question } from '../../components/text/advocate_lines.js';
import './words.js';
import { entryNumber } from '../../components/text/say.js';
import type { Asked } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export function askedPlace(stage: Stage) {
  const found = stage.find('asked', () => stage.app.readAsked()).data as Asked[] | undefined;
  if (!found) return waiting();
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('adv.asked_title'))}<p
    class="soft">${t('adv.asked_lead')}</p></div>${errorSummary(stage)}
    ${
      found.length
        ? html`<ul class="stack">${found.map(
            (one) => html`<li class="stack-close"><p class="small">${t('adv.asked_about', {
              entry: `${entryNumber(one.seq_no)} ${one.title}`,
            })}</p>
      <div>${button(t('adv.asked_open'), () => stage.go({ name: 'entry', record: one.about }), {
        plain: true,
      })}</div><ul class="stack">${question(stage, one)}</ul></li>`,
          )}</ul>`
        : html`<p>${t('adv.asked_none')}</p>`
    }</div>`;
}
