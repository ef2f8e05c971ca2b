/**
 * Before you report: what need not be done first, what the police ask, what not to do. The public page has the long
 * version.
 */
import { html } from '../../shell/html.js';
import { button, heading, row } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

const ASKED = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const NOT = [1, 2, 3, 4, 5];
const WORRIES = ['tell', 'phone', 'papers', 'interpreter', 'young'];

function before(stage: Stage) {
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('before.title'))}<p>${t('before.lead')}</p></div>
    <div>${button(t('help.title'), () => stage.go({ name: 'help' }), { wide: true, icon: 'help' })}</div>
    <section class="stack-close"><h2>${t('before.silent')}</h2><p>${t('before.silent_do')}</p></section>
    <section class="stack-close"><h2>${t('before.ask')}</h2><p class="soft">${t('before.unsure')}</p>
      <ol class="points">${ASKED.map((n) => html`<li>${lookUp(`before.ask_${n}`)}</li>`)}</ol></section>
    <section class="stack-close"><h2>${t('before.not')}</h2><ul class="points">${NOT.map(
      (n) => html`<li>${lookUp(`before.not_${n}`)}</li>`,
    )}</ul></section>
    <section class="stack-close"><h2>${t('before.worry')}</h2><ul class="rows">${WORRIES.map(
      (one) => html`<li>${worry(stage, one)}</li>`,
    )}</ul></section>
    <section class="stack-close"><h2>${t('before.after')}</h2><ul
      class="points"><li>${t('before.after_1')}</li><li>${t('before.after_2')}</li></ul></section>
  </div>`;
}

/** One common worry; the row opens to show the answer. */
function worry(stage: Stage, one: string) {
  const open = stage.local.worry === one;
  return row({
    title: lookUp(`before.${one}`),
    icon: 'help',
    expanded: open,
    on: () => {
      stage.local.worry = open ? '' : one;
      stage.draw();
    },
    body: open ? html`<p>${lookUp(`before.${one}_say`)}</p>` : undefined,
  });
}

export const views = { before };
