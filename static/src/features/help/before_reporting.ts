/**
 * Before you report: what need not be done first, what the police ask, what not to do. The public page has the long
 * version.
 */
import { html } from '../../shell/html.js';
import { button, heading, row } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

const QUESTION_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const DO_NOT_NUMBERS = [1, 2, 3, 4, 5];
const WORRY_KEYS = ['tell', 'phone', 'papers', 'interpreter', 'young'];

function beforeView(stage: Stage) {
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('before.title'))}<p>${t('before.lead')}</p></div>
    <div>${button(t('help.title'), () => stage.go({ name: 'help' }), { wide: true, icon: 'help' })}</div>
    <section class="stack-close"><h2>${t('before.silent')}</h2><p>${t('before.silent_do')}</p></section>
    <section class="stack-close"><h2>${t('before.ask')}</h2><p class="soft">${t('before.unsure')}</p>
      <ol class="points">${QUESTION_NUMBERS.map((n) => html`<li>${lookUp(`before.ask_${n}`)}</li>`)}</ol></section>
    <section class="stack-close"><h2>${t('before.not')}</h2><ul class="points">${DO_NOT_NUMBERS.map(
      (n) => html`<li>${lookUp(`before.not_${n}`)}</li>`,
    )}</ul></section>
    <section class="stack-close"><h2>${t('before.worry')}</h2><ul class="rows">${WORRY_KEYS.map(
      (worryKey) => html`<li>${worryRow(stage, worryKey)}</li>`,
    )}</ul></section>
    <section class="stack-close"><h2>${t('before.after')}</h2><ul
      class="points"><li>${t('before.after_1')}</li><li>${t('before.after_2')}</li></ul></section>
  </div>`;
}

/** One common worry; the row opens to show the answer. */
function worryRow(stage: Stage, worryKey: string) {
  const isOpen = stage.local.worry === worryKey;
  return row({
    title: lookUp(`before.${worryKey}`),
    icon: 'help',
    expanded: isOpen,
    onClick: () => {
      stage.local.worry = isOpen ? '' : worryKey;
      stage.draw();
    },
    body: isOpen ? html`<p>${lookUp(`before.${worryKey}_say`)}</p>` : undefined,
  });
}

export const views = { before: beforeView };
